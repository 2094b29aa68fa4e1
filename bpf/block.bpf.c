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

bool live;

struct fold {
};

#include "fold_maps.bpf.h"
#include "inflight.bpf.h"

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
	struct inflight *at;
	struct fold f;

	if (!live)
		return 0;
	at = inflight_take(rq, request_hash(rq));
	if (at)
		at->issued = bpf_ktime_get_ns();
	else
		fold_home_lost(&f, FOLD_LOSS_INSERT, 1);
	return 0;
}

SEC("tp_btf/block_rq_complete")
int assay_block_complete(void *ctx)
{
	struct request *rq = KERNEL_ARG(ctx, 0);
	struct inflight *at = inflight_find(rq, request_hash(rq));
	__u32 bytes = ((unsigned long long *)ctx)[2], op;
	__u64 issued, now;
	struct fold f;
	dev_t dev;

	if (!live || !at)
		return 0;
	now = bpf_ktime_get_ns();
	issued = at->issued;
	inflight_give(at);
	op = request_op(rq);
	dev = request_dev(rq);
	fold_value(&f, fold_split_index(&f, BLOCK_ROW(op, BLOCK_QUEUED), dev, 0),
		   issued - rq->start_time_ns);
	fold_value(&f, fold_split_index(&f, BLOCK_ROW(op, BLOCK_ISSUED), dev, 0), now - issued);
	fold_value(&f, fold_split_index(&f, BLOCK_ROW(op, BLOCK_BYTES), dev, 0), bytes);
	return 0;
}
