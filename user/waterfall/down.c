// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What happens at a downstairs: jobs and their windows, system calls in these, block I/Os in those.
 */
#include "model_state.h"
#include "values.h"

/* --- jobs --- */

/* Whether its parts are followed at the upstairs: those of a live repair are not. */
static bool has_guest(const struct wf_model *m, uint8_t op)
{
	return m->has_guests && op <= WF_BARRIER;
}

/* The guest's job that one that has just come to a downstairs is a part of. */
static void join(struct wf_model *m, struct wf_process *process, struct wf_job *job)
{
	uint64_t flow = flows_submit_begin(m->flows, &process->down, job->job), client;
	uint32_t span, parent = 0;
	struct wf_job *up;

	up = flow ? wf_job_find(&m->jobs, true, (uint32_t)process->down.up, job->job) : NULL;
	client = up ? flow - up->flow : WF_CLIENTS;
	if (client < WF_CLIENTS && !up->served[client])
		parent = up->net[client] ? up->net[client] : up->client[client];
	if (!parent) {
		m->stats.unjoined++;
		return;
	}
	span = wf_span_add(up, parent, WF_SERVED, job->op, job->start);
	if (!span) {
		m->stats.dropped++;
		return;
	}
	up->down[client] = job;
	job->up = up;
	job->up_client = (uint8_t)client;
	up->spans[span].sub = (uint32_t)client;
	up->served[client] = span;
}

static void submit_start(struct wf_model *m, const struct wf_event *e)
{
	struct wf_process *process = wf_process_get(m, e->tgid);
	struct wf_job *job = wf_job_begin(&m->jobs, false, e->tgid, e->value, e->what, e->time);

	if (!job)
		m->stats.memory++;
	else if (process && has_guest(m, e->what))
		join(m, process, job);
}

static void submit_done(struct wf_model *m, const struct wf_event *e)
{
	struct wf_process *process = wf_process_get(m, e->tgid);
	struct wf_job *job = wf_job_find(&m->jobs, false, e->tgid, e->value);

	if (process && has_guest(m, e->what))
		flows_submit_done(m->flows, &process->down, e->value);
	if (!job) {
		m->stats.orphans++;
		return;
	}
	m->stats.ambiguous += wf_job_again(job) != NULL;
	wf_ended(m, job, e->time);
}

/* The job is worked on. Of several of that number, the oldest that is not yet. */
static void work(struct wf_model *m, const struct wf_event *e, bool processed)
{
	struct wf_job *job = wf_job_find(&m->jobs, false, e->tgid, e->value);

	while (job && (processed ? job->processed : job->work != 0))
		job = wf_job_again(job);
	if (!job)
		return;
	job->work = e->time;
	job->processed = processed;
}

static void work_done(struct wf_model *m, const struct wf_event *e)
{
	struct wf_job *job = wf_job_find(&m->jobs, false, e->tgid, e->value);

	/* the others have a probe for their end */
	while (job && job->op != WF_BARRIER)
		job = wf_job_again(job);
	if (job)
		wf_ended(m, job, e->time);
}

/* --- windows --- */

/* Hands an I/O to what its thread was at when it was queued. */
static void give(struct wf_model *m, const struct wf_thread *thread, const struct wf_wait *w)
{
	struct wf_io io = {
		.queued = w->start, .issued = w->mark, .done = w->end, .bytes = w->bytes
	};
	struct wf_place place;
	struct wf_span *span;
	uint32_t i;

	switch (thread ? wf_thread_at(thread, w->start, &place) : WF_AT_NOTHING) {
	case WF_AT_NOTHING:
		wf_account_add(m->account, WF_OUTSIDE, &io);
		return;
	case WF_AT_UNKNOWN:
		wf_account_add(m->account, WF_AFTER, &io);
		return;
	case WF_AT_PLACE:
		break;
	}
	if (!place.job || !wf_place_valid(&place)) {
		wf_account_add(m->account, place.job ? WF_AFTER : WF_UNSEEN, &io);
		return;
	}
	i = wf_span_add(place.job, place.span, WF_BIO, w->op, w->start);
	if (!i) {
		m->stats.dropped++;
		wf_account_add(m->account, WF_UNSEEN, &io);
		return;
	}
	span = &place.job->spans[i];
	span->end = w->end > w->start ? w->end : w->start + 1;
	span->mark = w->mark;
	span->value = w->bytes;
	span->tid = thread->tid;
	span->sub = w->dev;
	span->disk = w->disk;
	span->error = w->error;
}

