// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Recordings: what is written comes back, whatever ends the file, and damage is found. Items are
 * compared as lines of text.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "core/recording.h"
#include "core/recording_format.h"
#include "core/text.h"
#include "test.h"

static char why[512];

/* --- a file in memory, which has a path, and its image --- */

static int file_fd = -1;
static char file_path[64];
static char *image;
static size_t image_size;

static void file_new(void)
{
	if (file_fd >= 0)
		close(file_fd);
	file_fd = memfd_create("recording", MFD_CLOEXEC);
	snprintf(file_path, sizeof(file_path), "/proc/self/fd/%d", file_fd);
}

static size_t file_size(void)
{
	struct stat st = { 0 };

	CHECK_INT(fstat(file_fd, &st), 0);
	return (size_t)st.st_size;
}

static void image_get(void)
{
	image_size = file_size();
	image = realloc(image, image_size);
	CHECK_INT(pread(file_fd, image, image_size, 0), image_size);
}

/* The image's first bytes become the file. */
static void image_put(size_t size)
{
	file_new();
	CHECK_INT(pwrite(file_fd, image, size, 0), size);
}

/* --- items as lines --- */

struct lines {
	char *text;
	size_t size;
	FILE *f;
	int n;
};

static struct lines wrote, got;

static void lines_new(struct lines *l)
{
	if (l->f)
		fclose(l->f);
	free(l->text);
	*l = (struct lines){ 0 };
	l->f = open_memstream(&l->text, &l->size);
}

static void hit_print(FILE *f, const struct hit *h)
{
	fprintf(f, "hit %" PRIu64 " %u %u %u %u", h->time, h->tgid, h->tid, h->probe, h->cut);
	for (int n = 0; n < FOLD_MAX_ARGS; n++) {
		fprintf(f, " %" PRIx64, h->args[n]);
		if (h->text[n])
			fprintf(f, "=%zu:%s", strlen(h->text[n]), h->text[n]);
	}
}

static void item_print(FILE *f, const struct recording_item *i)
{
	const struct hit_probe *p = i->kind == RECORDING_PROBE ? i->probe.probe : NULL;

	if (i->kind == RECORDING_HIT)
		hit_print(f, &i->hit);
	else if (p)
		fprintf(f, "probe %u %s %s %u %u %u %u", i->probe.number, p->provider, p->name,
			p->binary, p->nargs, p->texts, p->unread);
	else if (i->kind == RECORDING_BINARY)
		fprintf(f, "binary %u %s", i->binary.number, i->binary.path);
	else if (i->kind == RECORDING_PROCESS || i->kind == RECORDING_PROCESS_END)
		fprintf(f, "process %u %u %" PRIu64 " %s", i->process.tgid, i->process.binary,
			i->process.time, i->process.name ? i->process.name : "ended");
	else if (i->kind == RECORDING_END)
		fprintf(f, "end %" PRIu64, i->end);
	else
		fprintf(f, "kind %d", i->kind);
	for (int n = 0; i->kind == RECORDING_LOSSES && n <= FOLD_LOSS_MAX; n++)
		fprintf(f, " %" PRIu64, n < FOLD_LOSS_MAX ? i->losses.fold[n] : i->losses.extra);
}

static void lines_add(struct lines *l, const struct recording_item *item)
{
	item_print(l->f, item);
	fputc('\n', l->f);
	l->n++;
}

/* Whether what was read is what was written first. */
static bool got_is_prefix(void)
{
	fflush(wrote.f);
	return got.size <= wrote.size && !memcmp(got.text, wrote.text, got.size);
}

/* --- writing, and noting what was written --- */

static struct recording_writer *writer;

static int add_item(const struct recording_item *i)
{
	switch (i->kind) {
	case RECORDING_BINARY:
		return recording_add_binary(writer, i->binary.number, i->binary.path);
	case RECORDING_PROBE:
		return recording_add_probe(writer, i->probe.number, i->probe.probe);
	case RECORDING_PROCESS:
		return recording_add_process(writer, i->process.tgid, i->process.time,
					     i->process.name, i->process.binary);
	case RECORDING_PROCESS_END:
		return recording_end_process(writer, i->process.tgid, i->process.time);
	case RECORDING_LOSSES:
		return recording_add_losses(writer, i->losses.fold, i->losses.extra);
	case RECORDING_HIT:
		return recording_add_hit(writer, &i->hit);
	case RECORDING_END:
		return recording_close(writer, i->end, NULL, 0);
	}
	return -1;
}

