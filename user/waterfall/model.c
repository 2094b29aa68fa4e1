// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <stdlib.h>
#include <string.h>

#include "model_state.h"

#define FIRST_EVENTS 4096
#define MOST_EVENTS  (1u << 22) /* of a stream, between two looks */
#define SWEEP_NS     1000000000ULL

/* The downstairs' jobs that are only kept for this one are not wanted any more. */
static void drop_kept(struct wf_model *m, struct wf_job *job)
{
	for (int i = 0; i < WF_CLIENTS; i++)
		if (job->down[i] && job->down[i]->state == WF_KEPT)
			wf_job_drop(&m->jobs, job->down[i]);
}

static void drop(struct wf_model *m, struct wf_job *job)
{
	drop_kept(m, job);
	wf_job_drop(&m->jobs, job);
}

struct wf_model *wf_model__new(const struct wf_handlers *handlers, struct wf_account *account)
{
	struct wf_model *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->handlers = *handlers;
	m->account = account;
	m->flows = perfetto_flows__new(&m->flow_stats);
	if (!m->flows) {
		free(m);
		return NULL;
	}
	return m;
}

void wf_model__free(struct wf_model *m)
{
	struct wf_job *job;

	if (!m)
		return;
	while ((job = m->ended.oldest)) {
		wf_list_remove(&m->ended, job);
		drop(m, job);
	}
	for (job = m->jobs.live.oldest; job; job = job->younger)
		drop_kept(m, job);
	wf_jobs_free(&m->jobs);
	wf_threads_free(&m->threads);
	for (int i = 0; i < WF_PROCESS_BUCKETS; i++) {
		struct wf_process *process;

		while ((process = m->processes[i])) {
			m->processes[i] = process->next;
			free(process);
		}
	}
	perfetto_flows__free(m->flows);
	for (int i = 0; i < WF_QUEUES; i++)
		free(m->queues[i].events);
	free(m);
}

/* --- processes --- */

static struct wf_process *process_find(const struct wf_model *m, uint32_t tgid)
{
	struct wf_process *process = m->processes[tgid & (WF_PROCESS_BUCKETS - 1)];

	while (process && process->tgid != tgid)
		process = process->next;
	return process;
}

struct wf_process *wf_process_get(struct wf_model *m, uint32_t tgid)
{
	struct wf_process *process = process_find(m, tgid);
	struct wf_process **at = &m->processes[tgid & (WF_PROCESS_BUCKETS - 1)];

	if (process)
		return process;
	process = calloc(1, sizeof(*process));
	if (!process)
		return NULL;
	process->tgid = tgid;
	process->next = *at;
	*at = process;
	return process;
}

void wf_model_process(struct wf_model *m, uint32_t tgid)
{
	wf_process_get(m, tgid);
}

bool wf_model_has_process(const struct wf_model *m, uint32_t tgid)
{
	return process_find(m, tgid);
}

/* --- events --- */

/* Room for one more; false: there is none. */
static bool queue_room(struct wf_queue *q)
{
	size_t room = q->room ? 2 * q->room : FIRST_EVENTS;
	struct wf_event *events;

	if (q->n < q->room)
		return true;
	if (q->first > q->room / 2) {
		q->n -= q->first;
		memmove(q->events, q->events + q->first, q->n * sizeof(*q->events));
		q->first = 0;
		return true;
	}
	events = room > MOST_EVENTS ? NULL : realloc(q->events, room * sizeof(*events));
	if (!events)
		return false;
	q->events = events;
	q->room = room;
	return true;
}

void wf_model_add(struct wf_model *m, const struct wf_event *e)
{
	struct wf_queue *q = &m->queues[e->verb == WF_DISK	? WF_QUEUE_IOS
					: e->verb == WF_SYSCALL ? WF_QUEUE_CALLS
								: WF_QUEUE_HITS];
	size_t i;

	if (!queue_room(q)) {
		m->stats.memory++;
		return;
	}
	m->stats.late += e->time < m->applied;
	/* they come nearly in order */
	for (i = q->n++; i > q->first && q->events[i - 1].time > e->time; i--)
		q->events[i] = q->events[i - 1];
	q->events[i] = *e;
}

static void apply(struct wf_model *m, const struct wf_event *e)
{
	if (e->verb == WF_DISK)
		wf_io(m, e);
	else if (e->verb == WF_SYSCALL)
		wf_call(m, e);
	else if (e->verb >= WF_GW_START)
		wf_up_hit(m, e);
	else
		wf_down_hit(m, e);
}

/*
 * The stream whose next event is the oldest; NULL: there is none up to that time. At the same
 * moment an I/O ends before the call that waited for it, and that before the window closes.
 */
static struct wf_queue *oldest(struct wf_model *m, uint64_t until)
{
	struct wf_queue *q = NULL;

	for (int i = 0; i < WF_QUEUES; i++) {
		struct wf_queue *other = &m->queues[i];

		if (other->first == other->n || other->events[other->first].time > until)
			continue;
		if (!q || other->events[other->first].time < q->events[q->first].time)
			q = other;
	}
	return q;
}

