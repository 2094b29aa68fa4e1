/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where the fold keeps its numbers: groups, found by hashing, each with a tally and a histogram.
 * What counts and measures without pairing probes, as the programs on the kernel's own tracepoints
 * do, needs this alone. Whoever includes it defines `struct fold`, whatever its home needs to find
 * its tables, and the functions under "What a home gives".
 */
#ifndef ASSAY_FOLD_GROUPS_H
#define ASSAY_FOLD_GROUPS_H

#include "fold_types.h"

/* What a home gives. Pointers may be NULL where a table has no such entry. */

struct fold; /* the home's own */

static __always_inline struct fold_group_entry *fold_home_group(struct fold *f, __u32 hash);
static __always_inline __u32 fold_home_group_new(struct fold *f); /* a fresh index */
/* this CPU's share of a group's numbers */
static __always_inline struct fold_tally *fold_home_tally(struct fold *f, __u32 index);
static __always_inline struct fold_hist *fold_home_hist(struct fold *f, __u32 index);
static __always_inline void fold_home_lost(struct fold *f, enum fold_loss what, __u64 n);

static __always_inline __u32 fold_group_hash(const struct fold_group *g)
{
	__u32 h = g->row * 0x85ebca6bU + (__u32)g->by * 0x9e3779b1U + g->tgid * 0xc2b2ae35U;

	return h ^ h >> 15;
}

static __always_inline bool fold_group_equal(const struct fold_group *a, const struct fold_group *b)
{
	return a->row == b->row && a->tgid == b->tgid && a->by == b->by;
}

/* A load that what follows is not read before. */
static __always_inline __u32 fold_load(__u32 *p)
{
#if defined(__TARGET_ARCH_x86) || defined(__x86_64__)
	return *(volatile __u32 *)p; /* loads stay in order here */
#else
	return __sync_fetch_and_add(p, 0);
#endif
}

/* The group's index, made when it is new; negative when the table is full. */
static __always_inline __s64 fold_group_index(struct fold *f, const struct fold_group *group)
{
	__u32 hash = fold_group_hash(group);

	for (__u32 i = 0; i < FOLD_GROUP_PROBES; i++) {
		struct fold_group_entry *e = fold_home_group(f, hash + i);
		__u32 state, index;

		if (!e)
			break;
		state = fold_load(&e->state);
		/* one that is being claimed elsewhere may become this group's too: readers merge */
		if (state >= FOLD_GROUP_READY && fold_group_equal(&e->group, group))
			return state - FOLD_GROUP_READY;
		if (state == FOLD_GROUP_FREE &&
		    __sync_val_compare_and_swap(&e->state, FOLD_GROUP_FREE, FOLD_GROUP_CLAIMED) ==
			    FOLD_GROUP_FREE) {
			index = fold_home_group_new(f);
			e->group = *group;
			__sync_lock_test_and_set(&e->state, FOLD_GROUP_READY + index);
			return index;
		}
	}
	fold_home_lost(f, FOLD_LOSS_GROUP, 1);
	return -1;
}

/* The index of the numbers of a row as split by `by` and the process; negative: no room. */
static __always_inline __s64 fold_split_index(struct fold *f, __u32 row, __u64 by, __u32 tgid)
{
	struct fold_group group = { .by = by, .tgid = tgid, .row = row + 1 };

	return fold_group_index(f, &group);
}

/* So many more of what is counted at `index`; a negative one is none. */
static __always_inline void fold_count(struct fold *f, __s64 index, __u64 n)
{
	struct fold_tally *tally;

	if (index < 0)
		return;
	tally = fold_home_tally(f, (__u32)index);
	if (tally)
		__sync_fetch_and_add(&tally->count, n);
	else
		fold_home_lost(f, FOLD_LOSS_GROUP, 1);
}

/* One more value in the distribution at `index`; a negative one is none. */
static __always_inline void fold_value(struct fold *f, __s64 index, __u64 value)
{
	__u64 bucket = fold_bucket(value);
	struct fold_tally *tally;
	struct fold_hist *hist;

	if (index < 0)
		return;
	tally = fold_home_tally(f, (__u32)index);
	hist = fold_home_hist(f, (__u32)index);
	/* older verifiers follow the bound of all 64 bits only, in the register that was checked */
	FOLD_OPAQUE(bucket);
	if (!tally || !hist || bucket >= FOLD_BUCKETS) {
		fold_home_lost(f, FOLD_LOSS_GROUP, 1);
		return;
	}
	__sync_fetch_and_add(&hist->bucket[bucket], 1);
	__sync_fetch_and_add(&tally->sum, value);
	for (int i = 0; i < 4; i++) {
		__u64 max = tally->max;

		if (value <= max || __sync_val_compare_and_swap(&tally->max, max, value) == max)
			break;
	}
}

#endif
