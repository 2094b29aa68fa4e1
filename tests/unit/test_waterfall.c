// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The waterfall's model: whose each window, system call and block I/O is, from streams made by
 * hand.
 */
#include "waterfall.h"

/* A write of 100 us: 10 queued, 10 to the files, 70 in them, 10 to the answer. */
static void write_job(struct stream *s, uint32_t tgid, uint32_t tid, uint64_t at, uint64_t job)
{
	HIT(s, tgid, tid, at, "submit-write-start", job);
	HIT(s, tgid, tid, at + 8, "work-start", job);
	HIT(s, tgid, tid, at + 10, "work-process", job);
	HIT(s, tgid, tid, at + 20, "os-write-start", job);
	HIT_SUB(s, tgid, tid, at + 25, "extent-write-start", job, 3);
	HIT_SUB(s, tgid, tid, at + 30, "extent-write-file-start", job, 3);
	HIT_SUB(s, tgid, tid, at + 70, "extent-write-file-done", job, 3);
	HIT_SUB(s, tgid, tid, at + 85, "extent-write-done", job, 3);
	HIT(s, tgid, tid, at + 90, "os-write-done", job);
	HIT(s, tgid, tid, at + 100, "submit-write-done", job);
	HIT(s, tgid, tid, at + 105, "work-done", job);
}

#define FILE_STEP "submit-write/os-write/extent-write/extent-write-file"

static void a_job_is_divided_into_its_stages(void)
{
	struct stream s;

	stream_init(&s, 0);
	write_job(&s, DOWN1, 10, 0, 1000);
	/* in extent-write-file: 30 us, of which its I/O was queued for 2 and with the disk for 20
	 */
	stream_call(&s, DOWN1, 10, 35, 65, CALL_WRITE, 4096);
	stream_bio(&s, DOWN1, 10, 38, 40, 60);
	stream_finish(&s);
	CHECK_INT(s.done, 1);
	CHECK_STAGE(&s, "submit-write", 1, 100);
	CHECK_STAGE(&s, "submit-write/work queue", 1, 10);
	CHECK_STAGE(&s, "submit-write/to os-write", 1, 10);
	CHECK_STAGE(&s, "submit-write/os-write", 1, 70);
	CHECK_STAGE(&s, "submit-write/os-write/extent-write", 1, 60);
	CHECK_STAGE(&s, FILE_STEP, 1, 40);
	CHECK_STAGE(&s, FILE_STEP "/write", 1, 30);
	CHECK_STAGE(&s, FILE_STEP "/write/block write queued", 1, 2);
	CHECK_STAGE(&s, FILE_STEP "/write/block write at device", 1, 20);
	CHECK_STAGE(&s, "submit-write/answer", 1, 10);
	CHECK_US(stage_other(&s, "submit-write"), 0);
	CHECK_US(stage_other(&s, "submit-write/os-write"), 10);
	CHECK_US(stage_other(&s, FILE_STEP), 10);
	CHECK_US(stage_other(&s, FILE_STEP "/write"), 8);
	CHECK_INT(io_count(&s, WF_IN_JOBS), 1);
	check_sums(s.stages.roots);
	stream_free(&s);
}

/* A build of today has no work-start for a job that had to wait, older ones no work-process. */
static void the_queue_ends_where_the_work_begins(void)
{
	struct stream s;

	stream_init(&s, 0);
	HIT(&s, DOWN1, 10, 0, "submit-write-start", 1);
	HIT(&s, DOWN1, 10, 7, "work-process", 1);
	HIT(&s, DOWN1, 10, 8, "work-process", 1); /* it failed, and is tried again */
	HIT(&s, DOWN1, 10, 10, "os-write-start", 1);
	HIT(&s, DOWN1, 10, 20, "os-write-done", 1);
	HIT(&s, DOWN1, 10, 20, "submit-write-done", 1);
	HIT(&s, DOWN1, 10, 30, "submit-flush-start", 2);
	HIT(&s, DOWN1, 10, 34, "work-start", 2);
	HIT(&s, DOWN1, 10, 40, "os-flush-start", 2);
	HIT(&s, DOWN1, 10, 50, "os-flush-done", 2);
	HIT(&s, DOWN1, 10, 55, "submit-flush-done", 2);
	stream_finish(&s);
	CHECK_STAGE(&s, "submit-write/work queue", 1, 7);
	CHECK_STAGE(&s, "submit-write/to os-write", 1, 3);
	CHECK_STAGE(&s, "submit-flush/work queue", 1, 4);
	CHECK_STAGE(&s, "submit-flush/to os-flush", 1, 6);
	CHECK_STAGE(&s, "submit-flush/answer", 1, 5);
	stream_free(&s);
}

