// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "baseline.h"
#include "baseline_format.h"
#include "baseline_value.h"
#include "core/log.h"
#include "core/loss.h"
#include "core/units.h"

struct decoder {
	struct series *series;
	json_t *numbers;   /* of stages by name */
	uint32_t nbuckets; /* that have a bound */
	/* of all cells and windows together */
	int64_t counts, sums, ns;
};

/* Adds to a total that stays below 2^63, so that no part of it overflows when it is added up. */
static int add_up(const struct value *object, const char *key, int64_t *total, uint64_t n)
{
	struct value value = value_key(object, key);

	if (__builtin_add_overflow(*total, n, total))
		return value_refuse(&value, "is more than 2^63 with those before it");
	return 0;
}

/* --- keys of an object --- */

static int get_number(const struct value *object, const char *key, uint64_t *out)
{
	struct value value = value_key(object, key);

	return value_number(&value, out);
}

/* How long something is to take: check does it as the file says. */
static int get_ns(const struct value *object, const char *key, int64_t least, uint64_t *out)
{
	struct value value = value_key(object, key);
	int64_t ns = 0;
	int err = value_integer(&value, least, SERIES_MOST_NS, &ns);

	*out = (uint64_t)ns;
	return err;
}

static int get_bool(const struct value *object, const char *key, bool *out)
{
	struct value value = value_key(object, key);

	return value_bool(&value, out);
}

/* One that may be missing, and is "" then. */
static int get_text(const struct value *object, const char *key, char **out)
{
	struct value value = value_key(object, key);

	if (value.json)
		return value_text(&value, out);
	*out = strdup("");
	return *out ? 0 : -ENOMEM;
}

static int get_texts(const struct value *object, const char *key, char ***out, int *n)
{
	struct value value = value_key(object, key);

	return value_texts(&value, BASELINE_MAX_TEXTS, out, n);
}

/* --- how and where it was measured --- */

static int decode_host(struct series_host *host, const struct value *root)
{
	struct value at = value_key(root, "host"), cpus = value_key(&at, "cpus");
	int64_t n = 0;
	int err = value_object(&at);

	err = err ?: get_text(&at, "name", &host->name);
	err = err ?: get_text(&at, "machine", &host->machine);
	err = err ?: get_text(&at, "cpu", &host->cpu);
	err = err ?: get_text(&at, "kernel", &host->kernel);
	err = err ?: value_integer(&cpus, 0, UINT32_MAX, &n);
	host->cpus = (uint32_t)n;
	return err ?: get_number(&at, "memory_bytes", &host->memory);
}

static int decode_settings(struct series_settings *settings, const struct value *root)
{
	struct value at = value_key(root, "settings");
	int words = 0;
	int err = value_object(&at);

	err = err ?: get_ns(&at, "window_ns", SERIES_LEAST_WINDOW, &settings->window);
	err = err ?: get_ns(&at, "duration_ns", 0, &settings->duration);
	err = err ?: get_ns(&at, "warmup_ns", 0, &settings->warmup);
	err = err ?: get_texts(&at, "stages", &settings->stages, &settings->nstages);
	err = err ?: get_texts(&at, "devices", &settings->devices, &settings->ndevices);
	err = err ?: get_bool(&at, "no_disks", &settings->no_disks);
	if (err || json_is_null(json_object_get(at.json, "command")))
		return err;
	return get_texts(&at, "command", &settings->command, &words);
}

static int decode_binaries(struct series *s, const struct value *root)
{
	struct value at = value_key(root, "binaries");
	size_t n;
	int err = value_array(&at, BASELINE_MAX_TEXTS, &n);

	if (err)
		return err;
	s->binaries = calloc(n + 1, sizeof(*s->binaries));
	if (!s->binaries)
		return -ENOMEM;
	for (size_t i = 0; i < n && !err; i++) {
		struct value entry = value_entry(&at, i);
		struct series_binary *binary = &s->binaries[s->nbinaries++];

		err = value_object(&entry);
		err = err ?: get_text(&entry, "path", &binary->path);
		err = err ?: get_text(&entry, "build_id", &binary->build_id);
	}
	return err;
}

