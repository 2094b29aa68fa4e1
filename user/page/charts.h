/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The charts of a stage on a page: how its durations are distributed on both sides, how rare the
 * slow ones are, percentiles over time, and heatmaps. What is compared has one scale.
 */
#ifndef ASSAY_CHARTS_H
#define ASSAY_CHARTS_H

#include <stdio.h>

#include "timeline.h"

/* A stage on both sides, of which one may have no durations. */
struct charts {
	FILE *out;
	const char *stage;
	const char *sides[2]; /* "A: baseline" */
	const struct timeline *timelines[2];
};

/* All of them, each as a figure. 0 or -ENOMEM. */
int charts_print(const struct charts *charts);

#endif
