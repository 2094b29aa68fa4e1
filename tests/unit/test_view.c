// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* duet/view.c: what page events come to. Streams are hand-made. */
#include <stdbool.h>
#include <stdlib.h>

#include "duet/view.h"
#include "test.h"

#define DEV  (7u << 20 | 3)
#define MOST 1000

/* One event; a stream ends with one of no pages. */
struct event {
	char what; /* A, R, D, F: added, removed, dirty, flushed */
	uint64_t index;
	uint32_t pages;
	uint64_t inode; /* 0: 10 */
};

static struct page_record record(const struct event *e)
{
	struct page_record r = {
		.inode = e->inode ? e->inode : 10, .index = e->index, .pages = e->pages, .dev = DEV
	};

	r.event = strchr("ARDF", e->what) - "ARDF";
	return r;
}

/* "10: 0+1 +E; 4+2 -E+M; " */
static void append(void *arg, const struct view_item *item)
{
	char *text = arg;
	size_t len = strlen(text);

	CHECK_INT(item->dev, DEV);
	snprintf(text + len, 1024 - len, "%llu: %llu+%llu %s%s; ", (unsigned long long)item->inode,
		 (unsigned long long)item->index, (unsigned long long)item->pages,
		 item->exists ? item->exists > 0 ? "+E" : "-E" : "",
		 item->modified ? item->modified > 0 ? "+M" : "-M" : "");
}

/* The next fetch, in a buffer of its own. */
static const char *fetch(struct view *v)
{
	static char text[1024];

	text[0] = '\0';
	view_fetch(v, append, text);
	return text;
}

static void feed(struct view *v, const struct event *events)
{
	for (; events->pages; events++) {
		struct page_record r = record(events);

		view_record(v, &r);
	}
}

struct stream {
	struct event events[10];
	const char *net;
};

