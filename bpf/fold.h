/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The fold: what is counted, how a start finds its done, and where a duration goes. The only place
 * that knows, compiled twice: for the kernel over BPF maps (usdt.bpf.c) and for user space over
 * plain tables (user/core/fold_table.c), so a replayed report equals the live one.
 *
 * Whoever includes it defines `struct fold`, whatever its home needs to find its tables, and the
 * functions under "What a home gives".
 */
#ifndef ASSAY_FOLD_H
#define ASSAY_FOLD_H

#include "fold_groups.h"

/* What a home gives beside what fold_groups.h asks for. */

static __always_inline struct fold_slot *fold_home_slot(struct fold *f, __u32 hash);
static __always_inline struct fold_spill *fold_home_spill_find(struct fold *f,
							       const struct fold_key *key);
/* 0, or an error when the table is full; the key is not in it yet */
static __always_inline int fold_home_spill_add(struct fold *f, const struct fold_key *key,
					       const struct fold_spill *spill);
static __always_inline void fold_home_spill_remove(struct fold *f, const struct fold_key *key);
/* a duration has been folded into a row: the hook for slow IOs */
static __always_inline void fold_home_folded(struct fold *f, __u32 row, const struct fold_key *key,
					     __u64 duration);
/* whether any rule of the run has the verb: the verifier drops what none asks for */
static __always_inline bool fold_home_may(struct fold *f, enum fold_verb verb);

/*
 * A lock is held for tens of nanoseconds, for a microsecond when a key spills, by a program that
 * may be preempted: wait longer than that, then give up and count. Atomics, as tracing programs may
 * not use bpf_spin_lock.
 */
#define FOLD_LOCK_TRIES 256

static __always_inline bool fold_lock(struct fold_slot *slot)
{
#pragma GCC unroll 1
	for (int i = 0; i < FOLD_LOCK_TRIES; i++)
		if (__sync_val_compare_and_swap(&slot->lock, 0, 1) == 0)
			return true;
	return false;
}

static __always_inline void fold_unlock(struct fold_slot *slot)
{
#if defined(__TARGET_ARCH_x86) || defined(__x86_64__)
	/* stores stay in order here: a plain one will do, if the compiler does not move it */
	asm volatile("" ::: "memory");
	*(volatile __u32 *)&slot->lock = 0;
#else
	__sync_lock_test_and_set(&slot->lock, 0);
#endif
}

/*
 * Jobs are numbered in sequence: neighbours go to neighbouring slots, and those of other clients,
 * pairs and processes elsewhere, so clashes are rare while fewer jobs than slots are under way.
 */
static __always_inline __u32 fold_key_hash(const struct fold_key *key)
{
	return (__u32)key->job + (__u32)key->sub * 0x9e3779b1U + key->pair * 0x85ebca6bU +
	       key->tgid * 0xc2b2ae35U;
}

static __always_inline bool fold_key_equal(const struct fold_key *a, const struct fold_key *b)
{
	return a->job == b->job && a->sub == b->sub && a->tgid == b->tgid && a->pair == b->pair;
}

/* Adds a start behind the `n` that wait, `max` at most; the new n. A full FIFO loses its oldest. */
static __always_inline __u32 fold_push(struct fold *f, struct fold_starts *s, __u32 n, __u32 max,
				       __u64 time)
{
	if (n >= max) {
		for (int i = 0; i < FOLD_FIFO - 1; i++)
			s->time[i] = s->time[i + 1];
		FOLD_OPAQUE(max);
		s->time[(max - 1) & (FOLD_FIFO - 1)] = time;
		fold_home_lost(f, FOLD_LOSS_OVERWRITTEN, 1);
		return max;
	}
	FOLD_OPAQUE(n);
	s->time[n & (FOLD_FIFO - 1)] = time;
	return n + 1;
}

/* Takes the oldest start; `n`, at least 1, still counts it. */
static __always_inline __u64 fold_pop(struct fold *f, struct fold_starts *s, __u32 n)
{
	__u64 time = s->time[0];

	if (n > 1) {
		for (int i = 0; i < FOLD_FIFO - 1; i++)
			s->time[i] = s->time[i + 1];
		fold_home_lost(f, FOLD_LOSS_AMBIGUOUS, 1);
	}
	return time;
}