static void add_noted(const struct recording_item *item)
{
	CHECK_INT(add_item(item), 0);
	lines_add(&wrote, item);
}

/* The kind, then .member = value */
#define ADD(...)      add_noted(&(struct recording_item){ __VA_ARGS__ })
#define ADD_HIT(hit_) ADD(RECORDING_HIT, .hit = (hit_))

static void add_probe(uint32_t number, uint8_t nargs, uint8_t texts)
{
	struct hit_probe probe = { "prov", "a-name", 0, nargs, texts, nargs ? 1 : 0 };

	ADD(RECORDING_PROBE, .probe = { number, &probe });
}

static void write_new(const char *path)
{
	json_t *header = json_pack("{s:s, s:i}", "host", "box\nå", "cpus", 7);

	lines_new(&wrote);
	CHECK_INT(recording_writer__new(path, header, &writer, why, sizeof(why)), 0);
	CHECK_INT(header->refcount, 1);
	json_decref(header);
	ADD(RECORDING_BINARY, .binary = { 0, "/bin/a b" });
}

/* With probes (0: a number; 1: a number and a text; 5: two numbers) and a process. */
static void write_basics(void)
{
	file_new();
	write_new(file_path);
	add_probe(0, 1, 0);
	add_probe(1, 2, 2);
	add_probe(5, 2, 0);
	ADD(RECORDING_PROCESS, .process = { 100, 0, 5, "proc\x1b" });
}

static void flush(void)
{
	CHECK_INT(recording_flush(writer), 0);
}

#define HIT_AT(at) ((struct hit){ .time = at, .tgid = 100, .tid = 101, .args = { 3 * (at) } })

static void text_set(struct hit *hit, int n, const char *text)
{
	hit->text[n] = text;
	hit->args[n] = text_hash(text);
}

/* --- reading --- */

static struct recording *reader;

static int read_open(void)
{
	int err;

	lines_new(&got);
	reader = NULL;
	why[0] = '\0';
	err = recording__open(file_path, &reader, why, sizeof(why));
	CHECK(err ? !reader && strstr(why, file_path) : reader && !why[0]);
	return err;
}

/* All items there are. Returns what recording_next() ended with. */
static int read_rest(void)
{
	struct recording_item item;
	int err;

	memset(&item, 0x55, sizeof(item));
	while ((err = recording_next(reader, &item)) == 1)
		lines_add(&got, &item);
	fflush(got.f);
	CHECK_INT(recording_next(reader, &item), err);
	return err;
}

/* The file has the first `n` items of what was written. */
static void check_file(int n, bool complete)
{
	CHECK_INT(read_open(), 0);
	CHECK_INT(recording_complete(reader), complete);
	CHECK_INT(read_rest(), 0);
	CHECK_INT(recording_cut(reader), !complete);
	CHECK_INT(got.n, n);
	CHECK(got_is_prefix());
	recording__free(reader);
}

static void close_and_check(void)
{
	ADD(RECORDING_END, .end = 3000);
	check_file(wrote.n, true);
}

/* --- tests --- */

static void small_recording_comes_back(void)
{
	write_basics();
	ADD_HIT(HIT_AT(1000));
	ADD(RECORDING_PROCESS_END, .process = { .tgid = 100, .time = 2000 });
	close_and_check();
	CHECK_STR(got.text, "binary 0 /bin/a b\n"
			    "probe 0 prov a-name 0 1 0 1\n"
			    "probe 1 prov a-name 0 2 2 1\n"
			    "probe 5 prov a-name 0 2 0 1\n"
			    "process 100 0 5 proc\x1b\n"
			    "hit 1000 100 101 0 0 bb8 0 0 0 0 0 0 0\n"
			    "process 100 0 2000 ended\n"
			    "end 3000\n");
	CHECK_INT(read_open(), 0);
	CHECK_STR(json_string_value(json_object_get(recording_header(reader), "host")), "box\nå");
	CHECK(!recording_probe(reader, 1));
	read_rest();
	CHECK_STR(recording_probe(reader, 1)->name, "a-name");
	CHECK(!recording_probe(reader, 2) && !recording_probe(reader, UINT32_MAX));
	recording__free(reader);
}

