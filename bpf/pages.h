/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the program on the page cache (pages.bpf.c) and user space share. Pages are of 4 KiB; large
 * folios count as all the pages they hold.
 */
#ifndef ASSAY_PAGES_H
#define ASSAY_PAGES_H

#include "fold_types.h"

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

#endif
