// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * perf-downstairs-three and perf-downstairs-tick: a job's time in a downstairs in three parts,
 * before, in and behind the region's files. The same numbers, printed in another order: at the end,
 * or every minute.
 */
#include "core/units.h"
#include "report.h"

#define DOWN  "crucible_downstairs"
#define PARTS 3
enum { FLUSH = 0, WRITE = PARTS, READ = 2 * PARTS, WRITE_UNWRITTEN = 3 * PARTS };

#define LABELS(op) op " submit-OS", op " OS", op " OS-done"

static const char *const labels[] = { LABELS("flush"), LABELS("write"), LABELS("read"),
				      LABELS("writeunwritten") };

#define PART(row, start, done) RULES_LATENCY(DOWN, start, done, row, FOLD_FROM_NONE, KEY_JOB)
#define STAGES(row, op)                                               \
	PART(row, "submit-" op "-start", "os-" op "-start"),          \
		PART((row) + 1, "os-" op "-start", "os-" op "-done"), \
		PART((row) + 2, "os-" op "-done", "submit-" op "-done")

static const struct probe_rule rules[] = {
	STAGES(FLUSH, "flush"),
	STAGES(WRITE, "write"),
	STAGES(READ, "read"),
	STAGES(WRITE_UNWRITTEN, "writeunwritten"),
	{ 0 },
};

/* The flush's three parts, then those of all others together. */
static const uint8_t three_sections[] = { 0, 1, 2, 3, 4, 5, 3, 4, 5, 3, 4, 5 };
/* Part by part, all operations together. */
static const uint8_t tick_sections[] = { 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2 };

static const struct latency_format three_format = {
	.labels = labels,
	.nlabels = NROWS(labels),
	.key = { LATENCY_KEY_PID, LATENCY_KEY_LABEL },
	.section = three_sections,
};

static const struct latency_format tick_format = {
	.labels = labels,
	.nlabels = NROWS(labels),
	.key = { LATENCY_KEY_PID, LATENCY_KEY_LABEL },
	.section = tick_sections,
	.spaced = true,
};

#define ABOUT                                                                                      \
	"Cuts the time that perf-downstairs measures in three. 1: from submit-OP-start, received " \
	"from the upstairs, to os-OP-start, sent to the system. 2: from there to os-OP-done; of "  \
	"a flush, to when all extents are flushed. 3: from there to submit-OP-done, about to be "  \
	"acknowledged to the upstairs.\n"
#define COLUMNS                                                                                    \
	"The process, and operation and part: \"OP submit-OS\", \"OP OS\", \"OP OS-done\"; OP is " \
	"flush, write, read, writeunwritten.\n"

const struct report report_perf_downstairs_three = {
	.name = "perf-downstairs-three",
	.summary = "a job's three parts in each downstairs: to the files, in them, to the ack",
	.help = { .about = ABOUT,
		  .hits = "Four hits a job in each downstairs.\n",
		  .columns = COLUMNS },
	.takes = TAKES_LATENCY,
	.rules = rules,
	.rows = NROWS(labels),
	.by_process = true,
	.latency = &three_format,
};

const struct report report_perf_downstairs_tick = {
	.name = "perf-downstairs-tick",
	.summary = "the same as perf-downstairs-three, every 60 s since the start",
	.help = { .about = ABOUT
		  "Printed every 60 seconds, of all since the start, and once more at "
		  "the end.\n",
		  .hits = "Four hits a job in each downstairs.\n",
		  .columns = COLUMNS },
	.takes = TAKES_LATENCY,
	.rules = rules,
	.rows = NROWS(labels),
	.by_process = true,
	.interval = 60 * NSEC_PER_SEC,
	.cumulative = true,
	.latency = &tick_format,
};
