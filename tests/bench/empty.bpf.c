// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What every uprobe program costs, whatever it does: the yardstick of the bench. And what none that
 * measures durations can leave out: which site, whose, and when. Its cost varies with the clock and
 * with what the CPU's bugs make the kernel do at each return.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("uprobe")
int assay_empty(struct pt_regs *ctx)
{
	return 0;
}

__u64 least_seen;

SEC("uprobe")
int assay_least(struct pt_regs *ctx)
{
	least_seen = bpf_get_attach_cookie(ctx) + bpf_get_current_pid_tgid() + bpf_ktime_get_ns();
	return 0;
}