static uint64_t random_next(void)
{
	return (uint64_t)mrand48() << 32 ^ (uint32_t)mrand48();
}

/* Of any size: all lengths of varints come up. */
static uint64_t random_number(void)
{
	return random_next() >> (random_next() % 64);
}

/* Mostly one of a few, else one that does not come again; of a length where something changes. */
static const char *random_text(char *dst)
{
	static const uint16_t lengths[] = { 0, 1, 36, 36, 127, 128, 254, 255, 256, 257, 16384 };
	uint32_t len = lengths[random_next() % (sizeof(lengths) / sizeof(lengths[0]))];
	bool again = random_next() % 8;
	char of = (char)('a' + random_next() % 3);

	for (uint32_t i = 0; i < len; i++)
		dst[i] = again ? of : (char)(1 + random_next() % 255);
	dst[len] = '\0';
	return dst;
}

static const uint8_t random_probes[][2] = { /* nargs, texts */
					    { 0, 0 }, { 1, 0 },	   { 2, 1 }, { 8, 0xff },
					    { 8, 0 }, { 8, 0xa5 }, { 3, 2 }, { 1, 1 }
};

static void random_hit(int nprobes)
{
	static char text[FOLD_MAX_ARGS][20000];
	static uint64_t time;
	struct hit hit = { .probe = (uint32_t)(random_next() % nprobes * 7) };
	const uint8_t *probe = random_probes[hit.probe / 7];

	time += random_next() % 16 ? random_next() % 5000 : random_number();
	hit.time = time;
	hit.tgid = random_next() % 16 ? 7 : (uint32_t)random_number();
	hit.tid = random_next() % 16 ? 8 : (uint32_t)random_number();
	for (int n = 0; n < probe[0]; n++) {
		hit.args[n] = random_number();
		if (!(probe[1] & 1 << n))
			continue;
		hit.cut |= (uint8_t)((random_next() & 1) << n);
		if (random_next() % 8)
			text_set(&hit, n, random_text(text[n]));
	}
	ADD_HIT(hit);
}

static void random_items_come_back(void)
{
	int nprobes = 0;

	srand48(4242);
	file_new();
	write_new(file_path);
	for (uint32_t i = 0; i < 30000; i++) {
		uint64_t what = random_next() % 500, number = random_number();
		uint32_t tgid = (uint32_t)random_number();

		if (nprobes < 8 && (!nprobes || what < 2)) {
			add_probe((uint32_t)nprobes * 7, random_probes[nprobes][0],
				  random_probes[nprobes][1]);
			nprobes++;
		} else if (what < 5) {
			ADD(RECORDING_PROCESS, .process = { tgid, 0, number, "name" });
		} else if (what < 8) {
			ADD(RECORDING_PROCESS_END, .process = { .tgid = tgid, .time = number });
		} else if (what < 10) {
			ADD(RECORDING_LOSSES, .losses = { { number, 0, tgid }, number / 2 });
		} else if (what < 12) {
			flush();
		} else if (what < 15) {
			ADD(RECORDING_BINARY, .binary = { i + 1, "/bin/y" });
		} else {
			random_hit(nprobes);
		}
	}
	close_and_check();
}

static void texts_of_all_lengths_come_back(void)
{
	struct recording_item item = { RECORDING_HIT, .hit = { .probe = 1, .tgid = 100 } };
	static char text[70000];

	write_basics();
	for (uint32_t len = 0; len <= 65535; len += len < 600 || len > 65500 ? 1 : 991) {
		memset(text, 'a' + len % 26, len);
		text[len] = '\0';
		text_set(&item.hit, 1, text);
		add_noted(&item);
		add_noted(&item); /* by its number, when it gets one */
	}
	/* longer ones are cut */
	memset(text, 'x', sizeof(text) - 1);
	text_set(&item.hit, 1, text);
	CHECK_INT(add_item(&item), 0);
	text[65535] = '\0';
	item.hit.cut = 2;
	lines_add(&wrote, &item);
	close_and_check();
}

/* More threads and texts in one block than get numbers, and more texts of one hash than are tried.
 */
