// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/units.h"
#include "core/escape.h"
#include "json.h"
#include "latency.h"
#include "quantize.h"

struct entry {
	const struct snapshot_row *row;
	struct quantize q;
	double weight;
};

/* Percentiles shown, with their JSON keys and titles. */
static const struct {
	double p;
	const char *key, *title;
} percentiles[] = {
	{ 0.50, "p50", "P50" },
	{ 0.90, "p90", "P90" },
	{ 0.99, "p99", "P99" },
	{ 0.999, "p99.9", "P99.9" },
};
#define NPERCENTILES (int)(sizeof(percentiles) / sizeof(percentiles[0]))

const char *latency_label(const struct latency_format *f, uint32_t row)
{
	return row < (uint32_t)f->nlabels ? f->labels[row] : "?";
}

enum latency_by latency_by(const struct latency_format *f, uint32_t row)
{
	if (f->row_by && row < (uint32_t)f->nlabels)
		return f->row_by[row];
	return f->by_text ? LATENCY_BY_TEXT : LATENCY_BY_NUMBER;
}

static int section(const struct latency_format *f, const struct entry *e)
{
	return f->section && e->row->row < (uint32_t)f->nlabels ? f->section[e->row->row] : 0;
}

/* Whether the bit of a row is set. */
static bool has_row(uint64_t rows, uint32_t row)
{
	return row < 64 && rows & UINT64_C(1) << row;
}

bool latency_is_plain(const struct latency_format *f, uint32_t row)
{
	return has_row(f->plain, row);
}

/* What the comparison of entries needs to know. */
struct order {
	const struct render *render;
	const struct latency_format *format;
};

static int by_compare(const struct order *o, const struct entry *a, const struct entry *b)
{
	char x[FOLD_TEXT_KEY], y[FOLD_TEXT_KEY];

	if (latency_by(o->format, a->row->row) == LATENCY_BY_TEXT)
		return strcmp(render_text(o->render, a->row->by, x, sizeof(x)),
			      render_text(o->render, b->row->by, y, sizeof(y)));
	return a->row->by < b->row->by ? -1 : a->row->by > b->row->by;
}

/* One part of the key. */
static int key_compare(const struct order *o, enum latency_key key, const struct entry *a,
		       const struct entry *b)
{
	if (key == LATENCY_KEY_LABEL)
		return strcmp(latency_label(o->format, a->row->row),
			      latency_label(o->format, b->row->row));
	if (key == LATENCY_KEY_PID)
		return a->row->tgid < b->row->tgid ? -1 : a->row->tgid > b->row->tgid;
	return by_compare(o, a, b);
}

/*
 * DTrace's order: aggregation by aggregation; lightest first, by number where they are counted;
 * ties by the weight at 0, then by key, part by part.
 */
static int entry_compare(const void *va, const void *vb, void *vo)
{
	const struct entry *a = va, *b = vb;
	const struct order *o = vo;
	const struct latency_format *f = o->format;
	int c = section(f, a) - section(f, b);

	if (c)
		return c;
	if (f->counted && a->row->count != b->row->count)
		return a->row->count < b->row->count ? -1 : 1;
	if (a->weight != b->weight)
		return a->weight < b->weight ? -1 : 1;
	if (a->q.count[0] != b->q.count[0])
		return a->q.count[0] < b->q.count[0] ? -1 : 1;
	for (int i = 0; i < LATENCY_MAX_KEYS && f->key[i] && !c; i++)
		c = key_compare(o, f->key[i], a, b);
	/* the snapshot's rows are in order of what else there is to a key */
	return c ? c : a->row < b->row ? -1 : a->row > b->row;
}

/* The entries of the snapshot in the order of its rows; their number in *n. NULL when no memory. */
static struct entry *entries_of(const struct snapshot *s, int *n)
{
	struct entry *entries = calloc(s->nrows ? s->nrows : 1, sizeof(*entries));

	*n = 0;
	if (!entries)
		return NULL;
	for (int i = 0; i < s->nrows; i++) {
		struct entry *e = &entries[*n];

		if (!s->rows[i].count || !s->rows[i].buckets)
			continue;
		e->row = &s->rows[i];
		quantize_fill(&e->q, e->row->buckets);
		e->weight = quantize_weight(&e->q);
		++*n;
	}
	return entries;
}

