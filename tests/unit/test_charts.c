// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The page's charts: scales and their ticks, how durations are gathered for them, and that what is
 * drawn is where the numbers say.
 */
#include <math.h>

#include "core/units.h"
#include "page/charts.h"
#include "page/heat.h"
#include "page/svg.h"
#include "page/timeline.h"
#include "page_read.h"
#include "test.h"

#define US     1000.0
#define MS     1e6
#define WINDOW 250000000ULL /* ns */

static bool near(double got, double want, double within)
{
	bool is = fabs(got - want) <= within;

	if (!is)
		printf("# got %g, want %g\n", got, want);
	return is;
}

/* --- scales --- */

static const char *ticks_of(const struct svg_axis *axis, int most)
{
	struct svg_tick ticks[SVG_TICKS];
	int n = svg_duration_ticks(axis, most, ticks);
	static char text[256];

	text[0] = '\0';
	for (int i = 0; i < n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "",
			 ticks[i].text);
	return text;
}

static void axes_end_at_round_numbers(void)
{
	struct svg_axis axis = svg_duration_axis(123 * US, 3.3 * MS);

	CHECK(near(axis.low, 100 * US, 1e-6) && near(axis.high, 5 * MS, 1e-6));
	CHECK(near(svg_at(&axis, 100 * US), 0, 1e-9));
	CHECK(near(svg_at(&axis, 5 * MS), 1, 1e-9));
	/* half the way is a half of the factor of 50 */
	CHECK(near(svg_at(&axis, 100 * US * sqrt(50)), 0.5, 1e-9));
	/* round ones stay */
	axis = svg_duration_axis(20 * US, 7 * MS);
	CHECK(near(axis.low, 20 * US, 1e-6) && near(axis.high, 7 * MS, 1e-6));
}

static void ticks_have_units(void)
{
	struct svg_axis axis = { .low = 100 * US, .high = 5 * MS };

	/* 1, 2 and 5 of 1.7 decades are 0.18 apart: a sixth is 0.17 */
	CHECK_STR(ticks_of(&axis, 6), "100us 200us 500us 1ms 2ms 5ms");
	CHECK_STR(ticks_of(&axis, 5), "100us 300us 1ms 3ms");
	axis = (struct svg_axis){ .low = 10, .high = 1e9 };
	CHECK_STR(ticks_of(&axis, 8), "10ns 100ns 1us 10us 100us 1ms 10ms 100ms 1s");
	CHECK_STR(ticks_of(&axis, 6), "100ns 10us 1ms 100ms");
	axis = (struct svg_axis){ .low = 150 * US, .high = 700 * US };
	CHECK_STR(ticks_of(&axis, 6), "150us 200us 300us 500us 700us");
	axis = (struct svg_axis){ .low = 1e9, .high = 1e12 };
	CHECK_STR(ticks_of(&axis, 6), "1s 10s 100s 1000s");
}

/* Whatever there is to show. */
static void ticks_are_few_and_apart(void)
{
	for (double low = 1; low < 1e18; low *= 1.7) {
		for (double factor = 1; factor < 1e19; factor *= 1.3) {
			struct svg_axis axis = svg_duration_axis(low, low * factor);
			struct svg_tick ticks[SVG_TICKS];
			int n = svg_duration_ticks(&axis, 6, ticks);

			CHECK(axis.low <= low * 1.000001 && axis.high >= low * factor * 0.999999);
			CHECK(axis.low > low / 2 && axis.high < fmax(low * factor, 1.2 * low) * 2);
			CHECK(n >= 2 && n <= 7);
			for (int i = 1; i < n; i++)
				CHECK(svg_at(&axis, ticks[i].value) -
					      svg_at(&axis, ticks[i - 1].value) >
				      0.16);
		}
	}
}

static void shares_are_in_percent(void)
{
	struct svg_tick ticks[SVG_TICKS];
	struct svg_axis axis = svg_share_axis(0.17);

	CHECK_INT(svg_share_ticks(&axis, 6, ticks), 4);
	CHECK_STR(ticks[0].text, "0 %");
	CHECK_STR(ticks[3].text, "15 %");
	CHECK(near(svg_at(&axis, 0.085), 0.5, 1e-9));
	axis = svg_rare_axis(1 / 30000.0);
	CHECK_INT(svg_rare_ticks(&axis, SVG_TICKS, ticks), 6);
	CHECK_STR(ticks[0].text, "100 %");
	CHECK_STR(ticks[5].text, "0.001 %");
	CHECK(near(svg_at(&axis, 0.01), 0.6, 1e-9)); /* two decades of five from above */
}