/* A barrier has no probe for its end but work-done, and touches no file. */
static void a_barrier_ends_with_its_work(void)
{
	struct stream s;

	stream_init(&s, 0);
	HIT(&s, DOWN1, 10, 0, "submit-barrier-start", 1);
	HIT(&s, DOWN1, 10, 4, "work-process", 1);
	HIT(&s, DOWN1, 10, 9, "work-done", 1);
	stream_finish(&s);
	CHECK_STAGE(&s, "submit-barrier", 1, 9);
	CHECK_STAGE(&s, "submit-barrier/work queue", 1, 4);
	CHECK_US(stage_other(&s, "submit-barrier"), 5);
	CHECK_INT(wf_model_stats(s.model)->orphans, 0);
	stream_free(&s);
}

static void jobs_on_several_threads_do_not_mix(void)
{
	struct stream s;

	stream_init(&s, 0);
	/* three at once, on a thread each; only those of thread 11 and 12 have calls */
	write_job(&s, DOWN1, 10, 0, 1000);
	write_job(&s, DOWN1, 11, 5, 1001);
	write_job(&s, DOWN1, 12, 10, 1002);
	stream_call(&s, DOWN1, 11, 40, 50, CALL_WRITE, 4096);
	stream_call(&s, DOWN1, 12, 45, 70, CALL_FSYNC, 0);
	stream_bio(&s, DOWN1, 12, 50, 52, 60);
	stream_finish(&s);
	CHECK_STAGE(&s, "submit-write", 3, 300);
	CHECK_STAGE(&s, FILE_STEP, 3, 120);
	CHECK_STAGE(&s, FILE_STEP "/write", 1, 10);
	CHECK_STAGE(&s, FILE_STEP "/fsync", 1, 25);
	CHECK_STAGE(&s, FILE_STEP "/fsync/block write at device", 1, 8);
	CHECK(!stage_of(&s, FILE_STEP "/write/block write at device"));
	stream_free(&s);
}

static void a_call_belongs_to_the_innermost_window(void)
{
	struct stream s;

	stream_init(&s, 0);
	write_job(&s, DOWN1, 10, 0, 1);
	stream_call(&s, DOWN1, 10, 21, 24, CALL_READ, 1);   /* in os-write */
	stream_call(&s, DOWN1, 10, 26, 29, CALL_WRITE, 1);  /* in extent-write */
	stream_call(&s, DOWN1, 10, 31, 35, CALL_WRITE, 1);  /* in extent-write-file */
	stream_call(&s, DOWN1, 10, 71, 84, CALL_FSYNC, 0);  /* in extent-write again */
	stream_call(&s, DOWN1, 10, 101, 104, CALL_READ, 1); /* in none */
	stream_finish(&s);
	CHECK_STAGE(&s, "submit-write/os-write/read", 1, 3);
	CHECK_STAGE(&s, "submit-write/os-write/extent-write/write", 1, 3);
	CHECK_STAGE(&s, FILE_STEP "/write", 1, 4);
	CHECK_STAGE(&s, "submit-write/os-write/extent-write/fsync", 1, 13);
	CHECK_INT(s.account->calls[CALL_READ].count, 1);
	CHECK_INT(s.account->calls[CALL_WRITE].count, 0);
	check_sums(s.stages.roots);
	stream_free(&s);
}

