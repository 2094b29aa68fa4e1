// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The page cache's events, and the block I/O below it: what enters memory, leaves it, becomes
 * dirty, is looked up and goes to the disk, and on which side of duet. Folded into counters, or, of
 * the page events alone, sent one by one.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#include "kernel.h"
#include "pages.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

bool live;

/* Set before load. */
const volatile bool sends = 0;	/* each page event, and nothing else */
const volatile __u32 ndevs = 0; /* events of these superblocks only; 0: of all */
const volatile __u32 devs[PAGES_MAX_DEVS] = { 0 };

__u64 unseen; /* bytes of bios that were not looked through: these were too long */

/* Events, or the ranges that maintenance reads past the cache. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096); /* set before load */
} records SEC(".maps");

struct fold {
};

/* A bio that is under way. */
struct inflight {
	__u64 address;
	__u64 queued; /* ns, CLOCK_MONOTONIC */
	__u32 dev;
	__u32 side;
	__u32 parts, split; /* bio_ends.bpf.h */
};

#include "fold_maps.bpf.h"
#include "activity.bpf.h"
#include "bio_ends.bpf.h"
#include "bio_pages.bpf.h"
#include "chunks.bpf.h"
#include "repair.bpf.h"
#include "sides.bpf.h"

static __always_inline bool counts(void)
{
	return live && bpf_get_current_pid_tgid() >> 32 != self;
}

/* So many more of a row. */
__attribute__((noinline)) int count_row(__u32 row, __u64 by, __u64 n)
{
	struct fold f;

	if (n)
		fold_count(&f, fold_split_index(&f, row, by, 0), n);
	return 0;
}

static __always_inline void count(enum page_count what, __u32 side, __u64 by, __u64 n)
{
	count_row(PAGES_ROW(what, side), by, n);
}

/* The side of what a thread does to a file. */
static __always_inline __u32 thread_side(struct thread *t, const struct inode *host)
{
	if (!t)
		return SIDE_FOREGROUND;
	return t->repairs && !t->side ? repair_side(t, kernel_address(host)) : t->side;
}

static __always_inline bool wanted(__u32 dev)
{
	for (__u32 i = 0; i < PAGES_MAX_DEVS && i < ndevs; i++)
		if (devs[i] == dev)
			return true;
	return !ndevs;
}

static __always_inline void send(const struct page_run *run, enum page_event event, __u32 side)
{
	__u64 id = bpf_get_current_pid_tgid();
	struct page_record *r;

	if (!wanted(run->dev))
		return;
	r = bpf_ringbuf_reserve(&records, sizeof(*r), 0);
	if (!r) {
		__sync_fetch_and_add(&losses[FOLD_LOSS_RECORD], 1);
		return;
	}
	r->time = bpf_ktime_get_ns();
	r->inode = run->inode;
	r->index = run->index;
	r->pages = run->pages;
	r->dev = run->dev;
	r->tgid = id >> 32;
	r->tid = (__u32)id;
	r->event = event;
	r->side = side;
	bpf_get_current_comm(r->comm, sizeof(r->comm));
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
}

/* The file of what a tracepoint passes; false when there is none. */
static __always_inline bool run_of(const struct inode *host, struct page_run *run)
{
	const struct super_block *sb = host ? host->i_sb : NULL;

	if (!sb)
		return false;
	run->inode = host->i_ino;
	run->dev = sb->s_dev;
	run->by = run_by(run, sb->s_magic, host->i_rdev);
	return true;
}

/* The pages of a folio, and their file; NULL when they are no file's. */
static __always_inline const struct inode *run_of_folio(const void *folio, struct page_run *run)
{
	const struct address_space *mapping = kernel_folio_mapping(folio, &run->index);
	const struct inode *host = mapping ? mapping->host : NULL;

	if (!run_of(host, run))
		return NULL;
	run->pages = kernel_folio_pages(folio);
	return host;
}

