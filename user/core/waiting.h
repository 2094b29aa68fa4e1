/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What has begun and not ended: the starts that wait for their dones, in the fold's slots and in
 * its spill table.
 */
#ifndef ASSAY_WAITING_H
#define ASSAY_WAITING_H

#include "fold_table.h"

struct waiting_start {
	struct fold_key key;
	uint64_t time; /* ns, CLOCK_MONOTONIC: when it began */
};

/* Zeroed at first; freed with waiting_free(). */
struct waiting {
	struct waiting_start *starts;
	int n;
	int room;
};

/* Each adds to the list; 0 or -ENOMEM. */
int waiting_add(struct waiting *waiting, const struct fold_key *key,
		const struct fold_starts *starts, int n);
/* Slots may change while they are read: one that does not stand still is passed over. */
int waiting_add_slots(struct waiting *waiting, const struct fold_tables *tables);

/* Oldest first. */
void waiting_sort(struct waiting *waiting);
void waiting_free(struct waiting *waiting);

#endif
