// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * How the waterfall divides a job's time: what runs in parallel, what the disk and the journal have
 * of a system call, guests' jobs; and the table of it.
 */
#include <jansson.h>

#include "waterfall.h"

static void flush_begin(struct stream *s, uint64_t at, uint64_t job)
{
	HIT(s, DOWN1, 10, at, "submit-flush-start", job);
	HIT(s, DOWN1, 10, at, "work-process", job);
	HIT(s, DOWN1, 10, at, "os-flush-start", job);
}

static void flush_end(struct stream *s, uint64_t at, uint64_t job)
{
	HIT(s, DOWN1, 10, at, "os-flush-done", job);
	HIT(s, DOWN1, 10, at, "submit-flush-done", job);
}

static void flush_extent(struct stream *s, uint32_t tid, uint64_t from, uint64_t to, uint64_t job,
			 uint64_t extent)
{
	HIT_SUB(s, DOWN1, tid, from, "extent-flush-start", job, extent);
	HIT_SUB(s, DOWN1, tid, to, "extent-flush-done", job, extent);
}

#define EXTENT "submit-flush/os-flush/extent-flush"

/* 10-40 on one thread, 20-50 on another, then 60-80: the union is 60 us, not 80. */
static void parallel_windows_have_the_time_of_their_union(void)
{
	struct stream s;

	stream_init(&s, 0);
	flush_begin(&s, 0, 1);
	flush_extent(&s, 20, 10, 40, 1, 0);
	flush_extent(&s, 21, 20, 50, 1, 1);
	flush_extent(&s, 20, 60, 80, 1, 2);
	flush_end(&s, 100, 1);
	stream_finish(&s);
	CHECK_STAGE(&s, "submit-flush/os-flush", 1, 100);
	CHECK_STAGE(&s, EXTENT, 3, 60);
	CHECK_US(stage_sum(&s, EXTENT), 80);
	CHECK_US(stage_other(&s, "submit-flush/os-flush"), 40);
	check_sums(s.stages.roots);
	stream_free(&s);
}

/* While two are under way, each has half of the moment. */
static void each_moment_is_divided_among_those_under_way(void)
{
	struct stream s;

	stream_init(&s, 0);
	flush_begin(&s, 0, 1);
	HIT_SUB(&s, DOWN1, 20, 10, "extent-flush-start", 1, 0);
	HIT_SUB(&s, DOWN1, 20, 10, "extent-flush-file-start", 1, 0);
	HIT_SUB(&s, DOWN1, 20, 40, "extent-flush-file-done", 1, 0);
	HIT_SUB(&s, DOWN1, 20, 40, "extent-flush-done", 1, 0);
	flush_extent(&s, 21, 20, 50, 1, 1);
	/* alone for 10 us, then with the other for 20: 10 + 10 of 30 */
	stream_call(&s, DOWN1, 20, 10, 40, CALL_FSYNC, 0);
	/* 20 to 30 are divided: 5 us queued, 5 with the disk until 30; it waits till 36 */
	stream_bio(&s, DOWN1, 20, 20, 24, 36);
	flush_end(&s, 60, 1);
	stream_finish(&s);
	CHECK_STAGE(&s, EXTENT, 2, 40);
	CHECK_STAGE(&s, EXTENT "/extent-flush-file", 1, 20);
	CHECK_STAGE(&s, EXTENT "/extent-flush-file/fsync", 1, 20);
	CHECK_STAGE(&s, EXTENT "/extent-flush-file/fsync/block write queued", 1, 2);
	CHECK_STAGE(&s, EXTENT "/extent-flush-file/fsync/block write at device", 1, 6);
	CHECK_US(stage_other(&s, EXTENT "/extent-flush-file/fsync"), 12);
	/* the other extent: 20 of its 30 us were divided */
	CHECK_US(stage_other(&s, EXTENT), 20);
	check_sums(s.stages.roots);
	stream_free(&s);
}

