/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Duet's overlap: what is remembered of single pages, and what comes of it when they are looked up,
 * leave or go to the disk. A header with two homes: the kernel, where chunks.bpf.h keeps the table
 * of chunks, and tests. CPUs that work on the same chunk at once change bits, not words.
 */
#ifndef ASSAY_OVERLAP_H
#define ASSAY_OVERLAP_H

#include "pages.h"

/* What is remembered of 64 pages of a file, side by side. A bit a page. */
#define CHUNK_PAGES 64
struct chunk {
	__u64 inode;
	__u32 dev;
	__u32 number;	    /* of the first page, divided by 64 */
	__u32 state;	    /* enum chunk_state */
	__u32 age;	    /* the half window that `touched` is of */
	__u64 own;	    /* in memory, and brought there by maintenance */
	__u64 fresh[SIDES]; /* in memory, brought by that side, and not looked up by it yet */
	__u64 gone;	    /* was in memory, not by maintenance, and left */
	__u64 dirty;	    /* made so by maintenance */
	__u64 touched;	    /* used by the foreground in this half window */
	__u64 before;	    /* in the half window before */
};

enum chunk_state { CHUNK_FREE, CHUNK_CLAIMED, CHUNK_READY };

/* What happens to pages. */
enum chunk_verb {
	CHUNK_ADD,
	CHUNK_REMOVE,
	CHUNK_DIRTY,
	CHUNK_FLUSH,
	CHUNK_LOOK_UP,
	CHUNK_MAP,   /* into a process, those that are in memory */
	CHUNK_FETCH, /* from the disk, after they were added */
};

/* To which pages, and what came of it. */
struct chunk_span {
	__u64 inode;
	__u64 first, last; /* pages */
	__u64 new;	   /* looked up: from here on not looked up by this read before */
	__u32 dev;
	__u32 verb;
	__u32 side;
	__u32 age; /* half windows */
	/* pages, of those that are looked up or fetched: enum page_count says what these are */
	__u32 read, own, warm, again, earlier;
	__u32 others;	   /* of those that leave: not brought by maintenance */
	__u32 others_warm; /* of these: used by the foreground within the window */
	__u32 maintained;  /* of those that are flushed: dirtied by maintenance */
};

static __always_inline bool chunk_knows(const struct chunk *c)
{
	return c->own | c->fresh[0] | c->fresh[1] | c->gone | c->dirty | c->touched | c->before;
}

static __always_inline void bits_set(__u64 *word, __u64 bits)
{
	if ((*word & bits) != bits)
		__sync_fetch_and_or(word, bits);
}

static __always_inline void bits_clear(__u64 *word, __u64 bits)
{
	if (*word & bits)
		__sync_fetch_and_and(word, ~bits);
}

static __always_inline __u32 bits_count(__u64 bits)
{
	return __builtin_popcountll(bits);
}

/* The foreground used them. */
static __always_inline void chunk_touch(struct chunk *c, __u32 age, __u64 bits)
{
	__u32 was = c->age;

	if (was != age && __sync_val_compare_and_swap(&c->age, was, age) == was) {
		c->before = was + 1 == age ? c->touched : 0;
		c->touched = 0;
	}
	bits_set(&c->touched, bits);
	bits_clear(&c->own, bits);
}

/* Those that the foreground used within the window. */
static __always_inline __u64 chunk_warm(const struct chunk *c, __u32 age)
{
	if (c->age == age)
		return c->touched | c->before;
	return c->age + 1 == age ? c->touched : 0;
}

static __always_inline void chunk_add(struct chunk *c, const struct chunk_span *s, __u64 bits)
{
	if (s->side == SIDE_MAINTENANCE) {
		bits_set(&c->own, bits);
		bits_set(&c->fresh[SIDE_MAINTENANCE], bits);
		bits_clear(&c->fresh[SIDE_FOREGROUND], bits);
		return;
	}
	chunk_touch(c, s->age, bits);
	bits_set(&c->fresh[SIDE_FOREGROUND], bits);
	bits_clear(&c->fresh[SIDE_MAINTENANCE], bits);
	bits_clear(&c->gone, bits);
}

static __always_inline void chunk_remove(struct chunk *c, struct chunk_span *s, __u64 bits)
{
	__u64 others = bits & ~c->own;

	s->others += bits_count(others);
	s->others_warm += bits_count(others & chunk_warm(c, s->age));
	bits_set(&c->gone, others);
	bits_clear(&c->own, bits);
	bits_clear(&c->fresh[SIDE_FOREGROUND], bits);
	bits_clear(&c->fresh[SIDE_MAINTENANCE], bits);
	bits_clear(&c->dirty, bits);
}