static const struct stream streams[] = {
	/* one event */
	{ { { 'A', 5, 1, 0 } }, "10: 5+1 +E; " },
	{ { { 'R', 5, 1, 0 } }, "10: 5+1 -E; " },
	{ { { 'D', 5, 1, 0 } }, "10: 5+1 +M; " },
	{ { { 'F', 5, 1, 0 } }, "10: 5+1 -M; " },
	/* opposites cancel, whichever came first */
	{ { { 'A', 5, 1, 0 }, { 'R', 5, 1, 0 } }, "" },
	{ { { 'R', 5, 1, 0 }, { 'A', 5, 1, 0 } }, "" },
	{ { { 'D', 5, 1, 0 }, { 'F', 5, 1, 0 } }, "" },
	{ { { 'F', 5, 1, 0 }, { 'D', 5, 1, 0 } }, "" },
	/* and what comes on top stands */
	{ { { 'D', 5, 1, 0 }, { 'F', 5, 1, 0 }, { 'D', 5, 1, 0 } }, "10: 5+1 +M; " },
	{ { { 'A', 5, 1, 0 }, { 'R', 5, 1, 0 }, { 'A', 5, 1, 0 } }, "10: 5+1 +E; " },
	{ { { 'R', 5, 1, 0 }, { 'A', 5, 1, 0 }, { 'R', 5, 1, 0 } }, "10: 5+1 -E; " },
	/* the same twice is the same: flushed though it was not dirty any more */
	{ { { 'D', 5, 1, 0 }, { 'F', 5, 1, 0 }, { 'F', 5, 1, 0 } }, "" },
	{ { { 'D', 5, 1, 0 }, { 'D', 5, 1, 0 }, { 'F', 5, 1, 0 } }, "" },
	/* a write to a file: it exists and is modified; read in, written, and flushed: it exists */
	{ { { 'A', 5, 1, 0 }, { 'D', 5, 1, 0 } }, "10: 5+1 +E+M; " },
	{ { { 'A', 5, 1, 0 }, { 'D', 5, 1, 0 }, { 'F', 5, 1, 0 } }, "10: 5+1 +E; " },
	/* what is gone is not modified: truncated while dirty */
	{ { { 'A', 5, 1, 0 }, { 'D', 5, 1, 0 }, { 'R', 5, 1, 0 } }, "" },
	{ { { 'D', 5, 1, 0 }, { 'R', 5, 1, 0 } }, "10: 5+1 -E; " },
	{ { { 'F', 5, 1, 0 }, { 'R', 5, 1, 0 } }, "10: 5+1 -E-M; " },
	/* it came back clean, or dirty */
	{ { { 'D', 5, 1, 0 }, { 'R', 5, 1, 0 }, { 'A', 5, 1, 0 } }, "" },
	{ { { 'R', 5, 1, 0 }, { 'A', 5, 1, 0 }, { 'D', 5, 1, 0 } }, "10: 5+1 +M; " },
	/* a large folio, and single pages that cancel in its middle, its beginning and its end */
	{ { { 'A', 0, 16, 0 }, { 'R', 4, 1, 0 } }, "10: 0+4 +E; 10: 5+11 +E; " },
	{ { { 'A', 0, 16, 0 }, { 'R', 0, 1, 0 }, { 'R', 15, 1, 0 } }, "10: 1+14 +E; " },
	{ { { 'A', 4, 1, 0 }, { 'R', 0, 16, 0 } }, "10: 0+4 -E; 10: 5+11 -E; " },
	/* two folios that overlap by half */
	{ { { 'D', 0, 8, 0 }, { 'F', 4, 8, 0 } }, "10: 0+4 +M; 10: 8+4 -M; " },
	/* added as single pages, removed as one folio */
	{ { { 'A', 0, 1, 0 }, { 'A', 1, 1, 0 }, { 'A', 2, 1, 0 }, { 'R', 0, 4, 0 } },
	  "10: 3+1 -E; " },
	/* pages in a row are one item, where they changed alike */
	{ { { 'A', 2, 1, 0 }, { 'A', 0, 1, 0 }, { 'A', 1, 1, 0 } }, "10: 0+3 +E; " },
	{ { { 'A', 0, 4, 0 }, { 'D', 1, 2, 0 } }, "10: 0+1 +E; 10: 1+2 +E+M; 10: 3+1 +E; " },
	/* over the borders of what is kept together, and as large as folios get */
	{ { { 'A', 60, 8, 0 } }, "10: 60+8 +E; " },
	{ { { 'A', 64, 64, 0 } }, "10: 64+64 +E; " },
	{ { { 'A', 63, 513, 0 }, { 'R', 64, 64, 0 } }, "10: 63+1 +E; 10: 128+448 +E; " },
	/* files apart, in order, though their pages are neighbours */
	{ { { 'A', 1, 1, 12 }, { 'A', 0, 1, 11 }, { 'R', 0, 1, 12 } },
	  "11: 0+1 +E; 12: 0+1 -E; 12: 1+1 +E; " },
	/* the ends of numbers */
	{ { { 'A', (1ULL << 51) - 1, 1, ~0ULL } },
	  "18446744073709551615: 2251799813685247+1 +E; " },
};

static void cancels(void)
{
	for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
		struct view *v = view__new(MOST);

		feed(v, streams[i].events);
		CHECK_STR(fetch(v), streams[i].net);
		CHECK_INT(view_lost(v), 0);
		view__free(v);
	}
}

/* Each fetch tells of what came since the one before. */
static void begins_anew_with_each_fetch(void)
{
	static const struct event added[] = { { 'A', 0, 4, 0 }, { 'D', 0, 1, 0 }, { 0 } };
	static const struct event removed[] = { { 'F', 0, 1, 0 }, { 'R', 0, 4, 0 }, { 0 } };
	struct view *v = view__new(MOST);

	CHECK_STR(fetch(v), "");
	feed(v, added);
	CHECK_STR(fetch(v), "10: 0+1 +E+M; 10: 1+3 +E; ");
	CHECK_STR(fetch(v), "");
	/* within one interval they would have cancelled out */
	feed(v, removed);
	CHECK_STR(fetch(v), "10: 0+1 -E-M; 10: 1+3 -E; ");
	CHECK_STR(fetch(v), "");
	view__free(v);
}

