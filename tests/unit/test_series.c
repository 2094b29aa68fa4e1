// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Series: what is kept of rows, and a run's windows as one. Expected values are worked out by hand.
 */
#include <stdlib.h>

#include "compare/series.h"
#include "test.h"

#define MS 1000000ULL

static struct series *series;
static uint64_t buckets[FOLD_BUCKETS];
static struct snapshot_row row;

/* Durations to add with the next add(). */
static void put(uint64_t ns, uint64_t n)
{
	row.buckets = buckets;
	buckets[fold_bucket(ns)] += n;
	row.count += n;
	row.sum += n * ns;
	row.max = ns > row.max ? ns : row.max;
}

static void add(const char *stage)
{
	CHECK_INT(series_add_cell(series, series_stage(series, stage), &row), 0);
	memset(buckets, 0, sizeof(buckets));
	row = (struct snapshot_row){ 0 };
}

static void begin(void)
{
	series = series__new("test");
	CHECK(series != NULL);
}

static void end(void)
{
	series__free(series);
	series = NULL;
}

static struct series_window *window(uint64_t ns)
{
	struct series_window *w = series_add_window(series, ns);

	CHECK(w != NULL);
	return w;
}

static void stages_have_one_number(void)
{
	begin();
	CHECK_INT(series_find_stage(series, "guest-write"), -1);
	CHECK_INT(series_stage(series, "guest-write"), 0);
	CHECK_INT(series_stage(series, "guest-read"), 1);
	CHECK_INT(series_stage(series, "guest-write"), 0);
	CHECK_INT(series_find_stage(series, "guest-read"), 1);
	CHECK_INT(series_find_stage(series, "guest-"), -1);
	CHECK_INT(series->nstages, 2);
	CHECK_STR(series->label, "test");
	end();
}

static void binaries_are_kept_once(void)
{
	begin();
	CHECK_INT(series_add_binary(series, "/a", "01"), 0);
	CHECK_INT(series_add_binary(series, "/a", "01"), 0);
	CHECK_INT(series_add_binary(series, "/a", "02"), 0); /* rebuilt meanwhile */
	CHECK_INT(series_add_binary(series, "/b", "01"), 0);
	CHECK_INT(series->nbinaries, 3);
	CHECK_STR(series->binaries[1].path, "/a");
	CHECK_STR(series->binaries[1].build_id, "02");
	end();
}

static void a_cell_has_what_the_row_had(void)
{
	const struct series_cell *cell;

	begin();
	series_add_run(series);
	window(250 * MS);
	put(0, 2);
	put(100, 3);
	put(UINT64_MAX, 1);
	add("a");
	cell = &series->runs[0].windows[0].cells[0];
	CHECK_INT(cell->count, 6);
	CHECK_INT(cell->sum, 3 * 100 - 1); /* 2^64 - 1 goes around */
	CHECK(cell->max == UINT64_MAX);
	CHECK_INT(cell->nbuckets, 3);
	CHECK_INT(cell->buckets[0].bucket, 0);
	CHECK_INT(cell->buckets[0].n, 2);
	/* 0 to 16, 16 to 32 and 32 to 64 have 16 buckets each; 64 to 128 has steps of 4 ns */
	CHECK_INT(cell->buckets[1].bucket, 3 * 16 + (100 - 64) / 4);
	CHECK_INT(cell->buckets[1].n, 3);
	CHECK_INT(cell->buckets[2].bucket, FOLD_BUCKETS - 1);
	end();
}

static void rows_without_durations_add_nothing(void)
{
	begin();
	series_add_run(series);
	window(250 * MS);
	row.count = 12; /* hits */
	add("hits");
	row.buckets = buckets; /* quiet in this window */
	add("quiet");
	CHECK_INT(series->runs[0].windows[0].ncells, 0);
	CHECK(series_cell(&series->runs[0].windows[0], 0) == NULL);
	end();
}

static void cells_are_in_order(void)
{
	static const char *const names[] = { "a", "b", "c", "d", "e", "f" };
	static const int order[] = { 2, 0, 4, 1, 3 };
	const struct series_window *w;

	begin();
	for (int i = 0; i < 6; i++)
		CHECK_INT(series_stage(series, names[i]), i);
	series_add_run(series);
	window(250 * MS);
	for (int i = 0; i < 5; i++) {
		put(1000, 1 + order[i]);
		add(names[order[i]]);
	}
	w = &series->runs[0].windows[0];
	CHECK_INT(w->ncells, 5);
	for (int i = 0; i < w->ncells; i++) {
		CHECK_INT(w->cells[i].stage, i);
		CHECK_INT(w->cells[i].count, 1 + i);
		CHECK(series_cell(w, i) == &w->cells[i]);
	}
	CHECK(series_cell(w, 5) == NULL);
	end();
}

