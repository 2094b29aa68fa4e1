// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "log.h"
#include "recording.h"
#include "recording_format.h"
#include "text.h"

/*
 * What is still to be read of a block, or of an item's body. After the first fault there is nothing
 * left and all numbers are 0, so faults are looked for only once an item is through.
 */
struct cursor {
	const uint8_t *p, *end;
	const char *fault; /* what is wrong first; NULL: nothing */
};

struct text {
	const char *s; /* in the block */
	uint64_t hash;
};

struct recording {
	int fd;
	int err;
	bool complete;	/* when it was opened */
	bool ended;	/* the end item was read */
	char path[256]; /* for messages, cut to fit */
	char why[512];
	json_t *header;

	struct hit_probe *probes[RECORDING_NUMBERS_MAX];
	uint32_t probes_end;		      /* known ones are below */
	bool binaries[RECORDING_NUMBERS_MAX]; /* which are known */

	uint64_t next;	   /* where the next block begins in the file */
	uint64_t items_at; /* where the payload of this one does */
	uint8_t *items;	   /* the payload */
	size_t items_room;
	struct cursor at;

	/* what the block refers back to */
	uint64_t thread[RECORDING_THREADS_MAX]; /* tgid, tid */
	struct text text[RECORDING_TEXTS_MAX];
	uint32_t nthreads, ntexts;
	uint64_t context[RECORDING_CONTEXTS][FOLD_MAX_ARGS];
	uint64_t time;
};

static int fail(struct recording *r, int err, uint64_t offset, const char *what)
{
	r->err = err;
	snprintf(r->why, sizeof(r->why), "read recording %s: at offset 0x%" PRIx64 ": %s", r->path,
		 offset, what);
	return err;
}

static void fault(struct cursor *c, const char *what)
{
	if (!c->fault)
		c->fault = what;
	c->p = c->end;
}

static uint64_t get_long(struct cursor *c)
{
	const uint8_t *p = c->p;
	uint64_t v = 0;

	for (int shift = 0; shift < 64 && p < c->end; shift += 7) {
		uint8_t byte = *p++;

		if (shift == 63 && byte > 1)
			break;
		v |= (uint64_t)(byte & 0x7f) << shift;
		if (byte & 0x80)
			continue;
		c->p = p;
		return v;
	}
	fault(c, p < c->end ? "a number is too long" : "a number is cut");
	return 0;
}

static inline uint64_t get(struct cursor *c)
{
	return c->p < c->end && *c->p < 0x80 ? *c->p++ : get_long(c);
}

static inline uint64_t get_signed(struct cursor *c)
{
	uint64_t v = get(c);

	return v >> 1 ^ -(v & 1);
}

static uint32_t get_u32(struct cursor *c)
{
	uint64_t v = get(c);

	if (v <= UINT32_MAX)
		return (uint32_t)v;
	fault(c, "a number is too large");
	return 0;
}

static const char *get_string(struct cursor *c)
{
	uint64_t len = get(c);
	const uint8_t *s = c->p;

	if (len >= (uint64_t)(c->end - s)) {
		fault(c, "a text is cut");
		return "";
	}
	if (memchr(s, '\0', len + 1) != s + len) {
		fault(c, "a text has not the length it says");
		return "";
	}
	c->p = s + len + 1;
	return (const char *)s;
}

static bool binary_known(const struct recording *r, uint32_t number)
{
	return number < RECORDING_NUMBERS_MAX && r->binaries[number];
}

const struct hit_probe *recording_probe(const struct recording *r, uint32_t number)
{
	return number < r->probes_end ? r->probes[number] : NULL;
}

static void read_binary(struct recording *r, struct cursor *c, struct recording_item *item)
{
	uint32_t number = get_u32(c);

	item->binary.number = number;
	item->binary.path = get_string(c);
	if (number >= RECORDING_NUMBERS_MAX || r->binaries[number])
		fault(c, "a binary's number is too large, or not new");
	if (!c->fault)
		r->binaries[number] = true;
}

/* With copies of its texts, in one piece of memory. */
static struct hit_probe *probe__new(const struct hit_probe *from)
{
	size_t provider_size = strlen(from->provider) + 1, name_size = strlen(from->name) + 1;
	struct hit_probe *probe = malloc(sizeof(*probe) + provider_size + name_size);
	char *texts = (char *)(probe + 1);

