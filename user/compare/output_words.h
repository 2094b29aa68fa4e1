/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What all outputs of a comparison say in words: who was compared with whom, how, and what touches
 * the numbers. Plain text that is not escaped: names in it come from files, and each output makes
 * them fit in its own way.
 */
#ifndef ASSAY_OUTPUT_WORDS_H
#define ASSAY_OUTPUT_WORDS_H

#include "comparison.h"

/* "guest", "upstairs", …, "extent-step", "disk". */
const char *words_depth(enum stage_depth depth);

/* Whether a metric was compared, so that its change and interval mean something. */
bool words_compared(const struct change *change);

/* change_format(), with a bound: beyond it the number says no more. Returns `text`. */
char *words_factor(double change, char *text, size_t size);

/* "+31.0 to +64.2 %"; "" when it was not compared. Returns `text`. */
char *words_interval(const struct change *change, char *text, size_t size);

/* metric_format(), or "-" for what was not measured. Returns `text`. */
char *words_value(enum metric metric, double value, char *text, size_t size);

/* "p99 1.234ms -> 1.812ms, +46.8 % (+31.0 to +64.2 %)", "p99 too few". Returns `text`. */
char *words_change(const struct stage_change *stage, enum metric metric, char *text, size_t size);

/* Why a stage was not compared: "only after: 123". Returns `text`. */
char *words_too_few_stage(const struct comparison *comparison, const struct stage_change *stage,
			  char *text, size_t size);

/* "about 12 more runs a side"; "" when it is none. Returns `text`. */
char *words_more_runs(int runs, char *text, size_t size);

/*
 * Each in new memory, freed with free(); "" where there is nothing to say; NULL without memory.
 */

/* "3 of 5 runs, 10.02s each, from 2026-08-01 10:00:00 on, load 0.25 to 0.75" */
char *words_runs(const struct series *series);
/* "tantalum: EPYC 7713, 16 CPUs, 64 GiB, Linux 6.18.0 x86_64" */
char *words_host(const struct series *series);
/* "crucible-downstairs 1a2b3c4d5e6f, crutest without a build ID" */
char *words_binaries(const struct series *series);
char *words_command(const struct series *series);
/* "too few to compare: guest-barrier (3 and 2); only before: …; only after: …" */
char *words_too_few(const struct comparison *comparison);
/* "intervals hold together with 99 % confidence (…); threshold 10 %" */
char *words_method(const struct comparison *comparison);

/* What touches the numbers. */
enum words_note {
	WORDS_FORCED,	   /* "compared although: …": what --force overrode */
	WORDS_INTERRUPTED, /* "B was interrupted after 3 of 5 runs" */
	WORDS_LOST,	   /* "in the runs of B: 12 dones without a start" */
};
typedef void (*words_note_fn)(void *arg, enum words_note note, const char *text);

/* Calls `fn` for each. 0 or -ENOMEM. */
int words_notes(const struct comparison *comparison, words_note_fn fn, void *arg);

/* All of a side's runs together, into `losses` [FOLD_LOSS_MAX]. */
void words_losses(const struct series *series, uint64_t *losses);

#endif
