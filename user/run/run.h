/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Runs a report: finds its targets, attaches, waits, prints.
 */
#ifndef ASSAY_RUN_H
#define ASSAY_RUN_H

#include "core/options.h"
#include "reports/report.h"

/*
 * Messages are printed; returns the status, or that of the command that was traced. A process that
 * the report takes as its argument is added to the options' pids.
 */
int run_report(const struct report *report, struct options *options);

/* How a run ended, beside its status. */
struct run_end {
	int signal;  /* by this one; 0: by itself */
	int command; /* the status that the command ended with (child_wait()); -1: there was none,
			or its end was not seen; RUN_NO_COMMAND: it could not be started */
};
#define RUN_NO_COMMAND 127 /* as shells have it */

/*
 * The same for one of several runs, of a report that need not be in the table. Signals that end a
 * run (SIGINT, SIGTERM, SIGHUP) are blocked from here on: one that comes between two runs ends the
 * second as it begins.
 */
int run_report_ended(const struct report *report, struct options *options, struct run_end *end);

#endif
