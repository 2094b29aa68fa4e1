// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/units.h"
#include "core/upstatus.h"
#include "trigger.h"

#define ANY_PROVIDER "crucible_*" /* of Crucible's */

/* --- a job that takes too long --- */

static int wrong(char *why, size_t size, const char *text, const char *what)
{
	snprintf(why, size, "%s: %s", text, what);
	return -EINVAL;
}

/* `text` without blanks before and behind, in new memory. */
static char *trimmed(const char *text, size_t len)
{
	while (len && isblank((unsigned char)*text)) {
		text++;
		len--;
	}
	while (len && isblank((unsigned char)text[len - 1]))
		len--;
	return strndup(text, len);
}

static int stars_in(const char *text)
{
	int n = 0;

	for (; *text; text++)
		n += *text == '*';
	return n;
}

/* What is wrong with a pair's name; NULL: nothing. */
static const char *name_fault(const char *name)
{
	const char *colon = strchr(name, ':'), *probe = colon ? colon + 1 : name;
	const char *dots = strstr(probe, "..");

	if (colon == name || !*probe || (dots && (dots == probe || !dots[2])))
		return "no probes in front of >; gw-write>500ms has some";
	if (strchr(probe, ':') || (dots && strstr(dots + 2, "..")))
		return "only PROVIDER:NAME>TIME, or PROVIDER:START..DONE>TIME";
	if (strpbrk(probe, "?["))
		return "* is the only wildcard that pairs probes";
	if (dots && stars_in(dots) * 2 != stars_in(probe))
		return "START and DONE need as many *";
	return NULL;
}

/* The patterns of both probes from "PROVIDER:NAME" or "PROVIDER:START..DONE". */
static int pair_patterns(struct latency_trigger *t, const char *name)
{
	const char *colon = strchr(name, ':'), *probe = colon ? colon + 1 : name;
	const char *provider = colon ? name : ANY_PROVIDER, *dots = strstr(probe, "..");
	int len = colon ? (int)(colon - name) : (int)strlen(provider), start, done;

	if (dots) {
		start = asprintf(&t->start, "%.*s:%.*s", len, provider, (int)(dots - probe), probe);
		done = asprintf(&t->done, "%.*s:%s", len, provider, dots + 2);
	} else {
		start = asprintf(&t->start, "%.*s:%s-start", len, provider, probe);
		done = asprintf(&t->done, "%.*s:%s-done", len, provider, probe);
	}
	if (start < 0)
		t->start = NULL;
	if (done < 0)
		t->done = NULL;
	return t->start && t->done ? 0 : -ENOMEM;
}

int latency_trigger_parse(const char *text, struct latency_trigger *t, char *why, size_t size)
{
	const char *than = strchr(text, '>'), *fault;
	char *name, *time;
	int err;

	*t = (struct latency_trigger){ 0 };
	if (!than)
		return wrong(why, size, text, "no >; it is NAME>TIME, as gw-write>500ms");
	name = trimmed(text, than - text);
	time = trimmed(than + 1, strlen(than + 1));
	err = name && time ? 0 : -ENOMEM;
	if (!err && duration_parse(time, &t->ns))
		err = wrong(why, size, text, "no time behind >; 500ms, 1.5s are");
	fault = err ? NULL : name_fault(name);
	if (fault)
		err = wrong(why, size, text, fault);
	err = err ?: pair_patterns(t, name);
	free(name);
	free(time);
	if (err == -ENOMEM)
		snprintf(why, size, "%s: no memory", text);
	if (err)
		latency_trigger_free(t);
	return err;
}

void latency_trigger_free(struct latency_trigger *t)
{
	free(t->start);
	free(t->done);
	*t = (struct latency_trigger){ 0 };
}

/* "81.123456789": as trace.txt has it. */
static const char *seconds(uint64_t ns, char *buf, size_t size)
{
	snprintf(buf, size, "%llu.%09llu", ns / NSEC_PER_SEC, ns % NSEC_PER_SEC);
	return buf;
}

const char *slow_job_text(const struct slow_job *j, char *buf, size_t size)
{
	char took[32], limit[32], begin[32], end[32], sub[64] = "";

	if (j->sub_name)
		snprintf(sub, sizeof(sub), ", %s %" PRIu64, j->sub_name, j->sub);
	snprintf(buf, size,
		 "%s of job %" PRIu64 "%s took %s, longer than %s: %s (pid %u), from %s to %s",
		 j->name, j->job, sub, duration_format(j->duration, took, sizeof(took)),
		 duration_format(j->limit, limit, sizeof(limit)), j->process, j->pid,
		 seconds(j->end - j->duration, begin, sizeof(begin)),
		 seconds(j->end, end, sizeof(end)));
	return buf;
}

/* --- a downstairs' state --- */

bool state_is(const char *state, const char *wanted)
{
	return !strcasecmp(upstatus_short_state(state), upstatus_short_state(wanted));
}

const char *state_change_text(const struct state_change *c, char *buf, size_t size)
{
	char time[32];

	snprintf(buf, size,
		 "downstairs %d of upstairs %s (session %s) is %s, was %s: %s (pid %u), by its "
		 "status of %s",
		 c->client, c->upstairs, c->session, c->now, c->before, c->process, c->pid,
		 seconds(c->time, time, sizeof(time)));
	return buf;
}
