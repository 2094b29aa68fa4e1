// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * perf-ds-client and perf-ds-net: how long each of the three downstairs takes, as the upstairs sees
 * it: with and without the time in the client task's queues.
 */
#include "report.h"

enum { READ, WRITE, WRITE_UNWRITTEN, FLUSH, BARRIER };

static const char *const labels[] = { "read", "write", "write-unwritten", "flush", "barrier" };

#define CLIENT(row, op, part)                                                                     \
	RULES_LATENCY("crucible_upstairs", "ds-" op "-" part "-start", "ds-" op "-" part "-done", \
		      row, 1, KEY_JOB_SUB)

static const struct probe_rule client_rules[] = {
	CLIENT(READ, "read", "client"),
	CLIENT(WRITE, "write", "client"),
	CLIENT(WRITE_UNWRITTEN, "write-unwritten", "client"),
	CLIENT(FLUSH, "flush", "client"),
	CLIENT(BARRIER, "barrier", "client"),
	{ 0 },
};

static const struct probe_rule net_rules[] = {
	CLIENT(READ, "read", "net"),
	CLIENT(WRITE, "write", "net"),
	CLIENT(WRITE_UNWRITTEN, "write-unwritten", "net"),
	CLIENT(FLUSH, "flush", "net"),
	{ 0 },
};

static const struct latency_format format = {
	.labels = labels,
	.nlabels = NROWS(labels),
	.suffix = " for downstairs client",
	.by = "client",
	.key = { LATENCY_KEY_LABEL, LATENCY_KEY_BY },
};

const struct report report_perf_ds_client = {
	.name = "perf-ds-client",
	.summary = "latency of each downstairs client: job to the client's task and back",
	.help = {
		.about = "From ds-OP-client-start, when the upstairs hands a job to the task of one "
			 "of its three clients, to ds-OP-client-done, when that task has returned "
			 "the answer. Beside the network and the downstairs it holds the waiting in "
			 "the client's queues; perf-ds-net leaves that out.\n",
		.hits = "Six hits an IO, two for each client.\n",
		.columns = "OP is the operation: read, write, write-unwritten, flush, barrier; "
			   "client is the number of the downstairs, 0 to 2.\n",
	},
	.takes = TAKES_LATENCY,
	.rules = client_rules,
	.rows = NROWS(labels),
	.max_by = 3,
	.latency = &format,
};

const struct report report_perf_ds_net = {
	.name = "perf-ds-net",
	.aliases = "perfdw perf-net-ds",
	.summary = "latency of each downstairs over the network: job sent to answer received",
	.help = {
		.about = "From ds-OP-net-start, when a job is sent over the network to a downstairs, "
			 "to ds-OP-net-done, when its answer has been received: the network both "
			 "ways and the downstairs between.\n",
		.hits = "Six hits an IO, two for each client.\n",
		.columns = "OP is the operation: read, write, write-unwritten, flush; client is the "
			   "number of the downstairs, 0 to 2.\n",
		.caveats = "One slow downstairs shows here while perfgw, which waits for the second "
			   "answer only, still looks well.\n",
	},
	.takes = TAKES_LATENCY,
	.rules = net_rules,
	.rows = NROWS(labels),
	.max_by = 3,
	.latency = &format,
};
