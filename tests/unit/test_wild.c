// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Reports whose probes are named by patterns: which rules and rows they get, how starts find their
 * dones, and what is refused.
 */
#include <errno.h>

#include "reports/wild.h"
#include "trial.h"

static struct options options;
static struct wild *wild;
static char why[160];

static const struct report *named(const char *name)
{
	const struct report *matches[4];
	int n;

	return report_find(name, matches, 4, &n);
}

/* Begins with the words of `line` as patterns; the error. Options are set before. */
static int begin(const char *report, const char *line)
{
	static char copy[256], *words[8];

	snprintf(copy, sizeof(copy), "%s", line);
	options.args = words;
	options.nargs = 0;
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
		words[options.nargs++] = word;
	wild__free(wild);
	wild = NULL;
	why[0] = '\0';
	return wild__new(named(report), &options, &wild, why, sizeof(why));
}

static void end(void)
{
	wild__free(wild);
	wild = NULL;
	options = (struct options){ 0 };
}

/* "PROVIDER:PROBE ..." of the rules. */
static const char *rules_line(void)
{
	static char line[1024];

	line[0] = '\0';
	for (const struct probe_rule *r = wild_report(wild)->rules; r->provider; r++)
		snprintf(line + strlen(line), sizeof(line) - strlen(line), "%s%s:%s",
			 *line ? " " : "", r->provider, r->probe);
	return line;
}

/* "LABEL=START..DONE ..." of the pairs: the rules of each row. */
static const char *pairs_line(void)
{
	static char line[1024];
	const struct report *report = wild_report(wild);

	line[0] = '\0';
	for (int row = 0; row < report->latency->nlabels; row++) {
		const char *start = "?", *done = "?";

		for (const struct probe_rule *r = report->rules; r->provider; r++) {
			if (r->fold.pair == row && r->fold.verb == FOLD_START)
				start = r->probe;
			if (r->fold.pair == row && r->fold.verb == FOLD_DONE &&
			    r->fold.group == row)
				done = r->probe;
		}
		snprintf(line + strlen(line), sizeof(line) - strlen(line), "%s%s=%s..%s",
			 *line ? " " : "", report->latency->labels[row], start, done);
	}
	return line;
}

static const struct probe_rule *rule_of(const char *probe)
{
	for (const struct probe_rule *r = wild_report(wild)->rules; r->provider; r++)
		if (!strcmp(r->probe, probe))
			return r;
	printf("# no rule of %s\n", probe);
	CHECK(false);
	exit(1);
}

#define UP_ADD(probe, nargs) wild_add_probe(wild, UP, probe, nargs)

/* --- patterns --- */

static void add_some(void)
{
	wild_add_probe(wild, "a", "read-start", 1);
	wild_add_probe(wild, "a", "read-done", 1);
	wild_add_probe(wild, "a", "write-start", 1);
	wild_add_probe(wild, "b", "read-start", 1);
	wild_add_probe(wild, "ab", "read", 1);
}

