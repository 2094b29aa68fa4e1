/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Help on a report, as text or as a man page, and completion for bash: all from the table of
 * reports and that of options.
 */
#ifndef ASSAY_HELP_H
#define ASSAY_HELP_H

#include "reports/report.h"

/* All about a command that has a page of its own. Texts are paragraphs, each ended by a newline. */
struct help_page {
	const char *name;
	const char *args; /* behind the options; NULL: none */
	const char *summary;
	const char *about;				    /* what it does */
	const char *prints;				    /* what it prints and writes */
	const char *costs;				    /* NULL: nothing to say */
	const char *caveats;				    /* NULL: none */
	void (*each_option)(options_each_fn fn, void *arg); /* as options_each() */
};

/* A command that is no report. */
struct help_command {
	const char *name; /* NULL ends a table */
	const char *args;
	const char *summary;
	const struct help_page *page; /* NULL: it has only what its --help says */
};

/* Print to stdout. */
void help_report(const struct report *report, bool man);
void help_command_page(const struct help_page *page, bool man);
void help_overview(const struct help_command *commands, bool man);
void help_completion(const struct help_command *commands);

#endif
