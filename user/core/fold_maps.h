/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The fold's numbers as BPF maps (bpf/fold_maps.bpf.h): how large they are for one run, and the
 * same as memory.
 */
#ifndef ASSAY_FOLD_MAPS_H
#define ASSAY_FOLD_MAPS_H

#include <bpf/libbpf.h>
#include <stdbool.h>

#include "fold_table.h"

struct fold_maps {
	struct bpf_map *groups, *tallies, *hists;
	uint32_t rows;	/* numbers that groups have as their row */
	uint32_t split; /* groups that these are split into, all together; 0: none is */
	bool measures;	/* there are distributions, not counters alone */
};

/*
 * Before load: sizes the maps; *limits gets what the program has to know, *ngroups the first index
 * that is free. 0 or -errno.
 */
int fold_maps_size(const struct fold_maps *maps, struct fold_limits *limits, uint32_t *ngroups);

/* After load: the maps as memory; slots and losses are not touched. 0 or -errno. */
int fold_maps_map(const struct fold_maps *maps, const struct fold_limits *limits,
		  struct fold_tables *tables);
void fold_maps_unmap(const struct fold_maps *maps, const struct fold_tables *tables);

/* The elements of any such map as memory; NULL and errno when that fails. */
void *map_memory(const struct bpf_map *map, int prot);
void map_unmap(const struct bpf_map *map, const void *memory);

#endif
