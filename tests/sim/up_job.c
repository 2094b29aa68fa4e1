// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A job's way through the upstairs, from the guest's IO to the last client's reply. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "truth.h"
#include "up_fire.h"
#include "upstairs.h"

static const char *const gw_truth[OP_JOB_MAX] = {
	"gw-read",  "gw-write",	      "gw-write-unwritten", "gw-flush", "gw-barrier",
	"gw-close", "gw-flush-close", "gw-repair",	    "gw-noop",	"gw-reopen",
};

static const char *const client_truth[OP_JOB_MAX] = {
	"ds-read-client",  "ds-write-client",	"ds-write-unwritten-client",
	"ds-flush-client", "ds-barrier-client", "ds-close",
	"ds-flush-close",  "ds-repair",		"ds-noop",
	"ds-reopen",
};

struct msg *msg_new(const struct msg_head *head, uint32_t refs)
{
	struct msg *m = util_alloc(1, sizeof(*m) + head->len);

	m->refs = (int)refs;
	m->head = *head;
	m->head.magic = PROTO_MAGIC;
	return m;
}

void msg_put(struct msg *m)
{
	if (m && __atomic_sub_fetch(&m->refs, 1, __ATOMIC_ACQ_REL) == 0)
		free(m);
}

static struct msg *msg_get(struct msg *m)
{
	__atomic_add_fetch(&m->refs, 1, __ATOMIC_RELAXED);
	return m;
}

struct job *job_get(struct upstairs *u, uint64_t id)
{
	if (id < u->first_job || id >= u->next_job)
		return NULL;
	return &u->ring[id % JOB_RING];
}

/* A flush or a barrier makes finished jobs forgotten; without one, they go when there are many. */
static void job_retire(struct upstairs *u)
{
	while (u->first_job < u->next_job) {
		const struct job *j = &u->ring[u->first_job % JOB_RING];

		if (!j->complete)
			break;
		if (j->id > u->flushed && u->next_job - u->first_job <= JOB_KEEP)
			break;
		u->first_job++;
	}
}

struct job *job_new(struct upstairs *u, uint8_t op)
{
	struct job *j = &u->ring[u->next_job % JOB_RING];

	memset(j, 0, sizeof(*j));
	j->id = u->next_job++;
	j->op = op;
	u->active++;
	return j;
}

static bool job_ended(uint8_t state)
{
	return state == IO_DONE || state == IO_SKIPPED || state == IO_ERROR;
}

static uint32_t job_count(const struct job *j, uint8_t state)
{
	uint32_t n = 0;

	for (int c = 0; c < CLIENTS; c++)
		n += j->state[c] == state;
	return n;
}

/* How many unfinished jobs a write has to wait for: those on its blocks. */
static uint64_t job_deps(const struct upstairs *u, const struct job *j)
{
	const struct msg_head *h = &j->msg->head;
	uint64_t n = 0;

	for (uint64_t id = u->first_job; id < j->id; id++) {
		const struct job *o = &u->ring[id % JOB_RING];

		if (o->complete || !o->msg)
			continue;
		n += o->op >= OP_FLUSH || (o->msg->head.block < h->block + h->blocks &&
					   h->block < o->msg->head.block + o->msg->head.blocks);
	}
	return n;
}

/* Hold a job up in a stage; false when nothing is to be waited for there. */
static bool stage_push(struct upstairs *u, enum job_stage stage, struct job *j)
{
	struct stage *s = &u->stages[stage];

	if (!delay_is_set(&u->opts->delays[stage]))
		return false;
	j->due = time_now() + delay_pick(&u->opts->delays[stage], &u->rng);
	if (j->due < s->due)
		j->due = s->due; /* jobs never overtake: a read must stay behind its write */
	s->due = j->due;
	j->next = NULL;
	if (s->first)
		s->last->next = j;
	else
		s->first = j;
	s->last = j;
	return true;
}

/* Inlined: a reply, a skip and the end of a delay each have sites of their own. */
static inline __attribute__((always_inline)) void job_gw_done(struct upstairs *u, struct job *j)
{
	int64_t sub = j->op >= OP_CLOSE && j->op != OP_NOOP ? j->extent : TRUTH_NO_SUB;
	uint64_t now = truth_now();

	fire_gw_done(j->op, j->id, j->extent);
	truth_add(gw_truth[j->op], j->id, sub, j->gw_start, now);
	j->gw_done = true;
	if (j->io)
		up_io_finish(u, j->io, j->rc, j->compared);
	j->io = NULL;
}

/* All clients have answered or been skipped, and the gateway knows. */
static void job_complete(struct upstairs *u, struct job *j)
{
	j->complete = true;
	u->active--;
	if (j->op == OP_WRITE || j->op == OP_WRITE_UNWRITTEN)
		u->write_bytes -= j->msg->head.len;
	if ((j->op == OP_FLUSH || j->op == OP_BARRIER) && j->id > u->flushed)
		u->flushed = j->id;
	msg_put(j->msg);
	j->msg = NULL;
	free(j->expect);
	j->expect = NULL;
	if (j->op >= OP_CLOSE)
		repair_job_done(u, j);
	job_retire(u);
}

static bool job_enough(const struct job *j)
{
	uint32_t done = job_count(j, IO_DONE);

	if (j->op == OP_READ)
		return done >= 1;
	return done >= (j->op <= OP_FLUSH ? 2 : 3);
}

static bool job_all_ended(const struct job *j)
{
	for (int c = 0; c < CLIENTS; c++)
		if (!job_ended(j->state[c]))
			return false;
	return true;
}

