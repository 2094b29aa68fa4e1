// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "block_inflight.h"
#include "core/fold_maps.h"
#include "core/log.h"
#include "requests.h"
#include "tracepoints.h"
#include "block.skel.h" /* uses types of the above */

#define PLACES	     16384     /* requests on their way at the same time, at most a half: 512 KiB */
#define LINES	     4096      /* device, operation and process: 128 KiB */
#define RING	     (1 << 20) /* bytes: 14,000 slow requests in 20 ms */
#define SPLIT_DEVICE 24	       /* groups that a device makes: rows and counts */
#define SPLIT_LEAST  512
#define SPLIT_MOST   1024

struct requests {
	struct block_bpf *skel;
	struct fold_maps maps;
	struct fold_tables tables;
	uint64_t missed; /* runs of the programs that were not, before all counted */
	bool queuers;
	pid_t *pids;	       /* only these are wanted */
	int npids;	       /* 0: all */
	const char *inflights; /* PLACES of place_size */
	size_t place_size;
	const struct block_line *lines;
	struct ring_buffer *ring;
	requests_slow_fn slow;
	void *slow_arg;
};

/* Which of the programs run, and what they are told. */
static int choose(struct requests *r, const struct requests_options *o)
{
	struct block_bpf *skel = r->skel;
	struct block_bpf__rodata *rodata = skel->rodata;
	char missing[256];
	bool has_start;
	int err = tracepoints_choose(skel->obj, missing, sizeof(missing));

	if (err < 0)
		return err;
	has_start = bpf_program__autoload(skel->progs.assay_block_start);
	bpf_program__set_autoload(skel->progs.assay_block_start, has_start && r->queuers);
	bpf_program__set_autoload(skel->progs.assay_block_insert, !has_start && r->queuers);
	if (!has_start && r->queuers)
		log_warn("this kernel (before 6.5) does not tell who queues a request: taken for "
			 "that is who inserts or issues it first");
	if (err > !has_start)
		log_warn("this kernel lacks %s: what it would tell is left out", missing);
	rodata->by_process = o->by_process;
	rodata->ask_queuer = r->queuers;
	rodata->has_start = has_start;
	rodata->some_processes = o->npids;
	rodata->some_devices = o->ndevs;
	for (int i = 0; i < o->ndevs && i < BLOCK_MAX_DEVICES; i++)
		rodata->devices[i] = o->devs[i];
	rodata->want_slow = o->slow;
	rodata->slow_ns = o->slow_ns;
	rodata->inflight_mask = PLACES - 1;
	rodata->line_mask = LINES - 1;
	return 0;
}

/* Groups are histograms, too: no more of them than there may be use for. */
static uint32_t split_for(const struct requests_options *o)
{
	uint32_t split = o->ndevices * SPLIT_DEVICE;

	if (o->by_process || split > SPLIT_MOST)
		return SPLIT_MOST;
	return split > SPLIT_LEAST ? split : SPLIT_LEAST;
}

static int size_maps(struct requests *r, const struct requests_options *o)
{
	struct block_bpf *skel = r->skel;
	int err;

	r->maps = (struct fold_maps){ .groups = skel->maps.groups,
				      .tallies = skel->maps.tallies,
				      .hists = skel->maps.hists,
				      .rows = BLOCK_ROWS,
				      .split = split_for(o),
				      .measures = true };
	r->place_size = r->queuers ? sizeof(struct inflight) : BLOCK_INFLIGHT_SHORT;
	err = bpf_map__set_max_entries(skel->maps.inflights, PLACES);
	err = err ?: bpf_map__set_value_size(skel->maps.inflights, r->place_size);
	err = err ?: bpf_map__set_max_entries(skel->maps.lines, LINES);
	err = err ?: bpf_map__set_max_entries(skel->maps.processes, o->npids ? o->npids : 1);
	err = err ?: bpf_map__set_max_entries(skel->maps.records, o->slow ? RING : 4096);
	return err ?: fold_maps_size(&r->maps, &skel->rodata->limits, &skel->bss->ngroups);
}

static int map_maps(struct requests *r)
{
	int err = fold_maps_map(&r->maps, &r->skel->rodata->limits, &r->tables);

	if (err)
		return err;
	r->tables.losses = (const uint64_t *)r->skel->bss->losses;
	r->inflights = map_memory(r->skel->maps.inflights, PROT_READ);
	r->lines = map_memory(r->skel->maps.lines, PROT_READ);
	return r->inflights && r->lines ? 0 : -errno;
}