static bool key_has_pid(const struct latency_format *f)
{
	for (int i = 0; i < LATENCY_MAX_KEYS && f->key[i]; i++)
		if (f->key[i] == LATENCY_KEY_PID)
			return true;
	return false;
}

/* What splits a row, or is a part of a key, fit to be printed. */
static char *by_value(const struct render *r, enum latency_by kind, uint64_t by, char *dst,
		      size_t size)
{
	char text[FOLD_TEXT_KEY];

	if (kind == LATENCY_BY_NOTHING)
		snprintf(dst, size, "-");
	else if (kind == LATENCY_BY_TEXT)
		escape_copy(dst, size, render_text(r, by, text, sizeof(text)));
	else
		snprintf(dst, size, "%" PRIu64, by);
	return dst;
}

char *latency_by_value(const struct render *r, const struct latency_format *f,
		       const struct snapshot_row *row, char *dst, size_t size)
{
	return by_value(r, latency_by(f, row->row), row->by, dst, size);
}

#define BY_SIZE 512

/* A last string is not padded: lines end without trailing blanks. */
static void print_key(const struct render *r, const struct latency_format *f,
		      const struct snapshot_row *row)
{
	char text[BY_SIZE];

	if (row->tgid && !key_has_pid(f))
		fprintf(r->out, " %8u", row->tgid);
	for (int i = 0; i < LATENCY_MAX_KEYS && f->key[i]; i++) {
		const char *form = i + 1 == LATENCY_MAX_KEYS || !f->key[i + 1] ? "  %s" : "  %-50s";
		char label[128];

		switch (f->key[i]) {
		case LATENCY_KEY_LABEL:
			snprintf(label, sizeof(label), "%s%s", latency_label(f, row->row),
				 f->suffix ? f->suffix : "");
			fprintf(r->out, form, label);
			break;
		case LATENCY_KEY_BY:
			latency_by_value(r, f, row, text, sizeof(text));
			fprintf(r->out, latency_by(f, row->row) == LATENCY_BY_TEXT ? form : " %16s",
				text);
			break;
		case LATENCY_KEY_PID:
			fprintf(r->out, " %8u", row->tgid);
			break;
		case LATENCY_KEY_END:
			break;
		}
	}
	fputc('\n', r->out);
}

/* The line of an aggregation that is counted, with the empty line behind it. */
static void print_counted(const struct render *r, const struct latency_format *f,
			  const struct snapshot_row *row)
{
	char text[BY_SIZE];

	if (row->tgid)
		fprintf(r->out, "%8u ", row->tgid);
	fprintf(r->out, "%s %20s %8" PRIu64 "\n\n", latency_by_value(r, f, row, text, sizeof(text)),
		latency_label(f, row->row), row->count);
}

static void print_entry(const struct render *r, const struct latency_format *f,
			const struct entry *e)
{
	if (has_row(f->hidden, e->row->row))
		return;
	if (f->counted)
		print_counted(r, f, e->row);
	else
		print_key(r, f, e->row);
	quantize_print(r->out, &e->q);
	fputc('\n', r->out);
}

static int sections(const struct latency_format *f)
{
	int last = 0;

	for (int i = 0; f->section && i < f->nlabels; i++)
		if (f->section[i] > last)
			last = f->section[i];
	return last + 1;
}

static void print_quantizes(const struct render *r, const struct latency_format *f,
			    struct entry *entries, int n)
{
	struct order order = { r, f };
	int i = 0;

	qsort_r(entries, n, sizeof(*entries), entry_compare, &order);
	if (!f->counted && !f->spaced)
		fputc('\n', r->out);
	for (int s = 0; s < sections(f); s++) {
		if (f->spaced)
			fputc('\n', r->out);
		for (; i < n && section(f, &entries[i]) == s; i++)
			print_entry(r, f, &entries[i]);
	}
}

static void print_value(FILE *out, bool plain, uint64_t value)
{
	char text[24];

	if (plain)
		fprintf(out, " %9" PRIu64, value);
	else
		fprintf(out, " %9s", duration_format(value, text, sizeof(text)));
}

