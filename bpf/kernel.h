/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where kernels from 5.15 on differ in what Assay reads of them, each difference with the release
 * it came in. What a kernel has is asked of its BTF as a program is loaded, so the branches it does
 * not have are gone before the verifier looks. Tracepoints that only some kernels have are left out
 * by user space (user/kernel/tracepoints.h).
 */
#ifndef ASSAY_KERNEL_H
#define ASSAY_KERNEL_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

/* Operations of requests and bios, the low byte of their flags: enum req_op, unchanged since 4.8.
 */
enum kernel_op {
	KERNEL_OP_READ = 0,
	KERNEL_OP_WRITE = 1,
	KERNEL_OP_FLUSH = 2,
	KERNEL_OP_DISCARD = 3,
	KERNEL_OP_SECURE_ERASE = 5,
	KERNEL_OP_WRITE_ZEROES = 9,
	KERNEL_OP_MASK = 0xff,
};

/* The argument of a BTF-typed tracepoint: `n` counts from 0. */
#define KERNEL_ARG(ctx, n) ((void *)((unsigned long long *)(ctx))[n])

#endif