static __always_inline struct chunk_span span_of(const struct page_run *run, enum chunk_verb verb,
						 __u32 side)
{
	return (struct chunk_span){ .inode = run->inode | (run->by & PAGES_METADATA) << 31,
				    .first = run->index,
				    .last = run->index + run->pages - 1,
				    .new = run->index,
				    .dev = (__u32)run->by,
				    .verb = verb,
				    .side = side };
}

/* What came of pages that were looked up. */
static __always_inline void count_looked_up(const struct page_run *run, const struct chunk_span *s)
{
	count(PAGES_READ, s->side, run->by, s->read);
	if (s->side != SIDE_MAINTENANCE)
		return;
	count(PAGES_OWN, SIDE_MAINTENANCE, run->by, s->own);
	count(PAGES_WARM, SIDE_MAINTENANCE, run->by, s->warm);
}

/* The page that the thread waits for may be among those that have come. */
static __always_inline void fault_served(struct thread *t, const struct page_run *run, __u32 side)
{
	struct chunk_span s = span_of(run, CHUNK_LOOK_UP, side);
	__u64 page = t->fault;

	if (page < s.first || page > s.last || t->fault_inode != s.inode || t->fault_dev != s.dev)
		return;
	t->fault_waits = 0;
	s.first = s.last = page;
	s.new = page + 1;
	chunk_span_use(&s);
	count_looked_up(run, &s);
}

static __always_inline void maintenance_added(struct thread *t, const struct page_run *run)
{
	__u64 now = bpf_ktime_get_ns();

	activity_note(now);
	if (t && !(run->by & PAGES_METADATA))
		t->added = now;
}

SEC("tp_btf/mm_filemap_add_to_page_cache")
int assay_page_added(void *ctx)
{
	struct page_run run = { 0 };
	const struct inode *host;
	struct chunk_span s;
	struct thread *t;
	__u32 side;

	if (!counts())
		return 0;
	host = run_of_folio(KERNEL_ARG(ctx, 0), &run);
	if (!host)
		return 0;
	t = thread_now();
	side = thread_side(t, host);
	if (sends) {
		send(&run, PAGE_ADDED, side);
		return 0;
	}
	count(PAGES_ADDED, side, run.by, run.pages);
	s = span_of(&run, CHUNK_ADD, side);
	chunk_span_use(&s);
	if (side == SIDE_MAINTENANCE)
		maintenance_added(t, &run);
	if (t && t->fault_waits)
		fault_served(t, &run, side);
	return 0;
}

/* Who makes room has this set; who truncates or drops has not. */
static __always_inline bool reclaims(void)
{
	return bpf_get_current_task_btf()->flags & KERNEL_PF_MEMALLOC;
}

SEC("tp_btf/mm_filemap_delete_from_page_cache")
int assay_page_removed(void *ctx)
{
	struct page_run run = { 0 };
	const struct inode *host;
	struct chunk_span s;
	__u32 side;

	if (!counts())
		return 0;
	host = run_of_folio(KERNEL_ARG(ctx, 0), &run);
	if (!host)
		return 0;
	side = thread_side(thread_now(), host);
	if (sends) {
		send(&run, PAGE_REMOVED, side);
		return 0;
	}
	s = span_of(&run, CHUNK_REMOVE, side);
	chunk_span_use(&s);
	if (!reclaims()) {
		count(PAGES_DROPPED, side, run.by, run.pages);
		return 0;
	}
	count(PAGES_RECLAIMED, side, run.by, run.pages);
	if (side != SIDE_MAINTENANCE && !activity_at(bpf_ktime_get_ns()))
		return 0;
	count(PAGES_EVICTED, side, run.by, s.others);
	count(PAGES_EVICTED_WARM, side, run.by, s.others_warm);
	return 0;
}

static __always_inline int page_dirty(const void *folio)
{
	struct page_run run = { 0 };
	const struct inode *host;
	struct chunk_span s;
	__u32 side;

	if (!counts())
		return 0;
	host = run_of_folio(folio, &run);
	if (!host)
		return 0;
	side = thread_side(thread_now(), host);
	if (sends) {
		send(&run, PAGE_DIRTY, side);
		return 0;
	}
	count(PAGES_DIRTIED, side, run.by, run.pages);
	s = span_of(&run, CHUNK_DIRTY, side);
	chunk_span_use(&s);
	return 0;
}