static void full_tables_lose_nothing(void)
{
	struct recording_item item = { RECORDING_HIT, .hit = { .probe = 1 } };
	char text[16];

	write_basics();
	for (uint32_t i = 0; i < 16100; i++) {
		if (i % 8000 == 0)
			flush();
		item.hit.tgid = i < 8000 ? 3 : i * 7;
		item.hit.tid = i < 8000 ? 4 : i * 7 - i % 3;
		snprintf(text, sizeof(text), "%x", i < 8000 ? i : i % 50);
		text_set(&item.hit, 1, text);
		lines_add(&wrote, &item);
		if (i >= 16000)
			item.hit.args[1] = 0;
		CHECK_INT(add_item(&item), 0);
	}
	close_and_check();
}

/* Bytes that so many hits take: of probe 5, or of probe 1 with 26 texts of that length. */
static uint64_t hits_size(uint32_t n, char *text)
{
	struct hit hit = { .probe = text ? 1 : 5, .tgid = 3000, .time = 1234567890123456 };
	uint64_t before;

	flush();
	before = recording_size(writer);
	for (uint32_t i = 0; i < n; i++) {
		hit.time += random_next() % 2500;
		hit.tid = hit.tgid + (uint32_t)(random_next() % 16);
		hit.args[0] = 123456 + i / 3;
		hit.args[1] = i % 3;
		if (text) {
			text[0] = (char)('a' + i % 26);
			text_set(&hit, 1, text);
		}
		ADD_HIT(hit);
	}
	flush();
	return recording_size(writer) - before;
}

static void hits_are_small(void)
{
	char text[FOLD_TEXT_KEY + 1];

	write_basics();
	CHECK(hits_size(20000, NULL) < 20000 * 7);
	memset(text, 'y', sizeof(text));
	text[FOLD_TEXT_KEY - 1] = '\0';
	CHECK(hits_size(1000, text) < 26 * 260 + 1000 * 8);
	/* longer ones are stored each time */
	text[FOLD_TEXT_KEY - 1] = 'y';
	text[FOLD_TEXT_KEY] = '\0';
	CHECK(hits_size(1000, text) > 256000);
	close_and_check();
}

/* Blocks of a few items each, all kinds of items. */
static void image_small(void)
{
	write_basics();
	flush();
	for (uint32_t i = 0; i < 8; i++) {
		struct hit hit = { .probe = i % 2, .tgid = 100, .tid = i / 3, .time = i * 50 };

		if (hit.probe)
			text_set(&hit, 1, i % 3 ? "text one" : "text");
		ADD_HIT(hit);
		if (i == 4)
			flush();
	}
	ADD(RECORDING_LOSSES, .losses = { { 1, 2, 3 }, 4 });
	flush();
	ADD(RECORDING_PROCESS_END, .process = { .tgid = 100, .time = 9 });
	ADD(RECORDING_END, .end = 10);
	image_get();
}

static void cut_anywhere_it_is_shorter(void)
{
	int last = -1;

	image_small();
	for (size_t size = 0; size <= image_size; size++) {
		image_put(size);
		if (read_open()) {
			CHECK(last < 0);
			continue;
		}
		CHECK_INT(read_rest(), 0);
		CHECK(recording_complete(reader) && recording_cut(reader) == (size < image_size));
		CHECK(got_is_prefix() && got.n >= last);
		last = got.n;
		recording__free(reader);
	}
	CHECK_INT(last, wrote.n);
}

static void flipped_bits_are_found(void)
{
	size_t damaged = 0;

	image_small();
	for (size_t bit = 0; bit < image_size * 8; bit++) {
		int err;

		image[bit / 8] ^= (char)(1 << bit % 8);
		image_put(image_size);
		image[bit / 8] ^= (char)(1 << bit % 8);
		err = read_open();
		if (!err) {
			err = read_rest();
			CHECK(!err || (err == -EBADMSG && strstr(recording_why(reader), " 0x")));
			CHECK(got_is_prefix() && (err || got.n == wrote.n));
			recording__free(reader);
		}
		damaged += err != 0;
	}
	/* all but those of the minor version */
	CHECK_INT(damaged, image_size * 8 - 16);
}

