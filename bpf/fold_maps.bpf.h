/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The fold's numbers as BPF maps: the kernel's home of fold_groups.h, for every program that counts
 * or measures. user/core/fold_maps.h sizes them for a run and reads them.
 */
#ifndef ASSAY_FOLD_MAPS_BPF_H
#define ASSAY_FOLD_MAPS_BPF_H

#include "fold_groups.h"

/* Set before load. */
const volatile struct fold_limits limits = { 0 };

__u64 losses[FOLD_LOSS_MAX];
__u32 ngroups;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fold_group_entry);
} groups SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fold_tally);
} tallies SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fold_hist);
} hists SEC(".maps");

static __always_inline void fold_home_lost(struct fold *f, enum fold_loss what, __u64 n)
{
	__sync_fetch_and_add(&losses[what], n);
}

static __always_inline struct fold_group_entry *fold_home_group(struct fold *f, __u32 hash)
{
	__u32 i = hash & limits.group_mask;

	return bpf_map_lookup_elem(&groups, &i);
}

static __always_inline __u32 fold_home_group_new(struct fold *f)
{
	return __sync_fetch_and_add(&ngroups, 1);
}

/* Stripe by stripe, so that CPUs do not share cache lines; none beyond the last group. */
static __always_inline __u32 striped(__u32 index)
{
	__u32 stripe = bpf_get_smp_processor_id() & limits.stripe_mask;

	return index < limits.max_groups ? stripe * limits.max_groups + index : (__u32)-1;
}

static __always_inline struct fold_tally *fold_home_tally(struct fold *f, __u32 index)
{
	__u32 i = striped(index);

	return bpf_map_lookup_elem(&tallies, &i);
}

static __always_inline struct fold_hist *fold_home_hist(struct fold *f, __u32 index)
{
	__u32 i = striped(index);

	return bpf_map_lookup_elem(&hists, &i);
}

#endif
