// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/escape.h"
#include "core/signature.h"
#include "wild.h"

#define MAX_RULES  4096
#define MAX_COUNTS 2048 /* rows of a report that counts */
#define MAX_PAIRS  256	/* the same of one that measures: each is a distribution */
#define MAX_SPLITS 16	/* groups that a row is split into by --by, on the average */

struct probe {
	char *provider;
	char *name;
	int nargs;
	struct probe *next;
};

struct wild {
	struct report report;
	struct latency_format format;
	const struct options *options;
	char **patterns; /* the caller's */
	int npatterns;
	struct probe *probes; /* all that were offered and match, the last first */
	struct probe_rule rules[MAX_RULES + 1];
	int nrules;
	const char *labels[MAX_COUNTS];
	uint8_t row_by[MAX_COUNTS]; /* enum latency_by */
	int nlabels;
	int refused;
};

/* "provider:probe", or "probe" of any provider. */
static bool pattern_matches(const char *pattern, const char *provider, const char *probe)
{
	char name[512];

	if (!strchr(pattern, ':'))
		return !fnmatch(pattern, probe, 0);
	snprintf(name, sizeof(name), "%s:%s", provider, probe);
	return !fnmatch(pattern, name, 0);
}

/*
 * Whether `text` matches a pattern whose only wildcard is '*'; what the stars stand for goes into
 * `stars`, each behind a '*'.
 */
static bool stars_match(const char *pattern, const char *text, char *stars, size_t size)
{
	for (; *pattern && *pattern != '*'; pattern++, text++)
		if (*pattern != *text)
			return false;
	if (!*pattern)
		return !*text;
	for (size_t len = 0; len <= strlen(text); len++) {
		int used = snprintf(stars, size, "*%.*s", (int)len, text);

		if (used < 0 || (size_t)used >= size)
			return false;
		stars[used] = '\0';
		if (stars_match(pattern + 1, text + len, stars + used, size - used))
			return true;
	}
	return false;
}

static bool half_matches(const char *pattern, const struct probe *probe, char *stars, size_t size)
{
	const char *colon = strchr(pattern, ':');
	char provider[256];

	stars[0] = '\0';
	if (!colon)
		return stars_match(pattern, probe->name, stars, size);
	snprintf(provider, sizeof(provider), "%.*s", (int)(colon - pattern), pattern);
	return !fnmatch(provider, probe->provider, 0) &&
	       stars_match(colon + 1, probe->name, stars, size);
}

/* The argument that a word means for a probe, FOLD_FROM_TID for "tid"; -1: it has none such. */
static int word_arg(const char *word, const struct probe *probe)
{
	const struct signature *s = signature_find(probe->provider, probe->name);
	int n = -1, end = 0;

	if (!strcmp(word, "tid"))
		return FOLD_FROM_TID;
	if (sscanf(word, "arg%d%n", &n, &end) != 1 || word[end])
		n = signature_index(s, word);
	return n < probe->nargs && n < FOLD_MAX_ARGS ? n : -1;
}

static bool arg_is_text(const struct wild *w, const struct probe *probe, int arg)
{
	const struct signature *s = signature_find(probe->provider, probe->name);
	uint32_t texts = s ? signature_texts(s) : w->options->texts;

	return arg >= 0 && arg < FOLD_MAX_ARGS && texts & 1u << arg;
}

/* What splits a row of a probe. */
static uint8_t probe_by(struct wild *w, const struct probe *probe, int row)
{
	int arg = w->options->by ? word_arg(w->options->by, probe) : -1;

	w->row_by[row] = arg < 0		      ? LATENCY_BY_NOTHING
			 : arg_is_text(w, probe, arg) ? LATENCY_BY_TEXT
						      : LATENCY_BY_NUMBER;
	if (arg < 0)
		return FOLD_FROM_NONE;
	return arg;
}

/* The key of a pair: as asked for, else the first argument, and the second where it names a part.
 */
static bool pair_key(const struct wild *w, const struct probe *probe, const struct probe *other,
		     struct fold_rule *rule)
{
	const struct signature *a = signature_find(probe->provider, probe->name);
	const struct signature *b = signature_find(other->provider, other->name);
	int alen = 0, blen = 0, nargs = probe->nargs < other->nargs ? probe->nargs : other->nargs;
	const char *aname, *bname;

	rule->sub = FOLD_FROM_NONE;
	for (int i = 0; i < w->options->nkeys; i++) {
		int arg = word_arg(w->options->keys[i], probe);

		if (arg < 0)
			return false;
		*(i ? &rule->sub : &rule->job) = arg;
	}
	if (w->options->nkeys)
		return true;
	rule->job = nargs ? 0 : FOLD_FROM_TID;
	if (nargs < 2 || signature_count(a) < 2 || signature_count(b) < 2)
		return true;
	aname = signature_name(a, 1, &alen);
	bname = signature_name(b, 1, &blen);
	if (alen == blen && !strncmp(aname, bname, alen))
		rule->sub = 1;
	return true;
}

