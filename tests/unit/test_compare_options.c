// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The command lines of `assay baseline`, `assay check` and `assay ab`: what they become, what is
 * refused, and what a baseline's settings do where they are silent. And the turns of a comparison.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "compare/compare_options.h"
#include "compare/runs.h"
#include "compare/settings.h"
#include "core/units.h"
#include "test.h"

#define MAX_ARGS 32

static char said[8192];

/* What stderr gets from here on, goes to `said` at the end. */
static FILE *hear(int *saved)
{
	FILE *f = tmpfile();

	fflush(stderr);
	*saved = dup(STDERR_FILENO);
	dup2(fileno(f), STDERR_FILENO);
	return f;
}

static void hear_end(FILE *f, int saved)
{
	size_t n;

	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(f);
	n = fread(said, 1, sizeof(said) - 1, f);
	said[n] = '\0';
	fclose(f);
}

/* Parses words. */
static int parse(struct compare_options *o, const struct help_page *page, const char *const *words)
{
	static char *argv[MAX_ARGS + 1]; /* options point into it */
	int argc = 1, err, saved;
	FILE *f;

	argv[0] = "word";
	while (words[argc - 1])
		argv[argc] = (char *)words[argc - 1], argc++;
	argv[argc] = NULL;
	f = hear(&saved);
	err = compare_options_parse(o, page, argc, argv);
	hear_end(f, saved);
	CHECK_STR(argv[0], "word");
	return err;
}

#define PARSE(o, page, ...) parse(o, page, (const char *const[]){ __VA_ARGS__ __VA_OPT__(, ) NULL })

/* Refused, and what is said has `part` in it. */
#define REFUSED(part, page, ...)                                    \
	do {                                                        \
		struct compare_options o_;                          \
		CHECK_INT(PARSE(&o_, page, __VA_ARGS__), -EINVAL);  \
		if (!strstr(said, part)) {                          \
			printf("# no \"%s\" in: %s\n", part, said); \
			CHECK(!"said");                             \
		}                                                   \
		compare_options_free(&o_);                          \
	} while (0)

#define CHECK_NEAR(got, want) CHECK(fabs((got) - (want)) < 1e-12)

static void percentages(void)
{
	static const struct {
		const char *text;
		double fraction;
	} cases[] = {
		{ "10", 0.1 },	   { "10%", 0.1 },	{ "10 %", 0.1 }, { "2.5", 0.025 },
		{ "0.5%", 0.005 }, { "99.9 %", 0.999 }, { "0", 0 },	 { ".5%", 0.005 },
	};
	static const char *const wrong[] = { "",      "%",   "-1",  "x",   "10x",   "10%%",
					     "10 % ", "10 ", "nan", "inf", "1e999", "+5" };
	double fraction;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fraction = -1;
		CHECK_INT(percent_parse(cases[i].text, &fraction), 0);
		CHECK_NEAR(fraction, cases[i].fraction);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (!percent_parse(wrong[i], &fraction))
			printf("# taken: \"%s\"\n", wrong[i]);
		CHECK_INT(percent_parse(wrong[i], &fraction), -EINVAL);
	}
}

static void there_are_defaults(void)
{
	struct compare_options o;

	CHECK_INT(PARSE(&o, &baseline_page, "-o", "x"), 0);
	CHECK_INT(o.runs, 5);
	CHECK_INT(o.duration_ns, 10 * NSEC_PER_SEC);
	CHECK_INT(o.window_ns, NSEC_PER_SEC / 4);
	CHECK_INT(o.warmup_ns, 0);
	CHECK(!o.command && !o.nstages && !o.ndevices && !o.no_disks);
	compare_options_free(&o);
	/* as long as the command takes */
	CHECK_INT(PARSE(&o, &baseline_page, "-o", "x", "--", "load", "-d", "7"), 0);
	CHECK_INT(o.duration_ns, 0);
	CHECK_STR(o.command[0], "load");
	CHECK_STR(o.command[2], "7");
	CHECK(!o.command[3]);
	compare_options_free(&o);
	CHECK_INT(PARSE(&o, &ab_page, "--a", "one", "--b", "two three"), 0);
	CHECK_INT(o.runs, 10);
	CHECK_INT(o.duration_ns, 0);
	CHECK_STR(o.a, "one");
	CHECK_STR(o.b, "two three");
	CHECK_NEAR(o.threshold, 0.1);
	CHECK_NEAR(o.confidence, 0.99);
	CHECK(!o.strict && !o.force && !o.json && !o.all && !o.github && !o.output);
	compare_options_free(&o);
	/* the baseline's are to be taken */
	CHECK_INT(PARSE(&o, &check_page, "--baseline", "x"), 0);
	CHECK(!o.runs && !o.duration_ns && !o.window_ns && !o.warmup_given && !o.measured);
	CHECK_NEAR(o.threshold, 0.1);
	CHECK_NEAR(o.confidence, 0.99);
	compare_options_free(&o);
}

