/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's types that Assay's BPF programs use, and no others: fixed-width integers, the BPF
 * enums and flags, the registers of a uprobe's context, and of the block layer's, the page cache's
 * and the file systems' structures the fields that are read. Kept by hand. A uprobe's context is
 * read at fixed offsets, as the verifier wants it; the structures are found by the kernel's BTF
 * (CO-RE), and only by programs on the kernel's own tracepoints.
 */
#ifndef ASSAY_VMLINUX_H
#define ASSAY_VMLINUX_H

typedef signed char __s8;
typedef unsigned char __u8;
typedef short int __s16;
typedef unsigned short int __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long int __s64;
typedef unsigned long long int __u64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;

typedef __s8 s8;
typedef __u8 u8;
typedef __s16 s16;
typedef __u16 u16;
typedef __s32 s32;
typedef __u32 u32;
typedef __s64 s64;
typedef __u64 u64;

typedef _Bool bool;
enum { false = 0, true = 1 };
#define NULL ((void *)0)

/* include/uapi/linux/bpf.h */
enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_RINGBUF = 27,
	BPF_MAP_TYPE_TASK_STORAGE = 29,
};

enum { BPF_NOEXIST = 1 };

enum { BPF_LOCAL_STORAGE_GET_F_CREATE = 1U << 0 };

enum { BPF_F_NO_PREALLOC = 1U << 0, BPF_F_MMAPABLE = 1U << 10 };

enum { BPF_RB_NO_WAKEUP = 1ULL << 0 };

/* The context of a uprobe: arch/ARCH/include/uapi/asm/ptrace.h, as 8-byte words. */
#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long word[21];
};
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs {
	unsigned long word[34];
};
#else
#error "no context layout for this architecture"
#endif

/*
 * What follows is looked up in the running kernel's BTF: names count, order and offsets do not.
 * What only some kernels have is in bpf/kernel.h.
 */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef u32 dev_t;
typedef u64 sector_t;
typedef long long loff_t;

/* include/linux/blk_types.h, include/linux/blkdev.h, include/linux/blk-mq.h */
struct gendisk {
	struct block_device *part0;
};

struct block_device {
	dev_t bd_dev;
	sector_t bd_start_sect;
	struct gendisk *bd_disk;
	void *bd_holder;
};

struct request_queue {
	struct gendisk *disk;
	int id;
};

struct list_head {
	struct list_head *next;
};

struct blk_flush_queue { /* block/blk.h */
	unsigned int flush_pending_idx : 1;
	unsigned int flush_running_idx : 1;
	struct list_head flush_queue[2];
};

struct blk_mq_hw_ctx {
	struct blk_flush_queue *fq;
	unsigned int queue_num;
};

struct bvec_iter {
	sector_t bi_sector;
	unsigned int bi_size;
	unsigned int bi_idx;
	unsigned int bi_bvec_done;
} __attribute__((packed));

struct bio_vec {
	struct page *bv_page;
	unsigned int bv_len;
	unsigned int bv_offset;
};

struct bio {
	struct bio *bi_next;
	struct block_device *bi_bdev;
	unsigned int bi_opf;
	u8 bi_status;
	struct bvec_iter bi_iter;
	void *bi_private;
	struct bio_vec *bi_io_vec;
};

/* include/linux/blk_types.h; positions are looked up, too */
enum req_flag_bits {
	__REQ_META = 12,
	__REQ_FUA = 17,
	__REQ_PREFLUSH = 18,
};

struct request {
	struct request_queue *q;
	struct list_head queuelist;
	struct blk_mq_hw_ctx *mq_hctx;
	int tag;
	int internal_tag;
	unsigned int cmd_flags;
	unsigned int __data_len;
	sector_t __sector;
	struct bio *bio;
	struct block_device *part;
	u64 start_time_ns;
	void *end_io;
};

/* include/linux/fs.h and what it includes */
struct file_system_type {
	const char *name;
};

struct super_block {
	dev_t s_dev;
	struct file_system_type *s_type;
	unsigned long s_magic;
};

struct address_space {
	struct inode *host;
};

struct hlist_node {
	struct hlist_node *next;
};

struct hlist_head {
	struct hlist_node *first;
};

struct inode {
	unsigned short i_mode;
	struct super_block *i_sb;
	struct address_space *i_mapping;
	unsigned long i_ino;
	dev_t i_rdev;
	loff_t i_size;
	u32 i_generation;
	struct hlist_head i_dentry;
};

struct qstr {
	u32 len;
	const unsigned char *name;
};

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
	union {
		struct hlist_node d_alias;
	} d_u;
};

struct path {
	struct dentry *dentry;
};

struct file {
	unsigned int f_flags;
	struct path f_path;
	struct inode *f_inode;
};

struct kiocb {
	struct file *ki_filp;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

/* arch/x86/include/asm/thread_info.h, arch/arm64/include/asm/thread_info.h */
struct thread_info {
	unsigned long flags;
	u32 status; /* x86 */
};

/* include/linux/sched.h */
struct task_struct {
	struct thread_info thread_info;
	unsigned int flags;
	int pid;
	int tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	char comm[16];
	struct files_struct *files;
	void *worker_private;
	int *set_child_tid;
};

/* kernel/kthread.c, kernel/workqueue_internal.h, kernel/workqueue.c */
struct kthread {
	void *data;
};

struct workqueue_struct {
	char name[24];
};

struct pool_workqueue {
	struct workqueue_struct *wq;
};

struct worker {
	struct pool_workqueue *current_pwq;
};

/* include/linux/mm_types.h */
struct page {
	unsigned long flags;
	struct address_space *mapping;
	unsigned long index;
	unsigned long compound_head;
	unsigned int compound_nr;
};

struct folio {
	unsigned long flags;
	struct address_space *mapping;
	unsigned long index;
	unsigned int _nr_pages;
};

/* include/linux/page-flags.h */
enum pageflags { PG_head = 6 };

#pragma clang attribute pop

#endif
