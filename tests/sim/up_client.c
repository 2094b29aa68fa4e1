// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * An upstairs' connection to one downstairs. The receiving thread connects, again and again, and
 * turns what comes into events; the sending thread empties a queue into the socket.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "truth.h"
#include "up_fire.h"
#include "upstairs.h"

#define PING_EVERY NSEC_PER_SEC
#define RETRY	   (NSEC_PER_SEC / 10)

static const char *const net_truth[] = { "ds-read-net", "ds-write-net", "ds-write-unwritten-net",
					 "ds-flush-net" };

void client_push(struct client *c, struct msg *m, uint64_t conn, uint64_t due)
{
	pthread_mutex_lock(&c->lock);
	/* It can't be full: there are no more unfinished jobs than JOB_ACTIVE and a few repairs. */
	c->slots[c->tail++ % JOB_RING] = (struct send_slot){ m, due, conn };
	pthread_cond_broadcast(&c->wake);
	pthread_mutex_unlock(&c->lock);
}

static void client_send(struct client *c, struct send_slot *s)
{
	const struct msg_head *h = &s->msg->head;
	uint64_t now;
	bool current;

	pthread_mutex_lock(&c->send_lock);
	pthread_mutex_lock(&c->lock);
	current = c->connected && c->conn == s->conn;
	pthread_mutex_unlock(&c->lock);
	if (current) {
		now = truth_now();
		__atomic_store_n(&c->net_start[h->job % JOB_RING], now, __ATOMIC_RELAXED);
		fire_net_start(h->op, h->job, c->index);
		if (proto_send(c->fd, h, s->msg->data))
			shutdown(c->fd, SHUT_RDWR); /* the receiving thread sees to the rest */
	}
	pthread_mutex_unlock(&c->send_lock);
	msg_put(s->msg);
}

static void client_ping(struct client *c)
{
	struct msg_head h = { .magic = PROTO_MAGIC, .op = OP_HELLO, .aux = c->up->process };
	bool connected;

	pthread_mutex_lock(&c->send_lock);
	pthread_mutex_lock(&c->lock);
	connected = c->connected;
	pthread_mutex_unlock(&c->lock);
	if (connected) {
		c->pings++;
		USDT(ds__ping__sent, c->pings, c->index);
		proto_send(c->fd, &h, NULL);
	}
	pthread_mutex_unlock(&c->send_lock);
}

