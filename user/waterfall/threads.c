// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <stdlib.h>
#include <string.h>

#include "threads.h"

#define FIRST_PAST 32
#define MOST_PAST  1024
#define PAST_NS	   1000000000ULL /* for how long it is remembered, if there is room */
#define MOST_WAITS 65536

static void thread_free(struct wf_thread *thread)
{
	free(thread->past);
	free(thread->waits);
	free(thread);
}

void wf_threads_free(struct wf_threads *threads)
{
	for (int i = 0; i < WF_THREAD_BUCKETS; i++) {
		struct wf_thread *thread;

		while ((thread = threads->buckets[i])) {
			threads->buckets[i] = thread->next;
			thread_free(thread);
		}
	}
}

static struct wf_thread **thread_at(const struct wf_threads *threads, uint32_t tid)
{
	return (struct wf_thread **)&threads->buckets[tid & (WF_THREAD_BUCKETS - 1)];
}

struct wf_thread *wf_thread_find(const struct wf_threads *threads, uint32_t tgid, uint32_t tid)
{
	struct wf_thread *thread = *thread_at(threads, tid);

	while (thread && (thread->tid != tid || thread->tgid != tgid))
		thread = thread->next;
	return thread;
}

struct wf_thread *wf_thread_get(struct wf_threads *threads, uint32_t tgid, uint32_t tid)
{
	struct wf_thread *thread = wf_thread_find(threads, tgid, tid), **at;

	if (thread)
		return thread;
	thread = calloc(1, sizeof(*thread));
	if (!thread)
		return NULL;
	at = thread_at(threads, tid);
	thread->tgid = tgid;
	thread->tid = tid;
	thread->next = *at;
	*at = thread;
	return thread;
}

bool wf_place_valid(const struct wf_place *place)
{
	return place->job && place->job->seq == place->seq &&
	       (place->job->state == WF_LIVE || place->job->state == WF_ENDED);
}

/* A window that ended with its job, or on another thread, is no longer open. */
static bool open_valid(const struct wf_open *window)
{
	return !window->place.job || (wf_place_valid(&window->place) &&
				      !window->place.job->spans[window->place.span].end);
}

static void prune(struct wf_thread *thread)
{
	int n = 0;

	for (int i = 0; i < thread->depth; i++)
		if (open_valid(&thread->open[i]))
			thread->open[n++] = thread->open[i];
	thread->depth = n;
}

void wf_threads_sweep(struct wf_threads *threads, uint64_t time)
{
	for (int i = 0; i < WF_THREAD_BUCKETS; i++) {
		struct wf_thread **at = &threads->buckets[i], *thread;

		while ((thread = *at)) {
			if (thread->seen < time)
				thread->depth = 0;
			if (thread->seen >= time || thread->nwaits) {
				at = &thread->next;
				continue;
			}
			*at = thread->next;
			thread_free(thread);
		}
	}
}

const struct wf_open *wf_thread_top(const struct wf_thread *thread)
{
	for (int i = thread->depth - 1; i >= 0; i--)
		if (open_valid(&thread->open[i]))
			return &thread->open[i];
	return NULL;
}

const struct wf_open *wf_thread_around(const struct wf_thread *thread, uint64_t job,
				       uint32_t extent)
{
	for (int i = thread->depth - 1; i >= 0; i--) {
		const struct wf_open *window = &thread->open[i];

		if (window->job == job && (window->kind == WF_OS || window->extent == extent) &&
		    open_valid(window))
			return window;
	}
	return NULL;
}

void wf_thread_push(struct wf_threads *threads, struct wf_thread *thread,
		    const struct wf_open *window)
{
	if (thread->depth == WF_DEPTH)
		prune(thread);
	if (thread->depth == WF_DEPTH) {
		threads->crowded++;
		thread->depth--;
		memmove(thread->open, thread->open + 1, thread->depth * sizeof(*thread->open));
	}
	thread->open[thread->depth++] = *window;
}

static bool fits(const struct wf_open *window, uint16_t kind, uint16_t what, const uint64_t *job,
		 uint32_t extent)
{
	if (window->kind != kind || window->what != what)
		return false;
	return !job || (window->job == *job && window->extent == extent);
}

struct wf_span *wf_open_close(const struct wf_open *window, uint64_t end)
{
	struct wf_span *span;

	if (!wf_place_valid(&window->place))
		return NULL;
	span = &window->place.job->spans[window->place.span];
	/* one for which there was no room stands for what is around it */
	if (span->end || span->kind != window->kind || span->start != window->start)
		return NULL;
	span->end = end > span->start ? end : span->start + 1;
	return span;
}

