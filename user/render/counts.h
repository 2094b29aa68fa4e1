/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Counters as a table: a column a row of the snapshot, a line an interval, or one a process.
 */
#ifndef ASSAY_COUNTS_H
#define ASSAY_COUNTS_H

#include "core/snapshot.h"
#include "render.h"

struct counts_column {
	const char *title; /* NULL ends a table */
	const char *key;   /* in JSON */
	uint32_t row;
	int width;
	bool extra; /* shown only when asked for: the scripts do not have it */
};

struct counts_format {
	const struct counts_column *columns; /* in the order in which lines are sorted, too */
	int width;			     /* of every column; 0: their own */
	int repeat; /* lines until the titles come again; 0: before every block */
};

/* What lasts from one printing to the next; zero at first. */
struct counts_state {
	uint64_t lines; /* since the titles */
	bool titles;	/* were printed */
};

/* How a block is wanted. */
typedef bool (*counts_alive_fn)(const void *arg, uint32_t tgid);
struct counts_wanted {
	bool extra; /* the columns that the scripts do not have, too */
	bool split; /* the numbers are split by process: a line each */
	/* whether a process is still there: gone ones that counted nothing have no line; NULL: all
	 */
	counts_alive_fn alive;
	const void *arg;
};

/* Prints a block. */
void counts_print(const struct render *render, const struct counts_format *format,
		  const struct snapshot *snapshot, const struct counts_wanted *wanted,
		  struct counts_state *state);

#endif
