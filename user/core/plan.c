// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan.h"
#include "regs.h"
#include "signature.h"

struct plan {
	struct plan_options options;
	struct usdt_site *sites; /* [PLAN_MAX_SITES] */
	struct usdt_site *own;	 /* the same, when nobody gave it */
	int nsites;
	struct hit_probe *probes;
	int nprobes;
	uint32_t nbinaries; /* of which points were made */
};

struct plan *plan__new(const struct plan_options *options, struct usdt_site *sites)
{
	struct plan *plan = calloc(1, sizeof(*plan));

	if (!plan)
		return NULL;
	plan->options = *options;
	plan->sites = sites;
	if (!sites)
		plan->sites = plan->own =
			aligned_alloc(_Alignof(struct usdt_site), PLAN_MAX_SITES * sizeof(*sites));
	if (!plan->sites) {
		free(plan);
		return NULL;
	}
	return plan;
}

void plan__free(struct plan *plan)
{
	if (!plan)
		return;
	free(plan->probes);
	free(plan->own);
	free(plan);
}

static bool rule_matches(const struct probe_rule *rule, const char *provider, const char *probe)
{
	return !strcmp(rule->probe, probe) && !strcmp(rule->provider, provider);
}

bool plan_wants_probe(const struct probe_rule *rules, const char *provider, const char *probe)
{
	for (const struct probe_rule *rule = rules; rule->provider; rule++)
		if (rule_matches(rule, provider, probe))
			return true;
	return false;
}

static bool rules_want(const struct probe_rule *rules, const struct note_probe *probe)
{
	return plan_wants_probe(rules, probe->provider, probe->name);
}

bool plan_wants(const struct probe_rule *rules, const struct notes *notes)
{
	for (int i = 0; i < notes->nprobes; i++)
		if (rules_want(rules, &notes->probes[i]))
			return true;
	return false;
}

int plan_most_rules(const struct probe_rule *rules)
{
	int most = 1;

	for (const struct probe_rule *a = rules; a->provider; a++) {
		int n = 0;

		for (const struct probe_rule *b = rules; b->provider; b++)
			n += rule_matches(a, b->provider, b->probe);
		if (n > most)
			most = n;
	}
	return most;
}

uint32_t plan_verbs(const struct probe_rule *rules)
{
	const uint32_t alone = 1u << FOLD_NONE | 1u << FOLD_COUNT | 1u << FOLD_VALUE;
	uint32_t verbs = 0;

	for (const struct probe_rule *rule = rules; rule->provider; rule++)
		verbs |= 1u << rule->fold.verb;
	if (verbs & ~alone)
		verbs |= 1u << FOLD_START;
	return verbs & ~(1u << FOLD_NONE);
}

bool plan_uses_threads(const struct probe_rule *rules)
{
	for (const struct probe_rule *rule = rules; rule->provider; rule++)
		if (rule->fold.job == FOLD_FROM_TID || rule->fold.sub == FOLD_FROM_TID ||
		    rule->fold.by == FOLD_FROM_TID)
			return true;
	return false;
}

static bool is_text(uint8_t texts, uint8_t from)
{
	return from < FOLD_MAX_ARGS && texts & 1u << from;
}

bool plan_uses_texts(const struct probe_rule *rules)
{
	for (const struct probe_rule *rule = rules; rule->provider; rule++) {
		uint8_t texts = signature_texts(signature_find(rule->provider, rule->probe));

		bool keyed = rule->fold.verb != FOLD_NONE && rule->fold.verb != FOLD_COUNT;

		if (keyed && (is_text(texts, rule->fold.job) || is_text(texts, rule->fold.sub)))
			return true;
		if (rule->fold.verb != FOLD_NONE && is_text(texts, rule->fold.by))
			return true;
	}
	return false;
}

int plan_probe_rules(const struct probe_rule *rules, const char *provider, const char *probe,
		     plan_has_fn has, const void *arg, struct fold_rule fold[USDT_MAX_RULES])
{
	int n = 0;

	memset(fold, 0, USDT_MAX_RULES * sizeof(*fold));
	for (const struct probe_rule *rule = rules; rule->provider; rule++) {
		if (!rule_matches(rule, provider, probe) || rule->fold.verb == FOLD_NONE)
			continue;
		if (rule->with && !has(arg, provider, rule->with))
			continue;
		if (rule->without && has(arg, provider, rule->without))
			continue;
		if (n == USDT_MAX_RULES)
			return -E2BIG;
		fold[n++] = rule->fold;
	}
	return n;
}

