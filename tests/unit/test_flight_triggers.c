// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What ends a flight by Crucible's probes: how it is asked for, what it says, and which rules it
 * becomes for the tracer.
 */
#include <errno.h>
#include <stdlib.h>

#include "core/upstatus.h"
#include "flight/trigger.h"
#include "flight/wants.h"
#include "test.h"

static char why[512];

/* --- --trigger-latency --- */

static void pairs_are_parsed(void)
{
	static const struct {
		const char *text, *start, *done;
		uint64_t ns;
	} cases[] = {
		{ "gw-write>500ms", "crucible_*:gw-write-start", "crucible_*:gw-write-done",
		  500000000 },
		{ " ds-read-net > 1.5s ", "crucible_*:ds-read-net-start",
		  "crucible_*:ds-read-net-done", 1500000000 },
		{ "os-flush>2", "crucible_*:os-flush-start", "crucible_*:os-flush-done",
		  2000000000 },
		{ "work>0", "crucible_*:work-start", "crucible_*:work-done", 0 },
		{ "gw-*>250us", "crucible_*:gw-*-start", "crucible_*:gw-*-done", 250000 },
		{ "crucible_downstairs:submit-write>10ms", "crucible_downstairs:submit-write-start",
		  "crucible_downstairs:submit-write-done", 10000000 },
		{ "up-to-ds-write-start..gw-write-done>1ms", "crucible_*:up-to-ds-write-start",
		  "crucible_*:gw-write-done", 1000000 },
		{ "app:a*b..c*>1ms", "app:a*b", "app:c*", 1000000 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct latency_trigger t;

		CHECK_INT(latency_trigger_parse(cases[i].text, &t, why, sizeof(why)), 0);
		CHECK_STR(t.start, cases[i].start);
		CHECK_STR(t.done, cases[i].done);
		CHECK_INT(t.ns, cases[i].ns);
		latency_trigger_free(&t);
	}
}

static void wrong_pairs_are_refused(void)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "", "no >" },
		{ "gw-write", "no >" },
		{ "gw-write=500ms", "no >" },
		{ ">500ms", "no probes in front of >" },
		{ " >500ms", "no probes in front of >" },
		{ "gw-write>", "no time behind >" },
		{ "gw-write>soon", "no time behind >" },
		{ "gw-write>=500ms", "no time behind >" },
		{ "gw-write>-1", "no time behind >" },
		{ "crucible_upstairs:>1s", "no probes in front of >" },
		{ ":gw-write>1s", "no probes in front of >" },
		{ "..gw-write-done>1s", "no probes in front of >" },
		{ "gw-write-start..>1s", "no probes in front of >" },
		{ "a:b:c>1s", "only PROVIDER:NAME>TIME" },
		{ "a..b..c>1s", "only PROVIDER:NAME>TIME" },
		{ "gw-?>1s", "* is the only wildcard" },
		{ "gw-[rw]*>1s", "* is the only wildcard" },
		{ "gw-*-start..gw-done>1s", "as many *" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct latency_trigger t;

		CHECK_INT(latency_trigger_parse(cases[i].text, &t, why, sizeof(why)), -EINVAL);
		if (!strstr(why, cases[i].why))
			printf("# \"%s\": no \"%s\" in: %s\n", cases[i].text, cases[i].why, why);
		CHECK(strstr(why, cases[i].why) != NULL);
		CHECK(!strncmp(why, cases[i].text, strlen(cases[i].text)));
		CHECK(!t.start && !t.done);
	}
}

static void slow_jobs_are_told_of(void)
{
	struct slow_job job = { .name = "gw-write",
				.job = 1004,
				.duration = 512345678,
				.limit = 500000000,
				.end = 81635756789,
				.process = "crutest",
				.pid = 4321 };
	char text[256], small[16];

	/* 81.635756789 - 0.512345678 = 81.123411111 */
	CHECK_STR(slow_job_text(&job, text, sizeof(text)),
		  "gw-write of job 1004 took 512.3ms, longer than 500.0ms: crutest (pid 4321), "
		  "from 81.123411111 to 81.635756789");
	job.sub_name = "client";
	job.sub = 2;
	job.duration = 2000000000;
	CHECK_STR(slow_job_text(&job, text, sizeof(text)),
		  "gw-write of job 1004, client 2 took 2.000s, longer than 500.0ms: crutest "
		  "(pid 4321), from 79.635756789 to 81.635756789");
	CHECK_STR(slow_job_text(&job, small, sizeof(small)), "gw-write of job");
}

