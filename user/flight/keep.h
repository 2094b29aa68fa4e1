/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Keeps the newest of some streams of bytes, each in files of its own of which the oldest are
 * removed: at most so many bytes a stream. What is appended reaches the disk about a second later;
 * a machine that stops loses no more than that.
 */
#ifndef ASSAY_FLIGHT_KEEP_H
#define ASSAY_FLIGHT_KEEP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "raw.h"

struct keep_options {
	const char *dir;  /* a folder that is there */
	int cpus;	  /* streams 0 to cpus - 1 are CPUs, stream `cpus` is RAW_LINES */
	uint64_t bytes;	  /* a stream; 0: no bound */
	uint64_t ns;	  /* drop what is older; 0: no bound */
	uint64_t sync_ns; /* how long what was appended may wait for the disk; 0: KEEP_SYNC */
};

#define KEEP_SEGMENTS 8 /* of a stream: what is dropped at a time is an eighth */
#define KEEP_SYNC     1000000000ULL

struct keep;

/*
 * Makes the file "about" and nothing else. 0 or -errno. Starts a thread, which waits for the disk
 * in our stead.
 */
int keep__new(const struct keep_options *options, struct keep **out);
/* Closes the files; they stay. */
void keep__free(struct keep *keep);

/* Adds a block to "about". 0 or -errno. */
int keep_about(struct keep *keep, enum raw_kind kind, const void *payload, size_t size);

/* A piece of a stream: whole records, of times that do not go back. */
struct keep_piece {
	struct iovec opening;  /* put in front where a file begins; may be empty */
	struct iovec parts[2]; /* its bytes */
	uint64_t events;
	uint64_t first, last; /* ns: times in it */
};

/*
 * Appends; drops what is too old or too much. 0 or -errno, in which case none of it was written. A
 * piece is at most RAW_BLOCK_MAX bytes.
 */
int keep_append(struct keep *keep, int stream, const struct keep_piece *piece);

/* Drops what is too old at the time `now` (ns) of all streams. */
void keep_age(struct keep *keep, uint64_t now);

struct keep_stats {
	uint64_t bytes;		 /* in the files now */
	uint64_t dropped_events; /* of the files that were removed */
	uint64_t oldest;	 /* the first time in the files; 0: there is none */
	uint64_t whole_from;	 /* the last time in what was dropped; 0: nothing was */
};

void keep_stats(const struct keep *keep, struct keep_stats *stats);

/* Has a file that is not of these streams on the disk in time, too, and closes it. */
void keep_sync_file(struct keep *keep, int fd);

/* Waits until all of it is on the disk. 0 or -errno. */
int keep_sync(struct keep *keep);

#endif
