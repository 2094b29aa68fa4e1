// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "cache.h"
#include "core/fold_maps.h"
#include "duet/sides.h"
#include "overlap.h"
#include "tracepoints.h"
#include "pages.skel.h" /* uses types of the above */

#define RING_BYTES   (16 << 20) /* 200,000 events, of 20 ms */
#define RANGES_BYTES (1 << 20)	/* 40,000 ranges */
#define NBIOS	     16384	/* under way at the same time: 512 KiB */
#define SPLIT	     2048	/* of rows, by file system and device */
/* Chunks of 64 pages that are remembered: twice what memory holds, 4.5 to 72 MiB. */
#define CHUNKS_LEAST (1u << 16)
#define CHUNKS_MOST  (1u << 20)

struct cache {
	struct pages_bpf *skel;
	struct fold_maps maps;
	struct fold_tables tables;
	struct ring_buffer *ring;
	bool sends;
	struct cache_lacks lacks;
	page_record_fn event; /* of the drain under way */
	range_record_fn range;
	void *arg;
};

static int hand_on(void *arg, void *data, size_t size)
{
	struct cache *c = arg;

	if (c->sends && size >= sizeof(struct page_record))
		c->event(c->arg, data);
	else if (!c->sends && size >= sizeof(struct range_record))
		c->range(c->arg, data);
	return 0;
}

static uint32_t chunks_for_memory(void)
{
	struct sysinfo info;
	uint32_t n = CHUNKS_LEAST;
	uint64_t pages;

	if (sysinfo(&info))
		return n;
	pages = (uint64_t)info.totalram * info.mem_unit / 4096;
	while (n < CHUNKS_MOST && n < pages / CHUNK_PAGES * 2)
		n *= 2;
	return n;
}

static int cache_sides(struct cache *c, const struct cache_options *o, char *why, size_t why_size)
{
	struct pages_bpf__rodata *rodata = c->skel->rodata;
	const char *const *words = o->patterns;
	struct side_pattern patterns[SIDE_PATTERNS];
	int nwords = o->npatterns, n;

	if (!nwords && !o->command)
		for (words = sides_default; words[nwords];)
			nwords++;
	n = sides_parse(words, nwords, patterns, SIDE_PATTERNS, why, why_size);
	if (n < 0)
		return n;
	for (int i = 0; i < n; i++) {
		rodata->by_cgroup |= patterns[i].kind == SIDE_BY_CGROUP;
		rodata->by_repair |= patterns[i].kind == SIDE_BY_REPAIR;
	}
	memcpy(rodata->patterns, patterns, n * sizeof(*patterns));
	rodata->npatterns = n;
	rodata->command = o->command;
	rodata->self = getpid();
	return 0;
}

static int cache_size(struct cache *c, const struct cache_options *o)
{
	uint32_t nchunks = o->sends ? 1 : chunks_for_memory();
	struct pages_bpf *skel = c->skel;
	int err;

	if (o->ndevs > PAGES_MAX_DEVS)
		return -E2BIG;
	for (int i = 0; i < o->ndevs; i++)
		skel->rodata->devs[i] = o->devs[i];
	skel->rodata->ndevs = o->ndevs;
	skel->rodata->sends = o->sends;
	skel->rodata->half_window = o->window / 2 ?: 1;
	skel->rodata->chunk_mask = nchunks - 1;
	skel->rodata->inflight_mask = o->sends ? 0 : NBIOS - 1;
	c->sends = o->sends;
	c->maps = (struct fold_maps){ .groups = skel->maps.groups,
				      .tallies = skel->maps.tallies,
				      .hists = skel->maps.hists,
				      .rows = o->sends ? 1 : PAGES_ROWS,
				      .split = o->sends ? 0 : SPLIT,
				      .measures = !o->sends };
	err = bpf_map__set_max_entries(skel->maps.records, o->sends ? RING_BYTES : RANGES_BYTES);
	err = err ?: bpf_map__set_max_entries(skel->maps.chunks, nchunks);
	err = err ?: bpf_map__set_max_entries(skel->maps.inflights, o->sends ? 1 : NBIOS);
	return err ?: fold_maps_size(&c->maps, &skel->rodata->limits, &skel->bss->ngroups);
}

