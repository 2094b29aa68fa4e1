// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Single jobs as the waterfall draws them, and which ones it draws.
 */
#include <jansson.h>

#include "waterfall.h"

/* A flush of 100 us, 60 of them in one extent's file. */
static void flush_job(struct stream *s, uint64_t at, uint64_t job)
{
	HIT(s, DOWN1, 10, at, "submit-flush-start", job);
	HIT(s, DOWN1, 10, at + 10, "work-process", job);
	HIT(s, DOWN1, 10, at + 10, "os-flush-start", job);
	HIT_SUB(s, DOWN1, 20, at + 20, "extent-flush-start", job, 3);
	stream_call(s, DOWN1, 20, at + 30, at + 70, CALL_FSYNC, 0);
	stream_bio(s, DOWN1, 20, at + 30, at + 40, at + 60);
	stream_kernel_bio(s, "jbd2/vda1-8", NULL, at + 60, at + 61, at + 68);
	HIT_SUB(s, DOWN1, 20, at + 80, "extent-flush-done", job, 3);
	HIT(s, DOWN1, 10, at + 90, "os-flush-done", job);
	HIT(s, DOWN1, 10, at + 100, "submit-flush-done", job);
}

/* 80 columns: 21 for the times, 27 for the longest label, 30 for the 100 us. */
static const char flush_text[] =
	"\n"
	"submit-flush, job 7 of crucible-downst (pid 7): 100.0us\n"
	"    START  DURATION  SPAN\n"
	"        0   100.0us  submit-flush                |==============================\n"
	"        0   10.00us    work queue                |...\n"
	"  10.00us   80.00us    os-flush                  |   ========================\n"
	"  20.00us   60.00us      extent-flush 3          |      ==================\n"
	"  30.00us   40.00us        fsync                 |         ============\n"
	"  30.00us   30.00us          block write 4K vda1 |         ...######\n"
	"  60.00us   8.000us          journal 4K vda1     |                  ~~\n"
	"  90.00us   10.00us    answer                    |                           ---\n";

static void a_job_is_drawn(void)
{
	struct stream s;

	stream_init(&s, 1);
	flush_job(&s, 0, 7);
	stream_finish(&s);
	CHECK_STR(stream_print(&s, false, 80), flush_text);
	stream_free(&s);
}

/* However narrow or wide: no line is longer, but for bars of 20 columns. */
static void it_fits_the_width(void)
{
	struct stream s;

	stream_init(&s, 1);
	flush_job(&s, 0, 7);
	stream_finish(&s);
	for (int width = 30; width < 300; width += 7) {
		const char *text = strstr(stream_print(&s, false, width), "START");
		int longest = 0;

		for (text += strcspn(text, "\n"); *text; text++) {
			int n = (int)strcspn(text + 1, "\n");

			longest = n > longest ? n : longest;
			text += n;
		}
		CHECK_INT(longest, width < 63 ? 63 : width);
	}
	stream_free(&s);
}

static json_t *json_of(struct stream *s)
{
	json_t *object = json_loads(stream_print(s, true, 80), 0, NULL);

	CHECK(object != NULL);
	return object;
}

static void json_has_every_span(void)
{
	static const struct {
		const char *name;
		int depth, start, duration;
	} want[] = {
		{ "submit-flush", 0, 0, 100 }, { "work queue", 1, 0, 10 },
		{ "os-flush", 1, 10, 80 },     { "extent-flush", 2, 20, 60 },
		{ "fsync", 3, 30, 40 },	       { "block write", 4, 30, 30 },
		{ "journal", 4, 60, 8 },       { "answer", 1, 90, 10 },
	};
	struct stream s;
	json_t *object, *spans;

	stream_init(&s, 1);
	flush_job(&s, 0, 7);
	stream_finish(&s);
	object = json_of(&s);
	CHECK_STR(json_string_value(json_object_get(object, "event")), "job");
	CHECK_STR(json_string_value(json_object_get(object, "op")), "flush");
	CHECK_INT(json_integer_value(json_object_get(object, "job")), 7);
	CHECK_INT(json_integer_value(json_object_get(object, "duration_ns")), 100 * US);
	spans = json_object_get(object, "spans");
	CHECK_INT(json_array_size(spans), sizeof(want) / sizeof(want[0]));
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		json_t *span = json_array_get(spans, i);

		CHECK_STR(json_string_value(json_object_get(span, "name")), want[i].name);
		CHECK_INT(json_integer_value(json_object_get(span, "depth")), want[i].depth);
		CHECK_INT(json_integer_value(json_object_get(span, "start_ns")),
			  want[i].start * US);
		CHECK_INT(json_integer_value(json_object_get(span, "duration_ns")),
			  want[i].duration * US);
	}
	CHECK_INT(json_integer_value(json_object_get(json_array_get(spans, 3), "extent")), 3);
	CHECK_INT(json_integer_value(json_object_get(json_array_get(spans, 5), "queued_ns")),
		  10 * US);
	json_decref(object);
	stream_free(&s);
}

