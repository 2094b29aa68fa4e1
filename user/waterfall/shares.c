// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>

#include "shares.h"

/* Where the rate of the divided clock changes. */
struct point {
	uint64_t time;
	int change;   /* in how many are under way */
	double clock; /* what it shows then */
	double rate;  /* from then on */
};

/* A piece of a span's time that something has a claim to; the lowest rank has it. */
enum rank { RANK_INSIDE, RANK_DEVICE, RANK_QUEUED, RANK_JOURNAL };
struct item {
	uint64_t from, to;
	uint32_t span;
	enum rank rank;
};

struct wf_scratch {
	uint32_t room;		/* of what is by span */
	uint64_t *from, *to;	/* as far as it is inside of its parent */
	uint64_t *cursor;	/* up to where the parts of it go */
	uint32_t *order;	/* spans by time, without I/Os */
	uint32_t *first, *next; /* of what is inside, a list */
	bool *divided;		/* it is inside of what runs in parallel */
	uint32_t norder;
	uint32_t parallel; /* the span whose parts do */
	struct point *points;
	uint32_t npoints, points_room;
	struct item *items;
	uint64_t *bounds;
	uint32_t *active;
	uint32_t nitems, items_room;
};

static bool is_io(const struct wf_span *span)
{
	return span->kind == WF_BIO || span->kind == WF_JOURNAL;
}

#define GROW(array, n) \
	((array) = realloc(old = (array), (n) * sizeof(*(array))), (array) || ((array) = old, 0))

static bool grow(struct wf_shares *s, uint32_t n)
{
	struct wf_scratch *x = s->scratch;
	uint32_t room = x->room ? x->room : 64;
	void *old;

	if (n <= x->room)
		return true;
	while (room < n)
		room *= 2;
	if (!GROW(s->wall, room) || !GROW(s->self, room) || !GROW(x->from, room) ||
	    !GROW(x->to, room) || !GROW(x->cursor, room) || !GROW(x->order, room) ||
	    !GROW(x->first, room) || !GROW(x->next, room) || !GROW(x->divided, room))
		return false;
	x->room = room;
	return true;
}

static bool grow_points(struct wf_scratch *x, uint32_t n)
{
	void *old;

	if (n <= x->points_room)
		return true;
	if (!GROW(x->points, n))
		return false;
	x->points_room = n;
	return true;
}

static bool grow_items(struct wf_scratch *x, uint32_t n)
{
	void *old;

	if (n <= x->items_room)
		return true;
	if (!GROW(x->items, n) || !GROW(x->bounds, 2 * (size_t)n) || !GROW(x->active, n))
		return false;
	x->items_room = n;
	return true;
}

/* --- spans inside of their parents, in the order of time --- */

static void clip(struct wf_scratch *x, const struct wf_job *job)
{
	x->from[0] = job->start;
	x->to[0] = job->end;
	for (uint32_t i = 1; i < job->nspans; i++) {
		const struct wf_span *span = &job->spans[i];
		uint32_t p = span->parent;

		x->from[i] = span->start > x->from[p] ? span->start : x->from[p];
		x->to[i] = span->end < x->to[p] ? span->end : x->to[p];
		x->from[i] = x->from[i] < x->to[p] ? x->from[i] : x->to[p];
		x->to[i] = x->to[i] > x->from[i] ? x->to[i] : x->from[i];
	}
}

static bool before(const struct wf_scratch *x, uint32_t a, uint32_t b)
{
	return x->from[a] != x->from[b] ? x->from[a] < x->from[b] : a < b;
}

static int order_compare(const void *va, const void *vb, void *arg)
{
	uint32_t a = *(const uint32_t *)va, b = *(const uint32_t *)vb;

	return before(arg, a, b) ? -1 : before(arg, b, a);
}

/* All but I/Os, parents before what is in them. Most jobs are short, and nearly in order. */
static void sort(struct wf_scratch *x, const struct wf_job *job)
{
	x->norder = 0;
	for (uint32_t i = 0; i < job->nspans; i++) {
		uint32_t at = x->norder;

		if (is_io(&job->spans[i]))
			continue;
		for (; job->nspans < 64 && at && before(x, i, x->order[at - 1]); at--)
			x->order[at] = x->order[at - 1];
		x->order[at] = i;
		x->norder++;
	}
	if (job->nspans >= 64)
		qsort_r(x->order, x->norder, sizeof(*x->order), order_compare, x);
}

