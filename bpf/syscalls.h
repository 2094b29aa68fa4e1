/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the program on system calls that work on files (syscalls.bpf.c) and user space share.
 */
#ifndef ASSAY_SYSCALLS_H
#define ASSAY_SYSCALLS_H

#include "fold_types.h"

/* What a call does to its file. */
enum file_op {
	FILE_READ,
	FILE_WRITE,
	FILE_OPEN,
	FILE_FSYNC,
	FILE_FDATASYNC,
	FILE_SYNCFS,
	FILE_OPS,
};

/*
 * Rows: of each operation how long it took, and how often it failed; of reads and writes the bytes.
 * They are split by file system and process. Once half of the room is taken, processes that are new
 * share the numbers of their name, and when all is, one another's.
 */
#define FILE_BY_NAME	0x80000000U /* the rest of the process's number is a hash of the name */
#define FILE_OTHERS	0
#define FILE_ERRORS(op) (FILE_OPS + (op))
#define FILE_BYTES(op)	(2 * FILE_OPS + (op))
#define FILE_ROWS	FILE_BYTES(FILE_WRITE + 1)

/*
 * What splits a row: the superblock's device number as the kernel has it, major << 20 | minor; 0
 * where none was found. A disk that is opened as a file is a file system of its own.
 */
#define FILE_BY_DISK (1ULL << 32) /* the rest is the disk's number */

/* System calls have numbers below this one; of each there is enum file_op + 1, or 0, and: */
#define FILE_CALLS	 512
#define FILE_PATH_SECOND 0x80 /* the path that it opens is its second argument, not the first */

#define FILE_NAME	 64
#define FILE_COMM	 16
#define FILE_NAMES	 768
#define FILE_DEPTH	 16  /* names of a path that are looked at */
#define FILE_LONGEST	 256 /* of one of them, its NUL included */

/* One call that has returned. */
struct file_record {
	__u64 start, end; /* ns, CLOCK_MONOTONIC */
	__u32 tgid, tid;
	__u32 op;  /* enum file_op */
	__u32 dev; /* the superblock's, as above; of a disk its own; 0: none was found */
	__u64 inode;
	__s64 result; /* bytes, a file descriptor, or -errno */
	__s32 fd;     /* of open: the new one; -1: none */
	__u32 flags;  /* the file's: O_DIRECT and the like */
	__u32 mode;   /* the inode's: S_ISBLK() and the like */
	/*
	 * The last part of its path, ended with a NUL; may be cut. Of an open that failed the
	 * beginning of what was to be opened.
	 */
	char name[FILE_NAME];
	char comm[FILE_COMM];	 /* the thread's name */
	char process[FILE_COMM]; /* the process's */
	/*
	 * Where paths are wanted: its names from the last up to the file system's root, each ended
	 * with a NUL, so many bytes; of an open that failed what was to be opened, as it is. Where
	 * they are not, there is no memory behind `reserved`.
	 */
	__u16 names_size;
	__u8 names_end; /* they go up to the root */
	__u8 reserved;
	char names[FILE_NAMES];
};

/* A call that has not returned. */
struct file_call {
	__u64 start; /* ns, CLOCK_MONOTONIC; written last; 0: the rest is not to be read */
	__u64 inode;
	__u64 dentry;
	__u64 path; /* of open: where the path is in the process's memory */
	__u32 tgid, tid;
	__u32 op; /* enum file_op; the rest is as in a record */
	__u32 dev;
	__s32 fd;
	__u32 flags;
	__u32 mode;
	__u32 reserved;
};

/* What a process was called when a group of it was last counted in. */
struct file_process {
	__u64 since; /* ns, CLOCK_MONOTONIC: when that was first seen; the newest holds */
	char name[FILE_COMM];
};

#endif
