// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"

#define UNIT_MAX 4 /* the longest of what one step gives: "\xNN", or a UTF-8 character */

/* The character at `s` and its length; 0 when it is not valid UTF-8. */
static size_t decode(const unsigned char *s, uint32_t *c)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len;

	if (s[0] < 0x80) {
		*c = s[0];
		return 1;
	}
	if ((s[0] & 0xe0) == 0xc0)
		len = 2;
	else if ((s[0] & 0xf0) == 0xe0)
		len = 3;
	else if ((s[0] & 0xf8) == 0xf0)
		len = 4;
	else
		return 0;
	*c = s[0] & (0x7f >> len);
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80) /* the ending NUL too */
			return 0;
		*c = *c << 6 | (s[i] & 0x3f);
	}
	if (*c < least[len] || *c > 0x10ffff || (*c >= 0xd800 && *c <= 0xdfff))
		return 0;
	return len;
}

static bool is_printable(uint32_t c)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		return false;
	/* without a shape of their own, ending lines, or turning what follows around */
	if ((c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	    (c >= 0x2060 && c <= 0x206f) || c == 0x61c || c == 0xfeff)
		return false;
	return true;
}

/* The next unit to print of *s into `out`, *s behind it; its length, *width its characters. */
static size_t next_unit(const char **s, char out[UNIT_MAX], size_t *width)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *p = (const unsigned char *)*s;
	uint32_t c = 0;
	size_t len = decode(p, &c);

	if (len && is_printable(c)) {
		memcpy(out, p, len);
		*s += len;
		*width = 1;
		return len;
	}
	/* byte by byte: what follows in an unprintable character is no valid start either */
	out[0] = '\\';
	out[1] = 'x';
	out[2] = hex[*p >> 4];
	out[3] = hex[*p & 15];
	*s += 1;
	*width = 4;
	return 4;
}

/* How many bytes are printed as they are, one a character: nearly all there is. */
static size_t plain_length(const char *s)
{
	size_t n = 0;

	while (s[n] >= 0x20 && s[n] < 0x7f)
		n++;
	return n;
}

void escape_print(FILE *f, const char *s)
{
	char unit[UNIT_MAX];
	size_t width;

	while (*s) {
		size_t plain = plain_length(s);

		if (plain)
			fwrite(s, 1, plain, f);
		s += plain;
		if (*s)
			fwrite(unit, 1, next_unit(&s, unit, &width), f);
	}
}

size_t escape_copy(char *dst, size_t size, const char *s)
{
	size_t total = 0, used = 0, width;
	char unit[UNIT_MAX];

	while (*s) {
		size_t len = next_unit(&s, unit, &width);

		/* once a unit did not fit, none behind it is taken */
		if (used == total && used + len < size) {
			memcpy(dst + used, unit, len);
			used += len;
		}
		total += len;
	}
	if (size)
		dst[used] = '\0';
	return total;
}

char *escape_dup(const char *s)
{
	size_t len = escape_copy(NULL, 0, s);
	char *text = malloc(len + 1);

	if (text)
		escape_copy(text, len + 1, s);
	return text;
}

size_t escape_width(const char *s)
{
	size_t total = 0, width;
	char unit[UNIT_MAX];

	while (*s) {
		next_unit(&s, unit, &width);
		total += width;
	}
	return total;
}
