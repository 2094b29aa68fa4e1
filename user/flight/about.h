/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a recording says of itself in its file "about" (raw.h): all that it takes to decode it on
 * another machine, and at its end what was lost.
 */
#ifndef ASSAY_FLIGHT_ABOUT_H
#define ASSAY_FLIGHT_ABOUT_H

#include "events.h"
#include "keep.h"
#include "recorder.h"

/* Returns 0 or -errno. */
int about_write(struct keep *keep, const struct tracepoints *tracepoints,
		const char *const *patterns, int npatterns, int cpus);

/* `stop`: when it was stopped, ns, CLOCK_MONOTONIC. Returns 0 or -errno. */
int about_end(struct keep *keep, const struct recorder_stats *stats, uint64_t stop);

#endif
