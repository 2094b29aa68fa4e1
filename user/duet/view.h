/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Duet's view of the page cache as a task has it (SOSP '15, section 3.1): in place of events, what
 * they came to since the last fetch. A page that was added and removed is not told of, nor one that
 * was removed and added; the same with dirty and flushed.
 *
 * What counts of a page is the first event since the fetch, which says how it was then, and the
 * last, which says how it is. A page that is removed is not modified any more; if it was dirty and
 * nobody flushed it, as when it is truncated, no event says so: then it is only told that it is
 * gone.
 */
#ifndef ASSAY_VIEW_H
#define ASSAY_VIEW_H

#include <stdint.h>

#include "pages.h"

/* Pages one behind the other that changed alike. */
struct view_item {
	uint32_t dev;
	uint64_t inode;
	uint64_t index, pages;
	int exists;   /* 1: did not at the last fetch, does now; -1: the other way; 0: as it was */
	int modified; /* likewise */
};

struct view;

/* Follows at most `most` parts of files, of VIEW_PAGES pages each. NULL without memory. */
struct view *view__new(uint32_t most);
void view__free(struct view *view);

#define VIEW_PAGES 64

/* Events of a page come in the order of their times. */
void view_record(struct view *view, const struct page_record *record);

/* Hands on what has changed, in the order of superblock, inode and index, and begins anew. */
typedef void (*view_fn)(void *arg, const struct view_item *item);
void view_fetch(struct view *view, view_fn fn, void *arg);

/* Pages, event by event, that there was no room for, ever. */
uint64_t view_lost(const struct view *view);

#endif
