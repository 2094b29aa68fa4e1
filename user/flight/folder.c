// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "core/units.h"
#include "folder.h"

/* Names tried before it is given up. */
#define TRIES 100

/* Bytes that a new file of text has room for from the first. */
#define RESERVED 4096

void folder_host(const char *name, char *dst, size_t size)
{
	size_t i;

	for (i = 0; name[i] && i + 1 < size; i++)
		dst[i] = isascii((unsigned char)name[i]) &&
					 (isalnum((unsigned char)name[i]) || strchr(".-", name[i]))
				 ? name[i]
				 : '_';
	dst[i] = '\0';
}

/* Six letters or digits, as mkdtemp(3) has them. */
static void random_name(char text[7])
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	unsigned char bytes[6] = { 0 };

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		bytes[0] = (unsigned char)monotonic_now();
	for (int i = 0; i < 6; i++)
		text[i] = letters[bytes[i] % (sizeof(letters) - 1)];
	text[6] = '\0';
}

static int set_names(struct folder *folder, const char *name, uint64_t wall)
{
	time_t seconds = wall / NSEC_PER_SEC;
	char host[65], when[32], letters[7];
	struct utsname u;
	struct tm tm;

	if (uname(&u))
		return -errno;
	folder_host(u.nodename, host, sizeof(host));
	strftime(when, sizeof(when), "%Y%m%d-%H%M%S", gmtime_r(&seconds, &tm));
	random_name(letters);
	free(folder->name);
	free(folder->path);
	folder->path = NULL;
	if (asprintf(&folder->name, "%s-trace.%s.%s.%s", name, host, when, letters) < 0)
		folder->name = NULL;
	else if (asprintf(&folder->path, "%s/%s%s", folder->dir, folder->name, FOLDER_PARTIAL) < 0)
		folder->path = NULL;
	return folder->name && folder->path ? 0 : -ENOMEM;
}

/* The folder under a name that nothing has yet. */
static int make(struct folder *folder, const char *name, uint64_t wall)
{
	int err = -EEXIST;

	for (int i = 0; i < TRIES && err == -EEXIST; i++) {
		err = set_names(folder, name, wall);
		if (!err && mkdirat(folder->dir_fd, folder->path + strlen(folder->dir) + 1, 0700))
			err = -errno;
	}
	if (err)
		return err;
	folder->fd = openat(folder->dir_fd, folder->path + strlen(folder->dir) + 1,
			    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder->fd < 0)
		return -errno;
	return fsync(folder->dir_fd) ? -errno : 0;
}

int folder__new(const char *dir, const char *name, uint64_t wall, struct folder **out)
{
	struct folder *folder = calloc(1, sizeof(*folder));
	int err;

	if (!folder)
		return -ENOMEM;
	folder->fd = -1;
	folder->dir = strdup(dir);
	folder->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (!folder->dir || folder->dir_fd < 0)
		err = folder->dir ? -errno : -ENOMEM;
	else
		err = make(folder, name, wall);
	if (err)
		folder__free(folder);
	else
		*out = folder;
	return err;
}

void folder__free(struct folder *folder)
{
	if (!folder)
		return;
	if (folder->fd >= 0)
		close(folder->fd);
	if (folder->dir_fd >= 0)
		close(folder->dir_fd);
	free(folder->dir);
	free(folder->name);
	free(folder->path);
	free(folder);
}

int folder_open(const struct folder *folder, const char *file)
{
	const char *slash = strchr(file, '/');
	char parent[64];
	int fd;

	if (slash) {
		snprintf(parent, sizeof(parent), "%.*s", (int)(slash - file), file);
		if (mkdirat(folder->fd, parent, 0700) && errno != EEXIST)
			return -errno;
	}
	fd = openat(folder->fd, file,
		    O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : fd;
}

FILE *folder_fopen(const struct folder *folder, const char *file)
{
	int fd = folder_open(folder, file);
	FILE *f;

	if (fd < 0) {
		errno = -fd;
		return NULL;
	}
	/* the first lines of a log have their room, however full the disk is by then */
	if (fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, RESERVED) && errno == ENOSPC) {
		close(fd);
		errno = ENOSPC;
		return NULL;
	}
	f = fdopen(fd, "a");
	if (!f)
		close(fd);
	return f;
}

int folder_fclose(FILE *f)
{
	int err = 0;

	errno = 0;
	if (fflush(f) || ferror(f) || fsync(fileno(f)))
		err = errno ? -errno : -EIO;
	if (fclose(f) && !err)
		err = -errno;
	return err;
}

int folder_complete(struct folder *folder)
{
	const char *partial = folder->path + strlen(folder->dir) + 1;

	if (renameat(folder->dir_fd, partial, folder->dir_fd, folder->name))
		return -errno;
	folder->path[strlen(folder->path) - strlen(FOLDER_PARTIAL)] = '\0';
	return fsync(folder->dir_fd) ? -errno : 0;
}

static int remove_entry(int fd, const char *name)
{
	if (!unlinkat(fd, name, 0))
		return 0;
	return errno == EISDIR || errno == EPERM ? folder_remove(fd, name) : -errno;
}

int folder_remove(int dir_fd, const char *path)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), err = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	while (!err && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			err = remove_entry(dirfd(dir), entry->d_name);
	closedir(dir);
	if (!err && unlinkat(dir_fd, path, AT_REMOVEDIR))
		err = -errno;
	return err;
}
