/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How a job's time is divided among its spans, so that all parts add up to the whole. What is
 * inside of a span is taken from it; what is left is its own. Where several parts of a job are
 * under way at once (extents of a flush, the three clients) each moment is divided among them.
 *
 * A system call's time is the disk's while one of its own block I/Os is with the driver, the
 * queue's while one is queued, else the journal's while the file system's journal is written, if it
 * is a call that waits for that; what is left is its own.
 */
#ifndef ASSAY_WF_SHARES_H
#define ASSAY_WF_SHARES_H

#include "jobs.h"

/* By span, ns. */
struct wf_shares {
	double *wall; /* all of it, with what is inside */
	/*
	 * What is left of it. Of a block I/O: the part in which it was queued; of one of the
	 * journal: what was waited for it, undivided.
	 */
	double *self;
	struct wf_scratch *scratch;
};

/* All zero, `shares` are none. -ENOMEM, or 0. */
int wf_shares_of(struct wf_shares *shares, const struct wf_job *job);
void wf_shares_free(struct wf_shares *shares);

#endif
