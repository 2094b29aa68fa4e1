// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <inttypes.h>
#include <string.h>

#include "core/escape.h"
#include "core/units.h"
#include "events.h"
#include "render/json.h"
#include "table.h"

#define LABEL 128

typedef void (*stage_fn)(void *arg, const struct wf_stage *stage, bool other);

/* Calls `fn` for each stage that anything was in, in order; then for what is left of it. */
static void each(const struct wf_stage *stage, stage_fn fn, void *arg)
{
	for (; stage; stage = stage->next) {
		if (!stage->times.count)
			continue;
		fn(arg, stage, false);
		each(stage->inside, fn, arg);
		if (stage->inside)
			fn(arg, stage, true);
	}
}

static const struct wf_stage *root_of(const struct wf_stage *stage)
{
	while (stage->parent)
		stage = stage->parent;
	return stage;
}

/* Of the jobs' time, 0 to 1. */
static double share_of(const struct wf_stage *stage, double wall)
{
	const struct wf_stage *root = root_of(stage);

	return root->wall > 0 ? wall / root->wall : 0;
}

/* --- writes that sync --- */

static void add_syncs(const struct wf_stage *stage, bool writes, struct wf_syncs *syncs)
{
	for (; stage; stage = stage->next) {
		add_syncs(stage->inside, writes, syncs);
		if (stage->kind != WF_CALL || !wf_call_syncs(stage->what))
			continue;
		syncs->all += stage->times.count;
		if (!writes)
			continue;
		syncs->in_writes += stage->times.count;
		syncs->write_wall += stage->wall;
	}
}

struct wf_syncs wf_table_syncs(const struct wf_stages *stages)
{
	struct wf_syncs syncs = { 0 };

	for (const struct wf_stage *root = stages->roots; root; root = root->next) {
		bool writes =
			!root->guest && (root->what == WF_WRITE || root->what == WF_UNWRITTEN);

		add_syncs(root->inside, writes, &syncs);
		syncs.writes += writes ? root->wall : 0;
	}
	return syncs;
}

/* --- text --- */

struct text {
	FILE *out;
	int width; /* of the labels */
	bool begun;
};

static void measure_label(void *arg, const struct wf_stage *stage, bool other)
{
	struct text *t = arg;
	char label[LABEL];
	int width = 2 * stage->depth + (int)strlen(wf_stage_label(stage, label, sizeof(label)));

	if (!other && width > t->width)
		t->width = width;
}

static void print_times(FILE *out, const struct snapshot_row *times)
{
	char text[24];

	fprintf(out, " %9" PRIu64, times->count);
	fprintf(out, " %9s",
		duration_format((uint64_t)(snapshot_mean(times) + 0.5), text, sizeof(text)));
	fprintf(out, " %9s", duration_format(snapshot_percentile(times, 0.5), text, sizeof(text)));
	fprintf(out, " %9s", duration_format(snapshot_percentile(times, 0.99), text, sizeof(text)));
	fprintf(out, " %9s", duration_format(times->max, text, sizeof(text)));
}

static void print_wall(FILE *out, const struct wf_stage *stage, double wall)
{
	char text[24];

	wall = wall > 0 ? wall : 0;
	fprintf(out, " %9s %6.1f%%\n", duration_format((uint64_t)(wall + 0.5), text, sizeof(text)),
		100 * share_of(stage, wall));
}

static void print_stage(void *arg, const struct wf_stage *stage, bool other)
{
	int indent = 2 * (stage->depth + other);
	struct text *t = arg;
	char label[LABEL];

	/* nothing to speak of is left */
	if (other && share_of(stage, stage->self) < 0.0005)
		return;
	if (!stage->depth && !other && t->begun)
		fputc('\n', t->out);
	t->begun = true;
	fprintf(t->out, "%*s%-*s", indent, "", t->width - indent,
		other ? "other" : wf_stage_label(stage, label, sizeof(label)));
	if (other) {
		fprintf(t->out, " %9s %9s %9s %9s %9s", "", "", "", "", "");
		print_wall(t->out, stage, stage->self);
	} else {
		print_times(t->out, &stage->times);
		print_wall(t->out, stage, stage->wall);
	}
}

