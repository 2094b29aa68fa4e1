/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The pages of files that a bio carries, found in its memory: nothing of this depends on the file
 * system. Pages that are no file's (anonymous memory, a file system's own buffers) are passed over.
 * Whoever includes it defines bio_pages_found(), which gets them.
 */
#ifndef ASSAY_BIO_PAGES_BPF_H
#define ASSAY_BIO_PAGES_BPF_H

/* Pages of one file, side by side. */
struct page_run {
	__u64 inode;
	__u64 index; /* of the first */
	__u32 pages;
	__u32 dev; /* the superblock's */
	__u64 by;  /* PAGES_BY(): what counts are split by */
};

/* include/uapi/linux/magic.h */
#define MAGIC_BDEVFS 0x62646576
#define MAGIC_BTRFS  0x9123683e
#define MAGIC_EXT4   0xef53
/* No file has it: btrfs' trees (BTRFS_BTREE_INODE_OBJECTID), ext4's buddy bitmaps (EXT4_BAD_INO).
 */
#define INODE_OWN 1

/*
 * What counts of a run's pages are split by. Those of a disk itself, and of an inode that is no
 * file's, hold what a file system keeps for itself.
 */
static __always_inline __u64 run_by(const struct page_run *run, __u64 magic, __u32 disk)
{
	if (magic == MAGIC_BDEVFS)
		return PAGES_BY(disk, true);
	return PAGES_BY(run->dev,
			(magic == MAGIC_BTRFS || magic == MAGIC_EXT4) && run->inode == INODE_OWN);
}

/* Folios of a bio that are looked at, 32 MiB of pages: steps, and in each so many again. */
#define BIO_STEPS      128
#define BIO_MANY_STEPS 64

/* What the caller wants of the pages. */
enum bio_use { BIO_LOOKS, BIO_FLUSHES, BIO_FETCHES };

/* A way through the memory of a bio. */
struct bio_walk {
	__u64 vecs;
	__u64 bdev;
	__u64 mapping; /* of the run */
	__u64 host;    /* its inode */
	__u64 page;    /* where we are: its structure's address */
	__u32 offset;  /* in the page */
	__u32 idx;     /* the next vector */
	__u32 skip;    /* bytes of it that are not the bio's */
	__u32 left;    /* bytes still to come */
	__u32 vec;     /* of these, of the vector at hand */
	__u32 dev;     /* the bio's */
	/* the caller's: */
	__u32 use;	  /* enum bio_use */
	__u32 side;	  /* of who sends them */
	__u32 maintained; /* pages that maintenance made dirty */
	__u32 reserved;
	struct page_run run; /* found, and not handed on yet */
};

/* A function by itself, for the verifier: what it takes of the stack counts once. */
int bio_pages_found(struct bio_walk *walk);

static __always_inline void walk_hand_on(struct bio_walk *w)
{
	if (!w->run.pages)
		return;
	bio_pages_found(w);
	w->run.pages = 0;
}

/* The next vector. */
static __always_inline void walk_load(struct bio_walk *w)
{
	struct bio_vec vec = { 0 };

	bpf_probe_read_kernel(&vec, sizeof(vec), (void *)(w->vecs + w->idx * sizeof(vec)));
	w->idx++;
	vec.bv_offset += w->skip;
	w->vec = vec.bv_len - w->skip;
	w->skip = 0;
	if (w->vec > w->left || !w->vec)
		w->vec = w->left;
	w->page = (__u64)vec.bv_page +
		  (vec.bv_offset / KERNEL_PAGE) * bpf_core_type_size(struct page);
	w->offset = vec.bv_offset % KERNEL_PAGE;
}

/*
 * Whether the bio is the file system's own: its device is held by that, or the page is the
 * device's. Others are what a device mapper makes of the bio for the disks below, or direct I/O out
 * of memory that happens to be a file's. 6.5 made the holder the superblock, before it is the type
 * of the file system, of btrfs until 6.16.
 */
static __always_inline bool walk_owns(const struct bio_walk *w, const struct super_block *sb)
{
	const struct block_device *bdev = (void *)w->bdev;
	__u64 holder;

	if ((__u32)w->run.by == w->dev)
		return true;
	holder = (__u64)BPF_CORE_READ(bdev, bd_holder);
	return holder && (holder == (__u64)sb || holder == (__u64)BPF_CORE_READ(sb, s_type));
}

