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

/* One bio that has ended. */
struct bio_record {
	__u64 queued; /* ns, CLOCK_MONOTONIC: when it was submitted */
	__u64 issued; /* when the driver got its (last) request; 0: there was none, or not seen */
	__u64 done;   /* when it had ended */
	__u64 sector; /* of the partition's disk, 512 bytes each */
	__u32 bytes;
	__u32 dev;	 /* device or partition it was queued to, as the kernel has it */
	__u32 disk;	 /* the whole disk */
	__u32 tgid, tid; /* of who queued it */
	__u32 flags;	 /* bi_opf: operation in the low byte (enum kernel_op), REQ_* above */
	__u16 by;	 /* enum bio_by */
	__u16 error;	 /* 0: it went well */
	char comm[16];	 /* of the thread that queued it */
	char work[24];	 /* the work queue of a kworker, cut; else empty */
};

#endif
