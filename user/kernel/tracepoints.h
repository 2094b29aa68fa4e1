/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which of the kernel's tracepoints there are, asked of its BTF: no tracefs is needed, and those of
 * modules that are not loaded count as missing; and how often programs on them were passed over.
 */
#ifndef ASSAY_TRACEPOINTS_H
#define ASSAY_TRACEPOINTS_H

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Of a skeleton's programs that is not loaded yet: those on tracepoints (tp_btf) that this kernel
 * lacks are not loaded. Their tracepoints' names go to `missing`, separated by ", ". Returns their
 * number, or -errno when the kernel has no BTF (CONFIG_DEBUG_INFO_BTF).
 */
int tracepoints_choose(struct bpf_object *object, char *missing, size_t size);

/*
 * How often the kernel has passed over a skeleton's programs since they were loaded, as it does
 * while the same CPU is in one already. Kernels before 6.1 do not, or do not count it: 0.
 */
uint64_t tracepoints_missed(const struct bpf_object *object);

#endif