/* What is inside of a span that has no parallel parts comes one after the other. */
static void line_up(struct wf_scratch *x, const struct wf_job *job)
{
	for (uint32_t i = 0; i < job->nspans; i++)
		x->cursor[i] = 0;
	for (uint32_t n = 0; n < x->norder; n++) {
		uint32_t i = x->order[n], p = job->spans[i].parent;

		if (!i || p == x->parallel)
			continue;
		if (x->from[i] < x->from[p])
			x->from[i] = x->from[p];
		if (x->from[i] < x->cursor[p])
			x->from[i] = x->cursor[p];
		if (x->to[i] > x->to[p])
			x->to[i] = x->to[p];
		if (x->to[i] < x->from[i])
			x->to[i] = x->from[i];
		x->cursor[p] = x->to[i];
	}
}

/* --- the clock of what runs in parallel: it goes at 1/n --- */

static int point_compare(const void *va, const void *vb)
{
	const struct point *a = va, *b = vb;

	return a->time < b->time ? -1 : a->time > b->time;
}

/* False without memory. */
static bool set_clock(struct wf_scratch *x, const struct wf_job *job)
{
	uint64_t end = 0;
	bool overlap = false;
	int under_way = 0;
	double clock = 0;

	x->npoints = 0;
	if (!grow_points(x, 2 * x->norder))
		return false;
	for (uint32_t n = 0; n < x->norder; n++) {
		uint32_t i = x->order[n];

		if (!i || job->spans[i].parent != x->parallel || x->from[i] == x->to[i])
			continue;
		overlap = overlap || x->from[i] < end;
		end = x->to[i] > end ? x->to[i] : end;
		x->points[x->npoints++] = (struct point){ .time = x->from[i], .change = 1 };
		x->points[x->npoints++] = (struct point){ .time = x->to[i], .change = -1 };
	}
	if (!overlap) {
		x->npoints = 0;
		return true;
	}
	qsort(x->points, x->npoints, sizeof(*x->points), point_compare);
	for (uint32_t i = 0; i < x->npoints; i++) {
		struct point *p = &x->points[i], *last = i ? p - 1 : p;

		clock += last->rate * (double)(p->time - last->time);
		under_way += p->change;
		p->clock = clock;
		p->rate = under_way > 0 ? 1.0 / under_way : 0;
	}
	return true;
}

static double clock_at(const struct wf_scratch *x, uint64_t time)
{
	uint32_t low = 0, high = x->npoints;
	const struct point *p;

	/* the last point that is not after it */
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (x->points[middle].time <= time)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return 0;
	p = &x->points[low - 1];
	return p->clock + p->rate * (double)(time - p->time);
}

static double measure(const struct wf_scratch *x, uint32_t span, uint64_t from, uint64_t to)
{
	if (x->divided[span] && x->npoints)
		return clock_at(x, to) - clock_at(x, from);
	return (double)(to - from);
}

/* --- what a span's time is, moment by moment, where I/Os are in it --- */

static int item_compare(const void *va, const void *vb)
{
	const struct item *a = va, *b = vb;

	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	return a->span < b->span ? -1 : a->span > b->span;
}

static int bound_compare(const void *va, const void *vb)
{
	uint64_t a = *(const uint64_t *)va, b = *(const uint64_t *)vb;

	return a < b ? -1 : a > b;
}

static void claim(struct wf_scratch *x, uint32_t parent, uint32_t span, uint64_t from, uint64_t to,
		  enum rank rank)
{
	from = from > x->from[parent] ? from : x->from[parent];
	to = to < x->to[parent] ? to : x->to[parent];
	if (from < to)
		x->items[x->nitems++] = (struct item){ from, to, span, rank };
}

/* False without memory. */
static bool claims(struct wf_scratch *x, const struct wf_job *job, uint32_t parent)
{
	uint32_t n = 0;

	for (uint32_t i = x->first[parent]; i; i = x->next[i])
		n += 2;
	if (!grow_items(x, n))
		return false;
	x->nitems = 0;
	for (uint32_t i = x->first[parent]; i; i = x->next[i]) {
		const struct wf_span *span = &job->spans[i];
		uint64_t issued = span->mark ? span->mark : span->start;

		if (span->kind == WF_JOURNAL) {
			claim(x, parent, i, span->start, span->end, RANK_JOURNAL);
		} else if (span->kind == WF_BIO) {
			claim(x, parent, i, span->start, issued, RANK_QUEUED);
			claim(x, parent, i, issued, span->end, RANK_DEVICE);
		} else {
			claim(x, parent, i, x->from[i], x->to[i], RANK_INSIDE);
		}
	}
	qsort(x->items, x->nitems, sizeof(*x->items), item_compare);
	return true;
}