void wf_settle(struct wf_model *m, struct wf_thread *thread)
{
	for (int i = 0; i < thread->nwaits; i++)
		give(m, thread, &thread->waits[i]);
	thread->nwaits = 0;
}

/* The thread of a hit, which is a boundary: no call is under way on it. */
static struct wf_thread *hit_thread(struct wf_model *m, const struct wf_event *e)
{
	struct wf_thread *thread = wf_thread_get(&m->threads, e->tgid, e->tid);

	if (!thread) {
		m->stats.memory++;
		return NULL;
	}
	wf_settle(m, thread);
	if (e->time > thread->boundary)
		thread->boundary = e->time;
	if (e->time > thread->seen)
		thread->seen = e->time;
	return thread;
}

/* A window of a job opens on the thread; `job` NULL: of one that was not seen to begin. */
static uint32_t window_open(struct wf_model *m, struct wf_thread *thread, const struct wf_event *e,
			    enum wf_kind kind, struct wf_job *job, uint32_t parent)
{
	struct wf_open window = {
		.start = e->time, .job = e->value, .extent = e->sub, .kind = kind, .what = e->what
	};
	uint32_t span = job ? wf_span_add(job, parent, kind, e->what, e->time) : 0;

	if (job && !span) {
		/* what belongs to it belongs to what is around it */
		m->stats.dropped++;
		span = parent;
	} else if (job) {
		job->spans[span].tid = e->tid;
		job->spans[span].sub = e->sub;
	}
	if (job)
		window.place = (struct wf_place){ job, job->seq, span };
	wf_thread_push(&m->threads, thread, &window);
	return span;
}

static void os_start(struct wf_model *m, const struct wf_event *e)
{
	struct wf_job *job = wf_job_find(&m->jobs, false, e->tgid, e->value);
	struct wf_thread *thread = hit_thread(m, e);

	while (job && job->os)
		job = wf_job_again(job);
	if (!thread)
		return;
	if (job && wf_job_again(job))
		m->stats.ambiguous++;
	if (job)
		job->os = window_open(m, thread, e, WF_OS, job, 0);
	else
		window_open(m, thread, e, WF_OS, NULL, 0);
}

static bool os_open(const struct wf_job *job)
{
	return job->os && !job->spans[job->os].end;
}

static void os_done(struct wf_model *m, const struct wf_event *e)
{
	struct wf_job *job = wf_job_find(&m->jobs, false, e->tgid, e->value);
	struct wf_thread *thread = hit_thread(m, e);
	struct wf_open window;

	if (!thread)
		return;
	if (wf_thread_pop(thread, WF_OS, e->what, &e->value, 0, e->time, &window)) {
		wf_open_close(&window, e->time);
		return;
	}
	/* older builds: it began on another thread */
	while (job && !os_open(job))
		job = wf_job_again(job);
	if (job)
		job->spans[job->os].end = e->time;
}

/* The job that a step on a thread with no window of it belongs to. */
static struct wf_job *step_job(struct wf_model *m, const struct wf_event *e)
{
	struct wf_job *first = wf_job_find(&m->jobs, false, e->tgid, e->value), *job = first;

	while (job && !os_open(job))
		job = wf_job_again(job);
	if (first && wf_job_again(first))
		m->stats.ambiguous++;
	return job ? job : first;
}

static void step_start(struct wf_model *m, const struct wf_event *e)
{
	struct wf_thread *thread = hit_thread(m, e);
	const struct wf_open *around = thread ? wf_thread_around(thread, e->value, e->sub) : NULL;
	uint32_t parent = 0;
	struct wf_job *job;

	if (!thread)
		return;
	if (around && around->place.job) {
		job = around->place.job;
		parent = around->place.span;
	} else {
		job = step_job(m, e);
		parent = job && os_open(job) ? job->os : 0;
	}
	window_open(m, thread, e, WF_STEP, job, parent);
}

/* Its step on another thread is over. */
static void step_close_elsewhere(struct wf_model *m, const struct wf_event *e)
{
	for (struct wf_job *job = wf_job_find(&m->jobs, false, e->tgid, e->value); job;
	     job = wf_job_again(job)) {
		for (uint32_t i = job->nspans - 1; i; i--) {
			struct wf_span *span = &job->spans[i];

			if (span->kind != WF_STEP || span->what != e->what || span->sub != e->sub ||
			    span->end)
				continue;
			span->end = e->time;
			return;
		}
	}
}