SEC("tp_btf/writeback_dirty_folio")
int assay_page_dirty(void *ctx)
{
	return page_dirty(KERNEL_ARG(ctx, 0));
}

/* What that was called before 5.16. */
SEC("tp_btf/writeback_dirty_page")
int assay_page_dirty_old(void *ctx)
{
	return page_dirty(KERNEL_ARG(ctx, 0));
}

static __always_inline struct looked_up looking_up(struct thread *t, const struct page_run *run)
{
	const struct reading now = { .inode = run->inode,
				     .first = run->index,
				     .last = run->index + run->pages - 1,
				     .dev = run->dev };

	if (!t)
		return (struct looked_up){ .new = now.first, .skipped = ~0ULL };
	return reading_on(&t->reading, &now);
}

/* Of pages that may have been looked up unseen, those were that had been brought for that. */
static __always_inline void count_skipped(const struct page_run *run, __u64 skipped, __u32 side)
{
	struct chunk_span s = span_of(run, CHUNK_LOOK_UP, side);

	s.first = skipped;
	s.last = run->index - 1;
	s.new = run->index;
	chunk_span_use(&s);
	count(PAGES_LOOKED_UP, side, run->by, s.read);
	count_looked_up(run, &s);
}

/* Up to the end of the file; false when there is nothing of it. */
static __always_inline bool run_to(const struct inode *host, struct page_run *run, __u64 last)
{
	__u64 size = host->i_size;

	if (!size)
		return false;
	size = (size - 1) / KERNEL_PAGE;
	last = last < size ? last : size;
	if (last < run->index)
		return false;
	run->pages = last - run->index + 1;
	return true;
}

SEC("tp_btf/mm_filemap_get_pages")
int assay_page_got(void *ctx)
{
	const struct address_space *mapping = KERNEL_ARG(ctx, 0);
	const struct inode *host = mapping->host;
	struct page_run run = { .index = (__u64)KERNEL_ARG(ctx, 1) };
	struct looked_up r;
	struct chunk_span s;
	struct thread *t;
	__u32 side;

	if (!counts() || !run_of(host, &run) || !run_to(host, &run, (__u64)KERNEL_ARG(ctx, 2)))
		return 0;
	t = thread_now();
	side = thread_side(t, host);
	if (t)
		t->added = 0;
	r = looking_up(t, &run);
	if (r.skipped < run.index)
		count_skipped(&run, r.skipped, side);
	s = span_of(&run, CHUNK_LOOK_UP, side);
	s.new = r.new;
	if (r.new <= s.last)
		count(PAGES_LOOKED_UP, side, run.by, s.last - r.new + 1);
	chunk_span_use(&s);
	count_looked_up(&run, &s);
	return 0;
}

/* Whether the thread has just come with the same page: it had to wait, and tries again. */
static __always_inline bool fault_again(struct thread *t, const struct chunk_span *s)
{
	if (t->fault == s->first && t->fault_inode == s->inode && t->fault_dev == s->dev)
		return true;
	t->fault = s->first;
	t->fault_inode = s->inode;
	t->fault_dev = s->dev;
	t->fault_waits = 1;
	return false;
}

/* A page that a process has mapped is wanted, and is not there, or not mapped yet. */
SEC("tp_btf/mm_filemap_fault")
int assay_page_fault(void *ctx)
{
	const struct address_space *mapping = KERNEL_ARG(ctx, 0);
	const struct inode *host = mapping->host;
	struct page_run run = { .index = (__u64)KERNEL_ARG(ctx, 1), .pages = 1 };
	struct chunk_span s;
	struct thread *t;
	__u32 side;

	if (!counts() || !run_of(host, &run))
		return 0;
	t = thread_now();
	side = thread_side(t, host);
	s = span_of(&run, CHUNK_LOOK_UP, side);
	if (t && fault_again(t, &s))
		return 0;
	chunk_span_use(&s);
	if (t && s.read)
		t->fault_waits = 0;
	/* its own, still on its way from the disk: it was counted with its neighbours */
	if (s.own)
		return 0;
	count(PAGES_LOOKED_UP, side, run.by, 1);
	count_looked_up(&run, &s);
	return 0;
}

