// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The guest threads: what IO there is, at what rate, and the volume's probes around each. */
#define _GNU_SOURCE 1 /* explicit_bzero() */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes.h"
#include "truth.h"
#include "upstairs.h"

struct guest {
	struct upstairs *up;
	struct rng rng;
};

/* The probe's JSON lives on the stack and is overwritten after the probe. */
static uint64_t volume_json(const struct upstairs *u, char buf[UUID_JSON])
{
	snprintf(buf, UUID_JSON, "{\"ok\":\"%s\"}", u->volume_id);
	return (uintptr_t)buf;
}

#define VOLUME(cname, u, counter)                           \
	do {                                                \
		char buf_[UUID_JSON];                       \
		buf_[0] = '\0';                             \
		USDT(cname, counter, volume_json(u, buf_)); \
		if (buf_[0])                                \
			explicit_bzero(buf_, sizeof(buf_)); \
	} while (0)

/* Hand an IO to the main thread and wait until it is the guest's again. */
static void guest_wait(struct upstairs *u, struct guest_io *io)
{
	pthread_mutex_lock(&u->lock);
	if (u->stop) {
		io->rc = -ECANCELED;
	} else {
		u->io_count++;
		*u->ios_last = io;
		u->ios_last = &io->next;
		pthread_cond_signal(&u->wake);
		while (!io->done)
			pthread_cond_wait(&io->wake, &u->lock);
	}
	pthread_mutex_unlock(&u->lock);
}

static void guest_volume_start(struct upstairs *u, uint8_t op, uint32_t counter)
{
	switch (op) {
	case OP_READ:
		VOLUME(volume__read__start, u, counter);
		break;
	case OP_WRITE:
		VOLUME(volume__write__start, u, counter);
		break;
	case OP_WRITE_UNWRITTEN:
		VOLUME(volume__writeunwritten__start, u, counter);
		break;
	case OP_FLUSH:
		VOLUME(volume__flush__start, u, counter);
		break;
	}
}

/* A read can end in three ways, each with its site. */
static void guest_volume_read_done(struct upstairs *u, const struct guest_io *io, uint32_t counter)
{
	if (!io->compared)
		VOLUME(volume__read__done, u, counter);
	else if (io->blocks == 1)
		VOLUME(volume__read__done, u, counter);
	else
		VOLUME(volume__read__done, u, counter);
}

static void guest_volume_done(struct upstairs *u, const struct guest_io *io, uint32_t counter)
{
	switch (io->op) {
	case OP_READ:
		guest_volume_read_done(u, io, counter);
		break;
	case OP_WRITE:
		VOLUME(volume__write__done, u, counter);
		break;
	case OP_WRITE_UNWRITTEN:
		VOLUME(volume__writeunwritten__done, u, counter);
		break;
	case OP_FLUSH:
		VOLUME(volume__flush__done, u, counter);
		break;
	}
}

/* A volume's read-only parent would be asked over HTTP; here that only takes its time. */
static void guest_reqwest(struct guest *g, uint32_t counter)
{
	struct upstairs *u = g->up;
	uint64_t start = truth_now(), end;

	VOLUME(reqwest__read__start, u, counter);
	time_sleep(delay_pick(&u->opts->reqwest_delay, &g->rng));
	end = truth_now();
	VOLUME(reqwest__read__done, u, counter);
	truth_add("reqwest-read", counter, TRUTH_NO_SUB, start, end);
}

/* One IO, volume included; false when the upstairs is no more. */
static bool guest_do(struct guest *g, uint8_t op, uint64_t block, uint32_t blocks)
{
	static const char *const names[OP_GUEST_MAX] = { "volume-read", "volume-write",
							 "volume-writeunwritten", "volume-flush" };
	struct guest_io io = { .op = op, .block = block, .blocks = blocks };
	struct upstairs *u = g->up;
	uint64_t start, end;
	uint32_t counter = 0;

	cond_init(&io.wake);
	/* Barriers are the upstairs' own: no volume sees them. */
	if (op != OP_BARRIER)
		counter = __atomic_fetch_add(&u->volume_counter, 1, __ATOMIC_RELAXED);
	start = truth_now();
	guest_volume_start(u, op, counter);
	if (op == OP_READ && delay_is_set(&u->opts->reqwest_delay))
		guest_reqwest(g, counter);
	guest_wait(u, &io);
	end = truth_now();
	guest_volume_done(u, &io, counter);
	if (op != OP_BARRIER)
		truth_add(names[op], counter, TRUTH_NO_SUB, start, end);
	pthread_cond_destroy(&io.wake);
	if (io.rc == -ECANCELED)
		return false;
	pthread_mutex_lock(&u->lock);
	u->guest_done[op]++;
	u->failed += io.rc != 0;
	pthread_mutex_unlock(&u->lock);
	if (io.rc)
		util_warn("IO %u on block %llu: %s", op, (unsigned long long)block,
			  err_name(io.rc));
	return true;
}

