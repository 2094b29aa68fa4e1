// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Moving records from rings to files: by the thread and at the end, lines of text, losses told, and
 * a disk that is full for a while.
 */
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

#include "flight/drainer.h"
#include "flight/raw_read.h"
#include "flight_make.h"
#include "test.h"

#define SIZE (1u << 20)
#define CPUS 2

static struct flight_ring ring[CPUS];
static char bytes[CPUS][SIZE + FLIGHT_SLACK] __attribute__((aligned(8)));
static struct flight_note comm[CPUS];
static struct rings rings;
static struct drainer *drainer;

static void begin(struct make *m)
{
	static const struct keep_options options = { .cpus = CPUS };

	memset(ring, 0, sizeof(ring));
	memset(comm, 0, sizeof(comm));
	rings = (struct rings){ ring, bytes[0], CPUS, SIZE, comm, RINGS_PIECE, 0 };
	CHECK_INT(make_begin(m, &options), 0);
	CHECK_INT(drainer__new(&rings, m->keep, &drainer), 0);
}

static void end(struct make *m)
{
	drainer__free(drainer);
	make_end(m);
}

/* `n` events of 64 bytes, as the program does it. */
static void fire(int cpu, uint64_t time, int n)
{
	for (int i = 0; i < n; i++) {
		struct flight_record *r =
			(struct flight_record *)(bytes[cpu] + ring[cpu].head % SIZE);

		*r = (struct flight_record){ time + i, 100, 64, 7 };
		__atomic_store_n(&ring[cpu].head, ring[cpu].head + 64, __ATOMIC_RELEASE);
	}
}

/* "TIME " for each event, "TIME=TEXT,NAME " for a line, "lost=N " for losses. */
static const char *recorded(const struct make *m)
{
	static char text[65536];
	struct raw_item item;
	struct raw *raw;
	char why[256];
	int used = 0;

	text[0] = '\0';
	CHECK_INT(raw__open(m->dir, &raw, why, sizeof(why)), 0);
	while (raw && raw_next(raw, &item) > 0 && used < (int)sizeof(text) - 200) {
		char *at = text + used;
		size_t room = sizeof(text) - used;

		if (!item.note)
			used += snprintf(at, room, "%d ", (int)item.record->time);
		else if (item.note->kind == FLIGHT_LOST)
			used += snprintf(at, room, "lost=%d ", (int)item.note->lost);
		else
			used += snprintf(at, room, "%d=%.40s,%s ", (int)item.record->time,
					 (const char *)item.note + FLIGHT_LINE_TEXT, item.comm);
	}
	raw__free(raw);
	return text;
}

/* Until so many events have been moved; what drainer_moved() said last. */
static int wait_moved(int n)
{
	int moved = 0, got = 0;

	for (int i = 0; i < 500 && moved < n && got >= 0; i++) {
		usleep(10000);
		got = drainer_moved(drainer);
		moved += got > 0 ? got : 0;
	}
	return got < 0 ? got : moved;
}

static void thread_moves_events(void)
{
	struct drainer_stats stats;
	struct make m;

	begin(&m);
	CHECK_INT(drainer_start(drainer), 0);
	fire(0, 10, 2);
	fire(1, 11, 1);
	CHECK_INT(wait_moved(3), 3);
	CHECK_INT(ring[0].tail, ring[0].head);
	CHECK_INT(ring[1].tail, ring[1].head);
	drainer_stats(drainer, &stats);
	CHECK_INT(stats.kept.oldest, 10);
	drainer_stop(drainer);
	/* what comes when it has stopped is moved at the end */
	fire(0, 20, 1);
	CHECK_INT(drainer_finish(drainer, 30), 0);
	CHECK_STR(recorded(&m), "10 11 11 20 ");
	end(&m);
}

static void ring_passes_its_end_many_times(void)
{
	struct make m;
	int moved = 0;

	begin(&m);
	CHECK_INT(drainer_start(drainer), 0);
	/* 10 times as much as it holds, never more than it has room for */
	for (int i = 0; i < 10 * (int)SIZE / 64 / 4096; i++) {
		while (ring[0].head - __atomic_load_n(&ring[0].tail, __ATOMIC_ACQUIRE) > SIZE / 2)
			usleep(1000);
		fire(0, 4096 * i, 4096);
	}
	drainer_stop(drainer);
	CHECK_INT(drainer_finish(drainer, 30), 0);
	while ((moved = drainer_moved(drainer)) == 0)
		;
	CHECK_INT(moved, 10 * (SIZE / 64));
	CHECK_INT(rings.broken, 0);
	end(&m);
}

