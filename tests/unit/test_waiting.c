// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What has begun and not ended: found in slots and spill table, oldest first.
 */
#include <stdlib.h>

#include "core/waiting.h"
#include "test.h"

static const struct fold_rule start_rule[] = {
	{ .verb = FOLD_START, .job = 0, .sub = 1, .by = FOLD_FROM_NONE, .pair = 3 }, { 0 }
};
static const struct fold_rule marked_rule[] = {
	{ .verb = FOLD_START_MARKED, .job = 0, .sub = 1, .by = FOLD_FROM_NONE, .pair = 4 }, { 0 }
};
static const struct fold_rule mark_rule[] = {
	{ .verb = FOLD_MARK, .job = 0, .sub = 1, .by = FOLD_FROM_NONE, .pair = 4 }, { 0 }
};
static const struct fold_rule done_rule[] = {
	{ .verb = FOLD_DONE, .job = 0, .sub = 1, .by = FOLD_FROM_NONE, .pair = 3 }, { 0 }
};

static struct fold_table *table_new(uint32_t nslots)
{
	return fold_table__new(&(struct fold_table_options){
		.nslots = nslots, .rows = 1, .max_groups = 1, .max_spills = 1000 });
}

static void hit(struct fold_table *t, const struct fold_rule *rule, uint64_t time, uint64_t job)
{
	struct fold_hit h = { .time = time, .tgid = 42, .tid = 43, .args = { job, 5 } };

	fold_table_hit(t, rule, 2, &h);
}

/* "JOB@TIME ..." of all that waits, oldest first. */
static const char *waiting_line(const struct fold_table *t)
{
	static char line[512];
	struct waiting w = { 0 };
	char one[48];

	line[0] = '\0';
	CHECK_INT(fold_table_waiting(t, &w), 0);
	waiting_sort(&w);
	for (int i = 0; i < w.n; i++) {
		snprintf(one, sizeof(one), "%s%d@%d", i ? " " : "", (int)w.starts[i].key.job,
			 (int)w.starts[i].time);
		strncat(line, one, sizeof(line) - strlen(line) - 1);
	}
	waiting_free(&w);
	CHECK(!w.starts && !w.n);
	return line;
}

static void nothing_waits_at_first(void)
{
	struct fold_table *t = table_new(8);

	CHECK_STR(waiting_line(t), "");
	hit(t, start_rule, 100, 1);
	hit(t, done_rule, 101, 1);
	CHECK_STR(waiting_line(t), "");
	fold_table__free(t);
}

static void oldest_come_first(void)
{
	struct fold_table *t = table_new(64);

	hit(t, start_rule, 300, 1);
	hit(t, start_rule, 100, 2);
	hit(t, start_rule, 200, 3);
	hit(t, start_rule, 200, 4);
	/* at the same time: by key */
	CHECK_STR(waiting_line(t), "2@100 3@200 4@200 1@300");
	hit(t, done_rule, 400, 3);
	CHECK_STR(waiting_line(t), "2@100 4@200 1@300");
	fold_table__free(t);
}

static void starts_of_one_key_all_wait(void)
{
	struct fold_table *t = table_new(64);

	for (int i = 0; i < FOLD_FIFO; i++)
		hit(t, start_rule, 100 + i, 1);
	CHECK_STR(waiting_line(t), "1@100 1@101 1@102 1@103");
	hit(t, done_rule, 400, 1);
	CHECK_STR(waiting_line(t), "1@101 1@102 1@103");
	fold_table__free(t);
}

static void marks_are_no_starts(void)
{
	struct fold_table *t = table_new(64);

	for (int i = 0; i < 3; i++)
		hit(t, marked_rule, 100 + i, 1);
	hit(t, mark_rule, 200, 1);
	CHECK_STR(waiting_line(t), "1@100 1@101 1@102");
	fold_table__free(t);
}

static void spilled_starts_wait_too(void)
{
	struct fold_table *t = table_new(1);

	hit(t, start_rule, 140, 1);
	hit(t, start_rule, 130, 2);
	hit(t, start_rule, 120, 3);
	hit(t, start_rule, 150, 2);
	CHECK_STR(waiting_line(t), "3@120 2@130 1@140 2@150");
	hit(t, done_rule, 200, 1);
	CHECK_STR(waiting_line(t), "3@120 2@130 2@150");
	fold_table__free(t);
}

static void hundreds_can_wait(void)
{
	struct fold_table *t = table_new(64);
	struct waiting w = { 0 };

	for (int i = 0; i < 500; i++)
		hit(t, start_rule, 10000 - i, i);
	CHECK_INT(fold_table_waiting(t, &w), 0);
	CHECK_INT(w.n, 500);
	waiting_sort(&w);
	for (int i = 0; i < w.n; i++) {
		CHECK_INT(w.starts[i].time, 10000 - 499 + i);
		CHECK_INT(w.starts[i].key.job, 499 - i);
		CHECK_INT(w.starts[i].key.sub, 5);
		CHECK_INT(w.starts[i].key.tgid, 42);
		CHECK_INT(w.starts[i].key.pair, 3);
	}
	waiting_free(&w);
	fold_table__free(t);
}

static void slot_that_is_written_to_is_passed_over(void)
{
	struct fold_slot slots[2] = {
		{ .n = 1, .lock = 1, .key = { .job = 1 }, .starts = { { 100 } } },
		{ .n = 1, .key = { .job = 2 }, .starts = { { 200 } } },
	};
	struct fold_tables tables = { .slots = slots, .nslots = 2 };
	struct waiting w = { 0 };

	CHECK_INT(waiting_add_slots(&w, &tables), 0);
	CHECK_INT(w.n, 1);
	CHECK_INT(w.starts[0].key.job, 2);
	waiting_free(&w);
}

static void numbers_beyond_the_fifo_are_not_believed(void)
{
	struct fold_starts starts = { { 1, 2, 3, 4 } };
	struct fold_key key = { .job = 1 };
	struct waiting w = { 0 };

	CHECK_INT(waiting_add(&w, &key, &starts, 1000), 0);
	CHECK_INT(w.n, FOLD_FIFO);
	CHECK_INT(waiting_add(&w, &key, &starts, 0), 0);
	CHECK_INT(w.n, FOLD_FIFO);
	waiting_free(&w);
	waiting_sort(&w);
}

static const struct test tests[] = {
	TEST(nothing_waits_at_first),
	TEST(oldest_come_first),
	TEST(starts_of_one_key_all_wait),
	TEST(marks_are_no_starts),
	TEST(spilled_starts_wait_too),
	TEST(hundreds_can_wait),
	TEST(slot_that_is_written_to_is_passed_over),
	TEST(numbers_beyond_the_fifo_are_not_believed),
};

TEST_MAIN("waiting")
