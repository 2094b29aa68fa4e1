// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "html.h"
#include "render/markup.h"

void html_signed(FILE *out, const char *text)
{
	for (const char *p = text; *p; p++) {
		const char c[2] = { *p, '\0' };

		markup_text(out, *p == '-' && (p == text || p[-1] == ' ') ? "\u2212" : c);
	}
}
