/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A comparison for readers of every kind: a person at a terminal, a program, and what continuous
 * integration shows. All say the same verdict, when --force overrode a reason not to compare, that
 * runs are missing, and what was lost in them.
 */
#ifndef ASSAY_OUTPUTS_H
#define ASSAY_OUTPUTS_H

#include <stdio.h>

#include "comparison.h"

/*
 * Each prints to `out` and returns 0 or -ENOMEM; an error of the stream stays in the stream.
 *
 * The table: what moved most first, with a drawn interval, `width` characters wide but 64 at least;
 * with `all`, every metric of every stage; else the one that moved most, of stages that are slower
 * or faster and of the first that are inconclusive, and the names of the others. Where a line has
 * no room for all of a stage it has two, or goes without the counts. `colour`: with SGR sequences.
 */
int output_table(const struct comparison *comparison, FILE *out, int width, bool all, bool colour);

/* One JSON object on one line: all that there is; null for what was not measured. Returns -errno of
 * the stream, too. */
int output_json(const struct comparison *comparison, FILE *out);

/*
 * JUnit XML as Jenkins' xunit schema and that of Apache Ant have it (tests/schema/junit.xsd): a
 * test case a stage; a regression is a failure, what could not be told apart from noise is skipped
 * with its reason or, if `strict`, a failure.
 */
int output_junit(const struct comparison *comparison, FILE *out, bool strict);

/* GitHub-flavoured markdown, for a job's summary or a comment. */
int output_markdown(const struct comparison *comparison, FILE *out);

/*
 * Workflow commands of GitHub's runner: ::error for each slower stage, ten at most, as GitHub shows
 * no more of a step, the last for all beyond; ::warning, if `strict` ::error, for what is
 * inconclusive; ::notice when all is well.
 */
int output_github(const struct comparison *comparison, FILE *out, bool strict);

/*
 * The same forms where there is no comparison to show: that `command`, "check" or "ab", could not
 * measure, and why.
 */
int output_junit_failed(const char *command, const char *why, FILE *out);
int output_markdown_failed(const char *command, const char *why, FILE *out);
int output_github_failed(const char *command, const char *why, FILE *out);

#endif
