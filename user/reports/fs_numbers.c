// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What fs-latency measured: a line for what one file system did for one process.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/escape.h"
#include "core/log.h"
#include "fs_latency.h"
#include "render/quantize.h"

/* One operation. */
struct line {
	struct snapshot_row row; /* how long it took; buckets are the line's */
	uint64_t errors, bytes;
	uint32_t processes; /* that it is of; 0: as many as there is no telling */
	char system[FS_NAME];
	char process[FILE_COMM];
	struct quantize q;
	double weight;
	uint64_t system_sum; /* ns, of all lines of its file system */
};

struct lines {
	struct line *list;
	int n;
};

static void lines_free(struct lines *lines)
{
	for (int i = 0; i < lines->n; i++)
		free(lines->list[i].row.buckets);
	free(lines->list);
}

/* --- from a snapshot --- */

/* Processes by number. */
struct names {
	struct file_name *list;
	int n;
};

static int name_compare(const void *key, const void *name)
{
	uint32_t tgid = *(const uint32_t *)key, other = ((const struct file_name *)name)->tgid;

	return tgid < other ? -1 : tgid > other;
}

static uint64_t count_of(const struct snapshot *s, uint32_t row, const struct snapshot_row *of)
{
	const struct snapshot_row *found = snapshot_find(s, row, of->by, of->tgid);

	return found ? found->count : 0;
}

/* 0 or -ENOMEM. */
static int line_fill(struct line *line, const struct report_view *view,
		     const struct snapshot_row *row, const struct names *names)
{
	const struct file_name *name =
		bsearch(&row->tgid, names->list, names->n, sizeof(*name), name_compare);
	size_t size = FOLD_BUCKETS * sizeof(*row->buckets);

	line->row = *row;
	line->row.buckets = malloc(size);
	if (!line->row.buckets)
		return -ENOMEM;
	memcpy(line->row.buckets, row->buckets, size);
	line->errors = count_of(view->snapshot, FILE_ERRORS(row->row), row);
	if (fs_moves_data(row->row))
		line->bytes = count_of(view->snapshot, FILE_BYTES(row->row), row);
	line->processes = row->tgid != FILE_OTHERS && !(row->tgid & FILE_BY_NAME);
	fs_name(view->source, row->by, row->tgid, line->system, sizeof(line->system));
	snprintf(line->process, sizeof(line->process), "%s",
		 row->tgid == FILE_OTHERS ? "(others)"
		 : name			  ? name->process.name
					  : "-");
	return 0;
}

/* The rows that are not empty. 0 or -ENOMEM. */
static int lines_take(struct lines *lines, const struct report_view *view)
{
	const struct snapshot *s = view->snapshot;
	struct names names;
	int err;

	lines->n = 0;
	lines->list = calloc(s->nrows ? s->nrows : 1, sizeof(*lines->list));
	if (!lines->list)
		return -ENOMEM;
	names.n = files_names(((struct fs *)view->source)->files, &names.list);
	err = names.n < 0 ? names.n : 0;
	for (int i = 0; !err && i < s->nrows; i++)
		if (s->rows[i].row < FILE_OPS && s->rows[i].count && s->rows[i].buckets)
			err = line_fill(&lines->list[lines->n++], view, &s->rows[i], &names);
	if (names.n >= 0)
		free(names.list);
	return err;
}

/* --- processes of one name that have ended: one line --- */

static int same_compare(const void *va, const void *vb)
{
	const struct line *a = va, *b = vb;
	int c = strcmp(a->system, b->system);

	c = c ? c : strcmp(a->process, b->process);
	if (c || a->row.row == b->row.row)
		return c;
	return a->row.row < b->row.row ? -1 : 1;
}

/* It is no process of its own any more. */
static bool is_gone(const struct report_view *view, const struct line *line)
{
	return !line->processes || !view->alive(view->arg, line->row.tgid);
}

static void merge(struct line *into, struct line *from)
{
	struct snapshot_row *to = &into->row, *row = &from->row;

	to->count += row->count;
	to->sum += row->sum;
	to->max = row->max > to->max ? row->max : to->max;
	for (int b = 0; b < FOLD_BUCKETS; b++)
		to->buckets[b] += row->buckets[b];
	into->errors += from->errors;
	into->bytes += from->bytes;
	into->processes =
		into->processes && from->processes ? into->processes + from->processes : 0;
	free(row->buckets);
	row->buckets = NULL;
}

static void lines_merge(struct lines *lines, const struct report_view *view)
{
	struct line *list = lines->list, *last = NULL;
	int n = 0;

	qsort(list, lines->n, sizeof(*list), same_compare);
	for (int i = 0; i < lines->n; i++) {
		if (!is_gone(view, &list[i])) {
			list[n++] = list[i];
			continue;
		}
		if (last && !same_compare(last, &list[i])) {
			merge(last, &list[i]);
			continue;
		}
		last = &list[n];
		list[n++] = list[i];
	}
	lines->n = n;
}

/* --- text --- */