static void print_calls_outside(struct text *t, const struct wf_account *account)
{
	char label[LABEL];
	bool begun = false;

	for (unsigned op = 0; op < WF_CALL_OPS; op++) {
		if (!account->calls[op].count)
			continue;
		if (!begun && t->begun)
			fputc('\n', t->out);
		begun = true;
		snprintf(label, sizeof(label), "%s outside any job", wf_call_name(op));
		fprintf(t->out, "%-*s", t->width, label);
		print_times(t->out, &account->calls[op]);
		fputc('\n', t->out);
	}
}

static void print_syncs(FILE *out, const struct wf_stages *stages)
{
	struct wf_syncs s = wf_table_syncs(stages);

	if (!s.in_writes)
		return;
	fprintf(out,
		"\nWrites fsync, too: %" PRIu64 " of the jobs' %" PRIu64
		" fsyncs (%.0f%%) are in writes, and take %.1f%% of the writes'\n"
		"time. In extent-write: an extent's first write after a flush marks it dirty on disk. "
		"In a step\nof it: a block is written again before a flush.\n",
		s.in_writes, s.all, 100.0 * (double)s.in_writes / (double)s.all,
		s.writes > 0 ? 100 * s.write_wall / s.writes : 0);
}

/* Whether a row is worth a line: those of the kernel only where they share a disk with us. */
static bool shown(const struct wf_account *account, const struct wf_account_row *row)
{
	if (!row->times.count)
		return false;
	return row->whose < WF_OWN || wf_account_has_disk(account, row->disk);
}

static void print_io_row(FILE *out, const struct wf_account *account,
			 const struct wf_account_row *row)
{
	const char *name = account->names[row->name];
	char label[LABEL], text[24], plain[4 * WF_NAME];

	escape_copy(plain, sizeof(plain), name);
	snprintf(label, sizeof(label), "%s%s%s%s", row->whose < WF_OWN ? "  " : "",
		 wf_whose_text(row->whose), *name ? " " : "", plain);
	fprintf(out, "%-32s", label);
	print_times(out, &row->times);
	fprintf(out, " %9s %12" PRIu64 "\n",
		row->queued.count ? duration_format((uint64_t)(snapshot_mean(&row->queued) + 0.5),
						    text, sizeof(text))
				  : "-",
		row->bytes);
}

static void print_account(FILE *out, const struct wf_account *account, uint64_t under_way)
{
	uint64_t own = under_way, bytes = 0;
	bool any = under_way;

	for (int i = 0; i < account->nrows; i++) {
		any = any || shown(account, &account->rows[i]);
		own += i < WF_OWN ? account->rows[i].times.count : 0;
		bytes += i < WF_OWN ? account->rows[i].bytes : 0;
	}
	if (!any)
		return;
	fprintf(out, "\n%-32s %9s %9s %9s %9s %9s %9s %12s\n", "BLOCK I/O", "COUNT", "MEAN", "P50",
		"P99", "MAX", "QUEUED", "BYTES");
	fprintf(out, "%-32s %9" PRIu64 " %9s %9s %9s %9s %9s %12" PRIu64 "\n",
		"of the traced processes", own, "", "", "", "", "", bytes);
	for (int i = 0; i < account->nrows; i++) {
		if (i == WF_OWN && under_way)
			fprintf(out, "  %-30s %9" PRIu64 "\n", "in jobs under way", under_way);
		if (shown(account, &account->rows[i]))
			print_io_row(out, account, &account->rows[i]);
	}
	if (account->nrows == WF_OWN && under_way)
		fprintf(out, "  %-30s %9" PRIu64 "\n", "in jobs under way", under_way);
}

static void print_text(const struct render *r, const struct wf_stages *stages,
		       const struct wf_account *account, uint64_t under_way)
{
	struct text t = { .out = r->out, .width = 32 };

	each(stages->roots, measure_label, &t);
	fprintf(r->out, "%-*s %9s %9s %9s %9s %9s %9s %7s\n", t.width, "STAGE", "COUNT", "MEAN",
		"P50", "P99", "MAX", "TOTAL", "SHARE");
	each(stages->roots, print_stage, &t);
	print_calls_outside(&t, account);
	print_syncs(r->out, stages);
	print_account(r->out, account, under_way);
}

/* --- JSON --- */

