// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The command line, durations and the words of losses.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "core/loss.h"
#include "core/options.h"
#include "core/units.h"
#include "reports/report.h"
#include "test.h"

static int parse(struct options *options, uint32_t takes, const char *line)
{
	const struct options_spec spec = { .summary = "summary", .args = "WORD", .takes = takes };
	static char copy[512];
	char *argv[32], *word;
	int argc = 0, null = open("/dev/null", O_WRONLY), saved = dup(STDERR_FILENO), err;

	snprintf(copy, sizeof(copy), "%s", line);
	for (word = strtok(copy, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	/* what it says of wrong use is not the tests' output */
	dup2(null, STDERR_FILENO);
	err = options_parse(options, &spec, argc, argv);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(null);
	return err;
}

static void all_options_are_understood(void)
{
	struct options o;

	CHECK_INT(parse(&o, TAKES_LATENCY,
			"perfgw -p 12 -p 13 -e /bin/a -Z -i 2 -d 1.5 -n 4 -j -T --layout compact "
			"--summary --by-pid --slower-than 10ms -o out --attach events --dry-run"),
		  0);
	CHECK_INT(o.npids, 2);
	CHECK_INT(o.pids[1], 13);
	CHECK_INT(o.nfiles, 1);
	CHECK_STR(o.files[0], "/bin/a");
	CHECK(o.wait && o.json && o.timestamps && o.summary && o.by_pid && o.slow && o.dry_run);
	CHECK_INT(o.interval, 2 * NSEC_PER_SEC);
	CHECK_INT(o.duration, 1500000000);
	CHECK_INT(o.count, 4);
	CHECK_INT(o.layout, LAYOUT_COMPACT);
	CHECK_INT(o.slow_ns, 10000000);
	CHECK_INT(o.attach, ATTACH_EVENTS);
	CHECK_STR(o.output, "out");
	CHECK(o.command == NULL);
	options_free(&o);
}

static void options_of_some_reports_are_understood(void)
{
	struct options o;

	CHECK_INT(
		parse(&o, TAKES_LATENCY | TAKES_VOLUME | TAKES_EXTRA,
		      "perf-vol --in-flight --heatmap --volume 5d8b --extra --record a --replay b"),
		0);
	CHECK(o.in_flight && o.heatmap && o.extra);
	CHECK_STR(o.volume, "5d8b");
	CHECK_STR(o.record, "a");
	CHECK_STR(o.replay, "b");
	options_free(&o);
	CHECK_INT(parse(&o, TAKES_KEY | TAKES_BY | TAKES_TEXT,
			"latency a b --key arg1 --key job --by client --text arg0 --text arg7"),
		  0);
	CHECK_INT(o.nkeys, 2);
	CHECK_STR(o.keys[0], "arg1");
	CHECK_STR(o.keys[1], "job");
	CHECK_STR(o.by, "client");
	CHECK_INT(o.texts, 0x81);
	CHECK_INT(o.nargs, 2);
	options_free(&o);
	CHECK_INT(parse(&o, TAKES_HITS | TAKES_PROBES,
			"record -o file --probes a:* --probes b --perfetto -n 12 -d 3"),
		  0);
	CHECK_INT(o.nprobes, 2);
	CHECK_STR(o.probes[1], "b");
	CHECK_STR(o.output, "file");
	CHECK_INT(o.count, 12);
	CHECK(o.perfetto);
	options_free(&o);
}

/* What an option is for, and how it is given. */
static const struct {
	uint32_t takes;
	const char *line;
} special[] = {
	{ TAKES_LATENCY, "r --summary" },   { TAKES_LATENCY, "r --slower-than 1ms" },
	{ TAKES_LATENCY, "r --in-flight" }, { TAKES_LATENCY, "r --heatmap" },
	{ TAKES_VOLUME, "r --volume 5d" },  { TAKES_EXTRA, "r --extra" },
	{ TAKES_KEY, "r --key arg0" },	    { TAKES_TEXT, "r --text arg0" },
	{ TAKES_PROBES, "r --probes a:*" }, { TAKES_PROBES, "r --perfetto" },
};

static void options_that_a_report_does_not_take_are_refused(void)
{
	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++) {
		struct options o;

		CHECK_INT(parse(&o, special[i].takes, special[i].line), 0);
		options_free(&o);
		for (int bit = 0; bit <= 7; bit++) {
			if (special[i].takes == 1u << bit)
				continue;
			if (parse(&o, 1u << bit, special[i].line) != -EINVAL) {
				printf("# not refused with %d: %s\n", 1 << bit, special[i].line);
				test_failed = 1;
			}
			options_free(&o);
		}
	}
}

static void reports_of_hits_have_no_intervals(void)
{
	static const char *const hits[] = { "r -i 1", "r -T", "r --layout compact", "r --by-pid" };
	static const char *const recording[] = { "r -j", "r --record a", "r --replay a" };
	struct options o;

	for (int i = 0; i < 4; i++) {
		CHECK_INT(parse(&o, 0, hits[i]), 0);
		options_free(&o);
		CHECK_INT(parse(&o, TAKES_HITS, hits[i]), -EINVAL);
		options_free(&o);
	}
	for (int i = 0; i < 3; i++) {
		CHECK_INT(parse(&o, TAKES_HITS, recording[i]), 0);
		options_free(&o);
		CHECK_INT(parse(&o, TAKES_HITS | TAKES_PROBES, recording[i]), -EINVAL);
		options_free(&o);
	}
}

static void statuses_have_layouts_and_no_intervals(void)
{
	static const char *const refused[] = { "r -i 1", "r -T", "r --by-pid", "r --summary" };
	static const char *const taken[] = { "r -n 3", "r --layout compact", "r -j", "r -d 2" };
	struct options o;

	for (int i = 0; i < 4; i++) {
		CHECK_INT(parse(&o, TAKES_STATUS, refused[i]), -EINVAL);
		options_free(&o);
		CHECK_INT(parse(&o, TAKES_STATUS, taken[i]), 0);
		options_free(&o);
	}
}

static void reports_take_what_is_theirs(void)
{
	static const struct {
		const char *name;
		uint32_t takes;
		bool pid;
	} all[] = {
		{ "tracegw", 0, false },
		{ "trace-vol", TAKES_VOLUME, false },
		{ "all_downstairs", TAKES_EXTRA, false },
		{ "downstairs_count", TAKES_EXTRA, true },
		{ "upstairs_count", TAKES_EXTRA, true }, /* its namesake does */
		{ "perfgw", TAKES_LATENCY, false },
		{ "perf-ds-net", TAKES_LATENCY, false },
		{ "perf-ds-client", TAKES_LATENCY, false },
		{ "perf-upstairs-rw", TAKES_LATENCY, false },
		{ "perf-vol", TAKES_LATENCY | TAKES_VOLUME, false },
		{ "perf-reqwest", TAKES_LATENCY | TAKES_VOLUME, false },
		{ "perf-downstairs", TAKES_LATENCY, false },
		{ "perf-downstairs-os", TAKES_LATENCY, false },
		{ "perf-downstairs-three", TAKES_LATENCY, false },
		{ "perf-downstairs-tick", TAKES_LATENCY, false },
		{ "perf-online-repair", TAKES_LATENCY, false },
		{ "perf-live-repair", TAKES_LATENCY, false },
		{ "perf-downstairs-finegrain-extent-timings", TAKES_LATENCY, false },
		{ "count", TAKES_BY | TAKES_TEXT, false },
		{ "latency", TAKES_LATENCY | TAKES_KEY | TAKES_BY | TAKES_TEXT, false },
		{ "trace", TAKES_HITS | TAKES_TEXT, false },
		{ "record", TAKES_HITS | TAKES_TEXT | TAKES_PROBES, false },
	};
	const struct report *matches[4];
	int n;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const struct report *r = report_find(all[i].name, matches, 4, &n);

		CHECK_STR(r ? r->name : NULL, all[i].name);
		CHECK_INT(r ? report_spec(r).takes : 0, all[i].takes);
		CHECK_INT(r ? r->pid_arg : false, all[i].pid);
	}
}

