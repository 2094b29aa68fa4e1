/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Intervals of changes as drawings within a page (inline SVG), below one another on one scale:
 * about linear up to the threshold, logarithmic beyond, so that a small one and a large one are
 * both seen.
 */
#ifndef ASSAY_SVG_FOREST_H
#define ASSAY_SVG_FOREST_H

#include <stdio.h>

#include "compare/comparison.h"

struct svg_forest {
	double worse, better; /* the threshold both ways: logarithms of factors, +, - */
	double left, right;   /* ends: of the scale, where the threshold is near 1 */
};
struct svg_forest svg_forest(const struct comparison *comparison);

/* The scale, and one interval. `name` is what changed. */
void svg_forest_axis(FILE *out, const struct svg_forest *forest);
void svg_forest_row(FILE *out, const struct svg_forest *forest, const char *name,
		    const struct change *change);

#endif
