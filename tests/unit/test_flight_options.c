// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The command lines of `assay flight` and `assay scoutfs`: what they become, and what is refused
 * with its place.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/units.h"
#include "flight/capture.h"
#include "flight/flight.h"
#include "flight/flight_options.h"
#include "test.h"

#define MAX_ARGS 32

/* Parses words that blanks separate; what it says goes to `said`. */
static char said[4096];

static int parse(struct flight_options *o, const struct help_page *page, const char *const *words)
{
	char *argv[MAX_ARGS + 1] = { "flight" };
	FILE *f = tmpfile();
	int argc = 1, err, saved;
	size_t n;

	while (words[argc - 1])
		argv[argc] = (char *)words[argc - 1], argc++;
	fflush(stderr);
	saved = dup(STDERR_FILENO);
	dup2(fileno(f), STDERR_FILENO);
	err = flight_options_parse(o, page, argc, argv);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(f);
	n = fread(said, 1, sizeof(said) - 1, f);
	said[n] = '\0';
	fclose(f);
	CHECK_STR(argv[0], "flight");
	return err;
}

#define PARSE(o, page, ...) parse(o, page, (const char *const[]){ __VA_ARGS__ __VA_OPT__(, ) NULL })

static void sizes(void)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} cases[] = {
		{ "0", 0 },
		{ "65536", 65536 },
		{ "1B", 1 },
		{ "4K", 4096 },
		{ "4k", 4096 },
		{ "50M", 52428800 },
		{ "50MiB", 52428800 },
		{ "50 MiB", 52428800 },
		{ "1.5G", 1610612736 },
		{ "3GiB", 3221225472 },
		{ "2T", 2199023255552 },
	};
	static const char *const wrong[] = { "",   "M",	 "-1",	 "5X", "50MB", "50M ",
					     "in", "1e", "9e19", "1 ", "nan" };
	uint64_t bytes;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bytes = 42;
		CHECK_INT(size_parse(cases[i].text, &bytes), 0);
		CHECK_INT(bytes, cases[i].bytes);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		bytes = 42;
		if (!size_parse(wrong[i], &bytes))
			printf("# taken: \"%s\" as %llu\n", wrong[i], (unsigned long long)bytes);
		CHECK_INT(size_parse(wrong[i], &bytes), -EINVAL);
	}
}

static void sizes_are_shown(void)
{
	char buf[32];

	CHECK_STR(size_format(0, buf, sizeof(buf)), "0 bytes");
	CHECK_STR(size_format(1023, buf, sizeof(buf)), "1023 bytes");
	CHECK_STR(size_format(1024, buf, sizeof(buf)), "1.0 KiB");
	CHECK_STR(size_format(1536, buf, sizeof(buf)), "1.5 KiB");
	/* never 1024.0 of anything */
	CHECK_STR(size_format((1 << 20) - 1, buf, sizeof(buf)), "1.0 MiB");
	CHECK_STR(size_format(50 << 20, buf, sizeof(buf)), "50.0 MiB");
	CHECK_STR(size_format(3ULL << 30, buf, sizeof(buf)), "3.0 GiB");
	CHECK_STR(size_format(2048ULL << 40, buf, sizeof(buf)), "2048.0 TiB");
}

static void flight_has_defaults(void)
{
	struct flight_options o;

	CHECK_INT(PARSE(&o, &flight_page, "--events", "ext4:*"), 0);
	CHECK_STR(o.name, "flight");
	CHECK_INT(o.events.n, 1);
	CHECK_STR(o.events.texts[0], "ext4:*");
	CHECK(!o.capture && !o.heartbeat && !o.heartbeat_ns);
	CHECK_INT(o.kmsg.n, 0);
	CHECK_INT(o.keep_bytes, 52428800);
	CHECK_INT(o.keep_ns, 0);
	CHECK_INT(o.post_ns, NSEC_PER_SEC);
	CHECK_INT(o.duration_ns, 0);
	CHECK_INT(o.min_free, 3221225472);
	CHECK_STR(o.dir, ".");
	CHECK(!o.no_check && !o.mounted && !o.decode);
	flight_options_free(&o);
}