struct listing {
	bool titles, summary, extra, volume;
	int letters;
};

static void on_option(void *arg, int letter, const char *name, const char *value, const char *text)
{
	struct listing *l = arg;

	CHECK(text != NULL);
	l->letters += letter != 0;
	l->titles |= !name;
	l->summary |= name && !strcmp(name, "summary") && !letter && !value;
	l->extra |= name && !strcmp(name, "extra");
	l->volume |= name && !strcmp(name, "volume") && !strcmp(value, "UUID");
}

static void help_has_what_a_report_takes(void)
{
	const struct options_spec spec = { .takes = TAKES_LATENCY | TAKES_VOLUME };
	struct listing l = { 0 };

	options_each(&spec, on_option, &l);
	CHECK(l.titles && l.summary && l.volume && !l.extra);
	/* p e Z i d n j T o v h */
	CHECK_INT(l.letters, 11);
}

static void processes_are_added(void)
{
	struct options o = { 0 };

	CHECK_INT(options_add_pid(&o, "15579"), 0);
	CHECK_INT(options_add_pid(&o, "1"), 0);
	CHECK_INT(options_add_pid(&o, "x"), -EINVAL);
	CHECK_INT(options_add_pid(&o, ""), -EINVAL);
	CHECK_INT(options_add_pid(&o, "-1"), -EINVAL);
	CHECK_INT(options_add_pid(&o, "99999999999999999999"), -EINVAL);
	CHECK_INT(o.npids, 2);
	CHECK_INT(o.pids[0], 15579);
	options_free(&o);
}

