// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The plan: from a binary's notes and a report's rules to offsets, cookies and the table of sites.
 */
#include <errno.h>
#include <stdlib.h>

#include "core/plan.h"
#include "regs.h"
#include "test.h"

#define ARG(n, s, r)                                                                     \
	{                                                                                \
		.kind = NOTE_ARG_REG, .reg = r, .size = s, .is_signed = n, .text = "reg" \
	}

static struct note_site read_sites[] = {
	{ .offset = 0x100,
	  .sema_offset = 0x900,
	  .args_text = "8@%rdi",
	  .nargs = 1,
	  .args = { ARG(false, 8, X86_RDI) } },
	{ .offset = 0x200,
	  .sema_offset = 0x900,
	  .args_text = "8@%rdi",
	  .nargs = 1,
	  .args = { ARG(false, 8, X86_RDI) } },
	/* of an object built otherwise: another register, and no semaphore */
	{ .offset = 0x300, .args_text = "-4@%ebx", .nargs = 1, .args = { ARG(true, 4, X86_RBX) } },
};
static struct note_site done_sites[] = {
	{ .offset = 0x400,
	  .sema_offset = 0x902,
	  .args_text = "8@%rdi 1@%sil",
	  .nargs = 2,
	  .args = { ARG(false, 8, X86_RDI), ARG(false, 1, X86_RSI) } },
};
static struct note_site memory_sites[] = {
	{ .offset = 0x500,
	  .args_text = "8@-16(%rbp)",
	  .nargs = 1,
	  .args = { { .kind = NOTE_ARG_OTHER, .reg = REGS_NONE, .text = "8@-16(%rbp)" } } },
};
static struct note_probe probes[] = {
	{ .provider = "p", .name = "done", .sema_offset = 0x902, .sites = done_sites, .nsites = 1 },
	{ .provider = "p", .name = "memory", .sites = memory_sites, .nsites = 1 },
	{ .provider = "p",
	  .name = "start",
	  .sema_offset = 0x900,
	  .sites = read_sites,
	  .nsites = 3 },
	{ .provider = "q", .name = "start", .sites = done_sites, .nsites = 1 },
};
static const struct notes notes = { .probes = probes, .nprobes = 4 };

static struct usdt_site sites[PLAN_MAX_SITES];

#define RULE(provider_, probe_, ...)                                            \
	{                                                                       \
		.provider = provider_, .probe = probe_, .fold = { __VA_ARGS__ } \
	}

static const struct probe_rule rules[] = {
	RULE("p", "start", .verb = FOLD_START, .job = 0, .sub = FOLD_FROM_NONE,
	     .by = FOLD_FROM_NONE),
	RULE("p", "done", .verb = FOLD_DONE, .job = 0, .sub = 1, .by = FOLD_FROM_NONE),
	RULE("p", "done", .verb = FOLD_COUNT, .by = FOLD_FROM_NONE, .group = 5),
	{ 0 },
};

static struct plan *plan_new(const struct probe_rule *wanted)
{
	return plan__new(&(struct plan_options){ .rules = wanted }, sites);
}

static void wanted_probes_become_points(void)
{
	struct plan *plan = plan_new(rules);
	struct attach_point *points = NULL;
	char why[128] = "";

	memset(sites, 0, sizeof(sites));
	CHECK(plan_wants(rules, &notes));
	/* three of start, one of done; provider q's start is another probe */
	CHECK_INT(plan_points(plan, &notes, &points, why, sizeof(why)), 4);
	CHECK_INT(points[0].offset, 0x400);
	CHECK_INT(points[0].sema_offset, 0x902);
	CHECK_INT(points[1].offset, 0x100);
	CHECK_INT(points[1].sema_offset, 0x900);
	CHECK_INT(points[3].sema_offset, 0);
	/* like sites share an entry, the odd one has its own */
	CHECK_INT(points[1].site, points[2].site);
	CHECK(points[3].site != points[1].site);
	CHECK_INT(sites[points[3].site].args[0].reg, X86_RBX);
	CHECK_INT(sites[points[3].site].args[0].shift, 32);
	CHECK_INT(sites[points[3].site].args[0].is_signed, 1);
	/* a probe with two rules has both, and reads the arguments they need */
	CHECK_INT(sites[points[0].site].rules[0].verb, FOLD_DONE);
	CHECK_INT(sites[points[0].site].rules[1].verb, FOLD_COUNT);
	CHECK_INT(sites[points[0].site].rules[2].verb, FOLD_NONE);
	CHECK_INT(sites[points[0].site].nargs, 2);
	CHECK_INT(sites[points[0].site].args[1].shift, 56);
	CHECK_INT(sites[points[1].site].nargs, 1);
	free(points);
	plan__free(plan);
}

