// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "core/recording.h"
#include "core/units.h"
#include "core/where.h"
#include "hit_files.h"
#include "keep.h"

/* So much of a file is written however little is kept. */
#define FILE_MIN (64u << 10)

struct file {
	uint64_t number;
	uint64_t bytes;
	uint64_t hits;
	uint64_t first, last; /* times */
};

struct probe {
	struct hit_probe probe;
	const char *path;
	uint32_t number;
};

struct hit_files {
	struct hit_files_options o;
	json_t *header;
	struct file *files; /* the oldest first; the last is being written */
	int n;
	uint64_t next; /* file's number */
	struct recording_writer *writer;
	struct probe *probes;
	int nprobes;
	uint32_t *told; /* processes that the file knows */
	int ntold, told_room;
	int last_told; /* the hit before was of this one */
	uint64_t losses[FOLD_LOSS_MAX], extra;
	uint64_t hits, dropped;
	int err; /* what ended the writing */
};

static char *file_path(const struct hit_files *f, uint64_t number, char *path, size_t size)
{
	snprintf(path, size, "%s/" HIT_FILE "%" PRIu64, f->o.dir, number);
	return path;
}

static int fails(struct hit_files *f, int err)
{
	if (err && !f->err)
		f->err = err;
	return f->err;
}

/* --- what a file has to know before its hits --- */

static int tell_probe(struct hit_files *f, const struct probe *p)
{
	int err = recording_add_binary(f->writer, p->probe.binary, p->path);

	err = err == -EEXIST ? 0 : err;
	return err ?: recording_add_probe(f->writer, p->number, &p->probe);
}

static int tell_probes(struct hit_files *f)
{
	int err = 0;

	for (int i = 0; i < f->nprobes && !err; i++)
		err = tell_probe(f, &f->probes[i]);
	return err;
}

static bool is_told(struct hit_files *f, uint32_t tgid)
{
	if (f->last_told < f->ntold && f->told[f->last_told] == tgid)
		return true;
	for (int i = 0; i < f->ntold; i++) {
		if (f->told[i] != tgid)
			continue;
		f->last_told = i;
		return true;
	}
	return false;
}

static int tell_process(struct hit_files *f, const struct hit *hit)
{
	uint32_t *more, binary = 0;
	char name[32];

	if (is_told(f, hit->tgid))
		return 0;
	if (f->ntold == f->told_room) {
		more = reallocarray(f->told, f->told_room + 64, sizeof(*more));
		if (!more)
			return -ENOMEM;
		f->told = more;
		f->told_room += 64;
	}
	for (int i = 0; i < f->nprobes; i++)
		if (f->probes[i].number == hit->probe)
			binary = f->probes[i].probe.binary;
	f->last_told = f->ntold;
	f->told[f->ntold++] = hit->tgid;
	return recording_add_process(f->writer, hit->tgid, hit->time,
				     where_comm(hit->tgid, name, sizeof(name)), binary);
}

/* --- files --- */

static int file_open(struct hit_files *f, uint64_t now, char *why, size_t size)
{
	struct file *more = reallocarray(f->files, f->n + 1, sizeof(*more));
	json_t *header = more ? json_deep_copy(f->header) : NULL;
	char path[4096];
	int err;

	if (more)
		f->files = more;
	if (!header) {
		snprintf(why, size, "no memory for hits");
		return -ENOMEM;
	}
	json_object_set_new(header, "started_ns", json_integer((json_int_t)now));
	json_object_set_new(header, "to_wall_ns", json_integer(monotonic_to_wall()));
	err = recording_writer__new(file_path(f, f->next, path, sizeof(path)), header, &f->writer,
				    why, size);
	json_decref(header);
	if (err)
		return err;
	f->files[f->n++] = (struct file){ .number = f->next++ };
	f->ntold = 0;
	return tell_probes(f);
}

/* The last file's, to be seen to by somebody else. */
static void sync_last(const struct hit_files *f)
{
	char path[4096];
	int fd = open(file_path(f, f->files[f->n - 1].number, path, sizeof(path)),
		      O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd >= 0)
		f->o.sync(f->o.arg, fd);
}

static int file_end(struct hit_files *f, uint64_t now)
{
	struct recording_writer *writer = f->writer;
	int err;

	recording_add_losses(writer, f->losses, f->extra);
	recording_flush(writer);
	f->files[f->n - 1].bytes = recording_size(writer);
	f->writer = NULL;
	err = recording_end(writer, now, NULL, 0);
	if (!err)
		sync_last(f);
	return err;
}

static void file_drop(struct hit_files *f)
{
	char path[4096];

	if (unlink(file_path(f, f->files[0].number, path, sizeof(path))))
		log_debug("remove %s: %s", path, err_name(errno));
	f->dropped += f->files[0].hits;
	memmove(f->files, f->files + 1, --f->n * sizeof(*f->files));
}

