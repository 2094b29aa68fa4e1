/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Two series compared: for each stage and metric the change with its interval, what is to be said
 * of it, and the stages in the order in which a person should look at them.
 */
#ifndef ASSAY_COMPARISON_H
#define ASSAY_COMPARISON_H

#include "metrics.h"
#include "series.h"
#include "stages.h"

enum verdict {
	VERDICT_TOO_FEW,      /* durations, or runs that have any: not compared */
	VERDICT_SAME,	      /* surely not worse by the threshold */
	VERDICT_FASTER,	      /* surely better by the threshold */
	VERDICT_INCONCLUSIVE, /* may be worse by the threshold, may be not */
	VERDICT_SLOWER,	      /* surely worse by the threshold: a regression */
};

/* "too few", "same", "faster", "inconclusive", "slower". */
const char *verdict_text(enum verdict verdict);

/* A metric of a stage. Of more-is-better metrics worse is less, by the same factor. */
struct change {
	enum verdict verdict;
	double a, b;	  /* a typical run's: geometric means; ns, or a second; 0: no run has it */
	double change;	  /* b / a - 1 */
	double low, high; /* its interval, low < high; all intervals together have the confidence */
	double worse;	  /* log of the factor by which it is worse; negative: better */
	double worse_low, worse_high;
	int more_runs; /* a side, until it is conclusive, about; 0 unless inconclusive */
};

struct stage_change {
	const char *name; /* the series' */
	enum stage_depth depth;
	bool waits;	      /* as stage_waits() has it */
	uint64_t count[2];    /* durations, of all runs of each side */
	int stage[2];	      /* its number in each series; -1: it did not fire there */
	enum verdict verdict; /* the most serious of its metrics */
	enum metric main;     /* the metric to show: that moved most, of those with this verdict */
	struct change changes[METRICS];
};

struct comparison {
	const struct series *series[2]; /* a: before, b: after; not owned */
	double threshold;		/* 0.10 */
	double confidence;		/* 0.99 */
	double reach;			/* standard errors of the intervals */
	int ncompared;			/* stages and metrics together */
	struct stage_change *stages;	/* those that moved most first */
	int nstages;
	enum verdict verdict; /* the most serious of all; VERDICT_TOO_FEW: nothing was compared */
	int nverdicts[VERDICT_SLOWER + 1]; /* stages of each */
	char **forced; /* why they should not be compared, and were (--force); owned */
	int nforced;
};

struct comparison_options {
	double threshold, confidence;
};

/*
 * Compares b, after, with a, before. NULL when there is no memory. Freed with comparison__free();
 * the series must outlive it. With fewer than STATISTICS_MIN_RUNS a side nothing is compared.
 */
struct comparison *comparison__new(const struct series *a, const struct series *b,
				   const struct comparison_options *options);
void comparison__free(struct comparison *comparison);

/* Adds a reason that --force overrode. 0 or -ENOMEM. */
int comparison_add_forced(struct comparison *comparison, const char *why);

/*
 * What differs in how and where both were measured, so that they should not be compared: calls
 * `fn` for each, with a text as "kernel: 6.1.0-18 there, 6.18.44 here", not escaped. Not what two
 * builds may differ in: the command (but whether there is one), binaries; nor the number of runs.
 */
typedef void (*comparison_differs_fn)(void *arg, const char *text);
void comparison_differs(const struct series *a, const struct series *b, comparison_differs_fn fn,
			void *arg);

/* The one line that says it all, into `text`, which is returned. Names in it are not escaped. */
char *comparison_sentence(const struct comparison *comparison, char *text, size_t size);

/*
 * "+12.3 %", "-0.4 %", "x5.2" from +400 % on, ">x1000"; of a fraction. "?" of what is no change.
 * Returns `text`.
 */
char *change_format(double change, char *text, size_t size);

/* Whether a metric was compared, so that its change and interval mean something. */
bool change_compared(const struct change *change);

/* "+31.0 to +64.2 %"; "" when it was not compared. Returns `text`. */
char *interval_format(const struct change *change, char *text, size_t size);

/* A value of a metric: "1.234ms", "12345/s"; "-" of 0. Returns `text`. */
char *metric_format(enum metric metric, double value, char *text, size_t size);

#endif
