/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a series has of one stage, as charts need it: all of it as one distribution, each run by
 * itself, and over time in columns, the number of which is bounded.
 */
#ifndef ASSAY_TIMELINE_H
#define ASSAY_TIMELINE_H

#include "compare/series.h"

#define TIMELINE_COLUMNS 120

/* A part of the time that was measured. */
struct timeline_span {
	int run;		 /* the first that it has a part of */
	uint64_t ns;		 /* how long it is */
	struct snapshot_row row; /* count, sum, max and buckets of it; no durations: count 0 */
};

struct timeline {
	struct timeline_span total;
	struct timeline_span *runs;
	int nruns;
	struct timeline_span *columns; /* in the order of time: windows of a run, or whole runs */
	int ncolumns;
	uint64_t *buckets; /* of all of them */
};

/*
 * `stage` is its number in the series; -1: it has none, and the timeline is empty. NULL when there
 * is no memory. Freed with timeline__free().
 */
struct timeline *timeline__new(const struct series *series, int stage);
void timeline__free(struct timeline *timeline);

#endif
