/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What `assay baseline`, `assay check` and `assay ab` are asked for on the command line.
 */
#ifndef ASSAY_COMPARE_OPTIONS_H
#define ASSAY_COMPARE_OPTIONS_H

#include "core/options.h"
#include "help.h"
#include "series.h"

struct compare_options {
	struct options trace; /* -p, -e, -Z: what measure_run() takes */

	/* how to measure; what was not given is 0: check takes the baseline's then */
	int runs;	      /* a side */
	uint64_t duration_ns; /* of a run */
	uint64_t window_ns;
	uint64_t warmup_ns;
	bool warmup_given;
	char **stages; /* patterns; owned */
	int nstages;
	const char **devices;
	int ndevices;
	bool no_disks;
	char **command;	   /* behind `--`; NULL: none */
	const char *a, *b; /* of ab: for the shell */

	/* how to compare */
	const char *baseline; /* of check */
	const char *measured; /* of check: a file to compare in place of measuring; NULL: measure */
	double threshold, confidence; /* 0.10, 0.99 */
	bool strict;		      /* inconclusive fails, too */
	bool force;

	/* what to print and to write; NULL: not */
	const char *output; /* -o: what was measured */
	bool json;
	bool all; /* every stage and metric */
	const char *junit, *markdown, *html;
	bool github; /* --annotate github */
};

#define COMPARE_RUNS	   5
#define COMPARE_RUNS_AB	   10 /* even: what drifts steadily cancels exactly */
#define COMPARE_DURATION   (10 * 1000000000ULL)
#define COMPARE_WINDOW	   250000000ULL
#define COMPARE_THRESHOLD  0.10
#define COMPARE_CONFIDENCE 0.99

/* The three commands: what help says of them, and their options. */
extern const struct help_page baseline_page, check_page, ab_page;
void baseline_options_each(options_each_fn fn, void *arg);
void check_options_each(options_each_fn fn, void *arg);
void ab_options_each(options_each_fn fn, void *arg);

enum { COMPARE_HELP = 1 }; /* help was asked for, and printed */

/*
 * Reads the command line of the command that `page` is of. 0, COMPARE_HELP, or -EINVAL, in which
 * case what is wrong has been said. Freed with compare_options_free() in any case. Of baseline and
 * ab what was not given has its default.
 */
int compare_options_parse(struct compare_options *o, const struct help_page *page, int argc,
			  char **argv);
void compare_options_free(struct compare_options *o);

/* "10", "10%", "0.5 %" as 0.10, 0.005. 0, or -EINVAL for what is no such text or below 0. */
int percent_parse(const char *text, double *fraction);

#endif