static void it_is_read_while_it_grows(void)
{
	write_basics();
	flush();
	CHECK_INT(read_open(), 0);
	for (int round = 0; round < 3; round++) {
		CHECK_INT(read_rest(), 0);
		CHECK(recording_cut(reader) && !recording_complete(reader));
		CHECK_INT(got.n, wrote.n);
		ADD_HIT(HIT_AT(7));
		CHECK_INT(read_rest(), 0);
		CHECK_INT(got.n, wrote.n - 1);
		flush();
	}
	ADD(RECORDING_END, .end = 9);
	CHECK_INT(read_rest(), 0);
	CHECK(!recording_cut(reader) && got.n == wrote.n && got_is_prefix());
	recording__free(reader);
	check_file(wrote.n, true);
}

static void full_disk_leaves_whole_blocks(void)
{
	void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
	struct rlimit old;
	int err = 0, whole = 0;

	write_basics();
	getrlimit(RLIMIT_FSIZE, &old);
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 5000, old.rlim_max });
	for (uint64_t i = 0; !err && i < 10000; i++) {
		whole = i % 100 ? whole : wrote.n;
		ADD_HIT(HIT_AT(i * 1000000));
		if (i % 100 == 99)
			err = recording_flush(writer);
	}
	CHECK_INT(err, -EFBIG);
	CHECK_INT(recording_error(writer), -EFBIG);
	CHECK_INT(recording_add_hit(writer, &(struct hit){ 0 }), 0);
	CHECK_INT(recording_flush(writer), 0);
	CHECK(file_size() > 2000 && file_size() < 5000);
	CHECK_INT(recording_size(writer), file_size());
	CHECK_INT(recording_close(writer, 1, NULL, 0), -EFBIG);
	setrlimit(RLIMIT_FSIZE, &old);
	signal(SIGXFSZ, handler);
	check_file(whole, false);
}

static void only_regular_files(void)
{
	char dir[] = "/tmp/test_recording.XXXXXX";
	json_t *header = json_object();
	struct stat st;

	CHECK(mkdtemp(dir) != NULL);
	snprintf(file_path, sizeof(file_path), "%s/file", dir);
	CHECK_INT(recording_writer__new(dir, header, &writer, why, sizeof(why)), -EISDIR);
	CHECK(strstr(why, dir) && strstr(why, "EISDIR"));
	CHECK_INT(read_open(), -ENOENT);
	CHECK_INT(recording_writer__new("/dev/null", header, &writer, why, sizeof(why)), -ESPIPE);
	CHECK_INT(mkfifo(file_path, 0600), 0);
	CHECK(read_open() == -ESPIPE && strstr(why, "regular"));
	CHECK_INT(recording_writer__new(file_path, header, &writer, why, sizeof(why)), -ESPIPE);
	CHECK(strstr(why, file_path) && strstr(why, "regular"));
	unlink(file_path);
	write_new(file_path);
	close_and_check();
	CHECK(!stat(file_path, &st) && (st.st_mode & 07777) == 0600);
	/* what was there goes, but not for a header that is none */
	CHECK_INT(recording_writer__new(file_path, json_null(), &writer, why, sizeof(why)),
		  -EINVAL);
	check_file(wrote.n, true);
	write_new(file_path);
	recording_writer__free(writer);
	check_file(0, false);
	unlink(file_path);
	rmdir(dir);
	json_decref(header);
}

static void wrong_calls_are_refused(void)
{
	static const struct hit_probe wrong[] = {
		{ "p", "n", .binary = 1 },
		{ "p", "n", .nargs = 9 },
		{ "p", "n", .nargs = 2, .texts = 4 },
		{ "p", "n", .nargs = 2, .unread = 4 },
	};
	struct hit_probe good = { "p", "n", .nargs = 8, .texts = 255 };

	write_basics();
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CHECK_INT(recording_add_probe(writer, 9, &wrong[i]), -EINVAL);
	CHECK_INT(recording_add_probe(writer, RECORDING_NUMBERS_MAX, &good), -EINVAL);
	CHECK_INT(recording_add_probe(writer, 0, &good), -EEXIST);
	CHECK_INT(recording_add_binary(writer, 0, "x"), -EEXIST);
	CHECK_INT(recording_add_binary(writer, RECORDING_NUMBERS_MAX, "x"), -EINVAL);
	CHECK_INT(recording_add_process(writer, 1, 1, "n", 1), -EINVAL);
	CHECK_INT(recording_add_hit(writer, &(struct hit){ .probe = 9 }), -EINVAL);
	CHECK_INT(recording_add_hit(writer, &(struct hit){ .probe = UINT32_MAX }), -EINVAL);
	CHECK_INT(recording_error(writer), 0);
	ADD(RECORDING_PROBE, .probe = { 9, &good });
	close_and_check();
}

