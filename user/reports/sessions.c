// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "sessions.h"

#define MAX_SESSIONS 4096

const struct probe_rule sessions_rules[] = {
	RULE("crucible_upstairs", "up-status", .verb = FOLD_NONE),
	{ 0 },
};

static struct session *session_get(struct sessions *all, uint32_t tgid, const char *upstairs,
				   const char *session)
{
	struct session *s;

	for (s = all->first; s; s = s->next)
		if (s->tgid == tgid && !strcmp(s->session, session) &&
		    !strcmp(s->upstairs, upstairs))
			return s;
	s = all->n < MAX_SESSIONS ? calloc(1, sizeof(*s)) : NULL;
	if (!s)
		return NULL;
	all->n++;
	s->tgid = tgid;
	snprintf(s->upstairs, sizeof(s->upstairs), "%s", upstairs);
	snprintf(s->session, sizeof(s->session), "%s", session);
	s->next = all->first;
	all->first = s;
	return s;
}

static struct session *unread(struct sessions *all, struct upstatus *status, const char *why)
{
	all->unread++;
	snprintf(all->why, sizeof(all->why), "%s", why);
	upstatus__free(status);
	return NULL;
}

struct session *sessions_hear(struct sessions *all, const struct hit *hit, struct upstatus **out)
{
	char upstairs[64], id[64], why[200];
	struct upstatus *status = NULL;
	struct session *s;
	uint64_t job;

	if (!hit->text[UP_STATUS_ARG])
		return unread(all, NULL, "no text");
	if (hit->cut & 1u << UP_STATUS_ARG)
		return unread(all, NULL, "it is longer than 8 KiB");
	if (upstatus__parse(hit->text[UP_STATUS_ARG], &status, why, sizeof(why)))
		return unread(all, NULL, why);
	upstatus_value(status, "upstairs_id", -1, upstairs, sizeof(upstairs));
	upstatus_value(status, "session_id", -1, id, sizeof(id));
	s = session_get(all, hit->tgid, upstairs, id);
	if (!s)
		return unread(all, status, "too many sessions, or no memory");
	if (!upstatus_number(status, "next_job_id", -1, &job))
		job = s->last_job;
	if (!s->statuses++)
		s->first_job = s->last_job = job;
	s->heard = hit->time;
	*out = status;
	return s;
}

void session_keep(struct session *s, struct upstatus *status)
{
	upstatus_number(status, "next_job_id", -1, &s->last_job);
	upstatus__free(s->latest);
	s->latest = status;
}

void sessions_free(struct sessions *all)
{
	struct session *next;

	for (struct session *s = all->first; s; s = next) {
		next = s->next;
		upstatus__free(s->latest);
		free(s);
	}
	all->first = NULL;
}

static int session_compare(const void *va, const void *vb)
{
	const struct session *a = *(const struct session *const *)va;
	const struct session *b = *(const struct session *const *)vb;
	int upstairs;

	if (a->tgid != b->tgid)
		return a->tgid < b->tgid ? -1 : 1;
	upstairs = strcmp(a->upstairs, b->upstairs);
	return upstairs ? upstairs : strcmp(a->session, b->session);
}

int sessions_sorted(const struct sessions *all, const struct session ***out)
{
	int n = 0, i = 0;

	for (const struct session *s = all->first; s; s = s->next)
		n++;
	*out = calloc(n + 1, sizeof(**out));
	if (!*out)
		return 0;
	for (const struct session *s = all->first; s; s = s->next)
		(*out)[i++] = s;
	qsort(*out, n, sizeof(**out), session_compare);
	return n;
}

void sessions_warn(const struct sessions *all)
{
	if (all->unread)
		log_warn("%llu status%s could not be read; the last: %s",
			 (unsigned long long)all->unread, all->unread == 1 ? "" : "es", all->why);
}
