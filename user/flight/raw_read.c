// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "hit_files.h"
#include "hit_read.h"
#include "raw_read.h"

/* One file, from block to block. */
struct file {
	int fd; /* -1: not open */
	uint64_t at, size;
	char *payload;
	size_t room;
};

/* The files of a CPU, one after another, record by record. */
struct stream {
	int32_t id;
	uint64_t *segments; /* numbers, in order */
	int n, next;
	struct file file;
	const char *p, *end;		    /* what is left of the block */
	const struct flight_record *record; /* the next one; NULL: there is none */
	int32_t tid;			    /* who is on the CPU, if `known` */
	bool known;
	char comm[FLIGHT_COMM_LEN + 1];
	struct hit_reader *hits; /* of RAW_HITS: the rest is done there */
};

struct raw {
	int dir;
	struct stream *streams;
	int n;
	struct stream **heap; /* those that have a record, the oldest on top */
	int nheap;
	struct stream *last; /* whose record was handed out */
	uint64_t damaged;
	int err; /* of ours, not of the recording: no more files, no memory */
};

/* --- files --- */

/* Reads all of it or fails. */
static bool read_at(int fd, uint64_t at, void *dst, size_t size)
{
	char *p = dst;

	while (size) {
		ssize_t n = pread(fd, p, size, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		at += n;
		size -= n;
	}
	return true;
}

static void file_close(struct file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

/* 0; -EBADMSG when it is no file of a recording, -ENOTSUP when it is of another version. */
static int file_open(struct file *f, int dir, const char *name, struct raw_head *head)
{
	struct stat st;

	f->fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (f->fd < 0)
		return -errno;
	if (fstat(f->fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EBADMSG;
	f->size = st.st_size;
	f->at = sizeof(*head);
	if (!read_at(f->fd, 0, head, sizeof(*head)))
		return -EBADMSG;
	if (memcmp(head->magic, RAW_MAGIC, sizeof(head->magic)))
		return -EBADMSG;
	return head->major == RAW_MAJOR ? 0 : -ENOTSUP;
}

/* Reads the next block into f->payload, with a NUL behind. 1, 0 at the end, -EBADMSG, -ENOMEM. */
static int file_block(struct file *f, struct raw_block *b)
{
	if (f->at == f->size)
		return 0;
	if (f->size - f->at < sizeof(*b) || !read_at(f->fd, f->at, b, sizeof(*b)) ||
	    crc32(0, (void *)b, offsetof(struct raw_block, head_crc)) != b->head_crc ||
	    b->length > RAW_BLOCK_MAX || b->length > f->size - f->at - sizeof(*b))
		return -EBADMSG;
	if (b->length >= f->room) {
		free(f->payload);
		f->room = 0;
		f->payload = malloc(b->length + 1);
		if (!f->payload)
			return -ENOMEM;
		f->room = b->length + 1;
	}
	if (!read_at(f->fd, f->at + sizeof(*b), f->payload, b->length) ||
	    crc32(0, (void *)f->payload, b->length) != b->crc)
		return -EBADMSG;
	f->payload[b->length] = '\0';
	f->at += sizeof(*b) + b->length;
	return 1;
}

/* --- streams --- */

/* The stream and number that a file's name says, exactly as they are written. */
static bool segment_parse(const char *name, int32_t *id, uint64_t *number)
{
	struct stream s = { 0 };
	char again[64];

	if (sscanf(name, HIT_FILE "%" SCNu64, number) == 1) {
		s.id = RAW_HITS;
	} else if (sscanf(name, "cpu%d.%" SCNu64, &s.id, number) != 2) {
		s.id = RAW_LINES;
		if (sscanf(name, "lines.%" SCNu64, number) != 1)
			return false;
	} else if (s.id < 0 || s.id >= RAW_CPUS) {
		return false;
	}
	raw_segment_name(s.id, *number, again, sizeof(again));
	*id = s.id;
	return !strcmp(again, name);
}

/* On to the next file that is what its name says. False when there is none. */
static bool stream_open(struct raw *r, struct stream *s)
{
	while (s->next < s->n) {
		uint64_t number = s->segments[s->next++];
		struct raw_head head;
		char name[64];
		int err;

		file_close(&s->file);
		s->file.size = 0;
		raw_segment_name(s->id, number, name, sizeof(name));
		err = file_open(&s->file, r->dir, name, &head);
		s->known = false;
		if (!err && head.stream == s->id && head.number == number)
			return true;
		if (err == -EMFILE || err == -ENFILE || err == -ENOMEM)
			r->err = err;
		r->damaged += s->file.size;
	}
	file_close(&s->file);
	return false;
}

/* The next block of records. False at the end of the stream. */
static bool stream_block(struct raw *r, struct stream *s)
{
	struct raw_block b;

	for (;;) {
		int got = s->file.fd >= 0 ? file_block(&s->file, &b) : 0;

		if (got > 0 && b.kind == RAW_EVENTS && b.length) {
			s->p = s->file.payload;
			s->end = s->p + b.length;
			return true;
		}
		if (got > 0)
			continue;
		if (got == -ENOMEM)
			r->err = got;
		if (got < 0)
			r->damaged += s->file.size - s->file.at;
		if (!stream_open(r, s))
			return false;
	}
}

/* Whether a record begins at `p`, whole. */
static bool makes_sense(const char *p, const char *end)
{
	const struct flight_record *rec = (const struct flight_record *)p;
	const struct flight_note *note = (const struct flight_note *)p;

	if ((size_t)(end - p) < sizeof(*rec) || rec->size < sizeof(*rec) || rec->size % 8 ||
	    rec->size > end - p || rec->size > FLIGHT_RECORD_MAX)
		return false;
	if (rec->id)
		return true;
	if (rec->size <= FLIGHT_LINE_TEXT)
		return false;
	/* two texts, each with its end */
	if (note->kind == FLIGHT_LINE) {
		const char *text = p + FLIGHT_LINE_TEXT;
		const char *name = memchr(text, '\0', rec->size - FLIGHT_LINE_TEXT);

		return name && memchr(name + 1, '\0', p + rec->size - name - 1);
	}
	return rec->size >= sizeof(*note);
}

static void hits_advance(struct raw *r, struct stream *s)
{
	const struct flight_note *note;

	if (!s->hits)
		s->hits = hit_reader__new(r->dir, s->segments, s->n);
	note = s->hits ? hit_read(s->hits) : NULL;
	s->record = note ? &note->head : NULL;
	if (!s->hits || hit_read_error(s->hits))
		r->err = -ENOMEM;
}

/* Goes on to the stream's next record that is of interest to others. */
static void stream_advance(struct raw *r, struct stream *s)
{
	if (s->id == RAW_HITS) {
		hits_advance(r, s);
		return;
	}
	s->record = NULL;
	for (;;) {
		const struct flight_note *note = (const struct flight_note *)s->p;

		if (s->p == s->end) {
			if (!stream_block(r, s))
				return;
			continue;
		}
		if (!makes_sense(s->p, s->end)) {
			r->damaged += s->end - s->p;
			s->p = s->end;
			continue;
		}
		s->p += note->head.size;
		if (note->head.id || note->kind != FLIGHT_COMM) {
			s->record = &note->head;
			return;
		}
		s->known = true;
		s->tid = note->head.tid;
		memcpy(s->comm, note->comm, FLIGHT_COMM_LEN);
	}
}

/* --- the merge: a heap of streams --- */

static bool is_before(const struct stream *a, const struct stream *b)
{
	if (a->record->time != b->record->time)
		return a->record->time < b->record->time;
	return a->id < b->id;
}

static void swap(struct stream **a, struct stream **b)
{
	struct stream *s = *a;

	*a = *b;
	*b = s;
}

static void heap_sink(struct raw *r, int at)
{
	for (;;) {
		int child = 2 * at + 1;

		if (child >= r->nheap)
			return;
		if (child + 1 < r->nheap && is_before(r->heap[child + 1], r->heap[child]))
			child++;
		if (!is_before(r->heap[child], r->heap[at]))
			return;
		swap(&r->heap[child], &r->heap[at]);
		at = child;
	}
}

static int heap_fill(struct raw *r)
{
	r->heap = calloc(r->n + 1, sizeof(*r->heap));
	if (!r->heap)
		return -ENOMEM;
	for (int i = 0; i < r->n; i++) {
		stream_advance(r, &r->streams[i]);
		if (r->streams[i].record)
			r->heap[r->nheap++] = &r->streams[i];
	}
	for (int i = r->nheap / 2 - 1; i >= 0; i--)
		heap_sink(r, i);
	return 0;
}

int raw_next(struct raw *r, struct raw_item *item)
{
	struct stream *s = r->last;

	if (s) {
		stream_advance(r, s);
		if (!s->record)
			r->heap[0] = r->heap[--r->nheap];
		heap_sink(r, 0);
	}
	s = r->last = r->nheap ? r->heap[0] : NULL;
	if (r->err)
		return r->err;
	if (!s)
		return 0;
	*item = (struct raw_item){ .record = s->record, .stream = s->id };
	if (!s->record->id)
		item->note = (const struct flight_note *)s->record;
	if (s->known && s->tid == s->record->tid)
		item->comm = s->comm;
	if (item->note && item->note->kind == FLIGHT_LINE)
		item->comm = strchr((const char *)s->record + FLIGHT_LINE_TEXT, '\0') + 1;
	return 1;
}

uint64_t raw_damaged(const struct raw *r)
{
	uint64_t damaged = r->damaged;

	for (int i = 0; i < r->n; i++)
		if (r->streams[i].hits)
			damaged += hit_read_damaged(r->streams[i].hits);
	return damaged;
}

/* --- the folder --- */

int raw_about(struct raw *r, raw_about_fn fn, void *arg)
{
	struct file f = { .fd = -1 };
	struct raw_head head;
	struct raw_block b;
	int got, err = file_open(&f, r->dir, RAW_ABOUT, &head);

	while (!err && (got = file_block(&f, &b)) != 0) {
		if (got > 0)
			err = fn(arg, b.kind, f.payload, b.length);
		else if (got == -ENOMEM)
			err = got;
		else
			break;
	}
	if (!err)
		r->damaged += f.size - f.at;
	file_close(&f);
	free(f.payload);
	return err;
}

static struct stream *stream_find(struct raw *r, int32_t id)
{
	struct stream *more;

	for (int i = 0; i < r->n; i++)
		if (r->streams[i].id == id)
			return &r->streams[i];
	more = reallocarray(r->streams, r->n + 1, sizeof(*more));
	if (!more)
		return NULL;
	r->streams = more;
	r->streams[r->n] = (struct stream){ .id = id, .file.fd = -1 };
	return &r->streams[r->n++];
}

static int segment_add(struct raw *r, const char *name)
{
	uint64_t number, *more;
	struct stream *s;
	int32_t id;

	if (!segment_parse(name, &id, &number))
		return 0;
	s = stream_find(r, id);
	if (!s)
		return -ENOMEM;
	more = reallocarray(s->segments, s->n + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	s->segments = more;
	s->segments[s->n++] = number;
	return 0;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static int folder_read(struct raw *r)
{
	int fd = fcntl(r->dir, F_DUPFD_CLOEXEC, 0), err = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!d) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	while (!err && (e = readdir(d)))
		err = segment_add(r, e->d_name);
	closedir(d);
	for (int i = 0; i < r->n; i++)
		qsort(r->streams[i].segments, r->streams[i].n, sizeof(uint64_t), by_number);
	return err;
}

/* What is wrong with the file that every recording has. */
static int about_check(const struct raw *r, const char *path, char *why, size_t size)
{
	struct file f = { .fd = -1 };
	struct raw_head head;
	int err = file_open(&f, r->dir, RAW_ABOUT, &head);

	if (!err && head.stream != RAW_STATIC)
		err = -EBADMSG;
	if (err == -ENOENT || err == -EBADMSG)
		snprintf(why, size, "%s is no recording: its file \"%s\" is %s", path, RAW_ABOUT,
			 err == -ENOENT ? "missing" : "something else");
	else if (err == -ENOTSUP)
		snprintf(why, size, "%s is of version %u.%u, and this assay reads %d.x", path,
			 head.major, head.minor, RAW_MAJOR);
	else if (err)
		snprintf(why, size, "read %s/%s", path, RAW_ABOUT);
	file_close(&f);
	return err;
}

int raw__open(const char *path, struct raw **out, char *why, size_t size)
{
	struct raw *r = calloc(1, sizeof(*r));
	int err, inner;

	*out = NULL;
	snprintf(why, size, "open %s", path);
	if (!r)
		return -ENOMEM;
	r->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = r->dir < 0 ? -errno : 0;
	inner = err ? -1 : openat(r->dir, RAW_FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (inner >= 0) {
		close(r->dir);
		r->dir = inner;
	}
	err = err ?: about_check(r, path, why, size);
	if (!err) {
		snprintf(why, size, "read %s", path);
		err = folder_read(r) ?: heap_fill(r);
	}
	if (err) {
		raw__free(r);
		return err;
	}
	why[0] = '\0';
	*out = r;
	return 0;
}

void raw__free(struct raw *r)
{
	if (!r)
		return;
	for (int i = 0; i < r->n; i++) {
		file_close(&r->streams[i].file);
		free(r->streams[i].file.payload);
		free(r->streams[i].segments);
		hit_reader__free(r->streams[i].hits);
	}
	free(r->streams);
	free(r->heap);
	if (r->dir >= 0)
		close(r->dir);
	free(r);
}