static void command_stands_behind_two_dashes(void)
{
	struct options o;

	CHECK_INT(parse(&o, 0, "perfgw -i 1 -- ls -l --json"), 0);
	CHECK(!o.json);
	CHECK_STR(o.command[0], "ls");
	CHECK_STR(o.command[2], "--json");
	CHECK(o.command[3] == NULL);
	CHECK_INT(o.nargs, 0);
	options_free(&o);
}

static void words_are_arguments(void)
{
	struct options o;

	CHECK_INT(parse(&o, 0, "single_up_info 15579 -j"), 0);
	CHECK_INT(o.nargs, 1);
	CHECK_STR(o.args[0], "15579");
	CHECK(o.json);
	options_free(&o);
}

static void wrong_use_is_refused(void)
{
	static const char *const lines[] = {
		"perfgw -p x",	       "perfgw -p 0",	 "perfgw -p 12x",
		"perfgw -p",	       "perfgw -i 0",	 "perfgw -i x",
		"perfgw -d -1",	       "perfgw -n 0",	 "perfgw -n 1.5",
		"perfgw --layout old", "perfgw --bogus", "perfgw --attach kprobe",
		"perfgw --",	       "perfgw -n -3",	 "perfgw --slower-than 5parsecs",
	};
	static const char *const special_lines[] = {
		"latency --key a --key b --key c",
		"latency --text arg8",
		"latency --text arg-1",
		"latency --text 1",
		"latency --text arg1x",
		"latency --text job",
		"latency --key",
		"latency --by",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct options o;
		int err = parse(&o, TAKES_LATENCY, lines[i]);

		if (err != -EINVAL)
			printf("# not refused: %s\n", lines[i]);
		CHECK_INT(err, -EINVAL);
		options_free(&o);
	}
	for (size_t i = 0; i < sizeof(special_lines) / sizeof(special_lines[0]); i++) {
		struct options o;

		CHECK_INT(parse(&o, TAKES_KEY | TAKES_BY | TAKES_TEXT, special_lines[i]), -EINVAL);
		options_free(&o);
	}
}

