/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Durations, a distribution a key: as DTrace prints an aggregation of quantizes, as a table of
 * percentiles, or as JSON.
 */
#ifndef ASSAY_LATENCY_H
#define ASSAY_LATENCY_H

#include <jansson.h>

#include "core/snapshot.h"
#include "render.h"

/* Parts of the line above a distribution, each printed as DTrace prints a key of its type. */
enum latency_key {
	LATENCY_KEY_END = 0,
	LATENCY_KEY_LABEL = 1, /* the row's label: a string */
	LATENCY_KEY_BY = 2,    /* what splits the row: 8 bytes, or a string */
	LATENCY_KEY_PID = 3,   /* the process: 4 bytes */
};
#define LATENCY_MAX_KEYS 4

/* What splits a row. */
enum latency_by {
	LATENCY_BY_NUMBER = 0,
	LATENCY_BY_TEXT = 1,	/* by its hash */
	LATENCY_BY_NOTHING = 2, /* its probe has no such argument */
};

struct latency_format {
	const char *const *labels; /* by row number */
	int nlabels;
	const char *suffix; /* of labels above distributions; NULL: none */
	/* what splits a row ("client"), the JSON key too; NULL: nothing does */
	const char *by;
	bool by_text;	       /* that is the hash of a text */
	uint8_t by_width;      /* of such a text's column; 0: a UUID's */
	const uint8_t *row_by; /* enum latency_by by row number, where rows differ; else NULL */
	const char *sub;       /* second part of a start's key, where it is not `by` ("extent") */
	enum latency_key key[LATENCY_MAX_KEYS]; /* ended by LATENCY_KEY_END where shorter */
	const uint8_t *section; /* by row number: aggregations in the order they print; NULL: one */
	bool spaced;		/* an empty line before each section, not before all */
	/* an aggregation of counts goes with it, which it is sorted by: "UUID OP COUNT" */
	bool counted;
	uint64_t plain;	 /* bit n: the values of row n are no durations */
	uint64_t hidden; /* bit n: the script does not print row n; distributions only */
};

/*
 * Prints the rows of the snapshot that are not empty. Rows split by process (tgid not 0) get the
 * process in front even when the key has no place for it.
 */
void latency_print(const struct render *render, const struct latency_format *format,
		   const struct snapshot *snapshot);

/* What splits the row: its kind; itself, escaped, into `dst`, which is returned; as JSON. */
enum latency_by latency_by(const struct latency_format *format, uint32_t row);

char *latency_by_value(const struct render *render, const struct latency_format *format,
		       const struct snapshot_row *row, char *dst, size_t size);
json_t *latency_by_json(const struct render *render, const struct latency_format *format,
			const struct snapshot_row *row);

/* Whether the row's values are no durations. */
bool latency_is_plain(const struct latency_format *format, uint32_t row);

struct quantize;

/*
 * The numbers of a distribution, from its mean to its maximum: the titles of their columns, each
 * after a blank; the columns; as keys of an object, with its sum and its quantize. `plain`: they
 * are no durations.
 */
void latency_titles_print(FILE *out);
void latency_columns_print(FILE *out, const struct snapshot_row *row, bool plain);
void latency_columns_json(json_t *object, const struct snapshot_row *row,
			  const struct quantize *quantize, bool plain);

/* The row's label. */
const char *latency_label(const struct latency_format *format, uint32_t row);

/* One IO: a duration that was slow, as it ended, or a start that waits for its end. */
struct latency_io {
	uint64_t wall;	   /* ns since the epoch: when it ended; of one that waits: when it began */
	uint64_t end;	   /* when it ended, CLOCK_MONOTONIC */
	uint64_t duration; /* ns; of one that waits: since it began */
	uint32_t tgid;
	const char *process; /* its name; printed escaped */
	bool ended;	     /* the process is gone */
	uint32_t row;
	uint64_t job;
	uint64_t sub;
};

/* Each prints a line; `header` first prints the titles. */
void latency_slow_print(const struct render *render, const struct latency_format *format,
			const struct latency_io *io, bool header);
void latency_waiting_print(const struct render *render, const struct latency_format *format,
			   const struct latency_io *io, bool header);

#endif