/* Puts what is under `key` into the spill table. The slot is locked. */
static __always_inline void fold_spill_new(struct fold *f, struct fold_slot *slot,
					   const struct fold_key *key,
					   const struct fold_starts *starts, __u32 n)
{
	struct fold_spill spill = { .n = n, .starts = *starts };

	if (fold_home_spill_add(f, key, &spill)) {
		fold_home_lost(f, FOLD_LOSS_INSERT, n);
		return;
	}
	slot->spilled++;
	fold_home_lost(f, FOLD_LOSS_SPILLED, n);
}

/* `max` starts may wait under the key. */
static __always_inline void fold_start_locked(struct fold *f, struct fold_slot *slot,
					      const struct fold_key *key, __u32 max, __u64 now)
{
	struct fold_spill *spill;

	if (slot->n && fold_key_equal(&slot->key, key)) {
		slot->n = fold_push(f, &slot->starts, slot->n, max, now);
		return;
	}
	/* the key may have spilled while the slot was taken: its starts stay together */
	if (slot->spilled) {
		spill = fold_home_spill_find(f, key);
		if (spill) {
			spill->n = fold_push(f, &spill->starts, spill->n, max, now);
			fold_home_lost(f, FOLD_LOSS_SPILLED, 1);
			return;
		}
	}
	if (slot->n) {
		struct fold_starts one = { .time = { now } };

		/* its clock may have been read later than ours */
		if (now < slot->starts.time[0] + FOLD_STALE_NS) {
			fold_spill_new(f, slot, key, &one, 1);
			return;
		}
		fold_spill_new(f, slot, &slot->key, &slot->starts, slot->n);
	}
	slot->key = *key;
	slot->starts.time[0] = now;
	slot->starts.time[FOLD_MARK_AT] = 0;
	slot->n = 1;
}

/* A start that was taken out; 0 when there was none. Its mark, if its pair has marks, or 0. */
struct fold_taken {
	__u64 start;
	__u64 mark;
};

/* Takes the oldest start under `key` out. */
static __always_inline struct fold_taken fold_done_locked(struct fold *f, struct fold_slot *slot,
							  const struct fold_key *key)
{
	struct fold_taken taken = { 0 };
	struct fold_spill *spill;

	if (slot->n && fold_key_equal(&slot->key, key)) {
		taken.mark = slot->starts.time[FOLD_MARK_AT];
		taken.start = fold_pop(f, &slot->starts, slot->n);
		slot->n--;
		return taken;
	}
	if (!slot->spilled)
		return taken;
	spill = fold_home_spill_find(f, key);
	if (!spill || !spill->n)
		return taken;
	taken.mark = spill->starts.time[FOLD_MARK_AT];
	taken.start = fold_pop(f, &spill->starts, spill->n);
	if (--spill->n == 0) {
		fold_home_spill_remove(f, key);
		slot->spilled--;
	}
	return taken;
}

/* Marks what is under way under `key`, if anything is. */
static __always_inline void fold_mark_locked(struct fold *f, struct fold_slot *slot,
					     const struct fold_key *key, __u64 now)
{
	struct fold_spill *spill;

	if (slot->n && fold_key_equal(&slot->key, key)) {
		slot->starts.time[FOLD_MARK_AT] = now;
		return;
	}
	spill = slot->spilled ? fold_home_spill_find(f, key) : NULL;
	if (spill)
		spill->starts.time[FOLD_MARK_AT] = now;
}

static __always_inline __u64 fold_part(const struct fold_hit *hit, __u32 from)
{
	if (from == FOLD_FROM_NONE)
		return 0;
	if (from == FOLD_FROM_TID)
		return hit->tid;
	FOLD_OPAQUE(from);
	return hit->args[from & (FOLD_MAX_ARGS - 1)];
}

