/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The probes of a flight, as crucible.c (how they are found), crucible_drain.c (the thread that
 * takes their hits), crucible_watch.c (the triggers) and crucible_snapshot.c share them. Nobody
 * else's.
 */
#ifndef ASSAY_FLIGHT_CRUCIBLE_STATE_H
#define ASSAY_FLIGHT_CRUCIBLE_STATE_H

#include <pthread.h>

#include "core/snapshot.h"
#include "core/stream.h"
#include "core/targets.h"
#include "core/tracer.h"
#include "core/watch.h"
#include "crucible.h"
#include "hit_files.h"
#include "reports/sessions.h"
#include "wants.h"

#define PAST_EVERY 10 /* seconds between two snapshots */
#define PAST_MAX   7  /* so many are kept */
#define ROWS_NS	   (60 * 1000000000ULL)
#define ROWS_MAX   16384

/* perfgw's numbers of then. */
struct past {
	struct snapshot *snapshot;
	uint64_t time; /* ns, CLOCK_MONOTONIC */
};

/* A row of upstairs_info. */
struct status_line {
	uint64_t time; /* ns, CLOCK_MONOTONIC */
	char *text;
	struct status_line *next;
};

/* What the thread has to tell. */
struct told {
	bool fires; /* a trigger; else it is noted, and no more */
	char *text;
	struct told *next;
};

struct crucible {
	struct crucible_options o;
	struct wants *wants;
	struct tracer *tracer;
	struct targets *targets;
	struct watch *watch;
	struct stream *stream;
	struct hit_files *hits; /* NULL: none are kept */
	char *dir;		/* of them */
	int sites;
	uint64_t started; /* ns, CLOCK_MONOTONIC; 0: nothing counts yet */
	bool stopped;

	/* the thread; all else is under its lock once it runs */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t thread;
	bool runs, ends;
	int err; /* of writing hits */
	struct told *first_told, **last_told;

	/* of each probe that sends hits */
	struct probe_use {
		bool kept, status;
	} * uses;
	int nuses;

	/* the triggers */
	struct fired {
		uint64_t n;
		uint64_t longest; /* ns: of those that event.log has not */
	} fired[WANTS_MAX];
	struct sessions sessions;

	/* what the snapshot is made of */
	struct past past[PAST_MAX];
	int npast;
	uint64_t seconds;
	struct status_line *first_row, **last_row;
	int nrows;
	bool written;
};

/* crucible_drain.c */
void crucible_prepare_thread(struct crucible *crucible);
int crucible_start_thread(struct crucible *crucible);
void crucible_stop_thread(struct crucible *crucible);
void crucible_tell(struct crucible *crucible, bool fires, const char *text);
void crucible_forget_thread(struct crucible *crucible);

/* crucible_watch.c: what has come of a probe, as a stream has it. */
void crucible_slow(void *crucible, const struct record_slow *slow);
void crucible_status(struct crucible *crucible, const struct hit *hit);
/* What was noted in part only. */
void crucible_sum_up(struct crucible *crucible);

/* crucible_snapshot.c */
void crucible_add_row(struct crucible *crucible, const struct hit *hit,
		      const struct session *session, const struct upstatus *status);
void crucible_add_past(struct crucible *crucible); /* once a second */
void crucible_free_past(struct crucible *crucible);

#endif
