// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What all reports have in common: names, layouts, intervals, the options they take, the form of
 * distributions, and the forms of our own.
 */
#include "render/quantize.h"
#include "trial.h"

#define MS 1000000ULL

static void two_processes_do_not_overwrite_each_other(void)
{
	struct trial t = trial_of("perfgw", UP);

	t.options.summary = true;
	/* the same job in two upstairs: 1 ms and 3 ms, not 1 and 1 */
	FIRE(&t, "gw-read-start", .time = 0 * MS + 1, .tgid = 8, .args = { 1000 });
	FIRE(&t, "gw-read-start", .time = 2 * MS + 1, .tgid = 9, .args = { 1000 });
	FIRE(&t, "gw-read-done", .time = 3 * MS + 1, .tgid = 8, .args = { 1000 });
	FIRE(&t, "gw-read-done", .time = 3 * MS + 1, .tgid = 9, .args = { 1000 });
	/* percentiles are the middle of a bucket: 983040 to 1015807, and 2883584 to 3014655 */
	CHECK_STR(trial_print(&t),
		  "OP                               COUNT      MEAN       P50       P90       "
		  "P99     P99.9       MAX\n"
		  "read                                 2   2.000ms   999.4us   2.949ms   "
		  "2.949ms   2.949ms   3.000ms\n");
	trial_free(&t);
}

static void json_has_every_number(void)
{
	struct trial t = trial_of("perfgw", UP);
	json_t *object;
	const char *text;

	t.options.json = true;
	for (int i = 0; i < 3; i++)
		IO(&t, "gw-barrier-start", "gw-barrier-done", 5 * MS);
	text = trial_print(&t);
	object = json_loads(text, 0, NULL);
	CHECK(object != NULL);
	CHECK_STR(json_string_value(json_object_get(object, "report")), "perfgw");
	CHECK_STR(json_string_value(json_object_get(object, "op")), "barrier");
	CHECK_INT(json_integer_value(json_object_get(object, "count")), 3);
	CHECK_INT(json_integer_value(json_object_get(object, "sum_ns")), 15 * MS);
	CHECK_INT(json_integer_value(json_object_get(object, "max_ns")), 5 * MS);
	CHECK(json_real_value(json_object_get(object, "mean_ns")) == 5e6);
	/* all three in the bucket of 4,194,304 */
	CHECK_STR(strstr(text, "\"quantize\""), "\"quantize\":[[4194304,3]]}\n");
	json_decref(object);
	trial_free(&t);
}

static void quantize_rows_follow_dtrace(void)
{
	struct quantize q = { 0 };
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	/* 0 and 1 have buckets of their own; 3 of 8 are 15 signs, 1 of 8 are 5, half rounds up */
	q.count[0] = 3;
	q.count[1] = 1;
	q.count[3] = 4;
	q.total = 8;
	quantize_print(f, &q);
	fclose(f);
	CHECK_STR(text, "           value  ------------- Distribution ------------- count\n"
			"              -1 |                                         0\n"
			"               0 |@@@@@@@@@@@@@@@                          3\n"
			"               1 |@@@@@                                    1\n"
			"               2 |                                         0\n"
			"               4 |@@@@@@@@@@@@@@@@@@@@                     4\n"
			"               8 |                                         0\n");
	free(text);
}

static const char *found(const char *name)
{
	const struct report *matches[8], *report;
	int n;

	report = report_find(name, matches, 8, &n);
	return report ? report->name : n ? "several" : "none";
}