	if (!probe)
		return NULL;
	*probe = *from;
	probe->provider = memcpy(texts, from->provider, provider_size);
	probe->name = memcpy(texts + provider_size, from->name, name_size);
	return probe;
}

static void read_probe(struct recording *r, struct cursor *c, struct recording_item *item)
{
	uint32_t number = get_u32(c), nargs, texts, unread;
	struct hit_probe probe = { .binary = get_u32(c) };

	nargs = get_u32(c);
	texts = get_u32(c);
	unread = get_u32(c);
	probe.provider = get_string(c);
	probe.name = get_string(c);
	if (number >= RECORDING_NUMBERS_MAX || r->probes[number])
		fault(c, "a probe's number is too large, or not new");
	if (!binary_known(r, probe.binary))
		fault(c, "a probe of an unknown binary");
	if (nargs > FOLD_MAX_ARGS || (texts | unread) >> nargs)
		fault(c, "a probe has too many arguments");
	if (c->fault)
		return;
	probe.nargs = (uint8_t)nargs;
	probe.texts = (uint8_t)texts;
	probe.unread = (uint8_t)unread;
	item->probe.number = number;
	item->probe.probe = r->probes[number] = probe__new(&probe);
	if (!r->probes[number]) {
		r->err = -ENOMEM;
		fault(c, "no memory");
	}
	if (number >= r->probes_end)
		r->probes_end = number + 1;
}

static void read_process(struct recording *r, struct cursor *c, struct recording_item *item)
{
	item->process.tgid = get_u32(c);
	item->process.binary = get_u32(c);
	item->process.time = get(c);
	item->process.name = get_string(c);
	if (!binary_known(r, item->process.binary))
		fault(c, "a process of an unknown binary");
}

static void read_process_end(struct cursor *c, struct recording_item *item)
{
	item->process.tgid = get_u32(c);
	item->process.time = get(c);
	item->process.binary = 0;
	item->process.name = NULL;
}

static void read_losses(struct cursor *c, struct recording_item *item)
{
	uint64_t n = get(c);

	memset(&item->losses, 0, sizeof(item->losses));
	for (uint64_t i = 0; i < n && !c->fault; i++) {
		if (i < FOLD_LOSS_MAX)
			item->losses.fold[i] = get(c);
		else
			item->losses.extra += get(c);
	}
	item->losses.extra += get(c);
}

static void read_thread(struct recording *r, struct cursor *c, struct hit *hit)
{
	uint64_t what = get(c), number = what - RECORDING_THREAD;

	if (what >= RECORDING_THREAD) {
		if (number >= r->nthreads) {
			fault(c, "a hit of an unknown thread");
			return;
		}
		hit->tgid = (uint32_t)(r->thread[number] >> 32);
		hit->tid = (uint32_t)r->thread[number];
		return;
	}
	hit->tgid = get_u32(c);
	hit->tid = hit->tgid + (uint32_t)get_signed(c);
	if (what == RECORDING_THREAD_ONCE)
		return;
	if (r->nthreads == RECORDING_THREADS_MAX)
		fault(c, "too many threads");
	else
		r->thread[r->nthreads++] = (uint64_t)hit->tgid << 32 | hit->tid;
}

/* Returns false when there is no text, and the argument is a number. */
static bool read_text(struct recording *r, struct cursor *c, struct hit *hit, int n)
{
	uint64_t what = get(c), number;

	hit->cut |= (uint8_t)((what & 1) << n);
	what >>= 1;
	number = what - RECORDING_TEXT;
	if (what == RECORDING_TEXT_NONE)
		return false;
	if (what >= RECORDING_TEXT) {
		if (number >= r->ntexts) {
			fault(c, "an unknown text");
			return true;
		}
		hit->text[n] = r->text[number].s;
		hit->args[n] = r->text[number].hash;
		return true;
	}
	hit->text[n] = get_string(c);
	hit->args[n] = text_hash(hit->text[n]);
	if (what == RECORDING_TEXT_ONCE)
		return true;
	if (r->ntexts == RECORDING_TEXTS_MAX)
		fault(c, "too many texts");
	else
		r->text[r->ntexts++] = (struct text){ hit->text[n], hit->args[n] };
	return true;
}

