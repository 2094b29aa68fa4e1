// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"
#include "events.h"

#define NAME_MAX_ 128 /* longer names than any tracepoint has */
#define NEAR_MAX  3   /* names that a hint shows */

struct search {
	const char *tracefs;
	const char *const *patterns;
	int npatterns;
	struct tracepoints *out;
	char *why;
	size_t size;
};

/* One SYSTEM:NAME, apart. */
struct pattern {
	char system[NAME_MAX_], name[NAME_MAX_];
};

static int fails(const struct search *s, int err, const char *what)
{
	snprintf(s->why, s->size, "%s", what);
	return err;
}

/* --- formats --- */

/* The number behind `key` in the line, or -1. */
static long line_number(const char *line, const char *end, const char *key)
{
	const char *at = memmem(line, end - line, key, strlen(key));
	char *rest;
	long n;

	if (!at)
		return -1;
	at += strlen(key);
	n = strtol(at, &rest, 10);
	return rest == at || n < 0 || n > UINT16_MAX ? -1 : n;
}

static bool line_has(const char *line, const char *end, const char *text)
{
	return memmem(line, end - line, text, strlen(text));
}

/* "\tfield:__data_loc char[] name;\toffset:8;\tsize:4;\tsigned:0;" */
static int field_parse(const char *line, const char *end, struct flight_event *event)
{
	long offset = line_number(line, end, "\toffset:"), size = line_number(line, end, "\tsize:");
	bool behind = line_has(line, end, "field:__rel_loc ");

	if (offset < 0 || size < 0)
		return -EINVAL;
	if (offset + size > FLIGHT_EVENT_MAX)
		return -E2BIG;
	if (offset + size > event->fixed)
		event->fixed = offset + size;
	if (!behind && !line_has(line, end, "field:__data_loc "))
		return 0;
	if (size != 4)
		return -EINVAL;
	if (event->ndynamic == FLIGHT_DYNAMIC_MAX)
		return -E2BIG;
	event->dynamic[event->ndynamic].at = offset;
	event->dynamic[event->ndynamic].base = behind ? offset + size : 0;
	event->ndynamic++;
	return 0;
}

int flight_event_parse(const char *format, struct flight_event *event)
{
	const char *line = format, *end;
	int err = 0;

	memset(event, 0, sizeof(*event));
	for (; *line && !err; line = *end ? end + 1 : end) {
		end = strchrnul(line, '\n');
		if (!strncmp(line, "print fmt:", 10))
			break;
		if (!strncmp(line, "ID: ", 4)) {
			long id = line_number(line, end, "ID: ");

			err = id > 0 ? 0 : -EINVAL;
			event->id = id;
		} else if (!strncmp(line, "\tfield:", 7)) {
			err = field_parse(line, end, event);
		}
	}
	if (!err && (!event->id || event->fixed < FLIGHT_COMMON))
		err = -EINVAL;
	return err;
}

char *kernel_text(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t room = 4096, used = 0;
	char *text = NULL, *more;
	ssize_t n = -1;

	if (fd < 0)
		return NULL;
	while ((more = realloc(text, room))) {
		text = more;
		n = read(fd, text + used, room - used - 1);
		if (n <= 0)
			break;
		used += n;
		if (room - used < 2048)
			room *= 2;
	}
	close(fd);
	if (!more || n < 0) {
		free(text);
		return NULL;
	}
	text[used] = '\0';
	if (size)
		*size = used;
	return text;
}

