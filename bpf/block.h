/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the program on the block layer's requests (block.bpf.c) and user space share.
 */
#ifndef ASSAY_BLOCK_H
#define ASSAY_BLOCK_H

#include "fold_types.h"

/* Operations that are told apart. */
enum block_op { BLOCK_READ, BLOCK_WRITE, BLOCK_FLUSH, BLOCK_DISCARD, BLOCK_OTHER, BLOCK_OPS };

/* A row each, of an operation: BLOCK_ROW(op, what). They are split by device. */
enum block_what {
	BLOCK_QUEUED, /* ns, from when the request was made to when the driver got it */
	BLOCK_ISSUED, /* ns, from there to its end */
	BLOCK_BYTES,  /* of its data */
	BLOCK_WHATS,
};
#define BLOCK_ROW(op, what) ((op)*BLOCK_WHATS + (what))
#define BLOCK_ROWS	    (BLOCK_OPS * BLOCK_WHATS)

/* A request that the driver has. */
struct inflight {
	__u64 address;
	__u64 issued; /* ns, CLOCK_MONOTONIC */
};

#endif
