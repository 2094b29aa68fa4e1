/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the fold (fold.h) works on and leaves behind: rules, keys, slots, groups, tallies and
 * histograms. Both sides know these; no pointers, no libc.
 */
#ifndef ASSAY_FOLD_TYPES_H
#define ASSAY_FOLD_TYPES_H

#ifndef ASSAY_VMLINUX_H
#include <linux/types.h>
#include <stdbool.h>
#endif

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

/*
 * Hides what the compiler knows of a value, so that it keeps the mask behind it: the verifier does
 * not follow the compiler's reasoning, it wants to see the bound.
 */
#define FOLD_OPAQUE(v) asm volatile("" : "+r"(v))

/* What one firing of one probe does. */
enum fold_verb {
	FOLD_NONE = 0,	/* end of a probe's rules */
	FOLD_COUNT = 1, /* one more in the group */
	FOLD_START = 2, /* a duration begins */
	/* the oldest start under the key ends here; the duration goes to the group */
	FOLD_DONE = 3,
	/* the same, or nothing: the probe's next rule is another pair it may be the done of */
	FOLD_DONE_OR = 4,
	/* the duration is divided by argument `by`, if that is not 0 */
	FOLD_DONE_EACH = 5,
	/* a duration begins that has a mark in its middle */
	FOLD_START_MARKED = 6,
	/* the mark, if such a duration is under way under the key; a later one replaces it */
	FOLD_MARK = 7,
	/* from the start to the mark goes to the group, from there to here to the next group */
	FOLD_DONE_MARKED = 8,
	FOLD_VALUE = 9, /* argument `job` itself goes to the group, as durations do */
};

/* Where a rule takes a part of its key from: an argument's number, or one of these. */
enum fold_from {
	FOLD_FROM_NONE = 255, /* this part is 0 */
	FOLD_FROM_TID = 254,  /* the thread */
};

struct fold_rule {
	__u8 verb;   /* enum fold_verb */
	__u8 job;    /* key, first part: argument number or enum fold_from */
	__u8 sub;    /* key, second part (client, extent), likewise */
	__u8 by;     /* what splits the group (client), likewise; of FOLD_DONE_EACH: the divisor */
	__u16 pair;  /* starts and dones of one pair find each other, no others */
	__u16 group; /* row of the report that a count or a duration belongs to */
};

/* One hit of a probe, as the fold sees it. */
#define FOLD_MAX_ARGS 8 /* a power of two */
struct fold_hit {
	__u64 time; /* ns, CLOCK_MONOTONIC */
	__u32 tgid;
	__u32 tid;
	__u64 by_process; /* not 0: split groups by process */
	__u64 args[FOLD_MAX_ARGS];
};

/* What identifies something that has begun. */
struct fold_key {
	__u64 job;
	__u64 sub;
	__u32 tgid;
	__u32 pair;
};

/* How many starts of one key wait side by side: sessions of a process whose job ids collide. */
#define FOLD_FIFO 4
/* Of pairs with a mark one less: it is where the last of them would be. */
#define FOLD_MARK_AT (FOLD_FIFO - 1)

/* A start whose done never came must not keep younger keys out of their slot. */
#define FOLD_STALE_NS 1000000000ULL

/* The starts under one key, oldest first. */
struct fold_starts {
	__u64 time[FOLD_FIFO]; /* ns, CLOCK_MONOTONIC */
};

/*
 * One cache line. A key belongs to one slot. The first key to come sits in the slot itself, others
 * that clash with it in the spill table; the slot's lock covers both.
 */
struct fold_slot {
	__u32 lock;
	__u16 n;       /* starts waiting under the slot's own key; 0: the slot is free */
	__u16 spilled; /* keys of this slot that are in the spill table */
	struct fold_key key;
	struct fold_starts starts;
};

struct fold_spill {
	__u64 n;
	struct fold_starts starts;
};

/*
 * What a count or a histogram is kept under. The numbers of a row that nothing splits are at the
 * index of the row; those of split rows behind these, wherever the group table says.
 */
struct fold_group {
	__u64 by;   /* value of the rule's `by`, else 0 */
	__u32 tgid; /* 0 unless split by process */
	__u32 row;  /* the rule's group; in the table one higher */
};

/*
 * An entry of the group table: open addressing, claimed once, never given back. The index of its
 * tally and histogram is part of the state, which is written last and read first. `row` is kept one
 * higher, so that an empty entry is nobody's.
 */
struct fold_group_entry {
	__u32 state; /* enum fold_group_state, or FOLD_GROUP_READY + index */
	__u32 reserved;
	struct fold_group group; /* its row + 1 */
};

enum fold_group_state { FOLD_GROUP_FREE = 0, FOLD_GROUP_CLAIMED = 1, FOLD_GROUP_READY = 2 };

#define FOLD_GROUP_PROBES 8 /* entries looked at before the table counts as full */

