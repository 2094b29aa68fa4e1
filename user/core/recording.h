/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Recordings: files that hold the raw hits of probes, and what is needed to understand them later
 * (probes, binaries, processes, losses). A writer, a reader; recording_format.h has the format.
 *
 * A recording is read up to its last whole block, whatever ended it: kill -9, a full disk, a cut.
 */
#ifndef ASSAY_RECORDING_H
#define ASSAY_RECORDING_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fold_types.h"
#include "hit.h"

/*
 * Creates the file, or empties it, and writes `header` (an object; it stays the caller's; at most
 * 1 MiB as text). Files made new are their owner's alone (0600). On an error, `why` gets one line
 * that names the file. Returns 0, -ESPIPE (not a regular file: a recording's start is rewritten at
 * its end), -EINVAL (header), -E2BIG (header), -ENOMEM, or what open(2) or write(2) said. On
 * success *out is the caller's, until recording_close() or recording_writer__free().
 */
struct recording_writer;
int recording_writer__new(const char *path, json_t *header, struct recording_writer **out,
			  char *why, size_t why_size);

/*
 * What follows adds an item. Numbers are the caller's, below 65,536, each given once (else
 * -EEXIST), before anything refers to them (else -EINVAL). Texts are copied; names
 * above 65,535 bytes are -ENAMETOOLONG.
 *
 * When the file can't be written (-ENOSPC, -EFBIG, where SIGXFSZ is ignored, -EIO), the call that
 * met it returns the error, and the file ends with its last whole block. The calls after it do
 * nothing and return 0; recording_error() and recording_close() return the error again.
 */
int recording_add_binary(struct recording_writer *w, uint32_t number, const char *path);
int recording_add_probe(struct recording_writer *w, uint32_t number, const struct hit_probe *probe);
/* Again for one that has a new program. `time`: ns, CLOCK_MONOTONIC, here and below. */
int recording_add_process(struct recording_writer *w, uint32_t tgid, uint64_t time,
			  const char *name, uint32_t binary);
int recording_end_process(struct recording_writer *w, uint32_t tgid, uint64_t time);
/* In any order of time; smallest when in order. Texts above 65,535 bytes are cut, and say so. */
int recording_add_hit(struct recording_writer *w, const struct hit *hit);
/* `losses`: [FOLD_LOSS_MAX] since the start; `extra`: hits lost where the fold does not count. */
int recording_add_losses(struct recording_writer *w, const uint64_t *losses, uint64_t extra);

/* Writes what is buffered, at most some 128 KiB, as a block. To be called once a second. */
int recording_flush(struct recording_writer *w);
/* Bytes in the file, without what is buffered. */
uint64_t recording_size(const struct recording_writer *w);
/* The error that ended the writing, or 0. */
int recording_error(const struct recording_writer *w);

/*
 * Writes the losses (unless NULL, as recording_add_losses()) and the end, marks the recording
 * complete, waits until all is on the disk, and frees the writer, also when it fails. Returns 0, or
 * the first error there was: the recording is then incomplete.
 */
int recording_close(struct recording_writer *w, uint64_t time, const uint64_t *losses,
		    uint64_t extra);
/* The same without the wait: what was written is on its way to the disk. */
int recording_end(struct recording_writer *w, uint64_t time, const uint64_t *losses,
		  uint64_t extra);
/* Leaves the recording as it is, incomplete and without what is buffered. */
void recording_writer__free(struct recording_writer *w);

/* Numbers are stored, see recording_format.h: never reuse one. */
enum recording_kind {
	RECORDING_BINARY = 1,
	RECORDING_PROBE = 2,
	RECORDING_PROCESS = 3,
	RECORDING_PROCESS_END = 4,
	RECORDING_LOSSES = 5,
	RECORDING_END = 6,
	RECORDING_HIT = 16,
};

/* Texts and names are hostile. Those of a probe are valid as long as the recording is open, others
 * until the next recording_next(). */
struct recording_item {
	enum recording_kind kind;
	union {
		struct {
			uint32_t number;
			const char *path;
		} binary;
		struct {
			uint32_t number;
			const struct hit_probe *probe; /* its binary is known */
		} probe;
		struct {
			uint32_t tgid;
			uint32_t binary; /* known; not of PROCESS_END */
			uint64_t time;
			const char *name; /* NULL of PROCESS_END */
		} process;
		struct hit hit; /* its probe is known */
		struct {
			uint64_t fold[FOLD_LOSS_MAX];
			uint64_t extra; /* and kinds of loss that only later versions know */
		} losses;
		uint64_t end; /* time */
	};
};

/*
 * Opens a recording, which may still be written. On an error, `why` gets one line that names the
 * file. Returns 0, -ENOTSUP (of a later version), -EINVAL (no recording), -EBADMSG (damaged, or cut
 * in its header), -ESPIPE (not a regular file), -ENOMEM, or what open(2) or read(2) said. On
 * success *out is the caller's, until recording__free().
 */
struct recording;
int recording__open(const char *path, struct recording **out, char *why, size_t why_size);
void recording__free(struct recording *r);

/* The object the writer was given. */
const json_t *recording_header(const struct recording *r);
/* Whether it was closed when it was opened here. */
bool recording_complete(const struct recording *r);

/*
 * Reads the next item. Returns 1; 0 at the end; -EBADMSG for damage, -EIO or -ENOMEM, each of which
 * ends the reading. An item that was read before is good nevertheless. After 0 it may be called
 * again: there may be more of a recording that is still written.
 */
int recording_next(struct recording *r, struct recording_item *item);
/* How much of the file has been read: whole blocks. */
uint64_t recording_offset(const struct recording *r);
/* When that returned 0: whether the file ends before the recording does. */
bool recording_cut(const struct recording *r);
/* When that returned an error: one line that names the file and says what is wrong at which offset.
 */
const char *recording_why(const struct recording *r);
/* The probe of that number, or NULL; valid as long as the recording is open. */
const struct hit_probe *recording_probe(const struct recording *r, uint32_t number);

#endif
