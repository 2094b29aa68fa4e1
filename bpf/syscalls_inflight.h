/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the program on system calls keeps of each that is under way (inflight.bpf.h), for it and for
 * user/kernel/files.c alone.
 */
#ifndef ASSAY_SYSCALLS_INFLIGHT_H
#define ASSAY_SYSCALLS_INFLIGHT_H

#include "syscalls.h"

struct inflight {
	__u64 address; /* of the thread's structure; 0: this place is nobody's */
	struct file_call call;
};

#endif
