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
	{ 0.50, "p50_ns", "P50" },
	{ 0.90, "p90_ns", "P90" },
	{ 0.99, "p99_ns", "P99" },
	{ 0.999, "p99.9_ns", "P99.9" },
};
#define NPERCENTILES (int)(sizeof(percentiles) / sizeof(percentiles[0]))

static const char *label(const struct latency_format *f, uint32_t row)
{
	return row < (uint32_t)f->nlabels ? f->labels[row] : "?";
}

/* DTrace's order: lightest first; ties by the weight at 0, then by key. */
static int entry_compare(const void *va, const void *vb, void *vf)
{
	const struct entry *a = va, *b = vb;
	const struct latency_format *f = vf;
	int labels;

	if (a->weight != b->weight)
		return a->weight < b->weight ? -1 : 1;
	if (a->q.count[0] != b->q.count[0])
		return a->q.count[0] < b->q.count[0] ? -1 : 1;
	labels = strcmp(label(f, a->row->row), label(f, b->row->row));
	/* the snapshot's rows are in order of what else there is to a key */
	return labels ? labels : a->row < b->row ? -1 : a->row > b->row;
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

/* A last string is not padded: lines end without trailing blanks. */
static void print_key(FILE *out, const struct latency_format *f, const struct snapshot_row *row)
{
	if (row->tgid && !key_has_pid(f))
		fprintf(out, " %8u", row->tgid);
	for (int i = 0; i < LATENCY_MAX_KEYS && f->key[i]; i++) {
		bool last = i + 1 == LATENCY_MAX_KEYS || !f->key[i + 1];

		switch (f->key[i]) {
		case LATENCY_KEY_LABEL:
			fprintf(out, last ? "  %s" : "  %-50s", label(f, row->row));
			break;
		case LATENCY_KEY_BY:
			fprintf(out, " %16" PRIu64, row->by);
			break;
		case LATENCY_KEY_PID:
			fprintf(out, " %8u", row->tgid);
			break;
		case LATENCY_KEY_END:
			break;
		}
	}
	fputc('\n', out);
}

static void print_quantizes(const struct render *r, const struct latency_format *f,
			    struct entry *entries, int n)
{
	qsort_r(entries, n, sizeof(*entries), entry_compare, (void *)f);
	fputc('\n', r->out);
	for (int i = 0; i < n; i++) {
		print_key(r->out, f, entries[i].row);
		quantize_print(r->out, &entries[i].q);
		fputc('\n', r->out);
	}
}

static void print_duration(FILE *out, uint64_t ns)
{
	char text[24];

	fprintf(out, " %9s", duration_format(ns, text, sizeof(text)));
}

static void print_summary(const struct render *r, const struct latency_format *f,
			  const struct entry *entries, int n)
{
	bool pids = n && entries[0].row->tgid;

	if (pids)
		fprintf(r->out, "%8s ", "PID");
	fprintf(r->out, "%-28s", "OP");
	if (f->by)
		fprintf(r->out, " %6s", f->by);
	fprintf(r->out, " %9s %9s", "COUNT", "MEAN");
	for (int i = 0; i < NPERCENTILES; i++)
		fprintf(r->out, " %9s", percentiles[i].title);
	fprintf(r->out, " %9s\n", "MAX");
	for (int i = 0; i < n; i++) {
		const struct snapshot_row *row = entries[i].row;

		if (pids)
			fprintf(r->out, "%8u ", row->tgid);
		fprintf(r->out, "%-28s", label(f, row->row));
		if (f->by)
			fprintf(r->out, " %6" PRIu64, row->by);
		fprintf(r->out, " %9" PRIu64, row->count);
		print_duration(r->out, (uint64_t)(snapshot_mean(row) + 0.5));
		for (int p = 0; p < NPERCENTILES; p++)
			print_duration(r->out, snapshot_percentile(row, percentiles[p].p));
		print_duration(r->out, row->max);
		fputc('\n', r->out);
	}
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

static void print_json(const struct render *r, const struct latency_format *f,
		       const struct entry *e)
{
	const struct snapshot_row *row = e->row;
	json_t *object = json_line(r);

	if (row->tgid)
		json_set(object, "pid", json_integer(row->tgid));
	json_set(object, "op", json_string(label(f, row->row)));
	if (f->by)
		json_set(object, f->by, json_integer(row->by));
	json_set(object, "count", json_integer(row->count));
	json_set(object, "sum_ns", json_integer(row->sum));
	json_set(object, "mean_ns", json_real(snapshot_mean(row)));
	for (int p = 0; p < NPERCENTILES; p++)
		json_set(object, percentiles[p].key,
			 json_integer(snapshot_percentile(row, percentiles[p].p)));
	json_set(object, "max_ns", json_integer(row->max));
	json_set(object, "quantize", json_quantize(&e->q));
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

static void slow_json(const struct render *r, const struct latency_format *f,
		      const struct latency_slow *s)
{
	json_t *object = json_line(r);

	json_set(object, "event", json_string("slow"));
	json_set(object, "pid", json_integer(s->tgid));
	json_set(object, "process", json_text(s->process));
	json_set(object, "op", json_string(label(f, s->row)));
	json_set(object, "job", json_integer(s->job));
	if (f->by)
		json_set(object, f->by, json_integer(s->sub));
	json_set(object, "duration_ns", json_integer(s->duration));
	json_set(object, "end_monotonic_ns", json_integer(s->end));
	json_print(r->out, object);
}

void latency_slow_print(const struct render *r, const struct latency_format *f,
			const struct latency_slow *s, bool header)
{
	char time[24], duration[24];

	if (r->json) {
		slow_json(r, f, s);
		return;
	}
	if (header)
		fprintf(r->out, "%-15s %7s %-15s %-18s %10s %6s %9s\n", "TIME", "PID", "PROCESS",
			"OP", "JOB", f->by ? f->by : "", "DURATION");
	fprintf(r->out, "%-15s %7u ", time_format_clock(s->wall, time, sizeof(time)), s->tgid);
	escape_print(r->out, s->process);
	for (size_t width = escape_width(s->process); width < 15; width++)
		fputc(' ', r->out);
	fprintf(r->out, " %-18s %10" PRIu64, label(f, s->row), s->job);
	if (f->by)
		fprintf(r->out, " %6" PRIu64, s->sub);
	else
		fprintf(r->out, " %6s", "");
	fprintf(r->out, " %9s\n", duration_format(s->duration, duration, sizeof(duration)));
}
