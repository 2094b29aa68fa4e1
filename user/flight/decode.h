/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A recording (recorder.h) made text: one line an event, by time across all CPUs, as tracefs's
 * trace_pipe has them:
 *
 *	COMM-PID [CPU] SECONDS: EVENT: FIELDS
 *
 * with seconds of CLOCK_MONOTONIC. Lines that begin with # say what was recorded where, how to make
 * wall-clock time of it, and what is missing. The formats come with the recording: it can be
 * decoded on another machine. Nothing in a recording is trusted.
 */
#ifndef ASSAY_DECODE_H
#define ASSAY_DECODE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct decode_stats {
	uint64_t events;  /* lines of events printed */
	uint64_t lost;	  /* that the recording says were lost */
	uint64_t damaged; /* bytes passed over: cut off when the machine stopped, or damaged */
	uint64_t odd;	  /* events printed as numbers: of a format that was not understood */
	uint64_t first;	  /* ns, CLOCK_MONOTONIC; 0: no event */
	uint64_t last;
};

/*
 * `raw` is a folder trace.raw, or one that has such a folder in it. Returns 0 (also when part of
 * the recording is damaged: see `stats`), or -errno with what is wrong in `why`: -ENOTSUP for a
 * version of another day, or when assay was built without libtraceevent.
 */
int flight_decode(const char *raw, FILE *out, struct decode_stats *stats, char *why, size_t size);

/* The same in this very process, for fuzzers; it is at the mercy of libtraceevent. */
int flight_decode_here(const char *raw, int fd, struct decode_stats *stats, char *why, size_t size);

#endif
