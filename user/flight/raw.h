/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The form of a recording, the folder trace.raw: what keep.c writes and raw_read.c reads. All
 * numbers are little-endian.
 *
 *	about		what it takes to decode the rest; written first, but for RAW_END
 *	cpuC.N		events of CPU C, its segment N; those with the lowest numbers have been
 *			dropped
 *	lines.N		events in words
 *	hits.N		hits of probes, a recording each (core/recording.h)
 *
 * Each of the others is a struct raw_head, then blocks: a struct raw_block and its payload. Blocks
 * are appended, and stand for themselves: one that is cut off or damaged ends its file, nothing
 * else. Other kinds of blocks are passed over.
 *
 * Payloads: of RAW_EVENTS, struct flight_record one after another (bpf/flight_ring.h), by time;
 * records are not split between blocks. The first of a segment is a FLIGHT_COMM, as far as it is
 * known who was on the CPU. Of RAW_FORMAT, the tracepoint's system, a NUL, the text of its format
 * file. Of RAW_PRINTK and RAW_SYMBOLS, the texts of tracefs's printk_formats and of /proc/kallsyms.
 * Of RAW_HOST and RAW_END one JSON object:
 *
 *	RAW_HOST	"host", "kernel", "machine", "long_size", "cpus", "patterns" (an array),
 *			"start" (ns, CLOCK_MONOTONIC), "wall" (ns, to add to that clock)
 *	RAW_END		"stop", "wall"; "events", "lost", "nested" (null: not known), "truncated",
 *			"dropped_events", "whole_from", as in recorder.h
 */
#ifndef ASSAY_FLIGHT_RAW_H
#define ASSAY_FLIGHT_RAW_H

#include <stddef.h>
#include <stdint.h>

#include "flight_ring.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "recordings are used as they are read");

#define RAW_FOLDER "trace.raw"
#define RAW_ABOUT  "about"
#define RAW_MAGIC  "\211flight\n" /* no text */
#define RAW_MAJOR  1 /* a reader of one major version knows not to understand another */
#define RAW_MINOR  0

struct raw_head {
	char magic[8];
	uint16_t major;
	uint16_t minor;
	int32_t stream;	 /* the CPU, or RAW_LINES; RAW_STATIC of the file "about" */
	uint64_t number; /* of the segment */
};

#define RAW_LINES  (-1)
#define RAW_STATIC (-2)
#define RAW_HITS   (-3)
#define RAW_CPUS   65536 /* CPUs' numbers are below */

/* Never reuse a number. */
enum raw_kind {
	RAW_EVENTS = 1,
	RAW_HOST = 2,
	RAW_FORMAT = 3,
	RAW_PRINTK = 4,
	RAW_SYMBOLS = 5,
	RAW_END = 6,
};

/* The head has a sum of its own: a damaged length does not look like a file that was cut. */
struct raw_block {
	uint32_t kind;
	uint32_t length;   /* of the payload, bytes */
	uint32_t crc;	   /* CRC-32 of the payload */
	uint32_t head_crc; /* CRC-32 of the 12 bytes before */
};

#define RAW_BLOCK_MAX (64u << 20) /* bytes of payload */

/* What the file of a stream's segment is called, into `name` of `size` bytes. */
void raw_segment_name(int32_t stream, uint64_t number, char *name, size_t size);

#endif
