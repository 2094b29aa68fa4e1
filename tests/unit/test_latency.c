// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Distributions from hand-made snapshots: sections, hidden rows, rows that are no durations, texts,
 * summaries and JSON; slow IOs and those that wait.
 */
#include <stdlib.h>
#include <time.h>

#include "render/json.h"
#include "render/latency.h"
#include "test.h"

#define NOON 43200000000000ULL /* of the first day of the epoch */

static const char *const labels[] = { "zero", "one", "two", "three" };
static const uint8_t sections[] = { 1, 0, 1, 0 };

static uint64_t buckets[8][FOLD_BUCKETS];
static struct snapshot_row rows[8];
static struct snapshot s = { .rows = rows };
static char *printed;

/* A row of `count` values of `value` each; in the order of snapshots. */
static void add(uint32_t row, uint64_t by, uint32_t tgid, uint64_t value, uint64_t count)
{
	struct snapshot_row *r = &rows[s.nrows];

	memset(buckets[s.nrows], 0, sizeof(buckets[0]));
	buckets[s.nrows][fold_bucket(value)] = count;
	*r = (struct snapshot_row){ .row = row,
				    .by = by,
				    .tgid = tgid,
				    .count = count,
				    .sum = value * count,
				    .max = value,
				    .buckets = buckets[s.nrows] };
	s.nrows++;
}

static bool text_of(const void *arg, uint64_t hash, char *text, size_t size)
{
	CHECK(arg == &s);
	if (hash != 77)
		return false;
	snprintf(text, size, "vol\033one");
	return true;
}

enum how { QUANTIZE, SUMMARY, JSON };

static const char *print(const struct latency_format *format, enum how how)
{
	struct render r = { .report = "test",
			    .summary = how == SUMMARY,
			    .json = how == JSON,
			    .text = text_of,
			    .text_arg = &s };
	size_t size;

	free(printed);
	r.out = open_memstream(&printed, &size);
	latency_print(&r, format, &s);
	fclose(r.out);
	return printed;
}

/* The lines above the distributions, in the order in which they print. */
static const char *order(const struct latency_format *format)
{
	static char line[512];
	char *copy = strdup(print(format, QUANTIZE)), *next = copy;

	line[0] = '\0';
	for (char *l = strsep(&next, "\n"); l; l = strsep(&next, "\n"))
		if (*l && !strchr(l, '|') && !strstr(l, "Distribution"))
			strcat(strcat(line, l), ";");
	free(copy);
	return line;
}

static void entries_ascend_by_weight(void)
{
	static const struct latency_format f = { .labels = labels,
						 .nlabels = 4,
						 .key = { LATENCY_KEY_LABEL } };

	s.nrows = 0;
	add(0, 0, 0, 1000, 2); /* 512 times 2 */
	add(1, 0, 0, 1500, 1); /* 1024 once: the same */
	add(2, 0, 0, 600, 1);
	add(3, 0, 0, 512, 100);
	/* ties go by name */
	CHECK_STR(order(&f), "  two;  one;  zero;  three;");
	/* weights tell nothing of zeros: the one that has fewer comes first */
	s.nrows = 0;
	add(1, 0, 0, 512, 1);
	buckets[0][0] = 5;
	add(2, 0, 0, 512, 1);
	buckets[1][0] = 4;
	CHECK_STR(order(&f), "  two;  one;");
	/* what has no distribution, or is empty, is no entry */
	s.nrows = 0;
	add(1, 0, 0, 512, 1);
	rows[0].buckets = NULL;
	add(2, 0, 0, 512, 0);
	CHECK_STR(print(&f, QUANTIZE), "\n");
}

static void sections_come_before_weights(void)
{
	struct latency_format f = {
		.labels = labels, .nlabels = 4, .key = { LATENCY_KEY_LABEL }, .section = sections
	};

	s.nrows = 0;
	add(0, 0, 0, 1, 1);
	add(1, 0, 0, 8000, 1);
	add(2, 0, 0, 4, 1);
	add(3, 0, 0, 4000, 1);
	CHECK_STR(order(&f), "  three;  one;  zero;  two;");
	CHECK(strncmp(printed, "\n  three\n", 9) == 0);
	CHECK(strstr(printed, "\n\n\n") == NULL);
	f.spaced = true;
	CHECK_STR(order(&f), "  three;  one;  zero;  two;");
	CHECK(strncmp(printed, "\n  three\n", 9) == 0);
	CHECK(strstr(printed, " 0\n\n  one\n") != NULL);
	CHECK(strstr(printed, " 0\n\n\n  zero\n") != NULL);
	CHECK(strstr(printed, " 0\n\n  two\n") != NULL);
	/* each section has its empty line, also when there is nothing in it */
	s.nrows = 0;
	CHECK_STR(print(&f, QUANTIZE), "\n\n");
}

