// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/escape.h"
#include "core/units.h"
#include "output_words.h"
#include "outputs.h"
#include "statistics.h"

#define MIN_WIDTH   64
#define MAX_WIDTH   1024
#define LEAST_DRAWN 20 /* columns of an interval beside its numbers */
#define MOST_DRAWN  61
#define MIN_DRAWN   9 /* below that, nothing can be seen of it */
#define STAGE_MAX   40
#define STAGE_MIN   8
#define CELL	    (4 * STAGE_MAX + 1) /* bytes: a character of UTF-8 has four at most */

#define DRAWN	    "drawn: [ interval ], o change, | none, : the threshold; right is slower"

enum column {
	COL_VERDICT,
	COL_STAGE,
	COL_METRIC,
	COL_BEFORE,
	COL_AFTER,
	COL_CHANGE,
	COL_INTERVAL,
	COL_DRAWN,
	COL_NEEDS,
	COL_IOS,
	COLUMNS,
};

static const struct {
	const char *title;
	bool right;
} columns[COLUMNS] = {
	[COL_VERDICT] = { "VERDICT", false },  [COL_STAGE] = { "STAGE", false },
	[COL_METRIC] = { "METRIC", false },    [COL_BEFORE] = { "BEFORE", true },
	[COL_AFTER] = { "AFTER", true },       [COL_CHANGE] = { "CHANGE", true },
	[COL_INTERVAL] = { "INTERVAL", true }, [COL_DRAWN] = { "", false },
	[COL_NEEDS] = { "+RUNS", true },       [COL_IOS] = { "IOS", true },
};

/*
 * Where there is room, a stage has one line; else a second one below, for what else there is of it.
 */
static const enum column whole_line[] = { COL_VERDICT, COL_STAGE,  COL_METRIC,	 COL_BEFORE,
					  COL_AFTER,   COL_CHANGE, COL_INTERVAL, COL_DRAWN,
					  COL_NEEDS,   COL_IOS };
static const enum column first_line[] = { COL_VERDICT, COL_STAGE, COL_METRIC, COL_CHANGE,
					  COL_INTERVAL };
static const enum column second_line[] = { COL_BEFORE, COL_AFTER, COL_DRAWN, COL_NEEDS, COL_IOS };
#define LENGTH(line) ((int)(sizeof(line) / sizeof((line)[0])))

#define SGR_BOLD     "1"
#define SGR_DIM	     "2"
static const char *const colours[] = {
	[VERDICT_TOO_FEW] = SGR_DIM, [VERDICT_SAME] = SGR_DIM,	    [VERDICT_FASTER] = "32",
	[VERDICT_SLOWER] = "1;31",   [VERDICT_INCONCLUSIVE] = "33",
};

struct table {
	const struct comparison *c;
	FILE *out;
	int width;
	bool all, colour;
	int unsure_end; /* inconclusive stages from here on are not shown */
	bool brief;	/* shorter verdicts */
	bool narrow;	/* two lines a stage */
	int stage_room; /* the most that a stage's name takes */
	int widths[COLUMNS];
	double low, high; /* ends of the axis: logarithms of how many times worse */
	double most;	  /* how far from 0 they may be */
	int pending;	  /* blanks to print if something follows on the line */
	int err;
};

/* What a line says. */
struct row {
	const struct change *change;
	enum verdict verdict;
	bool sub; /* another metric of the stage above */
	char cells[COLUMNS][CELL];
};

/* --- text that is printed --- */

static void put(struct table *t, const char *text, int width, bool right, const char *sgr)
{
	int blanks = width - (int)escape_width(text);

	blanks = blanks > 0 ? blanks : 0;
	t->pending += right ? blanks : 0;
	if (*text) {
		fprintf(t->out, "%*s", t->pending, "");
		t->pending = 0;
		if (t->colour && sgr)
			fprintf(t->out, "\033[%sm", sgr);
		fputs(text, t->out);
		if (t->colour && sgr)
			fputs("\033[0m", t->out);
	}
	t->pending += right ? 0 : blanks;
}

static void end_line(struct table *t)
{
	fputc('\n', t->out);
	t->pending = 0;
}

