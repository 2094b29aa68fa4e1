// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Reports from hand-made numbers: byte for byte as Crucible's scripts print them (tests/golden has
 * the samples of their documentation), and the forms of our own.
 */
#include <stdlib.h>
#include <unistd.h>

#include "core/fold_table.h"
#include "render/json.h"
#include "render/quantize.h"
#include "reports/report.h"
#include "test.h"

#define MS 1000000ULL

/* Text printed to `out` since it was opened, and the file it should equal. */
static char *printed;
static size_t printed_size;

static char *golden(const char *name)
{
	char path[128], *text = calloc(1, 65536);
	FILE *f;

	snprintf(path, sizeof(path), "tests/golden/%s", name);
	f = fopen(path, "r");
	if (!f || !text || !fread(text, 1, 65535, f))
		printf("# no %s (run from the project's root)\n", path);
	if (f)
		fclose(f);
	return text;
}

static void check_golden(const char *name)
{
	char *want = golden(name);

	CHECK_STR(printed, want);
	free(want);
}

static const struct report *named(const char *name)
{
	const struct report *matches[1];
	int n;

	return report_find(name, matches, 1, &n);
}

/* Prints the table's numbers as the report does; `printed` has the text. */
static void print_report(const char *name, const struct fold_table *table, struct options *options)
{
	struct fold_tables tables = fold_table_tables(table);
	struct report_view view = {
		.render = { .report = name, .json = options->json, .summary = options->summary },
		.options = options,
		.snapshot = snapshot__take(&tables),
	};
	const struct report *report = named(name);

	free(printed);
	view.render.out = open_memstream(&printed, &printed_size);
	if (report->print)
		report->print(&view);
	else
		latency_print(&view.render, &report->format, view.snapshot);
	fclose(view.render.out);
	snapshot__free((struct snapshot *)view.snapshot);
}

static struct fold_table *table_new(void)
{
	return fold_table__new(&(struct fold_table_options){
		.nslots = 1024, .rows = 16, .max_groups = 64, .max_spills = 8 });
}

/* Fires a probe of the upstairs as the report's own rules have it. */
static void fire(struct fold_table *t, const char *report, const char *probe, uint64_t time,
		 uint64_t job, uint32_t tgid)
{
	struct fold_hit hit = { .time = time, .tgid = tgid, .args = { job } };

	for (const struct probe_rule *rule = named(report)->rules; rule->provider; rule++) {
		struct fold_rule rules[2] = { rule->fold, { .verb = FOLD_NONE } };

		if (!strcmp(rule->probe, probe))
			fold_table_hit(t, rules, 2, &hit);
	}
}

static void fire_pairs(struct fold_table *t, const char *op, uint64_t duration, int n)
{
	char start[64], done[64];

	snprintf(start, sizeof(start), "gw-%s-start", op);
	snprintf(done, sizeof(done), "gw-%s-done", op);
	for (int i = 0; i < n; i++) {
		fire(t, "perfgw", start, 1000, i, 7);
		fire(t, "perfgw", done, 1000 + duration, i, 7);
	}
}

static void perfgw_prints_the_documented_sample(void)
{
	struct fold_table *t = table_new();
	struct options options = { 0 };

	/* values inside the buckets that the sample counts */
	fire_pairs(t, "write", 40 * MS, 355);
	fire_pairs(t, "write", 67108864, 645);
	fire_pairs(t, "read", 33554432, 353);
	fire_pairs(t, "read", 134217727, 647);
	fire_pairs(t, "flush", 1048576, 1);
	fire_pairs(t, "flush", 60 * MS, 353);
	fire_pairs(t, "flush", 100 * MS, 647);
	print_report("perfgw", t, &options);
	check_golden("perfgw.txt");
	fold_table__free(t);
}

static void perfgw_without_events_is_an_empty_line(void)
{
	struct fold_table *t = table_new();
	struct options options = { 0 };

	print_report("perfgw", t, &options);
	CHECK_STR(printed, "\n");
	fold_table__free(t);
}

static void perfgw_names_whole_operations(void)
{
	static const char *const ops[] = { "read", "write", "write-unwritten", "flush", "barrier",
					   "noop", "close", "repair",	       "reopen" };
	struct fold_table *t = table_new();
	struct options options = { .json = true };

	for (int i = 0; i < 9; i++) {
		char key[64];

		fire_pairs(t, ops[i], 1000 + i, 1);
		print_report("perfgw", t, &options);
		snprintf(key, sizeof(key), "\"op\":\"%s\"", ops[i]);
		CHECK(strstr(printed, key) != NULL);
	}
	fold_table__free(t);
}

