// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"
#include "devices.h"

#define NAME_SIZE 64 /* the kernel's are 32 at most: DISK_NAME_LEN, and a partition's number */

struct device {
	uint32_t dev;
	bool asked; /* for its name, which stays from then on */
	char name[NAME_SIZE];
};

struct devices {
	int dir; /* negative: there is no sysfs */
	struct device *all;
	int n, room;
};

char *device_numbers(uint32_t dev, char dst[DEVICE_NUMBERS])
{
	snprintf(dst, DEVICE_NUMBERS, "%u:%u", dev >> DEVICE_MINOR_BITS,
		 dev & ((1u << DEVICE_MINOR_BITS) - 1));
	return dst;
}

/* What the link "7:0" leads to: "../../devices/virtual/block/loop0". */
static bool read_name(const struct devices *d, const char *link, char name[NAME_SIZE])
{
	char path[4096], *last;
	ssize_t n = d->dir < 0 ? -1 : readlinkat(d->dir, link, path, sizeof(path) - 1);

	if (n <= 0)
		return false;
	path[n] = '\0';
	last = strrchr(path, '/');
	last = last ? last + 1 : path;
	if (!*last || strlen(last) >= NAME_SIZE)
		return false;
	/* a name's own slash ("cciss/c0d0") can't be in a file's name */
	for (int i = 0;; i++) {
		name[i] = last[i] == '!' ? '/' : last[i];
		if (!last[i])
			return true;
	}
}

static struct device *find(const struct devices *d, uint32_t dev)
{
	for (int i = 0; i < d->n; i++)
		if (d->all[i].dev == dev)
			return &d->all[i];
	return NULL;
}

/* The device's entry, made with that name when it is new; NULL without memory. */
static struct device *add(struct devices *d, uint32_t dev, const char *name)
{
	struct device *device = find(d, dev);

	if (device)
		return device;
	if (d->n == d->room) {
		int room = d->room ? d->room * 2 : 64;
		struct device *all = reallocarray(d->all, room, sizeof(*all));

		if (!all)
			return NULL;
		d->all = all;
		d->room = room;
	}
	device = &d->all[d->n++];
	*device = (struct device){ .dev = dev };
	strcpy(device->name, name);
	return device;
}

/* "7:0", and nothing behind it. */
static bool parse_numbers(const char *text, uint32_t *dev)
{
	unsigned major, minor;
	int end = 0;

	if (sscanf(text, "%u:%u%n", &major, &minor, &end) != 2 || text[end] ||
	    major >= 1u << (32 - DEVICE_MINOR_BITS) || minor >= 1u << DEVICE_MINOR_BITS)
		return false;
	*dev = DEVICE(major, minor);
	return true;
}

