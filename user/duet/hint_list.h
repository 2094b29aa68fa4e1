/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The files of a folder with how much of them is in memory, and the order to read them in.
 *
 * The order is that of the share that is in memory, largest first. Why: to read a file brings in
 * the part that was missing, which drives out as much of others. So while a file waits its turn it
 * loses of what it has in memory in proportion to all that is brought in before it; what is lost in
 * sum is least when files go by the ratio of what they have to what they lack (Smith's rule for
 * weighted waits), and that is the order of the shares. Of equal shares the file with more pages in
 * memory comes first; where that is the same, too, as of all that have none, inode numbers decide,
 * which mostly is the order on the disk.
 */
#ifndef ASSAY_HINT_LIST_H
#define ASSAY_HINT_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "resident.h"
#include "tree.h"

struct hint {
	char *path; /* from the folder, as it is: not escaped */
	uint64_t dev, inode;
	struct resident in; /* if it is known; else only its pages are */
	bool known;
	bool again; /* one more name of the file in front of it */
	bool named; /* for the use of who follows */
	struct timespec written;
};

struct hint_counts {
	struct tree_counts tree;
	uint64_t names;	    /* in the list */
	uint64_t files;	    /* of these, without further names of the same */
	uint64_t hidden;    /* of these, those of which the kernel does not tell us */
	int err;	    /* why it did not of the first: a negative errno */
	struct resident in; /* all files' pages, each once */
};

struct hint_list {
	struct hint *hints;
	size_t n, room;
	struct hint_counts counts;
};

/*
 * Reads the folder open as `root`, in place of what the list had, and sorts it. *way is as in
 * resident_read(). 0, -ENOMEM, or what reading the folder failed with: then the list is empty.
 * Freed with hint_list_free().
 */
int hint_list_read(struct hint_list *list, int root, enum resident_way *way);
void hint_list_free(struct hint_list *list);

/* Less than 0 when `a` is to be read before `b`: as qsort(3) wants it, of struct hint. */
int hint_compare(const void *a, const void *b);

/* Numbers of one file are the same under all its names; counts them, and sorts. */
void hint_list_sort(struct hint_list *list);

/* Those of `old` that were named are in `list`, too. Sorts `old` by name. */
void hint_list_keep_named(struct hint_list *list, struct hint_list *old);

#endif
