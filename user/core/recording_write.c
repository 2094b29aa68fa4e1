// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "log.h"
#include "recording.h"
#include "recording_format.h"

/* A block is written when it has this many bytes; there is always room for one more item. */
#define BLOCK_FULL (128u << 10)
#define TEXT_MAX   65535u /* longer ones are cut */
#define ITEM_MAX   (FOLD_MAX_ARGS * (TEXT_MAX + 16) + 64)

/*
 * Tables of what has a number in the block, open addressing. Hashes are of texts that others
 * choose: what is not found within a few tries counts as new and gets no number.
 */
#define TABLE_SIZE  8192 /* twice what has numbers */
#define TABLE_TRIES 8
_Static_assert(TABLE_SIZE >= 2 * RECORDING_THREADS_MAX && TABLE_SIZE >= 2 * RECORDING_TEXTS_MAX,
	       "tables are half empty");

struct table {
	uint16_t entry[TABLE_SIZE]; /* number + 1; 0: free */
	uint32_t n;
};

struct text {
	uint64_t hash;
	uint32_t at; /* in the block */
	uint32_t len;
};

struct probe {
	bool known;
	uint8_t nargs, texts;
};

struct recording_writer {
	int fd;
	int err; /* what ended the writing */
	uint64_t size;

	struct probe probes[RECORDING_NUMBERS_MAX];
	bool binaries[RECORDING_NUMBERS_MAX]; /* which are known */

	/* what the block refers back to */
	struct table threads, texts;
	uint64_t thread[RECORDING_THREADS_MAX]; /* tgid, tid */
	struct text text[RECORDING_TEXTS_MAX];
	uint64_t context[RECORDING_CONTEXTS][FOLD_MAX_ARGS];
	uint64_t time;

	uint32_t used; /* bytes of `items` */
	struct recording_block block;
	uint8_t items[BLOCK_FULL + ITEM_MAX];
};
_Static_assert(offsetof(struct recording_writer, items) ==
		       offsetof(struct recording_writer, block) + sizeof(struct recording_block),
	       "a block is written in one piece");

static inline uint8_t *put(uint8_t *p, uint64_t v)
{
	while (v >= 0x80) {
		*p++ = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	*p++ = (uint8_t)v;
	return p;
}

static inline uint8_t *put_signed(uint8_t *p, uint64_t v)
{
	return put(p, v << 1 ^ -(v >> 63));
}

static uint8_t *put_string(uint8_t *p, const char *s, size_t len)
{
	p = put(p, len);
	memcpy(p, s, len);
	p[len] = '\0';
	return p + len + 1;
}

static void block_seal(struct recording_block *block, uint32_t kind, const void *payload,
		       uint32_t length)
{
	block->kind = kind;
	block->length = length;
	block->crc = (uint32_t)crc32(0, payload, length);
	block->head_crc =
		(uint32_t)crc32(0, (void *)block, offsetof(struct recording_block, head_crc));
}

/* All of it or nothing: what was written of it before the error is taken off again. */
static int write_all(struct recording_writer *w, const void *data, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = pwrite(w->fd, (const char *)data + done, size - done,
				   (off_t)(w->size + done));
		int err = n < 0 ? -errno : -ENOSPC;

		if (n > 0) {
			done += (size_t)n;
		} else if (err != -EINTR) {
			if (ftruncate(w->fd, (off_t)w->size)) {
				/* the reader takes what is left of it for a cut, which it is */
			}
			return err;
		}
	}
	w->size += size;
	return 0;
}