static void ties_go_by_the_parts_of_the_key(void)
{
	struct latency_format f = { .labels = labels,
				    .nlabels = 4,
				    .by = "client",
				    .key = { LATENCY_KEY_PID, LATENCY_KEY_LABEL } };

	s.nrows = 0;
	add(0, 0, 10, 600, 1); /* zero */
	add(0, 0, 9, 600, 1);
	add(1, 0, 10, 600, 1); /* one */
	add(1, 0, 9, 600, 1);
	CHECK_STR(order(&f), "        9  one;        9  zero;       10  one;       10  zero;");
	f.key[0] = LATENCY_KEY_BY;
	s.nrows = 0;
	add(0, 2, 0, 600, 1);
	add(0, 77, 0, 600, 1);
	add(1, 2, 0, 600, 1);
	CHECK_STR(order(&f), "                2  one;                2  zero;"
			     "               77  zero;");
	/* texts by what they say, not by their hash: "text-..." comes before "vol..." */
	f.by_text = true;
	s.nrows = 0;
	add(0, 77, 0, 600, 1);
	add(1, 99, 0, 600, 1);
	CHECK(strncmp(order(&f), "  text-", 7) == 0);
}

static void hidden_rows_are_in_numbers_only(void)
{
	static const struct latency_format f = { .labels = labels,
						 .nlabels = 4,
						 .key = { LATENCY_KEY_LABEL },
						 .hidden = 1u << 1 | 1u << 3 };

	s.nrows = 0;
	add(0, 0, 0, 8, 1);
	add(1, 0, 0, 4, 1);
	add(2, 0, 0, 16, 1);
	add(3, 0, 0, 32, 1);
	CHECK_STR(order(&f), "  zero;  two;");
	CHECK(strstr(print(&f, SUMMARY), "\none  ") != NULL);
	CHECK(strstr(print(&f, JSON), "\"op\":\"three\"") != NULL);
}

static void keys_print_by_their_types(void)
{
	struct latency_format f = { .labels = labels,
				    .nlabels = 4,
				    .by = "client",
				    .key = { LATENCY_KEY_PID, LATENCY_KEY_LABEL, LATENCY_KEY_BY } };

	s.nrows = 0;
	add(0, 77, 123, 8, 1);
	/* 4 bytes: a blank and 8 columns; a string: two and 50; 8 bytes: a blank and 16 */
	CHECK_STR(order(&f), "      123  zero                                              "
			     "               77;");
	/* a last string is not padded; the process goes in front where the key has no place for it
	 */
	f.key[0] = LATENCY_KEY_BY;
	f.key[2] = LATENCY_KEY_END;
	CHECK_STR(order(&f), "      123               77  zero;");
	f.by_text = true;
	f.suffix = " of";
	CHECK_STR(order(&f),
		  "      123  vol\\x1bone                                          zero of;");
	rows[0].by = 78;
	CHECK_STR(order(&f),
		  "      123  text-000000000000004e                               zero of;");
	rows[0].row = 9; /* beyond the labels */
	rows[0].tgid = 0;
	f.key[0] = LATENCY_KEY_LABEL;
	f.key[1] = LATENCY_KEY_END;
	CHECK_STR(order(&f), "  ? of;");
}

static void text_that_nobody_knows_is_its_hash(void)
{
	struct render r = { .report = "test" };
	char text[32];

	CHECK_STR(render_text(&r, 77, text, sizeof(text)), "text-000000000000004d");
	r.text = text_of;
	r.text_arg = &s;
	CHECK_STR(render_text(&r, 77, text, sizeof(text)), "vol\033one");
	CHECK_STR(render_text(&r, UINT64_MAX, text, sizeof(text)), "text-ffffffffffffffff");
}

