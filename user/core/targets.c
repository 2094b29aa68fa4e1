// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "targets.h"

struct targets {
	bool (*wants)(void *arg, const struct notes *notes);
	void *arg;
	struct binary **binaries;
	int n;
	void *seen; /* tsearch(3) tree of struct file_id: read, and not wanted */
};

/* An inode number alone may come back as another file: the change time tells them apart. */
struct file_id {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed;
};

static struct file_id file_id(const struct stat *st)
{
	struct file_id id;

	memset(&id, 0, sizeof(id));
	id.dev = st->st_dev;
	id.ino = st->st_ino;
	id.size = st->st_size;
	id.changed = st->st_ctim;
	return id;
}

static int file_id_compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct file_id));
}

struct targets *targets__new(bool (*wants)(void *arg, const struct notes *notes), void *arg)
{
	struct targets *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->wants = wants;
	t->arg = arg;
	return t;
}

static void binary__free(struct binary *b)
{
	if (!b)
		return;
	if (b->fd >= 0)
		close(b->fd);
	notes__free(b->notes);
	free(b->path);
	free(b->pids);
	free(b);
}

void targets__free(struct targets *t)
{
	if (!t)
		return;
	for (int i = 0; i < t->n; i++)
		binary__free(t->binaries[i]);
	free(t->binaries);
	tdestroy(t->seen, free);
	free(t);
}

static void seen_add(struct targets *t, const struct stat *st)
{
	struct file_id *id = malloc(sizeof(*id));

	if (!id)
		return; /* it is read once more */
	*id = file_id(st);
	if (!tsearch(id, &t->seen, file_id_compare))
		free(id);
}

static bool seen_before(const struct targets *t, const struct stat *st)
{
	struct file_id id = file_id(st);

	return tfind(&id, &t->seen, file_id_compare) != NULL;
}

static struct binary *binary_find(const struct targets *t, const struct stat *st)
{
	for (int i = 0; i < t->n; i++)
		if (t->binaries[i]->dev == st->st_dev && t->binaries[i]->ino == st->st_ino)
			return t->binaries[i];
	return NULL;
}

/* 1 when it is new, 0 when it was there. */
static int binary_add_pid(struct binary *b, pid_t pid)
{
	pid_t *pids;

	if (!pid)
		return 1;
	for (int i = 0; i < b->npids; i++)
		if (b->pids[i] == pid)
			return 0;
	pids = reallocarray(b->pids, b->npids + 1, sizeof(*pids));
	if (!pids)
		return -ENOMEM;
	b->pids = pids;
	b->pids[b->npids++] = pid;
	return 1;
}

static int binary_keep(struct targets *t, struct binary *b)
{
	struct binary **all = reallocarray(t->binaries, t->n + 1, sizeof(*all));

	if (!all)
		return -ENOMEM;
	t->binaries = all;
	t->binaries[t->n++] = b;
	return 0;
}

/* What people call the file at `path`: where the link of a process leads, else the path. */
static char *binary_path(const char *path)
{
	char link[PATH_MAX];
	ssize_t n;

	if (strncmp(path, "/proc/", 6))
		return strdup(path);
	n = readlink(path, link, sizeof(link) - 1);
	if (n < 0)
		return strdup(path);
	link[n] = '\0';
	return strdup(link);
}

/* Opens and reads a file that is not among the targets; NULL in *out when it is not wanted. */
static int binary_read(struct targets *t, const char *path, const struct stat *st,
		       struct binary **out, char *why, size_t why_size)
{
	struct binary *b = calloc(1, sizeof(*b));
	struct stat opened;
	int err = -ENOMEM;

