// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/units.h"
#include "top_frame.h"

#define TEXT_SIZE    512
#define GRAPH_LEAST  5
#define GRAPH_MOST   24
#define MAX_TROUBLES 64

/* --- the head --- */

/* Sessions of one process have its numbers each: it counts once. */
static double total(const struct top_model *m, int op)
{
	double sum = 0;

	for (int i = 0; i < m->nups; i++) {
		bool seen = false;

		for (int j = 0; j < i; j++)
			seen = seen || m->ups[j].tgid == m->ups[i].tgid;
		if (!seen)
			sum += op < 0 ? m->ups[i].iops : m->ups[i].rate[op];
	}
	return sum;
}

static int put_list_count(struct top_canvas *c, int x, const struct top_list *l, bool filtered,
			  const char *name)
{
	x = top_putf(c, 0, x, STYLE_BOLD, "  %d", l->of);
	x = top_putf(c, 0, x, 0, " %s", name);
	if (filtered)
		x = top_putf(c, 0, x, 0, ", %d match", l->n);
	if (l->height && l->height < l->n)
		x = top_putf(c, 0, x, 0, " (%d-%d)", l->offset + 1, l->offset + l->height);
	return x;
}

static void put_head(struct top_canvas *c, const struct top_model *m, const struct top_ui *ui)
{
	char time[24], text[16];
	int x = 0;

	if (m->wall) {
		time_format_local(m->wall, time, sizeof(time));
		x = top_put(c, 0, x, 0, strchr(time, ' ') ? strchr(time, ' ') + 1 : time);
	}
	x = put_list_count(c, x, &ui->list[TOP_UPS], *ui->filter, "upstairs");
	x = put_list_count(c, x, &ui->list[TOP_DOWNS], *ui->filter, "downstairs");
	x = top_putf(c, 0, x, STYLE_BOLD, "  %s", top_rate(total(m, -1), text, sizeof(text)));
	x = top_put(c, 0, x, 0, " IOPS:");
	for (int op = 0; op < TOP_OPS; op++)
		x = top_putf(c, 0, x, 0, " %s%c", top_rate(total(m, op), text, sizeof(text)),
			     toupper((unsigned char)top_op_names[op][0]));
	if (m->quiet)
		x = top_putf(c, 0, x, 0, "  %d quiet", m->quiet);
	if (ui->paused)
		top_put(c, 0, c->cols - 6 > x ? x + 2 : c->cols - 6, TOP_ODD | STYLE_BOLD,
			"PAUSED");
}

static const char *const mood_marks[] = { "", "! ", "!! " };

/* Where there is no trouble. */
static const char *nothing(const struct top_model *m)
{
	if (!m->seconds)
		return "waiting for the first numbers";
	return m->nups || m->ndowns ? "no trouble seen" : "nothing has fired a probe yet";
}

/* The worst on one line, and how many more there are. */
static void put_troubles(struct top_canvas *c, int y, const struct top_model *m)
{
	struct top_trouble troubles[MAX_TROUBLES];
	int n = top_troubles(m, troubles, MAX_TROUBLES), i, x = 0;

	for (i = 0; i < n && i < MAX_TROUBLES; i++) {
		const char *mark = mood_marks[troubles[i].mood];
		int len = (int)(strlen(mark) + strlen(troubles[i].text));

		/* there has to be room for "  +12 more" behind it */
		if (i && x + 2 + len + (i + 1 < n ? 10 : 0) > c->cols)
			break;
		x = top_putf(c, y, i ? x + 2 : 0, troubles[i].mood | STYLE_BOLD, "%s%s", mark,
			     troubles[i].text);
	}
	if (i < n)
		top_putf(c, y, x, TOP_BAD, "  +%d more", n - i);
	if (!n)
		top_put(c, y, 0, STYLE_DIM, nothing(m));
}

/* --- tables --- */

#define GUTTER 1 /* before the first column */

