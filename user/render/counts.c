// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <inttypes.h>
#include <stdlib.h>

#include "counts.h"
#include "json.h"

#define MAX_COLUMNS 16
#define PID_WIDTH   5

struct line {
	uint32_t tgid;
	uint64_t counts[MAX_COLUMNS];
	int n;
};

static int width(const struct counts_format *f, const struct counts_column *c)
{
	return f->width ? f->width : c->width;
}

static void print_titles(FILE *out, const struct counts_format *f,
			 const struct counts_wanted *wanted)
{
	const char *gap = "";

	if (wanted->split) {
		fprintf(out, "%*s", PID_WIDTH, "PID");
		gap = " ";
	}
	for (const struct counts_column *c = f->columns; c->title; c++) {
		if (c->extra && !wanted->extra)
			continue;
		fprintf(out, "%s%*s", gap, width(f, c), c->title);
		gap = " ";
	}
	fputc('\n', out);
}

static void print_line(FILE *out, const struct counts_format *f, const struct counts_wanted *wanted,
		       const struct line *line)
{
	const char *gap = "";
	int i = 0;

	if (wanted->split) {
		fprintf(out, "%*u", PID_WIDTH, line->tgid);
		gap = " ";
	}
	for (const struct counts_column *c = f->columns; c->title; c++, i++) {
		if (c->extra && !wanted->extra)
			continue;
		fprintf(out, "%s%*" PRIu64, gap, width(f, c), line->counts[i]);
		gap = " ";
	}
	fputc('\n', out);
}

static void print_json(const struct render *r, const struct counts_format *f,
		       const struct line *line)
{
	json_t *object = json_line(r);
	int i = 0;

	if (line->tgid)
		json_set(object, "pid", json_integer(line->tgid));
	for (const struct counts_column *c = f->columns; c->title; c++, i++)
		json_set(object, c->key, json_integer(line->counts[i]));
	json_print(r->out, object);
}

static void line_fill(struct line *line, const struct counts_format *f, const struct snapshot *s,
		      uint32_t tgid)
{
	line->tgid = tgid;
	line->n = 0;
	for (const struct counts_column *c = f->columns; c->title && line->n < MAX_COLUMNS; c++) {
		const struct snapshot_row *row = snapshot_find(s, c->row, 0, tgid);

		line->counts[line->n++] = row ? row->count : 0;
	}
}

static bool line_empty(const struct line *line)
{
	for (int i = 0; i < line->n; i++)
		if (line->counts[i])
			return false;
	return true;
}

/* Ascending by the columns, from the first; then by process. */
static int line_compare(const void *va, const void *vb)
{
	const struct line *a = va, *b = vb;

	for (int i = 0; i < a->n; i++)
		if (a->counts[i] != b->counts[i])
			return a->counts[i] < b->counts[i] ? -1 : 1;
	return a->tgid < b->tgid ? -1 : a->tgid > b->tgid;
}

static bool line_known(const struct line *lines, int n, uint32_t tgid)
{
	for (int i = 0; i < n; i++)
		if (lines[i].tgid == tgid)
			return true;
	return false;
}

/* The lines of a block, their number in *n; NULL when there is no memory. */
static struct line *lines_of(const struct counts_format *f, const struct snapshot *s,
			     const struct counts_wanted *wanted, int *n)
{
	struct line *lines = calloc(s->nrows + 1, sizeof(*lines));

	*n = 0;
	for (int i = 0; lines && wanted->split && i < s->nrows; i++) {
		uint32_t tgid = s->rows[i].tgid;

		if (line_known(lines, *n, tgid))
			continue;
		line_fill(&lines[*n], f, s, tgid);
		if (!wanted->alive || wanted->alive(wanted->arg, tgid) || !line_empty(&lines[*n]))
			++*n;
	}
	if (lines && !wanted->split)
		line_fill(&lines[(*n)++], f, s, 0);
	if (lines)
		qsort(lines, *n, sizeof(*lines), line_compare);
	return lines;
}

void counts_print(const struct render *r, const struct counts_format *f, const struct snapshot *s,
		  const struct counts_wanted *wanted, struct counts_state *state)
{
	struct line *lines;
	int n;

	lines = lines_of(f, s, wanted, &n);
	if (!lines)
		return;
	if (!r->json && (!state->titles || !f->repeat || state->lines >= (uint64_t)f->repeat)) {
		print_titles(r->out, f, wanted);
		state->titles = true;
		state->lines = 0;
	}
	for (int i = 0; i < n; i++) {
		if (r->json)
			print_json(r, f, &lines[i]);
		else
			print_line(r->out, f, wanted, &lines[i]);
	}
	state->lines += n;
	free(lines);
}
