// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <math.h>
#include <stdlib.h>

#include "core/units.h"
#include "heat.h"

#define OCTAVES 64

static double clamp(double value, double low, double high)
{
	return value > low ? value < high ? value : high : low;
}

void heat_spread(const struct snapshot_row *row, int per_octave, double *counts, int n)
{
	for (int b = 0; b < FOLD_BUCKETS; b++) {
		double low, high, from;

		if (!row->buckets[b])
			continue;
		/* a duration of 0 ns counts as one of 1 */
		low = clamp(per_octave * log2((double)bucket_low(b)), 0, n - 1);
		high = clamp(per_octave * log2((double)bucket_high(b) + 1), low + 1e-9, n);
		from = low;
		for (int i = (int)low; i < n && from < high; i++) {
			double to = high < i + 1 ? high : i + 1;

			counts[i] += (double)row->buckets[b] * (to - from) / (high - low);
			from = to;
		}
	}
}

/* The octaves that both sides' durations are in, and rows as fine as there is room for. */
static void choose_rows(struct heat *heat, const struct timeline *const sides[2])
{
	static const int fine[] = { 8, 4, 2, 1 };
	uint64_t low = UINT64_MAX, high = 0;
	int first = 0, end = 0;

	for (int side = 0; side < 2; side++) {
		for (int b = 0; b < FOLD_BUCKETS; b++) {
			if (!sides[side]->total.row.buckets[b])
				continue;
			low = bucket_low(b) < low ? bucket_low(b) : low;
			high = bucket_high(b) > high ? bucket_high(b) : high;
		}
	}
	for (int i = 0; i < 4 && (!i || end - first > HEAT_ROWS); i++) {
		heat->per_octave = fine[i];
		first = (int)floor(fine[i] * log2((double)(low ? low : 1)) + 1e-9);
		end = (int)ceil(fine[i] * log2((double)high + 1) - 1e-9);
	}
	heat->low = first;
	heat->rows = end > first ? end - first : 1;
	heat->y.low = exp2((double)first / heat->per_octave);
	heat->y.high = exp2((double)(first + heat->rows) / heat->per_octave);
}

/* A side's cells, in durations a second. Returns false without memory. */
static bool fill(struct heat *heat, int side, const struct timeline *t)
{
	int n = OCTAVES * heat->per_octave;
	double *counts = malloc(n * sizeof(*counts));

	heat->columns[side] = t->ncolumns;
	heat->cells[side] = calloc(t->ncolumns * heat->rows + 1, sizeof(double));
	for (int c = 0; counts && heat->cells[side] && c < t->ncolumns; c++) {
		double s = (double)t->columns[c].ns / NSEC_PER_SEC;
		double *column = heat->cells[side] + (size_t)c * heat->rows;

		for (int i = 0; i < n; i++)
			counts[i] = 0;
		heat_spread(&t->columns[c].row, heat->per_octave, counts, n);
		for (int i = 0; i < heat->rows; i++) {
			column[i] = s > 0 ? counts[heat->low + i] / s : 0;
			heat->most = fmax(heat->most, column[i]);
		}
		/* one duration there is the least that can be */
		if (s > 0 && 1 / s < heat->least)
			heat->least = 1 / s;
	}
	free(counts);
	return counts && heat->cells[side];
}

struct heat *heat__new(const struct timeline *a, const struct timeline *b)
{
	const struct timeline *const sides[2] = { a, b };
	struct heat *heat = calloc(1, sizeof(*heat));

	if (!heat)
		return NULL;
	heat->least = INFINITY;
	choose_rows(heat, sides);
	for (int side = 0; side < 2; side++) {
		if (!fill(heat, side, sides[side])) {
			heat__free(heat);
			return NULL;
		}
	}
	heat->least = fmin(heat->least, heat->most);
	return heat;
}

void heat__free(struct heat *heat)
{
	if (!heat)
		return;
	free(heat->cells[0]);
	free(heat->cells[1]);
	free(heat);
}

/* Levels are even on a logarithmic scale. The level of a cell; -1 for one in which nothing was. */
static int level_of(const struct heat *heat, double value)
{
	double range = log(heat->most / heat->least);

	if (value <= 0)
		return -1;
	if (range <= 0)
		return HEAT_LEVELS - 1;
	return (int)clamp(HEAT_LEVELS * log(value / heat->least) / range, 0, HEAT_LEVELS - 1);
}

static int level_at(const struct heat *heat, int side, int column, int row)
{
	if (column >= heat->columns[side])
		return -1;
	return level_of(heat, heat->cells[side][(size_t)column * heat->rows + row]);
}

/*
 * Cells of a level that are beside each other are one line, as thick as a row: that takes a third
 * of what a rectangle each would.
 */
static void draw_level(const struct heat *heat, int side, int level, FILE *out)
{
	bool any = false;

	for (int row = 0; row < heat->rows; row++) {
		for (int c = 0; c < heat->columns[side]; c++) {
			int end = c;

			while (level_at(heat, side, end, row) == level)
				end++;
			if (end == c)
				continue;
			if (!any)
				fprintf(out, "<path class=\"h%d\" d=\"", level);
			any = true;
			fprintf(out, "M%d %dh%d", c, heat->rows - 1 - row, end - c);
			c = end;
		}
	}
	if (any)
		fputs("\"/>", out);
}

void heat_draw(const struct heat *heat, int side, FILE *out)
{
	fprintf(out,
		"<svg class=\"heat\" width=\"100%%\" height=\"100%%\" viewBox=\"0 -.5 %d %d\" "
		"preserveAspectRatio=\"none\">",
		heat->columns[side], heat->rows);
	for (int level = 0; level < HEAT_LEVELS; level++)
		draw_level(heat, side, level, out);
	fputs("</svg>\n", out);
}

void heat_legend(const struct heat *heat, FILE *out)
{
	char least[24], most[24];

	fprintf(out, "<p class=\"legend scale\">%s/s",
		count_format_short(heat->least, least, sizeof(least)));
	fputs(" <span>", out);
	for (int level = 0; level < HEAT_LEVELS; level++)
		fprintf(out, "<i class=\"h%d\"></i>", level);
	fprintf(out, "</span> %s/s in a cell</p>",
		count_format_short(heat->most, most, sizeof(most)));
}
