/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A comparison for readers of every kind: a person at a terminal, a program, and what continuous
 * integration shows. All say the same verdict, and all say when --force overrode a reason not to
 * compare.
 */
#ifndef ASSAY_OUTPUTS_H
#define ASSAY_OUTPUTS_H

#include <stdio.h>

#include "comparison.h"

/*
 * Each prints to `out` and returns 0 or -ENOMEM; an error of the stream stays in the stream.
 *
 * The table: what moved most first, with a drawn interval, `width` characters wide; with `all`,
 * every metric of every stage, else a line a stage. `colour`: with SGR sequences.
 */
int output_table(const struct comparison *comparison, FILE *out, int width, bool all, bool colour);

/* One JSON object on one line. */
int output_json(const struct comparison *comparison, FILE *out);

/*
 * JUnit XML as https://github.com/testmoapp/junitxml and Jenkins' xunit schema have it: a test case
 * a stage; a regression is a failure, what could not be told apart from noise is skipped with its
 * reason or, if `strict`, a failure.
 */
int output_junit(const struct comparison *comparison, FILE *out, bool strict);

/* GitHub-flavoured markdown, for a job's summary or a comment. */
int output_markdown(const struct comparison *comparison, FILE *out);

/* Workflow commands of GitHub's runner (::error, ::warning, ::notice), at most ten. */
int output_github(const struct comparison *comparison, FILE *out, bool strict);

/*
 * A page that needs no network and no script: the verdict, each stage's distributions side by side,
 * percentiles over time, heatmaps.
 */
int output_html(const struct comparison *comparison, FILE *out);

#endif
