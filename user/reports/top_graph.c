// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "core/units.h"
#include "top_frame.h"

#define LABEL 7 /* columns of the scale, with the blank behind it */

struct graph {
	const struct top_up *up;
	enum top_op op;
	uint64_t first, end; /* intervals that are drawn */
	uint64_t each;	     /* of them in a column */
	double low, high;    /* log2 of the scale's ends, ns */
};

/* The worst of a column's intervals; false when nothing ended in any, which may be `stuck`. */
static bool column_of(const struct graph *g, uint64_t column, struct top_sample *worst)
{
	uint64_t first = (g->first / g->each + column) * g->each;
	bool any = false;

	*worst = (struct top_sample){ 0 };
	for (uint64_t i = first; i < first + g->each && i < g->end; i++) {
		const struct top_sample *s = &g->up->history->sample[i % TOP_SAMPLES][g->op];

		if (i < g->first)
			continue;
		worst->stuck = worst->stuck || s->stuck;
		if (s->p99 == TOP_NONE)
			continue;
		any = true;
		worst->p50 = s->p50 > worst->p50 ? s->p50 : worst->p50;
		worst->p99 = s->p99 > worst->p99 ? s->p99 : worst->p99;
	}
	return any;
}

/* From one power of two to another, two apart at least. False when there is nothing to draw. */
static bool scale(struct graph *g)
{
	uint64_t low = UINT64_MAX, high = 0;
	bool stuck = false;

	for (uint64_t i = g->first; i < g->end; i++) {
		const struct top_sample *s = &g->up->history->sample[i % TOP_SAMPLES][g->op];

		stuck = stuck || s->stuck;
		if (s->p99 == TOP_NONE)
			continue;
		low = s->p50 < low ? s->p50 : low;
		high = s->p99 > high ? s->p99 : high;
	}
	if (low > high)
		low = high = 1000000;
	else
		stuck = true;
	g->low = floor(log2(low ? (double)low : 1));
	g->high = ceil(log2((double)high + 1));
	if (g->high < g->low + 2)
		g->high = g->low + 2;
	return stuck;
}

/* Whether a value reaches the row, `row` of `rows` from below. */
static bool reaches(const struct graph *g, uint64_t ns, int row, int rows)
{
	double need = g->low + (g->high - g->low) * row / rows;

	return !row || (ns && log2((double)ns) >= need);
}

static void draw_column(struct top_canvas *c, int y, int rows, int x, const struct graph *g,
			uint64_t column)
{
	struct top_sample s;
	bool any = column_of(g, column, &s);

	for (int row = 0; row < rows; row++) {
		int at = y + rows - 1 - row;

		if (s.stuck)
			top_put(c, at, x, TOP_BAD, "x");
		else if (any && reaches(g, s.p50, row, rows))
			top_put(c, at, x, 0, "#");
		else if (any && reaches(g, s.p99, row, rows))
			top_put(c, at, x, TOP_ODD, "|");
	}
}

static void graph_title(struct top_canvas *c, int y, const struct graph *g, uint64_t interval,
			int columns)
{
	const struct top_up *up = g->up;
	double seconds = (double)(g->each * interval) / 1e9;
	int x;

	top_putf(c, y, 0, STYLE_TITLE, "%*s", c->cols, "");
	x = top_putf(c, y, 1, STYLE_TITLE | STYLE_BOLD, "%u %s latency", up->tgid,
		     top_op_names[g->op]);
	x = top_putf(c, y, x, STYLE_TITLE, ": # p50  | p99  x stuck; %gs a column, %gs in all",
		     seconds, seconds * columns);
	if (*up->upstairs && x + 48 < c->cols)
		top_putf(c, y, x, STYLE_TITLE, "; upstairs %.36s", up->upstairs);
	if (*up->session && x + 94 < c->cols)
		top_putf(c, y, x + 47, STYLE_TITLE, ", session %.36s", up->session);
}

void top_graph(struct top_canvas *c, int y, int height, const struct top_up *up, enum top_op op,
	       uint64_t interval)
{
	struct graph g = { .up = up, .op = op, .end = up->shown, .each = 1 };
	uint64_t width = c->cols > LABEL + 2 ? c->cols - LABEL - 1 : 1;
	uint64_t have = up->shown < TOP_SAMPLES ? up->shown : TOP_SAMPLES;
	int rows = height - 1;
	char label[16];

	/* a column more, as the first and the last may be parts; numbers that are gone are left out
	 */
	while (have > (width - 1) * g.each && width > 1)
		g.each *= 2;
	g.first = up->shown - have;
	if (up->history && up->history->n > up->shown && up->history->n - TOP_SAMPLES > g.first &&
	    up->history->n > TOP_SAMPLES)
		g.first = up->history->n - TOP_SAMPLES;
	graph_title(c, y, &g, interval, (int)width);
	if (!up->history || g.first >= g.end || !scale(&g)) {
		top_putf(c, y + 1, LABEL, STYLE_DIM, "no %s yet", top_op_names[op]);
		return;
	}
	for (int row = 0; row < rows; row++) {
		double low = g.low + (g.high - g.low) * row / rows;

		top_put_field(c, y + rows - row, 0, LABEL - 1, false, STYLE_DIM,
			      top_duration((uint64_t)exp2(low), 6, label, sizeof(label)));
	}
	for (uint64_t column = 0; column < width; column++)
		if ((g.first / g.each + column) * g.each < g.end)
			draw_column(c, y + 1, rows, LABEL + (int)column, &g, column);
}