#define PERCENTILES "       P50       P90       P99     P99.9       MAX\n"

static void summary_has_values_that_are_no_times(void)
{
	struct latency_format f = { .labels = labels, .nlabels = 4, .plain = 1u << 2 };

	s.nrows = 0;
	/* below 16 each value has a bucket */
	add(0, 0, 0, 9, 3);
	add(2, 0, 0, 9, 3);
	CHECK_STR(print(&f, SUMMARY),
		  "OP                               COUNT      MEAN" PERCENTILES
		  "zero                                 3       9ns       9ns       9ns  "
		  "     9ns       "
		  "9ns       9ns\n"
		  "two                                  3         9         9         9  "
		  "       9         "
		  "9         9\n");
	f.by = "client";
	rows[0].by = 2;
	CHECK_STR(
		print(&f, SUMMARY),
		"OP                           client     COUNT      MEAN" PERCENTILES
		"zero                              2         3       9ns       9ns       9ns       "
		"9ns       9ns       9ns\n"
		"two                               0         3         9         9     "
		"    9         "
		"9         9         9\n");
}

static void summary_has_texts_and_processes(void)
{
	static const struct latency_format f = {
		.labels = labels, .nlabels = 4, .by = "volume", .by_text = true
	};

	s.nrows = 0;
	add(1, 77, 31, 9, 3);
	CHECK_STR(print(&f, SUMMARY),
		  "     PID OP                           volume                          "
		  "         COUNT"
		  "      MEAN" PERCENTILES
		  "      31 one                          vol\\x1bone                     "
		  "              3"
		  "       9ns       9ns       9ns       9ns       9ns       9ns\n");
}

static void json_tells_times_from_values(void)
{
	static const struct latency_format f = {
		.labels = labels, .nlabels = 4, .by = "volume", .by_text = true, .plain = 1u << 2
	};
	json_t *object;

	s.nrows = 0;
	add(1, 77, 31, 9, 3);
	object = json_loads(print(&f, JSON), 0, NULL);
	CHECK_STR(json_string_value(json_object_get(object, "op")), "one");
	CHECK_STR(json_string_value(json_object_get(object, "volume")), "vol\033one");
	CHECK_INT(json_integer_value(json_object_get(object, "pid")), 31);
	CHECK_INT(json_integer_value(json_object_get(object, "count")), 3);
	CHECK_INT(json_integer_value(json_object_get(object, "sum_ns")), 27);
	CHECK_INT(json_integer_value(json_object_get(object, "p99.9_ns")), 9);
	CHECK(json_object_get(object, "p50") == NULL);
	json_decref(object);
	s.nrows = 0;
	add(2, 78, 0, 9, 3);
	object = json_loads(print(&f, JSON), 0, NULL);
	CHECK_STR(json_string_value(json_object_get(object, "volume")), "text-000000000000004e");
	CHECK(json_object_get(object, "pid") == NULL);
	CHECK_INT(json_integer_value(json_object_get(object, "sum")), 27);
	CHECK(json_real_value(json_object_get(object, "mean")) == 9);
	CHECK_INT(json_integer_value(json_object_get(object, "p50")), 9);
	CHECK_INT(json_integer_value(json_object_get(object, "max")), 9);
	CHECK(json_object_get(object, "sum_ns") == NULL);
	CHECK(json_object_get(object, "p50_ns") == NULL);
	json_decref(object);
}

/* --- one by one --- */

typedef void (*io_print_fn)(const struct render *, const struct latency_format *,
			    const struct latency_io *, bool);

static const char *print_io(io_print_fn fn, const struct latency_format *format,
			    const struct latency_io *io, bool header, bool json)
{
	struct render r = {
		.report = "test", .wall = NOON, .json = json, .text = text_of, .text_arg = &s
	};
	size_t size;

	free(printed);
	r.out = open_memstream(&printed, &size);
	fn(&r, format, io, header);
	fclose(r.out);
	return printed;
}

static const struct latency_format by_client = { .labels = labels, .nlabels = 4, .by = "client" };
static const struct latency_io io = { .wall = NOON + 1000,
				      .end = 123,
				      .duration = 2500000,
				      .tgid = 31,
				      .process = "crutest",
				      .row = 1,
				      .job = 1000,
				      .sub = 2 };

