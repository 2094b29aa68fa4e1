// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/escape.h"
#include "core/log.h"
#include "core/units.h"
#include "draw.h"
#include "events.h"
#include "names.h"
#include "render/json.h"

#define LABEL	  192
#define LEAST_BAR 20
#define TIMES	  21 /* columns of start and duration, with the blanks */

/* A span that is shown, in the order of lines. */
struct line {
	const struct wf_job *job;
	uint32_t span;
	int depth;
};

struct lines {
	struct line *all;
	uint32_t n, room;
	bool memory; /* there was none */
};

/* --- the order of lines --- */

static int start_compare(const void *va, const void *vb, void *arg)
{
	const struct wf_job *job = arg;
	uint32_t a = *(const uint32_t *)va, b = *(const uint32_t *)vb;
	const struct wf_span *x = &job->spans[a], *y = &job->spans[b];

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return a < b ? -1 : a > b;
}

static void line_add(struct lines *lines, const struct wf_job *job, uint32_t span, int depth)
{
	if (lines->n == lines->room) {
		uint32_t room = lines->room ? 2 * lines->room : 64;
		struct line *all = realloc(lines->all, room * sizeof(*all));

		if (!all) {
			lines->memory = true;
			return;
		}
		lines->all = all;
		lines->room = room;
	}
	lines->all[lines->n++] = (struct line){ job, span, depth };
}

static void lines_of(struct lines *lines, const struct wf_job *job, int depth);

/* What is inside of a span, from the list of each. */
static void lines_inside(struct lines *lines, const struct wf_job *job, const uint32_t *first,
			 const uint32_t *next, uint32_t parent, int depth)
{
	for (uint32_t i = first[parent]; i; i = next[i]) {
		const struct wf_span *span = &job->spans[i];
		const struct wf_job *down = span->kind == WF_SERVED ? job->down[span->sub] : NULL;

		/* the job at the downstairs stands for the step that it is */
		if (down) {
			lines_of(lines, down, depth);
			continue;
		}
		line_add(lines, job, i, depth);
		lines_inside(lines, job, first, next, i, depth + 1);
	}
}

static void lines_of(struct lines *lines, const struct wf_job *job, int depth)
{
	uint32_t *order = calloc(job->nspans, sizeof(*order));
	uint32_t *first = calloc(job->nspans, sizeof(*first));
	uint32_t *next = calloc(job->nspans, sizeof(*next));

	if (order && first && next) {
		for (uint32_t i = 0; i < job->nspans; i++)
			order[i] = i;
		qsort_r(order + 1, job->nspans - 1, sizeof(*order), start_compare, (void *)job);
		for (uint32_t n = job->nspans - 1; n; n--) {
			uint32_t i = order[n], parent = job->spans[i].parent;

			next[i] = first[parent];
			first[parent] = i;
		}
		line_add(lines, job, 0, depth);
		lines_inside(lines, job, first, next, 0, depth + 1);
	} else {
		lines->memory = true;
	}
	free(order);
	free(first);
	free(next);
}

/* --- what a line says --- */

static const char *size_text(uint64_t bytes, char *dst, size_t size)
{
	if (bytes < 1024 || bytes % 512)
		snprintf(dst, size, "%" PRIu64 "B", bytes);
	else if (bytes < 1024 * 1024)
		snprintf(dst, size, "%.4gK", (double)bytes / 1024);
	else
		snprintf(dst, size, "%.4gM", (double)bytes / (1024 * 1024));
	return dst;
}

static void label_call(const struct wf_span *span, char *dst, size_t size)
{
	int64_t result = (int64_t)span->value;
	size_t len = strlen(dst);
	char text[32];

	if (result < 0)
		snprintf(dst + len, size - len, " %s", err_name((int)result));
	else if (result > 0 && !wf_call_syncs(span->what))
		snprintf(dst + len, size - len, " %s",
			 size_text((uint64_t)result, text, sizeof(text)));
}

static void label_io(const struct wf_drawing *d, const struct wf_span *span, char *dst, size_t size)
{
	size_t len = strlen(dst);
	char text[32], device[64];

	if (span->kind == WF_JOURNAL && span->count > 1)
		len += snprintf(dst + len, size - len, " x%u", span->count);
	if (span->value)
		len += snprintf(dst + len, size - len, " %s",
				size_text(span->value, text, sizeof(text)));
	escape_copy(device, sizeof(device), d->device(d->arg, span->sub));
	len += snprintf(dst + len, size - len, " %s", device);
	if (span->error)
		snprintf(dst + len, size - len, " %s", err_name(span->error));
}