/* A truncation does not tell its job: it is inside of whatever its thread is at. */
static void a_step_without_a_job_is_its_threads(void)
{
	struct stream s;

	stream_init(&s, 0);
	HIT(&s, DOWN1, 10, 0, "submit-flush-start", 1);
	HIT(&s, DOWN1, 10, 0, "os-flush-start", 1);
	HIT_SUB(&s, DOWN1, 20, 10, "extent-flush-start", 1, 4);
	HIT_SUB(&s, DOWN1, 20, 20, "extent-context-truncate-start", 77, 0);
	HIT_SUB(&s, DOWN1, 20, 35, "extent-context-truncate-done", 0, 0);
	HIT_SUB(&s, DOWN1, 20, 40, "extent-flush-done", 1, 4);
	HIT(&s, DOWN1, 10, 50, "os-flush-done", 1);
	HIT(&s, DOWN1, 10, 50, "submit-flush-done", 1);
	/* of no job at all */
	HIT_SUB(&s, DOWN1, 20, 60, "extent-context-truncate-start", 77, 0);
	HIT_SUB(&s, DOWN1, 20, 65, "extent-context-truncate-done", 0, 0);
	stream_finish(&s);
	CHECK_STAGE(&s, "submit-flush/os-flush/extent-flush/extent-context-truncate", 1, 15);
	CHECK_INT(wf_model_stats(s.model)->cut, 0);
	stream_free(&s);
}

/* Two extents by turns on one thread: each end is that of its own start. */
static void windows_need_not_nest(void)
{
	struct stream s;

	stream_init(&s, 0);
	HIT(&s, DOWN1, 10, 0, "submit-flush-start", 1);
	HIT(&s, DOWN1, 10, 0, "os-flush-start", 1);
	HIT_SUB(&s, DOWN1, 20, 10, "extent-flush-start", 1, 4);
	HIT_SUB(&s, DOWN1, 20, 30, "extent-flush-start", 1, 5);
	HIT_SUB(&s, DOWN1, 20, 40, "extent-flush-done", 1, 4);
	stream_call(&s, DOWN1, 20, 50, 60, CALL_FSYNC, 0); /* in that of extent 5 */
	HIT_SUB(&s, DOWN1, 20, 70, "extent-flush-done", 1, 5);
	stream_call(&s, DOWN1, 20, 75, 76, CALL_FSYNC, 0); /* in none */
	HIT(&s, DOWN1, 10, 100, "os-flush-done", 1);
	HIT(&s, DOWN1, 10, 100, "submit-flush-done", 1);
	stream_finish(&s);
	CHECK_STAGE(&s, "submit-flush/os-flush/extent-flush", 2, 60);
	CHECK_INT(stage_of(&s, "submit-flush/os-flush/extent-flush")->times.max, 40 * US);
	CHECK_INT(stage_count(&s, "submit-flush/os-flush/extent-flush/fsync"), 1);
	CHECK_INT(s.account->calls[CALL_FSYNC].count, 1);
	CHECK_INT(wf_model_stats(s.model)->cut, 0);
	check_sums(s.stages.roots);
	stream_free(&s);
}

static void missing_ends_end_with_what_is_around_them(void)
{
	struct stream s;

	stream_init(&s, 0);
	HIT(&s, DOWN1, 10, 0, "submit-write-start", 1);
	HIT(&s, DOWN1, 10, 0, "os-write-start", 1);
	HIT_SUB(&s, DOWN1, 10, 10, "extent-write-start", 1, 3);
	HIT_SUB(&s, DOWN1, 10, 20, "extent-write-file-start", 1, 3);
	/* extent-write-file-done is lost */
	HIT_SUB(&s, DOWN1, 10, 60, "extent-write-done", 1, 3);
	/* os-write-done as well */
	HIT(&s, DOWN1, 10, 100, "submit-write-done", 1);
	/* the next job on that thread is not inside of what was left open */
	write_job(&s, DOWN1, 10, 200, 2);
	stream_finish(&s);
	CHECK_STAGE(&s, "submit-write", 2, 200);
	CHECK_STAGE(&s, "submit-write/os-write", 2, 100 + 70);
	CHECK_STAGE(&s, "submit-write/os-write/extent-write", 2, 50 + 60);
	CHECK_STAGE(&s, FILE_STEP, 2, 40 + 40);
	CHECK_US(stage_sum(&s, FILE_STEP), 40 + 40);
	CHECK_INT(wf_model_stats(s.model)->cut, 2);
	check_sums(s.stages.roots);
	stream_free(&s);
}

