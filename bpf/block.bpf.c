// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The block layer's requests, measured: how long each was queued, how long the device had it, how
 * large it was; and counted: merges, requeues, errors. Split by device, folded into maps; nothing
 * is sent one by one, but slow requests where they are asked for.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#include "block_inflight.h"
#include "kernel.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Set before load, so that the verifier drops what a run does not want. */
const volatile bool by_process = false;	    /* split by it */
const volatile bool ask_queuer = false;	    /* who queued a request matters */
const volatile bool has_start = false;	    /* the kernel has block_io_start */
const volatile bool some_processes = false; /* only those in `processes` */
const volatile __u32 some_devices = 0;	    /* only these, so many */
const volatile __u32 devices[BLOCK_MAX_DEVICES] = { 0 };
const volatile __u32 line_mask = 0; /* places - 1, a power of two */
const volatile bool want_slow = false;
const volatile __u64 slow_ns = 0; /* shortest to send */

bool live;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} processes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct block_line);
} lines SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} records SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, BLOCK_FLUSHERS);
	__type(key, __u32);
	__type(value, struct block_flusher);
} flushers SEC(".maps");

struct fold {
};

#include "fold_maps.bpf.h"
#include "inflight.bpf.h"

/* --- what a request is --- */

/*
 * Pointers are followed in two ways: loads cost next to nothing as a program runs, but the verifier
 * takes a millisecond for each that leads from a tracepoint's argument to another structure;
 * BPF_CORE_READ() is the other way round, and right where events are few.
 */

static __noinline __u32 unaccounted_dev(const struct request *rq)
{
	return BPF_CORE_READ(rq, bio) ? BPF_CORE_READ(rq, bio, bi_bdev, bd_dev)
				      : BPF_CORE_READ(rq, q, disk, part0, bd_dev);
}

/* The partition it is for, as the kernel accounts it; flushes are the whole disk's. */
static __always_inline __u32 request_dev(const struct request *rq)
{
	const struct block_device *part = rq->part;

	/* not accounted yet, or never: /sys/block/DISK/queue/iostats */
	return part ? part->bd_dev : unaccounted_dev(rq);
}

static __noinline __u32 request_dev_seldom(const struct request *rq)
{
	return BPF_CORE_READ(rq, part) ? BPF_CORE_READ(rq, part, bd_dev) : unaccounted_dev(rq);
}

static __always_inline __u32 request_hash(const struct request *rq)
{
	__u32 h = (__u32)(kernel_address(rq) >> 4) * 0x9e3779b1U;

	return h ^ h >> 15;
}

static __always_inline __u32 op_of(__u32 flags)
{
	switch (flags & KERNEL_OP_MASK) {
	case KERNEL_OP_READ:
		return BLOCK_READ;
	case KERNEL_OP_WRITE:
		return BLOCK_WRITE;
	case KERNEL_OP_FLUSH:
		return BLOCK_FLUSH;
	case KERNEL_OP_DISCARD:
	case KERNEL_OP_SECURE_ERASE:
		return BLOCK_DISCARD;
	case KERNEL_OP_WRITE_ZEROES:
		return BLOCK_ZEROES;
	}
	return BLOCK_OTHER;
}

/* --- what is wanted --- */

__attribute__((noinline)) int device_named(__u32 dev, __u32 disk)
{
	for (__u32 i = 0; i < BLOCK_MAX_DEVICES && i < some_devices; i++)
		if (devices[i] == dev || devices[i] == disk)
			return 1;
	return 0;
}

/* A disk that is named stands for its partitions, too. */
static __always_inline bool request_wanted(const struct request *rq, __u32 dev)
{
	return !some_devices || device_named(dev, rq->q->disk->part0->bd_dev);
}

static __always_inline bool request_wanted_seldom(const struct request *rq, __u32 dev)
{
	return !some_devices || device_named(dev, BPF_CORE_READ(rq, q, disk, part0, bd_dev));
}

static __always_inline bool process_wanted(__u32 tgid)
{
	return !some_processes || bpf_map_lookup_elem(&processes, &tgid);
}

/* --- where numbers go --- */

static __noinline void count(__u32 op, __u32 what, __u32 dev, __u32 tgid)
{
	struct fold f;

	fold_count(&f, fold_split_index(&f, BLOCK_COUNT_ROW(op, what), dev, by_process ? tgid : 0),
		   1);
}

static __noinline void line_fill(struct block_line *line)
{
	struct fold f;

	for (__u32 i = 0; i < BLOCK_WHATS; i++)
		line->index[i] =
			fold_split_index(&f, BLOCK_ROW(line->op, i), line->dev, line->tgid);
	__sync_lock_test_and_set(&line->state, FOLD_GROUP_READY);
}