static void options_are_read(void)
{
	struct flight_options o;

	CHECK_INT(PARSE(&o, &flight_page, "--events=ext4:*,jbd2:jbd2_*", "--events", "block:*",
			"--trigger-kmsg", "a|b", "--trigger-kmsg", "c", "--keep", "8M",
			"--keep-time", "30", "--post=500ms", "-d", "2m", "-o", "/x", "--name",
			"my-1.run", "--min-free"),
		  -EINVAL);
	flight_options_free(&o);
	CHECK_INT(PARSE(&o, &flight_page, "--events=ext4:*,jbd2:jbd2_*", "--events", "block:*",
			"--trigger-kmsg=a|b", "--trigger-kmsg=c", "--keep=8M", "--keep-time=30",
			"--post=500ms", "-d2m", "-o/x", "--name=my-1.run", "--min-free=0",
			"--no-check"),
		  0);
	CHECK_INT(o.events.n, 3);
	CHECK_STR(o.events.texts[0], "ext4:*");
	CHECK_STR(o.events.texts[1], "jbd2:jbd2_*");
	CHECK_STR(o.events.texts[2], "block:*");
	CHECK_INT(o.kmsg.n, 2);
	CHECK_STR(o.kmsg.texts[0], "a|b");
	CHECK_STR(o.kmsg.texts[1], "c");
	CHECK_INT(o.keep_bytes, 8 << 20);
	CHECK_INT(o.keep_ns, 30 * NSEC_PER_SEC);
	CHECK_INT(o.post_ns, NSEC_PER_SEC / 2);
	CHECK_INT(o.duration_ns, 120 * NSEC_PER_SEC);
	CHECK_STR(o.dir, "/x");
	CHECK_STR(o.name, "my-1.run");
	CHECK_INT(o.min_free, 0);
	CHECK(o.no_check);
	flight_options_free(&o);
}

static void wrong_use_is_refused(void)
{
	static const struct {
		const char *words[4], *said;
	} cases[] = {
		{ { NULL }, "--events tells what to record" },
		{ { "--events=" }, "an empty pattern" },
		{ { "--events=ext4:*," }, "an empty pattern" },
		{ { "--events=a:b", "--keep=0" }, "--keep 0: not a size" },
		{ { "--events=a:b", "--keep=all" }, "--keep all: not a size" },
		{ { "--events=a:b", "--post=soon" }, "--post soon: not a time" },
		{ { "--events=a:b", "-d0" }, "-d 0: not a time" },
		{ { "--events=a:b", "--name=../x" }, "--name ../x:" },
		{ { "--events=a:b", "--name=.x" }, "--name .x:" },
		{ { "--events=a:b", "--name=-x" }, "--name -x:" },
		{ { "--events=a:b", "--name=a b" }, "--name a b:" },
		{ { "--events=a:b", "--name=" }, "--name :" },
		{ { "--events=a:b", "--heartbeat=5" }, "of which packets" },
		{ { "--events=a:b", "extra" }, "extra" },
		{ { "--events=a:b", "--nonsense" }, "nonsense" },
	};
	struct flight_options o;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CHECK_INT(parse(&o, &flight_page, cases[i].words), -EINVAL);
		if (!strstr(said, cases[i].said))
			printf("# no \"%s\" in: %s\n", cases[i].said, said);
		CHECK(strstr(said, cases[i].said) != NULL);
		flight_options_free(&o);
	}
}

static void regex_is_shown_with_the_place(void)
{
	struct flight_options o;

	CHECK_INT(PARSE(&o, &flight_page, "--events=a:b", "--trigger-kmsg=fine",
			"--trigger-kmsg=closing (a|b"),
		  -EINVAL);
	CHECK(strstr(said, "assay:   closing (a|b\nassay:           ^\n") != NULL);
	flight_options_free(&o);
	/* what a terminal would obey is not let through, and the mark is still under its place */
	CHECK_INT(PARSE(&o, &flight_page, "--events=a:b", "--trigger-kmsg=\x1b[x](a"), -EINVAL);
	CHECK(strstr(said, "assay:   \\x1b[x](a\nassay:          ^\n") != NULL);
	CHECK(!strchr(said, '\x1b'));
	flight_options_free(&o);
}

static void filter_is_shown_with_the_place(void)
{
	struct flight_options o;

	if (!capture_is_built_in)
		SKIP("built without libpcap");
	CHECK_INT(PARSE(&o, &flight_page, "--events=a:b", "--capture=host 1.2.3.4 an port 80"),
		  -EINVAL);
	CHECK(strstr(said, "assay:   host 1.2.3.4 an port 80\nassay:                ^\n") != NULL);
	flight_options_free(&o);
}

