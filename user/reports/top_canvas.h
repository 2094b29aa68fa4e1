/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What top draws on: a rectangle of characters, each with a style, on its way to a terminal or a
 * file. All is ASCII, whatever is put there: control characters and bytes that are no text become
 * \xNN, other characters a question mark, so that a cell is a column on any terminal.
 */
#ifndef ASSAY_TOP_CANVAS_H
#define ASSAY_TOP_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A mood (enum top_mood), and any of these. */
enum top_style {
	STYLE_MOOD = 3,
	STYLE_BOLD = 4,
	STYLE_TITLE = 8, /* of a table */
	STYLE_DIM = 16,
};

struct top_cell {
	char c;
	uint8_t style;
};

struct top_canvas {
	int rows, cols;
	struct top_cell *cells; /* row after row */
};

/* All blank. At least one row and column; NULL when there is no memory. */
struct top_canvas *top_canvas__new(int rows, int cols);
void top_canvas__free(struct top_canvas *canvas);

/* Puts the text there; what is outside is dropped. The column behind it. */
int top_put(struct top_canvas *canvas, int y, int x, int style, const char *text);
int top_putf(struct top_canvas *canvas, int y, int x, int style, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
/* The same in `width` columns, cut, to the left or to the right; the rest keeps what it has. */
void top_put_field(struct top_canvas *canvas, int y, int x, int width, bool left, int style,
		   const char *text);
/* Adds to the styles of what is in the row. */
void top_style_row(struct top_canvas *canvas, int y, int style);

/* The text of a row without blanks at its end, in `dst` of at least cols + 1. Returns `dst`. */
char *top_row_text(const struct top_canvas *canvas, int y, char *dst);
/* All rows, each with a newline, to the last that is not empty. */
void top_canvas_print(const struct top_canvas *canvas, FILE *out);

/* --- numbers in few columns; TOP_NONE and 0 as told; all return `dst` --- */

/* Four columns: "9999", "12k", "1.2M"; TOP_NONE is "-". */
char *top_count(uint64_t n, char *dst, size_t size);
/* The same of a rate: "0.3" below 10, "-" for 0. */
char *top_rate(double n, char *dst, size_t size);
/* A duration in `width` (5 or 6) columns: "1.2ms", "12.3ms"; TOP_NONE is "-". */
char *top_duration(uint64_t ns, int width, char *dst, size_t size);
/* Four columns: "0.3s", "12s", "3m", "2h"; below 0.1 s it is "-". */
char *top_age(uint64_t ns, char *dst, size_t size);

#endif
