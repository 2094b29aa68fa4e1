/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a report is: a row of data, with small functions where data can't say it. A new report is
 * one file with such a row, and one line in table.c.
 */
#ifndef ASSAY_REPORT_H
#define ASSAY_REPORT_H

#include "core/options.h"
#include "core/plan.h"
#include "core/snapshot.h"
#include "render/latency.h"
#include "render/render.h"

/* One printing: the numbers, and how they are wanted. */
struct report_view {
	struct render render;
	const struct options *options;
	const struct snapshot *snapshot; /* of the interval, or since the start */
};

struct report {
	const char *name;
	const char *aliases; /* other names, separated by blanks; NULL: none */
	const char *summary; /* one line */
	const struct probe_rule *rules;
	struct latency_format format; /* of the rules' groups */
	uint32_t max_by;	      /* how many values the splitting argument takes; 0 is 1 */
	uint64_t interval;	      /* ns between prints without -i; 0: only at the end */
	/* NULL: latencies, as `format` says */
	void (*print)(const struct report_view *view);
};

/* Whether the report measures durations (else it counts). */
bool report_pairs(const struct report *report);

/* All reports, ended by NULL. */
extern const struct report *const reports[];

/*
 * The report of that name: exact, an alias, without an added ".d" or ".sh", or the only one that
 * begins with it. NULL when there is none, or several: *nmatches is their number, and `matches`
 * gets as many as it has room for (`max`).
 */
const struct report *report_find(const char *name, const struct report **matches, int max,
				 int *nmatches);

#endif