/* How many bytes the first `width` characters of an escaped text take. */
static size_t bytes_of(const char *text, int width)
{
	size_t n = 0;

	while (text[n] && width-- > 0)
		for (n++; (text[n] & 0xc0) == 0x80; n++)
			;
	return n;
}

/* Where a line may end: "10 %" stays together. */
static bool is_end(const char *text)
{
	return !*text || (*text == ' ' && text[1] != '%');
}

/* What of an escaped text fits on a line of `room` characters, to the last place where it may end.
 */
static size_t wrap(const char *text, int room)
{
	size_t fits = bytes_of(text, room), n = fits;

	while (n && !is_end(text + n))
		n--;
	return n ? n : fits;
}

/* A paragraph that hangs behind its head. */
static void paragraph(struct table *t, const char *head, const char *raw, const char *sgr)
{
	int indent = (int)strlen(head);
	char *text = escape_dup(raw);

	if (!text)
		t->err = -ENOMEM;
	put(t, head, 0, false, NULL);
	for (char *p = text; p && *p;) {
		size_t n = wrap(p, t->width - indent);
		char next = p[n];

		p[n] = '\0';
		t->pending += p == text ? 0 : indent;
		put(t, p, 0, false, sgr);
		end_line(t);
		p[n] = next;
		for (p += n; *p == ' '; p++)
			;
	}
	free(text);
}

/* Of a text that words_…() made; an empty one is not printed. */
static void words(struct table *t, const char *head, char *text)
{
	if (!text)
		t->err = -ENOMEM;
	else if (*text)
		paragraph(t, head, text, NULL);
	free(text);
}

/* --- the sides --- */

typedef char *(*words_fn)(const struct series *series);

/* What is said of a side, or of both when it is the same. */
static void side_words(struct table *t, words_fn fn, int side, bool both)
{
	char *a = fn(t->c->series[0]), *b = fn(t->c->series[1]);
	bool same = a && b && !strcmp(a, b);

	if (!a || !b)
		t->err = -ENOMEM;
	else if (both && same)
		words(t, "both    ", strdup(a));
	else if (!both && !same)
		words(t, "        ", strdup(side ? b : a));
	free(a);
	free(b);
}

static void print_sides(struct table *t)
{
	static const char *const heads[2] = { "before  ", "after   " };
	static const words_fn fns[] = { words_binaries, words_command, words_host };

	for (int side = 0; side < 2; side++) {
		const struct series *s = t->c->series[side];
		char *runs = words_runs(s), *text = NULL;

		if (runs && asprintf(&text, "%s: %s", s->label, runs) < 0)
			text = NULL;
		words(t, heads[side], text);
		free(runs);
		for (int i = 0; i < 3; i++)
			side_words(t, fns[i], side, false);
	}
	for (int i = 0; i < 3; i++)
		side_words(t, fns[i], 0, true);
}

/* --- what is shown --- */

static bool is_shown(const struct table *t, int stage)
{
	enum verdict verdict = t->c->stages[stage].verdict;

	if (t->all || verdict == VERDICT_TOO_FEW)
		return verdict != VERDICT_TOO_FEW;
	if (verdict == VERDICT_INCONCLUSIVE)
		return stage < t->unsure_end;
	return verdict > VERDICT_SAME;
}

static bool any_shown(const struct table *t)
{
	for (int i = 0; i < t->c->nstages; i++)
		if (is_shown(t, i))
			return true;
	return false;
}

/* The stages that have no line, by their names. */
static void names(struct table *t, enum verdict verdict, int from, const char *head,
		  const char *tail)
{
	char *list = words_names(t->c, verdict, from), *text = NULL;

	if (list && !*list)
		text = strdup("");
	else if (list && asprintf(&text, "%s: %s%s", head, list, tail) < 0)
		text = NULL;
	words(t, "", text);
	free(list);
}

static void print_rest(struct table *t)
{
	char same[64];

	if (t->all)
		return;
	names(t, VERDICT_INCONCLUSIVE, t->unsure_end, "inconclusive, too", " (--all shows them)");
	snprintf(same, sizeof(same), "same (surely less than %.4g %% worse)",
		 t->c->threshold * 100);
	names(t, VERDICT_SAME, 0, same, "");
}