static void drop_old(struct hit_files *f, uint64_t now)
{
	uint64_t from = f->o.ns && now > f->o.ns ? now - f->o.ns : 0, bytes = 0;

	for (int i = 0; i < f->n; i++)
		bytes += f->files[i].bytes;
	while (f->n > 1 && ((f->o.bytes && bytes > f->o.bytes) || f->files[0].last < from)) {
		bytes -= f->files[0].bytes;
		file_drop(f);
	}
}

static bool is_full(const struct hit_files *f, uint64_t now)
{
	const struct file *last = &f->files[f->n - 1];
	uint64_t most =
		f->o.bytes / KEEP_SEGMENTS > FILE_MIN ? f->o.bytes / KEEP_SEGMENTS : FILE_MIN;

	if (!last->hits)
		return false;
	if (f->o.bytes && recording_size(f->writer) >= most)
		return true;
	return f->o.ns && now > last->first && now - last->first > f->o.ns / KEEP_SEGMENTS;
}

/* On to the next file, once this one is full. */
static int turn_over(struct hit_files *f, uint64_t now)
{
	char why[512];
	int err;

	if (!is_full(f, now))
		return 0;
	err = file_end(f, now);
	err = err ?: file_open(f, now, why, sizeof(why));
	drop_old(f, now);
	return err;
}

/* --- the caller's --- */

int hit_files__new(const struct hit_files_options *o, struct hit_files **out, char *why,
		   size_t size)
{
	struct hit_files *f = calloc(1, sizeof(*f));
	int err;

	*out = NULL;
	snprintf(why, size, "no memory for hits");
	if (!f)
		return -ENOMEM;
	f->o = *o;
	f->header = json_deep_copy(o->header);
	err = file_open(f, monotonic_now(), why, size);
	if (err) {
		hit_files__free(f);
		return err;
	}
	*out = f;
	return 0;
}

void hit_files__free(struct hit_files *f)
{
	if (!f)
		return;
	recording_writer__free(f->writer);
	free(f->files);
	free(f->probes);
	free(f->told);
	json_decref(f->header);
	free(f);
}

int hit_files_add_probe(struct hit_files *f, uint32_t number, const struct hit_probe *probe,
			const char *path)
{
	struct probe *more = reallocarray(f->probes, f->nprobes + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	f->probes = more;
	f->probes[f->nprobes] = (struct probe){ *probe, path, number };
	return f->err ?: fails(f, tell_probe(f, &f->probes[f->nprobes++]));
}

int hit_files_add(struct hit_files *f, const struct hit *hit)
{
	struct file *last;
	int err = f->err;

	err = err ?: turn_over(f, hit->time);
	err = err ?: tell_process(f, hit);
	err = err ?: recording_add_hit(f->writer, hit);
	if (err)
		return fails(f, err);
	last = &f->files[f->n - 1];
	if (!last->hits++)
		last->first = hit->time;
	last->last = hit->time > last->last ? hit->time : last->last;
	f->hits++;
	return 0;
}

int hit_files_flush(struct hit_files *f, uint64_t now, const uint64_t *losses, uint64_t extra)
{
	bool news = extra != f->extra || memcmp(losses, f->losses, sizeof(f->losses));
	uint64_t before;
	int err;

	if (f->err)
		return f->err;
	memcpy(f->losses, losses, sizeof(f->losses));
	f->extra = extra;
	if (news)
		recording_add_losses(f->writer, losses, extra);
	before = f->files[f->n - 1].bytes;
	err = recording_flush(f->writer);
	f->files[f->n - 1].bytes = recording_size(f->writer);
	if (!err && f->files[f->n - 1].bytes != before)
		sync_last(f);
	err = err ?: turn_over(f, now);
	drop_old(f, now);
	return fails(f, err);
}

/* The files are whole: that they are several is no harm. */
static void join(struct hit_files *f)
{
	uint64_t *numbers = calloc(f->n, sizeof(*numbers));
	int err = numbers ? 0 : -ENOMEM;

	for (int i = 0; i < f->n && !err; i++)
		numbers[i] = f->files[i].number;
	if (!err && f->n > 1)
		err = hit_join(f->o.dir, numbers, f->n);
	if (err)
		log_debug("make one file of the hits': %s", err_name(err));
	free(numbers);
}

int hit_files_finish(struct hit_files *f, uint64_t time, const uint64_t *losses, uint64_t extra)
{
	struct recording_writer *writer = f->writer;
	int err;

	if (f->err)
		return f->err;
	recording_add_losses(writer, losses, extra);
	recording_flush(writer);
	f->files[f->n - 1].bytes = recording_size(writer);
	f->writer = NULL;
	err = recording_close(writer, time, NULL, 0);
	if (!err)
		join(f);
	return fails(f, err);
}

void hit_files_stats(const struct hit_files *f, struct hit_files_stats *stats)
{
	*stats = (struct hit_files_stats){ .hits = f->hits, .dropped = f->dropped };
	for (int i = 0; i < f->n; i++) {
		stats->bytes += f->files[i].bytes;
		if (!stats->oldest && f->files[i].hits)
			stats->oldest = f->files[i].first;
	}
}