/* Who has the moments from `from` to `to`, of the `n` that are under way; NULL: nobody. */
static const struct item *winner(struct wf_scratch *x, uint32_t *n, uint64_t from)
{
	const struct item *best = NULL;
	uint32_t left = 0;

	for (uint32_t i = 0; i < *n; i++) {
		const struct item *item = &x->items[x->active[i]];

		if (item->to <= from)
			continue;
		x->active[left++] = x->active[i];
		if (!best || item->rank < best->rank)
			best = item;
	}
	*n = left;
	return best;
}

static void give(struct wf_shares *s, uint32_t parent, const struct item *item, uint64_t from,
		 uint64_t to)
{
	double wall = measure(s->scratch, parent, from, to);

	if (item->rank == RANK_INSIDE)
		return;
	s->self[parent] -= wall;
	s->wall[item->span] += wall;
	if (item->rank == RANK_QUEUED)
		s->self[item->span] += wall;
	if (item->rank == RANK_JOURNAL)
		s->self[item->span] += (double)(to - from);
}

static bool divide_ios(struct wf_shares *s, const struct wf_job *job, uint32_t parent)
{
	struct wf_scratch *x = s->scratch;
	uint32_t nactive = 0, next = 0;

	if (!claims(x, job, parent))
		return false;
	for (uint32_t i = 0; i < x->nitems; i++) {
		x->bounds[2 * i] = x->items[i].from;
		x->bounds[2 * i + 1] = x->items[i].to;
	}
	qsort(x->bounds, 2 * x->nitems, sizeof(*x->bounds), bound_compare);
	for (uint32_t b = 0; b + 1 < 2 * x->nitems; b++) {
		uint64_t from = x->bounds[b], to = x->bounds[b + 1];
		const struct item *item;

		while (next < x->nitems && x->items[next].from <= from)
			x->active[nactive++] = next++;
		item = from < to ? winner(x, &nactive, from) : NULL;
		if (item)
			give(s, parent, item, from, to);
	}
	return true;
}

/* --- all of it --- */

static void divide_spans(struct wf_shares *s, const struct wf_job *job)
{
	struct wf_scratch *x = s->scratch;

	x->divided[0] = false;
	for (uint32_t i = 1; i < job->nspans; i++) {
		uint32_t p = job->spans[i].parent;

		x->divided[i] = p == x->parallel || x->divided[p];
		s->wall[i] = s->self[i] = 0;
	}
	for (uint32_t n = 0; n < x->norder; n++) {
		uint32_t i = x->order[n];

		s->wall[i] = s->self[i] = measure(x, i, x->from[i], x->to[i]);
		if (i)
			s->self[job->spans[i].parent] -= s->wall[i];
	}
}

static void list_inside(struct wf_scratch *x, const struct wf_job *job)
{
	for (uint32_t i = 0; i < job->nspans; i++)
		x->first[i] = 0;
	for (uint32_t i = job->nspans - 1; i; i--) {
		x->next[i] = x->first[job->spans[i].parent];
		x->first[job->spans[i].parent] = i;
	}
}

static bool has_ios(const struct wf_scratch *x, const struct wf_job *job, uint32_t parent)
{
	for (uint32_t i = x->first[parent]; i; i = x->next[i])
		if (is_io(&job->spans[i]))
			return true;
	return false;
}

int wf_shares_of(struct wf_shares *s, const struct wf_job *job)
{
	struct wf_scratch *x;

	if (!s->scratch)
		s->scratch = calloc(1, sizeof(*s->scratch));
	x = s->scratch;
	if (!x || !grow(s, job->nspans))
		return -ENOMEM;
	x->parallel = job->guest ? 0 : job->os;
	clip(x, job);
	sort(x, job);
	line_up(x, job);
	if (!set_clock(x, job))
		return -ENOMEM;
	divide_spans(s, job);
	if (x->norder == job->nspans)
		return 0;
	list_inside(x, job);
	for (uint32_t i = 0; i < job->nspans; i++)
		if (has_ios(x, job, i) && !divide_ios(s, job, i))
			return -ENOMEM;
	return 0;
}

void wf_shares_free(struct wf_shares *s)
{
	struct wf_scratch *x = s->scratch;

	free(s->wall);
	free(s->self);
	if (x) {
		free(x->from);
		free(x->to);
		free(x->cursor);
		free(x->order);
		free(x->first);
		free(x->next);
		free(x->divided);
		free(x->points);
		free(x->items);
		free(x->bounds);
		free(x->active);
	}
	free(x);
	*s = (struct wf_shares){ 0 };
}
