// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a comparison says in words: its one line, changes and values, and what differs in how both
 * sides were measured.
 */
#include <math.h>
#include <stdlib.h>

#include "compare/comparison.h"
#include "compare/statistics.h"
#include "test.h"

static char all[4096];

static void collect(void *arg, const char *text)
{
	(*(int *)arg)++;
	strcat(strcat(all, text), "\n");
}

static const char *differs(const struct series *a, const struct series *b)
{
	int calls = 0;

	all[0] = '\0';
	comparison_differs(a, b, collect, &calls);
	return all;
}

/* Two sides that were measured alike; texts are not owned. */
static struct series side(void)
{
	static char *stages[] = { "guest-*", "net-*" }, *devices[] = { "vda" };
	static char *command[] = { "./load", NULL };
	struct series s = { 0 };

	s.host = (struct series_host){ "ci-7", "x86_64", "Xeon 8370C", "6.1.0-18", 4, 16ULL << 30 };
	s.settings = (struct series_settings){
		.window = 250000000,
		.duration = 10000000000,
		.warmup = 1000000000,
		.stages = stages,
		.nstages = 2,
		.devices = devices,
		.ndevices = 1,
		.command = command,
	};
	return s;
}

static void alike(void)
{
	static char *other[] = { "/tmp/b/load", "--fast", NULL };
	static char *turned[] = { "net-*", "guest-*" };
	static struct series_binary binary = { "/tmp/b/downstairs", "abcd" };
	struct series a = side(), b = side();

	CHECK_STR(differs(&a, &b), "");
	b.settings.command = other; /* another build has another path */
	b.binaries = &binary;
	b.nbinaries = 1;
	b.nruns = 7;
	b.wanted = 9;
	b.label = "now";
	b.settings.stages = turned;
	b.host.memory = a.host.memory / 100 * 96;
	CHECK_STR(differs(&a, &b), "");
	a = b = (struct series){ 0 }; /* nothing is known of either */
	CHECK_STR(differs(&a, &b), "");
	a.host.name = "";
	CHECK_STR(differs(&a, &b), "");
}

static void another_host(void)
{
	struct series a = side(), b = side();

	b.host = (struct series_host){ "ci-8", "aarch64", "Neoverse", "6.18.44", 64, 8ULL << 30 };
	CHECK_STR(differs(&a, &b), "host: ci-7 there, ci-8 here\n"
				   "machine: x86_64 there, aarch64 here\n"
				   "CPU: Xeon 8370C there, Neoverse here\n"
				   "number of CPUs: 4 there, 64 here\n"
				   "memory: 16.0 GiB there, 8.0 GiB here\n"
				   "kernel: 6.1.0-18 there, 6.18.44 here\n");
	b = side();
	b.host.cpu = "";
	b.host.kernel = NULL;
	b.host.memory = 0;
	CHECK_STR(differs(&b, &a), "CPU: unknown there, Xeon 8370C here\n"
				   "memory: unknown there, 16.0 GiB here\n"
				   "kernel: unknown there, 6.1.0-18 here\n");
	b = side();
	b.host.memory = a.host.memory / 100 * 94;
	CHECK_STR(differs(&a, &b), "memory: 16.0 GiB there, 15.0 GiB here\n");
	CHECK_STR(differs(&b, &a), "memory: 15.0 GiB there, 16.0 GiB here\n");
}

static void other_settings(void)
{
	static char *one[] = { "guest-*" }, *two[] = { "vda", "vdb" };
	struct series a = side(), b = side();

	b.settings = (struct series_settings){ .no_disks = true };
	CHECK_STR(differs(&a, &b), "command: one there, none here\n"
				   "duration of a run: 10.00s there, as long as the command here\n"
				   "window: 250.0ms there, none here\n"
				   "warm-up: 1.000s there, none here\n"
				   "stages: guest-*, net-* there, all here\n"
				   "devices: vda there, all here\n"
				   "disks: measured there, not measured here\n");
	b = side();
	b.settings.stages = one;
	b.settings.nstages = 1;
	b.settings.devices = two;
	b.settings.ndevices = 2;
	CHECK_STR(differs(&a, &b), "stages: guest-*, net-* there, guest-* here\n"
				   "devices: vda there, vda, vdb here\n");
}

/* From a file made to annoy: cut, and seen to be. */
static void long_texts_are_cut(void)
{
	static char long_name[5000], *patterns[300];
	struct series a = side(), b = side();

	memset(long_name, 'x', sizeof(long_name) - 1);
	b.host.name = long_name;
	CHECK(strstr(differs(&a, &b), "xxx... here\n"));
	CHECK(strlen(all) < 600);
	CHECK(strstr(differs(&b, &a), "xxx... there, ci-7 here\n"));
	b = side();
	for (int i = 0; i < 300; i++)
		patterns[i] = long_name + sizeof(long_name) - 7;
	b.settings.stages = patterns;
	b.settings.nstages = 300;
	CHECK(strstr(differs(&a, &b), "... here\n"));
}