/*
 * Those of the range that are in memory become a process's. Which these are is not told, so only
 * those count as looked up that the same side has brought.
 */
SEC("tp_btf/mm_filemap_map_pages")
int assay_page_mapped(void *ctx)
{
	const struct address_space *mapping = KERNEL_ARG(ctx, 0);
	const struct inode *host = mapping->host;
	struct page_run run = { .index = (__u64)KERNEL_ARG(ctx, 1) };
	struct chunk_span s;
	__u32 side;

	if (!counts() || !run_of(host, &run) || !run_to(host, &run, (__u64)KERNEL_ARG(ctx, 2)))
		return 0;
	side = thread_side(thread_now(), host);
	s = span_of(&run, CHUNK_MAP, side);
	chunk_span_use(&s);
	count(PAGES_LOOKED_UP, side, run.by, s.read);
	count_looked_up(&run, &s);
	return 0;
}

/* Pages that go to the disk are on the side of who made them dirty, where that is known. */
static __always_inline void count_flushed(struct bio_walk *w, const struct chunk_span *s)
{
	w->maintained += s->maintained;
	count(PAGES_FLUSHED, SIDE_MAINTENANCE, w->run.by, s->maintained);
	count(PAGES_FLUSHED, w->side, w->run.by, w->run.pages - s->maintained);
}

static __always_inline void count_fetched(const struct bio_walk *w, const struct chunk_span *s)
{
	count(PAGES_FETCHED, w->side, w->run.by, w->run.pages);
	count(PAGES_AGAIN, w->side, w->run.by, s->again);
	count(PAGES_EARLIER, w->side, w->run.by, s->earlier);
}

__attribute__((noinline)) int bio_pages_found(struct bio_walk *w)
{
	struct chunk_span s;

	if (!w || w->use == BIO_LOOKS)
		return 0;
	if (sends) {
		send(&w->run, PAGE_FLUSHED, w->side);
		return 0;
	}
	s = span_of(&w->run, w->use == BIO_FLUSHES ? CHUNK_FLUSH : CHUNK_FETCH, w->side);
	chunk_span_use(&s);
	if (w->use == BIO_FLUSHES)
		count_flushed(w, &s);
	else
		count_fetched(w, &s);
	return 0;
}

/* Looks through all its pages. */
static __always_inline void bio_look(const struct bio *bio, struct bio_walk *walk, enum bio_use use)
{
	__u32 left;

	walk->use = use;
	left = bio_walk_pages(bio, walk);
	if (left)
		__sync_fetch_and_add(&unseen, left);
}

/* The side of a write. */
static __always_inline __u32 bio_written(const struct bio *bio, struct bio_walk *walk)
{
	bio_look(bio, walk, BIO_FLUSHES);
	return walk->maintained ? SIDE_MAINTENANCE : walk->side;
}

/* Maintenance reads past the page cache: user space finds out whose data lie there. */
static __always_inline void send_range(const struct bio *bio, __u32 dev)
{
	struct range_record *r = bpf_ringbuf_reserve(&records, sizeof(*r), 0);

	if (!r) {
		__sync_fetch_and_add(&losses[FOLD_LOSS_RECORD], 1);
		return;
	}
	/* that of the disk: bios are moved to it before the tracepoint, their device stays */
	r->sector = bio->bi_iter.bi_sector - bio->bi_bdev->bd_start_sect;
	r->bytes = bio->bi_iter.bi_size;
	r->dev = dev;
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
}

#define COPY_NS 2000000 /* how long it takes from the page cache to a bio at most */