static void what_is_no_number_has_a_place(void)
{
	struct svg_axis axis = { .low = 10, .high = 1000 };

	CHECK(svg_at(&axis, NAN) == 0 && svg_at(&axis, INFINITY) == 1);
	CHECK(svg_at(&axis, 0) == 0 && svg_at(&axis, -5) == 0 && svg_at(&axis, 1e9) == 1);
}

/* --- gathering --- */

static struct series *series;

static void add_window(void)
{
	series_add_window(series, WINDOW);
}

/* Durations of stage 0 in the last window. */
static void put(uint64_t ns, uint64_t count)
{
	static uint64_t buckets[FOLD_BUCKETS];
	struct snapshot_row row = { .count = count, .sum = ns * count, .max = ns };

	memset(buckets, 0, sizeof(buckets));
	row.buckets = buckets;
	buckets[fold_bucket(ns)] = count;
	series_add_cell(series, series_stage(series, "guest-read"), &row);
}

/* Runs of that many windows, a duration in each: the first millisecond, the second two, … */
static struct timeline *gather(int nruns, int nwindows)
{
	struct timeline *t;

	series__free(series);
	series = series__new("A");
	for (int r = 0; r < nruns; r++) {
		series_add_run(series);
		for (int w = 0; w < nwindows; w++) {
			add_window();
			put((uint64_t)((r + 1) * MS), 1);
		}
	}
	t = timeline__new(series, 0);
	CHECK(t != NULL);
	return t;
}

/* Whether columns are at most 120, and nothing is missing in them. */
static bool is_whole(const struct timeline *t, uint64_t count)
{
	uint64_t columns = 0, runs = 0, ns = 0;

	for (int i = 0; i < t->ncolumns; i++) {
		columns += t->columns[i].row.count;
		ns += t->columns[i].ns;
	}
	for (int i = 0; i < t->nruns; i++)
		runs += t->runs[i].row.count;
	return t->total.row.count == count && columns == count && runs == count &&
	       ns == count * WINDOW && t->total.ns == ns && t->ncolumns <= TIMELINE_COLUMNS;
}

static void columns_are_windows_where_there_is_room(void)
{
	struct timeline *t = gather(3, 40);

	CHECK(is_whole(t, 120));
	CHECK_INT(t->ncolumns, 120);
	CHECK_INT(t->columns[39].run, 0);
	CHECK_INT(t->columns[40].run, 1);
	CHECK_INT(t->columns[40].row.buckets[fold_bucket((uint64_t)(2 * MS))], 1);
	timeline__free(t);
}

/* 10 runs have 12 columns each: 4 windows make one, and a run's last may be shorter. */
static void columns_do_not_mix_runs(void)
{
	struct timeline *t = gather(10, 41);

	CHECK(is_whole(t, 410));
	CHECK_INT(t->ncolumns, 110);
	for (int i = 0; i < t->ncolumns; i++) {
		CHECK_INT(t->columns[i].run, i / 11);
		CHECK_INT(t->columns[i].row.count, i % 11 < 10 ? 4 : 1);
		CHECK_INT(t->columns[i].ns, t->columns[i].row.count * WINDOW);
		CHECK_INT(t->columns[i].row.max, (i / 11 + 1) * MS);
	}
	timeline__free(t);
}

static void many_runs_share_columns(void)
{
	for (int n = 119; n < 500; n += n < 125 ? 1 : 61) {
		struct timeline *t = gather(n, 3);

		CHECK(is_whole(t, 3 * n));
		timeline__free(t);
	}
}

static void runs_may_be_empty(void)
{
	struct timeline *t;

	series__free(series);
	series = series__new("A");
	series_stage(series, "guest-read");
	t = timeline__new(series, 0);
	CHECK_INT(t->ncolumns, 0);
	timeline__free(t);
	series_add_run(series);
	series_add_run(series);
	add_window();
	add_window();
	put(1000, 1);
	series_add_run(series);
	t = timeline__new(series, 0);
	CHECK_INT(t->ncolumns, 2);
	CHECK_INT(t->columns[0].row.count, 0);
	CHECK_INT(t->columns[1].row.count, 1);
	CHECK_INT(t->columns[1].run, 1);
	timeline__free(t);
	t = timeline__new(series, -1);
	CHECK_INT(t->total.row.count, 0);
	timeline__free(t);
}

/* 1 ms is in the bucket from 15/8 to 31/16 of 2^19 ns, all of it in the last eighth before 2^20.
 */