/* Many extents on a few threads: whatever the overlaps, os-flush is the sum of its parts. */
static void a_large_flush_adds_up(void)
{
	struct stream s;
	uint64_t at[5] = { 3, 5, 8, 13, 21 };

	stream_init(&s, 0);
	flush_begin(&s, 0, 1);
	for (uint64_t extent = 0; extent < 500; extent++) {
		uint32_t t = extent % 5;
		uint64_t from = at[t], to = from + 10 + extent * 7 % 13;

		flush_extent(&s, 20 + t, from, to, 1, extent);
		stream_call(&s, DOWN1, 20 + t, from + 2, to - 3, CALL_FSYNC, 0);
		stream_bio(&s, DOWN1, 20 + t, from + 3, from + 4, from + 6);
		stream_bio(&s, DOWN1, 20 + t, from + 4, from + 5, from + 7);
		at[t] = to + extent % 3;
	}
	flush_end(&s, 3000, 1);
	stream_finish(&s);
	CHECK_STAGE(&s, "submit-flush/os-flush", 1, 3000);
	CHECK_INT(stage_count(&s, EXTENT), 500);
	CHECK_INT(stage_count(&s, EXTENT "/fsync/block write at device"), 1000);
	CHECK_US(stage_wall(&s, EXTENT) + stage_other(&s, "submit-flush/os-flush"), 3000);
	CHECK(stage_sum(&s, EXTENT) > 3000);
	CHECK_INT(check_sums(s.stages.roots), 6);
	stream_free(&s);
}

/* The disk comes first, then the queue, then the journal; what is left is the call's own. */
static void what_a_sync_waits_for(void)
{
	struct stream s;

	stream_init(&s, 0);
	flush_begin(&s, 0, 1);
	HIT_SUB(&s, DOWN1, 20, 0, "extent-flush-start", 1, 0);
	stream_call(&s, DOWN1, 20, 10, 90, CALL_FSYNC, 0);
	stream_bio(&s, DOWN1, 20, 10, 20, 40);
	stream_bio(&s, DOWN1, 20, 12, 30, 45);
	stream_kernel_bio(&s, "jbd2/vda1-8", NULL, 35, 36, 60);
	stream_kernel_bio(&s, "jbd2/vda1-8", NULL, 50, 52, 70);
	/* another file system's, on another disk */
	struct bio_record other = stream_bio_record(60, 61, 89);

	other.by = BIO_BY_KTHREAD;
	other.disk = other.dev = DISK + 16;
	snprintf(other.comm, sizeof(other.comm), "jbd2/vdb-8");
	stream_bio_add(&s, &other);
	/* of writeback nobody waits */
	stream_kernel_bio(&s, "kworker/0:1", "writeback", 71, 72, 88);
	HIT_SUB(&s, DOWN1, 20, 100, "extent-flush-done", 1, 0);
	flush_end(&s, 100, 1);
	stream_finish(&s);
	CHECK_STAGE(&s, EXTENT "/fsync", 1, 80);
	CHECK_STAGE(&s, EXTENT "/fsync/block write at device", 2, 25); /* 20-45 */
	CHECK_STAGE(&s, EXTENT "/fsync/block write queued", 2, 10);    /* 10-20 */
	CHECK_STAGE(&s, EXTENT "/fsync/waits for the journal", 1, 25); /* 45-70 */
	CHECK_US(stage_other(&s, EXTENT "/fsync"), 20);
	/* only what is on the disks of the traced is shown: not vdb's */
	CHECK(!strstr(stream_print(&s, false, 0), "jbd2/vdb"));
	CHECK(strstr(s.text, "journal jbd2/vda1-8 ") != NULL);
	check_sums(s.stages.roots);
	stream_free(&s);
}

/* Another job's fsync on the same disk at the same time has nothing to do with it. */
static void reads_wait_for_no_journal(void)
{
	struct stream s;

	stream_init(&s, 0);
	flush_begin(&s, 0, 1);
	HIT_SUB(&s, DOWN1, 20, 0, "extent-flush-start", 1, 0);
	stream_call(&s, DOWN1, 20, 10, 90, CALL_READ, 4096);
	stream_kernel_bio(&s, "jbd2/vda1-8", NULL, 35, 36, 60);
	HIT_SUB(&s, DOWN1, 20, 100, "extent-flush-done", 1, 0);
	flush_end(&s, 100, 1);
	stream_finish(&s);
	CHECK(!stage_of(&s, EXTENT "/read/waits for the journal"));
	CHECK_US(stage_other(&s, EXTENT "/read"), 80);
	stream_free(&s);
}

