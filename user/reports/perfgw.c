// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * perfgw: how long the gateway takes for each operation, from when the upstairs gets a job of the
 * guest's to when the guest is told that it is done.
 */
#include "report.h"

enum { READ, WRITE, WRITE_UNWRITTEN, FLUSH, BARRIER, NOOP, CLOSE, REPAIR, REOPEN };

static const char *const labels[] = { "read", "write", "write-unwritten", "flush", "barrier",
				      "noop", "close", "repair",	  "reopen" };

/* argument 0 is the job, which is all the key there is beside the process */
#define GATEWAY(op, op_name)                                                                      \
	{ "crucible_upstairs",                                                                    \
	  "gw-" op_name "-start",                                                                 \
	  { .verb = FOLD_START,                                                                   \
	    .job = 0,                                                                             \
	    .sub = FOLD_FROM_NONE,                                                                \
	    .by = FOLD_FROM_NONE,                                                                 \
	    .pair = op } },                                                                       \
	{                                                                                         \
		"crucible_upstairs", "gw-" op_name "-done",                                       \
		{                                                                                 \
			.verb = FOLD_DONE, .job = 0, .sub = FOLD_FROM_NONE, .by = FOLD_FROM_NONE, \
			.pair = op, .group = op                                                   \
		}                                                                                 \
	}

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

const struct report report_perfgw = {
	.name = "perfgw",
	.summary = "latency of each operation at the gateway: guest's request to its answer",
	.rules = rules,
	.format = { .labels = labels,
		    .nlabels = sizeof(labels) / sizeof(labels[0]),
		    .key = { LATENCY_KEY_LABEL } },
};
