// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "charts.h"
#include "core/units.h"
#include "html.h"
#include "output_words.h"
#include "outputs.h"
#include "svg.h"
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
	html_text(p->out, sentence);
	fprintf(p->out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n", html_style);
}

static void print_verdict(const struct page *p, const char *sentence)
{
	const struct comparison *c = p->c;

	fprintf(p->out, "<header class=\"card verdict-card %s\">\n", looks[c->verdict].class);
	print_mark(p, c->verdict);
	fputs("\n<h1>", p->out);
	html_text(p->out, sentence);
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
	html_text(notes->p->out, text);
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
	uint64_t least = UINT64_MAX, most = 0;
	char from[24], to[24];

	fprintf(out, "%d", s->nruns);
	for (int r = 0; r < s->nruns; r++) {
		uint64_t ns = series_run_ns(&s->runs[r]);

		least = ns < least ? ns : least;
		most = ns > most ? ns : most;
	}
	if (!s->nruns)
		return;
	duration_format(least, from, sizeof(from));
	duration_format(most, to, sizeof(to));
	fprintf(out, strcmp(from, to) ? " of %s to %s" : " of %s", from, to);
	fprintf(out, ", in windows of %s", duration_format(s->settings.window, from, sizeof(from)));
}

static void text_load(FILE *out, const struct series *s)
{
	double least = INFINITY, most = 0;

	for (int r = 0; r < s->nruns; r++) {
		least = fmin(least, s->runs[r].load);
		most = fmax(most, s->runs[r].load);
	}
	if (s->nruns)
		fprintf(out, "%.2f to %.2f", least, most);
}

static void text_host(FILE *out, const struct series *s)
{
	char *words = words_host(s);

	html_text(out, words ? words : "");
	free(words);
}

static void text_binaries(FILE *out, const struct series *s)
{
	for (int i = 0; i < s->nbinaries; i++) {
		const struct series_binary *b = &s->binaries[i];

		fputs(i ? "<br/>" : "", out);
		html_text(out, b->path);
		fputs("<br/><code>", out);
		html_text(out, *b->build_id ? b->build_id : "no build ID");
		fputs("</code>", out);
	}
}

static void text_command(FILE *out, const struct series *s)
{
	if (!s->settings.command)
		fputs("none: what ran there", out);
	fputs("<code>", out);
	for (int i = 0; s->settings.command && s->settings.command[i]; i++) {
		fputs(i ? " " : "", out);
		html_text(out, s->settings.command[i]);
	}
	fputs("</code>", out);
}

static void text_assay(FILE *out, const struct series *s)
{
	html_text(out, s->assay ? s->assay : "");
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
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	facts[fact].print(out, s);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
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
	html_text(p->out, p->sides[0]);
	fputs("</th><th scope=\"col\">", p->out);
	html_text(p->out, p->sides[1]);
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
	html_text(p->out, title);
	fputs("</th>", p->out);
}

static void print_columns(const struct page *p, const char *what, const char *more)
{
	fputs("<thead role=\"rowgroup\"><tr role=\"row\">", p->out);
	print_column(p, "verdict", "Verdict");
	print_column(p, "name", what);
	if (!strcmp(more, "Metric"))
		print_column(p, "metric", more);
	print_column(p, "n before", p->sides[0]);
	print_column(p, "n after", p->sides[1]);
	print_column(p, "n change", "Change");
	if (strcmp(more, "Metric"))
		print_column(p, "n interval", more);
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
	html_text(p->out, words_value(metric, value, text, sizeof(text)));
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
	bool compared = words_compared(change);
	char text[80];

	print_value(p, "before", metric, change->a);
	print_value(p, "after", metric, change->b);
	fputs("<td role=\"cell\" class=\"n change\">", p->out);
	if (compared)
		print_change(p, change->change);
	if (interval)
		fputs("</td><td role=\"cell\" class=\"n interval\">", p->out);
	if (interval)
		html_signed(p->out, words_interval(change, text, sizeof(text)));
	fputs("</td><td role=\"cell\" class=\"plot-cell\">", p->out);
	if (compared)
		svg_forest_row(p->out, &p->forest, metrics[metric].title, change);
	fputs("</td></tr>\n", p->out);
}

/* What the intervals mean, and what the verdicts. */
static void print_method(const struct page *p)
{
	const struct comparison *c = p->c;
	double threshold = 100 * c->threshold;

	fprintf(p->out,
		"<p class=\"note\">The interval holds the true change; all %d intervals on this "
		"page do so together with %.4g %% confidence. Dashed lines: the threshold, worse or "
		"better by a factor of %.4g. Slower: all of the interval is beyond it. Faster: the "
		"same on the other side. Same: surely not slower. Inconclusive: may be slower, may "
		"be not. Runs are what is compared, %d against %d, by resampling whole runs "
		"(Westfall and Young's max-t).</p>\n",
		c->ncompared, 100 * c->confidence, 1 + threshold / 100, c->series[0]->nruns,
		c->series[1]->nruns);
}

static void print_overview(const struct page *p)
{
	fputs("<h2 id=\"overview\">Stages, by what moved most</h2>\n<div class=\"card box\" "
	      "tabindex=\"0\" role=\"region\" aria-labelledby=\"overview\">\n"
	      "<table class=\"changes\" role=\"table\">",
	      p->out);
	print_columns(p, "Stage", "Metric");
	for (int i = 0; i < p->c->nstages; i++) {
		const struct stage_change *s = &p->c->stages[i];

		print_verdict_cell(p, s->verdict, &s->changes[s->main]);
		fprintf(p->out,
			"<th scope=\"row\" role=\"rowheader\" class=\"name\">"
			"<a href=\"#stage-%d\">",
			i + 1);
		html_text(p->out, s->name);
		fprintf(p->out, "</a></th><td role=\"cell\" class=\"metric\">%s</td>",
			words_compared(&s->changes[s->main]) ? metrics[s->main].title : "");
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
	html_text(p->out, s->name);
	fputs("</h3>", p->out);
	print_mark(p, s->verdict);
	if (words_compared(change)) {
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
	print_columns(p, "Metric", "Interval");
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
	html_text(p->out, stage_text(s->name, text, sizeof(text)));
	fprintf(p->out, ". Durations: %" PRIu64 " in A, %" PRIu64 " in B.</p>\n", s->count[0],
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

int output_html(const struct comparison *c, FILE *out)
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
