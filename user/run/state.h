/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A run of a report, as its parts share it: run.c (the course of one that traces), replay.c (of one
 * that reads a recording), targets.c (what is traced), source.c (where numbers and names
 * come from), print.c and io.c (what is printed), hits.c (where hits go). Nobody else's.
 */
#ifndef ASSAY_RUN_STATE_H
#define ASSAY_RUN_STATE_H

#include <stdio.h>

#include "core/child.h"
#include "core/loop.h"
#include "core/recording.h"
#include "core/stream.h"
#include "core/targets.h"
#include "core/tracer.h"
#include "core/watch.h"
#include "render/heatmap.h"
#include "perfetto/perfetto.h"
#include "reports/report.h"
#include "reports/wild.h"
#include "run.h"

struct run;

/* A process of -p, whose end may be the run's. */
struct named_process {
	struct run *run;
	int pidfd;
};

/* A process that hits came from, or that is in a recording. */
struct seen_process {
	struct run *run;
	uint32_t tgid;
	int pidfd;  /* negative: none */
	bool hit;   /* hits of it were wanted */
	bool told;  /* to those who keep hits */
	bool gone;  /* it has ended; its last hits may still have to come */
	bool ended; /* they have come, and those who keep hits know */
	char name[32];
	struct seen_process *next;
};

struct run {
	const struct report *report;
	const struct options *options;
	struct wild *wild; /* NULL: the report's rules are its own */
	enum layout layout;
	bool by_process; /* rows are split */
	FILE *out;
	struct loop *loop;
	uint64_t interval;  /* ns; 0: only at the end */
	uint64_t intervals; /* printed so far */
	uint64_t started;   /* CLOCK_MONOTONIC, when the probes were live */
	uint64_t stopped;   /* the same, when they were let go of; 0: not yet */
	int64_t to_wall;
	int status; /* STATUS_OK until something fails */
	bool output_gone;
	bool ended_on_tick;
	struct run_end end;

	/* what is traced */
	struct tracer *tracer;
	struct targets *targets;
	struct watch *watch;
	struct child *child;
	struct named_process *named; /* of -p */
	int running;		     /* of them */
	int sites;		     /* attached so far */

	void *source; /* the kernel's tracepoints; NULL: none */

	/* or replayed */
	struct recording *recording;
	struct fold_table *folded;
	uint64_t replay_now;		/* CLOCK_MONOTONIC of then */
	uint64_t losses[FOLD_LOSS_MAX]; /* the recording's, and those of folding it */
	struct replay_texts *texts;	/* tsearch(3) tree: what hashes stand for */

	/* hits, one by one */
	struct stream *stream;
	struct recording_writer *writer; /* of record and --record */
	struct perfetto *perfetto;
	struct seen_process *seen;
	int probes_noted;   /* of the tracer's */
	int probes_told;    /* of them, to the writer and the trace */
	const char **paths; /* of binaries, by their number; the targets' */
	uint32_t npaths;
	uint64_t hits; /* printed, or kept */

	/* what is printed */
	struct snapshot *before; /* at the last interval's end */
	struct counts_state counts;
	void *keep;  /* the report's own */
	bool enough; /* the report has ended the run */
	struct heatmap *heatmap;
	bool slow_titles;
};

/* run.c: says what failed, once: doing what, the errno's name, the cure. Returns `err`. */
int run_fail(struct run *run, const char *doing, int err);
/* The end of an interval, by timer or by the recording's clock. */
void run_tick(void *run);
bool run_wants_hits(const struct run *run);

/* replay.c: reads the recording and prints; the status is in `run`. */
void run_replay(struct run *run);

/* targets.c: each prints what is wrong and returns -errno. */
bool run_wants(void *run, const struct notes *notes); /* a targets__new() filter */
int run_find_targets(struct run *run);
int run_name_pids(struct run *run); /* the ends of -p's processes may be the run's */
int run_attach_found(struct run *run);
void run_new_process(void *run, pid_t pid); /* a watch_fn */
/* the command, and what it starts, is what is to be traced: no process or binary was named */
bool run_traces_command(const struct run *run);
/* and nothing else */
bool run_follows_command(const struct run *run);
bool run_watches(const struct run *run);
int run_nothing(struct run *run); /* -ENOENT when there is nothing to trace, and that is wrong */
int run_dry(struct run *run);	  /* prints where the report would attach; needs no BPF */

/* source.c: live or replayed, it is the same from here on. */
uint64_t run_now(const struct run *run); /* CLOCK_MONOTONIC */
struct fold_tables run_tables(const struct run *run);
int run_waiting(const struct run *run, struct waiting *waiting);
bool run_text(const void *run, uint64_t hash, char *text, size_t size);	 /* as render.text */
bool run_alive(const void *run, uint32_t tgid);				 /* a counts_alive_fn */
char *run_where(const void *run, uint32_t tgid, char *dst, size_t size); /* as view.where */
bool run_names_pid(const struct run *run, uint32_t pid); /* with -p; true where that is not given */
int run_traced(const void *run, uint32_t **pids);	 /* as view.traced */
void run_binaries(const void *run, report_binary_fn fn, void *arg); /* as view.binaries */
/* The process's entry, made when it is new; NULL without memory. */
struct seen_process *run_process(struct run *run, uint32_t tgid);
void run_processes_free(struct run *run);

/* hits.c */
int run_open_hits(struct run *run); /* makes what --record and the like write to */
/* Remembers that the probes that are new are of this binary. 0 or -ENOMEM. */
int run_note_probes(struct run *run, const char *path, const struct notes *notes);
int run_tell_probes(struct run *run); /* tells those who keep hits of the probes that are new */
void run_hit(void *run, const struct hit *hit); /* a stream handler */
/* -n counts the hits that a report shows one by one */
bool run_enough_hits(const struct run *run);
void run_drain(void *run);     /* what has come */
void run_hits_tick(void *run); /* once a second */
void run_process_ended(struct run *run, struct seen_process *process);
void run_close_hits(struct run *run);

/* print.c */
int run_open_output(struct run *run); /* what -o names */
struct render run_render(const struct run *run, uint64_t monotonic);
struct report_view run_view(struct run *run, uint64_t monotonic);
int run_begin_report(struct run *run); /* what the report itself has to do, in its own functions */
void run_report_tick(void *run);
void run_end_report(struct run *run);
void run_flush(struct run *run);
/* the interval that ends now, or all since the start; `last`: the run ends, too */
void run_print(struct run *run, bool last);
void run_print_losses(struct run *run); /* what was lost: always in JSON, else when there is any */

/* io.c */
void run_slow(void *run, const struct record_slow *slow); /* a stream handler */
void run_slow_io(struct run *run, uint64_t end, uint32_t row, const struct fold_key *key,
		 uint64_t duration);
void run_print_waiting(struct run *run); /* what has begun and not ended */
/* How many starts wait; of these, in *gone, those of processes that have ended. */
uint64_t run_count_waiting(struct run *run, uint64_t *gone);

#endif
