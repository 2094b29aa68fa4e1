/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is under way, found by the address of the kernel's structure for it: open addressing over an
 * array that user space can read. Whoever includes it defines `struct inflight`, whose first member
 * is `__u64 address`, 0 in a place that is nobody's; in a header of its own where a loader reads
 * it, too. The verifier lets no arithmetic near an address, so callers bring a hash of something
 * else that stays the same while it is under way.
 *
 * Only one of a structure's events happens at a time, so a place needs no lock once it is taken.
 */
#ifndef ASSAY_INFLIGHT_BPF_H
#define ASSAY_INFLIGHT_BPF_H

#ifndef INFLIGHT_PROBES
#define INFLIGHT_PROBES 8 /* places where one may be */
#endif

const volatile __u32 inflight_mask = 0; /* places - 1, a power of two */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct inflight)); /* no type: runs may cut it */
} inflights SEC(".maps");

static __always_inline struct inflight *inflight_at(__u32 i)
{
	i &= inflight_mask;
	return bpf_map_lookup_elem(&inflights, &i);
}

/* Its place; NULL when it has none. */
static __always_inline struct inflight *inflight_find(const void *address, __u32 hash)
{
	for (__u32 i = 0; i < INFLIGHT_PROBES; i++) {
		struct inflight *at = inflight_at(hash + i);

		if (at && at->address == (__u64)address)
			return at;
	}
	return NULL;
}

/* The same, taken for it where it has none; NULL when all it could have are taken. */
static __always_inline struct inflight *inflight_take(const void *address, __u32 hash)
{
	struct inflight *at = inflight_find(address, hash);

	if (at)
		return at;
	for (__u32 i = 0; i < INFLIGHT_PROBES; i++) {
		at = inflight_at(hash + i);
		if (at && !at->address &&
		    __sync_val_compare_and_swap(&at->address, 0, (__u64)address) == 0)
			return at;
	}
	return NULL;
}

/* Its place is free again. What is read of it is read before. */
static __always_inline void inflight_give(struct inflight *at)
{
	__sync_lock_test_and_set(&at->address, 0);
}

#endif
