// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/sessions.h"
#include "wants.h"

#define UPSTAIRS "crucible_upstairs"
#define MAX_RULES \
	((int)(sizeof(((struct wants *)0)->rules) / sizeof(((struct wants *)0)->rules[0])) - 1)

bool wants_probes(const char *pattern)
{
	return !strncmp(pattern, WANTS_USDT, strlen(WANTS_USDT));
}

/* --- what was asked for --- */

static int want_make(struct wants *w, struct want *want, const char *report, int nargs, char *why,
		     size_t size)
{
	int n;

	want->options.args = want->args;
	want->options.nargs = nargs;
	w->n++;
	for (int i = 0; i < nargs; i++)
		if (!want->args[i])
			return -ENOMEM;
	return wild__new(report_find(report, NULL, 0, &n), &want->options, &want->wild, why, size);
}

static struct want *want_new(struct wants *w, enum want_kind kind, const char *text, char *why,
			     size_t size)
{
	struct want *want = &w->list[w->n];

	if (w->n == WANTS_MAX) {
		snprintf(why, size, "%s: more than %d patterns and triggers of probes", text,
			 WANTS_MAX);
		return NULL;
	}
	*want = (struct want){ .kind = kind, .text = text };
	return want;
}

/* "PROVIDER:PROBE", both with the shell's wildcards. */
static int add_events(struct wants *w, const char *text, char *why, size_t size)
{
	const char *pattern = text + strlen(WANTS_USDT), *colon = strchr(pattern, ':');
	struct want *want;
	char provider[256];

	if (!colon || colon == pattern || !colon[1] || strchr(colon + 1, ':') ||
	    colon - pattern >= (int)sizeof(provider)) {
		snprintf(why, size, "--events %s: probes are usdt:PROVIDER:PROBE", text);
		return -EINVAL;
	}
	want = want_new(w, WANT_EVENTS, pattern, why, size);
	if (!want)
		return -EINVAL;
	snprintf(provider, sizeof(provider), "%.*s", (int)(colon - pattern), pattern);
	w->crucible |= !fnmatch(provider, UPSTAIRS, 0);
	want->args[0] = strdup(pattern);
	return want_make(w, want, "trace", 1, why, size);
}

static int add_latency(struct wants *w, const char *text, char *why, size_t size)
{
	struct want *want = want_new(w, WANT_LATENCY, text, why, size);
	char what[256];
	int err;

	if (!want)
		return -EINVAL;
	err = latency_trigger_parse(text, &want->latency, what, sizeof(what));
	if (err) {
		snprintf(why, size, "--trigger-latency %s", what);
		return err;
	}
	w->crucible = true;
	want->args[0] = strdup(want->latency.start);
	want->args[1] = strdup(want->latency.done);
	return want_make(w, want, "latency", 2, why, size);
}

static int add_state(struct wants *w, const char *text, char *why, size_t size)
{
	struct want *want = want_new(w, WANT_STATE, text, why, size);

	if (!want)
		return -EINVAL;
	if (!*text) {
		snprintf(why, size, "--trigger-state: which? Faulted, Offline, LiveRepair…");
		return -EINVAL;
	}
	w->crucible = true;
	want->args[0] = strdup(UPSTAIRS ":up-status");
	return want_make(w, want, "trace", 1, why, size);
}

static void add_rule(struct wants *w, const struct probe_rule *rule)
{
	if (w->nrules == MAX_RULES)
		w->refused++;
	else
		w->rules[w->nrules++] = *rule;
}

/* What the snapshots show. */
static void add_snapshots(struct wants *w)
{
	int n;
	const struct report *perfgw = report_find("perfgw", NULL, 0, &n);

	for (const struct probe_rule *rule = perfgw->rules; rule->provider; rule++)
		add_rule(w, rule);
	for (const struct probe_rule *rule = sessions_rules; rule->provider; rule++)
		add_rule(w, rule);
	w->nrows = (int)perfgw->rows;
	for (int i = 0; i < w->nrows; i++)
		w->rows[i].label = w->rows[i].name = perfgw->latency->labels[i];
}

static int add_all(struct wants *w, const struct flight_options *o, char *why, size_t size)
{
	int err = 0;

	for (int i = 0; i < o->events.n && !err; i++)
		if (wants_probes(o->events.texts[i]))
			err = add_events(w, o->events.texts[i], why, size);
	for (int i = 0; i < o->latency.n && !err; i++)
		err = add_latency(w, o->latency.texts[i], why, size);
	for (int i = 0; i < o->states.n && !err; i++)
		err = add_state(w, o->states.texts[i], why, size);
	if (!err && w->crucible)
		add_snapshots(w);
	return err;
}