/* Where a recording with that header begins, in new memory. */
static int start_make(const json_t *header, char **out, size_t *size)
{
	static const struct recording_head head = { .magic = RECORDING_MAGIC,
						    .major = RECORDING_MAJOR,
						    .minor = RECORDING_MINOR,
						    .state = RECORDING_STATE_OPEN };
	struct recording_block block;
	size_t before = sizeof(head) + sizeof(block), length;

	length = json_is_object(header) ? json_dumpb(header, NULL, 0, JSON_COMPACT) : 0;
	if (!length)
		return -EINVAL;
	if (length > RECORDING_HEADER_MAX)
		return -E2BIG;
	*out = malloc(before + length);
	if (!*out)
		return -ENOMEM;
	*size = before + json_dumpb(header, *out + before, length, JSON_COMPACT);
	block_seal(&block, RECORDING_BLOCK_HEADER, *out + before, (uint32_t)length);
	memcpy(*out, &head, sizeof(head));
	memcpy(*out + sizeof(head), &block, sizeof(block));
	return 0;
}

static int file_create(const char *path)
{
	/* a pipe's open must not wait for a reader */
	int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	int fd = open(path, flags, 0600), err = 0;
	struct stat st;

	if (fd < 0)
		return errno == ENXIO ? -ESPIPE : -errno;
	if (fstat(fd, &st))
		err = -errno;
	else if (!S_ISREG(st.st_mode))
		err = -ESPIPE;
	else if (ftruncate(fd, 0))
		err = -errno;
	if (!err)
		return fd;
	close(fd);
	return err;
}

int recording_writer__new(const char *path, json_t *header, struct recording_writer **out,
			  char *why, size_t why_size)
{
	struct recording_writer *w = calloc(1, sizeof(*w));
	size_t start_size = 0;
	char *start = NULL;
	int err = -ENOMEM;

	if (w) {
		w->fd = -1;
		err = start_make(header, &start, &start_size);
	}
	if (!err) {
		w->fd = file_create(path);
		err = w->fd < 0 ? w->fd : write_all(w, start, start_size);
	}
	free(start);
	if (!err) {
		*out = w;
		return 0;
	}
	if (err == -ESPIPE)
		snprintf(why, why_size, "write recording %s: it is not a regular file", path);
	else
		snprintf(why, why_size, "write recording %s: %s%s", path, err_name(err),
			 err_cure(err));
	recording_writer__free(w);
	return err;
}

int recording_flush(struct recording_writer *w)
{
	if (!w->used)
		return 0;
	block_seal(&w->block, RECORDING_BLOCK_ITEMS, w->items, w->used);
	w->err = write_all(w, &w->block, sizeof(w->block) + w->used);
	w->used = 0;
	w->time = 0;
	memset(&w->threads, 0, sizeof(w->threads));
	memset(&w->texts, 0, sizeof(w->texts));
	memset(w->context, 0, sizeof(w->context));
	return w->err;
}

/* What was put up to `end` is part of the block. */
static int item_done(struct recording_writer *w, const uint8_t *end)
{
	w->used = (uint32_t)(end - w->items);
	return w->used < BLOCK_FULL ? 0 : recording_flush(w);
}

/* Where the body of an item begins: behind its kind and the place for its length. */
static uint8_t *body_start(struct recording_writer *w, enum recording_kind kind)
{
	w->items[w->used] = (uint8_t)kind;
	return &w->items[w->used + 1 + sizeof(uint32_t)];
}

static int body_done(struct recording_writer *w, const uint8_t *end)
{
	uint8_t *at = &w->items[w->used + 1];
	uint32_t length = (uint32_t)(end - at - sizeof(length));

	memcpy(at, &length, sizeof(length));
	return item_done(w, end);
}

int recording_add_binary(struct recording_writer *w, uint32_t number, const char *path)
{
	size_t len = strlen(path);
	uint8_t *p;

	if (w->err)
		return 0;
	if (number >= RECORDING_NUMBERS_MAX)
		return -EINVAL;
	if (w->binaries[number])
		return -EEXIST;
	if (len > TEXT_MAX)
		return -ENAMETOOLONG;
	w->binaries[number] = true;
	p = body_start(w, RECORDING_BINARY);
	p = put(p, number);
	p = put_string(p, path, len);
	return body_done(w, p);
}

static bool binary_known(const struct recording_writer *w, uint32_t number)
{
	return number < RECORDING_NUMBERS_MAX && w->binaries[number];
}