static void read_hit(struct recording *r, struct cursor *c, uint64_t number, struct hit *hit)
{
	const struct hit_probe *probe = number < r->probes_end ? r->probes[number] : NULL;
	uint64_t *context;

	memset(hit, 0, sizeof(*hit));
	if (!probe) {
		fault(c, "a hit of an unknown probe");
		return;
	}
	hit->probe = (uint32_t)number;
	hit->time = r->time += get_signed(c);
	read_thread(r, c, hit);
	context = r->context[RECORDING_CONTEXT(number, hit->tgid)];
	for (int n = 0; n < probe->nargs; n++) {
		if (probe->texts & 1u << n && read_text(r, c, hit, n))
			continue;
		hit->args[n] = context[n] += get_signed(c);
	}
}

/* An item that is not a hit. Returns whether its kind is known. */
static bool read_body(struct recording *r, struct cursor *c, struct recording_item *item)
{
	switch (item->kind) {
	case RECORDING_BINARY:
		read_binary(r, c, item);
		return true;
	case RECORDING_PROBE:
		read_probe(r, c, item);
		return true;
	case RECORDING_PROCESS:
		read_process(r, c, item);
		return true;
	case RECORDING_PROCESS_END:
		read_process_end(c, item);
		return true;
	case RECORDING_LOSSES:
		read_losses(c, item);
		return true;
	case RECORDING_END:
		item->end = get(c);
		r->ended = true;
		return true;
	default:
		return false;
	}
}

/* The body of the item that is not a hit, and of what kind. Returns false when there is none. */
static bool body_begin(struct cursor *c, struct cursor *body)
{
	uint32_t length;

	if (c->end - c->p < (ptrdiff_t)sizeof(length)) {
		fault(c, "an item is cut");
		return false;
	}
	memcpy(&length, c->p, sizeof(length));
	c->p += sizeof(length);
	if (length > (size_t)(c->end - c->p)) {
		fault(c, "an item is cut");
		return false;
	}
	body->p = c->p;
	c->p = body->end = body->p + length;
	return true;
}

/* Returns 1 an item, 0 one of a kind that is not known here, or an error. */
static int read_item(struct recording *r, struct recording_item *item)
{
	uint64_t start = r->items_at + (size_t)(r->at.p - r->items);
	struct cursor *c = &r->at, body = { 0 };
	bool ended = r->ended, known = true;
	uint64_t kind = get(c);

	if (kind >= RECORDING_HIT) {
		item->kind = RECORDING_HIT;
		read_hit(r, c, kind - RECORDING_HIT, &item->hit);
	} else if (!kind) {
		fault(c, "an item of no kind");
	} else if (body_begin(c, &body)) {
		item->kind = (enum recording_kind)kind;
		known = read_body(r, &body, item);
	}
	if (known && ended)
		fault(c, "an item behind the end");
	if (c->fault || body.fault)
		return fail(r, r->err ? r->err : -EBADMSG, start, c->fault ? c->fault : body.fault);
	return known;
}

/* Returns 1; 0 when the file, as it is now, has not as much; or an error. */
static int file_read(struct recording *r, uint64_t offset, void *data, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = pread(r->fd, (char *)data + done, size - done, (off_t)(offset + done));

		if (!n)
			return 0;
		if (n > 0)
			done += (size_t)n;
		else if (errno != EINTR)
			return fail(r, -errno, offset + done, err_name(errno));
	}
	return 1;
}

/* The head of the next block. Returns as file_read(). */
static int block_head(struct recording *r, struct recording_block *block)
{
	int got = file_read(r, r->next, block, sizeof(*block));

	if (got <= 0)
		return got;
	if (crc32(0, (void *)block, offsetof(struct recording_block, head_crc)) != block->head_crc)
		return fail(r, -EBADMSG, r->next, "a block's head is damaged");
	if (block->length > RECORDING_BLOCK_MAX)
		return fail(r, -EBADMSG, r->next, "a block is too large");
	return 1;
}

/* Reads the payload of the next block, which has that head. Returns as file_read(). */
static int block_payload(struct recording *r, const struct recording_block *block)
{
	uint64_t at = r->next + sizeof(*block);
	int got;

	if (block->length > r->items_room) {
		free(r->items);
		r->items_room = 0;
		r->items = malloc(block->length);
		if (!r->items)
			return fail(r, -ENOMEM, at, "no memory");
		r->items_room = block->length;
	}
	got = file_read(r, at, r->items, block->length);
	if (got <= 0)
		return got;
	if (crc32(0, r->items, block->length) != block->crc)
		return fail(r, -EBADMSG, r->next, "a block is damaged");
	r->items_at = at;
	r->next = at + block->length;
	return 1;
}