/* A power of two of entries for `max_groups` groups, so sparse that 8 probes nearly always do. */
static __always_inline __u32 fold_group_entries(__u32 max_groups)
{
	__u32 n = FOLD_GROUP_PROBES;

	while (n < max_groups * 8)
		n *= 2;
	return n;
}

/* How large a run's tables of numbers are. */
struct fold_limits {
	__u32 group_mask;  /* entries of the group table - 1, a power of two */
	__u32 max_groups;  /* tallies and histograms in a stripe */
	__u32 stripe_mask; /* stripes - 1, a power of two: CPUs beyond that share numbers */
};

struct fold_tally {
	__u64 count; /* of FOLD_COUNT; durations are counted by their histogram */
	__u64 sum;   /* ns, of all durations */
	__u64 max;   /* ns */
	__u64 reserved;
};

/*
 * Log-linear: FOLD_STEPS equal steps in each power of two. Values below FOLD_STEPS have a bucket
 * each. Powers of two are bucket bounds, so DTrace's quantize comes out exact.
 */
#define FOLD_STEPS_LOG2 4
#define FOLD_STEPS	(1 << FOLD_STEPS_LOG2)
#define FOLD_BUCKETS	((64 - FOLD_STEPS_LOG2 + 1) * FOLD_STEPS)

struct fold_hist {
	__u64 bucket[FOLD_BUCKETS];
};

/*
 * What went wrong, or was not as simple as it looks. user/core/loss.c has the texts. Numbers are
 * stored in recordings: never reuse one.
 */
enum fold_loss {
	FOLD_LOSS_OVERWRITTEN = 0, /* a start dropped: FOLD_FIFO younger ones of its key waited */
	FOLD_LOSS_ORPHAN = 1,	   /* a done without a start */
	FOLD_LOSS_AMBIGUOUS = 2,   /* a done that had more than one start to choose from */
	FOLD_LOSS_SPILLED = 3,	   /* a start that went to the spill table */
	FOLD_LOSS_INSERT = 4,	   /* a start dropped: the spill table was full */
	FOLD_LOSS_BUSY = 5,	   /* an event dropped: its slot stayed locked */
	FOLD_LOSS_GROUP = 6,	   /* an event dropped: the group table was full */
	FOLD_LOSS_NEGATIVE = 7,	   /* a duration dropped: the done is older than its start */
	FOLD_LOSS_RECORD = 8,	   /* a record dropped: its ring was full */
	FOLD_LOSS_SITE = 9,	   /* a hit of a site that is not in the table */
	FOLD_LOSS_UNMARKED = 10,   /* a duration dropped: its mark never came */
	FOLD_LOSS_CUT = 11,	   /* a text cut to the longest that is copied */
	FOLD_LOSS_UNREAD = 12,	   /* a text that could not be read */
	FOLD_LOSS_TEXT = 13,	   /* a text not kept: the table of texts was full */
	FOLD_LOSS_MAX = 14,
};

/*
 * The highest bit set in `v`, which is at least 1. BPF has no instruction for it, and branches
 * would be mispredicted and give the verifier 64 ways to follow: fill all lower bits, then a de
 * Bruijn sequence turns each of the 64 patterns into an index of its own.
 */
static const __u8 fold_log2_table[64] = {
	0,  47, 1,  56, 48, 27, 2,  60, 57, 49, 41, 37, 28, 16, 3,  61, 54, 58, 35, 52, 50, 42,
	21, 44, 38, 32, 29, 23, 17, 11, 4,  62, 46, 55, 26, 59, 40, 36, 15, 53, 34, 51, 20, 43,
	31, 22, 10, 45, 25, 39, 14, 33, 19, 30, 9,  24, 13, 18, 8,  12, 7,  6,	5,  63,
};

static __always_inline __u32 fold_log2(__u64 v)
{
	v |= v >> 1;
	v |= v >> 2;
	v |= v >> 4;
	v |= v >> 8;
	v |= v >> 16;
	v |= v >> 32;
	return fold_log2_table[(v * 0x03f79d71b4cb0a89ULL) >> 58];
}

/* The bucket a value falls into. */
static __always_inline __u32 fold_bucket(__u64 v)
{
	__u32 shift;

	if (v < FOLD_STEPS)
		return (__u32)v;
	shift = fold_log2(v) - FOLD_STEPS_LOG2;
	return (shift << FOLD_STEPS_LOG2) + (__u32)(v >> shift);
}

/*
 * What a text counts as where a key or a group wants a number: a hash of its first
 * FOLD_TEXT_KEY - 1 bytes, taken as words, the last one filled up with zeros.
 */
#define FOLD_TEXT_KEY  256
#define FOLD_TEXT_SEED 0x9e3779b97f4a7c15ULL
static __always_inline __u64 fold_text_mix(__u64 hash, __u64 word)
{
	hash = (hash ^ word) * 0xff51afd7ed558ccdULL;
	return hash ^ hash >> 32;
}

#endif
