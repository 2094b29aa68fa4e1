// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <sys/mman.h>

#include "fold_maps.h"

#define TWINS	     64		 /* groups that CPUs may make twice when they meet them at once */
#define MAX_HISTS    4096	 /* groups with a distribution each: 32 MiB */
#define MAX_TALLIES  65536	 /* the same, with a counter each */
#define MAX_STRIPES  16		 /* CPUs beyond that share counters */
#define HISTS_BUDGET (64u << 20) /* bytes of histograms: fewer stripes before more memory */

void *map_memory(const struct bpf_map *map, int prot)
{
	size_t size = (size_t)bpf_map__value_size(map) * bpf_map__max_entries(map);
	void *memory = mmap(NULL, size, prot, MAP_SHARED, bpf_map__fd(map), 0);

	return memory == MAP_FAILED ? NULL : memory;
}

void map_unmap(const struct bpf_map *map, const void *memory)
{
	if (memory)
		munmap((void *)memory,
		       (size_t)bpf_map__value_size(map) * bpf_map__max_entries(map));
}

static uint32_t stripes_for(uint32_t max_groups)
{
	int cpus = libbpf_num_possible_cpus();
	uint32_t stripes = 1;

	while (stripes < MAX_STRIPES && (int)stripes < cpus &&
	       (uint64_t)stripes * 2 * max_groups * sizeof(struct fold_hist) <= HISTS_BUDGET)
		stripes *= 2;
	return stripes;
}

/* The rows, and behind them the groups that they may be split into. */
static uint32_t max_groups(const struct fold_maps *m)
{
	uint32_t most = m->measures ? MAX_HISTS : MAX_TALLIES;

	return m->split ? m->rows + (m->split < most ? m->split : most) + TWINS : m->rows;
}

int fold_maps_size(const struct fold_maps *m, struct fold_limits *limits, uint32_t *ngroups)
{
	uint32_t groups = max_groups(m), stripes = stripes_for(m->measures ? groups : 0);
	uint32_t entries = fold_group_entries(groups);
	int err;

	*limits = (struct fold_limits){ entries - 1, groups, stripes - 1 };
	*ngroups = m->rows;
	/* a map has at least one element */
	groups = groups ? groups : 1;
	err = bpf_map__set_max_entries(m->groups, entries);
	err = err ?: bpf_map__set_max_entries(m->tallies, stripes * groups);
	return err ?: bpf_map__set_max_entries(m->hists, m->measures ? stripes * groups : 1);
}

int fold_maps_map(const struct fold_maps *m, const struct fold_limits *limits,
		  struct fold_tables *tables)
{
	tables->groups = map_memory(m->groups, PROT_READ);
	tables->ngroups = bpf_map__max_entries(m->groups);
	tables->max_groups = limits->max_groups;
	tables->rows = m->rows;
	tables->stripes = limits->stripe_mask + 1;
	tables->tallies = map_memory(m->tallies, PROT_READ);
	tables->hists = m->measures ? map_memory(m->hists, PROT_READ) : NULL;
	return tables->groups && tables->tallies && (!m->measures || tables->hists) ? 0 : -errno;
}

void fold_maps_unmap(const struct fold_maps *m, const struct fold_tables *tables)
{
	map_unmap(m->groups, tables->groups);
	map_unmap(m->tallies, tables->tallies);
	map_unmap(m->hists, tables->hists);
}