static void patterns_have_a_provider_or_mean_any(void)
{
	static const struct {
		const char *patterns, *rules;
	} cases[] = {
		{ "a:read-start", "a:read-start" },
		{ "read-start", "a:read-start b:read-start" },
		{ "a:*", "a:read-start a:read-done a:write-start" },
		{ "*-start", "a:read-start a:write-start b:read-start" },
		{ "a*:read*", "a:read-start a:read-done ab:read" },
		{ "?:*-[sd]*", "a:read-start a:read-done a:write-start b:read-start" },
		{ "*", "a:read-start a:read-done a:write-start b:read-start ab:read" },
		{ "*:*", "a:read-start a:read-done a:write-start b:read-start ab:read" },
		{ "a:write-start b:* a:write-*", "a:write-start b:read-start" },
		{ "a", "" },
		{ "a:", "" },
		{ "b:write-start", "" },
		{ "A:read-start", "" },
		{ "read", "ab:read" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CHECK_INT(begin("count", cases[i].patterns), 0);
		add_some();
		add_some(); /* the same of another binary: nothing new */
		CHECK_STR(rules_line(), cases[i].rules);
		CHECK_INT(wild_refused(wild), 0);
	}
	end();
}

static void counts_have_a_row_a_probe(void)
{
	const struct report *r;

	CHECK_INT(begin("count", "a:*"), 0);
	r = wild_report(wild);
	CHECK_STR(r->name, "count");
	add_some();
	CHECK(wild_report(wild) == r);
	CHECK_INT(r->latency->nlabels, 3);
	CHECK_STR(latency_label(r->latency, 0), "a:read-start");
	CHECK_STR(latency_label(r->latency, 2), "a:write-start");
	CHECK_STR(latency_label(r->latency, 3), "?");
	for (int i = 0; i < 3; i++) {
		CHECK_INT(r->rules[i].fold.verb, FOLD_COUNT);
		CHECK_INT(r->rules[i].fold.group, i);
		CHECK_INT(r->rules[i].fold.by, FOLD_FROM_NONE);
	}
	CHECK_INT(r->max_by, 0);
	end();
}

static void hits_have_rules_and_no_rows(void)
{
	CHECK_INT(begin("trace", "a:*-start"), 0);
	add_some();
	CHECK_STR(rules_line(), "a:read-start a:write-start");
	CHECK_INT(wild_report(wild)->rules[0].fold.verb, FOLD_NONE);
	CHECK_INT(wild_report(wild)->rows, 0);
	end();
}

static void record_means_crucible_unless_told(void)
{
	char *patterns[] = { (char *)"a:*-done", (char *)"b:*" };

	CHECK_INT(begin("record", ""), 0);
	add_some();
	UP_ADD("up-status", 2);
	wild_add_probe(wild, DOWN, "work-start", 1);
	wild_add_probe(wild, "dropshot", "request-start", 1);
	CHECK_STR(rules_line(), "crucible_upstairs:up-status crucible_downstairs:work-start");
	options.probes = patterns;
	options.nprobes = 2;
	CHECK_INT(begin("record", ""), 0);
	add_some();
	UP_ADD("up-status", 2);
	CHECK_STR(rules_line(), "a:read-done b:read-start");
	end();
}

static void wrong_words_are_refused(void)
{
	static const char *const wrong[][2] = {
		{ "count", "" },
		{ "trace", "" },
		{ "latency", "" },
		{ "latency", "a:x" },
		{ "latency", "x y z" },
		{ "latency", "*-start ?-done" },
		{ "latency", "gw-[rw]*-start gw-*-done" },
		{ "latency", "gw-read-start gw-*-done" },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		CHECK_INT(begin(wrong[i][0], wrong[i][1]), -EINVAL);
		CHECK(wild == NULL);
		CHECK(strstr(why, wrong[i][0]) == why);
	}
	CHECK_INT(begin("latency", "*-start *a?-done"), -EINVAL);
	CHECK_STR(why, "latency: *a?-done: * is the only wildcard that pairs probes");
	end();
}

/* --- pairs --- */

static void add_gateway(void)
{
	static const char *const names[] = { "gw-read-start",  "gw-read-done",
					     "gw-write-start", "gw-write-unwritten-start",
					     "gw-write-done",  "gw-write-unwritten-done",
					     "up-read-start",  "gw-flush-start",
					     "gw-barrier-done" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		UP_ADD(names[i], 1);
}

static void stars_stand_for_the_same_text(void)
{
	CHECK_INT(begin("latency", "gw-*-start gw-*-done"), 0);
	add_gateway();
	/* in whatever order they are found; what has no other half has no row */
	CHECK_STR(pairs_line(), "gw-read=gw-read-start..gw-read-done "
				"gw-write=gw-write-start..gw-write-done "
				"gw-write-unwritten=gw-write-unwritten-start"
				"..gw-write-unwritten-done");
	CHECK_INT(wild_refused(wild), 0);
	end();
}

static void pairs_without_stars_are_two_probes(void)
{
	CHECK_INT(begin("latency", "gw-read-start " UP ":gw-write-done"), 0);
	add_gateway();
	CHECK_STR(pairs_line(), "gw=gw-read-start..gw-write-done");
	end();
	/* nothing in common: both names */
	CHECK_INT(begin("latency", "gw-read-start up-read-start"), 0);
	add_gateway();
	CHECK_STR(pairs_line(), "gw-read-start up-read-start=gw-read-start..up-read-start");
	end();
}

static void several_stars_all_count(void)
{
	CHECK_INT(begin("latency", "*-x-*-start *-y-*-done"), 0);
	UP_ADD("a-x-b-start", 1);
	UP_ADD("a-y-c-done", 1);
	UP_ADD("b-y-b-done", 1);
	CHECK_STR(pairs_line(), "");
	UP_ADD("a-y-b-done", 1);
	/* one letter in common is no name */
	CHECK_STR(pairs_line(), "a-x-b-start a-y-b-done=a-x-b-start..a-y-b-done");
	end();
	/* what they stand for is told apart: ab + c is not a + bc */
	CHECK_INT(begin("latency", "s-*.* d-*.*"), 0);
	UP_ADD("s-ab.c", 1);
	UP_ADD("d-a.bc", 1);
	CHECK_STR(pairs_line(), "");
	end();
}

static void providers_do_not_mix(void)
{
	CHECK_INT(begin("latency", "*:read-start *:read-done"), 0);
	add_some();
	wild_add_probe(wild, "c", "read-done", 1);
	CHECK_STR(pairs_line(), "read=read-start..read-done");
	CHECK_STR(rules_line(), "a:read-start a:read-done");
	end();
	CHECK_INT(begin("latency", "a:*-start b:*-done"), 0);
	add_some();
	wild_add_probe(wild, "b", "read-done", 1);
	CHECK_STR(pairs_line(), "");
	end();
}

static void probe_is_no_pair_with_itself(void)
{
	CHECK_INT(begin("latency", "gw-* gw-*"), 0);
	add_gateway();
	CHECK_STR(pairs_line(), "");
	end();
}

/* --- keys --- */

static void check_key(const char *start, int nstart, const char *done, int ndone, int job, int sub)
{
	char line[128];

	snprintf(line, sizeof(line), UP ":%s " UP ":%s", start, done);
	CHECK_INT(begin("latency", line), 0);
	UP_ADD(done, ndone);
	UP_ADD(start, nstart);
	CHECK_INT(rule_of(start)->fold.job, job);
	CHECK_INT(rule_of(start)->fold.sub, sub);
	CHECK_INT(rule_of(done)->fold.job, job);
	CHECK_INT(rule_of(done)->fold.sub, sub);
	CHECK_INT(rule_of(done)->fold.by, FOLD_FROM_NONE);
	CHECK(!!wild_report(wild)->latency->sub == (sub != FOLD_FROM_NONE));
}

static void key_is_the_job_and_what_part_of_it(void)
{
	check_key("gw-read-start", 1, "gw-read-done", 1, 0, FOLD_FROM_NONE);
	check_key("ds-read-net-start", 2, "ds-read-net-done", 2, 0, 1);
	check_key("ds-close-start", 3, "ds-close-done", 2, 0, 1);
	check_key("volume-read-start", 2, "volume-read-done", 2, 0, 1);
	/* one has a client, the other has not */
	check_key("gw-read-start", 1, "ds-read-net-done", 2, 0, FOLD_FROM_NONE);
	/* one's second argument is an extent, the other's a client */
	check_key("gw-close-start", 2, "ds-close-done", 2, 0, FOLD_FROM_NONE);
	/* without arguments, the thread */
	check_key("gw-read-start", 0, "gw-read-done", 0, FOLD_FROM_TID, FOLD_FROM_NONE);
	check_key("gw-read-start", 1, "gw-read-done", 0, FOLD_FROM_TID, FOLD_FROM_NONE);
	end();
	/* of other providers nobody knows what a second argument is */
	CHECK_INT(begin("latency", "p:a p:b"), 0);
	wild_add_probe(wild, "p", "a", 2);
	wild_add_probe(wild, "p", "b", 2);
	CHECK_INT(rule_of("a")->fold.job, 0);
	CHECK_INT(rule_of("a")->fold.sub, FOLD_FROM_NONE);
	end();
}

static void key_can_be_said(void)
{
	options.keys[0] = "arg2";
	options.nkeys = 1;
	check_key("ds-close-start", 3, "ds-close-done", 3, 2, FOLD_FROM_NONE);
	options.keys[0] = "extent";
	check_key("ds-close-start", 3, "ds-close-done", 3, 2, FOLD_FROM_NONE);
	options.keys[0] = "tid";
	check_key("ds-close-start", 3, "ds-close-done", 2, FOLD_FROM_TID, FOLD_FROM_NONE);
	options.keys[0] = "client";
	options.keys[1] = "job";
	options.nkeys = 2;
	check_key("ds-close-start", 3, "ds-close-done", 2, 1, 0);
	/* by name it may be another argument in each */
	options.keys[0] = "extent";
	options.nkeys = 1;
	CHECK_INT(begin("latency", "gw-close-start ds-close-start"), 0);
	UP_ADD("gw-close-start", 2);
	UP_ADD("ds-close-start", 3);
	CHECK_INT(rule_of("gw-close-start")->fold.job, 1);
	CHECK_INT(rule_of("ds-close-start")->fold.job, 2);
	end();
}

static void unknown_keys_refuse_the_pair(void)
{
	static const char *const keys[] = { "extent", "arg2", "arg", "arg1x", "arg-1", "", "argx" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		options.keys[0] = keys[i];
		options.nkeys = 1;
		CHECK_INT(begin("latency", "ds-close-start ds-close-done"), 0);
		UP_ADD("ds-close-start", 3);
		UP_ADD("ds-close-done", 2); /* has no third */
		CHECK_STR(rules_line(), "");
		CHECK_INT(wild_refused(wild), 1);
		CHECK_INT(wild_report(wild)->latency->nlabels, 0);
	}
	end();
}

static void rows_can_be_split(void)
{
	options.by = "client";
	CHECK_INT(begin("latency", "ds-*-start ds-*-done"), 0);
	UP_ADD("ds-read-net-start", 2);
	UP_ADD("ds-read-net-done", 2);
	CHECK_INT(rule_of("ds-read-net-start")->fold.by, FOLD_FROM_NONE);
	CHECK_INT(rule_of("ds-read-net-done")->fold.by, 1);
	CHECK_STR(wild_report(wild)->latency->by, "client");
	CHECK_INT(latency_by(wild_report(wild)->latency, 0), LATENCY_BY_NUMBER);
	CHECK_INT(wild_report(wild)->latency->key[1], LATENCY_KEY_BY);
	CHECK(wild_report(wild)->max_by > 1);
	/* a probe that has no such argument is not split */
	CHECK_INT(begin("count", "*"), 0);
	UP_ADD("gw-read-start", 1);
	UP_ADD("ds-read-net-done", 2);
	CHECK_INT(rule_of("gw-read-start")->fold.by, FOLD_FROM_NONE);
	CHECK_INT(latency_by(wild_report(wild)->latency, 0), LATENCY_BY_NOTHING);
	CHECK_INT(rule_of("ds-read-net-done")->fold.by, 1);
	end();
	/* an argument may be a text of one probe and a number of another */
	options.by = "arg1";
	CHECK_INT(begin("count", "*"), 0);
	UP_ADD("ds-read-net-done", 2);
	UP_ADD("volume-read-done", 2);
	CHECK_INT(latency_by(wild_report(wild)->latency, 0), LATENCY_BY_NUMBER);
	CHECK_INT(latency_by(wild_report(wild)->latency, 1), LATENCY_BY_TEXT);
	end();
	options.by = "volume";
	CHECK_INT(begin("count", "volume-*"), 0);
	UP_ADD("volume-read-done", 2);
	CHECK_INT(rule_of("volume-read-done")->fold.by, 1);
	CHECK_INT(latency_by(wild_report(wild)->latency, 0), LATENCY_BY_TEXT);
	end();
	/* of other providers a text is what was said to be one */
	options.by = "arg1";
	options.texts = 2;
	CHECK_INT(begin("count", "p:*"), 0);
	wild_add_probe(wild, "p", "a", 2);
	CHECK_INT(latency_by(wild_report(wild)->latency, 0), LATENCY_BY_TEXT);
	options.texts = 1;
	CHECK_INT(begin("count", "p:*"), 0);
	wild_add_probe(wild, "p", "a", 2);
	CHECK_INT(latency_by(wild_report(wild)->latency, 0), LATENCY_BY_NUMBER);
	end();
}

/* --- limits --- */

static void probe_can_end_one_pair_and_begin_another(void)
{
	int n = 0;

	CHECK_INT(begin("latency", "x* xx*"), 0);
	wild_add_probe(wild, "a", "xxa", 1);
	wild_add_probe(wild, "a", "xa", 1);
	wild_add_probe(wild, "a", "xxxa", 1);
	CHECK_STR(pairs_line(), "xa xxa=xa..xxa xx=xxa..xxxa");
	for (const struct probe_rule *r = wild_report(wild)->rules; r->provider; r++)
		n += !strcmp(r->probe, "xxa");
	CHECK_INT(n, 2);
	end();
}

static void too_many_rows_are_refused_and_counted(void)
{
	char name[32];
	int rows;

	CHECK_INT(begin("count", "*"), 0);
	rows = (int)wild_report(wild)->rows;
	for (int i = 0; i < rows + 10; i++) {
		snprintf(name, sizeof(name), "probe%d", i);
		wild_add_probe(wild, "a", name, 1);
	}
	CHECK_INT(wild_report(wild)->latency->nlabels, rows);
	CHECK_INT(wild_refused(wild), 10);
	CHECK_INT(begin("latency", "*-start *-done"), 0);
	rows = (int)wild_report(wild)->rows;
	for (int i = 0; i < rows + 5; i++) {
		snprintf(name, sizeof(name), "%d-start", i);
		wild_add_probe(wild, "a", name, 1);
		snprintf(name, sizeof(name), "%d-done", i);
		wild_add_probe(wild, "a", name, 1);
	}
	CHECK_INT(wild_report(wild)->latency->nlabels, rows);
	CHECK_INT(wild_refused(wild), 5);
	for (const struct probe_rule *r = wild_report(wild)->rules; r->provider; r++)
		CHECK(r->fold.pair < rows && r->fold.group < rows);
	end();
}

static void notes_bring_all_their_probes(void)
{
	struct note_site three[] = { { .nargs = 3 } }, one[] = { { .nargs = 1 } };
	struct note_probe probes[] = {
		{ .provider = (char *)UP,
		  .name = (char *)"ds-close-start",
		  .sites = three,
		  .nsites = 1 },
		{ .provider = (char *)UP,
		  .name = (char *)"gw-read-start",
		  .sites = one,
		  .nsites = 1 },
		{ .provider = (char *)"x", .name = (char *)"other", .nsites = 0 },
	};
	const struct notes notes = { .probes = probes, .nprobes = 3 };

	options.by = "extent";
	CHECK_INT(begin("count", "*"), 0);
	wild_add_notes(wild, &notes);
	CHECK_STR(rules_line(), UP ":ds-close-start " UP ":gw-read-start x:other");
	CHECK_INT(rule_of("ds-close-start")->fold.by, 2);
	CHECK_INT(rule_of("gw-read-start")->fold.by, FOLD_FROM_NONE);
	end();
}

static const struct test tests[] = {
	TEST(patterns_have_a_provider_or_mean_any),
	TEST(counts_have_a_row_a_probe),
	TEST(hits_have_rules_and_no_rows),
	TEST(record_means_crucible_unless_told),
	TEST(wrong_words_are_refused),
	TEST(stars_stand_for_the_same_text),
	TEST(pairs_without_stars_are_two_probes),
	TEST(several_stars_all_count),
	TEST(providers_do_not_mix),
	TEST(probe_is_no_pair_with_itself),
	TEST(key_is_the_job_and_what_part_of_it),
	TEST(key_can_be_said),
	TEST(unknown_keys_refuse_the_pair),
	TEST(rows_can_be_split),
	TEST(probe_can_end_one_pair_and_begin_another),
	TEST(too_many_rows_are_refused_and_counted),
	TEST(notes_bring_all_their_probes),
};

TEST_MAIN("wild")