/* --- --trigger-state --- */

static void states_are_matched(void)
{
	CHECK(state_is("Faulted", "Faulted"));
	CHECK(state_is("faulted", "Faulted"));
	CHECK(state_is("Faulted", "flt"));
	CHECK(state_is("live_repair", "LiveRepair"));
	CHECK(state_is("LiveRepair", "LR"));
	CHECK(!state_is("LiveRepairReady", "LiveRepair"));
	CHECK(!state_is("Offline", "Faulted"));
	CHECK(!state_is("-", "Faulted"));
	/* one that nobody knows yet */
	CHECK(state_is("Melted", "melted"));
	CHECK(!state_is("Melted", "Melting"));
	CHECK(upstatus_is_state("Faulted") && upstatus_is_state("live_repair") &&
	      upstatus_is_state("FLT"));
	CHECK(!upstatus_is_state("Fautled") && !upstatus_is_state(""));
}

static void changes_are_told_of(void)
{
	const struct state_change change = { .upstairs = "u-1",
					     .session = "s-2",
					     .client = 1,
					     .before = "offline",
					     .now = "faulted",
					     .time = 7000000089,
					     .process = "crutest",
					     .pid = 12 };
	char text[256];

	CHECK_STR(state_change_text(&change, text, sizeof(text)),
		  "downstairs 1 of upstairs u-1 (session s-2) is faulted, was offline: crutest "
		  "(pid 12), by its status of 7.000000089");
}

/* --- the rules they become --- */

#define NOTES_MAX 16

/* "PROVIDER:PROBE" of a binary, each with as many arguments as its digit says: "gw-read-start 1" */
static struct notes *binary_of(const char *const *lines)
{
	struct notes *notes = calloc(1, sizeof(*notes));

	notes->probes = calloc(NOTES_MAX, sizeof(*notes->probes));
	for (; *lines; lines++) {
		struct note_probe *p = &notes->probes[notes->nprobes++];
		char provider[64], probe[64];

		p->sites = calloc(1, sizeof(*p->sites));
		p->nsites = 1;
		CHECK_INT(sscanf(*lines, "%63[^:]:%63s %d", provider, probe, &p->sites[0].nargs),
			  3);
		p->provider = strdup(provider);
		p->name = strdup(probe);
	}
	return notes;
}

static void binary_free(struct notes *notes)
{
	for (int i = 0; i < notes->nprobes; i++) {
		free(notes->probes[i].provider);
		free(notes->probes[i].name);
		free(notes->probes[i].sites);
	}
	free(notes->probes);
	free(notes);
}

static bool wants_of(struct wants *w, const char *const *lines)
{
	struct notes *notes = binary_of(lines);
	bool wanted = wants_notes(w, notes);

	/* rules have copies of its names */
	binary_free(notes);
	return wanted;
}

#define WANTS_OF(w, ...) wants_of(w, (const char *const[]){ __VA_ARGS__, NULL })

static struct wants *begin(const char *events, const char *latency, const char *state)
{
	struct flight_options o = { .events = { &events, events != NULL },
				    .latency = { &latency, latency != NULL },
				    .states = { &state, state != NULL } };
	struct wants *w = NULL;

	CHECK_INT(wants__new(&o, &w, why, sizeof(why)), 0);
	return w;
}

/* The row that a start and a done have together, or -1. */
static int row_of(const struct wants *w, const char *start, const char *done)
{
	for (int i = 0; i < w->nrules; i++)
		for (int j = 0; j < w->nrules; j++)
			if (w->rules[i].fold.verb == FOLD_START &&
			    w->rules[j].fold.verb == FOLD_DONE &&
			    w->rules[i].fold.pair == w->rules[j].fold.pair &&
			    w->rules[j].fold.group == w->rules[j].fold.pair &&
			    !strcmp(w->rules[i].probe, start) && !strcmp(w->rules[j].probe, done))
				return w->rules[i].fold.pair;
	return -1;
}

static int rules_of(const struct wants *w, const char *probe, int verb)
{
	int n = 0;

	for (int i = 0; i < w->nrules; i++)
		n += w->rules[i].fold.verb == verb && !strcmp(w->rules[i].probe, probe);
	return n;
}

