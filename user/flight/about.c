// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "about.h"
#include "core/log.h"
#include "core/units.h"

static int json_write(struct keep *keep, enum raw_kind kind, json_t *json)
{
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	int err = text ? keep_about(keep, kind, text, strlen(text)) : -ENOMEM;

	free(text);
	json_decref(json);
	return err;
}

static int host_write(struct keep *keep, const char *const *patterns, int npatterns, int cpus)
{
	json_t *json, *list = json_array();
	struct utsname u;

	uname(&u);
	for (int i = 0; i < npatterns; i++)
		json_array_append_new(list, json_string(patterns[i]));
	json = json_pack("{s:s, s:s, s:s, s:i, s:i, s:o, s:I, s:I}", "host", u.nodename, "kernel",
			 u.release, "machine", u.machine, "long_size", (int)sizeof(long), "cpus",
			 cpus, "patterns", list, "start", (json_int_t)monotonic_now(), "wall",
			 (json_int_t)monotonic_to_wall());
	return json_write(keep, RAW_HOST, json);
}

static int format_write(struct keep *keep, const struct tracepoint *t)
{
	size_t system = strlen(t->system) + 1, format = strlen(t->format);
	char *payload = malloc(system + format);
	int err;

	if (!payload)
		return -ENOMEM;
	memcpy(payload, t->system, system);
	memcpy(payload + system, t->format, format);
	err = keep_about(keep, RAW_FORMAT, payload, system + format);
	free(payload);
	return err;
}

/* A text of the kernel's. One that there is not, or that we may not see, decoding does without. */
static int text_write(struct keep *keep, enum raw_kind kind, const char *path)
{
	size_t size;
	char *text = kernel_text(path, &size);
	int err;

	if (!text) {
		log_debug("read %s: %s", path, err_name(errno));
		return 0;
	}
	err = size && size <= RAW_BLOCK_MAX ? keep_about(keep, kind, text, size) : 0;
	free(text);
	return err;
}

int about_write(struct keep *keep, const struct tracepoints *t, const char *const *patterns,
		int npatterns, int cpus)
{
	bool pointers = false;
	int err = host_write(keep, patterns, npatterns, cpus);

	for (int i = 0; i < t->n && !err; i++) {
		err = format_write(keep, &t->list[i]);
		pointers |= strstr(t->list[i].format, "%p") != NULL;
	}
	err = err ?: text_write(keep, RAW_PRINTK, TRACEFS "/printk_formats");
	/* 5 MB: only where an event has addresses of functions to print */
	if (!err && pointers)
		err = text_write(keep, RAW_SYMBOLS, "/proc/kallsyms");
	return err;
}

int about_end(struct keep *keep, const struct recorder_stats *s, uint64_t stop)
{
	json_t *nested = s->nested_known ? json_integer(s->nested) : json_null();

	return json_write(keep, RAW_END,
			  json_pack("{s:I, s:I, s:I, s:I, s:o, s:I, s:I, s:I}", "stop",
				    (json_int_t)stop, "wall", (json_int_t)monotonic_to_wall(),
				    "events", (json_int_t)s->events, "lost", (json_int_t)s->lost,
				    "nested", nested, "truncated", (json_int_t)s->truncated,
				    "dropped_events", (json_int_t)s->dropped_events, "whole_from",
				    (json_int_t)s->whole_from));
}