static int decode_stages(struct decoder *d, const struct value *root)
{
	struct value at = value_key(root, "stages");
	struct series *s = d->series;
	int err = value_texts(&at, BASELINE_MAX_STAGES, &s->stages, &s->nstages);

	for (int i = 0; i < s->nstages && !err; i++) {
		struct value entry = value_entry(&at, i);
		size_t len = strlen(s->stages[i]);

		if (!len || len > BASELINE_MAX_NAME)
			return value_refuse(&entry, "has %zu bytes, and may have 1 to %d", len,
					    BASELINE_MAX_NAME);
		if (json_object_get(d->numbers, s->stages[i]))
			return value_refuse(&entry, "names a stage that was named before");
		if (json_object_set_new(d->numbers, s->stages[i], json_integer(i)))
			err = -ENOMEM;
	}
	return err;
}

/* The buckets must be those of this program. */
static int decode_bounds(struct decoder *d, const struct value *root)
{
	struct value at = value_key(root, "bucket_ns");
	size_t n;
	int err = value_array(&at, FOLD_BUCKETS, &n);

	for (size_t i = 0; i < n && !err; i++) {
		struct value entry = value_entry(&at, i);
		uint64_t ns;

		err = value_number(&entry, &ns);
		if (!err && ns != bucket_low(i))
			return value_refuse(&entry,
					    "is %" PRIu64
					    ", and this assay's bucket is from %" PRIu64,
					    ns, bucket_low(i));
	}
	d->nbuckets = n;
	return err;
}

/* --- runs --- */

/* A number of `*text`, which is behind it then. */
static bool scan(const char **text, uint64_t max, uint64_t *out)
{
	char *end;

	if (!isdigit((unsigned char)**text))
		return false;
	*out = strtoull(*text, &end, 10); /* the greatest there is, when it is beyond */
	*text = end;
	return *out <= max;
}

/* One "BUCKET:COUNT" of `*text`, of which `left` may be counted. */
static int decode_bucket(const struct decoder *d, const struct value *at, const char **text,
			 struct series_cell *cell, uint64_t left)
{
	const struct series_bucket *last =
		cell->nbuckets ? &cell->buckets[cell->nbuckets - 1] : NULL;
	const char *p = *text;
	uint64_t bucket, n;

	if (!scan(&p, UINT32_MAX, &bucket) || *p++ != ':' || !scan(&p, left, &n) ||
	    (*p && *p != ' '))
		return value_refuse(at, "is not BUCKET:COUNT BUCKET:COUNT... in entry %" PRIu32,
				    cell->nbuckets + 1);
	if (bucket >= d->nbuckets)
		return value_refuse(at, "names bucket %" PRIu64 ", bucket_ns has %" PRIu32, bucket,
				    d->nbuckets);
	if (last && bucket <= last->bucket)
		return value_refuse(at, "names bucket %" PRIu64 " behind bucket %" PRIu32, bucket,
				    last->bucket);
	if (!n)
		return value_refuse(at, "has nothing in bucket %" PRIu64, bucket);
	cell->buckets[cell->nbuckets++] = (struct series_bucket){ (uint32_t)bucket, n };
	*text = p;
	return 0;
}

/* *total gets the sum of the counts. */
static int decode_buckets(const struct decoder *d, const struct value *at, struct series_cell *cell,
			  uint64_t *total)
{
	const char *text;
	size_t blanks = 0;
	int err = value_string(at, &text);

	*total = 0;
	if (err)
		return err;
	for (const char *c = text; *c; c++)
		blanks += *c == ' ';
	if (blanks >= FOLD_BUCKETS)
		return value_refuse(at, "has more than %d entries", FOLD_BUCKETS);
	cell->buckets = calloc(blanks + 1, sizeof(*cell->buckets));
	if (!cell->buckets)
		return -ENOMEM;
	for (;; text++) {
		err = decode_bucket(d, at, &text, cell, INT64_MAX - *total);
		if (err)
			return err;
		*total += cell->buckets[cell->nbuckets - 1].n;
		if (!*text)
			return 0;
	}
}

