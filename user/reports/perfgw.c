// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * perfgw: how long the gateway takes for each operation, from when the upstairs gets a job of the
 * guest's to when the guest is told that it is done.
 */
#include "report.h"

enum { READ, WRITE, WRITE_UNWRITTEN, FLUSH, BARRIER, NOOP, CLOSE, REPAIR, REOPEN };

static const char *const labels[] = { "read", "write", "write-unwritten", "flush", "barrier",
				      "noop", "close", "repair",	  "reopen" };

#define GATEWAY(row, op)                                                             \
	RULES_LATENCY("crucible_upstairs", "gw-" op "-start", "gw-" op "-done", row, \
		      FOLD_FROM_NONE, KEY_JOB)

static const struct probe_rule rules[] = {
	GATEWAY(READ, "read"),
	GATEWAY(WRITE, "write"),
	GATEWAY(WRITE_UNWRITTEN, "write-unwritten"),
	GATEWAY(FLUSH, "flush"),
	GATEWAY(BARRIER, "barrier"),
	GATEWAY(NOOP, "noop"),
	GATEWAY(CLOSE, "close"),
	GATEWAY(REPAIR, "repair"),
	GATEWAY(REOPEN, "reopen"),
	{ 0 },
};

static const struct latency_format format = {
	.labels = labels,
	.nlabels = NROWS(labels),
	.key = { LATENCY_KEY_LABEL },
};

const struct report report_perfgw = {
	.name = "perfgw",
	.summary = "latency of each operation at the gateway: guest's request to its answer",
	.help = {
		.about = "From gw-OP-start, when the upstairs takes a job in from the guest, to "
			 "gw-OP-done, when it is done for the guest: a write or a flush when two of "
			 "the three downstairs have answered, a read when the first has, a barrier "
			 "or a job of live repair when all three have.\n",
		.hits = "Two hits an IO.\n",
		.columns = "OP is the operation: read, write, write-unwritten (fills blocks that "
			   "were never written), flush, barrier, noop, and close, repair and reopen "
			   "of live repair.\n",
		.caveats = "A write is acknowledged to the guest earlier, as it is submitted: what is "
			   "measured is when it is safe on two downstairs.\n",
	},
	.takes = TAKES_LATENCY,
	.rules = rules,
	.rows = NROWS(labels),
	.latency = &format,
};
