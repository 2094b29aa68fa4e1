// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <stdio.h>
#include <string.h>

#include "top_frame.h"

static const struct {
	const char *title;
	const struct top_column *columns;
} tables[] = {
	{ "Upstairs: a line a session", top_up_columns },
	{ "The chosen upstairs: its gateway and its clients", top_part_columns },
	{ "Downstairs: a line a process", top_down_columns },
};

static const char *const notes[] = {
	"Numbers are of the last interval. What has no room on a narrow screen is",
	"left out. Latencies, IOPS and WAIT are of a process: its sessions share them.",
	"Writes are those of unwritten blocks, too. Latencies sort by WAIT where that",
	"is longer: what is stuck has none. What waits for 10 s while others end was",
	"dropped, as when a connection broke, and is no longer waiting.",
	"States: ACT active, FLT faulted, OFL offline, LRR ready for live repair, LR",
	"in live repair, REC reconciling, WQ waits for the others, RPL replaced, RPC",
	"being replaced, DAV deactivated, DIS disabled, NF negotiation failed, ? not",
	"told yet. What ended is shown for 30 s. 64 processes at once are told apart.",
	"lost: what could not be counted for certain (assay help top, README).",
};

struct page {
	struct top_canvas *canvas;
	int y; /* of the next line; negative: above the screen */
};

static void line(struct page *p, int style, const char *left, const char *text)
{
	if (p->y >= 0) {
		top_put(p->canvas, p->y, left ? 2 : 0, style | STYLE_BOLD, left ? left : text);
		if (left)
			top_put(p->canvas, p->y, 20, style, text);
	}
	p->y++;
}

/* Columns that have no text of their own belong to the one before. */
static void table(struct page *p, const char *title, const struct top_column *columns)
{
	char names[64];

	line(p, 0, NULL, "");
	line(p, STYLE_TITLE, NULL, title);
	for (const struct top_column *c = columns; c->title; c++) {
		if (!c->help)
			continue;
		snprintf(names, sizeof(names), "%s", c->title);
		for (const struct top_column *n = c + 1; n->title && !n->help; n++)
			snprintf(names + strlen(names), sizeof(names) - strlen(names), " %s",
				 n->title);
		line(p, 0, names, c->help);
	}
}

/* All of it, from the offset on. Its length. */
static int draw(struct top_canvas *canvas, int offset)
{
	struct page p = { canvas, -offset };

	line(&p, STYLE_TITLE, NULL, "assay top: keys (Up and Down scroll, q goes back)");
	for (const struct top_key_help *k = top_key_helps; k->keys; k++)
		line(&p, 0, k->keys, k->text);
	line(&p, 0, NULL, "");
	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
		if (p.y >= 0)
			top_put(canvas, p.y, 2, 0, notes[i]);
		p.y++;
	}
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		table(&p, tables[i].title, tables[i].columns);
	return p.y + offset;
}

void top_help(struct top_canvas *canvas, struct top_ui *ui)
{
	/* once beyond the end, for its length */
	int most = draw(canvas, 1 << 20) - canvas->rows;

	if (ui->help_offset > most)
		ui->help_offset = most;
	if (ui->help_offset < 0)
		ui->help_offset = 0;
	draw(canvas, ui->help_offset);
}