/* The place of the device's numbers of that operation, made when they are the first. */
static __always_inline __u32 line_of(__u32 dev, __u32 op, __u32 tgid)
{
	__u32 hash = (dev * 8 + op) * 0x9e3779b1U + tgid * 0xc2b2ae35U;
	struct fold f;

	hash ^= hash >> 15;
	for (__u32 i = 0; i < FOLD_GROUP_PROBES; i++) {
		__u32 place = (hash + i) & line_mask;
		struct block_line *line = bpf_map_lookup_elem(&lines, &place);
		__u32 state;

		if (!line)
			break;
		state = fold_load(&line->state);
		if (state == FOLD_GROUP_READY && line->dev == dev && line->op == op &&
		    line->tgid == tgid)
			return place;
		/* one that is being claimed elsewhere may become this one's too: readers merge */
		if (state == FOLD_GROUP_FREE &&
		    __sync_val_compare_and_swap(&line->state, FOLD_GROUP_FREE,
						FOLD_GROUP_CLAIMED) == FOLD_GROUP_FREE) {
			line->dev = dev;
			line->op = op;
			line->tgid = tgid;
			line_fill(line);
			return place;
		}
	}
	fold_home_lost(&f, FOLD_LOSS_GROUP, 1);
	return BLOCK_NO_LINE;
}

/* --- who queued it --- */

static __always_inline __u32 queuer_of(const struct inflight *at)
{
	return ask_queuer && at ? at->request.tgid : 0;
}

/*
 * A flush is made for the requests that wait for it, and has the tag of the first of these, which
 * keeps it until the flush has ended (block/blk-flush.c). Tags are counted in each of a queue's
 * hardware queues.
 */
static __always_inline struct block_flusher *flusher_of(const struct request *rq, __u64 *tag)
{
	__s32 number = rq->internal_tag >= 0 ? rq->internal_tag : rq->tag;
	__u32 place;

	*tag = (__u64)BPF_CORE_READ(rq, q, id) << 32 | BPF_CORE_READ(rq, mq_hctx, queue_num) << 16 |
	       (__u16)number;
	place = ((__u32)(*tag >> 32) * 0x9e3779b1U ^ (__u32)*tag) % BLOCK_FLUSHERS;
	return bpf_map_lookup_elem(&flushers, &place);
}

static __noinline void get_flusher(struct inflight *at, const struct request *rq)
{
	__u64 tag;
	struct block_flusher *flusher = flusher_of(rq, &tag);

	if (!flusher || flusher->tag != tag)
		return;
	at->request.tgid = flusher->tgid;
	__builtin_memcpy(at->request.comm, flusher->comm, sizeof(at->request.comm));
}

static __noinline void set_flusher(const struct inflight *at, const struct request *rq)
{
	__u64 tag;
	struct block_flusher *flusher = flusher_of(rq, &tag);

	if (!flusher)
		return;
	flusher->tag = tag;
	flusher->tgid = at->request.tgid;
	__builtin_memcpy(flusher->comm, at->request.comm, sizeof(at->request.comm));
}

/* In the context of who queues it. */
static __always_inline void set_queuer(struct inflight *at, const struct request *rq)
{
	__u32 flushes = 1U << bpf_core_enum_value(enum req_flag_bits, __REQ_PREFLUSH) |
			1U << bpf_core_enum_value(enum req_flag_bits, __REQ_FUA);

	at->request.tgid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(at->request.comm, sizeof(at->request.comm));
	if (rq->cmd_flags & flushes)
		set_flusher(at, rq);
}

/* What is seen of a request whose queuer is asked for. */
enum sight {
	SIGHT_BIRTH, /* its first, by who queues it */
	SIGHT_QUEUE, /* likewise, unless it was seen before */
	SIGHT_ISSUE, /* by anyone */
};

/* Its place, taken where it has none; NULL when there is no room. */
static __always_inline struct inflight *place_of(const struct request *rq, struct inflight *at,
						 __u32 hash)
{
	struct fold f;

	/* the last one of that address has ended without being seen to */
	if (at && at->request.issued) {
		fold_home_lost(&f, FOLD_LOSS_OVERWRITTEN, 1);
		at->request.bytes = 0;
	}
	at = at ? at : inflight_take(rq, hash);
	if (!at)
		fold_home_lost(&f, FOLD_LOSS_INSERT, 1);
	return at;
}

/* Its place, with who queued it; NULL when there is no room. */
static __always_inline struct inflight *see(const struct request *rq, __u32 dev, __u32 op,
					    enum sight sight)
{
	__u32 hash = request_hash(rq);
	struct inflight *at = inflight_find(rq, hash);