/* Where the numbers of a row are: `by` says what splits it. */
static __always_inline __s64 fold_row_index(struct fold *f, __u32 row, __u32 by,
					    const struct fold_hit *hit)
{
	/* a row that nothing splits has its numbers at a place of its own */
	if (by == FOLD_FROM_NONE && !hit->by_process)
		return row;
	return fold_split_index(f, row, fold_part(hit, by), hit->by_process ? hit->tgid : 0);
}

/* What began at `taken` ends with this hit, and that is not before it. */
static __always_inline void fold_end(struct fold *f, const struct fold_rule *rule,
				     const struct fold_key *key, const struct fold_hit *hit,
				     const struct fold_taken *taken)
{
	__u64 duration = hit->time - taken->start, value = duration, each;
	__u32 row = rule->group, by = rule->by;

	if (fold_home_may(f, FOLD_DONE_MARKED) && rule->verb == FOLD_DONE_MARKED) {
		if (taken->mark < taken->start || taken->mark > hit->time) {
			fold_home_lost(f, FOLD_LOSS_UNMARKED, 1);
			return;
		}
		value = taken->mark - taken->start;
		fold_value(f, fold_row_index(f, row, by, hit), value);
		fold_home_folded(f, row, key, value);
		value = duration = hit->time - taken->mark;
		row++;
	}
	if (fold_home_may(f, FOLD_DONE_EACH) && rule->verb == FOLD_DONE_EACH) {
		each = fold_part(hit, by);
		by = FOLD_FROM_NONE;
		if (each)
			value = duration / each;
	}
	fold_value(f, fold_row_index(f, row, by, hit), value);
	fold_home_folded(f, row, key, duration);
}

/* Starts, marks and dones. Returns whether the hit's other rules are not to be looked at. */
static __always_inline bool fold_pair(struct fold *f, const struct fold_rule *rule,
				      const struct fold_hit *hit)
{
	struct fold_key key = {
		.job = fold_part(hit, rule->job),
		.sub = fold_part(hit, rule->sub),
		.tgid = hit->tgid,
		.pair = rule->pair,
	};
	struct fold_slot *slot = fold_home_slot(f, fold_key_hash(&key));
	struct fold_taken taken = { 0 };
	__u32 max = FOLD_FIFO;

	if (!slot || !fold_lock(slot)) {
		fold_home_lost(f, FOLD_LOSS_BUSY, 1);
		return false;
	}
	if (fold_home_may(f, FOLD_START_MARKED) && rule->verb == FOLD_START_MARKED)
		max = FOLD_MARK_AT;
	if (rule->verb == FOLD_START || max != FOLD_FIFO) {
		fold_start_locked(f, slot, &key, max, hit->time);
		fold_unlock(slot);
		return false;
	}
	if (fold_home_may(f, FOLD_MARK) && rule->verb == FOLD_MARK) {
		fold_mark_locked(f, slot, &key, hit->time);
		fold_unlock(slot);
		return false;
	}
	taken = fold_done_locked(f, slot, &key);
	fold_unlock(slot);
	if (!taken.start) {
		if (!fold_home_may(f, FOLD_DONE_OR) || rule->verb != FOLD_DONE_OR)
			fold_home_lost(f, FOLD_LOSS_ORPHAN, 1);
		return false;
	}
	if (hit->time < taken.start)
		fold_home_lost(f, FOLD_LOSS_NEGATIVE, 1);
	else
		fold_end(f, rule, &key, hit, &taken);
	return fold_home_may(f, FOLD_DONE_OR) && rule->verb == FOLD_DONE_OR;
}

/* Returns whether the hit's other rules are not to be looked at. */
static __always_inline bool fold_apply(struct fold *f, const struct fold_rule *rule,
				       const struct fold_hit *hit)
{
	if (fold_home_may(f, FOLD_COUNT) && rule->verb == FOLD_COUNT) {
		fold_count(f, fold_row_index(f, rule->group, rule->by, hit), 1);
		return false;
	}
	if (fold_home_may(f, FOLD_VALUE) && rule->verb == FOLD_VALUE) {
		fold_value(f, fold_row_index(f, rule->group, rule->by, hit),
			   fold_part(hit, rule->job));
		return false;
	}
	return fold_home_may(f, FOLD_START) && fold_pair(f, rule, hit);
}

#endif