/* Of which process is whose downstairs nothing is known but from the jobs. */
static void guest_job(struct stream *s, uint64_t at, uint64_t job)
{
	static const uint32_t downs[] = { DOWN1, DOWN2, DOWN3 };

	HIT(s, GUEST, 5, at, "gw-write-start", job);
	for (uint64_t c = 0; c < 3; c++)
		HIT_SUB(s, GUEST, 5, at + 1 + c, "ds-write-client-start", job, c);
	HIT(s, GUEST, 5, at + 5, "up-to-ds-write-start", job);
	for (uint64_t c = 0; c < 3; c++) {
		/* one after the other, so that each is known by who has not been asked */
		uint64_t t = at + 10 + 40 * c;

		HIT_SUB(s, GUEST, 5, t, "ds-write-net-start", job, c);
		HIT(s, downs[c], 10, t + 5, "submit-write-start", job);
		HIT(s, downs[c], 10, t + 10, "os-write-start", job);
		HIT(s, downs[c], 10, t + 20, "os-write-done", job);
		HIT(s, downs[c], 10, t + 25, "submit-write-done", job);
		HIT_SUB(s, GUEST, 5, t + 30, "ds-write-net-done", job, c);
		HIT_SUB(s, GUEST, 5, t + 35, "ds-write-client-done", job, c);
		if (c == 1)
			HIT(s, GUEST, 5, t + 38, "gw-write-done", job);
	}
}

static void a_guests_job_has_its_three_parts(void)
{
	struct stream s;

	stream_init(&s, 1);
	for (uint64_t i = 0; i < 50; i++)
		guest_job(&s, 1000 * i, 1000 + i);
	stream_finish(&s);
	CHECK_INT(wf_model_stats(s.model)->guests, 50);
	CHECK_INT(wf_model_stats(s.model)->jobs, 150);
	CHECK_INT(stage_count(&s, "gw-write"), 50);
	CHECK_US(stage_wall(&s, "gw-write"), 50 * 88);
	CHECK_INT(stage_count(&s, "gw-write/ds-write-client"), 150);
	CHECK_INT(stage_count(&s, "gw-write/ds-write-client/ds-write-net"), 150);
	/* whose they are has to be learned first */
	CHECK(stage_count(&s, "gw-write/ds-write-client/ds-write-net/submit-write") > 100);
	CHECK(stage_count(&s, "gw-write/ds-write-client/ds-write-net/submit-write") +
		      (long long)wf_model_stats(s.model)->unjoined ==
	      150);
	CHECK_INT(check_sums(s.stages.roots) > 8, 1);
	/* the picture has all three, each at its downstairs */
	CHECK_INT(s.slowest.n, 1);
	for (int i = 0; i < WF_CLIENTS && s.slowest.n; i++) {
		const struct wf_job *down = s.slowest.jobs[0]->down[i];

		CHECK(!down || down->tgid == (uint32_t)(DOWN1 + i));
	}
	stream_free(&s);
}

/* Barriers have no probes on the network, and must not make forget what was learned. */
static void barriers_are_joined_as_well(void)
{
	static const uint32_t downs[] = { DOWN1, DOWN2, DOWN3 };
	struct stream s;

	stream_init(&s, 0);
	for (uint64_t i = 0; i < 50; i++) {
		uint64_t at = 2000 * i, job = 2000 + i;

		guest_job(&s, at, 1000 + i);
		HIT(&s, GUEST, 5, at + 1000, "gw-barrier-start", job);
		for (uint64_t c = 0; c < 3; c++) {
			HIT_SUB(&s, GUEST, 5, at + 1010, "ds-barrier-client-start", job, c);
			HIT(&s, downs[c], 10, at + 1020, "submit-barrier-start", job);
			HIT(&s, downs[c], 10, at + 1030, "work-done", job);
			HIT_SUB(&s, GUEST, 5, at + 1040, "ds-barrier-client-done", job, c);
		}
		HIT(&s, GUEST, 5, at + 1050, "gw-barrier-done", job);
	}
	stream_finish(&s);
	CHECK(stage_count(&s, "gw-barrier/ds-barrier-client/submit-barrier") > 100);
	CHECK(stage_count(&s, "gw-write/ds-write-client/ds-write-net/submit-write") > 100);
	check_sums(s.stages.roots);
	stream_free(&s);
}

