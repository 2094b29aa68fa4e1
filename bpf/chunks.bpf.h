/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is remembered of single pages: who brought them, who used them, who made them dirty. Chunks
 * of 64 pages in a table of fixed size, each in one of a few places; the one that was not used for
 * longest makes room, and if anything was known of its pages, that is counted.
 *
 * CPUs that work on the same chunk at once change bits, not words. What happens while a chunk
 * changes hands is not worth a lock: it is the least used one.
 */
#ifndef ASSAY_CHUNKS_BPF_H
#define ASSAY_CHUNKS_BPF_H

#include "overlap.h"

#define CHUNK_PROBES 8 /* places that a chunk can be in */

const volatile __u32 chunk_mask = 0;  /* places - 1, a power of two */
const volatile __u64 half_window = 1; /* ns */

__u64 forgotten; /* chunks that made room though something was known of them */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* set before load */
	__type(key, __u32);
	__type(value, struct chunk);
} chunks SEC(".maps");

static __always_inline __u32 chunk_hash(const struct chunk_span *s, __u32 number)
{
	__u64 h = (s->inode ^ (__u64)s->dev << 40) * 0x9e3779b97f4a7c15ULL;

	h = (h ^ h >> 29 ^ number) * 0xff51afd7ed558ccdULL;
	return h >> 32;
}

static __always_inline struct chunk *chunk_at(__u32 i)
{
	i &= chunk_mask;
	return bpf_map_lookup_elem(&chunks, &i);
}

static __always_inline struct chunk *chunk_find(const struct chunk_span *s, __u32 number,
						__u32 hash)
{
	for (__u32 i = 0; i < CHUNK_PROBES; i++) {
		struct chunk *c = chunk_at(hash + i);

		if (c && c->inode == s->inode && c->number == number && c->dev == s->dev &&
		    c->state == CHUNK_READY)
			return c;
	}
	return NULL;
}

/*
 * The place that is given up for another chunk: nobody's, or the least used; NULL while one of them
 * changes hands, maybe to become this very chunk's.
 */
static __always_inline struct chunk *chunk_victim(__u32 hash)
{
	struct chunk *victim = NULL, *c;

	for (__u32 i = 0; i < CHUNK_PROBES; i++) {
		c = chunk_at(hash + i);
		if (!c || c->state == CHUNK_CLAIMED)
			return NULL;
		if (c->state == CHUNK_FREE)
			return c;
		if (!victim || (!chunk_knows(c) && chunk_knows(victim)) ||
		    (chunk_knows(c) == chunk_knows(victim) && (__s32)(c->age - victim->age) < 0))
			victim = c;
	}
	return victim;
}

/* Its place; NULL when it has none, or when that can't be said right now. */
static __always_inline struct chunk *chunk_claim(const struct chunk_span *s, __u32 number,
						 __u32 hash)
{
	struct chunk *c = chunk_victim(hash);
	__u32 state;

	if (!c)
		return NULL;
	state = c->state;
	if (state == CHUNK_CLAIMED ||
	    __sync_val_compare_and_swap(&c->state, state, CHUNK_CLAIMED) != state)
		return NULL;
	if (state == CHUNK_READY && chunk_knows(c))
		__sync_fetch_and_add(&forgotten, 1);
	c->inode = s->inode;
	c->dev = s->dev;
	c->number = number;
	c->age = s->age;
	c->own = c->fresh[0] = c->fresh[1] = c->gone = c->dirty = c->touched = c->before = 0;
	__sync_lock_test_and_set(&c->state, CHUNK_READY);
	return c;
}

#define CHUNK_TRIES 16

/* The chunk, made if it is not there. NULL: it can't be remembered. */
static __always_inline struct chunk *chunk_make(const struct chunk_span *s, __u32 number,
						__u32 hash)
{
	struct chunk *c;

	for (int i = 0; i < CHUNK_TRIES; i++) {
		c = chunk_find(s, number, hash);
		if (!c)
			c = chunk_claim(s, number, hash);
		if (c)
			return c;
	}
	__sync_fetch_and_add(&forgotten, 1);
	return NULL;
}

/* Whether it is to be remembered where nothing is known yet. */
static __always_inline bool chunk_begins(const struct chunk_span *s)
{
	switch (s->verb) {
	case CHUNK_ADD:
	case CHUNK_REMOVE:
	case CHUNK_DIRTY:
		return true;
	case CHUNK_LOOK_UP:
	case CHUNK_MAP:
		return s->side == SIDE_FOREGROUND;
	}
	return false;
}

/* Those of the first chunk of a span, which begins behind it from then on. */
__attribute__((noinline)) int chunk_step(struct chunk_span *s)
{
	__u64 bits, new, end;
	__u32 number, hash;
	struct chunk *c;

	if (!s)
		return 0;
	number = s->first / CHUNK_PAGES;
	hash = chunk_hash(s, number);
	end = s->first | (CHUNK_PAGES - 1);
	end = end < s->last ? end : s->last;
	bits = ~0ULL << (s->first % CHUNK_PAGES) & ~0ULL >> (CHUNK_PAGES - 1 - end % CHUNK_PAGES);
	new = s->new <= s->first ? bits : s->new > end ? 0 : bits & ~0ULL << (s->new % CHUNK_PAGES);
	c = chunk_begins(s) ? chunk_make(s, number, hash) : chunk_find(s, number, hash);
	if (c)
		chunk_use(c, s, bits, new);
	else if (s->verb == CHUNK_REMOVE)
		s->others += bits_count(bits);
	s->first = end + 1;
	return 0;
}

#define CHUNK_STEPS 64 /* of a span: 16 MiB */

/* All of a span, or its beginning. */
static __always_inline void chunk_span_use(struct chunk_span *s)
{
	s->age = bpf_ktime_get_ns() / half_window;
	for (int i = 0; i < CHUNK_STEPS && s->first <= s->last; i++)
		chunk_step(s);
}

#endif
