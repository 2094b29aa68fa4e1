// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <inttypes.h>

#include "render.h"

char *render_text(const struct render *r, uint64_t hash, char *text, size_t size)
{
	if (!r->text || !r->text(r->text_arg, hash, text, size))
		snprintf(text, size, "text-%016" PRIx64, hash);
	return text;
}
