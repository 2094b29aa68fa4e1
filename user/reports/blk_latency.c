// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * blk-latency: how long the block layer's requests are queued, and how long the device has them;
 * and what else there is to tell of a device: merges, requeues, errors, how many it has now.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blk_table.h"
#include "core/escape.h"
#include "core/log.h"
#include "core/units.h"
#include "core/waiting.h"
#include "kernel/devices.h"
#include "kernel/requests.h"
#include "render/json.h"
#include "report.h"

/* Where one is that has not ended. */
static const char *const wheres[BLOCK_WHATS] = { "queued", "device", "" };

#define OP(op)	   op " queued", op " device", op " bytes"
#define COUNTS(op) op " merged", op " requeued", op " errors", op " preflush"

static const char *const labels[BLOCK_ROWS] = {
	OP("read"),
	OP("write"),
	OP("flush"),
	OP("discard"),
	OP("write-zeroes"),
	OP("other"),
	COUNTS("read"),
	COUNTS("write"),
	COUNTS("flush"),
	COUNTS("discard"),
	COUNTS("write-zeroes"),
	COUNTS("other"),
};

#define BYTES(op) (UINT64_C(1) << BLOCK_ROW(op, BLOCK_BYTES))

/* Each of the three is an aggregation. */
#define SECTIONS BLOCK_QUEUED, BLOCK_ISSUED, BLOCK_BYTES
static const uint8_t sections[BLOCK_ROWS] = { SECTIONS, SECTIONS, SECTIONS,
					      SECTIONS, SECTIONS, SECTIONS };

static const struct latency_format format = {
	.labels = labels,
	.nlabels = NROWS(labels),
	.by = "device",
	.by_text = true,
	.by_width = 12,
	.key = { LATENCY_KEY_BY, LATENCY_KEY_LABEL },
	.section = sections,
	.plain = BYTES(BLOCK_READ) | BYTES(BLOCK_WRITE) | BYTES(BLOCK_FLUSH) |
		 BYTES(BLOCK_DISCARD) | BYTES(BLOCK_ZEROES) | BYTES(BLOCK_OTHER),
};

static const char *const tracepoints[] = {
	"block:block_rq_issue",	     "block:block_rq_complete",
	"block:block_rq_requeue",    "block:block_rq_merge",
	"block:block_bio_backmerge", "block:block_bio_frontmerge",
	"block:block_io_start",	     NULL
};

/* What a run keeps. */
struct block {
	struct requests *requests;
	struct devices *devices;
	uint32_t devs[BLOCK_MAX_DEVICES]; /* that -D names */
	int ndevs;
	uint64_t since; /* ns, CLOCK_MONOTONIC: when the interval began */
	bool slow_titles;
	int err; /* of what visits */
	struct waiting *waiting;
	struct blk_table *table;
};

/* --- opening --- */

static int name_devices(struct block *b, const struct options *o, char *why, size_t why_size)
{
	uint32_t *dev = b->devs;
	int err;

	if (o->ndevices > BLOCK_MAX_DEVICES) {
		snprintf(why, why_size, "-D: at most %d devices", BLOCK_MAX_DEVICES);
		return -EINVAL;
	}
	for (int i = 0; i < o->ndevices; i++, dev++) {
		err = devices_option(b->devices, o->devices[i], dev, why, why_size);
		if (err)
			return err;
		b->ndevs++;
		if (!devices_has_requests(*dev))
			log_warn("-D %s: it has no requests of its own; look at the disks below it",
				 o->devices[i]);
	}
	return 0;
}

static void free_block(void *source)
{
	struct block *b = source;

	requests__free(b->requests);
	devices__free(b->devices);
	free(b);
}

static int open_block(const struct report_view *view, void **source, char *why, size_t why_size)
{
	const struct options *o = view->options;
	struct block *b = calloc(1, sizeof(*b));
	int err = -ENOMEM;

	snprintf(why, why_size, "look for block devices");
	if (!b)
		return err;
	b->devices = devices__new("/sys/dev/block");
	if (b->devices)
		err = name_devices(b, o, why, why_size);
	if (!err)
		err = requests__new(&(struct requests_options){ .devs = b->devs,
								.ndevs = b->ndevs,
								.pids = o->pids,
								.npids = o->npids,
								.by_process = o->by_pid,
								.queuers = o->in_flight,
								.slow = o->slow,
								.slow_ns = o->slow_ns,
								.ndevices =
									devices_count(b->devices) },
				    &b->requests, why, why_size);
	if (err) {
		free_block(b);
		return err;
	}
	*source = b;
	return 0;
}

