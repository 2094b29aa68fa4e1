// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Counts as people read them.
 */
#include "core/units.h"
#include "test.h"

static void whole_counts_are_grouped(void)
{
	char text[32];

	CHECK_STR(count_format(0, text, sizeof(text)), "0");
	CHECK_STR(count_format(999, text, sizeof(text)), "999");
	CHECK_STR(count_format(1000, text, sizeof(text)), "1,000");
	CHECK_STR(count_format(123456, text, sizeof(text)), "123,456");
	CHECK_STR(count_format(UINT64_MAX, text, sizeof(text)), "18,446,744,073,709,551,615");
	CHECK_STR(count_format(1234567, text, 6), "1,23");
}

static void check_short(double count, const char *want)
{
	char text[24];

	CHECK_STR(count_format_short(count, text, sizeof(text)), want);
}

/* Of three digits; 999.6 has four once it is rounded. */
static void short_counts_have_a_unit(void)
{
	check_short(0, "0");
	check_short(0.25, "0.25");
	check_short(7, "7");
	check_short(999, "999");
	check_short(999.6, "1k");
	check_short(1000, "1k");
	check_short(2200, "2.2k");
	check_short(12345, "12.3k");
	check_short(999600, "1M");
	check_short(46e6, "46M");
	check_short(1e9, "1G");
	check_short((double)UINT64_MAX, "18.4E");
}

static const struct test tests[] = {
	TEST(whole_counts_are_grouped),
	TEST(short_counts_have_a_unit),
};

TEST_MAIN("units")