static void lines_are_recorded(void)
{
	char longest[20000], name[64];
	struct drainer_stats stats;
	struct make m;

	begin(&m);
	drainer_add_line(drainer, 10, 42, "name", "p:one: a=1");
	drainer_add_line(drainer, 20, 42, "a-name-that-is-too-long", "p:two");
	/* no line goes back in time */
	drainer_add_line(drainer, 15, 42, "", "");
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	drainer_add_line(drainer, 30, 42, "name", longest);
	CHECK_INT(drainer_finish(drainer, 40), 0);
	snprintf(name, sizeof(name), "30=%.40s,name ", longest);
	CHECK(strstr(recorded(&m), "10=p:one: a=1,name 20=p:two,a-name-that-is- 20=, "));
	CHECK(strstr(recorded(&m), name));
	drainer_stats(drainer, &stats);
	CHECK_INT(stats.lines, 4);
	CHECK_INT(stats.lines_lost, 0);
	end(&m);
}

/* A megabyte of lines waits; what comes beyond that is counted, and told where it is missing. */
static void lines_that_do_not_fit_are_told(void)
{
	struct drainer_stats stats;
	char text[1000];
	struct make m;
	int n = 0;

	begin(&m);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 2000; i++)
		drainer_add_line(drainer, 10, 42, "name", text);
	drainer_stats(drainer, &stats);
	CHECK(stats.lines > 900 && stats.lines < 1100);
	CHECK_INT(stats.lines + stats.lines_lost, 2000);
	CHECK_INT(drainer_finish(drainer, 40), 0);
	for (const char *at = recorded(&m); (at = strstr(at, "10=x")); at++)
		n++;
	CHECK_INT(n, stats.lines);
	snprintf(text, sizeof(text), "lost=%d ", (int)stats.lines_lost);
	CHECK(strstr(recorded(&m), text));
	end(&m);
}

/* What the program counted, and had no further event to say it with. */
static void losses_at_the_end_are_told(void)
{
	struct make m;

	begin(&m);
	fire(1, 10, 1);
	ring[1].lost = 1009;
	ring[1].told = 9;
	CHECK_INT(drainer_finish(drainer, 30), 0);
	CHECK_STR(recorded(&m), "10 lost=1000 ");
	/* not twice */
	CHECK_INT(drainer_finish(drainer, 30), 0);
	CHECK_STR(recorded(&m), "10 lost=1000 ");
	end(&m);
}

static void limit_files(rlim_t size)
{
	struct rlimit limit = { size, RLIM_INFINITY };

	signal(SIGXFSZ, size == RLIM_INFINITY ? SIG_DFL : SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
}

/* Nothing is lost while the rings have room, and it goes on when there is room again. */
static void full_disk_is_said_and_got_over(void)
{
	struct make m;
	int got = 0;

	begin(&m);
	limit_files(40);
	CHECK_INT(drainer_start(drainer), 0);
	fire(0, 10, 2);
	for (int i = 0; i < 500 && got == 0; i++) {
		usleep(10000);
		got = drainer_moved(drainer);
	}
	CHECK_INT(got, -EFBIG);
	CHECK_INT(ring[0].tail, 0);
	limit_files(RLIM_INFINITY);
	/* a try that was under way may still say so */
	for (int i = 0; i < 500 && got != 2; i++) {
		usleep(10000);
		got = drainer_moved(drainer);
	}
	CHECK_INT(got, 2);
	drainer_stop(drainer);
	CHECK_INT(drainer_finish(drainer, 30), 0);
	CHECK_STR(recorded(&m), "10 11 ");
	end(&m);
}

/* What stays in the rings because the disk is full to the end is not recorded, and counted. */
static void full_disk_at_the_end_is_counted(void)
{
	struct drainer_stats stats;
	struct make m;

	begin(&m);
	limit_files(40);
	fire(0, 10, 2);
	fire(1, 10, 3);
	drainer_add_line(drainer, 12, 7, "teller", "a line");
	CHECK_INT(drainer_finish(drainer, 30), -EFBIG);
	limit_files(RLIM_INFINITY);
	drainer_stats(drainer, &stats);
	CHECK_INT(stats.unwritten, 6);
	CHECK_STR(recorded(&m), "");
	end(&m);
}

static const struct test tests[] = {
	TEST(thread_moves_events),
	TEST(ring_passes_its_end_many_times),
	TEST(lines_are_recorded),
	TEST(lines_that_do_not_fit_are_told),
	TEST(losses_at_the_end_are_told),
	TEST(full_disk_is_said_and_got_over),
	TEST(full_disk_at_the_end_is_counted),
};

TEST_MAIN("drainer")
