// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Fuzzes the reading of the hits that a flight keeps: the input as one of its files, and as the
 * items of a file behind a good start, with another good file after it. Each hit has to be a line
 * that what prints it can take, and the good file's hit has to come. Build with clang
 * -fsanitize=fuzzer,address,undefined; no seeds are needed.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "core/recording.h"
#include "core/recording_format.h"
#include "flight/hit_files.h"
#include "flight/hit_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[64];

static void want(int condition)
{
	if (!condition)
		abort();
}

static char *path_of(int number)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/" HIT_FILE "%d", dir, number);
	return path;
}

static void remove_all(void)
{
	unlink(path_of(0));
	unlink(path_of(1));
	rmdir(dir);
}

/* The good file: one hit. */
static void good_write(int number)
{
	const struct hit_probe probe = { .provider = "good", .name = "hit" };
	const struct hit hit = { .time = 1, .tgid = 2, .tid = 3 };
	struct recording_writer *w;
	json_t *header = json_object();
	char why[256];

	want(!recording_writer__new(path_of(number), header, &w, why, sizeof(why)));
	json_decref(header);
	want(!recording_add_binary(w, 0, "/good") && !recording_add_probe(w, 0, &probe));
	want(!recording_add_hit(w, &hit) && !recording_end(w, 4, NULL, 0));
}

static void append(int fd, const void *data, size_t size)
{
	want(write(fd, data, size) == (ssize_t)size);
}

static void block_append(int fd, uint32_t kind, const void *payload, size_t size)
{
	struct recording_block block = { .kind = kind,
					 .length = (uint32_t)size,
					 .crc = (uint32_t)crc32(0, payload, (uInt)size) };

	block.head_crc =
		(uint32_t)crc32(0, (void *)&block, offsetof(struct recording_block, head_crc));
	append(fd, &block, sizeof(block));
	append(fd, payload, size);
}

/* As it is, or as items. */
static void input_write(const uint8_t *data, size_t size, int as_items)
{
	static const struct recording_head head = { .magic = RECORDING_MAGIC,
						    .major = RECORDING_MAJOR,
						    .state = RECORDING_STATE_OPEN };
	int fd = open(path_of(0), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	want(fd >= 0);
	if (as_items) {
		append(fd, &head, sizeof(head));
		block_append(fd, RECORDING_BLOCK_HEADER, "{}", 2);
		block_append(fd, RECORDING_BLOCK_ITEMS, data, size);
	} else {
		append(fd, data, size);
	}
	close(fd);
}

static void read_back(void)
{
	static const uint64_t numbers[] = { 0, 1 };
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), good = 0;
	struct hit_reader *r = hit_reader__new(fd, numbers, 2);
	const struct flight_note *note;

	want(fd >= 0 && r);
	while ((note = hit_read(r))) {
		const char *text = (const char *)note + FLIGHT_LINE_TEXT;

		want(note->kind == FLIGHT_LINE && !note->head.id);
		want(strstr(text, ": pid=") != NULL);
		want(strlen(strchr(text, '\0') + 1) < 32);
		good += !strcmp(text, "good:hit: pid=2");
	}
	want(!hit_read_error(r) && good >= 1);
	hit_reader__free(r);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!*dir) {
		snprintf(dir, sizeof(dir), "/tmp/fuzz_hits.XXXXXX");
		want(mkdtemp(dir) != NULL);
		atexit(remove_all);
		good_write(1);
	}
	for (int as_items = 0; as_items < 2; as_items++) {
		input_write(data, size, as_items);
		read_back();
	}
	return 0;
}
