// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The downstairs' latency reports, byte for byte as Crucible's scripts print them.
 */
#include "trial.h"

/* --- perf-downstairs, perf-downstairs-os --- */

static void jobs_have_the_name_of_their_start(void)
{
	static const struct {
		const char *start, *done, *op;
	} jobs[] = {
		{ "submit-read-start", "submit-read-done", "read" },
		{ "submit-write-start", "submit-write-done", "write" },
		{ "submit-writeunwritten-start", "submit-writeunwritten-done", "writeunwritten" },
		{ "submit-flush-start", "submit-flush-done", "flush" },
		{ "submit-el-close-start", "submit-el-close-done", "close" },
		{ "submit-el-flush-close-start", "submit-el-close-done", "flush-close" },
		{ "submit-el-repair-start", "submit-el-repair-done", "repair" },
		{ "submit-el-reopen-start", "submit-el-done", "reopen" },
		{ "submit-el-noop-start", "submit-el-done", "noop" },
	};

	for (size_t i = 0; i < NROWS(jobs); i++) {
		struct trial t = trial_of("perf-downstairs", DOWN);
		char want[2048];

		IO(&t, jobs[i].start, jobs[i].done, 6, .tgid = 13790);
		snprintf(want, sizeof(want), "\n    13790  %s\n" ONE_4, jobs[i].op);
		CHECK_STR(trial_print(&t), want);
		trial_free(&t);
	}
}

static void one_done_serves_several_starts(void)
{
	struct trial t = trial_of("perf-downstairs", DOWN);

	/* all under way at once; each done is of its job */
	FIRE(&t, "submit-el-close-start", .time = 100, .args = { 1 });
	FIRE(&t, "submit-el-flush-close-start", .time = 100, .args = { 2 });
	FIRE(&t, "submit-el-close-done", .time = 132, .args = { 2 });
	FIRE(&t, "submit-el-close-done", .time = 104, .args = { 1 });
	CHECK_STR(trial_print(&t), "\n        7  close\n" ONE_4 "        7  flush-close\n" ONE_32);
	/* a done that is nobody's is one orphan, not one for each start it might have had */
	FIRE(&t, "submit-el-done", .time = 200, .args = { 3 });
	FIRE(&t, "submit-el-close-done", .time = 200, .args = { 1 });
	CHECK_INT(fold_table_tables(t.table).losses[FOLD_LOSS_ORPHAN], 2);
	t.losses = 2;
	trial_free(&t);
}

static void downstairs_of_a_host_are_told_apart(void)
{
	struct trial t = trial_of("perf-downstairs", DOWN);
	struct fold_rule rules[USDT_MAX_RULES];

	/* the three of them have the same job */
	FIRE(&t, "submit-write-start", .time = 100, .tgid = 31, .args = { 1000 });
	FIRE(&t, "submit-write-start", .time = 101, .tgid = 20, .args = { 1000 });
	FIRE(&t, "submit-write-done", .time = 105, .tgid = 31, .args = { 1000 });
	FIRE(&t, "submit-write-done", .time = 140, .tgid = 20, .args = { 1000 });
	CHECK_STR(trial_print(&t), "\n       31  write\n" ONE_4 "       20  write\n" ONE_32);
	/* barriers have no end */
	CHECK_INT(plan_probe_rules(t.report->rules, DOWN, "submit-barrier-start", trial_has, &t,
				   rules),
		  0);
	trial_free(&t);
}

static void perf_downstairs_os_has_the_files_alone(void)
{
	static const char *const ops[] = { "read", "write", "writeunwritten", "flush" };

	for (int i = 0; i < 4; i++) {
		struct trial t = trial_of("perf-downstairs-os", DOWN);
		char start[64], done[64], want[2048];

		snprintf(start, sizeof(start), "os-%s-start", ops[i]);
		snprintf(done, sizeof(done), "os-%s-done", ops[i]);
		IO(&t, start, done, 6);
		snprintf(want, sizeof(want), "\n        7  %s\n" ONE_4, ops[i]);
		CHECK_STR(trial_print(&t), want);
		trial_free(&t);
	}
}

static void without_events_there_is_an_empty_line(void)
{
	static const char *const names[] = { "perf-downstairs", "perf-downstairs-os",
					     "perf-downstairs-three",
					     "perf-downstairs-finegrain-extent-timings" };

	for (int i = 0; i < 4; i++) {
		struct trial t = trial_of(names[i], DOWN);

		CHECK_STR(trial_print(&t), "\n");
		trial_free(&t);
	}
}

/* --- perf-downstairs-three, perf-downstairs-tick --- */

