/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Drawings within a page (inline SVG): frames with axes, and lines. They are as wide as their
 * place, and their text is as large as the page's at any width: what is placed along a frame's
 * width is in percent of it, only lines are stretched. The page's style has the colours and the
 * room for the axes' labels around the frame.
 */
#ifndef ASSAY_SVG_H
#define ASSAY_SVG_H

#include <stdbool.h>
#include <stdio.h>

/* Where values are, from one end of a frame to the other. */
struct svg_axis {
	double low, high; /* low < high; above 0 unless linear */
	bool linear;
};

/* Where a value is, 0 to 1: at the end, when it is beyond it or no number. */
double svg_at(const struct svg_axis *axis, double value);

#define SVG_TICKS 16
struct svg_tick {
	double value;
	char text[16];
};

/* An axis of durations, ns, that has room for both, with its ends at round numbers. */
struct svg_axis svg_duration_axis(double low, double high);
/* The finest of it that are a part in `most` from each other, 2 at least. Returns how many. */
int svg_duration_ticks(const struct svg_axis *axis, int most, struct svg_tick *ticks);

/* Shares of a whole: from 0 to `high`, or by powers of ten from `low` to all. Ticks: in percent. */
struct svg_axis svg_share_axis(double high);
int svg_share_ticks(const struct svg_axis *axis, int most, struct svg_tick *ticks);
struct svg_axis svg_rare_axis(double low);
int svg_rare_ticks(const struct svg_axis *axis, int most, struct svg_tick *ticks);

/* "5us", "20ms": as ticks have it. Returns `text`. */
char *svg_duration(double ns, char *text, size_t size);

/* Begins a drawing `height` pixels high with its title, which is escaped. Ended by "</svg>". */
void svg_begin(FILE *out, const char *class, int height, const char *title);

/* A frame's grid: a line and a label at each tick of the axis along its width, or its height. */
void svg_grid_x(FILE *out, const struct svg_axis *axis, const struct svg_tick *ticks, int n,
		int height);
void svg_grid_y(FILE *out, const struct svg_axis *axis, const struct svg_tick *ticks, int n,
		int height);

/*
 * Lines and areas: what is between svg_canvas() and "</svg>" is stretched to the frame, and has
 * SVG_UNITS in width and height, from its upper left corner.
 */
#define SVG_UNITS 1000
void svg_canvas(FILE *out);

struct svg_path {
	FILE *out;
	int x, y; /* where the pen is */
};
void svg_path_begin(struct svg_path *path, FILE *out, const char *class);
/* To a place, of 0 to 1 from the lower left corner: without a line, with one, level first. */
void svg_path_move(struct svg_path *path, double x, double y);
void svg_path_line(struct svg_path *path, double x, double y);
void svg_path_step(struct svg_path *path, double x, double y);
void svg_path_end(struct svg_path *path);

#endif
