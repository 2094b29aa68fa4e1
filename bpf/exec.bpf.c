// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A record for every program started on the host, so that binaries with the wanted probes are
 * traced from their first moments. A raw tracepoint, read without the kernel's types: it needs
 * neither BTF nor tracefs.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "usdt.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

__u64 lost;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} execs SEC(".maps");

SEC("raw_tp/sched_process_exec")
int assay_exec(void *ctx)
{
	__u64 id = bpf_get_current_pid_tgid();
	struct record *r = bpf_ringbuf_reserve(&execs, sizeof(*r), 0);

	if (!r) {
		__sync_fetch_and_add(&lost, 1);
		return 0;
	}
	r->time = bpf_ktime_get_ns();
	r->tgid = id >> 32;
	r->tid = (__u32)id;
	r->kind = RECORD_EXEC;
	r->site = 0;
	bpf_ringbuf_submit(r, 0);
	return 0;
}
