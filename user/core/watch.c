// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "exec.skel.h"
#include "usdt.h"
#include "watch.h"

struct watch {
	struct exec_bpf *skel;
	struct ring_buffer *ring;
	watch_fn fn;
	void *arg;
};

static int watch_record(void *arg, void *data, size_t size)
{
	struct watch *watch = arg;
	const struct record *r = data;

	if (size >= sizeof(*r) && r->kind == RECORD_EXEC)
		watch->fn(watch->arg, r->tgid);
	return 0;
}

static int watch_open(struct watch *watch, const char **doing)
{
	int err;

	*doing = "load the BPF program that sees new processes";
	watch->skel = exec_bpf__open_and_load();
	if (!watch->skel)
		return -errno;
	*doing = "open the ring buffer of new processes";
	watch->ring =
		ring_buffer__new(bpf_map__fd(watch->skel->maps.execs), watch_record, watch, NULL);
	if (!watch->ring)
		return -errno;
	*doing = "attach to the tracepoint sched_process_exec";
	err = exec_bpf__attach(watch->skel);
	return err;
}

int watch__new(watch_fn fn, void *arg, struct watch **out, char *why, size_t why_size)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	const char *doing = "allocate memory";
	int err = -ENOMEM;

	if (watch) {
		watch->fn = fn;
		watch->arg = arg;
		err = watch_open(watch, &doing);
	}
	if (err) {
		snprintf(why, why_size, "%s", doing);
		watch__free(watch);
		return err;
	}
	*out = watch;
	return 0;
}

void watch__free(struct watch *watch)
{
	if (!watch)
		return;
	ring_buffer__free(watch->ring);
	exec_bpf__destroy(watch->skel);
	free(watch);
}

int watch_fd(const struct watch *watch)
{
	return ring_buffer__epoll_fd(watch->ring);
}

void watch_read(struct watch *watch)
{
	ring_buffer__consume(watch->ring);
}

uint64_t watch_lost(const struct watch *watch)
{
	return watch->skel->bss->lost;
}
