// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The plan beyond a probe's plain rules: those that depend on what else the binary has, texts, and
 * hits that are sent, with the numbers of their probes.
 */
#include <errno.h>
#include <stdlib.h>

#include "core/plan.h"
#include "regs.h"
#include "test.h"

#define UP "crucible_upstairs"

#define ARG8(r)                                                          \
	{                                                                \
		.kind = NOTE_ARG_REG, .reg = r, .size = 8, .text = "reg" \
	}
#define ARG4(r)                                                          \
	{                                                                \
		.kind = NOTE_ARG_REG, .reg = r, .size = 4, .text = "reg" \
	}
#define MEMORY                                                                             \
	{                                                                                  \
		.kind = NOTE_ARG_OTHER, .reg = REGS_NONE, .size = 8, .text = "8@-16(%rbp)" \
	}

#define RULE(provider_, probe_, ...)                                            \
	{                                                                       \
		.provider = provider_, .probe = probe_, .fold = { __VA_ARGS__ } \
	}

static struct note_site none[] = { { .offset = 0x100, .args_text = "" } };
static struct note_site job[] = {
	{ .offset = 0x200, .args_text = "8@%rdi", .nargs = 1, .args = { ARG8(X86_RDI) } }
};
static struct note_site counter_volume[] = { { .offset = 0x300,
					       .args_text = "4@%edi 8@%rsi",
					       .nargs = 2,
					       .args = { ARG4(X86_RDI), ARG8(X86_RSI) } } };
static struct note_site mixed[] = {
	{ .offset = 0x400,
	  .args_text = "4@%edi 8@-16(%rbp) 8@%rdx",
	  .nargs = 3,
	  .args = { ARG4(X86_RDI), MEMORY, ARG8(X86_RDX) } },
	{ .offset = 0x500,
	  .args_text = "4@%edi 8@%rsi",
	  .nargs = 2,
	  .args = { ARG4(X86_RDI), ARG8(X86_RSI) } },
};

#define PROBE(provider_, name_, sites_)                                                    \
	{                                                                                  \
		.provider = (char *)(provider_), .name = (char *)(name_), .sites = sites_, \
		.nsites = sizeof(sites_) / sizeof((sites_)[0])                             \
	}

static struct usdt_site sites[PLAN_MAX_SITES];
static struct attach_point *points;
static char why[160];

/* The number of points of these notes; `points` has them until the next call. */
static int points_of(struct plan *plan, const struct notes *notes)
{
	free(points);
	points = NULL;
	why[0] = '\0';
	return plan_points(plan, notes, &points, why, sizeof(why));
}

/* --- with, without --- */

static const struct probe_rule either[] = {
	{ .provider = "p",
	  .probe = "end",
	  .with = "middle",
	  .fold = { .verb = FOLD_DONE, .job = 0, .sub = FOLD_FROM_NONE, .by = FOLD_FROM_NONE } },
	{ .provider = "p",
	  .probe = "end",
	  .without = "middle",
	  .fold = { .verb = FOLD_DONE_MARKED,
		    .job = 0,
		    .sub = FOLD_FROM_NONE,
		    .by = FOLD_FROM_NONE } },
	RULE("p", "end", .verb = FOLD_COUNT, .by = FOLD_FROM_NONE),
	{ 0 },
};

static bool has_word(const void *arg, const char *provider, const char *probe)
{
	return !strcmp(provider, "p") && strstr(arg, probe);
}

static void rules_depend_on_what_else_there_is(void)
{
	struct fold_rule fold[USDT_MAX_RULES];

	CHECK_INT(plan_probe_rules(either, "p", "end", has_word, "start middle end", fold), 2);
	CHECK_INT(fold[0].verb, FOLD_DONE);
	CHECK_INT(fold[1].verb, FOLD_COUNT);
	CHECK_INT(fold[2].verb, FOLD_NONE);
	CHECK_INT(plan_probe_rules(either, "p", "end", has_word, "start end", fold), 2);
	CHECK_INT(fold[0].verb, FOLD_DONE_MARKED);
	CHECK_INT(fold[1].verb, FOLD_COUNT);
	CHECK_INT(fold[2].verb, FOLD_NONE);
	/* another provider's probe of that name, or another name, has none */
	memset(fold, 0xff, sizeof(fold));
	CHECK_INT(plan_probe_rules(either, "q", "end", has_word, "", fold), 0);
	CHECK_INT(fold[0].verb, FOLD_NONE);
	CHECK_INT(plan_probe_rules(either, "p", "ends", has_word, "", fold), 0);
}