static void jobs_of_one_number_in_two_processes_are_two(void)
{
	struct stream s;

	stream_init(&s, 0);
	HIT(&s, DOWN1, 10, 0, "submit-read-start", 1);
	HIT(&s, DOWN2, 20, 10, "submit-read-start", 1);
	HIT(&s, DOWN1, 10, 20, "os-read-start", 1);
	HIT(&s, DOWN2, 20, 25, "os-read-start", 1);
	HIT(&s, DOWN1, 10, 30, "os-read-done", 1);
	HIT(&s, DOWN1, 10, 40, "submit-read-done", 1);
	HIT(&s, DOWN2, 20, 95, "os-read-done", 1);
	HIT(&s, DOWN2, 20, 110, "submit-read-done", 1);
	stream_finish(&s);
	CHECK_STAGE(&s, "submit-read", 2, 40 + 100);
	CHECK_STAGE(&s, "submit-read/os-read", 2, 10 + 70);
	CHECK_INT(wf_model_stats(s.model)->ambiguous, 0);
	CHECK_INT(wf_model_stats(s.model)->orphans, 0);
	stream_free(&s);
}

/* A read-only region may serve two upstairs, which number their jobs alike. */
static void jobs_of_one_number_in_one_process_go_by_age(void)
{
	struct stream s;

	stream_init(&s, 0);
	HIT(&s, DOWN1, 10, 0, "submit-read-start", 1);
	HIT(&s, DOWN1, 11, 10, "submit-read-start", 1);
	HIT(&s, DOWN1, 10, 20, "os-read-start", 1);
	HIT(&s, DOWN1, 11, 30, "os-read-start", 1);
	HIT_SUB(&s, DOWN1, 11, 35, "extent-read-start", 1, 2);
	HIT_SUB(&s, DOWN1, 11, 55, "extent-read-done", 1, 2);
	HIT(&s, DOWN1, 10, 60, "os-read-done", 1);
	HIT(&s, DOWN1, 10, 70, "submit-read-done", 1);
	HIT(&s, DOWN1, 11, 80, "os-read-done", 1);
	HIT(&s, DOWN1, 11, 90, "submit-read-done", 1);
	stream_finish(&s);
	CHECK_STAGE(&s, "submit-read", 2, 70 + 80);
	CHECK_STAGE(&s, "submit-read/os-read", 2, 40 + 50);
	/* that of the second: its window is open on the thread */
	CHECK_STAGE(&s, "submit-read/os-read/extent-read", 1, 20);
	/* the first os-read-start, and the first end, could have been either's */
	CHECK_INT(wf_model_stats(s.model)->ambiguous, 2);
	stream_free(&s);
}

/* The three streams come in batches, hits last, and only what must have come is gone through. */
static void streams_may_come_in_any_order(void)
{
	struct stream s;

	stream_init(&s, 0);
	stream_bio(&s, DOWN1, 10, 38, 40, 60);
	stream_call(&s, DOWN1, 10, 35, 65, CALL_WRITE, 4096);
	/* the run looks before the hits have come, but they are older than what it waits for */
	stream_apply(&s, 0);
	write_job(&s, DOWN1, 10, 5, 1000);
	stream_apply(&s, 50);
	stream_apply(&s, 90);
	CHECK_INT(s.done, 0);
	stream_finish(&s);
	CHECK_STAGE(&s, FILE_STEP "/write", 1, 30);
	CHECK_STAGE(&s, FILE_STEP "/write/block write at device", 1, 20);
	CHECK_INT(wf_model_stats(s.model)->late, 0);
	stream_free(&s);
}

static void events_that_come_late_are_counted_and_find_their_place(void)
{
	struct stream s;

	stream_init(&s, 0);
	write_job(&s, DOWN1, 10, 0, 1000);
	stream_apply(&s, 200);
	CHECK_INT(wf_model_stats(s.model)->late, 0);
	/* of windows that have closed since */
	stream_call(&s, DOWN1, 10, 35, 65, CALL_WRITE, 4096);
	stream_apply(&s, 210);
	stream_bio(&s, DOWN1, 10, 38, 40, 60); /* in that call */
	stream_bio(&s, DOWN1, 10, 75, 76, 78); /* in extent-write */
	stream_apply(&s, 220);
	CHECK_INT(wf_model_stats(s.model)->late, 3);
	stream_finish(&s);
	CHECK_STAGE(&s, FILE_STEP "/write", 1, 30);
	CHECK_STAGE(&s, FILE_STEP "/write/block write at device", 1, 20);
	CHECK_STAGE(&s, "submit-write/os-write/extent-write/block write at device", 1, 2);
	CHECK_INT(io_count(&s, WF_IN_JOBS), 2);
	stream_free(&s);
}

