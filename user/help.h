/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Help on a report, as text or as a man page, and completion for bash: all from the table of
 * reports and that of options.
 */
#ifndef ASSAY_HELP_H
#define ASSAY_HELP_H

#include "reports/report.h"

/* A command that is no report. */
struct help_command {
	const char *name; /* NULL ends a table */
	const char *args;
	const char *summary;
};

/* Print to stdout. */
void help_report(const struct report *report, bool man);
void help_overview(const struct help_command *commands, bool man);
void help_completion(const struct help_command *commands);

#endif