int wants__new(const struct flight_options *o, struct wants **out, char *why, size_t size)
{
	struct wants *w = calloc(1, sizeof(*w));
	int err = -ENOMEM;

	*out = NULL;
	snprintf(why, size, "no memory for what is wanted of probes");
	if (w)
		err = add_all(w, o, why, size);
	if (err || !w->n) {
		wants__free(w);
		return err;
	}
	*out = w;
	return 0;
}

void wants__free(struct wants *w)
{
	if (!w)
		return;
	for (int i = 0; i < w->n; i++) {
		wild__free(w->list[i].wild);
		latency_trigger_free(&w->list[i].latency);
		free(w->list[i].args[0]);
		free(w->list[i].args[1]);
	}
	free(w);
}

/* --- what there is of it --- */

static bool same_rule(const struct probe_rule *a, const struct probe_rule *b)
{
	return a->fold.verb == b->fold.verb && a->fold.job == b->fold.job &&
	       a->fold.sub == b->fold.sub && !strcmp(a->probe, b->probe) &&
	       !strcmp(a->provider, b->provider);
}

static bool has_rule(const struct wants *w, const struct probe_rule *rule, int pair)
{
	for (int i = 0; i < w->nrules; i++)
		if (same_rule(&w->rules[i], rule) && (pair < 0 || w->rules[i].fold.pair == pair))
			return true;
	return false;
}

/* Durations that a probe begins and ends. */
static int pairs_of(const struct wants *w, const struct probe_rule *rule)
{
	int n = 0;

	for (int i = 0; i < w->nrules; i++)
		n += w->rules[i].fold.verb != FOLD_NONE &&
		     !strcmp(w->rules[i].probe, rule->probe) &&
		     !strcmp(w->rules[i].provider, rule->provider);
	return n;
}

/* The row of a pair, made when there is none yet; -1 without room. */
static int pair_row(struct wants *w, const struct probe_rule *start, const struct probe_rule *done)
{
	struct probe_rule rule;

	for (int row = 0; row < w->nrows; row++)
		if (has_rule(w, start, row) && has_rule(w, done, row))
			return row;
	if (w->nrows == WANTS_ROWS || w->nrules + 2 > MAX_RULES ||
	    pairs_of(w, start) == USDT_MAX_RULES || pairs_of(w, done) == USDT_MAX_RULES)
		return -1;
	rule = *start;
	rule.fold.pair = w->nrows;
	add_rule(w, &rule);
	rule = *done;
	rule.fold.pair = rule.fold.group = w->nrows;
	add_rule(w, &rule);
	return w->nrows++;
}

static void take_pair(struct wants *w, int number, const struct probe_rule *start,
		      const struct probe_rule *done, const char *name)
{
	int row = pair_row(w, start, done);

	if (row < 0) {
		w->refused++;
		return;
	}
	if (!w->rows[row].label)
		w->rows[row].label = name;
	w->rows[row].name = name;
	w->rows[row].wanted |= 1ULL << number;
}

/* What is new among the rules of one. Those of a pair come together, the start first. */
static void take(struct wants *w, int number)
{
	struct want *want = &w->list[number];
	const struct report *r = wild_report(want->wild);
	const struct probe_rule *rule;

	for (; (rule = &r->rules[want->taken])->provider; want->taken++) {
		if (want->kind != WANT_LATENCY) {
			if (!has_rule(w, rule, -1))
				add_rule(w, rule);
			continue;
		}
		take_pair(w, number, rule, rule + 1, r->latency->labels[rule->fold.pair]);
		want->taken++;
	}
}

bool wants_notes(struct wants *w, const struct notes *notes)
{
	for (int i = 0; i < w->n; i++) {
		wild_add_notes(w->list[i].wild, notes);
		take(w, i);
	}
	return plan_wants(w->rules, notes);
}

bool want_is_idle(const struct want *want)
{
	return !want->taken;
}

bool wants_hits(const struct wants *w, const char *provider, const char *probe)
{
	for (int i = 0; i < w->n; i++)
		if (w->list[i].kind == WANT_EVENTS &&
		    plan_wants_probe(wild_report(w->list[i].wild)->rules, provider, probe))
			return true;
	return false;
}

bool wants_slow(const struct wants *w, uint64_t *ns)
{
	bool any = false;

	for (int i = 0; i < w->n; i++) {
		const struct want *want = &w->list[i];

		if (want->kind != WANT_LATENCY)
			continue;
		if (!any || want->latency.ns < *ns)
			*ns = want->latency.ns;
		any = true;
	}
	return any;
}

const struct probe_rule *wants_start(const struct wants *w, uint32_t row)
{
	for (int i = 0; i < w->nrules; i++)
		if (w->rules[i].fold.verb == FOLD_START && w->rules[i].fold.pair == row)
			return &w->rules[i];
	return NULL;
}
