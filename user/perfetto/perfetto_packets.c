// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/escape.h"
#include "perfetto_packets.h"

/* Field numbers, by message. */
enum {
	TRACE_PACKET = 1,

	PACKET_CLOCK_SNAPSHOT = 6,
	PACKET_TIMESTAMP = 8,
	PACKET_SEQUENCE_ID = 10,
	PACKET_TRACK_EVENT = 11,
	PACKET_INTERNED_DATA = 12,
	PACKET_SEQUENCE_FLAGS = 13,
	PACKET_DEFAULTS = 59,
	PACKET_TRACK_DESCRIPTOR = 60,
	PACKET_FIRST_ON_SEQUENCE = 87,

	DEFAULTS_TIMESTAMP_CLOCK_ID = 58,

	SNAPSHOT_CLOCKS = 1,
	SNAPSHOT_PRIMARY_CLOCK = 2,
	CLOCK_ID = 1,
	CLOCK_TIMESTAMP = 2,
	CLOCK_IS_INCREMENTAL = 3,

	TRACK_UUID = 1,
	TRACK_NAME = 2,
	TRACK_PROCESS = 3,
	TRACK_PARENT_UUID = 5,
	TRACK_CHILD_ORDERING = 11,
	TRACK_SIBLING_ORDER_RANK = 12,
	PROCESS_PID = 1,
	PROCESS_NAME = 6,

	EVENT_CATEGORY_IIDS = 3,
	EVENT_DEBUG_ANNOTATIONS = 4,
	EVENT_TYPE = 9,
	EVENT_NAME_IID = 10,
	EVENT_TRACK_UUID = 11,
	EVENT_FLOW_IDS = 47,
	EVENT_TERMINATING_FLOW_IDS = 48,

	ANNOTATION_NAME_IID = 1,
	ANNOTATION_BOOL = 2,
	ANNOTATION_UINT = 3,
	ANNOTATION_INT = 4,
	ANNOTATION_STRING = 6,

	INTERNED_CATEGORIES = 1,
	INTERNED_EVENT_NAMES = 2,
	INTERNED_ANNOTATION_NAMES = 3,
	NAME_IID = 1,
	NAME_NAME = 2,
};

enum {
	CLOCK_ID_REALTIME = 1,
	CLOCK_ID_MONOTONIC = 3,
	CLOCK_ID_BOOTTIME = 6,
	CLOCK_ID_SINCE_LAST = 64, /* our own */
};
enum { FLAG_STATE_CLEARED = 1, FLAG_NEEDS_STATE = 2 };
enum { ORDER_BY_NAME = 1, ORDER_BY_RANK = 3 };

/* All packets are of one writer, so of one sequence. */
#define SEQUENCE 1

struct perfetto_text {
	char *name;
	bool is_name, is_category; /* told as such */
};

void packets_init(struct perfetto_packets *p, FILE *out, int64_t to_wall)
{
	*p = (struct perfetto_packets){ .out = out, .to_wall = to_wall };
}

void packets_free(struct perfetto_packets *p)
{
	for (uint32_t i = 0; i < p->ntexts; i++)
		free(p->texts[i].name);
	free(p->texts);
	protobuf_free(&p->pb);
	protobuf_free(&p->named);
}

static void packet_open(struct perfetto_packets *p, uint32_t flags)
{
	p->pb.len = 0;
	p->packet = protobuf_open(&p->pb, TRACE_PACKET);
	protobuf_number(&p->pb, PACKET_SEQUENCE_ID, SEQUENCE);
	protobuf_number(&p->pb, PACKET_SEQUENCE_FLAGS, flags);
}

static void packet_close(struct perfetto_packets *p)
{
	protobuf_close(&p->pb, p->packet);
	if (!p->err)
		p->err = p->pb.err ? p->pb.err : p->named.err;
	if (p->err)
		return;
	errno = EIO; /* if the stream sets none */
	if (fwrite(p->pb.data, 1, p->pb.len, p->out) != p->pb.len)
		p->err = -errno;
}

/* A number and its name: an entry of InternedData. */
static void put_interned(struct protobuf *pb, uint32_t field, uint64_t number, const char *name)
{
	size_t entry = protobuf_open(pb, field);

	protobuf_number(pb, NAME_IID, number);
	protobuf_text(pb, NAME_NAME, name);
	protobuf_close(pb, entry);
}