/* Stages ascend, so that each is there once; `last` is the one before, or -1. */
static int decode_stage(const struct decoder *d, const struct value *object, int64_t last,
			uint32_t *stage)
{
	struct value at = value_key(object, "stage");
	const json_t *number;
	const char *name;
	int err = value_string(&at, &name);

	if (err)
		return err;
	number = json_object_get(d->numbers, name);
	if (!number)
		return value_refuse(&at, "is \"%s\", which is not among the stages", name);
	if (json_integer_value(number) <= last)
		return value_refuse(&at, "is \"%s\", twice or not in the order of the stages",
				    name);
	*stage = (uint32_t)json_integer_value(number);
	return 0;
}

static int decode_cell(struct decoder *d, const struct value *at, int64_t last,
		       struct series_cell *cell)
{
	struct value count = value_key(at, "count"), buckets = value_key(at, "buckets");
	uint64_t total = 0;
	int err = value_object(at);

	err = err ?: decode_stage(d, at, last, &cell->stage);
	err = err ?: value_number(&count, &cell->count);
	err = err ?: get_number(at, "sum_ns", &cell->sum);
	err = err ?: get_number(at, "max_ns", &cell->max);
	err = err ?: decode_buckets(d, &buckets, cell, &total);
	if (!err && total != cell->count)
		return value_refuse(&count, "is %" PRIu64 ", its buckets hold %" PRIu64,
				    cell->count, total);
	err = err ?: add_up(at, "count", &d->counts, cell->count);
	return err ?: add_up(at, "sum_ns", &d->sums, cell->sum);
}

static int decode_window(struct decoder *d, const struct value *at, struct series_window *window)
{
	struct value ns = value_key(at, "ns"), cells = value_key(at, "cells");
	int64_t length = 0, last = -1;
	size_t n = 0;
	int err = value_object(at);

	err = err ?: value_integer(&ns, 1, INT64_MAX, &length);
	err = err ?: add_up(at, "ns", &d->ns, length);
	err = err ?: value_array(&cells, d->series->nstages, &n);
	window->ns = length;
	if (err || !n)
		return err;
	window->cells = calloc(n, sizeof(*window->cells));
	if (!window->cells)
		return -ENOMEM;
	for (size_t i = 0; i < n && !err; i++) {
		struct value entry = value_entry(&cells, i);

		err = decode_cell(d, &entry, last, &window->cells[window->ncells]);
		last = window->cells[window->ncells++].stage;
	}
	return err;
}

/* As time_format_utc() has it, with up to nine digits of a second. */
static int decode_start(const struct value *run, uint64_t *wall)
{
	struct value at = value_key(run, "start");
	uint64_t digit = NSEC_PER_SEC / 10, fraction = 0;
	struct tm tm = { 0 };
	const char *text, *p;
	int64_t seconds;
	int err = value_string(&at, &text);

	if (err)
		return err;
	p = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	seconds = p ? timegm(&tm) : -1;
	if (p && *p == '.')
		for (p++; isdigit((unsigned char)*p) && digit; digit /= 10)
			fraction += (*p++ - '0') * digit;
	if (!p || strcmp(p, "Z") || seconds < 0 || seconds >= INT64_MAX / (int64_t)NSEC_PER_SEC)
		return value_refuse(&at, "is not a time as 2026-07-31T12:34:56.789Z");
	*wall = (uint64_t)seconds * NSEC_PER_SEC + fraction;
	return 0;
}

