// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/units.h"
#include "core/upstatus.h"
#include "top_canvas.h"
#include "top_model.h"

#define LAG_TIMES     3
#define LAG_NS	      1000000ULL
#define LONG_WAIT     NSEC_PER_SEC
#define LONG_DELAY_US 10000 /* shorter ones are how an upstairs paces itself */
#define FRESH_END     (10 * NSEC_PER_SEC)

const char *const top_op_names[TOP_OPS] = { "read", "write", "flush" };
const char *const top_op_plurals[TOP_OPS] = { "reads", "writes", "flushes" };

void top_model_free(struct top_model *m)
{
	free(m->ups);
	free(m->downs);
	memset(m, 0, sizeof(*m));
}

static void sum(uint64_t *all, uint64_t n)
{
	if (n != TOP_NONE)
		*all = *all == TOP_NONE ? n : *all + n;
}

/* Whether the slowest client is behind all others by far. */
static bool lags(const struct top_up *up)
{
	uint64_t next = 0;
	int others = 0;

	for (int i = 0; i < up->nclients; i++) {
		const struct top_latency *l = &up->clients[i].net_all;

		if (i == up->slowest || !l->count)
			continue;
		others++;
		next = l->p99 > next ? l->p99 : next;
	}
	return others && up->slowest_net.p99 / LAG_TIMES >= next &&
	       up->slowest_net.p99 - next >= LAG_NS;
}

void top_up_sum(struct top_up *up)
{
	struct top_repair *all = &up->repair;

	*all = (struct top_repair){ TOP_NONE, TOP_NONE, TOP_NONE, TOP_NONE, TOP_NONE };
	up->slowest = -1;
	up->slowest_net = (struct top_latency){ 0, TOP_NONE, TOP_NONE };
	for (int i = 0; i < up->nclients; i++) {
		const struct top_client *c = &up->clients[i];

		sum(&all->delay_us, c->repair.delay_us);
		sum(&all->completed, c->repair.completed);
		sum(&all->aborted, c->repair.aborted);
		sum(&all->repaired, c->repair.repaired);
		sum(&all->confirmed, c->repair.confirmed);
		if (!c->net_all.count ||
		    (up->slowest >= 0 && c->net_all.p99 <= up->slowest_net.p99))
			continue;
		up->slowest = i;
		up->slowest_net = c->net_all;
	}
	up->lags = up->slowest >= 0 && lags(up);
}

enum top_mood top_state_mood(const char *state)
{
	static const char *const bad[] = { "FLT", "OFL", "NF", "DIS" };
	const char *brief = upstatus_short_state(state);

	if (!*state || !strcmp(state, "-") || !strcmp(brief, "ACT"))
		return TOP_FINE;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!strcmp(brief, bad[i]))
			return TOP_BAD;
	return TOP_ODD;
}

enum top_mood top_waiting_mood(const struct top_waiting *w)
{
	if (!w->n || w->oldest < LONG_WAIT)
		return TOP_FINE;
	return w->moves ? TOP_ODD : TOP_BAD;
}

/* --- what is wrong --- */

struct troubles {
	struct top_trouble *all;
	int n, max;
};

__attribute__((format(printf, 3, 4))) static void add(struct troubles *t, enum top_mood mood,
						      const char *fmt, ...)
{
	va_list ap;

	if (t->n++ >= t->max)
		return;
	t->all[t->n - 1].mood = mood;
	va_start(ap, fmt);
	vsnprintf(t->all[t->n - 1].text, sizeof(t->all->text), fmt, ap);
	va_end(ap);
}

