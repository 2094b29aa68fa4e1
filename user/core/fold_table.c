// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "fold_table.h"
#include "fold.h"
#include "waiting.h"

struct fold_table {
	struct fold_table_options options;
	struct fold_slot *slots;
	struct fold_group_entry *groups;
	uint32_t ngroups;
	uint32_t next_group;
	struct fold_tally *tallies;
	struct fold_hist *hists;
	uint64_t losses[FOLD_LOSS_MAX];
	void *spills; /* tsearch(3) tree of struct spill_node */
	uint32_t nspills;
};

struct fold {
	struct fold_table *table;
};

struct spill_node {
	struct fold_key key;
	struct fold_spill spill;
};

static int spill_compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct fold_key));
}

static inline void fold_home_lost(struct fold *f, enum fold_loss what, __u64 n)
{
	f->table->losses[what] += n;
}

static inline struct fold_slot *fold_home_slot(struct fold *f, __u32 hash)
{
	return &f->table->slots[hash & (f->table->options.nslots - 1)];
}

static inline struct fold_spill *fold_home_spill_find(struct fold *f, const struct fold_key *key)
{
	struct spill_node **node = tfind(key, &f->table->spills, spill_compare);

	return node ? &(*node)->spill : NULL;
}

static inline int fold_home_spill_add(struct fold *f, const struct fold_key *key,
				      const struct fold_spill *spill)
{
	struct spill_node *node;

	if (f->table->nspills >= f->table->options.max_spills)
		return -E2BIG;
	node = malloc(sizeof(*node));
	if (!node)
		return -ENOMEM;
	node->key = *key;
	node->spill = *spill;
	if (!tsearch(node, &f->table->spills, spill_compare)) {
		free(node);
		return -ENOMEM;
	}
	f->table->nspills++;
	return 0;
}

static inline void fold_home_spill_remove(struct fold *f, const struct fold_key *key)
{
	struct spill_node **found = tfind(key, &f->table->spills, spill_compare);
	struct spill_node *node;

	if (!found)
		return;
	node = *found;
	tdelete(node, &f->table->spills, spill_compare);
	free(node);
	f->table->nspills--;
}

static inline struct fold_group_entry *fold_home_group(struct fold *f, __u32 hash)
{
	return &f->table->groups[hash & (f->table->ngroups - 1)];
}

static inline __u32 fold_home_group_new(struct fold *f)
{
	return f->table->next_group++;
}

static inline struct fold_tally *fold_home_tally(struct fold *f, __u32 index)
{
	return index < f->table->options.max_groups ? &f->table->tallies[index] : NULL;
}

static inline struct fold_hist *fold_home_hist(struct fold *f, __u32 index)
{
	return index < f->table->options.max_groups ? &f->table->hists[index] : NULL;
}

static inline void fold_home_folded(struct fold *f, __u32 row, const struct fold_key *key,
				    __u64 duration)
{
	if (f->table->options.folded)
		f->table->options.folded(f->table->options.arg, row, key, duration);
}

static inline bool fold_home_may(struct fold *f, enum fold_verb verb)
{
	(void)f;
	(void)verb;
	return true;
}

void fold_table_hit(struct fold_table *table, const struct fold_rule *rules, int max,
		    const struct fold_hit *hit)
{
	struct fold f = { .table = table };

	for (int i = 0; i < max && rules[i].verb != FOLD_NONE; i++)
		if (fold_apply(&f, &rules[i], hit))
			break;
}

struct fold_table *fold_table__new(const struct fold_table_options *options)
{
	struct fold_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->options = *options;
	t->next_group = options->rows;
	t->ngroups = fold_group_entries(options->max_groups);
	t->slots = calloc(options->nslots, sizeof(*t->slots));
	t->groups = calloc(t->ngroups, sizeof(*t->groups));
	t->tallies = calloc(options->max_groups, sizeof(*t->tallies));
	t->hists = calloc(options->max_groups, sizeof(*t->hists));
	if (!t->slots || !t->groups || !t->tallies || !t->hists) {
		fold_table__free(t);
		return NULL;
	}
	return t;
}

void fold_table__free(struct fold_table *table)
{
	if (!table)
		return;
	while (table->spills) {
		struct spill_node *node = *(struct spill_node **)table->spills;

		tdelete(node, &table->spills, spill_compare);
		free(node);
	}
	free(table->slots);
	free(table->groups);
	free(table->tallies);
	free(table->hists);
	free(table);
}

struct fold_tables fold_table_tables(const struct fold_table *table)
{
	return (struct fold_tables){
		.slots = table->slots,
		.nslots = table->options.nslots,
		.groups = table->groups,
		.ngroups = table->ngroups,
		.max_groups = table->options.max_groups,
		.rows = table->options.rows,
		.stripes = 1,
		.tallies = table->tallies,
		.hists = table->hists,
		.losses = table->losses,
	};
}

struct spill_walk {
	struct waiting *waiting;
	int err;
};

static void spill_add(const void *nodep, VISIT which, void *arg)
{
	const struct spill_node *node = *(const struct spill_node *const *)nodep;
	struct spill_walk *walk = arg;

	if ((which == postorder || which == leaf) && !walk->err)
		walk->err = waiting_add(walk->waiting, &node->key, &node->spill.starts,
					(int)node->spill.n);
}

int fold_table_waiting(const struct fold_table *table, struct waiting *waiting)
{
	struct fold_tables tables = fold_table_tables(table);
	struct spill_walk walk = { waiting, waiting_add_slots(waiting, &tables) };

	twalk_r(table->spills, spill_add, &walk);
	return walk.err;
}
