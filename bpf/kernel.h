/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where kernels from 5.15 on differ in what Assay reads of them, each difference with the release
 * it came in. What a kernel has is asked of its BTF as a program is loaded, so the branches it does
 * not have are gone before the verifier looks. Tracepoints that only some kernels have are left out
 * by user space (user/kernel/tracepoints.h).
 */
#ifndef ASSAY_KERNEL_H
#define ASSAY_KERNEL_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "fold_types.h"

/* Operations of requests and bios, the low byte of their flags: enum req_op, unchanged since 4.8.
 */
enum kernel_op {
	KERNEL_OP_READ = 0,
	KERNEL_OP_WRITE = 1,
	KERNEL_OP_FLUSH = 2,
	KERNEL_OP_DISCARD = 3,
	KERNEL_OP_SECURE_ERASE = 5,
	KERNEL_OP_WRITE_ZEROES = 9,
	KERNEL_OP_MASK = 0xff,
};

/* The argument of a BTF-typed tracepoint: `n` counts from 0. */
#define KERNEL_ARG(ctx, n) ((void *)((unsigned long long *)(ctx))[n])

/*
 * An address as a number. The verifier lets no arithmetic near a typed pointer. But its lower half,
 * moved by itself, is any number to it; and so is what is read of two words of the stack when the
 * pointer was stored to one of them, it cannot tell which (5.12).
 */
static __always_inline __u64 kernel_address(const void *pointer)
{
	const void *volatile words[2] = { NULL, NULL };
	__u32 low;

	asm volatile("%0 = %1" : "=w"(low) : "w"((__u32)(unsigned long)pointer));
	words[low & 1] = pointer;
	return *(volatile __u64 *)&words[low & 1];
}

/* 6.6: what waits for a flush is linked like any request, no longer by a list of its own. */
struct request___v6_5 {
	struct {
		struct list_head list;
	} flush;
} __attribute__((preserve_access_index));

/*
 * The first of the requests that the flush under way in a hardware queue was made for: the address
 * of its link; `*head` is what the last one's next is. block/blk-flush.c has how it works.
 */
static __always_inline __u64 kernel_flush_first(struct blk_mq_hw_ctx *hctx, __u64 *head)
{
	struct blk_flush_queue *fq = BPF_CORE_READ(hctx, fq);
	__u32 running = BPF_CORE_READ_BITFIELD_PROBED(fq, flush_running_idx);
	struct list_head *list = running ? &fq->flush_queue[1] : &fq->flush_queue[0];

	*head = (__u64)list;
	return (__u64)BPF_CORE_READ(list, next);
}

/* The request that has this link. */
static __always_inline struct request *kernel_flush_request(__u64 link)
{
	struct request___v6_5 *old = NULL;

	if (bpf_core_field_exists(old->flush.list))
		return (void *)(link - bpf_core_field_offset(old->flush.list));
	return (void *)(link - bpf_core_field_offset(((struct request *)0)->queuelist));
}

/*
 * How a request or a bio ended, as an errno, 0 when well. Tracepoints have a negative errno up to
 * 5.15 and from 5.16 on a blk_status_t (include/linux/blk_types.h, block/blk-core.c), whose numbers
 * are the same in all of them, but for a few that do not end I/O.
 */
static __always_inline __u32 kernel_block_error(__s32 error)
{
	switch (error) {
	case 0:
		return 0;
	case 1:
		return 95; /* EOPNOTSUPP */
	case 2:
		return 110; /* ETIMEDOUT */
	case 3:
		return 28; /* ENOSPC */
	case 4:
		return 67; /* ENOLINK */
	case 5:
		return 121; /* EREMOTEIO */
	case 6:
		return 52; /* EBADE */
	case 7:
		return 61; /* ENODATA */
	case 8:
		return 84; /* EILSEQ */
	case 9:
		return 12; /* ENOMEM */
	case 12:
		return 11; /* EAGAIN */
	}
	return error < 0 ? -error : 5; /* EIO */
}

/* Bits of a task's flags that say what it is (include/linux/sched.h), unchanged since 5.15. */
#define KERNEL_PF_WQ_WORKER 0x00000020
#define KERNEL_PF_MEMALLOC  0x00000800 /* makes room: kswapd, or for what it wants itself */
#define KERNEL_PF_KTHREAD   0x00200000

/*
 * The name of the work queue that a kworker works on right now, ended with a NUL, to `dst`; nothing
 * but a NUL for other threads and idle workers. Takes what bpf_get_current_task_btf() returns.
 */
static __always_inline void kernel_work_queue(const struct task_struct *task, char *dst, __u32 size)
{
	struct kthread *kthread;
	struct worker *worker;
	struct pool_workqueue *pwq;
	struct workqueue_struct *wq;

	*dst = '\0';
	if (!(task->flags & KERNEL_PF_WQ_WORKER))
		return;
	/* 5.17: struct kthread is no longer where a process has its set_child_tid */
	if (bpf_core_field_exists(task->worker_private))
		kthread = task->worker_private;
	else
		kthread = (void *)task->set_child_tid;
	worker = BPF_CORE_READ(kthread, data);
	pwq = BPF_CORE_READ(worker, current_pwq);
	if (!pwq)
		return;
	wq = BPF_CORE_READ(pwq, wq);
	bpf_core_read_str(dst, size, &wq->name);
}

