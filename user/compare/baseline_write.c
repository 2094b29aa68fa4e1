// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "baseline.h"
#include "baseline_format.h"
#include "core/log.h"
#include "core/loss.h"
#include "core/units.h"
#include "render/json.h"

/* --- the object --- */

struct encoder {
	int err;
	const char *beyond; /* key of a number that JSON's readers can't hold */
	uint32_t buckets;   /* in use: the highest, and one */
};

/* Sets a key; a value that could not be made is no memory. */
static void put(struct encoder *e, json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value))
		e->err = -ENOMEM;
}

static void put_entry(struct encoder *e, json_t *array, json_t *value)
{
	if (json_array_append_new(array, value))
		e->err = -ENOMEM;
}

static void put_text(struct encoder *e, json_t *object, const char *key, const char *text)
{
	put(e, object, key, json_text(text ? text : ""));
}

static void put_number(struct encoder *e, json_t *object, const char *key, uint64_t n)
{
	if (n > INT64_MAX)
		e->beyond = key;
	put(e, object, key, json_integer((json_int_t)n));
}

static json_t *encode_texts(struct encoder *e, char *const *texts, int n)
{
	json_t *array = json_array();

	for (int i = 0; i < n; i++)
		put_entry(e, array, json_text(texts[i]));
	return array;
}

/* To the nanosecond: as a number it would be more than programs with floating point keep. */
static json_t *encode_time(uint64_t wall)
{
	time_t seconds = wall / NSEC_PER_SEC;
	char day[32], text[64];
	struct tm tm;

	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &tm));
	snprintf(text, sizeof(text), "%s.%09uZ", day, (unsigned)(wall % NSEC_PER_SEC));
	return json_string(text);
}

/* Hundredths are what the kernel tells; 2.00 is 2 to some programs, and so it is here. */
static json_t *encode_load(double load)
{
	load = load > 0 && load < BASELINE_MAX_LOAD ? round(load * 100) / 100 : 0;
	return load == floor(load) ? json_integer((json_int_t)load) : json_real(load);
}

static json_t *encode_host(struct encoder *e, const struct series_host *host)
{
	json_t *object = json_object();

	put_text(e, object, "name", host->name);
	put_text(e, object, "machine", host->machine);
	put_text(e, object, "cpu", host->cpu);
	put_number(e, object, "cpus", host->cpus);
	put_number(e, object, "memory_bytes", host->memory);
	put_text(e, object, "kernel", host->kernel);
	return object;
}

static json_t *encode_settings(struct encoder *e, const struct series_settings *settings)
{
	json_t *object = json_object();
	int words = 0;

	while (settings->command && settings->command[words])
		words++;
	put_number(e, object, "window_ns", settings->window);
	put_number(e, object, "duration_ns", settings->duration);
	put_number(e, object, "warmup_ns", settings->warmup);
	put(e, object, "stages", encode_texts(e, settings->stages, settings->nstages));
	put(e, object, "devices", encode_texts(e, settings->devices, settings->ndevices));
	put(e, object, "no_disks", json_boolean(settings->no_disks));
	put(e, object, "command",
	    settings->command ? encode_texts(e, settings->command, words) : json_null());
	return object;
}

static json_t *encode_binaries(struct encoder *e, const struct series *s)
{
	json_t *array = json_array();

	for (int i = 0; i < s->nbinaries; i++) {
		json_t *object = json_object();

		put_text(e, object, "path", s->binaries[i].path);
		put_text(e, object, "build_id", s->binaries[i].build_id);
		put_entry(e, array, object);
	}
	return array;
}

static json_t *encode_losses(struct encoder *e, const uint64_t *losses)
{
	json_t *object = json_object();

	for (int i = 0; i < FOLD_LOSS_MAX; i++)
		if (losses[i])
			put_number(e, object, loss_key(i), losses[i]);
	return object;
}

static json_t *encode_buckets(struct encoder *e, const struct series_cell *cell)
{
	const size_t longest = sizeof("4294967295:18446744073709551615");
	char *text = malloc(cell->nbuckets * longest + 1), *at = text;
	json_t *json;

	if (!text)
		return NULL;
	*text = '\0';
	for (uint32_t i = 0; i < cell->nbuckets; i++) {
		const struct series_bucket *b = &cell->buckets[i];

		at += sprintf(at, "%s%" PRIu32 ":%" PRIu64, i ? " " : "", b->bucket, b->n);
		if (b->bucket >= e->buckets)
			e->buckets = b->bucket + 1;
	}
	json = json_string(text);
	free(text);
	return json;
}

