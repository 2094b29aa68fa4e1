/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The processes of a Perfetto trace with their tracks, and the lanes of a track, each told to the
 * trace when it is first used.
 */
#ifndef ASSAY_PERFETTO_TRACKS_H
#define ASSAY_PERFETTO_TRACKS_H

#include <stdbool.h>
#include <stdint.h>

#include "perfetto_flows.h"
#include "perfetto_packets.h"
#include "perfetto_probes.h"

#define PERFETTO_LANES 4096 /* slices of one track that can be open at a time */

/* A slice that has begun. */
struct perfetto_slice {
	struct perfetto_slice *next;		/* for whoever keeps it */
	struct perfetto_slice *older, *younger; /* of the track */
	struct perfetto_track *track;
	uint64_t key[2];
	uint32_t pair, tid, lane;
	uint8_t role, nargs;
};

struct perfetto_track {
	struct perfetto_process *process;
	struct perfetto_slice *oldest, *youngest;
	uint64_t parent; /* this and below: packets' numbers of tracks */
	uint64_t *lanes;
	uint32_t nlanes;
	uint32_t rank;
	uint64_t busy[PERFETTO_LANES / 64]; /* bits: lanes that have a slice */
	char name[];
};

struct perfetto_process {
	struct perfetto_process *next;
	uint64_t track;
	uint32_t tgid;
	bool told;
	char *name; /* NULL: none */
	struct perfetto_group *groups;
	uint32_t ngroups;
	struct perfetto_track **tracks; /* by kind and client; NULL where there is none */
	uint32_t ntracks;
	struct perfetto_downstairs ds;
};

#define PERFETTO_PROCESSES 256 /* buckets, a power of two */
struct perfetto_processes {
	struct perfetto_process *buckets[PERFETTO_PROCESSES];
};

/* The process with that pid, made if there is none; NULL without memory. */
struct perfetto_process *process_get(struct perfetto_processes *processes,
				     struct perfetto_packets *packets, uint32_t tgid);
/* The same, but NULL if there is none. */
struct perfetto_process *process_find(struct perfetto_processes *processes, uint32_t tgid);
/* Takes the process out and frees it. It has no slice any more. */
void process_remove(struct perfetto_processes *processes, struct perfetto_process *process);

/* Names it. 0 or -ENOMEM. */
int process_set_name(struct perfetto_process *process, struct perfetto_packets *packets,
		     const char *name);

/* The process' track of a kind, of that client if there is one a client. NULL without memory. */
struct perfetto_track *process_track(struct perfetto_process *process,
				     struct perfetto_packets *packets,
				     const struct perfetto_probes *probes, uint32_t kind,
				     uint64_t client, uint64_t time);

/* The lowest lane that is free, or -ENOSPC, or -ENOMEM. */
int track_free_lane(struct perfetto_track *track, struct perfetto_packets *packets, uint64_t time);

/* Puts a slice on its lane, as the youngest; takes it off. */
void track_add(struct perfetto_track *track, struct perfetto_slice *slice);
void track_remove(struct perfetto_slice *slice);

#endif
