/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A folder as one compressed file, by libarchive: zstd, or xz where it has no zstd. Without
 * libarchive all of it says so, and fails.
 */
#ifndef ASSAY_TARBALL_H
#define ASSAY_TARBALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "folder.h"

extern const bool tarball_is_built_in;

/*
 * Writes DIR/NAME.tar.zst (or .xz) with all the folder holds under NAME/, smallest files first. It
 * is in the folder, and named .partial, until it is on the disk. Returns 0 with its path in *path,
 * which the caller frees, and its size; or -errno with what failed in `why`, and nothing left
 * behind.
 */
int tarball_write(const struct folder *folder, char **path, uint64_t *bytes, char *why,
		  size_t size);

/*
 * Takes the folder trace.raw from a tarball, into the folder `dir`. Returns 0,
 * -ENOENT when it holds none, or -errno, with why.
 */
int tarball_extract_raw(const char *tarball, const char *dir, char *why, size_t size);

#endif