/* A job of `op` whose three parts take that long. */
static void three_fire(struct trial *t, const char *op, uint64_t one, uint64_t two, uint64_t three)
{
	static const char *const forms[] = { "submit-%s-start", "os-%s-start", "os-%s-done",
					     "submit-%s-done" };
	uint64_t times[] = { 1000, 1000 + one, 1000 + one + two, 1000 + one + two + three };
	uint64_t job = t->sent++;

	for (int i = 0; i < 4; i++) {
		char probe[64];

		snprintf(probe, sizeof(probe), forms[i], op);
		FIRE(t, probe, .time = times[i], .args = { job });
	}
}

/* The lightest last: order comes from the aggregations, and within them from weights. */
static void stages_fire(struct trial *t)
{
	three_fire(t, "flush", 1 << 20, 1 << 19, 1 << 18);
	three_fire(t, "write", 1 << 17, 1 << 12, 1 << 8);
	three_fire(t, "read", 1 << 16, 1 << 13, 1 << 7);
	three_fire(t, "writeunwritten", 1 << 15, 1 << 11, 1 << 9);
}

static void six_aggregations_print_in_their_order(void)
{
	static const char *const lines[] = {
		"\n        7  flush submit-OS\n",
		"\n        7  flush OS\n",
		"\n        7  flush OS-done\n",
		"\n        7  writeunwritten submit-OS\n",
		"\n        7  read submit-OS\n",
		"\n        7  write submit-OS\n",
		"\n        7  writeunwritten OS\n",
		"\n        7  write OS\n",
		"\n        7  read OS\n",
		"\n        7  read OS-done\n",
		"\n        7  write OS-done\n",
		"\n        7  writeunwritten OS-done\n",
		NULL,
	};
	struct trial t = trial_of("perf-downstairs-three", DOWN);

	stages_fire(&t);
	check_order(trial_print(&t), lines);
	CHECK_INT(occurrences(t.printed, "Distribution"), 12);
	/* one empty line before all */
	CHECK_INT(strncmp(t.printed, "\n        7", 10), 0);
	CHECK_INT(occurrences(t.printed, "\n\n\n"), 0);
	trial_free(&t);
}

static void ticks_have_an_empty_line_before_each_stage(void)
{
	struct trial t = trial_of("perf-downstairs-tick", DOWN);
	const char *once = "\n        7  read submit-OS\n" ONE_4 "\n        7  read OS\n" ONE_32
			   "\n        7  read OS-done\n" ONE_4;

	three_fire(&t, "read", 4, 32, 5);
	CHECK_STR(trial_print(&t), once);
	/* cumulative: the next has the same and more */
	CHECK_STR(trial_print(&t), once);
	trial_free(&t);
}

static void ticks_have_all_operations_stage_by_stage(void)
{
	static const char *const lines[] = {
		"\n        7  writeunwritten submit-OS\n",
		"\n        7  read submit-OS\n",
		"\n        7  write submit-OS\n",
		"\n        7  flush submit-OS\n",
		"\n\n\n        7  writeunwritten OS\n",
		"\n        7  write OS\n",
		"\n        7  read OS\n",
		"\n        7  flush OS\n",
		"\n\n\n        7  read OS-done\n",
		"\n        7  write OS-done\n",
		"\n        7  writeunwritten OS-done\n",
		"\n        7  flush OS-done\n",
		NULL,
	};
	struct trial t = trial_of("perf-downstairs-tick", DOWN);

	stages_fire(&t);
	check_order(trial_print(&t), lines);
	CHECK_INT(occurrences(t.printed, "Distribution"), 12);
	CHECK_INT(strncmp(t.printed, "\n        7", 10), 0);
	CHECK_INT(occurrences(t.printed, "\n\n\n"), 2);
	trial_free(&t);
}

/* --- finegrain --- */

#define FINEGRAIN "perf-downstairs-finegrain-extent-timings"

static const struct step {
	const char *probe, *label;
	bool each;   /* nanoseconds a block */
	bool sqlite; /* only the compact script has it */
} steps[] = {
	{ "flush", "flush", false, false },
	{ "flush-file", "flush_file", false, false },
	{ "flush-collect-hashes", "flush_collect_hashes", true, false },
	{ "flush-sqlite-insert", "flush_sqlite_insert", false, true },
	{ "write", "write", true, false },
	{ "write-file", "write_file", true, false },
	{ "write-get-hashes", "write_get_hashes", true, false },
	{ "write-sqlite-insert", "write_sqlite_insert", true, true },
	{ "read", "read", true, false },
	{ "read-file", "read_file", true, false },
	{ "read-get-contexts", "read_get_contexts", true, false },
};

