// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A client that was lost and came back: Offline, Faulted, LiveRepairReady, LiveRepair, Active. In
 * live repair one extent after the other is closed on all clients, copied (or found to be the
 * same), and opened again, while the guest's IO goes on everywhere else.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "truth.h"
#include "up_fire.h"
#include "upstairs.h"

bool repair_lets_pass(const struct upstairs *u, uint8_t client, uint8_t op, uint64_t block)
{
	const struct client_view *v = &u->view[client];

	if (v->state != CS_LIVE_REPAIR)
		return v->state == CS_ACTIVE;
	if (op == OP_FLUSH || op == OP_BARRIER)
		return true;
	/* Never asked about the extent in work: repair_holds() keeps its IOs back. */
	return u->repair.client == client && block / u->shape.extent_size < u->repair.extent;
}

bool repair_holds(const struct upstairs *u, const struct guest_io *io)
{
	const struct repair *r = &u->repair;

	if (r->step == REPAIR_IDLE)
		return false;
	/* Jobs in a delay may go to the extent: none may follow until they are on the wire. */
	if (r->step == REPAIR_DRAIN)
		return true;
	return io->op < OP_FLUSH && io->block / u->shape.extent_size == r->extent;
}

static uint8_t repair_source(const struct upstairs *u)
{
	uint8_t c = 0;

	while (c < CLIENTS && u->view[c].state != CS_ACTIVE)
		c++;
	return c;
}

/* What goes over the wire to a client for a job of the repair. */
static void repair_message(struct upstairs *u, struct job *j, uint8_t c, struct msg_head *h)
{
	const struct repair *r = &u->repair;
	const struct target *t;
	uint8_t source = repair_source(u);

	*h = (struct msg_head){ .op = j->op, .job = j->id, .extent = j->extent };
	if (j->op == OP_CLOSE && c == source)
		h->op = OP_FLUSH_CLOSE;
	if (j->op != OP_REPAIR)
		return;
	if (c != r->client || source == CLIENTS) {
		h->op = OP_NOOP;
		return;
	}
	t = &u->opts->targets[source];
	h->aux = (uint64_t)t->addr << 32 | t->port;
}

static void repair_send(struct upstairs *u, struct job *j)
{
	j->extent = u->repair.extent;
	for (uint8_t c = 0; c < CLIENTS; c++) {
		struct msg_head h;

		if (u->view[c].state != CS_ACTIVE && u->view[c].state != CS_LIVE_REPAIR) {
			j->state[c] = IO_SKIPPED;
			continue;
		}
		repair_message(u, j, c, &h);
		j->state[c] = IO_IN_PROGRESS;
		j->client_start[c] = truth_now();
		fire_client_start(j->op, j->id, c, j->extent);
		client_push(u->clients[c], msg_new(&h, 1), u->view[c].conn, 0);
	}
	job_check(u, j);
}

/* The probe is the caller's: a noop has four places to start from, each with a site of its own. */
static struct job *repair_noop(struct upstairs *u)
{
	struct job *j = job_new(u, OP_NOOP);

	j->gw_start = truth_now();
	return j;
}

static void repair_close(struct upstairs *u)
{
	struct job *j = job_new(u, OP_CLOSE);

	u->repair.step = REPAIR_CLOSE;
	u->repair.confirmed = false;
	memset(u->repair.hash, 0, sizeof(u->repair.hash));
	j->gw_start = truth_now();
	USDT(gw__close__start, j->id, u->repair.extent);
	repair_send(u, j);
}

static void repair_copy(struct upstairs *u)
{
	struct repair *r = &u->repair;
	uint8_t source = repair_source(u);
	struct job *j;

	r->step = REPAIR_COPY;
	if (r->failed || source == CLIENTS) {
		r->failed = true;
		j = repair_noop(u);
		USDT(gw__noop__start, j->id);
		repair_send(u, j);
		return;
	}
	if (r->hash[source] == r->hash[r->client]) {
		r->confirmed = true;
		j = repair_noop(u);
		USDT(gw__noop__start, j->id);
		repair_send(u, j);
		return;
	}
	j = job_new(u, OP_REPAIR);
	j->gw_start = truth_now();
	USDT(gw__repair__start, j->id, r->extent);
	repair_send(u, j);
}

static void repair_after_copy(struct upstairs *u)
{
	struct job *j = repair_noop(u);

	u->repair.step = REPAIR_NOOP;
	if (u->repair.confirmed)
		USDT(gw__noop__start, j->id);
	else
		USDT(gw__noop__start, j->id);
	repair_send(u, j);
}