static void *client_run_sender(void *arg)
{
	struct client *c = arg;
	uint64_t ping_at = time_now() + PING_EVERY;

	pthread_mutex_lock(&c->lock);
	while (!c->stop) {
		struct send_slot *s = c->head == c->tail ? NULL : &c->slots[c->head % JOB_RING];
		uint64_t now = s && !s->due ? 0 : time_now();
		struct send_slot copy;

		if (s && s->due <= now) {
			copy = *s;
			c->head++;
			pthread_mutex_unlock(&c->lock);
			client_send(c, &copy);
			pthread_mutex_lock(&c->lock);
		} else if (now >= ping_at) {
			pthread_mutex_unlock(&c->lock);
			client_ping(c);
			ping_at = now + PING_EVERY;
			pthread_mutex_lock(&c->lock);
		} else {
			cond_wait_until(&c->wake, &c->lock,
					s && s->due < ping_at ? s->due : ping_at);
		}
	}
	while (c->head != c->tail)
		msg_put(c->slots[c->head++ % JOB_RING].msg);
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

static void client_post(struct client *c, int what)
{
	struct event *ev = util_alloc(1, sizeof(*ev));

	ev->what = what;
	ev->client = c->index;
	ev->conn = c->conn;
	up_post(c->up, ev);
}

/* Receive until the connection breaks. */
static int client_receive(struct client *c, int fd)
{
	struct msg_head h;
	int rc;

	while (!(rc = proto_recv_head(fd, &h))) {
		struct event *ev = util_alloc(1, sizeof(*ev) + h.len);
		uint64_t now;

		ev->what = EV_REPLY;
		ev->client = c->index;
		ev->conn = c->conn;
		ev->head = h;
		rc = proto_recv_data(fd, ev->data, h.len);
		if (rc || h.op >= OP_JOB_MAX) {
			free(ev);
			if (rc)
				break;
			continue; /* a ping's answer */
		}
		now = truth_now();
		fire_net_done(h.op, h.job, c->index);
		if (h.op <= OP_FLUSH)
			truth_add(net_truth[h.op], h.job, c->index,
				  __atomic_load_n(&c->net_start[h.job % JOB_RING],
						  __ATOMIC_RELAXED),
				  now);
		up_post(c->up, ev);
	}
	return rc;
}

/* Greet; the answer is the region's shape, the same for all three. */
static int client_greet(struct client *c, int fd)
{
	struct msg_head h = { .magic = PROTO_MAGIC, .op = OP_HELLO, .aux = c->up->process };
	struct region_shape shape;
	struct upstairs *u = c->up;
	int rc = proto_send(fd, &h, NULL);

	if (!rc)
		rc = proto_recv_head(fd, &h);
	if (!rc && h.len != sizeof(shape))
		rc = -EPROTO;
	if (!rc)
		rc = proto_recv_data(fd, &shape, sizeof(shape));
	if (rc)
		return rc;
	pthread_mutex_lock(&u->lock);
	if (!u->shape.block_size)
		u->shape = shape;
	else if (memcmp(&u->shape, &shape, sizeof(shape)))
		rc = -EINVAL;
	pthread_mutex_unlock(&u->lock);
	return rc;
}

static bool client_stopped(struct client *c)
{
	bool stop;

	pthread_mutex_lock(&c->lock);
	stop = c->stop;
	pthread_mutex_unlock(&c->lock);
	return stop;
}

static void client_set(struct client *c, int fd, bool connected)
{
	pthread_mutex_lock(&c->send_lock);
	pthread_mutex_lock(&c->lock);
	c->fd = fd;
	c->connected = connected;
	c->conn += connected;
	if (connected && c->stop)
		shutdown(fd, SHUT_RDWR);
	pthread_mutex_unlock(&c->lock);
	pthread_mutex_unlock(&c->send_lock);
}

static void *client_run_receiver(void *arg)
{
	struct client *c = arg;
	const struct target *t = &c->up->opts->targets[c->index];
	bool told = false;

	while (!client_stopped(c)) {
		int fd = proto_connect(t->host, t->port);
		int rc = fd < 0 ? fd : client_greet(c, fd);

		if (!rc) {
			told = false;
			client_set(c, fd, true);
			client_post(c, EV_UP);
			client_receive(c, fd);
			client_set(c, -1, false);
			client_post(c, EV_DOWN);
		} else if (!told) {
			util_warn("connect to downstairs %s:%u: %s; trying on", t->host, t->port,
				  err_name(rc));
			told = true;
		}
		if (fd >= 0)
			close(fd);
		if (!client_stopped(c))
			time_sleep(RETRY);
	}
	return NULL;
}

struct client *client__new(struct upstairs *u, uint8_t index)
{
	struct client *c = util_alloc(1, sizeof(*c));

	c->up = u;
	c->index = index;
	c->fd = -1;
	pthread_mutex_init(&c->lock, NULL);
	pthread_mutex_init(&c->send_lock, NULL);
	cond_init(&c->wake);
	thread_start(&c->sender, client_run_sender, c);
	thread_start(&c->receiver, client_run_receiver, c);
	return c;
}

void client_stop(struct client *c)
{
	pthread_mutex_lock(&c->lock);
	c->stop = true;
	if (c->connected)
		shutdown(c->fd, SHUT_RDWR);
	pthread_cond_broadcast(&c->wake);
	pthread_mutex_unlock(&c->lock);
}

void client__free(struct client *c)
{
	pthread_join(c->sender, NULL);
	pthread_join(c->receiver, NULL);
	free(c);
}