/* One of many whose format is not understood does not keep the others from being recorded. */
static int tracepoint_add(const struct search *s, const char *system, const char *name, bool named)
{
	struct tracepoints *out = s->out;
	struct tracepoint *t = reallocarray(out->list, out->n + 1, sizeof(*t));
	char path[1024];
	int err;

	if (!t)
		return fails(s, -ENOMEM, "tracepoints");
	out->list = t;
	t += out->n;
	*t = (struct tracepoint){ .system = strdup(system), .name = strdup(name) };
	out->n++;
	snprintf(path, sizeof(path), "%s/events/%s/%s/format", s->tracefs, system, name);
	t->format = kernel_text(path, NULL);
	err = t->format ? flight_event_parse(t->format, &t->event) : -errno;
	if (!t->system || !t->name)
		return -ENOMEM;
	if (err && err != -ENOMEM && !named) {
		log_warn("the format of %s:%s (%s): %s; it is left out", system, name, path,
			 err_name(err));
		tracepoint_free(t);
		out->n--;
		return 0;
	}
	if (err)
		snprintf(s->why, s->size, "the format of %s:%s (%s)", system, name, path);
	return err;
}

/* --- names --- */

static int not_hidden(const struct dirent *d)
{
	return d->d_name[0] != '.' && d->d_type == DT_DIR && strlen(d->d_name) < NAME_MAX_;
}

/* The folders in a folder, by name; their number, or -errno. */
static int folders(const char *path, struct dirent ***list)
{
	int n = scandir(path, list, not_hidden, alphasort);

	return n < 0 ? -errno : n;
}

static void folders_free(struct dirent **list, int n)
{
	for (int i = 0; i < n; i++)
		free(list[i]);
	if (n >= 0)
		free(list);
}

/* How many letters have to be put in, taken out or changed to make one name the other. */
static int distance(const char *a, const char *b)
{
	int row[NAME_MAX_ + 1], na = strlen(a), nb = strlen(b);

	for (int j = 0; j <= nb; j++)
		row[j] = j;
	for (int i = 1; i <= na; i++) {
		int corner = row[0];

		row[0] = i;
		for (int j = 1; j <= nb; j++) {
			int change = corner + (a[i - 1] != b[j - 1]);
			int other = 1 + (row[j] < row[j - 1] ? row[j] : row[j - 1]);

			corner = row[j];
			row[j] = change < other ? change : other;
		}
	}
	return row[nb];
}

/* As many letters as a name may be off, wildcards left out, to be shown in its place. */
static int tolerance(const char *name)
{
	return 1 + (int)strlen(name) / 4;
}

/* The names in a folder that are most like `name`, as " (near it: …)"; "" when none is. */
static void near_names(const char *path, const char *name, char *text, size_t size)
{
	struct dirent **list = NULL;
	int n = folders(path, &list), shown = 0, used = 0;

	text[0] = '\0';
	for (int far = 1; far <= tolerance(name); far++) {
		for (int i = 0; i < n && shown < NEAR_MAX; i++) {
			if (distance(name, list[i]->d_name) != far || used >= (int)size)
				continue;
			used += snprintf(text + used, size - used, "%s%s",
					 shown ? ", " : " (near it: ", list[i]->d_name);
			shown++;
		}
	}
	if (shown && used < (int)size)
		snprintf(text + used, size - used, ")");
	folders_free(list, n);
}

static int no_system(const struct search *s, const struct pattern *p)
{
	char path[512], near[512];

	snprintf(path, sizeof(path), "%s/events", s->tracefs);
	near_names(path, p->system, near, sizeof(near));
	snprintf(s->why, s->size,
		 "no tracepoints %s:* in %s%s; is the module that has them loaded (modprobe %s)?",
		 p->system, path, near, strpbrk(p->system, "*?[") ? "…" : p->system);
	return -ENOENT;
}

static int no_name(const struct search *s, const struct pattern *p, const char *system)
{
	char path[512], near[512];

	snprintf(path, sizeof(path), "%s/events/%s", s->tracefs, system);
	near_names(path, p->name, near, sizeof(near));
	snprintf(s->why, s->size, "no tracepoint %s:%s%s; see %s", p->system, p->name, near, path);
	return -ENOENT;
}

static bool is_known(const struct tracepoints *known, const char *system, const char *name)
{
	for (int i = 0; i < known->n; i++)
		if (!strcmp(known->list[i].name, name) && !strcmp(known->list[i].system, system))
			return true;
	return false;
}

