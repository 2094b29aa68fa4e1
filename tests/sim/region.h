/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A downstairs' region: one file an extent, its blocks first, then 8 bytes of context a block. */
#ifndef SIM_REGION_H
#define SIM_REGION_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "proto.h"
#include "util.h"

struct extent {
	pthread_mutex_t lock;
	int fd;
	uint32_t number;
	uint64_t *contexts; /* 0: never written */
	uint8_t *written;   /* since the last fsync */
	uint64_t dirty;	    /* blocks written since the last flush */
};

struct region {
	struct region_shape shape;
	struct extent *extents;
	char *dir;
	bool sqlite; /* go by the probes of the older backend */
};

/* Make a new region's files; 0 or -errno, after a message. */
int region_create(const char *dir, const char *uuid, const struct region_shape *shape);
struct region *region__open(const char *dir, bool sqlite);
void region__free(struct region *r);

uint64_t region_blocks(const struct region *r);

/* Each is an errno, negative, or 0. Blocks may span extents. */
int region_read(struct region *r, uint64_t job, uint64_t block, uint32_t blocks, uint8_t *data);
int region_write(struct region *r, uint64_t job, uint64_t block, uint32_t blocks,
		 const uint8_t *data, bool only_unwritten);
bool region_extent_dirty(struct region *r, uint32_t extent);
int region_flush_extent(struct region *r, uint64_t job, uint32_t extent);
/* The same on the way to a live repair: another place in the program, with sites of its own. */
int region_flush_close(struct region *r, uint64_t job, uint32_t extent);
int region_hash(struct region *r, uint32_t extent, uint64_t *hash);
/* A whole extent, contexts included, for a repair: how long it is, reading and replacing it. */
uint32_t region_extent_len(const struct region *r);
int region_export(struct region *r, uint32_t extent, uint8_t *data);
int region_import(struct region *r, uint32_t extent, const uint8_t *data);

#endif
