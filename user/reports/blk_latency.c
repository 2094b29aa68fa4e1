// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * blk-latency: how long the block layer's requests are queued, and how long the device has them.
 */
#include <stdio.h>

#include "kernel/requests.h"
#include "report.h"

#define OP(op)	  op " queued", op " device", op " bytes"
#define BYTES(op) (UINT64_C(1) << BLOCK_ROW(op, BLOCK_BYTES))

static const char *const labels[] = { OP("read"), OP("write"), OP("flush"), OP("discard"),
				      OP("other") };

static const struct latency_format format = {
	.labels = labels,
	.nlabels = NROWS(labels),
	.by = "device",
	.by_text = true,
	.key = { LATENCY_KEY_BY, LATENCY_KEY_LABEL },
	.plain = BYTES(BLOCK_READ) | BYTES(BLOCK_WRITE) | BYTES(BLOCK_FLUSH) |
		 BYTES(BLOCK_DISCARD) | BYTES(BLOCK_OTHER),
};

static const char *const tracepoints[] = { "block:block_rq_issue", "block:block_rq_complete",
					   NULL };

static int open_block(const struct report_view *view, void **source, char *why, size_t why_size)
{
	(void)view;
	return requests__new((struct requests **)source, why, why_size);
}

static void go(void *source)
{
	requests_go(source);
}

static void stop(void *source)
{
	requests_stop(source);
}

static struct fold_tables tables(void *source)
{
	return requests_tables(source);
}

static bool text(void *source, uint64_t by, char *dst, size_t size)
{
	(void)source;
	snprintf(dst, size, "%u:%u", (unsigned)(by >> 20), (unsigned)(by & 0xfffff));
	return true;
}

static void free_block(void *source)
{
	requests__free(source);
}

static const struct report_source source = {
	.tracepoints = tracepoints,
	.open = open_block,
	.go = go,
	.stop = stop,
	.tables = tables,
	.text = text,
	.free = free_block,
};

const struct report report_blk_latency = {
	.name = "blk-latency",
	.summary = "latency of each disk's requests: queued, and at the device",
	.help = { .about = "x\n" },
	.takes = TAKES_LATENCY | TAKES_KERNEL | TAKES_HOST | TAKES_DEVICE,
	.source = &source,
	.rows = BLOCK_ROWS,
	.latency = &format,
};
