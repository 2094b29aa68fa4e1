/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Duet's numbers by file system, out of a snapshot's rows (bpf/pages.h).
 */
#ifndef ASSAY_DUET_NUMBERS_H
#define ASSAY_DUET_NUMBERS_H

#include <stdint.h>

#include "core/snapshot.h"
#include "pages.h"

/* A file system; or a disk that has none, or none that is mounted. */
struct duet_fs {
	uint32_t dev; /* of its superblock */
	/* by enum page_count: pages of files; bytes of block I/O */
	uint64_t files[SIDES][PAGE_COUNTS];
	uint64_t metadata[SIDES][PAGE_COUNTS]; /* pages of its own structures */
};

/* The foreground's block I/O on a device. Rows are the snapshot's; NULL: there was none. */
struct duet_io {
	uint32_t dev;
	const struct snapshot_row *alone;  /* while no maintenance was active */
	const struct snapshot_row *beside; /* while it was */
};

/* What maintenance read past the page cache: pages. */
struct duet_direct {
	uint64_t asked;	    /* looked at: whether they are a file's that is in memory */
	uint64_t in_memory; /* of these, they were */
	uint64_t unasked;   /* not looked at */
};

struct duet_numbers {
	struct duet_fs *fs; /* those that maintenance had most to do with first */
	int nfs;
	struct duet_io *io; /* by device */
	int nio;
};

/* The superblock's device that a disk or partition belongs to; the same where there is none. */
typedef uint32_t (*duet_owner_fn)(void *arg, uint32_t dev);

/* NULL when there is no memory. Freed with duet_numbers__free(); the snapshot outlives it. */
struct duet_numbers *duet_numbers__new(const struct snapshot *snapshot, duet_owner_fn owner,
				       void *arg);
void duet_numbers__free(struct duet_numbers *numbers);

/* What that side looked up and found in memory. */
uint64_t duet_found(const struct duet_fs *fs, enum page_side side);

/* Of what maintenance found: not by its own doing, but the foreground's, or there from before. */
uint64_t duet_saved(const struct duet_fs *fs);

#endif
