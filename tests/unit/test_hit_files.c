// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Hits that a flight keeps: the newest stay, come back by time as lines, and what is damaged takes
 * nothing else with it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/recording.h"
#include "core/text.h"
#include "core/units.h"
#include "flight/hit_files.h"
#include "flight/hit_read.h"
#include "test.h"

#define T0 1000000000000ULL /* when it all begins */

static char dir[64], why[512];
static int synced;
static struct hit_files *files;

static const struct hit_probe probes[] = {
	{ .provider = "crucible_upstairs", .name = "gw-write-start", .nargs = 1 },
	{ .provider = "crucible_upstairs", .name = "up-status", .nargs = 2, .texts = 3 },
	{ .provider = "app", .name = "odd", .nargs = 2, .unread = 2, .binary = 1 },
};

static void on_sync(void *arg, int fd)
{
	(void)arg;
	synced++;
	close(fd);
}

static void begin(uint64_t bytes, uint64_t ns)
{
	json_t *header = json_pack("{s:s}", "report", "flight");
	struct hit_files_options o = {
		.dir = dir, .bytes = bytes, .ns = ns, .header = header, .sync = on_sync
	};

	snprintf(dir, sizeof(dir), "/tmp/test_hit_files.XXXXXX");
	CHECK(mkdtemp(dir) != NULL);
	synced = 0;
	CHECK_INT(hit_files__new(&o, &files, why, sizeof(why)), 0);
	json_decref(header);
	for (uint32_t i = 0; i < 3; i++)
		CHECK_INT(hit_files_add_probe(files, i, &probes[i], i == 2 ? "/b" : "/a"), 0);
}

/* The numbers of the files that are there, by number; how many. */
static int numbers_of(uint64_t *numbers, int max)
{
	struct dirent **list;
	int n = scandir(dir, &list, NULL, versionsort), found = 0;

	for (int i = 0; i < n; i++) {
		if (found < max && sscanf(list[i]->d_name, "hits.%" SCNu64, &numbers[found]) == 1)
			found++;
		free(list[i]);
	}
	free(list);
	return found;
}

static void end(void)
{
	uint64_t numbers[32];
	char path[128];

	hit_files__free(files);
	files = NULL;
	for (int i = numbers_of(numbers, 32) - 1; i >= 0; i--) {
		snprintf(path, sizeof(path), "%s/hits.%" PRIu64, dir, numbers[i]);
		unlink(path);
	}
	/* nothing else is left */
	CHECK_INT(rmdir(dir), 0);
}

static int add(uint32_t probe, uint64_t time, uint64_t job)
{
	const struct hit hit = {
		.time = time, .tgid = (uint32_t)getpid(), .tid = 77, .probe = probe, .args = { job }
	};

	return hit_files_add(files, &hit);
}

static int flush(uint64_t now)
{
	static const uint64_t losses[FOLD_LOSS_MAX];

	return hit_files_flush(files, now, losses, 0);
}

static int finish(uint64_t now)
{
	static const uint64_t losses[FOLD_LOSS_MAX];

	return hit_files_finish(files, now, losses, 0);
}

/* What came back. */
static struct {
	int n;
	uint64_t damaged;
	uint64_t first_job, last_job;
	bool in_order, jobs_in_order;
	char text[4096]; /* the first lines, "TIME COMM-TID TEXT" */
} got;

static void read_back(void)
{
	uint64_t numbers[32], before = 0;
	int n = numbers_of(numbers, 32), fd = open(dir, O_RDONLY | O_DIRECTORY);
	struct hit_reader *r = hit_reader__new(fd, numbers, n);
	const struct flight_note *note;
	size_t used = 0;

	memset(&got, 0, sizeof(got));
	got.in_order = got.jobs_in_order = true;
	while ((note = hit_read(r))) {
		const char *text = (const char *)note + FLIGHT_LINE_TEXT, *job;

		CHECK_INT(note->kind, FLIGHT_LINE);
		CHECK_INT(note->head.id, 0);
		got.in_order &= note->head.time >= before;
		before = note->head.time;
		job = strstr(text, "job=");
		if (job) {
			uint64_t number = strtoull(job + 4, NULL, 10);

			got.jobs_in_order &= !got.n || number == got.last_job + 1;
			got.first_job = got.n ? got.first_job : number;
			got.last_job = number;
		}
		if (used < sizeof(got.text))
			used += snprintf(got.text + used, sizeof(got.text) - used,
					 "%llu %s-%d %s\n", note->head.time, strchr(text, '\0') + 1,
					 note->head.tid, text);
		got.n++;
	}
	CHECK_INT(hit_read_error(r), 0);
	got.damaged = hit_read_damaged(r);
	hit_reader__free(r);
	close(fd);
}

