/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The packets of a Perfetto trace, one after the other into a stream. What is on it is not known
 * here: only clocks, tracks, events, their names and arguments. Messages and field numbers:
 * https://github.com/google/perfetto, protos/perfetto/trace (trace_packet.proto and track_event/).
 *
 * A packet's time is told in ns since the packet before, and is never before that. Names are told
 * once and are a number from then on. An error of the stream or of memory stays in `err`; from then
 * on nothing is written.
 */
#ifndef ASSAY_PERFETTO_PACKETS_H
#define ASSAY_PERFETTO_PACKETS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "perfetto_rules.h"
#include "protobuf.h"

#define PERFETTO_TEXT_MAX 4096 /* bytes of a text on the trace */

/* TrackEvent.Type */
enum perfetto_event {
	PERFETTO_EVENT_BEGIN = 1,
	PERFETTO_EVENT_END = 2,
	PERFETTO_EVENT_INSTANT = 3,
};

struct perfetto_packets {
	FILE *out;
	int64_t to_wall;
	int err; /* 0 or -errno */
	bool begun;
	uint64_t last; /* ns, CLOCK_MONOTONIC: time of the packet before */
	uint64_t tracks;
	struct protobuf pb;    /* the packet in the making */
	struct protobuf named; /* names to be told with it */
	size_t packet, event;  /* where these messages begin */
	struct perfetto_text *texts;
	uint32_t ntexts;
};

/* `out` stays the caller's. Freed with packets_free(). */
void packets_init(struct perfetto_packets *packets, FILE *out, int64_t to_wall);
void packets_free(struct perfetto_packets *packets);

/* The beginning of the trace, at `time`; without it, the first packet makes it. */
void packets_begin(struct perfetto_packets *packets, uint64_t time);

/*
 * Tracks, by numbers that packets_new_track() gives out. `parent` is one of those; `by_rank`: the
 * order of its own tracks is by their rank, else by name.
 */
uint64_t packets_new_track(struct perfetto_packets *packets);
void packets_process(struct perfetto_packets *packets, uint64_t time, uint64_t track, uint32_t tgid,
		     const char *name);
void packets_track(struct perfetto_packets *packets, uint64_t time, uint64_t track, uint64_t parent,
		   const char *name, uint32_t rank, bool by_rank);

/* A number for a name, which need not be UTF-8; the same for the same name. 0 without memory. */
uint32_t packets_text(struct perfetto_packets *packets, const char *name);
/* That name as it is on the trace. */
const char *packets_text_get(const struct perfetto_packets *packets, uint32_t text);

/* An event: what is put on it is between packets_event() and packets_send(). */
void packets_event(struct perfetto_packets *packets, uint64_t time, enum perfetto_event type,
		   uint64_t track);
void packets_put_name(struct perfetto_packets *packets, uint32_t name, uint32_t category);
void packets_put_flow(struct perfetto_packets *packets, uint64_t flow, bool ends);
void packets_put_number(struct perfetto_packets *packets, enum perfetto_arg arg, uint64_t value);
void packets_put_signed(struct perfetto_packets *packets, enum perfetto_arg arg, int64_t value);
void packets_put_true(struct perfetto_packets *packets, enum perfetto_arg arg);
/* Any bytes; `cut`: there was more of it. Returns whether all there is is on the trace. */
bool packets_put_text(struct perfetto_packets *packets, enum perfetto_arg arg, const char *text,
		      bool cut);
void packets_send(struct perfetto_packets *packets);

#endif
