// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>

#include "core/escape.h"
#include "core/units.h"
#include "json.h"

json_t *json_line(const struct render *render)
{
	json_t *object = json_object();
	char time[40];

	json_set(object, "report", json_string(render->report));
	json_set(object, "time", json_string(time_format_utc(render->wall, time, sizeof(time))));
	return object;
}

void json_set(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
}

json_t *json_text(const char *s)
{
	json_t *json = json_string(s);
	char *text;

	if (json)
		return json;
	text = escape_dup(s);
	json = text ? json_string(text) : NULL;
	free(text);
	return json;
}

int json_print(FILE *out, json_t *object)
{
	const size_t flags = JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(15);
	int err = 0;

	if (!object)
		return -ENOMEM;
	errno = EIO; /* if it is not the output that fails */
	if (json_dumpf(object, out, flags) < 0 || fputc('\n', out) == EOF)
		err = -errno;
	json_decref(object);
	return err;
}
