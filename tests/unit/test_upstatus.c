// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The JSON that upstairs tell of themselves: of every age, and of nobody's making. Run from the
 * project's root, where tests/golden/up-status.txt is: what a stand-in said.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "core/upstatus.h"
#include "test.h"

/* Parses what must be a status, else an empty one; freed by the caller. */
static struct upstatus *parse(const char *text)
{
	struct upstatus *status = NULL;
	char why[256] = "";

	CHECK_INT(upstatus__parse(text, &status, why, sizeof(why)), 0);
	if (!status)
		printf("# %s: %s\n", text, why);
	if (!status && upstatus__parse("{}", &status, why, sizeof(why)))
		exit(1);
	return status;
}

static void check_value(const struct upstatus *status, const char *path, int index,
			const char *want)
{
	char value[128];

	CHECK(upstatus_value(status, path, index, value, sizeof(value)) == value);
	CHECK_STR(value, want);
}

/* The value of field "a", whose JSON is given. */
static void check_field(const char *json, int index, const char *want)
{
	struct upstatus *status;
	char text[512];

	snprintf(text, sizeof(text), "{\"ok\":{\"a\":%s}}", json);
	status = parse(text);
	check_value(status, "a", index, want);
	upstatus__free(status);
}

/* Checks that it is refused, with a reason. */
static void check_refused(const char *text, int err)
{
	struct upstatus *status = NULL;
	char why[256] = "";
	int got = upstatus__parse(text, &status, why, sizeof(why));

	if (got != err)
		printf("# %.80s\n", text);
	CHECK_INT(got, err);
	CHECK(status == NULL);
	CHECK(*why != '\0' && !strchr(why, '\n'));
	upstatus__free(status);
}

/* The lines of the stand-in's statuses, in memory that is the caller's. */
static char *real_lines(void)
{
	FILE *f = fopen("tests/golden/up-status.txt", "r");
	char *text = calloc(1, 65536);

	if (!f || !text || !fread(text, 1, 65535, f)) {
		printf("# no tests/golden/up-status.txt (run from the project's root)\n");
		exit(1);
	}
	fclose(f);
	return text;
}

/* --- parsing --- */

static void wrapped_or_not_it_is_the_same(void)
{
	static const char *const texts[] = {
		"{\"ok\":{\"up_count\":3}}",
		"{\"up_count\":3}",
		" { \"ok\" : { \"up_count\" : 3 } } ",
		"{\"else\":1,\"ok\":{\"up_count\":3}}",
		"{\"ok\":{\"up_count\":3,\"ok\":{\"up_count\":4}}}",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct upstatus *status = parse(texts[i]);

		check_value(status, "up_count", -1, "3");
		upstatus__free(status);
	}
	upstatus__free(NULL);
}

