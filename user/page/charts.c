// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "charts.h"
#include "compare/metrics.h"
#include "heat.h"
#include "render/markup.h"
#include "svg.h"

#define HEIGHT	     190 /* of the distributions' charts, pixels */
#define TIME_HEIGHT  160
#define TICKS_ACROSS 5 /* what a narrow phone has room for */
#define TICKS_UP     6

static const char *const side_class[2] = { "a", "b" };
static const char *const side_letter[2] = { "A", "B" };

/* The title that a drawing has for those who can't see it, and its figure's caption. */
static void figure_begin(const struct charts *c, const char *title, const char *what)
{
	fprintf(c->out, "<figure><figcaption><b>%s</b> <span>%s</span></figcaption>\n", title,
		what);
}

static void plot_begin(const struct charts *c, const char *what, const char *of, int height)
{
	char title[512];

	snprintf(title, sizeof(title), "%s: %s, %s", c->stage, what, of);
	svg_begin(c->out, "plot", height, title);
}

static bool has_side(const struct charts *c, int side)
{
	return c->timelines[side]->total.row.count > 0;
}

static void legend(const struct charts *c)
{
	fputs("<p class=\"legend\">", c->out);
	for (int side = 0; side < 2; side++) {
		fprintf(c->out, "<span><i class=\"%s\"></i>", side_class[side]);
		markup_text(c->out, c->sides[side]);
		fputs(has_side(c, side) ? "</span> " : ": none</span> ", c->out);
	}
	fputs("</p>\n", c->out);
}

/* Both sides' lowest and highest durations that are not among the rarest `rare` of each. */
static struct svg_axis latencies(const struct charts *c, double rare)
{
	double low = INFINITY, high = 0;

	for (int side = 0; side < 2; side++) {
		const struct snapshot_row *row = &c->timelines[side]->total.row;

		if (!row->count)
			continue;
		low = fmin(low, metric_percentile(row, rare));
		high = fmax(high, metric_percentile(row, 1 - rare));
	}
	return svg_duration_axis(low, high);
}

static void grid_of_latencies(const struct charts *c, const struct svg_axis *axis, const char *what)
{
	struct svg_tick ticks[SVG_TICKS];

	svg_grid_x(c->out, axis, ticks, svg_duration_ticks(axis, TICKS_ACROSS, ticks), HEIGHT);
	fprintf(c->out, "<text class=\"what\" x=\"100%%\" y=\"%d\">%s</text>\n", HEIGHT + 34, what);
}

/* --- densities --- */

#define STEPS_PER_OCTAVE 8
#define STEPS		 (64 * STEPS_PER_OCTAVE)
#define RAREST		 0.01 /* at either end: left to the other chart */

struct density {
	double shares[STEPS]; /* of all durations, by log2 */
	double highest;
};

static void density_of(const struct timeline *t, struct density *d)
{
	*d = (struct density){ .highest = 0 };
	if (t->total.row.count)
		heat_spread(&t->total.row, STEPS_PER_OCTAVE, d->shares, STEPS);
	for (int i = 0; i < STEPS && t->total.row.count; i++) {
		d->shares[i] /= (double)t->total.row.count;
		d->highest = fmax(d->highest, d->shares[i]);
	}
}

static void draw_density(const struct charts *c, const struct density *d, const struct svg_axis *x,
			 const struct svg_axis *y, const char *class)
{
	struct svg_path path;
	bool pen = false;

	svg_path_begin(&path, c->out, class);
	for (int i = 0; i < STEPS; i++) {
		double from = exp2((double)i / STEPS_PER_OCTAVE);
		double to = exp2((i + 1.0) / STEPS_PER_OCTAVE);

		if (to <= x->low || from >= x->high)
			continue;
		if (!pen)
			svg_path_move(&path, 0, 0);
		pen = true;
		svg_path_step(&path, svg_at(x, from), svg_at(y, d->shares[i]));
		svg_path_line(&path, svg_at(x, to), svg_at(y, d->shares[i]));
	}
	svg_path_line(&path, 1, 0);
	svg_path_end(&path);
}

static int chart_density(const struct charts *c)
{
	struct density *densities = calloc(2, sizeof(*densities));
	struct svg_axis x = latencies(c, RAREST), y;
	struct svg_tick ticks[SVG_TICKS];

	if (!densities)
		return -ENOMEM;
	for (int side = 0; side < 2; side++)
		density_of(c->timelines[side], &densities[side]);
	y = svg_share_axis(1.08 * fmax(densities[0].highest, densities[1].highest));
	figure_begin(c, "Distribution", "share of the durations in each step of 9 %");
	legend(c);
	plot_begin(c, "distribution of latency", "A and B", HEIGHT);
	svg_grid_y(c->out, &y, ticks, svg_share_ticks(&y, TICKS_UP, ticks), HEIGHT);
	grid_of_latencies(c, &x, "latency, log scale, p1 to p99");
	svg_canvas(c->out);
	for (int side = 0; side < 2; side++)
		if (has_side(c, side))
			draw_density(c, &densities[side], &x, &y, side ? "b" : "a area");
	fputs("</svg></svg></figure>\n", c->out);
	free(densities);
	return 0;
}

