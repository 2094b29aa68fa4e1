// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The fold on hand-made streams: what pairs, what is counted as lost, and where durations fall.
 */
#include <stdlib.h>

#include "core/fold_table.h"
#include "core/snapshot.h"
#include "core/waiting.h"
#include "test.h"

#define TGID 4242
#define ROWS 4 /* the rules' groups are below this */

static const struct fold_rule start_rule[] = {
	{ .verb = FOLD_START, .job = 0, .sub = 1, .by = FOLD_FROM_NONE, .pair = 1 },
	{ .verb = FOLD_NONE },
};
static const struct fold_rule done_rule[] = {
	{ .verb = FOLD_DONE, .job = 0, .sub = 1, .by = 1, .pair = 1, .group = 3 },
	{ .verb = FOLD_NONE },
};
static const struct fold_rule count_rule[] = {
	{ .verb = FOLD_COUNT, .by = FOLD_FROM_NONE, .group = 2 },
	{ .verb = FOLD_NONE },
};

static struct fold_table *table_new(uint32_t nslots, uint32_t max_groups, uint32_t max_spills)
{
	return fold_table__new(&(struct fold_table_options){ .nslots = nslots,
							     .rows = ROWS,
							     .max_groups = ROWS + max_groups,
							     .max_spills = max_spills });
}

static void hit(struct fold_table *t, const struct fold_rule *rule, uint64_t time, uint64_t job,
		uint64_t client)
{
	struct fold_hit h = { .time = time, .tgid = TGID, .tid = TGID, .args = { job, client } };

	fold_table_hit(t, rule, 4, &h);
}

static struct snapshot *snapshot_of(const struct fold_table *t)
{
	struct fold_tables tables = fold_table_tables(t);

	return snapshot__take(&tables);
}

/* Starts that wait in slots. */
static int in_slots(const struct fold_table *t)
{
	struct fold_tables tables = fold_table_tables(t);
	struct waiting w = { 0 };
	int n;

	CHECK_INT(waiting_add_slots(&w, &tables), 0);
	n = w.n;
	waiting_free(&w);
	return n;
}

/* Starts that wait in the spill table. */
static int in_spills(const struct fold_table *t)
{
	struct waiting w = { 0 };
	int n;

	CHECK_INT(fold_table_waiting(t, &w), 0);
	n = w.n - in_slots(t);
	waiting_free(&w);
	return n;
}

static uint64_t lost(const struct fold_table *t, enum fold_loss loss)
{
	return fold_table_tables(t).losses[loss];
}

static uint64_t losses_but(const struct fold_table *t, enum fold_loss but)
{
	uint64_t sum = 0;

	for (int i = 0; i < FOLD_LOSS_MAX; i++)
		sum += i == (int)but ? 0 : lost(t, i);
	return sum;
}

static void start_and_done_make_a_duration(void)
{
	struct fold_table *t = table_new(64, 8, 8);
	const struct snapshot_row *row;
	struct snapshot *s;

	hit(t, start_rule, 1000, 7, 2);
	hit(t, done_rule, 1700, 7, 2);
	s = snapshot_of(t);
	row = snapshot_find(s, 3, 2, 0);
	CHECK(row != NULL);
	if (row) {
		CHECK_INT(row->count, 1);
		CHECK_INT(row->sum, 700);
		CHECK_INT(row->max, 700);
	}
	CHECK_INT(s->nrows, 1);
	CHECK_INT(losses_but(t, FOLD_LOSS_MAX), 0);
	snapshot__free(s);
	fold_table__free(t);
}

static void keys_do_not_mix(void)
{
	struct fold_table *t = table_new(64, 8, 8);
	struct snapshot *s;

	/* the same job for two clients, ending in the other order */
	hit(t, start_rule, 100, 7, 0);
	hit(t, start_rule, 200, 7, 1);
	hit(t, done_rule, 1200, 7, 1);
	hit(t, done_rule, 2100, 7, 0);
	s = snapshot_of(t);
	CHECK_INT(snapshot_find(s, 3, 0, 0)->sum, 2000);
	CHECK_INT(snapshot_find(s, 3, 1, 0)->sum, 1000);
	snapshot__free(s);
	fold_table__free(t);
}