static void two_processes_do_not_overwrite_each_other(void)
{
	struct fold_table *t = table_new();
	struct options options = { .summary = true };

	/* the same job in two upstairs: 1 ms and 3 ms, not 1 and 1 */
	fire(t, "perfgw", "gw-read-start", 0 * MS + 1, 1000, 7);
	fire(t, "perfgw", "gw-read-start", 2 * MS + 1, 1000, 8);
	fire(t, "perfgw", "gw-read-done", 3 * MS + 1, 1000, 7);
	fire(t, "perfgw", "gw-read-done", 3 * MS + 1, 1000, 8);
	print_report("perfgw", t, &options);
	/* percentiles are the middle of a bucket: 983040 to 1015807, and 2883584 to 3014655 */
	CHECK_STR(printed,
		  "OP                               COUNT      MEAN       P50       P90       "
		  "P99     P99.9       MAX\n"
		  "read                                 2   2.000ms   999.4us   2.949ms   "
		  "2.949ms   2.949ms   3.000ms\n");
	fold_table__free(t);
}

static void perfgw_json_has_every_number(void)
{
	struct fold_table *t = table_new();
	struct options options = { .json = true };
	json_t *object;

	fire_pairs(t, "barrier", 5 * MS, 3);
	print_report("perfgw", t, &options);
	object = json_loads(printed, 0, NULL);
	CHECK(object != NULL);
	CHECK_STR(json_string_value(json_object_get(object, "report")), "perfgw");
	CHECK_STR(json_string_value(json_object_get(object, "op")), "barrier");
	CHECK_INT(json_integer_value(json_object_get(object, "count")), 3);
	CHECK_INT(json_integer_value(json_object_get(object, "sum_ns")), 15 * MS);
	CHECK_INT(json_integer_value(json_object_get(object, "max_ns")), 5 * MS);
	CHECK(json_real_value(json_object_get(object, "mean_ns")) == 5e6);
	/* all three in the bucket of 4,194,304 */
	CHECK_STR(strstr(printed, "\"quantize\""), "\"quantize\":[[4194304,3]]}\n");
	json_decref(object);
	fold_table__free(t);
}

static void fire_counts(struct fold_table *t, int n)
{
	static const char *const probes[] = { "gw-read-start", "gw-read-done",	 "gw-write-start",
					      "gw-write-done", "gw-flush-start", "gw-flush-done" };

	for (int p = 0; p < 6; p++)
		for (int i = 0; i < n; i++)
			fire(t, "tracegw", probes[p], 0, i, 7);
}

static void tracegw_prints_the_documented_sample(void)
{
	struct fold_table *t = table_new();
	struct options options = { 0 };

	fire_counts(t, 1000);
	print_report("tracegw", t, &options);
	check_golden("tracegw.txt");
	options.layout = LAYOUT_LEGACY;
	print_report("tracegw", t, &options);
	check_golden("tracegw.txt");
	options.layout = LAYOUT_COMPACT;
	print_report("tracegw", t, &options);
	check_golden("tracegw.compact.txt");
	fold_table__free(t);
}

static void tracegw_prints_zeros_and_only_needed_write_unwritten(void)
{
	struct fold_table *t = table_new();
	struct options options = { 0 };

	fire(t, "tracegw", "gw-write-start", 0, 1, 7);
	print_report("tracegw", t, &options);
	CHECK_STR(printed, " read_start:0    read_end:0\n"
			   " write_start:1   write_end:0\n"
			   " flush_start:0   flush_end:0\n");
	fire(t, "tracegw", "gw-write-unwritten-start", 0, 1, 7);
	fire(t, "tracegw", "gw-write-unwritten-start", 0, 2, 7);
	fire(t, "tracegw", "gw-write-unwritten-done", 0, 1, 7);
	print_report("tracegw", t, &options);
	CHECK_STR(printed, " read_start:0    read_end:0\n"
			   " write_start:1   write_end:0\n"
			   " flush_start:0   flush_end:0\n"
			   " write-unwritten_start:2   write-unwritten_end:1\n");
	fold_table__free(t);
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

static void names_lead_to_reports(void)
{
	const struct report *matches[8];
	int n;

	CHECK_STR(report_find("perfgw", matches, 8, &n)->name, "perfgw");
	CHECK_STR(report_find("perfgw.d", matches, 8, &n)->name, "perfgw");
	CHECK_STR(report_find("tracegw.sh", matches, 8, &n)->name, "tracegw");
	CHECK_STR(report_find("traceg", matches, 8, &n)->name, "tracegw");
	CHECK(report_find("", matches, 8, &n) == NULL);
	CHECK(report_find("perfgww", matches, 8, &n) == NULL);
	CHECK_INT(n, 0);
}

static const struct test tests[] = {
	TEST(perfgw_prints_the_documented_sample),
	TEST(perfgw_without_events_is_an_empty_line),
	TEST(perfgw_names_whole_operations),
	TEST(two_processes_do_not_overwrite_each_other),
	TEST(perfgw_json_has_every_number),
	TEST(tracegw_prints_the_documented_sample),
	TEST(tracegw_prints_zeros_and_only_needed_write_unwritten),
	TEST(quantize_rows_follow_dtrace),
	TEST(names_lead_to_reports),
};

int main(void)
{
	int status = test_main("reports", tests, sizeof(tests) / sizeof(tests[0]));

	free(printed);
	return status;
}
