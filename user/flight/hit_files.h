/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Keeps the newest hits of probes in recordings (core/recording.h), trace.raw/hits.N, of which the
 * oldest are removed. Each is whole by itself: every report reads it with --replay.
 */
#ifndef ASSAY_FLIGHT_HIT_FILES_H
#define ASSAY_FLIGHT_HIT_FILES_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "core/hit.h"

#define HIT_FILE "hits." /* what their names begin with, in front of a number */

struct hit_files_options {
	const char *dir; /* a folder that is there */
	uint64_t bytes;	 /* of all files; 0: no bound */
	uint64_t ns;	 /* drop what is older; 0: no bound */
	/* what the header of each says beside when it began: an object */
	const json_t *header;
	/* has a file on the disk in time, and closes it */
	void (*sync)(void *arg, int fd);
	void *arg;
};

struct hit_files;

/* 0 or -errno, with what was being done in `why`. Freed with hit_files__free(). */
int hit_files__new(const struct hit_files_options *options, struct hit_files **out, char *why,
		   size_t size);
/* Lets go of them; they stay. */
void hit_files__free(struct hit_files *files);

/*
 * A probe, and the binary that it is of, before their first hit; numbers as in a recording. Texts
 * live as long as `files`. 0, -ENOMEM, or as hit_files_add().
 */
int hit_files_add_probe(struct hit_files *files, uint32_t number, const struct hit_probe *probe,
			const char *path);

/*
 * A hit. What is behind it in time may come a little before it. Returns 0 or -errno: what was
 * written before stays, and nothing is after.
 */
int hit_files_add(struct hit_files *files, const struct hit *hit);

/*
 * To be called once a second: writes what waits, drops what is too old, has the rest on its way to
 * the disk. `losses` and `extra` as recording_add_losses() has them. 0 or -errno.
 */
int hit_files_flush(struct hit_files *files, uint64_t now, const uint64_t *losses, uint64_t extra);

/*
 * The end; `time`: ns, CLOCK_MONOTONIC. What is left becomes one file, as far as there is room for
 * that. All is on the disk when it returns. 0 or -errno.
 */
int hit_files_finish(struct hit_files *files, uint64_t time, const uint64_t *losses,
		     uint64_t extra);

/*
 * Makes one of the files with these numbers, in their order, which has the first of them. 0, or
 * -errno and all is as it was.
 */
int hit_join(const char *dir, const uint64_t *numbers, int n);

struct hit_files_stats {
	uint64_t hits;	  /* kept so far, those that were dropped since included */
	uint64_t dropped; /* as old: not a loss */
	uint64_t bytes;	  /* in the files now */
	uint64_t oldest;  /* ns: the first time in the files; 0: there is none */
};

void hit_files_stats(const struct hit_files *files, struct hit_files_stats *stats);

#endif
