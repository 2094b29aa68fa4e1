/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the program on the block layer's requests (block.bpf.c) and user space share.
 */
#ifndef ASSAY_BLOCK_H
#define ASSAY_BLOCK_H

#include "fold_types.h"

/* Operations that are told apart. */
enum block_op {
	BLOCK_READ,
	BLOCK_WRITE,
	BLOCK_FLUSH,
	BLOCK_DISCARD, /* secure erase, too */
	BLOCK_ZEROES,
	BLOCK_OTHER, /* zones, and what drivers and user space send past the block layer */
	BLOCK_OPS,
};

/* A distribution each, of an operation: BLOCK_ROW(op, what). They are split by device. */
enum block_what {
	BLOCK_QUEUED, /* ns, from when the request was made to when the driver got it */
	BLOCK_ISSUED, /* ns, from there to its end */
	BLOCK_BYTES,  /* of its data */
	BLOCK_WHATS,
};
#define BLOCK_ROW(op, what) ((op)*BLOCK_WHATS + (what))
#define BLOCK_DISTRIBUTIONS (BLOCK_OPS * BLOCK_WHATS)

/* And a count each, likewise: BLOCK_COUNT_ROW(op, count). */
enum block_count {
	BLOCK_MERGED,	 /* bios, and requests, that became a part of another request */
	BLOCK_REQUEUED,	 /* given back by the driver, to be issued again */
	BLOCK_ERRORS,	 /* ended so */
	BLOCK_PREFLUSHS, /* writes without data, that ask for a flush and are never issued */
	BLOCK_COUNTS,
};
#define BLOCK_COUNT_ROW(op, count) (BLOCK_DISTRIBUTIONS + (op)*BLOCK_COUNTS + (count))
#define BLOCK_ROWS		   (BLOCK_DISTRIBUTIONS + BLOCK_OPS * BLOCK_COUNTS)

/* Where a device's numbers of one operation are, found at once. Open addressing, never given back.
 */
struct block_line {
	__u32 state; /* enum fold_group_state: FOLD_GROUP_READY once the rest holds */
	__u32 dev;
	__u32 tgid; /* 0 unless split by process */
	__u32 op;
	__u32 index[BLOCK_WHATS]; /* among the fold's numbers */
	__u32 reserved;
};

#define BLOCK_NO_LINE ((__u32)-1)
#define BLOCK_COMM    16 /* TASK_COMM_LEN */

/* A request on its way. What comes from `began` on is there only where it matters who queued it. */
struct block_request {
	__u64 issued; /* ns, CLOCK_MONOTONIC, when the driver got it; 0: it does not have it */
	__u32 line;   /* where its numbers go; BLOCK_NO_LINE: nowhere */
	__u32 dev;
	__u32 bytes;  /* that have ended before the rest */
	__u16 op;     /* enum block_op */
	__u16 dated;  /* the kernel has kept when it was made */
	__u64 began;  /* ns, CLOCK_MONOTONIC, when it was first seen */
	__u64 sector; /* of 512 bytes, from the disk's start */
	__u32 reserved;
	__u32 tgid; /* 0: not known */
	char comm[BLOCK_COMM];
};

/* Who queued the last request of that tag that asked for a flush. */
struct block_flusher {
	__u64 tag; /* its queue, hardware queue and number */
	__u32 tgid;
	char comm[BLOCK_COMM];
	__u32 reserved;
};
#define BLOCK_FLUSHERS 1024

/* A request that took long, as it ended. */
struct block_slow {
	__u64 time;   /* ns, CLOCK_MONOTONIC: of its end */
	__u64 queued; /* ns */
	__u64 device; /* ns */
	__u64 sector; /* of 512 bytes, from the disk's start */
	__u32 dev;
	__u32 bytes;
	__u32 tgid; /* 0: not known */
	__u16 op;
	__u16 error; /* whether it ended so */
	char comm[BLOCK_COMM];
};

#define BLOCK_MAX_DEVICES 32 /* that can be named */

#endif
