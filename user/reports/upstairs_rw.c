// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * perf-upstairs-rw: where in the upstairs an IO's time goes, in three parts. The middle one ends
 * where enough downstairs are done. Builds since 2024-11 have no probe there: it is when the reply
 * came that the upstairs acknowledged on, the last before gw-OP-done.
 */
#include "report.h"

#define PARTS 3
enum { WRITE = 0, FLUSH = PARTS, WRITE_UNWRITTEN = 2 * PARTS, READ = 3 * PARTS };

#define LABELS(op) "up-to-ds-" op "-start", "up-to-ds-" op "-done", "gw-" op "-done"

static const char *const labels[] = { LABELS("write"), LABELS("flush"), LABELS("write-unwritten"),
				      LABELS("read") };

#define UP "crucible_upstairs"
#define MARKED(probe_, op, ...)                                                               \
	{                                                                                     \
		.provider = UP, .probe = probe_, .without = "up-to-ds-" op "-done", .fold = { \
			.by = FOLD_FROM_NONE,                                                 \
			KEY_JOB,                                                              \
			__VA_ARGS__                                                           \
		}                                                                             \
	}
#define PROBED(probe_, op, ...)                                                            \
	{                                                                                  \
		.provider = UP, .probe = probe_, .with = "up-to-ds-" op "-done", .fold = { \
			.by = FOLD_FROM_NONE,                                              \
			KEY_JOB,                                                           \
			__VA_ARGS__                                                        \
		}                                                                          \
	}

/* Parts and the pairs that measure them have the numbers of their rows. */
#define STAGES(row, op)                                                                            \
	RULES_LATENCY(UP, "gw-" op "-start", "up-to-ds-" op "-start", row, FOLD_FROM_NONE,         \
		      KEY_JOB),                                                                    \
		MARKED("up-to-ds-" op "-start", op, .verb = FOLD_START_MARKED, .pair = (row) + 1), \
		MARKED("ds-" op "-client-done", op, .verb = FOLD_MARK, .pair = (row) + 1),         \
		MARKED("gw-" op "-done", op, .verb = FOLD_DONE_MARKED, .pair = (row) + 1,          \
		       .group = (row) + 1),                                                        \
		PROBED("up-to-ds-" op "-start", op, .verb = FOLD_START, .pair = (row) + 1),        \
		PROBED("up-to-ds-" op "-done", op, .verb = FOLD_DONE, .pair = (row) + 1,           \
		       .group = (row) + 1),                                                        \
		PROBED("up-to-ds-" op "-done", op, .verb = FOLD_START, .pair = (row) + 2),         \
		PROBED("gw-" op "-done", op, .verb = FOLD_DONE, .pair = (row) + 2,                 \
		       .group = (row) + 2)

static const struct probe_rule rules[] = {
	STAGES(WRITE, "write"),
	STAGES(FLUSH, "flush"),
	STAGES(WRITE_UNWRITTEN, "write-unwritten"),
	STAGES(READ, "read"),
	{ 0 },
};

static const struct latency_format format = {
	.labels = labels,
	.nlabels = NROWS(labels),
	.key = { LATENCY_KEY_LABEL },
};

const struct report report_perf_upstairs_rw = {
	.name = "perf-upstairs-rw",
	.aliases = "perf-upstairs-wf",
	.summary = "an IO's three parts in the upstairs: to the queue, the downstairs, the ack",
	.help = {
		.about = "Cuts the time that perfgw measures in three. 1: from gw-OP-start, received "
			 "from the guest, to up-to-ds-OP-start, queued for the downstairs. 2: from "
			 "there until enough downstairs are done. 3: from there to gw-OP-done.\n"
			 "Builds before November 2024 have up-to-ds-OP-done between parts 2 and 3. "
			 "In later ones it is the last ds-OP-client-done of the job before its "
			 "gw-OP-done: the upstairs acknowledges as it handles the reply that makes "
			 "it enough.\n",
		.hits = "Six hits an IO.\n",
		.columns = "Each part has the name of the probe that closes it: up-to-ds-OP-start, "
			   "up-to-ds-OP-done, gw-OP-done; OP is write, flush, write-unwritten, "
			   "read.\n",
		.caveats = "IOs that were done without any reply (all three clients gone) have no "
			   "second part; they are counted as such and not measured.\n",
	},
	.takes = TAKES_LATENCY,
	.rules = rules,
	.rows = NROWS(labels),
	.latency = &format,
};
