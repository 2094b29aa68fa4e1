// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "charts.h"
#include "compare/output_words.h"
#include "core/units.h"
#include "html.h"
#include "page.h"
#include "render/markup.h"
#include "svg_forest.h"
#include "timeline.h"

/* A page in the making. */
struct page {
	const struct comparison *c;
	FILE *out;
	struct svg_forest forest;
	char *sides[2]; /* "A: baseline" */
};

/* How a verdict looks: never by its colour alone. */
static const struct {
	const char *class, *icon;
} looks[] = {
	[VERDICT_TOO_FEW] = { "few", "\u2013" },   [VERDICT_SAME] = { "same", "=" },
	[VERDICT_FASTER] = { "faster", "\u25bc" }, [VERDICT_INCONCLUSIVE] = { "unsure", "?" },
	[VERDICT_SLOWER] = { "slower", "\u25b2" },
};

static void print_mark(const struct page *p, enum verdict verdict)
{
	fprintf(p->out, "<span class=\"mark\"><span aria-hidden=\"true\">%s</span>%s</span>",
		looks[verdict].icon, verdict_text(verdict));
}

/* --- what is said of all --- */

static void print_head(const struct page *p, const char *sentence)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
	      /* names in this page come from files: nothing of it may load or run anything */
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	      "style-src 'unsafe-inline'\"/>\n"
	      "<meta name=\"color-scheme\" content=\"light dark\"/>\n<title>Assay: ",
	      p->out);
	markup_text(p->out, sentence);
	fprintf(p->out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n", html_style);
}

static void print_verdict(const struct page *p, const char *sentence)
{
	const struct comparison *c = p->c;

	fprintf(p->out, "<header class=\"card verdict-card %s\">\n", looks[c->verdict].class);
	print_mark(p, c->verdict);
	fputs("\n<h1>", p->out);
	markup_text(p->out, sentence);
	fputs("</h1>\n<ul class=\"tally\">", p->out);
	for (int v = VERDICT_SLOWER; v >= VERDICT_TOO_FEW; v--)
		if (c->nverdicts[v])
			fprintf(p->out, "<li class=\"%s\"><b>%d</b> %s</li>", looks[v].class,
				c->nverdicts[v], verdict_text(v));
	fputs("</ul>\n</header>\n", p->out);
}

/* Notes so far, in their order. */
struct note_list {
	const struct page *p;
	int n;
};

static void print_note(void *arg, enum words_note note, const char *text)
{
	struct note_list *notes = arg;

	(void)note;
	if (!notes->n++)
		fputs("<aside class=\"notice\" aria-label=\"Take with care\"><b>Take with care"
		      "</b>\n<ul>\n",
		      notes->p->out);
	fputs("<li>", notes->p->out);
	markup_text(notes->p->out, text);
	fputs("</li>\n", notes->p->out);
}

/* Why the verdict is to be taken with care, if there is anything. */
static int print_notes(const struct page *p)
{
	struct note_list notes = { .p = p };
	int err = words_notes(p->c, print_note, &notes);

	if (notes.n)
		fputs("</ul>\n</aside>\n", p->out);
	return err;
}

/* --- the two sides --- */

static void text_time(FILE *out, const struct series *s)
{
	char from[40], to[40];
	const struct series_run *last;

	if (!s->nruns)
		return;
	last = &s->runs[s->nruns - 1];
	time_format_utc(s->runs[0].wall, from, sizeof(from));
	time_format_utc(last->wall + series_run_ns(last), to, sizeof(to));
	/* to the second, and the day once */
	fprintf(out, "%.10s %.8s to ", from, from + 11);
	if (strncmp(from, to, 10))
		fprintf(out, "%.10s ", to);
	fprintf(out, "%.8s UTC", to + 11);
}

static void text_runs(FILE *out, const struct series *s)
{
	char durations[72], window[32];

	fprintf(out, "%d", s->nruns);
	if (s->nruns)
		fprintf(out, " of %s, in windows of %s",
			words_durations(s, durations, sizeof(durations)),
			duration_format(s->settings.window, window, sizeof(window)));
}

static void text_load(FILE *out, const struct series *s)
{
	char loads[72];

	if (s->nruns)
		fputs(words_loads(s, loads, sizeof(loads)), out);
}

/* Of what words_…() made, and frees it. Without memory it is left out. */
static void text_words(FILE *out, char *words)
{
	markup_text(out, words ? words : "");
	free(words);
}

