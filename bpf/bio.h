/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the program on single block I/Os (bio.bpf.c) and user space share.
 */
#ifndef ASSAY_BIO_H
#define ASSAY_BIO_H

#include "fold_types.h"

/* Who queued it. */
enum bio_by {
	BIO_BY_PROCESS,
	BIO_BY_KTHREAD, /* a thread of the kernel: `comm` names it */
	BIO_BY_WORKER,	/* a kworker: `work` names the work queue */
};

/* Of a bio's flags: enum req_flag_bits in include/linux/blk_types.h, the same from 5.15 to 6.18. */
enum bio_flags {
	BIO_SYNC = 1 << 11,	/* somebody waits for it */
	BIO_META = 1 << 12,	/* a file system's own data, not a file's */
	BIO_FUA = 1 << 17,	/* on the disk itself before it ends */
	BIO_PREFLUSH = 1 << 18, /* all before it first; without data: a flush and nothing else */
	BIO_RAHEAD = 1 << 19,	/* read ahead */
};

/*
 * One bio that has ended. What a cgroup's throttle holds back is queued only as that lets go of it,
 * mostly by a worker of "kthrotld": no tracepoint tells of it before.
 *
 * A disk without BIO_FUA gets a flush after such a bio, a part of it like the one before it:
 *
 *	queued   flushed        issued             done
 *	|        |  flush ..... |  data .. (flush) |
 */
struct bio_record {
	__u64 queued;  /* ns, CLOCK_MONOTONIC: when it was submitted */
	__u64 flushed; /* when the driver got the flush before it; 0: there was none */
	__u64 issued;  /* when it got its last part, or the flush if it has no data; or 0 */
	__u64 done;    /* when all of it had ended */
	__u64 sector;  /* of the whole disk, 512 bytes each */
	__u32 bytes;
	__u32 dev;	 /* device or partition it was queued to, as the kernel has it */
	__u32 disk;	 /* the whole disk */
	__u32 tgid, tid; /* of who queued it */
	__u32 flags;	 /* operation in the low byte (enum kernel_op), enum bio_flags above */
	__u16 by;	 /* enum bio_by */
	__u16 error;	 /* an errno; 0: it went well */
	char comm[16];	 /* of the thread that queued it */
	char work[24];	 /* the work queue of a kworker, cut; else empty */
};

#define BIO_MAX_DEVS 16 /* that records can be limited to */

#endif
