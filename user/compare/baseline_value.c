// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "baseline_value.h"

struct value value_key(const struct value *object, const char *key)
{
	return (struct value){ object->refusal, object, key, 0,
			       json_object_get(object->json, key) };
}

struct value value_entry(const struct value *array, size_t entry)
{
	return (struct value){ array->refusal, array, NULL, entry,
			       json_array_get(array->json, entry) };
}

/* --- what is wrong --- */

static void __attribute__((format(printf, 2, 3))) say(const struct refusal *r, const char *fmt, ...)
{
	size_t used = strnlen(r->why, r->why_size);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->why + used, r->why_size - used, fmt, ap);
	va_end(ap);
}

static void say_place(const struct value *value)
{
	if (value->in)
		say_place(value->in);
	if (value->key)
		say(value->refusal, "%s%s", value->in && value->in->in ? "." : "", value->key);
	else if (value->in)
		say(value->refusal, "[%zu]", value->entry);
}

int value_refuse(const struct value *value, const char *fmt, ...)
{
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	snprintf(value->refusal->why, value->refusal->why_size, "%s: ", value->refusal->name);
	say_place(value);
	say(value->refusal, " %s" VALUE_CURE, what);
	return -EBADMSG;
}

static const char *type_name(const json_t *json)
{
	switch (json_typeof(json)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "an array";
	case JSON_STRING:
		return "text";
	case JSON_INTEGER:
		return "a whole number";
	case JSON_REAL:
		return "a fraction";
	case JSON_NULL:
		return "null";
	default:
		return "true or false";
	}
}

int value_refuse_type(const struct value *value, const char *want)
{
	if (!value->json)
		return value_refuse(value, "is missing");
	return value_refuse(value, "is %s, not %s", type_name(value->json), want);
}

/* --- what is right --- */

int value_object(const struct value *value)
{
	return json_is_object(value->json) ? 0 : value_refuse_type(value, "an object");
}

int value_array(const struct value *value, size_t max, size_t *n)
{
	*n = json_array_size(value->json);
	if (!json_is_array(value->json))
		return value_refuse_type(value, "an array");
	if (*n > max)
		return value_refuse(value, "has %zu entries, and may have %zu", *n, max);
	return 0;
}

int value_integer(const struct value *value, int64_t low, int64_t high, int64_t *out)
{
	*out = json_integer_value(value->json);
	if (!json_is_integer(value->json))
		return value_refuse_type(value, "a whole number");
	if (*out < low || *out > high)
		return value_refuse(value, "is %" PRId64 ", and may be %" PRId64 " to %" PRId64,
				    *out, low, high);
	return 0;
}

int value_number(const struct value *value, uint64_t *out)
{
	int64_t n;
	int err = value_integer(value, 0, INT64_MAX, &n);

	*out = (uint64_t)n;
	return err;
}

int value_bool(const struct value *value, bool *out)
{
	*out = json_is_true(value->json);
	return json_is_boolean(value->json) ? 0 : value_refuse_type(value, "true or false");
}

int value_string(const struct value *value, const char **out)
{
	*out = json_string_value(value->json);
	return *out ? 0 : value_refuse_type(value, "text");
}

int value_text(const struct value *value, char **out)
{
	const char *text;
	int err = value_string(value, &text);

	if (err)
		return err;
	*out = strdup(text);
	return *out ? 0 : -ENOMEM;
}

int value_texts(const struct value *value, size_t max, char ***out, int *n)
{
	size_t size;
	int err = value_array(value, max, &size);

	if (err)
		return err;
	*out = calloc(size + 1, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	for (size_t i = 0; i < size && !err; i++) {
		struct value entry = value_entry(value, i);

		err = value_text(&entry, &(*out)[i]);
		*n += !err;
	}
	return err;
}
