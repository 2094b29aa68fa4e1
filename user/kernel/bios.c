// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "bio_inflight.h"
#include "bios.h"
#include "core/fold_maps.h"
#include "tracepoints.h"
#include "bio.skel.h" /* uses types of the above */

#define NSLOTS	   16384     /* bios that are under way at the same time: 2 MiB */
#define RING_BYTES (2 << 20) /* 16,000 records, of 20 ms */

struct bios {
	struct bio_bpf *skel;
	const struct inflight *inflights;
	uint64_t missed; /* runs of the programs that were not, before all counted */
	struct ring_buffer *ring;
	bio_record_fn fn; /* of the drain under way */
	void *arg;
};

static int hand_on(void *arg, void *data, size_t size)
{
	struct bios *b = arg;

	if (size >= sizeof(struct bio_record))
		b->fn(b->arg, data);
	return 0;
}

static int bios_load(struct bios *b, const struct bios_options *options, const char **doing)
{
	struct bio_bpf *skel;
	char missing[256];
	int err;

	*doing = "open the BPF program";
	b->skel = skel = bio_bpf__open();
	if (!skel)
		return -errno;
	*doing = "look for the block layer's tracepoints";
	err = tracepoints_choose(skel->obj, missing, sizeof(missing));
	if (err)
		return err < 0 ? err : -ENOENT;
	*doing = "size the BPF maps";
	if (options->ndevs > BIO_MAX_DEVS)
		return -E2BIG;
	for (int i = 0; i < options->ndevs; i++)
		skel->rodata->devs[i] = options->devs[i];
	skel->rodata->ndevs = options->ndevs;
	skel->rodata->inflight_mask = NSLOTS - 1;
	err = bpf_map__set_max_entries(skel->maps.inflights, NSLOTS);
	err = err ?: bpf_map__set_max_entries(skel->maps.records, RING_BYTES);
	if (err)
		return err;
	*doing = "load the BPF program";
	err = bio_bpf__load(skel);
	if (err)
		return err;
	*doing = "map the BPF maps into memory";
	b->inflights = map_memory(skel->maps.inflights, PROT_READ);
	b->ring = ring_buffer__new(bpf_map__fd(skel->maps.records), hand_on, b, NULL);
	if (!b->inflights || !b->ring)
		return -errno;
	*doing = "attach to the block layer's tracepoints";
	return bio_bpf__attach(skel);
}

int bios__new(const struct bios_options *options, struct bios **out, char *why, size_t why_size)
{
	struct bios *b = calloc(1, sizeof(*b));
	const char *doing = "allocate memory";
	int err = b ? bios_load(b, options, &doing) : -ENOMEM;

	if (err) {
		snprintf(why, why_size, "%s", doing);
		bios__free(b);
		return err;
	}
	*out = b;
	return 0;
}

void bios__free(struct bios *b)
{
	if (!b)
		return;
	ring_buffer__free(b->ring);
	if (b->skel)
		map_unmap(b->skel->maps.inflights, b->inflights);
	bio_bpf__destroy(b->skel);
	free(b);
}

void bios_go(struct bios *b)
{
	b->missed = tracepoints_missed(b->skel->obj);
	__atomic_store_n(&b->skel->bss->live, true, __ATOMIC_RELEASE);
}

void bios_stop(struct bios *b)
{
	__atomic_store_n(&b->skel->bss->live, false, __ATOMIC_RELEASE);
	b->skel->bss->losses[FOLD_LOSS_BUSY] += tracepoints_missed(b->skel->obj) - b->missed;
}

int bios_drain(struct bios *b, bio_record_fn fn, void *arg)
{
	b->fn = fn;
	b->arg = arg;
	return ring_buffer__consume(b->ring);
}

int bios_inflight(const struct bios *b, bio_record_fn fn, void *arg)
{
	int n = 0;

	for (int i = 0; i < NSLOTS; i++) {
		struct bio_record record;

		if (!__atomic_load_n(&b->inflights[i].address, __ATOMIC_ACQUIRE))
			continue;
		record = b->inflights[i].record;
		/* it is being filled in, or has just ended */
		if (!record.queued || record.done)
			continue;
		fn(arg, &record);
		n++;
	}
	return n;
}

const uint64_t *bios_losses(const struct bios *b)
{
	return (const uint64_t *)b->skel->bss->losses;
}
