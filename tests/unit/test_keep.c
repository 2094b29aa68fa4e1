// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Keeping the newest of streams, and reading it back: bounds, what is dropped, disks that are full,
 * files that are cut off, damaged, or not what their names say.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#include "flight/raw_read.h"
#include "flight_make.h"
#include "test.h"

static const struct keep_options two_cpus = { .cpus = 2 };

/* `n` events of 64 bytes each, of the times from `time` on, 10 apart. */
static int put(struct make *m, int stream, uint64_t time, int n)
{
	const char fields[48] = "fields";

	for (int i = 0; i < n; i++)
		make_record(m, time + 10 * i, 100 + stream, 7, fields, sizeof(fields));
	return make_put(m, stream);
}

static off_t file_size(const struct make *m, const char *name)
{
	char path[160];
	struct stat st;

	make_path(m, name, path);
	return stat(path, &st) ? -1 : st.st_size;
}

/* The times of all events there are, as words. */
static const char *times(const struct make *m, uint64_t *damaged)
{
	static char text[65536];
	struct raw_item item;
	struct raw *raw;
	char why[256];
	int used = 0;

	text[0] = '\0';
	CHECK_INT(raw__open(m->dir, &raw, why, sizeof(why)), 0);
	while (raw && raw_next(raw, &item) > 0 && used < (int)sizeof(text) - 64) {
		if (item.record->id)
			used += snprintf(text + used, sizeof(text) - used, "%d:%d ", item.stream,
					 (int)item.record->time);
		else
			used += snprintf(text + used, sizeof(text) - used, "note ");
	}
	if (damaged)
		*damaged = raw ? raw_damaged(raw) : 0;
	raw__free(raw);
	return text;
}

static void streams_are_merged_by_time(void)
{
	struct keep_stats stats;
	uint64_t damaged;
	struct make m;

	CHECK_INT(make_begin(&m, &two_cpus), 0);
	CHECK_INT(put(&m, 0, 10, 2), 0);
	CHECK_INT(put(&m, 1, 15, 3), 0);
	CHECK_INT(put(&m, 0, 30, 1), 0);
	CHECK_INT(put(&m, 2, 12, 1), 0);
	keep_stats(m.keep, &stats);
	CHECK_INT(stats.oldest, 10);
	CHECK_INT(stats.dropped_events, 0);
	CHECK_INT(stats.whole_from, 0);
	make_close(&m);
	CHECK_STR(times(&m, &damaged), "0:10 -1:12 1:15 0:20 1:25 0:30 1:35 ");
	CHECK_INT(damaged, 0);
	make_end(&m);
}

/* Of 100 pieces of 640 bytes and their heads, 8000 bytes are kept: the newest 10 or so. */
static void oldest_is_dropped_first(void)
{
	struct keep_options o = { .cpus = 1, .bytes = 8000 };
	struct keep_stats stats;
	char want[64];
	struct make m;

	CHECK_INT(make_begin(&m, &o), 0);
	for (int i = 0; i < 100; i++)
		CHECK_INT(put(&m, 0, 1000 * (i + 1), 10), 0);
	keep_stats(m.keep, &stats);
	CHECK(stats.bytes <= 8000 + sizeof(struct raw_head));
	/* an eighth goes at a time: no less than seven are left */
	CHECK(stats.bytes >= 7000);
	CHECK(stats.dropped_events >= 880 && stats.dropped_events <= 920);
	CHECK_INT(stats.dropped_events % 10, 0);
	CHECK_INT(stats.oldest, stats.dropped_events * 100 + 1000);
	/* the last event that is gone */
	CHECK_INT(stats.whole_from, stats.oldest - 1000 + 90);
	make_close(&m);
	snprintf(want, sizeof(want), "0:%d 0:%d ", (int)stats.oldest, (int)stats.oldest + 10);
	CHECK(!strncmp(times(&m, NULL), want, strlen(want)));
	CHECK(strstr(times(&m, NULL), "0:100080 0:100090 "));
	make_end(&m);
}