static void notes_say_what_there_is(void)
{
	struct note_probe old[] = { PROBE("p", "end", job), PROBE("p", "middle", none) };
	struct note_probe new[] = { PROBE("p", "end", job), PROBE("q", "middle", none) };
	const struct notes old_notes = { .probes = old, .nprobes = 2 };
	const struct notes new_notes = { .probes = new, .nprobes = 2 };
	struct plan *plan = plan__new(&(struct plan_options){ .rules = either }, sites);

	/* two builds at once, each with its own rules */
	CHECK_INT(points_of(plan, &old_notes), 1);
	CHECK_INT(sites[points[0].site].rules[0].verb, FOLD_DONE);
	CHECK_INT(points_of(plan, &new_notes), 1);
	CHECK_INT(sites[points[0].site].rules[0].verb, FOLD_DONE_MARKED);
	CHECK_INT(sites[points[0].site].rules[1].verb, FOLD_COUNT);
	plan__free(plan);
}

static void limit_is_of_the_rules_that_hold(void)
{
	static const struct probe_rule many[] = {
		{ .provider = "p", .probe = "end", .with = "x", .fold = { .verb = FOLD_COUNT } },
		{ .provider = "p", .probe = "end", .with = "x", .fold = { .verb = FOLD_COUNT } },
		{ .provider = "p", .probe = "end", .with = "y", .fold = { .verb = FOLD_COUNT } },
		{ .provider = "p", .probe = "end", .with = "y", .fold = { .verb = FOLD_COUNT } },
		{ .provider = "p", .probe = "end", .fold = { .verb = FOLD_COUNT } },
		{ 0 },
	};
	struct fold_rule fold[USDT_MAX_RULES];

	CHECK_INT(plan_probe_rules(many, "p", "end", has_word, "x", fold), 3);
	CHECK_INT(plan_probe_rules(many, "p", "end", has_word, "y", fold), 3);
	CHECK_INT(plan_probe_rules(many, "p", "end", has_word, "x y", fold), -E2BIG);
}

/* --- what a table of rules needs --- */

#define VERBS(...) plan_verbs((const struct probe_rule[]){ __VA_ARGS__, { 0 } })

static void verbs_are_gathered(void)
{
	CHECK_INT(VERBS(RULE("p", "a", .verb = FOLD_COUNT)), 1 << FOLD_COUNT);
	CHECK_INT(VERBS(RULE("p", "a", .verb = FOLD_VALUE)), 1 << FOLD_VALUE);
	CHECK_INT(VERBS(RULE("p", "a", .verb = FOLD_NONE)), 0);
	CHECK_INT(VERBS(RULE("p", "a", .verb = FOLD_START), RULE("p", "b", .verb = FOLD_DONE)),
		  1 << FOLD_START | 1 << FOLD_DONE);
	/* what is paired in any way is asked for by FOLD_START */
	CHECK_INT(VERBS(RULE("p", "a", .verb = FOLD_START_MARKED)),
		  1 << FOLD_START | 1 << FOLD_START_MARKED);
	CHECK_INT(VERBS(RULE("p", "a", .verb = FOLD_MARK)), 1 << FOLD_START | 1 << FOLD_MARK);
	CHECK_INT(VERBS(RULE("p", "a", .verb = FOLD_DONE_MARKED)),
		  1 << FOLD_START | 1 << FOLD_DONE_MARKED);
	CHECK_INT(VERBS(RULE("p", "a", .verb = FOLD_DONE_EACH)),
		  1 << FOLD_START | 1 << FOLD_DONE_EACH);
	CHECK_INT(VERBS(RULE("p", "a", .verb = FOLD_DONE_OR), RULE("p", "b", .verb = FOLD_COUNT)),
		  1 << FOLD_START | 1 << FOLD_DONE_OR | 1 << FOLD_COUNT);
}

#define NO		.sub = FOLD_FROM_NONE, .by = FOLD_FROM_NONE
#define USES(what, ...) plan_uses_##what((const struct probe_rule[]){ __VA_ARGS__, { 0 } })

