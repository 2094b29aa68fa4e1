// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <stdlib.h>

#include "page_table.h"
#include "view.h"

/* A bit a page. */
struct state {
	uint64_t seen; /* there was an event: the other two hold */
	uint64_t was;  /* before the first */
	uint64_t is;   /* after the last */
};

struct part {
	struct state exists, modified;
};

struct view {
	struct page_table *parts;
	uint64_t lost;
};

struct view *view__new(uint32_t most)
{
	struct view *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	v->parts = page_table__new(sizeof(struct part), most);
	if (v->parts)
		return v;
	free(v);
	return NULL;
}

void view__free(struct view *v)
{
	if (!v)
		return;
	page_table__free(v->parts);
	free(v);
}

/* These pages have become what `is` says, and had not been so. */
static void state_change(struct state *s, uint64_t pages, bool is)
{
	uint64_t first = pages & ~s->seen;

	s->was = is ? s->was & ~first : s->was | first;
	s->is = is ? s->is | pages : s->is & ~pages;
	s->seen |= pages;
}

static void part_change(struct part *part, uint64_t pages, enum page_event event)
{
	switch (event) {
	case PAGE_ADDED:
		state_change(&part->exists, pages, true);
		break;
	case PAGE_REMOVED:
		state_change(&part->exists, pages, false);
		part->modified.is &= ~pages;
		break;
	case PAGE_DIRTY:
		state_change(&part->modified, pages, true);
		break;
	case PAGE_FLUSHED:
		state_change(&part->modified, pages, false);
		break;
	case PAGE_EVENTS:
		break;
	}
}

/* `n` ones, from bit `first` on. */
static uint64_t bits(uint64_t first, uint64_t n)
{
	return (n < 64 ? (1ULL << n) - 1 : ~0ULL) << first;
}

void view_record(struct view *v, const struct page_record *r)
{
	uint64_t index = r->index, left = r->pages;

	while (left) {
		uint64_t first = index % VIEW_PAGES;
		uint64_t n = left < VIEW_PAGES - first ? left : VIEW_PAGES - first;
		struct page_key key = { .inode = r->inode,
					.part = index / VIEW_PAGES,
					.dev = r->dev };
		struct part *part = page_table_add(v->parts, key);

		if (part)
			part_change(part, bits(first, n), r->event);
		else
			v->lost += n;
		index += n;
		left -= n;
	}
}

/* 1, -1 or 0: how a page's state differs from what it was. */
static int net(const struct state *s, uint64_t page)
{
	if (!(s->seen & page) || !((s->was ^ s->is) & page))
		return 0;
	return s->is & page ? 1 : -1;
}

static bool goes_on(const struct view_item *item, const struct view_item *next)
{
	return item->pages && item->dev == next->dev && item->inode == next->inode &&
	       item->index + item->pages == next->index && item->exists == next->exists &&
	       item->modified == next->modified;
}

/* Adds a page to the item under way, or hands that on and begins another. */
static void add_page(struct view_item *item, const struct view_item *page, view_fn fn, void *arg)
{
	if (goes_on(item, page)) {
		item->pages++;
		return;
	}
	if (item->pages)
		fn(arg, item);
	*item = *page;
}

void view_fetch(struct view *v, view_fn fn, void *arg)
{
	struct view_item item = { 0 };

	page_table_sort(v->parts);
	for (uint32_t i = 0; i < page_table_count(v->parts); i++) {
		struct page_key key;
		const struct part *part = page_table_get(v->parts, i, &key);

		for (uint64_t bit = 0; bit < VIEW_PAGES; bit++) {
			struct view_item page = { .dev = key.dev,
						  .inode = key.inode,
						  .index = key.part * VIEW_PAGES + bit,
						  .pages = 1,
						  .exists = net(&part->exists, 1ULL << bit),
						  .modified = net(&part->modified, 1ULL << bit) };

			if (page.exists || page.modified)
				add_page(&item, &page, fn, arg);
		}
	}
	if (item.pages)
		fn(arg, &item);
	page_table_clear(v->parts);
}

uint64_t view_lost(const struct view *v)
{
	return v->lost;
}