static bool notes_have(const void *arg, const char *provider, const char *probe)
{
	const struct notes *notes = arg;

	for (int i = 0; i < notes->nprobes; i++)
		if (!strcmp(notes->probes[i].name, probe) &&
		    !strcmp(notes->probes[i].provider, provider))
			return true;
	return false;
}

/* Notes that an argument of number `from` is read, where it is an argument. */
static void site_reads(struct usdt_site *site, uint8_t from)
{
	if (from < FOLD_MAX_ARGS && from >= site->nargs)
		site->nargs = from + 1;
}

/* The rules of a site, and how many arguments they want. */
static int site_rules(const struct plan *plan, const struct notes *notes,
		      const struct note_probe *probe, struct usdt_site *site, char *why,
		      size_t why_size)
{
	int n = plan_probe_rules(plan->options.rules, probe->provider, probe->name, notes_have,
				 notes, site->rules);

	if (n < 0) {
		snprintf(why, why_size, "%s:%s has more than %d rules", probe->provider,
			 probe->name, USDT_MAX_RULES);
		return n;
	}
	for (int i = 0; i < n; i++) {
		site_reads(site, site->rules[i].by);
		if (site->rules[i].verb == FOLD_COUNT)
			continue;
		site_reads(site, site->rules[i].job);
		site_reads(site, site->rules[i].sub);
	}
	return 0;
}

/* One argument; false when it stands where it can't be read. */
static bool site_arg(const struct note_arg *arg, bool is_text, struct usdt_arg *out)
{
	if (arg->kind == NOTE_ARG_OTHER)
		return false;
	*out = (struct usdt_arg){
		.reg = arg->kind == NOTE_ARG_REG ? arg->reg : REGS_NONE,
		.shift = 64 - 8 * arg->size,
		.is_signed = arg->is_signed,
		.is_text = is_text && arg->size == 8,
		.value = arg->value,
	};
	return true;
}

static int refuse_arg(const struct note_probe *probe, const struct note_site *note, uint32_t n,
		      char *why, size_t why_size)
{
	if (n >= (uint32_t)note->nargs)
		snprintf(why, why_size, "%s:%s has no argument %u (it has \"%s\")", probe->provider,
			 probe->name, n, note->args_text);
	else
		snprintf(why, why_size,
			 "%s:%s argument %u is \"%s\": only registers and constants can be read",
			 probe->provider, probe->name, n, note->args[n].text);
	return -ENOTSUP;
}

/* How many arguments of a site hits carry. */
static uint32_t hit_args(const struct plan *plan, const struct note_site *note)
{
	return (uint32_t)note->nargs < plan->options.hit_args ? (uint32_t)note->nargs
							      : plan->options.hit_args;
}

/*
 * Where the site's arguments stand: the first site->nargs, which rules want, and all of them where
 * hits are sent; of these `unread` gets those that can't be read.
 */
static int site_args(const struct plan *plan, const struct note_probe *probe,
		     const struct note_site *note, struct usdt_site *site, uint8_t *unread,
		     char *why, size_t why_size)
{
	const struct signature *signature = signature_find(probe->provider, probe->name);
	uint32_t texts = signature ? signature_texts(signature) : plan->options.texts;
	uint32_t wanted = site->nargs;

	if (site->sends && hit_args(plan, note) > site->nargs)
		site->nargs = hit_args(plan, note);
	for (uint32_t i = 0; i < site->nargs; i++) {
		bool there = i < (uint32_t)note->nargs &&
			     site_arg(&note->args[i], texts & 1u << i, &site->args[i]);

		if (!there && i < wanted)
			return refuse_arg(probe, note, i, why, why_size);
		if (!there) {
			site->args[i] = (struct usdt_arg){ .reg = REGS_NONE };
			*unread |= 1u << i;
		}
		if (site->args[i].is_text)
			site->texts |= 1u << i;
	}
	return 0;
}

