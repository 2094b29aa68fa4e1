// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "page_table.h"

/* In front of each value. */
struct entry {
	struct page_key key;
	char value[] __attribute__((aligned(8)));
};

struct page_table {
	size_t step; /* from one entry to the next */
	uint32_t n, room, most;
	char *entries;	 /* one behind the other, as they came */
	uint32_t *slots; /* by hash: an entry's number and 1; 0: free */
	uint32_t nslots; /* a power of two, at least twice `room` */
};

#define FIRST_ROOM 64

static struct entry *entry_of(const struct page_table *t, uint32_t i)
{
	return (struct entry *)(t->entries + i * t->step);
}

/* The finalizer of MurmurHash3, over the key's parts. */
static uint64_t hash(struct page_key key)
{
	uint64_t x = key.inode ^ key.part * 0x9e3779b97f4a7c15 ^ (uint64_t)key.dev << 32;

	x = (x ^ x >> 33) * 0xff51afd7ed558ccd;
	x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53;
	return x ^ x >> 33;
}

static bool same(struct page_key a, struct page_key b)
{
	return a.inode == b.inode && a.part == b.part && a.dev == b.dev;
}

/* The slot that the key has, or would get. */
static uint32_t *slot_of(const struct page_table *t, struct page_key key)
{
	uint32_t i = (uint32_t)hash(key) & (t->nslots - 1);

	while (t->slots[i] && !same(entry_of(t, t->slots[i] - 1)->key, key))
		i = (i + 1) & (t->nslots - 1);
	return &t->slots[i];
}

struct page_table *page_table__new(size_t size, uint32_t most)
{
	struct page_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->step = sizeof(struct entry) + size;
	t->most = most;
	return t;
}

void page_table__free(struct page_table *t)
{
	if (!t)
		return;
	free(t->entries);
	free(t->slots);
	free(t);
}

void *page_table_find(const struct page_table *t, struct page_key key)
{
	uint32_t number = t->n ? *slot_of(t, key) : 0;

	return number ? entry_of(t, number - 1)->value : NULL;
}

static bool grow(struct page_table *t)
{
	uint32_t room = t->room ? t->room * 2 : FIRST_ROOM;
	char *entries = reallocarray(t->entries, room, t->step);
	uint32_t *slots;

	if (!entries)
		return false;
	t->entries = entries;
	slots = calloc((size_t)room * 2, sizeof(*slots));
	if (!slots)
		return false;
	free(t->slots);
	t->slots = slots;
	t->nslots = room * 2;
	t->room = room;
	for (uint32_t i = 0; i < t->n; i++)
		*slot_of(t, entry_of(t, i)->key) = i + 1;
	return true;
}

void *page_table_add(struct page_table *t, struct page_key key)
{
	void *value = page_table_find(t, key);
	struct entry *entry;

	if (value)
		return value;
	if (t->n == t->most || (t->n == t->room && !grow(t)))
		return NULL;
	entry = entry_of(t, t->n);
	memset(entry, 0, t->step);
	entry->key = key;
	*slot_of(t, key) = ++t->n;
	return entry->value;
}

uint32_t page_table_count(const struct page_table *t)
{
	return t->n;
}

void *page_table_get(const struct page_table *t, uint32_t i, struct page_key *key)
{
	*key = entry_of(t, i)->key;
	return entry_of(t, i)->value;
}

#define ORDER(a, b) ((a) < (b) ? -1 : (a) > (b))

static int compare(const void *a_, const void *b_)
{
	const struct page_key *a = a_, *b = b_;

	if (a->dev != b->dev)
		return ORDER(a->dev, b->dev);
	if (a->inode != b->inode)
		return ORDER(a->inode, b->inode);
	return ORDER(a->part, b->part);
}

void page_table_sort(struct page_table *t)
{
	if (t->n)
		qsort(t->entries, t->n, t->step, compare);
}

void page_table_clear(struct page_table *t)
{
	t->n = 0;
	if (t->slots)
		memset(t->slots, 0, t->nslots * sizeof(*t->slots));
}
