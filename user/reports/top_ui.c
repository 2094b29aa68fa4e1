// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "top_ui.h"

static const struct {
	const struct top_column *columns;
	const char *sort;
} tables[TOP_TABLES] = {
	[TOP_UPS] = { top_up_columns, TOP_UP_SORT },
	[TOP_DOWNS] = { top_down_columns, TOP_DOWN_SORT },
};

void top_ui_init(struct top_ui *ui)
{
	memset(ui, 0, sizeof(*ui));
	ui->graph = TOP_WRITE;
	for (int t = 0; t < TOP_TABLES; t++) {
		ui->list[t].columns = tables[t].columns;
		ui->list[t].sort = top_column_find(tables[t].columns, tables[t].sort);
	}
}

void top_ui_free(struct top_ui *ui)
{
	for (int t = 0; t < TOP_TABLES; t++) {
		free(ui->list[t].rows);
		ui->list[t].rows = NULL;
		ui->list[t].n = 0;
	}
}

/* --- order and filter --- */

static uint32_t row_tgid(enum top_table table, const void *row)
{
	return table == TOP_UPS ? ((const struct top_up *)row)->tgid
				: ((const struct top_down *)row)->tgid;
}

static const char *row_session(enum top_table table, const void *row)
{
	return table == TOP_UPS ? ((const struct top_up *)row)->session : "";
}

/* Any of its names has the text in it, or its number begins with it. */
static bool matches(const char *filter, enum top_table table, const void *row)
{
	const struct top_up *up = row;
	const struct top_down *down = row;
	char pid[16];

	snprintf(pid, sizeof(pid), "%u", row_tgid(table, row));
	if (!strncmp(pid, filter, strlen(filter)))
		return true;
	if (table == TOP_DOWNS)
		return strcasestr(down->process, filter) || strcasestr(down->where, filter);
	return strcasestr(up->process, filter) || strcasestr(up->where, filter) ||
	       strcasestr(up->upstairs, filter) || strcasestr(up->session, filter);
}

struct order {
	enum top_table table;
	const struct top_list *list;
};

/* The highest first; what is unknown last, either way; equals by process and session. */
static int row_compare(const void *va, const void *vb, void *arg)
{
	const void *a = *(const void *const *)va, *b = *(const void *const *)vb;
	const struct order *o = arg;
	const struct top_column *c = &o->list->columns[o->list->sort];
	double x = top_column_value(c, a), y = top_column_value(c, b);
	uint32_t p = row_tgid(o->table, a), q = row_tgid(o->table, b);

	if ((x < 0) != (y < 0))
		return x < 0 ? 1 : -1;
	if (x != y)
		return (x > y) != o->list->ascending ? -1 : 1;
	if (p != q)
		return p < q ? -1 : 1;
	return strcmp(row_session(o->table, a), row_session(o->table, b));
}

/* The chosen row is where it was sorted to; the first is, until a person chose. */
static void find_chosen(struct top_list *l, enum top_table table)
{
	if (!l->chosen)
		l->cursor = 0;
	for (int i = 0; l->chosen && i < l->n; i++)
		if (row_tgid(table, l->rows[i]) == l->tgid &&
		    !strcmp(row_session(table, l->rows[i]), l->session))
			l->cursor = i;
	if (l->cursor >= l->n)
		l->cursor = l->n ? l->n - 1 : 0;
}

static int list_update(struct top_list *l, enum top_table table, const char *filter,
		       const void *rows, size_t size, int n)
{
	struct order order = { table, l };
	const void **all = reallocarray(l->rows, n + 1, sizeof(*all));

	l->n = 0;
	l->of = n;
	if (!all)
		return -ENOMEM;
	l->rows = all;
	for (int i = 0; i < n; i++) {
		const void *row = (const char *)rows + i * size;

		if (matches(filter, table, row))
			l->rows[l->n++] = row;
	}
	qsort_r(l->rows, l->n, sizeof(*l->rows), row_compare, &order);
	find_chosen(l, table);
	return 0;
}

int top_ui_update(struct top_ui *ui, const struct top_model *m)
{
	int err = list_update(&ui->list[TOP_UPS], TOP_UPS, ui->filter, m->ups, sizeof(*m->ups),
			      m->nups);
	int also = list_update(&ui->list[TOP_DOWNS], TOP_DOWNS, ui->filter, m->downs,
			       sizeof(*m->downs), m->ndowns);

	return err ? err : also;
}

const struct top_up *top_ui_chosen(const struct top_ui *ui)
{
	const struct top_list *l = &ui->list[TOP_UPS];

	return l->n ? l->rows[l->cursor] : NULL;
}

/* --- keys --- */

static void choose(struct top_ui *ui, int cursor)
{
	struct top_list *l = &ui->list[ui->focus];

	cursor = cursor < 0 ? 0 : cursor >= l->n ? l->n - 1 : cursor;
	if (!l->n)
		return;
	l->cursor = cursor;
	l->chosen = true;
	l->tgid = row_tgid(ui->focus, l->rows[cursor]);
	snprintf(l->session, sizeof(l->session), "%s", row_session(ui->focus, l->rows[cursor]));
}

