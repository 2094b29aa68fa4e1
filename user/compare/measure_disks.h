/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The block layer's part of a measured run: its requests' durations, window by window.
 */
#ifndef ASSAY_MEASURE_DISKS_H
#define ASSAY_MEASURE_DISKS_H

#include <stdbool.h>
#include <stddef.h>

#include "block.h"
#include "core/snapshot.h"

struct measure_disks;

/*
 * Loads and attaches; `devices` are the only ones that are wanted, none: all. 0 and *out, freed
 * with measure_disks__free(). Else -errno with what was being done in `why`: -EINVAL for a device
 * that there is not, with what is wrong.
 */
int measure_disks__new(char *const *devices, int ndevices, struct measure_disks **out, char *why,
		       size_t why_size);
void measure_disks__free(struct measure_disks *disks);

/* What it measures counts from the first to the second. */
void measure_disks_go(struct measure_disks *disks);
void measure_disks_stop(struct measure_disks *disks);

/* What ended since the last call; freed with snapshot__free(). NULL when there is no memory. */
struct snapshot *measure_disks_window(struct measure_disks *disks);

/*
 * What a row of that is; false when it is not of durations. `name` gets that of the device, or its
 * numbers if another one in the snapshot has that name.
 */
bool measure_disks_row(struct measure_disks *disks, const struct snapshot_row *row,
		       enum block_op *op, enum block_what *what, char *name, size_t size);

#endif
