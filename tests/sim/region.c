// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A downstairs' region: its files, and an extent's part of every job with the probes around it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probes.h"
#include "region.h"
#include "truth.h"

/* Fire CALL's probes around a statement that sets rc. */
#define WINDOW(cname, truth_name, job, ext, arg, call)           \
	do {                                                     \
		uint64_t since_ = truth_now(), until_;           \
		USDT(cname##__start, job, ext, arg);             \
		call;                                            \
		until_ = truth_now();                            \
		USDT(cname##__done, job, ext, arg);              \
		truth_add(truth_name, job, ext, since_, until_); \
	} while (0)

static int pwrite_all(int fd, const void *data, size_t len, uint64_t off)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = pwrite(fd, (const char *)data + done, len - done, (off_t)(off + done));

		if (n < 0 && errno != EINTR)
			return -errno;
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static int pread_all(int fd, void *data, size_t len, uint64_t off)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = pread(fd, (char *)data + done, len - done, (off_t)(off + done));

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return -EIO;
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static uint64_t data_len(const struct region *r)
{
	return (uint64_t)r->shape.block_size * r->shape.extent_size;
}

uint32_t region_extent_len(const struct region *r)
{
	return (uint32_t)(data_len(r) + 8ull * r->shape.extent_size);
}

uint64_t region_blocks(const struct region *r)
{
	return (uint64_t)r->shape.extent_size * r->shape.extent_count;
}

static int extent_path(char *out, size_t size, const char *dir, uint32_t number)
{
	return snprintf(out, size, "%s/%08x.extent", dir, number) < (int)size ? 0 : -ENAMETOOLONG;
}

static int extent_create(const char *dir, uint32_t number, const struct region_shape *s)
{
	uint64_t len = ((uint64_t)s->block_size + 8) * s->extent_size;
	char path[512];
	int fd, rc = extent_path(path, sizeof(path), dir, number);

	if (rc)
		return rc;
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)len))
		rc = -errno;
	close(fd);
	return rc;
}

int region_create(const char *dir, const char *uuid, const struct region_shape *s)
{
	char path[512];
	int rc = 0;
	FILE *f;

	if (mkdir(dir, 0755) && errno != EEXIST)
		rc = -errno;
	for (uint32_t i = 0; !rc && i < s->extent_count; i++)
		rc = extent_create(dir, i, s);
	/* Written last: a folder with this file has all the others. */
	snprintf(path, sizeof(path), "%s/region.json", dir);
	f = rc ? NULL : fopen(path, "wx");
	if (!f) {
		rc = rc ? rc : -errno;
		util_warn("create region %s: %s", dir, err_name(rc));
		return rc;
	}
	fprintf(f, "{\"block_size\":%u,\"extent_size\":%u,\"extent_count\":%u,\"uuid\":\"%s\"}\n",
		s->block_size, s->extent_size, s->extent_count, uuid);
	return fclose(f) ? -errno : 0;
}

static int extent_open(struct region *r, uint32_t number)
{
	struct extent *e = &r->extents[number];
	char path[512];
	int rc = extent_path(path, sizeof(path), r->dir, number);

	pthread_mutex_init(&e->lock, NULL);
	e->number = number;
	e->contexts = util_alloc(r->shape.extent_size, 8);
	e->written = util_alloc(r->shape.extent_size, 1);
	e->fd = rc ? -1 : open(path, O_RDWR | O_CLOEXEC);
	if (e->fd < 0)
		return rc ? rc : -errno;
	return pread_all(e->fd, e->contexts, 8ull * r->shape.extent_size, data_len(r));
}

struct region *region__open(const char *dir, bool sqlite)
{
	struct region *r = util_alloc(1, sizeof(*r));
	struct region_shape *s = &r->shape;
	char path[512];
	FILE *f;
	int rc = 0;

	r->dir = strdup(dir);
	r->sqlite = sqlite;
	snprintf(path, sizeof(path), "%s/region.json", dir);
	f = fopen(path, "r");
	if (!f)
		rc = -errno;
	else if (fscanf(f, "{\"block_size\":%u,\"extent_size\":%u,\"extent_count\":%u", //
			&s->block_size, &s->extent_size, &s->extent_count) != 3)
		rc = -EINVAL;
	if (f)
		fclose(f);
	if (!rc)
		r->extents = util_alloc(s->extent_count, sizeof(*r->extents));
	for (uint32_t i = 0; !rc && i < s->extent_count; i++)
		rc = extent_open(r, i);
	if (!rc)
		return r;
	util_warn("open region %s: %s; make one with 'create -d %s'", dir, err_name(rc), dir);
	region__free(r);
	return NULL;
}