void latency_titles_print(FILE *out)
{
	fprintf(out, " %9s", "MEAN");
	for (int i = 0; i < NPERCENTILES; i++)
		fprintf(out, " %9s", percentiles[i].title);
	fprintf(out, " %9s", "MAX");
}

void latency_columns_print(FILE *out, const struct snapshot_row *row, bool plain)
{
	print_value(out, plain, (uint64_t)(snapshot_mean(row) + 0.5));
	for (int p = 0; p < NPERCENTILES; p++)
		print_value(out, plain, snapshot_percentile(row, percentiles[p].p));
	print_value(out, plain, row->max);
}

/* The width of the column of what splits rows; negative: texts, on the left. */
static int by_column(const struct latency_format *f)
{
	if (!f->by_text)
		return 6;
	return f->by_width ? -f->by_width : -36;
}

static void print_summary_row(const struct render *r, const struct latency_format *f,
			      const struct snapshot_row *row, bool pids)
{
	char text[BY_SIZE];

	if (pids)
		fprintf(r->out, "%8u ", row->tgid);
	fprintf(r->out, "%-28s", latency_label(f, row->row));
	if (f->by)
		fprintf(r->out, " %*s", by_column(f),
			latency_by_value(r, f, row, text, sizeof(text)));
	fprintf(r->out, " %9" PRIu64, row->count);
	latency_columns_print(r->out, row, latency_is_plain(f, row->row));
	fputc('\n', r->out);
}

static void print_summary(const struct render *r, const struct latency_format *f,
			  const struct entry *entries, int n)
{
	bool pids = n && entries[0].row->tgid;

	if (pids)
		fprintf(r->out, "%8s ", "PID");
	fprintf(r->out, "%-28s", "OP");
	if (f->by)
		fprintf(r->out, " %*s", by_column(f), f->by);
	fprintf(r->out, " %9s", "COUNT");
	latency_titles_print(r->out);
	fputc('\n', r->out);
	for (int i = 0; i < n; i++)
		print_summary_row(r, f, entries[i].row, pids);
}

static json_t *json_quantize(const struct quantize *q)
{
	json_t *array = json_array();

	for (int i = 0; i < QUANTIZE_BUCKETS; i++)
		if (q->count[i])
			json_array_append_new(array,
					      json_pack("[I,I]", (json_int_t)quantize_value(i),
							(json_int_t)q->count[i]));
	return array;
}

static json_t *json_by(const struct render *r, enum latency_by kind, uint64_t by)
{
	char text[FOLD_TEXT_KEY];

	if (kind == LATENCY_BY_NOTHING)
		return json_null();
	return kind == LATENCY_BY_TEXT ? json_text(render_text(r, by, text, sizeof(text)))
				       : json_integer(by);
}

json_t *latency_by_json(const struct render *r, const struct latency_format *f,
			const struct snapshot_row *row)
{
	return json_by(r, latency_by(f, row->row), row->by);
}

/* "p50_ns", or "p50" where it is no duration */
static void json_value(json_t *object, bool plain, const char *key, json_t *value)
{
	char name[32];

	snprintf(name, sizeof(name), "%s%s", key, plain ? "" : "_ns");
	json_set(object, name, value);
}

void latency_columns_json(json_t *object, const struct snapshot_row *row,
			  const struct quantize *quantize, bool plain)
{
	json_value(object, plain, "sum", json_integer(row->sum));
	json_value(object, plain, "mean", json_real(snapshot_mean(row)));
	for (int p = 0; p < NPERCENTILES; p++)
		json_value(object, plain, percentiles[p].key,
			   json_integer(snapshot_percentile(row, percentiles[p].p)));
	json_value(object, plain, "max", json_integer(row->max));
	json_set(object, "quantize", json_quantize(quantize));
}

static void print_json(const struct render *r, const struct latency_format *f,
		       const struct entry *e)
{
	const struct snapshot_row *row = e->row;
	json_t *object = json_line(r);

	if (row->tgid)
		json_set(object, "pid", json_integer(row->tgid));
	json_set(object, "op", json_text(latency_label(f, row->row)));
	if (f->by)
		json_set(object, f->by, latency_by_json(r, f, row));
	json_set(object, "count", json_integer(row->count));
	latency_columns_json(object, row, &e->q, latency_is_plain(f, row->row));
	json_print(r->out, object);
}

