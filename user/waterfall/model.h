/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The model: hits, system calls and block I/Os in, jobs with all that belongs to them out.
 *
 * The three streams come in batches, each late by up to the time between two looks at it. What was
 * told is kept, and applied in the order of its time once all older ones must have come. A job is
 * handed out some time after it has ended, as what it queued may end later.
 *
 * A system call belongs to the innermost window (os-*, extent-*) that is open on its thread, a
 * block I/O to the call and window in which its thread queued it.
 */
#ifndef ASSAY_WF_MODEL_H
#define ASSAY_WF_MODEL_H

#include "events.h"
#include "threads.h"

/* For this long a job waits for what belongs to it, ns. */
#define WF_GRACE 100000000ULL
/* After this long without an end there is none to come, ns. */
#define WF_AGE	     60000000000ULL
#define WF_MOST_LIVE 65536 /* jobs under way; beyond, the oldest go */

struct wf_stats {
	uint64_t jobs;	     /* of downstairs, handed out whole */
	uint64_t guests;     /* of upstairs, likewise */
	uint64_t orphans;    /* ends without a start: the job began before the run, or was lost */
	uint64_t unfinished; /* jobs whose end had not come when the run ended */
	uint64_t aged;	     /* and those for which it was no longer waited for */
	uint64_t crowded;    /* and those that had to go as there were too many */
	uint64_t cut;	     /* spans whose own end was not seen: they end with their job */
	uint64_t dropped;    /* spans beyond WF_MAX_SPANS in a job */
	uint64_t ambiguous;  /* hits that had several jobs of that number to choose from */
	uint64_t late;	     /* events that came after their time had been gone through */
	uint64_t memory;     /* events that were lost for want of memory */
	uint64_t unjoined;   /* jobs of downstairs whose guest was not certain */
};

struct wf_handlers {
	/* A job that is whole. It stays the model's. */
	void (*done)(void *arg, struct wf_job *job);
	/*
	 * The same with all that is known of it: of a guest's the downstairs' jobs are in `down`;
	 * those do not come by themselves. True: it is the caller's from now on, with those, until
	 * wf_model_drop(). NULL: nobody wants that.
	 */
	bool (*picture)(void *arg, struct wf_job *job);
	/* A job that is not whole, as its end never came; before it is forgotten. May be NULL. */
	bool (*unfinished)(void *arg, struct wf_job *job);
	void *arg;
};

struct wf_model;

/* `account`, which stays the caller's, is told of every I/O. NULL without memory. */
struct wf_model *wf_model__new(const struct wf_handlers *handlers, struct wf_account *account);
void wf_model__free(struct wf_model *model);

/* A process is traced: its I/O is accounted for. */
void wf_model_process(struct wf_model *model, uint32_t tgid);
bool wf_model_has_process(const struct wf_model *model, uint32_t tgid);

/* An event, in any order. */
void wf_model_add(struct wf_model *model, const struct wf_event *event);

/* All events up to that time have been added: they are gone through. */
void wf_model_apply(struct wf_model *model, uint64_t until);

/* The end: all that there is has been added, and what is under way stays unfinished. */
void wf_model_finish(struct wf_model *model);

/* One that picture() or unfinished() has taken, with the downstairs' jobs in it. */
void wf_model_drop(struct wf_model *model, struct wf_job *job);

/* I/Os of the traced processes that are in jobs which have not ended, or wait for their call. */
uint64_t wf_model_under_way(const struct wf_model *model);

const struct wf_stats *wf_model_stats(const struct wf_model *model);
/* Windows that were forgotten as too many were open on a thread. */
uint64_t wf_model_windows_lost(const struct wf_model *model);

#endif
