// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "tarball.h"

#ifndef HAVE_ARCHIVE

const bool tarball_is_built_in;

#define MISSING "this assay was built without libarchive (Debian: libarchive-dev)"

int tarball_write(const struct folder *folder, char **path, uint64_t *bytes, char *why, size_t size)
{
	(void)folder;
	*path = NULL;
	*bytes = 0;
	snprintf(why, size, MISSING);
	return -ENOTSUP;
}

int tarball_extract_raw(const char *tarball, const char *dir, char *why, size_t size)
{
	(void)dir;
	snprintf(why, size, "%s: " MISSING "; unpack it, and name its folder", tarball);
	return -ENOTSUP;
}

#else

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <sys/stat.h>

const bool tarball_is_built_in = true;

#define BLOCK	(256 << 10)
#define PARTIAL "tarball" FOLDER_PARTIAL

/* A file of the folder. */
struct member {
	char *path; /* in it */
	struct stat st;
};

struct members {
	struct member *list;
	int n;
};

static void members_free(struct members *members)
{
	for (int i = 0; i < members->n; i++)
		free(members->list[i].path);
	free(members->list);
}

static int members_add(struct members *members, const char *path, const struct stat *st)
{
	struct member *list = reallocarray(members->list, members->n + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	members->list = list;
	list[members->n] = (struct member){ .path = strdup(path), .st = *st };
	return list[members->n++].path ? 0 : -ENOMEM;
}

/* All files under `path` of the folder; `at`: the same, "" for the folder itself. */
static int find_members(int folder_fd, const char *at, struct members *members)
{
	int fd = openat(folder_fd, *at ? at : ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int err = 0;

	if (!dir) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	while (!err && (entry = readdir(dir))) {
		char *path = NULL;
		struct stat st;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
		    !strcmp(entry->d_name, PARTIAL))
			continue;
		if (asprintf(&path, "%s%s%s", at, *at ? "/" : "", entry->d_name) < 0)
			err = -ENOMEM;
		else if (fstatat(folder_fd, path, &st, AT_SYMLINK_NOFOLLOW))
			err = -errno;
		else if (S_ISDIR(st.st_mode))
			err = find_members(folder_fd, path, members);
		else if (S_ISREG(st.st_mode))
			err = members_add(members, path, &st);
		free(path);
	}
	closedir(dir);
	return err;
}

/* What is read first, and what is left of a tarball cut short, comes first: the small ones. */
static int smaller_first(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	if (x->st.st_size != y->st.st_size)
		return x->st.st_size < y->st.st_size ? -1 : 1;
	return strcmp(x->path, y->path);
}

/* --- writing --- */

static int archive_err(struct archive *archive)
{
	int err = archive_errno(archive);

	/* what libarchive finds wrong by itself has numbers below 0 */
	return err > 0 ? -err : -EIO;
}

static int write_head(struct archive *archive, const char *folder, const struct member *member)
{
	struct archive_entry *entry = archive_entry_new();
	char *path = NULL;
	int err;

	if (!entry || asprintf(&path, "%s/%s", folder, member->path) < 0) {
		archive_entry_free(entry);
		return -ENOMEM;
	}
	archive_entry_copy_pathname(entry, path);
	archive_entry_copy_stat(entry, &member->st);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_uname(entry, "root");
	archive_entry_set_gname(entry, "root");
	err = archive_write_header(archive, entry) == ARCHIVE_OK ? 0 : archive_err(archive);
	archive_entry_free(entry);
	free(path);
	return err;
}

static int write_member(struct archive *archive, const struct folder *folder,
			const struct member *member, char *block)
{
	int fd = openat(folder->fd, member->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	off_t left = member->st.st_size;
	int err;

	if (fd < 0)
		return -errno;
	err = write_head(archive, folder->name, member);
	while (!err && left > 0) {
		ssize_t n = read(fd, block, left < BLOCK ? (size_t)left : BLOCK);

		if (n <= 0)
			err = n ? -errno : -EIO;
		else if (archive_write_data(archive, block, n) != n)
			err = archive_err(archive);
		left -= n;
	}
	close(fd);
	return err;
}

static int write_members(struct archive *archive, const struct folder *folder,
			 struct members *members, char *why, size_t size)
{
	char *block = malloc(BLOCK);
	int err = block ? find_members(folder->fd, "", members) : -ENOMEM;

	if (!err && members->n)
		qsort(members->list, members->n, sizeof(*members->list), smaller_first);
	for (int i = 0; i < members->n && !err; i++) {
		err = write_member(archive, folder, &members->list[i], block);
		if (err)
			snprintf(why, size, "%s: ", members->list[i].path);
	}
	free(block);
	return err;
}

/* The best compression that libarchive has of its own: it would run a program for another. */
static const char *set_filter(struct archive *archive)
{
	if (archive_write_add_filter_zstd(archive) == ARCHIVE_OK) {
		char threads[16];

		/* compressing is most of the work; an older libarchive has no such option */
		snprintf(threads, sizeof(threads), "%ld", sysconf(_SC_NPROCESSORS_ONLN));
		archive_write_set_filter_option(archive, "zstd", "threads", threads);
		return ".tar.zst";
	}
	if (archive_write_add_filter_xz(archive) == ARCHIVE_OK)
		return ".tar.xz";
	archive_write_add_filter_gzip(archive);
	return ".tar.gz";
}

/* All of it to a file that was opened. */
static int write_archive(struct archive *archive, const struct folder *folder, int fd, char *why,
			 size_t size)
{
	struct members members = { 0 };
	char member[256] = "";
	int err = 0;

	if (archive_write_open_fd(archive, fd) != ARCHIVE_OK)
		err = archive_err(archive);
	if (!err)
		err = write_members(archive, folder, &members, member, sizeof(member));
	if (!err && archive_write_close(archive) != ARCHIVE_OK)
		err = archive_err(archive);
	if (!err && fsync(fd))
		err = -errno;
	if (err)
		snprintf(why, size, "%s%s", member, err_name(err));
	members_free(&members);
	return err;
}

/* Within the folder at first: if it is never completed, that is all there is to remove. */
static int write_named(struct archive *archive, const struct folder *folder, const char *name,
		       uint64_t *bytes, char *why, size_t size)
{
	int fd = folder_open(folder, PARTIAL);
	struct stat st = { 0 };
	int err;

	if (fd < 0) {
		snprintf(why, size, "%s", err_name(fd));
		return fd;
	}
	err = write_archive(archive, folder, fd, why, size);
	if (!err && (fstat(fd, &st) || renameat(folder->fd, PARTIAL, folder->dir_fd, name) ||
		     fsync(folder->dir_fd))) {
		err = -errno;
		snprintf(why, size, "%s", err_name(err));
	}
	close(fd);
	if (err)
		unlinkat(folder->fd, PARTIAL, 0);
	*bytes = st.st_size;
	return err;
}

int tarball_write(const struct folder *folder, char **path, uint64_t *bytes, char *why, size_t size)
{
	struct archive *archive = archive_write_new();
	char *name = NULL, text[256] = "ENOMEM";
	int err = -ENOMEM;

	*path = NULL;
	if (archive && archive_write_set_format_pax_restricted(archive) == ARCHIVE_OK &&
	    asprintf(&name, "%s%s", folder->name, set_filter(archive)) >= 0 &&
	    asprintf(path, "%s/%s", folder->dir, name) >= 0)
		err = write_named(archive, folder, name, bytes, text, sizeof(text));
	if (err) {
		snprintf(why, size, "write the tarball of %s: %s", folder->path, text);
		free(*path);
		*path = NULL;
	}
	archive_write_free(archive);
	free(name);
	return err;
}

/* --- reading --- */

#define RAW	"trace.raw/"

/*
 * Where a member goes, under the folder that is extracted to, if it is of trace.raw:
 * trace.raw/FILE, behind one folder at most. A tarball is anybody's: no other name is made.
 */
static bool raw_name(const char *path, char *name, size_t size)
{
	const char *file, *slash = strchr(path, '/');

	if (slash && strncmp(path, RAW, strlen(RAW)))
		path = slash + 1;
	if (strncmp(path, RAW, strlen(RAW)))
		return false;
	file = path + strlen(RAW);
	if (!*file || strchr(file, '/') || !strcmp(file, ".") || !strcmp(file, ".."))
		return false;
	return snprintf(name, size, "%s", path) < (int)size;
}

static int extract_data(struct archive *archive, int fd)
{
	char *block = malloc(BLOCK);
	ssize_t n = 0;
	int err = block ? 0 : -ENOMEM;

	while (!err && (n = archive_read_data(archive, block, BLOCK)) > 0)
		if (write(fd, block, n) != n)
			err = errno ? -errno : -EIO;
	if (!err && n < 0)
		err = archive_err(archive);
	free(block);
	return err;
}

static int extract(struct archive *archive, int dir_fd, const char *name)
{
	int fd, err;

	if (mkdirat(dir_fd, RAW, 0700) && errno != EEXIST)
		return -errno;
	fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	err = extract_data(archive, fd);
	close(fd);
	return err;
}

static int extract_all(struct archive *archive, int dir_fd, int *found)
{
	struct archive_entry *entry;
	int err = 0, got;

	while (!err && (got = archive_read_next_header(archive, &entry)) != ARCHIVE_EOF) {
		const char *path = got < ARCHIVE_WARN ? NULL : archive_entry_pathname(entry);
		char name[256];

		if (!path)
			return got < ARCHIVE_WARN ? archive_err(archive) : -EINVAL;
		if (archive_entry_filetype(entry) != AE_IFREG ||
		    !raw_name(path, name, sizeof(name)))
			continue;
		err = extract(archive, dir_fd, name);
		*found += !err;
	}
	return err;
}

int tarball_extract_raw(const char *tarball, const char *dir, char *why, size_t size)
{
	int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), found = 0, err = 0;
	struct archive *archive = archive_read_new();

	if (dir_fd < 0 || !archive) {
		err = dir_fd < 0 ? -errno : -ENOMEM;
		snprintf(why, size, "%s: %s", dir, err_name(err));
		goto out;
	}
	archive_read_support_format_tar(archive);
	archive_read_support_filter_zstd(archive);
	archive_read_support_filter_xz(archive);
	archive_read_support_filter_gzip(archive);
	if (archive_read_open_filename(archive, tarball, BLOCK) != ARCHIVE_OK)
		err = archive_err(archive);
	else
		err = extract_all(archive, dir_fd, &found);
	if (err)
		snprintf(why, size, "%s: %s", tarball,
			 archive_error_string(archive) ? archive_error_string(archive)
						       : err_name(err));
	else if (!found)
		snprintf(why, size, "%s holds no trace.raw", tarball);
	if (!err && !found)
		err = -ENOENT;
out:
	archive_read_free(archive);
	if (dir_fd >= 0)
		close(dir_fd);
	return err;
}

#endif