static void windows_merge(void)
{
	static uint64_t all[FOLD_BUCKETS];
	struct snapshot_row sum;
	uint64_t n = 0;

	begin();
	series_add_run(series);
	window(250 * MS);
	put(1000, 3);
	put(5000, 1);
	add("a");
	put(77, 7);
	add("other");
	window(250 * MS);
	put(1000, 2);
	put(9000, 1);
	add("a");
	window(100 * MS);
	put(10, 4);
	add("a");
	all[5] = 55; /* from before */
	CHECK_INT(series_merge(&series->runs[0], 0, &sum, all), 600 * MS);
	CHECK_INT(sum.count, 4 + 3 + 4);
	CHECK_INT(sum.sum, 3 * 1000 + 5000 + 2 * 1000 + 9000 + 4 * 10);
	CHECK_INT(sum.max, 9000);
	CHECK(sum.buckets == all);
	CHECK_INT(all[10], 4);
	CHECK_INT(all[fold_bucket(1000)], 5);
	CHECK_INT(all[fold_bucket(5000)], 1);
	CHECK_INT(all[fold_bucket(9000)], 1);
	for (int i = 0; i < FOLD_BUCKETS; i++)
		n += all[i];
	CHECK_INT(n, 11);
	CHECK_INT(series_run_ns(&series->runs[0]), 600 * MS);
	end();
}

/* A run of windows of 1, 2, 4, 8… ms: the sum tells which of them count. */
static uint64_t span(const char *fired)
{
	static uint64_t all[FOLD_BUCKETS];
	struct snapshot_row sum;
	uint64_t ns, expected = 0;

	begin();
	series_stage(series, "a");
	series_add_run(series);
	for (int i = 0; fired[i]; i++) {
		window(MS << i);
		put(1000, 1);
		add("always");
		if (fired[i] != '#')
			continue;
		put(1000, 1);
		add("a");
		expected++;
	}
	ns = series_merge(&series->runs[0], 0, &sum, all);
	CHECK_INT(sum.count, expected);
	CHECK_INT(series_run_ns(&series->runs[0]), (MS << strlen(fired)) - MS);
	end();
	return ns / MS;
}

static void time_is_from_the_first_that_fired_to_the_last(void)
{
	CHECK_INT(span("####"), 1 + 2 + 4 + 8);
	CHECK_INT(span("..##"), 4 + 8);		   /* began late */
	CHECK_INT(span("##.."), 1 + 2);		   /* ended early */
	CHECK_INT(span(".#..#."), 2 + 4 + 8 + 16); /* a pause is part of it */
	CHECK_INT(span("#.#.#"), 1 + 2 + 4 + 8 + 16);
	CHECK_INT(span("...#"), 8);
	CHECK_INT(span("...."), 0);
	CHECK_INT(span(""), 0);
}

static void runs_and_windows_are_dropped(void)
{
	begin();
	series_drop_run(series); /* none */
	for (int i = 0; i < 2; i++) {
		CHECK(series_add_run(series) != NULL);
		series->runs[i].wall = 1 + i;
		window(250 * MS);
		put(1000, 1 + i);
		add(i ? "second" : "first");
	}
	series_drop_run(series);
	CHECK_INT(series->nruns, 1);
	CHECK_INT(series->runs[0].windows[0].cells[0].count, 1);
	CHECK_INT(series_find_stage(series, "second"), 1);
	/* the next one has nothing of it */
	CHECK(series_add_run(series) != NULL);
	CHECK_INT(series->nruns, 2);
	CHECK_INT(series->runs[1].nwindows, 0);
	CHECK_INT(series->runs[1].wall, 0);
	window(100 * MS);
	put(1000, 1);
	add("second");
	window(200 * MS);
	put(1000, 2);
	add("second");
	series_drop_window(series);
	CHECK_INT(series->runs[1].nwindows, 1);
	CHECK_INT(series_run_ns(&series->runs[1]), 100 * MS);
	window(300 * MS);
	CHECK_INT(series->runs[1].windows[1].ncells, 0);
	end();
	series__free(NULL);
}

/* Neither end is that of the first or the last run. */
static void runs_have_ranges(void)
{
	static const struct {
		uint64_t ms;
		double load;
	} runs[] = { { 250, 1.5 }, { 100, 0.5 }, { 400, 2.5 }, { 300, 1 } };
	struct series_ranges range;

	begin();
	range = series_ranges(series);
	CHECK(!range.shortest && !range.longest && range.least_load == 0 && range.most_load == 0);
	for (int i = 0; i < 4; i++) {
		CHECK(series_add_run(series) != NULL);
		series->runs[i].load = runs[i].load;
		window(runs[i].ms * MS - 50 * MS);
		window(50 * MS);
	}
	range = series_ranges(series);
	CHECK_INT(range.shortest, 100 * MS);
	CHECK_INT(range.longest, 400 * MS);
	CHECK(range.least_load == 0.5 && range.most_load == 2.5);
	end();
}

static const struct test tests[] = {
	TEST(stages_have_one_number),
	TEST(binaries_are_kept_once),
	TEST(a_cell_has_what_the_row_had),
	TEST(rows_without_durations_add_nothing),
	TEST(cells_are_in_order),
	TEST(windows_merge),
	TEST(time_is_from_the_first_that_fired_to_the_last),
	TEST(runs_and_windows_are_dropped),
	TEST(runs_have_ranges),
};

TEST_MAIN("series")