/* The number of an entry like `site` in the table of sites, made when there is none. */
static int site_number(struct plan *plan, const struct usdt_site *site)
{
	for (int i = 0; i < plan->nsites; i++)
		if (!memcmp(&plan->sites[i], site, sizeof(*site)))
			return i;
	if (plan->nsites == PLAN_MAX_SITES)
		return -ENOSPC;
	plan->sites[plan->nsites] = *site;
	return plan->nsites++;
}

/* The number of a probe whose hits are sent, or -ENOMEM. */
static int probe_number(struct plan *plan, const struct note_probe *probe)
{
	struct hit_probe *all;

	/* a binary is attached to once for each of its processes that were named */
	for (int i = 0; i < plan->nprobes; i++)
		if (plan->probes[i].provider == probe->provider &&
		    plan->probes[i].name == probe->name)
			return i;
	all = reallocarray(plan->probes, plan->nprobes + 1, sizeof(*plan->probes));
	if (!all)
		return -ENOMEM;
	plan->probes = all;
	all[plan->nprobes] = (struct hit_probe){ .provider = probe->provider,
						 .name = probe->name,
						 .binary = plan->nbinaries };
	return plan->nprobes++;
}

static bool probe_sends(const struct plan *plan, const struct note_probe *probe)
{
	if (plan->options.hits != PLAN_HITS_ASKED)
		return plan->options.hits == PLAN_HITS_ALL;
	for (const struct probe_rule *rule = plan->options.rules; rule->provider; rule++)
		if (rule->fold.verb == FOLD_NONE &&
		    rule_matches(rule, probe->provider, probe->name))
			return true;
	return false;
}

static int plan_site(struct plan *plan, const struct notes *notes, const struct note_probe *probe,
		     const struct note_site *note, int number, char *why, size_t why_size)
{
	struct usdt_site site;
	uint8_t unread = 0;
	int err;

	memset(&site, 0, sizeof(site)); /* padding too: sites are compared whole */
	site.sends = number >= 0;
	err = site_rules(plan, notes, probe, &site, why, why_size);
	err = err ? err : site_args(plan, probe, note, &site, &unread, why, why_size);
	if (err)
		return err;
	if (number >= 0) {
		struct hit_probe *hit = &plan->probes[number];

		site.probe = number;
		hit->nargs = site.nargs > hit->nargs ? site.nargs : hit->nargs;
		hit->texts |= site.texts;
		hit->unread |= unread;
	}
	err = site_number(plan, &site);
	if (err < 0)
		snprintf(why, why_size, "more than %d kinds of sites", PLAN_MAX_SITES);
	return err;
}

static int plan_probe(struct plan *plan, const struct notes *notes, const struct note_probe *probe,
		      struct attach_point *points, char *why, size_t why_size)
{
	int number = probe_sends(plan, probe) ? probe_number(plan, probe) : -1;

	if (number == -ENOMEM) {
		snprintf(why, why_size, "no memory for %s:%s", probe->provider, probe->name);
		return number;
	}
	for (int i = 0; i < probe->nsites; i++) {
		int site = plan_site(plan, notes, probe, &probe->sites[i], number, why, why_size);

		if (site < 0)
			return site;
		points[i] = (struct attach_point){
			.offset = probe->sites[i].offset,
			.sema_offset = probe->sites[i].sema_offset,
			.site = site,
			.probe = probe,
		};
	}
	return probe->nsites;
}

int plan_points(struct plan *plan, const struct notes *notes, struct attach_point **points,
		char *why, size_t why_size)
{
	struct attach_point *all;
	int max = 0, n = 0;

	for (int i = 0; i < notes->nprobes; i++)
		if (rules_want(plan->options.rules, &notes->probes[i]))
			max += notes->probes[i].nsites;
	all = calloc(max ? max : 1, sizeof(*all));
	if (!all) {
		snprintf(why, why_size, "no memory for %d sites", max);
		return -ENOMEM;
	}
	for (int i = 0; i < notes->nprobes; i++) {
		int added;

		if (!rules_want(plan->options.rules, &notes->probes[i]))
			continue;
		added = plan_probe(plan, notes, &notes->probes[i], all + n, why, why_size);
		if (added < 0) {
			free(all);
			return added;
		}
		n += added;
	}
	plan->nbinaries++;
	*points = all;
	return n;
}

const struct hit_probe *plan_probes(const struct plan *plan, int *n)
{
	*n = plan->nprobes;
	return plan->probes;
}
