/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The terminal that top draws on, with ncurses; without that at build time there is none. While it
 * is open, what goes to stderr is held back, if that is a terminal, and follows when it is closed.
 * However the program ends, by signal too, the terminal is as before (SIGKILL apart).
 */
#ifndef ASSAY_TOP_SCREEN_H
#define ASSAY_TOP_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#include "top_canvas.h"

/* Whether this build has ncurses. */
extern const bool top_has_screen;

/* Opens it on stdin and stdout, which are terminals. 0, or -errno with one line in `why`. */
int top_screen_open(char *why, size_t why_size);
/* Closes it if it is open; says what was held back. */
void top_screen_close(void);

/* Its size now. */
void top_screen_size(int *rows, int *cols);
void top_screen_draw(const struct top_canvas *canvas);

/* The next key: a character or one of enum top_key. TOP_SCREEN_NONE; _GONE: it has hung up. */
#define TOP_SCREEN_NONE -1
#define TOP_SCREEN_GONE -2
int top_screen_key(void);

/* The last line that went to stderr; "" for none. Valid until the next call. */
const char *top_screen_message(void);

#endif
