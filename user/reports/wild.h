/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reports whose probes are named by patterns: their rules, rows and labels grow with the probes
 * that are found. For the run, the result is a report like any other.
 */
#ifndef ASSAY_WILD_H
#define ASSAY_WILD_H

#include "core/notes.h"
#include "report.h"

struct wild;

/*
 * `report` has patterns as its arguments (enum report_wild), `options` the words and --key, --by,
 * --text. -EINVAL when these are wrong, with the reason in `why`; -ENOMEM. Freed with wild__free().
 */
int wild__new(const struct report *report, const struct options *options, struct wild **out,
	      char *why, size_t why_size);
void wild__free(struct wild *wild);

/* The report as it is now; the same pointer for good. */
const struct report *wild_report(const struct wild *wild);

/* Adds the rules for a binary's probes, or for one probe with `nargs` arguments. */
void wild_add_notes(struct wild *wild, const struct notes *notes);
void wild_add_probe(struct wild *wild, const char *provider, const char *probe, int nargs);

/* Probes that the patterns name, but that were too many. */
int wild_refused(const struct wild *wild);

#endif