static void put_clock(struct protobuf *pb, uint32_t id, uint64_t time, bool since_last)
{
	size_t clock = protobuf_open(pb, SNAPSHOT_CLOCKS);

	protobuf_number(pb, CLOCK_ID, id);
	protobuf_number(pb, CLOCK_TIMESTAMP, time);
	if (since_last)
		protobuf_number(pb, CLOCK_IS_INCREMENTAL, 1);
	protobuf_close(pb, clock);
}

/*
 * The trace is drawn by CLOCK_MONOTONIC. Readers complain if they can't relate CLOCK_BOOTTIME,
 * their default, to it; they are told that it is the same, as it is on a host that has never slept.
 */
void packets_begin(struct perfetto_packets *p, uint64_t time)
{
	size_t part;

	p->begun = true;
	p->last = time;
	packet_open(p, FLAG_STATE_CLEARED);
	protobuf_number(&p->pb, PACKET_FIRST_ON_SEQUENCE, 1);
	part = protobuf_open(&p->pb, PACKET_DEFAULTS);
	protobuf_number(&p->pb, DEFAULTS_TIMESTAMP_CLOCK_ID, CLOCK_ID_SINCE_LAST);
	protobuf_close(&p->pb, part);
	part = protobuf_open(&p->pb, PACKET_CLOCK_SNAPSHOT);
	put_clock(&p->pb, CLOCK_ID_MONOTONIC, time, false);
	put_clock(&p->pb, CLOCK_ID_BOOTTIME, time, false);
	put_clock(&p->pb, CLOCK_ID_REALTIME, time + (uint64_t)p->to_wall, false);
	put_clock(&p->pb, CLOCK_ID_SINCE_LAST, time, true);
	protobuf_number(&p->pb, SNAPSHOT_PRIMARY_CLOCK, CLOCK_ID_MONOTONIC);
	protobuf_close(&p->pb, part);
	part = protobuf_open(&p->pb, PACKET_INTERNED_DATA);
	for (int arg = 1; arg < PERFETTO_ARG_MAX; arg++)
		put_interned(&p->pb, INTERNED_ANNOTATION_NAMES, arg, perfetto_arg_name(arg));
	protobuf_close(&p->pb, part);
	packet_close(p);
}

/* Times go up only: a lane that has an older slice behind a younger one would not nest. */
static void timed_packet_open(struct perfetto_packets *p, uint64_t time)
{
	if (!p->begun)
		packets_begin(p, time);
	if (time < p->last)
		time = p->last;
	packet_open(p, FLAG_NEEDS_STATE);
	protobuf_number(&p->pb, PACKET_TIMESTAMP, time - p->last);
	p->last = time;
}

uint64_t packets_new_track(struct perfetto_packets *p)
{
	return ++p->tracks;
}

void packets_process(struct perfetto_packets *p, uint64_t time, uint64_t track, uint32_t tgid,
		     const char *name)
{
	size_t descriptor, process;
	char text[PERFETTO_NAME_MAX];

	timed_packet_open(p, time);
	descriptor = protobuf_open(&p->pb, PACKET_TRACK_DESCRIPTOR);
	protobuf_number(&p->pb, TRACK_UUID, track);
	process = protobuf_open(&p->pb, TRACK_PROCESS);
	protobuf_number(&p->pb, PROCESS_PID, tgid);
	if (name && *name) {
		escape_copy(text, sizeof(text), name);
		protobuf_text(&p->pb, PROCESS_NAME, text);
	}
	protobuf_close(&p->pb, process);
	protobuf_close(&p->pb, descriptor);
	packet_close(p);
}

void packets_track(struct perfetto_packets *p, uint64_t time, uint64_t track, uint64_t parent,
		   const char *name, uint32_t rank, bool by_rank)
{
	size_t descriptor;

	timed_packet_open(p, time);
	descriptor = protobuf_open(&p->pb, PACKET_TRACK_DESCRIPTOR);
	protobuf_number(&p->pb, TRACK_UUID, track);
	protobuf_number(&p->pb, TRACK_PARENT_UUID, parent);
	protobuf_text(&p->pb, TRACK_NAME, name);
	protobuf_number(&p->pb, TRACK_SIBLING_ORDER_RANK, rank);
	protobuf_number(&p->pb, TRACK_CHILD_ORDERING, by_rank ? ORDER_BY_RANK : ORDER_BY_NAME);
	protobuf_close(&p->pb, descriptor);
	packet_close(p);
}

