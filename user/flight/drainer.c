// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "core/units.h"
#include "drainer.h"

#define PERIOD	   20000000ULL	/* ns from one look at the rings to the next */
#define PERIOD_ON  4000000ULL	/* the same while one is filling */
#define PATIENCE   100000000ULL /* ns that little waits for more before it is written */
#define LITTLE	   32768	/* bytes */
#define FILLING	   8		/* a ring is, from the eighth of its size on */
#define AGE_EVERY  NSEC_PER_SEC
#define LINES_ROOM (1u << 20) /* bytes of lines that wait */

struct drainer {
	struct rings *rings;
	struct keep *keep;
	uint64_t *written_at; /* [CPUs] */
	uint64_t aged_at;
	bool filling; /* one of them was, last time */
	/* lines that wait to be written */
	char *lines;
	size_t lines_used;
	uint64_t lines_waiting, lines_first, lines_last, lines_written_at;
	uint64_t nlines, lines_lost, lines_told;
	uint64_t unwritten; /* events that were still in the rings at the end, lines too */
	/* of the thread; all above is under its lock */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t thread;
	bool runs, ends;
	uint64_t moved;
	int err; /* of the last try */
};

/* --- rings --- */

/* Up to what has come by now, in as many pieces as it takes. 0 or -errno. */
static int ring_drain(struct drainer *d, int cpu, uint64_t now, bool all)
{
	const struct flight_ring *ring = &d->rings->rings[cpu];
	struct rings_piece piece;

	if (__atomic_load_n(&ring->head, __ATOMIC_RELAXED) - ring->tail >= d->rings->size / FILLING)
		d->filling = true;
	while (rings_look(d->rings, cpu, &piece)) {
		int err;

		if (!all && piece.bytes < LITTLE && now - d->written_at[cpu] < PATIENCE)
			break;
		err = keep_append(d->keep, cpu, &piece.keep);
		/* the rest of a disk takes smaller pieces, from now on */
		if (err == -ENOSPC && d->rings->most > LITTLE) {
			d->rings->most = LITTLE;
			continue;
		}
		if (err)
			return err;
		rings_take(d->rings, cpu, &piece);
		d->written_at[cpu] = now;
		d->moved += piece.keep.events;
	}
	return 0;
}

static int lines_drain(struct drainer *d, uint64_t now, bool all)
{
	struct keep_piece piece = { .parts = { { d->lines, d->lines_used } },
				    .events = d->lines_waiting,
				    .first = d->lines_first,
				    .last = d->lines_last };
	int err;

	if (!d->lines_used ||
	    (!all && d->lines_used < LITTLE && now - d->lines_written_at < PATIENCE))
		return 0;
	err = keep_append(d->keep, d->rings->cpus, &piece);
	if (err)
		return err;
	d->moved += d->lines_waiting;
	d->lines_used = d->lines_waiting = 0;
	d->lines_written_at = now;
	return 0;
}

static int drain(struct drainer *d, bool all)
{
	uint64_t now = monotonic_now();
	int err = 0;

	d->filling = false;
	/* where one cannot be written, others may: their files have room left */
	for (int cpu = 0; cpu < d->rings->cpus; cpu++)
		err = ring_drain(d, cpu, now, all) ?: err;
	err = lines_drain(d, now, all) ?: err;
	if (now - d->aged_at >= AGE_EVERY) {
		keep_age(d->keep, now);
		d->aged_at = now;
	}
	return err;
}

/* --- lines --- */

/* Puts a note behind the lines that wait, where there is room for it. */
static void line_put(struct drainer *d, uint64_t time, const struct flight_note *note,
		     const void *payload, size_t length)
{
	size_t size = (FLIGHT_LINE_TEXT + length + 7) & ~7ul;
	char *at = d->lines + d->lines_used;

	d->lines_last = time > d->lines_last ? time : d->lines_last;
	if (!d->lines_used)
		d->lines_first = d->lines_last;
	memset(at, 0, size);
	memcpy(at, note, FLIGHT_LINE_TEXT);
	memcpy(at + FLIGHT_LINE_TEXT, payload, length);
	((struct flight_record *)at)->size = size;
	((struct flight_record *)at)->time = d->lines_last;
	d->lines_used += size;
}

/* Says how many lines are missing here. */
static void lines_tell(struct drainer *d, uint64_t time)
{
	const struct flight_note note = { .kind = FLIGHT_LOST };
	const uint64_t numbers[2] = { d->lines_lost - d->lines_told };

	if (!numbers[0])
		return;
	line_put(d, time, &note, numbers, sizeof(numbers));
	d->lines_told = d->lines_lost;
}

