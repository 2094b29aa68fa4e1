// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Packet filters: which compile, and where the others go wrong.
 */
#include <errno.h>

#include "flight/capture.h"
#include "test.h"

static char why[256];
static size_t where;

static int check(const char *filter)
{
	where = 9999;
	why[0] = '\0';
	return capture_check(filter, &where, why, sizeof(why));
}

static void filters_that_compile(void)
{
	static const char *const fine[] = {
		"",
		"udp",
		"host 10.1.2.3 and (tcp port 12345 or udp port 12345)",
		"host ::1 and udp port 1",
		"inbound",
		"tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
	};

	if (!capture_is_built_in)
		SKIP("built without libpcap");
	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++) {
		if (check(fine[i]))
			printf("# %s: %s\n", fine[i], why);
		CHECK_INT(check(fine[i]), 0);
	}
}

static void syntax_errors_have_a_place(void)
{
	static const struct {
		const char *filter;
		int where;
	} cases[] = {
		{ "host 1.2.3.4 an port 80", 13 },
		{ "frob 1", 0 },
		{ "  frob 1", 2 },
		{ "tcp and and udp", 8 },
		{ "port 80)", 7 },
		{ "port 80 80", 8 },
		{ "tcp[tcpflags] & tcp-sin != 0", 16 },
		{ "host 1.2.3.4 && @", 16 },
		{ "ip[0] = = 1", 8 },
		{ "udp port 53 or or (host 1.2.3.4)", 15 },
		{ "(tcp or udp)) and port 1", 12 },
		/* more is missing: behind the end */
		{ "host", 4 },
		{ "host 1.2.3.4 and", 16 },
		{ "(port 80", 8 },
		{ "not", 3 },
		{ "ip[0] =", 7 },
		{ "ip[", 3 },
		{ "portrange", 9 },
	};

	if (!capture_is_built_in)
		SKIP("built without libpcap");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CHECK_INT(check(cases[i].filter), -EINVAL);
		if ((int)where != cases[i].where)
			printf("# %s: at %d, not %d\n", cases[i].filter, (int)where,
			       cases[i].where);
		CHECK_INT(where, cases[i].where);
		CHECK_STR(why, "not a packet filter, from here on");
	}
}

/* What libpcap finds wrong with a word, it says of that word. */
static void wrong_words_have_a_place(void)
{
	if (!capture_is_built_in)
		SKIP("built without libpcap");
	CHECK_INT(check("tcp or port 99999"), -EINVAL);
	CHECK_INT(where, 12);
	CHECK(strstr(why, "99999") != NULL);
	CHECK_INT(check("tcp or port frobnication"), -EINVAL);
	CHECK_INT(where, 12);
	CHECK(strstr(why, "frobnication") != NULL);
}

static void without_libpcap(void)
{
	if (capture_is_built_in)
		SKIP("built with libpcap");
	CHECK_INT(check("udp"), -ENOTSUP);
	CHECK(strstr(why, "libpcap-dev") != NULL);
}

static const struct test tests[] = {
	TEST(filters_that_compile),
	TEST(syntax_errors_have_a_place),
	TEST(wrong_words_have_a_place),
	TEST(without_libpcap),
};

TEST_MAIN("capture")