static void durations_are_spread_over_steps(void)
{
	uint64_t buckets[FOLD_BUCKETS] = { 0 };
	struct snapshot_row row = { .count = 100, .buckets = buckets };
	double counts[512] = { 0 }, sum = 0;

	buckets[fold_bucket(1000000)] = 60;
	buckets[fold_bucket(1 << 20)] = 40;
	heat_spread(&row, 8, counts, 512);
	CHECK(near(counts[20 * 8 - 1], 60, 1e-6));
	/* from 2^20 to 17/16 of it: log2 of 17/16 is 0.087, less than an eighth */
	CHECK(near(counts[20 * 8], 40, 1e-6));
	/* 24 steps an octave are thinner than that: 0.0417 of 0.0875 */
	memset(counts, 0, sizeof(counts));
	buckets[fold_bucket(1000000)] = 0;
	heat_spread(&row, 24, counts, 512);
	CHECK(near(counts[20 * 24], 40 / 24.0 / log2(17 / 16.0), 1e-6));
	/* nothing is lost at either end */
	memset(counts, 0, sizeof(counts));
	buckets[0] = 7;
	buckets[FOLD_BUCKETS - 1] = 9;
	heat_spread(&row, 8, counts, 512);
	for (int i = 0; i < 512; i++)
		sum += counts[i];
	CHECK(near(sum, 40 + 7 + 9, 1e-6));
	CHECK(near(counts[0], 7, 1e-6) && near(counts[511], 9, 1e-6));
}

/* --- what is drawn --- */

static char *html;
static struct page page;

static void draw(const struct timeline *a, const struct timeline *b)
{
	static const char begin[] = "<!DOCTYPE html>\n";
	size_t size;
	FILE *out;

	free(html);
	out = open_memstream(&html, &size);
	fputs(begin, out);
	CHECK_INT(charts_print(&(struct charts){ out, "guest-read", { "A", "B" }, { a, b } }), 0);
	fclose(out);
	page_free(&page);
	CHECK(page_read(&page, html));
	CHECK_STR(page.why, "");
}

/* The n-th drawing, from 0. */
static int drawing(int n)
{
	int svg = -1;

	for (; n >= 0; n--)
		svg = page_find(&page, svg, -1, "svg", "plot");
	return svg;
}
enum { DENSITY, TAIL, TIME_A, TIME_B, HEAT_A, HEAT_B };

/* Where a label is on its axis: x in percent of the width, y in pixels. */
static double label_at(int svg, const char *axis, const char *text, const char *coordinate)
{
	int g = page_find(&page, svg, svg, "g", axis);

	for (int i = g; (i = page_find(&page, i, g, "text", NULL)) >= 0;)
		if (!strcmp(page_text(&page, i), text))
			return atof(page_attr(&page, i, coordinate));
	printf("# no label %s\n", text);
	return NAN;
}

/* The points of a path that our own page has: M, l, h and v. Returns how many. */
static int points_of(const char *d, double x[], double y[], int most)
{
	int n = 0;

	while (d && *d && n < most) {
		char op = *d++;
		double dx = op == 'v' ? 0 : strtod(d, (char **)&d);
		double dy = op == 'h' ? 0 : strtod(d, (char **)&d);

		x[n] = dx + (op == 'M' ? 0 : x[n - 1]);
		y[n] = dy + (op == 'M' ? 0 : y[n - 1]);
		n++;
	}
	return n;
}

static int path(int svg, const char *class, double x[], double y[], int most)
{
	int i = page_find(&page, svg, svg, "path", class);

	return i < 0 ? 0 : points_of(page_attr(&page, i, "d"), x, y, most);
}

/* Where a duration is to be on the axis of a drawing, by the first two of its labels. */
static double place_of(int svg, const char *axis, const char *coordinate, double ns)
{
	int g = page_find(&page, svg, svg, "g", axis), i = g;
	double at[2], value[2];

	for (int k = 0; k < 2; k++) {
		uint64_t tick = 0;

		i = page_find(&page, i, g, "text", NULL);
		CHECK_INT(duration_parse(page_text(&page, i), &tick), 0);
		at[k] = atof(page_attr(&page, i, coordinate));
		value[k] = (double)tick;
	}
	return at[0] + (at[1] - at[0]) * log(ns / value[0]) / log(value[1] / value[0]);
}

/* In a path's units, of which there are 1000. */
static double place_x(int svg, double ns)
{
	return 10 * place_of(svg, "gx", "x", ns);
}

/* Labels are 4 below their lines. */
static double place_y(int svg, double ns)
{
	return 1000 * (place_of(svg, "gy", "y", ns) - 4) / atof(page_attr(&page, svg, "height"));
}

/*
 * A is at 1 ms, B at 4 ms: these are in the eighths of an octave that begin at 2^19.875 and
 * 2^21.875, and all there is is in one step.
 */