void latency_print(const struct render *r, const struct latency_format *f, const struct snapshot *s)
{
	struct entry *entries;
	int n;

	entries = entries_of(s, &n);
	if (!entries)
		return;
	if (r->json) {
		for (int i = 0; i < n; i++)
			print_json(r, f, &entries[i]);
	} else if (r->summary) {
		print_summary(r, f, entries, n);
	} else {
		print_quantizes(r, f, entries, n);
	}
	free(entries);
}

/* What the second part of a key is called; NULL when it has none. */
static const char *sub_name(const struct latency_format *f)
{
	return f->sub ? f->sub : f->by;
}

static bool sub_is_text(const struct latency_format *f)
{
	return !f->sub && f->by_text;
}

/* The process, operation and job that a duration or a start is of. */
static void print_io(const struct render *r, const struct latency_format *f,
		     const struct latency_io *io)
{
	char text[BY_SIZE];

	fprintf(r->out, "%7u ", io->tgid);
	escape_print(r->out, io->process);
	for (size_t width = escape_width(io->process); width < 15; width++)
		fputc(' ', r->out);
	fprintf(r->out, " %-18s %10" PRIu64, latency_label(f, io->row), io->job);
	if (sub_name(f) && sub_is_text(f))
		fprintf(r->out, " %*s", -by_column(f),
			by_value(r, LATENCY_BY_TEXT, io->sub, text, sizeof(text)));
	else if (sub_name(f))
		fprintf(r->out, " %6" PRIu64, io->sub);
}

static void print_io_titles(const struct render *r, const struct latency_format *f)
{
	fprintf(r->out, "%7s %-15s %-18s %10s", "PID", "PROCESS", "OP", "JOB");
	if (sub_name(f))
		fprintf(r->out, " %*s", sub_is_text(f) ? -by_column(f) : 6, sub_name(f));
}

static void json_io(json_t *object, const struct render *r, const struct latency_format *f,
		    const struct latency_io *io)
{
	json_set(object, "pid", json_integer(io->tgid));
	json_set(object, "process", json_text(io->process));
	json_set(object, "op", json_text(latency_label(f, io->row)));
	json_set(object, "job", json_integer(io->job));
	if (sub_name(f))
		json_set(object, sub_name(f),
			 json_by(r, sub_is_text(f) ? LATENCY_BY_TEXT : LATENCY_BY_NUMBER, io->sub));
}

void latency_slow_print(const struct render *r, const struct latency_format *f,
			const struct latency_io *io, bool header)
{
	char time[24], duration[24];
	json_t *object;

	if (r->json) {
		object = json_line(r);
		json_set(object, "event", json_string("slow"));
		json_io(object, r, f, io);
		json_set(object, "duration_ns", json_integer(io->duration));
		json_set(object, "end_monotonic_ns", json_integer(io->end));
		json_print(r->out, object);
		return;
	}
	if (header) {
		fprintf(r->out, "%-15s ", "TIME");
		print_io_titles(r, f);
		fprintf(r->out, " %9s\n", "DURATION");
	}
	fprintf(r->out, "%-15s ", time_format_clock(io->wall, time, sizeof(time)));
	print_io(r, f, io);
	fprintf(r->out, " %9s\n", duration_format(io->duration, duration, sizeof(duration)));
}

void latency_waiting_print(const struct render *r, const struct latency_format *f,
			   const struct latency_io *io, bool header)
{
	char time[24], duration[24];
	json_t *object;

	if (r->json) {
		object = json_line(r);
		json_set(object, "event", json_string("in-flight"));
		json_io(object, r, f, io);
		json_set(object, "age_ns", json_integer(io->duration));
		json_set(object, "ended", json_boolean(io->ended));
		json_print(r->out, object);
		return;
	}
	if (header) {
		fprintf(r->out, "%-15s ", "BEGAN");
		print_io_titles(r, f);
		fprintf(r->out, " %9s\n", "AGE");
	}
	fprintf(r->out, "%-15s ", time_format_clock(io->wall, time, sizeof(time)));
	print_io(r, f, io);
	fprintf(r->out, " %9s%s\n", duration_format(io->duration, duration, sizeof(duration)),
		io->ended ? " (process ended)" : "");
}
