/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The file a recording is: what recording_write.c and recording_read.c share. All numbers are
 * little-endian.
 *
 * struct recording_head, then blocks: a struct recording_block and its payload. The first block is
 * a BLOCK_HEADER with one JSON object; all others that this version knows are BLOCK_ITEMS. Other
 * kinds are passed over.
 *
 * Varints are as in LEB128: 7 bits a byte, the lowest first, the top bit says that more follow; at
 * most 10 bytes. Signed ones are in zigzag (0, -1, 1, -2…). A string is a varint, its length, then
 * so many bytes, none of them NUL, then a NUL.
 *
 * Items begin with a varint, the kind (enum recording_kind). RECORDING_HIT and above is a hit of
 * probe kind - RECORDING_HIT. Any other kind is followed by the length of its body (uint32_t) and
 * the body; unknown kinds are passed over, and so is what a body has more than expected. Bodies, in
 * varints and strings:
 *
 *	BINARY		number, path
 *	PROBE		number, binary, nargs, texts, unread, provider, name
 *	PROCESS		tgid, binary, time, name
 *	PROCESS_END	tgid, time
 *	LOSSES		how many, as many numbers (by enum fold_loss), what else was lost
 *	END		time
 *
 * A hit is what it differs in from earlier ones of its block: a block is understood without others
 * but for the probes and binaries they define. Behind the kind come
 *
 *	the time	signed, less that of the hit before; of a block's first, less 0
 *	the thread	RECORDING_THREAD_*; when it is new, tgid, then signed tid - tgid
 *	each argument	a number: signed, less what its context has for this argument, which
 *			is then this number
 *			a text: RECORDING_TEXT_* times 2, plus 1 if it was cut; when it is
 *			new, a string; when there is none, the argument as a number
 *
 * A context is RECORDING_CONTEXT() of probe and process: job numbers grow by process. Contexts are
 * all 0 where a block begins. Probes and processes that share a context lose bytes, nothing else.
 */
#ifndef ASSAY_RECORDING_FORMAT_H
#define ASSAY_RECORDING_FORMAT_H

#include <stdint.h>

#include "fold_types.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "recordings are used as they are read");

#define RECORDING_MAGIC "\211assay\r\n" /* no text, and seen when it was treated as one */
#define RECORDING_MAJOR 1 /* what a reader of one major version knows not to understand */
#define RECORDING_MINOR 0

/* Far apart, so that no damaged bit makes one the other. */
#define RECORDING_STATE_OPEN 0x6e65706f /* "open" */
#define RECORDING_STATE_DONE 0x656e6f64 /* "done": closed, nothing is missing */

struct recording_head {
	char magic[8];
	uint16_t major;
	uint16_t minor;
	uint32_t state; /* rewritten when the recording is closed */
};

/* Kinds of blocks. Never reuse a number. */
enum recording_block_kind {
	RECORDING_BLOCK_HEADER = 1,
	RECORDING_BLOCK_ITEMS = 2,
};

/* The head has a sum of its own: a damaged length does not look like a file that was cut. */
struct recording_block {
	uint32_t kind;
	uint32_t length;   /* of the payload, bytes */
	uint32_t crc;	   /* CRC-32 of the payload */
	uint32_t head_crc; /* CRC-32 of the 12 bytes before */
};

#define RECORDING_BLOCK_MAX   (16u << 20) /* bytes of payload */
#define RECORDING_HEADER_MAX  (1u << 20)  /* bytes of JSON: parsed, they are many times as many */
#define RECORDING_NUMBERS_MAX (1u << 16)  /* numbers of probes and binaries are below */

/* What stands for a thread. */
#define RECORDING_THREAD_ONCE 0 /* new, and gets no number */
#define RECORDING_THREAD_NEW  1 /* new, and gets the block's next number */
#define RECORDING_THREAD      2 /* plus the number */
#define RECORDING_THREADS_MAX 4096

/* What stands for a text. */
#define RECORDING_TEXT_NONE 0 /* there is none */
#define RECORDING_TEXT_ONCE 1
#define RECORDING_TEXT_NEW  2
#define RECORDING_TEXT	    3
#define RECORDING_TEXTS_MAX 4096

#define RECORDING_CONTEXTS  1024
#define RECORDING_CONTEXT(probe, tgid) \
	(((uint32_t)(probe)*0x9e3779b1u + (uint32_t)(tgid)*0x85ebca6bu) >> 22)

#endif
