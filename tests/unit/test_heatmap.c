// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Heatmaps: what is printed of hand-made intervals, and that nothing gets lost where columns merge.
 */
#include <stdlib.h>
#include <time.h>

#include "core/units.h"
#include "render/heatmap.h"
#include "test.h"

#define MAX_ROWS 3
#define US	 1000ULL
#define MS	 (1000 * US)
#define HOUR	 (3600 * NSEC_PER_SEC)

/* An interval in the making. */
static struct {
	struct snapshot snapshot;
	struct snapshot_row rows[MAX_ROWS];
	uint64_t buckets[MAX_ROWS][FOLD_BUCKETS];
} now;

static void clear(void)
{
	memset(&now, 0, sizeof(now));
	now.snapshot.rows = now.rows;
}

static void row(uint32_t row, uint64_t by, uint32_t tgid)
{
	int n = now.snapshot.nrows++;

	now.rows[n] = (struct snapshot_row){
		.row = row, .by = by, .tgid = tgid, .buckets = now.buckets[n]
	};
}

/* Durations of the row made last; the first is made when there is none. */
static void put(uint64_t ns, uint64_t count)
{
	struct snapshot_row *r;

	if (!now.snapshot.nrows)
		row(0, 0, 0);
	r = &now.rows[now.snapshot.nrows - 1];
	r->buckets[fold_bucket(ns)] += count;
	r->count += count;
	if (ns > r->max)
		r->max = ns;
}

/* Ends the interval, `seconds` after the first hour of the epoch. */
static void add(struct heatmap *map, uint64_t seconds)
{
	CHECK_INT(heatmap_add(map, &now.snapshot, HOUR + seconds * NSEC_PER_SEC), 0);
	clear();
}

static struct heatmap *map_new(uint64_t interval, int width, int height)
{
	setenv("TZ", "UTC", 1);
	tzset();
	clear();
	return heatmap__new(interval, width, height);
}

static const char *label_fixed(void *arg, const struct snapshot_row *row)
{
	CHECK(!row->buckets);
	return arg;
}

static const char *label_numbers(void *arg, const struct snapshot_row *row)
{
	static char text[64];

	(void)arg;
	snprintf(text, sizeof(text), "%u.%u.%u", row->row, (unsigned)row->by, row->tgid);
	return text;
}

/* What is printed, in one of two buffers that take turns; the map is freed with `last`. */
static const char *print(struct heatmap *map, heatmap_label_fn label, const char *arg, bool colour,
			 bool last)
{
	static char buffers[2][64 * 1024];
	static int turn;
	char *text = buffers[turn ^= 1];
	FILE *out;

	text[0] = '\0'; /* fmemopen() adds one only to what is written */
	out = fmemopen(text, sizeof(buffers[0]), "w");
	heatmap_print(map, out, label, (void *)arg, colour);
	fclose(out);
	if (last)
		heatmap__free(map);
	CHECK(!strstr(text, " \n"));
	CHECK(colour || !strchr(text, '\033'));
	return text;
}

static const char *text_of(struct heatmap *map)
{
	return print(map, label_fixed, "write", false, true);
}

/* Levels of at most 3: 1, 2, 3. Steps from 100 to 300 us: all seven, as they fit. */
static void cells_stand_where_and_when_it_happened(void)
{
	struct heatmap *map = map_new(NSEC_PER_SEC, 60, 10);

	put(110 * US, 3);
	add(map, 0);
	put(110 * US, 1);
	put(320 * US, 1);
	add(map, 1);
	add(map, 2);
	put(160 * US, 2);
	add(map, 3);
	CHECK_STR(text_of(map), "write: count 7, 110.0us to 320.0us               1s a column\n"
				"  300us | .\n"
				"  250us |\n"
				"  200us |\n"
				"  170us |\n"
				"  150us |   :\n"
				"  120us |\n"
				"  100us |-.\n"
				"        +----\n"
				"         00:59:59 01:00:03\n"
				"counts from  . 1  : 2  - 3\n");
}

static void colours_only_when_asked(void)
{
	struct heatmap *map = map_new(NSEC_PER_SEC, 60, 10);

	put(110 * US, 1);
	add(map, 0);
	add(map, 1);
	put(110 * US, 1);
	add(map, 2);
	put(110 * US, 2);
	add(map, 3);
	put(130 * US, 2);
	add(map, 4);
	CHECK_STR(print(map, label_fixed, "write", false, false),
		  "write: count 6, 110.0us to 130.0us               1s a column\n"
		  "  120us |    :\n"
		  "  100us |. .:\n"
		  "        +-----\n"
		  "         00:59:59 01:00:04\n"
		  "counts from  . 1  : 2\n");
	CHECK_STR(print(map, label_fixed, "write", true, true),
		  "write: count 6, 110.0us to 130.0us               1s a column\n"
		  "  120us |    \033[38;5;62;48;5;62m:\033[0m\n"
		  "  100us |\033[38;5;25;48;5;25m.\033[0m \033[38;5;25;48;5;25m."
		  "\033[38;5;62;48;5;62m:\033[0m\n"
		  "        +-----\n"
		  "         00:59:59 01:00:04\n"
		  "counts from  \033[38;5;25;48;5;25m.\033[0m 1  "
		  "\033[38;5;62;48;5;62m:\033[0m 2\n");
}