/* --- files made by hand --- */

/* A block that claims to have `length` bytes. */
static void image_add(uint32_t kind, const void *payload, uint32_t length, uint32_t there)
{
	struct recording_block b = { .kind = kind, .length = length };

	b.crc = (uint32_t)crc32(0, payload, there);
	b.head_crc = (uint32_t)crc32(0, (void *)&b, offsetof(struct recording_block, head_crc));
	image = realloc(image, image_size + sizeof(b) + there);
	memcpy(image + image_size, &b, sizeof(b));
	memcpy(image + image_size + sizeof(b), payload, there);
	image_size += sizeof(b) + there;
}

/* The basics, to which blocks can be added. */
static void image_basics(void)
{
	write_basics();
	flush();
	recording_writer__free(writer);
	image_get();
}

#define HIT	 "10 02 00 05 00 06 " /* of probe 0, thread 5 5, at 1, with a 3 */
#define HIT1	 "11 02 00 05 00 06 " /* the same of probe 1: its text is to follow */
#define HIT_LINE "\nhit 1 5 5 0 0 3 0 0 0 0 0 0 0\n"
#define FFS	 "ff ff ff ff ff ff ff ff ff "

/* A block of items, given in hex. */
static void image_add_items(const char *hex)
{
	uint8_t bytes[128];
	unsigned int n = 0;
	int used;

	for (; sscanf(hex, "%hhx%n", &bytes[n], &used) == 1; hex += used)
		n++;
	image_add(RECORDING_BLOCK_ITEMS, bytes, n, n);
}

static const char *const damages[][2] = {
	{ HIT "00", "no kind" },
	{ HIT "12 02 00 05 00 06", "unknown probe" },
	{ HIT FFS "01", "unknown probe" },
	{ HIT "10 80", "number is cut" },
	{ HIT "10 " FFS "02 00 05 00 06", "too long" },
	{ HIT "10 02 02 06", "unknown thread" },
	{ HIT HIT1 "06", "unknown text" },
	{ HIT HIT1 "02 03 61 62 63", "text is cut" },
	{ HIT HIT1 "02 " FFS "01 61 62", "text is cut" },
	{ HIT HIT1 "02 03 61 62 00 00", "length it says" },
	{ HIT HIT1 "02 02 61 62 63 00", "length it says" },
	{ HIT "01 02 00 00 00 01", "item is cut" },
	{ HIT "01 02 00 00", "item is cut" },
	{ HIT "01 03 00 00 00 01 02 61 62 00", "text is cut" },
	{ HIT "01 04 00 00 00 00 01 61 00", "not new" },
	{ HIT "01 06 00 00 00 80 80 04 01 61 00", "too large" },
	{ HIT "02 0a 00 00 00 00 00 01 00 00 01 61 00 00 00", "not new" },
	{ HIT "02 0a 00 00 00 02 01 01 00 00 01 61 00 00 00", "unknown binary" },
	{ HIT "02 0a 00 00 00 02 00 09 00 00 01 61 00 00 00", "too many arg" },
	{ HIT "02 0a 00 00 00 02 00 01 02 00 01 61 00 00 00", "too many arg" },
	{ HIT "02 0a 00 00 00 02 00 01 00 02 01 61 00 00 00", "too many arg" },
	{ HIT "03 05 00 00 00 02 01 00 00 00", "unknown binary" },
	{ HIT "04 06 00 00 00 80 80 80 80 10 00", "too large" },
	{ HIT "05 02 00 00 00 7f 00", "number is cut" },
	{ "06 01 00 00 00 05 " HIT, "behind the end" },
};

