/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The tracer: the USDT program in the kernel with its maps, sized for one run. It loads, attaches
 * binaries, and hands out the fold's tables and the records. What it is for is in the rules.
 */
#ifndef ASSAY_TRACER_H
#define ASSAY_TRACER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "attach.h"
#include "fold_table.h"
#include "plan.h"

struct tracer_options {
	const struct probe_rule *rules; /* ended by a NULL provider; outlive the tracer */
	uint32_t rows;	 /* numbers that rules have as their group; 0: nothing is folded */
	uint32_t splits; /* groups that a row can be split into; 0 or 1: none is */
	bool pairs;	 /* some rules start and end durations */
	bool by_process; /* split groups by process */
	bool slow;	 /* a record of every duration of at least slow_ns */
	uint64_t slow_ns;
	bool hits;     /* a record of every hit */
	bool few_args; /* HIT_ARGS_FEW arguments of each will do */
	enum attach_mode attach;
	pid_t pid; /* every attachment will be in this process only; 0: in any */
};

struct tracer;

/*
 * Loads the program. On success *out is the caller's, freed with tracer__free(). On failure
 * returns -errno with what was being done in `why`.
 */
int tracer__new(const struct tracer_options *options, struct tracer **out, char *why,
		size_t why_size);

/*
 * Attaches the wanted probes of the binary open as `fd`; `pid` > 0: in that process only. Returns
 * the number of sites, or -errno with what was being done in `why`.
 */
int tracer_attach(struct tracer *tracer, int fd, const struct notes *notes, pid_t pid, char *why,
		  size_t why_size);

/* The way of attaching in use: "uprobe_multi" or "trace events". */
const char *tracer_attach_way(const struct tracer *tracer);

/* The fold's tables, live; valid until the tracer is freed. */
struct fold_tables tracer_tables(const struct tracer *tracer);

/* Starts that wait for their dones, in slots and spill table. */
uint64_t tracer_waiting(const struct tracer *tracer);

/* Hands the records that have come to `fn`: slow IOs, then hits. Returns their number or -errno. */
typedef void (*tracer_record_fn)(void *arg, const void *record, size_t size);
int tracer_drain(struct tracer *tracer, tracer_record_fn fn, void *arg);

/*
 * Lets go of all sites where that takes no time (uprobe_multi links), so that the last numbers are
 * of one moment; elsewhere hits come until tracer__free().
 */
void tracer_stop(struct tracer *tracer);

/* Lets go of all sites, then of the program. */
void tracer__free(struct tracer *tracer);

#endif