void drainer_add_line(struct drainer *d, uint64_t time, pid_t tid, const char *comm,
		      const char *text)
{
	const struct flight_note note = { .kind = FLIGHT_LINE, .head.tid = tid };
	size_t name = strnlen(comm, FLIGHT_COMM_LEN - 1);
	char payload[FLIGHT_RECORD_MAX - FLIGHT_LINE_TEXT];
	size_t length = strnlen(text, sizeof(payload) - name - 2);

	memcpy(payload, text, length);
	payload[length] = '\0';
	memcpy(payload + length + 1, comm, name);
	payload[length + 1 + name] = '\0';
	pthread_mutex_lock(&d->lock);
	/* with what has to be said before it */
	if (LINES_ROOM - d->lines_used < sizeof(payload) + sizeof(struct flight_note)) {
		d->lines_lost++;
	} else {
		lines_tell(d, time);
		line_put(d, time, &note, payload, length + name + 2);
		d->lines_waiting++;
		d->nlines++;
	}
	pthread_mutex_unlock(&d->lock);
}

/* --- the end --- */

/* What the program lost last, of which it could not tell: nothing came behind it. */
static int rings_tell(struct drainer *d, uint64_t now)
{
	int err = 0;

	for (int cpu = 0; cpu < d->rings->cpus && !err; cpu++) {
		struct flight_ring *ring = &d->rings->rings[cpu];
		struct flight_note note = { .head = { .time = now, .size = sizeof(note) },
					    .kind = FLIGHT_LOST,
					    .lost = ring->lost - ring->told };
		struct keep_piece piece = { .parts = { { &note, sizeof(note) } },
					    .first = now,
					    .last = now };

		if (!note.lost)
			continue;
		err = keep_append(d->keep, cpu, &piece);
		if (!err)
			ring->told = ring->lost;
	}
	return err;
}

/* What no disk takes any more is not recorded: counts it, and empties the rings of it. */
static void count_unwritten(struct drainer *d)
{
	struct rings_piece piece;

	for (int cpu = 0; cpu < d->rings->cpus; cpu++) {
		while (rings_look(d->rings, cpu, &piece)) {
			d->unwritten += piece.keep.events;
			rings_take(d->rings, cpu, &piece);
		}
	}
	d->unwritten += d->lines_waiting;
	d->lines_used = d->lines_waiting = 0;
}

int drainer_finish(struct drainer *d, uint64_t now)
{
	int err;

	pthread_mutex_lock(&d->lock);
	err = drain(d, true);
	/* the lines that waited have gone: there is room */
	if (!err) {
		lines_tell(d, now);
		err = rings_tell(d, now) ?: lines_drain(d, now, true);
	}
	if (err)
		count_unwritten(d);
	pthread_mutex_unlock(&d->lock);
	return err;
}

void drainer_stats(struct drainer *d, struct drainer_stats *stats)
{
	pthread_mutex_lock(&d->lock);
	keep_stats(d->keep, &stats->kept);
	stats->lines = d->nlines;
	stats->lines_lost = d->lines_lost;
	stats->unwritten = d->unwritten;
	pthread_mutex_unlock(&d->lock);
}

int drainer_moved(struct drainer *d)
{
	int moved;

	pthread_mutex_lock(&d->lock);
	moved = d->err ?: d->moved > INT32_MAX ? INT32_MAX : (int)d->moved;
	if (!d->err)
		d->moved = 0;
	pthread_mutex_unlock(&d->lock);
	return moved;
}

/* --- the thread --- */

static void *work(void *arg)
{
	struct drainer *d = arg;

	/* of this thread alone; without it, we are just slower to come */
	setpriority(PRIO_PROCESS, 0, -20);
	pthread_mutex_lock(&d->lock);
	while (!d->ends) {
		uint64_t until = monotonic_now() + (d->filling ? PERIOD_ON : PERIOD);
		struct timespec at = { until / NSEC_PER_SEC, until % NSEC_PER_SEC };

		pthread_cond_timedwait(&d->wake, &d->lock, &at);
		if (!d->ends)
			d->err = drain(d, false);
	}
	pthread_mutex_unlock(&d->lock);
	return NULL;
}

int drainer__new(struct rings *rings, struct keep *keep, struct drainer **out)
{
	struct drainer *d = calloc(1, sizeof(*d));
	pthread_condattr_t attr;

	*out = NULL;
	if (!d)
		return -ENOMEM;
	d->rings = rings;
	d->keep = keep;
	d->lines = malloc(LINES_ROOM);
	d->written_at = calloc(rings->cpus, sizeof(*d->written_at));
	pthread_mutex_init(&d->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&d->wake, &attr);
	pthread_condattr_destroy(&attr);
	if (!d->lines || !d->written_at) {
		drainer__free(d);
		return -ENOMEM;
	}
	*out = d;
	return 0;
}

int drainer_start(struct drainer *d)
{
	sigset_t all, before;
	int err;

	/* signals are for the thread that called */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = -pthread_create(&d->thread, NULL, work, d);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	d->runs = !err;
	return err;
}

void drainer_stop(struct drainer *d)
{
	if (!d->runs)
		return;
	pthread_mutex_lock(&d->lock);
	d->ends = true;
	pthread_cond_signal(&d->wake);
	pthread_mutex_unlock(&d->lock);
	pthread_join(d->thread, NULL);
	d->runs = false;
}

void drainer__free(struct drainer *d)
{
	if (!d)
		return;
	drainer_stop(d);
	pthread_cond_destroy(&d->wake);
	pthread_mutex_destroy(&d->lock);
	free(d->written_at);
	free(d->lines);
	free(d);
}
