/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The files that a comparison is asked to write: opened before anything is measured, so that what
 * can't be written is known before it has cost time, and written at its end.
 */
#ifndef ASSAY_REPORT_FILES_H
#define ASSAY_REPORT_FILES_H

#include <limits.h>
#include <stdio.h>

#include "compare_options.h"
#include "comparison.h"

struct report_files {
	const struct compare_options *o;
	const char *command; /* "check" or "ab" */
	FILE *junit, *markdown, *html;
	char kept[2][PATH_MAX]; /* where runs are kept; "": nowhere */
};

/*
 * Opens what the options name, and makes sure that runs can be kept. -EINVAL when that can't be, or
 * when one would overwrite another, what is read, or what is printed; -ENOMEM: said, and told by
 * what was opened.
 */
int report_files_open(struct report_files *files, const struct compare_options *o,
		      const struct help_page *page);

/* Prints the comparison to stdout, and writes all files. 0 or -errno; each error is said. */
int report_files_write(struct report_files *files, const struct comparison *comparison);

/*
 * Everything that was printed to stdout is there: 0 or -errno, said; `err` is what came of printing
 * it. No error: its reader went away, and has enough.
 */
int report_files_print(int err);

/*
 * In place of a comparison, where there is none: files say why, so that nobody takes those of
 * another run for this one's. `why` is a text of our own. 0 or -errno, said.
 */
int report_files_fail(struct report_files *files, const char *why);

#endif
