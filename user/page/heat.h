/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Heatmaps of both sides of a stage, latency by time, with one scale of latencies and one of
 * colours.
 */
#ifndef ASSAY_HEAT_H
#define ASSAY_HEAT_H

#include "svg.h"
#include "timeline.h"

#define HEAT_ROWS   48
#define HEAT_LEVELS 7

struct heat {
	struct svg_axis y;	   /* latencies, ns */
	int rows, per_octave, low; /* rows of the map, and in an octave; the lowest's number */
	double least, most; /* durations a second in a cell: of the first level, the highest */
	double *cells[2];   /* [column * rows + row] the same; -1: nothing happened */
	int columns[2];
};

/* NULL when there is no memory. Freed with heat__free(). One side may be without durations. */
struct heat *heat__new(const struct timeline *a, const struct timeline *b);
void heat__free(struct heat *heat);

/* What is in the frame, and what the colours mean. */
void heat_draw(const struct heat *heat, int side, FILE *out);
void heat_legend(const struct heat *heat, FILE *out);

/*
 * Spreads a row's durations over steps that are even on a logarithmic scale: counts[i] gets what is
 * from 2^(i / per_octave) ns up. Those of a bucket are taken to be spread evenly over it.
 */
void heat_spread(const struct snapshot_row *row, int per_octave, double *counts, int n);

#endif
