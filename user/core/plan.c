// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan.h"
#include "regs.h"

struct plan {
	const struct probe_rule *rules;
	struct usdt_site *sites; /* [PLAN_MAX_SITES] */
	struct usdt_site *own;	 /* the same, when nobody gave it */
	int nsites;
};

struct plan *plan__new(const struct probe_rule *rules, struct usdt_site *sites)
{
	struct plan *plan = calloc(1, sizeof(*plan));

	if (!plan)
		return NULL;
	plan->rules = rules;
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
	free(plan->own);
	free(plan);
}

static bool rule_matches(const struct probe_rule *rule, const struct note_probe *probe)
{
	return !strcmp(rule->probe, probe->name) && !strcmp(rule->provider, probe->provider);
}

static bool rules_want(const struct probe_rule *rules, const struct note_probe *probe)
{
	for (const struct probe_rule *rule = rules; rule->provider; rule++)
		if (rule_matches(rule, probe))
			return true;
	return false;
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
			n += !strcmp(a->probe, b->probe) && !strcmp(a->provider, b->provider);
		if (n > most)
			most = n;
	}
	return most;
}

/* Notes that an argument of number `from` is read, where it is an argument. */
static void site_reads(struct usdt_site *site, uint8_t from)
{
	if (from < FOLD_MAX_ARGS && from >= site->nargs)
		site->nargs = from + 1;
}

static int site_rules(const struct plan *plan, const struct note_probe *probe,
		      struct usdt_site *site, char *why, size_t why_size)
{
	int n = 0;

	for (const struct probe_rule *rule = plan->rules; rule->provider; rule++) {
		if (!rule_matches(rule, probe))
			continue;
		if (n == USDT_MAX_RULES) {
			snprintf(why, why_size, "%s:%s has more than %d rules", probe->provider,
				 probe->name, USDT_MAX_RULES);
			return -E2BIG;
		}
		site->rules[n++] = rule->fold;
		site_reads(site, rule->fold.by);
		if (rule->fold.verb == FOLD_COUNT)
			continue;
		site_reads(site, rule->fold.job);
		site_reads(site, rule->fold.sub);
	}
	return 0;
}

/* Where the site's first nargs arguments stand. */
static int site_args(const struct note_probe *probe, const struct note_site *note,
		     struct usdt_site *site, char *why, size_t why_size)
{
	for (uint32_t i = 0; i < site->nargs; i++) {
		const struct note_arg *arg = &note->args[i];

		if (i >= (uint32_t)note->nargs) {
			snprintf(why, why_size, "%s:%s has no argument %u (it has \"%s\")",
				 probe->provider, probe->name, i, note->args_text);
			return -ENOTSUP;
		}
		if (arg->kind == NOTE_ARG_OTHER) {
			snprintf(
				why, why_size,
				"%s:%s argument %u is \"%s\": only registers and constants can be read",
				probe->provider, probe->name, i, arg->text);
			return -ENOTSUP;
		}
		site->args[i] = (struct usdt_arg){
			.reg = arg->kind == NOTE_ARG_REG ? arg->reg : REGS_NONE,
			.shift = 64 - 8 * arg->size,
			.is_signed = arg->is_signed,
			.value = arg->value,
		};
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

static int plan_probe(struct plan *plan, const struct note_probe *probe,
		      struct attach_point *points, char *why, size_t why_size)
{
	for (int i = 0; i < probe->nsites; i++) {
		struct usdt_site site;
		int err, number;

		memset(&site, 0, sizeof(site)); /* padding too: sites are compared whole */
		err = site_rules(plan, probe, &site, why, why_size);
		err = err ? err : site_args(probe, &probe->sites[i], &site, why, why_size);
		if (err)
			return err;
		number = site_number(plan, &site);
		if (number < 0) {
			snprintf(why, why_size, "more than %d kinds of sites", PLAN_MAX_SITES);
			return number;
		}
		points[i] = (struct attach_point){
			.offset = probe->sites[i].offset,
			.sema_offset = probe->sites[i].sema_offset,
			.site = number,
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
		if (rules_want(plan->rules, &notes->probes[i]))
			max += notes->probes[i].nsites;
	all = calloc(max ? max : 1, sizeof(*all));
	if (!all) {
		snprintf(why, why_size, "no memory for %d sites", max);
		return -ENOMEM;
	}
	for (int i = 0; i < notes->nprobes; i++) {
		int added;

		if (!rules_want(plan->rules, &notes->probes[i]))
			continue;
		added = plan_probe(plan, &notes->probes[i], all + n, why, why_size);
		if (added < 0) {
			free(all);
			return added;
		}
		n += added;
	}
	*points = all;
	return n;
}