static void key_move(struct top_ui *ui, int by)
{
	if (ui->help)
		ui->help_offset += by;
	else
		choose(ui, ui->list[ui->focus].cursor + by);
}

static void key_page(struct top_ui *ui, int by)
{
	int page = ui->help ? 10 : ui->list[ui->focus].height;

	key_move(ui, by * (page > 1 ? page - 1 : 1));
}

/* Back to the first row, whichever that is. */
static void key_home(struct top_ui *ui, int arg)
{
	(void)arg;
	ui->help_offset = 0;
	ui->list[ui->focus].cursor = 0;
	ui->list[ui->focus].chosen = false;
}

static void key_end(struct top_ui *ui, int arg)
{
	(void)arg;
	key_move(ui, 1 << 20);
}

static void key_focus(struct top_ui *ui, int arg)
{
	(void)arg;
	ui->focus = (ui->focus + 1) % TOP_TABLES;
}

/* The next column that rows can be sorted by, to the right or left. */
static void key_sort(struct top_ui *ui, int by)
{
	struct top_list *l = &ui->list[ui->focus];
	int n = 0;

	while (l->columns[n].title)
		n++;
	do
		l->sort = (l->sort + by + n) % n;
	while (!top_column_sorts(&l->columns[l->sort]));
}

static void key_reverse(struct top_ui *ui, int arg)
{
	struct top_list *l = &ui->list[ui->focus];

	(void)arg;
	l->ascending = !l->ascending;
}

static void key_filter(struct top_ui *ui, int arg)
{
	(void)arg;
	ui->typing = true;
	*ui->filter = '\0';
}

static void key_pause(struct top_ui *ui, int arg)
{
	(void)arg;
	ui->paused = !ui->paused;
}

static void key_graph(struct top_ui *ui, int arg)
{
	(void)arg;
	ui->graph = (ui->graph + 1) % TOP_OPS;
}

static void key_help(struct top_ui *ui, int arg)
{
	(void)arg;
	ui->help = !ui->help;
	ui->help_offset = 0;
}

static void key_quit(struct top_ui *ui, int arg)
{
	(void)arg;
	if (ui->help)
		ui->help = false;
	else
		ui->quit = true;
}

static const struct {
	int key;
	void (*fn)(struct top_ui *ui, int arg);
	int arg;
} keys[] = {
	{ 'q', key_quit, 0 },
	{ '?', key_help, 0 },
	{ 'h', key_help, 0 },
	{ TOP_KEY_UP, key_move, -1 },
	{ 'k', key_move, -1 },
	{ TOP_KEY_DOWN, key_move, 1 },
	{ 'j', key_move, 1 },
	{ TOP_KEY_PAGE_UP, key_page, -1 },
	{ TOP_KEY_PAGE_DOWN, key_page, 1 },
	{ TOP_KEY_HOME, key_home, 0 },
	{ TOP_KEY_END, key_end, 0 },
	{ '\t', key_focus, 0 },
	{ '<', key_sort, -1 },
	{ TOP_KEY_LEFT, key_sort, -1 },
	{ '>', key_sort, 1 },
	{ TOP_KEY_RIGHT, key_sort, 1 },
	{ 's', key_sort, 1 },
	{ 'r', key_reverse, 0 },
	{ '/', key_filter, 0 },
	{ 'p', key_pause, 0 },
	{ ' ', key_pause, 0 },
	{ 'g', key_graph, 0 },
};

const struct top_key_help top_key_helps[] = {
	{ "q", "quit, as does Ctrl-C" },
	{ "? h", "this page; any of these ends it" },
	{ "Up Down k j", "choose a row, which stays chosen; PgUp PgDn End, too" },
	{ "Home", "the first row again, whichever that is" },
	{ "Tab", "from the upstairs to the downstairs and back" },
	{ "< > Left Right s", "sort by the column to the left or right" },
	{ "r", "sort the other way round" },
	{ "/", "show what has this in name, ids or place, or begins its PID" },
	{ "Enter Esc", "keep the filter; drop it" },
	{ "p Space", "pause: the screen stands still, nothing is missed" },
	{ "g", "draw reads, writes or flushes" },
	{ NULL, NULL },
};

/* A key while the filter is typed. */
static void type(struct top_ui *ui, int key)
{
	size_t len = strlen(ui->filter);

	if (key == '\n' || key == '\r' || key == 27) {
		ui->typing = false;
		if (key == 27)
			*ui->filter = '\0';
	} else if (key == TOP_KEY_BACKSPACE || key == 127 || key == '\b') {
		if (len)
			ui->filter[len - 1] = '\0';
	} else if (key >= ' ' && key < 127 && len + 1 < sizeof(ui->filter)) {
		ui->filter[len] = (char)key;
		ui->filter[len + 1] = '\0';
	}
}

void top_ui_key(struct top_ui *ui, int key)
{
	if (ui->typing) {
		type(ui, key);
		return;
	}
	if (key == 27) {
		ui->help = false;
		*ui->filter = '\0';
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].key == key)
			keys[i].fn(ui, keys[i].arg);
}