static json_t *encode_window(struct encoder *e, const struct series *s,
			     const struct series_window *window)
{
	json_t *object = json_object(), *cells = json_array();

	put_number(e, object, "ns", window->ns);
	put(e, object, "cells", cells);
	for (int i = 0; i < window->ncells; i++) {
		const struct series_cell *cell = &window->cells[i];
		json_t *entry = json_object();

		put_text(e, entry, "stage", s->stages[cell->stage]);
		put_number(e, entry, "count", cell->count);
		put_number(e, entry, "sum_ns", cell->sum);
		put_number(e, entry, "max_ns", cell->max);
		put(e, entry, "buckets", encode_buckets(e, cell));
		put_entry(e, cells, entry);
	}
	return object;
}

static json_t *encode_runs(struct encoder *e, const struct series *s)
{
	json_t *array = json_array();

	for (int i = 0; i < s->nruns; i++) {
		const struct series_run *run = &s->runs[i];
		json_t *object = json_object(), *windows = json_array();

		put(e, object, "start", encode_time(run->wall));
		put(e, object, "load", encode_load(run->load));
		put(e, object, "losses", encode_losses(e, run->losses));
		put(e, object, "windows", windows);
		for (int w = 0; w < run->nwindows; w++)
			put_entry(e, windows, encode_window(e, s, &run->windows[w]));
		put_entry(e, array, object);
	}
	return array;
}

static json_t *encode_bounds(struct encoder *e)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < e->buckets; i++) {
		if (i >= FOLD_BUCKETS || bucket_low(i) > INT64_MAX) {
			e->beyond = "bucket_ns";
			break;
		}
		put_entry(e, array, json_integer((json_int_t)bucket_low(i)));
	}
	return array;
}

int baseline_encode(const struct series *s, json_t **out, char *why, size_t why_size)
{
	json_t *root = json_object(), *runs;
	struct encoder e = { 0 };
	struct timespec now;

	*out = NULL;
	clock_gettime(CLOCK_REALTIME, &now);
	runs = encode_runs(&e, s);
	put(&e, root, BASELINE_KEY, json_integer(BASELINE_VERSION));
	put_text(&e, root, "assay", s->assay);
	put_text(&e, root, "label", s->label);
	put(&e, root, "created", encode_time(now.tv_sec * NSEC_PER_SEC + now.tv_nsec));
	put(&e, root, "host", encode_host(&e, &s->host));
	put(&e, root, "settings", encode_settings(&e, &s->settings));
	put(&e, root, "binaries", encode_binaries(&e, s));
	put(&e, root, "runs_wanted", json_integer(s->wanted));
	put(&e, root, "interrupted", json_boolean(s->interrupted));
	put(&e, root, "stages", encode_texts(&e, s->stages, s->nstages));
	put(&e, root, "bucket_ns", encode_bounds(&e));
	put(&e, root, "runs", runs);
	if (!e.err && !e.beyond) {
		*out = root;
		return 0;
	}
	json_decref(root);
	if (e.err) {
		snprintf(why, why_size, "%s", err_name(e.err));
		return e.err;
	}
	snprintf(why, why_size, "%s holds more than 2^63", e.beyond);
	return -EOVERFLOW;
}

struct sum {
	uLong crc;
	size_t size;
};

static int sum_add(const char *text, size_t size, void *arg)
{
	struct sum *sum = arg;

	sum->crc = crc32_z(sum->crc, (const Bytef *)text, size);
	sum->size += size;
	return 0;
}

int baseline_checksum(const json_t *root, char text[BASELINE_CRC_SIZE], size_t *size)
{
	struct sum sum = { 0 };

	if (json_dump_callback(root, sum_add, &sum, BASELINE_DUMP | JSON_SORT_KEYS))
		return -ENOMEM;
	snprintf(text, BASELINE_CRC_SIZE, "%08lx", sum.crc);
	*size = sum.size;
	return 0;
}

/* --- the file --- */

