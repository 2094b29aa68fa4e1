// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "core/log.h"
#include "core/units.h"
#include "keep.h"

struct segment {
	uint64_t number;
	uint64_t bytes;
	uint64_t events;
	uint64_t first, last; /* times */
};

struct stream {
	int32_t id;
	int fd; /* of the last segment; -1: none */
	bool dirty;
	struct segment *segments; /* the oldest first */
	int n, room;
	uint64_t next; /* segment's number */
	uint64_t bytes;
	uint64_t dropped_events, dropped_to;
};

struct keep {
	struct keep_options o;
	int dir;
	struct stream about;
	struct stream *streams; /* [o.cpus + 1] */
	/* what waits for the disk, and the thread that sees to it */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t thread;
	bool runs, ends;
	int *waits; /* descriptors of files that were closed before they were on the disk */
	int nwaits, waits_room;
	int err; /* of the disk */
};

/* --- the disk --- */

/* Leaves a file that is done with to the thread. */
static void wait_for(struct keep *k, int fd)
{
	int *more;

	pthread_mutex_lock(&k->lock);
	if (k->nwaits == k->waits_room) {
		more = reallocarray(k->waits, k->waits_room + 16, sizeof(*more));
		if (more) {
			k->waits = more;
			k->waits_room += 16;
		}
	}
	if (k->nwaits < k->waits_room)
		k->waits[k->nwaits++] = fd;
	else
		close(fd);
	pthread_mutex_unlock(&k->lock);
}

void keep_sync_file(struct keep *k, int fd)
{
	wait_for(k, fd);
}

static int sync_one(int fd)
{
	struct stat st;
	int err = 0;

	if (fd < 0)
		return 0;
	/* what has been dropped meanwhile need not get there any more */
	if (fstat(fd, &st) == 0 && st.st_nlink && fdatasync(fd))
		err = -errno;
	close(fd);
	return err;
}

/* A second descriptor of a stream's file when it has been written to, else -1. Under the lock. */
static int take_dirty(struct stream *s)
{
	bool dirty = __atomic_exchange_n(&s->dirty, false, __ATOMIC_ACQ_REL);

	return dirty && s->fd >= 0 ? fcntl(s->fd, F_DUPFD_CLOEXEC, 0) : -1;
}

static int sync_all(struct keep *k)
{
	int err = 0, fd, *waits, n;

	pthread_mutex_lock(&k->lock);
	waits = k->waits;
	n = k->nwaits;
	k->waits = NULL;
	k->nwaits = k->waits_room = 0;
	pthread_mutex_unlock(&k->lock);
	for (int i = 0; i < n; i++)
		err = sync_one(waits[i]) ?: err;
	free(waits);
	for (int i = -1; i <= k->o.cpus; i++) {
		pthread_mutex_lock(&k->lock);
		fd = take_dirty(i < 0 ? &k->about : &k->streams[i]);
		pthread_mutex_unlock(&k->lock);
		err = sync_one(fd) ?: err;
	}
	return err;
}

static void *syncer(void *arg)
{
	struct keep *k = arg;

	pthread_mutex_lock(&k->lock);
	while (!k->ends) {
		struct timespec at;
		uint64_t until;
		int err;

		clock_gettime(CLOCK_MONOTONIC, &at);
		until = (uint64_t)at.tv_sec * NSEC_PER_SEC + at.tv_nsec + k->o.sync_ns;
		at = (struct timespec){ until / NSEC_PER_SEC, until % NSEC_PER_SEC };
		pthread_cond_timedwait(&k->wake, &k->lock, &at);
		if (k->ends)
			break;
		pthread_mutex_unlock(&k->lock);
		err = sync_all(k);
		pthread_mutex_lock(&k->lock);
		if (err)
			k->err = err;
	}
	pthread_mutex_unlock(&k->lock);
	return NULL;
}

int keep_sync(struct keep *k)
{
	int err = sync_all(k);

	pthread_mutex_lock(&k->lock);
	err = err ?: k->err;
	pthread_mutex_unlock(&k->lock);
	return err;
}

/* --- files --- */

