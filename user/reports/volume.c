// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What happens at the volume layer, by volume: trace-vol counts, perf-vol measures, perf-reqwest
 * measures reads from a read-only parent.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/escape.h"
#include "core/units.h"
#include "render/json.h"
#include "report.h"

#define UP     "crucible_upstairs"
#define VOLUME 1 /* the argument that names it */

enum { READ, WRITE, WRITE_UNWRITTEN, FLUSH };

static const char *const ops[] = { "read", "write", "writeunwritten", "flush" };
static const char *const done_probes[] = { "volume-read-done", "volume-write-done",
					   "volume-writeunwritten-done", "volume-flush-done" };

#define VOLUME_LATENCY(row, op) \
	RULES_LATENCY(UP, "volume-" op "-start", "volume-" op "-done", row, VOLUME, KEY_JOB_SUB)

static const struct probe_rule perf_rules[] = {
	VOLUME_LATENCY(READ, "read"),
	VOLUME_LATENCY(WRITE, "write"),
	VOLUME_LATENCY(WRITE_UNWRITTEN, "writeunwritten"),
	VOLUME_LATENCY(FLUSH, "flush"),
	{ 0 },
};

static const struct latency_format perf_classic = {
	.labels = done_probes,
	.nlabels = NROWS(done_probes),
	.by = "volume",
	.by_text = true,
	.key = { LATENCY_KEY_BY, LATENCY_KEY_LABEL },
};

static const struct latency_format perf_compact = {
	.labels = ops,
	.nlabels = NROWS(ops),
	.by = "volume",
	.by_text = true,
	.counted = true,
};

#define MAX_VOLUMES 256
#define VOLUME_CAVEAT                                                                           \
	"The volume is read as text in each probe, which costs more than reports that need no " \
	"text. 256 volumes are told apart; what is beyond them is counted as lost.\n"

const struct report report_perf_vol = {
	.name = "perf-vol",
	.aliases = "perfvol",
	.summary = "latency of each operation at the volume layer, by volume, every 5 s",
	.help = {
		.about = "From volume-OP-start, where an IO first lands in Crucible, to "
			 "volume-OP-done. Printed every 5 seconds, of all since the start, and once "
			 "more at the end.\n",
		.hits = "Two hits an IO, each with a text.\n",
		.columns = "The volume's UUID, and the probe that ends the operation: read, write, "
			   "writeunwritten, flush. In compact layout UUID, operation and number of "
			   "IOs, by number.\n",
		.caveats = VOLUME_CAVEAT,
	},
	.takes = TAKES_LATENCY | TAKES_VOLUME,
	.rules = perf_rules,
	.rows = NROWS(ops),
	.max_by = MAX_VOLUMES,
	.interval = 5 * NSEC_PER_SEC,
	.cumulative = true,
	.latency = &perf_classic,
	.compact = &perf_compact,
};

static const char *const reqwest_labels[] = { "reqwest-read" };

static const struct probe_rule reqwest_rules[] = {
	RULES_LATENCY(UP, "reqwest-read-start", "reqwest-read-done", 0, VOLUME, KEY_JOB_SUB),
	{ 0 },
};

static const struct latency_format reqwest_format = {
	.labels = reqwest_labels,
	.nlabels = NROWS(reqwest_labels),
	.by = "volume",
	.by_text = true,
	.key = { LATENCY_KEY_BY, LATENCY_KEY_LABEL },
};

const struct report report_perf_reqwest = {
	.name = "perf-reqwest",
	.summary = "latency of reads from a read-only parent, by volume, every 5 s",
	.help = {
		.about = "From reqwest-read-start, when the read-only parent of a volume "
			 "(ReqwestBlockIO: an image read over HTTP) gets a read, to "
			 "reqwest-read-done. Printed every 5 seconds, of all since the start, and "
			 "once more at the end.\n",
		.hits = "Two hits a read from the parent, each with a text.\n",
		.columns = "The UUID of the parent, and reqwest-read.\n",
		.caveats = VOLUME_CAVEAT,
	},
	.takes = TAKES_LATENCY | TAKES_VOLUME,
	.rules = reqwest_rules,
	.rows = NROWS(reqwest_labels),
	.max_by = MAX_VOLUMES,
	.interval = 5 * NSEC_PER_SEC,
	.cumulative = true,
	.latency = &reqwest_format,
};

