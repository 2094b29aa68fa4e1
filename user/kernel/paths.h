/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Paths of the files that system calls are on: from the names the kernel's program found, or, while
 * a call has not returned, from the descriptor.
 */
#ifndef ASSAY_PATHS_H
#define ASSAY_PATHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mounts.h"

/*
 * The names of a path, each ended with a NUL, the last one first, `len` bytes in all: as a path
 * from the file system's root, "/dir/name". False when it does not fit.
 */
bool path_join(const char *names, size_t len, char *dst, size_t size);

/* A file that a process has open. */
struct path_file {
	uint32_t tgid;
	int fd;
	uint32_t dev; /* of its superblock, as in devices.h; of a disk its own */
	bool disk;
	uint64_t inode;
};

/*
 * Its path as the kernel tells it (" (deleted)" may be behind), not escaped, into `dst`. False when
 * the descriptor is closed, or another file's by now.
 */
bool path_of_fd(struct mounts *mounts, const struct path_file *file, char *dst, size_t size);

#endif
