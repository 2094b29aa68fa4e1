// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What count, latency and trace print of any USDT probe.
 */
#include <time.h>

#include "reports/wild.h"
#include "trial.h"

/* A trial of a report of patterns, over probes that were found. */
struct found {
	const char *provider, *probe;
	int nargs;
};

static struct options options;

static struct trial wild_trial(const char *name, const char *one, const char *two,
			       const struct found *found, int n, struct wild **wild)
{
	static char *words[2];
	struct trial t = trial_of(name, NULL);
	char why[128];

	words[0] = (char *)one;
	words[1] = (char *)two;
	options.args = words;
	options.nargs = two ? 2 : 1;
	CHECK_INT(wild__new(t.report, &options, wild, why, sizeof(why)), 0);
	for (int i = 0; i < n; i++)
		wild_add_probe(*wild, found[i].provider, found[i].probe, found[i].nargs);
	t.report = wild_report(*wild);
	t.options = options;
	fold_table__free(t.table);
	t.table = fold_table__new(&(struct fold_table_options){ .nslots = 64,
								.rows = t.report->rows,
								.max_groups = t.report->rows + 64,
								.max_spills = 8 });
	return t;
}

static void wild_trial_free(struct trial *t, struct wild *wild)
{
	trial_free(t);
	wild__free(wild);
	options = (struct options){ 0 };
}

static const struct found some[] = { { UP, "ds-read-net-done", 2 },
				     { UP, "gw-read-start", 1 },
				     { "x", "bad\033[31m", 1 } };

static void counts_print_the_most_first(void)
{
	struct wild *wild;
	struct trial t = wild_trial("count", "*", NULL, some, 3, &wild);

	CHECK_STR(trial_print(&t), "");
	t.provider = UP;
	trial_count(&t, "ds-read-net-done", TGID, 3);
	trial_count(&t, "gw-read-start", TGID, 12345);
	t.provider = "x";
	trial_count(&t, "bad\033[31m", TGID, 3);
	CHECK_STR(trial_print(&t), "       12345  crucible_upstairs:gw-read-start\n"
				   "           3  crucible_upstairs:ds-read-net-done\n"
				   "           3  x:bad\\x1b[31m\n");
	t.options.json = true;
	CHECK_INT(occurrences(trial_print(&t), "\n"), 3);
	CHECK(strstr(t.printed,
		     "\"probe\":\"crucible_upstairs:gw-read-start\",\"count\":12345}\n") != NULL);
	CHECK(strchr(t.printed, '\033') == NULL);
	wild_trial_free(&t, wild);
}

static void counts_are_split_on_request(void)
{
	struct wild *wild;
	struct trial t;

	options.by = "client";
	t = wild_trial("count", UP ":ds-*", NULL, some, 3, &wild);
	t.provider = UP;
	for (int i = 0; i < 6; i++)
		FIRE(&t, "ds-read-net-done", .args = { i, i == 5 ? 2 : i == 4 ? 0 : 1 });
	CHECK_STR(trial_print(&t), "           4  crucible_upstairs:ds-read-net-done  1\n"
				   "           1  crucible_upstairs:ds-read-net-done  0\n"
				   "           1  crucible_upstairs:ds-read-net-done  2\n");
	t.options.json = true;
	CHECK(strstr(trial_print(&t), "-done\",\"client\":1,\"count\":4}\n") != NULL);
	wild_trial_free(&t, wild);
}

static void counts_are_split_by_process_and_text(void)
{
	static const char *const texts[] = { "{\"ok\":\"v\\u001b\"}", NULL };
	static const struct found volume[] = { { UP, "volume-read-done", 2 } };
	struct wild *wild;
	struct trial t;

	options.by = "volume";
	options.by_pid = true;
	t = wild_trial("count", "*", NULL, volume, 1, &wild);
	t.provider = UP;
	t.texts = texts;
	FIRE(&t, "volume-read-done", .tgid = 31, .args = { 0, text_hash(texts[0]) });
	CHECK_STR(trial_print(&t),
		  "           1       31  crucible_upstairs:volume-read-done  v\\x1b\n");
	t.options.json = true;
	CHECK(strstr(trial_print(&t), "\"pid\":31,\"probe\":") != NULL);
	CHECK(strchr(t.printed, '\033') == NULL);
	wild_trial_free(&t, wild);
}

static void latency_prints_as_other_latencies_do(void)
{
	static const struct found probes[] = { { UP, "ds-read-net-start", 2 },
					       { UP, "ds-read-net-done", 2 } };
	struct wild *wild;
	struct trial t;

	options.by = "client";
	t = wild_trial("latency", "ds-*-start", "ds-*-done", probes, 2, &wild);
	t.provider = UP;
	CHECK_STR(trial_print(&t), "\n");
	/* one job of two clients */
	FIRE(&t, "ds-read-net-start", .time = 100, .args = { 1, 0 });
	FIRE(&t, "ds-read-net-start", .time = 100, .args = { 1, 2 });
	FIRE(&t, "ds-read-net-done", .time = 132, .args = { 1, 0 });
	FIRE(&t, "ds-read-net-done", .time = 105, .args = { 1, 2 });
	CHECK_STR(trial_print(&t),
		  "\n  ds-read-net                                       "
		  "                2\n" ONE_4 "  ds-read-net                                       "
		  "                0\n" ONE_32);
	wild_trial_free(&t, wild);
}