void region__free(struct region *r)
{
	for (uint32_t i = 0; r->extents && i < r->shape.extent_count; i++) {
		struct extent *e = &r->extents[i];

		if (!e->contexts)
			continue;
		if (e->fd >= 0)
			close(e->fd);
		free(e->contexts);
		free(e->written);
		pthread_mutex_destroy(&e->lock);
	}
	free(r->extents);
	free(r->dir);
	free(r);
}

static int read_extent(struct region *r, struct extent *e, uint64_t job, uint32_t first, uint32_t n,
		       uint8_t *data)
{
	uint64_t bs = r->shape.block_size;
	uint64_t *ctx = util_alloc(n, 8);
	int rc, rc2;

	WINDOW(extent__read__get__contexts, "extent-read-get-contexts", job, e->number, n,
	       rc = pread_all(e->fd, ctx, 8ull * n, data_len(r) + 8ull * first));
	WINDOW(extent__read__file, "extent-read-file", job, e->number, n,
	       rc2 = pread_all(e->fd, data, bs * n, bs * first));
	free(ctx);
	return rc ? rc : rc2;
}

int region_read(struct region *r, uint64_t job, uint64_t block, uint32_t blocks, uint8_t *data)
{
	int rc = 0;

	if (block + blocks > region_blocks(r))
		return -EINVAL;
	while (blocks && !rc) {
		struct extent *e = &r->extents[block / r->shape.extent_size];
		uint32_t first = (uint32_t)(block % r->shape.extent_size);
		uint32_t left = r->shape.extent_size - first, n = blocks < left ? blocks : left;

		pthread_mutex_lock(&e->lock);
		WINDOW(extent__read, "extent-read", job, e->number, n,
		       rc = read_extent(r, e, job, first, n, data));
		pthread_mutex_unlock(&e->lock);
		data += (size_t)n * r->shape.block_size;
		block += n;
		blocks -= n;
	}
	return rc;
}

static int insert_contexts(struct region *r, struct extent *e, uint32_t first, uint32_t n)
{
	return pwrite_all(e->fd, e->contexts + first, 8ull * n, data_len(r) + 8ull * first);
}

/* A run of blocks of one extent, with the contexts of either backend. */
static int write_run(struct region *r, struct extent *e, uint64_t job, uint32_t first, uint32_t n,
		     const uint8_t *data)
{
	uint64_t bs = r->shape.block_size, len = region_extent_len(r);
	int rc, rc2;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t word;

		memcpy(&word, data + i * bs, sizeof(word));
		e->contexts[first + i] = word | 1;
	}
	if (r->sqlite) {
		WINDOW(extent__write__get__hashes, "extent-write-get-hashes", job, e->number, n,
		       rc = 0);
		WINDOW(extent__write__sqlite__insert, "extent-write-sqlite-insert", job, e->number,
		       n, rc = insert_contexts(r, e, first, n));
	} else {
		WINDOW(extent__write__raw__context__insert, "extent-write-raw-context-insert", job,
		       e->number, len, rc = insert_contexts(r, e, first, n));
	}
	USDT(extent__set__block__contexts__write__count, e->number, n);
	WINDOW(extent__write__file, "extent-write-file", job, e->number, n,
	       rc2 = pwrite_all(e->fd, data, bs * n, bs * first));
	for (uint32_t i = 0; i < n; i++) {
		e->dirty += !e->written[first + i];
		e->written[first + i] = 1;
	}
	return rc ? rc : rc2;
}

/* A context has two slots: a block written again before a flush needs what is there on disk. */
static int write_extent(struct region *r, struct extent *e, uint64_t job, uint32_t first,
			uint32_t n, const uint8_t *data, bool only_unwritten)
{
	uint64_t bs = r->shape.block_size;
	int rc = 0;

	for (uint32_t i = 0; i < n && !only_unwritten; i++) {
		if (!e->written[first + i])
			continue;
		if (fsync(e->fd))
			return -errno;
		memset(e->written, 0, r->shape.extent_size);
		e->dirty = 0;
		break;
	}
	if (!only_unwritten)
		return write_run(r, e, job, first, n, data);
	for (uint32_t i = 0; i < n && !rc; i++)
		if (!e->contexts[first + i])
			rc = write_run(r, e, job, first + i, 1, data + i * bs);
	return rc;
}

