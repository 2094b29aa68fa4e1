/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a series holds, in short: a line a stage, and how far its runs are apart, which tells how
 * quiet the machine was.
 */
#ifndef ASSAY_COMPARE_SUMMARY_H
#define ASSAY_COMPARE_SUMMARY_H

#include <stdio.h>

#include "series.h"

/* A table, and "wrote FILE: 5 runs, 34 stages". 0 or -ENOMEM; the stream keeps its errors. */
int summary_print(const struct series *series, const char *file, FILE *out);

/* The same as one JSON object. 0, -ENOMEM, or -errno of the stream. */
int summary_print_json(const struct series *series, const char *file, FILE *out);

#endif
