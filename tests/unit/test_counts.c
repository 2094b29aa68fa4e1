// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Counters as a table, from hand-made snapshots: lines, titles, what is left out, and JSON.
 */
#include <stdlib.h>

#include "render/counts.h"
#include "render/json.h"
#include "test.h"

static const struct counts_column columns[] = {
	{ "A", "a_key", 4, 3, false },
	{ "BB", "b_key", 2, 6, false },
	{ "X", "x_key", 7, 4, true },
	{ 0 },
};
static const struct counts_format per_process = { .columns = columns };
static const struct counts_format together = { .columns = columns, .repeat = 3 };
static const struct counts_format wide = { .columns = columns, .width = 5 };

/* By row, by, tgid: as snapshots have them. */
static struct snapshot_row split_rows[] = {
	{ .row = 2, .tgid = 10, .count = 7 },
	{ .row = 2, .tgid = 40, .count = 0 }, /* comes before 30 */
	{ .row = 2, .tgid = 123456, .count = 8 },
	{ .row = 4, .tgid = 10, .count = 5 },
	{ .row = 4, .tgid = 30, .count = 0 },
	{ .row = 7, .tgid = 50, .count = 1 },
	{ .row = 9, .tgid = 10, .count = 99 }, /* in no column */
};
static const struct snapshot split = { .rows = split_rows, .nrows = 7 };
static struct snapshot_row whole_rows[] = { { .row = 2, .count = 7 }, { .row = 4, .count = 5000 } };
static const struct snapshot whole = { .rows = whole_rows, .nrows = 2 };
static const struct snapshot empty = { .rows = whole_rows, .nrows = 0 };

static char *printed;

static const char *print(const struct counts_format *format, const struct snapshot *s, bool extra,
			 bool json, struct counts_state *state, counts_alive_fn alive)
{
	struct render r = { .report = "test", .json = json };
	int here = 5;
	size_t size;

	free(printed);
	r.out = open_memstream(&printed, &size);
	counts_print(&r, format, s,
		     &(struct counts_wanted){ .extra = extra,
					      .split = format != &together || s == &split,
					      .alive = alive,
					      .arg = &here },
		     state);
	fclose(r.out);
	return printed;
}

static bool alive_40(const void *arg, uint32_t tgid)
{
	CHECK_INT(*(const int *)arg, 5);
	return tgid == 40;
}

static void lines_are_sorted_by_their_columns(void)
{
	struct counts_state state = { 0 };

	CHECK_STR(print(&per_process, &split, false, false, &state, NULL), "  PID   A     BB\n"
									   "   30   0      0\n"
									   "   40   0      0\n"
									   "   50   0      0\n"
									   "123456   0      8\n"
									   "   10   5      7\n");
}

static void lines_of_the_dead_go_when_they_have_nothing(void)
{
	struct counts_state state = { 0 };

	/* 30 is gone; 10, 50 and 123456 are, too, and have something to say: 50 in a hidden column
	 */
	CHECK_STR(print(&per_process, &split, false, false, &state, alive_40),
		  "  PID   A     BB\n"
		  "   40   0      0\n"
		  "   50   0      0\n"
		  "123456   0      8\n"
		  "   10   5      7\n");
}

static void extra_columns_are_shown_on_request(void)
{
	struct counts_state state = { 0 };

	/* lines are in order of these, too, wherever they are shown */
	CHECK_STR(print(&per_process, &split, true, false, &state, NULL),
		  "  PID   A     BB    X\n"
		  "   30   0      0    0\n"
		  "   40   0      0    0\n"
		  "   50   0      0    1\n"
		  "123456   0      8    0\n"
		  "   10   5      7    0\n");
}

static void width_can_be_one(void)
{
	struct counts_state state = { 0 };

	CHECK_STR(print(&wide, &split, true, false, &state, alive_40), "  PID     A    BB     X\n"
								       "   40     0     0     0\n"
								       "   50     0     0     1\n"
								       "123456     0     8     0\n"
								       "   10     5     7     0\n");
}

static void titles_come_again(void)
{
	struct counts_state state = { 0 };

	CHECK_STR(print(&together, &empty, false, false, &state, NULL), "  A     BB\n"
									"  0      0\n");
	CHECK_STR(print(&together, &whole, false, false, &state, NULL), "5000      7\n");
	CHECK_STR(print(&together, &whole, false, false, &state, NULL), "5000      7\n");
	CHECK_STR(print(&together, &whole, false, false, &state, NULL), "  A     BB\n"
									"5000      7\n");
	/* before every block where it is said so, lines or none */
	CHECK_STR(print(&per_process, &empty, false, false, &state, NULL), "  PID   A     BB\n");
	CHECK_STR(print(&per_process, &empty, false, false, &state, NULL), "  PID   A     BB\n");
}

static void processes_can_be_split_on_request(void)
{
	struct counts_state state = { 0 };

	CHECK_STR(print(&together, &split, false, false, &state, alive_40), "  PID   A     BB\n"
									    "   40   0      0\n"
									    "   50   0      0\n"
									    "123456   0      8\n"
									    "   10   5      7\n");
}

static void json_has_all_columns(void)
{
	struct counts_state state = { 0 };
	json_t *object;

	print(&together, &whole, false, true, &state, NULL);
	object = json_loads(printed, 0, NULL);
	CHECK_STR(json_string_value(json_object_get(object, "report")), "test");
	CHECK_INT(json_integer_value(json_object_get(object, "a_key")), 5000);
	CHECK_INT(json_integer_value(json_object_get(object, "b_key")), 7);
	CHECK(json_is_integer(json_object_get(object, "x_key")));
	CHECK(json_object_get(object, "pid") == NULL);
	json_decref(object);
	/* an object a process, and no titles */
	print(&per_process, &split, false, true, &state, alive_40);
	CHECK(strstr(printed, "\"pid\":40,\"a_key\":0,\"b_key\":0,\"x_key\":0}\n") != NULL);
	CHECK(strstr(printed, "\"pid\":50,\"a_key\":0,\"b_key\":0,\"x_key\":1}\n") != NULL);
	CHECK(strstr(printed, "\"pid\":10,\"a_key\":5,\"b_key\":7,\"x_key\":0}\n") != NULL);
	CHECK(strstr(printed, "\"pid\":30") == NULL);
	CHECK(strstr(printed, "PID") == NULL);
	CHECK(!state.titles);
}

static const struct test tests[] = {
	TEST(lines_are_sorted_by_their_columns),
	TEST(lines_of_the_dead_go_when_they_have_nothing),
	TEST(extra_columns_are_shown_on_request),
	TEST(width_can_be_one),
	TEST(titles_come_again),
	TEST(processes_can_be_split_on_request),
	TEST(json_has_all_columns),
};

int main(void)
{
	int status = test_main("counts", tests, sizeof(tests) / sizeof(tests[0]));

	free(printed);
	return status;
}