/* Whether a program is of page events: all there is to them. */
static bool is_of_events(const struct pages_bpf *skel, const struct bpf_program *prog)
{
	return prog == skel->progs.assay_page_added || prog == skel->progs.assay_page_removed ||
	       prog == skel->progs.assay_page_dirty || prog == skel->progs.assay_page_dirty_old ||
	       prog == skel->progs.assay_bio_queued;
}

/* What this kernel has no tracepoints for, and what is not wanted. */
static int cache_choose(struct cache *c)
{
	struct bpf_program *prog;
	char missing[256];
	int n = tracepoints_choose(c->skel->obj, missing, sizeof(missing));

	if (n < 0)
		return n;
	c->lacks.look_ups = !bpf_program__autoload(c->skel->progs.assay_page_got);
	bpf_object__for_each_program(prog, c->skel->obj)
	{
		if (c->sends && !is_of_events(c->skel, prog))
			bpf_program__set_autoload(prog, false);
	}
	return 0;
}

static int cache_load(struct cache *c)
{
	int err = pages_bpf__load(c->skel);

	if (err)
		return err;
	err = fold_maps_map(&c->maps, &c->skel->rodata->limits, &c->tables);
	c->tables.losses = (const uint64_t *)c->skel->bss->losses;
	if (err)
		return err;
	c->ring = ring_buffer__new(bpf_map__fd(c->skel->maps.records), hand_on, c, NULL);
	return c->ring ? 0 : -errno;
}

static int cache_open(struct cache *c, const struct cache_options *o, char *why, size_t why_size)
{
	int err;

	snprintf(why, why_size, "open the BPF program");
	c->skel = pages_bpf__open();
	if (!c->skel)
		return -errno;
	err = cache_sides(c, o, why, why_size);
	if (err)
		return err;
	snprintf(why, why_size, "size the BPF maps");
	err = cache_size(c, o);
	if (err)
		return err;
	snprintf(why, why_size, "look for the page cache's tracepoints");
	err = cache_choose(c);
	if (err)
		return err;
	snprintf(why, why_size, "load the BPF program");
	err = cache_load(c);
	if (err)
		return err;
	snprintf(why, why_size, "attach to the page cache's tracepoints");
	return pages_bpf__attach(c->skel);
}

int cache__new(const struct cache_options *options, struct cache **out, char *why, size_t why_size)
{
	struct cache *c = calloc(1, sizeof(*c));
	int err;

	snprintf(why, why_size, "allocate memory");
	err = c ? cache_open(c, options, why, why_size) : -ENOMEM;
	if (err) {
		cache__free(c);
		return err;
	}
	*out = c;
	return 0;
}

void cache__free(struct cache *c)
{
	if (!c)
		return;
	ring_buffer__free(c->ring);
	if (c->skel)
		fold_maps_unmap(&c->maps, &c->tables);
	pages_bpf__destroy(c->skel);
	free(c);
}

void cache_go(struct cache *c)
{
	__atomic_store_n(&c->skel->bss->live, true, __ATOMIC_RELEASE);
}

void cache_stop(struct cache *c)
{
	__atomic_store_n(&c->skel->bss->live, false, __ATOMIC_RELEASE);
}

struct fold_tables cache_tables(const struct cache *c)
{
	return c->tables;
}

int cache_drain(struct cache *c, page_record_fn fn, void *arg)
{
	c->event = fn;
	c->arg = arg;
	return ring_buffer__consume(c->ring);
}

int cache_drain_ranges(struct cache *c, range_record_fn fn, void *arg)
{
	c->range = fn;
	c->arg = arg;
	return ring_buffer__consume(c->ring);
}

struct cache_lacks cache_lacks(const struct cache *c)
{
	return c->lacks;
}

struct cache_losses cache_losses(const struct cache *c)
{
	return (struct cache_losses){ .forgotten = c->skel->bss->forgotten,
				      .unseen = c->skel->bss->unseen,
				      .sideless = c->skel->bss->sideless,
				      .missed = tracepoints_missed(c->skel->obj) };
}
