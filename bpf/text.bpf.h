/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Copies texts out of the traced process, inside the probe. For usdt.bpf.c alone: uses its
 * settings and maps.
 */
#ifndef ASSAY_TEXT_BPF_H
#define ASSAY_TEXT_BPF_H

#include "usdt.h"

#define TEXT_TRIES 4 /* rooms looked at before a hit is given up */

/* Where a hit puts its texts. Claimed: a program may be preempted by another on its CPU. */
struct text_room {
	__u64 taken;
	struct record_text record;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct text_room);
} text_rooms SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, struct text_entry);
} texts SEC(".maps");

/* The number of a room that is ours now, or -1. */
static __always_inline int text_room_take(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < TEXT_TRIES; i++) {
		__u32 at = (cpu + i) & room_mask;
		struct text_room *room = bpf_map_lookup_elem(&text_rooms, &at);

		if (!room || __sync_val_compare_and_swap(&room->taken, 0, 1))
			continue;
		room->record.cut = 0;
		room->record.size = 0;
		return at;
	}
	return -1;
}

static __always_inline struct text_room *text_room(__u32 number)
{
	return bpf_map_lookup_elem(&text_rooms, &number);
}

static __always_inline void text_room_give(__u32 number)
{
	struct text_room *room = text_room(number);

	if (room)
		__sync_lock_test_and_set(&room->taken, 0);
}

/* As user/core/text.c does it; `len` is without the NUL. */
static __always_inline __u64 text_hash(const char *text, __u32 len)
{
	__u64 hash = FOLD_TEXT_SEED;

	if (len > FOLD_TEXT_KEY - 1)
		len = FOLD_TEXT_KEY - 1;
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < FOLD_TEXT_KEY / 8; i++) {
		__u64 word;

		if (i * 8 >= len)
			break;
		word = *(const __u64 *)(text + i * 8);
		if (len - i * 8 < 8)
			word &= (1ULL << (len - i * 8) * 8) - 1;
		hash = fold_text_mix(hash, word);
	}
	return hash;
}

/* The text's hash stands for it from here on: keeps the text itself, for readers. */
static __always_inline void text_keep(__u64 hash, const char *text)
{
	if (bpf_map_lookup_elem(&texts, &hash))
		return;
	/* another CPU may have been faster */
	if (bpf_map_update_elem(&texts, &hash, text, BPF_NOEXIST) &&
	    !bpf_map_lookup_elem(&texts, &hash))
		__sync_fetch_and_add(&losses[FOLD_LOSS_TEXT], 1);
}

/*
 * Copies argument `n`, a text at `from`, into room `number`; its hash. Not static, for the
 * verifier's sake: see fold_one().
 */
__attribute__((noinline)) __u64 text_read(__u32 number, __u32 n, __u64 from)
{
	struct text_room *room = text_room(number);
	struct record_text *r;
	__u32 max = want_hits ? TEXT_MAX : FOLD_TEXT_KEY;
	__u32 at; /* in words */
	char *text;
	long len;
	__u64 hash;

	if (!room)
		return 0;
	r = &room->record;
	at = (r->size + 7) & ~7u;
	r->begin[n & (FOLD_MAX_ARGS - 1)] = TEXT_NONE;
	/* the first two always fit */
	if (at > TEXT_ROOM - TEXT_MAX) {
		__sync_fetch_and_add(&losses[FOLD_LOSS_UNREAD], 1);
		return 0;
	}
	text = r->text + at;
	len = bpf_probe_read_user_str(text, max, (const void *)from);
	if (len <= 0 || len > TEXT_MAX) {
		__sync_fetch_and_add(&losses[FOLD_LOSS_UNREAD], 1);
		text[0] = '\0';
		len = 1;
	}
	if (len == max) {
		char next = 1;

		/* it may be just as long as there is room for */
		bpf_probe_read_user(&next, 1, (const char *)from + max - 1);
		if (next) {
			__sync_fetch_and_add(&losses[FOLD_LOSS_CUT], 1);
			r->cut |= 1u << n;
		}
	}
	r->begin[n & (FOLD_MAX_ARGS - 1)] = at;
	r->size = at + len;
	hash = text_hash(text, len - 1);
	if (keep_texts)
		text_keep(hash, text);
	return hash;
}

#endif
