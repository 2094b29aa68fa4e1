/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a run says of a stage in one number: median, percentiles, mean, the slowest hundredth,
 * throughput.
 */
#ifndef ASSAY_METRICS_H
#define ASSAY_METRICS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/snapshot.h"

enum metric {
	METRIC_MEDIAN,
	METRIC_P90,
	METRIC_P99,
	METRIC_WORST, /* mean of the slowest hundredth: what lies beyond p99 */
	METRIC_MEAN,
	METRIC_THROUGHPUT, /* a second */
	METRICS,
};

struct metric_info {
	const char *key;   /* of JSON: "median", "p90", "p99", "slowest_1_percent", "mean", … */
	const char *title; /* for people: "median", "p90", "p99", "slowest 1 %", "mean", "rate" */
	bool more_is_better;
	uint64_t least; /* durations that a run must have, for the metric to mean something */
};
extern const struct metric_info metrics[METRICS];

/*
 * The metric of a run: ns, or a second. `row` has count, sum and buckets; `ns` is how long it took
 * (series_merge()). False when the row has too few durations, or it is 0.
 */
bool metric_value(enum metric metric, const struct snapshot_row *row, uint64_t ns, double *value);

/*
 * How far off the metric of a run may be, as a logarithm, because buckets are all that is known of
 * the durations: 0 of what is exact; a bucket's width, log(1 + 1/16), where all that decides it
 * lies in one bucket; between the two by how much of it does. It does not get less by more runs:
 * they may all be off alike.
 */
double metric_rounding(enum metric metric, const struct snapshot_row *row);

/*
 * The value below which `p` (0 to 1) of the durations lie, ns: linear within its bucket, of which
 * the topmost ends at row->max. 0 of an empty row.
 */
double metric_percentile(const struct snapshot_row *row, double p);

#endif
