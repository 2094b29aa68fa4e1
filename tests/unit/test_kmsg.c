// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The kernel's log, from a socket in its place: records decoded, held against regular expressions,
 * those that were overwritten counted; and where a regular expression is wrong.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "flight/kmsg.h"
#include "test.h"

static struct kmsg_line line;

static bool parse(const char *record)
{
	return kmsg_parse(record, strlen(record), &line);
}

static void records_are_decoded(void)
{
	CHECK(parse("6,339,5140900,-;NET: Registered protocol family 10\n"));
	CHECK_INT(line.level, 6);
	CHECK_INT(line.facility, 0);
	CHECK_INT(line.seq, 339);
	CHECK_INT(line.usec, 5140900);
	CHECK_STR(line.text, "NET: Registered protocol family 10");

	/* a user's line, with the caller, and with what belongs to it */
	CHECK(parse("12,18446744073709551615,18446744073709551615,-,caller=T1;a;b\n SUBSYSTEM=pci\n"
		    " DEVICE=+pci:0000:00:00.0\n"));
	CHECK_INT(line.level, 4);
	CHECK_INT(line.facility, 1);
	CHECK(line.seq == UINT64_MAX && line.usec == UINT64_MAX);
	CHECK_STR(line.text, "a;b");

	/* nothing in it, and no newline */
	CHECK(parse("3,1,2,c;"));
	CHECK_STR(line.text, "");
}

static void what_the_kernel_escapes(void)
{
	CHECK(parse("6,1,2,-;one\\x0atwo \\x5cx41 \\xc3\\xa9 \\x1b[31m\n"));
	CHECK_STR(line.text, "one\ntwo \\x41 \xc3\xa9 \x1b[31m");
	/* no more than that: half of an escape stays */
	CHECK(parse("6,1,2,-;a\\x4 \\x \\xzz \\xA1 \\x4"));
	CHECK_STR(line.text, "a\\x4 \\x \\xzz \\xA1 \\x4");
	/* a NUL would end the text */
	CHECK(parse("6,1,2,-;a\\x00b"));
	CHECK_STR(line.text, "a b");
}

static void what_is_no_record(void)
{
	static char longest[KMSG_LINE_MAX + 2];

	CHECK(!parse(""));
	CHECK(!parse("6,1,2,-"));
	CHECK(!parse("text; more"));
	CHECK(!parse("6,1;x"));
	CHECK(!parse("6,x,2,-;x"));
	memset(longest, 'x', sizeof(longest) - 1);
	memcpy(longest, "6,1,2,-;", 8);
	CHECK(!kmsg_parse(longest, KMSG_LINE_MAX + 1, &line));
	CHECK(kmsg_parse(longest, KMSG_LINE_MAX, &line));
	CHECK_INT(strlen(line.text), KMSG_LINE_MAX - 8);
	/* a head that is none is not waited for the end of */
	memset(longest, '1', 300);
	longest[300] = ';';
	CHECK(!parse(longest));
}

static void regex_errors_have_a_place(void)
{
	static const struct {
		const char *regex;
		int where;
	} cases[] = {
		{ "(", 0 },	     { "server (closing", 7 },
		{ "((a)", 0 },	     { "(a)(b", 3 },
		{ "a(b[c)d", 3 },    { "[a", 0 },
		{ "x[[:foo:]]", 8 }, /* where the name ends */
		{ "a\\", 1 },	     { "*a", 0 },
		{ "x(*a)", 2 },	     { "ab{2,1}", 6 },
		{ "a{99999}", 7 },
	};
	static const char *const fine[] = { "server closing",
					    "client.*reconnect timed out, fencing", "a)", "",
					    "^$" };
	char why[256];
	size_t where;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		where = 99;
		why[0] = '\0';
		CHECK_INT(kmsg_regex_check(cases[i].regex, &where, why, sizeof(why)), -EINVAL);
		if ((int)where != cases[i].where)
			printf("# %s: at %d: %s\n", cases[i].regex, (int)where, why);
		CHECK_INT(where, cases[i].where);
		CHECK(*why);
	}
	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
		CHECK_INT(kmsg_regex_check(fine[i], &where, why, sizeof(why)), 0);
}