static void threads_and_texts_are_noticed(void)
{
	CHECK(!USES(threads, RULE(UP, "a", .verb = FOLD_START, .job = 0, NO)));
	CHECK(USES(threads, RULE(UP, "a", .verb = FOLD_START, .job = FOLD_FROM_TID, NO)));
	CHECK(USES(threads, RULE(UP, "a", .verb = FOLD_COUNT, .by = FOLD_FROM_TID)));
	/* argument 1 of volume probes is a text, argument 0 is not, and other providers' none */
	CHECK(!USES(texts, RULE(UP, "volume-read-done", .verb = FOLD_DONE, .job = 0, NO)));
	CHECK(USES(texts, RULE(UP, "volume-read-done", .verb = FOLD_DONE, .job = 0, .sub = 1,
			       .by = FOLD_FROM_NONE)));
	CHECK(USES(texts, RULE(UP, "volume-read-done", .verb = FOLD_COUNT, .by = 1)));
	CHECK(USES(texts, RULE(UP, "up-status", .verb = FOLD_START, .job = 1, NO)));
	CHECK(!USES(texts, RULE("p", "volume-read-done", .verb = FOLD_COUNT, .by = 1)));
	/* a count has no key: what stands in its place is not read; where hits are sent nothing is
	 */
	CHECK(!USES(texts, RULE(UP, "up-status", .verb = FOLD_COUNT, .job = 0, NO)));
	CHECK(!USES(texts, RULE(UP, "up-status", .verb = FOLD_NONE, .job = 0, .by = 0)));
}

/* --- texts --- */

static void known_texts_are_marked(void)
{
	static const struct probe_rule rules[] = {
		RULE(UP, "volume-read-done", .verb = FOLD_COUNT, .by = 1), { 0 }
	};
	struct note_probe probes[] = { PROBE(UP, "volume-read-done", counter_volume) };
	const struct notes notes = { .probes = probes, .nprobes = 1 };
	/* --text is for probes that are not known */
	const struct plan_options options = { .rules = rules, .texts = 1 };
	struct plan *plan = plan__new(&options, sites);

	CHECK_INT(points_of(plan, &notes), 1);
	CHECK_INT(sites[points[0].site].nargs, 2);
	CHECK_INT(sites[points[0].site].texts, 2);
	CHECK_INT(sites[points[0].site].args[0].is_text, 0);
	CHECK_INT(sites[points[0].site].args[1].is_text, 1);
	plan__free(plan);
}

static void texts_of_unknown_probes_are_those_that_were_named(void)
{
	static const struct probe_rule rules[] = { RULE("p", "a", .verb = FOLD_COUNT, .by = 1),
						   { 0 } };
	struct note_probe probes[] = { PROBE("p", "a", counter_volume) };
	const struct notes notes = { .probes = probes, .nprobes = 1 };
	struct plan *plan = plan__new(&(struct plan_options){ .rules = rules }, sites);

	CHECK_INT(points_of(plan, &notes), 1);
	CHECK_INT(sites[points[0].site].texts, 0);
	plan__free(plan);
	/* argument 0 has four bytes: it points nowhere, whatever was said */
	plan = plan__new(&(struct plan_options){ .rules = rules, .texts = 3 }, sites);
	CHECK_INT(points_of(plan, &notes), 1);
	CHECK_INT(sites[points[0].site].texts, 2);
	CHECK_INT(sites[points[0].site].args[0].is_text, 0);
	CHECK_INT(sites[points[0].site].args[1].is_text, 1);
	plan__free(plan);
}

/* --- hits --- */

static const struct probe_rule sent[] = { RULE("p", "none", .by = FOLD_FROM_NONE),
					  RULE("p", "mixed", .by = FOLD_FROM_NONE),
					  RULE("p", "volume", .by = FOLD_FROM_NONE),
					  { 0 } };
static const struct plan_options hits = {
	.rules = sent, .hit_args = FOLD_MAX_ARGS, .hits = PLAN_HITS_ALL, .texts = 1u << 2
};

