/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What all outputs of a comparison say in words: who was compared with whom, how, and what touches
 * the numbers. Plain text that is not escaped: names in it come from files, and each output makes
 * them fit in its own way.
 */
#ifndef ASSAY_OUTPUT_WORDS_H
#define ASSAY_OUTPUT_WORDS_H

#include <stdio.h>

#include "comparison.h"

/* "guest", "upstairs", …, "extent-step", "disk". */
const char *words_depth(enum stage_depth depth);

/* "p99 1.234ms -> 1.812ms, +46.8 % (+31.0 to +64.2 %)", "p99 too few". Returns `text`. */
char *words_change(const struct stage_change *stage, enum metric metric, char *text, size_t size);

/* Why a stage was not compared: "only after: 123". Returns `text`. */
char *words_too_few_stage(const struct comparison *comparison, const struct stage_change *stage,
			  char *text, size_t size);

/* "about 12 more runs a side"; "" when it is none. Returns `text`. */
char *words_more_runs(int runs, char *text, size_t size);

/* Of a side's runs: "10.02s to 11.40s", "0.25 to 0.75", once where they hardly differ. Each returns
 * `text`. */
char *words_durations(const struct series *series, char *text, size_t size);
char *words_loads(const struct series *series, char *text, size_t size);

/*
 * On a noisy machine all stages may be inconclusive. The first WORDS_MOST_UNSURE of these are shown
 * in full; words_unsure_end() is the number of the stage from which on they are not.
 */
#define WORDS_MOST_UNSURE 8
int words_unsure_end(const struct comparison *comparison);

/* A text in the making, of what is printed to `out`. */
struct text {
	FILE *out;
	char *all;
	size_t size;
};

/* False: no memory. */
bool text_begin(struct text *text);
/* The text, freed with free(), which may have nothing in it. NULL without memory. */
char *text_end(struct text *text);

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
/* "guest-read, net-write[1]": stages of that verdict, from the stage numbered `from` on */
char *words_names(const struct comparison *comparison, enum verdict verdict, int from);
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