/* All of it or none: what a full disk took of it is taken back. */
static int write_all(int fd, struct iovec *iov, int n, size_t size)
{
	off_t start = lseek(fd, 0, SEEK_END);
	size_t done = 0;
	int err = 0;

	while (done < size && !err) {
		ssize_t got = writev(fd, iov, n);

		if (got <= 0) {
			err = got == 0 ? -EIO : errno == EINTR ? 0 : -errno;
			continue;
		}
		done += got;
		while (n && (size_t)got >= iov->iov_len) {
			got -= iov->iov_len;
			iov++;
			n--;
		}
		if (n) {
			iov->iov_base = (char *)iov->iov_base + got;
			iov->iov_len -= got;
		}
	}
	if (err && start >= 0 && ftruncate(fd, start))
		log_debug("cut a file of the recording back: %s", err_name(errno));
	return err;
}

/* A block of `n` parts; iov[0] is left free for its head. */
static int block_write(struct stream *s, enum raw_kind kind, struct iovec *iov, int n)
{
	struct raw_block block = { .kind = kind };
	size_t size = 0;
	uLong crc = 0;
	int err;

	for (int i = 1; i < n; i++) {
		size += iov[i].iov_len;
		crc = crc32(crc, iov[i].iov_base, iov[i].iov_len);
	}
	if (size > RAW_BLOCK_MAX)
		return -E2BIG;
	block.length = size;
	block.crc = crc;
	block.head_crc = crc32(0, (void *)&block, offsetof(struct raw_block, head_crc));
	iov[0] = (struct iovec){ &block, sizeof(block) };
	err = write_all(s->fd, iov, n, size + sizeof(block));
	if (err)
		return err;
	__atomic_store_n(&s->dirty, true, __ATOMIC_RELEASE);
	s->bytes += size + sizeof(block);
	if (s->n)
		s->segments[s->n - 1].bytes += size + sizeof(block);
	return 0;
}