static void text_host(FILE *out, const struct series *s)
{
	text_words(out, words_host(s));
}

/* Whole paths and IDs, which other forms have no room for. */
static void text_binaries(FILE *out, const struct series *s)
{
	for (int i = 0; i < s->nbinaries; i++) {
		const struct series_binary *b = &s->binaries[i];

		fputs(i ? "<br/>" : "", out);
		markup_text(out, b->path);
		fputs("<br/><code>", out);
		markup_text(out, *b->build_id ? b->build_id : "no build ID");
		fputs("</code>", out);
	}
}

static void text_command(FILE *out, const struct series *s)
{
	if (!s->settings.command)
		fputs("none: what ran there", out);
	fputs("<code>", out);
	text_words(out, words_command(s));
	fputs("</code>", out);
}

static void text_assay(FILE *out, const struct series *s)
{
	markup_text(out, s->assay ? s->assay : "");
}

static const struct {
	const char *title;
	void (*print)(FILE *out, const struct series *s);
} facts[] = {
	{ "Measured", text_time },   { "Runs", text_runs },	    { "Load", text_load },
	{ "Command", text_command }, { "Binaries", text_binaries }, { "Host", text_host },
	{ "Assay", text_assay },
};
#define FACTS (sizeof(facts) / sizeof(facts[0]))

/* A fact of one side, as markup in new memory; NULL without memory. */
static char *fact_dup(size_t fact, const struct series *s)
{
	struct text text;

	if (!text_begin(&text))
		return NULL;
	facts[fact].print(text.out, s);
	return text_end(&text);
}

/* What is the same on both sides stands there once. */
static int print_fact(const struct page *p, size_t fact)
{
	char *a = fact_dup(fact, p->c->series[0]), *b = fact_dup(fact, p->c->series[1]);
	int err = a && b ? 0 : -ENOMEM;

	fprintf(p->out, "<tr><th scope=\"row\">%s</th>", facts[fact].title);
	if (!err && !strcmp(a, b))
		fprintf(p->out, "<td colspan=\"2\">%s <span class=\"soft\">(both)</span></td>", a);
	else if (!err)
		fprintf(p->out, "<td>%s</td><td>%s</td>", a, b);
	fputs("</tr>\n", p->out);
	free(a);
	free(b);
	return err;
}

static int print_sides(const struct page *p)
{
	int err = 0;

	fputs("<h2 id=\"sides\">What was compared</h2>\n<div class=\"card box\" tabindex=\"0\" "
	      "role=\"region\" aria-labelledby=\"sides\">\n<table class=\"sides\"><thead><tr>"
	      "<td></td><th scope=\"col\">",
	      p->out);
	markup_text(p->out, p->sides[0]);
	fputs("</th><th scope=\"col\">", p->out);
	markup_text(p->out, p->sides[1]);
	fputs("</th></tr></thead>\n<tbody>\n", p->out);
	for (size_t i = 0; !err && i < FACTS; i++)
		err = print_fact(p, i);
	fputs("</tbody></table>\n</div>\n", p->out);
	return err;
}

/* --- tables of changes --- */

/* Roles, since a narrow screen lays tables out as cards, which takes them from some readers. */
static void print_column(const struct page *p, const char *class, const char *title)
{
	fprintf(p->out, "<th scope=\"col\" role=\"columnheader\" class=\"%s\">", class);
	markup_text(p->out, title);
	fputs("</th>", p->out);
}

/* Of the overview, a stage a row; or of a stage, a metric a row. */
static void print_columns(const struct page *p, bool overview)
{
	fputs("<thead role=\"rowgroup\"><tr role=\"row\">", p->out);
	print_column(p, "verdict", "Verdict");
	print_column(p, "name", overview ? "Stage" : "Metric");
	if (overview)
		print_column(p, "metric", "Metric");
	print_column(p, "n before", p->sides[0]);
	print_column(p, "n after", p->sides[1]);
	print_column(p, "n change", "Change");
	if (!overview)
		print_column(p, "n interval", "Interval");
	fputs("<th scope=\"col\" role=\"columnheader\" class=\"plot-cell\">", p->out);
	svg_forest_axis(p->out, &p->forest);
	fputs("</th></tr></thead>\n<tbody role=\"rowgroup\">\n", p->out);
}

