// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Fuzzes the reading of recordings: the input as a file, the same with its sums mended, and as the
 * items of a block behind a good start. What is read is written again, and has to come back. Build
 * with clang -fsanitize=fuzzer,address,undefined, together with recording_read.c,
 * recording_write.c, text.c, log.c and escape.c; no seeds are needed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "core/recording.h"
#include "core/recording_format.h"
#include "core/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void want(int condition)
{
	if (!condition)
		abort();
}

/* A file in memory, empty, and its path. */
static void file_new(int *fd, char path[64])
{
	if (*fd < 0)
		*fd = memfd_create("fuzz", MFD_CLOEXEC);
	want(*fd >= 0 && ftruncate(*fd, 0) == 0);
	snprintf(path, 64, "/proc/self/fd/%d", *fd);
}

static uint64_t mix(uint64_t sum, uint64_t v)
{
	return (sum ^ v) * 0x9e3779b97f4a7c15ULL + (sum >> 29);
}

static uint64_t mix_text(uint64_t sum, const char *s)
{
	return mix(sum, crc32(strlen(s), (const void *)s, (unsigned int)strlen(s)));
}

/* --- what every item has to be --- */

static uint64_t check_probe(const struct recording *r, const struct recording_item *item)
{
	const struct hit_probe *p = item->probe.probe;
	uint64_t sum = mix(item->probe.number, p->binary);

	want(p == recording_probe(r, item->probe.number));
	want(p->nargs <= FOLD_MAX_ARGS && !(p->texts >> p->nargs) && !(p->unread >> p->nargs));
	sum = mix(sum, (uint64_t)p->nargs << 16 | p->texts << 8 | p->unread);
	return mix_text(mix_text(sum, p->provider), p->name);
}

static uint64_t check_hit(const struct recording *r, const struct hit *h)
{
	const struct hit_probe *p = recording_probe(r, h->probe);
	uint64_t sum = mix(h->time, (uint64_t)h->tgid << 32 | h->tid);

	want(p && !(h->cut & ~p->texts));
	sum = mix(sum, (uint64_t)h->probe << 8 | h->cut);
	for (int n = 0; n < FOLD_MAX_ARGS; n++) {
		want(n < p->nargs || !h->args[n]);
		want(!h->text[n] || p->texts & 1 << n);
		sum = mix(sum, h->args[n]);
		if (h->text[n]) {
			want(h->args[n] == text_hash(h->text[n]));
			sum = mix_text(sum, h->text[n]);
		}
	}
	return sum;
}

static uint64_t check_item(const struct recording *r, const struct recording_item *i)
{
	uint64_t sum = 0;

	switch (i->kind) {
	case RECORDING_BINARY:
		want(i->binary.number < RECORDING_NUMBERS_MAX);
		return mix_text(i->binary.number, i->binary.path);
	case RECORDING_PROBE:
		return check_probe(r, i);
	case RECORDING_PROCESS:
		sum = mix_text(i->process.binary, i->process.name);
		return mix(mix(sum, i->process.tgid), i->process.time);
	case RECORDING_PROCESS_END:
		want(!i->process.name && !i->process.binary);
		return mix(i->process.tgid, i->process.time);
	case RECORDING_HIT:
		return check_hit(r, &i->hit);
	case RECORDING_LOSSES:
		for (int n = 0; n < FOLD_LOSS_MAX; n++)
			sum = mix(sum, i->losses.fold[n]);
		return mix(sum, i->losses.extra);
	case RECORDING_END:
		return i->end;
	}
	abort();
}

/* --- written again --- */

static int add(struct recording_writer *w, const struct recording_item *i)
{
	switch (i->kind) {
	case RECORDING_BINARY:
		return recording_add_binary(w, i->binary.number, i->binary.path);
	case RECORDING_PROBE:
		return recording_add_probe(w, i->probe.number, i->probe.probe);
	case RECORDING_PROCESS:
		return recording_add_process(w, i->process.tgid, i->process.time, i->process.name,
					     i->process.binary);
	case RECORDING_PROCESS_END:
		return recording_end_process(w, i->process.tgid, i->process.time);
	case RECORDING_HIT:
		return recording_add_hit(w, &i->hit);
	case RECORDING_LOSSES:
		return recording_add_losses(w, i->losses.fold, i->losses.extra);
	case RECORDING_END:
		return 0;
	}
	return -EINVAL;
}

static struct recording_writer *writer_new(char path[64])
{
	static int fd = -1;
	struct recording_writer *w = NULL;
	json_t *header = json_object();
	char why[256] = "";