int region_write(struct region *r, uint64_t job, uint64_t block, uint32_t blocks,
		 const uint8_t *data, bool only_unwritten)
{
	int rc = 0;

	if (block + blocks > region_blocks(r))
		return -EINVAL;
	while (blocks && !rc) {
		struct extent *e = &r->extents[block / r->shape.extent_size];
		uint32_t first = (uint32_t)(block % r->shape.extent_size);
		uint32_t left = r->shape.extent_size - first, n = blocks < left ? blocks : left;

		pthread_mutex_lock(&e->lock);
		WINDOW(extent__write, "extent-write", job, e->number, n,
		       rc = write_extent(r, e, job, first, n, data, only_unwritten));
		pthread_mutex_unlock(&e->lock);
		data += (size_t)n * r->shape.block_size;
		block += n;
		blocks -= n;
	}
	return rc;
}

bool region_extent_dirty(struct region *r, uint32_t extent)
{
	struct extent *e = &r->extents[extent];
	bool dirty;

	pthread_mutex_lock(&e->lock);
	dirty = e->dirty;
	pthread_mutex_unlock(&e->lock);
	return dirty;
}

/* The older backend rehashes the dirty blocks and drops their older contexts at a flush. */
static inline __attribute__((always_inline)) void flush_sqlite(struct extent *e, uint64_t job)
{
	uint64_t t = truth_now(), t2;

	USDT(extent__flush__collect__hashes__start, job, e->number);
	t2 = truth_now();
	USDT(extent__flush__collect__hashes__done, job, e->number, e->dirty);
	truth_add("extent-flush-collect-hashes", job, e->number, t, t2);
	t = truth_now();
	USDT(extent__flush__sqlite__insert__start, job, e->number);
	t2 = truth_now();
	USDT(extent__flush__sqlite__insert__done, job, e->number);
	truth_add("extent-flush-sqlite-insert", job, e->number, t, t2);
	USDT(extent__context__truncate__start, e->dirty);
	USDT(extent__context__truncate__done);
}

/* Inlined, so that a flush and a flush before a repair each have sites of their own. */
static inline __attribute__((always_inline)) int flush_extent(struct region *r, struct extent *e,
							      uint64_t job)
{
	uint64_t t, t_file, t2;
	int rc;

	pthread_mutex_lock(&e->lock);
	t = truth_now();
	USDT(extent__flush__start, job, e->number, e->dirty);
	t_file = truth_now();
	USDT(extent__flush__file__start, job, e->number);
	rc = fsync(e->fd) ? -errno : 0;
	t2 = truth_now();
	USDT(extent__flush__file__done, job, e->number);
	truth_add("extent-flush-file", job, e->number, t_file, t2);
	if (r->sqlite)
		flush_sqlite(e, job);
	memset(e->written, 0, r->shape.extent_size);
	e->dirty = 0;
	t2 = truth_now();
	USDT(extent__flush__done, job, e->number);
	truth_add("extent-flush", job, e->number, t, t2);
	pthread_mutex_unlock(&e->lock);
	return rc;
}

int region_flush_extent(struct region *r, uint64_t job, uint32_t extent)
{
	return flush_extent(r, &r->extents[extent], job);
}

int region_flush_close(struct region *r, uint64_t job, uint32_t extent)
{
	if (extent >= r->shape.extent_count)
		return -EINVAL;
	return flush_extent(r, &r->extents[extent], job);
}

int region_hash(struct region *r, uint32_t extent, uint64_t *hash)
{
	uint32_t len = region_extent_len(r);
	uint8_t *data = util_alloc(1, len);
	uint64_t h = 0xcbf29ce484222325ull, word;
	int rc = region_export(r, extent, data);

	for (uint32_t i = 0; i + 8 <= len && !rc; i += 8) {
		memcpy(&word, data + i, sizeof(word));
		h = (h ^ word) * 0x100000001b3ull;
		h ^= h >> 29;
	}
	free(data);
	*hash = h;
	return rc;
}

int region_export(struct region *r, uint32_t extent, uint8_t *data)
{
	int rc;

	if (extent >= r->shape.extent_count)
		return -EINVAL;
	pthread_mutex_lock(&r->extents[extent].lock);
	rc = pread_all(r->extents[extent].fd, data, region_extent_len(r), 0);
	pthread_mutex_unlock(&r->extents[extent].lock);
	return rc;
}

int region_import(struct region *r, uint32_t extent, const uint8_t *data)
{
	struct extent *e = &r->extents[extent];
	int rc;

	pthread_mutex_lock(&e->lock);
	rc = pwrite_all(e->fd, data, region_extent_len(r), 0);
	if (!rc && fsync(e->fd))
		rc = -errno;
	memcpy(e->contexts, data + data_len(r), 8ull * r->shape.extent_size);
	memset(e->written, 0, r->shape.extent_size);
	e->dirty = 0;
	pthread_mutex_unlock(&e->lock);
	return rc;
}
