/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which file's data lie where: a table of the extents of files, by their address on a device, or
 * in btrfs' logical addresses. Extents may lie upon one another, where files share data.
 */
#ifndef ASSAY_DUET_EXTENTS_H
#define ASSAY_DUET_EXTENTS_H

#include <stdint.h>
#include <sys/types.h>

struct extent_file {
	char *path; /* from the root of where it was found */
	dev_t dev;
	ino_t inode;
};

struct extents;

/* Empty; NULL when there is no memory. Freed with extents__free(). */
struct extents *extents__new(void);
void extents__free(struct extents *extents);

/* A file, whose extents follow; its path is copied. 0 or -ENOMEM. */
int extents_add_file(struct extents *extents, const char *path, dev_t dev, ino_t inode);

/* One of them: `length` bytes at `address` are the file's from `offset` on. 0 or -ENOMEM. */
int extents_add(struct extents *extents, uint64_t address, uint64_t length, uint64_t offset);

/* To be called when all are there, before any is looked for. */
void extents_sort(struct extents *extents);

/*
 * Hands on what of the extents lies in a range: a file's `length` bytes from `offset` on are
 * `behind` bytes behind its beginning.
 */
typedef void (*extent_fn)(void *arg, const struct extent_file *file, uint64_t offset,
			  uint64_t length, uint64_t behind);
void extents_find(const struct extents *extents, uint64_t address, uint64_t length, extent_fn fn,
		  void *arg);

#endif