/* What came to be written was not read. */
static __always_inline void chunk_dirty(struct chunk *c, const struct chunk_span *s, __u64 bits)
{
	if (s->side == SIDE_MAINTENANCE) {
		bits_set(&c->dirty, bits);
		bits_clear(&c->fresh[SIDE_MAINTENANCE], bits);
		return;
	}
	bits_clear(&c->dirty, bits);
	bits_clear(&c->fresh[SIDE_FOREGROUND], bits);
	chunk_touch(c, s->age, bits);
}

/*
 * Those that a side has brought and not looked up yet had to be read for it. Of what maintenance
 * finds, what is warm and not gone is there thanks to the foreground. `new` are those that this
 * read looks up for the first time; the others may have come since.
 */
static __always_inline void chunk_look_up(struct chunk *c, struct chunk_span *s, __u64 bits,
					  __u64 new)
{
	__u64 warm = chunk_warm(c, s->age), read;

	if (s->side != SIDE_MAINTENANCE) {
		read = c->fresh[SIDE_FOREGROUND] & bits;
		s->read += bits_count(read);
		bits_clear(&c->fresh[SIDE_FOREGROUND], read);
		chunk_touch(c, s->age, bits);
		return;
	}
	read = c->fresh[SIDE_MAINTENANCE] & bits;
	s->read += bits_count(read);
	new &= ~read;
	s->own += bits_count(new & c->own);
	s->warm += bits_count(new &warm & ~c->own & ~c->gone);
	bits_clear(&c->fresh[SIDE_MAINTENANCE], read);
}

/* Maintenance reads them from the disk: they may have been in memory. */
static __always_inline void chunk_fetch(struct chunk *c, struct chunk_span *s, __u64 bits)
{
	s->again += bits_count(bits & chunk_warm(c, s->age));
	s->earlier += bits_count(bits & c->gone);
	bits_clear(&c->gone, bits);
}

static __always_inline void chunk_use(struct chunk *c, struct chunk_span *s, __u64 bits, __u64 new)
{
	switch (s->verb) {
	case CHUNK_ADD:
		chunk_add(c, s, bits);
		break;
	case CHUNK_REMOVE:
		chunk_remove(c, s, bits);
		break;
	case CHUNK_DIRTY:
		chunk_dirty(c, s, bits);
		break;
	case CHUNK_FLUSH:
		s->maintained += bits_count(c->dirty & bits);
		bits_clear(&c->dirty, bits);
		break;
	case CHUNK_LOOK_UP:
		chunk_look_up(c, s, bits, new);
		break;
	case CHUNK_MAP:
		/* of the foreground's, what has left is not among them */
		chunk_look_up(c, s, s->side == SIDE_MAINTENANCE ? bits : bits & ~c->gone, 0);
		break;
	case CHUNK_FETCH:
		chunk_fetch(c, s, bits);
		break;
	}
}

/* What a thread reads. */
struct reading {
	__u64 inode;
	__u64 first, last; /* pages */
	__u32 dev;
	__u32 reserved;
};

/* What of a look-up is new. */
struct looked_up {
	__u64 new;     /* the first page that was not looked up before */
	__u64 skipped; /* from here on up to the first page there may be more; UINT64_MAX: none */
};

#define READING_SKIPS 64 /* pages */

/*
 * Pages of a file are looked up, up to the end of what is asked for; `was` is what the thread read
 * before, and becomes this. A read of many comes here again and again, as it goes on; reads of a
 * few bytes in a row come with the same page again. And the kernel does not come here with pages
 * that are there when it has to wait for the next one (filemap_get_pages() in mm/filemap.c): then a
 * file seems to be read from some page on, or a few are left out between two reads.
 */
static __always_inline struct looked_up reading_on(struct reading *was, const struct reading *now)
{
	struct looked_up r = { .new = now->first, .skipped = ~0ULL };

	if (was->inode != now->inode || was->dev != now->dev) {
		if (now->first && now->first < READING_SKIPS)
			r.skipped = 0;
	} else if (now->last == was->last && now->first > was->first) {
		r.new = now->last + 1;
	} else if (now->first == was->last) {
		r.new = now->first + 1;
	} else if (now->first > was->last + 1 && now->first - was->last < READING_SKIPS) {
		r.skipped = was->last + 1;
	}
	*was = *now;
	return r;
}

#endif