static void options_are_read(void)
{
	struct compare_options o;

	CHECK_INT(PARSE(&o, &check_page, "--baseline=base", "--runs=3", "-d2m", "--window", "500ms",
			"--warmup=0", "--stages", "guest-*,net-write", "--stages=disk-*", "-D",
			"vda", "-D/dev/loop0", "-p", "42", "-Z", "--threshold", "25%",
			"--confidence", "95", "--strict", "--force", "-o", "new", "-j", "--all",
			"--junit=j", "--markdown=m", "--html=h", "--annotate=github"),
		  0);
	CHECK_STR(o.baseline, "base");
	CHECK_INT(o.runs, 3);
	CHECK_INT(o.duration_ns, 120 * NSEC_PER_SEC);
	CHECK_INT(o.window_ns, NSEC_PER_SEC / 2);
	CHECK(o.warmup_given);
	CHECK_INT(o.warmup_ns, 0);
	CHECK_INT(o.nstages, 3);
	CHECK_STR(o.stages[0], "guest-*");
	CHECK_STR(o.stages[1], "net-write");
	CHECK_STR(o.stages[2], "disk-*");
	CHECK_INT(o.ndevices, 2);
	CHECK_STR(o.devices[1], "/dev/loop0");
	CHECK_INT(o.trace.npids, 1);
	CHECK_INT(o.trace.pids[0], 42);
	CHECK(o.trace.wait && o.strict && o.force && o.json && o.all && o.github);
	CHECK_NEAR(o.threshold, 0.25);
	CHECK_NEAR(o.confidence, 0.95);
	CHECK_STR(o.output, "new");
	CHECK_STR(o.junit, "j");
	CHECK_STR(o.markdown, "m");
	CHECK_STR(o.html, "h");
	compare_options_free(&o);
	CHECK_INT(PARSE(&o, &ab_page, "--a=x", "--b=y", "-e", "f", "-e", "g", "--no-disks",
			"--warmup", "250ms"),
		  0);
	CHECK_INT(o.trace.nfiles, 2);
	CHECK_STR(o.trace.files[1], "g");
	CHECK(o.no_disks && o.warmup_given);
	CHECK_INT(o.warmup_ns, NSEC_PER_SEC / 4);
	compare_options_free(&o);
	CHECK_INT(PARSE(&o, &check_page, "--baseline=a", "b.json", "--threshold=5"), 0);
	CHECK_STR(o.measured, "b.json");
	compare_options_free(&o);
}

static void few_runs_are_refused_with_the_reason(void)
{
	REFUSED("noise can't be told from a change", &baseline_page, "-o", "x", "--runs", "2");
	REFUSED("noise can't be told from a change", &check_page, "--baseline=x", "--runs=0");
	REFUSED("noise can't be told from a change", &ab_page, "--a=x", "--b=y", "--runs=1");
	REFUSED("not a number", &ab_page, "--a=x", "--b=y", "--runs=three");
	REFUSED("not a number", &ab_page, "--a=x", "--b=y", "--runs=-3");
	REFUSED("at most 7 days", &ab_page, "--a=x", "--b=y", "--window=169h");
	REFUSED("at most 7 days", &baseline_page, "-o", "x", "-d", "604801");
	REFUSED("at most 1000", &ab_page, "--a=x", "--b=y", "--runs=1001");
}

static void wrong_values_are_refused(void)
{
	REFUSED("0.1 % or 10 %", &check_page, "--baseline=x", "--threshold=0.1");
	REFUSED("from 0.1 % to 1000 %", &check_page, "--baseline=x", "--threshold=0");
	REFUSED("from 0.1 % to 1000 %", &check_page, "--baseline=x", "--threshold=1001");
	REFUSED("not a percentage", &check_page, "--baseline=x", "--threshold=low");
	REFUSED("from 50 % to 99.9 %", &check_page, "--baseline=x", "--confidence=49");
	REFUSED("from 50 % to 99.9 %", &check_page, "--baseline=x", "--confidence=100");
	REFUSED("0.99 % or 99 %", &check_page, "--baseline=x", "--confidence=0.99");
	REFUSED("github is what it can be", &check_page, "--baseline=x", "--annotate=gitlab");
	REFUSED("not a time", &baseline_page, "-o", "x", "-d", "0");
	REFUSED("not a time", &baseline_page, "-o", "x", "-d", "soon");
	REFUSED("at least 10.00ms", &baseline_page, "-o", "x", "--window=9ms");
	REFUSED("not a process ID", &baseline_page, "-o", "x", "-p", "0");
	REFUSED("no stage is called \"guest\"", &baseline_page, "-o", "x", "--stages=guest");
	REFUSED("no stage is called \"\"", &baseline_page, "-o", "x", "--stages=guest-*,");
}