/* Those of a system. Returns how many the pattern names, or -errno. */
static int system_search(const struct search *s, const struct pattern *p, const char *system)
{
	struct dirent **list = NULL;
	char path[512];
	int n, found = 0;

	snprintf(path, sizeof(path), "%s/events/%s", s->tracefs, system);
	n = folders(path, &list);
	for (int i = 0; i < n; i++) {
		int err = 0;

		if (fnmatch(p->name, list[i]->d_name, 0))
			continue;
		found++;
		if (!is_known(s->out, system, list[i]->d_name))
			err = tracepoint_add(s, system, list[i]->d_name, !strpbrk(p->name, "*?["));
		if (err) {
			found = err;
			break;
		}
	}
	folders_free(list, n);
	return found;
}

static int pattern_search(const struct search *s, const struct pattern *p)
{
	struct dirent **list = NULL;
	const char *last = NULL; /* system that the pattern names */
	int n, found = 0, err = 0;
	char path[512];

	snprintf(path, sizeof(path), "%s/events", s->tracefs);
	n = folders(path, &list);
	if (n < 0) {
		snprintf(s->why, s->size, "read %s; mount tracefs (mount -t tracefs nodev %s)",
			 path, s->tracefs);
		return n;
	}
	for (int i = 0; i < n && err >= 0; i++) {
		/* what ftrace itself writes are no tracepoints */
		if (fnmatch(p->system, list[i]->d_name, 0) || !strcmp(list[i]->d_name, "ftrace"))
			continue;
		last = list[i]->d_name;
		err = system_search(s, p, last);
		found += err > 0 ? err : 0;
	}
	if (err >= 0)
		err = found ? 0 : last ? no_name(s, p, last) : no_system(s, p);
	folders_free(list, n);
	return err;
}

/* Takes a pattern off the front of `text`; the rest of it. NULL when there is none. */
static const char *pattern_next(const char *text, struct pattern *p)
{
	size_t length = strcspn(text, ","), system = strcspn(text, ":,");

	if (!system || system >= length || system >= NAME_MAX_ || length - system - 1 < 1 ||
	    length - system - 1 >= NAME_MAX_ || memchr(text, '/', length) ||
	    memchr(text + system + 1, ':', length - system - 1))
		return NULL;
	snprintf(p->system, sizeof(p->system), "%.*s", (int)system, text);
	snprintf(p->name, sizeof(p->name), "%.*s", (int)(length - system - 1), text + system + 1);
	return text + length;
}

static int patterns_search(const struct search *s, const char *text)
{
	const char *at = text;
	int err = 0;

	while (!err) {
		struct pattern p;

		at = pattern_next(at, &p);
		if (!at) {
			snprintf(s->why, s->size,
				 "\"%s\" is no list of tracepoints SYSTEM:NAME, as ext4:* or "
				 "block:block_rq_*,jbd2:*",
				 text);
			return -EINVAL;
		}
		err = pattern_search(s, &p);
		if (!*at)
			break;
		at++; /* the comma */
	}
	return err;
}

int tracepoints_find(const char *tracefs, const char *const *patterns, int npatterns,
		     struct tracepoints *out, char *why, size_t size)
{
	const struct search s = { tracefs, patterns, npatterns, out, why, size };
	int err = 0;

	*out = (struct tracepoints){ 0 };
	for (int i = 0; i < npatterns && !err; i++)
		if (strncmp(patterns[i], "usdt:", 5))
			err = patterns_search(&s, patterns[i]);
	if (err)
		tracepoints_free(out);
	return err;
}

void tracepoint_free(struct tracepoint *t)
{
	free(t->system);
	free(t->name);
	free(t->format);
}

void tracepoints_free(struct tracepoints *t)
{
	for (int i = 0; i < t->n; i++)
		tracepoint_free(&t->list[i]);
	free(t->list);
	*t = (struct tracepoints){ 0 };
}