static void print_more_runs(const struct page *p, const struct change *change)
{
	char text[64];

	if (*words_more_runs(change->more_runs, text, sizeof(text)))
		fprintf(p->out, "<span class=\"more\">%s</span>", text);
}

static void print_verdict_cell(const struct page *p, enum verdict verdict,
			       const struct change *change)
{
	fprintf(p->out, "<tr role=\"row\" class=\"%s\"><td role=\"cell\" class=\"verdict\">",
		looks[verdict].class);
	print_mark(p, verdict);
	print_more_runs(p, change);
	fputs("</td>", p->out);
}

static void print_value(const struct page *p, const char *class, enum metric metric, double value)
{
	char text[32];

	fprintf(p->out, "<td role=\"cell\" class=\"n %s\">", class);
	markup_text(p->out, metric_format(metric, value, text, sizeof(text)));
	fputs("</td>", p->out);
}

static void print_change(const struct page *p, double change)
{
	char text[32];

	html_signed(p->out, change_format(change, text, sizeof(text)));
}

/* Before, after, and the change between them: the rest of a row. */
static void print_change_cells(const struct page *p, enum metric metric,
			       const struct change *change, bool interval)
{
	bool compared = change_compared(change);
	char text[80];

	print_value(p, "before", metric, change->a);
	print_value(p, "after", metric, change->b);
	fputs("<td role=\"cell\" class=\"n change\">", p->out);
	if (compared)
		print_change(p, change->change);
	if (interval) {
		fputs("</td><td role=\"cell\" class=\"n interval\">", p->out);
		html_signed(p->out, interval_format(change, text, sizeof(text)));
	}
	fputs("</td><td role=\"cell\" class=\"plot-cell\">", p->out);
	if (compared)
		svg_forest_row(p->out, &p->forest, metrics[metric].title, change);
	fputs("</td></tr>\n", p->out);
}

/* What the intervals mean, and what the verdicts. */
static void print_method(const struct page *p)
{
	const struct comparison *c = p->c;

	fprintf(p->out,
		"<p class=\"note\">Intervals hold the true changes, all %d of this page together "
		"with %.4g %% confidence. Dashed lines: the threshold, a factor of %.4g in both "
		"directions. Slower: all of an interval is beyond it; faster: the same on the other "
		"side; same: surely not slower; inconclusive: slower or not, there is too much "
		"noise to say. Of rates, more is better. What is compared is runs, %d with %d, by "
		"resampling whole runs (Westfall and Young's max-t).</p>\n",
		c->ncompared, 100 * c->confidence, 1 + c->threshold, c->series[0]->nruns,
		c->series[1]->nruns);
}

static void print_overview(const struct page *p)
{
	fputs("<h2 id=\"overview\">Stages, by what moved most</h2>\n<div class=\"card box\" "
	      "tabindex=\"0\" role=\"region\" aria-labelledby=\"overview\">\n"
	      "<table class=\"changes\" role=\"table\">",
	      p->out);
	print_columns(p, true);
	for (int i = 0; i < p->c->nstages; i++) {
		const struct stage_change *s = &p->c->stages[i];

		print_verdict_cell(p, s->verdict, &s->changes[s->main]);
		fprintf(p->out,
			"<th scope=\"row\" role=\"rowheader\" class=\"name\">"
			"<a href=\"#stage-%d\">",
			i + 1);
		markup_text(p->out, s->name);
		fprintf(p->out, "</a></th><td role=\"cell\" class=\"metric\">%s</td>",
			change_compared(&s->changes[s->main]) ? metrics[s->main].title : "");
		print_change_cells(p, s->main, &s->changes[s->main], false);
	}
	fputs("</tbody></table>\n</div>\n", p->out);
	print_method(p);
}

/* --- a stage --- */

static void print_summary(const struct page *p, const struct stage_change *s)
{
	const struct change *change = &s->changes[s->main];
	char a[32], b[32];

	fputs("<summary><h3>", p->out);
	markup_text(p->out, s->name);
	fputs("</h3>", p->out);
	print_mark(p, s->verdict);
	if (change_compared(change)) {
		fprintf(p->out, "<span class=\"gist\">%s %s \u2192 %s, <b>", metrics[s->main].title,
			metric_format(s->main, change->a, a, sizeof(a)),
			metric_format(s->main, change->b, b, sizeof(b)));
		print_change(p, change->change);
		fputs("</b></span>", p->out);
	}
	fputs("</summary>\n", p->out);
}

