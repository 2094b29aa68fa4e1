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
#include "test.h"

static int parse(struct options *options, const char *line)
{
	static char copy[256];
	char *argv[32], *word;
	int argc = 0, null = open("/dev/null", O_WRONLY), saved = dup(STDERR_FILENO), err;

	snprintf(copy, sizeof(copy), "%s", line);
	for (word = strtok(copy, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	/* what it says of wrong use is not the tests' output */
	dup2(null, STDERR_FILENO);
	err = options_parse(options, "summary", argc, argv);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(null);
	return err;
}

static void all_options_are_understood(void)
{
	struct options o;

	CHECK_INT(parse(&o,
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

static void command_stands_behind_two_dashes(void)
{
	struct options o;

	CHECK_INT(parse(&o, "perfgw -i 1 -- ls -l --json"), 0);
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

	CHECK_INT(parse(&o, "single_up_info 15579 -j"), 0);
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

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct options o;
		int err = parse(&o, lines[i]);

		if (err != -EINVAL)
			printf("# not refused: %s\n", lines[i]);
		CHECK_INT(err, -EINVAL);
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

	CHECK_INT(loss_line(losses, 0, line, sizeof(line)), 0);
	CHECK_STR(line, "");
	losses[FOLD_LOSS_OVERWRITTEN] = 1;
	losses[FOLD_LOSS_ORPHAN] = 12;
	CHECK_INT(loss_line(losses, 2, line, sizeof(line)) > 0, 1);
	CHECK_STR(line, "1 start overwritten, 12 dones without a start, "
			"2 starts still wait for their dones");
	loss_line(losses, 2, small, sizeof(small));
	CHECK_INT(strlen(small), sizeof(small) - 1);
	for (int i = 0; i < FOLD_LOSS_MAX; i++)
		CHECK(loss_key(i) && loss_text(i, 1) && loss_text(i, 2));
}

static const struct test tests[] = {
	TEST(all_options_are_understood), TEST(command_stands_behind_two_dashes),
	TEST(words_are_arguments),	  TEST(wrong_use_is_refused),
	TEST(durations_are_read),	  TEST(durations_are_written),
	TEST(losses_are_told_in_words),
};

TEST_MAIN("options")
