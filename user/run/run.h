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

#endif
