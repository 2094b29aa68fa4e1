/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * top's screen, from a model and what a person chose, as a canvas.
 */
#ifndef ASSAY_TOP_FRAME_H
#define ASSAY_TOP_FRAME_H

#include "top_canvas.h"
#include "top_ui.h"

/*
 * A screen of that size. `message`: the last line that was logged, "" for none. Lists scroll so
 * that the chosen row is seen, which `ui` keeps. NULL when there is no memory.
 */
struct top_canvas *top_frame(const struct top_model *model, struct top_ui *ui, const char *message,
			     int rows, int cols);

/* All there is, as long as it takes: each upstairs with its clients, no keys, no graph. */
struct top_canvas *top_frame_plain(const struct top_model *model, const struct top_ui *ui,
				   int cols);

/* top_graph.c: latency over time in rows `y` to `y` + `height` - 1, a title first. */
void top_graph(struct top_canvas *canvas, int y, int height, const struct top_up *up,
	       enum top_op op, uint64_t interval);

/* top_help.c: the page that `?` shows, scrolled by ui->help_offset, which is kept in bounds. */
void top_help(struct top_canvas *canvas, struct top_ui *ui);

#endif