/* Each is found, said where it is, and what comes before it is good. */
static void damaged_items_are_refused(void)
{
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		char at[32];

		image_basics();
		snprintf(at, sizeof(at),
			 " 0x%zx: ", image_size + sizeof(struct recording_block) + 6);
		image_add_items(damages[i][0]);
		image_put(image_size);
		CHECK_INT(read_open(), 0);
		CHECK_INT(read_rest(), -EBADMSG);
		CHECK_INT(got.n, wrote.n + 1);
		CHECK(strstr(got.text, HIT_LINE) || strstr(got.text, "\nend 5\n"));
		if (!strstr(recording_why(reader), damages[i][1]) ||
		    !strstr(recording_why(reader), at))
			CHECK_STR(recording_why(reader), damages[i][1]);
		recording__free(reader);
	}
}

static void what_is_not_known_is_skipped(void)
{
	char losses[128];

	image_basics();
	image_add(77, "whatever", 8, 8);
	image_add_items("");
	image_add_items("09 02 00 00 00 3f 3f " HIT);
	/* two losses more than are known here, then the rest, then more than that */
	snprintf(losses, sizeof(losses), "05 %x 00 00 00 %x", FOLD_LOSS_MAX + 5, FOLD_LOSS_MAX + 2);
	for (int i = 0; i < FOLD_LOSS_MAX; i++)
		strcat(losses, " 07");
	image_add_items(strcat(losses, " 01 02 03 3f"));
	image_add_items("06 04 00 00 00 05 3f 3f 3f");
	image_add(78, "index", 5, 5);
	image_put(image_size);
	CHECK_INT(read_open(), 0);
	CHECK_INT(read_rest(), 0);
	CHECK(!recording_cut(reader) && got.n == wrote.n + 3);
	CHECK(strstr(got.text, HIT_LINE "kind 5 7 7 ") && strstr(got.text, " 7 7 6\nend 5\n"));
	recording__free(reader);
}

static void blocks_are_bounded(void)
{
	for (int i = 0; i < 2; i++) {
		image_basics();
		image_add(RECORDING_BLOCK_ITEMS, "cut", RECORDING_BLOCK_MAX + i, 3);
		image_put(image_size);
		CHECK_INT(read_open(), 0);
		CHECK_INT(read_rest(), i ? -EBADMSG : 0);
		CHECK_INT(got.n, wrote.n);
		recording__free(reader);
	}
}

/* A start of which one byte is changed, and what it has for a header. */
static const struct start {
	size_t at;
	char byte;
	const char *header;
	int want; /* of opening it */
} starts[] = {
	{ 0, '\x89', "{}", 0 },	       { 0, '\x89', "[1]", -EBADMSG },
	{ 0, '\x89', "{", -EBADMSG },  { 0, '\x89', "", -EBADMSG },
	{ 0, '\x89', NULL, -EBADMSG }, { 1, 'A', "{}", -EINVAL },
	{ 8, 0, "{}", -EINVAL },       { 10, 7, "{}", 0 }, /* a minor version */
	{ 12, 'O', "{}", -EBADMSG },   { 8, 2, "what they have", -ENOTSUP },
};

static void starts_are_checked(void)
{
	static const struct recording_head head = { RECORDING_MAGIC, 1, 0, RECORDING_STATE_OPEN };

	image_basics();
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		const struct start *s = &starts[i];

		memcpy(image, &head, sizeof(head));
		image[s->at] = s->byte;
		image_size = sizeof(head);
		if (s->header)
			image_add(RECORDING_BLOCK_HEADER, s->header, strlen(s->header),
				  strlen(s->header));
		image_put(image_size);
		CHECK_INT(read_open(), s->want);
		recording__free(reader);
	}
	CHECK(strstr(why, "later version") != NULL);
}

static const struct test tests[] = { TEST(small_recording_comes_back),
				     TEST(random_items_come_back),
				     TEST(texts_of_all_lengths_come_back),
				     TEST(full_tables_lose_nothing),
				     TEST(hits_are_small),
				     TEST(cut_anywhere_it_is_shorter),
				     TEST(flipped_bits_are_found),
				     TEST(it_is_read_while_it_grows),
				     TEST(full_disk_leaves_whole_blocks),
				     TEST(only_regular_files),
				     TEST(wrong_calls_are_refused),
				     TEST(damaged_items_are_refused),
				     TEST(what_is_not_known_is_skipped),
				     TEST(blocks_are_bounded),
				     TEST(starts_are_checked) };

TEST_MAIN("recording")