void fs_print_padded(FILE *out, const char *text, size_t width)
{
	escape_print(out, text);
	for (size_t i = escape_width(text); i < width; i++)
		fputc(' ', out);
}

/* The heaviest file system comes first, and of it the heaviest line. */
static int sum_compare(const void *va, const void *vb)
{
	const struct line *a = va, *b = vb;
	int c = strcmp(a->system, b->system);

	if (a->system_sum != b->system_sum)
		return a->system_sum > b->system_sum ? -1 : 1;
	if (c || a->row.sum == b->row.sum)
		return c ? c : same_compare(a, b);
	return a->row.sum > b->row.sum ? -1 : 1;
}

/* Lightest first, as DTrace has its aggregations. */
static int weight_compare(const void *va, const void *vb)
{
	const struct line *a = va, *b = vb;

	if (a->weight == b->weight)
		return same_compare(a, b);
	return a->weight < b->weight ? -1 : 1;
}

/* The process; of several that have ended their number. */
static char *line_pid(const struct line *line, char *text, size_t size)
{
	if (line->processes == 1)
		snprintf(text, size, "%u", line->row.tgid);
	else if (line->processes)
		snprintf(text, size, "(%u)", line->processes);
	else
		snprintf(text, size, "-");
	return text;
}

static void print_summary(FILE *out, const struct lines *lines)
{
	char pid[24];

	fprintf(out, "%-24s %7s %-15s %-9s %9s %7s %13s", "FILE SYSTEM", "PID", "PROCESS", "OP",
		"COUNT", "ERRORS", "BYTES");
	latency_titles_print(out);
	fputc('\n', out);
	for (int i = 0; i < lines->n; i++) {
		const struct line *l = &lines->list[i];

		fs_print_padded(out, l->system, 24);
		fprintf(out, " %7s ", line_pid(l, pid, sizeof(pid)));
		fs_print_padded(out, l->process, 15);
		fprintf(out, " %-9s %9" PRIu64 " %7" PRIu64, fs_labels[l->row.row], l->row.count,
			l->errors);
		if (fs_moves_data(l->row.row))
			fprintf(out, " %13" PRIu64, l->bytes);
		else
			fprintf(out, " %13s", "-");
		latency_columns_print(out, &l->row, false);
		fputc('\n', out);
	}
}

static void print_quantizes(FILE *out, const struct lines *lines)
{
	char pid[24];

	fputc('\n', out);
	for (int i = 0; i < lines->n; i++) {
		const struct line *l = &lines->list[i];

		fputs("  ", out);
		fs_print_padded(out, l->system, 32);
		fprintf(out, "  %-9s %8s  ", fs_labels[l->row.row], line_pid(l, pid, sizeof(pid)));
		escape_print(out, l->process);
		fputc('\n', out);
		quantize_print(out, &l->q);
		fputc('\n', out);
	}
}

/* Of merged lines: those of a file system stand together. */
static void sum_systems(struct lines *lines)
{
	struct line *end = lines->list + lines->n, *next;

	for (struct line *first = lines->list; first < end; first = next) {
		uint64_t sum = 0;

		for (next = first; next < end && !strcmp(next->system, first->system); next++)
			sum += next->row.sum;
		for (struct line *l = first; l < next; l++)
			l->system_sum = sum;
	}
}

static void print_text(const struct report_view *view, struct lines *lines)
{
	bool summary = view->render.summary;

	lines_merge(lines, view);
	for (int i = 0; i < lines->n; i++) {
		quantize_fill(&lines->list[i].q, lines->list[i].row.buckets);
		lines->list[i].weight = quantize_weight(&lines->list[i].q);
	}
	if (summary)
		sum_systems(lines);
	qsort(lines->list, lines->n, sizeof(*lines->list), summary ? sum_compare : weight_compare);
	(summary ? print_summary : print_quantizes)(view->render.out, lines);
}

/* --- JSON: each process on a line of its own --- */

static void print_json(const struct report_view *view, struct line *l)
{
	const struct snapshot_row *row = &l->row;
	json_t *object = json_line(&view->render);

	fs_json(object, view->source, row->by, row->tgid);
	json_set(object, "pid", l->processes ? json_integer(row->tgid) : json_null());
	json_set(object, "process", json_text(l->process));
	json_set(object, "op", json_string(fs_labels[row->row]));
	json_set(object, "count", json_integer(row->count));
	json_set(object, "errors", json_integer(l->errors));
	if (fs_moves_data(row->row))
		json_set(object, "bytes", json_integer(l->bytes));
	quantize_fill(&l->q, row->buckets);
	latency_columns_json(object, row, &l->q, false);
	json_print(view->render.out, object);
}

void fs_print_numbers(const struct report_view *view)
{
	struct lines lines;

	if (lines_take(&lines, view)) {
		log_error("print what was measured: %s", err_name(ENOMEM));
		view->fail(view->arg);
	} else if (view->render.json) {
		for (int i = 0; i < lines.n; i++)
			print_json(view, &lines.list[i]);
	} else {
		print_text(view, &lines);
	}
	lines_free(&lines);
}