/*
 * 110 us to 3.2 s: 55 steps. By two 28 lines, by four (1, 2, 5) 14, by six (1, 3) 10, by the
 * decade 5.
 */
static void scale_fits_the_height(void)
{
	static const struct {
		int height, lines;
		const char *top, *second;
	} cases[] = {
		{ 55, 55, "\n   3.0s |", "\n   2.5s |" }, { 54, 28, "\n   3.0s |", "\n   2.0s |" },
		{ 28, 28, "\n   3.0s |", "\n   2.0s |" }, { 27, 14, "\n   2.0s |", "\n   1.0s |" },
		{ 14, 14, "\n   2.0s |", "\n   1.0s |" }, { 13, 10, "\n   3.0s |", "\n   1.0s |" },
		{ 10, 10, "\n   3.0s |", "\n   1.0s |" }, { 9, 5, "\n   1.0s |", "\n  100ms |" },
		{ 5, 5, "\n   1.0s |", "\n  100ms |" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct heatmap *map = map_new(NSEC_PER_SEC, 80, cases[i].height);
		const char *text;
		int lines = 0;

		put(110 * US, 1);
		put(3200 * MS, 1);
		add(map, 0);
		text = text_of(map);
		for (const char *s = text; (s = strstr(s, " |")); s++)
			lines++;
		CHECK_INT(lines, cases[i].lines);
		CHECK(strstr(text, cases[i].top) == strchr(text, '\n'));
		CHECK(strstr(text, cases[i].second) == strchr(strchr(text, '\n') + 1, '\n'));
		CHECK(strstr(text, "\n  100us |.\n"));
	}
}

/* 30 columns hold 897 intervals at 32 each: 28 of them, and one interval. */
static void merged_columns_keep_their_counts(void)
{
	struct heatmap *map = map_new(NSEC_PER_SEC, 40, 10);

	for (int i = 1; i <= 897; i++) {
		put(5100 * US, 1);
		add(map, i);
	}
	/* 32 to the n-th part of nine: 1.5 2.2 3.2 4.7 6.9 10.1 14.8 21.8; none twice */
	CHECK_STR(text_of(map), "write: count 897, 5.100ms to 5.100ms  32s a column\n"
				"  5.0ms |@@@@@@@@@@@@@@@@@@@@@@@@@@@@.\n"
				"        +-----------------------------\n"
				"         01:00:00             01:14:57\n"
				"counts from  . 1  : 2  - 3  = 4  + 5\n"
				"             * 7  # 10  % 15  @ 22\n");
}

static void neighbours_add_up(void)
{
	struct heatmap *map = map_new(NSEC_PER_SEC, 40, 10);

	/* 31 intervals, so 16 columns: of 2, none, 3, none and so on; the last of one interval */
	for (int i = 1; i <= 31; i++) {
		if (i % 4 == 1 || i == 2)
			put(110 * US, 1);
		if (i % 4 == 2 && i > 4)
			put(110 * US, 2);
		add(map, i);
	}
	/* 1 + 1, then 1 + 2 seven times: columns 0, 2, 4 up to 14 */
	CHECK_STR(text_of(map), "write: count 23, 110.0us to 110.0us  2s a column\n"
				"  100us |: - - - - - - -\n"
				"        +----------------\n"
				"         01:00:00 01:00:31\n"
				"counts from  . 1  : 2  - 3\n");
}

/* 70 columns hold 10,000 intervals at 256 each; interval 5432 is in column 21 of 0 to 39. */
static void an_outlier_is_seen_after_merges(void)
{
	struct heatmap *map = map_new(NSEC_PER_SEC, 80, 17);
	const char *text;

	for (int i = 0; i < 10000; i++) {
		put(510 * US, 10000);
		if (i == 5432)
			put(6000 * MS, 1);
		add(map, i + 1);
	}
	text = text_of(map);
	CHECK(strstr(text, "write: count 100000001, 510.0us to 6.000s "));
	CHECK(strstr(text, " 4m16s a column\n"));
	CHECK(strstr(text, "\n   5.0s |                     .\n"
			   "   2.0s |\n"));
	/* levels from 2,560,000 to the 7/9, 96,400, and to the 8/9, 497,000; the last has 160,000
	 */
	CHECK(strstr(text, "\n  500us |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@%\n"));
	CHECK(strstr(text, "  % 96k  @ 500k\n"));
}

static void times_are_below_their_columns(void)
{
	struct heatmap *map = map_new(NSEC_PER_SEC, 80, 10);

	for (int i = 1; i <= 70; i++) {
		if (i == 21 || i == 70)
			put(110 * US, 1);
		add(map, i);
	}
	CHECK_STR(
		text_of(map),
		"write: count 2, 110.0us to 110.0us                                   1s a column\n"
		"  100us |                    .                                                .\n"
		"        +--------------------+-------------------+-----------------------------\n"
		"         01:00:00            01:00:20            01:00:40              01:01:10\n"
		"counts from  . 1\n");
}

static void long_runs_have_dates(void)
{
	struct heatmap *map = map_new(HOUR, 60, 10);

	put(110 * US, 1);
	for (int i = 1; i <= 30; i++)
		add(map, i * 3600);
	CHECK_STR(text_of(map), "write: count 1, 110.0us to 110.0us           1h0m0s a column\n"
				"  100us |.\n"
				"        +------------------------------\n"
				"         01-01 01:00        01-02 07:00\n"
				"counts from  . 1\n");
}

static void late_rows_are_aligned_and_in_order(void)
{
	struct heatmap *map = map_new(NSEC_PER_SEC, 60, 10);

	row(7, 0, 0);
	put(110 * US, 1);
	add(map, 0);
	add(map, 1);
	row(2, 3, 5);
	put(110 * US, 1);
	row(2, 9, 4);
	put(110 * US, 2);
	row(7, 0, 0);
	put(110 * US, 1);
	add(map, 2);
	CHECK_STR(print(map, label_numbers, NULL, false, true),
		  "2.3.5: count 1, 110.0us to 110.0us               1s a column\n"
		  "  100us |  .\n"
		  "        +---\n"
		  "         00:59:59 01:00:02\n"
		  "counts from  . 1\n"
		  "\n"
		  "2.9.4: count 2, 110.0us to 110.0us               1s a column\n"
		  "  100us |  :\n"
		  "        +---\n"
		  "         00:59:59 01:00:02\n"
		  "counts from  . 1  : 2\n"
		  "\n"
		  "7.0.0: count 2, 110.0us to 110.0us               1s a column\n"
		  "  100us |. .\n"
		  "        +---\n"
		  "         00:59:59 01:00:02\n"
		  "counts from  . 1\n");
}

static void a_late_row_is_aligned_after_merges(void)
{
	struct heatmap *map = map_new(NSEC_PER_SEC, 40, 10);

	for (int i = 0; i < 100; i++) {
		row(0, 0, 0);
		put(110 * US, 1);
		row(1, 0, 0);
		if (i >= 80) /* 4 each by then: from column 20 on */
			put(110 * US, 1);
		add(map, i + 1);
	}
	CHECK(strstr(print(map, label_numbers, NULL, false, true),
		     "\n1.0.0: count 20, 110.0us to 110.0us  4s a column\n"
		     "  100us |                    =====\n"));
}

static void nothing_is_printed_of_nothing(void)
{
	struct heatmap *map = map_new(NSEC_PER_SEC, 80, 17);

	CHECK_STR(print(map, label_fixed, "write", true, false), "");
	add(map, 0);
	row(0, 0, 0); /* as those that were before, but not in this interval */
	add(map, 1);
	row(1, 0, 0); /* hits have no durations */
	now.rows[0].buckets = NULL;
	now.rows[0].count = 12;
	add(map, 2);
	CHECK_STR(text_of(map), "");
	heatmap__free(NULL);
}

/* The ninth part of 10^18 is 100 times, and again. */
static void huge_counts(void)
{
	struct heatmap *map = map_new(NSEC_PER_SEC, 40, 10);

	put(110 * US, 1000000000000000000ULL);
	add(map, 0);
	put(110 * US, 9999);
	add(map, 1);
	put(110 * US, 10000);
	add(map, 2);
	CHECK_STR(text_of(map),
		  "write: count 1000000000000019999, 110.0us to 110.0us  1s a column\n"
		  "  100us |@:-\n"
		  "        +---\n"
		  "         00:59:59 01:00:02\n"
		  "counts from  . 1  : 100  - 10k  = 1M\n"
		  "             + 100M  * 10G  # 1T  % 100T\n"
		  "             @ 10P\n");
	map = map_new(NSEC_PER_SEC, 80, 10);
	put(110 * US, UINT64_MAX);
	put(118 * US, UINT64_MAX);
	add(map, 0);
	CHECK(strstr(text_of(map), "write: count 18446744073709551615, "));
}

static void shortest_and_longest(void)
{
	struct heatmap *map = map_new(NSEC_PER_SEC, 60, 17);

	put(0, 1);
	put(UINT64_MAX, 1);
	add(map, 0);
	put(99999 * NSEC_PER_SEC, 1);
	put(9, 2);
	put(10, 1);
	add(map, 1);
	CHECK_STR(text_of(map), "write: count 6, 0ns to 18446744073.7s            1s a column\n"
				"100000s |.\n"
				" 10000s | .\n"
				"  1000s |\n"
				"   100s |\n"
				"    10s |\n"
				"   1.0s |\n"
				"  100ms |\n"
				"   10ms |\n"
				"  1.0ms |\n"
				"  100us |\n"
				"   10us |\n"
				"  1.0us |\n"
				"  100ns |\n"
				"   10ns | .\n"
				"    0ns |.:\n"
				"        +--\n"
				"         00:59:59 01:00:01\n"
				"counts from  . 1  : 2\n");
}

/* A bucket reaches over the bound at 1 ms, the row's maximum does not. */
static void durations_count_as_the_longest_of_their_bucket(void)
{
	struct heatmap *map = map_new(NSEC_PER_SEC, 80, 17);

	put(990 * US, 1);
	add(map, 0);
	put(990 * US, 1);
	put(1200 * US, 1);
	add(map, 1);
	CHECK(strstr(text_of(map), "\n  1.2ms | .\n"
				   "  1.0ms | .\n"
				   "  850us |.\n"));
}

/* Whatever there is to show, and whatever the room. */
static void maps_fit_their_room(void)
{
	for (int height = -1; height < 170; height += height < 20 ? 1 : 30) {
		for (int width = -1; width < 130; width += 13) {
			struct heatmap *map = map_new(NSEC_PER_SEC, width, height);
			int lines = 0, legend = 0, most = height < 4 ? 4 : height;
			const char *text;

			for (int i = 0; i < 300; i++) {
				if (i % 7 == 0)
					put(UINT64_MAX >> (i % 64), 1 + (uint64_t)i * i * i);
				put(i % 3, 1);
				add(map, i * 400);
			}
			text = strchr(text_of(map), '\n') + 1; /* titles may be longer */
			for (; *text; text = strchr(text, '\n') + 1, lines++) {
				CHECK(strchr(text, '\n') - text <= (width < 40 ? 40 : width));
				legend += legend || !strncmp(text, "counts from", 11);
			}
			CHECK(lines - legend <= most + 2);
			CHECK(legend >= 1 && legend <= 3);
		}
	}
}

static void labels_are_escaped(void)
{
	struct heatmap *map = map_new(NSEC_PER_SEC, 60, 10);
	const char *text;

	put(110 * US, 1);
	add(map, 0);
	text = print(map, label_fixed, "a\033[2J\nb", false, true);
	CHECK(strstr(text, "a\\x1b[2J\\x0ab: count 1, 110.0us to 110.0us       1s a column\n") ==
	      text);
}

static void clocks_may_be_odd(void)
{
	struct heatmap *map = map_new(NSEC_PER_SEC, 60, 10);

	put(110 * US, 1);
	CHECK_INT(heatmap_add(map, &now.snapshot, 0), 0); /* no time before the epoch */
	CHECK_INT(heatmap_add(map, &now.snapshot, 9 * NSEC_PER_SEC), 0);
	CHECK_INT(heatmap_add(map, &now.snapshot, 3 * NSEC_PER_SEC), 0); /* set back */
	CHECK(strstr(text_of(map), "\n         00:00:00 00:00:03\n"));
}

static const struct test tests[] = {
	TEST(cells_stand_where_and_when_it_happened),
	TEST(colours_only_when_asked),
	TEST(scale_fits_the_height),
	TEST(merged_columns_keep_their_counts),
	TEST(neighbours_add_up),
	TEST(an_outlier_is_seen_after_merges),
	TEST(times_are_below_their_columns),
	TEST(long_runs_have_dates),
	TEST(late_rows_are_aligned_and_in_order),
	TEST(a_late_row_is_aligned_after_merges),
	TEST(nothing_is_printed_of_nothing),
	TEST(huge_counts),
	TEST(shortest_and_longest),
	TEST(durations_count_as_the_longest_of_their_bucket),
	TEST(maps_fit_their_room),
	TEST(labels_are_escaped),
	TEST(clocks_may_be_odd),
};

TEST_MAIN("heatmap")
