// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "comparison.h"
#include "core/escape.h"
#include "core/units.h"
#include "metrics.h"
#include "render/json.h"
#include "stages.h"
#include "summary.h"

/* A metric of all runs. */
struct typical {
	uint64_t count; /* durations, also of runs that have too few for the metric */
	int runs;	/* that have it */
	double value;	/* the geometric mean; of no run: 0 */
	double spread;	/* standard deviation by mean; negative of less than two runs */
};

struct line {
	const char *name;
	struct typical median, p99;
};

static struct typical typical_of(const struct series *s, uint32_t stage, enum metric metric)
{
	double value, logs = 0, sum = 0, squares = 0, variance;
	struct typical t = { .spread = -1 };
	uint64_t buckets[FOLD_BUCKETS], ns;
	struct snapshot_row row;

	for (int i = 0; i < s->nruns; i++) {
		ns = series_merge(&s->runs[i], stage, &row, buckets);
		t.count += row.count;
		if (!metric_value(metric, &row, ns, &value))
			continue;
		t.runs++;
		logs += log(value);
		sum += value;
		squares += value * value;
	}
	if (t.runs)
		t.value = exp(logs / t.runs);
	if (t.runs < 2)
		return t;
	variance = (squares - sum * sum / t.runs) / (t.runs - 1);
	t.spread = sqrt(variance > 0 ? variance : 0) / (sum / t.runs);
	return t;
}

static int line_order(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	int depth = (int)stage_depth_of(x->name) - (int)stage_depth_of(y->name);

	return depth ?: strcmp(x->name, y->name);
}

/* A line a stage, from the guest to the disk; NULL without memory, freed with free(). */
static struct line *lines_of(const struct series *s)
{
	struct line *lines = calloc(s->nstages + 1, sizeof(*lines));

	for (int i = 0; i < s->nstages && lines; i++)
		lines[i] = (struct line){ s->stages[i], typical_of(s, i, METRIC_MEDIAN),
					  typical_of(s, i, METRIC_P99) };
	if (lines)
		qsort(lines, s->nstages, sizeof(*lines), line_order);
	return lines;
}

static void print_typical(FILE *out, enum metric metric, const struct typical *t)
{
	char value[32] = "-", spread[32] = "-";

	if (t->runs)
		metric_format(metric, t->value, value, sizeof(value));
	if (t->spread >= 0)
		snprintf(spread, sizeof(spread), "%.1f %%", t->spread * 100);
	fprintf(out, " %10s %8s", value, spread);
}

static void print_line(FILE *out, const struct line *line, int width)
{
	escape_print(out, line->name);
	fprintf(out, "%*s %10" PRIu64, width - (int)escape_width(line->name), "",
		line->median.count);
	print_typical(out, METRIC_MEDIAN, &line->median);
	print_typical(out, METRIC_P99, &line->p99);
	fputc('\n', out);
}

int summary_print(const struct series *s, const char *file, FILE *out)
{
	struct line *lines = lines_of(s);
	int width = strlen("stage");

	if (!lines)
		return -ENOMEM;
	for (int i = 0; i < s->nstages; i++)
		if ((int)escape_width(lines[i].name) > width)
			width = escape_width(lines[i].name);
	fprintf(out, "%-*s %10s %10s %8s %10s %8s\n", width, "stage", "count", "median", "spread",
		"p99", "spread");
	for (int i = 0; i < s->nstages; i++)
		print_line(out, &lines[i], width);
	fputs("wrote ", out);
	escape_print(out, file);
	fprintf(out, ": %d run%s, %d stage%s", s->nruns, s->nruns == 1 ? "" : "s", s->nstages,
		s->nstages == 1 ? "" : "s");
	if (s->nruns < s->wanted)
		fprintf(out, "; %d runs were asked for", s->wanted);
	fputc('\n', out);
	free(lines);
	return 0;
}

/* A number that there may be not. */
static json_t *json_number(bool is, double value)
{
	return is ? json_real(value) : json_null();
}

static json_t *json_of_line(const struct line *line)
{
	json_t *json = json_object();

	json_set(json, "stage", json_text(line->name));
	json_set(json, "count", json_integer(line->median.count));
	json_set(json, "runs", json_integer(line->median.runs));
	json_set(json, "median_ns", json_number(line->median.runs, line->median.value));
	json_set(json, "median_spread", json_number(line->median.runs > 1, line->median.spread));
	json_set(json, "p99_ns", json_number(line->p99.runs, line->p99.value));
	json_set(json, "p99_spread", json_number(line->p99.runs > 1, line->p99.spread));
	return json;
}

int summary_print_json(const struct series *s, const char *file, FILE *out)
{
	const struct render render = { .out = out,
				       .report = "baseline",
				       .wall = monotonic_now() + monotonic_to_wall() };
	json_t *json, *stages = json_array();
	struct line *lines = lines_of(s);

	if (!lines) {
		json_decref(stages);
		return -ENOMEM;
	}
	json = json_line(&render);
	json_set(json, "file", json_text(file));
	json_set(json, "runs", json_integer(s->nruns));
	json_set(json, "runs_wanted", json_integer(s->wanted));
	json_set(json, "interrupted", json_boolean(s->interrupted));
	for (int i = 0; i < s->nstages; i++)
		json_array_append_new(stages, json_of_line(&lines[i]));
	json_set(json, "stages", stages);
	free(lines);
	return json_print(out, json);
}
