// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "upstatus.h"

struct upstatus {
	json_t *root;
	json_t *object; /* the status itself, in root */
};

#define SAFE_DIGITS 18 /* of an integer that jansson holds */

/* Copies a string with its quotes, or what there is of it. */
static size_t copy_string(char *to, const char *text)
{
	size_t n = 1;

	while (text[n] && text[n] != '"')
		n += text[n] == '\\' && text[n + 1] ? 2 : 1;
	n += text[n] == '"';
	memcpy(to, text, n);
	return n;
}

/*
 * The text with integers of more digits than jansson holds made into strings, so that none is
 * rounded or refused. In new memory.
 */
static char *quote_long_integers(const char *text)
{
	char *out = malloc(2 * strlen(text) + 1), *o = out;

	while (out && *text) {
		size_t n = strspn(text, "+-.0123456789eE");
		size_t digits = strspn(text + (*text == '-'), "0123456789");

		if (*text == '"') {
			n = copy_string(o, text);
			o += n;
		} else if (!isdigit((unsigned char)*text) && *text != '-') {
			n = 1;
			*o++ = *text;
		} else if (digits > SAFE_DIGITS && n == digits + (*text == '-')) {
			o += sprintf(o, "\"%.*s\"", (int)n, text);
		} else {
			memcpy(o, text, n);
			o += n;
		}
		text += n;
	}
	if (out)
		*o = '\0';
	return out;
}

int upstatus__parse(const char *text, struct upstatus **out, char *why, size_t why_size)
{
	struct upstatus *s = calloc(1, sizeof(*s));
	char *quoted = quote_long_integers(text), *err;
	json_error_t error;
	json_t *ok;

	if (!s || !quoted) {
		free(s);
		free(quoted);
		snprintf(why, why_size, "parse a status: no memory");
		return -ENOMEM;
	}
	s->root = json_loads(quoted, 0, &error);
	free(quoted);
	ok = json_object_get(s->root, "ok");
	s->object = ok ? ok : s->root;
	if (json_object_get(s->root, "err")) {
		err = json_dumps(json_object_get(s->root, "err"), JSON_COMPACT | JSON_ENCODE_ANY);
		snprintf(why, why_size, "the upstairs could not tell its status: %s",
			 err ? err : "");
		free(err);
		upstatus__free(s);
		return -EREMOTEIO;
	}
	if (!json_is_object(s->object)) {
		snprintf(why, why_size, "a status that is no JSON object: %s",
			 s->root ? "of another kind" : error.text);
		upstatus__free(s);
		return -EINVAL;
	}
	*out = s;
	return 0;
}

void upstatus__free(struct upstatus *s)
{
	if (!s)
		return;
	json_decref(s->root);
	free(s);
}

json_t *upstatus_json(const struct upstatus *s)
{
	return json_incref(s->object);
}

const char *upstatus_bare(const char *text, size_t *len)
{
	const char *end = text + strlen(text), *p = text;

	while (end > p && isspace((unsigned char)end[-1]))
		end--;
	/* {"ok":OBJECT} */
	p += strspn(p, "{ \t\r\n");
	if (!strncmp(p, "\"ok\"", 4) && end > p && end[-1] == '}') {
		p += 4;
		p += strspn(p, ": \t\r\n");
		end--;
		while (end > p && isspace((unsigned char)end[-1]))
			end--;
	} else {
		p = text;
	}
	*len = end - p;
	return p;
}

/* The field at `path`, NULL when there is none. */
static const json_t *field(const struct upstatus *s, const char *path, int index)
{
	const json_t *at = s->object;
	char name[64];

	while (at && *path) {
		size_t len = strcspn(path, ".");

		snprintf(name, sizeof(name), "%.*s", (int)len, path);
		at = json_object_get(at, name);
		path += len + (path[len] == '.');
	}
	return index < 0 || !at ? at : json_array_get(at, index);
}

char *upstatus_value(const struct upstatus *s, const char *path, int index, char *dst, size_t size)
{
	const json_t *value = field(s, path, index);
	char *dump;

	if (!value || json_is_null(value)) {
		snprintf(dst, size, "-");
	} else if (json_is_string(value)) {
		snprintf(dst, size, "%s", json_string_value(value));
	} else {
		dump = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
		snprintf(dst, size, "%s", dump ? dump : "?");
		free(dump);
	}
	return dst;
}

static bool number(const json_t *value, uint64_t *n)
{
	const char *text = json_string_value(value);
	uint64_t got;
	char *end;

	if (json_is_integer(value) && json_integer_value(value) >= 0) {
		*n = json_integer_value(value);
		return true;
	}
	if (!text || strspn(text, "0123456789") != strlen(text) || !*text)
		return false;
	errno = 0;
	got = strtoull(text, &end, 10);
	if (errno || *end)
		return false;
	*n = got;
	return true;
}

bool upstatus_number(const struct upstatus *s, const char *path, int index, uint64_t *n)
{
	return number(field(s, path, index), n);
}

bool upstatus_sum(const struct upstatus *s, const char *path, uint64_t *n)
{
	const json_t *array = field(s, path, -1);
	uint64_t sum = 0, one;
	json_t *value;
	size_t i;

	if (!json_is_array(array))
		return false;
	json_array_foreach((json_t *)array, i, value)
	{
		if (!number(value, &one) || __builtin_add_overflow(sum, one, &sum))
			return false;
	}
	*n = sum;
	return true;
}

int upstatus_count(const struct upstatus *s, const char *path)
{
	return (int)json_array_size(field(s, path, -1));
}

/* Crucible's ClientState and DsState, of builds since 2022. */
static const struct {
	const char *state, *abbreviation;
} states[] = {
	{ "Active", "ACT" },	  { "WaitQuorum", "WQ" },	 { "Reconcile", "REC" },
	{ "Fault", "FLT" },	  { "LiveRepairReady", "LRR" },	 { "New", "NEW" },
	{ "Faulted", "FLT" },	  { "Offline", "OFL" },		 { "Replaced", "RPL" },
	{ "LiveRepair", "LR" },	  { "Replacing", "RPC" },	 { "Disabled", "DIS" },
	{ "Deactivated", "DAV" }, { "NegotiationFailed", "NF" },
};

/* Whether they are the same but for case and underscores: LiveRepair, live_repair. */
static bool same_state(const char *a, const char *b)
{
	for (;; a++, b++) {
		a += *a == '_';
		b += *b == '_';
		if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
			return false;
		if (!*a)
			return true;
	}
}

bool upstatus_is_state(const char *text)
{
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (same_state(states[i].state, text) || !strcasecmp(states[i].abbreviation, text))
			return true;
	return false;
}

const char *upstatus_short_state(const char *state)
{
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (same_state(states[i].state, state))
			return states[i].abbreviation;
	return state;
}
