/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The reader of the rings that hits come through (bpf/usdt.h): one ring a stripe, mapped memory.
 */
#ifndef ASSAY_HITS_H
#define ASSAY_HITS_H

#include <stddef.h>
#include <stdint.h>

#include "usdt.h"

struct hits {
	struct hit_ring *rings; /* [stripes] */
	char *places;		/* stripe after stripe, `places_each` in each */
	uint32_t stripes;
	uint32_t places_each; /* a power of two */
	size_t place_size;    /* bytes */
};

typedef void (*hits_fn)(void *arg, const void *record, size_t size);

/*
 * Hands the records that are complete to `fn`, the oldest of all rings first, up to those of the
 * moment `until` (ns, CLOCK_MONOTONIC), and frees their places. A hit that is still being written
 * holds up its own ring only. Returns their number.
 */
int hits_drain(const struct hits *hits, uint64_t until, hits_fn fn, void *arg);

#endif
