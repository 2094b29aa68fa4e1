// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * How many jobs come and go each interval: all_downstairs and downstairs_count at the downstairs,
 * upstairs_count at the gateway.
 */
#include "core/units.h"
#include "report.h"

#define DOWN "crucible_downstairs"
#define UP   "crucible_upstairs"

/* The columns, which are the rows of the rules, too. */
enum {
	FLUSH_START,
	FLUSH_DONE,
	WRITE_START,
	WRITE_DONE,
	READ_START,
	READ_DONE,
	WORK_START,
	WORK_PROCESS,
	WORK_DONE,
	UNWRITTEN_START,
	UNWRITTEN_DONE,
	BARRIER_START,
	BARRIER_DONE,
	NCOLUMNS,
};

static const struct probe_rule downstairs_rules[] = {
	RULE_COUNT(DOWN, "submit-flush-start", FLUSH_START),
	RULE_COUNT(DOWN, "submit-flush-done", FLUSH_DONE),
	RULE_COUNT(DOWN, "submit-write-start", WRITE_START),
	RULE_COUNT(DOWN, "submit-write-done", WRITE_DONE),
	RULE_COUNT(DOWN, "submit-read-start", READ_START),
	RULE_COUNT(DOWN, "submit-read-done", READ_DONE),
	RULE_COUNT(DOWN, "work-start", WORK_START),
	RULE_COUNT(DOWN, "work-process", WORK_PROCESS),
	RULE_COUNT(DOWN, "work-done", WORK_DONE),
	RULE_COUNT(DOWN, "submit-writeunwritten-start", UNWRITTEN_START),
	RULE_COUNT(DOWN, "submit-writeunwritten-done", UNWRITTEN_DONE),
	{ 0 },
};

static const struct counts_column downstairs_columns[] = {
	{ "F>", "flush_start", FLUSH_START, 4, false },
	{ "F<", "flush_done", FLUSH_DONE, 4, false },
	{ "W>", "write_start", WRITE_START, 4, false },
	{ "W<", "write_done", WRITE_DONE, 4, false },
	{ "R>", "read_start", READ_START, 5, false },
	{ "R<", "read_done", READ_DONE, 5, false },
	{ "WS", "work_start", WORK_START, 5, false },
	{ "WIP", "work_process", WORK_PROCESS, 5, false },
	{ "WD", "work_done", WORK_DONE, 5, false },
	{ "WU>", "writeunwritten_start", UNWRITTEN_START, 5, true },
	{ "WU<", "writeunwritten_done", UNWRITTEN_DONE, 5, true },
	{ 0 },
};

#define DOWNSTAIRS_COLUMNS                                                                        \
	"F> flushes received from the upstairs, F< their answers sent; W> and W< the same of "    \
	"writes, R> and R< of reads. WS: jobs given to the work task, WIP: taken off its queue, " \
	"WD: completed. With --extra WU> and WU<, writes of unwritten blocks.\n"

static const struct counts_format all_classic = { .columns = downstairs_columns };
static const struct counts_format all_compact = { .columns = downstairs_columns, .width = 5 };
static const struct counts_format one_downstairs = { .columns = downstairs_columns, .repeat = 21 };

const struct report report_all_downstairs = {
	.name = "all_downstairs",
	.summary = "jobs that came, were worked on and went, each downstairs a line, every 4 s",
	.help = {
		.about = "Counts submit-OP-start and -done, work-start, work-process and work-done in "
			 "each downstairs of the host, in the last interval (4 seconds without "
			 "-i).\n",
		.hits = "Five hits a job in each downstairs.\n",
		.columns = "PID, the downstairs; " DOWNSTAIRS_COLUMNS,
		.caveats = "A downstairs that has done nothing since the start has no line; one that "
			   "has ended has none any more.\n",
	},
	.takes = TAKES_EXTRA,
	.rules = downstairs_rules,
	.rows = NCOLUMNS,
	.by_process = true,
	.interval = 4 * NSEC_PER_SEC,
	.counts = &all_classic,
	.compact_counts = &all_compact,
};

const struct report report_downstairs_count = {
	.name = "downstairs_count",
	.summary = "jobs that came, were worked on and went in one downstairs, every 4 s",
	.help = {
		.about = "Counts submit-OP-start and -done, work-start, work-process and work-done of "
			 "one downstairs, in the last interval (without -i 4 seconds, in "
			 "compact layout 1).\n",
		.hits = "Five hits a job; other downstairs do not pay.\n",
		.columns = DOWNSTAIRS_COLUMNS "The titles come again after 21 lines.\n",
	},
	.args = "PID",
	.pid_arg = true,
	.takes = TAKES_EXTRA,
	.rules = downstairs_rules,
	.rows = NCOLUMNS,
	.interval = 4 * NSEC_PER_SEC,
	.compact_interval = NSEC_PER_SEC,
	.counts = &one_downstairs,
};

static const struct probe_rule upstairs_rules[] = {
	RULE_COUNT(UP, "gw-flush-start", FLUSH_START),
	RULE_COUNT(UP, "gw-flush-done", FLUSH_DONE),
	RULE_COUNT(UP, "gw-write-start", WRITE_START),
	RULE_COUNT(UP, "gw-write-done", WRITE_DONE),
	RULE_COUNT(UP, "gw-read-start", READ_START),
	RULE_COUNT(UP, "gw-read-done", READ_DONE),
	RULE_COUNT(UP, "gw-write-unwritten-start", UNWRITTEN_START),
	RULE_COUNT(UP, "gw-write-unwritten-done", UNWRITTEN_DONE),
	RULE_COUNT(UP, "gw-barrier-start", BARRIER_START),
	RULE_COUNT(UP, "gw-barrier-done", BARRIER_DONE),
	{ 0 },
};

static const struct counts_column upstairs_columns[] = {
	{ "F>", "flush_start", FLUSH_START, 5, false },
	{ "F<", "flush_done", FLUSH_DONE, 5, false },
	{ "W>", "write_start", WRITE_START, 5, false },
	{ "W<", "write_done", WRITE_DONE, 5, false },
	{ "R>", "read_start", READ_START, 5, false },
	{ "R<", "read_done", READ_DONE, 5, false },
	{ "WU>", "write_unwritten_start", UNWRITTEN_START, 5, false },
	{ "WU<", "write_unwritten_done", UNWRITTEN_DONE, 5, false },
	{ "B>", "barrier_start", BARRIER_START, 5, false },
	{ "B<", "barrier_done", BARRIER_DONE, 5, false },
	{ 0 },
};

static const struct counts_format upstairs_format = { .columns = upstairs_columns, .repeat = 21 };

const struct report report_upstairs_count = {
	.name = "upstairs_count",
	.summary = "operations that one upstairs was given and has answered, every second",
	.help = {
		.about = "Counts gw-OP-start and gw-OP-done of one upstairs process, in the last "
			 "interval (a second without -i).\n",
		.hits = "Two hits an IO; other upstairs do not pay.\n",
		.columns = "F> flushes given by the guest, F< answered; W> and W< the same of writes, "
			   "R> and R< of reads, WU> and WU< of writes of unwritten blocks, B> and B< "
			   "of barriers. The titles come again after 21 lines.\n",
	},
	.args = "PID",
	.pid_arg = true,
	.layouts = 1u << LAYOUT_COMPACT,
	.rules = upstairs_rules,
	.rows = NCOLUMNS,
	.interval = NSEC_PER_SEC,
	.counts = &upstairs_format,
};