static int dump_some(const char *text, size_t size, void *arg)
{
	return fwrite_unlocked(text, 1, size, arg) == size ? 0 : -1;
}

/* Writes the object to `fd`, which is closed. 0 or -errno. */
static int write_object(const json_t *root, int fd, bool sync)
{
	FILE *f = fdopen(fd, "w");
	int err = 0;

	if (!f) {
		err = -errno;
		close(fd);
		return err;
	}
	errno = 0;
	if (json_dump_callback(root, dump_some, f, BASELINE_DUMP) || fputc('\n', f) == EOF ||
	    fflush(f) || (sync && fsync(fd)))
		err = errno ? -errno : -EIO;
	if (fclose(f) && !err)
		err = -errno;
	return err;
}

/* A new file with another name in the same folder: its descriptor, or -errno. */
static int open_beside(const char *path, char **beside)
{
	int fd = -EEXIST;

	*beside = NULL;
	for (int i = 0; i < 100 && fd == -EEXIST; i++) {
		free(*beside);
		if (asprintf(beside, "%s.%d-%d.partial", path, getpid(), i) < 0) {
			*beside = NULL;
			return -ENOMEM;
		}
		/* to be read by whom umask lets */
		fd = open(*beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
		if (fd < 0)
			fd = -errno;
	}
	return fd;
}

/* The new name has to get to the disk, too; where it can't, the file has the old content. */
static void sync_folder(char *path)
{
	int fd = open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && fsync(fd))
		log_debug("fsync %s: %s", path, err_name(errno));
	if (fd >= 0)
		close(fd);
}

static int replace(const json_t *root, const char *path, char *why, size_t why_size)
{
	char *beside = NULL;
	int fd = open_beside(path, &beside), err;

	if (fd < 0) {
		snprintf(why, why_size, "make a file beside %s: %s; %s", path, err_name(fd),
			 fd == -ENOENT ? "there is no such folder" : "its folder must be writable");
		free(beside);
		return fd;
	}
	err = write_object(root, fd, true);
	if (err)
		snprintf(why, why_size, "write %s: %s; it is as it was", path, err_name(err));
	else if (rename(beside, path)) {
		err = -errno;
		snprintf(why, why_size, "rename %s to %s: %s", beside, path, err_name(err));
	}
	if (err)
		unlink(beside);
	else
		sync_folder(beside);
	free(beside);
	return err;
}

static int write_file(const json_t *root, const char *path, char *why, size_t why_size)
{
	struct stat st;
	char *real;
	int fd, err;

	if (stat(path, &st))
		return replace(root, path, why, why_size);
	if (S_ISREG(st.st_mode)) {
		/* a link stays one */
		real = realpath(path, NULL);
		err = replace(root, real ? real : path, why, why_size);
		free(real);
		return err;
	}
	fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	err = fd < 0 ? -errno : write_object(root, fd, false);
	if (err)
		snprintf(why, why_size, "write %s: %s", path, err_name(err));
	return err;
}

/* What is written can be read, or is not written: read from the object, the file being the same. */
static int check(const json_t *root, const char *path, size_t size, char *why, size_t why_size)
{
	struct series *again;
	int err;

	if (size >= BASELINE_MAX_SIZE) {
		snprintf(why, why_size,
			 "write %s: EFBIG: it takes %zu MiB, and may take %d; fewer or shorter "
			 "runs, fewer stages, or longer windows",
			 path, size >> 20, BASELINE_MAX_SIZE >> 20);
		return -EFBIG;
	}
	err = baseline_decode(root, path, &again, why, why_size);
	if (!err)
		series__free(again);
	return err;
}

int baseline_write(const struct series *s, const char *path, char *why, size_t why_size)
{
	char crc[BASELINE_CRC_SIZE], text[64] = "";
	json_t *root;
	size_t size = 0;
	int err = baseline_encode(s, &root, text, sizeof(text));

	if (!err)
		err = baseline_checksum(root, crc, &size);
	if (!err && (err = check(root, path, size + 64, why, why_size)))
		goto out;
	if (!err && json_object_set_new(root, BASELINE_CRC, json_string(crc)))
		err = -ENOMEM;
	if (err)
		snprintf(why, why_size, "write %s: %s", path, *text ? text : err_name(err));
	else
		err = write_file(root, path, why, why_size);
out:
	json_decref(root);
	return err;
}
