/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which slices are steps of one IO: gateway to network to downstairs, one flow a client.
 *
 * Within an upstairs the job's id tells. A downstairs knows the job's id only, not who sent it or
 * which client it is for, so that has to be learned. Until a downstairs replies, the client's
 * network slice is open: a client that had not sent the job yet, or had its reply already, is not
 * the one. One that was ruled out by several jobs is out; the last that is left, never ruled out by
 * any, is the one. When all have been ruled out, hits were lost or it is another's downstairs, and
 * it starts from nothing. A job that several upstairs, or two sessions of one, have in flight gets
 * no flow to the downstairs rather than a wrong one, and teaches nothing.
 */
#ifndef ASSAY_PERFETTO_FLOWS_H
#define ASSAY_PERFETTO_FLOWS_H

#include <stdbool.h>
#include <stdint.h>

#include "perfetto.h"

#define PERFETTO_CLIENTS 3 /* of an upstairs; their flows are numbered one after the other */

struct perfetto_flows;

/* What is known of a process as a downstairs. All zero: nothing. */
struct perfetto_downstairs {
	struct perfetto_downstairs *next;  /* of those about which something is known */
	uint64_t up;			   /* the upstairs it works for; 0: not known */
	uint32_t misses[PERFETTO_CLIENTS]; /* jobs that ruled that client out, a few at most */
};

/* Counts go to `stats`, which outlives it. NULL without memory. */
struct perfetto_flows *perfetto_flows__new(struct perfetto_stats *stats);
void perfetto_flows__free(struct perfetto_flows *flows);

/*
 * A slice of job `job` in the upstairs `up` (any number but 0, its own for each process) begins:
 * at the gateway, of one client, on the way to its downstairs. The first returns the number of the
 * flow of client 0, the last that of `client`'s; 0: there is none.
 */
uint64_t flows_gateway_begin(struct perfetto_flows *flows, uint64_t up, uint64_t job);
void flows_client_begin(struct perfetto_flows *flows, uint64_t up, uint64_t job);
uint64_t flows_net_begin(struct perfetto_flows *flows, uint64_t up, uint64_t job, uint64_t client);

/* That slice ends; `net`: one that began with flows_net_begin(). */
void flows_end(struct perfetto_flows *flows, uint64_t up, uint64_t job, bool net, uint64_t client);

/* A job comes to a downstairs, and is about to be replied to. The flow's number, or 0. */
uint64_t flows_submit_begin(struct perfetto_flows *flows, struct perfetto_downstairs *ds,
			    uint64_t job);
void flows_submit_done(struct perfetto_flows *flows, struct perfetto_downstairs *ds, uint64_t job);

/* The process is gone. */
void flows_forget(struct perfetto_flows *flows, struct perfetto_downstairs *ds);

#endif
