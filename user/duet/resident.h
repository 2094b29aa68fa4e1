/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How much of a file is in the page cache: asked of cachestat(2), and of mincore(2) where that is
 * missing. Needs no root: the kernel tells whoever owns the file or may write it.
 */
#ifndef ASSAY_RESIDENT_H
#define ASSAY_RESIDENT_H

#include <stdbool.h>
#include <stdint.h>

#define RESIDENT_PAGE 4096 /* what is counted, whatever the machine's pages are */

/* Of a file, in pages of 4 KiB. */
struct resident {
	uint64_t pages;	 /* that the file has, holes too */
	uint64_t cached; /* of them, in memory */
	uint64_t dirty;	 /* of those, not yet on their way to the disk; 0 with mincore */
};

enum resident_way {
	RESIDENT_CACHESTAT, /* Linux 6.5 and later; mincore where it fails */
	RESIDENT_MINCORE,   /* knows of no dirty pages, and leaves holes out */
};

/* The way that fits the file system of `fd`. What the kernel lacks shows at the first file. */
enum resident_way resident_way(int fd);

/*
 * Of the file open for reading as `fd`. *way becomes RESIDENT_MINCORE when the kernel has no
 * cachestat. 0; -EPERM when the kernel does not tell us; or what mmap(2) failed with.
 */
int resident_read(int fd, enum resident_way *way, struct resident *out);

/* What it is called: "cachestat", "mincore". */
const char *resident_way_name(enum resident_way way);

#endif
