/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What Crucible's downstairs does to repair extents, told from its ordinary work by the files and
 * the system calls (downstairs/src: region.rs and extent.rs for who is repaired, repair.rs for whom
 * it is copied from; August 2026):
 *
 * A copy of extent 012 is written to 012.copy/012, which becomes 012.replace/012; that is copied
 * over 012 by std::fs::copy, which is copy_file_range(2) or sendfile(2), after open(2) has
 * truncated it. The downstairs that has the good copy sends its 012 from a tokio file, that is by
 * read(2). Ordinary I/O to an extent is pread(2), pwrite(2) and their kin, and none while it is
 * repaired.
 */
#ifndef ASSAY_REPAIR_BPF_H
#define ASSAY_REPAIR_BPF_H

#include "sides.bpf.h"

/* What a file is to a downstairs. */
enum repair_file { REPAIR_NO_FILE, REPAIR_EXTENT, REPAIR_COPY };

/* A name's beginning. */
struct repair_name {
	__u64 word[2];
};

/* Three hexadecimal digits, as extents and their folders are called. */
static __always_inline bool repair_is_number(const struct repair_name *name)
{
	for (int i = 0; i < 3; i++) {
		__u8 c = name->word[0] >> 8 * i;

		if ((c < '0' || c > '9') && (c < 'A' || c > 'F'))
			return false;
	}
	return true;
}

/* What is behind these. */
static __always_inline __u64 repair_behind(const struct repair_name *name)
{
	return name->word[0] >> 24 | name->word[1] << 40;
}

/* The bytes of a text that comes first in memory, as a word. */
#define REPAIR_WORD(a, b, c, d, e, f, g, h)                                                      \
	((__u64)(a) | (__u64)(b) << 8 | (__u64)(c) << 16 | (__u64)(d) << 24 | (__u64)(e) << 32 | \
	 (__u64)(f) << 40 | (__u64)(g) << 48 | (__u64)(h) << 56)
#define REPAIR_DOT_COPY	    REPAIR_WORD('.', 'c', 'o', 'p', 'y', 0, 0, 0)
#define REPAIR_DOT_REPLACE  REPAIR_WORD('.', 'r', 'e', 'p', 'l', 'a', 'c', 'e')
#define REPAIR_DOT_COMPLETE REPAIR_WORD('.', 'c', 'o', 'm', 'p', 'l', 'e', 't')
#define REPAIR_DOT_DB	    REPAIR_WORD('.', 'd', 'b', 0, 0, 0, 0, 0)

static __always_inline void repair_read_name(const struct dentry *dentry, struct repair_name *name)
{
	const unsigned char *text = BPF_CORE_READ(dentry, d_name.name);

	name->word[0] = name->word[1] = 0;
	bpf_probe_read_kernel_str(name, sizeof(*name), text);
}

/* By the name that a link to an inode has, and that of its folder. */
static __always_inline __u32 repair_file_of(__u64 link)
{
	const struct dentry *dentry =
		(void *)(link - bpf_core_field_offset(struct dentry, d_u.d_alias));
	struct repair_name name;
	__u64 behind;

	repair_read_name(dentry, &name);
	behind = repair_behind(&name);
	if (!repair_is_number(&name) || (behind && (behind & 0xffffff) != REPAIR_DOT_DB))
		return REPAIR_NO_FILE;
	dentry = BPF_CORE_READ(dentry, d_parent);
	repair_read_name(dentry, &name);
	if (!repair_is_number(&name))
		return REPAIR_NO_FILE;
	behind = repair_behind(&name);
	if (behind == REPAIR_DOT_COPY || behind == REPAIR_DOT_REPLACE ||
	    behind == REPAIR_DOT_COMPLETE)
		return REPAIR_COPY;
	return behind ? REPAIR_NO_FILE : REPAIR_EXTENT;
}

/* System calls: arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h. */
#if defined(__TARGET_ARCH_x86)
enum { CALL_READ = 0, CALL_SENDFILE = 40, CALL_OPENAT = 257, CALL_COPY_FILE_RANGE = 326 };
#else
enum { CALL_READ = 63, CALL_SENDFILE = 71, CALL_OPENAT = 56, CALL_COPY_FILE_RANGE = 285 };
#endif

/* Whether the system call that the thread is in is one that repairs. */
static __always_inline bool repair_call(void)
{
	const struct pt_regs *regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
	__s32 call = -1;

	bpf_probe_read_kernel(&call, sizeof(call), &KERNEL_CALL_NR(regs));
	return call == CALL_READ || call == CALL_SENDFILE || call == CALL_OPENAT ||
	       call == CALL_COPY_FILE_RANGE;
}

/*
 * What a file is, by its inode's address. Files come one after the other, so the last one's kind is
 * kept, for when it is deleted and has no name any more, too. An inode that is made anew has
 * another generation.
 */
static __always_inline __u32 repair_file(struct thread *t, __u64 address)
{
	const struct inode *inode = (void *)address;
	__u64 number = BPF_CORE_READ(inode, i_ino), link;
	__u32 generation = BPF_CORE_READ(inode, i_generation);

	if (t->repair_inode == address && t->repair_number == number &&
	    t->repair_generation == generation)
		return t->repair_file;
	link = (__u64)BPF_CORE_READ(inode, i_dentry.first);
	if (!link)
		return REPAIR_NO_FILE;
	t->repair_file = repair_file_of(link);
	t->repair_inode = address;
	t->repair_number = number;
	t->repair_generation = generation;
	return t->repair_file;
}

/* The side of what a downstairs' thread does to a file, by its inode's address. */
__attribute__((noinline)) int repair_side(struct thread *t, __u64 inode)
{
	__u32 file;

	if (!t || !inode)
		return SIDE_FOREGROUND;
	file = repair_file(t, inode);
	return file == REPAIR_COPY || (file == REPAIR_EXTENT && repair_call()) ? SIDE_MAINTENANCE
									       : SIDE_FOREGROUND;
}

#endif