static void each_stream_has_its_own_bound(void)
{
	struct keep_options o = { .cpus = 2, .bytes = 8000 };
	struct keep_stats stats;
	struct make m;

	CHECK_INT(make_begin(&m, &o), 0);
	CHECK_INT(put(&m, 1, 5, 10), 0);
	for (int i = 0; i < 100; i++)
		CHECK_INT(put(&m, 0, 1000 * (i + 1), 10), 0);
	keep_stats(m.keep, &stats);
	CHECK_INT(stats.oldest, 5);
	CHECK(stats.whole_from > 5);
	make_end(&m);
}

static void what_is_too_old_is_dropped(void)
{
	struct keep_options o = { .cpus = 1, .ns = 8000 };
	struct keep_stats stats;
	struct make m;

	CHECK_INT(make_begin(&m, &o), 0);
	for (int i = 0; i < 100; i++)
		CHECK_INT(put(&m, 0, 1000 * (i + 1), 10), 0);
	keep_stats(m.keep, &stats);
	/* all of the last 8000 ns, and not much more */
	CHECK(stats.oldest <= 100090 - 8000);
	CHECK(stats.oldest >= 100090 - 8000 - 3000);
	/* time goes on without events: all but the file being written goes */
	keep_age(m.keep, 1000000);
	keep_stats(m.keep, &stats);
	CHECK(stats.oldest >= 98000);
	make_close(&m);
	CHECK(strstr(times(&m, NULL), "0:100090 "));
	make_end(&m);
}

static void files_open_with_what_they_are_given(void)
{
	struct keep_options o = { .cpus = 1, .bytes = 8000 };
	struct keep_piece piece = { .events = 1 };
	struct flight_note opening = { .head = { .size = sizeof(opening), .tid = 7 },
				       .kind = FLIGHT_COMM,
				       .comm = "opener" };
	struct raw_item item;
	struct raw *raw;
	char why[256];
	struct make m;
	int n = 0;

	CHECK_INT(make_begin(&m, &o), 0);
	for (int i = 0; i < 100; i++) {
		char record[256] = { 0 };

		*(struct flight_record *)record = (struct flight_record){ i + 1, 100, 256, 7 };
		piece.opening = (struct iovec){ &opening, sizeof(opening) };
		piece.parts[0] = (struct iovec){ record, sizeof(record) };
		piece.first = piece.last = i + 1;
		CHECK_INT(keep_append(m.keep, 0, &piece), 0);
	}
	make_close(&m);
	CHECK_INT(raw__open(m.dir, &raw, why, sizeof(why)), 0);
	while (raw && raw_next(raw, &item) > 0) {
		CHECK_STR(item.comm, "opener");
		n++;
	}
	CHECK(n > 20 && n < 35);
	raw__free(raw);
	make_end(&m);
}

