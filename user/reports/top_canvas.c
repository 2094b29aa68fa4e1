// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/escape.h"
#include "top_canvas.h"
#include "top_model.h"

#define TEXT_SIZE 1024

struct top_canvas *top_canvas__new(int rows, int cols)
{
	struct top_canvas *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->rows = rows > 0 ? rows : 1;
	c->cols = cols > 0 ? cols : 1;
	c->cells = calloc((size_t)c->rows * c->cols, sizeof(*c->cells));
	if (!c->cells) {
		free(c);
		return NULL;
	}
	for (int i = 0; i < c->rows * c->cols; i++)
		c->cells[i].c = ' ';
	return c;
}

void top_canvas__free(struct top_canvas *c)
{
	if (!c)
		return;
	free(c->cells);
	free(c);
}

/* A column a character, in place: what is left of a text when all of it is ASCII. */
static void to_ascii(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		unsigned char c = *from;

		if (c < 0x80)
			*to++ = *from;
		else if (c >= 0xc0)
			*to++ = '?';
		/* else it continues a character */
	}
	*to = '\0';
}

int top_put(struct top_canvas *c, int y, int x, int style, const char *text)
{
	char plain[TEXT_SIZE];

	escape_copy(plain, sizeof(plain), text);
	to_ascii(plain);
	for (const char *p = plain; *p; p++, x++)
		if (y >= 0 && y < c->rows && x >= 0 && x < c->cols)
			c->cells[y * c->cols + x] = (struct top_cell){ *p, style };
	return x;
}

int top_putf(struct top_canvas *c, int y, int x, int style, const char *fmt, ...)
{
	char text[TEXT_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return top_put(c, y, x, style, text);
}

void top_put_field(struct top_canvas *c, int y, int x, int width, bool left, int style,
		   const char *text)
{
	char plain[TEXT_SIZE];
	int len;

	escape_copy(plain, sizeof(plain), text);
	to_ascii(plain);
	len = (int)strlen(plain);
	if (len > width)
		plain[len = width] = '\0';
	top_put(c, y, left ? x : x + width - len, style, plain);
}

void top_style_row(struct top_canvas *c, int y, int style)
{
	for (int x = 0; y >= 0 && y < c->rows && x < c->cols; x++)
		c->cells[y * c->cols + x].style |= style;
}

char *top_row_text(const struct top_canvas *c, int y, char *dst)
{
	int len = 0;

	for (int x = 0; x < c->cols; x++) {
		dst[x] = c->cells[y * c->cols + x].c;
		if (dst[x] != ' ')
			len = x + 1;
	}
	dst[len] = '\0';
	return dst;
}

void top_canvas_print(const struct top_canvas *c, FILE *out)
{
	char *line = malloc(c->cols + 1);
	int rows = c->rows;

	while (line && rows && !*top_row_text(c, rows - 1, line))
		rows--;
	for (int y = 0; line && y < rows; y++)
		fprintf(out, "%s\n", top_row_text(c, y, line));
	free(line);
}

/* --- numbers --- */

/* Three digits or fewer, and a unit, in so many columns. */
static char *scaled(double value, const char *unit, int width, char *dst, size_t size)
{
	int room = width - (int)strlen(unit);

	/* rounded to what is printed: 9.96 is 10, not 10.0 */
	if (room >= 4 && value < 9.995)
		snprintf(dst, size, "%.2f%s", value, unit);
	else if ((room >= 4 && value < 99.95) || (room >= 3 && value < 9.95))
		snprintf(dst, size, "%.1f%s", value, unit);
	else
		snprintf(dst, size, "%.0f%s", value, unit);
	return dst;
}

char *top_count(uint64_t n, char *dst, size_t size)
{
	static const char units[] = "kMGTPE";
	double value = (double)n / 1000;
	char unit[2] = "";
	int i = 0;

	if (n == TOP_NONE) {
		snprintf(dst, size, "-");
		return dst;
	}
	if (n < 10000) {
		snprintf(dst, size, "%" PRIu64, n);
		return dst;
	}
	for (; value >= 999.5; value /= 1000)
		i++;
	unit[0] = units[i];
	return scaled(value, unit, 4, dst, size);
}

char *top_rate(double n, char *dst, size_t size)
{
	if (n <= 0)
		snprintf(dst, size, "-");
	else if (n < 9.95)
		snprintf(dst, size, "%.1f", n);
	else
		top_count(n < 1e18 ? (uint64_t)(n + 0.5) : TOP_NONE, dst, size);
	return dst;
}

char *top_duration(uint64_t ns, int width, char *dst, size_t size)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	double value = (double)ns;
	int unit = 0;

	if (ns == TOP_NONE) {
		snprintf(dst, size, "-");
		return dst;
	}
	while (unit < 3 && value >= 999.5) {
		value /= 1000;
		unit++;
	}
	if (!unit)
		snprintf(dst, size, "%" PRIu64 "ns", ns);
	else
		scaled(value, units[unit], width, dst, size);
	return dst;
}

char *top_age(uint64_t ns, char *dst, size_t size)
{
	double s = (double)ns / 1e9;

	if (ns < 100000000)
		snprintf(dst, size, "-");
	else if (s < 9.95)
		snprintf(dst, size, "%.1fs", s);
	else if (s < 99.5)
		snprintf(dst, size, "%.0fs", s);
	else if (s < 99.5 * 60)
		snprintf(dst, size, "%.0fm", s / 60);
	else if (s < 99.5 * 3600)
		snprintf(dst, size, "%.0fh", s / 3600);
	else
		snprintf(dst, size, "%.0fd", s / 86400);
	return dst;
}
