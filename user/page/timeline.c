// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <stdlib.h>

#include "timeline.h"

/* How many windows of a run make a column, and how many runs where there are more than columns. */
struct grouping {
	int windows;
	int runs;
};

static int divide_up(int a, int b)
{
	return a / b + (a % b != 0);
}

static struct grouping grouping_of(const struct series *series)
{
	struct grouping group = { 1, divide_up(series->nruns, TIMELINE_COLUMNS) };
	int most = 1;

	for (int r = 0; r < series->nruns; r++)
		if (series->runs[r].nwindows > most)
			most = series->runs[r].nwindows;
	if (group.runs > 1)
		group.windows = most;
	else if (group.runs == 1)
		group.windows = divide_up(most, TIMELINE_COLUMNS / series->nruns);
	return group;
}

static void span_add(struct timeline_span *span, const struct series_window *window, int stage)
{
	const struct series_cell *cell = series_cell(window, stage);

	span->ns += window->ns;
	if (cell)
		series_add_up(&span->row, cell);
}

/* All windows of a run, each to its column, which is one that the run has begun. */
static void add_run(struct timeline *t, const struct series *series, int stage, int r,
		    const struct grouping *group)
{
	const struct series_run *run = &series->runs[r];

	t->runs[r].run = r;
	for (int w = 0; w < run->nwindows; w++) {
		if (w % group->windows == 0 && (w || r % group->runs == 0 || !t->ncolumns))
			t->columns[t->ncolumns++].run = r;
		span_add(&t->columns[t->ncolumns - 1], &run->windows[w], stage);
		span_add(&t->runs[r], &run->windows[w], stage);
		span_add(&t->total, &run->windows[w], stage);
	}
}

static struct timeline *timeline_alloc(int nruns)
{
	struct timeline *t = calloc(1, sizeof(*t));
	uint64_t *next;

	if (!t)
		return NULL;
	t->runs = calloc(nruns + 1, sizeof(*t->runs));
	t->columns = calloc(TIMELINE_COLUMNS, sizeof(*t->columns));
	t->buckets =
		calloc((size_t)(1 + nruns + TIMELINE_COLUMNS) * FOLD_BUCKETS, sizeof(*t->buckets));
	if (!t->runs || !t->columns || !t->buckets) {
		timeline__free(t);
		return NULL;
	}
	next = t->total.row.buckets = t->buckets;
	for (int i = 0; i < nruns; i++)
		t->runs[i].row.buckets = next += FOLD_BUCKETS;
	for (int i = 0; i < TIMELINE_COLUMNS; i++)
		t->columns[i].row.buckets = next += FOLD_BUCKETS;
	return t;
}

struct timeline *timeline__new(const struct series *series, int stage)
{
	struct grouping group = grouping_of(series);
	struct timeline *t = timeline_alloc(stage < 0 ? 0 : series->nruns);

	if (!t || stage < 0)
		return t;
	t->nruns = series->nruns;
	for (int r = 0; r < series->nruns; r++)
		add_run(t, series, stage, r, &group);
	return t;
}

void timeline__free(struct timeline *t)
{
	if (!t)
		return;
	free(t->runs);
	free(t->columns);
	free(t->buckets);
	free(t);
}
