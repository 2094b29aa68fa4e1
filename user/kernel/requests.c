// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/fold_maps.h"
#include "core/log.h"
#include "requests.h"
#include "tracepoints.h"
#include "block.skel.h" /* uses types of the above */

#define NSLOTS 8192 /* requests that drivers have at the same time: 128 KiB */
#define SPLIT  4096 /* of rows, by device */

struct requests {
	struct block_bpf *skel;
	struct fold_maps maps;
	struct fold_tables tables;
};

static int requests_load(struct requests *r, const char **doing)
{
	struct block_bpf *skel;
	char missing[256];
	int err;

	*doing = "open the BPF program";
	r->skel = skel = block_bpf__open();
	if (!skel)
		return -errno;
	*doing = "look for the block layer's tracepoints";
	err = tracepoints_choose(skel->obj, missing, sizeof(missing));
	if (err < 0)
		return err;
	*doing = "size the BPF maps";
	r->maps = (struct fold_maps){ .groups = skel->maps.groups,
				      .tallies = skel->maps.tallies,
				      .hists = skel->maps.hists,
				      .rows = BLOCK_ROWS,
				      .split = SPLIT,
				      .measures = true };
	skel->rodata->inflight_mask = NSLOTS - 1;
	err = bpf_map__set_max_entries(skel->maps.inflights, NSLOTS);
	err = err ?: fold_maps_size(&r->maps, &skel->rodata->limits, &skel->bss->ngroups);
	if (err)
		return err;
	*doing = "load the BPF program";
	err = block_bpf__load(skel);
	if (err)
		return err;
	*doing = "map the BPF maps into memory";
	err = fold_maps_map(&r->maps, &skel->rodata->limits, &r->tables);
	r->tables.losses = (const uint64_t *)skel->bss->losses;
	if (err)
		return err;
	*doing = "attach to the block layer's tracepoints";
	return block_bpf__attach(skel);
}

int requests__new(struct requests **out, char *why, size_t why_size)
{
	struct requests *r = calloc(1, sizeof(*r));
	const char *doing = "allocate memory";
	int err = r ? requests_load(r, &doing) : -ENOMEM;

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
	if (r->skel)
		fold_maps_unmap(&r->maps, &r->tables);
	block_bpf__destroy(r->skel);
	free(r);
}

void requests_go(struct requests *r)
{
	__atomic_store_n(&r->skel->bss->live, true, __ATOMIC_RELEASE);
}

void requests_stop(struct requests *r)
{
	__atomic_store_n(&r->skel->bss->live, false, __ATOMIC_RELEASE);
}

struct fold_tables requests_tables(const struct requests *r)
{
	return r->tables;
}
