/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A distribution of durations that grows: log-linear, as the fold's are, in the form that a
 * snapshot's helpers (core/snapshot.h) read.
 */
#ifndef ASSAY_WF_VALUES_H
#define ASSAY_WF_VALUES_H

#include <stdlib.h>
#include <string.h>

#include "core/snapshot.h"

/* One more, ns. Without memory it is counted, but in no bucket. */
static inline void wf_values_add(struct snapshot_row *values, uint64_t value)
{
	if (!values->buckets)
		values->buckets = calloc(FOLD_BUCKETS, sizeof(*values->buckets));
	if (values->buckets)
		values->buckets[fold_bucket(value)]++;
	values->count++;
	values->sum += value;
	if (value > values->max)
		values->max = value;
}

/* None, the memory being kept for others. */
static inline void wf_values_clear(struct snapshot_row *values)
{
	if (values->count && values->buckets)
		memset(values->buckets, 0, FOLD_BUCKETS * sizeof(*values->buckets));
	values->count = values->sum = values->max = 0;
}

static inline void wf_values_free(struct snapshot_row *values)
{
	free(values->buckets);
	values->buckets = NULL;
}

#endif
