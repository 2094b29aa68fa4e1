// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The block layer's requests, measured: how long each was queued, how long the device had it, how
 * large it was. Split by device, folded into maps; nothing is sent one by one.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#include "block.h"
#include "kernel.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile __u32 slot_mask = 0; /* slots - 1, a power of two */

bool live;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct block_slot);
} slots SEC(".maps");

struct fold {
};

#include "fold_maps.bpf.h"

static __always_inline dev_t request_dev(const struct request *rq)
{
	return rq->part ? rq->part->bd_dev : rq->q->disk->part0->bd_dev;
}

/*
 * A request is known by its address, but the verifier lets no arithmetic near that: what is hashed
 * is the tag it has from its allocation on, its scheduler's if there is one.
 */
static __always_inline __u32 request_hash(const struct request *rq)
{
	__u32 tag = rq->internal_tag >= 0 ? rq->internal_tag : rq->tag;

	return tag + request_dev(rq) * 0x9e3779b1U;
}

static __always_inline struct block_slot *slot_at(__u32 i)
{
	i &= slot_mask;
	return bpf_map_lookup_elem(&slots, &i);
}

/* The request's slot; NULL when it has none. */
static __always_inline struct block_slot *slot_find(const struct request *rq, __u32 hash)
{
	for (__u32 i = 0; i < BLOCK_PROBES; i++) {
		struct block_slot *slot = slot_at(hash + i);

		if (slot && slot->request == (__u64)rq)
			return slot;
	}
	return NULL;
}

/* The same, taken for it where it has none; NULL when all are taken. */
static __always_inline struct block_slot *slot_take(const struct request *rq, __u32 hash)
{
	struct block_slot *slot = slot_find(rq, hash);

	if (slot)
		return slot;
	for (__u32 i = 0; i < BLOCK_PROBES; i++) {
		slot = slot_at(hash + i);
		if (slot && !slot->request &&
		    __sync_val_compare_and_swap(&slot->request, 0, (__u64)rq) == 0)
			return slot;
	}
	return NULL;
}

static __always_inline __u32 request_op(const struct request *rq)
{
	switch (rq->cmd_flags & KERNEL_OP_MASK) {
	case KERNEL_OP_READ:
		return BLOCK_READ;
	case KERNEL_OP_WRITE:
		return BLOCK_WRITE;
	case KERNEL_OP_FLUSH:
		return BLOCK_FLUSH;
	case KERNEL_OP_DISCARD:
	case KERNEL_OP_SECURE_ERASE:
		return BLOCK_DISCARD;
	}
	return BLOCK_OTHER;
}

SEC("tp_btf/block_rq_issue")
int assay_block_issue(void *ctx)
{
	struct request *rq = KERNEL_ARG(ctx, 0);
	struct block_slot *slot;
	struct fold f;

	if (!live)
		return 0;
	slot = slot_take(rq, request_hash(rq));
	if (slot)
		slot->issued = bpf_ktime_get_ns();
	else
		fold_home_lost(&f, FOLD_LOSS_INSERT, 1);
	return 0;
}

SEC("tp_btf/block_rq_complete")
int assay_block_complete(void *ctx)
{
	struct request *rq = KERNEL_ARG(ctx, 0);
	struct block_slot *slot = slot_find(rq, request_hash(rq));
	__u32 bytes = ((unsigned long long *)ctx)[2], op;
	__u64 issued, now;
	struct fold f;
	dev_t dev;

	if (!live || !slot)
		return 0;
	now = bpf_ktime_get_ns();
	issued = slot->issued;
	slot->request = 0;
	op = request_op(rq);
	dev = request_dev(rq);
	fold_value(&f, fold_split_index(&f, BLOCK_ROW(op, BLOCK_QUEUED), dev, 0),
		   issued - rq->start_time_ns);
	fold_value(&f, fold_split_index(&f, BLOCK_ROW(op, BLOCK_ISSUED), dev, 0), now - issued);
	fold_value(&f, fold_split_index(&f, BLOCK_ROW(op, BLOCK_BYTES), dev, 0), bytes);
	return 0;
}
