// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <stdlib.h>
#include <string.h>

#include "stream.h"
#include "units.h"

struct stream {
	struct tracer *tracer;
	uint32_t hit_args;
	struct stream_handlers handlers;
	struct record_text **texts; /* hits with texts that were not handed on yet */
	int ntexts;
	int first; /* of them, the next to hand on */
	int room;
	bool sorted;
	uint64_t lost;
};

struct stream *stream__new(struct tracer *tracer, uint32_t hit_args,
			   const struct stream_handlers *handlers)
{
	struct stream *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->tracer = tracer;
	s->hit_args = hit_args;
	s->handlers = *handlers;
	return s;
}

void stream__free(struct stream *s)
{
	if (!s)
		return;
	for (int i = s->first; i < s->ntexts; i++)
		free(s->texts[i]);
	free(s->texts);
	free(s);
}

static int text_compare(const void *a, const void *b)
{
	const struct record_text *const *x = a, *const *y = b;

	return (*x)->head.time < (*y)->head.time ? -1 : (*x)->head.time > (*y)->head.time;
}

/* Keeps a hit with texts until its turn comes. */
static void keep_text(struct stream *s, const void *record, size_t size)
{
	struct record_text *copy;

	if (s->ntexts == s->room) {
		int room = s->room ? s->room * 2 : 256;
		struct record_text **texts = reallocarray(s->texts, room, sizeof(*texts));

		if (!texts) {
			s->lost++;
			return;
		}
		s->texts = texts;
		s->room = room;
	}
	copy = malloc(size);
	if (!copy) {
		s->lost++;
		return;
	}
	memcpy(copy, record, size);
	s->texts[s->ntexts++] = copy;
	s->sorted = false;
}

static void hand_text(struct stream *s, const struct record_text *r)
{
	const struct hit_probe *probes;
	struct hit hit = { .time = r->head.time,
			   .tgid = r->head.tgid,
			   .tid = r->head.tid,
			   .probe = r->head.site,
			   .cut = r->cut };
	int n;

	probes = tracer_probes(s->tracer, &n);
	if (hit.probe >= (uint32_t)n)
		return;
	for (int i = 0; i < FOLD_MAX_ARGS; i++) {
		hit.args[i] = r->args[i];
		if (probes[hit.probe].texts & 1u << i && r->begin[i] < r->size)
			hit.text[i] = r->text + r->begin[i];
	}
	s->handlers.hit(s->handlers.arg, &hit);
}

/* Those that come before `time`. */
static void hand_texts(struct stream *s, uint64_t time)
{
	if (!s->sorted && s->ntexts > s->first)
		qsort(s->texts + s->first, s->ntexts - s->first, sizeof(*s->texts), text_compare);
	s->sorted = true;
	while (s->first < s->ntexts && s->texts[s->first]->head.time <= time) {
		hand_text(s, s->texts[s->first]);
		free(s->texts[s->first++]);
	}
}

static void hand_hit(struct stream *s, const struct record_hit *r)
{
	struct hit hit = { .time = r->head.time,
			   .tgid = r->head.tgid,
			   .tid = r->head.tid,
			   .probe = r->head.site };

	hand_texts(s, hit.time);
	memcpy(hit.args, r->args, s->hit_args * sizeof(hit.args[0]));
	s->handlers.hit(s->handlers.arg, &hit);
}

static void stream_record(void *arg, const void *record, size_t size)
{
	const struct record *head = record;
	struct stream *s = arg;

	if (head->kind == RECORD_SLOW && size >= sizeof(struct record_slow) && s->handlers.slow)
		s->handlers.slow(s->handlers.arg, record);
	else if (head->kind == RECORD_TEXT && size > offsetof(struct record_text, text))
		keep_text(s, record, size);
	else if (head->kind == RECORD_HIT)
		hand_hit(s, record);
}

int stream_drain(struct stream *s)
{
	/*
	 * What a hit depends on was sent before it: if that came too late for this look, it itself
	 * came later still, after this moment.
	 */
	uint64_t until = monotonic_now();
	int n = tracer_drain(s->tracer, until, stream_record, s);

	if (!s->ntexts)
		return n;
	hand_texts(s, until);
	s->ntexts -= s->first;
	memmove(s->texts, s->texts + s->first, s->ntexts * sizeof(*s->texts));
	s->first = 0;
	return n;
}

uint64_t stream_lost(const struct stream *s)
{
	return s->lost;
}
