/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What files are called, by superblock and inode: those under the paths that a person named. They
 * are found by looking through these, again and again, as page events tell of no names.
 *
 * The paths' mounts are not left (tree.h), and so a path has one superblock. btrfs has the same
 * inode number once in each subvolume, which no page event tells apart: the first that is found
 * stands for all, and the others are counted.
 */
#ifndef ASSAY_NAMES_H
#define ASSAY_NAMES_H

#include <stddef.h>
#include <stdint.h>

struct names;

/*
 * Looks through folders, or takes files as they are. `words` must stay. *out is freed with
 * names__free(). On failure -errno, with what was being done in `why`: an overlay is -EOPNOTSUPP,
 * as its files' pages are those of the file systems below.
 */
int names__new(const char *const *words, int nwords, struct names **out, char *why,
	       size_t why_size);
void names__free(struct names *names);

/* The superblocks that the paths are on, as in kernel/devices.h. */
const uint32_t *names_devs(const struct names *names, int *n);

/*
 * The path, beginning as its word does; valid until the next look. Also of a file that was there at
 * the look before the last. NULL: not known.
 */
const char *names_find(const struct names *names, uint32_t dev, uint64_t inode);

/* The same; also of a file that was there at any look since names_forget(). */
const char *names_find_past(const struct names *names, uint32_t dev, uint64_t inode);
void names_forget(struct names *names);

/* Looks again, on the same superblocks. 0 or -ENOMEM: then nothing changes. */
int names_look(struct names *names);

/* Says what was left out at the last look. `report` is in front. */
void names_warn(const struct names *names, const char *report);

#endif
