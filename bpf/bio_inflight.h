/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the program on single block I/Os keeps of each that is under way (inflight.bpf.h), for it
 * and for user/kernel/bios.c alone.
 */
#ifndef ASSAY_BIO_INFLIGHT_H
#define ASSAY_BIO_INFLIGHT_H

#include "bio.h"

struct inflight {
	__u64 address; /* of the bio */
	__u32 parts;   /* of it that are under way: more than one when it was split */
	__u32 split;   /* it was */
	struct bio_record record;
};

#endif
