/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the program on the block layer's requests keeps of each that is on its way (inflight.bpf.h),
 * for it and for user/kernel/requests.c alone.
 */
#ifndef ASSAY_BLOCK_INFLIGHT_H
#define ASSAY_BLOCK_INFLIGHT_H

#include "block.h"

struct inflight {
	__u64 address; /* of the kernel's structure; 0: this place is nobody's */
	struct block_request request;
};

/* Bytes of it where it does not matter who queued a request. */
#define BLOCK_INFLIGHT_SHORT __builtin_offsetof(struct inflight, request.began)

#endif