static struct probe_rule *rule_new(struct wild *w, const struct probe *probe)
{
	struct probe_rule *rule;

	if (w->nrules == MAX_RULES)
		return NULL;
	rule = &w->rules[w->nrules];
	rule->probe = probe->name;
	rule->fold.by = FOLD_FROM_NONE;
	return rule;
}

/* From here on the rule is there. */
static void rule_add(struct wild *w, struct probe_rule *rule, const struct probe *probe)
{
	rule->provider = probe->provider;
	w->nrules++;
}

/* A row of that label, which is made fit for a terminal; -1 when there is no room. */
static int row_new(struct wild *w, char *label)
{
	char *fit = label ? escape_dup(label) : NULL;

	free(label);
	if (!fit || w->nlabels == (int)w->report.rows) {
		free(fit);
		return -1;
	}
	w->labels[w->nlabels++] = fit;
	w->format.nlabels = w->nlabels;
	return w->nlabels - 1;
}

static void add_count(struct wild *w, const struct probe *probe)
{
	struct probe_rule *rule = rule_new(w, probe);
	char *label = NULL;
	int row;

	if (!rule || asprintf(&label, "%s:%s", probe->provider, probe->name) < 0)
		label = NULL;
	row = row_new(w, label);
	if (row < 0 || !rule) {
		w->refused++;
		return;
	}
	rule->fold.verb = FOLD_COUNT;
	rule->fold.group = row;
	rule->fold.by = probe_by(w, probe, row);
	rule_add(w, rule, probe);
}

static void add_hits(struct wild *w, const struct probe *probe)
{
	struct probe_rule *rule = rule_new(w, probe);

	if (rule)
		rule_add(w, rule, probe);
	else
		w->refused++;
}

/* "gw-read" of gw-read-start and gw-read-done: what both names begin with, or both. */
static char *pair_label(const struct probe *start, const struct probe *done)
{
	size_t len = 0;
	char *label;

	while (start->name[len] && start->name[len] == done->name[len])
		len++;
	while (len && strchr("-_:", start->name[len - 1]))
		len--;
	if (len < 2)
		return asprintf(&label, "%s %s", start->name, done->name) < 0 ? NULL : label;
	return strndup(start->name, len);
}

static int rules_of(const struct wild *w, const struct probe *probe)
{
	int n = 0;

	for (int i = 0; i < w->nrules; i++)
		n += !strcmp(w->rules[i].probe, probe->name) &&
		     !strcmp(w->rules[i].provider, probe->provider);
	return n;
}

static void add_pair(struct wild *w, const struct probe *start, const struct probe *done)
{
	struct probe_rule *first, *second;
	struct fold_rule key = { 0 }, end = { 0 };
	int row;

	if (rules_of(w, start) == USDT_MAX_RULES || rules_of(w, done) == USDT_MAX_RULES ||
	    w->nrules + 2 > MAX_RULES || !pair_key(w, start, done, &key) ||
	    !pair_key(w, done, start, &end)) {
		w->refused++;
		return;
	}
	row = row_new(w, pair_label(start, done));
	if (row < 0) {
		w->refused++;
		return;
	}
	first = rule_new(w, start);
	first->fold = (struct fold_rule){ .verb = FOLD_START,
					  .job = key.job,
					  .sub = key.sub,
					  .by = FOLD_FROM_NONE,
					  .pair = row };
	rule_add(w, first, start);
	second = rule_new(w, done);
	second->fold = (struct fold_rule){ .verb = FOLD_DONE,
					   .job = end.job,
					   .sub = end.sub,
					   .by = probe_by(w, done, row),
					   .pair = row,
					   .group = row };
	rule_add(w, second, done);
	if (key.sub != FOLD_FROM_NONE)
		w->format.sub = "sub";
}

/* The pairs that a probe makes with those known so far, itself among them. */
static void add_pairs(struct wild *w, const struct probe *probe)
{
	char stars[512], others[512];

	for (int half = 0; half < 2; half++) {
		if (!half_matches(w->patterns[half], probe, stars, sizeof(stars)))
			continue;
		for (const struct probe *o = w->probes; o; o = o->next) {
			if (o == probe || strcmp(o->provider, probe->provider) ||
			    !half_matches(w->patterns[!half], o, others, sizeof(others)) ||
			    strcmp(stars, others))
				continue;
			if (half == 0)
				add_pair(w, probe, o);
			else
				add_pair(w, o, probe);
		}
	}
}