/*
 * Whether a read without pages of files is for the page cache all the same, which gets its pages
 * from a copy then: what is compressed or encrypted. The thread has just brought pages in.
 */
static __always_inline bool reads_copies(const struct thread *t)
{
	return t->added && bpf_ktime_get_ns() - t->added < COPY_NS;
}

/* The side of a read. What it is of shows in its first page. */
static __always_inline __u32 bio_read(const struct bio *bio, struct bio_walk *walk,
				      struct thread *t)
{
	if (!t || (!t->side && !t->repairs))
		return SIDE_FOREGROUND;
	bio_walk_begin(bio, walk);
	bio_walk_step(walk);
	if (walk->host)
		walk->side = thread_side(t, (const struct inode *)walk->host);
	if (walk->side == SIDE_FOREGROUND || kernel_is_metadata(bio->bi_opf))
		return walk->side;
	if (walk->run.pages) {
		walk->run.pages = walk->vec = 0;
		bio_look(bio, walk, BIO_FETCHES);
	} else if (!reads_copies(t)) {
		count(BLOCKS_DIRECT, walk->side, walk->dev, bio->bi_iter.bi_size);
		send_range(bio, walk->dev);
	}
	return walk->side;
}

/* The time of the bio at an address begins. */
__attribute__((noinline)) int bio_begun(__u64 address, __u32 dev, __u32 side)
{
	struct inflight *at = inflight_take((void *)address, bio_hash(address));
	__u64 now = bpf_ktime_get_ns();

	if (side == SIDE_MAINTENANCE)
		activity_note(now);
	if (!at) {
		__sync_fetch_and_add(&losses[FOLD_LOSS_INSERT], 1);
		return 0;
	}
	/* another was at this address before, and its end was not seen */
	if (at->queued) {
		__sync_fetch_and_add(&losses[FOLD_LOSS_OVERWRITTEN], 1);
		if (at->side == SIDE_MAINTENANCE)
			__sync_fetch_and_add(&activity_under_way, -1);
	}
	at->dev = dev;
	at->side = side;
	at->parts = 1;
	at->split = 0;
	at->queued = now;
	if (side == SIDE_MAINTENANCE)
		__sync_fetch_and_add(&activity_under_way, 1);
	return 0;
}

SEC("tp_btf/block_bio_queue")
int assay_bio_queued(void *ctx)
{
	struct bio *bio = KERNEL_ARG(ctx, 0);
	__u32 op = bio->bi_opf & KERNEL_OP_MASK, bytes = bio->bi_iter.bi_size, side;
	struct bio_walk walk = { .use = BIO_LOOKS };
	struct thread *t;

	if (op > KERNEL_OP_WRITE || !bytes || !counts() || (sends && op != KERNEL_OP_WRITE))
		return 0;
	t = thread_now();
	walk.side = t ? t->side : SIDE_FOREGROUND;
	side = op == KERNEL_OP_WRITE ? bio_written(bio, &walk) : bio_read(bio, &walk, t);
	if (sends)
		return 0;
	walk.dev = bio->bi_bdev->bd_dev;
	count(op == KERNEL_OP_WRITE ? BLOCKS_WRITTEN : BLOCKS_READ, side, walk.dev, bytes);
	bio_begun(kernel_address(bio), walk.dev, side);
	return 0;
}

static __always_inline void bio_failed(struct inflight *at, __s32 error)
{
}

static __always_inline void bio_ended(struct inflight *at, __u64 now)
{
	enum page_count what = activity_at(now) ? BLOCKS_BESIDE : BLOCKS_ALONE;
	__u64 queued = at->queued;
	struct fold f;

	at->queued = 0;
	if (at->side == SIDE_MAINTENANCE) {
		activity_note(now);
		__sync_fetch_and_add(&activity_under_way, -1);
		return;
	}
	fold_value(&f, fold_split_index(&f, PAGES_ROW(what, SIDE_FOREGROUND), at->dev, 0),
		   now - queued);
}