static void unreadable_argument_is_refused_by_name(void)
{
	static const struct probe_rule memory[] = {
		RULE("p", "memory", .verb = FOLD_START, .job = 0, .sub = FOLD_FROM_NONE,
		     .by = FOLD_FROM_NONE),
		{ 0 },
	};
	struct plan *plan = plan_new(memory);
	struct attach_point *points = NULL;
	char why[128] = "";

	CHECK_INT(plan_points(plan, &notes, &points, why, sizeof(why)), -ENOTSUP);
	CHECK_STR(why,
		  "p:memory argument 0 is \"8@-16(%rbp)\": only registers and constants can be "
		  "read");
	plan__free(plan);
}

static void unreadable_argument_that_is_not_read_does_not_matter(void)
{
	static const struct probe_rule count[] = {
		RULE("p", "memory", .verb = FOLD_COUNT, .by = FOLD_FROM_NONE),
		{ 0 },
	};
	struct plan *plan = plan_new(count);
	struct attach_point *points = NULL;
	char why[128] = "";

	CHECK_INT(plan_points(plan, &notes, &points, why, sizeof(why)), 1);
	free(points);
	plan__free(plan);
}

static void missing_argument_is_refused_by_name(void)
{
	static const struct probe_rule third[] = {
		RULE("p", "done", .verb = FOLD_COUNT, .by = 2),
		{ 0 },
	};
	struct plan *plan = plan_new(third);
	struct attach_point *points = NULL;
	char why[128] = "";

	CHECK_INT(plan_points(plan, &notes, &points, why, sizeof(why)), -ENOTSUP);
	CHECK_STR(why, "p:done has no argument 2 (it has \"8@%rdi 1@%sil\")");
	plan__free(plan);
}

static void too_many_rules_of_a_probe_are_an_error(void)
{
	static const struct probe_rule five[] = {
		RULE("p", "done", .verb = FOLD_COUNT, .by = FOLD_FROM_NONE, .group = 0),
		RULE("p", "done", .verb = FOLD_COUNT, .by = FOLD_FROM_NONE, .group = 1),
		RULE("p", "start", .verb = FOLD_COUNT, .by = FOLD_FROM_NONE, .group = 1),
		RULE("p", "done", .verb = FOLD_COUNT, .by = FOLD_FROM_NONE, .group = 2),
		RULE("p", "done", .verb = FOLD_COUNT, .by = FOLD_FROM_NONE, .group = 3),
		RULE("p", "done", .verb = FOLD_COUNT, .by = FOLD_FROM_NONE, .group = 4),
		{ 0 },
	};
	struct plan *plan = plan_new(five);
	struct attach_point *points = NULL;
	char why[128] = "";

	CHECK_INT(plan_most_rules(five), 5);
	CHECK_INT(plan_most_rules(rules), 2);
	CHECK_INT(plan_points(plan, &notes, &points, why, sizeof(why)), -E2BIG);
	CHECK_STR(why, "p:done has more than 4 rules");
	plan__free(plan);
}

static void full_table_of_sites_is_an_error(void)
{
	/* as many kinds of sites as there are, and one more: each has a constant of its own */
	static struct note_site many[PLAN_MAX_SITES + 1];
	static struct note_probe probe = { .provider = "p", .name = "done", .sites = many };
	static const struct notes full = { .probes = &probe, .nprobes = 1 };
	static const struct probe_rule count[] = { RULE("p", "done", .verb = FOLD_COUNT, .by = 0),
						   { 0 } };
	struct plan *plan = plan_new(count);
	struct attach_point *points = NULL;
	char why[128] = "";

	for (int i = 0; i <= PLAN_MAX_SITES; i++)
		many[i] = (struct note_site){
			.args_text = "8@$1",
			.nargs = 1,
			.args = { { .kind = NOTE_ARG_CONST, .size = 8, .value = i } }
		};
	probe.nsites = PLAN_MAX_SITES;
	CHECK_INT(plan_points(plan, &full, &points, why, sizeof(why)), PLAN_MAX_SITES);
	free(points);
	probe.nsites++;
	CHECK_INT(plan_points(plan, &full, &points, why, sizeof(why)), -ENOSPC);
	CHECK_STR(why, "more than 4096 kinds of sites");
	plan__free(plan);
}

static void unwanted_notes_are_not_wanted(void)
{
	static const struct probe_rule other[] = {
		RULE("r", "start", .verb = FOLD_COUNT, .by = FOLD_FROM_NONE), { 0 }
	};

	CHECK(!plan_wants(other, &notes));
}

static const struct test tests[] = {
	TEST(wanted_probes_become_points),
	TEST(unreadable_argument_is_refused_by_name),
	TEST(unreadable_argument_that_is_not_read_does_not_matter),
	TEST(missing_argument_is_refused_by_name),
	TEST(too_many_rules_of_a_probe_are_an_error),
	TEST(full_table_of_sites_is_an_error),
	TEST(unwanted_notes_are_not_wanted),
};

TEST_MAIN("plan")