static void densities_peak_where_durations_are(void)
{
	struct timeline *a = gather(1, 100), *b = gather(4, 40);
	double x[200], y[200];

	b->total.row = b->runs[3].row;
	draw(a, b);
	for (int side = 0; side < 2; side++) {
		int n = path(drawing(DENSITY), side ? "b" : "a", x, y, 200), peak = 0;

		for (int i = 0; i < n; i++)
			peak = y[i] < y[peak] ? i : peak;
		CHECK(near(x[peak], place_x(drawing(DENSITY), exp2(side ? 21.875 : 19.875)), 2));
		/* from there to an eighth of an octave on, then down to nothing again */
		CHECK(near(x[peak + 1], place_x(drawing(DENSITY), exp2(side ? 22 : 20)), 2));
		CHECK(near(y[peak + 1], y[peak], 0.1) && near(y[peak + 2], 1000, 0.1));
		CHECK(near(y[peak], 1000 - 1000 / 1.08, 1.5)); /* 100 % */
	}
	timeline__free(a);
	timeline__free(b);
}

/* 99 of 100 take 1 ms, one 97 ms: from one to the other 1 % are longer. */
static void tails_show_how_many_are_longer(void)
{
	struct timeline *t = gather(1, 99);
	double x[200], y[200], want;
	int n, svg;

	timeline__free(t);
	add_window();
	put((uint64_t)(97 * MS), 1);
	t = timeline__new(series, 0);
	draw(t, t);
	svg = drawing(TAIL);
	want = 1000 * (label_at(svg, "gy", "1 %", "y") - 4) / 190;
	n = path(svg, "a", x, y, 200);
	CHECK_INT(n, 5); /* level, down, level, down: at all, 1 % and none */
	CHECK(near(y[0], 0, 0.1) && near(y[1], 0, 0.1));
	CHECK(near(y[2], want, 1) && near(y[3], want, 1));
	CHECK(near(y[4], 1000, 0.1));
	/* 1 ms is in the bucket up to 31/16 of 2^19 ns, 97 ms in that from 23/16 of 2^26 on */
	CHECK(near(x[2], place_x(svg, 31 / 16.0 * exp2(19)), 2));
	CHECK(near(x[3], place_x(svg, 23 / 16.0 * exp2(26)), 2));
	CHECK(near(x[4], place_x(svg, 97 * MS), 2));
	timeline__free(t);
}

/* Four runs of 1, 2, 3 and 4 ms, each a quarter of the width. */
static void percentiles_stand_over_their_runs(void)
{
	static const char *const names[] = { "p50", "p99" };
	struct timeline *t = gather(4, 10);
	double x[200], y[200];
	int lines;

	draw(t, t);
	for (int side = 0; side < 2; side++) {
		int svg = drawing(TIME_A + side);
		int i = page_find(&page, svg, svg, "path", "run");

		for (int k = 0; k < 2; k++, i = page_find(&page, i, svg, "path", "run")) {
			CHECK(page_has_class(&page, i, names[k]));
			CHECK_INT(points_of(page_attr(&page, i, "d"), x, y, 200), 8);
			for (int r = 0; r < 4; r++) {
				CHECK(near(x[2 * r], 250 * r, 1));
				CHECK(near(x[2 * r + 1], 250 * (r + 1), 1));
				/* buckets are 6 % wide, and the axis has a factor of 5 or 7 */
				CHECK(near(y[2 * r], place_y(svg, (r + 1) * MS), 40));
			}
		}
		/* lines between runs, numbers in their middles */
		lines = page_count(&page, page_find(&page, svg, svg, "g", "gx"), "line", NULL);
		CHECK_INT(lines, 3);
		CHECK(near(label_at(svg, "gx", "1", "x"), 12.5, 0.01));
		CHECK(near(label_at(svg, "gx", "4", "x"), 87.5, 0.01));
		/* A's over all runs */
		CHECK_INT(page_count(&page, svg, "line", "ref"), 2);
	}
	timeline__free(t);
}