/* --- tails --- */

static void draw_tail(const struct charts *c, int side, const struct svg_axis *x,
		      const struct svg_axis *y)
{
	const struct snapshot_row *row = &c->timelines[side]->total.row;
	uint64_t left = row->count;
	struct svg_path path;

	svg_path_begin(&path, c->out, side_class[side]);
	svg_path_move(&path, 0, 1);
	for (int b = 0; b < FOLD_BUCKETS && left; b++) {
		double end = (double)bucket_high(b) + 1;

		if (!row->buckets[b])
			continue;
		svg_path_line(&path, svg_at(x, (double)bucket_low(b)),
			      svg_at(y, (double)left / (double)row->count));
		left -= row->buckets[b] < left ? row->buckets[b] : left;
		if (!left)
			end = fmin(end, fmax((double)row->max, (double)bucket_low(b)));
		svg_path_line(&path, svg_at(x, end), svg_at(y, (double)left / (double)row->count));
	}
	svg_path_end(&path);
}

/* Down to one in as many as the side with more durations has, a millionth at most. */
static struct svg_axis rarities(const struct charts *c)
{
	double most = 10;

	for (int side = 0; side < 2; side++)
		most = fmax(most, (double)c->timelines[side]->total.row.count);
	return svg_rare_axis(1 / fmin(most, 1e6));
}

static void chart_tail(const struct charts *c)
{
	struct svg_axis x = latencies(c, 0), y = rarities(c);
	struct svg_tick ticks[SVG_TICKS];

	figure_begin(c, "Tail", "share of the durations that are longer, log scale");
	legend(c);
	plot_begin(c, "share of durations longer than a latency", "A and B", HEIGHT);
	svg_grid_y(c->out, &y, ticks, svg_rare_ticks(&y, SVG_TICKS, ticks), HEIGHT);
	grid_of_latencies(c, &x, "latency, log scale");
	svg_canvas(c->out);
	for (int side = 0; side < 2; side++)
		if (has_side(c, side))
			draw_tail(c, side, &x, &y);
	fputs("</svg></svg></figure>\n", c->out);
}

/* --- over time --- */

/* Where a column begins, 0 to 1. */
static double column_at(const struct timeline *t, int column)
{
	return t->ncolumns ? (double)column / t->ncolumns : 0;
}

/* Where each run begins: a line, and its number where there is room. */
static void grid_of_runs(const struct charts *c, const struct timeline *t, int height)
{
	int each = 1 + (t->nruns - 1) / 20;

	fputs("<g class=\"gx\">", c->out);
	for (int i = 0; i < t->ncolumns; i++) {
		int run = t->columns[i].run, end = i + 1;

		if (i && t->columns[i - 1].run == run)
			continue;
		while (end < t->ncolumns && t->columns[end].run == run)
			end++;
		if (i && t->nruns <= TIMELINE_COLUMNS)
			fprintf(c->out, "<line x1=\"%.2f%%\" x2=\"%.2f%%\" y2=\"%d\"/>",
				100 * column_at(t, i), 100 * column_at(t, i), height);
		if (run % each == 0)
			fprintf(c->out, "<text x=\"%.2f%%\" y=\"%d\">%d</text>",
				50 * (column_at(t, i) + column_at(t, end)), height + 16, run + 1);
	}
	fprintf(c->out, "</g><text class=\"what\" x=\"100%%\" y=\"%d\">run</text>\n", height + 34);
}

/* A percentile of each column; the line ends where nothing happened, and at a run's end. */
static void draw_columns(const struct charts *c, const struct timeline *t, double p,
			 const struct svg_axis *y, const char *class)
{
	struct svg_path path;
	int last = -2;

	svg_path_begin(&path, c->out, class);
	for (int i = 0; i < t->ncolumns; i++) {
		const struct timeline_span *span = &t->columns[i];
		double at = svg_at(y, metric_percentile(&span->row, p));

		if (!span->row.count)
			continue;
		if (last == i - 1 && t->columns[last].run == span->run)
			svg_path_step(&path, column_at(t, i), at);
		else
			svg_path_move(&path, column_at(t, i), at);
		svg_path_line(&path, column_at(t, i + 1), at);
		last = i;
	}
	svg_path_end(&path);
}

/* The same of whole runs. */
static void draw_runs(const struct charts *c, const struct timeline *t, double p,
		      const struct svg_axis *y, const char *class)
{
	struct svg_path path;

	svg_path_begin(&path, c->out, class);
	for (int i = 0; i < t->ncolumns; i++) {
		int run = t->columns[i].run, end = i + 1;
		double at = svg_at(y, metric_percentile(&t->runs[run].row, p));

		while (end < t->ncolumns && t->columns[end].run == run)
			end++;
		if (t->runs[run].row.count) {
			svg_path_move(&path, column_at(t, i), at);
			svg_path_line(&path, column_at(t, end), at);
		}
		i = end - 1;
	}
	svg_path_end(&path);
}