static void step_done(struct wf_model *m, const struct wf_event *e)
{
	struct wf_thread *thread = hit_thread(m, e);
	struct wf_open window;

	if (!thread)
		return;
	if (wf_thread_pop(thread, WF_STEP, e->what, &e->value, e->sub, e->time, &window))
		wf_open_close(&window, e->time);
	else
		step_close_elsewhere(m, e);
}

/* Steps that do not tell their job are inside of one that does. */
static void inner_start(struct wf_model *m, const struct wf_event *e)
{
	struct wf_thread *thread = hit_thread(m, e);
	const struct wf_open *top = thread ? wf_thread_top(thread) : NULL;

	struct wf_event inner = *e;

	if (!top)
		return;
	inner.value = top->job;
	inner.sub = top->extent;
	window_open(m, thread, &inner, WF_STEP, top->place.job, top->place.span);
}

static void inner_done(struct wf_model *m, const struct wf_event *e)
{
	struct wf_thread *thread = hit_thread(m, e);
	struct wf_open window;

	if (thread && wf_thread_pop(thread, WF_STEP, e->what, NULL, 0, e->time, &window))
		wf_open_close(&window, e->time);
}

void wf_down_hit(struct wf_model *m, const struct wf_event *e)
{
	switch (e->verb) {
	case WF_SUBMIT_START:
		submit_start(m, e);
		break;
	case WF_SUBMIT_DONE:
		submit_done(m, e);
		break;
	case WF_WORK_START:
	case WF_WORK_PROCESS:
		work(m, e, e->verb == WF_WORK_PROCESS);
		break;
	case WF_WORK_DONE:
		work_done(m, e);
		break;
	case WF_OS_START:
		os_start(m, e);
		break;
	case WF_OS_DONE:
		os_done(m, e);
		break;
	case WF_STEP_START:
		step_start(m, e);
		break;
	case WF_STEP_DONE:
		step_done(m, e);
		break;
	case WF_INNER_START:
		inner_start(m, e);
		break;
	case WF_INNER_DONE:
		inner_done(m, e);
		break;
	}
}

/* --- the kernel's --- */

void wf_call(struct wf_model *m, const struct wf_event *e)
{
	struct wf_thread *thread = wf_thread_find(&m->threads, e->tgid, e->tid);
	struct wf_place place;
	struct wf_span *span;
	uint32_t i, parent;

	if (!wf_model_has_process(m, e->tgid))
		return;
	if (!thread || wf_thread_at(thread, e->start, &place) != WF_AT_PLACE) {
		wf_values_add(&m->account->calls[e->what], e->time - e->start);
	} else if (wf_place_valid(&place)) {
		parent = place.span;
		i = wf_span_add(place.job, parent, WF_CALL, e->what, e->start);
		span = &place.job->spans[i];
		if (i) {
			span->end = e->time > e->start ? e->time : e->start + 1;
			span->value = e->value;
			span->tid = e->tid;
			span->sub = e->sub;
			place.span = i;
			wf_thread_was(thread, &place, e->start, e->time);
		} else {
			m->stats.dropped++;
		}
	}
	if (!thread)
		return;
	if (e->time > thread->boundary)
		thread->boundary = e->time;
	if (e->time > thread->seen)
		thread->seen = e->time;
	wf_settle(m, thread);
}

static void journal_add(struct wf_model *m, const struct wf_event *e)
{
	m->journal[m->njournal++ & (WF_JOURNAL_IOS - 1)] =
		(struct wf_journal_io){ .start = e->start,
					.end = e->time,
					.bytes = e->value,
					.dev = e->sub,
					.disk = e->disk,
					.op = e->what };
}

void wf_io(struct wf_model *m, const struct wf_event *e)
{
	struct wf_wait wait = { .start = e->start,
				.mark = e->mark,
				.end = e->time,
				.bytes = e->value,
				.dev = e->sub,
				.disk = e->disk,
				.op = e->what,
				.error = e->error };
	struct wf_thread *thread;

	if (e->whose != WF_BY_OTHERS || !wf_model_has_process(m, e->tgid)) {
		struct wf_io io = { e->start, e->mark, e->time, e->value, e->disk, e->name };

		if (e->whose == WF_BY_JOURNAL)
			journal_add(m, e);
		wf_account_add(m->account, e->whose, &io);
		return;
	}
	m->account->seen++;
	wf_account_disk(m->account, e->disk);
	thread = wf_thread_find(&m->threads, e->tgid, e->tid);
	if (!thread || e->start < thread->boundary || !wf_thread_wait(thread, &wait))
		give(m, thread, &wait);
	else if (e->time > thread->seen)
		thread->seen = e->time;
}
