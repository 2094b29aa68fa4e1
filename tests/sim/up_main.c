// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* An upstairs' main thread: takes events, guest IOs and timers, one at a time. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "probes.h"
#include "upstairs.h"

#define STOP_PATIENCE (2 * NSEC_PER_SEC)

void up_post(struct upstairs *u, struct event *ev)
{
	pthread_mutex_lock(&u->lock);
	*u->events_last = ev;
	u->events_last = &ev->next;
	pthread_cond_signal(&u->wake);
	pthread_mutex_unlock(&u->lock);
}

void up_set_state(struct upstairs *u, uint8_t client, enum client_state state)
{
	u->view[client].state = state;
	u->view[client].since = time_now();
	u->counters.control_check++;
	USDT(up__action_control_check, u->counters.control_check);
}

void up_io_finish(struct upstairs *u, struct guest_io *io, int rc, bool compared)
{
	pthread_mutex_lock(&u->lock);
	io->rc = rc;
	io->compared = compared;
	io->done = true;
	u->io_count--;
	pthread_cond_signal(&io->wake);
	pthread_mutex_unlock(&u->lock);
}

/* All three are there: the region is known and the guest may begin. */
static void up_activate(struct upstairs *u)
{
	uint32_t all;

	for (int c = 0; c < CLIENTS; c++)
		if (u->view[c].state != CS_WAIT_QUORUM)
			return;
	for (uint8_t c = 0; c < CLIENTS; c++)
		up_set_state(u, c, CS_ACTIVE);
	pthread_mutex_lock(&u->lock);
	/* Each upstairs of this process has the extents of its own. */
	all = u->shape.extent_count;
	u->first_extent = (uint32_t)((uint64_t)all * u->index / u->opts->upstairs);
	u->end_extent = (uint32_t)((uint64_t)all * (u->index + 1) / u->opts->upstairs);
	u->versions = util_alloc((size_t)all * u->shape.extent_size, sizeof(*u->versions));
	u->quorum = true;
	u->ready = true;
	pthread_cond_broadcast(&u->ready_wake);
	pthread_mutex_unlock(&u->lock);
}

static void up_client_event(struct upstairs *u, const struct event *ev)
{
	struct client_view *v = &u->view[ev->client];
	bool in_repair = v->state == CS_LIVE_REPAIR;

	if (ev->what == EV_UP) {
		v->connected = true;
		v->conn = ev->conn;
		v->connects++;
		if (u->quorum)
			return; /* repair_tick() goes on from Faulted */
		up_set_state(u, ev->client, CS_WAIT_QUORUM);
		up_activate(u);
		return;
	}
	v->connected = false;
	if (!u->quorum) {
		up_set_state(u, ev->client, CS_NEW);
		return;
	}
	if (v->state == CS_ACTIVE)
		up_set_state(u, ev->client, CS_OFFLINE);
	else if (v->state != CS_OFFLINE)
		up_set_state(u, ev->client, CS_FAULTED);
	repair_client_lost(u, ev->client, in_repair);
	if (v->state == CS_FAULTED)
		job_skip_client(u, ev->client);
}

static void up_events(struct upstairs *u, struct event *ev)
{
	while (ev) {
		struct event *next = ev->next;

		u->counters.apply++;
		USDT(up__apply, u->counters.apply);
		u->counters.downstairs++;
		USDT(up__action_downstairs, u->counters.downstairs);
		if (ev->what == EV_REPLY)
			job_reply(u, ev);
		else
			up_client_event(u, ev);
		free(ev);
		ev = next;
	}
}

/* May the first guest IO be taken? Called with the lock held. */
static bool up_takes_guest(const struct upstairs *u)
{
	bool active = false;

	for (int c = 0; c < CLIENTS; c++)
		active |= u->view[c].state == CS_ACTIVE;
	return u->ios && active && u->active < JOB_ACTIVE &&
	       u->next_job - u->first_job < JOB_RING - 64 && !repair_holds(u, u->ios);
}