/* The answer that came third, after the guest had its own, takes nothing of the job's time. */
static void what_comes_after_the_answer_does_not_count(void)
{
	struct stream s;

	stream_init(&s, 0);
	guest_job(&s, 0, 1);
	stream_finish(&s);
	CHECK_STAGE(&s, "gw-write", 1, 88);
	/* gw-write ends at 88, the third client's network begins at 90 */
	CHECK_INT(stage_count(&s, "gw-write/ds-write-client/ds-write-net"), 3);
	CHECK_US(stage_sum(&s, "gw-write/ds-write-client/ds-write-net"), 90);
	CHECK(stage_wall(&s, "gw-write/ds-write-client/ds-write-net") < 60);
	check_sums(s.stages.roots);
	stream_free(&s);
}

static void a_client_that_never_answers_ages(void)
{
	struct stream s;

	stream_init(&s, 2);
	HIT(&s, GUEST, 5, 0, "gw-write-start", 1);
	for (uint64_t c = 0; c < 3; c++)
		HIT_SUB(&s, GUEST, 5, 1 + c, "ds-write-client-start", 1, c);
	HIT_SUB(&s, GUEST, 5, 10, "ds-write-client-done", 1, 0);
	HIT_SUB(&s, GUEST, 5, 11, "ds-write-client-done", 1, 1);
	HIT(&s, GUEST, 5, 12, "gw-write-done", 1);
	stream_apply(&s, 1000000);
	CHECK_INT(s.done, 0);
	stream_apply(&s, 62 * 1000000ULL);
	CHECK_INT(wf_model_stats(s.model)->aged, 1);
	CHECK_INT(s.done, 0);
	CHECK_INT(s.slowest.n, 0);
	stream_free(&s);
}

/* --- the table --- */

static void two_writes(struct stream *s)
{
	for (uint64_t job = 1; job <= 2; job++) {
		uint64_t at = 1000 * job;

		HIT(s, DOWN1, 10, at, "submit-write-start", job);
		HIT(s, DOWN1, 10, at, "work-process", job);
		HIT(s, DOWN1, 10, at, "os-write-start", job);
		HIT_SUB(s, DOWN1, 10, at + 20, "extent-write-start", job, 3);
		stream_call(s, DOWN1, 10, at + 30, at + 80, CALL_FSYNC, 0);
		stream_bio(s, DOWN1, 10, at + 40, at + 41, at + 60);
		HIT_SUB(s, DOWN1, 10, at + 100, "extent-write-done", job, 3);
		HIT(s, DOWN1, 10, at + 100, "os-write-done", job);
		HIT(s, DOWN1, 10, at + 100, "submit-write-done", job);
	}
	flush_begin(s, 5000, 3);
	HIT_SUB(s, DOWN1, 20, 5000, "extent-flush-start", 3, 3);
	stream_call(s, DOWN1, 20, 5000, 5040, CALL_FSYNC, 0);
	HIT_SUB(s, DOWN1, 20, 5050, "extent-flush-done", 3, 3);
	flush_end(s, 5050, 3);
	stream_finish(s);
}

/*
 * Percentiles are the middles of buckets, 1/16 of a power of two wide, but no more than the
 * greatest: 77824 to 81919 ns is 79.87 us, 38912 to 40959 is 39.94, 18432 to 19455 is 18.94.
 */
