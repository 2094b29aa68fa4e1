// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * perf-online-repair: how long the live repair of an extent takes.
 */
#include "report.h"

static const char *const labels[] = { "extent-repair" };

static const struct probe_rule rules[] = {
	RULES_LATENCY("crucible_upstairs", "extent-or-start", "extent-or-done", 0, FOLD_FROM_NONE,
		      KEY_JOB),
	{ 0 },
};

static const struct latency_format format = {
	.labels = labels,
	.nlabels = NROWS(labels),
	.key = { LATENCY_KEY_LABEL },
};

const struct report report_perf_online_repair = {
	.name = "perf-online-repair",
	.summary = "latency of the repair of an extent while the upstairs is online",
	.help = {
		.about = "From extent-or-start to extent-or-done, of one extent.\n",
		.hits = "Two hits an extent.\n",
		.columns = "One distribution, extent-repair.\n",
		.caveats = "Today's upstairs declares these probes and never fires them: no binary "
			   "has a site of theirs, and the report says so. The steps of a repair show "
			   "in perfgw as close, repair and reopen.\n",
	},
	.takes = TAKES_LATENCY,
	.rules = rules,
	.rows = NROWS(labels),
	.latency = &format,
};
