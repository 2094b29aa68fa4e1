// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Fuzzes the reading of the flight recorder's recordings: the input as a file of a CPU, the same
 * with its sums mended, as the file "about", as records that are decoded by formats as the kernel
 * has them, and as a text of the kernel's: a format, symbols. Formats of unknown origin are not
 * handed to libtraceevent here, which is not ours to mend: see decode.c for what is done about it.
 * Build with clang -fsanitize=fuzzer,address,undefined; no seeds are needed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "flight/decode.h"
#include "flight/enums.h"
#include "flight/events.h"
#include "flight/keep.h"
#include "flight/raw_read.h"
#include "flight/symbols.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void want(int condition)
{
	if (!condition)
		abort();
}

#define COMMON                                                                         \
	"format:\n"                                                                    \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"         \
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"         \
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n" \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"

/* Numbers below 256, so that the fuzzer meets them soon. */
static const char *const formats[] = {
	"name: numbers\nID: 1\n" COMMON "\tfield:dev_t dev;\toffset:8;\tsize:4;\tsigned:0;\n"
	"\tfield:ino_t ino;\toffset:16;\tsize:8;\tsigned:0;\n"
	"\tfield:char rwbs[10];\toffset:24;\tsize:10;\tsigned:0;\n"
	"\nprint fmt: \"dev %d,%d ino %lu %s\", ((unsigned int) ((REC->dev) >> 20)), "
	"((unsigned int) ((REC->dev) & ((1U << 20) - 1))), (unsigned long) REC->ino, REC->rwbs\n",
	"name: texts\nID: 2\n" COMMON
	"\tfield:__data_loc char[] cmd;\toffset:8;\tsize:4;\tsigned:0;\n"
	"\tfield:__rel_loc char[] rel;\toffset:12;\tsize:4;\tsigned:0;\n"
	"\nprint fmt: \"%s [%s]\", __get_str(cmd), __get_rel_str(rel)\n",
	"name: names\nID: 3\n" COMMON
	"\tfield:unsigned long flags;\toffset:8;\tsize:8;\tsigned:0;\n"
	"\tfield:int kind;\toffset:16;\tsize:4;\tsigned:1;\n"
	"\tfield:void * ip;\toffset:24;\tsize:8;\tsigned:0;\n"
	"\nprint fmt: \"%s %s %pS %ps %p\", __print_flags(REC->flags, \"|\", { 1, \"A\" }, "
	"{ 1 << 4, \"B\" }), __print_symbolic(REC->kind, { 0, \"zero\" }, { 3, \"three\" }), "
	"REC->ip, REC->ip, REC->ip\n",
	"name: failed\nID: 4\n" COMMON
	"\tfield:__data_loc u8[] bytes;\toffset:8;\tsize:4;\tsigned:0;\n"
	"\tfield:u8 uuid[16];\toffset:12;\tsize:16;\tsigned:0;\n"
	"\nprint fmt: \"%s\", no_such_function(REC->uuid)\n",
};

static const char symbols[] = "0000000000000100 T one\n0000000000001000 t two\t[m]\n"
			      "ffffffff81000000 T three\nffffffffc0000000 T four\n";

static char dir[64], segment[96], about[96];
static int null_fd;

static void file_write(const char *path, const void *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	want(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	close(fd);
}

static void remove_all(void)
{
	unlink(segment);
	unlink(about);
	rmdir(dir);
}

/* A folder with a good file "about". */
static void set_up(void)
{
	static const char host[] = "{\"long_size\":8,\"patterns\":[\"a:*\"],\"wall\":1}";
	struct keep_options o = { .dir = dir, .cpus = 1 };
	struct keep *keep;

	strcpy(dir,
	       access("/dev/shm", W_OK) ? "/tmp/assay-fuzz.XXXXXX" : "/dev/shm/assay-fuzz.XXXXXX");
	want(mkdtemp(dir) != NULL);
	snprintf(segment, sizeof(segment), "%s/cpu0.0", dir);
	snprintf(about, sizeof(about), "%s/" RAW_ABOUT, dir);
	null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	atexit(remove_all);
	want(keep__new(&o, &keep) == 0);
	want(keep_about(keep, RAW_HOST, host, strlen(host)) == 0);
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		char payload[2048];
		int n = snprintf(payload, sizeof(payload), "sys%c%s", 0, formats[i]);

		want(keep_about(keep, RAW_FORMAT, payload, n) == 0);
	}
	want(keep_about(keep, RAW_SYMBOLS, symbols, strlen(symbols)) == 0);
	keep__free(keep);
}

static struct raw_head head_of(int32_t stream)
{
	return (struct raw_head){ .magic = RAW_MAGIC, .major = RAW_MAJOR, .stream = stream };
}

/* Gives the blocks of a file the sums that they ought to have, the last one its length, too. */
static void sums_mend(uint8_t *data, size_t size, int32_t stream)
{
	struct raw_head head = head_of(stream);
	struct raw_block b;

	if (size < sizeof(head))
		return;
	memcpy(data, &head, sizeof(head));
	for (size_t at = sizeof(head); at + sizeof(b) <= size; at += sizeof(b) + b.length) {
		memcpy(&b, data + at, sizeof(b));
		b.kind = b.kind % 7;
		if (b.length > size - at - sizeof(b))
			b.length = (uint32_t)(size - at - sizeof(b));
		b.crc = (uint32_t)crc32(0, data + at + sizeof(b), b.length);
		b.head_crc = (uint32_t)crc32(0, (void *)&b, offsetof(struct raw_block, head_crc));
		memcpy(data + at, &b, sizeof(b));
	}
}

