/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Jobs, of guests and of downstairs, as trees of spans: what was done for one, from when to when,
 * inside of what. Those under way are found by process and number. Times are ns, CLOCK_MONOTONIC.
 */
#ifndef ASSAY_WF_JOBS_H
#define ASSAY_WF_JOBS_H

#include <stdbool.h>
#include <stdint.h>

#include "perfetto/perfetto_flows.h"
#include "probes.h"

#define WF_CLIENTS PERFETTO_CLIENTS

/* What a span is; of one parent's, in the order in which they are shown. */
enum wf_kind {
	WF_ROOT,     /* the job */
	WF_QUEUE,    /* it waits, for others that it depends on */
	WF_BEGIN,    /* until the files are touched */
	WF_DISPATCH, /* of a guest's job: to the downstairs' queues */
	WF_CLIENT,   /* its part for one downstairs; `sub` is which */
	WF_SEND,     /* until that is on the network */
	WF_NET,
	WF_SERVED, /* of that, at the downstairs */
	WF_OS,
	WF_STEP,    /* of an extent, `what` is enum wf_step, `sub` the extent */
	WF_CALL,    /* a system call, `what` is enum file_op, `sub` the file system's device */
	WF_BIO,	    /* a block I/O, `what` is enum wf_bio_op, `sub` the device */
	WF_JOURNAL, /* those of the file system's journal while a sync waits */
	WF_RECEIVE, /* from the network to the upstairs' loop */
	WF_ANSWER,  /* from the files to the end */
	WF_KINDS,
};

/* Of a bio. A flush has no data; a write may be flushed with it. */
enum wf_bio_op {
	WF_BIO_READ,
	WF_BIO_WRITE,
	WF_BIO_FLUSH,
	WF_BIO_DISCARD,
	WF_BIO_OTHER,
	WF_BIO_OPS
};

struct wf_span {
	uint64_t start, end; /* end 0: it has none yet */
	uint64_t mark;	     /* of a bio: when the driver first had it; 0: not seen */
	uint64_t value;	     /* bytes; of a system call what it returned */
	uint32_t parent;     /* index; the root's is its own */
	uint32_t tid;
	uint32_t sub;
	uint32_t disk;	/* of a bio */
	uint32_t count; /* of the journal: I/Os that were under way together */
	uint16_t kind;	/* enum wf_kind */
	uint16_t what;
	uint16_t error; /* of a bio, an errno */
	bool cut;	/* its end was not seen: it is the job's */
};

#define WF_MAX_SPANS 32768 /* of a job: a flush of thousands of extents */

enum wf_state { WF_FREE, WF_LIVE, WF_ENDED, WF_KEPT };

struct wf_job {
	uint64_t job;
	uint32_t tgid;
	uint32_t seq;  /* another for each job that is kept here: spans are found by job and seq */
	uint8_t op;    /* enum wf_op */
	uint8_t state; /* enum wf_state */
	bool guest;    /* of an upstairs */
	bool unfinished; /* its end was not seen */
	bool crowded;	 /* there were more spans than WF_MAX_SPANS */
	uint64_t start, end;
	uint64_t work;	       /* when it had not to wait any more; 0: not seen */
	bool processed;	       /* that was work-process */
	uint32_t os;	       /* index of that span; 0: there is none */
	uint64_t over;	       /* all of it has ended, the parts for other downstairs too */
	struct wf_span *spans; /* the first is the job itself */
	uint32_t nspans, room;

	/* of a guest's job */
	uint64_t flow;
	uint32_t client[WF_CLIENTS], net[WF_CLIENTS], served[WF_CLIENTS]; /* index; 0: none */
	struct wf_job *down[WF_CLIENTS]; /* the same job at the downstairs */
	bool done;			 /* answered; parts of it may still be under way */
	/* of a downstairs' job */
	struct wf_job *up; /* the guest's; NULL: not known */
	uint8_t up_client;

	struct wf_job *next;		/* of its bucket; oldest first */
	struct wf_job *older, *younger; /* of its list */
};

/* By time: those under way, and those that have ended. */
struct wf_list {
	struct wf_job *oldest, *youngest;
	uint32_t n;
};

#define WF_BUCKETS 16384

struct wf_jobs {
	struct wf_job *buckets[WF_BUCKETS];
	struct wf_list live;
	struct wf_job *unused;
	uint32_t nkept;
};

/* Frees those that are under way or unused. */
void wf_jobs_free(struct wf_jobs *jobs);

/* A new one that begins at `start`, its root among the spans. NULL without memory. */
struct wf_job *wf_job_begin(struct wf_jobs *jobs, bool guest, uint32_t tgid, uint64_t job,
			    uint8_t op, uint64_t start);

/* The oldest that is under way; the next oldest of the same number; NULL: there is none. */
struct wf_job *wf_job_find(const struct wf_jobs *jobs, bool guest, uint32_t tgid, uint64_t job);
struct wf_job *wf_job_again(const struct wf_job *job);

/* It is found no more. What is open of it ends at `end`. */
void wf_job_end(struct wf_jobs *jobs, struct wf_job *job, uint64_t end);

/* Nothing leads to its spans any more; they stay. */
void wf_job_keep(struct wf_jobs *jobs, struct wf_job *job);
/* One that has ended, or was kept, is not wanted any more. */
void wf_job_drop(struct wf_jobs *jobs, struct wf_job *job);

/* A new span inside of another, open; its index, 0 when there is no room. */
uint32_t wf_span_add(struct wf_job *job, uint32_t parent, enum wf_kind kind, uint16_t what,
		     uint64_t start);

void wf_list_add(struct wf_list *list, struct wf_job *job);
void wf_list_remove(struct wf_list *list, struct wf_job *job);

#endif
