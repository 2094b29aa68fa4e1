// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <inttypes.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "render.h"

char *render_text(const struct render *r, uint64_t hash, char *text, size_t size)
{
	if (!r->text || !r->text(r->text_arg, hash, text, size))
		snprintf(text, size, "text-%016" PRIx64, hash);
	return text;
}

int render_width(FILE *out)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size = { 0 };
	int n = columns ? atoi(columns) : 0;

	if (n < 1 && !ioctl(fileno(out), TIOCGWINSZ, &size))
		n = size.ws_col;
	return n < 1 ? 80 : n > 1000 ? 1000 : n;
}