/* Of three downstairs, which have to be learned; each takes longer than the one before. */
static void guest_flushes(struct stream *s)
{
	static const uint32_t downs[] = { DOWN1, DOWN2, DOWN3 };

	for (uint64_t job = 1; job <= 30; job++) {
		uint64_t at = 1000 * job;

		HIT(s, GUEST, 5, at, "gw-flush-start", job);
		for (uint64_t c = 0; c < 3; c++) {
			uint64_t t = at + 10 + 40 * c;

			HIT_SUB(s, GUEST, 5, at + 1, "ds-flush-client-start", job, c);
			HIT_SUB(s, GUEST, 5, t, "ds-flush-net-start", job, c);
			HIT(s, downs[c], 10, t + 5, "submit-flush-start", job);
			HIT(s, downs[c], 10, t + 10, "os-flush-start", job);
			HIT(s, downs[c], 10, t + 20, "os-flush-done", job);
			HIT(s, downs[c], 10, t + 25, "submit-flush-done", job);
			HIT_SUB(s, GUEST, 5, t + 30, "ds-flush-net-done", job, c);
			HIT_SUB(s, GUEST, 5, t + 35, "ds-flush-client-done", job, c);
		}
		/* the last takes longest */
		HIT(s, GUEST, 5, at + 200 + job, "gw-flush-done", job);
	}
}

/* From the guest to each downstairs that is known. */
static void a_guests_job_has_its_downstairs_in_it(void)
{
	static const uint32_t downs[] = { DOWN1, DOWN2, DOWN3 };
	struct stream s;
	const char *text;

	stream_init(&s, 1);
	guest_flushes(&s);
	stream_finish(&s);
	text = stream_print(&s, false, 100);
	CHECK(strstr(text, "gw-flush, job 30 of crutest (pid 5): 230.0us\n") != NULL);
	for (int c = 0; c < 3; c++) {
		char client[64], down[64];
		const char *at;

		snprintf(client, sizeof(client), "    ds-flush-net %d ", c);
		snprintf(down, sizeof(down), "      submit-flush crucible-downst %u ", downs[c]);
		at = strstr(text, client);
		CHECK(at != NULL);
		/* its downstairs on the next line, then what that did */
		at = at ? strchr(at, '\n') : NULL;
		CHECK(at && strstr(at, down) && strstr(at, down) < strchr(at + 1, '\n'));
		CHECK(at && strstr(at, "        os-flush ") != NULL);
	}
	stream_free(&s);
}

static void the_slowest_are_drawn(void)
{
	struct stream s;
	const char *text;

	stream_init(&s, 3);
	for (uint64_t job = 0; job < 50; job++) {
		HIT(&s, DOWN1, 10, 1000 * job, "submit-read-start", job);
		HIT(&s, DOWN1, 10, 1000 * job + 10 + job * 7 % 50, "submit-read-done", job);
	}
	stream_finish(&s);
	text = stream_print(&s, false, 80);
	/* job * 7 modulo 50 is 49, 48 and 47 for these */
	CHECK(strstr(text, "job 7 of") < strstr(text, "job 14 of"));
	CHECK(strstr(text, "job 14 of") < strstr(text, "job 21 of"));
	CHECK(strstr(text, "job 21 of") != NULL);
	CHECK_INT(s.slowest.n, 3);
	stream_free(&s);
}

/* In each process there may be one, and one that has not ended is drawn as well. */
static void jobs_of_one_number_are_drawn(void)
{
	struct stream s;
	const char *text;

	stream_init(&s, 1);
	s.slowest.most = 0;
	s.slowest.named = true;
	s.slowest.job = 5;
	for (uint64_t job = 4; job <= 6; job++) {
		HIT(&s, DOWN1, 10, 100 * job, "submit-read-start", job);
		HIT(&s, DOWN1, 10, 100 * job + 10, "submit-read-done", job);
		HIT(&s, DOWN2, 20, 100 * job, "submit-read-start", job);
	}
	stream_finish(&s);
	text = stream_print(&s, false, 80);
	CHECK(strstr(text, "job 5 of crucible-downst (pid 7): 10.00us\n") != NULL);
	CHECK(strstr(text, "job 5 of crucible-downst (pid 8): 110.0us, not ended\n") != NULL);
	CHECK(!strstr(text, "job 4") && !strstr(text, "job 6"));
	stream_free(&s);
}

static void a_span_without_an_end_says_so(void)
{
	struct stream s;

	stream_init(&s, 1);
	HIT(&s, DOWN1, 10, 0, "submit-write-start", 1);
	HIT(&s, DOWN1, 10, 0, "os-write-start", 1);
	HIT(&s, DOWN1, 10, 100, "submit-write-done", 1);
	stream_finish(&s);
	CHECK(strstr(stream_print(&s, false, 80), "os-write (no end) ") != NULL);
	stream_free(&s);
}