static void go(void *source)
{
	struct block *b = source;

	b->since = monotonic_now();
	requests_go(b->requests);
}

static void stop(void *source)
{
	requests_stop(((struct block *)source)->requests);
}

static struct fold_tables tables(void *source)
{
	return requests_tables(((struct block *)source)->requests);
}

/* --- names of devices --- */

static bool text(void *source, uint64_t by, char *dst, size_t size)
{
	devices_name(((struct block *)source)->devices, (uint32_t)by, dst, size);
	return true;
}

static void ask_name(void *arg, uint32_t dev)
{
	char name[64];

	devices_name(((struct block *)arg)->devices, dev, name, sizeof(name));
}

/* One that goes away before the next printing keeps its name. */
static void tick(const struct report_view *view)
{
	struct block *b = view->source;

	requests_each_device(b->requests, ask_name, b);
}

/* --- what is on its way --- */

static void add_waiting(void *arg, const struct block_request *r)
{
	struct block *b = arg;
	enum block_what what = r->issued ? BLOCK_ISSUED : BLOCK_QUEUED;
	struct fold_key key = {
		.job = r->sector, .sub = r->dev, .tgid = r->tgid, .pair = BLOCK_ROW(r->op, what)
	};
	struct fold_starts starts = { { r->issued ? r->issued : r->began } };
	int err = waiting_add(b->waiting, &key, &starts, 1);

	b->err = b->err ? b->err : err;
}

static int waiting(void *source, struct waiting *waiting)
{
	struct block *b = source;

	b->err = 0;
	b->waiting = waiting;
	requests_each_inflight(b->requests, add_waiting, b);
	return b->err;
}

/* What has no data has no place. */
#define NO_SECTOR UINT64_MAX

static char *sector_text(uint64_t sector, char *dst, size_t size)
{
	if (sector == NO_SECTOR)
		snprintf(dst, size, "-");
	else
		snprintf(dst, size, "%" PRIu64, sector);
	return dst;
}

static json_t *sector_json(uint64_t sector)
{
	return sector == NO_SECTOR ? json_null() : json_integer(sector);
}

/* One that waits: queued, or with the driver. */
static void json_waiting(const struct report_view *view, const struct waiting_start *w,
			 const char *name)
{
	json_t *object = json_line(&view->render);

	json_set(object, "event", json_string("in-flight"));
	json_set(object, "device", json_text(name));
	json_set(object, "op", json_string(blk_ops[w->key.pair / BLOCK_WHATS]));
	json_set(object, "where", json_string(wheres[w->key.pair % BLOCK_WHATS]));
	json_set(object, "sector", sector_json(w->key.job));
	json_set(object, "age_ns", json_integer(view->now > w->time ? view->now - w->time : 0));
	json_set(object, "pid", json_integer(w->key.tgid));
	json_set(object, "process",
		 json_text(w->key.tgid ? view->name(view->arg, w->key.tgid) : "-"));
	json_print(view->render.out, object);
}

static void print_waiting(const struct report_view *view, const struct waiting_start *w,
			  bool titles)
{
	uint64_t age = view->now > w->time ? view->now - w->time : 0;
	struct block *b = view->source;
	FILE *out = view->render.out;
	char time[24], text[24], sector[24], name[64];

	devices_name(b->devices, (uint32_t)w->key.sub, name, sizeof(name));
	if (view->render.json) {
		json_waiting(view, w, name);
		return;
	}
	if (titles)
		fprintf(out, "%-15s %-12s %-12s %-9s %12s %9s %7s %s\n", "SINCE", "DEVICE", "OP",
			"WHERE", "SECTOR", "AGE", "PID", "PROCESS");
	fprintf(out, "%-15s ",
		time_format_clock(view->render.wall + (w->time - view->now), time, sizeof(time)));
	blk_print_name(out, name);
	fprintf(out, " %-12s %-9s", blk_ops[w->key.pair / BLOCK_WHATS],
		wheres[w->key.pair % BLOCK_WHATS]);
	fprintf(out, " %12s", sector_text(w->key.job, sector, sizeof(sector)));
	fprintf(out, " %9s %7u ", duration_format(age, text, sizeof(text)), w->key.tgid);
	escape_print(out, w->key.tgid ? view->name(view->arg, w->key.tgid) : "-");
	fputc('\n', out);
}