/*
 * The file that a page belongs to becomes the run's; false when it is none. Other memory may have
 * anything where a mapping would be, so the file is asked whether it is so.
 */
static __always_inline bool walk_file(struct bio_walk *w, __u64 mapping)
{
	struct inode *host;
	struct super_block *sb;

	/* the low bits say that it is something else: PAGE_MAPPING_FLAGS */
	if (!mapping || mapping & 3)
		return false;
	if (mapping == w->mapping)
		return true;
	host = BPF_CORE_READ((struct address_space *)mapping, host);
	if (!host || (__u64)BPF_CORE_READ(host, i_mapping) != mapping)
		return false;
	sb = BPF_CORE_READ(host, i_sb);
	if (!sb)
		return false;
	w->run.inode = BPF_CORE_READ(host, i_ino);
	w->run.dev = BPF_CORE_READ(sb, s_dev);
	w->run.by = run_by(&w->run, BPF_CORE_READ(sb, s_magic), BPF_CORE_READ(host, i_rdev));
	if (!walk_owns(w, sb))
		return false;
	w->host = (__u64)host;
	w->mapping = mapping;
	return true;
}

/* Pages found: more of the run, or a new one. A page whose blocks go one by one is one page. */
static __always_inline void walk_add(struct bio_walk *w, __u64 mapping, __u64 index, __u32 pages)
{
	if (w->run.pages && mapping == w->mapping && index == w->run.index + w->run.pages - 1) {
		index++;
		pages--;
	}
	if (mapping != w->mapping || index != w->run.index + w->run.pages)
		walk_hand_on(w);
	if (!walk_file(w, mapping)) {
		w->mapping = 0;
		return;
	}
	if (!w->run.pages)
		w->run.index = index;
	w->run.pages += pages;
}

/* One folio's part of a vector. */
__attribute__((noinline)) int bio_walk_step(struct bio_walk *w)
{
	__u64 page, head, before, bytes, pages;

	if (!w)
		return 0;
	if (!w->vec)
		walk_load(w);
	page = w->page;
	head = BPF_CORE_READ((struct page *)page, compound_head);
	head = head & 1 ? head - 1 : page;
	before = (page - head) / bpf_core_type_size(struct page);
	pages = kernel_folio_pages((void *)head) - before;
	bytes = pages * KERNEL_PAGE - w->offset;
	if (bytes > w->vec) {
		bytes = w->vec;
		pages = (w->offset + bytes + KERNEL_PAGE - 1) / KERNEL_PAGE;
	}
	walk_add(w, (__u64)BPF_CORE_READ((struct page *)head, mapping),
		 kernel_folio_index((void *)head) + before, pages);
	w->vec -= bytes;
	w->left -= bytes;
	w->offset = 0;
	w->page = page + pages * bpf_core_type_size(struct page);
	return 0;
}

/* Some of them. Loops in loops: older verifiers follow one to 8,192 branches. */
__attribute__((noinline)) int bio_walk_steps(struct bio_walk *w)
{
	if (!w)
		return 0;
	for (int i = 0; i < BIO_MANY_STEPS && w->left; i++)
		bio_walk_step(w);
	return 0;
}

static __always_inline void bio_walk_begin(const struct bio *bio, struct bio_walk *w)
{
	w->vecs = (__u64)bio->bi_io_vec;
	w->bdev = (__u64)bio->bi_bdev;
	w->dev = bio->bi_bdev->bd_dev;
	w->idx = bio->bi_iter.bi_idx;
	w->skip = bio->bi_iter.bi_bvec_done;
	w->left = bio->bi_iter.bi_size;
}

/* All of them; returns the bytes that were not looked at. */
static __always_inline __u32 bio_walk_pages(const struct bio *bio, struct bio_walk *w)
{
	bio_walk_begin(bio, w);
	for (int i = 0; i < BIO_STEPS && w->left; i++)
		bio_walk_steps(w);
	walk_hand_on(w);
	return w->left;
}

#endif