static int scan(struct devices *d)
{
	int fd = d->dir < 0 ? -1 : openat(d->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	char name[NAME_SIZE];
	struct dirent *e;
	uint32_t dev;
	int err = 0;

	while (dir && !err && (e = readdir(dir)))
		if (parse_numbers(e->d_name, &dev) && read_name(d, e->d_name, name) &&
		    !add(d, dev, name))
			err = -ENOMEM;
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
	return err;
}

struct devices *devices__new(const char *dir)
{
	struct devices *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	/* without sysfs they have their numbers */
	d->dir = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (scan(d)) {
		devices__free(d);
		return NULL;
	}
	return d;
}

void devices__free(struct devices *d)
{
	if (!d)
		return;
	if (d->dir >= 0)
		close(d->dir);
	free(d->all);
	free(d);
}

char *devices_name(struct devices *d, uint32_t dev, char *name, size_t size)
{
	struct device *device = find(d, dev);
	char link[DEVICE_NUMBERS], now[NAME_SIZE];

	device_numbers(dev, link);
	/* its number may have been another's when all were looked at */
	if ((!device || !device->asked) && read_name(d, link, now)) {
		device = add(d, dev, now);
		if (device)
			strcpy(device->name, now);
	}
	if (device)
		device->asked = true;
	snprintf(name, size, "%s", device ? device->name : link);
	return name;
}

static int find_node(const char *path, uint32_t *dev)
{
	struct stat st;

	if (stat(path, &st))
		return -ENODEV;
	if (!S_ISBLK(st.st_mode))
		return -ENOTBLK;
	*dev = device_of(st.st_rdev);
	return 0;
}

static bool find_name(const struct devices *d, const char *name, uint32_t *dev)
{
	for (int i = 0; i < d->n; i++) {
		if (strcmp(d->all[i].name, name))
			continue;
		*dev = d->all[i].dev;
		return true;
	}
	return false;
}

int devices_find(struct devices *d, const char *word, uint32_t *dev)
{
	const char *name = strncmp(word, "/dev/", 5) ? word : word + 5;
	char link[DEVICE_NUMBERS], now[NAME_SIZE];

	if (parse_numbers(word, dev))
		return read_name(d, device_numbers(*dev, link), now) ? 0 : -ENODEV;
	if (find_name(d, name, dev))
		return 0;
	return *word == '/' ? find_node(word, dev) : -ENODEV;
}

/* What a disk has on its way; false for partitions, and for what is gone. */
static bool read_busy(const struct devices *d, uint32_t dev, uint64_t *reads, uint64_t *writes)
{
	char link[DEVICE_NUMBERS], path[64], text[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/partition", device_numbers(dev, link));
	if (d->dir < 0 || !faccessat(d->dir, path, F_OK, 0))
		return false;
	snprintf(path, sizeof(path), "%s/inflight", link);
	fd = openat(d->dir, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return sscanf(text, "%" SCNu64 " %" SCNu64, reads, writes) == 2;
}

int devices_option(struct devices *d, const char *word, uint32_t *dev, char *why, size_t why_size)
{
	char list[160];
	int err = devices_find(d, word, dev);

	if (err == -ENODEV)
		snprintf(why, why_size, "-D %s: no such disk or partition; there are %s", word,
			 devices_list(d, list, sizeof(list)));
	else if (err == -ENOTBLK)
		snprintf(why, why_size,
			 "-D %s: no disk or partition; of a file or folder, df says what it is on",
			 word);
	else if (err)
		snprintf(why, why_size, "-D %s: %s", word, err_name(err));
	return err ? -EINVAL : 0;
}

bool devices_has_requests(uint32_t dev)
{
	char path[64], numbers[DEVICE_NUMBERS];

	device_numbers(dev, numbers);
	snprintf(path, sizeof(path), "/sys/dev/block/%s/mq", numbers);
	if (!access(path, F_OK))
		return true;
	/* of a partition, its disk's */
	snprintf(path, sizeof(path), "/sys/dev/block/%s/../mq", numbers);
	return !access(path, F_OK);
}

void devices_each_busy(const struct devices *d, devices_busy_fn fn, void *arg)
{
	uint64_t reads, writes;

	for (int i = 0; i < d->n; i++)
		if (read_busy(d, d->all[i].dev, &reads, &writes) && (reads || writes))
			fn(arg, d->all[i].dev, d->all[i].name, reads, writes);
}

int devices_count(const struct devices *d)
{
	return d->n;
}

static int name_compare(const void *a, const void *b)
{
	const struct device *const *x = a, *const *y = b;

	return strverscmp((*x)->name, (*y)->name);
}

char *devices_list(const struct devices *d, char *text, size_t size)
{
	const struct device **sorted = calloc(d->n + 1, sizeof(*sorted));
	size_t len = 0;

	if (size)
		text[0] = '\0';
	for (int i = 0; sorted && i < d->n; i++)
		sorted[i] = &d->all[i];
	if (sorted)
		qsort(sorted, d->n, sizeof(*sorted), name_compare);
	for (int i = 0; sorted && i < d->n; i++) {
		bool last = i + 1 == d->n;
		size_t want = (i ? 2 : 0) + strlen(sorted[i]->name) + (last ? 0 : strlen(", ..."));

		if (len + want >= size) {
			snprintf(text + len, size - len, "%s...", i ? ", " : "");
			break;
		}
		len += snprintf(text + len, size - len, "%s%s", i ? ", " : "", sorted[i]->name);
	}
	free(sorted);
	return text;
}