static void bounds_are_taken(void)
{
	static const char *const bounds[] = { "--threshold=0.1%", "--threshold=1000",
					      "--confidence=50", "--confidence=99.9" };
	struct compare_options o;

	for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
		CHECK_INT(PARSE(&o, &check_page, "--baseline=x", bounds[i]), 0);
		compare_options_free(&o);
	}
	CHECK_INT(PARSE(&o, &ab_page, "--a=x", "--b=y", "--runs=3", "--window=10ms"), 0);
	compare_options_free(&o);
}

static void what_does_not_go_together_is_refused(void)
{
	REFUSED("-o FILE", &baseline_page, "-d", "1");
	REFUSED("--baseline FILE", &check_page, "-d", "1");
	REFUSED("--a 'COMMAND'", &ab_page, "--a", "x");
	REFUSED("none goes behind --", &ab_page, "--a=x", "--b=y", "--", "z");
	REFUSED("no command after --", &baseline_page, "-o", "x", "--");
	REFUSED("-d and a command", &baseline_page, "-o", "x", "-d", "1", "--", "y");
	REFUSED("processes or binaries", &baseline_page, "-o", "x", "-p", "1", "-e", "y");
	REFUSED("with disks or without", &baseline_page, "-o", "x", "-D", "vda", "--no-disks");
	REFUSED("A command goes behind --", &baseline_page, "-o", "x", "load");
	REFUSED("what is \"z\" for?", &ab_page, "--a=x", "--b=y", "z");
	REFUSED("one file is compared", &check_page, "--baseline=x", "y", "z");
	REFUSED("--runs is for measuring", &check_page, "--baseline=x", "y", "--runs=3");
	REFUSED("a command is for measuring", &check_page, "--baseline=x", "y", "--", "z");
	REFUSED("--warmup is for measuring", &check_page, "--baseline=x", "y", "--warmup=0");
	REFUSED("-o is for measuring", &check_page, "--baseline=x", "y", "-o", "z");
}

/* Each command has its own: --force means nothing where nothing is refused. */
static void options_of_others_are_unknown(void)
{
	REFUSED("unrecognized option", &baseline_page, "-o", "x", "--threshold=10");
	REFUSED("unrecognized option", &baseline_page, "-o", "x", "--junit=y");
	REFUSED("unrecognized option", &ab_page, "--a=x", "--b=y", "--force");
	REFUSED("unrecognized option", &ab_page, "--a=x", "--b=y", "--duration=3");
	REFUSED("option '--a=y'", &check_page, "--baseline=x", "--a=y");
}

/* --- settings --- */

static char *stages[] = { "guest-*" }, *devices[] = { "vda" };
static char *command[] = { "load", "it", NULL };
static struct series base = {
	.nruns = 7,
	.wanted = 9,
	.settings = {
		.window = 111,
		.duration = 222,
		.warmup = 33,
		.stages = stages,
		.nstages = 1,
		.devices = devices,
		.ndevices = 1,
	},
};

/* What `assay check` measures by, with these words and that baseline. */
static struct series *settings(const struct series *of, const char *const *words)
{
	struct compare_options o;
	struct series *s;

	CHECK_INT(parse(&o, &check_page, words), 0);
	s = settings_series("now", &o, o.command, of);
	compare_options_free(&o);
	return s;
}

#define SETTINGS(of, ...) \
	settings(of, (const char *const[]){ "--baseline=x", __VA_ARGS__ __VA_OPT__(, ) NULL })

static void silence_means_the_baselines(void)
{
	struct series *s = SETTINGS(&base);

	CHECK_STR(s->label, "now");
	CHECK(s->assay && *s->assay);
	CHECK(s->host.cpus > 0 && s->host.kernel && *s->host.kernel);
	/* as many as there are: more were asked for */
	CHECK_INT(s->wanted, 7);
	CHECK_INT(s->settings.window, 111);
	CHECK_INT(s->settings.duration, 222);
	CHECK_INT(s->settings.warmup, 33);
	CHECK_INT(s->settings.nstages, 1);
	CHECK_STR(s->settings.stages[0], "guest-*");
	CHECK_INT(s->settings.ndevices, 1);
	CHECK_STR(s->settings.devices[0], "vda");
	CHECK(!s->settings.command && !s->settings.no_disks);
	series__free(s);
}