static void colliding_sessions_keep_the_mean(void)
{
	struct fold_table *t = table_new(64, 8, 8);
	struct snapshot *s;

	/* two sessions of a process, job 1000 each: 0..50 and 10..30, true sum 70 */
	hit(t, start_rule, 10000, 1000, 0);
	hit(t, start_rule, 10010, 1000, 0);
	hit(t, done_rule, 10030, 1000, 0);
	hit(t, done_rule, 10050, 1000, 0);
	s = snapshot_of(t);
	CHECK_INT(s->rows[0].count, 2);
	CHECK_INT(s->rows[0].sum, 70);
	/* one of the two matches had a choice */
	CHECK_INT(lost(t, FOLD_LOSS_AMBIGUOUS), 1);
	CHECK_INT(losses_but(t, FOLD_LOSS_AMBIGUOUS), 0);
	snapshot__free(s);
	fold_table__free(t);
}

static void fifth_start_overwrites_the_oldest(void)
{
	struct fold_table *t = table_new(64, 8, 8);
	struct snapshot *s;

	for (int i = 0; i < FOLD_FIFO + 1; i++)
		hit(t, start_rule, 1000 + i * 100, 5, 0);
	CHECK_INT(lost(t, FOLD_LOSS_OVERWRITTEN), 1);
	/* 1000 is gone: the oldest left is 1100 */
	hit(t, done_rule, 2000, 5, 0);
	s = snapshot_of(t);
	CHECK_INT(s->rows[0].sum, 900);
	snapshot__free(s);
	fold_table__free(t);
}

static void done_without_start_is_an_orphan(void)
{
	struct fold_table *t = table_new(64, 8, 8);
	struct snapshot *s;

	hit(t, done_rule, 2000, 5, 0);
	s = snapshot_of(t);
	CHECK_INT(s->nrows, 0);
	CHECK_INT(lost(t, FOLD_LOSS_ORPHAN), 1);
	CHECK_INT(losses_but(t, FOLD_LOSS_ORPHAN), 0);
	snapshot__free(s);
	fold_table__free(t);
}

static void done_before_start_is_negative(void)
{
	struct fold_table *t = table_new(64, 8, 8);
	struct snapshot *s;

	hit(t, start_rule, 2000, 5, 0);
	hit(t, done_rule, 1999, 5, 0);
	s = snapshot_of(t);
	CHECK_INT(s->nrows, 0);
	CHECK_INT(lost(t, FOLD_LOSS_NEGATIVE), 1);
	snapshot__free(s);
	fold_table__free(t);
}

static void clashing_keys_spill_and_come_back(void)
{
	struct fold_table *t = table_new(1, 8, 100); /* one slot: every key clashes */
	struct snapshot *s;

	for (int job = 0; job < 11; job++)
		hit(t, start_rule, 1000, job, 0);
	CHECK_INT(lost(t, FOLD_LOSS_SPILLED), 10);
	CHECK_INT(in_slots(t), 1);
	CHECK_INT(in_spills(t), 10);
	for (int job = 10; job >= 0; job--)
		hit(t, done_rule, 1003, job, 0);
	s = snapshot_of(t);
	CHECK_INT(s->rows[0].count, 11);
	CHECK_INT(s->rows[0].sum, 33);
	CHECK_INT(losses_but(t, FOLD_LOSS_SPILLED), 0);
	CHECK_INT(in_slots(t), 0);
	CHECK_INT(in_spills(t), 0);
	snapshot__free(s);
	fold_table__free(t);
}

static void spilled_key_keeps_its_starts_together(void)
{
	struct fold_table *t = table_new(1, 8, 100);
	struct snapshot *s;

	hit(t, start_rule, 1000, 1, 0); /* takes the slot */
	hit(t, start_rule, 1010, 2, 0); /* spills */
	hit(t, done_rule, 1020, 1, 0);	/* the slot is free again */
	hit(t, start_rule, 1030, 2, 0); /* must wait behind the spilled one */
	hit(t, done_rule, 1050, 2, 0);
	hit(t, done_rule, 1060, 2, 0);
	s = snapshot_of(t);
	CHECK_INT(s->rows[0].count, 3);
	/* 20 of job 1; job 2: oldest first, 1050-1010 and 1060-1030 */
	CHECK_INT(s->rows[0].sum, 20 + 40 + 30);
	CHECK_INT(s->rows[0].max, 40);
	CHECK_INT(lost(t, FOLD_LOSS_AMBIGUOUS), 1);
	CHECK_INT(in_spills(t), 0);
	snapshot__free(s);
	fold_table__free(t);
}

