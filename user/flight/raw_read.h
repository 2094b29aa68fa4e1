/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads a recording, the folder trace.raw (raw.h): what it says of itself, and its records by time
 * across all CPUs. Nothing in it is trusted; a part that is damaged is passed over and counted.
 */
#ifndef ASSAY_FLIGHT_RAW_READ_H
#define ASSAY_FLIGHT_RAW_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "raw.h"

struct raw;

/*
 * Opens `path`, a folder trace.raw or one with such a folder in it. On success *out is the
 * caller's, freed with raw__free(). Returns 0, or -errno with what is wrong in `why`: -ENOENT,
 * -EBADMSG for what is no recording, -ENOTSUP for one of another version.
 */
int raw__open(const char *path, struct raw **out, char *why, size_t size);
void raw__free(struct raw *raw);

/*
 * Hands the blocks of the file "about" to `fn`, in their order, each payload with a NUL behind that
 * does not count. Returns what `fn` returned, if not 0.
 */
typedef int (*raw_about_fn)(void *arg, enum raw_kind kind, const char *payload, size_t size);
int raw_about(struct raw *raw, raw_about_fn fn, void *arg);

/* A record, valid until the next call. */
struct raw_item {
	const struct flight_record *record; /* whole; not a FLIGHT_COMM */
	const struct flight_note *note;	    /* the same when it is a note, else NULL */
	int32_t stream;			    /* the CPU, or RAW_LINES, or RAW_HITS */
	const char *comm;		    /* of record->tid; NULL: not known */
};

/* The next by time. Returns 1; 0 at the end; -ENOMEM or -EMFILE. */
int raw_next(struct raw *raw, struct raw_item *item);

/* Bytes that were passed over so far. */
uint64_t raw_damaged(const struct raw *raw);

#endif