/* `sort`: the number of the column that rows are sorted by, negative for none. */
static void put_titles(struct top_canvas *c, int y, const struct top_column *columns, int gutter,
		       int sort, const char *first)
{
	bool shown[TOP_MAX_COLUMNS];
	int x = gutter;

	top_columns_fit(columns, c->cols - gutter, shown);
	top_putf(c, y, 0, STYLE_TITLE, "%*s", c->cols, "");
	for (int i = 0; columns[i].title; i++) {
		const struct top_column *col = &columns[i];

		if (!shown[i])
			continue;
		top_put_field(c, y, x, col->width, col->left, i == sort ? STYLE_BOLD : STYLE_TITLE,
			      *col->title ? col->title : first);
		x += col->width + 1;
	}
}

static void put_row(struct top_canvas *c, int y, const struct top_column *columns, int gutter,
		    const void *row)
{
	bool shown[TOP_MAX_COLUMNS];
	char text[TEXT_SIZE];
	int x = gutter;

	top_columns_fit(columns, c->cols - gutter, shown);
	for (int i = 0; columns[i].title; i++) {
		const struct top_column *col = &columns[i];

		if (!shown[i])
			continue;
		top_put_field(c, y, x, col->width, col->left, top_column_mood(col, row),
			      top_column_text(col, row, text, sizeof(text)));
		x += col->width + 1;
	}
}

/* `height` rows from `y`, the titles first; scrolled so that the chosen row is seen. */
static void put_list(struct top_canvas *c, int y, int height, struct top_list *l, bool focus,
		     const char *none)
{
	if (height <= 0)
		return;
	l->height = height - 1;
	if (l->cursor >= l->offset + l->height)
		l->offset = l->cursor - l->height + 1;
	if (l->offset > l->n - l->height)
		l->offset = l->n - l->height;
	if (l->offset > l->cursor)
		l->offset = l->cursor;
	if (l->offset < 0)
		l->offset = 0;
	put_titles(c, y, l->columns, GUTTER, l->sort, "");
	for (int i = 0; i < l->height && l->offset + i < l->n; i++) {
		int row = l->offset + i;

		put_row(c, y + 1 + i, l->columns, GUTTER, l->rows[row]);
		if (row != l->cursor)
			continue;
		top_put(c, y + 1 + i, 0, STYLE_BOLD, focus ? ">" : "-");
		top_style_row(c, y + 1 + i, STYLE_BOLD);
	}
	if (!l->n && l->height)
		top_put(c, y + 1, GUTTER, STYLE_DIM, l->of ? "none matches the filter" : none);
}

/* The chosen upstairs: its gateway and its clients, a line each. */
static void put_parts(struct top_canvas *c, int y, const struct top_up *up)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%u", up->tgid);
	put_titles(c, y, top_part_columns, 0, -1, pid);
	for (int client = -1; client < up->nclients; client++) {
		struct top_part part = top_part_of(up, client);

		put_row(c, y + 2 + client, top_part_columns, 0, &part);
	}
}

static int parts_height(const struct top_up *up)
{
	return up ? 2 + up->nclients : 0;
}

/* --- the foot --- */

static void put_foot(struct top_canvas *c, int y, const struct top_ui *ui)
{
	const struct top_list *l = &ui->list[ui->focus];
	int x;

	if (ui->typing) {
		x = top_putf(c, y, 0, STYLE_BOLD, "filter: %s_", ui->filter);
		top_put(c, y, x, STYLE_DIM, "   Enter keeps it, Esc drops it");
		return;
	}
	x = top_put(c, y, 0, STYLE_DIM, "q quit  ? help  < > sort: ");
	x = top_putf(c, y, x, STYLE_BOLD, "%s%s", l->columns[l->sort].title,
		     l->ascending ? " up" : "");
	x = top_put(c, y, x, STYLE_DIM, "  / filter");
	if (*ui->filter)
		x = top_putf(c, y, x, STYLE_BOLD | TOP_ODD, ": %s", ui->filter);
	top_put(c, y, x, STYLE_DIM, "  p pause  g graph  Tab list");
}

/* What was lost, and the last message; false when there is neither. */
static bool put_notes(struct top_canvas *c, int y, const struct top_model *m, const char *message)
{
	int x = 0;

	if (*m->lost)
		x = top_putf(c, y, 0, TOP_ODD, "lost: %s", m->lost) + 2;
	if (*message)
		top_put(c, y, x, 0, message);
	return *m->lost || *message;
}

/* --- the whole --- */

static int least(int a, int b)
{
	return a < b ? a : b;
}

static int most(int a, int b)
{
	return a > b ? a : b;
}