/*
 * A system call's number and its first two arguments, of the registers that sys_enter and sys_exit
 * pass (struct pt_regs of arch/x86/include/asm/ptrace.h and arch/arm64/include/asm/ptrace.h).
 */
#if defined(__TARGET_ARCH_x86)
#define KERNEL_CALL_ARG0(regs) ((regs)->word[14]) /* di */
#define KERNEL_CALL_ARG1(regs) ((regs)->word[13]) /* si */
#define KERNEL_CALL_NR(regs)   ((regs)->word[15]) /* orig_ax */
#else
#define KERNEL_CALL_ARG0(regs) ((regs)->word[0])
#define KERNEL_CALL_ARG1(regs) ((regs)->word[1])
#define KERNEL_CALL_NR(regs)   (((__u32 *)(regs))[2 * 35]) /* syscallno, behind orig_x0 */
#endif

/* Whether the call that the thread is in is a 32-bit program's: its number means something else. */
static __always_inline bool kernel_is_compat(const struct task_struct *task)
{
#if defined(__TARGET_ARCH_x86)
	return task->thread_info.status & 2; /* TS_COMPAT */
#else
	return task->thread_info.flags & 1 << 22; /* TIF_32BIT */
#endif
}

/* Of memory: what the page cache counts in, here 4 KiB. */
#define KERNEL_PAGE 4096

/* 6.18: a page's flags are a structure, memdesc_flags_t. */
struct page___flags {
	struct {
		unsigned long f;
	} flags;
} __attribute__((preserve_access_index));

/* 6.2 to 6.14: how many pages a folio has; then _nr_pages, before that the second page's. */
struct folio___nr {
	unsigned int _folio_nr_pages;
} __attribute__((preserve_access_index));

/* The pages of the folio whose first page is there: at an address, of no type. */
static __always_inline __u32 kernel_folio_pages(const void *head)
{
	const struct page *first = head, *second = head + bpf_core_type_size(struct page);
	unsigned long flags;

	if (bpf_core_field_exists(((struct page___flags *)0)->flags.f))
		flags = BPF_CORE_READ((const struct page___flags *)head, flags.f);
	else
		flags = BPF_CORE_READ(first, flags);
	if (!(flags >> bpf_core_enum_value(enum pageflags, PG_head) & 1))
		return 1;
	if (bpf_core_field_exists(((struct folio *)0)->_nr_pages))
		return BPF_CORE_READ((const struct folio *)head, _nr_pages);
	if (bpf_core_field_exists(((struct folio___nr *)0)->_folio_nr_pages))
		return BPF_CORE_READ((const struct folio___nr *)head, _folio_nr_pages);
	return BPF_CORE_READ(second, compound_nr);
}

/* The place of that folio in its file; 6.16 took it from struct page. */
static __always_inline __u64 kernel_folio_index(const void *head)
{
	if (bpf_core_type_exists(struct folio))
		return BPF_CORE_READ((const struct folio *)head, index);
	return BPF_CORE_READ((const struct page *)head, index);
}

/*
 * The file of what the page cache's tracepoints pass, and its place in that: a folio since 5.16, a
 * page before.
 */
static __always_inline struct address_space *kernel_folio_mapping(const void *arg, __u64 *index)
{
	const struct page *page = arg;
	const struct folio *folio = arg;

	if (!bpf_core_type_exists(struct folio)) {
		*index = page->index;
		return page->mapping;
	}
	*index = folio->index;
	return folio->mapping;
}

/*
 * 6.2: makes an address a typed pointer, that is then followed by plain loads. Programs that call
 * this are not loaded on older kernels (user/kernel/tracepoints.h).
 */
extern void *bpf_rdonly_cast(void *address, __u32 type) __ksym __weak;

/*
 * An open file by its descriptor, which is below the table's max_fds; NULL: there is none. A table
 * is an array of addresses, which the verifier has no type for. What begins with a pointer to a
 * file is much the same.
 */
static __always_inline struct file *kernel_file_cast(const struct fdtable *fdt, __u32 fd)
{
	struct kiocb *element;

	element = bpf_rdonly_cast((void *)(fdt->fd + fd) -
					  bpf_core_field_offset(struct kiocb, ki_filp),
				  bpf_core_type_id_kernel(struct kiocb));
	return element->ki_filp;
}

/* The same for kernels before 6.2: an address of no type. */
static __always_inline struct file *kernel_file_probe(const struct fdtable *fdt, __u32 fd)
{
	struct file *file = NULL;

	bpf_probe_read_kernel(&file, sizeof(file), fdt->fd + fd);
	return file;
}

/* Whether the flags of a bio say that a file system reads or writes its own structures. */
static __always_inline bool kernel_is_metadata(__u32 opf)
{
	return opf >> bpf_core_enum_value(enum req_flag_bits, __REQ_META) & 1;
}

#endif
