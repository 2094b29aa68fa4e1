// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * perf-downstairs-finegrain-extent-timings: the steps of reading, writing and flushing one extent;
 * per block where the probe says how many there were.
 */
#include "report.h"

#define DOWN   "crucible_downstairs"
#define BLOCKS 2 /* the argument that holds them */

enum {
	FLUSH,
	FLUSH_FILE,
	FLUSH_COLLECT_HASHES,
	FLUSH_SQLITE_INSERT,
	WRITE,
	WRITE_FILE,
	WRITE_GET_HASHES,
	WRITE_SQLITE_INSERT,
	READ,
	READ_FILE,
	READ_GET_CONTEXTS,
	TRUNCATE,
	TRUNCATION_BLOCKS,
};

static const char *const labels[] = {
	"flush",
	"flush_file",
	"flush_collect_hashes",
	"flush_sqlite_insert",
	"write",
	"write_file",
	"write_get_hashes",
	"write_sqlite_insert",
	"read",
	"read_file",
	"read_get_contexts",
	"truncate-loop",
	"truncation blocks",
};

#define PLAIN(row, step)                                                                          \
	RULES_LATENCY(DOWN, "extent-" step "-start", "extent-" step "-done", row, FOLD_FROM_NONE, \
		      KEY_JOB_SUB)
#define EACH(row, step)                                                                  \
	RULE_START(DOWN, "extent-" step "-start", row, KEY_JOB_SUB),                     \
		RULE(DOWN, "extent-" step "-done", .verb = FOLD_DONE_EACH, .by = BLOCKS, \
		     .pair = row, .group = row, KEY_JOB_SUB)
#define THREAD .job = FOLD_FROM_TID, .sub = FOLD_FROM_NONE

static const struct probe_rule rules[] = {
	PLAIN(FLUSH, "flush"),
	PLAIN(FLUSH_FILE, "flush-file"),
	EACH(FLUSH_COLLECT_HASHES, "flush-collect-hashes"),
	PLAIN(FLUSH_SQLITE_INSERT, "flush-sqlite-insert"),
	EACH(WRITE, "write"),
	EACH(WRITE_FILE, "write-file"),
	EACH(WRITE_GET_HASHES, "write-get-hashes"),
	EACH(WRITE_SQLITE_INSERT, "write-sqlite-insert"),
	EACH(READ, "read"),
	EACH(READ_FILE, "read-file"),
	EACH(READ_GET_CONTEXTS, "read-get-contexts"),
	RULES_LATENCY(DOWN, "extent-context-truncate-start", "extent-context-truncate-done",
		      TRUNCATE, FOLD_FROM_NONE, THREAD),
	RULE(DOWN, "extent-context-truncate-start", .verb = FOLD_VALUE, .job = 0,
	     .sub = FOLD_FROM_NONE, .by = FOLD_FROM_NONE, .group = TRUNCATION_BLOCKS),
	{ 0 },
};

/* The deletions are an aggregation of their own, behind all others. */
static const uint8_t sections[] = { [TRUNCATION_BLOCKS] = 1 };

static const struct latency_format classic = {
	.labels = labels,
	.nlabels = NROWS(labels),
	.sub = "extent",
	.key = { LATENCY_KEY_LABEL },
	.section = sections,
	.plain = 1u << TRUNCATION_BLOCKS,
	.hidden = 1u << FLUSH_SQLITE_INSERT | 1u << WRITE_SQLITE_INSERT,
};

static const struct latency_format compact = {
	.labels = labels,
	.nlabels = NROWS(labels),
	.sub = "extent",
	.key = { LATENCY_KEY_LABEL },
	.section = sections,
	.plain = 1u << TRUNCATION_BLOCKS,
};

const struct report report_perf_extents = {
	.name = "perf-downstairs-finegrain-extent-timings",
	.summary = "latency of each step of reading, writing and flushing an extent, per block",
	.help = {
		.about = "From extent-STEP-start to extent-STEP-done, of one job and extent. Steps of "
			 "reads and writes, and flush_collect_hashes, are divided by the number of "
			 "blocks that the probe at their end tells: nanoseconds a block. The other "
			 "steps of a flush are whole: nanoseconds.\n",
		.hits = "Two hits for each step of each extent that a job touches: four to ten.\n",
		.columns = "STEP is flush, and in it flush_file (fsync), flush_collect_hashes, "
			   "flush_sqlite_insert; write, and in it write_file, write_get_hashes, "
			   "write_sqlite_insert; read, and in it read_file, read_get_contexts; "
			   "truncate-loop. \"truncation blocks\" is no time: the deletions of each "
			   "truncation.\n",
		.caveats = "The sqlite, collect_hashes and truncate steps exist for extents kept in "
			   "SQLite only. The sqlite steps print in compact layout and JSON. "
			   "--slower-than looks at the whole step, not at its share a block.\n",
	},
	.takes = TAKES_LATENCY,
	.rules = rules,
	.rows = NROWS(labels),
	.latency = &classic,
	.compact = &compact,
};
