// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Snapshots: merging of stripes and of twin groups, differences, means and percentiles.
 */
#include <stdlib.h>

#include "core/snapshot.h"
#include "test.h"

#define MAX_GROUPS 4
#define STRIPES	   2

static struct {
	struct fold_slot slots[2];
	struct fold_group_entry groups[32];
	struct fold_tally tallies[STRIPES * MAX_GROUPS];
	struct fold_hist hists[STRIPES * MAX_GROUPS];
	uint64_t losses[FOLD_LOSS_MAX];
} memory;

static struct fold_tables tables_new(void)
{
	memset(&memory, 0, sizeof(memory));
	return (struct fold_tables){ .slots = memory.slots,
				     .nslots = 2,
				     .groups = memory.groups,
				     .ngroups = 32,
				     .max_groups = MAX_GROUPS,
				     .stripes = STRIPES,
				     .tallies = memory.tallies,
				     .hists = memory.hists,
				     .losses = memory.losses };
}

static void group_set(int entry, uint32_t index, uint32_t row, uint64_t by, uint32_t tgid)
{
	memory.groups[entry] =
		(struct fold_group_entry){ .state = FOLD_GROUP_READY + index,
					   .group = { .by = by, .tgid = tgid, .row = row + 1 } };
}

static void add(int stripe, uint32_t index, uint64_t duration, uint64_t times)
{
	int i = stripe * MAX_GROUPS + index;

	memory.hists[i].bucket[fold_bucket(duration)] += times;
	memory.tallies[i].sum += duration * times;
	if (duration > memory.tallies[i].max)
		memory.tallies[i].max = duration;
}

static void stripes_and_twins_are_one_row(void)
{
	struct fold_tables t = tables_new();
	struct snapshot *s;

	/* two CPUs made an entry each for row 1 */
	group_set(3, 0, 1, 2, 0);
	group_set(4, 2, 1, 2, 0);
	add(0, 0, 100, 3);
	add(1, 0, 900, 2);
	add(1, 2, 500, 1);
	s = snapshot__take(&t);
	CHECK_INT(s->nrows, 1);
	CHECK_INT(s->rows[0].row, 1);
	CHECK_INT(s->rows[0].by, 2);
	CHECK_INT(s->rows[0].count, 6);
	CHECK_INT(s->rows[0].sum, 300 + 1800 + 500);
	CHECK_INT(s->rows[0].max, 900);
	snapshot__free(s);
}

static void half_made_groups_are_not_rows(void)
{
	struct fold_tables t = tables_new();
	struct snapshot *s;

	memory.groups[0].state = FOLD_GROUP_CLAIMED;
	group_set(1, MAX_GROUPS, 0, 0, 0); /* an index beyond the tallies */
	s = snapshot__take(&t);
	CHECK_INT(s->nrows, 0);
	snapshot__free(s);
}

static void durations_of_zero_count(void)
{
	struct fold_tables t = tables_new();
	struct snapshot *s;

	group_set(0, 0, 0, 0, 0);
	add(0, 0, 0, 5);
	s = snapshot__take(&t);
	CHECK_INT(s->rows[0].count, 5);
	CHECK_INT(s->rows[0].max, 0);
	CHECK_INT(snapshot_percentile(&s->rows[0], 0.5), 0);
	snapshot__free(s);
}

static void since_is_what_happened_between(void)
{
	struct fold_tables t = tables_new();
	struct snapshot *before, *now, *since;

	group_set(0, 0, 0, 0, 0);
	add(0, 0, 1 << 20, 7);
	memory.losses[FOLD_LOSS_ORPHAN] = 3;
	before = snapshot__take(&t);
	add(1, 0, 1 << 10, 4);
	group_set(1, 1, 2, 0, 0);
	add(0, 1, 64, 1);
	memory.losses[FOLD_LOSS_ORPHAN] = 5;
	now = snapshot__take(&t);
	since = snapshot__since(now, before);
	CHECK_INT(since->nrows, 2);
	CHECK_INT(since->rows[0].count, 4);
	CHECK_INT(since->rows[0].sum, 4 << 10);
	/* the long ones were before: the maximum is that of the bucket 1024 to 1087 */
	CHECK_INT(since->rows[0].max, 1087);
	CHECK_INT(snapshot_find(since, 2, 0, 0)->count, 1);
	CHECK_INT(snapshot_find(since, 2, 0, 0)->max, 64);
	CHECK_INT(since->losses[FOLD_LOSS_ORPHAN], 2);
	CHECK_INT(now->rows[0].count, 11);
	snapshot__free(since);
	snapshot__free(before);
	snapshot__free(now);
}

static void percentiles_are_within_their_step(void)
{
	struct fold_tables t = tables_new();
	struct snapshot *s;

	group_set(0, 0, 0, 0, 0);
	/* 1 to 1000 us, one each: the p-th percentile is 1000 p us */
	for (int us = 1; us <= 1000; us++)
		add(us & 1, 0, us * 1000, 1);
	s = snapshot__take(&t);
	CHECK_INT(s->rows[0].count, 1000);
	CHECK(snapshot_mean(&s->rows[0]) == 500500.0);
	for (int p = 1; p <= 999; p++) {
		double want = p * 1000.0;
		double got = (double)snapshot_percentile(&s->rows[0], p / 1000.0);

		CHECK(got >= want * (1 - 0.0325) && got <= want * (1 + 0.0325));
	}
	snapshot__free(s);
}

static void empty_row_has_no_numbers(void)
{
	struct snapshot_row row = { 0 };

	CHECK(snapshot_mean(&row) == 0);
	CHECK_INT(snapshot_percentile(&row, 0.99), 0);
}

static const struct test tests[] = {
	TEST(stripes_and_twins_are_one_row),	 TEST(half_made_groups_are_not_rows),
	TEST(durations_of_zero_count),		 TEST(since_is_what_happened_between),
	TEST(percentiles_are_within_their_step), TEST(empty_row_has_no_numbers),
};

TEST_MAIN("snapshot")