static int decode_load(const struct value *run, double *load)
{
	struct value at = value_key(run, "load");

	*load = json_number_value(at.json);
	if (!json_is_number(at.json))
		return value_refuse_type(&at, "a number");
	if (*load < 0 || *load > BASELINE_MAX_LOAD)
		return value_refuse(&at, "is %g, and may be 0 to %g", *load, BASELINE_MAX_LOAD);
	return 0;
}

static int decode_losses(const struct value *run, uint64_t *losses)
{
	struct value at = value_key(run, "losses");
	int err = value_object(&at);

	for (int i = 0; i < FOLD_LOSS_MAX && !err; i++)
		if (json_object_get(at.json, loss_key(i)))
			err = get_number(&at, loss_key(i), &losses[i]);
	return err;
}

static int decode_run(struct decoder *d, const struct value *at, struct series_run *run)
{
	struct value windows = value_key(at, "windows");
	size_t n = 0;
	int err = value_object(at);

	err = err ?: decode_start(at, &run->wall);
	err = err ?: decode_load(at, &run->load);
	err = err ?: decode_losses(at, run->losses);
	err = err ?: value_array(&windows, BASELINE_MAX_WINDOWS, &n);
	if (err || !n)
		return err;
	run->windows = calloc(n, sizeof(*run->windows));
	if (!run->windows)
		return -ENOMEM;
	for (size_t i = 0; i < n && !err; i++) {
		struct value entry = value_entry(&windows, i);

		err = decode_window(d, &entry, &run->windows[run->nwindows++]);
	}
	return err;
}

static int decode_runs(struct decoder *d, const struct value *root)
{
	struct value wanted = value_key(root, "runs_wanted"), runs = value_key(root, "runs");
	struct series *s = d->series;
	int64_t nwanted = 0;
	size_t n = 0;
	int err = value_integer(&wanted, 0, SERIES_MOST_RUNS, &nwanted);

	s->wanted = (int)nwanted;
	err = err ?: get_bool(root, "interrupted", &s->interrupted);
	err = err ?: value_array(&runs, SERIES_MOST_RUNS, &n);
	if (err || !n)
		return err;
	s->runs = calloc(n, sizeof(*s->runs));
	if (!s->runs)
		return -ENOMEM;
	for (size_t i = 0; i < n && !err; i++) {
		struct value entry = value_entry(&runs, i);

		err = decode_run(d, &entry, &s->runs[s->nruns++]);
	}
	return err;
}

int baseline_decode(const json_t *root, const char *name, struct series **out, char *why,
		    size_t why_size)
{
	const struct refusal refusal = { name, why, why_size };
	const struct value at = { &refusal, NULL, NULL, 0, root };
	struct decoder d = { .series = calloc(1, sizeof(*d.series)), .numbers = json_object() };
	int err = d.series && d.numbers ? 0 : -ENOMEM;

	*out = NULL;
	err = err ?: get_text(&at, "label", &d.series->label);
	err = err ?: get_text(&at, "assay", &d.series->assay);
	err = err ?: decode_host(&d.series->host, &at);
	err = err ?: decode_settings(&d.series->settings, &at);
	err = err ?: decode_binaries(d.series, &at);
	err = err ?: decode_stages(&d, &at);
	err = err ?: decode_bounds(&d, &at);
	err = err ?: decode_runs(&d, &at);
	json_decref(d.numbers);
	if (!err) {
		*out = d.series;
		return 0;
	}
	if (err == -ENOMEM)
		snprintf(why, why_size, "%s: %s", name, err_name(err));
	series__free(d.series);
	return err;
}

/* --- the file --- */

static int refuse_json(const json_error_t *error, size_t len, const char *name, char *why,
		       size_t why_size)
{
	switch (json_error_code(error)) {
	case json_error_out_of_memory:
		snprintf(why, why_size, "%s: %s", name, err_name(ENOMEM));
		return -ENOMEM;
	case json_error_premature_end_of_input:
		snprintf(why, why_size, "%s is cut short, after %zu bytes" VALUE_CURE, name, len);
		return -EBADMSG;
	default:
		snprintf(why, why_size, "%s is no baseline, or damaged: byte %d: %s" VALUE_CURE,
			 name, error->position, error->text);
		return -EBADMSG;
	}
}