uint32_t packets_text(struct perfetto_packets *p, const char *name)
{
	char text[PERFETTO_NAME_MAX];
	struct perfetto_text *texts;

	escape_copy(text, sizeof(text), name);
	for (uint32_t i = 0; i < p->ntexts; i++)
		if (!strcmp(p->texts[i].name, text))
			return i + 1;
	texts = realloc(p->texts, (p->ntexts + 1) * sizeof(*texts));
	if (!texts)
		return 0;
	p->texts = texts;
	texts[p->ntexts] = (struct perfetto_text){ .name = strdup(text) };
	return texts[p->ntexts].name ? ++p->ntexts : 0;
}

const char *packets_text_get(const struct perfetto_packets *p, uint32_t text)
{
	return p->texts[text - 1].name;
}

void packets_event(struct perfetto_packets *p, uint64_t time, enum perfetto_event type,
		   uint64_t track)
{
	timed_packet_open(p, time);
	p->event = protobuf_open(&p->pb, PACKET_TRACK_EVENT);
	protobuf_number(&p->pb, EVENT_TYPE, type);
	protobuf_number(&p->pb, EVENT_TRACK_UUID, track);
}

void packets_put_name(struct perfetto_packets *p, uint32_t name, uint32_t category)
{
	struct perfetto_text *n = &p->texts[name - 1], *c = &p->texts[category - 1];

	if (!n->is_name)
		put_interned(&p->named, INTERNED_EVENT_NAMES, name, n->name);
	if (!c->is_category)
		put_interned(&p->named, INTERNED_CATEGORIES, category, c->name);
	n->is_name = c->is_category = true;
	protobuf_number(&p->pb, EVENT_NAME_IID, name);
	protobuf_number(&p->pb, EVENT_CATEGORY_IIDS, category);
}

void packets_put_flow(struct perfetto_packets *p, uint64_t flow, bool ends)
{
	protobuf_fixed64(&p->pb, ends ? EVENT_TERMINATING_FLOW_IDS : EVENT_FLOW_IDS, flow);
}

static void put_value(struct perfetto_packets *p, enum perfetto_arg arg, uint32_t field,
		      uint64_t value)
{
	size_t annotation = protobuf_open(&p->pb, EVENT_DEBUG_ANNOTATIONS);

	protobuf_number(&p->pb, ANNOTATION_NAME_IID, arg);
	protobuf_number(&p->pb, field, value);
	protobuf_close(&p->pb, annotation);
}

void packets_put_number(struct perfetto_packets *p, enum perfetto_arg arg, uint64_t value)
{
	put_value(p, arg, ANNOTATION_UINT, value);
}

void packets_put_signed(struct perfetto_packets *p, enum perfetto_arg arg, int64_t value)
{
	put_value(p, arg, ANNOTATION_INT, (uint64_t)value);
}

void packets_put_true(struct perfetto_packets *p, enum perfetto_arg arg)
{
	put_value(p, arg, ANNOTATION_BOOL, 1);
}

bool packets_put_text(struct perfetto_packets *p, enum perfetto_arg arg, const char *text, bool cut)
{
	static const char more[] = "…";
	size_t annotation = protobuf_open(&p->pb, EVENT_DEBUG_ANNOTATIONS);
	char value[PERFETTO_TEXT_MAX];

	if (escape_copy(value, sizeof(value), text) >= sizeof(value))
		cut = true;
	if (cut) {
		/* again, with room for the mark */
		escape_copy(value, sizeof(value) - strlen(more), text);
		strcat(value, more);
	}
	protobuf_number(&p->pb, ANNOTATION_NAME_IID, arg);
	protobuf_text(&p->pb, ANNOTATION_STRING, value);
	protobuf_close(&p->pb, annotation);
	return !cut;
}

void packets_send(struct perfetto_packets *p)
{
	size_t interned;

	protobuf_close(&p->pb, p->event);
	if (p->named.len) {
		interned = protobuf_open(&p->pb, PACKET_INTERNED_DATA);
		protobuf_append(&p->pb, &p->named);
		protobuf_close(&p->pb, interned);
		p->named.len = 0;
	}
	packet_close(p);
}
