/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * USDT probes in a flight, Crucible's above all: their hits, kept beside the tracepoints' events;
 * the triggers that watch them; and a snapshot of what upstairs_info and perfgw show. It is the
 * tracer of the reports (core/tracer.h) with the rules of wants.h.
 */
#ifndef ASSAY_FLIGHT_CRUCIBLE_H
#define ASSAY_FLIGHT_CRUCIBLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flight_options.h"
#include "folder.h"

struct crucible;

struct crucible_options {
	const struct flight_options *flight;
	const struct folder *folder; /* its folder trace.raw is there */
	/* the event of interest has come, as one line of text */
	void (*trigger)(void *arg, const char *text);
	/* something for event.log that ends nothing */
	void (*note)(void *arg, const char *text);
	/* has a file on the disk in time, and closes it */
	void (*sync)(void *arg, int fd);
	void *arg; /* of all three */
};

/*
 * Loads the program, finds who has the probes and attaches to them; nothing counts yet. *out is
 * NULL when nothing is wanted of probes. On failure returns -errno with why in `why`: -EINVAL for
 * options that are wrong, -ENOENT when nothing on this host has what was asked for, unless
 * checks are off: then it is waited for. Freed with crucible__free(), which lets go of the probes.
 */
int crucible__new(const struct crucible_options *options, struct crucible **out, char *why,
		  size_t size);
void crucible__free(struct crucible *crucible);

/* From here on hits count. */
void crucible_go(struct crucible *crucible);

/* Readable when a program was started on the host, which may have probes; -1: never. */
int crucible_fd(const struct crucible *crucible);
void crucible_look(struct crucible *crucible);

/*
 * Calls trigger() and note() for what has come; every 20 ms, say. A thread takes the hits by
 * itself. 0, or -errno of what keeps it from writing them.
 */
int crucible_drain(struct crucible *crucible);

/*
 * Writes the snapshot, upstairs_info.txt and perfgw.txt, of all up to now; the first time only.
 * `until` says what comes now: "the trigger". 0 or -errno.
 */
int crucible_snapshot(struct crucible *crucible, const char *until);

/* From here on nothing counts; what has come is taken and told. 0 or -errno of writing. */
int crucible_stop(struct crucible *crucible);

struct crucible_stats {
	int sites;	  /* attached to, so far */
	bool keeps;	  /* hits, as events */
	uint64_t hits;	  /* kept so far, those that were dropped since included */
	uint64_t lost;	  /* they came faster than they could be taken */
	uint64_t dropped; /* as old: not a loss */
	uint64_t bytes;	  /* in the files now */
	uint64_t oldest;  /* ns, CLOCK_MONOTONIC, of the oldest hit kept; 0: none */
	uint64_t unread;  /* statuses that made no sense */
	uint64_t missed;  /* programs that were started and not looked at */
	int refused;	  /* pairs and probes that were too many */
};

void crucible_stats(struct crucible *crucible, struct crucible_stats *stats);

/* "12 dones without a start, 1 text cut": all that is uncertain; "" when nothing is. */
const char *crucible_losses(const struct crucible *crucible, char *buf, size_t size);

#endif
