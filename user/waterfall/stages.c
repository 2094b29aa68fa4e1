// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <stdio.h>
#include <stdlib.h>

#include "events.h"
#include "names.h"
#include "stages.h"
#include "values.h"

/* The order of those of one parent: by kind, an I/O's two parts where I/Os are. */
static uint32_t rank(const struct wf_stage *stage)
{
	uint32_t kind = stage->kind, part = 0;

	if (kind == WF_STAGE_QUEUED || kind == WF_STAGE_DEVICE) {
		part = kind == WF_STAGE_DEVICE;
		kind = WF_BIO;
	}
	return (kind << 16 | stage->what) << 1 | part;
}

/* Roots: guests' first. */
static bool stands_before(const struct wf_stage *a, const struct wf_stage *b)
{
	if (a->guest != b->guest)
		return a->guest;
	return rank(a) < rank(b);
}

/* The stage of that kind in `parent` (NULL: a root), made if there is none; NULL: no room. */
static struct wf_stage *stage_get(struct wf_stages *s, struct wf_stage *parent, uint16_t kind,
				  uint16_t what, bool guest)
{
	struct wf_stage **at = parent ? &parent->inside : &s->roots, *stage;

	for (stage = *at; stage; stage = stage->next)
		if (stage->kind == kind && stage->what == what && stage->guest == guest)
			return stage;
	stage = s->n < WF_STAGES ? calloc(1, sizeof(*stage)) : NULL;
	if (!stage)
		return NULL;
	s->n++;
	stage->parent = parent;
	stage->kind = kind;
	stage->what = what;
	stage->guest = guest;
	stage->depth = parent ? parent->depth + 1 : 0;
	while (*at && stands_before(*at, stage))
		at = &(*at)->next;
	stage->next = *at;
	*at = stage;
	return stage;
}

/* A stage that has no parts of its own; what has none is left to the one around it. */
static void leaf_add(struct wf_stages *s, struct wf_stage *parent, uint16_t kind, uint16_t what,
		     uint64_t duration, double wall)
{
	struct wf_stage *stage = stage_get(s, parent, kind, what, parent->guest);

	if (!stage) {
		s->crowded++;
		parent->self += wall;
		return;
	}
	wf_values_add(&stage->times, duration);
	stage->wall += wall;
	stage->self += wall;
}

static void bio_add(struct wf_stages *s, struct wf_stage *parent, const struct wf_span *span,
		    double wall, double queued)
{
	uint64_t issued = span->mark > span->start ? span->mark : span->start;

	issued = issued < span->end ? issued : span->end;
	if (span->mark)
		leaf_add(s, parent, WF_STAGE_QUEUED, span->what, issued - span->start, queued);
	leaf_add(s, parent, WF_STAGE_DEVICE, span->what, span->end - issued, wall - queued);
}

/* What a call waited for its journal is one, however many I/Os that were. They stand together. */
static uint32_t journal_add(struct wf_stages *s, const struct wf_job *job, uint32_t i)
{
	uint32_t parent = job->spans[i].parent;
	double wall = 0, waited = 0;

	for (;
	     i < job->nspans && job->spans[i].kind == WF_JOURNAL && job->spans[i].parent == parent;
	     i++) {
		wall += s->shares.wall[i];
		waited += s->shares.self[i];
	}
	if (waited >= 1)
		leaf_add(s, s->of[parent], WF_JOURNAL, 0, (uint64_t)(waited + 0.5), wall);
	return i - 1;
}

static void span_add(struct wf_stages *s, const struct wf_job *job, uint32_t i)
{
	const struct wf_span *span = &job->spans[i];
	struct wf_stage *parent = i ? s->of[span->parent] : NULL, *stage;
	uint16_t what = span->kind == WF_STEP || span->kind == WF_CALL ? span->what
			: i					       ? 0
								       : job->op;

	stage = stage_get(s, parent, span->kind, what, job->guest);
	s->of[i] = stage ? stage : parent;
	if (!stage) {
		s->crowded++;
		if (parent)
			parent->self += s->shares.self[i];
		return;
	}
	wf_values_add(&stage->times, span->end - span->start);
	stage->wall += s->shares.wall[i];
	stage->self += s->shares.self[i];
}

static bool grow(struct wf_stages *s, uint32_t n)
{
	uint32_t room = s->room ? s->room : 64;
	struct wf_stage **of;

	if (n <= s->room)
		return true;
	while (room < n)
		room *= 2;
	of = realloc(s->of, room * sizeof(*of));
	if (!of)
		return false;
	s->of = of;
	s->room = room;
	return true;
}

void wf_stages_add(struct wf_stages *s, const struct wf_job *job)
{
	if (!grow(s, job->nspans) || wf_shares_of(&s->shares, job)) {
		s->memory++;
		return;
	}
	for (uint32_t i = 0; i < job->nspans; i++) {
		const struct wf_span *span = &job->spans[i];

		if (i && !s->of[span->parent])
			return; /* there is no room for this operation */
		if (span->kind == WF_BIO)
			bio_add(s, s->of[span->parent], span, s->shares.wall[i], s->shares.self[i]);
		else if (span->kind == WF_JOURNAL)
			i = journal_add(s, job, i);
		else
			span_add(s, job, i);
	}
}

/* Calls `fn` for each stage, what is inside before it. */
static void each(struct wf_stage *stage, void (*fn)(struct wf_stage *stage))
{
	while (stage) {
		struct wf_stage *next = stage->next;

		each(stage->inside, fn);
		fn(stage);
		stage = next;
	}
}

static void clear(struct wf_stage *stage)
{
	wf_values_clear(&stage->times);
	stage->wall = stage->self = 0;
}

static void release(struct wf_stage *stage)
{
	wf_values_free(&stage->times);
	free(stage);
}

void wf_stages_clear(struct wf_stages *s)
{
	each(s->roots, clear);
}

void wf_stages_free(struct wf_stages *s)
{
	each(s->roots, release);
	wf_shares_free(&s->shares);
	free(s->of);
	*s = (struct wf_stages){ 0 };
}

static uint8_t op_of(const struct wf_stage *stage)
{
	while (stage->parent)
		stage = stage->parent;
	return (uint8_t)stage->what;
}

char *wf_stage_name(const struct wf_stage *stage, char *dst, size_t size)
{
	if (stage->kind == WF_STAGE_QUEUED)
		snprintf(dst, size, "block %s queued", wf_bio_name(stage->what));
	else if (stage->kind == WF_STAGE_DEVICE)
		snprintf(dst, size, "block %s at device", wf_bio_name(stage->what));
	else if (stage->kind == WF_JOURNAL)
		snprintf(dst, size, "waits for the journal");
	else
		wf_kind_name(stage->kind, stage->what, op_of(stage), stage->guest, dst, size);
	return dst;
}

char *wf_stage_label(const struct wf_stage *stage, char *dst, size_t size)
{
	char name[64], around[64];

	wf_stage_name(stage, name, sizeof(name));
	if (stage->kind == WF_CALL && wf_call_syncs(stage->what))
		snprintf(dst, size, "%s in %s", name,
			 wf_stage_name(stage->parent, around, sizeof(around)));
	else
		snprintf(dst, size, "%s", name);
	return dst;
}
