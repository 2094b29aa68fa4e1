/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the program on system calls that work on files (syscalls.bpf.c) and user space share.
 */
#ifndef ASSAY_SYSCALLS_H
#define ASSAY_SYSCALLS_H

#include "fold_types.h"

/* What a call does to its file; a row each, split by file system. */
enum file_op {
	FILE_READ,
	FILE_WRITE,
	FILE_OPEN,
	FILE_FSYNC,
	FILE_FDATASYNC,
	FILE_SYNCFS,
	FILE_OPS,
};

#define FILE_NAME 64

/* One call that has returned. */
struct file_record {
	__u64 start, end; /* ns, CLOCK_MONOTONIC */
	__u32 tgid, tid;
	__u32 op;  /* enum file_op */
	__u32 dev; /* the superblock's, as the kernel has it: major << 20 | minor; 0: none was found
		    */
	__u64 inode;
	__s64 result;	      /* bytes, a file descriptor, or -errno */
	__s32 fd;	      /* of open: the new one */
	__u32 flags;	      /* the file's: O_DIRECT and the like */
	char name[FILE_NAME]; /* the last part of its path, ended with a NUL; may be cut */
	char comm[16];	      /* the thread's */
};

#endif
