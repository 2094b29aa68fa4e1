/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The recorder: one BPF program on every tracepoint that is asked for, which copies each event's
 * raw record into rings of memory, one a CPU; a thread moves them on into files, of which the
 * newest are kept. All of a recording is in one folder, DIR/trace.raw, whole at any moment: what a
 * run that was killed leaves behind is decoded as any other (decode.h).
 *
 * Letting go of tracepoints: the kernel takes 40 ms for each, one after another. A process of our
 * own, the holder (holder.h), has the descriptors; it takes the program off all of them at once
 * when the recorder stops, or when this process is gone however it ended, and lives on for as long
 * as the rest takes.
 */
#ifndef ASSAY_RECORDER_H
#define ASSAY_RECORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct recorder_options {
	const char *const *patterns; /* "ext4:*", "block:block_rq_*,jbd2:*": events.h */
	int npatterns;
	const char *dir;     /* a folder that is there; DIR/trace.raw is made */
	uint64_t keep_bytes; /* a CPU; the oldest is dropped first; 0: no bound */
	uint64_t keep_ns;    /* at least so far back, within keep_bytes; 0: no bound by time */
	uint32_t ring_bytes; /* of memory, a CPU, a power of two; 0: RECORDER_RING */
};

/*
 * Less where all CPUs together would have more than 512 MiB; 2 MiB where the kernel
 * takes no larger elements of arrays (5.15).
 */
#define RECORDER_RING (8u << 20)

struct recorder;

/*
 * Finds the tracepoints, loads the program and attaches it; nothing is recorded yet. Forks (the
 * holder): call it before there are threads. On failure returns -errno with what was being done in
 * `why`: -ENOENT when no tracepoint matches a pattern, -EINVAL when one cannot be understood.
 */
int recorder__new(const struct recorder_options *options, struct recorder **out, char *why,
		  size_t size);

/* From this moment on events are recorded; to this moment. Both can be called from any state. */
void recorder_go(struct recorder *recorder);
void recorder_stop(struct recorder *recorder);

/*
 * Events that were moved into the files since the last call; a thread does it by itself, every
 * 20 ms or less. Or -errno of what keeps it from doing so: -ENOSPC and others of write(2). What was
 * written stays whole then, what was not waits in the rings, and the thread goes on trying.
 */
int recorder_drain(struct recorder *recorder);

/*
 * One event that is not of a tracepoint, in the same stream, as one line of text ("trigger: ...",
 * no newline). Times (ns, CLOCK_MONOTONIC) do not go back from one call to the next: one
 * that does is taken for the time before. What does not fit until the next drain counts as lost.
 */
void recorder_add_line(struct recorder *recorder, uint64_t time, pid_t tid, const char *comm,
		       const char *text);

/* Has another file of the folder on the disk about as soon as the recorder's own; closes it. */
void recorder_sync_file(struct recorder *recorder, int fd);

struct recorder_stats {
	uint64_t events; /* recorded so far, those that were dropped as old included; lines, too */
	uint64_t lost;	 /* a ring was full */
	uint64_t unwritten; /* taken, but the disk took no more: known once it has finished */
	/*
	 * Fired in an interrupt while the program was at work on the same CPU: the kernel runs no
	 * second one then. Kernels before 6.7 do not count these, and `nested_known` is false.
	 */
	uint64_t nested;
	bool nested_known;
	uint64_t truncated;	 /* recorded, but longer than a record can be */
	uint64_t bytes;		 /* in the files now */
	uint64_t dropped_events; /* dropped as old: not a loss */
	uint64_t oldest;	 /* ns, CLOCK_MONOTONIC, of the oldest event kept; 0: none */
	uint64_t whole_from;	 /* from here on nothing of any CPU was dropped as old */
	int tracepoints;
};

void recorder_stats(struct recorder *recorder, struct recorder_stats *stats);

/*
 * Once it has stopped: moves what is left and closes the files, with the losses in them. Returns 0,
 * or -errno with what was being done in `why`.
 */
int recorder_finish(struct recorder *recorder, char *why, size_t size);

/* Stops, waits 300 ms at most until no program is attached any more, and frees all but the files.
 */
void recorder__free(struct recorder *recorder);

#endif
