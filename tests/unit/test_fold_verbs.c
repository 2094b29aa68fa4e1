// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The fold's verbs beyond count, start and done: one of several starts, marks in the middle of a
 * duration, shares of it, and values that are none.
 */
#include <stdlib.h>

#include "core/fold_table.h"
#include "core/snapshot.h"
#include "core/waiting.h"
#include "test.h"

#define ROWS 8

/* What the fold said was folded, as "ROW:DURATION ". */
static char folded[256];

static void on_folded(void *arg, uint32_t row, const struct fold_key *key, uint64_t duration)
{
	char one[48];

	(void)arg;
	(void)key;
	snprintf(one, sizeof(one), "%u:%" PRIu64 " ", row, duration);
	strncat(folded, one, sizeof(folded) - strlen(folded) - 1);
}

static struct fold_table *table_new(uint32_t nslots)
{
	folded[0] = '\0';
	return fold_table__new(&(struct fold_table_options){ .nslots = nslots,
							     .rows = ROWS,
							     .max_groups = ROWS + 32,
							     .max_spills = 16,
							     .folded = on_folded });
}

static void hit(struct fold_table *t, const struct fold_rule *rules, uint64_t time, uint64_t job,
		uint64_t arg)
{
	struct fold_hit h = { .time = time, .tgid = 42, .tid = 43, .args = { job, arg } };

	fold_table_hit(t, rules, 4, &h);
}

static uint64_t lost(const struct fold_table *t, enum fold_loss loss)
{
	return fold_table_tables(t).losses[loss];
}

static uint64_t all_lost(const struct fold_table *t)
{
	uint64_t sum = 0;

	for (int i = 0; i < FOLD_LOSS_MAX; i++)
		sum += lost(t, i);
	return sum;
}

static int waiting_of(const struct fold_table *t)
{
	struct waiting w = { 0 };
	int n;

	CHECK_INT(fold_table_waiting(t, &w), 0);
	n = w.n;
	waiting_free(&w);
	return n;
}

/* Count, sum and maximum of a row that nothing splits. */
static void check_row(const struct fold_table *t, uint32_t row, uint64_t count, uint64_t sum,
		      uint64_t max)
{
	struct fold_tables tables = fold_table_tables(t);
	struct snapshot *s = snapshot__take(&tables);
	const struct snapshot_row *r = snapshot_find(s, row, 0, 0);

	CHECK_INT(r ? r->count : 0, count);
	CHECK_INT(r ? r->sum : 0, sum);
	CHECK_INT(r ? r->max : 0, max);
	snapshot__free(s);
}

#define RULE(verb_, pair_, group_)                                                    \
	{                                                                             \
		.verb = verb_, .job = 0, .sub = FOLD_FROM_NONE, .by = FOLD_FROM_NONE, \
		.pair = pair_, .group = group_                                        \
	}

/* --- FOLD_DONE_OR --- */

static const struct fold_rule start_a[] = { RULE(FOLD_START, 1, 0), { 0 } };
static const struct fold_rule start_b[] = { RULE(FOLD_START, 2, 0), { 0 } };
static const struct fold_rule start_c[] = { RULE(FOLD_START, 3, 0), { 0 } };
static const struct fold_rule done_abc[] = { RULE(FOLD_DONE_OR, 1, 1), RULE(FOLD_DONE_OR, 2, 2),
					     RULE(FOLD_DONE, 3, 3), RULE(FOLD_COUNT, 0, 4) };

static void done_or_ends_with_the_first_that_matches(void)
{
	struct fold_table *t = table_new(64);

	hit(t, start_a, 1000, 7, 0);
	hit(t, start_b, 1001, 7, 0);
	hit(t, start_c, 1002, 7, 0);
	/* each takes one start, the rules' first: none is taken twice, and no rule behind is met */
	hit(t, done_abc, 1010, 7, 0);
	check_row(t, 1, 1, 10, 10);
	check_row(t, 2, 0, 0, 0);
	check_row(t, 3, 0, 0, 0);
	check_row(t, 4, 0, 0, 0);
	hit(t, done_abc, 1020, 7, 0);
	check_row(t, 1, 1, 10, 10);
	check_row(t, 2, 1, 19, 19);
	check_row(t, 3, 0, 0, 0);
	check_row(t, 4, 0, 0, 0);
	CHECK_INT(waiting_of(t), 1);
	/* the last is a plain done: what stands behind it goes on */
	hit(t, done_abc, 1030, 7, 0);
	check_row(t, 3, 1, 28, 28);
	check_row(t, 4, 1, 0, 0);
	CHECK_INT(waiting_of(t), 0);
	CHECK_INT(all_lost(t), 0);
	CHECK_STR(folded, "1:10 2:19 3:28 ");
	fold_table__free(t);
}

