/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Packets of any interface that pass a filter, by libpcap: written to two files in turn, or only
 * counted. Without libpcap all of it says so, and fails.
 */
#ifndef ASSAY_CAPTURE_H
#define ASSAY_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "folder.h"

/* A file is full at so many bytes; then the other is begun anew. */
#define CAPTURE_FILE_MAX (50 << 20)

/* Of each packet all is kept, but of the largest that segmentation offload makes. */
#define CAPTURE_SNAPLEN 262144

extern const bool capture_is_built_in;

/*
 * Whether a filter compiles: 0; -EINVAL with what is wrong with it in `why`, and in *where the byte
 * it begins at; -ENOTSUP without libpcap.
 */
int capture_check(const char *filter, size_t *where, char *why, size_t size);

struct capture;

struct capture_stats {
	uint64_t packets; /* seen */
	uint64_t bytes;	  /* of them, as they were on the wire */
	uint64_t dropped; /* came, and could not be taken in time */
};

/*
 * Begins to take packets. `folder`: where capture-0.pcap and capture-1.pcap go, `max` bytes each;
 * NULL: packets are only counted. Returns 0 or -errno with what failed, and the cure, in `why`.
 * Freed with capture__free(), which does not keep what capture_finish() has not.
 */
int capture__new(const char *filter, const struct folder *folder, uint64_t max,
		 struct capture **out, char *why, size_t size);
void capture__free(struct capture *capture);

/* Readable when packets have come; capture_read() takes them: how many, or -errno (ENOSPC…). */
int capture_fd(const struct capture *capture);
int capture_read(struct capture *capture, char *why, size_t size);

void capture_stats(struct capture *capture, struct capture_stats *stats);

/* Sends what was taken on its way to the disk; every second, say. 0 or -errno. */
int capture_flush(struct capture *capture);

/* Takes what has come, ends, and has the files on the disk. 0 or -errno. */
int capture_finish(struct capture *capture, char *why, size_t size);

#endif