static int about_see(void *arg, enum raw_kind kind, const char *payload, size_t size)
{
	size_t *seen = arg;

	(void)kind;
	want(payload[size] == '\0');
	*seen += size + sizeof(struct raw_block);
	return 0;
}

/* All of the recording: records whole, what is not is counted. */
static void read_all(size_t file_size)
{
	struct raw_item item;
	char why[256] = "";
	struct raw *raw;
	size_t seen = 0;
	int err = raw__open(dir, &raw, why, sizeof(why));

	want(err == 0 || err == -EBADMSG || err == -ENOTSUP);
	want(err ? !raw && why[0] : raw && !why[0]);
	if (err)
		return;
	while (raw_next(raw, &item) == 1) {
		want(item.record->size >= sizeof(*item.record) && item.record->size % 8 == 0);
		want(!item.note == !!item.record->id);
		want(item.stream == 0);
		/* every byte of it is there */
		seen += crc32(0, (const void *)item.record, item.record->size) & 0;
		seen += item.record->size;
		if (item.comm)
			want(strlen(item.comm) <= FLIGHT_EVENT_MAX);
	}
	want(seen + raw_damaged(raw) <= file_size);
	seen = 0;
	want(raw_about(raw, about_see, &seen) == 0);
	raw__free(raw);
}

static void decode(void)
{
	struct decode_stats stats;
	char why[256] = "";
	int err = flight_decode_here(dir, null_fd, &stats, why, sizeof(why));

	want(err == 0 || err == -EBADMSG || err == -ENOTSUP);
	want(stats.odd <= stats.events);
}

/* The input as the records of one block. */
static void fuzz_records(const uint8_t *data, size_t size)
{
	struct raw_head head = head_of(0);
	struct raw_block b = { .kind = RAW_EVENTS, .length = (uint32_t)size };
	uint8_t *file = malloc(sizeof(head) + sizeof(b) + size);

	want(file != NULL);
	memcpy(file, &head, sizeof(head));
	memcpy(file + sizeof(head), &b, sizeof(b));
	memcpy(file + sizeof(head) + sizeof(b), data, size);
	sums_mend(file, sizeof(head) + sizeof(b) + size, 0);
	file_write(segment, file, sizeof(head) + sizeof(b) + size);
	read_all(sizeof(head) + sizeof(b) + size);
	decode();
	free(file);
}

/* A record of one of the formats, its fields the input's. */
static void fuzz_fields(const uint8_t *data, size_t size)
{
	uint8_t bytes[4096] = { 0 };
	size_t rest = size < 2048 ? size : 2048;
	struct flight_record r = { 10, 1, (sizeof(r) + rest + 7) & ~7ul, 7 };

	for (; r.id <= 4; r.id++) {
		memcpy(bytes, &r, sizeof(r));
		memcpy(bytes + sizeof(r), data, rest);
		fuzz_records(bytes, r.size);
	}
}

static void fuzz_segment(const uint8_t *data, size_t size)
{
	uint8_t *mended = malloc(size + 1);

	want(mended != NULL);
	file_write(segment, data, size);
	read_all(size);
	memcpy(mended, data, size);
	sums_mend(mended, size, 0);
	file_write(segment, mended, size);
	read_all(size);
	free(mended);
}

/* The file "about", then again the good one. */
static void fuzz_about(const uint8_t *data, size_t size)
{
	static uint8_t good[16384];
	static size_t good_size;
	uint8_t *mended = malloc(size + 1);
	int fd;

	want(mended != NULL);
	if (!good_size) {
		fd = open(about, O_RDONLY | O_CLOEXEC);
		good_size = read(fd, good, sizeof(good));
		want(good_size > 0 && good_size < sizeof(good));
		close(fd);
	}
	file_write(about, data, size);
	unlink(segment);
	read_all(0);
	memcpy(mended, data, size);
	sums_mend(mended, size, RAW_STATIC);
	file_write(about, mended, size);
	read_all(0);
	file_write(about, good, good_size);
	free(mended);
}

static void fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *again, out[64];
	struct enumerators names = { 0 };
	struct flight_event event;
	struct symbols *s;

	want(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	if (flight_event_parse(text, &event) == 0) {
		want(event.id && event.fixed >= FLIGHT_COMMON && event.fixed <= FLIGHT_EVENT_MAX);
		want(event.ndynamic <= FLIGHT_DYNAMIC_MAX);
		for (int i = 0; i < event.ndynamic; i++)
			want(event.dynamic[i].at + 4 <= event.fixed);
	}
	want(enums_collect(text, &names) == 0);
	again = enums_replace(text, &names);
	want(again && !strcmp(again, text)); /* none has a value */
	free(again);
	enumerators_free(&names);
	s = symbols__new(text, size);
	want(s != NULL);
	for (int i = 0; i < 64; i++)
		symbols_print(s, 1ull << i, i % 2, out, sizeof(out));
	symbols__free(s);
	free(text);
}

/* The first byte chooses. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const ways[])(const uint8_t *, size_t) = { fuzz_segment, fuzz_about,
								 fuzz_records, fuzz_fields,
								 fuzz_text };

	if (!size)
		return 0;
	if (!dir[0])
		set_up();
	ways[data[0] % (sizeof(ways) / sizeof(ways[0]))](data + 1, size - 1);
	return 0;
}
