/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From what the engine hands a report (snapshots, statuses, what waits) to what top shows: who is
 * there, what they did in the last interval, and what they did before.
 */
#ifndef ASSAY_TOP_GATHER_H
#define ASSAY_TOP_GATHER_H

#include "report.h"
#include "sessions.h"
#include "top_model.h"

/* The report's rows. Of the first twelve there are durations: three operations each. */
enum top_row {
	ROW_GATEWAY = 0,
	ROW_NET = ROW_GATEWAY + TOP_OPS,
	ROW_SUBMIT = ROW_NET + TOP_OPS,
	ROW_OS = ROW_SUBMIT + TOP_OPS,
	ROW_WORK_START = ROW_OS + TOP_OPS,
	ROW_WORK_PROCESS,
	ROW_WORK_DONE,
	TOP_ROWS,
};
#define TIMED_ROWS ROW_WORK_START

/* A pair's number is its row's; writes of unwritten blocks are writes, with a pair of their own. */
#define PAIR_UNWRITTEN 16

/* The rules; the one of the status among them. */
extern const struct probe_rule top_rules[];

struct top_gather;

/* From `now` (ns, CLOCK_MONOTONIC) on; NULL without memory. Freed with top_gather__free(). */
struct top_gather *top_gather__new(uint64_t now);
void top_gather__free(struct top_gather *gather);

/* A hit of any probe: statuses are kept, others are counted already. */
void top_gather_hit(struct top_gather *gather, const struct hit_probe *probe,
		    const struct hit *hit);
/*
 * An interval has ended: its numbers are in the view's snapshot. `hold`: somebody still looks at
 * the last model, so that nothing it points to may go. 0 or -ENOMEM.
 */
int top_gather_interval(struct top_gather *gather, const struct report_view *view, bool hold);
/* What there is now, in `model`, whose former content is freed. 0 or -ENOMEM. */
int top_gather_model(const struct top_gather *gather, const struct report_view *view,
		     struct top_model *model);
/* Statuses that could not be read are told. */
void top_gather_warn(const struct top_gather *gather);

#endif