/* Goes on to the next block of items. Returns as file_read(). */
static int block_next(struct recording *r)
{
	struct recording_block block;

	do {
		int got = block_head(r, &block);

		if (got > 0)
			got = block_payload(r, &block);
		if (got <= 0)
			return got;
	} while (block.kind != RECORDING_BLOCK_ITEMS);
	r->at = (struct cursor){ .p = r->items, .end = r->items + block.length };
	r->nthreads = r->ntexts = 0;
	r->time = 0;
	memset(r->context, 0, sizeof(r->context));
	return 1;
}

int recording_next(struct recording *r, struct recording_item *item)
{
	int got = r->err;

	while (!got) {
		if (r->at.p < r->at.end)
			got = read_item(r, item);
		else if ((got = block_next(r)) > 0)
			got = 0;
		else
			break;
	}
	return got;
}

static int read_start(struct recording *r)
{
	struct recording_head head;
	struct recording_block block;
	int got = file_read(r, 0, &head, sizeof(head));

	if (got < 0)
		return got;
	if (!got || memcmp(head.magic, RECORDING_MAGIC, sizeof(head.magic)) || !head.major)
		return fail(r, -EINVAL, 0, "this is not a recording");
	if (head.major > RECORDING_MAJOR)
		return fail(r, -ENOTSUP, offsetof(struct recording_head, major),
			    "a later version wrote it, read it with that");
	if (head.state != RECORDING_STATE_OPEN && head.state != RECORDING_STATE_DONE)
		return fail(r, -EBADMSG, offsetof(struct recording_head, state),
			    "its state is damaged");
	r->complete = head.state == RECORDING_STATE_DONE;
	r->next = sizeof(head);
	got = block_head(r, &block);
	if (got > 0 &&
	    (block.kind != RECORDING_BLOCK_HEADER || block.length > RECORDING_HEADER_MAX))
		return fail(r, -EBADMSG, r->next, "its header is missing, or too large");
	if (got > 0)
		got = block_payload(r, &block);
	if (!got)
		return fail(r, -EBADMSG, r->next, "its header is cut");
	if (got < 0)
		return got;
	r->header = json_loadb((const char *)r->items, block.length, 0, NULL);
	if (!json_is_object(r->header))
		return fail(r, -EBADMSG, r->items_at, "its header is no JSON object");
	return 0;
}

int recording__open(const char *path, struct recording **out, char *why, size_t why_size)
{
	struct recording *r = calloc(1, sizeof(*r));
	struct stat st;
	int err;

	if (!r) {
		snprintf(why, why_size, "read recording %s: no memory", path);
		return -ENOMEM;
	}
	snprintf(r->path, sizeof(r->path), "%s", path);
	/* a pipe's open must not wait for a writer */
	r->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (r->fd < 0 || fstat(r->fd, &st)) {
		err = -errno;
		snprintf(why, why_size, "read recording %s: %s%s", path, err_name(err),
			 err_cure(err));
	} else if (!S_ISREG(st.st_mode)) {
		err = -ESPIPE;
		snprintf(why, why_size, "read recording %s: it is not a regular file", path);
	} else {
		err = read_start(r);
		snprintf(why, why_size, "%s", r->why);
	}
	if (err)
		recording__free(r);
	else
		*out = r;
	return err;
}

void recording__free(struct recording *r)
{
	if (!r)
		return;
	if (r->fd >= 0)
		close(r->fd);
	for (uint32_t i = 0; i < r->probes_end; i++)
		free(r->probes[i]);
	json_decref(r->header);
	free(r->items);
	free(r);
}

const json_t *recording_header(const struct recording *r)
{
	return r->header;
}

bool recording_complete(const struct recording *r)
{
	return r->complete;
}

uint64_t recording_offset(const struct recording *r)
{
	return r->next;
}

bool recording_cut(const struct recording *r)
{
	return !r->ended;
}

const char *recording_why(const struct recording *r)
{
	return r->why;
}