static void repair_reopen(struct upstairs *u)
{
	struct job *j = job_new(u, OP_REOPEN);

	u->repair.step = REPAIR_REOPEN;
	j->gw_start = truth_now();
	USDT(gw__reopen__start, j->id, u->repair.extent);
	repair_send(u, j);
}

static void repair_extent_done(struct upstairs *u)
{
	struct repair *r = &u->repair;
	struct client_view *v = &u->view[r->client];
	uint32_t extents = u->end_extent - u->first_extent;

	r->step = REPAIR_IDLE;
	if (r->failed) {
		v->aborted++;
		if (v->state == CS_LIVE_REPAIR)
			up_set_state(u, r->client, CS_LIVE_REPAIR_READY);
		return;
	}
	if (r->confirmed)
		v->confirmed++;
	else
		v->repaired++;
	r->extent++;
	/* Spread over the time that each state is held, to be seen in the status. */
	r->next_at = v->since + u->opts->state_hold * (r->extent - u->first_extent) / extents;
}

void repair_reply(struct upstairs *u, struct job *j, uint8_t client, const struct msg_head *h)
{
	if (j->op == OP_CLOSE)
		u->repair.hash[client] = h->aux;
	if (h->status && j->op == OP_REPAIR)
		util_warn("repair extent %u of client %u: %s", j->extent, client,
			  err_name(h->status));
	u->repair.failed |= h->status != 0;
}

void repair_job_done(struct upstairs *u, struct job *j)
{
	(void)j; /* there is only one at a time */
	switch (u->repair.step) {
	case REPAIR_CLOSE:
		repair_copy(u);
		break;
	case REPAIR_COPY:
		repair_after_copy(u);
		break;
	case REPAIR_NOOP:
		repair_reopen(u);
		break;
	default:
		repair_extent_done(u);
		break;
	}
}

void repair_client_lost(struct upstairs *u, uint8_t client, bool in_repair)
{
	struct repair *r = &u->repair;

	if (r->step <= REPAIR_DRAIN) {
		/* Between two extents: only the repaired client's loss matters. */
		if (in_repair) {
			r->step = REPAIR_IDLE;
			u->view[client].aborted++;
		}
		return;
	}
	/* A repair's jobs are not waited for: the lost side is skipped at once. */
	r->failed = true;
	for (uint64_t id = u->first_job; id < u->next_job; id++) {
		struct job *j = job_get(u, id);

		if (!j || j->complete || j->op < OP_CLOSE || j->state[client] != IO_IN_PROGRESS)
			continue;
		j->state[client] = IO_SKIPPED;
		job_check(u, j);
	}
}

static void repair_begin(struct upstairs *u, uint8_t client, uint64_t now)
{
	u->repair = (struct repair){ .client = client, .extent = u->first_extent, .next_at = now };
	up_set_state(u, client, CS_LIVE_REPAIR);
}

/* The next extent, once its time has come and no job is on its way to the wires. */
static void repair_go_on(struct upstairs *u, uint64_t now)
{
	struct repair *r = &u->repair;
	struct client_view *v = &u->view[r->client];

	if (r->step == REPAIR_IDLE && now >= r->next_at) {
		if (r->extent == u->end_extent) {
			v->completed++;
			up_set_state(u, r->client, CS_ACTIVE);
			return;
		}
		r->step = REPAIR_DRAIN;
	}
	if (r->step == REPAIR_DRAIN && !u->stages[STAGE_GW_QUEUE].first &&
	    !u->stages[STAGE_QUEUE].first)
		repair_close(u);
}

void repair_tick(struct upstairs *u, uint64_t now)
{
	bool busy = u->repair.step != REPAIR_IDLE;

	for (uint8_t c = 0; c < CLIENTS; c++)
		busy |= u->view[c].state == CS_LIVE_REPAIR;
	for (uint8_t c = 0; c < CLIENTS; c++) {
		struct client_view *v = &u->view[c];
		bool held = now - v->since >= u->opts->state_hold;

		if (v->state == CS_OFFLINE && held) {
			up_set_state(u, c, CS_FAULTED);
			job_skip_client(u, c);
		} else if (v->state == CS_FAULTED && held && v->connected) {
			up_set_state(u, c, CS_LIVE_REPAIR_READY);
		} else if (v->state == CS_LIVE_REPAIR_READY && held && !busy &&
			   repair_source(u) < CLIENTS) {
			repair_begin(u, c, now);
			busy = true;
		} else if (v->state == CS_LIVE_REPAIR && u->repair.client == c) {
			repair_go_on(u, now);
		}
	}
}
