/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Ranges of disks that maintenance reads past the page cache, as btrfs' scrub does: whose data lie
 * there, and whether these are in memory.
 *
 * Which file's data lie where is found by looking through the file system, which a thread of its
 * own does, when the first MiB was read so, and again from time to time: files that have pages in
 * memory are asked for their extents (FIEMAP), and when a range comes for these pages (mincore).
 * Ranges wait until it is known.
 */
#ifndef ASSAY_DUET_RANGES_H
#define ASSAY_DUET_RANGES_H

#include <stdbool.h>
#include <stdint.h>

#include "duet/numbers.h"
#include "kernel/mounts.h"
#include "pages.h"

struct ranges;

/* With the mounts, which outlive it. NULL when there is no memory. Freed with ranges__free(). */
struct ranges *ranges__new(struct mounts *mounts);
void ranges__free(struct ranges *ranges);

/* One more, a range_record_fn: `ranges` is a struct ranges. */
void ranges_record(void *ranges, const struct range_record *record);

/* Looks at those whose file system is known by now. To be called often. */
void ranges_tick(struct ranges *ranges);

/* The same for all; waits for file systems that are being looked through, but not for long. */
void ranges_finish(struct ranges *ranges);

/* What it came to on a file system so far; false when nothing was read so. */
bool ranges_of(const struct ranges *ranges, uint32_t dev, struct duet_direct *direct);

/* The superblock's device of the file system that a disk or partition is part of, else the same. */
uint32_t ranges_owner(struct ranges *ranges, uint32_t dev);

/* Ranges that were lost for want of memory. */
uint64_t ranges_lost(const struct ranges *ranges);

/* Says, once, what was left out. */
void ranges_warn(const struct ranges *ranges);

#endif