/* --- the drawn interval --- */

/* Calls `fn` for each change that is shown. */
static void each_change(struct table *t, void (*fn)(struct table *t, const struct change *c))
{
	for (int i = 0; i < t->c->nstages; i++) {
		const struct stage_change *s = &t->c->stages[i];

		for (int m = 0; m < METRICS && is_shown(t, i); m++)
			if ((t->all || m == (int)s->main) && change_compared(&s->changes[m]))
				fn(t, &s->changes[m]);
	}
}

static void axis_most(struct table *t, const struct change *c)
{
	t->most = fmax(t->most, 1.5 * fabs(c->worse));
}

static void axis_widen(struct table *t, const struct change *c)
{
	t->low = fmax(fmin(t->low, c->worse_low), -t->most);
	t->high = fmin(fmax(t->high, c->worse_high), t->most);
}

/* Of what was compared and is shown, all points are on the axis; intervals may reach beyond. */
static void axis_choose(struct table *t)
{
	double mark = log1p(t->c->threshold);

	t->most = 3 * mark;
	each_change(t, axis_most);
	t->low = -1.5 * mark;
	t->high = 1.5 * mark;
	each_change(t, axis_widen);
	if (t->high - t->low < 0.01) {
		t->low -= 0.01;
		t->high += 0.01;
	}
}

/* Where on the axis; it may be beyond its ends. */
static int axis_column(const struct table *t, double worse)
{
	double x = (worse - t->low) / (t->high - t->low) * (t->widths[COL_DRAWN] - 1);

	return (int)lround(fmax(-1, fmin(x, t->widths[COL_DRAWN])));
}

/* The axis alone: no change, and the threshold in both directions. */
static void draw_axis(const struct table *t, char *text, char zero, char mark)
{
	double threshold = log1p(t->c->threshold);

	memset(text, ' ', t->widths[COL_DRAWN]);
	text[t->widths[COL_DRAWN]] = '\0';
	text[axis_column(t, -threshold)] = mark;
	text[axis_column(t, threshold)] = mark;
	text[axis_column(t, 0)] = zero;
}

static void draw_interval(const struct table *t, const struct change *c, char *text)
{
	int last = t->widths[COL_DRAWN] - 1;
	int low = axis_column(t, c->worse_low), high = axis_column(t, c->worse_high);
	int point = axis_column(t, c->worse);

	draw_axis(t, text, '|', ':');
	for (int i = low < 0 ? 0 : low; i <= high && i <= last; i++)
		text[i] = text[i] == ' ' ? '-' : text[i];
	text[low < 0 ? 0 : low > last ? last : low] = low < 0 ? '<' : '[';
	text[high > last ? last : high < 0 ? 0 : high] = high > last ? '>' : ']';
	text[point < 0 ? 0 : point > last ? last : point] = 'o';
	while (last >= 0 && text[last] == ' ')
		text[last--] = '\0';
}

/* "slower" at its right end, if there is room beside the marks, "faster" at its left. */
static void draw_head(const struct table *t, char *text)
{
	static const char *const ends[2] = { "faster", "slower" };

	draw_axis(t, text, '0', ':');
	for (int i = 0; i < 2; i++) {
		int len = (int)strlen(ends[i]);
		char *at = i ? text + t->widths[COL_DRAWN] - len : text;

		if ((int)strspn(at - i, " ") > len)
			memcpy(at, ends[i], len);
	}
}

/* --- lines of the table --- */

static void fill_stage(struct table *t, struct row *row, const struct stage_change *s)
{
	char *name = escape_dup(s->name), a[16], b[16];
	int width = t->stage_room;
	bool cut = name && (int)escape_width(name) > width;

	if (name)
		snprintf(row->cells[COL_STAGE], CELL, "%.*s%s",
			 (int)bytes_of(name, cut ? width - 1 : width), name, cut ? ">" : "");
	else
		t->err = -ENOMEM;
	free(name);
	snprintf(row->cells[COL_IOS], CELL, "%s %s",
		 count_format_short((double)s->count[0], a, sizeof(a)),
		 count_format_short((double)s->count[1], b, sizeof(b)));
}

