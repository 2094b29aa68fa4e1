// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What every uprobe program costs, whatever it does: the yardstick of the bench.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("uprobe")
int assay_empty(struct pt_regs *ctx)
{
	return 0;
}