/* How many units of work a fill is: its writes, and a flush at the end. */
static uint64_t fill_units(const struct upstairs *u)
{
	uint64_t per_extent = (u->shape.extent_size + u->opts->io_size - 1) / u->opts->io_size;

	return per_extent * (u->end_extent - u->first_extent) + 1;
}

/* The next unit's number; false when there is none left. Keeps to the rate. */
static bool guest_next(struct guest *g, uint64_t *unit)
{
	struct upstairs *u = g->up;
	const struct options *o = u->opts;
	uint64_t now = time_now(), slot = 0, limit = o->count ? o->count : UINT64_MAX;
	bool more;

	pthread_mutex_lock(&u->lock);
	if (o->work == WORK_FILL && fill_units(u) < limit)
		limit = fill_units(u);
	more = !u->stop && u->issued < limit && (!u->end_time || now < u->end_time);
	if (more) {
		*unit = u->issued++;
		if (o->rate) {
			/* After a hold-up of a second it does not try to catch up. */
			if (u->next_slot + NSEC_PER_SEC < now)
				u->next_slot = now;
			slot = u->next_slot;
			u->next_slot += NSEC_PER_SEC / o->rate;
		}
		/* Ends at a stop, too. */
		while (slot > now && !u->stop) {
			cond_wait_until(&u->ready_wake, &u->lock, slot);
			now = time_now();
		}
	}
	pthread_mutex_unlock(&u->lock);
	return more;
}

static uint8_t guest_pick_op(struct guest *g)
{
	const uint32_t *mix = g->up->opts->mix;
	uint64_t sum = 0, at;
	uint8_t op = 0;

	for (int i = 0; i < OP_GUEST_MAX; i++)
		sum += mix[i];
	at = rng_below(&g->rng, sum);
	while (at >= mix[op])
		at -= mix[op++];
	return op;
}

/* A random place that does not cross the end of an extent. */
static uint64_t guest_pick_block(struct guest *g, uint32_t blocks)
{
	const struct upstairs *u = g->up;
	uint64_t extent = rng_below(&g->rng, u->end_extent - u->first_extent) + u->first_extent;

	return extent * u->shape.extent_size +
	       rng_below(&g->rng, u->shape.extent_size - blocks + 1);
}

static bool guest_fill(struct guest *g, uint64_t unit, uint32_t size)
{
	struct upstairs *u = g->up;
	uint64_t per_extent = (u->shape.extent_size + size - 1) / size;
	uint64_t extent = u->first_extent + unit / per_extent, at = unit % per_extent * size;
	uint64_t left = u->shape.extent_size - at;

	if (unit + 1 == fill_units(u))
		return guest_do(g, OP_FLUSH, 0, 0);
	return guest_do(g, OP_WRITE, extent * u->shape.extent_size + at,
			left < size ? (uint32_t)left : size);
}

static bool guest_unit(struct guest *g, uint64_t unit)
{
	const struct options *o = g->up->opts;
	uint32_t most = g->up->shape.extent_size, size = o->io_size < most ? o->io_size : most;
	uint64_t block;
	uint8_t op;

	switch (o->work) {
	case WORK_FILL:
		return guest_fill(g, unit, size);
	case WORK_ONE:
		block = guest_pick_block(g, size);
		return guest_do(g, OP_WRITE, block, size) && guest_do(g, OP_FLUSH, 0, 0) &&
		       guest_do(g, OP_READ, block, size);
	default:
		op = guest_pick_op(g);
		/* The mix has IOs of all sizes, a benchmark's are alike. */
		if (o->work == WORK_GENERIC)
			size = 1 + (uint32_t)rng_below(&g->rng, size);
		if (op >= OP_FLUSH)
			return guest_do(g, op, 0, 0);
		return guest_do(g, op, guest_pick_block(g, size), size);
	}
}

static void *guest_run(void *arg)
{
	struct guest *g = arg;
	struct upstairs *u = g->up;
	uint64_t unit;

	pthread_mutex_lock(&u->lock);
	while (!u->ready && !u->stop)
		pthread_cond_wait(&u->ready_wake, &u->lock);
	if (u->opts->time_ns && !u->end_time)
		u->end_time = time_now() + u->opts->time_ns;
	pthread_mutex_unlock(&u->lock);
	while (guest_next(g, &unit) && guest_unit(g, unit))
		;
	pthread_mutex_lock(&u->lock);
	u->guests--;
	pthread_cond_signal(&u->wake);
	pthread_mutex_unlock(&u->lock);
	free(g);
	return NULL;
}

void guest_start(struct upstairs *u)
{
	/* A thread has one IO at a time; a depth is so many threads more. */
	uint32_t n = u->opts->threads * u->opts->io_depth;

	for (uint32_t i = 0; i < n; i++) {
		struct guest *g = util_alloc(1, sizeof(*g));

		g->up = u;
		g->rng.state = u->opts->seed * 1000003 + u->index * 1009 + i;
		thread_start(NULL, guest_run, g);
	}
}