	if (at && !at->request.issued && sight != SIGHT_BIRTH)
		return at;
	at = place_of(rq, at, hash);
	if (!at)
		return NULL;
	at->request.issued = 0;
	at->request.line = BLOCK_NO_LINE;
	at->request.bytes = 0;
	at->request.dev = dev;
	at->request.op = op;
	at->request.sector = rq->__sector;
	at->request.tgid = 0;
	at->request.comm[0] = '\0';
	if (op == BLOCK_FLUSH)
		get_flusher(at, rq);
	else if (sight != SIGHT_ISSUE)
		set_queuer(at, rq);
	at->request.began = bpf_ktime_get_ns();
	return at;
}

static __always_inline int queued(const struct request *rq, enum sight sight)
{
	__u32 dev = request_dev_seldom(rq);

	if (live && request_wanted_seldom(rq, dev))
		see(rq, dev, op_of(rq->cmd_flags), sight);
	return 0;
}

/* Attached only where it matters who queues. */
SEC("tp_btf/block_io_start")
int assay_block_start(void *ctx)
{
	return queued(KERNEL_ARG(ctx, 0), SIGHT_BIRTH);
}

/* The same on kernels that lack it: the thread that queues is mostly the one that inserts. */
SEC("tp_btf/block_rq_insert")
int assay_block_insert(void *ctx)
{
	return queued(KERNEL_ARG(ctx, 0), SIGHT_QUEUE);
}

/* --- the way of a request --- */