static void latency_by_thread_needs_no_arguments(void)
{
	static const struct found probes[] = { { "x", "begin", 0 }, { "x", "begun", 0 } };
	struct wild *wild;
	struct trial t = wild_trial("latency", "begin", "begun", probes, 2, &wild);

	t.provider = "x";
	FIRE(&t, "begin", .time = 100, .tid = 1);
	FIRE(&t, "begin", .time = 101, .tid = 2);
	FIRE(&t, "begun", .time = 106, .tid = 2);
	FIRE(&t, "begun", .time = 132, .tid = 1);
	CHECK_STR(trial_print(&t), "\n  beg\n" HEADER "               2 |" EMPTY " 0\n"
				   "               4 |@@@@@@@@@@@@@@@@@@@@                     1\n"
				   "               8 |" EMPTY " 0\n"
				   "              16 |" EMPTY " 0\n"
				   "              32 |@@@@@@@@@@@@@@@@@@@@                     1\n"
				   "              64 |" EMPTY " 0\n\n");
	wild_trial_free(&t, wild);
}

/* --- trace --- */

#define NOON 43200000000000ULL /* of the first day of the epoch */

/* What trace prints of a hit. */
static const char *trace(const struct hit_probe *probe, const struct hit *hit, bool json)
{
	static char *text; /* until the next */
	struct trial t = trial_of("trace", NULL);
	struct report_view view = {
		.render = { .report = "trace", .wall = NOON + 123456789, .json = json },
		.report = t.report,
		.options = &options,
		.process = "cru\033tst",
	};
	size_t size;

	free(text);
	view.render.out = open_memstream(&text, &size);
	t.report->hit(&view, probe, hit);
	fclose(view.render.out);
	trial_free(&t);
	return text;
}

static void hits_show_their_arguments(void)
{
	const struct hit_probe read = { .provider = UP, .name = "ds-read-net-start", .nargs = 2 };
	const struct hit_probe none = { .provider = "x", .name = "none" };
	const struct hit_probe other = {
		.provider = "x", .name = "other", .nargs = 3, .unread = 2
	};
	const struct hit hit = { .time = 5, .tgid = 31, .tid = 1234567, .args = { 1000, 2, 7 } };
	const struct hit minus = { .tgid = 31, .tid = 32, .args = { (uint64_t)-5, 0, 7 } };

	/* the process's name fills 15 columns; how it is escaped counts */
	CHECK_STR(trace(&read, &hit, false),
		  "12:00:00.123456 cru\\x1btst           31 1234567 crucible_upstairs:ds-"
		  "read-net-start "
		  "job=1000 client=2\n");
	CHECK_STR(trace(&none, &minus, false),
		  "12:00:00.123456 cru\\x1btst           31      32 x:none\n");
	CHECK_STR(
		trace(&other, &minus, false),
		"12:00:00.123456 cru\\x1btst           31      32 x:other arg0=-5 arg1=? arg2=7\n");
}

static void hits_show_their_texts(void)
{
	const struct hit_probe probe = {
		.provider = UP, .name = "up-status", .nargs = 2, .texts = 3
	};
	const struct hit hit = {
		.tgid = 31, .tid = 32, .cut = 2, .text = { "stats", "{\"ok\":\n\033[1m\"" }
	};
	const char *text = trace(&probe, &hit, false);

	CHECK(strstr(text, " crucible_upstairs:up-status name=\"stats\" status=\"{") != NULL);
	CHECK(strstr(text, "\"...\n") != NULL);
	CHECK(strchr(text, '\033') == NULL);
	CHECK_INT(occurrences(text, "\n"), 1);
}

static void hits_are_objects_in_json(void)
{
	const struct hit_probe probe = {
		.provider = UP, .name = "up-status", .nargs = 4, .texts = 3, .unread = 4
	};
	const struct hit hit = { .time = 5,
				 .tgid = 31,
				 .tid = 32,
				 .cut = 2,
				 .args = { 1, 2, 0, (uint64_t)-9 },
				 .text = { "stats", "a\"b" } };
	json_t *object = json_loads(trace(&probe, &hit, true), 0, NULL);
	json_t *args = json_object_get(object, "args");

	CHECK_INT(json_integer_value(json_object_get(object, "monotonic_ns")), 5);
	CHECK_INT(json_integer_value(json_object_get(object, "pid")), 31);
	CHECK_INT(json_integer_value(json_object_get(object, "tid")), 32);
	CHECK_STR(json_string_value(json_object_get(object, "probe")), "up-status");
	CHECK_STR(json_string_value(json_object_get(object, "provider")), UP);
	CHECK_INT(json_object_size(args), 4);
	CHECK_STR(json_string_value(json_object_get(args, "name")), "stats");
	CHECK_STR(json_string_value(json_object_get(args, "status")), "a\"b");
	CHECK(json_is_null(json_object_get(args, "arg2")));
	CHECK_INT(json_integer_value(json_object_get(args, "arg3")), -9);
	CHECK(json_is_true(json_object_get(object, "cut")));
	json_decref(object);
}

static const struct test tests[] = {
	TEST(counts_print_the_most_first),
	TEST(counts_are_split_on_request),
	TEST(counts_are_split_by_process_and_text),
	TEST(latency_prints_as_other_latencies_do),
	TEST(latency_by_thread_needs_no_arguments),
	TEST(hits_show_their_arguments),
	TEST(hits_show_their_texts),
	TEST(hits_are_objects_in_json),
};

int main(void)
{
	setenv("TZ", "UTC", 1);
	tzset();
	return test_main("any", tests, sizeof(tests) / sizeof(tests[0]));
}