static void print_metrics(const struct page *p, const struct stage_change *s, int number)
{
	fprintf(p->out,
		"<div class=\"box\" tabindex=\"0\" role=\"region\" aria-label=\"Metrics of stage "
		"%d\"><table class=\"changes\" role=\"table\">",
		number);
	print_columns(p, false);
	for (int m = 0; m < METRICS; m++) {
		print_verdict_cell(p, s->changes[m].verdict, &s->changes[m]);
		fprintf(p->out, "<th scope=\"row\" role=\"rowheader\" class=\"name\">%s</th>",
			metrics[m].title);
		print_change_cells(p, m, &s->changes[m], true);
	}
	fputs("</tbody></table></div>\n", p->out);
}

static int print_charts(const struct page *p, const struct stage_change *s)
{
	struct timeline *a = timeline__new(p->c->series[0], s->stage[0]);
	struct timeline *b = timeline__new(p->c->series[1], s->stage[1]);
	struct charts charts = { p->out, s->name, { p->sides[0], p->sides[1] }, { a, b } };
	int err = a && b ? charts_print(&charts) : -ENOMEM;

	timeline__free(a);
	timeline__free(b);
	return err;
}

/* Folded, when there is nothing to look after. */
static int print_stage(const struct page *p, int i)
{
	const struct stage_change *s = &p->c->stages[i];
	bool open = s->verdict != VERDICT_SAME && s->verdict != VERDICT_TOO_FEW;
	char text[512];
	int err;

	fprintf(p->out, "<details class=\"card %s\"%s>\n", looks[s->verdict].class,
		open ? " open=\"open\"" : "");
	print_summary(p, s);
	/* the place that links go to is within, so that following one unfolds it */
	fprintf(p->out, "<div class=\"body\" id=\"stage-%d\">\n<p>", i + 1);
	markup_text(p->out, stage_text(s->name, text, sizeof(text)));
	fprintf(p->out, ". Durations: %" PRIu64 " before, %" PRIu64 " after.</p>\n", s->count[0],
		s->count[1]);
	print_metrics(p, s, i + 1);
	err = print_charts(p, s);
	fputs("<p class=\"back\"><a href=\"#overview\">All stages</a></p>\n</div>\n</details>\n",
	      p->out);
	return err;
}

/* "A: baseline", or only "A" where that is the label. NULL without memory. */
static char *side_name(const struct comparison *c, int side)
{
	const char *label = c->series[side]->label;
	const char letter[2] = { (char)('A' + side), '\0' };
	char *name;

	if (!strcmp(label, letter))
		return strdup(letter);
	return asprintf(&name, "%s: %s", letter, label) < 0 ? NULL : name;
}

static int print_page(const struct page *p)
{
	char sentence[1024];
	int err;

	comparison_sentence(p->c, sentence, sizeof(sentence));
	print_head(p, sentence);
	print_verdict(p, sentence);
	err = print_notes(p);
	print_overview(p);
	err = err ?: print_sides(p);
	if (p->c->nstages)
		fputs("<h2>Each stage</h2>\n", p->out);
	for (int i = 0; !err && i < p->c->nstages; i++)
		err = print_stage(p, i);
	fputs("</main>\n</body>\n</html>\n", p->out);
	return err;
}

int page_print(const struct comparison *c, FILE *out)
{
	struct page p = { .c = c, .out = out, .forest = svg_forest(c) };
	int err = -ENOMEM;

	p.sides[0] = side_name(c, 0);
	p.sides[1] = side_name(c, 1);
	if (p.sides[0] && p.sides[1])
		err = print_page(&p);
	free(p.sides[0]);
	free(p.sides[1]);
	return err;
}

void page_print_failed(const char *command, const char *why, FILE *out)
{
	struct page p = { .out = out };
	char title[64];

	snprintf(title, sizeof(title), "%s could not measure", command);
	print_head(&p, title);
	fprintf(out,
		"<header class=\"card verdict-card %s\">\n<h1>Could not measure</h1>\n<p>assay ",
		looks[VERDICT_TOO_FEW].class);
	markup_text(out, command);
	fputs(": ", out);
	markup_text(out, why);
	fputs(".</p>\n</header>\n</main>\n</body>\n</html>\n", out);
}
