// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/escape.h"
#include "core/signature.h"
#include "core/text.h"
#include "hit.h"

/* Without the usdt crate's wrapping, in quotes; those in it and backslashes behind a backslash. */
static void print_text(FILE *out, const char *wrapped)
{
	size_t size = 2 * strlen(wrapped) + 1;
	char *plain = malloc(size), *quoted = malloc(2 * size), *q = quoted;
	const char *text = plain ? text_plain(wrapped, plain, size) : "";

	fputc('"', out);
	for (; quoted && *text; *q++ = *text++)
		if (*text == '"' || *text == '\\')
			*q++ = '\\';
	if (quoted) {
		*q = '\0';
		escape_print(out, quoted);
	}
	fputc('"', out);
	free(plain);
	free(quoted);
}

static void print_arg(FILE *out, const struct hit_probe *probe, const struct signature *s,
		      const struct hit *hit, int n)
{
	int len = 0;
	const char *name = signature_name(s, n, &len);

	fprintf(out, " %.*s=", len, name);
	if (probe->unread & 1u << n) {
		fputc('?', out);
	} else if (hit->text[n]) {
		print_text(out, hit->text[n]);
		fputs(hit->cut & 1u << n ? "..." : "", out);
	} else {
		fprintf(out, "%" PRId64, (int64_t)hit->args[n]);
	}
}

void hit_print_args(FILE *out, const struct hit_probe *probe, const struct hit *hit)
{
	const struct signature *s = signature_find(probe->provider, probe->name);

	for (int n = 0; n < probe->nargs; n++)
		print_arg(out, probe, s, hit, n);
}