static int fill_processes(struct requests *r, const struct requests_options *o)
{
	int err = 0;

	r->pids = calloc(o->npids + 1, sizeof(*r->pids));
	if (!r->pids)
		return -ENOMEM;
	for (int i = 0; i < o->npids; i++)
		r->pids[r->npids++] = o->pids[i];

	for (int i = 0; !err && i < o->npids; i++) {
		uint32_t pid = o->pids[i], one = 1;

		err = bpf_map__update_elem(r->skel->maps.processes, &pid, sizeof(pid), &one,
					   sizeof(one), BPF_ANY);
	}
	return err;
}

static int slow_record(void *arg, void *record, size_t size)
{
	struct requests *r = arg;

	if (size >= sizeof(struct block_slow))
		r->slow(r->slow_arg, record);
	return 0;
}

static int open_ring(struct requests *r)
{
	r->ring = ring_buffer__new(bpf_map__fd(r->skel->maps.records), slow_record, r, NULL);
	return r->ring ? 0 : -errno;
}

static int load(struct requests *r, const struct requests_options *o, const char **doing)
{
	int err;

	*doing = "open the BPF program";
	r->skel = block_bpf__open();
	if (!r->skel)
		return -errno;
	*doing = "look for the block layer's tracepoints";
	err = choose(r, o);
	if (err)
		return err;
	*doing = "size the BPF maps";
	err = size_maps(r, o);
	if (err)
		return err;
	*doing = "load the BPF program";
	err = block_bpf__load(r->skel);
	if (err)
		return err;
	*doing = "fill the BPF maps";
	err = map_maps(r);
	err = err ?: fill_processes(r, o);
	err = err || !o->slow ? err : open_ring(r);
	if (err)
		return err;
	*doing = "attach to the block layer's tracepoints";
	return block_bpf__attach(r->skel);
}

int requests__new(const struct requests_options *options, struct requests **out, char *why,
		  size_t why_size)
{
	struct requests *r = calloc(1, sizeof(*r));
	const char *doing = "allocate memory";
	int err = -ENOMEM;

	if (r) {
		r->queuers =
			options->queuers || options->by_process || options->npids || options->slow;
		err = load(r, options, &doing);
	}
	if (err) {
		snprintf(why, why_size, "%s", doing);
		requests__free(r);
		return err;
	}
	*out = r;
	return 0;
}

void requests__free(struct requests *r)
{
	if (!r)
		return;
	ring_buffer__free(r->ring);
	if (r->skel) {
		fold_maps_unmap(&r->maps, &r->tables);
		map_unmap(r->skel->maps.inflights, r->inflights);
		map_unmap(r->skel->maps.lines, r->lines);
	}
	block_bpf__destroy(r->skel);
	free(r->pids);
	free(r);
}

void requests_go(struct requests *r)
{
	r->missed = tracepoints_missed(r->skel->obj);
	__atomic_store_n(&r->skel->bss->live, true, __ATOMIC_RELEASE);
}

void requests_stop(struct requests *r)
{
	__atomic_store_n(&r->skel->bss->live, false, __ATOMIC_RELEASE);
	r->skel->bss->losses[FOLD_LOSS_BUSY] += tracepoints_missed(r->skel->obj) - r->missed;
}

struct fold_tables requests_tables(const struct requests *r)
{
	return r->tables;
}

int requests_drain(struct requests *r, requests_slow_fn fn, void *arg)
{
	r->slow = fn;
	r->slow_arg = arg;
	return r->ring ? ring_buffer__consume(r->ring) : 0;
}

static bool process_wanted(const struct requests *r, uint32_t tgid)
{
	for (int i = 0; i < r->npids; i++)
		if ((uint32_t)r->pids[i] == tgid)
			return true;
	return !r->npids;
}

/* Places change while they are read: one that does not stand still is passed over. */
void requests_each_inflight(const struct requests *r, requests_inflight_fn fn, void *arg)
{
	for (size_t i = 0; i < PLACES; i++) {
		const struct inflight *place = (const void *)(r->inflights + i * r->place_size);
		uint64_t address = __atomic_load_n(&place->address, __ATOMIC_ACQUIRE);
		struct inflight copy = { 0 };
		const struct block_request *rq = &copy.request;

		if (!address)
			continue;
		memcpy(&copy, place, r->place_size);
		if (__atomic_load_n(&place->address, __ATOMIC_ACQUIRE) != address ||
		    __atomic_load_n(&place->request.issued, __ATOMIC_ACQUIRE) != rq->issued)
			continue;
		/* else the driver has given it back */
		if ((rq->issued || rq->began) && process_wanted(r, rq->tgid))
			fn(arg, rq);
	}
}

void requests_each_device(const struct requests *r, requests_device_fn fn, void *arg)
{
	for (uint32_t i = 0; i < LINES; i++)
		if (__atomic_load_n(&r->lines[i].state, __ATOMIC_ACQUIRE) == FOLD_GROUP_READY)
			fn(arg, r->lines[i].dev);
}
