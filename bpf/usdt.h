/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the BPF programs and user space share: the table of sites, which says where a probe's
 * arguments stand and what a hit does, and the records sent when something has to be seen one by
 * one.
 */
#ifndef ASSAY_USDT_H
#define ASSAY_USDT_H

#include "fold_types.h"

#define USDT_MAX_RULES 4

/* Where one argument stands. */
struct usdt_arg {
	__u8 reg;   /* word in the context, see regs.h; REGS_NONE: it is the constant `value` */
	__u8 shift; /* 64 - bits it is wide */
	__u8 is_signed;
	__u8 is_text; /* it points to one */
	__u8 reserved[4];
	__s64 value;
};

/*
 * Sites whose arguments and rules are alike share one of these. What nearly all hits need is in its
 * first cache line.
 */
struct usdt_site {
	__u8 nargs; /* arguments to read: as many as the rules want, all where hits are sent */
	__u8 texts; /* bit n: argument n is a text */
	__u8 sends; /* a record of every hit, where the run has such */
	__u8 reserved;
	__u32 probe;				/* its number, where hits are sent */
	struct fold_rule rules[USDT_MAX_RULES]; /* ended by FOLD_NONE where there are fewer */
	struct usdt_arg args[FOLD_MAX_ARGS];
} __attribute__((aligned(64)));

/*
 * Sites by the low bits of their address, which are the same wherever a binary is loaded. Each
 * trace event has such a page, its cookie being the page's number (user/core/attach_events.h).
 * uprobe_multi links have one page together: reading it is cheaper than the helper that gets the
 * cookie, which only tells where sites share their low bits.
 */
#define USDT_PAGE	4096
#define USDT_NO_SITE	0xffff
#define USDT_ASK_COOKIE 0xfffe
struct usdt_page {
	__u16 site[USDT_PAGE];
};

/* Kinds of records. */
enum record_kind {
	RECORD_HIT = 1,	 /* struct record_hit */
	RECORD_SLOW = 2, /* struct record_slow */
	RECORD_EXEC = 3, /* struct record alone: a process has a new program */
	RECORD_TEXT = 4, /* struct record_text: a hit with texts */
};

struct record {
	__u64 time; /* ns, CLOCK_MONOTONIC */
	__u32 tgid;
	__u32 tid;
	__u32 kind; /* enum record_kind */
	__u32 site; /* index in the table of sites */
};

/* A hit as it came. A run's records all have the same number of arguments. */
struct record_hit {
	struct record head;
	__u64 args[FOLD_MAX_ARGS];
};

/*
 * Hits go through rings of their own, a stripe of CPUs each: a record costs two calls into the
 * kernel less than through a BPF ring buffer. A writer takes its place with one atomic, fills it,
 * and says so in `turn`, which is 1 + how many records came before; the reader moves `tail`.
 */
struct hit_ring {
	__u64 head; /* places taken, ever */
	__u64 reserved1[7];
	__u64 tail; /* records read, ever */
	__u64 reserved2[7];
};

struct hit_place {
	__u64 turn;
	struct record_hit hit; /* cut to the run's number of arguments */
};
#define HIT_PLACE_SIZE(args) (sizeof(__u64) + sizeof(struct record) + sizeof(__u64) * (args))

/*
 * Texts are copied inside the probe, as what they are in may be freed right behind it: each up to
 * TEXT_MAX bytes, its NUL included, all of a hit together up to TEXT_ROOM.
 */
#define TEXT_MAX  8192
#define TEXT_ROOM (2 * TEXT_MAX)
#define TEXT_NONE 0xffff /* where a text that was not copied begins */

/* A hit with texts. Ends where the last of them does. */
struct record_text {
	struct record head;
	__u64 args[FOLD_MAX_ARGS];  /* of a text: its hash */
	__u16 begin[FOLD_MAX_ARGS]; /* in `text`; of texts only */
	__u32 cut;		    /* bit n: text n was longer */
	__u32 size;		    /* bytes of `text` in use */
	char text[TEXT_ROOM];	    /* each ended with a NUL */
};

/* A text that a key or a group stands for, by its hash. */
struct text_entry {
	char text[FOLD_TEXT_KEY];
};

/* A duration of at least the wanted length has just ended. */
struct record_slow {
	struct record head;
	struct fold_key key;
	__u64 duration; /* ns */
	__u32 row;	/* that it was folded into */
	__u32 reserved;
};

#endif