/* B's chart has A's percentiles, too; the names of its own stand at their ends, apart. */
static void percentiles_are_held_against_a(void)
{
	struct timeline *a = gather(1, 10), *b = gather(1, 10);
	double ref, names[2];
	int svg, i;

	timeline__free(b);
	add_window();
	put((uint64_t)(50 * MS), 1);
	b = timeline__new(series, 0); /* p50 1 ms, p99 50 ms */
	draw(a, b);
	svg = drawing(TIME_B);
	i = page_find(&page, svg, svg, "line", "ref"); /* p50, then p99: of A both are 1 ms */
	i = page_find(&page, i, svg, "line", "ref");
	ref = atof(page_attr(&page, i, "y1"));
	CHECK(near(ref / 160 * 1000, place_y(svg, MS), 10));
	for (int side = 0; side < 2; side++) {
		svg = drawing(TIME_A + side);
		i = svg;
		for (int k = 0; k < 2; k++) {
			i = page_find(&page, i, svg, "text", "name");
			CHECK_STR(page_text(&page, i), k ? "p99" : "p50");
			names[k] = atof(page_attr(&page, i, "y")) - 4;
		}
		CHECK(near(names[0] / 160 * 1000, place_y(svg, MS), 10));
		if (side)
			CHECK(near(names[1] / 160 * 1000, place_y(svg, 50 * MS), 20));
		else
			CHECK(names[0] - names[1] >= 12); /* both at 1 ms */
	}
	timeline__free(a);
	timeline__free(b);
}

/* Where nothing happened, and where a run ends, there is no line. */
static void lines_end_where_nothing_happened(void)
{
	struct timeline *t = gather(2, 3);
	const char *d;
	int pens = 0;

	timeline__free(t);
	add_window();
	add_window(); /* the second run's third to fifth */
	put((uint64_t)MS, 1);
	t = timeline__new(series, 0);
	draw(t, t);
	d = page_attr(&page, page_find(&page, drawing(TIME_A), drawing(TIME_A), "path", "p50"),
		      "d");
	for (; *d; d++)
		pens += *d == 'M';
	CHECK_INT(pens, 3);
	timeline__free(t);
}

static const char *heat_path(int svg, const char *class)
{
	int i = page_find(&page, svg, svg, "path", class);

	return i < 0 ? "" : page_attr(&page, i, "d");
}

/*
 * 100 us once in each of the first two windows, 1 ms a thousand times in the third, on one side.
 * Rows are eighths of an octave, from the one with 98304 ns (2^16.585: the 132nd) to the last
 * before 2^20. The bucket of 100 us, up to 2^16.644, reaches into the 133rd; that of 1 ms is all in
 * the 159th, the uppermost of 28.
 */
static void heatmaps_have_cells_in_their_places(void)
{
	struct timeline *t = gather(0, 0), *none;

	timeline__free(t);
	series_add_run(series);
	for (int w = 0; w < 3; w++) {
		add_window();
		put((uint64_t)((w < 2 ? 100 : 1000) * US), w < 2 ? 1 : 1000);
	}
	t = timeline__new(series, 0);
	none = timeline__new(series, -1);
	draw(t, none);
	CHECK_STR(heat_path(drawing(HEAT_A - 1), "h0"), "M0 27h2M0 26h2");
	CHECK_STR(heat_path(drawing(HEAT_A - 1), "h6"), "M2 0h1");
	CHECK_INT(page_count(&page, -1, "svg", "heat"), 1); /* B has nothing to show */
	/* a window has 0.25 s: one there is 4 a second */
	CHECK(strstr(page_text(&page, page_find(&page, -1, -1, "p", "scale")), "4/s"));
	CHECK(strstr(page_text(&page, page_find(&page, -1, -1, "p", "scale")), "4k/s in a cell"));
	timeline__free(t);
	timeline__free(none);
}

/* Both maps have one scale: what is 1 ms in A is as high in B, which has slower ones, too. */
static void both_sides_have_one_scale(void)
{
	struct timeline *a = gather(1, 5), *b = gather(9, 5);

	draw(a, b);
	for (int i = TIME_A; i < HEAT_B; i += 2)
		CHECK(near(place_y(drawing(i), MS), place_y(drawing(i + 1), MS), 0.01));
	timeline__free(a);
	timeline__free(b);
}

static const struct test tests[] = {
	TEST(axes_end_at_round_numbers),
	TEST(ticks_have_units),
	TEST(ticks_are_few_and_apart),
	TEST(shares_are_in_percent),
	TEST(what_is_no_number_has_a_place),
	TEST(columns_are_windows_where_there_is_room),
	TEST(columns_do_not_mix_runs),
	TEST(many_runs_share_columns),
	TEST(runs_may_be_empty),
	TEST(durations_are_spread_over_steps),
	TEST(densities_peak_where_durations_are),
	TEST(tails_show_how_many_are_longer),
	TEST(percentiles_stand_over_their_runs),
	TEST(percentiles_are_held_against_a),
	TEST(lines_end_where_nothing_happened),
	TEST(heatmaps_have_cells_in_their_places),
	TEST(both_sides_have_one_scale),
};

TEST_MAIN("charts")
