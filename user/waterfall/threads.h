/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whose a thread's time is: the windows that are open on it, innermost last, and for a while those
 * that were, with the system calls in them. A block I/O is known when it has ended, which may be
 * long after it was queued, so it is asked what a thread was at back then.
 */
#ifndef ASSAY_WF_THREADS_H
#define ASSAY_WF_THREADS_H

#include "jobs.h"

#define WF_DEPTH 16 /* windows that are open on a thread at once */

/* A span of a job; of one that was never seen to begin, `job` is NULL. */
struct wf_place {
	struct wf_job *job;
	uint32_t seq;
	uint32_t span;
};

/* A window that is open. */
struct wf_open {
	struct wf_place place;
	uint64_t start;
	uint64_t job;	 /* its number, and */
	uint32_t extent; /* that of the extent: what its end will say */
	uint16_t kind;	 /* enum wf_kind */
	uint16_t what;
};

/* One that has closed, or a system call that has returned. */
struct wf_past {
	struct wf_place place;
	uint64_t start, end;
};

/* A block I/O that waits for its system call. */
struct wf_wait {
	uint64_t start, mark, end;
	uint64_t bytes;
	uint32_t dev, disk;
	uint16_t op;
	uint16_t error;
};

struct wf_thread {
	struct wf_thread *next;
	uint32_t tgid, tid;
	uint64_t boundary; /* nothing that it did before is still to come */
	uint64_t seen;	   /* when there was last something of it */
	struct wf_open open[WF_DEPTH];
	int depth;
	struct wf_past *past; /* a ring, a power of two */
	uint32_t room;
	uint64_t npast; /* ever */
	struct wf_wait *waits;
	int nwaits, waits_room;
};

#define WF_THREAD_BUCKETS 1024

struct wf_threads {
	struct wf_thread *buckets[WF_THREAD_BUCKETS];
	uint64_t crowded; /* windows forgotten as too many were open */
};

void wf_threads_free(struct wf_threads *threads);

/* NULL when it is not known; the second makes it, and returns NULL without memory. */
struct wf_thread *wf_thread_find(const struct wf_threads *threads, uint32_t tgid, uint32_t tid);
struct wf_thread *wf_thread_get(struct wf_threads *threads, uint32_t tgid, uint32_t tid);

/* Threads with nothing since `time`, nothing open and nothing waiting are forgotten. */
void wf_threads_sweep(struct wf_threads *threads, uint64_t time);

/* Whether the place is still there: its job has not been dropped or kept meanwhile. */
bool wf_place_valid(const struct wf_place *place);

/* The innermost window that is open; NULL: there is none. */
const struct wf_open *wf_thread_top(const struct wf_thread *thread);

/* The innermost of the job of that number that a step of the extent can be inside of; NULL: none.
 */
const struct wf_open *wf_thread_around(const struct wf_thread *thread, uint64_t job,
				       uint32_t extent);

void wf_thread_push(struct wf_threads *threads, struct wf_thread *thread,
		    const struct wf_open *window);

/*
 * The youngest open window of that kind, of the job of that number and of that extent (`job` NULL:
 * of any), is not open any more, from `end` on. False: there was none. What it was is in *window.
 */
bool wf_thread_pop(struct wf_thread *thread, uint16_t kind, uint16_t what, const uint64_t *job,
		   uint32_t extent, uint64_t end, struct wf_open *window);

/* The span of a window that is open no more is over, unless it has been since. */
struct wf_span *wf_open_close(const struct wf_open *window, uint64_t end);

/* A system call, or a window that has closed: from `start` to `end` the thread was at `place`. */
void wf_thread_was(struct wf_thread *thread, const struct wf_place *place, uint64_t start,
		   uint64_t end);

/*
 * What the thread was at, at `time`: the innermost of all that is known. WF_AT_UNKNOWN: too long
 * ago.
 */
enum wf_at { WF_AT_NOTHING, WF_AT_PLACE, WF_AT_UNKNOWN };
enum wf_at wf_thread_at(const struct wf_thread *thread, uint64_t time, struct wf_place *place);

/* Keeps a block I/O until the thread's next boundary. False without memory. */
bool wf_thread_wait(struct wf_thread *thread, const struct wf_wait *wait);

#endif
