/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The tables the fold works on, as memory: the live ones are the kernel's, mapped (tracer.c), those
 * of a replay or a test are plain. Here too is the fold's home in user space, over plain tables.
 */
#ifndef ASSAY_FOLD_TABLE_H
#define ASSAY_FOLD_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fold_types.h"

/* What a reader of the fold's results needs. Arrays are laid out as usdt.bpf.c has them. */
struct fold_tables {
	const struct fold_slot *slots;
	uint32_t nslots; /* a power of two */
	const struct fold_group_entry *groups;
	uint32_t ngroups;    /* entries in the group table, a power of two */
	uint32_t max_groups; /* tallies and histograms in a stripe */
	uint32_t rows;	     /* of these, the first: rows that nothing splits, by their number */
	uint32_t stripes;
	const struct fold_tally *tallies; /* stripe * max_groups + index */
	const struct fold_hist *hists;	  /* likewise; NULL when nothing is paired */
	const uint64_t *losses;		  /* [FOLD_LOSS_MAX] */
};

struct fold_table;

struct fold_table_options {
	uint32_t nslots;     /* a power of two */
	uint32_t rows;	     /* numbers that rules have as their group */
	uint32_t max_groups; /* the rows, and the groups they may be split into; at least 1 */
	uint32_t max_spills; /* keys in the spill table */
	/* called for every duration (ns) that was folded into a row; may be NULL */
	void (*folded)(void *arg, uint32_t row, const struct fold_key *key, uint64_t duration);
	void *arg;
};

/* Tables of one's own, all zero; NULL when there is no memory. Freed with fold_table__free(). */
struct fold_table *fold_table__new(const struct fold_table_options *options);
void fold_table__free(struct fold_table *table);

/* Folds one hit in by the rules, at most `max`, ended by FOLD_NONE. */
void fold_table_hit(struct fold_table *table, const struct fold_rule *rules, int max,
		    const struct fold_hit *hit);

/* Its tables, for readers; valid until it is freed. */
struct fold_tables fold_table_tables(const struct fold_table *table);

/* Adds the starts that wait in its slots and its spill table. 0 or -ENOMEM. */
struct waiting;
int fold_table_waiting(const struct fold_table *table, struct waiting *waiting);

#endif