int recording_add_probe(struct recording_writer *w, uint32_t number, const struct hit_probe *probe)
{
	size_t provider_len = strlen(probe->provider), name_len = strlen(probe->name);
	uint8_t *p;

	if (w->err)
		return 0;
	if (number >= RECORDING_NUMBERS_MAX || !binary_known(w, probe->binary) ||
	    probe->nargs > FOLD_MAX_ARGS || (probe->texts | probe->unread) >> probe->nargs)
		return -EINVAL;
	if (w->probes[number].known)
		return -EEXIST;
	if (provider_len > TEXT_MAX || name_len > TEXT_MAX)
		return -ENAMETOOLONG;
	w->probes[number] = (struct probe){ true, probe->nargs, probe->texts };
	p = body_start(w, RECORDING_PROBE);
	p = put(p, number);
	p = put(p, probe->binary);
	p = put(p, probe->nargs);
	p = put(p, probe->texts);
	p = put(p, probe->unread);
	p = put_string(p, probe->provider, provider_len);
	p = put_string(p, probe->name, name_len);
	return body_done(w, p);
}

int recording_add_process(struct recording_writer *w, uint32_t tgid, uint64_t time,
			  const char *name, uint32_t binary)
{
	size_t len = strlen(name);
	uint8_t *p;

	if (w->err)
		return 0;
	if (!binary_known(w, binary))
		return -EINVAL;
	if (len > TEXT_MAX)
		return -ENAMETOOLONG;
	p = body_start(w, RECORDING_PROCESS);
	p = put(p, tgid);
	p = put(p, binary);
	p = put(p, time);
	p = put_string(p, name, len);
	return body_done(w, p);
}

int recording_end_process(struct recording_writer *w, uint32_t tgid, uint64_t time)
{
	uint8_t *p;

	if (w->err)
		return 0;
	p = body_start(w, RECORDING_PROCESS_END);
	p = put(p, tgid);
	p = put(p, time);
	return body_done(w, p);
}

int recording_add_losses(struct recording_writer *w, const uint64_t *losses, uint64_t extra)
{
	uint8_t *p;

	if (w->err)
		return 0;
	p = body_start(w, RECORDING_LOSSES);
	p = put(p, FOLD_LOSS_MAX);
	for (int i = 0; i < FOLD_LOSS_MAX; i++)
		p = put(p, losses[i]);
	p = put(p, extra);
	return body_done(w, p);
}

static uint8_t *put_thread(struct recording_writer *w, uint8_t *p, const struct hit *hit)
{
	uint64_t key = (uint64_t)hit->tgid << 32 | hit->tid;
	uint32_t i = (uint32_t)(key * 0x9e3779b97f4a7c15ULL >> 32), what = RECORDING_THREAD_ONCE;

	for (int tries = 0; tries < TABLE_TRIES; tries++, i++) {
		uint16_t *entry = &w->threads.entry[i % TABLE_SIZE];

		if (*entry && w->thread[*entry - 1] == key)
			return put(p, RECORDING_THREAD + *entry - 1);
		if (*entry)
			continue;
		if (w->threads.n < RECORDING_THREADS_MAX) {
			w->thread[w->threads.n] = key;
			*entry = (uint16_t)++w->threads.n;
			what = RECORDING_THREAD_NEW;
		}
		break;
	}
	p = put(p, what);
	p = put(p, hit->tgid);
	return put_signed(p, (uint64_t)hit->tid - hit->tgid);
}

/* The number of that text in the block, or how it is to be stored. */
static uint32_t text_what(struct recording_writer *w, uint64_t hash, const char *s, uint32_t len,
			  uint16_t **free_entry)
{
	uint32_t i = (uint32_t)hash;

	for (int tries = 0; tries < TABLE_TRIES; tries++, i++) {
		uint16_t *entry = &w->texts.entry[i % TABLE_SIZE];
		const struct text *t;

		if (!*entry) {
			*free_entry = entry;
			return w->texts.n < RECORDING_TEXTS_MAX ? RECORDING_TEXT_NEW
								: RECORDING_TEXT_ONCE;
		}
		t = &w->text[*entry - 1];
		if (t->hash == hash && t->len == len && !memcmp(&w->items[t->at], s, len))
			return RECORDING_TEXT + *entry - 1;
	}
	return RECORDING_TEXT_ONCE;
}