/* --- following --- */

static int peer;
static struct kmsg *kmsg;
static char seen[1024];

static void on_line(void *arg, const struct kmsg_line *l, const char *regex)
{
	CHECK(arg == seen);
	snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%.99s<%s ", l->text, regex);
}

static void come(const char *record)
{
	CHECK(send(peer, record, strlen(record), 0) == (ssize_t)strlen(record));
}

static void read_all(const char *want)
{
	seen[0] = '\0';
	CHECK_INT(kmsg_read(kmsg, on_line, seen), 0);
	CHECK_STR(seen, want);
}

/* `before`: a record that is in the log already, or NULL. */
static void follow(const char *before, const char *const *regexes, int n)
{
	int pair[2];

	CHECK_INT(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	CHECK_INT(fcntl(pair[0], F_SETFL, O_NONBLOCK), 0);
	peer = pair[1];
	if (before)
		come(before);
	CHECK_INT(kmsg__new(pair[0], regexes, n, &kmsg), 0);
	CHECK_INT(kmsg_fd(kmsg), pair[0]);
}

static void end(void)
{
	kmsg__free(kmsg);
	close(peer);
}

static void lines_that_match(void)
{
	static const char *const regexes[] = { "server closing", "^client.*fencing$" };

	follow("6,1,2,-;server closing\n", regexes, 2);
	read_all(""); /* it was there before */
	come("6,2,3,-;something else\n");
	read_all("");
	come("6,3,3,-;f.00: server closing now\n");
	come("6,4,3,-;the client: fencing\n");
	come("6,5,3,-;client 3: reconnect timed out, fencing\n SUBSYSTEM=server closing\n");
	come("6,6,3,-;x\n SUBSYSTEM=server closing\n");
	come("6,7,3,-;server\\x20closing\n");
	read_all("f.00: server closing now<server closing "
		 "client 3: reconnect timed out, fencing<^client.*fencing$ "
		 "server closing<server closing ");
	CHECK_INT(kmsg_lost(kmsg), 0);
	end();
}

static void overwritten_lines_are_counted(void)
{
	static const char *const regexes[] = { "x" };

	follow("6,10,2,-;a\n", regexes, 1);
	come("6,14,3,-;x\n");
	read_all("x<x ");
	CHECK_INT(kmsg_lost(kmsg), 3);
	come("6,15,3,-;a\n");
	read_all("");
	CHECK_INT(kmsg_lost(kmsg), 3);
	come("6,17,3,-;a\n");
	read_all("");
	CHECK_INT(kmsg_lost(kmsg), 4);
	end();

	/* nothing was there before: nothing is known to be missing */
	follow(NULL, regexes, 1);
	come("6,100,3,-;x\n");
	read_all("x<x ");
	CHECK_INT(kmsg_lost(kmsg), 0);
	end();
}

static void flood_is_read_in_turns(void)
{
	static const char *const regexes[] = { "x" };
	int turns = 0, size = 4 << 20, n = 0;
	char record[64];

	follow(NULL, regexes, 1);
	setsockopt(peer, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	for (int i = 0; i < 600; i++) {
		snprintf(record, sizeof(record), "6,%d,3,-;%s\n", i + 1, i == 599 ? "x" : "a");
		if (send(peer, record, strlen(record), MSG_DONTWAIT) < 0)
			break;
		n++;
	}
	seen[0] = '\0';
	if (n == 600)
		while (!*seen && turns++ < 10)
			CHECK_INT(kmsg_read(kmsg, on_line, seen), 0);
	end();
	if (n < 600)
		SKIP("no room for 600 records in a socket");
	/* 600 lines by 256 */
	CHECK_INT(turns, 3);
}

static const struct test tests[] = {
	TEST(records_are_decoded),    TEST(what_the_kernel_escapes),
	TEST(what_is_no_record),      TEST(regex_errors_have_a_place),
	TEST(lines_that_match),	      TEST(overwritten_lines_are_counted),
	TEST(flood_is_read_in_turns),
};

TEST_MAIN("kmsg")
