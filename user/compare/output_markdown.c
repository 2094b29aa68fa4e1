// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "core/escape.h"
#include "output_words.h"
#include "outputs.h"

struct markdown {
	const struct comparison *c;
	FILE *out;
	int err;
};

static const char *const marks[] = {
	[VERDICT_TOO_FEW] = "⚠️",
	[VERDICT_SAME] = "✅",
	[VERDICT_FASTER] = "✅",
	[VERDICT_SLOWER] = "❌",
	[VERDICT_INCONCLUSIVE] = "⚠️",
};

/* --- text --- */

/*
 * Text as it is, on one line, in a table or outside of one. An at sign stands alone, so that nobody
 * is told of a page that has their name on it.
 */
static void put_escaped(FILE *out, const char *text)
{
	for (const char *p = text; *p; p++) {
		if (*p == '@')
			fputs("<span>@</span>", out);
		else if (strchr("<>&", *p))
			fprintf(out, "&#%d;", *p);
		else
			fprintf(out, "%s%c", strchr("\\`*_[]|~$#", *p) ? "\\" : "", *p);
	}
}

static void put(struct markdown *m, const char *raw)
{
	char *text = escape_dup(raw);

	if (text)
		put_escaped(m->out, text);
	else
		m->err = -ENOMEM;
	free(text);
}

/* As code, unless there is something in it that would end that. */
static void put_name(struct markdown *m, const char *raw)
{
	char *text = escape_dup(raw);

	if (!text)
		m->err = -ENOMEM;
	else if (!*text || strpbrk(text, "`|\\"))
		put_escaped(m->out, text);
	else
		fprintf(m->out, "`%s`", text);
	free(text);
}

/* Of a text that words_…() made. */
static void put_words(struct markdown *m, char *text)
{
	if (text)
		put(m, text);
	else
		m->err = -ENOMEM;
	free(text);
}

/* --- tables --- */

static void put_cells(struct markdown *m, const struct stage_change *s, enum metric metric)
{
	const struct change *c = &s->changes[metric];
	char text[128];

	fputs(" | ", m->out);
	put(m, metrics[metric].title);
	fputs(" | ", m->out);
	put(m, metric_format(metric, c->a, text, sizeof(text)));
	fputs(" | ", m->out);
	put(m, metric_format(metric, c->b, text, sizeof(text)));
	fputs(" | ", m->out);
	if (change_compared(c))
		put(m, change_format(c->change, text, sizeof(text)));
	fputs(" | ", m->out);
	put(m, interval_format(c, text, sizeof(text)));
	fputs(" | ", m->out);
}

/* Which stages a table has: with verdicts from `low` to `high`, from number `from` to before `to`;
 * of other verdicts than inconclusive all. */
struct choice {
	enum verdict low, high;
	int from, to;
};

static bool is_chosen(const struct choice *choice, const struct comparison *c, int i)
{
	enum verdict verdict = c->stages[i].verdict;

	if (verdict < choice->low || verdict > choice->high)
		return false;
	return verdict != VERDICT_INCONCLUSIVE || (i >= choice->from && i < choice->to);
}

/* A line a stage, in the comparison's order. */
static void print_stages(struct markdown *m, const struct choice *choice)
{
	fputs("|  | Stage | Metric | Before | After | Change | Interval | IOs before | IOs after |\n"
	      "|:--|:--|:--|--:|--:|--:|--:|--:|--:|\n",
	      m->out);
	for (int i = 0; i < m->c->nstages; i++) {
		const struct stage_change *s = &m->c->stages[i];
		char runs[64];

		if (!is_chosen(choice, m->c, i))
			continue;
		fprintf(m->out, "| %s %s", marks[s->verdict], verdict_text(s->verdict));
		words_more_runs(s->changes[s->main].more_runs, runs, sizeof(runs));
		fprintf(m->out, "%s%s | ", *runs ? ": needs " : "", runs);
		put_name(m, s->name);
		put_cells(m, s, s->main);
		fprintf(m->out, "%" PRIu64 " | %" PRIu64 " |\n", s->count[0], s->count[1]);
	}
	fputc('\n', m->out);
}

/* A line a metric. */
static void print_metrics(struct markdown *m, enum verdict low)
{
	fputs("| Stage | Metric | Before | After | Change | Interval | Verdict |\n"
	      "|:--|:--|--:|--:|--:|--:|:--|\n",
	      m->out);
	for (int i = 0; i < m->c->nstages; i++) {
		const struct stage_change *s = &m->c->stages[i];

		for (int metric = 0; metric < METRICS && s->verdict >= low; metric++) {
			enum verdict verdict = s->changes[metric].verdict;

			fputs("| ", m->out);
			if (!metric)
				put_name(m, s->name);
			put_cells(m, s, metric);
			fprintf(m->out, "%s%s |\n", verdict == VERDICT_SLOWER ? "❌ " : "",
				verdict_text(verdict));
		}
	}
	fputc('\n', m->out);
}