static void calls_tell_what_they_returned(void)
{
	struct stream s;
	const char *text;

	stream_init(&s, 1);
	HIT(&s, DOWN1, 10, 0, "submit-write-start", 1);
	HIT(&s, DOWN1, 10, 0, "os-write-start", 1);
	stream_call(&s, DOWN1, 10, 10, 11, CALL_WRITE, 48);
	stream_call(&s, DOWN1, 10, 20, 21, CALL_WRITE, 131072);
	stream_call(&s, DOWN1, 10, 30, 31, CALL_READ, 0);
	stream_call(&s, DOWN1, 10, 40, 41, CALL_FSYNC, -5); /* EIO */
	HIT(&s, DOWN1, 10, 100, "os-write-done", 1);
	HIT(&s, DOWN1, 10, 100, "submit-write-done", 1);
	stream_finish(&s);
	text = stream_print(&s, false, 80);
	CHECK(strstr(text, "    write 48B ") != NULL);
	CHECK(strstr(text, "    write 128K ") != NULL);
	CHECK(strstr(text, "    read ") != NULL);
	CHECK(strstr(text, "    fsync EIO ") != NULL);
	stream_free(&s);
}

/* A commit is many I/Os at once, and one more behind them. */
static void the_journals_overlapping_io_is_one_line(void)
{
	struct stream s;
	const char *text;

	stream_init(&s, 1);
	flush_job(&s, 0, 7); /* has one from 60 to 68 */
	stream_kernel_bio(&s, "jbd2/vda1-8", NULL, 40, 41, 50);
	stream_kernel_bio(&s, "jbd2/vda1-8", NULL, 42, 43, 52);
	stream_kernel_bio(&s, "jbd2/vda1-8", NULL, 44, 45, 51);
	stream_finish(&s);
	text = stream_print(&s, false, 80);
	CHECK(strstr(text, "  40.00us   12.00us          journal x3 12K vda1 ") != NULL);
	CHECK(strstr(text, "  60.00us   8.000us          journal 4K vda1 ") != NULL);
	stream_free(&s);
}

static void many_spans_are_cut_short(void)
{
	struct stream s;
	const char *text;

	stream_init(&s, 1);
	HIT(&s, DOWN1, 10, 0, "submit-write-start", 1);
	HIT(&s, DOWN1, 10, 0, "os-write-start", 1);
	for (uint64_t i = 0; i < 300; i++)
		stream_call(&s, DOWN1, 10, 10 + 2 * i, 11 + 2 * i, CALL_WRITE, 4096);
	HIT(&s, DOWN1, 10, 1000, "os-write-done", 1);
	HIT(&s, DOWN1, 10, 1000, "submit-write-done", 1);
	stream_finish(&s);
	text = stream_print(&s, false, 80);
	/* the job, os-write and 300 calls, of which 200 lines are shown */
	CHECK(strstr(text, "... and 102 more\n") != NULL);
	stream_free(&s);
}

/* What a process calls itself does not reach the terminal. */
static const char *hostile_process(void *arg, uint32_t tgid)
{
	(void)arg;
	(void)tgid;
	return "\033[2J\nx";
}

static void names_of_processes_are_not_trusted(void)
{
	struct render render = { .report = "waterfall" };
	struct wf_drawing drawing = { .render = &render,
				      .width = 80,
				      .process = hostile_process,
				      .device = hostile_process };
	struct stream s;
	char *text = NULL;
	size_t size;

	stream_init(&s, 31);
	flush_job(&s, 500000, 7);
	guest_flushes(&s);
	stream_finish(&s);
	render.out = open_memstream(&text, &size);
	for (uint32_t i = 0; i < s.slowest.n; i++)
		wf_draw(&drawing, s.slowest.jobs[i]);
	fclose(render.out);
	CHECK(!strchr(text, '\033'));
	CHECK(strstr(text, "of \\x1b[2J\\x0ax (pid 5)") != NULL);
	CHECK(strstr(text, "submit-flush \\x1b[2J\\x0ax 7 ") != NULL);
	CHECK(strstr(text, "block write 4K \\x1b[2J\\x0ax ") != NULL);
	free(text);
	/* nor the terminal by way of JSON */
	text = NULL;
	render.json = true;
	render.out = open_memstream(&text, &size);
	wf_draw(&drawing, s.slowest.jobs[0]);
	fclose(render.out);
	CHECK(!strchr(text, '\033'));
	free(text);
	stream_free(&s);
}

static const struct test tests[] = {
	TEST(a_job_is_drawn),
	TEST(it_fits_the_width),
	TEST(json_has_every_span),
	TEST(a_guests_job_has_its_downstairs_in_it),
	TEST(the_slowest_are_drawn),
	TEST(jobs_of_one_number_are_drawn),
	TEST(a_span_without_an_end_says_so),
	TEST(calls_tell_what_they_returned),
	TEST(the_journals_overlapping_io_is_one_line),
	TEST(many_spans_are_cut_short),
	TEST(names_of_processes_are_not_trusted),
};

TEST_MAIN("waterfall_draw")
