/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The regular files of a folder and of those in it. Links are not followed, and nothing else is
 * entered that is mounted below: subvolumes are, as parts of the same mount.
 */
#ifndef ASSAY_TREE_H
#define ASSAY_TREE_H

#include <stdint.h>
#include <sys/stat.h>

struct tree_file {
	int folder;	  /* open; valid until the function returns */
	const char *name; /* in it */
	const char *path; /* from the root of the walk, without "./" in front */
	struct stat st;
};

/* What a walk left out. */
struct tree_counts {
	uint64_t
		closed; /* folders that could not be read, and files there that could not be seen */
	int err;	/* why the first of them could not: a negative errno */
	uint64_t mounts; /* below the root, not entered */
	uint64_t gone;	 /* deleted while we walked */
};

/* Anything but 0 ends the walk. */
typedef int (*tree_fn)(void *arg, const struct tree_file *file);

/*
 * Calls `fn` for each regular file below the folder open as `root`, in no order. Adds to *counts.
 * Returns 0, what `fn` ended it with, -ENOMEM, or what reading the root itself failed with.
 */
int tree_walk(int root, tree_fn fn, void *arg, struct tree_counts *counts);

/* Opens for reading without a trace: access times stay. A descriptor or -errno. */
int tree_open_file(const struct tree_file *file);

#endif
