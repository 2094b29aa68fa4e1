/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where the time of all jobs went: a tree of stages for each operation, each with the distribution
 * of its durations and its part of the jobs' time. Stages of one parent add up to it, what is left
 * being a stage of its own.
 */
#ifndef ASSAY_WF_STAGES_H
#define ASSAY_WF_STAGES_H

#include "core/snapshot.h"
#include "jobs.h"
#include "shares.h"

/* The kinds of stages are those of spans, but a block I/O is two: queued, and with the driver. */
enum { WF_STAGE_QUEUED = WF_KINDS, WF_STAGE_DEVICE };

struct wf_stage {
	struct wf_stage *parent, *inside, *next; /* NULL: none; those of one parent in order */
	uint16_t kind, what; /* as a span's; the root's `what` is the operation */
	bool guest;
	int depth;		   /* of the root 0 */
	struct snapshot_row times; /* how long each was */
	double wall;		   /* ns, its part of the jobs' time, with what is inside */
	double self;		   /* what is left of that */
};

#define WF_STAGES 1024 /* at most; more are counted as part of what is around them */

struct wf_stages {
	struct wf_stage *roots; /* in order: guests', then downstairs', by operation */
	uint32_t n;
	uint64_t crowded; /* spans that had no stage */
	uint64_t memory;  /* jobs left out for want of memory */
	struct wf_shares shares;
	struct wf_stage **of; /* the stage of each span of the job at hand */
	uint32_t room;
};

/* All zero, `stages` are none. */
void wf_stages_add(struct wf_stages *stages, const struct wf_job *job);
void wf_stages_clear(struct wf_stages *stages);
void wf_stages_free(struct wf_stages *stages);

/* "read", "fsync in extent-flush-file", into `dst`, which is returned. */
char *wf_stage_label(const struct wf_stage *stage, char *dst, size_t size);
/* "fsync", likewise: unique among those of one parent. */
char *wf_stage_name(const struct wf_stage *stage, char *dst, size_t size);

#endif
