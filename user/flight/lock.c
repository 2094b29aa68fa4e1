// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lock.h"

struct lock {
	int fd;
	char *path;
};

static pid_t pid_in(int fd)
{
	char text[32];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return 0;
	text[n] = '\0';
	return (pid_t)strtol(text, NULL, 10);
}

/* Whether the file is still the one of that name: its last holder removes it. */
static bool is_named(int fd, const char *path)
{
	struct stat own, named;

	return !fstat(fd, &own) && !stat(path, &named) && own.st_ino == named.st_ino &&
	       own.st_dev == named.st_dev;
}

/* A descriptor of the file, locked; or -errno. */
static int take(const char *path, pid_t *holder)
{
	int fd, err;

	for (;;) {
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
		if (fd < 0)
			return -errno;
		if (flock(fd, LOCK_EX | LOCK_NB)) {
			err = errno == EWOULDBLOCK ? -EBUSY : -errno;
			*holder = pid_in(fd);
			close(fd);
			return err;
		}
		if (is_named(fd, path))
			break;
		close(fd);
	}
	*holder = pid_in(fd);
	return fd;
}

int lock__new(const char *path, struct lock **out, pid_t *holder)
{
	struct lock *lock = calloc(1, sizeof(*lock));
	char text[32];
	int err, n;

	*holder = 0;
	if (lock)
		lock->path = strdup(path);
	if (!lock || !lock->path) {
		free(lock);
		return -ENOMEM;
	}
	lock->fd = take(path, holder);
	if (lock->fd < 0) {
		err = lock->fd;
		free(lock->path);
		free(lock);
		return err;
	}
	n = snprintf(text, sizeof(text), "%d\n", getpid());
	if (ftruncate(lock->fd, 0) || pwrite(lock->fd, text, n, 0) != n) {
		err = errno ? -errno : -EIO;
		lock__free(lock);
		return err;
	}
	*out = lock;
	return 0;
}

void lock__free(struct lock *lock)
{
	if (!lock)
		return;
	/* removed while it is held: nobody can have taken it meanwhile */
	unlink(lock->path);
	close(lock->fd);
	free(lock->path);
	free(lock);
}