/* One step of extent 3, for 8 blocks where its end tells them. */
static void step_fire(struct trial *t, const struct step *step, uint64_t duration, uint64_t blocks)
{
	char start[64], done[64];

	snprintf(start, sizeof(start), "extent-%s-start", step->probe);
	snprintf(done, sizeof(done), "extent-%s-done", step->probe);
	IO(t, start, done, duration, .args = { 0, 3, blocks });
}

static void step_print(struct trial *t, const struct step *step, const char *one)
{
	char want[2048];

	t->layout = LAYOUT_COMPACT;
	snprintf(want, sizeof(want), "\n  %s\n%s", step->label, one);
	CHECK_STR(trial_print(t), want);
	t->layout = LAYOUT_CLASSIC;
	CHECK_STR(trial_print(t), step->sqlite ? "\n" : want);
}

static void steps_are_divided_by_their_blocks(void)
{
	for (size_t i = 0; i < NROWS(steps); i++) {
		struct trial t = trial_of(FINEGRAIN, DOWN);

		/* 40 ns: 5 for each of 8 blocks */
		step_fire(&t, &steps[i], 40, 8);
		step_print(&t, &steps[i], steps[i].each ? ONE_4 : ONE_32);
		trial_free(&t);
	}
}

static void no_step_is_divided_by_zero(void)
{
	for (size_t i = 0; i < NROWS(steps); i++) {
		struct trial t = trial_of(FINEGRAIN, DOWN);

		step_fire(&t, &steps[i], 40, 0);
		step_print(&t, &steps[i], ONE_32);
		trial_free(&t);
	}
}

static void extents_of_a_job_are_told_apart(void)
{
	struct trial t = trial_of(FINEGRAIN, DOWN);

	FIRE(&t, "extent-flush-start", .time = 100, .tid = 1, .args = { 9, 0 });
	FIRE(&t, "extent-flush-start", .time = 104, .tid = 2, .args = { 9, 1 });
	FIRE(&t, "extent-flush-done", .time = 132, .tid = 1, .args = { 9, 0 });
	FIRE(&t, "extent-flush-done", .time = 136, .tid = 2, .args = { 9, 1 });
	CHECK_STR(trial_print(&t), "\n  flush\n" HEADER "              16 |" EMPTY " 0\n"
				   "              32 |" FULL " 2\n"
				   "              64 |" EMPTY " 0\n\n");
	trial_free(&t);
}

static void truncation_blocks_come_last(void)
{
	struct trial t = trial_of(FINEGRAIN, DOWN);

	/* two threads at once; 5 and 6 deletions, lighter than all times */
	FIRE(&t, "extent-context-truncate-start", .time = 1000, .tid = 1, .args = { 5 });
	FIRE(&t, "extent-context-truncate-start", .time = 1010, .tid = 2, .args = { 6 });
	FIRE(&t, "extent-context-truncate-done", .time = 1034, .tid = 1);
	FIRE(&t, "extent-context-truncate-done", .time = 1050, .tid = 2);
	step_fire(&t, &steps[4], 8 << 20, 8);
	CHECK_STR(trial_print(&t), "\n  truncate-loop\n" HEADER "              16 |" EMPTY " 0\n"
				   "              32 |" FULL " 2\n"
				   "              64 |" EMPTY " 0\n\n"
				   "  write\n" HEADER "          524288 |" EMPTY " 0\n"
				   "         1048576 |" FULL " 1\n"
				   "         2097152 |" EMPTY " 0\n\n"
				   "  truncation blocks\n" HEADER "               2 |" EMPTY " 0\n"
				   "               4 |" FULL " 2\n"
				   "               8 |" EMPTY " 0\n\n");
	trial_free(&t);
}

static void sqlite_steps_are_in_numbers_always(void)
{
	struct trial t = trial_of(FINEGRAIN, DOWN);

	step_fire(&t, &steps[3], 40, 0);
	t.options.json = true;
	CHECK(strstr(trial_print(&t), "\"op\":\"flush_sqlite_insert\",\"count\":1,") != NULL);
	trial_free(&t);
}

static const struct test tests[] = {
	TEST(jobs_have_the_name_of_their_start),
	TEST(one_done_serves_several_starts),
	TEST(downstairs_of_a_host_are_told_apart),
	TEST(perf_downstairs_os_has_the_files_alone),
	TEST(without_events_there_is_an_empty_line),
	TEST(six_aggregations_print_in_their_order),
	TEST(ticks_have_an_empty_line_before_each_stage),
	TEST(ticks_have_all_operations_stage_by_stage),
	TEST(steps_are_divided_by_their_blocks),
	TEST(no_step_is_divided_by_zero),
	TEST(extents_of_a_job_are_told_apart),
	TEST(truncation_blocks_come_last),
	TEST(sqlite_steps_are_in_numbers_always),
};

TEST_MAIN("reports_downstairs")