SEC("tp_btf/block_rq_issue")
int assay_block_issue(void *ctx)
{
	const struct request *rq = KERNEL_ARG(ctx, 0);
	__u32 dev, op, tgid, hash, line = BLOCK_NO_LINE;
	struct inflight *at;

	if (!live)
		return 0;
	dev = request_dev(rq);
	if (!request_wanted(rq, dev))
		return 0;
	op = op_of(rq->cmd_flags);
	if (ask_queuer) {
		at = see(rq, dev, op, has_start ? SIGHT_ISSUE : SIGHT_QUEUE);
	} else {
		hash = request_hash(rq);
		at = place_of(rq, inflight_find(rq, hash), hash);
	}
	if (!at)
		return 0;
	tgid = queuer_of(at);
	if (process_wanted(tgid))
		line = line_of(dev, op, by_process ? tgid : 0);
	at->request.line = line;
	at->request.dev = dev;
	at->request.op = op;
	/* from 6.13 on others have the time of an earlier request of that address */
	at->request.dated = op == BLOCK_FLUSH || rq->part;
	at->request.issued = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/block_rq_requeue")
int assay_block_requeue(void *ctx)
{
	const struct request *rq = KERNEL_ARG(ctx, 0);
	__u32 dev = request_dev_seldom(rq);
	struct inflight *at;

	if (!live || !request_wanted_seldom(rq, dev))
		return 0;
	at = inflight_find(rq, request_hash(rq));
	if (at)
		at->request.issued = 0;
	if (process_wanted(queuer_of(at)))
		count(op_of(rq->cmd_flags), BLOCK_REQUEUED, dev, queuer_of(at));
	return 0;
}

/*
 * The end of one that the driver has not got. A write without data that asks for a flush is never
 * issued; /sys/block/DISK/stat has it among the writes. One with data that was part of such a
 * sequence ends twice, and has been measured; its data is still to be seen in its bio.
 */
static __noinline void end_unissued(const struct request *rq, const struct inflight *at, bool error,
				    __u32 bytes)
{
	__u32 op = op_of(rq->cmd_flags), dev = request_dev_seldom(rq), tgid = queuer_of(at);
	bool no_data = op == BLOCK_WRITE && !bytes;
	struct fold f;

	if (no_data && BPF_CORE_READ(rq, bio, bi_io_vec))
		return;
	if (!at && !no_data && !error)
		fold_home_lost(&f, FOLD_LOSS_ORPHAN, 1);
	if (!process_wanted(tgid))
		return;
	if (no_data && BPF_CORE_READ(rq, bio))
		count(op, BLOCK_PREFLUSHS, dev, tgid);
	if (error)
		count(op, BLOCK_ERRORS, dev, tgid);
}

static __noinline void send_slow(const struct request *rq, const struct inflight *at,
				 struct block_slow *slow)
{
	struct block_slow *r;
	struct fold f;

	r = bpf_ringbuf_reserve(&records, sizeof(*r), 0);
	if (!r) {
		fold_home_lost(&f, FOLD_LOSS_RECORD, 1);
		return;
	}
	*r = *slow;
	r->dev = at->request.dev;
	r->op = at->request.op;
	r->tgid = at->request.tgid;
	r->sector = rq->__sector;
	__builtin_memcpy(r->comm, at->request.comm, sizeof(r->comm));
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
}

/* All of it has ended. */
static __always_inline void end(const struct request *rq, struct inflight *at, bool error,
				__u32 bytes)
{
	__u64 now = bpf_ktime_get_ns(), issued = at->request.issued;
	__u64 start = at->request.dated ? rq->start_time_ns : 0;
	struct block_line *line = bpf_map_lookup_elem(&lines, &at->request.line);
	__u32 op = at->request.op;
	struct fold f;

	if (at->request.bytes) {
		bytes += at->request.bytes;
		at->request.bytes = 0;
	}
	if (ask_queuer && !start)
		start = at->request.began;
	if (want_slow && line && start <= issued && now - (start ? start : issued) >= slow_ns) {
		struct block_slow slow = { .time = now,
					   .queued = start ? issued - start : 0,
					   .device = now - issued,
					   .bytes = bytes,
					   .error = error };

		send_slow(rq, at, &slow);
	}
	inflight_give(at);
	if (!line)
		return;
	/* made after it was issued: both the end of the one before and its issue were not seen */
	if (start > issued) {
		fold_home_lost(&f, FOLD_LOSS_NEGATIVE, 1);
		return;
	}
	if (start)
		fold_value(&f, line->index[BLOCK_QUEUED], issued - start);
	fold_value(&f, line->index[BLOCK_ISSUED], now - issued);
	if (op != BLOCK_FLUSH)
		fold_value(&f, line->index[BLOCK_BYTES], bytes);
}

SEC("tp_btf/block_rq_complete")
int assay_block_complete(void *ctx)
{
	const struct request *rq = KERNEL_ARG(ctx, 0);
	/* a negative errno up to 5.15, then a blk_status_t: in neither is the low byte 0 */
	bool error = (__u8)((unsigned long long *)ctx)[1];
	__u32 bytes = ((unsigned long long *)ctx)[2];
	struct inflight *at;
	struct fold f;

	if (!live || (some_devices && !request_wanted(rq, request_dev(rq))))
		return 0;
	at = inflight_find(rq, request_hash(rq));
	/* a write without data that was issued: it has ended before, without being seen to */
	if (at && at->request.issued && at->request.op == BLOCK_WRITE && !bytes) {
		at->request.issued = 0;
		fold_home_lost(&f, FOLD_LOSS_OVERWRITTEN, 1);
	}
	if (!at || !at->request.issued) {
		end_unissued(rq, at, error, bytes);
		if (!at)
			return 0;
		at->request.bytes = 0;
		inflight_give(at);
		return 0;
	}
	if (error && at->request.line != BLOCK_NO_LINE)
		count(at->request.op, BLOCK_ERRORS, at->request.dev, queuer_of(at));
	if (bytes < rq->__data_len)
		at->request.bytes += bytes;
	else
		end(rq, at, error, bytes);
	return 0;
}

/* --- merges --- */

/* In the context of who queues the bio. */
static __always_inline int merged(const struct bio *bio)
{
	const struct block_device *device = bio->bi_bdev;
	__u32 dev = device->bd_dev, tgid = bpf_get_current_pid_tgid() >> 32;

	if (live && (!some_devices || device_named(dev, device->bd_disk->part0->bd_dev)) &&
	    process_wanted(tgid))
		count(op_of(bio->bi_opf), BLOCK_MERGED, dev, tgid);
	return 0;
}

SEC("tp_btf/block_bio_backmerge")
int assay_block_backmerge(void *ctx)
{
	return merged(KERNEL_ARG(ctx, 0));
}

SEC("tp_btf/block_bio_frontmerge")
int assay_block_frontmerge(void *ctx)
{
	return merged(KERNEL_ARG(ctx, 0));
}

/* The request is a part of another from now on, and its structure free. */
SEC("tp_btf/block_rq_merge")
int assay_block_merge(void *ctx)
{
	const struct request *rq = KERNEL_ARG(ctx, 0);
	__u32 dev = request_dev_seldom(rq), tgid;
	struct inflight *at;

	if (!live || !request_wanted_seldom(rq, dev))
		return 0;
	at = ask_queuer ? inflight_find(rq, request_hash(rq)) : NULL;
	tgid = queuer_of(at);
	if (at)
		inflight_give(at);
	if (process_wanted(tgid))
		count(op_of(rq->cmd_flags), BLOCK_MERGED, dev, tgid);
	return 0;
}
