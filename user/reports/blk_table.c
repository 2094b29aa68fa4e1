// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "blk_table.h"
#include "core/escape.h"
#include "render/json.h"

const char *const blk_ops[BLOCK_OPS] = {
	[BLOCK_READ] = "read",	     [BLOCK_WRITE] = "write",	      [BLOCK_FLUSH] = "flush",
	[BLOCK_DISCARD] = "discard", [BLOCK_ZEROES] = "write-zeroes", [BLOCK_OTHER] = "other",
};

struct entry {
	uint32_t dev, tgid, op;
	uint64_t count, bytes, device; /* of those that ended; device in ns */
	uint64_t counts[BLOCK_COUNTS];
	uint64_t inflight;
	char name[64];
};

struct blk_table {
	struct blk_table_options options;
	struct entry *entries;
	int n, room;
};

struct blk_table *blk_table__new(const struct blk_table_options *options)
{
	struct blk_table *t = calloc(1, sizeof(*t));

	if (t)
		t->options = *options;
	return t;
}

void blk_table__free(struct blk_table *t)
{
	if (!t)
		return;
	free(t->entries);
	free(t);
}

/* Made when it is new; NULL without memory. */
static struct entry *entry_of(struct blk_table *t, uint32_t dev, uint32_t op, uint32_t tgid)
{
	struct entry *e;

	for (e = t->entries; e < t->entries + t->n; e++)
		if (e->dev == dev && e->op == op && e->tgid == tgid)
			return e;
	if (t->n == t->room) {
		int room = t->room ? t->room * 2 : 32;
		struct entry *entries = reallocarray(t->entries, room, sizeof(*entries));

		if (!entries)
			return NULL;
		t->entries = entries;
		t->room = room;
	}
	e = &t->entries[t->n++];
	*e = (struct entry){ .dev = dev, .op = op, .tgid = tgid };
	t->options.name(t->options.arg, dev, e->name, sizeof(e->name));
	return e;
}

static int add_row(struct blk_table *t, const struct snapshot_row *row)
{
	bool is_count = row->row >= BLOCK_DISTRIBUTIONS;
	uint32_t n = is_count ? row->row - BLOCK_DISTRIBUTIONS : row->row;
	uint32_t each = is_count ? BLOCK_COUNTS : BLOCK_WHATS;
	struct entry *e;

	if (!row->count || row->row >= BLOCK_ROWS)
		return 0;
	e = entry_of(t, (uint32_t)row->by, n / each, row->tgid);
	if (!e)
		return -ENOMEM;
	if (is_count) {
		e->counts[n % each] += row->count;
	} else if (n % each == BLOCK_ISSUED) {
		e->count += row->count;
		e->device += row->sum;
	} else if (n % each == BLOCK_BYTES) {
		e->bytes += row->sum;
	}
	return 0;
}

int blk_table_add(struct blk_table *t, const struct snapshot *s)
{
	int err = 0;

	for (int i = 0; i < s->nrows && !err; i++)
		err = add_row(t, &s->rows[i]);
	return err;
}

int blk_table_add_inflight(struct blk_table *t, const struct block_request *r)
{
	struct entry *e;

	if (!r->issued || r->op >= BLOCK_OPS)
		return 0;
	e = entry_of(t, r->dev, r->op, t->options.by_process ? r->tgid : 0);
	if (!e)
		return -ENOMEM;
	e->inflight++;
	return 0;
}

static int entry_compare(const void *va, const void *vb)
{
	const struct entry *a = va, *b = vb;
	int c = strverscmp(a->name, b->name);

	if (c)
		return c;
	if (a->dev != b->dev)
		return a->dev < b->dev ? -1 : 1;
	if (a->tgid != b->tgid)
		return a->tgid < b->tgid ? -1 : 1;
	return (int)a->op - (int)b->op;
}

void blk_print_name(FILE *out, const char *name)
{
	escape_print(out, name);
	for (size_t width = escape_width(name); width < BLK_NAME_WIDTH; width++)
		fputc(' ', out);
}

/* Requests that the device had at the same time, on average, of those that ended. */
static double depth(const struct blk_table *t, const struct entry *e)
{
	return t->options.elapsed ? (double)e->device / (double)t->options.elapsed : 0;
}

static void print_head(FILE *out, const struct blk_table *t, const struct entry *e, const char *op)
{
	if (t->options.by_process)
		fprintf(out, "%8u ", e->tgid);
	blk_print_name(out, e->name);
	fprintf(out, " %-12s", op);
}

static void print_entry(FILE *out, const struct blk_table *t, const struct entry *e)
{
	print_head(out, t, e, blk_ops[e->op]);
	fprintf(out, " %9" PRIu64 " %13" PRIu64, e->count, e->bytes);
	fprintf(out, " %9" PRIu64 " %9" PRIu64 " %9" PRIu64, e->counts[BLOCK_MERGED],
		e->counts[BLOCK_REQUEUED], e->counts[BLOCK_ERRORS]);
	fprintf(out, " %9" PRIu64 " %9.2f\n", e->inflight, depth(t, e));
	if (!e->counts[BLOCK_PREFLUSHS])
		return;
	print_head(out, t, e, "preflush");
	fprintf(out, " %9" PRIu64 " %13s %9s %9s %9s %9s %9s\n", e->counts[BLOCK_PREFLUSHS], "-",
		"-", "-", "-", "-", "-");
}

static void json_entry(const struct render *r, const struct blk_table *t, const struct entry *e)
{
	json_t *object = json_line(r);

	json_set(object, "event", json_string("requests"));
	if (t->options.by_process)
		json_set(object, "pid", json_integer(e->tgid));
	json_set(object, "device", json_text(e->name));
	json_set(object, "op", json_string(blk_ops[e->op]));
	json_set(object, "count", json_integer(e->count));
	json_set(object, "bytes", json_integer(e->bytes));
	json_set(object, "merged", json_integer(e->counts[BLOCK_MERGED]));
	json_set(object, "requeued", json_integer(e->counts[BLOCK_REQUEUED]));
	json_set(object, "errors", json_integer(e->counts[BLOCK_ERRORS]));
	json_set(object, "preflushes", json_integer(e->counts[BLOCK_PREFLUSHS]));
	json_set(object, "in_flight", json_integer(e->inflight));
	json_set(object, "depth", json_real(depth(t, e)));
	json_print(r->out, object);
}

void blk_table_print(struct blk_table *t, const struct render *r)
{
	if (t->n)
		qsort(t->entries, t->n, sizeof(*t->entries), entry_compare);
	if (t->n && !r->json)
		fprintf(r->out, "%s%s%-*s %-12s %9s %13s %9s %9s %9s %9s %9s\n",
			r->summary ? "\n" : "", t->options.by_process ? "     PID " : "",
			BLK_NAME_WIDTH, "DEVICE", "OP", "COUNT", "BYTES", "MERGED", "REQUEUED",
			"ERRORS", "IN-FLIGHT", "DEPTH");
	for (int i = 0; i < t->n; i++) {
		if (r->json)
			json_entry(r, t, &t->entries[i]);
		else
			print_entry(r->out, t, &t->entries[i]);
	}
}