/* --- the course of a job --- */

void wf_ended(struct wf_model *m, struct wf_job *job, uint64_t time)
{
	if (job->up && job->up->served[job->up_client]) {
		struct wf_span *served = &job->up->spans[job->up->served[job->up_client]];

		if (!served->end)
			served->end = time > served->start ? time : served->start + 1;
	}
	wf_job_end(&m->jobs, job, time);
	wf_list_add(&m->ended, job);
}

/* Its block I/Os are accounted for, and what was not seen of it is counted. */
static void account(struct wf_model *m, const struct wf_job *job)
{
	for (uint32_t i = 1; i < job->nspans; i++) {
		const struct wf_span *span = &job->spans[i];
		struct wf_io io = { .queued = span->start,
				    .issued = span->mark,
				    .done = span->end,
				    .bytes = span->value };

		m->stats.cut += span->cut && !job->unfinished;
		if (span->kind == WF_BIO)
			wf_account_add(m->account, job->unfinished ? WF_UNSEEN : WF_IN_JOBS, &io);
	}
}

void wf_model_drop(struct wf_model *m, struct wf_job *job)
{
	drop(m, job);
}

/* All is known of it that will be. */
static void hand_out(struct wf_model *m, struct wf_job *job)
{
	bool (*picture)(void *, struct wf_job *) = m->handlers.picture;

	account(m, job);
	wf_whole(m, job);
	if (job->unfinished) {
		picture = m->handlers.unfinished;
	} else {
		(job->guest ? &m->stats.guests : &m->stats.jobs)[0]++;
		m->handlers.done(m->handlers.arg, job);
	}
	/* one that is not over yet has its picture with the guest's job */
	if (m->handlers.picture && job->up && job->up->state != WF_KEPT) {
		wf_job_keep(&m->jobs, job);
		return;
	}
	for (int i = 0; i < WF_CLIENTS; i++) {
		if (!job->down[i] || job->down[i]->state == WF_KEPT)
			continue;
		job->down[i]->up = NULL;
		job->down[i] = NULL;
	}
	if (!picture || !picture(m->handlers.arg, job))
		drop(m, job);
	else
		wf_job_keep(&m->jobs, job);
}

static void give_up(struct wf_model *m, struct wf_job *job, uint64_t *count)
{
	++*count;
	if (job->guest)
		wf_up_forget(m, job);
	job->unfinished = true;
	wf_job_end(&m->jobs, job, m->applied);
	hand_out(m, job);
}

static void hand_out_ended(struct wf_model *m, uint64_t before)
{
	struct wf_job *job;

	while ((job = m->ended.oldest) && job->over <= before) {
		wf_list_remove(&m->ended, job);
		hand_out(m, job);
	}
}

/* Threads of which nothing was seen since `time`. */
static void sweep(struct wf_model *m, uint64_t time)
{
	for (int i = 0; i < WF_THREAD_BUCKETS; i++)
		for (struct wf_thread *t = m->threads.buckets[i]; t; t = t->next)
			if (t->seen < time)
				wf_settle(m, t);
	wf_threads_sweep(&m->threads, time);
}

static void age(struct wf_model *m)
{
	struct wf_list *live = &m->jobs.live;

	while (live->n > WF_MOST_LIVE)
		give_up(m, live->oldest, &m->stats.crowded);
	while (live->oldest && live->oldest->start + WF_AGE < m->applied)
		give_up(m, live->oldest, &m->stats.aged);
	if (m->swept + SWEEP_NS > m->applied)
		return;
	m->swept = m->applied;
	if (m->applied > WF_AGE)
		sweep(m, m->applied - WF_AGE);
}

void wf_model_apply(struct wf_model *m, uint64_t until)
{
	struct wf_queue *q;

	while ((q = oldest(m, until))) {
		const struct wf_event *e = &q->events[q->first++];

		if (e->time > m->applied)
			m->applied = e->time;
		apply(m, e);
		if (q->first == q->n)
			q->first = q->n = 0;
		if (m->jobs.live.n > WF_MOST_LIVE)
			age(m);
	}
	if (until != UINT64_MAX && until > m->applied)
		m->applied = until;
	hand_out_ended(m, m->applied > WF_GRACE ? m->applied - WF_GRACE : 0);
	age(m);
}

void wf_model_finish(struct wf_model *m)
{
	wf_model_apply(m, UINT64_MAX);
	for (int i = 0; i < WF_THREAD_BUCKETS; i++)
		for (struct wf_thread *t = m->threads.buckets[i]; t; t = t->next)
			wf_settle(m, t);
	hand_out_ended(m, UINT64_MAX);
	while (m->jobs.live.oldest)
		give_up(m, m->jobs.live.oldest, &m->stats.unfinished);
}

uint64_t wf_model_under_way(const struct wf_model *m)
{
	return m->account->seen - m->account->told;
}

const struct wf_stats *wf_model_stats(const struct wf_model *m)
{
	return &m->stats;
}

uint64_t wf_model_windows_lost(const struct wf_model *m)
{
	return m->threads.crowded;
}
