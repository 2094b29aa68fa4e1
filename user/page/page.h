/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A comparison as a page that needs no network and no script: the verdict, each stage's
 * distributions side by side, percentiles over time, heatmaps.
 */
#ifndef ASSAY_PAGE_H
#define ASSAY_PAGE_H

#include <stdio.h>

#include "compare/comparison.h"

/* Prints it. 0 or -ENOMEM; an error of the stream stays in the stream. */
int page_print(const struct comparison *comparison, FILE *out);

/* A page that says that `command`, "check" or "ab", could not measure, and why. */
void page_print_failed(const char *command, const char *why, FILE *out);

#endif