static void hits_come_back_as_lines(void)
{
	const char *name = "\"stats\"", *status = "{\"ok\":{\"a\":\"b\"}}";
	const struct hit status_hit = { .time = T0 + 2,
					.tgid = (uint32_t)getpid(),
					.tid = 78,
					.probe = 1,
					.cut = 2,
					.args = { text_hash(name), text_hash(status) },
					.text = { name, status } };
	char want[1024];

	begin(0, 0);
	CHECK_INT(add(0, T0 + 1, 1004), 0);
	CHECK_INT(hit_files_add(files, &status_hit), 0);
	CHECK_INT(add(2, T0 + 3, (uint64_t)-5), 0);
	CHECK_INT(finish(T0 + 4), 0);
	read_back();
	snprintf(want, sizeof(want),
		 "1000000000001 test_hit_files-77 crucible_upstairs:gw-write-start: pid=%d "
		 "job=1004\n"
		 "1000000000002 test_hit_files-78 crucible_upstairs:up-status: pid=%d "
		 "name=\"\\\"stats\\\"\" status=\"{\\\"a\\\":\\\"b\\\"}\"...\n"
		 "1000000000003 test_hit_files-77 app:odd: pid=%d arg0=-5 arg1=?\n",
		 getpid(), getpid(), getpid());
	CHECK_STR(got.text, want);
	CHECK_INT(got.damaged, 0);
	end();
}

static void the_newest_are_kept(void)
{
	struct hit_files_stats stats;
	uint64_t numbers[32];
	uint64_t n = 0;
	int nfiles;

	begin(1 << 20, 0);
	/* until as much again has been dropped */
	do {
		CHECK_INT(add(0, T0 + n * 1000, n), 0);
		n++;
		hit_files_stats(files, &stats);
	} while (stats.dropped < 200000 && n < 2000000);
	CHECK_INT(stats.hits, n);
	/* at most what was asked for, and the file that is being written */
	CHECK(stats.bytes <= (1 << 20) + (1 << 18));
	CHECK(stats.bytes >= (1 << 20) * 6 / 8);
	nfiles = numbers_of(numbers, 32);
	CHECK(nfiles >= 6 && nfiles <= 9);
	CHECK(numbers[0] > 0);
	CHECK_INT(stats.oldest, T0 + stats.dropped * 1000);
	CHECK(synced > 0);
	CHECK_INT(flush(T0 + n * 1000), 0);
	read_back();
	CHECK_INT(got.n, n - stats.dropped);
	CHECK_INT(got.first_job, stats.dropped);
	CHECK_INT(got.last_job, n - 1);
	CHECK(got.in_order && got.jobs_in_order);
	/* at the end they become one, which has all of them */
	CHECK_INT(finish(T0 + n * 1000), 0);
	CHECK_INT(numbers_of(numbers, 32), 1);
	read_back();
	CHECK_INT(got.n, n - stats.dropped);
	CHECK_INT(got.first_job, stats.dropped);
	CHECK(got.in_order && got.jobs_in_order);
	CHECK_INT(got.damaged, 0);
	end();
}

/* What is joined is a recording as any other, closed, with the times of the first. */
static void the_joined_is_a_recording(void)
{
	struct recording_item item;
	struct recording *r;
	uint64_t numbers[32];
	char path[128];
	int hits = 0, processes = 0;

	begin(0, 8 * NSEC_PER_SEC);
	for (int i = 0; i < 5; i++) {
		CHECK_INT(add(0, T0 + i * NSEC_PER_SEC, i), 0);
		CHECK_INT(flush(T0 + i * NSEC_PER_SEC + 1), 0);
	}
	CHECK(numbers_of(numbers, 32) > 1);
	CHECK_INT(finish(T0 + 9), 0);
	CHECK_INT(numbers_of(numbers, 32), 1);
	snprintf(path, sizeof(path), "%s/hits.%" PRIu64, dir, numbers[0]);
	CHECK_INT(recording__open(path, &r, why, sizeof(why)), 0);
	CHECK(recording_complete(r));
	CHECK_STR(json_string_value(json_object_get(recording_header(r), "report")), "flight");
	while (recording_next(r, &item) > 0) {
		hits += item.kind == RECORDING_HIT;
		processes += item.kind == RECORDING_PROCESS;
	}
	CHECK_INT(hits, 5);
	CHECK(processes > 0);
	CHECK(!recording_cut(r));
	recording__free(r);
	end();
}

