// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tree.h"

/* Folders that are still to be read, by their paths from the root; the last comes first. */
struct walk {
	int root;
	char **paths;
	int npaths, room;
	tree_fn fn;
	void *arg;
	struct tree_counts *counts;
};

/* Only a file's owner, or root, may leave its access time alone: then it is opened as others do. */
static int open_quietly(int folder, const char *path, uint64_t flags)
{
	/* whoever moves folders around while we walk does not get us anywhere else */
	struct open_how how = {
		.flags = flags | O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOATIME,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};
	int fd = syscall(SYS_openat2, folder, path, &how, sizeof(how));

	if (fd < 0 && errno == EPERM) {
		how.flags &= ~(uint64_t)O_NOATIME;
		fd = syscall(SYS_openat2, folder, path, &how, sizeof(how));
	}
	return fd < 0 ? -errno : fd;
}

int tree_open_file(const struct tree_file *file)
{
	return open_quietly(file->folder, file->name, 0);
}

static void not_read(struct tree_counts *counts, int err)
{
	if (err == -EXDEV)
		counts->mounts++;
	else if (err == -ENOENT || err == -ENOTDIR || err == -ELOOP)
		counts->gone++; /* or is something else by now */
	else if (!counts->closed++)
		counts->err = err;
}

static int push(struct walk *w, const char *folder, const char *name)
{
	char **paths = w->paths;
	char *path;

	if (w->npaths == w->room) {
		paths = reallocarray(paths, w->room + 64, sizeof(*paths));
		if (!paths)
			return -ENOMEM;
		w->paths = paths;
		w->room += 64;
	}
	if (asprintf(&path, "%s%s%s", folder, *folder ? "/" : "", name) < 0)
		return -ENOMEM;
	w->paths[w->npaths++] = path;
	return 0;
}

static int visit_file(struct walk *w, int folder, const char *path, const char *name,
		      struct stat *st)
{
	struct tree_file file = { .folder = folder, .name = name, .st = *st };
	char *whole;
	int err;

	if (asprintf(&whole, "%s%s%s", path, *path ? "/" : "", name) < 0)
		return -ENOMEM;
	file.path = whole;
	err = w->fn(w->arg, &file);
	free(whole);
	return err;
}

static int visit(struct walk *w, int folder, const char *path, const struct dirent *entry)
{
	const char *name = entry->d_name;
	struct stat st;

	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return 0;
	if (entry->d_type == DT_DIR)
		return push(w, path, name);
	if (entry->d_type != DT_REG && entry->d_type != DT_UNKNOWN)
		return 0;
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT)) {
		not_read(w->counts, -errno);
		return 0;
	}
	if (S_ISDIR(st.st_mode))
		return push(w, path, name);
	return S_ISREG(st.st_mode) ? visit_file(w, folder, path, name, &st) : 0;
}

static int read_folder(struct walk *w, const char *path)
{
	int fd = open_quietly(w->root, *path ? path : ".", O_DIRECTORY), err = 0;
	struct dirent *entry;
	DIR *dir;

	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		err = fd < 0 ? fd : -errno;
		if (fd >= 0)
			close(fd);
		if (!*path || err == -ENOMEM)
			return err;
		not_read(w->counts, err);
		return 0;
	}
	while (!err) {
		errno = 0;
		entry = readdir(dir);
		if (!entry)
			break;
		err = visit(w, fd, path, entry);
	}
	if (!err && errno)
		not_read(w->counts, -errno);
	closedir(dir);
	return err;
}

int tree_walk(int root, tree_fn fn, void *arg, struct tree_counts *counts)
{
	struct walk w = { .root = root, .fn = fn, .arg = arg, .counts = counts };
	int err = push(&w, "", "");

	while (!err && w.npaths) {
		char *path = w.paths[--w.npaths];

		err = read_folder(&w, path);
		free(path);
	}
	while (w.npaths)
		free(w.paths[--w.npaths]);
	free(w.paths);
	return err;
}
