/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The runs of a measurement: one side's one after another, two sides' in turn (A B B A A B B A …),
 * so that a drift of the machine weighs on both alike. What is complete is kept in a file after
 * each.
 */
#ifndef ASSAY_COMPARE_RUNS_H
#define ASSAY_COMPARE_RUNS_H

#include "core/options.h"
#include "series.h"

struct runs_side {
	struct series *series; /* its settings and `wanted`, as many on both sides, are set */
	const char *path;      /* where it is kept; NULL: nowhere */
	int unwritten;	       /* the last error of writing it; 0: all is kept */
};

struct runs {
	struct runs_side sides[2];
	int nsides;
	const struct options *trace; /* -p, -e, -Z */
	char why[128];		     /* it failed: of which run, and how */
};

/*
 * Measures until each side has its runs. What ends it early is said, and in `why`: 0; -EINTR a
 * signal; -ECHILD the command failed; -ENODATA nothing fired, or too little to be compared, which
 * is not kept; -EINVAL a device or stage that is not there; other -errno. Signals that would end
 * the program are blocked when it returns.
 */
int runs_measure(struct runs *runs);

/* Lets signals end the program again; those that came too late to end a run are dropped. */
void runs_unblock_signals(void);

/* Which side has the turn. */
int runs_turn(int turn, int nsides);

#endif
