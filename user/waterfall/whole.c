// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a job that has ended is still lacking: the steps between two probes, and what the journal
 * did while its system calls waited.
 */
#include "model_state.h"

#define MOST_JOURNAL 64 /* of the journal's spans in one call */

/* A step from one moment to another; none when there is nothing between. */
static uint32_t between(struct wf_job *job, uint32_t parent, enum wf_kind kind, uint64_t start,
			uint64_t end)
{
	uint32_t span = end > start ? wf_span_add(job, parent, kind, 0, start) : 0;

	if (span) {
		job->spans[span].end = end;
		job->spans[span].sub = job->spans[parent].sub;
	}
	return span;
}

static void whole_down(struct wf_job *job)
{
	uint64_t worked = job->work ? job->work : job->start;

	if (job->work)
		between(job, 0, WF_QUEUE, job->start, job->work);
	if (!job->os)
		return;
	between(job, 0, WF_BEGIN, worked, job->spans[job->os].start);
	between(job, 0, WF_ANSWER, job->spans[job->os].end, job->end);
}

static void whole_up(struct wf_job *job)
{
	for (int i = 0; i < WF_CLIENTS; i++) {
		uint32_t client = job->client[i], net = job->net[i];

		if (!client || !net || job->spans[net].parent != client)
			continue;
		between(job, client, WF_SEND, job->spans[client].start, job->spans[net].start);
		between(job, client, WF_RECEIVE, job->spans[net].end, job->spans[client].end);
	}
}

/* The first of the journal's I/Os that ended after `time`. */
static uint64_t journal_after(const struct wf_model *m, uint64_t time)
{
	uint64_t high = m->njournal;
	uint64_t low = high > WF_JOURNAL_IOS ? high - WF_JOURNAL_IOS : 0;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (m->journal[middle & (WF_JOURNAL_IOS - 1)].end > time)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* Whether it is the journal of the call's file system, or on a disk that the call itself used. */
static bool same_disk(const struct wf_job *job, uint32_t call, const struct wf_journal_io *io)
{
	if (job->spans[call].sub == io->dev)
		return true;
	for (uint32_t i = call + 1; i < job->nspans; i++)
		if (job->spans[i].kind == WF_BIO && job->spans[i].parent == call &&
		    job->spans[i].disk == io->disk)
			return true;
	return false;
}

/* Those that overlap are one span. */
static void add_journal(const struct wf_model *m, struct wf_job *job, uint32_t call)
{
	uint64_t start = job->spans[call].start, end = job->spans[call].end;
	struct wf_span *span = NULL;
	int n = 0;

	for (uint64_t i = journal_after(m, start); i < m->njournal && n < MOST_JOURNAL; i++) {
		const struct wf_journal_io *io = &m->journal[i & (WF_JOURNAL_IOS - 1)];

		if (io->start >= end || !same_disk(job, call, io))
			continue;
		if (!span || io->start > span->end) {
			uint32_t added = wf_span_add(job, call, WF_JOURNAL, io->op, io->start);

			if (!added)
				return;
			span = &job->spans[added];
			span->sub = io->dev;
			span->disk = io->disk;
			n++;
		}
		span->start = io->start < span->start ? io->start : span->start;
		span->end = io->end;
		span->value += io->bytes;
		span->count++;
	}
}

void wf_whole(const struct wf_model *m, struct wf_job *job)
{
	uint32_t n = job->nspans;

	if (job->guest) {
		whole_up(job);
		return;
	}
	whole_down(job);
	for (uint32_t i = 1; i < n; i++)
		if (job->spans[i].kind == WF_CALL && wf_call_syncs(job->spans[i].what))
			add_journal(m, job, i);
}