static void durations_are_read(void)
{
	static const struct {
		const char *text;
		int64_t ns; /* negative: refused */
	} cases[] = {
		{ "10", 10000000000 },
		{ "1.5", 1500000000 },
		{ "500ms", 500000000 },
		{ "250us", 250000 },
		{ "7ns", 7 },
		{ "2m", 120000000000 },
		{ "1h", 3600000000000 },
		{ "0", 0 },
		{ "", -1 },
		{ "ms", -1 },
		{ "-1s", -1 },
		{ "1d", -1 },
		{ "nan", -1 },
		{ "inf", -1 },
		{ "1e300h", -1 },
		{ "10 ms", -1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t ns = 0;
		int err = duration_parse(cases[i].text, &ns);

		if ((err != 0) != (cases[i].ns < 0) || (!err && (int64_t)ns != cases[i].ns))
			printf("# \"%s\" gave %d, %" PRIu64 "\n", cases[i].text, err, ns);
		CHECK_INT(err, cases[i].ns < 0 ? -EINVAL : 0);
		if (!err)
			CHECK_INT(ns, cases[i].ns);
	}
}

static void durations_are_written(void)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} cases[] = {
		{ 0, "0ns" },	       { 999, "999ns" },	 { 1000, "1.000us" },
		{ 12345, "12.35us" },  { 123456, "123.5us" },	 { 999949, "999.9us" },
		{ 999960, "1.000ms" }, { 1500000000, "1.500s" }, { 3600000000000, "3600.0s" },
	};
	char text[24];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_STR(duration_format(cases[i].ns, text, sizeof(text)), cases[i].text);
}

static void losses_are_told_in_words(void)
{
	uint64_t losses[FOLD_LOSS_MAX] = { 0 };
	char line[256], small[12];

	CHECK_INT(loss_line(losses, 0, 0, line, sizeof(line)), 0);
	CHECK_STR(line, "");
	losses[FOLD_LOSS_OVERWRITTEN] = 1;
	losses[FOLD_LOSS_ORPHAN] = 12;
	CHECK_INT(loss_line(losses, 2, 0, line, sizeof(line)) > 0, 1);
	CHECK_STR(line, "1 start overwritten, 12 dones without a start, "
			"2 starts still wait for their dones");
	/* starts of processes that have ended are told apart */
	loss_line(losses, 1, 3, line, sizeof(line));
	CHECK_STR(line, "1 start overwritten, 12 dones without a start, "
			"1 start still waits for its done, 3 starts of processes that have ended");
	losses[FOLD_LOSS_OVERWRITTEN] = losses[FOLD_LOSS_ORPHAN] = 0;
	CHECK_INT(loss_line(losses, 0, 1, line, sizeof(line)), strlen(line));
	CHECK_STR(line, "1 start of a process that has ended");
	losses[FOLD_LOSS_UNMARKED] = 1;
	losses[FOLD_LOSS_CUT] = 2;
	losses[FOLD_LOSS_UNREAD] = 1;
	losses[FOLD_LOSS_TEXT] = 3;
	loss_line(losses, 0, 0, line, sizeof(line));
	CHECK_STR(line,
		  "1 IO done without a reply seen, 2 texts cut, 1 text that could not be read, "
		  "3 texts not kept in a full table");
	loss_line(losses, 2, 0, small, sizeof(small));
	CHECK_INT(strlen(small), sizeof(small) - 1);
	for (int i = 0; i < FOLD_LOSS_MAX; i++) {
		CHECK(loss_key(i) && loss_text(i, 1) && loss_text(i, 2));
		for (int j = 0; j < i; j++)
			CHECK(strcmp(loss_key(i), loss_key(j)));
	}
}

static const struct test tests[] = {
	TEST(all_options_are_understood),
	TEST(options_of_some_reports_are_understood),
	TEST(options_that_a_report_does_not_take_are_refused),
	TEST(reports_of_hits_have_no_intervals),
	TEST(statuses_have_layouts_and_no_intervals),
	TEST(reports_take_what_is_theirs),
	TEST(help_has_what_a_report_takes),
	TEST(processes_are_added),
	TEST(command_stands_behind_two_dashes),
	TEST(words_are_arguments),
	TEST(wrong_use_is_refused),
	TEST(durations_are_read),
	TEST(durations_are_written),
	TEST(losses_are_told_in_words),
};

TEST_MAIN("options")