static void set_times(json_t *object, const struct snapshot_row *times)
{
	json_set(object, "count", json_integer((json_int_t)times->count));
	json_set(object, "sum_ns", json_integer((json_int_t)times->sum));
	json_set(object, "mean_ns", json_real(snapshot_mean(times)));
	json_set(object, "p50_ns", json_integer((json_int_t)snapshot_percentile(times, 0.5)));
	json_set(object, "p99_ns", json_integer((json_int_t)snapshot_percentile(times, 0.99)));
	json_set(object, "max_ns", json_integer((json_int_t)times->max));
}

/* "os-flush/extent-flush": all around it but the job, and it. */
static size_t path_of(const struct wf_stage *stage, char *dst, size_t size)
{
	size_t len = stage->parent ? path_of(stage->parent, dst, size) : 0;
	char name[LABEL];

	if (!stage->parent || len >= size)
		return len;
	return len + snprintf(dst + len, size - len, "%s%s", len ? "/" : "",
			      wf_stage_name(stage, name, sizeof(name)));
}

static void json_stage(void *arg, const struct wf_stage *stage, bool other)
{
	const struct wf_stage *root = root_of(stage);
	double wall = other ? stage->self : stage->wall;
	const struct render *r = arg;
	json_t *object = json_line(r);
	char path[512], name[LABEL];
	size_t len;

	path[0] = '\0';
	len = path_of(stage, path, sizeof(path));
	if (other && len < sizeof(path))
		snprintf(path + len, sizeof(path) - len, "%sother", len ? "/" : "");
	json_set(object, "layer", json_string(root->guest ? "upstairs" : "downstairs"));
	json_set(object, "op", json_string(wf_op_name(root->what)));
	json_set(object, "stage", json_string(path));
	json_set(object, "name",
		 json_string(other ? "other" : wf_stage_name(stage, name, sizeof(name))));
	json_set(object, "depth", json_integer(stage->depth + other));
	if (!other)
		set_times(object, &stage->times);
	json_set(object, "wall_ns", json_real(wall));
	json_set(object, "share", json_real(share_of(stage, wall)));
	json_print(r->out, object);
}

static void json_account(const struct render *r, const struct wf_account *account,
			 uint64_t under_way)
{
	json_t *object;

	for (int i = 0; i < account->nrows; i++) {
		const struct wf_account_row *row = &account->rows[i];

		if (!shown(account, row))
			continue;
		object = json_line(r);
		json_set(object, "io", json_string(wf_whose_key(row->whose)));
		json_set(object, "traced", json_boolean(row->whose < WF_OWN));
		if (row->name)
			json_set(object, "by", json_text(account->names[row->name]));
		set_times(object, &row->times);
		json_set(object, "queued_mean_ns", json_real(snapshot_mean(&row->queued)));
		json_set(object, "bytes", json_integer((json_int_t)row->bytes));
		json_print(r->out, object);
	}
	object = json_line(r);
	json_set(object, "event", json_string("io"));
	json_set(object, "seen", json_integer((json_int_t)account->seen));
	json_set(object, "told", json_integer((json_int_t)account->told));
	json_set(object, "under_way", json_integer((json_int_t)under_way));
	json_print(r->out, object);
}

static void json_calls_outside(const struct render *r, const struct wf_account *account)
{
	for (unsigned op = 0; op < WF_CALL_OPS; op++) {
		json_t *object;

		if (!account->calls[op].count)
			continue;
		object = json_line(r);
		json_set(object, "call", json_string(wf_call_name(op)));
		json_set(object, "outside", json_true());
		set_times(object, &account->calls[op]);
		json_print(r->out, object);
	}
}

static void json_syncs(const struct render *r, const struct wf_stages *stages)
{
	struct wf_syncs s = wf_table_syncs(stages);
	json_t *object = json_line(r);

	json_set(object, "event", json_string("fsyncs"));
	json_set(object, "in_jobs", json_integer((json_int_t)s.all));
	json_set(object, "in_writes", json_integer((json_int_t)s.in_writes));
	json_set(object, "share_of_writes", json_real(s.writes > 0 ? s.write_wall / s.writes : 0));
	json_print(r->out, object);
}

void wf_table_print(const struct render *r, const struct wf_stages *stages,
		    const struct wf_account *account, uint64_t under_way)
{
	if (!r->json) {
		print_text(r, stages, account, under_way);
		return;
	}
	each(stages->roots, json_stage, (void *)r);
	json_calls_outside(r, account);
	json_syncs(r, stages);
	json_account(r, account, under_way);
}