/* What began before the run is not listed, but the kernel knows how many there are. */
static void tell_busy(void *arg, uint32_t dev, const char *name, uint64_t reads, uint64_t writes)
{
	const struct block *b = arg;
	bool wanted = !b->ndevs;

	for (int i = 0; i < b->ndevs; i++)
		wanted = wanted || b->devs[i] == dev;
	if (wanted)
		log_info("%s: by the kernel's own count %" PRIu64 " reads and %" PRIu64
			 " writes are on their way, older ones than this run included",
			 name, reads, writes);
}

/* Oldest first. */
static void in_flight(const struct report_view *view)
{
	struct block *b = view->source;
	struct waiting list = { 0 };

	if (waiting(b, &list))
		log_warn("in flight: not all are listed: no memory");
	waiting_sort(&list);
	for (int i = 0; i < list.n; i++)
		print_waiting(view, &list.starts[i], !i);
	waiting_free(&list);
	devices_each_busy(b->devices, tell_busy, b);
}

/* --- printing --- */

static char *name_of(void *arg, uint32_t dev, char *dst, size_t size)
{
	return devices_name(((struct block *)arg)->devices, dev, dst, size);
}

static void add_inflight(void *arg, const struct block_request *r)
{
	struct block *b = arg;
	int err = blk_table_add_inflight(b->table, r);

	b->err = b->err ? b->err : err;
}

static void print_table(const struct report_view *view)
{
	struct block *b = view->source;

	b->table = blk_table__new(&(struct blk_table_options){ .by_process = view->options->by_pid,
							       .elapsed = view->now - b->since,
							       .name = name_of,
							       .arg = b });
	b->err = b->table ? blk_table_add(b->table, view->snapshot) : -ENOMEM;
	if (!b->err)
		requests_each_inflight(b->requests, add_inflight, b);
	if (b->err)
		log_warn("not all devices are listed: no memory");
	if (b->table)
		blk_table_print(b->table, &view->render);
	blk_table__free(b->table);
}

static void print(const struct report_view *view)
{
	struct block *b = view->source;

	latency_print(&view->render, &format, view->snapshot);
	print_table(view);
	if (!view->snapshot->nrows && !view->options->interval && !view->options->count)
		log_info("blk-latency: no request ended");
	/* of intervals each is for itself */
	if (view->options->interval || view->options->count)
		b->since = view->now;
}

/* --- slow ones, as they end --- */

static void json_slow(const struct render *r, const struct block_slow *s, const char *name)
{
	json_t *object = json_line(r);

	json_set(object, "event", json_string("slow"));
	json_set(object, "device", json_text(name));
	json_set(object, "op", json_string(blk_ops[s->op]));
	json_set(object, "sector", sector_json(s->sector));
	json_set(object, "bytes", json_integer(s->bytes));
	json_set(object, "queued_ns", json_integer(s->queued));
	json_set(object, "device_ns", json_integer(s->device));
	json_set(object, "duration_ns", json_integer(s->queued + s->device));
	json_set(object, "error", json_boolean(s->error));
	json_set(object, "pid", json_integer(s->tgid));
	json_set(object, "process", json_text(s->tgid ? s->comm : "-"));
	json_set(object, "end_monotonic_ns", json_integer(s->time));
	json_print(r->out, object);
}

static void print_slow(void *arg, const struct block_slow *record)
{
	const struct report_view *view = arg;
	struct render render = view->render;
	struct block *b = view->source;
	char time[24], queued[24], device[24], sector[24], name[64];
	struct block_slow s = *record;

	s.comm[sizeof(s.comm) - 1] = '\0';
	if (s.op >= BLOCK_OPS)
		return;
	render.wall += s.time - view->now;
	devices_name(b->devices, s.dev, name, sizeof(name));
	if (render.json) {
		json_slow(&render, &s, name);
		return;
	}
	if (!b->slow_titles)
		fprintf(render.out, "%-15s %-12s %-12s %12s %9s %9s %9s %7s %s\n", "TIME", "DEVICE",
			"OP", "SECTOR", "BYTES", "QUEUED", "AT-DEVICE", "PID", "PROCESS");
	b->slow_titles = true;
	fprintf(render.out, "%-15s ", time_format_clock(render.wall, time, sizeof(time)));
	blk_print_name(render.out, name);
	fprintf(render.out, " %-12s %12s %9u %9s %9s %7u ", blk_ops[s.op],
		sector_text(s.sector, sector, sizeof(sector)), s.bytes,
		duration_format(s.queued, queued, sizeof(queued)),
		duration_format(s.device, device, sizeof(device)), s.tgid);
	escape_print(render.out, s.tgid ? s.comm : "-");
	fputs(s.error ? " (error)\n" : "\n", render.out);
}