/* A read returned with what it wanted while the rest was still being read ahead. */
static void io_may_end_after_its_window(void)
{
	struct stream s;

	stream_init(&s, 0);
	write_job(&s, DOWN1, 10, 0, 1000);
	stream_call(&s, DOWN1, 10, 35, 65, CALL_WRITE, 4096);
	stream_bio(&s, DOWN1, 10, 45, 50, 300); /* long after the job has ended */
	write_job(&s, DOWN1, 10, 150, 1001);	/* what its thread is at by then is another's */
	stream_finish(&s);
	CHECK_INT(s.done, 2);
	CHECK_STAGE(&s, FILE_STEP "/write", 1, 30);
	/* of its 255 us, 5 were queued and 15 with the disk while the call waited */
	CHECK_STAGE(&s, FILE_STEP "/write/block write queued", 1, 5);
	CHECK_STAGE(&s, FILE_STEP "/write/block write at device", 1, 15);
	CHECK_US(stage_sum(&s, FILE_STEP "/write/block write at device"), 250);
	CHECK_US(stage_other(&s, FILE_STEP "/write"), 10);
	CHECK_INT(io_count(&s, WF_IN_JOBS), 1);
	stream_free(&s);
}

static void io_that_ends_long_after_its_job_is_not_dropped(void)
{
	struct stream s;

	stream_init(&s, 0);
	write_job(&s, DOWN1, 10, 0, 1000);
	stream_call(&s, DOWN1, 10, 35, 65, CALL_WRITE, 4096);
	stream_apply(&s, 200000);
	CHECK_INT(s.done, 1);
	stream_bio(&s, DOWN1, 10, 45, 50, 300000);
	stream_finish(&s);
	CHECK_INT(io_count(&s, WF_IN_JOBS), 0);
	CHECK_INT(io_count(&s, WF_AFTER), 1);
	CHECK_INT(wf_model_under_way(s.model), 0);
	stream_free(&s);
}

/* What a thread was at is not remembered for ever: then it is said that it is not known. */
static void what_is_too_long_ago_is_not_guessed(void)
{
	struct stream s;

	stream_init(&s, 0);
	for (uint64_t i = 0; i < 1000; i++)
		write_job(&s, DOWN1, 10, 110 * i, i);
	/* of the first job, in the first call: two thousand windows ago */
	stream_bio(&s, DOWN1, 10, 40, 41, 110 * 1000);
	/* of a job that was a short while ago */
	stream_bio(&s, DOWN1, 10, 110 * 990 + 40, 110 * 990 + 41, 110 * 1000);
	stream_finish(&s);
	CHECK_INT(io_count(&s, WF_AFTER), 1);
	CHECK_INT(io_count(&s, WF_IN_JOBS), 1);
	CHECK_INT(io_count(&s, WF_OUTSIDE), 0);
	stream_free(&s);
}

/* Of a job that began before the run there are windows, and I/O in them. */
static void jobs_that_began_before_are_not_taken_for_others(void)
{
	struct stream s;

	stream_init(&s, 0);
	HIT_SUB(&s, DOWN1, 10, 10, "extent-write-start", 1, 3);
	stream_call(&s, DOWN1, 10, 12, 30, CALL_FSYNC, 0);
	stream_bio(&s, DOWN1, 10, 15, 16, 20);
	HIT_SUB(&s, DOWN1, 10, 40, "extent-write-done", 1, 3);
	HIT(&s, DOWN1, 10, 50, "os-write-done", 1);
	HIT(&s, DOWN1, 10, 60, "submit-write-done", 1);
	write_job(&s, DOWN1, 10, 100, 2);
	stream_finish(&s);
	CHECK_STAGE(&s, "submit-write", 1, 100);
	CHECK_INT(wf_model_stats(s.model)->orphans, 1);
	CHECK_INT(io_count(&s, WF_UNSEEN), 1);
	CHECK_INT(io_count(&s, WF_OUTSIDE), 0);
	stream_free(&s);
}