static void fill_verdict(const struct table *t, struct row *row)
{
	const char *text = verdict_text(row->verdict);
	char *cell = row->cells[COL_VERDICT];

	/* as wide as its title, where columns are dear */
	if (row->verdict == VERDICT_INCONCLUSIVE && t->brief)
		text = "inconc.";
	snprintf(cell, CELL, "%s", text);
	for (int i = 0; row->verdict == VERDICT_SLOWER && !row->sub && cell[i]; i++)
		cell[i] = (char)toupper((unsigned char)cell[i]);
}

static void fill(struct table *t, struct row *row, const struct stage_change *s, enum metric m)
{
	const struct change *c = &s->changes[m];

	memset(row->cells, 0, sizeof(row->cells));
	row->change = c;
	row->sub = m != s->main;
	row->verdict = row->sub ? c->verdict : s->verdict;
	fill_verdict(t, row);
	if (!row->sub)
		fill_stage(t, row, s);
	snprintf(row->cells[COL_METRIC], CELL, "%s", metrics[m].title);
	metric_format(m, c->a, row->cells[COL_BEFORE], CELL);
	metric_format(m, c->b, row->cells[COL_AFTER], CELL);
	if (!change_compared(c))
		return;
	change_format(c->change, row->cells[COL_CHANGE], CELL);
	interval_format(c, row->cells[COL_INTERVAL], CELL);
	if (c->more_runs >= STATISTICS_MANY_RUNS)
		snprintf(row->cells[COL_NEEDS], CELL, ">%d", STATISTICS_MANY_RUNS - 1);
	else if (c->more_runs > 0)
		snprintf(row->cells[COL_NEEDS], CELL, "+%d", c->more_runs);
}

/* Calls `fn` for each line that is shown. */
static void each_row(struct table *t, void (*fn)(struct table *t, struct row *row))
{
	struct row row;

	for (int i = 0; i < t->c->nstages; i++) {
		const struct stage_change *s = &t->c->stages[i];

		if (!is_shown(t, i))
			continue;
		fill(t, &row, s, s->main);
		fn(t, &row);
		for (int m = 0; m < METRICS && t->all; m++) {
			if (m == (int)s->main)
				continue;
			fill(t, &row, s, m);
			fn(t, &row);
		}
	}
}

static void measure(struct table *t, struct row *row)
{
	for (int i = 0; i < COLUMNS; i++) {
		int width = (int)escape_width(row->cells[i]);

		t->widths[i] = width > t->widths[i] ? width : t->widths[i];
	}
}

static void measure_all(struct table *t)
{
	memset(t->widths, 0, sizeof(t->widths));
	each_row(t, measure);
	for (int i = 0; i < COLUMNS; i++) {
		int title = (int)strlen(columns[i].title);

		if (t->widths[i] && t->widths[i] < title)
			t->widths[i] = title;
	}
}

/* The columns that a line takes, without the drawing. */
static int line_width(const struct table *t, const enum column *line, int n)
{
	int width = 0;

	for (int i = 0; i < n; i++)
		if (t->widths[line[i]] && line[i] != COL_DRAWN)
			width += t->widths[line[i]] + 1;
	return width;
}

/* Chooses the form, and gives the room that is left to the drawing. */
static void layout(struct table *t)
{
	int left = -1;

	/* what is missed least goes first: a longer word, then the counts */
	for (int tries = 0; tries < 3 && left < LEAST_DRAWN; tries++) {
		t->brief = tries > 0;
		measure_all(t);
		if (tries == 2)
			t->widths[COL_IOS] = 0;
		left = t->width - line_width(t, whole_line, LENGTH(whole_line)) - 2;
	}
	t->narrow = left < LEAST_DRAWN;
	if (t->narrow) {
		measure_all(t);
		left = t->width - line_width(t, first_line, LENGTH(first_line)) + 1;
		if (left < 0)
			t->stage_room = t->widths[COL_STAGE] += left;
		left = t->width - line_width(t, second_line, LENGTH(second_line)) - 4 -
		       t->widths[COL_VERDICT];
	}
	if (t->stage_room < STAGE_MIN)
		t->stage_room = t->widths[COL_STAGE] = STAGE_MIN;
	t->widths[COL_DRAWN] = left < MIN_DRAWN ? 0 : left < MOST_DRAWN ? left : MOST_DRAWN;
}

