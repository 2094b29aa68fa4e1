/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The reader of the recorder's rings (bpf/flight_ring.h), one a CPU, in mapped memory: what has
 * come, as pieces to keep.
 */
#ifndef ASSAY_FLIGHT_RINGS_H
#define ASSAY_FLIGHT_RINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "flight_ring.h"
#include "keep.h"

struct rings {
	struct flight_ring *rings; /* [cpus] */
	const char *bytes;	   /* of each, `size` and FLIGHT_SLACK */
	int cpus;
	uint32_t size;		  /* a power of two */
	struct flight_note *comm; /* [cpus]: the last FLIGHT_COMM taken; of size 0: none yet */
	uint32_t most;		  /* bytes of a piece, and then the record that goes beyond that */
	uint64_t broken;	  /* pieces whose rest made no sense and was passed over */
};

struct rings_piece {
	struct keep_piece keep; /* opens with who was on the CPU when the piece begins */
	struct flight_note opening;
	struct flight_note comm; /* who is on it when it ends */
	uint64_t bytes;
	uint64_t head; /* where it ends in the ring */
	bool broken;
};

#define RINGS_PIECE (1u << 20) /* what a piece may have at most, where nothing asks for less */

/*
 * What has come of a CPU, or the beginning of it if that is much; false when nothing has. Valid
 * until it is taken.
 */
bool rings_look(const struct rings *rings, int cpu, struct rings_piece *piece);

/* Frees its place. */
void rings_take(struct rings *rings, int cpu, const struct rings_piece *piece);

#endif
