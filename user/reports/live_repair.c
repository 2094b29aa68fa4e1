// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * perf-live-repair: how long each client takes for the jobs of a live repair. Crucible has no
 * script for it; perf-online-repair, which was meant to tell, has no probes any more.
 */
#include "report.h"

enum { CLOSE, REPAIR, REOPEN, NOOP };

static const char *const labels[] = { "close", "repair", "reopen", "noop" };

#define UP     "crucible_upstairs"
#define CLIENT 1 /* the argument that says which */

/*
 * Noops and reopens have the same answer, which fires both their dones. Clients that are not under
 * repair answer a repair as a noop.
 */
#define DONE_OR(probe, number, row)                                                       \
	RULE(UP, probe, .verb = FOLD_DONE_OR, .by = CLIENT, .pair = number, .group = row, \
	     KEY_JOB_SUB)

static const struct probe_rule rules[] = {
	RULES_LATENCY(UP, "ds-close-start", "ds-close-done", CLOSE, CLIENT, KEY_JOB_SUB),
	RULES_LATENCY(UP, "ds-repair-start", "ds-repair-done", REPAIR, CLIENT, KEY_JOB_SUB),
	RULE_START(UP, "ds-reopen-start", REOPEN, KEY_JOB_SUB),
	RULE_START(UP, "ds-noop-start", NOOP, KEY_JOB_SUB),
	DONE_OR("ds-reopen-done", REOPEN, REOPEN),
	DONE_OR("ds-noop-done", NOOP, NOOP),
	DONE_OR("ds-noop-done", REPAIR, NOOP),
	{ 0 },
};

static const struct latency_format format = {
	.labels = labels,
	.nlabels = NROWS(labels),
	.suffix = " for downstairs client",
	.by = "client",
	.key = { LATENCY_KEY_LABEL, LATENCY_KEY_BY },
};

const struct report report_perf_live_repair = {
	.name = "perf-live-repair",
	.summary = "latency of a live repair's jobs at each downstairs: close, repair, reopen",
	.help = {
		.about = "From ds-OP-start, when the upstairs hands a job of a live repair to one of "
			 "its clients, to ds-OP-done, when the answer is there. A repair closes each "
			 "extent on all three, copies it to the one that was away, and reopens it.\n",
		.columns = "OP is close, repair, reopen, noop; client is the number of the "
			   "downstairs, 0 to 2. A repair that the others only let pass is a noop.\n",
		.hits = "Eighteen hits an extent under repair, none otherwise.\n",
		.caveats = "Crucible has no such script. With --in-flight it shows the extent that a "
			   "repair is stuck on.\n",
	},
	.takes = TAKES_LATENCY,
	.rules = rules,
	.rows = NROWS(labels),
	.max_by = 3,
	.latency = &format,
};