static void drain(const struct report_view *view)
{
	struct block *b = view->source;

	if (requests_drain(b->requests, print_slow, (void *)view) < 0)
		log_warn("slow requests could not be read");
}

static bool drains(const struct options *options)
{
	return options->slow;
}

static const struct report_source source = {
	.tracepoints = tracepoints,
	.open = open_block,
	.go = go,
	.stop = stop,
	.tables = tables,
	.drain = drain,
	.drains = drains,
	.waiting = waiting,
	.in_flight = in_flight,
	.text = text,
	.free = free_block,
};

const struct report report_blk_latency = {
	.name = "blk-latency",
	.summary = "latency of each disk's requests: queued, and at the device",
	.help = {
		.about =
			"How long the block layer's requests take, in two parts. Queued: from "
			"when the request was made to when the driver got it; in between it is "
			"in a plug, with an I/O scheduler, or waits for a flush that it asked "
			"for. Device: from there to its end, which is the driver and the "
			"device. Of a request that the driver gave back, the last time it got "
			"it is what counts. Told apart are reads, writes, flushes, discards "
			"(secure erase, too), writes of zeroes, and all others: of zones, and "
			"commands that drivers and programs send.\n"
			"Split by the partition or disk that a request is for; a flush is "
			"always for the whole disk. -D names disks, with all of their "
			"partitions, or single partitions. All of the host's requests are "
			"measured, with a command, too.\n"
			"-p and --by-pid go by the process that queued a request, not by the "
			"one that issues or ends it. For writes of cached pages that is whoever "
			"syncs them, else a thread of the kernel; for a journal the thread that "
			"commits it; for what a loop device has in its file, its worker. A "
			"flush is of the process whose request asked for it first; 0 where it "
			"is not known.\n",
		.columns =
			"For each device and operation three distributions: queued and device, "
			"in nanoseconds, and bytes, of its data. Below these a table of each "
			"device and operation: requests that ended and their bytes; bios and "
			"requests that became a part of another (merged); requests that the "
			"driver gave back (requeued), and that ended in an error; those that "
			"the driver has right now (in-flight); and how many it had at the same "
			"time on average, of those that ended (depth). Preflush is for writes "
			"without data that only ask for a flush: they never get to the driver.\n"
			"The numbers are those of /sys/block/DISK/stat, where a disk's include "
			"all its partitions': reads; writes, which are write-zeroes and "
			"preflush there, too, and secure erase; discards; flushes; merges; "
			"sectors, of 512 bytes.\n"
			"--slower-than prints each request whose two parts together took so "
			"long, as it ends: device, operation, first sector (from the disk's "
			"start, as in the kernel's log), bytes, both parts, who queued it, and "
			"whether it ended in an error. --in-flight lists what is queued and "
			"what the driver has, oldest first, with sector and process: a disk "
			"that hangs shows there. What has been on its way since before the run "
			"can't be listed; how many there are in all is told.\n",
		.hits =
			"A request has two events, its issue and its end, and a merge is a "
			"third. They are measured and counted in the kernel, in 300 to 400 ns "
			"for a request: 0.6 to 0.8 times what biolatency of the libbpf-tools "
			"takes (2 CPUs, Linux 6.18). -p, --by-pid, --in-flight and --slower-than add an "
			"event where it is queued. Requests of other devices than -D names are "
			"dropped at once.\n",
		.caveats =
			"Devices without requests do not show: zram, and device mapper and md, "
			"whose bios become requests of the disks below.\n"
			"A bio may wait before there is a request for it: for a cgroup's limit "
			"(blkio.throttle, io.max), or because the device has as many as it can. "
			"That is in neither part.\n"
			"Since 6.9 the kernel reads the clock once for a batch of requests, so "
			"that queued is counted from the first of them. Where it keeps no "
			"statistics (/sys/block/DISK/queue/iostats is 0) it does not tell when "
			"a request was made: there is no queued row then, but with -p, "
			"--by-pid, --in-flight and --slower-than, which see it themselves. The same "
			"goes for commands that are sent past the block layer.\n"
			"Kernels before 6.5 do not tell who queues a request: there it is who "
			"inserts or issues it first, which can be a worker of the kernel.\n"
			"Discards that are merged bio by bio (NVMe) have no tracepoint: stat "
			"alone counts them as merged.\n"
			"A number of a partition (259:0) that becomes another one's during the "
			"run keeps its first name.\n",
	},
	.takes = TAKES_LATENCY | TAKES_KERNEL | TAKES_HOST | TAKES_DEVICE,
	.source = &source,
	.rows = BLOCK_ROWS,
	.latency = &format,
	.print = print,
	.tick = tick,
};