static void jobs_without_an_end_age(void)
{
	struct stream s;

	stream_init(&s, 0);
	HIT(&s, DOWN1, 10, 0, "submit-write-start", 1);
	HIT(&s, DOWN1, 10, 0, "os-write-start", 1);
	stream_call(&s, DOWN1, 10, 12, 30, CALL_FSYNC, 0);
	stream_bio(&s, DOWN1, 10, 15, 16, 20);
	stream_apply(&s, 59 * 1000000ULL);
	CHECK_INT(wf_model_stats(s.model)->aged, 0);
	CHECK_INT(wf_model_under_way(s.model), 1);
	stream_apply(&s, 61 * 1000000ULL);
	CHECK_INT(wf_model_stats(s.model)->aged, 1);
	CHECK_INT(s.done, 0);
	CHECK_INT(s.unfinished, 1);
	CHECK_INT(io_count(&s, WF_UNSEEN), 1);
	CHECK_INT(wf_model_under_way(s.model), 0);
	/* its window is gone from the thread, too */
	stream_bio(&s, DOWN1, 10, 61 * 1000000ULL + 5, 0, 61 * 1000000ULL + 9);
	HIT(&s, DOWN1, 10, 61 * 1000000ULL + 20, "submit-write-start", 2);
	stream_finish(&s);
	CHECK_INT(io_count(&s, WF_OUTSIDE), 1);
	CHECK_INT(wf_model_stats(s.model)->unfinished, 1);
	stream_free(&s);
}

/* Nothing grows without bound: of jobs that pile up, the oldest go. */
static void jobs_under_way_are_limited(void)
{
	struct stream s;

	stream_init(&s, 0);
	for (uint64_t i = 0; i < WF_MOST_LIVE + 10; i++)
		HIT(&s, DOWN1, 10, i, "submit-write-start", i);
	stream_apply(&s, WF_MOST_LIVE + 20);
	CHECK_INT(wf_model_stats(s.model)->crowded, 10);
	/* the first ten */
	HIT(&s, DOWN1, 10, WF_MOST_LIVE + 30, "submit-write-done", 9);
	HIT(&s, DOWN1, 10, WF_MOST_LIVE + 30, "submit-write-done", 10);
	stream_finish(&s);
	CHECK_INT(wf_model_stats(s.model)->orphans, 1);
	CHECK_INT(s.done, 1);
	CHECK_INT(wf_model_stats(s.model)->unfinished, WF_MOST_LIVE - 1);
	stream_free(&s);
}

static void io_outside_of_jobs_has_rows_of_its_own(void)
{
	struct stream s;

	stream_init(&s, 0);
	write_job(&s, DOWN1, 10, 0, 1);
	stream_bio(&s, DOWN1, 10, 22, 23, 24);	  /* in os-write, in no call */
	stream_bio(&s, DOWN1, 10, 102, 103, 104); /* the same thread, later */
	stream_bio(&s, DOWN1, 99, 10, 11, 12);	  /* a thread of which nothing is known */
	stream_bio(&s, 4242, 4242, 10, 11, 12);	  /* a process that is not traced */
	stream_kernel_bio(&s, "jbd2/vda1-8", NULL, 10, 11, 12);
	stream_kernel_bio(&s, "kworker/u8:1", "xfs-cil/vda1", 10, 11, 12);
	stream_kernel_bio(&s, "kworker/u8:1", "writeback", 10, 11, 12);
	stream_kernel_bio(&s, "kworker/u8:1", "writeback", 20, 21, 22);
	stream_kernel_bio(&s, "kworker/u8:1", "", 10, 11, 12);
	stream_kernel_bio(&s, "md127_raid1", NULL, 10, 11, 12);
	stream_finish(&s);
	CHECK_STAGE(&s, "submit-write/os-write/block write at device", 1, 1);
	CHECK_INT(io_count(&s, WF_IN_JOBS), 1);
	CHECK_INT(io_count(&s, WF_OUTSIDE), 2);
	CHECK_INT(io_count(&s, WF_BY_OTHERS), 1);
	CHECK_INT(io_count(&s, WF_BY_JOURNAL), 2);
	CHECK_INT(io_count(&s, WF_BY_WRITEBACK), 2);
	CHECK_INT(io_count(&s, WF_BY_KERNEL), 2);
	CHECK_INT(s.account->seen, 3);
	CHECK_INT(wf_model_under_way(s.model), 0);
	stream_free(&s);
}