static void nothing_of_probes_is_nothing(void)
{
	CHECK(begin("block:*", NULL, NULL) == NULL);
	CHECK(!wants_probes("usd:t") && wants_probes("usdt:a:b"));
}

static void wrong_wants_are_refused(void)
{
	static const struct {
		const char *events, *latency, *state, *why;
	} cases[] = {
		{ "usdt:crucible_upstairs", NULL, NULL, "probes are usdt:PROVIDER:PROBE" },
		{ "usdt:a:b:c", NULL, NULL, "probes are usdt:PROVIDER:PROBE" },
		{ "usdt::b", NULL, NULL, "probes are usdt:PROVIDER:PROBE" },
		{ "usdt:a:", NULL, NULL, "probes are usdt:PROVIDER:PROBE" },
		{ NULL, "gw-write", NULL, "--trigger-latency gw-write: no >" },
		{ NULL, NULL, "", "--trigger-state: which?" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *events = cases[i].events, *latency = cases[i].latency;
		const char *state = cases[i].state;
		struct flight_options o = { .events = { &events, events != NULL },
					    .latency = { &latency, latency != NULL },
					    .states = { &state, state != NULL } };
		struct wants *w;

		CHECK_INT(wants__new(&o, &w, why, sizeof(why)), -EINVAL);
		CHECK(!w);
		if (!strstr(why, cases[i].why))
			printf("# no \"%s\" in: %s\n", cases[i].why, why);
		CHECK(strstr(why, cases[i].why) != NULL);
	}
}

static void hits_are_wanted_by_pattern(void)
{
	struct wants *w = begin("usdt:crucible_upstairs:gw-*", NULL, NULL);
	uint64_t ns;

	CHECK(want_is_idle(&w->list[0]));
	CHECK(!WANTS_OF(w, "app:gw-read-start 1", "crucible_downstairs:gw-read-start 1"));
	CHECK(want_is_idle(&w->list[0]));
	CHECK(WANTS_OF(w, "crucible_upstairs:gw-read-start 1",
		       "crucible_upstairs:ds-read-net-start 2"));
	CHECK(!want_is_idle(&w->list[0]));
	CHECK(wants_hits(w, "crucible_upstairs", "gw-read-start"));
	CHECK(!wants_hits(w, "crucible_upstairs", "ds-read-net-start"));
	CHECK(!wants_slow(w, &ns));
	/* what the snapshots need is no event */
	CHECK(w->crucible);
	CHECK_INT(rules_of(w, "up-status", FOLD_NONE), 1);
	CHECK(!wants_hits(w, "crucible_upstairs", "up-status"));
	CHECK_INT(row_of(w, "gw-read-start", "gw-read-done"), 0);
	wants__free(w);
}

static void others_have_no_snapshots(void)
{
	struct wants *w = begin("usdt:app:*", NULL, NULL);

	CHECK(!w->crucible);
	CHECK_INT(w->nrules, 0);
	CHECK(WANTS_OF(w, "app:one 2"));
	CHECK_INT(w->nrules, 1);
	CHECK(!WANTS_OF(w, "crucible_upstairs:up-status 2", "crucible_upstairs:gw-read-start 1"));
	wants__free(w);
}

/* perfgw measures it already: the probe does it once. */
static void a_pair_of_perfgw_is_shared(void)
{
	struct wants *w = begin(NULL, "gw-write>5ms", NULL);
	int rows = w->nrows, row;
	uint64_t ns = 0;

	CHECK(WANTS_OF(w, "crucible_upstairs:gw-write-start 1",
		       "crucible_upstairs:gw-write-done 1"));
	row = row_of(w, "gw-write-start", "gw-write-done");
	CHECK_INT(w->nrows, rows);
	CHECK_INT(rules_of(w, "gw-write-start", FOLD_START), 1);
	CHECK_STR(w->rows[row].label, "write");
	CHECK_STR(w->rows[row].name, "gw-write");
	CHECK_INT(w->rows[row].wanted, 1);
	CHECK(wants_slow(w, &ns));
	CHECK_INT(ns, 5000000);
	wants__free(w);
}

static void other_pairs_get_rows(void)
{
	struct wants *w = begin(NULL, "ds-*-net>5ms", NULL);
	int rows = w->nrows, read, write;

	WANTS_OF(w, "crucible_upstairs:ds-read-net-start 2",
		 "crucible_upstairs:ds-read-net-done 2");
	/* another binary, with one that is new */
	WANTS_OF(w, "crucible_upstairs:ds-read-net-start 2", "crucible_upstairs:ds-read-net-done 2",
		 "crucible_upstairs:ds-write-net-start 2", "crucible_upstairs:ds-write-net-done 2",
		 "crucible_upstairs:ds-flush-net-start 2");
	CHECK_INT(w->nrows, rows + 2);
	read = row_of(w, "ds-read-net-start", "ds-read-net-done");
	write = row_of(w, "ds-write-net-start", "ds-write-net-done");
	CHECK(read >= rows && write >= rows && read != write);
	CHECK_STR(w->rows[read].label, "ds-read-net");
	CHECK_STR(w->rows[write].name, "ds-write-net");
	CHECK_INT(w->rows[write].wanted, 1);
	/* job and client */
	CHECK_INT(wants_start(w, write)->fold.job, 0);
	CHECK_INT(wants_start(w, write)->fold.sub, 1);
	CHECK(!wants_start(w, w->nrows));
	CHECK_INT(w->refused, 0);
	wants__free(w);
}

static void several_triggers_share_a_pair(void)
{
	const char *latency[] = { "os-write>50ms", "crucible_downstairs:os-*>5ms", "work>1s" };
	struct flight_options o = { .latency = { latency, 3 } };
	struct wants *w;
	uint64_t ns = 0;
	int row;

	CHECK_INT(wants__new(&o, &w, why, sizeof(why)), 0);
	WANTS_OF(w, "crucible_downstairs:os-write-start 1", "crucible_downstairs:os-write-done 1");
	row = row_of(w, "os-write-start", "os-write-done");
	CHECK_INT(w->rows[row].wanted, 3);
	CHECK(!want_is_idle(&w->list[0]) && !want_is_idle(&w->list[1]));
	CHECK(want_is_idle(&w->list[2]));
	/* the kernel sends what is longer than the shortest */
	CHECK(wants_slow(w, &ns));
	CHECK_INT(ns, 5000000);
	wants__free(w);
}

/* A probe has room for so many durations; what is beyond is told of. */
static void too_many_pairs_of_a_probe(void)
{
	static const char *const latency[] = {
		"gw-write>1ms",
		"gw-write-start..up-to-ds-write-start>1ms",
		"gw-write-start..ds-write-client-start>1ms",
		"gw-write-start..ds-write-net-start>1ms",
		"gw-write-start..ds-write-net-done>1ms",
	};
	struct flight_options o = { .latency = { (const char **)latency, 5 } };
	struct wants *w;

	CHECK_INT(wants__new(&o, &w, why, sizeof(why)), 0);
	WANTS_OF(w, "crucible_upstairs:gw-write-start 1", "crucible_upstairs:gw-write-done 1",
		 "crucible_upstairs:up-to-ds-write-start 1",
		 "crucible_upstairs:ds-write-client-start 2",
		 "crucible_upstairs:ds-write-net-start 2", "crucible_upstairs:ds-write-net-done 2");
	CHECK_INT(rules_of(w, "gw-write-start", FOLD_START), USDT_MAX_RULES);
	CHECK_INT(w->refused, 1);
	wants__free(w);
}

static void states_want_the_status(void)
{
	struct wants *w = begin(NULL, NULL, "Faulted");

	CHECK(want_is_idle(&w->list[0]));
	CHECK(WANTS_OF(w, "crucible_upstairs:up-status 2"));
	CHECK(!want_is_idle(&w->list[0]));
	CHECK_INT(rules_of(w, "up-status", FOLD_NONE), 1);
	CHECK(!wants_hits(w, "crucible_upstairs", "up-status"));
	wants__free(w);
}

static const struct test tests[] = {
	TEST(pairs_are_parsed),		 TEST(wrong_pairs_are_refused),
	TEST(slow_jobs_are_told_of),	 TEST(states_are_matched),
	TEST(changes_are_told_of),	 TEST(nothing_of_probes_is_nothing),
	TEST(wrong_wants_are_refused),	 TEST(hits_are_wanted_by_pattern),
	TEST(others_have_no_snapshots),	 TEST(a_pair_of_perfgw_is_shared),
	TEST(other_pairs_get_rows),	 TEST(several_triggers_share_a_pair),
	TEST(too_many_pairs_of_a_probe), TEST(states_want_the_status),
};

TEST_MAIN("flight_triggers")
