// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What happens at an upstairs: the jobs of guests, and their parts for the three downstairs. Which
 * process is whose downstairs is learned from the jobs themselves (perfetto/perfetto_flows.h).
 */
#include "model_state.h"

static bool open_at(const struct wf_job *job, uint32_t span)
{
	return span && !job->spans[span].end;
}

/* Answered, and no part of it is under way any more. */
static void look_over(struct wf_model *m, struct wf_job *job, uint64_t time)
{
	if (!job->done)
		return;
	for (int i = 0; i < WF_CLIENTS; i++)
		if (open_at(job, job->client[i]) || open_at(job, job->net[i]))
			return;
	wf_ended(m, job, time);
}

static void gw_start(struct wf_model *m, const struct wf_event *e)
{
	struct wf_job *job = wf_job_begin(&m->jobs, true, e->tgid, e->value, e->what, e->time);

	m->has_guests = true;
	if (!job) {
		m->stats.memory++;
		return;
	}
	/* sessions of one process count their jobs each for itself: then there is no telling */
	job->flow = flows_gateway_begin(m->flows, e->tgid, e->value);
}

static void gw_done(struct wf_model *m, const struct wf_event *e, struct wf_job *job)
{
	while (job && job->done)
		job = wf_job_again(job);
	if (!job) {
		m->stats.orphans++;
		return;
	}
	m->stats.ambiguous += wf_job_again(job) != NULL;
	job->done = true;
	job->end = e->time > job->start ? e->time : job->start;
	flows_end(m->flows, e->tgid, e->value, false, 0);
	look_over(m, job, e->time);
}

static void to_ds(struct wf_model *m, const struct wf_event *e, struct wf_job *job)
{
	uint32_t span = wf_span_add(job, 0, WF_DISPATCH, e->what, job->start);

	if (span)
		job->spans[span].end = e->time > job->start ? e->time : job->start + 1;
	else
		m->stats.dropped++;
}

/* The first that has no such part yet; NULL: there is none, it was sent again. */
static struct wf_job *without(struct wf_job *job, const struct wf_event *e, bool net)
{
	while (job && (net ? job->net : job->client)[e->sub])
		job = wf_job_again(job);
	return job;
}

static struct wf_job *with_open(struct wf_job *job, const struct wf_event *e, bool net)
{
	while (job && !open_at(job, (net ? job->net : job->client)[e->sub]))
		job = wf_job_again(job);
	return job;
}

/* Barriers have no probes on the network: they are on their way all the time. */
static bool on_the_way(const struct wf_job *job, bool net)
{
	return net || job->op == WF_BARRIER;
}

static void part_start(struct wf_model *m, const struct wf_event *e, struct wf_job *job, bool net)
{
	uint32_t span;

	job = without(job, e, net);
	if (!job)
		return;
	span = wf_span_add(job, net ? job->client[e->sub] : 0, net ? WF_NET : WF_CLIENT, e->what,
			   e->time);
	if (!span) {
		m->stats.dropped++;
		return;
	}
	job->spans[span].sub = e->sub;
	(net ? job->net : job->client)[e->sub] = span;
	if (on_the_way(job, net))
		flows_net_begin(m->flows, e->tgid, e->value, e->sub);
	else
		flows_client_begin(m->flows, e->tgid, e->value);
}

static void part_close(struct wf_model *m, struct wf_job *job, uint32_t client, bool net,
		       uint64_t time)
{
	struct wf_span *span = &job->spans[(net ? job->net : job->client)[client]];

	span->end = time > span->start ? time : span->start + 1;
	flows_end(m->flows, job->tgid, job->job, on_the_way(job, net), client);
}

static void part_done(struct wf_model *m, const struct wf_event *e, struct wf_job *job, bool net)
{
	job = with_open(job, e, net);
	if (!job)
		return;
	if (!net && open_at(job, job->net[e->sub])) {
		part_close(m, job, e->sub, true, e->time);
		job->spans[job->net[e->sub]].cut = true;
	}
	part_close(m, job, e->sub, net, e->time);
	look_over(m, job, e->time);
}

void wf_up_forget(struct wf_model *m, struct wf_job *job)
{
	for (uint32_t i = 0; i < WF_CLIENTS; i++) {
		if (open_at(job, job->net[i]))
			flows_end(m->flows, job->tgid, job->job, true, i);
		if (open_at(job, job->client[i]))
			flows_end(m->flows, job->tgid, job->job, on_the_way(job, false), i);
	}
	if (!job->done)
		flows_end(m->flows, job->tgid, job->job, false, 0);
}

void wf_up_hit(struct wf_model *m, const struct wf_event *e)
{
	struct wf_job *job = wf_job_find(&m->jobs, true, e->tgid, e->value);

	if (e->verb == WF_GW_START) {
		gw_start(m, e);
		return;
	}
	if (e->verb == WF_GW_DONE) {
		gw_done(m, e, job);
		return;
	}
	if (!job || (e->verb != WF_TO_DS && e->sub >= WF_CLIENTS))
		return;
	switch (e->verb) {
	case WF_TO_DS:
		to_ds(m, e, job);
		break;
	case WF_CLIENT_START:
	case WF_NET_START:
		part_start(m, e, job, e->verb == WF_NET_START);
		break;
	case WF_CLIENT_DONE:
	case WF_NET_DONE:
		part_done(m, e, job, e->verb == WF_NET_DONE);
		break;
	}
}