static uint64_t device_count(const struct wf_stage *stage)
{
	uint64_t n = 0;

	for (; stage; stage = stage->next) {
		n += stage->kind == WF_STAGE_DEVICE ? stage->times.count : 0;
		n += device_count(stage->inside);
	}
	return n;
}

/* A random stream, with hits lost: however it falls, each I/O is in one row, and parts add up. */
static void every_io_is_in_one_row_whatever_is_lost(void)
{
	uint64_t at[4] = { 0 }, seed = 12345, n = 0;
	struct stream s;

	stream_init(&s, 3);
	for (uint64_t job = 0; job < 3000; job++) {
		uint32_t thread = job % 4, tid = 10 + thread;
		uint64_t t = at[thread] + 1 + job % 7;
		bool lost[10];

		for (int i = 0; i < 10; i++) {
			seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
			lost[i] = (seed >> 33) % 50 == 0;
		}
#define MAYBE(i, ...) \
	if (!lost[i]) \
	HIT_SUB(&s, DOWN1, tid, __VA_ARGS__)
		MAYBE(0, t, "submit-write-start", job, 0);
		MAYBE(1, t + 2, "work-process", job, 0);
		MAYBE(2, t + 4, "os-write-start", job, 0);
		MAYBE(3, t + 6, "extent-write-start", job, job % 5);
		stream_call(&s, DOWN1, tid, t + 7, t + 15, CALL_FSYNC, 0);
		stream_bio(&s, DOWN1, tid, t + 8, t + 9, t + 12);
		stream_bio(&s, DOWN1, tid, t + 9, 0, t + 14);
		MAYBE(4, t + 16, "extent-write-file-start", job, job % 5);
		stream_bio(&s, DOWN1, tid, t + 17, t + 18, t + 40);
		MAYBE(5, t + 19, "extent-write-file-done", job, job % 5);
		MAYBE(6, t + 20, "extent-write-done", job, job % 5);
		MAYBE(7, t + 22, "os-write-done", job, 0);
		MAYBE(8, t + 24, "submit-write-done", job, 0);
		stream_bio(&s, DOWN1, tid, t + 25, t + 26, t + 27);
		at[thread] = t + 26;
		n += 4;
		if (job % 100 == 99)
			stream_apply(&s, at[0] > 60 ? at[0] - 60 : 0);
	}
	stream_finish(&s);
	CHECK_INT(s.account->seen, n);
	CHECK_INT(io_count(&s, WF_IN_JOBS) + io_count(&s, WF_UNSEEN) + io_count(&s, WF_OUTSIDE) +
			  io_count(&s, WF_AFTER),
		  n);
	CHECK(io_count(&s, WF_IN_JOBS) > n / 2);
	CHECK_INT(s.done + wf_model_stats(s.model)->unfinished,
		  wf_model_stats(s.model)->jobs + wf_model_stats(s.model)->unfinished);
	CHECK(check_sums(s.stages.roots) > 8);
	/* what the stages tell of I/Os in jobs is all of them */
	CHECK_INT(device_count(s.stages.roots), io_count(&s, WF_IN_JOBS));
	stream_free(&s);
}

static const struct test tests[] = {
	TEST(a_job_is_divided_into_its_stages),
	TEST(the_queue_ends_where_the_work_begins),
	TEST(a_barrier_ends_with_its_work),
	TEST(jobs_on_several_threads_do_not_mix),
	TEST(a_call_belongs_to_the_innermost_window),
	TEST(a_step_without_a_job_is_its_threads),
	TEST(windows_need_not_nest),
	TEST(missing_ends_end_with_what_is_around_them),
	TEST(jobs_of_one_number_in_two_processes_are_two),
	TEST(jobs_of_one_number_in_one_process_go_by_age),
	TEST(streams_may_come_in_any_order),
	TEST(events_that_come_late_are_counted_and_find_their_place),
	TEST(io_may_end_after_its_window),
	TEST(io_that_ends_long_after_its_job_is_not_dropped),
	TEST(what_is_too_long_ago_is_not_guessed),
	TEST(jobs_that_began_before_are_not_taken_for_others),
	TEST(jobs_without_an_end_age),
	TEST(jobs_under_way_are_limited),
	TEST(io_outside_of_jobs_has_rows_of_its_own),
	TEST(every_io_is_in_one_row_whatever_is_lost),
};

TEST_MAIN("waterfall")