	file_new(&fd, path);
	want(recording_writer__new(path, header, &w, why, sizeof(why)) == 0 && !why[0]);
	json_decref(header);
	return w;
}

/* Reads all there is. Returns a sum of all items but the end. */
static uint64_t read_all(struct recording *r, struct recording_writer *w, int *err)
{
	struct recording_item item;
	uint64_t sum = 0;
	bool end = false;

	while ((*err = recording_next(r, &item)) == 1) {
		uint64_t one = check_item(r, &item);

		want(!end);
		end = item.kind == RECORDING_END;
		if (!end)
			sum = mix(sum, mix(item.kind, one));
		want(!w || add(w, &item) == 0);
	}
	want(*err == 0 || *err == -EBADMSG);
	want(!*err == !recording_why(r)[0] && recording_next(r, &item) == *err);
	want(*err || recording_cut(r) == !end);
	return sum;
}

static void read_again(const char *path, uint64_t sum)
{
	struct recording *r = NULL;
	char why[256] = "";
	int err;

	want(recording__open(path, &r, why, sizeof(why)) == 0);
	want(read_all(r, NULL, &err) == sum && !err);
	want(recording_complete(r) && !recording_cut(r));
	recording__free(r);
}

static void fuzz_file(const uint8_t *data, size_t size)
{
	char path[64], path_again[64], why[256] = "";
	struct recording_writer *w;
	struct recording *r = NULL;
	static int fd = -1;
	uint64_t sum;
	int err;

	file_new(&fd, path);
	want(pwrite(fd, data, size, 0) == (ssize_t)size);
	err = recording__open(path, &r, why, sizeof(why));
	want(err == 0 || err == -EINVAL || err == -ENOTSUP || err == -EBADMSG);
	want(err ? !r && strstr(why, path) != NULL : r && !why[0]);
	if (err)
		return;
	want(json_is_object(recording_header(r)));
	w = writer_new(path_again);
	sum = read_all(r, w, &err);
	recording__free(r);
	want(recording_close(w, 1, NULL, 0) == 0);
	read_again(path_again, sum);
}

/* Gives the blocks of a file the sums that they ought to have, the last one its length, too. */
static void sums_mend(uint8_t *data, size_t size)
{
	struct recording_block b;

	for (size_t at = sizeof(struct recording_head); at + sizeof(b) <= size;
	     at += sizeof(b) + b.length) {
		memcpy(&b, data + at, sizeof(b));
		if (b.length > size - at - sizeof(b))
			b.length = (uint32_t)(size - at - sizeof(b));
		b.crc = (uint32_t)crc32(0, data + at + sizeof(b), b.length);
		b.head_crc =
			(uint32_t)crc32(0, (void *)&b, offsetof(struct recording_block, head_crc));
		memcpy(data + at, &b, sizeof(b));
	}
}

/* A recording of a binary and some probes. */
static size_t start_make(uint8_t *dst, size_t room)
{
	static const uint8_t probes[][2] = { { 0, 0 }, { 1, 0 }, { 2, 2 }, { 8, 0xa5 }, { 8, 0 } };
	char path[64];
	struct recording_writer *w = writer_new(path);
	size_t size;
	FILE *f;

	want(recording_add_binary(w, 0, "/bin/x") == 0);
	for (uint32_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		struct hit_probe p = { "p", "n", .nargs = probes[i][0], .texts = probes[i][1] };

		want(recording_add_probe(w, i, &p) == 0);
	}
	want(recording_flush(w) == 0);
	f = fopen(path, "re");
	want(f != NULL);
	size = fread(dst, 1, room, f);
	want(size == recording_size(w));
	fclose(f);
	recording_writer__free(w);
	return size;
}

static void fuzz_items(const uint8_t *data, size_t size)
{
	static uint8_t start[1024];
	static size_t start_size;
	struct recording_block b = { .kind = RECORDING_BLOCK_ITEMS, .length = (uint32_t)size };
	uint8_t *file;

	if (!start_size)
		start_size = start_make(start, sizeof(start));
	file = malloc(start_size + sizeof(b) + size);
	want(file != NULL);
	memcpy(file, start, start_size);
	memcpy(file + start_size, &b, sizeof(b));
	memcpy(file + start_size + sizeof(b), data, size);
	sums_mend(file, start_size + sizeof(b) + size);
	fuzz_file(file, start_size + sizeof(b) + size);
	free(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *mended = malloc(size + 1);

	want(mended != NULL);
	fuzz_file(data, size);
	memcpy(mended, data, size);
	sums_mend(mended, size);
	fuzz_file(mended, size);
	free(mended);
	fuzz_items(data, size);
	return 0;
}
