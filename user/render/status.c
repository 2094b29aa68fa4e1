// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <inttypes.h>
#include <string.h>

#include "core/escape.h"
#include "json.h"
#include "status.h"

#define PREFIX	   8
#define VALUE_SIZE 512

/* One column's value, escaped. Returns `dst`. */
static char *status_value(const struct status_column *c, const struct status_row *row, char *dst,
			  size_t size)
{
	char value[VALUE_SIZE];
	uint64_t sum;

	switch (c->what) {
	case STATUS_PID:
		snprintf(dst, size, "%u", row->tgid);
		return dst;
	case STATUS_DELTA:
		snprintf(dst, size, "%" PRIu64, row->delta);
		return dst;
	case STATUS_SUM:
		if (upstatus_sum(row->status, c->path, &sum))
			snprintf(dst, size, "%" PRIu64, sum);
		else
			snprintf(dst, size, "-");
		return dst;
	case STATUS_VALUE:
	case STATUS_PREFIX:
	case STATUS_SHORT:
		break;
	}
	upstatus_value(row->status, c->path, c->index, value, sizeof(value));
	if (c->what == STATUS_PREFIX)
		value[PREFIX] = '\0';
	escape_copy(dst, size, c->what == STATUS_SHORT ? upstatus_short_state(value) : value);
	return dst;
}

/* Right-aligned, by characters; extra columns are set apart from the script's. */
static void print_cell(FILE *out, const struct status_column *c, const char *label,
		       const char *text)
{
	int blanks = c->width - (int)escape_width(text);

	fprintf(out, "%*s%s%*s%s", c->gap, "", label, blanks > 0 ? blanks : 0, "", text);
	if (c->extra && !c[1].extra)
		fputc(' ', out);
}

void status_print_titles(FILE *out, const struct status_column *columns, const char *titles,
			 bool extra)
{
	for (const struct status_column *c = columns; c->title; c++)
		if (c->extra ? extra : !titles)
			print_cell(out, c, "", c->title);
	fprintf(out, "%s\n", titles ? titles : "");
}

void status_print_row(FILE *out, const struct status_column *columns, const struct status_row *row,
		      bool extra, bool labelled)
{
	char value[VALUE_SIZE];

	for (const struct status_column *c = columns; c->title; c++)
		if (!c->extra || extra)
			print_cell(out, c, labelled ? c->title : "",
				   status_value(c, row, value, sizeof(value)));
	fputc('\n', out);
}

void status_print_json(const struct render *r, const struct status_row *row)
{
	json_t *object = json_line(r);

	json_set(object, "pid", json_integer(row->tgid));
	json_set(object, "new_jobs", json_integer(row->delta));
	json_set(object, "status", upstatus_json(row->status));
	json_print(r->out, object);
}