static char *label_of(const struct wf_drawing *d, const struct line *line, char *dst, size_t size)
{
	const struct wf_span *span = &line->job->spans[line->span];
	char process[64];
	size_t len;

	wf_kind_name(span->kind, span->what, line->job->op, line->job->guest, dst, size);
	len = strlen(dst);
	switch (span->kind) {
	case WF_ROOT:
		escape_copy(process, sizeof(process), d->process(d->arg, line->job->tgid));
		if (line->depth)
			snprintf(dst + len, size - len, " %s %u", process, line->job->tgid);
		break;
	case WF_CLIENT:
	case WF_NET:
	case WF_STEP:
		snprintf(dst + len, size - len, " %u", span->sub);
		break;
	case WF_CALL:
		label_call(span, dst, size);
		break;
	case WF_BIO:
	case WF_JOURNAL:
		label_io(d, span, dst, size);
		break;
	}
	len = strlen(dst);
	if (span->cut)
		snprintf(dst + len, size - len, " (no end)");
	return dst;
}

/* --- bars --- */

static int column(uint64_t time, const struct wf_job *job, int width)
{
	uint64_t all = job->end > job->start ? job->end - job->start : 1;

	if (time <= job->start)
		return 0;
	if (time >= job->end)
		return width;
	return (int)((double)(time - job->start) / (double)all * width);
}

static char bar_sign(uint16_t kind)
{
	switch (kind) {
	case WF_BIO:
		return '#';
	case WF_JOURNAL:
		return '~';
	case WF_QUEUE:
	case WF_SEND:
	case WF_RECEIVE:
		return '.';
	case WF_BEGIN:
	case WF_ANSWER:
		return '-';
	}
	return '=';
}

/* On the axis of `whole`. A span has one column at least. */
static void draw_bar(FILE *out, const struct wf_span *span, const struct wf_job *whole, int width)
{
	int from = column(span->start, whole, width), to = column(span->end, whole, width);
	int issued = span->kind == WF_BIO && span->mark ? column(span->mark, whole, width) : from;

	from = from < width ? from : width - 1;
	to = to > from ? to : from + 1;
	issued = issued < to ? issued : to - 1;
	fputc('|', out);
	/* lines end without trailing blanks */
	for (int i = 0; i < to; i++)
		fputc(i < from ? ' ' : i < issued ? '.' : bar_sign(span->kind), out);
	fputc('\n', out);
}

/* --- text --- */

static int label_width(const struct wf_drawing *d, const struct lines *lines, int indent)
{
	char label[LABEL];
	int most = 0;

	for (uint32_t i = 0; i < lines->n && i < WF_DRAW_LINES; i++) {
		int width = indent * lines->all[i].depth;

		label_of(d, &lines->all[i], label, sizeof(label));
		width += (int)escape_width(label);
		most = width > most ? width : most;
	}
	return most;
}

/* The label, cut to its place; a character of UTF-8 is a column. */
static void print_label(FILE *out, int indent, const char *label, int width)
{
	int left = width - indent;

	fprintf(out, "%*s", indent, "");
	for (const char *p = label; *p && left > 0; left--) {
		bool more = left == 1 && escape_width(p) > 1;

		fputc(more ? '>' : *p, out);
		for (p++; (*p & 0xc0) == 0x80; p++)
			if (!more)
				fputc(*p, out);
	}
	fprintf(out, "%*s", left > 0 ? left : 0, "");
}

static void print_head(const struct wf_drawing *d, const struct wf_job *job)
{
	const struct render *r = d->render;
	FILE *out = r->out;
	char name[LABEL], text[32];

	wf_kind_name(WF_ROOT, 0, job->op, job->guest, name, sizeof(name));
	fprintf(out, "\n%s, job %" PRIu64 " of ", name, job->job);
	escape_print(out, d->process(d->arg, job->tgid));
	fprintf(out, " (pid %u): %s", job->tgid,
		duration_format(job->end - job->start, text, sizeof(text)));
	if (job->unfinished)
		fputs(", not ended", out);
	fputc('\n', out);
	if (job->crowded)
		fputs("(parts of it are left out: there were too many)\n", out);
}