static void real_statuses_are_read(void)
{
	char *lines = real_lines(), *save = NULL;
	uint64_t n = 0;
	int seen = 0;

	for (char *line = strtok_r(lines, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct upstatus *status = parse(line);

		check_value(status, "upstairs_id", -1, "259c4d5a-87d8-4f26-96bd-448cde5f38e7");
		check_value(status, "ds_state", 0, "Active");
		check_value(status, "ds_io_count.error", 2, "0");
		CHECK(upstatus_number(status, "up_counters.action_stat_check", -1, &n) && n > 0);
		CHECK(upstatus_sum(status, "ds_connected", &n));
		CHECK_INT(n, seen < 3 ? 3 : 4);
		CHECK_INT(upstatus_count(status, "ds_state"), 3);
		upstatus__free(status);
		seen++;
	}
	CHECK_INT(seen, 6);
	free(lines);
}

static void other_texts_are_refused(void)
{
	static const char *const texts[] = {
		"",
		" ",
		"null",
		"3",
		"\"ok\"",
		"[]",
		"[{\"ok\":{}}]",
		"{\"ok\":3}",
		"{\"ok\":null}",
		"{\"ok\":[]}",
		"{\"ok\":\"{}\"}",
		"{\"ok\":{}} more",
		"{\"ok\":{}}{}",
		"{\"ok\":{},}",
		"{'ok':{}}",
		"{\"ok\":{\"a\":01}}",
		"{\"ok\":{\"a\":+1}}",
		"{\"ok\":{\"a\":.5}}",
		"{\"ok\":{\"a\":NaN}}",
		"{\"ok\":{\"a\":1e999}}",
		"{\"ok\":{\"a\":\"\n\"}}",
		"{\"ok\":{\"a\":\"\x1b[2J\"}}",
		"{\"ok\":{\"a\":\"\xff\"}}",
		"{\"ok\":{\"a\":\"\xc3\"}}",
		"{\"ok\":{\"a\":\"\xed\xa0\x80\"}}", /* half a pair of UTF-16 */
		"{\"ok\":{\"a\":\"\xc0\x80\"}}",     /* NUL, too long */
		"{\"ok\":{\"a\":\"\\u0000\"}}",
		"{\"ok\":{\"a\":\"\\ud800\"}}",
		"{\"ok\":{\"a\":\"\\x41\"}}",
		"{\"ok\":{\"\xff\":1}}",
		"{\"ok\":{\"a\":\"\\",
		"{\"ok\":{\"a\":1234567890123456789012",
		"\xef\xbb\xbf{\"ok\":{}}",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		check_refused(texts[i], -EINVAL);
}

static void errors_of_the_upstairs_are_told(void)
{
	struct upstatus *status;
	char why[256] = "";

	check_refused("{\"err\":\"key must be a string\"}", -EREMOTEIO);
	check_refused("{\"err\":null}", -EREMOTEIO);
	check_refused("{\"err\":{\"a\":[1]}}", -EREMOTEIO);
	CHECK_INT(upstatus__parse("{\"err\":\"key \\u001b must\"}", &status, why, sizeof(why)),
		  -EREMOTEIO);
	CHECK(strstr(why, "key \\u001B must") != NULL);
	/* cut to what there is room for */
	memset(why, 'z', sizeof(why));
	why[sizeof(why) - 1] = '\0';
	CHECK_INT(upstatus__parse("{\"err\":\"key must be a string\"}", &status, why, 8),
		  -EREMOTEIO);
	CHECK_INT(strlen(why), 7);
	CHECK_INT(why[8], 'z');
}

static void every_prefix_is_refused(void)
{
	char *lines = real_lines(), *text;
	size_t len = strcspn(lines, "\n");

	if (asprintf(&text, "{\"ok\":%.*s}", (int)len, lines) < 0)
		exit(1);
	upstatus__free(parse(text));
	/* in memory of its own, so that a byte too many is seen */
	for (size_t n = 0; n < strlen(text); n++) {
		char *prefix = strndup(text, n);

		check_refused(prefix, -EINVAL);
		free(prefix);
	}
	free(text);
	free(lines);
}

static void long_texts_are_read(void)
{
	char *text, *state = malloc(8192);
	struct upstatus *status;

	memset(state, 'x', 8191);
	state[8191] = '\0';
	if (asprintf(&text, "{\"ok\":{\"ds_state\":[\"%s\"],\"up_count\":1}}", state) < 0)
		exit(1);
	status = parse(text);
	check_value(status, "up_count", -1, "1");
	state[127] = '\0';
	check_value(status, "ds_state", 0, state);
	upstatus__free(status);
	free(text);
	free(state);
}

static void deep_nesting_does_no_harm(void)
{
	static const char *const brackets[] = { "[", "{\"a\":" };
	char text[3 * 8192];

	for (int kind = 0; kind < 2; kind++) {
		size_t len = snprintf(text, sizeof(text), "{\"ok\":{\"a\":");

		for (int i = 0; i < 4000; i++)
			len += snprintf(text + len, sizeof(text) - len, "%s", brackets[kind]);
		check_refused(text, -EINVAL);
	}
	/* closed again: it is read or refused, and shown cut */
	for (int depth = 1; depth <= 4096; depth *= 2) {
		struct upstatus *status = NULL;
		char why[256];

		memcpy(text, "{\"ok\":{\"a\":", 11);
		memset(text + 11, '[', depth);
		memset(text + 11 + depth, ']', depth);
		strcpy(text + 11 + 2 * depth, "}}");
		if (upstatus__parse(text, &status, why, sizeof(why)) == 0) {
			text[11 + (depth < 63 ? 2 * depth : 127)] = '\0';
			check_value(status, "a", -1, text + 11);
		}
		CHECK((status != NULL) == (depth < 2048));
		upstatus__free(status);
	}
}

static void of_keys_that_are_there_twice_the_last_counts(void)
{
	struct upstatus *status = parse("{\"ok\":{\"up_count\":1,\"up_count\":2}}");

	check_value(status, "up_count", -1, "2");
	upstatus__free(status);
	status = parse("{\"ok\":{\"up_count\":1},\"ok\":{\"up_count\":2}}");
	check_value(status, "up_count", -1, "2");
	upstatus__free(status);
	check_refused("{\"ok\":{\"up_count\":1},\"ok\":2}", -EINVAL);
}

/* --- values --- */

static void what_is_not_there_is_a_dash(void)
{
	static const struct {
		const char *path;
		int index;
	} absent[] = {
		{ "b", -1 },	    { "b", 0 },	     { "b.c", -1 }, { "a", 3 },	    { "a", 1000 },
		{ "n", 0 },	    { "n.x", -1 },   { "s", 0 },    { "null", -1 }, { "a", 2 },
		{ "o.missing", 0 }, { "o.x.y", -1 }, { "o", 0 },    { "a.b", -1 },  { "null.a", 1 },
	};
	struct upstatus *status = parse(
		"{\"ok\":{\"a\":[1,2,null],\"n\":1,\"s\":\"x\",\"null\":null,\"o\":{\"x\":1}}}");
	uint64_t n = 4711;

	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
		check_value(status, absent[i].path, absent[i].index, "-");
		CHECK(!upstatus_number(status, absent[i].path, absent[i].index, &n));
		CHECK_INT(upstatus_count(status, absent[i].path) > 0,
			  absent[i].path[0] == 'a' && !absent[i].path[1]);
	}
	CHECK(!upstatus_sum(status, "b", &n));
	CHECK(!upstatus_sum(status, "a", &n)); /* null is no number */
	CHECK_INT(n, 4711);
	upstatus__free(status);
}

static void values_are_shown_as_they_are(void)
{
	check_field("\"\"", -1, "");
	check_field("\"Active\"", -1, "Active");
	check_field("\"a\\u001b[31m\\n\\\"\\\\\\/\\u00e9\\ud83d\\ude00\"", -1,
		    "a\x1b[31m\n\"\\/\xc3\xa9\xf0\x9f\x98\x80");
	check_field("0", -1, "0");
	check_field("-1", -1, "-1");
	check_field("-0", -1, "0");
	check_field("1.5", -1, "1.5");
	check_field("true", -1, "true");
	check_field("[ 1, \"x\" , null ]", -1, "[1,\"x\",null]");
	check_field("[\"Active\",\"Active\",\"Active\"]", -1, "[\"Active\",\"Active\",\"Active\"]");
	check_field("{ \"Stopping\" : \"Replacing\" }", -1, "{\"Stopping\":\"Replacing\"}");
	check_field("[{\"b\":[]}]", 0, "{\"b\":[]}");
}

static void integers_keep_all_their_digits(void)
{
	static const char *const integers[] = {
		"9007199254740991",
		"9007199254740993", /* no double has it */
		"999999999999999999",
		"1000000000000000000",
		"9223372036854775807",
		"9223372036854775808",
		"18446744073709551615",
		"18446744073709551616",
		"99999999999999999999999999999999999999999999999999",
	};

	for (size_t i = 0; i < sizeof(integers) / sizeof(integers[0]); i++) {
		char array[512];

		check_field(integers[i], -1, integers[i]);
		snprintf(array, sizeof(array), "[0, %s ,%s]", integers[i], integers[i]);
		check_field(array, 1, integers[i]);
		check_field(array, 2, integers[i]);
	}
}

/* Digits that are no integer's are left alone. */
static void digits_elsewhere_are_left_alone(void)
{
	check_field("\"1234567890123456789012345\"", -1, "1234567890123456789012345");
	check_field("\"\\\"1234567890123456789012345\"", -1, "\"1234567890123456789012345");
	check_field("\"\\\\\"", -1, "\\");
	check_field("[\"\\\\\",1234567890123456789012345]", 1, "1234567890123456789012345");
	check_field("1234567890123456789012345e-24", -1, "1.2345678901234567");
	check_field("12345678901234567890.5", -1, "1.2345678901234567e19");
	check_field("0.25000000000000000000", -1, "0.25");
	check_field("1e0000000000000000000002", -1, "100.0");
	check_field("-1234567890123456789", -1, "-1234567890123456789");
}

static void values_are_cut_to_fit(void)
{
	struct upstatus *status = parse("{\"ok\":{\"a\":\"abcdef\",\"b\":[1,2,3],\"n\":123456}}");
	char value[8];

	memset(value, 'z', sizeof(value));
	CHECK_STR(upstatus_value(status, "a", -1, value, 4), "abc");
	CHECK_STR(upstatus_value(status, "b", -1, value, 4), "[1,");
	CHECK_STR(upstatus_value(status, "n", -1, value, 4), "123");
	CHECK_STR(upstatus_value(status, "none", -1, value, 1), "");
	CHECK_INT(value[4], 'z');
	upstatus__free(status);
}

/* --- numbers --- */

static void check_number(const char *json, bool is, uint64_t want)
{
	struct upstatus *status;
	char text[512];
	uint64_t n = 4711;

	snprintf(text, sizeof(text), "{\"ok\":{\"a\":[%s]}}", json);
	status = parse(text);
	if (upstatus_number(status, "a", 0, &n) != is || n != (is ? want : 4711)) {
		printf("# %s: %" PRIu64 "\n", json, n);
		CHECK(upstatus_number(status, "a", 0, &n) == is);
		CHECK_INT(n, is ? want : 4711);
	}
	n = 4711;
	CHECK(upstatus_sum(status, "a", &n) == is);
	CHECK(n == (is ? want : 4711));
	upstatus__free(status);
}

static void numbers_are_of_64_bits(void)
{
	check_number("0", true, 0);
	check_number("4711", true, 4711);
	check_number("999999999999999999", true, UINT64_C(999999999999999999));
	check_number("1000000000000000000", true, UINT64_C(1000000000000000000));
	check_number("9223372036854775808", true, UINT64_C(9223372036854775808));
	check_number("18446744073709551615", true, UINT64_MAX);
	check_number("18446744073709551616", false, 0);
	check_number("99999999999999999999999999999999999999999", false, 0);
	check_number("-1", false, 0);
	check_number("1.0", false, 0);
	check_number("null", false, 0);
	check_number("true", false, 0);
	check_number("\"\"", false, 0);
	check_number("\" 1\"", false, 0);
	check_number("\"-1\"", false, 0);
	check_number("\"0x10\"", false, 0);
	check_number("[]", false, 0);
	check_number("{}", false, 0);
}

static void sums_are_of_all_clients(void)
{
	static const struct {
		const char *array;
		bool is;
		uint64_t sum;
		int count;
	} sums[] = {
		{ "[]", true, 0, 0 },
		{ "[5]", true, 5, 1 },
		{ "[5,6]", true, 11, 2 },
		{ "[1,20,300,4000,50000]", true, 54321, 5 },
		{ "[18446744073709551614,1]", true, UINT64_MAX, 2 },
		{ "[18446744073709551615,1]", false, 0, 2 },
		{ "[1,-1,0]", false, 0, 3 },
		{ "[1,\"x\",0]", false, 0, 3 },
		{ "{\"0\":1}", false, 0, 0 },
		{ "7", false, 0, 0 },
		{ "\"7\"", false, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
		struct upstatus *status;
		char text[128];
		uint64_t n = 4711;

		snprintf(text, sizeof(text), "{\"ok\":{\"o\":{\"a\":%s}}}", sums[i].array);
		status = parse(text);
		CHECK(upstatus_sum(status, "o.a", &n) == sums[i].is);
		CHECK(n == (sums[i].is ? sums[i].sum : 4711));
		CHECK_INT(upstatus_count(status, "o.a"), sums[i].count);
		upstatus__free(status);
	}
}

/* --- texts --- */

static void check_bare(const char *text, const char *want)
{
	char got[256];
	size_t len = 0;
	const char *bare = upstatus_bare(text, &len);

	snprintf(got, sizeof(got), "%.*s", (int)len, bare);
	CHECK_STR(got, want);
	/* in the text itself */
	CHECK(bare >= text && bare + len <= text + strlen(text));
}

static void bare_texts_are_those_of_the_object(void)
{
	char *lines = real_lines(), *text, *bare;
	size_t len, first = strcspn(lines, "\n");

	check_bare("{\"ok\":{\"a\": 1.50 ,\"b\":{} }}", "{\"a\": 1.50 ,\"b\":{} }");
	check_bare("{\"ok\":{}}", "{}");
	check_bare("{\"ok\":{}}\n", "{}");
	check_bare("{ \"ok\" : {\"a\":\"}}\"} }", "{\"a\":\"}}\"}");
	check_bare("{\"a\":{\"ok\":{}}}", "{\"a\":{\"ok\":{}}}");
	check_bare("{\"okay\":{}}", "{\"okay\":{}}");
	check_bare("{}", "{}");
	/* none of a status, but nothing is read beyond its end */
	check_bare("", "");
	check_bare("{", "{");
	check_bare("}", "}");
	check_bare(" ", "");

	if (asprintf(&text, "{\"ok\":%.*s}", (int)first, lines) < 0)
		exit(1);
	bare = strndup(upstatus_bare(text, &len), first + 9);
	CHECK_INT(len, first);
	CHECK(!strncmp(bare, lines, first));
	free(bare);
	free(text);
	free(lines);
}

/* --- states --- */

static void states_have_a_short_form(void)
{
	static const char *const states[][4] = {
		{ "ACT", "Active", "active", "ACTIVE" },
		{ "WQ", "WaitQuorum", "wait_quorum", "waitquorum" },
		{ "REC", "Reconcile", "reconcile", "RECONCILE" },
		{ "LRR", "LiveRepairReady", "live_repair_ready", "LIVE_REPAIR_READY" },
		{ "NEW", "New", "new", "NEW" },
		{ "FLT", "Faulted", "faulted", "FAULTED" },
		{ "OFL", "Offline", "offline", "OFFLINE" },
		{ "RPL", "Replaced", "replaced", "REPLACED" },
		{ "LR", "LiveRepair", "live_repair", "LIVE_REPAIR" },
		{ "RPC", "Replacing", "replacing", "REPLACING" },
		{ "DIS", "Disabled", "disabled", "DISABLED" },
		{ "DAV", "Deactivated", "deactivated", "DEACTIVATED" },
		{ "NF", "NegotiationFailed", "negotiation_failed", "NEGOTIATION_FAILED" },
	};
	static const char *const unknown[] = {
		"",	    "_",	   "Activ",	  "Actives",	      "repair",
		"-",	    "LiveRepairs", "Live Repair", "{\"Stopping\":1}", "ACT",
		"\xc3\xa9", "Active ",
	};

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		for (int form = 1; form < 4; form++)
			CHECK_STR(upstatus_short_state(states[i][form]), states[i][0]);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		CHECK(upstatus_short_state(unknown[i]) == unknown[i]);
}

static const struct test tests[] = {
	TEST(wrapped_or_not_it_is_the_same),  TEST(real_statuses_are_read),
	TEST(other_texts_are_refused),	      TEST(errors_of_the_upstairs_are_told),
	TEST(every_prefix_is_refused),	      TEST(long_texts_are_read),
	TEST(deep_nesting_does_no_harm),      TEST(of_keys_that_are_there_twice_the_last_counts),
	TEST(what_is_not_there_is_a_dash),    TEST(values_are_shown_as_they_are),
	TEST(integers_keep_all_their_digits), TEST(digits_elsewhere_are_left_alone),
	TEST(values_are_cut_to_fit),	      TEST(numbers_are_of_64_bits),
	TEST(sums_are_of_all_clients),	      TEST(bare_texts_are_those_of_the_object),
	TEST(states_have_a_short_form),
};

TEST_MAIN("upstatus")
