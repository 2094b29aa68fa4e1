// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "devices.h"
#include "paths.h"

bool path_join(const char *names, size_t len, char *dst, size_t size)
{
	const char *end = names + len;

	if (size < 2)
		return false;
	strcpy(dst, len ? "" : "/");
	while (end > names) {
		const char *name = end - 1; /* its NUL */
		size_t used = strlen(dst);

		while (name > names && name[-1])
			name--;
		if ((size_t)snprintf(dst + used, size - used, "/%.*s", (int)(end - name), name) >=
		    size - used)
			return false;
		end = name;
	}
	return true;
}

/* The inode's number and the mount's id, as the kernel itself has them. */
static bool is_inode(struct mounts *mounts, int fd, const struct path_file *file)
{
	char path[64], text[512], *at;
	uint64_t inode;
	ssize_t n = 0;
	int info, id;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = open(path, O_RDONLY | O_CLOEXEC);
	if (info >= 0) {
		n = read(info, text, sizeof(text) - 1);
		close(info);
	}
	text[n > 0 ? n : 0] = '\0';
	at = strstr(text, "mnt_id:");
	if (!at || sscanf(at, "mnt_id: %d", &id) != 1)
		return false;
	at = strstr(text, "ino:");
	if (!at || sscanf(at, "ino: %" SCNu64, &inode) != 1 || inode != file->inode)
		return false;
	/* not st_dev: btrfs has one for each subvolume */
	return file->disk || mounts_is_of(mounts, id, file->tgid, file->dev);
}

static bool is_disk(int fd, const struct path_file *file)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISBLK(st.st_mode) && device_of(st.st_rdev) == file->dev;
}

bool path_of_fd(struct mounts *mounts, const struct path_file *file, char *dst, size_t size)
{
	char link[64];
	ssize_t n = -1;
	int fd;

	/* held on to, so that it is one file that is looked at throughout */
	snprintf(link, sizeof(link), "/proc/%u/fd/%d", file->tgid, file->fd);
	fd = open(link, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (is_inode(mounts, fd, file) && (!file->disk || is_disk(fd, file)))
		n = readlink(link, dst, size - 1);
	close(fd);
	if (n <= 0)
		return false;
	dst[n] = '\0';
	return true;
}