static void print_line(const struct wf_drawing *d, const struct line *line,
		       const struct wf_job *whole, int indent, int width)
{
	const struct wf_span *span = &line->job->spans[line->span];
	uint64_t after = span->start > whole->start ? span->start - whole->start : 0;
	FILE *out = d->render->out;
	char label[LABEL], text[24];
	int bar = d->width - TIMES - width - 2;

	fprintf(out, "%9s ", after ? duration_format(after, text, sizeof(text)) : "0");
	fprintf(out, "%9s  ", duration_format(span->end - span->start, text, sizeof(text)));
	print_label(out, indent * line->depth, label_of(d, line, label, sizeof(label)), width);
	fputc(' ', out);
	draw_bar(out, span, whole, bar > LEAST_BAR ? bar : LEAST_BAR);
}

static void draw_text(const struct wf_drawing *d, const struct wf_job *job, struct lines *lines)
{
	int most = d->width - TIMES - 2 - LEAST_BAR, indent = 2, width;

	width = label_width(d, lines, indent);
	if (width > most) {
		indent = 1;
		width = label_width(d, lines, indent);
	}
	most = most > LEAST_BAR ? most : LEAST_BAR;
	width = width < most ? width : most;
	print_head(d, job);
	fprintf(d->render->out, "%9s %9s  SPAN\n", "START", "DURATION");
	for (uint32_t i = 0; i < lines->n && i < WF_DRAW_LINES; i++)
		print_line(d, &lines->all[i], job, indent, width);
	if (lines->n > WF_DRAW_LINES)
		fprintf(d->render->out, "%21s... and %u more\n", "", lines->n - WF_DRAW_LINES);
}

/* --- JSON --- */

static json_t *json_span(const struct wf_drawing *d, const struct line *line,
			 const struct wf_job *whole)
{
	const struct wf_span *span = &line->job->spans[line->span];
	json_t *object = json_object();
	char name[LABEL];

	json_set(object, "name",
		 json_string(wf_kind_name(span->kind, span->what, line->job->op, line->job->guest,
					  name, sizeof(name))));
	json_set(object, "depth", json_integer(line->depth));
	json_set(object, "start_ns", json_integer((json_int_t)(span->start - whole->start)));
	json_set(object, "duration_ns", json_integer((json_int_t)(span->end - span->start)));
	if (span->kind == WF_ROOT)
		json_set(object, "pid", json_integer(line->job->tgid));
	if (span->tid)
		json_set(object, "tid", json_integer(span->tid));
	if (span->kind == WF_CLIENT || span->kind == WF_NET)
		json_set(object, "client", json_integer(span->sub));
	if (span->kind == WF_STEP)
		json_set(object, "extent", json_integer(span->sub));
	if (span->kind == WF_CALL)
		json_set(object, "result", json_integer((json_int_t)span->value));
	if (span->kind == WF_BIO || span->kind == WF_JOURNAL) {
		json_set(object, "bytes", json_integer((json_int_t)span->value));
		json_set(object, "device", json_text(d->device(d->arg, span->sub)));
	}
	if (span->kind == WF_JOURNAL)
		json_set(object, "count", json_integer(span->count));
	if (span->error)
		json_set(object, "error", json_string(err_name(span->error)));
	if (span->kind == WF_BIO && span->mark)
		json_set(object, "queued_ns", json_integer((json_int_t)(span->mark - span->start)));
	if (span->cut)
		json_set(object, "cut", json_true());
	return object;
}

static void draw_json(const struct wf_drawing *d, const struct wf_job *job, struct lines *lines)
{
	json_t *object = json_line(d->render), *spans = json_array();

	json_set(object, "event", json_string("job"));
	json_set(object, "layer", json_string(job->guest ? "upstairs" : "downstairs"));
	json_set(object, "op", json_string(wf_op_name(job->op)));
	json_set(object, "job", json_integer((json_int_t)job->job));
	json_set(object, "pid", json_integer(job->tgid));
	json_set(object, "process", json_text(d->process(d->arg, job->tgid)));
	json_set(object, "start_monotonic_ns", json_integer((json_int_t)job->start));
	json_set(object, "duration_ns", json_integer((json_int_t)(job->end - job->start)));
	json_set(object, "unfinished", json_boolean(job->unfinished));
	json_set(object, "crowded", json_boolean(job->crowded));
	for (uint32_t i = 0; i < lines->n; i++)
		json_array_append_new(spans, json_span(d, &lines->all[i], job));
	json_set(object, "spans", spans);
	json_print(d->render->out, object);
}

void wf_draw(const struct wf_drawing *d, const struct wf_job *job)
{
	struct lines lines = { 0 };

	lines_of(&lines, job, 0);
	if (lines.memory)
		log_warn("a job is not drawn whole: no memory");
	if (d->render->json)
		draw_json(d, job, &lines);
	else
		draw_text(d, job, &lines);
	free(lines.all);
}
