// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/signature.h"
#include "core/units.h"
#include "core/where.h"
#include "crucible_state.h"

#define NOTED_MAX   10 /* slow jobs of a trigger that event.log has one by one */
#define CHANGES_MAX 8  /* downstairs of one status: there are three */
#define VALUE_SIZE  128
#define TEXT_SIZE   768

/* --- jobs that took too long --- */

/* What the second part of a key is: "client"; NULL where there is none. */
static const char *sub_name(const struct probe_rule *start, char *buf, size_t size)
{
	const struct signature *s;
	int len = 0;
	const char *name;

	if (!start || start->fold.sub >= FOLD_MAX_ARGS)
		return NULL;
	s = signature_find(start->provider, start->probe);
	name = signature_name(s, start->fold.sub, &len);
	snprintf(buf, size, "%.*s", len, name);
	return buf;
}

static void tell_slow(struct crucible *c, int number, const struct record_slow *slow)
{
	const struct want *want = &c->wants->list[number];
	char text[TEXT_SIZE], sub[32], process[32];
	struct slow_job job = {
		.name = c->wants->rows[slow->row].name,
		.job = slow->key.job,
		.sub_name = sub_name(wants_start(c->wants, slow->row), sub, sizeof(sub)),
		.sub = slow->key.sub,
		.duration = slow->duration,
		.limit = want->latency.ns,
		.end = slow->head.time,
		.process = where_comm(slow->key.tgid, process, sizeof(process)),
		.pid = slow->key.tgid,
	};

	crucible_tell(c, true, slow_job_text(&job, text, sizeof(text)));
}

void crucible_slow(void *arg, const struct record_slow *slow)
{
	struct crucible *c = arg;

	if (slow->row >= (uint32_t)c->wants->nrows)
		return;
	for (int i = 0; i < c->wants->n; i++) {
		struct fired *fired = &c->fired[i];

		if (!(c->wants->rows[slow->row].wanted & 1ULL << i) ||
		    slow->duration <= c->wants->list[i].latency.ns)
			continue;
		if (fired->n++ < NOTED_MAX)
			tell_slow(c, i, slow);
		else if (slow->duration > fired->longest)
			fired->longest = slow->duration;
	}
}

void crucible_sum_up(struct crucible *c)
{
	for (int i = 0; i < c->wants->n; i++) {
		const struct fired *fired = &c->fired[i];
		char text[TEXT_SIZE], time[32];

		if (fired->n <= NOTED_MAX)
			continue;
		snprintf(text, sizeof(text), "%s: %llu more, up to %s", c->wants->list[i].text,
			 (unsigned long long)(fired->n - NOTED_MAX),
			 duration_format(fired->longest, time, sizeof(time)));
		crucible_tell(c, false, text);
	}
}

/* --- states --- */

struct changes {
	char *texts[CHANGES_MAX];
	bool fires[CHANGES_MAX];
	int n;
};

static bool is_waited_for(const struct crucible *c, const char *state)
{
	for (int i = 0; i < c->wants->n; i++)
		if (c->wants->list[i].kind == WANT_STATE && state_is(state, c->wants->list[i].text))
			return true;
	return false;
}

static void add_change(struct changes *changes, const struct session *session, int client,
		       const char *before, const char *now, uint64_t time)
{
	char text[TEXT_SIZE], process[32];
	struct state_change change = {
		.upstairs = session->upstairs,
		.session = session->session,
		.client = client,
		.before = before ?: "not heard of",
		.now = now,
		.time = time,
		.process = where_comm(session->tgid, process, sizeof(process)),
		.pid = session->tgid,
	};

	if (changes->n == CHANGES_MAX)
		return;
	changes->texts[changes->n] = strdup(state_change_text(&change, text, sizeof(text)));
	changes->fires[changes->n] = before;
	changes->n += changes->texts[changes->n] != NULL;
}

/* Which of the upstairs' downstairs are in a state that is waited for, and were not before. */
static void find_changes(const struct crucible *c, const struct session *session,
			 const struct upstatus *status, uint64_t time, struct changes *changes)
{
	int n = upstatus_count(status, "ds_state");

	for (int client = 0; client < n; client++) {
		char now[VALUE_SIZE], before[VALUE_SIZE];

		upstatus_value(status, "ds_state", client, now, sizeof(now));
		if (!is_waited_for(c, now))
			continue;
		if (!session->latest) {
			add_change(changes, session, client, NULL, now, time);
			continue;
		}
		upstatus_value(session->latest, "ds_state", client, before, sizeof(before));
		if (!state_is(before, now))
			add_change(changes, session, client, before, now, time);
	}
}

void crucible_status(struct crucible *c, const struct hit *hit)
{
	struct changes changes = { .n = 0 };
	struct upstatus *status;
	struct session *session = sessions_hear(&c->sessions, hit, &status);

	if (!session)
		return;
	crucible_add_row(c, hit, session, status);
	find_changes(c, session, status, hit->time, &changes);
	/* the snapshot that a trigger takes has this status, too */
	session_keep(session, status);
	for (int i = 0; i < changes.n; i++) {
		/* one that was so when we came is no event */
		crucible_tell(c, changes.fires[i], changes.texts[i]);
		free(changes.texts[i]);
	}
}
