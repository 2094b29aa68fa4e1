/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A distribution over powers of two, printed as DTrace's quantize() is.
 */
#ifndef ASSAY_QUANTIZE_H
#define ASSAY_QUANTIZE_H

#include <stdint.h>
#include <stdio.h>

/* count[0] is of the value 0, count[k] of the values from 2^(k-1) to 2^k - 1. */
#define QUANTIZE_BUCKETS 65
struct quantize {
	uint64_t count[QUANTIZE_BUCKETS];
	uint64_t total;
};

/* From the fold's buckets [FOLD_BUCKETS], whose bounds include every power of two. */
void quantize_fill(struct quantize *q, const uint64_t *buckets);

/* The value that stands for a bucket: 0, 1, 2, 4, 8, … */
uint64_t quantize_value(int bucket);

/* What DTrace sorts by: the sum of bucket value × count. */
double quantize_weight(const struct quantize *q);

/*
 * The header and the rows, from the bucket before the first that is not empty to the one after the
 * last; nothing for an empty distribution. Lines end without trailing blanks.
 */
void quantize_print(FILE *out, const struct quantize *q);

#endif
