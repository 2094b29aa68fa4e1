// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fold_types.h"
#include "text.h"

uint64_t text_hash(const char *text)
{
	size_t len = strnlen(text, FOLD_TEXT_KEY - 1);
	uint64_t hash = FOLD_TEXT_SEED;

	for (size_t at = 0; at < len; at += sizeof(uint64_t)) {
		uint64_t word = 0;

		memcpy(&word, text + at, len - at < sizeof(word) ? len - at : sizeof(word));
		hash = fold_text_mix(hash, word);
	}
	return hash;
}

char *text_plain(const char *text, char *dst, size_t size)
{
	json_t *object = *text == '{' ? json_loads(text, 0, NULL) : NULL;
	json_t *ok = json_object_get(object, "ok");
	char *dump = NULL;

	if (json_is_string(ok))
		snprintf(dst, size, "%s", json_string_value(ok));
	else if (ok && (dump = json_dumps(ok, JSON_COMPACT | JSON_ENCODE_ANY)))
		snprintf(dst, size, "%s", dump);
	else
		snprintf(dst, size, "%s", text);
	free(dump);
	json_decref(object);
	return dst;
}
