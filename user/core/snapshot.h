/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A snapshot: the fold's numbers at one moment, as rows. All that a report sees of counts and
 * latencies; where the tables came from is not visible here.
 */
#ifndef ASSAY_SNAPSHOT_H
#define ASSAY_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

#include "fold_table.h"

struct snapshot_row {
	uint32_t row;	   /* the rules' group: which of the report's rows */
	uint32_t tgid;	   /* the process; 0 unless split by process */
	uint64_t by;	   /* the splitting argument, else 0 */
	uint64_t count;	   /* hits counted, or durations */
	uint64_t sum;	   /* ns, of all durations */
	uint64_t max;	   /* ns, the longest duration since the start */
	uint64_t *buckets; /* [FOLD_BUCKETS] durations; NULL for hits */
};

struct snapshot {
	struct snapshot_row *rows; /* by row, by, tgid */
	int nrows;
	uint64_t losses[FOLD_LOSS_MAX];
};

/* Reads the tables. NULL when there is no memory. Freed with snapshot__free(). */
struct snapshot *snapshot__take(const struct fold_tables *tables);
void snapshot__free(struct snapshot *snapshot);

/*
 * What happened from `before` to `now`, as a snapshot of its own: counts, sums, buckets and losses
 * are subtracted; max, which can't be, becomes the upper bound of the highest bucket that is not
 * empty, at most the maximum since the start. NULL when there is no memory.
 */
struct snapshot *snapshot__since(const struct snapshot *now, const struct snapshot *before);

/* The row of that group, splitting argument and process, or NULL. */
const struct snapshot_row *snapshot_find(const struct snapshot *snapshot, uint32_t row, uint64_t by,
					 uint32_t tgid);

/* Durations, ns. 0 for an empty row. */
double snapshot_mean(const struct snapshot_row *row);
/* The value below which `p` (0 to 1) of the durations lie; within 3.2 %: middle of its bucket. */
uint64_t snapshot_percentile(const struct snapshot_row *row, double p);

/* Bounds of a bucket: its smallest value, and the largest. */
uint64_t bucket_low(uint32_t bucket);
uint64_t bucket_high(uint32_t bucket);

#endif