static void check_change(double change, const char *want)
{
	char text[32];

	CHECK_STR(change_format(change, text, sizeof(text)), want);
}

static void changes(void)
{
	check_change(0.1234, "+12.3 %");
	check_change(-0.004, "-0.4 %");
	check_change(0, "+0.0 %");
	check_change(-0.0001, "+0.0 %"); /* not -0.0 */
	check_change(-0.0006, "-0.1 %");
	check_change(-1, "-100.0 %");
	check_change(3.999, "+399.9 %");
	check_change(4, "x5.0");
	check_change(12.34, "x13.3");
	check_change(998, "x999.0");
	check_change(999, "x1000.0");
	check_change(999.1, ">x1000");
	check_change(1e300, ">x1000");
	check_change(INFINITY, ">x1000");
	check_change(-1.1, "?"); /* nothing is below 0 */
	check_change(NAN, "?");
}

static void check_interval(double low, double high, const char *want)
{
	struct change change = { .verdict = VERDICT_SAME, .low = low, .high = high };
	char text[72];

	CHECK_STR(interval_format(&change, text, sizeof(text)), want);
	change.verdict = VERDICT_TOO_FEW;
	CHECK_STR(interval_format(&change, text, sizeof(text)), "");
}

static void intervals(void)
{
	check_interval(-0.031, 0.12, "-3.1 to +12.0 %");
	check_interval(-0.95, 90, "-95.0 % to x91.0"); /* each with its unit, where they differ */
	check_interval(9, 5000, "x10.0 to >x1000");
	check_interval(-0.5, INFINITY, "");
	check_interval(NAN, 0.5, "");
}

static void check_value(enum metric metric, double value, const char *want)
{
	char text[32];

	CHECK_STR(metric_format(metric, value, text, sizeof(text)), want);
}

static void values(void)
{
	check_value(METRIC_MEDIAN, 812.4, "812ns");
	check_value(METRIC_P99, 1234000, "1.234ms");
	check_value(METRIC_WORST, 2.5e9, "2.500s");
	check_value(METRIC_MEAN, 0.6, "1ns");
	check_value(METRIC_THROUGHPUT, 12345.4, "12345/s");
	check_value(METRIC_THROUGHPUT, 12.34, "12.3/s");
	check_value(METRIC_THROUGHPUT, 0.01234, "0.0123/s");
	check_value(METRIC_THROUGHPUT, 999.7, "1000/s");
	check_value(METRIC_MEAN, 0, "-"); /* none there */
	check_value(METRIC_MEAN, NAN, "-");
	check_value(METRIC_MEAN, -5, "-");
	check_value(METRIC_MEAN, 1e30, "18446744073.7s"); /* the most that fits */
}

static struct stage_change listed[4];
static struct series sides[2];

static struct comparison made(enum verdict verdict, int slower, int inconclusive, int faster,
			      int same, int too_few)
{
	struct comparison c = {
		.series = { &sides[0], &sides[1] },
		.threshold = 0.1,
		.confidence = 0.99,
		.stages = listed,
		.verdict = verdict,
		.nverdicts = { [VERDICT_SLOWER] = slower,
			       [VERDICT_INCONCLUSIVE] = inconclusive,
			       [VERDICT_FASTER] = faster,
			       [VERDICT_SAME] = same,
			       [VERDICT_TOO_FEW] = too_few },
	};

	memset(listed, 0, sizeof(listed));
	sides[0].nruns = sides[1].nruns = 5;
	c.nstages = slower + inconclusive + faster + same + too_few;
	return c;
}

static void check_sentence(const struct comparison *c, const char *want)
{
	char text[512];

	CHECK_STR(comparison_sentence(c, text, sizeof(text)), want);
}

