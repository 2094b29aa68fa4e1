// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "render/json.h"
#include "top_json.h"

/* Left out where it is not known. */
static void set_number(json_t *object, const char *key, uint64_t n)
{
	if (n != TOP_NONE)
		json_set(object, key, json_integer((json_int_t)n));
}

static json_t *latency(const struct top_latency *l)
{
	json_t *object = json_object();

	json_set(object, "count", json_integer((json_int_t)l->count));
	set_number(object, "p50_ns", l->p50);
	set_number(object, "p99_ns", l->p99);
	return object;
}

/* An object of the three operations. */
static json_t *latencies(const struct top_latency *l)
{
	json_t *object = json_object();

	for (int op = 0; op < TOP_OPS; op++)
		json_set(object, top_op_names[op], latency(&l[op]));
	return object;
}

static void set_waiting(json_t *object, const struct top_waiting *w)
{
	json_set(object, "waiting", json_integer((json_int_t)w->n));
	json_set(object, "oldest_ns", json_integer((json_int_t)w->oldest));
}

static void set_process(json_t *object, uint32_t tgid, const char *process, const char *where,
			uint64_t ended)
{
	json_set(object, "pid", json_integer(tgid));
	json_set(object, "process", json_text(process));
	json_set(object, "where", json_text(where));
	json_set(object, "ended", json_boolean(ended));
}

static json_t *client(const struct top_client *c)
{
	json_t *object = json_object();

	if (*c->state)
		json_set(object, "state", json_text(c->state));
	json_set(object, "net", latencies(c->net));
	set_waiting(object, &c->waiting);
	set_number(object, "delay_us", c->repair.delay_us);
	set_number(object, "live_repair_completed", c->repair.completed);
	set_number(object, "live_repair_aborted", c->repair.aborted);
	set_number(object, "extents_repaired", c->repair.repaired);
	set_number(object, "extents_confirmed", c->repair.confirmed);
	return object;
}

static void print_up(const struct render *r, const struct top_model *m, const struct top_up *up)
{
	json_t *object = json_line(r), *clients = json_array();

	json_set(object, "kind", json_string("upstairs"));
	json_set(object, "seconds", json_real(m->seconds));
	set_process(object, up->tgid, up->process, up->where, up->ended);
	if (*up->upstairs)
		json_set(object, "upstairs_id", json_text(up->upstairs));
	if (*up->session)
		json_set(object, "session_id", json_text(up->session));
	json_set(object, "sessions", json_integer(up->sessions));
	json_set(object, "silent_ns", json_integer((json_int_t)up->silent));
	set_number(object, "up_count", up->up_count);
	set_number(object, "ds_count", up->ds_count);
	set_number(object, "write_bytes_out", up->bytes_out);
	set_number(object, "reconciled", up->reconciled);
	set_number(object, "reconcile_needed", up->needed);
	json_set(object, "iops", json_real(up->iops));
	json_set(object, "gateway", latencies(up->gateway));
	set_waiting(object, &up->waiting);
	for (int i = 0; i < up->nclients; i++)
		json_array_append_new(clients, client(&up->clients[i]));
	json_set(object, "clients", clients);
	json_print(r->out, object);
}

static void print_down(const struct render *r, const struct top_model *m, const struct top_down *d)
{
	json_t *object = json_line(r);

	json_set(object, "kind", json_string("downstairs"));
	json_set(object, "seconds", json_real(m->seconds));
	set_process(object, d->tgid, d->process, d->where, d->ended);
	json_set(object, "submitted", json_real(d->submitted));
	json_set(object, "in_work", json_real(d->in_work));
	json_set(object, "done", json_real(d->done));
	set_waiting(object, &d->waiting);
	json_set(object, "submit", latencies(d->submit));
	json_set(object, "submit_all", latency(&d->submit_all));
	json_set(object, "os", latencies(d->os));
	json_set(object, "os_all", latency(&d->os_all));
	json_print(r->out, object);
}

void top_json(const struct render *r, const struct top_model *m)
{
	for (int i = 0; i < m->nups; i++)
		print_up(r, m, &m->ups[i]);
	for (int i = 0; i < m->ndowns; i++)
		print_down(r, m, &m->downs[i]);
}