static void print_cells(struct table *t, const struct row *row, const enum column *line, int n)
{
	for (int i = 0; i < n; i++) {
		const char *sgr = colours[row->verdict];
		enum column c = line[i];
		bool marked = c == COL_VERDICT || c == COL_DRAWN;

		if (!t->widths[c])
			continue;
		if (!marked && row->verdict > VERDICT_SAME)
			sgr = c == COL_STAGE || c == COL_CHANGE ? SGR_BOLD : NULL;
		/* what is drawn stands off from the numbers */
		t->pending += c == COL_DRAWN;
		put(t, row->cells[c], t->widths[c], columns[c].right, sgr);
		t->pending += 1 + (c == COL_DRAWN);
	}
}

static void print_row(struct table *t, struct row *row)
{
	if (change_compared(row->change) && t->widths[COL_DRAWN])
		draw_interval(t, row->change, row->cells[COL_DRAWN]);
	if (!t->narrow) {
		print_cells(t, row, whole_line, LENGTH(whole_line));
		end_line(t);
		return;
	}
	print_cells(t, row, first_line, LENGTH(first_line));
	end_line(t);
	t->pending = t->widths[COL_VERDICT] + 1;
	print_cells(t, row, second_line, LENGTH(second_line));
	end_line(t);
}

static void print_head(struct table *t)
{
	struct row row = { .verdict = VERDICT_SAME };

	for (int i = 0; i < COLUMNS; i++)
		snprintf(row.cells[i], CELL, "%s", columns[i].title);
	if (t->widths[COL_DRAWN])
		draw_head(t, row.cells[COL_DRAWN]);
	print_cells(t, &row, t->narrow ? first_line : whole_line,
		    t->narrow ? LENGTH(first_line) : LENGTH(whole_line));
	end_line(t);
	if (!t->narrow)
		return;
	t->pending = t->widths[COL_VERDICT] + 1;
	print_cells(t, &row, second_line, LENGTH(second_line));
	end_line(t);
}

static void print_rows(struct table *t)
{
	if (!any_shown(t))
		return;
	axis_choose(t);
	layout(t);
	end_line(t);
	print_head(t);
	each_row(t, print_row);
	paragraph(t, "",
		  t->widths[COL_NEEDS] ? DRAWN "; +RUNS: how many more a side would tell" : DRAWN,
		  SGR_DIM);
}

/* --- around it --- */

static void print_verdict(struct table *t)
{
	const struct stage_change *first = t->c->stages;
	char text[1024], stage[512];

	comparison_sentence(t->c, text, sizeof(text));
	paragraph(t, "", text, colours[t->c->verdict]);
	if (!t->c->nstages || first->verdict <= VERDICT_SAME)
		return;
	stage_text(first->name, stage, sizeof(stage));
	if (!strcmp(stage, first->name)) /* a stage that this program does not know */
		return;
	snprintf(text, sizeof(text), "%s: %s", first->name, stage);
	paragraph(t, "", text, NULL);
}

static void print_note(void *arg, enum words_note note, const char *text)
{
	struct table *t = arg;

	paragraph(t, "", text, note == WORDS_FORCED ? colours[VERDICT_SLOWER] : NULL);
}

int output_table(const struct comparison *c, FILE *out, int width, bool all, bool colour)
{
	struct table t = {
		.c = c, .out = out, .all = all, .colour = colour, .stage_room = STAGE_MAX
	};

	t.unsure_end = words_unsure_end(c);
	t.width = width < MIN_WIDTH ? MIN_WIDTH : width > MAX_WIDTH ? MAX_WIDTH : width;
	print_verdict(&t);
	end_line(&t);
	print_sides(&t);
	print_rows(&t);
	end_line(&t);
	print_rest(&t);
	words(&t, "", words_too_few(c));
	if (words_notes(c, print_note, &t))
		t.err = -ENOMEM;
	words(&t, "", words_method(c));
	return t.err;
}