static void what_is_too_old_is_dropped(void)
{
	struct hit_files_stats stats;
	uint64_t now = 0;

	begin(0, 10 * NSEC_PER_SEC);
	for (int i = 0; i < 100; i++) {
		now = T0 + i * NSEC_PER_SEC;
		CHECK_INT(add(0, now, i), 0);
		CHECK_INT(flush(now), 0);
	}
	hit_files_stats(files, &stats);
	/* all of the last 10 s, and no more than a file's part beyond them */
	CHECK(stats.oldest <= now - 10 * NSEC_PER_SEC);
	CHECK(stats.oldest >= now - 13 * NSEC_PER_SEC);
	CHECK_INT(stats.hits, 100);
	CHECK_INT(stats.dropped, (stats.oldest - T0) / NSEC_PER_SEC);
	/* also when nothing comes any more, but for the file that is open */
	for (int i = 0; i < 30; i++)
		CHECK_INT(flush(now += NSEC_PER_SEC), 0);
	hit_files_stats(files, &stats);
	CHECK(stats.dropped >= 98);
	end();
}

/* CPUs' rings are emptied in turn: one may be a little behind. */
static void hits_are_put_in_order(void)
{
	begin(0, 0);
	for (uint64_t i = 0; i < 5120; i++)
		CHECK_INT(add(0, T0 + (i ^ 255), i ^ 255), 0);
	CHECK_INT(finish(T0 + 5120), 0);
	read_back();
	CHECK_INT(got.n, 5120);
	CHECK_INT(got.first_job, 0);
	CHECK(got.in_order && got.jobs_in_order);
	end();
}

static void what_was_flushed_survives_a_kill(void)
{
	begin(0, 0);
	for (int i = 0; i < 100; i++)
		CHECK_INT(add(0, T0 + i, i), 0);
	CHECK_INT(flush(T0 + 100), 0);
	CHECK_INT(add(0, T0 + 101, 100), 0);
	hit_files__free(files);
	files = NULL;
	read_back();
	CHECK_INT(got.n, 100);
	CHECK_INT(got.last_job, 99);
	CHECK_INT(got.damaged, 0);
	end();
}

static void damage_takes_its_block_only(void)
{
	char path[128];
	struct stat st;

	begin(0, 8 * NSEC_PER_SEC);
	for (int i = 0; i < 4; i++) {
		CHECK_INT(add(0, T0 + i * 2 * NSEC_PER_SEC, i), 0);
		CHECK_INT(flush(T0 + i * 2 * NSEC_PER_SEC), 0);
	}
	hit_files__free(files);
	files = NULL;
	/* the second file ends in the midst of its last block; the third is no recording */
	snprintf(path, sizeof(path), "%s/hits.1", dir);
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(truncate(path, st.st_size - 3), 0);
	snprintf(path, sizeof(path), "%s/hits.2", dir);
	CHECK_INT(truncate(path, 5), 0);
	read_back();
	CHECK(strstr(got.text, "job=0\n") != NULL);
	CHECK(strstr(got.text, "job=3\n") != NULL);
	CHECK(!strstr(got.text, "job=2\n"));
	CHECK(got.in_order);
	CHECK(got.damaged > 5);
	end();
}

static void a_full_disk_ends_it(void)
{
	struct rlimit before, little;
	int err = 0, n = 0;

	begin(0, 0);
	getrlimit(RLIMIT_FSIZE, &before);
	signal(SIGXFSZ, SIG_IGN);
	little = before;
	little.rlim_cur = 300000;
	setrlimit(RLIMIT_FSIZE, &little);
	while (!err && n < 1000000)
		err = add(0, T0 + n, n), n++;
	setrlimit(RLIMIT_FSIZE, &before);
	CHECK_INT(err, -EFBIG);
	CHECK_INT(add(0, T0 + n, n), -EFBIG);
	CHECK_INT(flush(T0 + n), -EFBIG);
	CHECK_INT(finish(T0 + n), -EFBIG);
	hit_files__free(files);
	files = NULL;
	read_back();
	CHECK(got.n > 10000 && got.n < n);
	CHECK(got.in_order && got.jobs_in_order);
	CHECK_INT(got.first_job, 0);
	end();
}

static const struct test tests[] = {
	TEST(hits_come_back_as_lines),	   TEST(the_newest_are_kept),
	TEST(the_joined_is_a_recording),   TEST(what_is_too_old_is_dropped),
	TEST(hits_are_put_in_order),	   TEST(what_was_flushed_survives_a_kill),
	TEST(damage_takes_its_block_only), TEST(a_full_disk_ends_it),
};

TEST_MAIN("hit_files")
