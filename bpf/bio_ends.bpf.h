/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * When bios end, for programs that keep what they know of each in the table of inflight.bpf.h.
 * Their `struct inflight` has `parts` and `split`, __u32 both: 1 and 0 as a bio is queued.
 *
 * block_bio_complete tells of bios that never were part of a request, and of no others, their end
 * is said to be seen in the request's (blk_update_request() in block/blk-mq.c). There it is found
 * here, also of bios that were split into several, and of those that flushes go before or after.
 *
 * Whoever includes it defines `bool live` and the functions under "What a home gives".
 */
#ifndef ASSAY_BIO_ENDS_BPF_H
#define ASSAY_BIO_ENDS_BPF_H

#include "inflight.bpf.h"
#include "kernel.h"

/* Bios of a request that are looked at: of 4 MiB, a page each. What comes behind is not seen. */
#define BIO_MAX_CHAIN 1024

/* What a home gives. */

/* A part of it failed: `error` is for kernel_block_error(). */
static __always_inline void bio_failed(struct inflight *at, __s32 error);
/* All of it ended just now; its place is given back next. */
static __always_inline void bio_ended(struct inflight *at, __u64 now);

/* Of what a bio says nothing stays the same until it ends: hashed is its address. */
static __always_inline __u32 bio_hash(__u64 address)
{
	__u32 h = (__u32)(address >> 6) * 0x9e3779b1U; /* it is aligned to a cache line */

	return h ^ h >> 15;
}

static __always_inline struct inflight *bio_find(__u64 address)
{
	return inflight_find((void *)address, bio_hash(address));
}

/*
 * The bio, or what it was split off from: bio_chain() in block/bio.c puts that in bi_private.
 * NULL when it is none of ours.
 */
static __always_inline struct inflight *bio_find_whole(__u64 address, __u64 private)
{
	struct inflight *at = bio_find(address);

	if (at)
		return at;
	at = bio_find(private);
	return at && at->split ? at : NULL;
}

/* The front of a bio becomes one by itself; what is left goes on under its old address. */
SEC("tp_btf/block_split")
int assay_bio_split(void *ctx)
{
	struct bio *split = KERNEL_ARG(ctx, 0);
	struct inflight *at = live ? bio_find(kernel_address(split->bi_private)) : NULL;

	if (!at)
		return 0;
	__sync_fetch_and_add(&at->parts, 1);
	at->split = 1;
	return 0;
}

/* One bio. A function by itself, not static: the verifier looks at it once, not for each. */
__attribute__((noinline)) int assay_bio_part_ended(__u64 address, __u64 private, __u64 now,
						   __s32 error)
{
	struct inflight *at = bio_find_whole(address, private);

	if (!at)
		return 0;
	if (error)
		bio_failed(at, error);
	if (__sync_fetch_and_sub(&at->parts, 1) > 1)
		return 0;
	bio_ended(at, now);
	inflight_give(at);
	return 0;
}

/* So many bytes of a request are through; mind what blk_update_request() does with its bios. */
SEC("tp_btf/block_rq_complete")
int assay_bio_rq_complete(void *ctx)
{
	struct request *rq = KERNEL_ARG(ctx, 0);
	__u32 left = ((unsigned long long *)ctx)[2];
	__s32 error = ((unsigned long long *)ctx)[1];
	struct bio *bio = rq->bio;
	__u64 now;

	/* set while flushes go before or after it (block/blk-flush.c): it goes on */
	if (!live || rq->end_io)
		return 0;
	now = bpf_ktime_get_ns();
	for (int i = 0; i < BIO_MAX_CHAIN && bio; i++) {
		__u32 bytes = bio->bi_iter.bi_size;
		__u64 address = kernel_address(bio), private = kernel_address(bio->bi_private);

		if (bytes > left)
			break;
		assay_bio_part_ended(address, private, now, error);
		left -= bytes;
		if (!left)
			break;
		bio = bio->bi_next;
	}
	return 0;
}

SEC("tp_btf/block_bio_complete")
int assay_bio_complete(void *ctx)
{
	struct bio *bio = KERNEL_ARG(ctx, 1);

	if (live)
		assay_bio_part_ended(kernel_address(bio), kernel_address(bio->bi_private),
				     bpf_ktime_get_ns(), bio->bi_status);
	return 0;
}

#endif
