/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A run of a report, as run.c (its course), run_targets.c (what is traced) and run_print.c (what is
 * printed) share it. Nobody else's.
 */
#ifndef ASSAY_RUN_STATE_H
#define ASSAY_RUN_STATE_H

#include <stdio.h>

#include "core/child.h"
#include "core/loop.h"
#include "core/targets.h"
#include "core/tracer.h"
#include "core/watch.h"
#include "reports/report.h"

struct run;

struct process {
	struct run *run;
	int pidfd;
};

struct run {
	const struct report *report;
	const struct options *options;
	FILE *out;
	struct loop *loop;
	struct tracer *tracer;
	struct targets *targets;
	struct watch *watch;
	struct child *child;
	struct snapshot *before; /* at the last interval's end */
	uint64_t interval;	 /* ns; 0: only at the end */
	uint64_t intervals;	 /* printed so far */
	uint64_t started;	 /* CLOCK_MONOTONIC, when the probes were live */
	int64_t to_wall;
	int sites;		   /* attached so far */
	struct process *processes; /* of -p */
	int running;		   /* of them */
	uint32_t named;		   /* the process whose name is `name` */
	char name[32];
	bool slow_header;
	bool output_gone;
	bool ended_on_tick;
	int status; /* STATUS_OK until something fails */
};

/* run.c: says what failed, once: doing what, the errno's name, the cure. Returns `err`. */
int run_fail(struct run *run, const char *doing, int err);

/* run_targets.c: each prints what is wrong and returns -errno. */
bool run_wants(void *run, const struct notes *notes); /* a targets__new() filter */
int run_find_targets(struct run *run);
int run_attach_found(struct run *run);
void run_new_process(void *run, pid_t pid); /* a watch_fn */
/* only the command, and what it starts, is traced */
bool run_follows_command(const struct run *run);
bool run_watches(const struct run *run);
int run_nothing(struct run *run); /* -ENOENT when there is nothing to trace, and that is wrong */
int run_dry(struct run *run);	  /* prints where the report would attach; needs no BPF */

/* run_print.c */
struct render run_render(const struct run *run, uint64_t monotonic);
void run_flush(struct run *run);
void run_print(struct run *run);	/* the interval that ends now, or all since the start */
void run_print_losses(struct run *run); /* what was lost: always in JSON, else when there is any */
void run_drain(void *run);		/* the slow IOs that have come */

#endif
