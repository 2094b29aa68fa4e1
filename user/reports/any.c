// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * count, latency, trace and record: any USDT probe of any binary, named on the command line.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/escape.h"
#include "core/signature.h"
#include "core/units.h"
#include "render/hit.h"
#include "render/json.h"
#include "report.h"

static const struct probe_rule no_rules[] = { { 0 } };

#define PATTERNS                                                                                    \
	"A pattern is PROVIDER:PROBE, or PROBE of any provider, with the shell's wildcards (quote " \
	"them). "

/* --- count --- */

struct count {
	const struct snapshot_row *row;
	const char *label;
};

/* The most first. */
static int count_compare(const void *va, const void *vb)
{
	const struct count *a = va, *b = vb;

	if (a->row->count != b->row->count)
		return a->row->count > b->row->count ? -1 : 1;
	return a->row < b->row ? -1 : a->row > b->row;
}

static void print_count(const struct report_view *view, const struct count *c)
{
	const struct latency_format *f = view->report->latency;
	FILE *out = view->render.out;
	char text[4 * FOLD_TEXT_KEY];
	json_t *object;

	if (view->render.json) {
		object = json_line(&view->render);
		if (c->row->tgid)
			json_set(object, "pid", json_integer(c->row->tgid));
		json_set(object, "probe", json_text(c->label));
		if (f->by)
			json_set(object, f->by, latency_by_json(&view->render, f, c->row));
		json_set(object, "count", json_integer(c->row->count));
		json_print(out, object);
		return;
	}
	fprintf(out, "%12" PRIu64, c->row->count);
	if (c->row->tgid)
		fprintf(out, " %8u", c->row->tgid);
	escape_copy(text, sizeof(text), c->label);
	fprintf(out, "  %s", text);
	if (f->by)
		fprintf(out, "  %s",
			latency_by_value(&view->render, f, c->row, text, sizeof(text)));
	fputc('\n', out);
}

static void print_counts(const struct report_view *view)
{
	const struct snapshot *s = view->snapshot;
	struct count *counts = calloc(s->nrows + 1, sizeof(*counts));
	int n = 0;

	for (int i = 0; counts && i < s->nrows; i++) {
		if (!s->rows[i].count)
			continue;
		counts[n++] = (struct count){
			.row = &s->rows[i],
			.label = latency_label(view->report->latency, s->rows[i].row),
		};
	}
	if (counts)
		qsort(counts, n, sizeof(*counts), count_compare);
	for (int i = 0; i < n; i++)
		print_count(view, &counts[i]);
	free(counts);
}

const struct report report_count = {
	.name = "count",
	.summary = "how often USDT probes fire: any probes, of any binary",
	.help = {
		.about = "Counts the hits of each probe that a pattern names. " PATTERNS
			 "\"assay probes\" lists what there is.\n",
		.columns = "How often, and which; the most first. With --by the argument's value "
			   "behind it.\n",
		.caveats = "Values that --by tells apart are limited: what is beyond is counted as "
			   "lost.\n",
	},
	.args = "PATTERN...",
	.takes = TAKES_BY | TAKES_TEXT,
	.rules = no_rules,
	.wild = WILD_COUNT,
	.print = print_counts,
};

const struct report report_latency_any = {
	.name = "latency",
	.summary = "time from one USDT probe to another: any probes, of any binary",
	.help = {
		.about = "From each hit of a probe that START names to the next hit of its DONE with "
			 "the same key, in the same process. " PATTERNS
			 "Where both have wildcards (* only), a pair is two probes of one provider in "
			 "which they stand for the same text: '*-start' '*-done'.\n"
			 "The key is argument 0, and of Crucible's probes the client or extent, too; "
			 "the thread where there are no arguments. --key says otherwise.\n",
		.columns = "A pair has the name that both probes begin with.\n",
		.caveats = "Starts of one key that are under way at once (nested calls, two upstairs in "
			   "one process) are matched oldest first, and counted as ambiguous.\n",
	},
	.args = "START DONE",
	.takes = TAKES_LATENCY | TAKES_KEY | TAKES_BY | TAKES_TEXT,
	.rules = no_rules,
	.wild = WILD_LATENCY,
};

