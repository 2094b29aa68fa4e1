/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A line for each device and operation: requests that ended, their bytes, merges, requeues, errors,
 * and those that the driver has. Of blk-latency.
 */
#ifndef ASSAY_BLK_TABLE_H
#define ASSAY_BLK_TABLE_H

#include <stdbool.h>

#include "block.h"
#include "core/snapshot.h"
#include "render/render.h"

/* What operations are called, by enum block_op. */
extern const char *const blk_ops[BLOCK_OPS];

struct blk_table;

struct blk_table_options {
	bool by_process;  /* there are lines for each */
	uint64_t elapsed; /* ns that the numbers are of */
	/* gives a device its name, into `dst`, which it returns */
	char *(*name)(void *arg, uint32_t dev, char *dst, size_t size);
	void *arg;
};

/* NULL when there is no memory. Freed with blk_table__free(). */
struct blk_table *blk_table__new(const struct blk_table_options *options);
void blk_table__free(struct blk_table *table);

/* Each adds what it is of; 0 or -ENOMEM. One that is queued and not with the driver is none. */
int blk_table_add(struct blk_table *table, const struct snapshot *snapshot);
int blk_table_add_inflight(struct blk_table *table, const struct block_request *request);

/* Prints it, by name, process and operation: as text, or JSON. Nothing where there is nothing. */
void blk_table_print(struct blk_table *table, const struct render *render);

/* A device's name, escaped and filled up to its column's width. */
#define BLK_NAME_WIDTH 12
void blk_print_name(FILE *out, const char *name);

#endif
