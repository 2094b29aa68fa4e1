// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <string.h>

#include "core/escape.h"
#include "markup.h"

/* The first `n` bytes, which have nothing in them that means something in markup. Cut between
 * characters only. */
static size_t print_plain(FILE *out, const char *text, size_t n)
{
	char piece[256];
	size_t take = n < sizeof(piece) ? n : sizeof(piece) - 1;

	while (take > 1 && take < n && (text[take] & 0xc0) == 0x80)
		take--;
	memcpy(piece, text, take);
	piece[take] = '\0';
	escape_print(out, piece);
	return take;
}

void markup_text(FILE *out, const char *text)
{
	static const char special[] = "&<>\"'";

	while (*text) {
		size_t plain = strcspn(text, special);

		if (plain)
			text += print_plain(out, text, plain);
		else
			fprintf(out, "&#%d;", *text++);
	}
}