/* Opens the stream's next file. */
static int segment_open(struct keep *k, struct stream *s)
{
	struct raw_head head = { .magic = RAW_MAGIC,
				 .major = RAW_MAJOR,
				 .minor = RAW_MINOR,
				 .stream = s->id,
				 .number = s->next };
	struct iovec iov = { &head, sizeof(head) };
	char name[64];
	int fd, err;

	if (s->n == s->room) {
		void *more = reallocarray(s->segments, s->room + 16, sizeof(*s->segments));

		if (!more)
			return -ENOMEM;
		s->segments = more;
		s->room += 16;
	}
	raw_segment_name(s->id, s->next, name, sizeof(name));
	fd = openat(k->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	err = write_all(fd, &iov, 1, sizeof(head));
	if (err) {
		close(fd);
		unlinkat(k->dir, name, 0);
		return err;
	}
	pthread_mutex_lock(&k->lock);
	s->fd = fd;
	pthread_mutex_unlock(&k->lock);
	s->segments[s->n++] = (struct segment){ .number = s->next, .bytes = sizeof(head) };
	s->bytes += sizeof(head);
	s->next++;
	return 0;
}

static void segment_close(struct keep *k, struct stream *s)
{
	int fd;

	pthread_mutex_lock(&k->lock);
	fd = s->fd;
	s->fd = -1;
	pthread_mutex_unlock(&k->lock);
	if (fd >= 0)
		wait_for(k, fd);
}

/* Removes the stream's oldest file, which is not the one being written. */
static void segment_drop(struct keep *k, struct stream *s)
{
	struct segment *old = s->segments;
	char name[64];

	raw_segment_name(s->id, old->number, name, sizeof(name));
	if (unlinkat(k->dir, name, 0))
		log_debug("remove %s: %s", name, err_name(errno));
	s->bytes -= old->bytes;
	s->dropped_events += old->events;
	s->dropped_to = old->last;
	memmove(old, old + 1, --s->n * sizeof(*old));
}

static void stream_age(struct keep *k, struct stream *s, uint64_t now)
{
	uint64_t from = k->o.ns && now > k->o.ns ? now - k->o.ns : 0;

	while (s->n > 1 && ((k->o.bytes && s->bytes > k->o.bytes) || s->segments[0].last < from))
		segment_drop(k, s);
}

/* Whether a piece of `size` bytes is better put into a new file. */
static bool is_full(const struct keep *k, const struct stream *s, uint64_t size, uint64_t now)
{
	const struct segment *last;

	if (s->fd < 0)
		return true;
	last = &s->segments[s->n - 1];
	if (!last->events)
		return false;
	if (k->o.bytes && last->bytes + size > k->o.bytes / KEEP_SEGMENTS)
		return true;
	return k->o.ns && now - last->first > k->o.ns / KEEP_SEGMENTS;
}

int keep_append(struct keep *k, int stream, const struct keep_piece *p)
{
	struct stream *s = &k->streams[stream];
	struct segment *last;
	bool opens = is_full(k, s, p->parts[0].iov_len + p->parts[1].iov_len, p->last);
	struct iovec iov[4];
	int n = 1, err;

	if (opens) {
		segment_close(k, s);
		err = segment_open(k, s);
		if (err)
			return err;
	}
	/* also where the first try to write into a new file failed */
	if (!s->segments[s->n - 1].events && p->opening.iov_len)
		iov[n++] = p->opening;
	for (int i = 0; i < 2; i++)
		if (p->parts[i].iov_len)
			iov[n++] = p->parts[i];
	err = block_write(s, RAW_EVENTS, iov, n);
	if (err)
		return err;
	last = &s->segments[s->n - 1];
	if (!last->first)
		last->first = p->first;
	last->last = p->last;
	last->events += p->events;
	stream_age(k, s, p->last);
	return 0;
}

void keep_age(struct keep *k, uint64_t now)
{
	for (int i = 0; i <= k->o.cpus; i++)
		stream_age(k, &k->streams[i], now);
}

int keep_about(struct keep *k, enum raw_kind kind, const void *payload, size_t size)
{
	struct iovec iov[2] = { { 0 }, { (void *)payload, size } };

	return block_write(&k->about, kind, iov, 2);
}

void keep_stats(const struct keep *k, struct keep_stats *stats)
{
	*stats = (struct keep_stats){ .bytes = k->about.bytes };
	for (int i = 0; i <= k->o.cpus; i++) {
		const struct stream *s = &k->streams[i];

		stats->bytes += s->bytes;
		stats->dropped_events += s->dropped_events;
		if (s->dropped_to > stats->whole_from)
			stats->whole_from = s->dropped_to;
		if (s->n && s->segments[0].first &&
		    (!stats->oldest || s->segments[0].first < stats->oldest))
			stats->oldest = s->segments[0].first;
	}
}

static int thread_start(struct keep *k)
{
	pthread_condattr_t attr;
	sigset_t all, before;
	int err;

	pthread_mutex_init(&k->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&k->wake, &attr);
	pthread_condattr_destroy(&attr);
	/* signals are for the thread that called */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = -pthread_create(&k->thread, NULL, syncer, k);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	k->runs = !err;
	return err;
}

int keep__new(const struct keep_options *options, struct keep **out)
{
	struct keep *k = calloc(1, sizeof(*k));
	int err = 0;

	*out = NULL;
	if (!k)
		return -ENOMEM;
	k->o = *options;
	k->o.sync_ns = k->o.sync_ns ?: KEEP_SYNC;
	k->about = (struct stream){ .id = RAW_STATIC, .fd = -1 };
	k->dir = open(options->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (k->dir < 0)
		err = -errno;
	k->streams = calloc(options->cpus + 1, sizeof(*k->streams));
	if (!err && !k->streams)
		err = -ENOMEM;
	for (int i = 0; k->streams && i <= options->cpus; i++)
		k->streams[i] =
			(struct stream){ .id = i < options->cpus ? i : RAW_LINES, .fd = -1 };
	err = thread_start(k) ?: err;
	err = err ?: segment_open(k, &k->about);
	if (err) {
		keep__free(k);
		return err;
	}
	*out = k;
	return 0;
}

static void stream_free(struct stream *s)
{
	if (s->fd >= 0)
		close(s->fd);
	free(s->segments);
}

void keep__free(struct keep *k)
{
	if (!k)
		return;
	if (k->runs) {
		pthread_mutex_lock(&k->lock);
		k->ends = true;
		pthread_cond_signal(&k->wake);
		pthread_mutex_unlock(&k->lock);
		pthread_join(k->thread, NULL);
	}
	pthread_cond_destroy(&k->wake);
	pthread_mutex_destroy(&k->lock);
	for (int i = 0; i < k->nwaits; i++)
		close(k->waits[i]);
	free(k->waits);
	for (int i = 0; k->streams && i <= k->o.cpus; i++)
		stream_free(&k->streams[i]);
	free(k->streams);
	stream_free(&k->about);
	if (k->dir >= 0)
		close(k->dir);
	free(k);
}