static void limit_files(rlim_t size)
{
	struct rlimit limit = { size, RLIM_INFINITY };

	signal(SIGXFSZ, size == RLIM_INFINITY ? SIG_DFL : SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
}

/* A write that fails half way leaves nothing behind, and the next one goes on where it was. */
static void full_disk_leaves_whole_blocks(void)
{
	uint64_t damaged;
	struct make m;
	off_t size;

	CHECK_INT(make_begin(&m, &two_cpus), 0);
	CHECK_INT(put(&m, 0, 10, 2), 0);
	size = file_size(&m, "cpu0.0");
	CHECK_INT(size, sizeof(struct raw_head) + sizeof(struct raw_block) + 2 * 64);
	limit_files(size + 100);
	CHECK_INT(put(&m, 0, 30, 2), -EFBIG);
	CHECK_INT(file_size(&m, "cpu0.0"), size);
	limit_files(10);
	/* not even the head of a new file */
	CHECK_INT(put(&m, 1, 30, 2), -EFBIG);
	CHECK_INT(file_size(&m, "cpu1.0"), -1);
	limit_files(RLIM_INFINITY);
	CHECK_INT(put(&m, 0, 50, 1), 0);
	CHECK_INT(put(&m, 1, 60, 1), 0);
	CHECK_INT(keep_sync(m.keep), 0);
	make_close(&m);
	CHECK_STR(times(&m, &damaged), "0:10 0:20 0:50 1:60 ");
	CHECK_INT(damaged, 0);
	make_end(&m);
}

/* --- reading what is damaged --- */

static void file_change(const struct make *m, const char *name, off_t at, char value)
{
	char path[160];
	int fd;

	make_path(m, name, path);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	CHECK(fd >= 0 && pwrite(fd, &value, 1, at) == 1);
	close(fd);
}

static void file_cut(const struct make *m, const char *name, off_t size)
{
	char path[160];

	make_path(m, name, path);
	CHECK_INT(truncate(path, size), 0);
}

static void file_rename(const struct make *m, const char *from, const char *to)
{
	char path[160], other[160];

	make_path(m, from, path);
	make_path(m, to, other);
	CHECK_INT(rename(path, other), 0);
}

/* Three blocks of two events on CPU 0, one on CPU 1. */
static void make_three(struct make *m)
{
	CHECK_INT(make_begin(m, &two_cpus), 0);
	for (int i = 0; i < 3; i++)
		CHECK_INT(put(m, 0, 100 * (i + 1), 2), 0);
	CHECK_INT(put(m, 1, 150, 1), 0);
	make_close(m);
}

#define BLOCK ((off_t)(sizeof(struct raw_block) + 2 * 64))
#define HEAD  ((off_t)sizeof(struct raw_head))

static void cut_file_is_read_as_far_as_it_is_whole(void)
{
	const struct {
		off_t size;
		const char *times;
		int damaged;
	} cuts[] = {
		{ HEAD + 3 * BLOCK - 1, "0:100 0:110 1:150 0:200 0:210 ", BLOCK - 1 },
		{ HEAD + 2 * BLOCK + 3, "0:100 0:110 1:150 0:200 0:210 ", 3 },
		{ HEAD + 2 * BLOCK, "0:100 0:110 1:150 0:200 0:210 ", 0 },
		{ HEAD, "1:150 ", 0 },
		{ HEAD - 1, "1:150 ", HEAD - 1 },
		{ 0, "1:150 ", 0 },
	};

	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		uint64_t damaged;
		struct make m;

		make_three(&m);
		file_cut(&m, "cpu0.0", cuts[i].size);
		CHECK_STR(times(&m, &damaged), cuts[i].times);
		CHECK_INT(damaged, cuts[i].damaged);
		make_end(&m);
	}
}

/* A byte that is different, anywhere, is seen; what came before it is read. */
static void damaged_file_is_read_up_to_there(void)
{
	for (off_t at = HEAD + BLOCK; at < HEAD + 2 * BLOCK; at++) {
		uint64_t damaged;
		struct make m;

		make_three(&m);
		file_change(&m, "cpu0.0", at, 0x5a);
		CHECK_STR(times(&m, &damaged), "0:100 0:110 1:150 ");
		CHECK_INT(damaged, 2 * BLOCK);
		make_end(&m);
	}
}

static void file_that_lies_is_passed_over(void)
{
	uint64_t damaged;
	struct make m;

	make_three(&m);
	file_rename(&m, "cpu0.0", "cpu0.1");
	CHECK_STR(times(&m, &damaged), "1:150 ");
	CHECK_INT(damaged, HEAD + 3 * BLOCK);
	file_rename(&m, "cpu0.1", "cpu7.0");
	CHECK_STR(times(&m, &damaged), "1:150 ");
	/* names that only look like one are none of ours */
	file_rename(&m, "cpu7.0", "cpu0.00");
	CHECK_STR(times(&m, &damaged), "1:150 ");
	CHECK_INT(damaged, 0);
	file_rename(&m, "cpu0.00", "cpu0.0");
	CHECK_STR(times(&m, &damaged), "0:100 0:110 1:150 0:200 0:210 0:300 0:310 ");
	make_end(&m);
}