static void slow_ios_have_a_line(void)
{
	CHECK_STR(print_io(latency_slow_print, &by_client, &io, true, false),
		  "TIME                PID PROCESS         OP                        JOB "
		  "client  DURATION\n"
		  "12:00:00.000001      31 crutest         one                      1000 "
		  "     2   2.500ms\n");
	CHECK_STR(
		print_io(latency_slow_print, &by_client, &io, false, true),
		"{\"report\":\"test\",\"time\":\"1970-01-01T12:00:00.000000Z\",\"event\":\"slow\","
		"\"pid\":31,\"process\":\"crutest\",\"op\":\"one\",\"job\":1000,\"client\":2,"
		"\"duration_ns\":2500000,\"end_monotonic_ns\":123}\n");
}

static void what_waits_has_a_line(void)
{
	struct latency_io gone = io;

	CHECK_STR(print_io(latency_waiting_print, &by_client, &io, true, false),
		  "BEGAN               PID PROCESS         OP                        JOB "
		  "client       AGE\n"
		  "12:00:00.000001      31 crutest         one                      1000 "
		  "     2   2.500ms\n");
	gone.ended = true;
	gone.process = "\033";
	CHECK_STR(print_io(latency_waiting_print, &by_client, &gone, false, false),
		  "12:00:00.000001      31 \\x1b            one                      1000"
		  "      2   2.500ms "
		  "(process ended)\n");
	CHECK_STR(print_io(latency_waiting_print, &by_client, &gone, false, true),
		  "{\"report\":\"test\",\"time\":\"1970-01-01T12:00:00.000000Z\",\"event"
		  "\":\"in-flight\","
		  "\"pid\":31,\"process\":\"\\u001B\",\"op\":\"one\",\"job\":1000,\"client\":2,"
		  "\"age_ns\":2500000,\"ended\":true}\n");
}

static void parts_of_a_key_have_their_names(void)
{
	static const struct latency_format plain = { .labels = labels, .nlabels = 4 };
	static const struct latency_format extent = { .labels = labels,
						      .nlabels = 4,
						      .sub = "extent" };
	static const struct latency_format volume = {
		.labels = labels, .nlabels = 4, .by = "volume", .by_text = true
	};
	struct latency_io of_volume = io;

	of_volume.sub = 77;
	CHECK_STR(
		print_io(latency_waiting_print, &plain, &io, true, false),
		"BEGAN               PID PROCESS         OP                        JOB       AGE\n"
		"12:00:00.000001      31 crutest         one                      1000 "
		"  2.500ms\n");
	CHECK(strstr(print_io(latency_waiting_print, &extent, &io, true, false),
		     "       JOB extent       AGE\n") != NULL);
	CHECK(strstr(print_io(latency_waiting_print, &extent, &io, true, true), "\"extent\":2,") !=
	      NULL);
	CHECK_STR(print_io(latency_slow_print, &volume, &of_volume, true, false),
		  "TIME                PID PROCESS         OP                        JOB"
		  "                               volume  DURATION\n"
		  "12:00:00.000001      31 crutest         one                      1000"
		  "                           vol\\x1bone   2.500ms\n");
	CHECK(strstr(print_io(latency_slow_print, &volume, &of_volume, true, true),
		     "\"volume\":\"vol\\u001Bone\",") != NULL);
}

static const struct test tests[] = {
	TEST(entries_ascend_by_weight),
	TEST(sections_come_before_weights),
	TEST(ties_go_by_the_parts_of_the_key),
	TEST(hidden_rows_are_in_numbers_only),
	TEST(keys_print_by_their_types),
	TEST(text_that_nobody_knows_is_its_hash),
	TEST(summary_has_values_that_are_no_times),
	TEST(summary_has_texts_and_processes),
	TEST(json_tells_times_from_values),
	TEST(slow_ios_have_a_line),
	TEST(what_waits_has_a_line),
	TEST(parts_of_a_key_have_their_names),
};

int main(void)
{
	int status;

	setenv("TZ", "UTC", 1);
	tzset();
	status = test_main("latency", tests, sizeof(tests) / sizeof(tests[0]));
	free(printed);
	return status;
}
