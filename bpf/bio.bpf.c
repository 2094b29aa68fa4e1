// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Single block I/Os: who queued each, when the driver got it and when it had ended. One record a
 * bio goes out as it ends.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#include "bio_inflight.h"
#include "kernel.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define BIO_MAX_FLUSHED 64 /* requests that a flush is made for */

bool live;
__u64 losses[FOLD_LOSS_MAX];

/* Set before load: only bios of these devices, whole disks or partitions; 0: of all. */
const volatile __u32 ndevs = 0;
const volatile __u32 devs[BIO_MAX_DEVS] = { 0 };

#include "bio_ends.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096); /* set before load */
} records SEC(".maps");

static __always_inline void lost(enum fold_loss what)
{
	__sync_fetch_and_add(&losses[what], 1);
}

static __always_inline bool wanted(__u32 dev, __u32 disk)
{
	for (__u32 i = 0; i < BIO_MAX_DEVS && i < ndevs; i++)
		if (devs[i] == dev || devs[i] == disk)
			return true;
	return !ndevs;
}

static __always_inline void record_submitter(struct bio_record *r)
{
	struct task_struct *task = bpf_get_current_task_btf();

	r->tgid = task->tgid;
	r->tid = task->pid;
	bpf_get_current_comm(r->comm, sizeof(r->comm));
	r->by = BIO_BY_PROCESS;
	r->work[0] = '\0';
	if (!(task->flags & KERNEL_PF_KTHREAD))
		return;
	r->by = BIO_BY_KTHREAD;
	if (!(task->flags & KERNEL_PF_WQ_WORKER))
		return;
	r->by = BIO_BY_WORKER;
	kernel_work_queue(task, r->work, sizeof(r->work));
}

SEC("tp_btf/block_bio_queue")
int assay_bio_queue(void *ctx)
{
	struct bio *bio = KERNEL_ARG(ctx, 0);
	struct block_device *bdev = bio->bi_bdev;
	__u32 dev = bdev->bd_dev, disk = bdev->bd_disk->part0->bd_dev;
	__u64 address = kernel_address(bio);
	struct inflight *at;
	struct bio_record *r;

	if (!live || !wanted(dev, disk))
		return 0;
	at = inflight_take((void *)address, bio_hash(address));
	if (!at) {
		lost(FOLD_LOSS_INSERT);
		return 0;
	}
	at->parts = 1;
	at->split = 0;
	r = &at->record;
	if (r->queued) /* an earlier one at this address, whose end was not seen */
		lost(FOLD_LOSS_OVERWRITTEN);
	r->queued = 0;
	r->flushed = 0;
	r->issued = 0;
	r->done = 0;
	r->sector = bio->bi_iter.bi_sector;
	r->bytes = bio->bi_iter.bi_size;
	r->dev = dev;
	r->disk = disk;
	r->flags = bio->bi_opf;
	r->error = 0;
	record_submitter(r);
	*(volatile __u64 *)&r->queued = bpf_ktime_get_ns(); /* last: user space looks */
	return 0;
}

static __always_inline void bio_failed(struct inflight *at, __s32 error)
{
	at->record.error = kernel_block_error(error);
}

static __always_inline void bio_ended(struct inflight *at, __u64 now)
{
	struct bio_record *r = &at->record;

	r->done = now;
	if (bpf_ringbuf_output(&records, r, sizeof(*r), BPF_RB_NO_WAKEUP))
		lost(FOLD_LOSS_RECORD);
	r->queued = 0;
}

/* One bio of a request, by itself for the verifier. */
__attribute__((noinline)) int assay_bio_issued(__u64 address, __u64 private, __u64 now)
{
	struct inflight *at = bio_find_whole(address, private);

	if (at)
		at->record.issued = now;
	return 0;
}

/*
 * The driver got a flush. That is a request without a bio, made for all that waited for one: bios
 * without data, and others whose data comes after it (BIO_PREFLUSH) or came before it (BIO_FUA).
 */
__attribute__((noinline)) int assay_bio_flushed(__u64 hctx, __u64 now)
{
	__u64 head, link = kernel_flush_first((void *)hctx, &head);

	for (int i = 0; i < BIO_MAX_FLUSHED && link && link != head; i++) {
		struct bio *bio = BPF_CORE_READ(kernel_flush_request(link), bio);
		struct inflight *at = bio ? bio_find((__u64)bio) : NULL;

		if (at && !at->record.issued) {
			at->record.flushed = now;
			if (!at->record.bytes)
				at->record.issued = now;
		}
		link = (__u64)BPF_CORE_READ((struct list_head *)link, next);
	}
	return 0;
}

SEC("tp_btf/block_rq_issue")
int assay_bio_issue(void *ctx)
{
	struct request *rq = KERNEL_ARG(ctx, 0);
	struct bio *bio = rq->bio;
	__u64 now;

	if (!live)
		return 0;
	now = bpf_ktime_get_ns();
	if (!bio && (rq->cmd_flags & KERNEL_OP_MASK) == KERNEL_OP_FLUSH)
		return assay_bio_flushed(kernel_address(rq->mq_hctx), now);
	for (int i = 0; i < BIO_MAX_CHAIN && bio; i++) {
		assay_bio_issued(kernel_address(bio), kernel_address(bio->bi_private), now);
		bio = bio->bi_next;
	}
	return 0;
}