static uint64_t up_timers(struct upstairs *u, uint64_t now)
{
	uint64_t next;

	if (now >= u->tick_at) {
		repair_tick(u, now);
		u->tick_at = now + (u->repair.step || !u->quorum ? TICK / 10 : TICK);
	}
	if (now >= u->stat_at) {
		u->counters.apply++;
		USDT(up__apply, u->counters.apply);
		status_report(u);
		u->stat_at += NSEC_PER_SEC;
		if (u->stat_at < now)
			u->stat_at = now + NSEC_PER_SEC;
	}
	if (now >= u->flush_at) {
		u->counters.apply++;
		USDT(up__apply, u->counters.apply);
		u->counters.flush_check++;
		USDT(up__action_flush_check, u->counters.flush_check);
		u->flush_at = now + FLUSH_CHECK;
	}
	job_stages_run(u, now);
	next = u->tick_at < u->stat_at ? u->tick_at : u->stat_at;
	next = next < u->flush_at ? next : u->flush_at;
	for (int s = 0; s < STAGE_MAX; s++)
		if (u->stages[s].first && u->stages[s].first->due < next)
			next = u->stages[s].first->due;
	return next;
}

/* Nobody will do these any more. Called with the lock held. */
static void up_drop_guests(struct upstairs *u)
{
	while (u->ios) {
		struct guest_io *io = u->ios;

		u->ios = io->next;
		if (!u->ios)
			u->ios_last = &u->ios;
		u->io_count--;
		USDT(up__block__req__dropped);
		io->rc = -ECANCELED;
		io->done = true;
		pthread_cond_signal(&io->wake);
	}
}

/* All is done, or there is no more waiting after a signal. Called with the lock held. */
static bool up_finished(struct upstairs *u)
{
	if (u->stop) {
		if (!u->stop_at)
			u->stop_at = time_now() + STOP_PATIENCE;
		up_drop_guests(u);
		if (time_now() >= u->stop_at)
			return true;
	}
	return (u->guests == 0 || (u->stop && !u->ready)) && !u->active && !u->events;
}

static void *up_run(void *arg)
{
	struct upstairs *u = arg;
	uint64_t next = 0;

	u->tick_at = u->flush_at = u->stat_at = time_now();
	u->flush_at += FLUSH_CHECK;
	pthread_mutex_lock(&u->lock);
	while (!up_finished(u)) {
		struct event *ev = u->events;
		struct guest_io *io = NULL;

		if (!ev && !up_takes_guest(u) && next > time_now()) {
			cond_wait_until(&u->wake, &u->lock, next);
			ev = u->events;
		}
		u->events = NULL;
		u->events_last = &u->events;
		if (up_takes_guest(u)) {
			io = u->ios;
			u->ios = io->next;
			if (!u->ios)
				u->ios_last = &u->ios;
		}
		pthread_mutex_unlock(&u->lock);
		if (io) {
			u->counters.apply++;
			USDT(up__apply, u->counters.apply);
			u->counters.guest++;
			USDT(up__action_guest, u->counters.guest);
			job_from_guest(u, io);
		}
		up_events(u, ev);
		if (!io && !ev) {
			u->counters.noop++;
			USDT(up__action_noop, u->counters.noop);
		}
		next = up_timers(u, time_now());
		pthread_mutex_lock(&u->lock);
	}
	/* Guests still waiting for an answer that never comes: only after a signal. */
	for (uint64_t id = u->first_job; id < u->next_job; id++) {
		struct job *j = job_get(u, id);

		if (!j->io)
			continue;
		USDT(up__block__req__dropped);
		j->io->rc = -ECANCELED;
		j->io->done = true;
		pthread_cond_signal(&j->io->wake);
	}
	u->ended = true;
	pthread_mutex_unlock(&u->lock);
	kill(getpid(), SIGUSR1); /* main() waits for signals */
	return NULL;
}

void up_start(struct upstairs *u)
{
	u->first_job = u->next_job = FIRST_JOB;
	u->events_last = &u->events;
	u->ios_last = &u->ios;
	pthread_mutex_init(&u->lock, NULL);
	cond_init(&u->wake);
	cond_init(&u->ready_wake);
	for (uint8_t c = 0; c < CLIENTS; c++)
		u->clients[c] = client__new(u, c);
	thread_start(&u->thread, up_run, u);
}