static void done_or_of_nobody_is_one_orphan(void)
{
	struct fold_table *t = table_new(64);

	hit(t, start_a, 1000, 7, 0);
	hit(t, done_abc, 1010, 8, 0);
	CHECK_INT(lost(t, FOLD_LOSS_ORPHAN), 1);
	CHECK_INT(all_lost(t), 1);
	CHECK_INT(waiting_of(t), 1);
	fold_table__free(t);
}

static void done_or_before_its_start_is_negative_and_ends(void)
{
	struct fold_table *t = table_new(64);

	hit(t, start_a, 1000, 7, 0);
	hit(t, start_b, 900, 7, 0);
	hit(t, done_abc, 950, 7, 0);
	CHECK_INT(lost(t, FOLD_LOSS_NEGATIVE), 1);
	CHECK_INT(all_lost(t), 1);
	/* the start was this done's, though it is of no use: b still waits */
	check_row(t, 2, 0, 0, 0);
	CHECK_INT(waiting_of(t), 1);
	fold_table__free(t);
}

/* --- FOLD_DONE_EACH, FOLD_VALUE --- */

static const struct fold_rule done_each[] = {
	{ .verb = FOLD_DONE_EACH, .job = 0, .sub = FOLD_FROM_NONE, .by = 1, .pair = 1, .group = 5 },
	{ 0 }
};

static void done_each_divides(void)
{
	struct fold_table *t = table_new(64);

	hit(t, start_a, 1000, 1, 0);
	hit(t, start_a, 1000, 2, 0);
	hit(t, start_a, 1000, 3, 0);
	hit(t, done_each, 1100, 1, 8);
	check_row(t, 5, 1, 12, 12);
	/* not by 0 */
	hit(t, done_each, 1100, 2, 0);
	check_row(t, 5, 2, 112, 100);
	hit(t, done_each, 1100, 3, 1000);
	check_row(t, 5, 3, 112, 100);
	CHECK_INT(all_lost(t), 0);
	/* whole durations are what can be slow */
	CHECK_STR(folded, "5:100 5:100 5:100 ");
	fold_table__free(t);
}

static void done_each_does_not_split_by_its_divisor(void)
{
	struct fold_table *t = table_new(64);
	struct fold_tables tables = fold_table_tables(t);
	struct snapshot *s;

	for (int i = 1; i <= 6; i++) {
		hit(t, start_a, 1000, i, 0);
		hit(t, done_each, 1060, i, i);
	}
	s = snapshot__take(&tables);
	CHECK_INT(s->nrows, 1);
	CHECK_INT(s->rows[0].count, 6);
	CHECK_INT(s->rows[0].sum, 60 + 30 + 20 + 15 + 12 + 10);
	snapshot__free(s);
	fold_table__free(t);
}

static void done_each_can_be_split_by_process(void)
{
	struct fold_table *t = table_new(64);
	struct fold_tables tables = fold_table_tables(t);
	struct fold_hit h = { .by_process = 1, .tgid = 5, .args = { 1, 4 } };
	struct snapshot *s;

	h.time = 100;
	fold_table_hit(t, start_a, 4, &h);
	h.time = 200;
	fold_table_hit(t, done_each, 4, &h);
	s = snapshot__take(&tables);
	CHECK(snapshot_find(s, 5, 0, 5) && snapshot_find(s, 5, 0, 5)->sum == 25);
	CHECK(snapshot_find(s, 5, 0, 0) == NULL);
	snapshot__free(s);
	fold_table__free(t);
}

static void values_are_distributed(void)
{
	static const struct fold_rule value[] = { RULE(FOLD_VALUE, 0, 6), { 0 } };
	static const struct fold_rule split[] = {
		{ .verb = FOLD_VALUE, .job = 1, .sub = FOLD_FROM_NONE, .by = 0, .group = 7 }, { 0 }
	};
	struct fold_table *t = table_new(64);
	struct fold_tables tables = fold_table_tables(t);
	const struct snapshot_row *row;
	struct snapshot *s;

	hit(t, value, 5000, 0, 0);
	hit(t, value, 6000, 1, 0);
	hit(t, value, 7000, 100, 0);
	hit(t, value, 7000, UINT64_MAX, 0);
	hit(t, split, 8000, 3, 40);
	s = snapshot__take(&tables);
	row = snapshot_find(s, 6, 0, 0);
	CHECK_INT(row->count, 4);
	CHECK(row->max == UINT64_MAX);
	CHECK_INT(row->buckets[0], 1);
	CHECK_INT(row->buckets[1], 1);
	CHECK_INT(row->buckets[fold_bucket(100)], 1);
	CHECK_INT(row->buckets[FOLD_BUCKETS - 1], 1);
	row = snapshot_find(s, 7, 3, 0);
	CHECK(row && row->sum == 40);
	/* nothing has begun, and nothing was a duration */
	CHECK_INT(waiting_of(t), 0);
	CHECK_STR(folded, "");
	CHECK_INT(all_lost(t), 0);
	snapshot__free(s);
	fold_table__free(t);
}