static void what_is_said_wins(void)
{
	struct series *s = SETTINGS(&base, "--runs=3", "-d5", "--window=1", "--warmup=0",
				    "--stages=net-*,disk-*", "--no-disks");

	CHECK_INT(s->wanted, 3);
	CHECK_INT(s->settings.window, NSEC_PER_SEC);
	CHECK_INT(s->settings.duration, 5 * NSEC_PER_SEC);
	CHECK_INT(s->settings.warmup, 0);
	CHECK_INT(s->settings.nstages, 2);
	CHECK_STR(s->settings.stages[1], "disk-*");
	/* with no disks there are none to name */
	CHECK(s->settings.no_disks);
	CHECK_INT(s->settings.ndevices, 0);
	series__free(s);
}

static void a_command_or_a_duration(void)
{
	struct series with = base, *s;

	with.settings.command = command;
	with.settings.duration = 0;
	s = SETTINGS(&with);
	CHECK_INT(s->settings.duration, 0);
	CHECK_STR(s->settings.command[0], "load");
	CHECK_STR(s->settings.command[1], "it");
	CHECK(!s->settings.command[2]);
	series__free(s);
	s = SETTINGS(&with, "-d", "3");
	CHECK(!s->settings.command);
	CHECK_INT(s->settings.duration, 3 * NSEC_PER_SEC);
	series__free(s);
	/* and a command of our own in place of a duration */
	s = SETTINGS(&base, "--", "other");
	CHECK_INT(s->settings.duration, 0);
	CHECK_STR(s->settings.command[0], "other");
	series__free(s);
}

static void disks_of_the_baseline_or_ours(void)
{
	struct series without = base, *s;

	without.settings.no_disks = true;
	without.settings.ndevices = 0;
	s = SETTINGS(&without);
	CHECK(s->settings.no_disks);
	series__free(s);
	s = SETTINGS(&without, "-D", "sda");
	CHECK(!s->settings.no_disks);
	CHECK_STR(s->settings.devices[0], "sda");
	series__free(s);
}

static int checked(const struct series *s)
{
	int saved, err;
	FILE *f = hear(&saved);

	err = settings_check(s);
	hear_end(f, saved);
	return err;
}

/* What came together of a baseline and a command line, or of one. */
static void settings_that_measure_nothing_are_refused(void)
{
	char *disks[] = { "disk-*" }, *any[] = { "disk-*", "net-*" };
	struct series s = base;

	CHECK_INT(checked(&s), 0);
	CHECK_STR(said, "");
	s.settings.warmup = s.settings.duration - 1;
	CHECK_INT(checked(&s), 0);
	s.settings.warmup++;
	CHECK_INT(checked(&s), -EINVAL);
	CHECK(strstr(said, "--warmup leaves nothing of a run"));
	/* as long as the command takes */
	s.settings.duration = 0;
	CHECK_INT(checked(&s), 0);
	s.settings.stages = disks;
	CHECK_INT(checked(&s), 0);
	s.settings.no_disks = true;
	CHECK_INT(checked(&s), -EINVAL);
	CHECK(strstr(said, "--no-disks leaves these out"));
	s.settings.stages = any;
	s.settings.nstages = 2;
	CHECK_INT(checked(&s), 0);
	s.settings.nstages = 0;
	CHECK_INT(checked(&s), 0);
}

static void turns_are_abba(void)
{
	static const char want[] = "ABBAABBAABBA";

	for (int i = 0; want[i]; i++) {
		CHECK_INT(runs_turn(i, 2), want[i] - 'A');
		CHECK_INT(runs_turn(i, 1), 0);
	}
	/* as many of each after two turns, whatever the number of runs */
	for (int i = 0; i < 200; i += 2)
		CHECK(runs_turn(i, 2) != runs_turn(i + 1, 2));
}

static const struct test tests[] = {
	TEST(percentages),
	TEST(there_are_defaults),
	TEST(options_are_read),
	TEST(few_runs_are_refused_with_the_reason),
	TEST(wrong_values_are_refused),
	TEST(bounds_are_taken),
	TEST(what_does_not_go_together_is_refused),
	TEST(options_of_others_are_unknown),
	TEST(silence_means_the_baselines),
	TEST(what_is_said_wins),
	TEST(a_command_or_a_duration),
	TEST(disks_of_the_baseline_or_ours),
	TEST(settings_that_measure_nothing_are_refused),
	TEST(turns_are_abba),
};

TEST_MAIN("compare_options")