/* Long ones hardly come twice: no number. */
static uint8_t *put_text(struct recording_writer *w, uint8_t *p, const char *s, uint64_t hash,
			 bool cut)
{
	uint32_t len = (uint32_t)strnlen(s, TEXT_MAX + 1), what = RECORDING_TEXT_ONCE;
	uint16_t *entry = NULL;

	if (len > TEXT_MAX) {
		len = TEXT_MAX;
		cut = true;
	}
	if (len < FOLD_TEXT_KEY)
		what = text_what(w, hash, s, len, &entry);
	p = put(p, what << 1 | cut);
	if (what >= RECORDING_TEXT)
		return p;
	p = put_string(p, s, len);
	if (what == RECORDING_TEXT_NEW) {
		w->text[w->texts.n] =
			(struct text){ hash, (uint32_t)(p - w->items) - len - 1, len };
		*entry = (uint16_t)++w->texts.n;
	}
	return p;
}

int recording_add_hit(struct recording_writer *w, const struct hit *hit)
{
	uint8_t *p = &w->items[w->used];
	struct probe probe;
	uint64_t *context;

	if (w->err)
		return 0;
	if (hit->probe >= RECORDING_NUMBERS_MAX || !w->probes[hit->probe].known)
		return -EINVAL;
	probe = w->probes[hit->probe];
	context = w->context[RECORDING_CONTEXT(hit->probe, hit->tgid)];
	p = put(p, (uint64_t)RECORDING_HIT + hit->probe);
	p = put_signed(p, hit->time - w->time);
	w->time = hit->time;
	p = put_thread(w, p, hit);
	for (int n = 0; n < probe.nargs; n++) {
		if (probe.texts & 1u << n) {
			bool cut = hit->cut & 1u << n;

			if (hit->text[n]) {
				p = put_text(w, p, hit->text[n], hit->args[n], cut);
				continue;
			}
			p = put(p, RECORDING_TEXT_NONE << 1 | cut);
		}
		p = put_signed(p, hit->args[n] - context[n]);
		context[n] = hit->args[n];
	}
	return item_done(w, p);
}

uint64_t recording_size(const struct recording_writer *w)
{
	return w->size;
}

int recording_error(const struct recording_writer *w)
{
	return w->err;
}

static int mark_done(struct recording_writer *w)
{
	static const uint32_t done = RECORDING_STATE_DONE;
	ssize_t n = pwrite(w->fd, &done, sizeof(done), offsetof(struct recording_head, state));

	if (n != sizeof(done))
		return n < 0 ? -errno : -EIO;
	return 0;
}

static int end(struct recording_writer *w, uint64_t time, const uint64_t *losses, uint64_t extra,
	       bool wait)
{
	int err;

	if (losses)
		recording_add_losses(w, losses, extra);
	if (!w->err)
		body_done(w, put(body_start(w, RECORDING_END), time));
	recording_flush(w);
	err = w->err;
	if (!err)
		err = mark_done(w);
	if (!err && wait && fsync(w->fd))
		err = -errno;
	if (close(w->fd) && !err)
		err = -errno;
	w->fd = -1;
	recording_writer__free(w);
	return err;
}

int recording_close(struct recording_writer *w, uint64_t time, const uint64_t *losses,
		    uint64_t extra)
{
	return end(w, time, losses, extra, true);
}

int recording_end(struct recording_writer *w, uint64_t time, const uint64_t *losses, uint64_t extra)
{
	return end(w, time, losses, extra, false);
}

void recording_writer__free(struct recording_writer *w)
{
	if (!w)
		return;
	if (w->fd >= 0)
		close(w->fd);
	free(w);
}
