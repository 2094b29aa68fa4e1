/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * duet --events: the page cache's events, a line each, or what they came to (view.h); of all files,
 * or of those under paths.
 *
 * A file that is not known may have been made meanwhile: its events wait until the paths have been
 * looked through again, which is soon, but takes at most a fiftieth of a CPU's time. So lines are
 * in the order of time for a file, not between files. One that was deleted by then is not seen.
 * While there are events names are looked up every 30 s at least: for as long a file that was moved
 * may be called as before.
 */
#ifndef ASSAY_EVENTS_H
#define ASSAY_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/mounts.h"
#include "pages.h"
#include "render/render.h"

struct events_options {
	const char *const *paths; /* must stay; none: all files, without their names */
	int npaths;
	bool view;	       /* what events came to, at each fetch, in place of events */
	struct mounts *mounts; /* what file systems are called; must stay. NULL: by number */
};

struct events;

/* *out is freed with events__free(). On failure -errno, with what was being done in `why`. */
int events__new(const struct events_options *options, struct events **out, char *why,
		size_t why_size);
void events__free(struct events *events);

/* The only superblocks whose events are wanted, for struct cache_options; *n is 0 where all are. */
const uint32_t *events_devs(const struct events *events, int *n);

/* Prints the titles of the columns. */
void events_begin(const struct events *events, const struct render *render);

/* One more, a page_record_fn: `events` is a struct events. Kept until the next tick. */
void events_record(void *events, const struct page_record *record);

/* Prints what has come, or adds it to the view. `last`: no more will come, nothing waits on. */
void events_tick(struct events *events, const struct render *render, bool last);

/* With a view: prints what has changed since the last time. */
void events_fetch(struct events *events, const struct render *render);

/* Events of files that were asked for which are neither printed nor in a view, or may be. */
struct events_losses {
	uint64_t names; /* came before the file's name was known, and could not wait */
	uint64_t full;	/* there was no memory or room for them to wait or to be told apart */
	uint64_t pages; /* pages of them for which the view had no room */
};
struct events_losses events_losses(const struct events *events);

/* Says, once, what was lost and left out; in JSON what was lost always. */
void events_warn(const struct events *events, const struct render *render);

#endif
