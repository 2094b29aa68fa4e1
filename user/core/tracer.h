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
#include "waiting.h"

struct tracer_options {
	struct plan_options plan; /* its rules outlive the tracer */
	uint32_t verbs;		  /* that rules have, or may have when they grow: plan_verbs() */
	uint32_t max_rules;	  /* of one probe: plan_most_rules() */
	uint32_t rows;		  /* numbers that rules have as their group; 0: nothing is folded */
	uint32_t splits;	  /* groups that a row can be split into; 0 or 1: none is */
	bool by_process;	  /* split groups by process */
	bool by_text;		  /* groups are split by texts: tracer_text() knows them */
	bool texts;		  /* some arguments are texts */
	bool threads;		  /* threads are keys */
	bool slow;		  /* a record of every duration of at least slow_ns */
	uint64_t slow_ns;
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

/* From here on hits count: all that was attached so far, from one moment. */
void tracer_go(struct tracer *tracer);

/* The way of attaching in use: "uprobe_multi" or "trace events". */
const char *tracer_attach_way(const struct tracer *tracer);

/* The fold's tables, live; valid until the tracer is freed. */
struct fold_tables tracer_tables(const struct tracer *tracer);

/* Adds the starts that wait for their dones, in slots and spill table. 0 or -ENOMEM. */
int tracer_waiting(const struct tracer *tracer, struct waiting *waiting);

/* The text that hash stands for, by which groups are split, in `text`; false when not known. */
bool tracer_text(const struct tracer *tracer, uint64_t hash, char text[FOLD_TEXT_KEY]);

/* The probes of hits by number; see plan_probes(). */
const struct hit_probe *tracer_probes(const struct tracer *tracer, int *n);

/*
 * Hands the records that have come to `fn`: slow IOs and hits with texts, then hits without,
 * up to those of the moment `until` (CLOCK_MONOTONIC). Returns their number or -errno.
 */
typedef void (*tracer_record_fn)(void *arg, const void *record, size_t size);
int tracer_drain(struct tracer *tracer, uint64_t until, tracer_record_fn fn, void *arg);

/*
 * Hits count no more, all from one moment on. Lets go of all sites where that takes no time
 * (uprobe_multi links); elsewhere tracer__free() does.
 */
void tracer_stop(struct tracer *tracer);

/* Lets go of all sites, then of the program. */
void tracer__free(struct tracer *tracer);

#endif
