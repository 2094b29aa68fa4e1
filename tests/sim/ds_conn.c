// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A downstairs' connection: one thread receives jobs, the other works on them in their order and
 * answers. Working in order is also what keeps a read behind the write it depends on.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "downstairs.h"
#include "probes.h"
#include "truth.h"

struct work {
	struct work *next;
	struct msg_head head;
	uint64_t submitted; /* for the truth */
	uint8_t data[];
};

struct conn {
	struct conn *next;
	struct downstairs *ds;
	int fd;
	uint64_t number;  /* no two connections are held up alike */
	uint64_t process; /* whose upstairs it is; 0 before the hello */
	bool shared;	  /* set once another process's upstairs was here as well */
	pthread_t worker;
	pthread_mutex_t lock; /* of the queue */
	pthread_cond_t wake;
	struct work *first, **last;
	bool end;
};

static struct work *conn_next_work(struct conn *c)
{
	struct work *w;

	pthread_mutex_lock(&c->lock);
	while (!c->first && !c->end)
		pthread_cond_wait(&c->wake, &c->lock);
	w = c->first;
	if (w) {
		c->first = w->next;
		if (!c->first)
			c->last = &c->first;
	}
	pthread_mutex_unlock(&c->lock);
	return w;
}

static void *conn_work(void *arg)
{
	struct conn *c = arg;
	struct rng rng = { c->ds->seed + c->number };
	bool broken = false;
	struct work *w;

	while ((w = conn_next_work(c))) {
		uint8_t *out = job_do(c->ds, &rng, &w->head, w->data, w->submitted);

		if (__atomic_load_n(&c->shared, __ATOMIC_ACQUIRE))
			w->head.flags |= MSG_SHARED;
		/* Jobs that came before the connection broke are still done, for their probes. */
		if (!broken && proto_send(c->fd, &w->head, out))
			broken = true;
		free(out);
		free(w);
	}
	return NULL;
}

/* From now on, either process may find data that the other wrote. */
static void conn_hello(struct conn *c, uint64_t process)
{
	pthread_mutex_lock(&c->ds->lock);
	c->process = process;
	for (struct conn *o = c->ds->conns; o; o = o->next) {
		if (!o->process || o->process == process)
			continue;
		__atomic_store_n(&o->shared, true, __ATOMIC_RELEASE);
		__atomic_store_n(&c->shared, true, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&c->ds->lock);
}

/* What is no job: a greeting, and the other downstairs's wish for an extent. */
static int conn_talk(struct conn *c, struct msg_head *h)
{
	struct region *r = c->ds->region;
	uint8_t *data;
	int rc;

	if (h->op == OP_HELLO) {
		conn_hello(c, h->aux);
		h->len = sizeof(r->shape);
		return proto_send(c->fd, h, &r->shape);
	}
	if (h->op != OP_FETCH)
		return -EPROTO;
	data = util_alloc(1, region_extent_len(r));
	rc = region_export(r, h->extent, data);
	h->status = (uint16_t)-rc;
	h->len = rc ? 0 : region_extent_len(r);
	rc = proto_send(c->fd, h, data);
	free(data);
	return rc;
}

static int conn_receive_job(struct conn *c, const struct msg_head *h)
{
	struct work *w;
	int rc;

	if ((uint64_t)h->blocks * c->ds->region->shape.block_size > PROTO_MAX_LEN)
		return -EPROTO;
	w = util_alloc(1, sizeof(*w) + h->len);
	w->head = *h;
	rc = proto_recv_data(c->fd, w->data, h->len);
	if (rc) {
		free(w);
		return rc;
	}
	w->submitted = job_submit(h);
	pthread_mutex_lock(&c->lock);
	*c->last = w;
	c->last = &w->next;
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
	return 0;
}

static void conn_remove(struct conn *c)
{
	struct downstairs *ds = c->ds;

	pthread_mutex_lock(&ds->lock);
	for (struct conn **p = &ds->conns; *p; p = &(*p)->next) {
		if (*p != c)
			continue;
		*p = c->next;
		break;
	}
	close(c->fd);
	free(c);
	pthread_cond_broadcast(&ds->gone);
	pthread_mutex_unlock(&ds->lock);
}

static void *conn_receive(void *arg)
{
	struct conn *c = arg;
	struct msg_head h;
	int rc = 0;

	thread_start(&c->worker, conn_work, c);
	while (!rc) {
		rc = proto_recv_head(c->fd, &h);
		if (!rc)
			rc = h.op < OP_JOB_MAX ? conn_receive_job(c, &h) : conn_talk(c, &h);
	}
	if (rc != -ENOTCONN && rc != -ECONNRESET && rc != -EPIPE)
		util_warn("serve an upstairs: %s; closing its connection", err_name(rc));
	pthread_mutex_lock(&c->lock);
	c->end = true;
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->worker, NULL);
	conn_remove(c);
	return NULL;
}

void conn_start(struct downstairs *ds, int fd)
{
	struct conn *c = util_alloc(1, sizeof(*c));

	c->ds = ds;
	c->fd = fd;
	c->last = &c->first;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->wake, NULL);
	pthread_mutex_lock(&ds->lock);
	c->number = ds->connected++;
	c->next = ds->conns;
	ds->conns = c;
	pthread_mutex_unlock(&ds->lock);
	thread_start(NULL, conn_receive, c);
}

void conn_end_all(struct downstairs *ds)
{
	pthread_mutex_lock(&ds->lock);
	for (struct conn *c = ds->conns; c; c = c->next)
		shutdown(c->fd, SHUT_RDWR);
	while (ds->conns)
		pthread_cond_wait(&ds->gone, &ds->lock);
	pthread_mutex_unlock(&ds->lock);
}