static void full_spill_table_is_counted(void)
{
	struct fold_table *t = table_new(1, 8, 2);

	for (int job = 0; job < 7; job++)
		hit(t, start_rule, 1000, job, 0);
	CHECK_INT(lost(t, FOLD_LOSS_SPILLED), 2);
	CHECK_INT(lost(t, FOLD_LOSS_INSERT), 4);
	fold_table__free(t);
}

static void stale_start_makes_room(void)
{
	struct fold_table *t = table_new(1, 8, 8);
	struct fold_tables tables = fold_table_tables(t);
	struct snapshot *s;

	/* job 1 is never answered; a second later it has to leave the slot, but is not forgotten */
	hit(t, start_rule, 1000, 1, 0);
	hit(t, start_rule, 1000 + FOLD_STALE_NS, 2, 0);
	CHECK_INT(tables.slots[0].key.job, 2);
	CHECK_INT(lost(t, FOLD_LOSS_SPILLED), 1);
	hit(t, done_rule, 2000 + FOLD_STALE_NS, 1, 0);
	hit(t, done_rule, 1500 + FOLD_STALE_NS, 2, 0);
	s = snapshot_of(t);
	CHECK_INT(s->rows[0].count, 2);
	CHECK_INT(s->rows[0].sum, 1000 + FOLD_STALE_NS + 500);
	CHECK_INT(losses_but(t, FOLD_LOSS_SPILLED), 0);
	snapshot__free(s);
	fold_table__free(t);
}

static void locked_slot_is_counted(void)
{
	struct fold_table *t = table_new(1, 8, 8);
	struct fold_tables tables = fold_table_tables(t);

	((struct fold_slot *)tables.slots)[0].lock = 1;
	hit(t, start_rule, 1000, 1, 0);
	CHECK_INT(lost(t, FOLD_LOSS_BUSY), 1);
	CHECK_INT(in_slots(t), 0);
	fold_table__free(t);
}

static void full_group_table_is_counted(void)
{
	struct fold_table *t = table_new(64, 2, 8);
	struct snapshot *s;

	for (int client = 0; client < 5; client++) {
		hit(t, start_rule, 1000, 1, client);
		hit(t, done_rule, 1001, 1, client);
	}
	s = snapshot_of(t);
	CHECK_INT(s->nrows, 2);
	CHECK_INT(lost(t, FOLD_LOSS_GROUP), 3);
	snapshot__free(s);
	fold_table__free(t);
}

static void counts_are_counted(void)
{
	struct fold_table *t = table_new(1, 8, 8);
	struct snapshot *s;

	for (int i = 0; i < 1009; i++)
		hit(t, count_rule, 0, i, 0);
	s = snapshot_of(t);
	CHECK_INT(s->nrows, 1);
	CHECK_INT(s->rows[0].row, 2);
	CHECK_INT(s->rows[0].count, 1009);
	CHECK(s->rows[0].buckets == NULL);
	snapshot__free(s);
	fold_table__free(t);
}

static void groups_split_by_process(void)
{
	struct fold_table *t = table_new(1, 8, 8);
	struct fold_hit h = { .by_process = 1 };
	struct snapshot *s;

	for (int i = 0; i < 6; i++) {
		h.tgid = i % 3 ? 11 : 5;
		fold_table_hit(t, count_rule, 4, &h);
	}
	s = snapshot_of(t);
	CHECK_INT(s->nrows, 2);
	CHECK_INT(snapshot_find(s, 2, 0, 5)->count, 2);
	CHECK_INT(snapshot_find(s, 2, 0, 11)->count, 4);
	snapshot__free(s);
	fold_table__free(t);
}

