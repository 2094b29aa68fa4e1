// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <math.h>

#include "core/escape.h"
#include "svg.h"
#include "svg_forest.h"

#define ROW_HEIGHT  22
#define AXIS_HEIGHT 16
#define FARTHEST    log(20) /* what is beyond a factor of 20 has an arrow */
/* Shares of the scale's width, where it is narrow: a character of a label, and a gap. */
#define LABEL_CHARACTER 0.028
#define LABEL_GAP	0.03

/* How far a logarithm of a factor is from 0, where the threshold is near 1. */
static double bend(const struct svg_forest *f, double factor)
{
	return asinh(factor / f->worse);
}

/* Widens the scale so that it holds a change. */
static void make_room(double *left, double *right, double change)
{
	double factor = log1p(change);

	if (!isfinite(factor))
		return;
	*left = fmax(*left, fmin(-factor, FARTHEST));
	*right = fmax(*right, fmin(factor, FARTHEST));
}

struct svg_forest svg_forest(const struct comparison *c)
{
	double threshold = log1p(fmax(c->threshold, 0.001)), left, right;
	struct svg_forest f = { .worse = threshold, .better = -threshold };

	left = right = 1.8 * threshold;
	for (int i = 0; i < c->nstages; i++) {
		const struct change *change = &c->stages[i].changes[c->stages[i].main];

		if (c->stages[i].verdict == VERDICT_TOO_FEW)
			continue;
		make_room(&left, &right, change->low);
		make_room(&left, &right, change->high);
	}
	f.left = bend(&f, -1.06 * left);
	f.right = bend(&f, 1.06 * right);
	return f;
}

/* Where a change is on the scale, 0 to 1. */
static double place(const struct svg_forest *f, double factor)
{
	struct svg_axis axis = { .low = f->left, .high = f->right, .linear = true };

	return svg_at(&axis, bend(f, factor));
}

/* "+10 %", "x5", of a factor's logarithm. */
static void tick_format(double factor, char *text, size_t size)
{
	double change = expm1(factor);

	if (fabs(change) < 1e-9)
		snprintf(text, size, "0");
	else if (change >= 3.99)
		snprintf(text, size, "x%.3g", exp(factor));
	else
		snprintf(text, size, fabs(change) < 0.0995 ? "%s%.2g %%" : "%s%.0f %%",
			 change < 0 ? "\u2212" : "+", fabs(100 * change));
}

/* Whether a label has room among those at `used`, which are `widths` wide. */
static bool has_room(double x, double width, const double *used, const double *widths, int n)
{
	if (x < 0.04 || x > 0.96)
		return false;
	for (int i = 0; i < n; i++)
		if (fabs(used[i] - x) < (widths[i] + width) / 2 + LABEL_GAP)
			return false;
	return true;
}

void svg_forest_axis(FILE *out, const struct svg_forest *f)
{
	/* the first come first; the others have what room is left */
	const double wanted[] = { 0,	    f->worse, f->better, log(2),   log(0.5), log(1.5),
				  log(0.2), log(5),   log(0.1),	 log(1.2), log(0.8), log(10) };
	double used[sizeof(wanted) / sizeof(wanted[0])], widths[sizeof(wanted) / sizeof(wanted[0])];
	int n = 0;

	svg_begin(out, "forest axis", AXIS_HEIGHT, "scale of the changes");
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		double x = place(f, wanted[i]), width;
		char text[24];

		tick_format(wanted[i], text, sizeof(text));
		width = LABEL_CHARACTER * (double)escape_width(text);
		if (!has_room(x, width, used, widths, n))
			continue;
		used[n] = x;
		widths[n++] = width;
		fprintf(out, "<text x=\"%.2f%%\" y=\"12\">%s</text>", 100 * x, text);
	}
	fputs("</svg>", out);
}

/* As high as its cell, which hides what is beyond it. */
static void vertical(FILE *out, const char *class, double x)
{
	fprintf(out, "<line class=\"%s\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"-40\" y2=\"60\"/>", class,
		100 * x, 100 * x);
}

/* What is beyond the scale goes on there. */
static void arrow(FILE *out, bool right)
{
	fprintf(out, "<svg x=\"%s\" y=\"%d\" class=\"canvas\"><path d=\"M0 0l%d-4v8z\"/></svg>",
		right ? "100%" : "0", ROW_HEIGHT / 2, right ? -7 : 7);
}

void svg_forest_row(FILE *out, const struct svg_forest *f, const char *name,
		    const struct change *change)
{
	double low = log1p(change->low), high = log1p(change->high);
	char at[24], from[24], to[24], title[256];

	snprintf(title, sizeof(title), "%s: %s, interval %s to %s", name,
		 change_format(change->change, at, sizeof(at)),
		 change_format(change->low, from, sizeof(from)),
		 change_format(change->high, to, sizeof(to)));
	svg_begin(out, "forest", ROW_HEIGHT, title);
	vertical(out, "zero", place(f, 0));
	vertical(out, "limit", place(f, f->worse));
	vertical(out, "limit", place(f, f->better));
	fprintf(out, "<line class=\"reach\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"11\" y2=\"11\"/>",
		100 * place(f, low), 100 * place(f, high));
	fprintf(out, "<circle cx=\"%.2f%%\" cy=\"11\" r=\"4\"/>",
		100 * place(f, log1p(change->change)));
	if (bend(f, low) < f->left)
		arrow(out, false);
	if (bend(f, high) > f->right)
		arrow(out, true);
	fputs("</svg>", out);
}
