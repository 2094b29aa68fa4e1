// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * One program for every USDT site: it looks up which site was hit and what that asks for, folds the
 * hit into the maps (fold.h), and sends a record where one is wanted.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "regs.h"
#include "usdt.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Set before load, so that the verifier drops what a run does not want. */
const volatile __u32 want_verbs = 0;	/* bit n: a rule has verb n of enum fold_verb */
const volatile bool want_time = true;	/* when a hit was matters */
const volatile bool want_texts = false; /* some arguments are texts */
const volatile bool keep_texts = false; /* groups are split by them */
const volatile bool want_hits = false;	/* records of hits, of sites that send them */
const volatile bool want_slow = false;	/* a record of every slow duration */
const volatile bool by_page = false;	/* cookies number pages, not sites */
const volatile bool by_process = false; /* split groups by process */
const volatile bool ask_process = true; /* a hit's process or thread matters, and can be any */
const volatile __u64 only_process = 0;	/* else: the only one there can be, << 32 */
const volatile __u32 max_rules = USDT_MAX_RULES; /* that a site of this run has */
const volatile __u32 hit_args = 0;		 /* arguments in a record of a hit */
const volatile __u32 hit_mask = 0;		 /* places in a stripe's ring - 1, a power of two */
const volatile __u64 slow_ns = 0;		 /* shortest duration to send */
const volatile __u32 slot_mask = 0;		 /* slots - 1, a power of two */
const volatile __u32 room_mask = 0;		 /* rooms for texts - 1, a power of two */

/* Hits count from one moment to another, not from when a site was attached until it was let go. */
bool live;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct usdt_site);
} sites SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct usdt_page);
} pages SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fold_slot);
} slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct fold_key);
	__type(value, struct fold_spill);
} spills SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} records SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct hit_ring);
} hit_rings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct hit_place)); /* no type: runs cut it */
} hit_places SEC(".maps");

#include "fold_maps.bpf.h"
#include "fold.h"

/* The kernel's home of the fold: one hit. */
struct fold {
	__u32 number; /* what records are to say they are of: the probe, or the site */
	const struct fold_hit *hit;
};

/*
 * The verifier reads a context at constant offsets only; left alone, the compiler would merge these
 * loads into one at a computed offset.
 */
#define READ_WORD(ctx, n)                                                                 \
	({                                                                                \
		__u64 v_;                                                                 \
		asm volatile("%0 = *(u64 *)(%1 + %2)" : "=r"(v_) : "r"(ctx), "i"((n)*8)); \
		v_;                                                                       \
	})

#define REG_CASE(n) \
	case n:     \
		return READ_WORD(ctx, n)

#if defined(__TARGET_ARCH_x86)
#define REG_FIRST   X86_RDI
#define REG_ADDRESS X86_RIP
#else
#define REG_FIRST   ARM64_X0
#define REG_ADDRESS ARM64_PC
#endif

static __always_inline __u64 reg_read(struct pt_regs *ctx, __u8 reg)
{
#if defined(__TARGET_ARCH_x86)
	/* where the usdt crate puts a probe's first arguments */
	if (reg == X86_RDI)
		return READ_WORD(ctx, X86_RDI);
	if (reg == X86_RSI)
		return READ_WORD(ctx, X86_RSI);
	switch (reg) {
		REG_CASE(X86_RDX);
		REG_CASE(X86_RCX);
		REG_CASE(X86_R8);
		REG_CASE(X86_R9);
		REG_CASE(X86_RAX);
		REG_CASE(X86_RBX);
		REG_CASE(X86_RBP);
		REG_CASE(X86_RSP);
		REG_CASE(X86_R10);
		REG_CASE(X86_R11);
		REG_CASE(X86_R12);
		REG_CASE(X86_R13);
		REG_CASE(X86_R14);
		REG_CASE(X86_R15);
	}
#else
	if (reg == ARM64_X0)
		return READ_WORD(ctx, ARM64_X0);
	if (reg == ARM64_X0 + 1)
		return READ_WORD(ctx, ARM64_X0 + 1);
	switch (reg) {
		REG_CASE(2);
		REG_CASE(3);
		REG_CASE(4);
		REG_CASE(5);
		REG_CASE(6);
		REG_CASE(7);
		REG_CASE(8);
		REG_CASE(9);
		REG_CASE(10);
		REG_CASE(11);
		REG_CASE(12);
		REG_CASE(13);
		REG_CASE(14);
		REG_CASE(15);
		REG_CASE(16);
		REG_CASE(17);
		REG_CASE(18);
		REG_CASE(19);
		REG_CASE(20);
		REG_CASE(21);
		REG_CASE(22);
		REG_CASE(23);
		REG_CASE(24);
		REG_CASE(25);
		REG_CASE(26);
		REG_CASE(27);
		REG_CASE(28);
		REG_CASE(29);
		REG_CASE(30);
		REG_CASE(ARM64_SP);
	}
#endif
	return 0;
}

