/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The status of upstairs as rows of columns: one row a status, titles again and again.
 */
#ifndef ASSAY_RENDER_STATUS_H
#define ASSAY_RENDER_STATUS_H

#include "core/upstatus.h"
#include "render.h"

enum status_what {
	STATUS_VALUE = 0, /* the field, as it is */
	STATUS_PREFIX,	  /* its first 8 characters */
	STATUS_SHORT,	  /* a state, in its short form */
	STATUS_SUM,	  /* the sum of the array */
	STATUS_PID,
	STATUS_DELTA, /* by how much the session's next job has grown */
};

struct status_column {
	const char *title; /* NULL ends a table */
	int gap;	   /* blanks before it */
	int width;	   /* longer values push the rest to the right */
	enum status_what what;
	const char *path; /* see upstatus_value() */
	int index;	  /* of an array's element; -1: the field itself */
	bool extra;	  /* shown only when asked for: the scripts do not have it */
};

/* What is not in the status itself. */
struct status_row {
	const struct upstatus *status;
	uint32_t tgid;
	uint64_t delta; /* for STATUS_DELTA */
};

/* The titles: those of the columns, or `titles` behind the extra ones. */
void status_print_titles(FILE *out, const struct status_column *columns, const char *titles,
			 bool extra);
/* `labelled`: each value behind its title. */
void status_print_row(FILE *out, const struct status_column *columns, const struct status_row *row,
		      bool extra, bool labelled);
/* The whole status, and whose it is. */
void status_print_json(const struct render *render, const struct status_row *row);

#endif
