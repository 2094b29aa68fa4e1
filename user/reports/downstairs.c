// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * perf-downstairs and perf-downstairs-os: how long a downstairs takes for a job, by process, as a
 * whole and in the region's files alone.
 */
#include "report.h"

#define DOWN "crucible_downstairs"

enum { READ, WRITE, WRITE_UNWRITTEN, FLUSH, CLOSE, FLUSH_CLOSE, REPAIR, REOPEN, NOOP };

static const char *const labels[] = { "read",	     "write",  "writeunwritten", "flush", "close",
				      "flush-close", "repair", "reopen",	 "noop" };

#define SUBMIT(row, op)                                                                       \
	RULES_LATENCY(DOWN, "submit-" op "-start", "submit-" op "-done", row, FOLD_FROM_NONE, \
		      KEY_JOB)
#define START(row, op) RULE_START(DOWN, "submit-" op "-start", row, KEY_JOB)
#define DONE(row, op)  RULE_DONE(DOWN, "submit-" op "-done", row, row, FOLD_FROM_NONE, KEY_JOB)
/* one of several starts' done: the others' rules follow */
#define DONE_OR(row, op)                                                                          \
	RULE(DOWN, "submit-" op "-done", .verb = FOLD_DONE_OR, .by = FOLD_FROM_NONE, .pair = row, \
	     .group = row, KEY_JOB)

static const struct probe_rule submit_rules[] = {
	SUBMIT(READ, "read"),
	SUBMIT(WRITE, "write"),
	SUBMIT(WRITE_UNWRITTEN, "writeunwritten"),
	SUBMIT(FLUSH, "flush"),
	START(CLOSE, "el-close"),
	START(FLUSH_CLOSE, "el-flush-close"),
	DONE_OR(CLOSE, "el-close"),
	DONE(FLUSH_CLOSE, "el-close"),
	START(REPAIR, "el-repair"),
	DONE(REPAIR, "el-repair"),
	START(REOPEN, "el-reopen"),
	START(NOOP, "el-noop"),
	DONE_OR(REOPEN, "el"),
	DONE(NOOP, "el"),
	{ 0 },
};

#define OS(row, op) \
	RULES_LATENCY(DOWN, "os-" op "-start", "os-" op "-done", row, FOLD_FROM_NONE, KEY_JOB)

static const struct probe_rule os_rules[] = {
	OS(READ, "read"),
	OS(WRITE, "write"),
	OS(WRITE_UNWRITTEN, "writeunwritten"),
	OS(FLUSH, "flush"),
	{ 0 },
};

static const struct latency_format format = {
	.labels = labels,
	.nlabels = NROWS(labels),
	.key = { LATENCY_KEY_PID, LATENCY_KEY_LABEL },
};

const struct report report_perf_downstairs = {
	.name = "perf-downstairs",
	.aliases = "perf-downstairs-d",
	.summary = "latency of jobs in each downstairs: received to about to be acknowledged",
	.help = {
		.about = "From submit-OP-start, when a downstairs has received a job from the "
			 "upstairs, to submit-OP-done, when it is about to acknowledge it.\n",
		.hits = "Two hits a job in each downstairs.\n",
		.columns = "The process, and the operation: read, write, writeunwritten, flush; "
			   "close, flush-close, repair, reopen and noop of live repair.\n",
		.caveats = "Barriers have no probe at their end and are left out. A read-only region "
			   "can serve several upstairs, whose job ids collide: such matches are "
			   "counted as ambiguous, their mean stays exact.\n",
	},
	.takes = TAKES_LATENCY,
	.rules = submit_rules,
	.rows = NROWS(labels),
	.by_process = true,
	.latency = &format,
};

const struct report report_perf_downstairs_os = {
	.name = "perf-downstairs-os",
	.summary = "latency of jobs in each downstairs' files: handed to the system and back",
	.help = {
		.about = "From os-OP-start, when a downstairs turns to its region's files for a job, "
			 "to os-OP-done, when all that the job asks for has come back; of a flush, "
			 "when all extents are flushed.\n",
		.hits = "Two hits a job in each downstairs.\n",
		.columns = "The process, and the operation: read, write, writeunwritten, flush.\n",
		.caveats = "The downstairs' own work on the way (hashing, its tables) is in it. What "
			   "the disk does is in perf-downstairs-finegrain-extent-timings.\n",
	},
	.takes = TAKES_LATENCY,
	.rules = os_rules,
	.rows = FLUSH + 1,
	.by_process = true,
	.latency = &format,
};
