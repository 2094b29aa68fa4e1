/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The columns of top's two tables and of the chosen upstairs' own, as data: what each shows, where
 * it goes on a narrow screen, how it sorts and what it looks like when something is wrong.
 */
#ifndef ASSAY_TOP_COLUMNS_H
#define ASSAY_TOP_COLUMNS_H

#include "top_model.h"

/* What is at a column's offset in its row, and how that is shown. */
enum top_cell_kind {
	CELL_PID,    /* uint32_t */
	CELL_TEXT,   /* char[] */
	CELL_PREFIX, /* char[], the beginning; "?" when there is none */
	CELL_STATE,  /* struct top_client: its state, in short where it does not fit */
	CELL_COUNT,  /* uint64_t */
	CELL_ODD,    /* the same, odd when not 0 */
	CELL_RATE,   /* double */
	CELL_P50,    /* struct top_latency */
	CELL_P99,    /* the same; sorts by what waits, too, which `waiting` is the offset of */
	CELL_BUSY,   /* struct top_waiting: how many */
	CELL_WAIT,   /* the same: how long */
	CELL_OWN,    /* as `text` says */
};

struct top_column {
	const char *title; /* NULL ends a table */
	int width;
	bool left;
	int rank; /* 0: always there; as it gets narrow the highest go first */
	enum top_cell_kind kind;
	size_t offset;
	const char *help; /* NULL: the one before tells */
	size_t waiting;
	void (*text)(const void *row, char *dst, size_t size); /* of CELL_OWN */
	enum top_mood (*mood)(const void *row); /* where the kind does not tell it; NULL: fine */
	double (*value)(const void *row);	/* of CELL_OWN; NULL: rows do not sort by it */
};

/* A line of the chosen upstairs: its gateway, or one of its clients. */
struct top_part {
	char name[24];
	bool is_client;
	bool lags;
	struct top_client client; /* of the gateway: latencies and what waits, nothing else */
};
struct top_part top_part_of(const struct top_up *up, int client);

extern const struct top_column top_up_columns[];   /* of struct top_up */
extern const struct top_column top_down_columns[]; /* of struct top_down */
extern const struct top_column top_part_columns[]; /* of struct top_part */

/* Where the tables sort at first: by the writes' p99, by the jobs' p99. */
#define TOP_UP_SORT   "W99"
#define TOP_DOWN_SORT "JOB99"
/* The column's number, 0 when there is none of that title. */
int top_column_find(const struct top_column *columns, const char *title);

/* Which of a table's columns fit into `width`, a blank between: true in `shown`. */
#define TOP_MAX_COLUMNS 32
void top_columns_fit(const struct top_column *columns, int width, bool shown[TOP_MAX_COLUMNS]);

/* A row's text, not escaped; returns `dst`. */
char *top_column_text(const struct top_column *column, const void *row, char *dst, size_t size);
enum top_mood top_column_mood(const struct top_column *column, const void *row);
/* What rows are sorted by, negative where it is unknown. */
bool top_column_sorts(const struct top_column *column);
double top_column_value(const struct top_column *column, const void *row);

#endif