/* Whole blocks whose records make no sense: sizes of nothing, or beyond the block. */
static void records_that_make_no_sense_are_passed_over(void)
{
	static const uint16_t sizes[] = { 0, 8, 12, 65528, 136 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const char fields[48] = "";
		uint64_t damaged;
		struct make m;

		CHECK_INT(make_begin(&m, &two_cpus), 0);
		make_record(&m, 10, 1, 7, fields, sizeof(fields));
		make_record(&m, 20, 1, 7, fields, sizeof(fields))->size = sizes[i];
		m.used = 2 * 64;
		CHECK_INT(make_put(&m, 0), 0);
		CHECK_INT(put(&m, 0, 30, 1), 0);
		make_close(&m);
		CHECK_STR(times(&m, &damaged), "0:10 0:30 ");
		CHECK_INT(damaged, 64);
		make_end(&m);
	}
}

static void what_is_no_recording_is_refused(void)
{
	struct raw *raw;
	char why[256];
	struct make m;

	CHECK_INT(raw__open("/nonexistent/trace", &raw, why, sizeof(why)), -ENOENT);
	CHECK_INT(raw__open("/proc/self", &raw, why, sizeof(why)), -ENOENT);
	CHECK(strstr(why, "/proc/self is no recording"));
	make_three(&m);
	/* the folder around it will do, too */
	CHECK_INT(raw__open(m.parent, &raw, why, sizeof(why)), 0);
	raw__free(raw);
	file_change(&m, "about", offsetof(struct raw_head, major), RAW_MAJOR + 1);
	CHECK_INT(raw__open(m.dir, &raw, why, sizeof(why)), -ENOTSUP);
	CHECK(strstr(why, "is of version 2.0"));
	file_change(&m, "about", 0, 'x');
	CHECK_INT(raw__open(m.dir, &raw, why, sizeof(why)), -EBADMSG);
	make_end(&m);
}

static void names_of_threads_go_along(void)
{
	const char fields[8] = "";
	struct raw_item item;
	struct raw *raw;
	char why[256];
	struct make m;

	CHECK_INT(make_begin(&m, &two_cpus), 0);
	make_record(&m, 10, 1, 7, fields, sizeof(fields)); /* before anybody is known */
	make_comm(&m, 20, 7, "sixteen-letters!");
	make_record(&m, 20, 1, 7, fields, sizeof(fields));
	make_record(&m, 30, 1, 8, fields, sizeof(fields)); /* another, of whom nothing is said */
	CHECK_INT(make_put(&m, 1), 0);
	make_close(&m);
	CHECK_INT(raw__open(m.dir, &raw, why, sizeof(why)), 0);
	CHECK_INT(raw_next(raw, &item), 1);
	CHECK(!item.comm);
	CHECK_INT(raw_next(raw, &item), 1);
	CHECK_STR(item.comm, "sixteen-letters!");
	CHECK_INT(raw_next(raw, &item), 1);
	CHECK(!item.comm);
	CHECK_INT(raw_next(raw, &item), 0);
	CHECK_INT(raw_next(raw, &item), 0);
	raw__free(raw);
	make_end(&m);
}

static const struct test tests[] = {
	TEST(streams_are_merged_by_time),
	TEST(oldest_is_dropped_first),
	TEST(each_stream_has_its_own_bound),
	TEST(what_is_too_old_is_dropped),
	TEST(files_open_with_what_they_are_given),
	TEST(full_disk_leaves_whole_blocks),
	TEST(cut_file_is_read_as_far_as_it_is_whole),
	TEST(damaged_file_is_read_up_to_there),
	TEST(file_that_lies_is_passed_over),
	TEST(records_that_make_no_sense_are_passed_over),
	TEST(what_is_no_recording_is_refused),
	TEST(names_of_threads_go_along),
};

TEST_MAIN("keep")
