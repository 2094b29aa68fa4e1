/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Names of block devices, from sysfs: those that there are at the start, and others as they are
 * asked for. A device that goes away keeps its name.
 *
 * A device is the kernel's own dev_t: the major number above 20 bits of the minor.
 */
#ifndef ASSAY_DEVICES_H
#define ASSAY_DEVICES_H

#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/sysmacros.h>
#include <sys/types.h>

#define DEVICE_MINOR_BITS    20 /* include/linux/kdev_t.h */
#define DEVICE(major, minor) ((uint32_t)(major) << DEVICE_MINOR_BITS | (uint32_t)(minor))

/* Of what stat(2) has in st_dev or st_rdev. */
static inline uint32_t device_of(dev_t dev)
{
	return DEVICE(major(dev), minor(dev));
}

/* "7:0", as sysfs has it, into `dst`, which is returned. */
#define DEVICE_NUMBERS 24
char *device_numbers(uint32_t dev, char dst[DEVICE_NUMBERS]);

struct devices;

/* `dir` is /sys/dev/block, or a test's. NULL when there is no memory. Freed with devices__free().
 */
struct devices *devices__new(const char *dir);
void devices__free(struct devices *devices);

/*
 * "vda1"; "7:0" as long as it has no name that is known, as anonymous devices (btrfs, tmpfs) and
 * those that were gone before they were asked for. What it was called when it was first asked for
 * stays its name. Into `name`, which is returned.
 */
char *devices_name(struct devices *devices, uint32_t dev, char *name, size_t size);

/*
 * The device that is meant by "vda1", "/dev/vda1", the path of another node or link to one, or
 * "7:0". 0; -ENODEV when there is none such, -ENOTBLK when the path is something else.
 */
int devices_find(struct devices *devices, const char *word, uint32_t *dev);

/* The same for -D; on failure -EINVAL, with what is wrong, and what there is, in `why`. */
int devices_option(struct devices *devices, const char *word, uint32_t *dev, char *why,
		   size_t why_size);

/* Whether the disk works on requests; those that are made of other disks have none. */
bool devices_has_requests(uint32_t dev);

/*
 * Calls `fn` for each disk, not for partitions, that has requests on their way by the kernel's own
 * count (/sys/block/DISK/inflight).
 */
typedef void (*devices_busy_fn)(void *arg, uint32_t dev, const char *name, uint64_t reads,
				uint64_t writes);
void devices_each_busy(const struct devices *devices, devices_busy_fn fn, void *arg);

/* How many are known by name. */
int devices_count(const struct devices *devices);

/* The names of those, as "loop0, vda, vda1", cut with "..." where there is no room. Returns it. */
char *devices_list(const struct devices *devices, char *text, size_t size);

#endif