/* --- trace --- */

static void hit_json(const struct report_view *view, const struct hit_probe *probe,
		     const struct hit *hit)
{
	const struct signature *s = signature_find(probe->provider, probe->name);
	json_t *object = json_line(&view->render), *args = json_object();
	char name[32];

	json_set(object, "monotonic_ns", json_integer(hit->time));
	json_set(object, "pid", json_integer(hit->tgid));
	json_set(object, "tid", json_integer(hit->tid));
	json_set(object, "process", json_text(view->process));
	json_set(object, "provider", json_text(probe->provider));
	json_set(object, "probe", json_text(probe->name));
	for (int n = 0; n < probe->nargs; n++) {
		int len = 0;
		const char *word = signature_name(s, n, &len);

		snprintf(name, sizeof(name), "%.*s", len, word);
		json_set(args, name,
			 probe->unread & 1u << n ? json_null()
			 : hit->text[n]		 ? json_text(hit->text[n])
						 : json_integer((int64_t)hit->args[n]));
	}
	json_set(object, "args", args);
	if (hit->cut)
		json_set(object, "cut", json_true());
	json_print(view->render.out, object);
}

static void print_hit(const struct report_view *view, const struct hit_probe *probe,
		      const struct hit *hit)
{
	FILE *out = view->render.out;
	char time[24];

	if (view->render.json) {
		hit_json(view, probe, hit);
		return;
	}
	fprintf(out, "%s ", time_format_clock(view->render.wall, time, sizeof(time)));
	escape_print(out, view->process);
	for (size_t width = escape_width(view->process); width < 15; width++)
		fputc(' ', out);
	fprintf(out, " %7u %7u ", hit->tgid, hit->tid);
	escape_print(out, probe->provider);
	fputc(':', out);
	escape_print(out, probe->name);
	hit_print_args(out, probe, hit);
	fputc('\n', out);
}

const struct report report_trace = {
	.name = "trace",
	.summary = "each hit of USDT probes, with its arguments: any probes, of any binary",
	.help = {
		.about = "Prints a line for each hit of each probe that a pattern names. " PATTERNS "\n",
		.columns = "Local time, process, its id, the thread's, PROVIDER:PROBE, and the "
			   "arguments as NAME=VALUE: integers as signed decimals, texts in quotes, "
			   "with a backslash before quotes and backslashes in them; {\"ok\":X} as X.\n",
		.caveats = "Texts are cut at 8 KiB, and that is counted. An argument that does not "
			   "stand in a register or constant is named at the start and shown as ?.\n",
	},
	.args = "PATTERN...",
	.takes = TAKES_HITS | TAKES_TEXT,
	.rules = no_rules,
	.wild = WILD_HITS,
	.hit = print_hit,
};

const struct report report_record = {
	.name = "record",
	.summary = "keep every hit of Crucible's probes in a file, to be replayed",
	.help = {
		.about = "Writes all hits of Crucible's probes, up-status among them, or of those that "
			 "--probes names, to the file -o, until it is ended. Every report reads it "
			 "back with --replay FILE: without root, without BPF, by the same rules, as "
			 "often as wanted. With --perfetto the file is a trace that Perfetto's UI "
			 "(https://ui.perfetto.dev) opens.\n",
		.columns = "The file has a header (options, host, clock), then blocks with a checksum "
			   "each. It says that it is incomplete until the recording ends; what was "
			   "written whole before a crash or on a full disk is read back.\n",
		.caveats = "Hits are sent one by one: see the overhead of raw records in README.md. "
			   "Some 7 bytes a hit: a Crucible at 20,000 IOPS writes 5 MB a second.\n",
	},
	.takes = TAKES_HITS | TAKES_TEXT | TAKES_PROBES,
	.rules = no_rules,
	.wild = WILD_HITS,
};
