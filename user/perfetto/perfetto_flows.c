// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <stdlib.h>
#include <string.h>

#include "perfetto_flows.h"

#define BUCKETS 16384 /* a power of two; as many jobs as are in flight at most times */
#define OUT	4     /* jobs that rule a client out */

/* A job of an upstairs while slices of it are open. */
struct flow_job {
	struct flow_job *next;
	uint64_t up, job;
	uint64_t flow;
	uint32_t held;			/* slices open at the gateway and of clients */
	uint32_t net[PERFETTO_CLIENTS]; /* slices open on the way */
	uint32_t linked;		/* bits: clients whose downstairs has the flow */
	bool twice;			/* two sessions' jobs, or sent twice: no telling which */
};

struct perfetto_flows {
	struct perfetto_stats *stats;
	struct perfetto_downstairs *known;
	uint64_t flow; /* the last one given out */
	struct flow_job *jobs[BUCKETS];
};

struct perfetto_flows *perfetto_flows__new(struct perfetto_stats *stats)
{
	struct perfetto_flows *flows = calloc(1, sizeof(*flows));

	if (flows)
		flows->stats = stats;
	return flows;
}

void perfetto_flows__free(struct perfetto_flows *flows)
{
	if (!flows)
		return;
	for (int i = 0; i < BUCKETS; i++) {
		for (struct flow_job *job = flows->jobs[i], *next; job; job = next) {
			next = job->next;
			free(job);
		}
	}
	free(flows);
}

/* By the job alone: a downstairs asks for all upstairs that have it. */
static struct flow_job **bucket(struct perfetto_flows *flows, uint64_t job)
{
	return &flows->jobs[(job * 0x9e3779b97f4a7c15ULL) >> 50 & (BUCKETS - 1)];
}

static struct flow_job **job_find(struct perfetto_flows *flows, uint64_t up, uint64_t job)
{
	struct flow_job **at = bucket(flows, job);

	while (*at && ((*at)->job != job || (*at)->up != up))
		at = &(*at)->next;
	return at;
}

/* The job, made if there is none; NULL without memory. */
static struct flow_job *job_get(struct perfetto_flows *flows, uint64_t up, uint64_t job)
{
	struct flow_job **at = job_find(flows, up, job);

	if (*at)
		return *at;
	*at = calloc(1, sizeof(**at));
	if (*at) {
		flows->flow += PERFETTO_CLIENTS;
		(*at)->up = up;
		(*at)->job = job;
		(*at)->flow = flows->flow;
	}
	return *at;
}

/* The clients that have sent it and had no reply. */
static uint32_t job_clients(const struct flow_job *job)
{
	uint32_t clients = 0;

	for (int i = 0; i < PERFETTO_CLIENTS; i++)
		clients |= job->net[i] ? 1U << i : 0;
	return clients;
}

uint64_t flows_gateway_begin(struct perfetto_flows *flows, uint64_t up, uint64_t job)
{
	struct flow_job *j = *job_find(flows, up, job);

	if (j)
		j->twice = true;
	else if (!(j = job_get(flows, up, job)))
		return 0;
	j->held++;
	return j->twice ? 0 : j->flow;
}

void flows_client_begin(struct perfetto_flows *flows, uint64_t up, uint64_t job)
{
	struct flow_job *j = job_get(flows, up, job);

	if (j)
		j->held++;
}

uint64_t flows_net_begin(struct perfetto_flows *flows, uint64_t up, uint64_t job, uint64_t client)
{
	struct flow_job *j;

	if (client >= PERFETTO_CLIENTS || !(j = job_get(flows, up, job)))
		return 0;
	if (j->net[client]++)
		j->twice = true;
	return j->twice ? 0 : j->flow + client;
}

void flows_end(struct perfetto_flows *flows, uint64_t up, uint64_t job, bool net, uint64_t client)
{
	struct flow_job **at = job_find(flows, up, job), *j = *at;

	if (!j)
		return;
	if (!net && j->held)
		j->held--;
	if (net && client < PERFETTO_CLIENTS && j->net[client])
		j->net[client]--;
	if (j->held || job_clients(j))
		return;
	*at = j->next;
	free(j);
}

/* The one upstairs that has sent the job; NULL when none or several have. */
static struct flow_job *job_sent(struct perfetto_flows *flows, uint64_t job, bool *several)
{
	struct flow_job *sent = NULL;

	*several = false;
	for (struct flow_job *j = *bucket(flows, job); j; j = j->next) {
		if (j->job != job || !job_clients(j))
			continue;
		if (sent || j->twice)
			*several = true;
		sent = j;
	}
	return *several ? NULL : sent;
}

/* The client that it is for, when those of `taken` are not; -1: that is not known. */
static int client_of(const struct perfetto_downstairs *ds, uint32_t taken)
{
	int client = -1;

	for (int i = 0; i < PERFETTO_CLIENTS; i++) {
		if (taken & 1U << i || ds->misses[i] >= OUT)
			continue;
		if (client >= 0 || ds->misses[i])
			return -1;
		client = i;
	}
	return client;
}

/* The same, a client that another downstairs is for not being this one's. */
static int client_left(const struct perfetto_flows *flows, const struct perfetto_downstairs *ds)
{
	uint32_t taken = 0;

	for (const struct perfetto_downstairs *other = flows->known; other; other = other->next) {
		int client = other == ds || other->up != ds->up ? -1 : client_of(other, 0);

		taken |= client < 0 ? 0 : 1U << client;
	}
	return client_of(ds, taken);
}

void flows_forget(struct perfetto_flows *flows, struct perfetto_downstairs *ds)
{
	struct perfetto_downstairs **at = &flows->known;

	while (*at && *at != ds)
		at = &(*at)->next;
	if (*at)
		*at = ds->next;
	*ds = (struct perfetto_downstairs){ 0 };
}

/* The downstairs works on `job`, and has not replied. */
static void learn(struct perfetto_flows *flows, struct perfetto_downstairs *ds,
		  const struct flow_job *job)
{
	uint32_t clients = job_clients(job);
	bool left = false;

	if (ds->up != job->up) {
		flows_forget(flows, ds);
		ds->up = job->up;
		ds->next = flows->known;
		flows->known = ds;
	}
	for (int i = 0; i < PERFETTO_CLIENTS; i++) {
		if (!(clients & 1U << i) && ds->misses[i] < OUT)
			ds->misses[i]++;
		left |= !ds->misses[i];
	}
	if (!left)
		memset(ds->misses, 0, sizeof(ds->misses));
}

uint64_t flows_submit_begin(struct perfetto_flows *flows, struct perfetto_downstairs *ds,
			    uint64_t job)
{
	bool several;
	struct flow_job *j = job_sent(flows, job, &several);
	int client;

	if (!j) {
		if (several) {
			flows->stats->flows_ambiguous++;
		} else {
			flows->stats->flows_untraced++;
			flows_forget(flows, ds);
		}
		return 0;
	}
	learn(flows, ds, j);
	client = client_left(flows, ds);
	if (client < 0 || j->linked & 1U << client) {
		flows->stats->flows_unsure++;
		return 0;
	}
	flows->stats->flows++;
	j->linked |= 1U << client;
	return j->flow + (uint64_t)client;
}

void flows_submit_done(struct perfetto_flows *flows, struct perfetto_downstairs *ds, uint64_t job)
{
	bool several;
	struct flow_job *j = job_sent(flows, job, &several);

	if (j && j->up == ds->up)
		learn(flows, ds, j);
}
