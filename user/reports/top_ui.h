/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a person has chosen to see of top's model: order, filter, the chosen row, pause, help; and
 * the keys that change it. Knows no terminal.
 */
#ifndef ASSAY_TOP_UI_H
#define ASSAY_TOP_UI_H

#include "top_columns.h"
#include "top_model.h"

/* Keys that are no characters. */
enum top_key {
	TOP_KEY_UP = 256,
	TOP_KEY_DOWN,
	TOP_KEY_LEFT,
	TOP_KEY_RIGHT,
	TOP_KEY_PAGE_UP,
	TOP_KEY_PAGE_DOWN,
	TOP_KEY_HOME,
	TOP_KEY_END,
	TOP_KEY_BACKSPACE,
};

enum top_table { TOP_UPS = 0, TOP_DOWNS, TOP_TABLES };

/* A table's rows, as they are shown. */
struct top_list {
	const struct top_column *columns;
	int sort; /* number of the column */
	bool ascending;
	const void **rows; /* struct top_up or struct top_down of the model, sorted, filtered */
	int n, of;	   /* shown, and there are */
	int cursor;	   /* the chosen row */
	int offset;	   /* the first on the screen */
	int height;	   /* rows on the screen when it was last drawn */
	bool chosen;	   /* by the person: it stays chosen wherever it is sorted to */
	uint32_t tgid;	   /* which that is */
	char session[64];
};

struct top_ui {
	struct top_list list[TOP_TABLES];
	enum top_table focus;
	enum top_op graph; /* whose latency is drawn */
	char filter[32];
	bool typing; /* the filter */
	bool paused;
	bool help;
	int help_offset;
	bool quit;
};

void top_ui_init(struct top_ui *ui);
void top_ui_free(struct top_ui *ui);

/*
 * The model is new, or has another order or filter: sorts its rows anew. 0 or -ENOMEM, then there
 * are no rows. They point into the model: it has to be called whenever that changes.
 */
int top_ui_update(struct top_ui *ui, const struct top_model *model);

/* The chosen upstairs; NULL when there is none. */
const struct top_up *top_ui_chosen(const struct top_ui *ui);

/* A key: a character, or one of enum top_key. Others are ignored. */
void top_ui_key(struct top_ui *ui, int key);

/* What the keys are, for help: two texts a line, ended by NULL. */
struct top_key_help {
	const char *keys, *text;
};
extern const struct top_key_help top_key_helps[];

#endif
