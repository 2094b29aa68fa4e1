/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The flight recorder, between program and user space: each CPU's ring of records, and what the
 * program knows of each tracepoint.
 *
 * A ring has one writer: the kernel runs no second program of this kind (tracepoints by perf
 * events) on a CPU where one is at work, so places need not be fought for. Records follow one
 * another without gaps. One that begins before the ring's end is written in one piece, over it if
 * need be, into the room behind; the next begins where this one would have ended.
 */
#ifndef ASSAY_FLIGHT_RING_H
#define ASSAY_FLIGHT_RING_H

#include "fold_types.h"

/*
 * A record: this, then the event's raw record as its format says, less the 8 bytes of common fields
 * that all begin with. They are common_type and common_pid here; the kernel puts a pointer of its
 * own where they were before a program sees them.
 */
struct flight_record {
	__u64 time; /* ns, CLOCK_MONOTONIC */
	__u16 id;   /* of the tracepoint, as in tracefs; 0: a note */
	__u16 size; /* of all of it, bytes, a multiple of 8 */
	__s32 tid;  /* that was on the CPU, in the host's pid namespace */
};

/* What else stands between the events. */
enum flight_note_kind {
	FLIGHT_COMM = 1, /* the thread `tid` is on the CPU from here on, by this name */
	FLIGHT_LOST = 2, /* so many events did not fit into the ring */
	FLIGHT_LINE = 3, /* an event in words, then its thread's name, both with their NULs */
};

#define FLIGHT_LINE_TEXT 24 /* where these begin: behind `reserved` */

#define FLIGHT_COMM_LEN	 16

struct flight_note {
	struct flight_record head;
	__u32 kind;
	__u32 reserved;
	union {
		char comm[FLIGHT_COMM_LEN];
		struct {
			__u64 lost;
			__u64 unused;
		};
	};
};

/* The longest event, with its common fields: PERF_MAX_TRACE_SIZE (include/linux/trace_events.h). */
#define FLIGHT_EVENT_MAX  8192
#define FLIGHT_COMMON	  8
#define FLIGHT_RECORD_MAX (FLIGHT_EVENT_MAX - FLIGHT_COMMON + sizeof(struct flight_record))
/*
 * Room behind a ring's end: for a record with notes in front of it, and as much again, since the
 * verifier adds up the longest of fixed and of dynamic fields.
 */
#define FLIGHT_SLACK	   (2 * FLIGHT_EVENT_MAX + 256)

#define FLIGHT_DYNAMIC_MAX 8 /* fields of an event that have a length of their own */

struct flight_event {
	__u16 id;
	__u16 fixed;	/* bytes before what the dynamic fields point to, common fields included */
	__u16 ndynamic; /* fields whose value says where they are */
	__u16 reserved;
	struct {
		__u16 at;   /* the field's offset */
		__u16 base; /* what its offset is counted from: 0, or behind itself (__rel_loc) */
	} dynamic[FLIGHT_DYNAMIC_MAX];
	__u64 truncated; /* events that were longer than FLIGHT_EVENT_MAX */
};

struct flight_ring {
	/* of the program */
	__u64 head;   /* bytes written since the beginning */
	__u64 events; /* written */
	__u64 lost;   /* that found the ring full */
	__u64 told;   /* of these, in FLIGHT_LOST notes */
	__u64 comm[2];
	__s32 tid; /* of the last event, with that name */
	__u32 reserved;
	__u64 apart[9];
	/* of user space */
	__u64 tail;
	__u64 apart_too[15];
};

#endif