static void details(struct markdown *m, int n, const char *more, const char *what)
{
	fprintf(m->out, "<details><summary>%d %sstage%s%s</summary>\n\n", n, more,
		n == 1 ? "" : "s", what);
}

static void print_tables(struct markdown *m)
{
	const int *n = m->c->nverdicts, end = words_unsure_end(m->c);
	int moved = n[VERDICT_SLOWER] + n[VERDICT_INCONCLUSIVE] + n[VERDICT_FASTER];
	const struct choice shown = { VERDICT_FASTER, VERDICT_SLOWER, 0, end };
	const struct choice folded = { VERDICT_INCONCLUSIVE, VERDICT_INCONCLUSIVE, end, INT_MAX };
	const struct choice same = { VERDICT_SAME, VERDICT_SAME, 0, 0 };

	if (moved)
		print_stages(m, &shown);
	if (n[VERDICT_INCONCLUSIVE] > WORDS_MOST_UNSURE) {
		details(m, n[VERDICT_INCONCLUSIVE] - WORDS_MOST_UNSURE, "more ", " inconclusive");
		print_stages(m, &folded);
		fputs("</details>\n\n", m->out);
	}
	if (moved) {
		details(m, moved, "", ": every metric");
		print_metrics(m, VERDICT_FASTER);
		fputs("</details>\n\n", m->out);
	}
	if (n[VERDICT_SAME]) {
		details(m, n[VERDICT_SAME], "", " the same");
		print_stages(m, &same);
		fputs("</details>\n\n", m->out);
	}
}

/* --- what was compared --- */

static void print_side_line(struct markdown *m, const char *title,
			    char *(*fn)(const struct series *series))
{
	fprintf(m->out, "| %s | ", title);
	put_words(m, fn(m->c->series[0]));
	fputs(" | ", m->out);
	put_words(m, fn(m->c->series[1]));
	fputs(" |\n", m->out);
}

static void print_sides(struct markdown *m)
{
	fputs("<details><summary>What was compared</summary>\n\n|  | before: ", m->out);
	put(m, m->c->series[0]->label);
	fputs(" | after: ", m->out);
	put(m, m->c->series[1]->label);
	fputs(" |\n|:--|:--|:--|\n", m->out);
	print_side_line(m, "runs", words_runs);
	print_side_line(m, "binaries", words_binaries);
	print_side_line(m, "command", words_command);
	print_side_line(m, "host", words_host);
	fputs("\n</details>\n\n", m->out);
}

static void print_note(void *arg, enum words_note note, const char *text)
{
	struct markdown *m = arg;

	fprintf(m->out, "> %s", note == WORDS_LOST ? "" : "⚠️ ");
	put(m, text);
	fputs("\n\n", m->out);
}

/* The sentence, and of the stage that it names what that is. */
static void print_verdict(struct markdown *m)
{
	const struct stage_change *first = m->c->stages;
	char text[1024];

	fprintf(m->out, "### %s ", marks[m->c->verdict]);
	put(m, comparison_sentence(m->c, text, sizeof(text)));
	fputs("\n\n", m->out);
	if (!m->c->nstages || first->verdict <= VERDICT_SAME)
		return;
	stage_text(first->name, text, sizeof(text));
	if (!strcmp(text, first->name)) /* a stage that this program does not know */
		return;
	put_name(m, first->name);
	fputs(": ", m->out);
	put(m, text);
	fputs("\n\n", m->out);
}

int output_markdown(const struct comparison *c, FILE *out)
{
	struct markdown m = { .c = c, .out = out };
	char *few = words_too_few(c);

	print_verdict(&m);
	if (words_notes(c, print_note, &m))
		m.err = -ENOMEM;
	print_tables(&m);
	if (!few || *few) {
		put_words(&m, few);
		fputs("\n\n", out);
	} else {
		free(few);
	}
	print_sides(&m);
	put_words(&m, words_method(c));
	fputc('\n', out);
	return m.err;
}

int output_markdown_failed(const char *command, const char *why, FILE *out)
{
	struct markdown m = { .out = out };

	fputs("**assay ", out);
	put(&m, command);
	fputs(" could not measure**: ", out);
	put(&m, why);
	fputs(".\n", out);
	return m.err;
}