static void scoutfs_has_the_scripts_defaults(void)
{
	struct flight_options o;

	if (!capture_is_built_in)
		SKIP("built without libpcap");
	CHECK_INT(PARSE(&o, &scoutfs_page, "10.1.2.3", "12345"), 0);
	CHECK_STR(o.name, "scoutfs");
	CHECK_STR(o.mounted, "scoutfs");
	CHECK_INT(o.events.n, 1);
	CHECK_STR(o.events.texts[0], "scoutfs:*");
	CHECK_INT(o.kmsg.n, 2);
	CHECK_STR(o.kmsg.texts[0], "server closing");
	CHECK_STR(o.kmsg.texts[1], "client.*reconnect timed out, fencing");
	CHECK_STR(o.capture, "host 10.1.2.3 and (tcp port 12345 or udp port 12345)");
	CHECK_STR(o.heartbeat, "host 10.1.2.3 and udp port 12345");
	CHECK_INT(o.heartbeat_ns, 5 * NSEC_PER_SEC);
	CHECK_INT(o.keep_bytes, 50 << 20);
	flight_options_free(&o);
}

static void scoutfs_takes_others(void)
{
	struct flight_options o;

	if (!capture_is_built_in)
		SKIP("built without libpcap");
	CHECK_INT(PARSE(&o, &scoutfs_page, "::1", "1", "--events=ext4:*", "--capture=none",
			"--heartbeat=0", "--trigger-kmsg=x"),
		  0);
	CHECK_INT(o.events.n, 1);
	CHECK_STR(o.events.texts[0], "ext4:*");
	CHECK_INT(o.kmsg.n, 1);
	CHECK_STR(o.kmsg.texts[0], "x");
	CHECK(!o.capture);
	CHECK_INT(o.heartbeat_ns, 0);
	flight_options_free(&o);
}

/* They become parts of a filter: nothing but an address and a number does. */
static void scoutfs_wants_an_address_and_a_port(void)
{
	static const char *const cases[][4] = {
		{ NULL },
		{ "10.1.2.3" },
		{ "10.1.2.3", "1", "2" },
		{ "10.1.2", "1" },
		{ "example.com", "1" },
		{ "10.1.2.3 or tcp", "1" },
		{ "10.1.2.3", "0" },
		{ "10.1.2.3", "65536" },
		{ "10.1.2.3", "99999999999" },
		{ "10.1.2.3", "1 or 2" },
		{ "10.1.2.3", "http" },
		{ "10.1.2.3", "" },
	};
	struct flight_options o;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CHECK_INT(parse(&o, &scoutfs_page, cases[i]), -EINVAL);
		CHECK(*said);
		flight_options_free(&o);
	}
}

static void status_line(void)
{
	struct flight_status s = { .events = 1234.4,
				   .kept_ns = 12340000000,
				   .kept_bytes = 50 << 20,
				   .lost = 3,
				   .free = 3ULL << 30 };
	char buf[256], small[16];

	CHECK_STR(flight_status_text(&s, buf, sizeof(buf)),
		  "1234 events/s, the last 12.3 s kept (50.0 MiB), 3 lost, 3.0 GiB free");
	s.captures = true;
	s.packets = 7;
	s.dropped = 1;
	CHECK_STR(flight_status_text(&s, buf, sizeof(buf)),
		  "1234 events/s, the last 12.3 s kept (50.0 MiB), 3 lost, 7 packets, 1 lost, "
		  "3.0 GiB free");
	CHECK_STR(flight_status_text(&s, small, sizeof(small)), "1234 events/s, ");
}

static const struct test tests[] = {
	TEST(sizes),
	TEST(sizes_are_shown),
	TEST(flight_has_defaults),
	TEST(options_are_read),
	TEST(wrong_use_is_refused),
	TEST(regex_is_shown_with_the_place),
	TEST(filter_is_shown_with_the_place),
	TEST(scoutfs_has_the_scripts_defaults),
	TEST(scoutfs_takes_others),
	TEST(scoutfs_wants_an_address_and_a_port),
	TEST(status_line),
};

TEST_MAIN("flight_options")