static __always_inline __u32 site_hit(struct pt_regs *ctx)
{
	__u32 number = by_page ? bpf_get_attach_cookie(ctx) : 0;
	struct usdt_page *page = bpf_map_lookup_elem(&pages, &number);

	if (!page)
		return USDT_NO_SITE;
	number = page->site[READ_WORD(ctx, REG_ADDRESS) % USDT_PAGE];
	if (!by_page && number == USDT_ASK_COOKIE)
		number = bpf_get_attach_cookie(ctx);
	return number;
}

#include "text.bpf.h"

static __always_inline void read_args(struct pt_regs *ctx, const struct usdt_site *site, int room,
				      struct fold_hit *hit)
{
	/* where nearly all sites have all that is wanted of them */
	if (site->nargs == 1 && site->args[0].reg == REG_FIRST && !site->args[0].shift &&
	    !(want_texts && site->texts)) {
		hit->args[0] = READ_WORD(ctx, REG_FIRST);
		return;
	}
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < FOLD_MAX_ARGS; i++) {
		const struct usdt_arg *arg = &site->args[i];
		__u64 v;

		if (i >= site->nargs)
			break;
		v = arg->reg == REGS_NONE ? (__u64)arg->value : reg_read(ctx, arg->reg);
		v <<= arg->shift & 63;
		v = arg->is_signed ? (__u64)((__s64)v >> (arg->shift & 63))
				   : v >> (arg->shift & 63);
		if (want_texts && room >= 0 && arg->is_text)
			v = text_read(room, i, v);
		hit->args[i] = v;
	}
}

static __always_inline struct fold_slot *fold_home_slot(struct fold *f, __u32 hash)
{
	__u32 i = hash & slot_mask;

	return bpf_map_lookup_elem(&slots, &i);
}

static __always_inline struct fold_spill *fold_home_spill_find(struct fold *f,
							       const struct fold_key *key)
{
	return bpf_map_lookup_elem(&spills, key);
}

static __always_inline int fold_home_spill_add(struct fold *f, const struct fold_key *key,
					       const struct fold_spill *spill)
{
	return bpf_map_update_elem(&spills, key, spill, BPF_NOEXIST);
}

static __always_inline void fold_home_spill_remove(struct fold *f, const struct fold_key *key)
{
	bpf_map_delete_elem(&spills, key);
}

static __always_inline void record_fill(struct record *r, struct fold *f, enum record_kind kind)
{
	r->time = f->hit->time;
	r->tgid = f->hit->tgid;
	r->tid = f->hit->tid;
	r->kind = kind;
	r->site = f->number;
}

static __always_inline bool fold_home_may(struct fold *f, enum fold_verb verb)
{
	return want_verbs & (1u << verb);
}

/* Readers look at the ring buffer on a timer: waking them for each record costs the traced more. */
static __always_inline void fold_home_folded(struct fold *f, __u32 row, const struct fold_key *key,
					     __u64 duration)
{
	struct record_slow *r;

	if (!want_slow || duration < slow_ns)
		return;
	r = bpf_ringbuf_reserve(&records, sizeof(*r), 0);
	if (!r) {
		fold_home_lost(f, FOLD_LOSS_RECORD, 1);
		return;
	}
	record_fill(&r->head, f, RECORD_SLOW);
	r->key = *key;
	r->duration = duration;
	r->row = row;
	r->reserved = 0;
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
}

/* A place in the ring, counted from the beginning of time; negative when there is none. */
#define HIT_TRIES 16
static __always_inline __s64 hit_take(struct hit_ring *ring)
{
#pragma clang loop unroll(disable)
	for (int i = 0; i < HIT_TRIES; i++) {
		__u64 head = *(volatile __u64 *)&ring->head;

		if (head - *(volatile __u64 *)&ring->tail > hit_mask)
			break;
		if (__sync_val_compare_and_swap(&ring->head, head, head + 1) == head)
			return head;
	}
	return -1;
}