/* Of the same job, and of the same extent where the outer one is of an extent. */
static bool is_inside(const struct wf_open *inner, const struct wf_open *outer)
{
	return inner->job == outer->job && inner->place.job == outer->place.job &&
	       (outer->kind == WF_OS || inner->extent == outer->extent);
}

/* What is inside of a window that ends has ended, too: its end was lost. */
static void close_inner(struct wf_thread *thread, int depth, uint64_t end)
{
	struct wf_span *span;
	int n = depth + 1;

	for (int i = n; i < thread->depth; i++) {
		struct wf_open *window = &thread->open[i];

		if (!is_inside(window, &thread->open[depth])) {
			thread->open[n++] = *window;
			continue;
		}
		span = wf_open_close(window, end);
		if (span)
			span->cut = true;
		wf_thread_was(thread, &window->place, window->start, end);
	}
	thread->depth = n;
}

bool wf_thread_pop(struct wf_thread *thread, uint16_t kind, uint16_t what, const uint64_t *job,
		   uint32_t extent, uint64_t end, struct wf_open *window)
{
	int i = thread->depth - 1;

	while (i >= 0 &&
	       (!open_valid(&thread->open[i]) || !fits(&thread->open[i], kind, what, job, extent)))
		i--;
	if (i < 0)
		return false;
	close_inner(thread, i, end);
	*window = thread->open[i];
	thread->depth--;
	memmove(thread->open + i, thread->open + i + 1,
		(thread->depth - i) * sizeof(*thread->open));
	wf_thread_was(thread, &window->place, window->start, end);
	return true;
}

static struct wf_past *past_at(const struct wf_thread *thread, uint64_t i)
{
	return &thread->past[i & (thread->room - 1)];
}

/* Makes room for one more; without memory the oldest go. False: there is no room at all. */
static bool past_grow(struct wf_thread *thread, uint64_t now)
{
	uint32_t room = thread->room ? 2 * thread->room : FIRST_PAST, mask = room - 1;
	struct wf_past *oldest, *past;

	if (thread->npast < thread->room)
		return true;
	oldest = thread->room ? past_at(thread, thread->npast) : NULL;
	if (oldest && (room > MOST_PAST || oldest->end + PAST_NS < now))
		return true;
	past = malloc(room * sizeof(*past));
	if (!past)
		return thread->room;
	for (uint64_t i = thread->npast - thread->room; i < thread->npast; i++)
		past[i & mask] = *past_at(thread, i);
	free(thread->past);
	thread->past = past;
	thread->room = room;
	return true;
}

void wf_thread_was(struct wf_thread *thread, const struct wf_place *place, uint64_t start,
		   uint64_t end)
{
	uint64_t oldest, i;

	if (!past_grow(thread, end))
		return;
	/* in the order of their ends, though one may be told of late */
	i = thread->npast++;
	oldest = thread->npast > thread->room ? thread->npast - thread->room : 0;
	for (; i > oldest && past_at(thread, i - 1)->end > end; i--)
		*past_at(thread, i) = *past_at(thread, i - 1);
	*past_at(thread, i) = (struct wf_past){ .place = *place, .start = start, .end = end };
}

enum wf_at wf_thread_at(const struct wf_thread *thread, uint64_t time, struct wf_place *place)
{
	uint64_t oldest = thread->npast > thread->room ? thread->npast - thread->room : 0;
	bool found = false;
	uint64_t i = thread->npast;

	/* what is inside of another ended before it, or with it */
	while (i > oldest) {
		const struct wf_past *past = past_at(thread, i - 1);

		if (past->end <= time)
			break;
		if (past->start <= time) {
			*place = past->place;
			found = true;
		}
		i--;
	}
	if (found)
		return WF_AT_PLACE;
	if (oldest && i == oldest)
		return WF_AT_UNKNOWN;
	for (int d = thread->depth - 1; d >= 0; d--) {
		if (!open_valid(&thread->open[d]) || thread->open[d].start > time)
			continue;
		*place = thread->open[d].place;
		return WF_AT_PLACE;
	}
	return WF_AT_NOTHING;
}

bool wf_thread_wait(struct wf_thread *thread, const struct wf_wait *wait)
{
	if (thread->nwaits == thread->waits_room) {
		int room = thread->waits_room ? 2 * thread->waits_room : 16;
		struct wf_wait *waits =
			room <= MOST_WAITS ? realloc(thread->waits, room * sizeof(*waits)) : NULL;

		if (!waits)
			return false;
		thread->waits = waits;
		thread->waits_room = room;
	}
	thread->waits[thread->nwaits++] = *wait;
	return true;
}
