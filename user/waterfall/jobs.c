// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <stdlib.h>
#include <string.h>

#include "jobs.h"

#define FIRST_SPANS 8
#define MOST_SPANS  64 /* that a job that is not in use keeps room for */

void wf_list_add(struct wf_list *list, struct wf_job *job)
{
	job->younger = NULL;
	job->older = list->youngest;
	*(list->youngest ? &list->youngest->younger : &list->oldest) = job;
	list->youngest = job;
	list->n++;
}

void wf_list_remove(struct wf_list *list, struct wf_job *job)
{
	*(job->older ? &job->older->younger : &list->oldest) = job->younger;
	*(job->younger ? &job->younger->older : &list->youngest) = job->older;
	list->n--;
}

static void job_free(struct wf_job *job)
{
	free(job->spans);
	free(job);
}

void wf_jobs_free(struct wf_jobs *jobs)
{
	struct wf_job *job;

	while ((job = jobs->live.oldest)) {
		wf_list_remove(&jobs->live, job);
		job_free(job);
	}
	while ((job = jobs->unused)) {
		jobs->unused = job->next;
		job_free(job);
	}
	memset(jobs->buckets, 0, sizeof(jobs->buckets));
}

static struct wf_job **bucket(const struct wf_jobs *jobs, bool guest, uint32_t tgid, uint64_t job)
{
	uint64_t h = (job ^ (uint64_t)tgid << 32 ^ guest) * 0x9e3779b97f4a7c15ULL;

	return (struct wf_job **)&jobs->buckets[h >> 40 & (WF_BUCKETS - 1)];
}

static bool same(const struct wf_job *j, bool guest, uint32_t tgid, uint64_t job)
{
	return j->job == job && j->tgid == tgid && j->guest == guest;
}

struct wf_job *wf_job_find(const struct wf_jobs *jobs, bool guest, uint32_t tgid, uint64_t job)
{
	struct wf_job *j = *bucket(jobs, guest, tgid, job);

	while (j && !same(j, guest, tgid, job))
		j = j->next;
	return j;
}

struct wf_job *wf_job_again(const struct wf_job *job)
{
	struct wf_job *j = job->next;

	while (j && !same(j, job->guest, job->tgid, job->job))
		j = j->next;
	return j;
}

/* One that is not in use, with its memory for spans. */
static struct wf_job *job_take(struct wf_jobs *jobs)
{
	struct wf_job *job = jobs->unused, *fresh;

	if (job) {
		jobs->unused = job->next;
		return job;
	}
	fresh = calloc(1, sizeof(*fresh));
	if (fresh)
		fresh->spans = malloc(FIRST_SPANS * sizeof(*fresh->spans));
	if (!fresh || !fresh->spans) {
		free(fresh);
		return NULL;
	}
	fresh->room = FIRST_SPANS;
	return fresh;
}

struct wf_job *wf_job_begin(struct wf_jobs *jobs, bool guest, uint32_t tgid, uint64_t job,
			    uint8_t op, uint64_t start)
{
	struct wf_job **at = bucket(jobs, guest, tgid, job), *j = job_take(jobs);

	if (!j)
		return NULL;
	*j = (struct wf_job){ .job = job,
			      .tgid = tgid,
			      .seq = j->seq + 1,
			      .op = op,
			      .state = WF_LIVE,
			      .guest = guest,
			      .start = start,
			      .spans = j->spans,
			      .nspans = 1,
			      .room = j->room };
	j->spans[0] = (struct wf_span){ .start = start, .kind = WF_ROOT, .what = op };
	while (*at)
		at = &(*at)->next;
	*at = j;
	wf_list_add(&jobs->live, j);
	return j;
}

void wf_job_end(struct wf_jobs *jobs, struct wf_job *job, uint64_t end)
{
	struct wf_job **at = bucket(jobs, job->guest, job->tgid, job->job);

	while (*at != job)
		at = &(*at)->next;
	*at = job->next;
	job->next = NULL;
	wf_list_remove(&jobs->live, job);
	job->state = WF_ENDED;
	if (!job->end)
		job->end = end > job->start ? end : job->start;
	job->over = end;
	job->spans[0].end = job->end;
	for (uint32_t i = 1; i < job->nspans; i++) {
		struct wf_span *span = &job->spans[i];

		if (span->end)
			continue;
		span->end = end > span->start ? end : span->start;
		span->cut = true;
	}
}

void wf_job_keep(struct wf_jobs *jobs, struct wf_job *job)
{
	job->state = WF_KEPT;
	job->seq++;
	jobs->nkept++;
}

void wf_job_drop(struct wf_jobs *jobs, struct wf_job *job)
{
	jobs->nkept -= job->state == WF_KEPT;
	for (int i = 0; i < WF_CLIENTS; i++)
		if (job->down[i])
			job->down[i]->up = NULL;
	if (job->up)
		job->up->down[job->up_client] = NULL;
	job->state = WF_FREE;
	job->seq++;
	if (job->room > MOST_SPANS) {
		struct wf_span *spans = realloc(job->spans, MOST_SPANS * sizeof(*spans));

		job->room = spans ? MOST_SPANS : job->room;
		job->spans = spans ? spans : job->spans;
	}
	job->next = jobs->unused;
	jobs->unused = job;
}

uint32_t wf_span_add(struct wf_job *job, uint32_t parent, enum wf_kind kind, uint16_t what,
		     uint64_t start)
{
	if (job->nspans == job->room && job->room < WF_MAX_SPANS) {
		struct wf_span *spans = realloc(job->spans, 2 * job->room * sizeof(*spans));

		if (spans) {
			job->spans = spans;
			job->room *= 2;
		}
	}
	if (job->nspans == job->room) {
		job->crowded = true;
		return 0;
	}
	job->spans[job->nspans] =
		(struct wf_span){ .start = start, .parent = parent, .kind = kind, .what = what };
	return job->nspans++;
}