	*out = NULL;
	if (!b)
		return -ENOMEM;
	b->dev = st->st_dev;
	b->ino = st->st_ino;
	b->size = st->st_size;
	b->path = binary_path(path);
	/* a FIFO would make us wait for its other end */
	b->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (b->fd < 0 || fstat(b->fd, &opened)) {
		err = -errno;
		snprintf(why, why_size, "open %s", path);
		goto fail;
	}
	/* the process may have started another program since we looked */
	if (opened.st_dev != st->st_dev || opened.st_ino != st->st_ino) {
		err = -EAGAIN;
		snprintf(why, why_size, "open %s: it has changed", path);
		goto fail;
	}
	if (!b->path)
		goto fail;
	err = notes__read(b->fd, b->path, &b->notes, why, why_size);
	if (err)
		goto fail;
	if (!t->wants(t->arg, b->notes)) {
		seen_add(t, st);
		goto fail;
	}
	*out = b;
	return 0;
fail:
	if (err == -ENOEXEC)
		seen_add(t, st);
	binary__free(b);
	return err;
}

static int add_path(struct targets *t, const char *path, pid_t pid, struct binary **found,
		    char *why, size_t why_size)
{
	struct binary *b;
	struct stat st;
	int err;

	if (found)
		*found = NULL;
	snprintf(why, why_size, "read %s", path);
	if (stat(path, &st)) {
		err = -errno;
		snprintf(why, why_size, "look at %s", path);
		return err;
	}
	b = binary_find(t, &st);
	if (!b && seen_before(t, &st))
		return 0;
	if (!b) {
		err = binary_read(t, path, &st, &b, why, why_size);
		if (err || !b)
			return err;
		err = binary_keep(t, b);
		if (err) {
			binary__free(b);
			return err;
		}
	}
	err = binary_add_pid(b, pid);
	if (found && err > 0)
		*found = b;
	return err < 0 ? err : 0;
}

int targets_add_pid(struct targets *t, pid_t pid, struct binary **found, char *why, size_t why_size)
{
	char path[32];
	int err;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	err = add_path(t, path, pid, found, why, why_size);
	if (err == -ENOENT && access("/proc/self/exe", F_OK) == 0) {
		/* a kernel thread has no program; a process that is gone has no folder */
		snprintf(path, sizeof(path), "/proc/%d", pid);
		err = access(path, F_OK) == 0 ? -ENOEXEC : -ESRCH;
		snprintf(why, why_size, "look at process %d%s", pid,
			 err == -ENOEXEC ? ", a kernel thread without a program" : "");
	}
	return err;
}

int targets_add_file(struct targets *t, const char *path, pid_t pid, struct binary **found,
		     char *why, size_t why_size)
{
	return add_path(t, path, pid, found, why, why_size);
}

int targets_add_all(struct targets *t, int *hidden, char *why, size_t why_size)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int err = 0;

	*hidden = 0;
	if (!proc) {
		err = -errno;
		snprintf(why, why_size, "list /proc");
		return err;
	}
	while (!err && (entry = readdir(proc))) {
		pid_t pid = isdigit((unsigned char)entry->d_name[0]) ? atoi(entry->d_name) : 0;

		if (!pid || pid == getpid())
			continue;
		err = targets_add_pid(t, pid, NULL, why, why_size);
		if (err == -EACCES || err == -EPERM)
			++*hidden;
		else if (err && err != -ENOMEM && err != -ESRCH && err != -ENOEXEC)
			log_debug("passed over pid %d: %s: %s", pid, why, err_name(err));
		if (err != -ENOMEM)
			err = 0;
	}
	closedir(proc);
	return err;
}

void targets_add_running(struct targets *t)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	while (proc && (entry = readdir(proc))) {
		pid_t pid = isdigit((unsigned char)entry->d_name[0]) ? atoi(entry->d_name) : 0;
		struct binary *b;
		char path[32];
		struct stat st;

		snprintf(path, sizeof(path), "/proc/%d/exe", pid);
		b = pid && stat(path, &st) == 0 ? binary_find(t, &st) : NULL;
		if (b)
			binary_add_pid(b, pid);
	}
	if (proc)
		closedir(proc);
}

int targets_count(const struct targets *t)
{
	return t->n;
}

struct binary *targets_get(const struct targets *t, int i)
{
	return t->binaries[i];
}