/* The checksum before the version: a version that was damaged is damage. */
static int check_head(json_t *root, const char *name, char *why, size_t why_size)
{
	const json_t *version = json_object_get(root, BASELINE_KEY);
	json_t *kept = json_incref(json_object_get(root, BASELINE_CRC));
	char crc[BASELINE_CRC_SIZE];
	size_t size;
	int err = -EBADMSG;

	json_object_del(root, BASELINE_CRC);
	if (!json_is_integer(version)) {
		snprintf(why, why_size, "%s is no baseline: it has no %s" VALUE_CURE, name,
			 BASELINE_KEY);
	} else if (!json_is_string(kept)) {
		snprintf(why, why_size, "%s is damaged: it has no checksum" VALUE_CURE, name);
	} else if (baseline_checksum(root, crc, &size)) {
		snprintf(why, why_size, "%s: %s", name, err_name(ENOMEM));
		err = -ENOMEM;
	} else if (strcmp(json_string_value(kept), crc)) {
		snprintf(
			why, why_size,
			"%s is damaged, or was changed: it has the checksum %s, not %.8s" VALUE_CURE,
			name, crc, json_string_value(kept));
	} else if (json_integer_value(version) != BASELINE_VERSION) {
		snprintf(why, why_size,
			 "%s is a baseline of version %" JSON_INTEGER_FORMAT
			 ", and this assay knows version %d" VALUE_CURE
			 ", or read it with the assay that made it",
			 name, json_integer_value(version), BASELINE_VERSION);
		err = -EPROTO;
	} else {
		err = 0;
	}
	json_decref(kept);
	return err;
}

int baseline_parse(const char *text, size_t len, const char *name, struct series **out, char *why,
		   size_t why_size)
{
	json_error_t error;
	json_t *root;
	int err;

	*out = NULL;
	if (!len) {
		snprintf(why, why_size, "%s is empty" VALUE_CURE, name);
		return -EBADMSG;
	}
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		return refuse_json(&error, len, name, why, why_size);
	err = check_head(root, name, why, why_size);
	err = err ?: baseline_decode(root, name, out, why, why_size);
	json_decref(root);
	return err;
}

/* All of it, to be freed in any case; -EFBIG when it is more than a baseline may have. */
static int read_all(int fd, char **out, size_t *len)
{
	size_t room = 0;
	struct stat st;
	ssize_t n = 1;

	*len = 0;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > BASELINE_MAX_SIZE)
		return -EFBIG;
	for (; n > 0; *len += n) {
		if (*len == room) {
			char *more;

			if (room > BASELINE_MAX_SIZE)
				return -EFBIG;
			room = room ? room * 2 : 1 << 16;
			if (room > BASELINE_MAX_SIZE)
				room = BASELINE_MAX_SIZE + 1;
			more = realloc(*out, room);
			if (!more)
				return -ENOMEM;
			*out = more;
		}
		n = read(fd, *out + *len, room - *len);
		if (n < 0)
			return -errno;
	}
	return *len > BASELINE_MAX_SIZE ? -EFBIG : 0;
}

int baseline_read(const char *path, struct series **out, char *why, size_t why_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text = NULL;
	size_t len = 0;
	int err = fd < 0 ? -errno : read_all(fd, &text, &len);

	*out = NULL;
	if (!err)
		err = baseline_parse(text, len, path, out, why, why_size);
	else if (err == -EFBIG)
		snprintf(why, why_size, "%s is no baseline: it has more than %d MiB" VALUE_CURE,
			 path, BASELINE_MAX_SIZE >> 20);
	else
		snprintf(why, why_size, "read %s: %s%s", path, err_name(err),
			 err == -ENOENT ? "; assay baseline makes it" : "");
	if (fd >= 0)
		close(fd);
	free(text);
	return err;
}