static void names_lead_to_reports(void)
{
	/* their own, those of the scripts, and what they were called before */
	static const char *const names[][2] = {
		{ "perfgw", "perfgw" },
		{ "perfgw.d", "perfgw" },
		{ "tracegw.sh", "tracegw" },
		{ "traceg", "tracegw" },
		{ "trace", "trace" },
		{ "trace-vol.d", "trace-vol" },
		{ "perf-ds-net", "perf-ds-net" },
		{ "perfdw.d", "perf-ds-net" },
		{ "perf-net-ds", "perf-ds-net" },
		{ "perf-net-ds.d", "perf-ds-net" },
		{ "perf-upstairs-wf", "perf-upstairs-rw" },
		{ "perf-upstairs-wf.d", "perf-upstairs-rw" },
		{ "perfvol.d", "perf-vol" },
		{ "perf-downstairs-d", "perf-downstairs" },
		{ "perf-downstairs", "perf-downstairs" },
		{ "perf-downstairs-fine", "perf-downstairs-finegrain-extent-timings" },
		{ "all_downstairs.d", "all_downstairs" },
		{ "perf-ds-c", "perf-ds-client" },
		{ "perf-ds", "several" },
		{ "perf-downstairs-t", "several" },
		{ "", "none" },
		{ "perfgww", "none" },
		{ ".d", "none" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		CHECK_STR(found(names[i][0]), names[i][1]);
}

#define SECONDS(n) ((n)*1000000000ULL)

/* As the documents have it; 0: only at the end. */
static void reports_print_when_the_scripts_do(void)
{
	static const struct {
		const char *name;
		uint64_t interval, compact;
		bool cumulative;
	} all[] = {
		{ "tracegw", 0, 0, false },
		{ "trace-vol", 0, 0, false },
		{ "all_downstairs", SECONDS(4), 0, false },
		{ "downstairs_count", SECONDS(4), SECONDS(1), false },
		{ "upstairs_count", SECONDS(1), 0, false },
		{ "perfgw", 0, 0, false },
		{ "perf-ds-client", 0, 0, false },
		{ "perf-ds-net", 0, 0, false },
		{ "perf-upstairs-rw", 0, 0, false },
		{ "perf-reqwest", SECONDS(5), 0, true },
		{ "perf-vol", SECONDS(5), 0, true },
		{ "perf-online-repair", 0, 0, false },
		{ "perf-live-repair", 0, 0, false },
		{ "perf-downstairs", 0, 0, false },
		{ "perf-downstairs-os", 0, 0, false },
		{ "perf-downstairs-three", 0, 0, false },
		{ "perf-downstairs-tick", SECONDS(60), 0, true },
		{ "perf-downstairs-finegrain-extent-timings", 0, 0, false },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct trial t = trial_of(all[i].name, UP);

		CHECK_STR(t.report->name, all[i].name);
		CHECK_INT(t.report->interval, all[i].interval);
		CHECK_INT(t.report->compact_interval, all[i].compact);
		CHECK_INT(t.report->cumulative, all[i].cumulative);
		trial_free(&t);
	}
}

static void layouts_are_used_where_they_exist(void)
{
	struct trial count = trial_of("upstairs_count", UP), gw = trial_of("perfgw", UP);

	/* of counters there is only today's script */
	CHECK_INT(report_layout(count.report, LAYOUT_COMPACT, true), LAYOUT_COMPACT);
	CHECK_INT(report_layout(count.report, LAYOUT_CLASSIC, false), LAYOUT_COMPACT);
	CHECK_INT(report_layout(count.report, LAYOUT_CLASSIC, true), -1);
	CHECK_INT(report_layout(count.report, LAYOUT_LEGACY, true), -1);
	CHECK_INT(report_layout(gw.report, LAYOUT_CLASSIC, false), LAYOUT_CLASSIC);
	CHECK_INT(report_layout(gw.report, LAYOUT_COMPACT, true), LAYOUT_COMPACT);
	CHECK_INT(report_layout(gw.report, LAYOUT_LEGACY, true), LAYOUT_LEGACY);
	trial_free(&count);
	trial_free(&gw);
}

/* Rules have rows that the report has, known probes at most as many as a site holds, and a key. */
static void rules_of_all_reports_hold_together(void)
{
	for (int i = 0; reports[i]; i++) {
		const struct report *r = reports[i];
		const struct latency_format *f = r->latency;

		/* of probes, of the kernel's tracepoints, or of both */
		CHECK(r->rules || r->source || r->wild);
		CHECK(!r->rules || plan_most_rules(r->rules) <= USDT_MAX_RULES);
		CHECK(r->summary && r->help.about && r->help.columns);
		CHECK(r->wild || r->rows > 0 || r->hit);
		CHECK(r->wild || !!f == report_pairs(r));
		CHECK(!f || f->nlabels >= (int)r->rows);
		for (const struct probe_rule *rule = r->rules; rule && rule->provider; rule++) {
			bool two = rule->fold.verb == FOLD_DONE_MARKED;

			if (rule->fold.verb == FOLD_NONE)
				continue;
			CHECK(rule->fold.group + two < (int)r->rows);
			CHECK(rule->fold.verb == FOLD_COUNT || rule->fold.job == 0 ||
			      rule->fold.job == FOLD_FROM_TID);
			CHECK(!strcmp(rule->provider, UP) || !strcmp(rule->provider, DOWN));
		}
	}
}

static const struct test tests[] = {
	TEST(two_processes_do_not_overwrite_each_other),
	TEST(json_has_every_number),
	TEST(quantize_rows_follow_dtrace),
	TEST(names_lead_to_reports),
	TEST(reports_print_when_the_scripts_do),
	TEST(layouts_are_used_where_they_exist),
	TEST(rules_of_all_reports_hold_together),
};

TEST_MAIN("reports")