static bool is_known(const struct wild *w, const char *provider, const char *probe)
{
	for (const struct probe *p = w->probes; p; p = p->next)
		if (!strcmp(p->name, probe) && !strcmp(p->provider, provider))
			return true;
	return false;
}

void wild_add_probe(struct wild *w, const char *provider, const char *probe, int nargs)
{
	bool wanted = false;
	struct probe *p;

	for (int i = 0; i < w->npatterns && !wanted; i++)
		wanted = pattern_matches(w->patterns[i], provider, probe);
	if (!wanted || is_known(w, provider, probe))
		return;
	p = calloc(1, sizeof(*p));
	if (p)
		*p = (struct probe){ strdup(provider), strdup(probe), nargs, w->probes };
	if (!p || !p->provider || !p->name) {
		w->refused++;
		free(p);
		return;
	}
	w->probes = p;
	if (w->report.wild == WILD_COUNT)
		add_count(w, p);
	else if (w->report.wild == WILD_LATENCY)
		add_pairs(w, p);
	else
		add_hits(w, p);
}

void wild_add_notes(struct wild *w, const struct notes *notes)
{
	for (int i = 0; i < notes->nprobes; i++) {
		const struct note_probe *p = &notes->probes[i];

		wild_add_probe(w, p->provider, p->name, p->nsites ? p->sites[0].nargs : 0);
	}
}

/* Stars in a pattern's probe. */
static int stars_in(const char *pattern)
{
	const char *probe = strchr(pattern, ':') ? strchr(pattern, ':') : pattern;
	int n = 0;

	for (; *probe; probe++)
		n += *probe == '*';
	return n;
}

static int wild_check(const struct wild *w, char *why, size_t why_size)
{
	const char *name = w->report.name;

	if (w->report.wild == WILD_LATENCY && w->npatterns != 2) {
		snprintf(why, why_size, "%s takes two probes, START and DONE", name);
		return -EINVAL;
	}
	if (!w->npatterns) {
		snprintf(
			why, why_size,
			"%s takes the probes' names: PROVIDER:PROBE, or PROBE, with shell wildcards",
			name);
		return -EINVAL;
	}
	if (w->report.wild == WILD_LATENCY &&
	    stars_in(w->patterns[0]) != stars_in(w->patterns[1])) {
		snprintf(why, why_size, "%s: START and DONE need as many * in the probe's name",
			 name);
		return -EINVAL;
	}
	for (int i = 0; w->report.wild == WILD_LATENCY && i < 2; i++) {
		if (!strpbrk(w->patterns[i], "?["))
			continue;
		snprintf(why, why_size, "%s: %s: * is the only wildcard that pairs probes", name,
			 w->patterns[i]);
		return -EINVAL;
	}
	return 0;
}

int wild__new(const struct report *report, const struct options *options, struct wild **out,
	      char *why, size_t why_size)
{
	static char *crucible[] = { "crucible_*:*" };
	struct wild *w = calloc(1, sizeof(*w));
	int err;

	if (!w) {
		snprintf(why, why_size, "allocate memory");
		return -ENOMEM;
	}
	w->report = *report;
	w->options = options;
	w->patterns = options->args;
	w->npatterns = options->nargs;
	if (report->takes & TAKES_PROBES) {
		w->patterns = options->nprobes ? options->probes : crucible;
		w->npatterns = options->nprobes ? options->nprobes : 1;
	}
	err = wild_check(w, why, why_size);
	if (err) {
		free(w);
		return err;
	}
	w->format = (struct latency_format){
		.labels = w->labels,
		.row_by = w->row_by,
		.by = options->by,
		.key = { LATENCY_KEY_LABEL, options->by ? LATENCY_KEY_BY : LATENCY_KEY_END }
	};
	w->report.rules = w->rules;
	w->report.latency = &w->format;
	w->report.rows = report->wild == WILD_COUNT	? MAX_COUNTS
			 : report->wild == WILD_LATENCY ? MAX_PAIRS
							: 0;
	w->report.max_by = options->by ? MAX_SPLITS : 0;
	*out = w;
	return 0;
}

void wild__free(struct wild *w)
{
	struct probe *next;

	if (!w)
		return;
	for (struct probe *p = w->probes; p; p = next) {
		next = p->next;
		free(p->provider);
		free(p->name);
		free(p);
	}
	for (int i = 0; i < w->nlabels; i++)
		free((char *)w->labels[i]);
	free(w);
}

const struct report *wild_report(const struct wild *w)
{
	return &w->report;
}

int wild_refused(const struct wild *w)
{
	return w->refused;
}
