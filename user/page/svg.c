// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <math.h>
#include <string.h>

#include "render/markup.h"
#include "svg.h"

#define ARRAY_SIZE(a) ((int)(sizeof(a) / sizeof((a)[0])))

/* From coarse to fine: where ticks are within a decade. */
#define MARKS_MAX 6
static const struct marks {
	int n;
	double at[MARKS_MAX];
} marks[] = {
	{ 1, { 1 } },
	{ 2, { 1, 3 } },
	{ 3, { 1, 2, 5 } },
	{ 6, { 1, 1.5, 2, 3, 5, 7 } },
};
static const struct marks *const finest = &marks[ARRAY_SIZE(marks) - 1];

double svg_at(const struct svg_axis *axis, double value)
{
	double at;

	if (axis->linear)
		at = (value - axis->low) / (axis->high - axis->low);
	else
		at = log(value / axis->low) / log(axis->high / axis->low);
	return at > 0 ? at < 1 ? at : 1 : 0; /* what is no number is not above 0 */
}

/* The largest mark that is not above `value`, or the smallest that is not below. */
static double mark_near(double value, bool above)
{
	double decade = pow(10, floor(log10(value))), mark = decade;

	for (int i = 0; i < finest->n; i++) {
		if (above && finest->at[i] * decade >= value * (1 - 1e-9))
			return finest->at[i] * decade;
		if (!above && finest->at[i] * decade <= value * (1 + 1e-9))
			mark = finest->at[i] * decade;
	}
	return above ? 10 * decade : mark;
}

struct svg_axis svg_duration_axis(double low, double high)
{
	struct svg_axis axis = { .low = low > 1 ? low : 1 };

	axis.high = mark_near(high > axis.low * 1.2 ? high : axis.low * 1.2, true);
	axis.low = mark_near(axis.low, false);
	return axis;
}

char *svg_duration(double ns, char *text, size_t size)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	int unit = 0;

	for (; unit < 3 && ns >= 999.5; unit++)
		ns /= 1000;
	snprintf(text, size, ns < 999.5 ? "%.3g%s" : "%.0f%s", ns, units[unit]);
	return text;
}

/*
 * The marks of an axis, every `each` decades. Returns how many there are, 0 when they are too many
 * or nearer to each other than a part in `most`.
 */
static int marks_on(const struct svg_axis *axis, const struct marks *m, int each, int most,
		    struct svg_tick *ticks)
{
	int first = (int)floor(log10(axis->low) + 1e-9), n = 0;
	double last = -1;

	for (int e = first; pow(10, e) <= axis->high * (1 + 1e-9); e++) {
		for (int i = 0; i < m->n && e % each == 0; i++) {
			double value = m->at[i] * pow(10, e), at = svg_at(axis, value);

			if (value < axis->low * (1 - 1e-9) || value > axis->high * (1 + 1e-9))
				continue;
			if (n == SVG_TICKS || at - last < 0.999 / most)
				return 0;
			ticks[n++].value = value;
			last = at;
		}
	}
	return n;
}

/* The finest marks that have room. */
static int log_ticks(const struct svg_axis *axis, int most, struct svg_tick *ticks)
{
	int n = 0;

	for (int i = ARRAY_SIZE(marks) - 1; i >= 0 && !n; i--)
		n = marks_on(axis, &marks[i], 1, most, ticks);
	for (int each = 2; each < 20 && !n; each++)
		n = marks_on(axis, &marks[0], each, most, ticks);
	return n;
}

int svg_duration_ticks(const struct svg_axis *axis, int most, struct svg_tick *ticks)
{
	int n = log_ticks(axis, most, ticks);

	for (int i = 0; i < n; i++)
		svg_duration(ticks[i].value, ticks[i].text, sizeof(ticks[i].text));
	return n;
}

struct svg_axis svg_share_axis(double high)
{
	return (struct svg_axis){ .low = 0, .high = high > 0 ? high : 1, .linear = true };
}

static void share_format(struct svg_tick *tick)
{
	snprintf(tick->text, sizeof(tick->text), "%.4g %%", 100 * tick->value);
}