static __always_inline void send_hit(struct fold *f)
{
	__u32 stripe = bpf_get_smp_processor_id() & limits.stripe_mask, at;
	struct hit_ring *ring = bpf_map_lookup_elem(&hit_rings, &stripe);
	__s64 turn = ring ? hit_take(ring) : -1;
	struct hit_place *place;

	at = stripe * (hit_mask + 1) + (turn & hit_mask);
	place = turn < 0 ? NULL : bpf_map_lookup_elem(&hit_places, &at);
	if (!place) {
		fold_home_lost(f, FOLD_LOSS_RECORD, 1);
		return;
	}
	record_fill(&place->hit.head, f, RECORD_HIT);
	for (__u32 i = 0; i < FOLD_MAX_ARGS && i < hit_args; i++)
		place->hit.args[i] = f->hit->args[i];
#if defined(__TARGET_ARCH_x86)
	/* stores stay in order here */
	asm volatile("" ::: "memory");
	*(volatile __u64 *)&place->turn = turn + 1;
#else
	__sync_lock_test_and_set(&place->turn, turn + 1);
#endif
}

/* The hit with what its room holds. */
static __always_inline void send_text(struct fold *f, __u32 number)
{
	struct text_room *room = text_room(number);
	struct record_text *r;
	__u64 size;

	if (!room)
		return;
	r = &room->record;
	size = r->size;
	record_fill(&r->head, f, RECORD_TEXT);
	for (__u32 i = 0; i < FOLD_MAX_ARGS; i++)
		r->args[i] = f->hit->args[i];
	if (size > TEXT_ROOM)
		return;
	size += offsetof(struct record_text, text);
	if (bpf_ringbuf_output(&records, r, size, BPF_RB_NO_WAKEUP))
		fold_home_lost(f, FOLD_LOSS_RECORD, 1);
}

/*
 * One rule applied to a hit. A function by itself, not static: the verifier looks at such once,
 * not again for each way that leads to a call.
 */
__attribute__((noinline)) int fold_one(struct fold_hit *hit, struct fold_rule *rule, __u32 number)
{
	struct fold f = { .number = number, .hit = hit };

	if (!hit || !rule)
		return 1;
	return fold_apply(&f, rule, hit);
}

static __always_inline void fold_hit_in(struct fold *f, const struct usdt_site *site,
					struct fold_hit *hit)
{
	if (want_verbs && max_rules == 1) {
		/* a copy: the verifier tracks what is on the stack better than the map's value */
		const struct fold_rule rule = site->rules[0];

		/* in place, as returning from a function is dear */
		if (rule.verb != FOLD_NONE)
			fold_apply(f, &rule, hit);
		return;
	}
#pragma clang loop unroll(disable)
	for (__u32 i = 0; want_verbs && i < USDT_MAX_RULES && i < max_rules; i++) {
		struct fold_rule rule = site->rules[i];

		if (rule.verb == FOLD_NONE || fold_one(hit, &rule, f->number))
			break;
	}
}

SEC("uprobe")
int assay_usdt(struct pt_regs *ctx)
{
	__u64 id = ask_process ? bpf_get_current_pid_tgid() : only_process;
	bool counts = *(volatile bool *)&live;
	__u32 number = counts ? site_hit(ctx) : USDT_NO_SITE;
	const struct usdt_site *site = bpf_map_lookup_elem(&sites, &number);
	int room = -1;
	struct fold_hit hit = {
		.time = want_time ? bpf_ktime_get_ns() : 0,
		.tgid = id >> 32,
		.tid = (__u32)id,
		.by_process = by_process,
	};
	struct fold f = { .number = number, .hit = &hit };

	if (!site) {
		if (counts)
			fold_home_lost(&f, FOLD_LOSS_SITE, 1);
		return 0;
	}
	if (want_texts && site->texts) {
		room = text_room_take();
		if (room < 0) {
			fold_home_lost(&f, want_hits ? FOLD_LOSS_RECORD : FOLD_LOSS_BUSY, 1);
			return 0;
		}
	}
	read_args(ctx, site, room, &hit);
	if (want_hits && site->sends) {
		f.number = site->probe;
		if (room >= 0)
			send_text(&f, room);
		else
			send_hit(&f);
	}
	fold_hit_in(&f, site, &hit);
	if (room >= 0)
		text_room_give(room);
	return 0;
}
