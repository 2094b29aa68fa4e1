/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Moves what comes through the recorder's rings into files, in a thread of its own with a high
 * priority: whatever keeps the rest of the process busy, the rings do not run full meanwhile.
 */
#ifndef ASSAY_FLIGHT_DRAINER_H
#define ASSAY_FLIGHT_DRAINER_H

#include <stdint.h>
#include <sys/types.h>

#include "keep.h"
#include "rings.h"

struct drainer;

/* `rings` and `keep` stay the caller's, who leaves them alone until the drainer is freed. */
int drainer__new(struct rings *rings, struct keep *keep, struct drainer **out);

/* Lets the thread go to work, or to its end; each no more than once. 0 or -errno. */
int drainer_start(struct drainer *drainer);
void drainer_stop(struct drainer *drainer);

/* Events moved since the last call, or the error that keeps it from moving more. */
int drainer_moved(struct drainer *drainer);

/* recorder_add_line() */
void drainer_add_line(struct drainer *drainer, uint64_t time, pid_t tid, const char *comm,
		      const char *text);

struct drainer_stats {
	struct keep_stats kept;
	uint64_t lines, lines_lost;
	uint64_t
		unwritten; /* events and lines for which there was no room on the disk at the end */
};

void drainer_stats(struct drainer *drainer, struct drainer_stats *stats);

/*
 * After drainer_stop(), when nothing comes any more: moves all that is left, and says in the stream
 * what was lost at its end, the time `now`. 0 or -errno.
 */
int drainer_finish(struct drainer *drainer, uint64_t now);

/* Stops it. */
void drainer__free(struct drainer *drainer);

#endif