static const char the_table_text[] =
	"STAGE                                COUNT      MEAN       P50       P99       MAX     TOTAL   SHARE\n"
	"submit-write                             2   100.0us   100.0us   100.0us   100.0us   200.0us  100.0%\n"
	"  os-write                               2   100.0us   100.0us   100.0us   100.0us   200.0us  100.0%\n"
	"    extent-write                         2   80.00us   79.87us   79.87us   80.00us   160.0us   80.0%\n"
	"      fsync in extent-write              2   50.00us   50.00us   50.00us   50.00us   100.0us   50.0%\n"
	"        block write queued               2   1.000us   1.000us   1.000us   1.000us   2.000us    1.0%\n"
	"        block write at device            2   19.00us   18.94us   18.94us   19.00us   38.00us   19.0%\n"
	"        other                                                                        60.00us   30.0%\n"
	"      other                                                                          60.00us   30.0%\n"
	"    other                                                                            40.00us   20.0%\n"
	"\n"
	"submit-flush                             1   50.00us   50.00us   50.00us   50.00us   50.00us  100.0%\n"
	"  os-flush                               1   50.00us   50.00us   50.00us   50.00us   50.00us  100.0%\n"
	"    extent-flush                         1   50.00us   50.00us   50.00us   50.00us   50.00us  100.0%\n"
	"      fsync in extent-flush              1   40.00us   39.94us   39.94us   40.00us   40.00us   80.0%\n"
	"      other                                                                          10.00us   20.0%\n"
	"\n"
	"Writes fsync, too: 2 of the jobs' 3 fsyncs (67%) are in writes, and take 50.0% of the writes'\n"
	"time. In extent-write: an extent's first write after a flush marks it dirty on disk. In a step\n"
	"of it: a block is written again before a flush.\n"
	"\n"
	"BLOCK I/O                            COUNT      MEAN       P50       P99       MAX    QUEUED        BYTES\n"
	"of the traced processes                  2                                                           8192\n"
	"  in jobs                                2   20.00us   19.97us   19.97us   20.00us   1.000us         8192\n";

static void the_table(void)
{
	struct stream s;

	stream_init(&s, 0);
	two_writes(&s);
	CHECK_STR(stream_print(&s, false, 0), the_table_text);
	stream_free(&s);
}

static json_t *json_row(json_t *rows, const char *op, const char *stage)
{
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		const char *has = json_string_value(json_object_get(row, "stage"));

		if (has && !strcmp(has, stage) &&
		    !strcmp(json_string_value(json_object_get(row, "op")), op))
			return row;
	}
	return NULL;
}

static json_t *json_rows(const char *text)
{
	json_t *rows = json_array();

	while (*text) {
		json_t *row = json_loads(text, JSON_DISABLE_EOF_CHECK, NULL);

		CHECK(row != NULL);
		json_array_append_new(rows, row);
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return rows;
}

static void json_has_all_of_it(void)
{
	struct stream s;
	json_t *rows, *row;

	stream_init(&s, 0);
	two_writes(&s);
	rows = json_rows(stream_print(&s, true, 0));
	row = json_row(rows, "write", "os-write/extent-write/fsync");
	CHECK_INT(json_integer_value(json_object_get(row, "count")), 2);
	CHECK_INT(json_integer_value(json_object_get(row, "sum_ns")), 100 * US);
	CHECK_US(json_real_value(json_object_get(row, "wall_ns")) / US, 100);
	CHECK(json_real_value(json_object_get(row, "share")) == 0.5);
	CHECK_INT(json_integer_value(json_object_get(row, "depth")), 3);
	row = json_row(rows, "write", "os-write/extent-write/other");
	CHECK_US(json_real_value(json_object_get(row, "wall_ns")) / US, 60);
	CHECK(!json_object_get(row, "count"));
	row = json_row(rows, "write", "");
	CHECK_STR(json_string_value(json_object_get(row, "name")), "submit-write");
	CHECK(json_row(rows, "flush", "os-flush/extent-flush/fsync") != NULL);
	json_decref(rows);
	stream_free(&s);
}

/* With intervals each begins from nothing; what was there before is no row of it. */
static void intervals_begin_from_nothing(void)
{
	struct stream s;

	stream_init(&s, 0);
	two_writes(&s);
	wf_stages_clear(&s.stages);
	wf_account_clear(s.account);
	CHECK(!strstr(stream_print(&s, false, 0), "submit-"));
	CHECK(!strstr(s.text, "fsync"));
	CHECK(!strstr(s.text, "BLOCK I/O"));
	stream_free(&s);
}

static const struct test tests[] = {
	TEST(parallel_windows_have_the_time_of_their_union),
	TEST(each_moment_is_divided_among_those_under_way),
	TEST(a_large_flush_adds_up),
	TEST(what_a_sync_waits_for),
	TEST(reads_wait_for_no_journal),
	TEST(a_guests_job_has_its_three_parts),
	TEST(barriers_are_joined_as_well),
	TEST(what_comes_after_the_answer_does_not_count),
	TEST(a_client_that_never_answers_ages),
	TEST(the_table),
	TEST(json_has_all_of_it),
	TEST(intervals_begin_from_nothing),
};

TEST_MAIN("waterfall_stages")