/* --- marks --- */

static const struct fold_rule marked[] = { RULE(FOLD_START_MARKED, 1, 0), { 0 } };
static const struct fold_rule mark[] = { RULE(FOLD_MARK, 1, 0), { 0 } };
static const struct fold_rule ends[] = { RULE(FOLD_DONE_MARKED, 1, 2), { 0 } };

static void last_mark_cuts_a_duration_in_two(void)
{
	struct fold_table *t = table_new(64);

	hit(t, marked, 1000, 7, 0);
	hit(t, mark, 1010, 7, 0);
	hit(t, mark, 1030, 7, 0);
	hit(t, mark, 1020, 8, 0); /* of another job */
	hit(t, ends, 1100, 7, 0);
	/* together they are the whole */
	check_row(t, 2, 1, 30, 30);
	check_row(t, 3, 1, 70, 70);
	CHECK_STR(folded, "2:30 3:70 ");
	CHECK_INT(all_lost(t), 0);
	fold_table__free(t);
}

static void mark_of_nothing_is_nothing(void)
{
	struct fold_table *t = table_new(64);

	hit(t, mark, 990, 7, 0); /* before */
	hit(t, marked, 1000, 7, 0);
	hit(t, ends, 1100, 7, 0);
	CHECK_INT(lost(t, FOLD_LOSS_UNMARKED), 1);
	hit(t, mark, 1200, 7, 0); /* after */
	hit(t, marked, 1300, 7, 0);
	hit(t, ends, 1400, 7, 0);
	CHECK_INT(lost(t, FOLD_LOSS_UNMARKED), 2);
	CHECK_INT(all_lost(t), 2);
	check_row(t, 2, 0, 0, 0);
	check_row(t, 3, 0, 0, 0);
	CHECK_INT(waiting_of(t), 0);
	CHECK_STR(folded, "");
	fold_table__free(t);
}

static void mark_is_forgotten_with_its_duration(void)
{
	struct fold_table *t = table_new(64);

	hit(t, marked, 1000, 7, 0);
	hit(t, mark, 1010, 7, 0);
	hit(t, ends, 1020, 7, 0);
	/* the same job of another session, at the same place, without a reply */
	hit(t, marked, 1005, 7, 0);
	hit(t, ends, 1100, 7, 0);
	CHECK_INT(lost(t, FOLD_LOSS_UNMARKED), 1);
	check_row(t, 2, 1, 10, 10);
	fold_table__free(t);
}

static void mark_at_either_end_is_one(void)
{
	struct fold_table *t = table_new(64);

	hit(t, marked, 1000, 7, 0);
	hit(t, mark, 1000, 7, 0);
	hit(t, ends, 1100, 7, 0);
	check_row(t, 2, 1, 0, 0);
	check_row(t, 3, 1, 100, 100);
	hit(t, marked, 2000, 7, 0);
	hit(t, mark, 2100, 7, 0);
	hit(t, ends, 2100, 7, 0);
	check_row(t, 2, 2, 100, 100);
	check_row(t, 3, 2, 100, 100);
	/* one from beyond the end is none: clocks of two CPUs */
	hit(t, marked, 3000, 7, 0);
	hit(t, mark, 3101, 7, 0);
	hit(t, ends, 3100, 7, 0);
	CHECK_INT(lost(t, FOLD_LOSS_UNMARKED), 1);
	fold_table__free(t);
}

static void three_marked_durations_wait_side_by_side(void)
{
	struct fold_table *t = table_new(64);

	/* where the fourth would be is the mark */
	for (int i = 0; i < 4; i++)
		hit(t, marked, 1000 + i * 10, 7, 0);
	CHECK_INT(lost(t, FOLD_LOSS_OVERWRITTEN), 1);
	CHECK_INT(waiting_of(t), 3);
	/* a mark is of all under the key; ends take the oldest first: 1010, 1020, 1030 */
	hit(t, mark, 1110, 7, 0);
	hit(t, ends, 1200, 7, 0);
	check_row(t, 2, 1, 100, 100);
	check_row(t, 3, 1, 90, 90);
	hit(t, mark, 1220, 7, 0);
	hit(t, ends, 1230, 7, 0);
	check_row(t, 2, 2, 300, 200);
	check_row(t, 3, 2, 100, 90);
	hit(t, mark, 1330, 7, 0);
	hit(t, ends, 1340, 7, 0);
	check_row(t, 2, 3, 600, 300);
	check_row(t, 3, 3, 110, 90);
	CHECK_INT(lost(t, FOLD_LOSS_AMBIGUOUS), 2);
	CHECK_INT(all_lost(t), 3);
	CHECK_INT(waiting_of(t), 0);
	fold_table__free(t);
}