/* The gateway's view after a client's end, but for the probe; true when it is to be fired now. */
static bool job_decide(struct upstairs *u, struct job *j)
{
	bool all = job_all_ended(j);

	if (j->gw_done || j->due || (!job_enough(j) && !all))
		return false;
	if (job_enough(j))
		j->rc = 0;
	else if (!job_count(j, IO_DONE) && !j->rc)
		j->rc = -EIO;
	return !stage_push(u, STAGE_ACK, j);
}

void job_check(struct upstairs *u, struct job *j)
{
	if (job_decide(u, j))
		job_gw_done(u, j);
	if (j->gw_done && !j->complete && job_all_ended(j))
		job_complete(u, j);
}

/* The last stage before the wires: to every client that takes part. */
static void job_send(struct upstairs *u, struct job *j)
{
	uint64_t due = 0;

	j->due = 0;
	for (uint8_t c = 0; c < CLIENTS; c++) {
		if (!repair_lets_pass(u, c, j->op, j->msg->head.block)) {
			j->state[c] = IO_SKIPPED;
			continue;
		}
		if (delay_is_set(&u->opts->client_delay))
			due = time_now() + delay_pick(&u->opts->client_delay, &u->rng);
		j->state[c] = IO_IN_PROGRESS;
		j->client_start[c] = truth_now();
		fire_client_start(j->op, j->id, c, 0);
		client_push(u->clients[c], msg_get(j->msg), u->view[c].conn, due);
	}
	/* A write is the guest's no more once it is on its way. */
	if (j->io && (j->op == OP_WRITE || j->op == OP_WRITE_UNWRITTEN)) {
		up_io_finish(u, j->io, 0, false);
		j->io = NULL;
	}
	job_check(u, j);
}

static void job_to_ds(struct upstairs *u, struct job *j)
{
	j->due = 0;
	fire_to_ds(j->op, j->id);
	if (!stage_push(u, STAGE_QUEUE, j))
		job_send(u, j);
}

void job_from_guest(struct upstairs *u, struct guest_io *io)
{
	struct msg_head h = { .op = io->op, .block = io->block, .blocks = io->blocks };
	bool write = io->op == OP_WRITE || io->op == OP_WRITE_UNWRITTEN;
	struct job *j = job_new(u, io->op);

	h.job = j->id;
	h.len = write ? io->blocks * u->shape.block_size : 0;
	j->io = io;
	j->msg = msg_new(&h, 1);
	if (write) {
		u->counters.deferred_block++;
		USDT(up__action_deferred_block, u->counters.deferred_block);
		u->write_bytes += h.len;
		data_fill(u, j);
	}
	if (io->op == OP_READ)
		data_expect(u, j);
	j->gw_start = truth_now();
	fire_gw_start(j->op, j->id);
	if (write)
		USDT(gw__write__deps, u->active, job_deps(u, j));
	if (!stage_push(u, STAGE_GW_QUEUE, j))
		job_to_ds(u, j);
}

void job_reply(struct upstairs *u, struct event *ev)
{
	struct job *j = job_get(u, ev->head.job);
	uint8_t c = ev->client;
	uint64_t now;

	/* A reply that a lost connection left behind is for a job already skipped. */
	if (!j || j->complete || j->state[c] != IO_IN_PROGRESS || ev->conn != u->view[c].conn)
		return;
	if (j->op == OP_READ) {
		u->counters.deferred_message++;
		USDT(up__action_deferred_message, u->counters.deferred_message);
		if (!ev->head.status && !data_check(u, j, &ev->head, ev->data)) {
			util_warn("read of block %llu (job %llu) from client %u: not what was "
				  "written",
				  (unsigned long long)ev->head.block, (unsigned long long)j->id, c);
			u->mismatched++;
			ev->head.status = EILSEQ;
		}
	}
	if (j->op >= OP_CLOSE)
		repair_reply(u, j, c, &ev->head);
	now = truth_now();
	fire_client_done(j->op, j->id, c);
	truth_add(client_truth[j->op], j->id, c, j->client_start[c], now);
	j->state[c] = ev->head.status ? IO_ERROR : IO_DONE;
	if (ev->head.status)
		j->rc = -ev->head.status;
	/* job_check() by hand: its own sites of the gateway's done probes. */
	if (job_decide(u, j))
		job_gw_done(u, j);
	if (j->gw_done && !j->complete && job_all_ended(j))
		job_complete(u, j);
}

/* What a faulted client has not answered never will be. */
void job_skip_client(struct upstairs *u, uint8_t client)
{
	for (uint64_t id = u->first_job; id < u->next_job; id++) {
		struct job *j = job_get(u, id);

		if (!j || j->complete || j->state[client] != IO_IN_PROGRESS)
			continue;
		j->state[client] = IO_SKIPPED;
		job_check(u, j);
	}
}

static struct job *stage_pop(struct stage *s, uint64_t now)
{
	struct job *j = s->first;

	if (!j || j->due > now)
		return NULL;
	s->first = j->next;
	j->next = NULL;
	return j;
}

void job_stages_run(struct upstairs *u, uint64_t now)
{
	struct job *j;

	while ((j = stage_pop(&u->stages[STAGE_GW_QUEUE], now)))
		job_to_ds(u, j);
	while ((j = stage_pop(&u->stages[STAGE_QUEUE], now)))
		job_send(u, j);
	while ((j = stage_pop(&u->stages[STAGE_ACK], now))) {
		job_gw_done(u, j);
		if (job_all_ended(j))
			job_complete(u, j);
	}
}