/* What there is no room for is counted by its pages; what there was room for goes on. */
static void counts_what_has_no_room(void)
{
	struct view *v = view__new(3);

	feed(v, (struct event[]){ { 'A', 0, 1, 0 }, { 'A', 64, 130, 0 }, { 'A', 1, 1, 0 }, { 0 } });
	/* 64 to 191 fill two parts, 192 and 193 are of a fourth */
	CHECK_INT(view_lost(v), 2);
	feed(v, (struct event[]){ { 'A', 0, 7, 11 }, { 'R', 1, 1, 0 }, { 0 } });
	CHECK_INT(view_lost(v), 9);
	CHECK_STR(fetch(v), "10: 0+1 +E; 10: 64+128 +E; ");
	/* there is room again */
	feed(v, (struct event[]){ { 'A', 0, 7, 11 }, { 0 } });
	CHECK_STR(fetch(v), "11: 0+7 +E; ");
	CHECK_INT(view_lost(v), 9);
	view__free(v);
}

enum { PAGES = 300 };

/* A page as the kernel has it, now and at the last fetch. */
struct page {
	bool exists, dirty, existed, was_dirty;
	int told_exists, told_modified; /* by the fetch */
};

/*
 * Lets happen to a page what can; whether it could. A page that was dirty at the last fetch is not
 * removed as such: only truncation does that, and its event does not tell.
 */
static bool happens(struct page *page, char what)
{
	bool can = what == 'A'	 ? !page->exists
		   : what == 'R' ? page->exists && !(page->dirty && page->was_dirty)
		   : what == 'D' ? page->exists && !page->dirty
				 : page->dirty;

	if (!can)
		return false;
	if (what == 'A' || what == 'R')
		page->exists = what == 'A';
	page->dirty = what == 'D';
	return true;
}

static void note(void *arg, const struct view_item *item)
{
	struct page *pages = arg;

	for (uint64_t i = item->index; i < item->index + item->pages; i++) {
		pages[i].told_exists += item->exists;
		pages[i].told_modified += item->modified;
	}
}

/* How many pages were told of otherwise than they are; begins the next interval. */
static int differences(struct page *pages)
{
	int n = 0;

	for (struct page *p = pages; p < pages + PAGES; p++) {
		n += p->told_exists != p->exists - p->existed ||
		     p->told_modified != p->dirty - p->was_dirty;
		p->existed = p->exists;
		p->was_dirty = p->dirty;
		p->told_exists = p->told_modified = 0;
	}
	return n;
}

/* Any events that can happen, against an array of pages. */
static void agrees_with_a_plain_model(void)
{
	struct view *v = view__new(MOST);
	struct page pages[PAGES] = { 0 };
	uint32_t seed = 1;
	int different = 0;

	for (int i = 1; i <= 20000; i++) {
		uint32_t first, n;
		char what;

		seed = seed * 1664525 + 1013904223;
		what = "ARDF"[seed >> 30];
		first = (seed >> 8) % (PAGES - 40);
		n = 1 + (seed >> 20) % 40;
		for (uint32_t p = first; p < first + n; p++)
			if (happens(&pages[p], what))
				feed(v, (struct event[]){ { what, p, 1, 0 }, { 0 } });
		if (i % 50)
			continue;
		view_fetch(v, note, pages);
		different += differences(pages);
	}
	CHECK_INT(different, 0);
	CHECK_INT(view_lost(v), 0);
	view__free(v);
}

static const struct test tests[] = {
	TEST(cancels),
	TEST(begins_anew_with_each_fetch),
	TEST(counts_what_has_no_room),
	TEST(agrees_with_a_plain_model),
};

TEST_MAIN("view")
