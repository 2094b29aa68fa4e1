/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What ends a flight by Crucible's own probes, as it is asked for and told of: a job that takes
 * longer than it should, and a downstairs that comes into a state.
 */
#ifndef ASSAY_FLIGHT_TRIGGER_H
#define ASSAY_FLIGHT_TRIGGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --trigger-latency: "gw-write>500ms", "PROVIDER:NAME>TIME", "START..DONE>TIME". */
struct latency_trigger {
	char *start, *done; /* the pair's probes, PROVIDER:PROBE, both with * in the same places */
	uint64_t ns;	    /* it fires at a job that took longer */
};

/*
 * NAME is what the probes' names begin with, before -start and -done; without a provider it is of
 * any of Crucible's. Returns 0; -EINVAL with what is wrong in `why`; -ENOMEM. Freed with
 * latency_trigger_free().
 */
int latency_trigger_parse(const char *text, struct latency_trigger *trigger, char *why,
			  size_t size);
void latency_trigger_free(struct latency_trigger *trigger);

/* A job that took too long. */
struct slow_job {
	const char *name;     /* of the pair: "gw-write" */
	uint64_t job;	      /* the first part of its key */
	const char *sub_name; /* what the second is: "client"; NULL: it has none */
	uint64_t sub;
	uint64_t duration; /* ns */
	uint64_t limit;	   /* ns: it was to take no longer */
	uint64_t end;	   /* ns, CLOCK_MONOTONIC */
	const char *process;
	uint32_t pid;
};

/*
 * "gw-write of job 1004 took 512.3ms, longer than 500.0ms: crutest (pid 4321), from 81.123456789 to
 * 81.635756789". Returns `buf`.
 */
const char *slow_job_text(const struct slow_job *job, char *buf, size_t size);

/*
 * Whether a downstairs' state, as a status has it, is the one that is waited for: in any case, with
 * or without underscores, or in its short form (FLT).
 */
bool state_is(const char *state, const char *wanted);

/* A downstairs that came into a state. */
struct state_change {
	const char *upstairs, *session; /* their UUIDs */
	int client;
	const char *before, *now;
	uint64_t time; /* ns, CLOCK_MONOTONIC: of the status that says so */
	const char *process;
	uint32_t pid;
};

/*
 * "downstairs 1 of upstairs UUID (session UUID) is faulted, was offline: crutest (pid 4321), by its
 * status of 81.123456789". Returns `buf`.
 */
const char *state_change_text(const struct state_change *change, char *buf, size_t size);

#endif