static void sentence_of_a_regression(void)
{
	struct comparison c = made(VERDICT_SLOWER, 1, 2, 0, 1, 0);
	struct change *change = &listed[0].changes[METRIC_P99];
	char text[20];

	listed[0].name = "extent-write-file";
	listed[0].main = METRIC_P99;
	*change = (struct change){
		.verdict = VERDICT_SLOWER, .change = 0.412, .low = 0.35, .high = 0.479
	};
	check_sentence(&c, "REGRESSION: extent-write-file is slower: p99 +41.2 % (+35.0 to "
			   "+47.9 %)");
	CHECK_STR(comparison_sentence(&c, text, sizeof(text)), "REGRESSION: extent-");
	c.nverdicts[VERDICT_SLOWER] = 2;
	check_sentence(&c, "REGRESSION: extent-write-file is slower: p99 +41.2 % (+35.0 to "
			   "+47.9 %), and 1 more stage");
	c.nverdicts[VERDICT_SLOWER] = 6;
	*change = (struct change){ .verdict = VERDICT_SLOWER, .change = 6, .low = 3.5, .high = 7 };
	check_sentence(&c, "REGRESSION: extent-write-file is slower: p99 x7.0 (+350.0 % to x8.0), "
			   "and 5 more stages");
	*change = (struct change){
		.verdict = VERDICT_SLOWER, .change = 1500, .low = 12, .high = 2e6
	};
	check_sentence(&c, "REGRESSION: extent-write-file is slower: p99 >x1000 (x13.0 to "
			   ">x1000), and 5 more stages");
	listed[0].main = METRIC_THROUGHPUT;
	listed[0].changes[METRIC_THROUGHPUT] = (struct change){
		.verdict = VERDICT_SLOWER, .change = -0.3, .low = -0.4, .high = -0.2
	};
	check_sentence(&c, "REGRESSION: extent-write-file is slower: rate -30.0 % (-40.0 to "
			   "-20.0 %), and 5 more stages");
}

static void sentence_of_no_regression(void)
{
	struct comparison c = made(VERDICT_SAME, 0, 0, 0, 3, 1);

	check_sentence(&c, "no regression: 3 stages compared, each surely less than 10 % worse");
	c.threshold = 0.025;
	check_sentence(&c, "no regression: 3 stages compared, each surely less than 2.5 % worse");
	c = made(VERDICT_SAME, 0, 0, 0, 1, 0);
	check_sentence(&c, "no regression: 1 stage compared, surely less than 10 % worse");
	c = made(VERDICT_FASTER, 0, 0, 2, 1, 1);
	check_sentence(&c, "no regression: 3 stages compared, each surely less than 10 % worse, "
			   "2 of them faster");
}

static void sentence_of_noise(void)
{
	struct comparison c = made(VERDICT_INCONCLUSIVE, 0, 2, 0, 1, 1);

	listed[0].changes[METRIC_MEAN].more_runs = 3;
	listed[1].changes[METRIC_P99].more_runs = 12;
	check_sentence(&c, "no regression found, but 2 of 3 stages can't be told apart from "
			   "noise: 12 more runs a side would");
	listed[1].changes[METRIC_P99].more_runs = STATISTICS_MANY_RUNS;
	check_sentence(&c, "no regression found, but 2 of 3 stages can't be told apart from "
			   "noise: longer runs or a quieter machine would");
	listed[1].changes[METRIC_P99].more_runs = STATISTICS_MANY_RUNS - 1;
	check_sentence(&c, "no regression found, but 2 of 3 stages can't be told apart from "
			   "noise: 999 more runs a side would");
	c = made(VERDICT_INCONCLUSIVE, 0, 1, 0, 0, 0);
	listed[0].changes[METRIC_MEAN].more_runs = 1;
	check_sentence(&c, "no regression found, but 1 of 1 stage can't be told apart from "
			   "noise: 1 more run a side would");
}

static void sentence_of_nothing(void)
{
	struct comparison c = made(VERDICT_TOO_FEW, 0, 0, 0, 0, 2);

	listed[0].stage[1] = listed[1].stage[0] = -1;
	check_sentence(&c, "nothing could be compared: no stage fired on both sides");
	listed[0].stage[1] = 0;
	check_sentence(&c, "nothing could be compared: no stage has enough durations in every "
			   "run: measure for longer");
	sides[1].nruns = 2;
	check_sentence(&c, "nothing could be compared: it takes 3 runs a side, there are 5 and 2");
}

static void verdicts(void)
{
	CHECK_STR(verdict_text(VERDICT_TOO_FEW), "too few");
	CHECK_STR(verdict_text(VERDICT_SAME), "same");
	CHECK_STR(verdict_text(VERDICT_FASTER), "faster");
	CHECK_STR(verdict_text(VERDICT_INCONCLUSIVE), "inconclusive");
	CHECK_STR(verdict_text(VERDICT_SLOWER), "slower");
}

static const struct test tests[] = {
	TEST(alike),
	TEST(another_host),
	TEST(other_settings),
	TEST(long_texts_are_cut),
	TEST(changes),
	TEST(intervals),
	TEST(values),
	TEST(sentence_of_a_regression),
	TEST(sentence_of_no_regression),
	TEST(sentence_of_noise),
	TEST(sentence_of_nothing),
	TEST(verdicts),
};

TEST_MAIN("comparison_text")