static void client_trouble(struct troubles *t, const struct top_up *up, int i)
{
	const struct top_client *c = &up->clients[i];
	const struct top_repair *r = &c->repair;
	enum top_mood waits = top_waiting_mood(&c->waiting);
	char text[16];

	if (c->mood == TOP_ODD && r->repaired != TOP_NONE && r->confirmed != TOP_NONE &&
	    r->repaired + r->confirmed)
		add(t, c->mood, "%u client %d %s: %" PRIu64 "+%" PRIu64 " extents", up->tgid, i,
		    c->state, r->repaired, r->confirmed);
	else if (c->mood)
		add(t, c->mood, "%u client %d %s", up->tgid, i, c->state);
	else if (waits)
		add(t, waits, "%u client %d owes %" PRIu64 " answer%s for %s", up->tgid, i,
		    c->waiting.n, c->waiting.n == 1 ? "" : "s",
		    top_age(c->waiting.oldest, text, sizeof(text)));
	if (i == up->slowest && up->lags)
		add(t, TOP_ODD, "%u client %d is slow: p99 %s", up->tgid, i,
		    top_duration(c->net_all.p99, 6, text, sizeof(text)));
	if (r->delay_us >= LONG_DELAY_US && r->delay_us != TOP_NONE)
		add(t, TOP_ODD, "%u client %d delays writes by %" PRIu64 "us", up->tgid, i,
		    r->delay_us);
}

static void up_trouble(struct troubles *t, const struct top_up *up)
{
	char age[16];

	if (up->ended)
		return;
	if (top_waiting_mood(&up->waiting) == TOP_BAD)
		add(t, TOP_BAD, "upstairs %u stuck for %s", up->tgid,
		    top_age(up->waiting.oldest, age, sizeof(age)));
	if (up->silent)
		add(t, TOP_ODD, "upstairs %u silent for %s", up->tgid,
		    top_age(up->silent, age, sizeof(age)));
	for (int i = 0; i < up->nclients; i++)
		client_trouble(t, up, i);
	if (up->needed && up->needed != TOP_NONE && up->reconciled < up->needed)
		add(t, TOP_ODD, "%u reconciled %" PRIu64 " of %" PRIu64, up->tgid, up->reconciled,
		    up->needed);
}

static void down_trouble(struct troubles *t, const struct top_down *d)
{
	enum top_mood waits = top_waiting_mood(&d->waiting);
	char age[16];

	if (waits && !d->ended)
		add(t, waits, "downstairs %u %s for %s, %" PRIu64 " job%s", d->tgid,
		    waits == TOP_BAD ? "stuck" : "has waited",
		    top_age(d->waiting.oldest, age, sizeof(age)), d->waiting.n,
		    d->waiting.n == 1 ? "" : "s");
}

/* An end is the less of a trouble the longer ago it was. */
static void ended_trouble(struct troubles *t, const char *what, uint32_t tgid, uint64_t ended)
{
	char age[16];

	if (ended)
		add(t, ended < FRESH_END ? TOP_BAD : TOP_ODD, "%s %u ended %s ago", what, tgid,
		    top_age(ended, age, sizeof(age)));
}

int top_troubles(const struct top_model *m, struct top_trouble *troubles, int max)
{
	struct troubles t = { troubles, 0, max };
	int n, bad = 0;

	for (int i = 0; i < m->ndowns; i++)
		down_trouble(&t, &m->downs[i]);
	for (int i = 0; i < m->nups; i++)
		up_trouble(&t, &m->ups[i]);
	for (int i = 0; i < m->nups; i++)
		ended_trouble(&t, "upstairs", m->ups[i].tgid, m->ups[i].ended);
	for (int i = 0; i < m->ndowns; i++)
		ended_trouble(&t, "downstairs", m->downs[i].tgid, m->downs[i].ended);
	n = t.n < max ? t.n : max;
	/* the bad ones to the front, in their order */
	for (int i = 0; i < n; i++) {
		struct top_trouble one = troubles[i];

		if (one.mood != TOP_BAD)
			continue;
		memmove(&troubles[bad + 1], &troubles[bad], (i - bad) * sizeof(one));
		troubles[bad++] = one;
	}
	return t.n;
}