struct heights {
	int ups, parts, graph, downs;
};

/* Who gets how many of the rows: both lists something, then the parts, the graph, the lists. */
static struct heights share(const struct top_ui *ui, int rows)
{
	const struct top_up *up = top_ui_chosen(ui);
	int ups = 1 + most(ui->list[TOP_UPS].n, 1), downs = 1 + most(ui->list[TOP_DOWNS].n, 1);
	struct heights h = { 0 };
	int rest, want;

	h.ups = least(ups, least(rows, most(2, rows / 3)));
	h.downs = least(downs, least(rows - h.ups, most(2, rows / 3)));
	rest = rows - h.ups - h.downs;
	if (up && rest >= parts_height(up)) {
		h.parts = parts_height(up);
		rest -= h.parts;
	}
	want = ups - h.ups + downs - h.downs;
	if (up && h.parts && rest >= GRAPH_LEAST) {
		h.graph = least(GRAPH_MOST, most(GRAPH_LEAST, rest - want));
		rest -= h.graph;
	}
	want = least(rest, ups - h.ups);
	h.ups += want;
	h.downs += least(rest - want, downs - h.downs);
	return h;
}

static void put_body(struct top_canvas *c, int y, int rows, const struct top_model *m,
		     struct top_ui *ui)
{
	const struct top_up *up = top_ui_chosen(ui);
	struct heights h = share(ui, rows);

	put_list(c, y, h.ups, &ui->list[TOP_UPS], ui->focus == TOP_UPS, "no upstairs yet");
	y += h.ups;
	if (h.parts)
		put_parts(c, y, up);
	y += h.parts;
	if (h.graph)
		top_graph(c, y, h.graph, up, ui->graph, m->interval);
	y += h.graph;
	put_list(c, y, h.downs, &ui->list[TOP_DOWNS], ui->focus == TOP_DOWNS, "no downstairs yet");
}

struct top_canvas *top_frame(const struct top_model *m, struct top_ui *ui, const char *message,
			     int rows, int cols)
{
	struct top_canvas *c = top_canvas__new(rows, cols);
	int end;

	if (!c)
		return NULL;
	if (ui->help) {
		top_help(c, ui);
		return c;
	}
	end = c->rows - 1;
	put_foot(c, end, ui);
	if (end > 5 && put_notes(c, end - 1, m, message))
		end--;
	put_body(c, 2, most(end - 2, 0), m, ui);
	/* behind the lists, which know by now how far they are scrolled */
	put_troubles(c, 1, m);
	put_head(c, m, ui);
	return c;
}

struct top_canvas *top_frame_plain(const struct top_model *m, const struct top_ui *ui, int cols)
{
	const struct top_list *ups = &ui->list[TOP_UPS], *downs = &ui->list[TOP_DOWNS];
	int rows = 8 + ups->n + downs->n, y = 0;
	struct top_trouble troubles[MAX_TROUBLES];
	int n = least(top_troubles(m, troubles, MAX_TROUBLES), MAX_TROUBLES);
	struct top_canvas *c;

	for (int i = 0; i < ups->n; i++)
		rows += 1 + parts_height(ups->rows[i]);
	c = top_canvas__new(rows + n, cols);
	if (!c)
		return NULL;
	put_head(c, m, ui);
	for (int i = 0; i < n; i++)
		top_putf(c, ++y, 0, 0, "%s%s", mood_marks[troubles[i].mood], troubles[i].text);
	if (*m->lost)
		top_putf(c, ++y, 0, 0, "lost: %s", m->lost);
	if (!ups->n && !downs->n)
		top_put(c, ++y, 0, 0, nothing(m));
	if (ups->n)
		put_titles(c, y += 2, ups->columns, 0, -1, "");
	for (int i = 0; i < ups->n; i++)
		put_row(c, ++y, ups->columns, 0, ups->rows[i]);
	for (int i = 0; i < ups->n; i++) {
		put_parts(c, y + 2, ups->rows[i]);
		y += 1 + parts_height(ups->rows[i]);
	}
	if (downs->n)
		put_titles(c, y += 2, downs->columns, 0, -1, "");
	for (int i = 0; i < downs->n; i++)
		put_row(c, ++y, downs->columns, 0, downs->rows[i]);
	return c;
}