static void hits_carry_all_arguments(void)
{
	struct note_probe probes[] = { PROBE("p", "mixed", mixed), PROBE("p", "none", none),
				       PROBE("p", "other", job) };
	const struct notes notes = { .probes = probes, .nprobes = 3 };
	struct plan *plan = plan__new(&hits, sites);
	const struct hit_probe *all;
	int n;

	CHECK_INT(points_of(plan, &notes), 3);
	all = plan_probes(plan, &n);
	CHECK_INT(n, 2);
	CHECK_STR(all[0].name, "mixed");
	CHECK_STR(all[1].name, "none");
	/* one site has three, of which one can't be read; the other has two */
	CHECK_INT(all[0].nargs, 3);
	CHECK_INT(all[0].unread, 2);
	CHECK_INT(all[0].texts, 4);
	CHECK_INT(all[1].nargs, 0);
	CHECK_INT(sites[points[0].site].probe, 0);
	CHECK_INT(sites[points[0].site].nargs, 3);
	CHECK_INT(sites[points[0].site].args[1].reg, REGS_NONE);
	CHECK_INT(sites[points[0].site].args[1].value, 0);
	CHECK_INT(sites[points[0].site].texts, 4);
	CHECK_INT(sites[points[0].site].rules[0].verb, FOLD_NONE);
	CHECK_INT(sites[points[1].site].probe, 0);
	CHECK_INT(sites[points[1].site].nargs, 2);
	CHECK_INT(sites[points[2].site].probe, 1);
	CHECK_INT(sites[points[2].site].nargs, 0);
	plan__free(plan);
}

static void argument_of_a_rule_must_be_readable_with_hits_too(void)
{
	static const struct probe_rule rules[] = { RULE("p", "mixed", .verb = FOLD_COUNT, .by = 1),
						   { 0 } };
	struct note_probe probes[] = { PROBE("p", "mixed", mixed) };
	const struct notes notes = { .probes = probes, .nprobes = 1 };
	const struct plan_options options = { .rules = rules,
					      .hit_args = FOLD_MAX_ARGS,
					      .hits = PLAN_HITS_ALL };
	struct plan *plan = plan__new(&options, sites);

	CHECK_INT(points_of(plan, &notes), -ENOTSUP);
	CHECK_STR(why, "p:mixed argument 1 is \"8@-16(%rbp)\": only registers and constants can be "
		       "read");
	plan__free(plan);
}

static void arguments_beyond_what_a_hit_holds_are_left_out(void)
{
	struct note_site twelve[] = { { .args_text = "twelve", .nargs = NOTES_MAX_ARGS } };
	struct note_probe probes[] = { PROBE("p", "mixed", twelve) };
	const struct notes notes = { .probes = probes, .nprobes = 1 };
	struct plan *plan = plan__new(&hits, sites);
	int n;

	for (int i = 0; i < NOTES_MAX_ARGS; i++)
		twelve[0].args[i] = (struct note_arg)ARG8(X86_RDI);
	CHECK_INT(points_of(plan, &notes), 1);
	CHECK_INT(plan_probes(plan, &n)[0].nargs, FOLD_MAX_ARGS);
	CHECK_INT(sites[points[0].site].nargs, FOLD_MAX_ARGS);
	plan__free(plan);
}

static void probes_are_numbered_by_binary(void)
{
	struct note_probe first[] = { PROBE("p", "none", none), PROBE("p", "volume", job) };
	/* names of its own, as each binary's notes have */
	char provider[] = "p", name[] = "volume";
	struct note_probe second[] = { PROBE(provider, name, job) };
	const struct notes a = { .probes = first, .nprobes = 2 };
	const struct notes b = { .probes = second, .nprobes = 1 };
	struct plan *plan = plan__new(&hits, sites);
	const struct hit_probe *all;
	int n, site;

	CHECK_INT(points_of(plan, &a), 2);
	site = points[1].site;
	CHECK_INT(points_of(plan, &b), 1);
	/* sites are alike, but must tell whose they are */
	CHECK(points[0].site != (uint32_t)site);
	CHECK_INT(sites[points[0].site].probe, 2);
	/* another process of the first binary: nothing new */
	CHECK_INT(points_of(plan, &a), 2);
	CHECK_INT(points[1].site, site);
	all = plan_probes(plan, &n);
	CHECK_INT(n, 3);
	CHECK_INT(all[0].binary, all[1].binary);
	CHECK(all[2].binary != all[0].binary);
	CHECK_STR(all[2].name, "volume");
	plan__free(plan);
}