int svg_share_ticks(const struct svg_axis *axis, int most, struct svg_tick *ticks)
{
	static const double steps[] = { 1, 2, 5, 10 };
	double decade = pow(10, floor(log10(axis->high / most))), step = decade;
	int n = 0;

	for (int i = 0; i < ARRAY_SIZE(steps) && axis->high / step >= most; i++)
		step = steps[i] * decade;
	for (; n < most && n * step <= axis->high; n++) {
		ticks[n].value = n * step;
		share_format(&ticks[n]);
	}
	return n;
}

struct svg_axis svg_rare_axis(double low)
{
	int decades = (int)ceil(-log10(low) - 1e-9);

	return (struct svg_axis){ .low = pow(10, -(decades > 1 ? decades : 1)), .high = 1 };
}

int svg_rare_ticks(const struct svg_axis *axis, int most, struct svg_tick *ticks)
{
	int n = 0, decades = (int)round(-log10(axis->low)), each = 1;

	while (decades / each + 1 > most)
		each++;
	for (int e = 0; e <= decades; e += each, n++) {
		ticks[n].value = pow(10, -e);
		share_format(&ticks[n]);
	}
	return n;
}

void svg_begin(FILE *out, const char *class, int height, const char *title)
{
	fprintf(out, "<svg class=\"%s\" height=\"%d\" role=\"img\"><title>", class, height);
	markup_text(out, title);
	fputs("</title>", out);
}

void svg_grid_x(FILE *out, const struct svg_axis *axis, const struct svg_tick *ticks, int n,
		int height)
{
	fputs("<g class=\"gx\">", out);
	for (int i = 0; i < n; i++) {
		double x = 100 * svg_at(axis, ticks[i].value);

		fprintf(out, "<line x1=\"%.2f%%\" x2=\"%.2f%%\" y2=\"%d\"/>", x, x, height);
		fprintf(out, "<text x=\"%.2f%%\" y=\"%d\">%s</text>", x, height + 16,
			ticks[i].text);
	}
	fputs("</g>\n", out);
}

void svg_grid_y(FILE *out, const struct svg_axis *axis, const struct svg_tick *ticks, int n,
		int height)
{
	fputs("<g class=\"gy\">", out);
	for (int i = 0; i < n; i++) {
		double y = height * (1 - svg_at(axis, ticks[i].value));

		fprintf(out, "<line x2=\"100%%\" y1=\"%.1f\" y2=\"%.1f\"/>", y, y);
		fprintf(out, "<text x=\"-7\" y=\"%.1f\">%s</text>", y + 4, ticks[i].text);
	}
	fputs("</g>\n", out);
}

void svg_canvas(FILE *out)
{
	fprintf(out,
		"<svg class=\"canvas\" width=\"100%%\" height=\"100%%\" viewBox=\"0 0 %d %d\" "
		"preserveAspectRatio=\"none\">",
		SVG_UNITS, SVG_UNITS);
}

void svg_path_begin(struct svg_path *path, FILE *out, const char *class)
{
	*path = (struct svg_path){ .out = out };
	fprintf(out, "<path class=\"%s\" d=\"", class);
}

static int units(double at)
{
	return (int)lround(at * SVG_UNITS);
}

void svg_path_move(struct svg_path *path, double x, double y)
{
	path->x = units(x);
	path->y = units(1 - y);
	fprintf(path->out, "M%d %d", path->x, path->y);
}

void svg_path_line(struct svg_path *path, double x, double y)
{
	int dx = units(x) - path->x, dy = units(1 - y) - path->y;

	if (dx && dy)
		fprintf(path->out, "l%d %d", dx, dy);
	else if (dx)
		fprintf(path->out, "h%d", dx);
	else if (dy)
		fprintf(path->out, "v%d", dy);
	path->x += dx;
	path->y += dy;
}

void svg_path_step(struct svg_path *path, double x, double y)
{
	svg_path_line(path, x, 1 - (double)path->y / SVG_UNITS);
	svg_path_line(path, x, y);
}

void svg_path_end(struct svg_path *path)
{
	fputs("\"/>", path->out);
}