static void several_rules_of_one_probe_all_apply(void)
{
	/* as os-X-start, which ends one stage and begins the next */
	static const struct fold_rule both[] = {
		{ .verb = FOLD_DONE, .job = 0, .sub = 1, .by = FOLD_FROM_NONE, .pair = 1 },
		{ .verb = FOLD_START, .job = 0, .sub = 1, .by = FOLD_FROM_NONE, .pair = 2 },
		{ .verb = FOLD_NONE },
	};
	static const struct fold_rule last[] = {
		{ .verb = FOLD_DONE,
		  .job = 0,
		  .sub = 1,
		  .by = FOLD_FROM_NONE,
		  .pair = 2,
		  .group = 1 },
		{ .verb = FOLD_NONE },
	};
	struct fold_table *t = table_new(64, 8, 8);
	struct snapshot *s;

	hit(t, start_rule, 100, 9, 0);
	hit(t, both, 130, 9, 0);
	hit(t, last, 200, 9, 0);
	s = snapshot_of(t);
	CHECK_INT(s->nrows, 2);
	CHECK_INT(snapshot_find(s, 0, 0, 0)->sum, 30);
	CHECK_INT(snapshot_find(s, 1, 0, 0)->sum, 70);
	snapshot__free(s);
	fold_table__free(t);
}

static void thread_can_be_the_key(void)
{
	static const struct fold_rule begin[] = {
		{ .verb = FOLD_START, .job = FOLD_FROM_TID, .sub = FOLD_FROM_NONE, .pair = 1 },
		{ 0 }
	};
	static const struct fold_rule end[] = { { .verb = FOLD_DONE,
						  .job = FOLD_FROM_TID,
						  .sub = FOLD_FROM_NONE,
						  .by = FOLD_FROM_NONE,
						  .pair = 1 },
						{ 0 } };
	struct fold_table *t = table_new(64, 8, 8);
	struct fold_hit h = { .tgid = TGID };
	struct snapshot *s;

	for (h.tid = 1; h.tid <= 3; h.tid++) {
		h.time = 100 * h.tid;
		fold_table_hit(t, begin, 4, &h);
	}
	h.time = 1000;
	h.tid = 2;
	fold_table_hit(t, end, 4, &h);
	s = snapshot_of(t);
	CHECK_INT(s->rows[0].sum, 800);
	snapshot__free(s);
	fold_table__free(t);
}

static void buckets_hold_their_values(void)
{
	/* every value lies within its bucket's bounds, and bounds leave no gap */
	for (uint32_t b = 0; b < FOLD_BUCKETS; b++) {
		CHECK_INT(fold_bucket(bucket_low(b)), b);
		CHECK_INT(fold_bucket(bucket_high(b)), b);
		if (b)
			CHECK(bucket_low(b) == bucket_high(b - 1) + 1);
	}
	CHECK(bucket_low(0) == 0);
	CHECK(bucket_high(FOLD_BUCKETS - 1) == UINT64_MAX);
	/* each power of two begins a bucket */
	for (int p = 0; p < 64; p++)
		CHECK(bucket_low(fold_bucket(1ULL << p)) == 1ULL << p);
	/* 16 steps in a power of two: no bucket is wider than 1/16 of its low end */
	for (uint32_t b = FOLD_STEPS; b < FOLD_BUCKETS; b++)
		CHECK((bucket_high(b) - bucket_low(b) + 1) * 16 <= bucket_low(b));
}

static const struct test tests[] = {
	TEST(start_and_done_make_a_duration),
	TEST(keys_do_not_mix),
	TEST(colliding_sessions_keep_the_mean),
	TEST(fifth_start_overwrites_the_oldest),
	TEST(done_without_start_is_an_orphan),
	TEST(done_before_start_is_negative),
	TEST(clashing_keys_spill_and_come_back),
	TEST(spilled_key_keeps_its_starts_together),
	TEST(full_spill_table_is_counted),
	TEST(stale_start_makes_room),
	TEST(locked_slot_is_counted),
	TEST(full_group_table_is_counted),
	TEST(counts_are_counted),
	TEST(groups_split_by_process),
	TEST(several_rules_of_one_probe_all_apply),
	TEST(thread_can_be_the_key),
	TEST(buckets_hold_their_values),
};

TEST_MAIN("fold")
