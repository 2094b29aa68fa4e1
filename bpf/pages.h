/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the program on the page cache (pages.bpf.c) and user space share. Pages are of 4 KiB; large
 * folios count as all the pages they hold.
 */
#ifndef ASSAY_PAGES_H
#define ASSAY_PAGES_H

#include "fold_types.h"

#define PAGES_MAX_DEVS 16

/* Whose doing it was. */
enum page_side { SIDE_FOREGROUND, SIDE_MAINTENANCE, SIDES };

/* Duet's events (SOSP '15, section 3.1). */
enum page_event {
	PAGE_ADDED,   /* entered the cache */
	PAGE_REMOVED, /* left it: reclaimed or truncated */
	PAGE_DIRTY,
	PAGE_FLUSHED, /* sent to the disk */
	PAGE_EVENTS,
};

/* One event of one folio. */
struct page_record {
	__u64 time; /* ns, CLOCK_MONOTONIC */
	__u64 inode;
	__u64 index; /* of its first page in the file */
	__u32 pages;
	__u32 dev; /* the superblock's, as the kernel has it: major << 20 | minor */
	__u32 tgid, tid;
	__u16 event; /* enum page_event */
	__u16 side;  /* enum page_side */
	char comm[16];
};

/*
 * What is counted, by side: a row each. Pages are split by PAGES_BY(), bytes and durations by the
 * device of the I/O.
 */
enum page_count {
	PAGES_ADDED,
	PAGES_RECLAIMED, /* left the cache to make room */
	PAGES_DROPPED,	 /* left it otherwise: truncated, deleted, no longer wanted */
	PAGES_DIRTIED,
	PAGES_FLUSHED,	 /* of maintenance: also what others flush for it */
	PAGES_LOOKED_UP, /* to be read; once for reads of the same page in a row */
	PAGES_READ,	 /* of these: had to be read from the disk first */
	/* of maintenance alone: */
	PAGES_OWN,     /* of PAGES_LOOKED_UP: it had brought them itself, for an earlier read */
	PAGES_WARM,    /* of PAGES_LOOKED_UP: the foreground's, used by that within the window */
	PAGES_FETCHED, /* read from the disk */
	PAGES_AGAIN,   /* of these: the foreground used them within the window */
	PAGES_EARLIER, /* of these: had been in memory since the trace began */
	/* and of both: */
	PAGES_EVICTED,	    /* reclaimed, not brought by maintenance, while that was active */
	PAGES_EVICTED_WARM, /* of these: the foreground used them within the window */
	BLOCKS_READ,	    /* bytes */
	BLOCKS_WRITTEN,	    /* bytes */
	BLOCKS_DIRECT,	    /* bytes, of those read: past the page cache, no metadata */
	BLOCKS_ALONE,	    /* ns, from queued to ended, while no maintenance was active */
	BLOCKS_BESIDE,	    /* ns, the same while it was */
	PAGE_COUNTS,
};
#define PAGES_ROW(what, side) ((what)*SIDES + (side))
#define PAGES_ROWS	      (PAGE_COUNTS * SIDES)

/* Of a superblock: the pages of files, or those of the file system's own structures. */
#define PAGES_METADATA	    (1ULL << 32)
#define PAGES_BY(dev, meta) ((dev) | ((meta) ? PAGES_METADATA : 0))

/* A range of a device that maintenance reads past the page cache. */
struct range_record {
	__u64 sector; /* of the device, 512 bytes each */
	__u32 bytes;
	__u32 dev; /* disk or partition */
};

#endif
