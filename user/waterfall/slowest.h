/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The jobs that are drawn: the slowest so many, and those of one number.
 */
#ifndef ASSAY_WF_SLOWEST_H
#define ASSAY_WF_SLOWEST_H

#include "model.h"

#define WF_MOST_DRAWN 1000
#define WF_MOST_NAMED 16 /* jobs of one number, in as many processes */

struct wf_slowest {
	uint32_t most; /* 0: none */
	bool named;    /* `job` is wanted */
	uint64_t job;
	struct wf_job *jobs[WF_MOST_DRAWN]; /* the slowest first */
	uint32_t n;
	struct wf_job *same[WF_MOST_NAMED];
	uint32_t nsame;
	uint64_t more; /* of that number, for which there was no place */
};

/* How long it took, ns. */
uint64_t wf_job_duration(const struct wf_job *job);

/*
 * Takes the job, if it is one to draw: true. What it drives out goes back to the model. `whole`:
 * its end was seen.
 */
bool wf_slowest_take(struct wf_slowest *slowest, struct wf_model *model, struct wf_job *job,
		     bool whole);

/* Gives all back to the model. */
void wf_slowest_clear(struct wf_slowest *slowest, struct wf_model *model);

#endif