static void hits_can_be_of_some_probes_only(void)
{
	static const struct probe_rule rules[] = {
		RULE("p", "mixed", .verb = FOLD_COUNT, .by = FOLD_FROM_NONE),
		RULE("p", "volume", .verb = FOLD_COUNT, .by = FOLD_FROM_NONE),
		RULE("p", "volume", .by = FOLD_FROM_NONE), /* asks for them */
		{ 0 },
	};
	struct note_probe probes[] = { PROBE("p", "mixed", mixed), PROBE("p", "volume", job) };
	const struct notes notes = { .probes = probes, .nprobes = 2 };
	const struct plan_options asked = { .rules = rules,
					    .hit_args = FOLD_MAX_ARGS,
					    .hits = PLAN_HITS_ASKED };
	const struct plan_options all = { .rules = rules,
					  .hit_args = FOLD_MAX_ARGS,
					  .hits = PLAN_HITS_ALL };
	struct plan *plan = plan__new(&asked, sites);
	int n;

	CHECK_INT(points_of(plan, &notes), 3);
	CHECK_STR(plan_probes(plan, &n)[0].name, "volume");
	CHECK_INT(n, 1);
	CHECK_INT(sites[points[0].site].sends, 0);
	CHECK_INT(sites[points[0].site].nargs, 0);
	CHECK_INT(sites[points[2].site].sends, 1);
	CHECK_INT(sites[points[2].site].nargs, 1);
	/* what else the probe does, it does */
	CHECK_INT(sites[points[2].site].rules[0].verb, FOLD_COUNT);
	CHECK_INT(sites[points[2].site].rules[1].verb, FOLD_NONE);
	plan__free(plan);
	plan = plan__new(&all, sites);
	CHECK_INT(points_of(plan, &notes), 3);
	plan_probes(plan, &n);
	CHECK_INT(n, 2);
	CHECK_INT(sites[points[0].site].sends, 1);
	plan__free(plan);
}

static void without_hits_probes_have_no_numbers(void)
{
	static const struct probe_rule rules[] = {
		RULE("p", "a", .verb = FOLD_COUNT, .by = FOLD_FROM_NONE),
		RULE("p", "b", .verb = FOLD_COUNT, .by = FOLD_FROM_NONE),
		{ 0 }
	};
	struct note_probe probes[] = { PROBE("p", "a", job), PROBE("p", "b", job) };
	const struct notes notes = { .probes = probes, .nprobes = 2 };
	struct plan *plan = plan__new(&(struct plan_options){ .rules = rules }, NULL);
	int n;

	CHECK_INT(points_of(plan, &notes), 2);
	/* like sites share an entry, and nothing is read of them */
	CHECK_INT(points[0].site, points[1].site);
	plan_probes(plan, &n);
	CHECK_INT(n, 0);
	plan__free(plan);
}

static void rules_may_grow(void)
{
	static struct probe_rule rules[3] = { RULE("p", "a", .verb = FOLD_COUNT,
						   .by = FOLD_FROM_NONE) };
	struct note_probe probes[] = { PROBE("p", "a", job), PROBE("p", "b", job) };
	const struct notes notes = { .probes = probes, .nprobes = 2 };
	struct plan *plan = plan__new(&(struct plan_options){ .rules = rules }, sites);

	CHECK_INT(points_of(plan, &notes), 1);
	rules[1] = (struct probe_rule)RULE("p", "b", .verb = FOLD_COUNT, .by = FOLD_FROM_NONE);
	CHECK_INT(points_of(plan, &notes), 2);
	plan__free(plan);
}

static const struct test tests[] = {
	TEST(rules_depend_on_what_else_there_is),
	TEST(notes_say_what_there_is),
	TEST(limit_is_of_the_rules_that_hold),
	TEST(verbs_are_gathered),
	TEST(threads_and_texts_are_noticed),
	TEST(known_texts_are_marked),
	TEST(texts_of_unknown_probes_are_those_that_were_named),
	TEST(hits_carry_all_arguments),
	TEST(argument_of_a_rule_must_be_readable_with_hits_too),
	TEST(arguments_beyond_what_a_hit_holds_are_left_out),
	TEST(probes_are_numbered_by_binary),
	TEST(hits_can_be_of_some_probes_only),
	TEST(without_hits_probes_have_no_numbers),
	TEST(rules_may_grow),
};

int main(void)
{
	int status = test_main("plan_rules", tests, sizeof(tests) / sizeof(tests[0]));

	free(points);
	return status;
}