static void pairs_without_marks_have_all_four_places(void)
{
	struct fold_table *t = table_new(64);

	for (int i = 0; i < 4; i++)
		hit(t, start_a, 1000 + i, 7, 0);
	CHECK_INT(all_lost(t), 0);
	CHECK_INT(waiting_of(t), 4);
	fold_table__free(t);
}

static void marks_reach_the_spill_table(void)
{
	struct fold_table *t = table_new(1); /* one slot: every key clashes */

	hit(t, marked, 1000, 1, 0);
	hit(t, marked, 1000, 2, 0); /* spills */
	hit(t, marked, 1000, 3, 0); /* likewise */
	hit(t, mark, 1010, 2, 0);
	hit(t, mark, 1020, 1, 0);
	hit(t, mark, 1040, 2, 0);
	hit(t, ends, 1100, 2, 0);
	check_row(t, 2, 1, 40, 40);
	check_row(t, 3, 1, 60, 60);
	hit(t, ends, 1100, 1, 0);
	check_row(t, 2, 2, 60, 40);
	check_row(t, 3, 2, 140, 80);
	/* the third never had one */
	hit(t, ends, 1100, 3, 0);
	CHECK_INT(lost(t, FOLD_LOSS_UNMARKED), 1);
	CHECK_INT(lost(t, FOLD_LOSS_SPILLED), 2);
	CHECK_INT(all_lost(t), 3);
	CHECK_INT(waiting_of(t), 0);
	fold_table__free(t);
}

static void mark_goes_along_when_its_start_has_to_move(void)
{
	struct fold_table *t = table_new(1);

	hit(t, marked, 1000, 1, 0);
	hit(t, mark, 1500, 1, 0);
	hit(t, marked, 1000 + FOLD_STALE_NS, 2, 0); /* the first is stale, and leaves the slot */
	CHECK_INT(lost(t, FOLD_LOSS_SPILLED), 1);
	hit(t, ends, 2000 + FOLD_STALE_NS, 2, 0); /* must not see the first's mark */
	CHECK_INT(lost(t, FOLD_LOSS_UNMARKED), 1);
	hit(t, ends, 2000 + FOLD_STALE_NS, 1, 0);
	check_row(t, 2, 1, 500, 500);
	check_row(t, 3, 1, 500 + FOLD_STALE_NS, 500 + FOLD_STALE_NS);
	fold_table__free(t);
}

static void spilled_marked_starts_are_three_too(void)
{
	struct fold_table *t = table_new(1);

	hit(t, marked, 1000, 1, 0);
	for (int i = 0; i < 4; i++)
		hit(t, marked, 2000 + i * 10, 2, 0);
	CHECK_INT(lost(t, FOLD_LOSS_OVERWRITTEN), 1);
	CHECK_INT(waiting_of(t), 4);
	hit(t, mark, 2100, 2, 0);
	hit(t, ends, 2110, 2, 0); /* began at 2010 */
	check_row(t, 2, 1, 90, 90);
	check_row(t, 3, 1, 10, 10);
	fold_table__free(t);
}

static void marked_done_without_a_start_is_an_orphan(void)
{
	struct fold_table *t = table_new(64);

	hit(t, ends, 1000, 7, 0);
	CHECK_INT(lost(t, FOLD_LOSS_ORPHAN), 1);
	hit(t, marked, 2000, 7, 0);
	hit(t, mark, 1990, 7, 0);
	hit(t, ends, 1999, 7, 0);
	CHECK_INT(lost(t, FOLD_LOSS_NEGATIVE), 1);
	CHECK_INT(all_lost(t), 2);
	fold_table__free(t);
}

static const struct test tests[] = {
	TEST(done_or_ends_with_the_first_that_matches),
	TEST(done_or_of_nobody_is_one_orphan),
	TEST(done_or_before_its_start_is_negative_and_ends),
	TEST(done_each_divides),
	TEST(done_each_does_not_split_by_its_divisor),
	TEST(done_each_can_be_split_by_process),
	TEST(values_are_distributed),
	TEST(last_mark_cuts_a_duration_in_two),
	TEST(mark_of_nothing_is_nothing),
	TEST(mark_is_forgotten_with_its_duration),
	TEST(mark_at_either_end_is_one),
	TEST(three_marked_durations_wait_side_by_side),
	TEST(pairs_without_marks_have_all_four_places),
	TEST(marks_reach_the_spill_table),
	TEST(mark_goes_along_when_its_start_has_to_move),
	TEST(spilled_marked_starts_are_three_too),
	TEST(marked_done_without_a_start_is_an_orphan),
};

TEST_MAIN("fold_verbs")