/* --- trace-vol --- */

static const char *const counted[] = {
	"volume-read-start",	       "volume-read-done",
	"volume-write-start",	       "volume-write-done",
	"volume-writeunwritten-start", "volume-writeunwritten-done",
	"volume-flush-start",	       "volume-flush-done",
};

#define VOLUME_COUNT(row, probe) RULE(UP, probe, .verb = FOLD_COUNT, .by = VOLUME, .group = row)

static const struct probe_rule trace_rules[] = {
	VOLUME_COUNT(0, "volume-read-start"),
	VOLUME_COUNT(1, "volume-read-done"),
	VOLUME_COUNT(2, "volume-write-start"),
	VOLUME_COUNT(3, "volume-write-done"),
	VOLUME_COUNT(4, "volume-writeunwritten-start"),
	VOLUME_COUNT(5, "volume-writeunwritten-done"),
	VOLUME_COUNT(6, "volume-flush-start"),
	VOLUME_COUNT(7, "volume-flush-done"),
	{ 0 },
};

struct volume_count {
	char volume[FOLD_TEXT_KEY];
	const struct snapshot_row *row;
};

/* Ascending by count; then by key, in the order of its parts. */
static int volume_compare(const void *va, const void *vb)
{
	const struct volume_count *a = va, *b = vb;
	int volumes;

	if (a->row->count != b->row->count)
		return a->row->count < b->row->count ? -1 : 1;
	volumes = strcmp(a->volume, b->volume);
	return volumes ? volumes : strcmp(counted[a->row->row], counted[b->row->row]);
}

static void print_volume(const struct report_view *view, const struct volume_count *c)
{
	const char *form = view->layout == LAYOUT_COMPACT ? "  %-50s  %-50s %16" PRIu64 "\n"
							  : "%-36s      %-18s %8" PRIu64 "\n";
	FILE *out = view->render.out;
	char text[4 * FOLD_TEXT_KEY];
	json_t *object;

	if (view->render.json) {
		object = json_line(&view->render);
		if (c->row->tgid)
			json_set(object, "pid", json_integer(c->row->tgid));
		json_set(object, "volume", json_text(c->volume));
		json_set(object, "probe", json_string(counted[c->row->row]));
		json_set(object, "count", json_integer(c->row->count));
		json_print(out, object);
		return;
	}
	if (c->row->tgid)
		fprintf(out, "%8u ", c->row->tgid);
	escape_copy(text, sizeof(text), c->volume);
	fprintf(out, form, text, counted[c->row->row], c->row->count);
}

static void print_volumes(const struct report_view *view)
{
	const struct snapshot *s = view->snapshot;
	struct volume_count *counts = calloc(s->nrows + 1, sizeof(*counts));
	int n = 0;

	for (int i = 0; counts && i < s->nrows; i++) {
		if (!s->rows[i].count)
			continue;
		counts[n].row = &s->rows[i];
		render_text(&view->render, s->rows[i].by, counts[n].volume,
			    sizeof(counts[n].volume));
		n++;
	}
	if (!view->render.json)
		fputc('\n', view->render.out);
	if (counts)
		qsort(counts, n, sizeof(*counts), volume_compare);
	for (int i = 0; i < n; i++)
		print_volume(view, &counts[i]);
	free(counts);
}

const struct report report_trace_vol = {
	.name = "trace-vol",
	.summary = "count of IOs that began and ended at the volume layer, by volume",
	.help = {
		.about = "Counts volume-OP-start and volume-OP-done; OP is read, write, "
			 "writeunwritten, flush.\n",
		.hits = "Two hits an IO, each with a text.\n",
		.columns = "The volume's UUID, the probe, and how often it fired; by that number.\n",
		.caveats = VOLUME_CAVEAT,
	},
	.takes = TAKES_VOLUME,
	.rules = trace_rules,
	.rows = NROWS(counted),
	.max_by = MAX_VOLUMES,
	.print = print_volumes,
};