static const struct {
	double p;
	const char *name, *windows, *runs;
} lines[] = {
	{ 0.5, "p50", "p50", "p50 run" },
	{ 0.99, "p99", "p99", "p99 run" },
};
#define LINES (int)(sizeof(lines) / sizeof(lines[0]))

/* The durations between which all lines of both sides are. */
static struct svg_axis percentile_axis(const struct charts *c)
{
	double low = INFINITY, high = 0;

	for (int side = 0; side < 2; side++) {
		const struct timeline *t = c->timelines[side];

		for (int i = 0; i < t->ncolumns; i++) {
			if (!t->columns[i].row.count)
				continue;
			low = fmin(low, metric_percentile(&t->columns[i].row, lines[0].p));
			high = fmax(high, metric_percentile(&t->columns[i].row, lines[1].p));
		}
	}
	return svg_duration_axis(low, high);
}

/* What the lines are, beyond their ends; not one over the other. */
static void name_lines(const struct charts *c, const struct timeline *t, const struct svg_axis *y)
{
	double below = TIME_HEIGHT + 4;

	for (int i = 0; i < LINES; i++) {
		double at = svg_at(y, metric_percentile(&t->total.row, lines[i].p));
		double place = fmin(TIME_HEIGHT * (1 - at) + 4, below);

		fprintf(c->out, "<text class=\"name\" x=\"100%%\" dx=\"5\" y=\"%.1f\">%s</text>",
			place, lines[i].name);
		below = place - 13;
	}
}

/* A's percentiles over all runs, on both charts: what B's are to be held against. */
static void draw_reference(const struct charts *c, const struct svg_axis *y)
{
	for (int i = 0; i < LINES; i++) {
		double value = metric_percentile(&c->timelines[0]->total.row, lines[i].p);
		double at = TIME_HEIGHT * (1 - svg_at(y, value));

		fprintf(c->out, "<line class=\"ref\" x2=\"100%%\" y1=\"%.1f\" y2=\"%.1f\"/>", at,
			at);
	}
}

static void chart_percentiles(const struct charts *c, int side, const struct svg_axis *y)
{
	const struct timeline *t = c->timelines[side];
	struct svg_tick ticks[SVG_TICKS];

	plot_begin(c, "p50 and p99 over time", side_letter[side], TIME_HEIGHT);
	svg_grid_y(c->out, y, ticks, svg_duration_ticks(y, TICKS_UP, ticks), TIME_HEIGHT);
	grid_of_runs(c, t, TIME_HEIGHT);
	if (has_side(c, 0))
		draw_reference(c, y);
	svg_canvas(c->out);
	fprintf(c->out, "<g class=\"%s\">", side_class[side]);
	for (int i = 0; i < LINES; i++) {
		draw_columns(c, t, lines[i].p, y, lines[i].windows);
		if (t->nruns <= TIMELINE_COLUMNS)
			draw_runs(c, t, lines[i].p, y, lines[i].runs);
	}
	fputs("</g></svg>", c->out);
	name_lines(c, t, y);
	fputs("</svg>", c->out);
}

/* --- all of them --- */

static void side_caption(const struct charts *c, const char *title, int side, const char *what)
{
	fprintf(c->out, "<figure><figcaption><b>%s</b> <span><i class=\"%s\"></i>", title,
		side_class[side]);
	markup_text(c->out, c->sides[side]);
	fprintf(c->out, "%s</span></figcaption>\n", what);
}

static void print_percentiles(const struct charts *c)
{
	struct svg_axis y = percentile_axis(c);

	for (int side = 0; side < 2; side++) {
		side_caption(c, "p50 and p99 over time", side,
			     !has_side(c, side) ? ": no durations"
			     : has_side(c, 0)	? "; dashed: A, all runs"
						: "");
		if (has_side(c, side))
			chart_percentiles(c, side, &y);
		fputs("</figure>\n", c->out);
	}
}

static int print_heatmaps(const struct charts *c)
{
	struct heat *heat = heat__new(c->timelines[0], c->timelines[1]);
	struct svg_tick ticks[SVG_TICKS];
	int n;

	if (!heat)
		return -ENOMEM;
	n = svg_duration_ticks(&heat->y, TICKS_UP, ticks);
	for (int side = 0; side < 2; side++) {
		side_caption(c, "Heatmap", side, has_side(c, side) ? "" : ": no durations");
		if (has_side(c, side)) {
			plot_begin(c, "durations by latency and time", side_letter[side],
				   TIME_HEIGHT);
			svg_grid_y(c->out, &heat->y, ticks, n, TIME_HEIGHT);
			heat_draw(heat, side, c->out);
			grid_of_runs(c, c->timelines[side], TIME_HEIGHT);
			fputs("</svg>", c->out);
			heat_legend(heat, c->out);
		}
		fputs("</figure>\n", c->out);
	}
	heat__free(heat);
	return 0;
}

int charts_print(const struct charts *c)
{
	int err;

	if (!has_side(c, 0) && !has_side(c, 1))
		return 0;
	fputs("<div class=\"charts\">\n", c->out);
	err = chart_density(c);
	chart_tail(c);
	print_percentiles(c);
	err = err ? err : print_heatmaps(c);
	fputs("</div>\n", c->out);
	return err;
}
