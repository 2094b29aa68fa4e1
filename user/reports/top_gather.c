// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/loss.h"
#include "core/units.h"
#include "core/waiting.h"
#include "top_gather.h"

#define LEFT_NS	  (10 * NSEC_PER_SEC) /* what waits longer while others end never will */
#define ENDED_NS  (30 * NSEC_PER_SEC) /* how long one that ended is still shown */
#define SILENT_NS (3 * NSEC_PER_SEC)  /* a status comes once a second */
#define GONE_NS	  (60 * NSEC_PER_SEC) /* a session silent for so long is over */

struct top_process {
	uint32_t tgid;
	char name[32], where[48];
	bool is_up, is_down;
	bool fired;	/* anything while we looked */
	uint64_t ended; /* when that was seen; 0: it runs */
	/* of the last interval */
	struct top_latency timed[TIMED_ROWS][TOP_CLIENTS];
	struct top_latency net_all[TOP_CLIENTS], submit_all, os_all;
	double rate[TOP_ROWS - TIMED_ROWS]; /* of those that are only counted */
	struct top_waiting waiting[TIMED_ROWS][TOP_CLIENTS];
	uint64_t left[TIMED_ROWS][TOP_CLIENTS]; /* starts before that never end */
	struct top_history *history;		/* of an upstairs */
	struct top_process *next;
};

struct top_gather {
	struct top_process *first;
	struct sessions sessions;
	uint64_t last; /* the last interval's end */
	uint64_t now;  /* the same, when it is being taken in */
	double seconds;
	uint64_t intervals;
	uint64_t losses[FOLD_LOSS_MAX];
	uint64_t beyond; /* of clients that there is no room for */
	uint64_t left;	 /* starts of the last look that never end */
	int quiet;
};

struct top_gather *top_gather__new(uint64_t now)
{
	struct top_gather *g = calloc(1, sizeof(*g));

	if (g)
		g->last = now;
	return g;
}

static void process_free(struct top_process *p)
{
	free(p->history);
	free(p);
}

void top_gather__free(struct top_gather *g)
{
	struct top_process *next;

	if (!g)
		return;
	for (struct top_process *p = g->first; p; p = next) {
		next = p->next;
		process_free(p);
	}
	sessions_free(&g->sessions);
	free(g);
}

void top_gather_warn(const struct top_gather *g)
{
	sessions_warn(&g->sessions);
}

void top_gather_hit(struct top_gather *g, const struct hit_probe *probe, const struct hit *hit)
{
	struct upstatus *status;
	struct session *session;

	if (strcmp(probe->name, "up-status"))
		return;
	session = sessions_hear(&g->sessions, hit, &status);
	if (session)
		session_keep(session, status);
}

static struct top_process *process_find(const struct top_gather *g, uint32_t tgid)
{
	struct top_process *p = g->first;

	while (p && p->tgid != tgid)
		p = p->next;
	return p;
}

/* The process's entry, made when it is new; NULL without memory. */
static struct top_process *process_get(struct top_gather *g, const struct report_view *view,
				       uint32_t tgid)
{
	struct top_process *p = process_find(g, tgid);

	if (p)
		return p;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->tgid = tgid;
	snprintf(p->name, sizeof(p->name), "%s", view->name ? view->name(view->arg, tgid) : "-");
	if (view->where)
		view->where(view->arg, tgid, p->where, sizeof(p->where));
	p->next = g->first;
	g->first = p;
	return p;
}

/* --- an interval's numbers --- */

/* Those of some rows of one process and client, as one. */
static struct top_latency latency_of(const struct snapshot *s, int row, int nrows, uint64_t by,
				     uint32_t tgid)
{
	struct top_latency l = { 0, TOP_NONE, TOP_NONE };
	uint64_t buckets[FOLD_BUCKETS];
	struct snapshot_row all = { .buckets = buckets };

	memset(buckets, 0, sizeof(buckets));
	for (int i = 0; i < nrows; i++) {
		const struct snapshot_row *one = snapshot_find(s, row + i, by, tgid);

		if (!one || !one->buckets || !one->count)
			continue;
		for (int b = 0; b < FOLD_BUCKETS; b++)
			buckets[b] += one->buckets[b];
		all.count += one->count;
		all.max = one->max > all.max ? one->max : all.max;
	}
	if (!all.count)
		return l;
	l.count = all.count;
	l.p50 = snapshot_percentile(&all, 0.5);
	l.p99 = snapshot_percentile(&all, 0.99);
	return l;
}

static void process_numbers(const struct top_gather *g, struct top_process *p,
			    const struct snapshot *s)
{
	for (int row = 0; row < TIMED_ROWS; row++)
		for (int by = 0; by < TOP_CLIENTS; by++)
			p->timed[row][by] = latency_of(s, row, 1, by, p->tgid);
	for (int by = 0; by < TOP_CLIENTS; by++)
		p->net_all[by] = latency_of(s, ROW_NET, TOP_OPS, by, p->tgid);
	p->submit_all = latency_of(s, ROW_SUBMIT, TOP_OPS, 0, p->tgid);
	p->os_all = latency_of(s, ROW_OS, TOP_OPS, 0, p->tgid);
	for (int row = TIMED_ROWS; row < TOP_ROWS; row++) {
		const struct snapshot_row *count = snapshot_find(s, row, 0, p->tgid);

		p->rate[row - TIMED_ROWS] = count && g->seconds ? count->count / g->seconds : 0;
	}
}

static int process_sample(struct top_process *p)
{
	struct top_history *h = p->history;

	if (!p->is_up)
		return 0;
	if (!h)
		h = p->history = calloc(1, sizeof(*h));
	if (!h)
		return -ENOMEM;
	for (int op = 0; op < TOP_OPS; op++) {
		const struct top_latency *l = &p->timed[ROW_GATEWAY + op][0];
		const struct top_waiting *w = &p->waiting[ROW_GATEWAY + op][0];

		h->sample[h->n % TOP_SAMPLES][op] = (struct top_sample){
			.p50 = l->p50, .p99 = l->p99, .stuck = !l->count && w->oldest > NSEC_PER_SEC
		};
	}
	h->n++;
	return 0;
}

/* Who fired anything is there. */
static int take_rows(struct top_gather *g, const struct report_view *view)
{
	const struct snapshot *s = view->snapshot;

	for (int i = 0; i < s->nrows; i++) {
		const struct snapshot_row *row = &s->rows[i];
		struct top_process *p;

		if (!row->tgid || !row->count)
			continue;
		if (row->by >= TOP_CLIENTS) {
			g->beyond += row->count;
			continue;
		}
		p = process_get(g, view, row->tgid);
		if (!p)
			return -ENOMEM;
		p->fired = true;
		p->is_up = p->is_up || row->row < ROW_SUBMIT;
		p->is_down = p->is_down || row->row >= ROW_SUBMIT;
	}
	return 0;
}

/* What waits. A job that its process has dropped, when a connection broke say, never ends. */
static int take_waiting(struct top_gather *g, const struct report_view *view)
{
	struct waiting waiting = { 0 };
	int err = view->waiting ? view->waiting(view->arg, &waiting) : 0;

	g->left = 0;
	for (struct top_process *p = g->first; p; p = p->next) {
		memset(p->waiting, 0, sizeof(p->waiting));
		for (int row = 0; row < TIMED_ROWS; row++)
			for (int by = 0; by < TOP_CLIENTS; by++)
				if (p->timed[row][by].count && g->now > LEFT_NS)
					p->left[row][by] = g->now - LEFT_NS;
	}
	for (int i = 0; i < waiting.n; i++) {
		const struct waiting_start *s = &waiting.starts[i];
		uint32_t row = s->key.pair % PAIR_UNWRITTEN;
		bool net = row >= ROW_NET && row < ROW_NET + TOP_OPS;
		struct top_process *p = process_find(g, s->key.tgid);
		struct top_waiting *w;

		if (!p || p->ended || row >= TIMED_ROWS || (net && s->key.sub >= TOP_CLIENTS))
			continue;
		if (s->time < p->left[row][net ? s->key.sub : 0]) {
			g->left++;
			continue;
		}
		w = &p->waiting[row][net ? s->key.sub : 0];
		w->n++;
		if (g->now > s->time && g->now - s->time > w->oldest)
			w->oldest = g->now - s->time;
	}
	waiting_free(&waiting);
	return err;
}

/* Those that have fired nothing; a downstairs is told by its name, of 15 characters. */
static int take_quiet(struct top_gather *g, const struct report_view *view)
{
	uint32_t *pids = NULL;
	int n = view->traced ? view->traced(view->arg, &pids) : 0, err = 0;

	g->quiet = 0;
	for (int i = 0; i < n && !err; i++) {
		struct top_process *p = process_find(g, pids[i]);
		const char *name = view->name ? view->name(view->arg, pids[i]) : "";

		if ((p && (p->is_up || p->is_down)) || !view->alive(view->arg, pids[i]))
			continue;
		if (!strstr(name, "downst")) {
			g->quiet++;
			continue;
		}
		p = process_get(g, view, pids[i]);
		if (p)
			p->is_down = true;
		else
			err = -ENOMEM;
	}
	free(pids);
	return err;
}

static int take_sessions(struct top_gather *g, const struct report_view *view)
{
	for (const struct session *s = g->sessions.first; s; s = s->next) {
		struct top_process *p = process_get(g, view, s->tgid);

		if (!p)
			return -ENOMEM;
		p->is_up = p->fired = true;
	}
	return 0;
}

/* How long a process that has ended has, at least what can be shown; 0: it runs. */
static uint64_t since_end(const struct top_gather *g, const struct top_process *p)
{
	return p->ended ? g->now - p->ended + NSEC_PER_SEC / 10 : 0;
}

/* Those that ended are shown for a while, then forgotten; so are sessions that are over. */
static void forget(struct top_gather *g, const struct report_view *view, bool hold)
{
	struct session **link = &g->sessions.first;
	struct top_process **at = &g->first;

	for (struct top_process *p = g->first; p; p = p->next)
		if (!p->ended && view->alive && !view->alive(view->arg, p->tgid))
			p->ended = g->now;
	while (*link) {
		struct session *s = *link;
		const struct top_process *p = process_find(g, s->tgid);

		if (g->now < s->heard + GONE_NS && (!p->ended || g->now < p->ended + ENDED_NS)) {
			link = &s->next;
			continue;
		}
		*link = s->next;
		upstatus__free(s->latest);
		free(s);
	}
	while (*at) {
		struct top_process *p = *at;

		if (hold || !p->ended || (p->fired && g->now < p->ended + ENDED_NS)) {
			at = &p->next;
			continue;
		}
		*at = p->next;
		process_free(p);
	}
}

/* What was under way when the run began ends without a start: that is no loss. */
static void take_losses(struct top_gather *g, const struct snapshot *s)
{
	for (int i = 0; i < FOLD_LOSS_MAX; i++)
		if (i != FOLD_LOSS_SPILLED && (i != FOLD_LOSS_ORPHAN || g->intervals))
			g->losses[i] += s->losses[i];
	g->intervals++;
}

int top_gather_interval(struct top_gather *g, const struct report_view *view, bool hold)
{
	int err;

	g->now = view->now;
	g->seconds = g->now > g->last ? (g->now - g->last) / 1e9 : 0;
	g->last = g->now;
	take_losses(g, view->snapshot);
	err = take_rows(g, view);
	err = err ? err : take_sessions(g, view);
	err = err ? err : take_quiet(g, view);
	if (err)
		return err;
	forget(g, view, hold);
	for (struct top_process *p = g->first; p; p = p->next)
		process_numbers(g, p, view->snapshot);
	err = take_waiting(g, view);
	for (struct top_process *p = g->first; p && !err; p = p->next)
		err = process_sample(p);
	return err;
}

/* --- the model --- */

static void add_waiting(struct top_waiting *sum, const struct top_waiting *w)
{
	sum->n += w->n;
	sum->oldest = w->oldest > sum->oldest ? w->oldest : sum->oldest;
}

static uint64_t number(const struct upstatus *status, const char *path, int index)
{
	uint64_t n;

	return status && upstatus_number(status, path, index, &n) ? n : TOP_NONE;
}

static void model_client(struct top_client *c, int i, const struct top_process *p,
			 const struct upstatus *status)
{
	if (status)
		upstatus_value(status, "ds_state", i, c->state, sizeof(c->state));
	c->mood = top_state_mood(c->state);
	for (int op = 0; op < TOP_OPS; op++) {
		c->net[op] = p->timed[ROW_NET + op][i];
		add_waiting(&c->waiting, &p->waiting[ROW_NET + op][i]);
	}
	c->net_all = p->net_all[i];
	c->waiting.moves = c->net_all.count;
	c->repair = (struct top_repair){
		.delay_us = number(status, "ds_delay_us", i),
		.completed = number(status, "ds_live_repair_completed", i),
		.aborted = number(status, "ds_live_repair_aborted", i),
		.repaired = number(status, "ds_extents_repaired", i),
		.confirmed = number(status, "ds_extents_confirmed", i),
	};
}

/* How many clients it has: those its status tells, or those that did anything. */
static int clients_of(const struct top_process *p, const struct upstatus *status)
{
	int n = status ? upstatus_count(status, "ds_state") : 0;

	for (int i = TOP_CLIENTS; i > n; i--)
		if (p->net_all[i - 1].count || p->waiting[ROW_NET][i - 1].n ||
		    p->waiting[ROW_NET + 1][i - 1].n || p->waiting[ROW_NET + 2][i - 1].n)
			return i;
	return n < TOP_CLIENTS ? n : TOP_CLIENTS;
}

/* `session` NULL: one that has not told its status yet. */
static void model_up(struct top_up *up, const struct top_gather *g, const struct top_process *p,
		     const struct session *session)
{
	const struct upstatus *status = session ? session->latest : NULL;

	*up = (struct top_up){ .tgid = p->tgid, .history = p->history };
	snprintf(up->process, sizeof(up->process), "%s", p->name);
	snprintf(up->where, sizeof(up->where), "%s", p->where);
	snprintf(up->upstairs, sizeof(up->upstairs), "%s", session ? session->upstairs : "");
	snprintf(up->session, sizeof(up->session), "%s", session ? session->session : "");
	for (const struct session *s = g->sessions.first; s; s = s->next)
		up->sessions += s->tgid == p->tgid;
	if (session && g->now > session->heard + SILENT_NS)
		up->silent = g->now - session->heard;
	up->ended = since_end(g, p);
	up->up_count = number(status, "up_count", -1);
	up->ds_count = number(status, "ds_count", -1);
	up->bytes_out = number(status, "write_bytes_out", -1);
	up->reconciled = number(status, "ds_reconciled", -1);
	up->needed = number(status, "ds_reconcile_needed", -1);
	for (int op = 0; op < TOP_OPS; op++) {
		up->gateway[op] = p->timed[ROW_GATEWAY + op][0];
		up->rate[op] = g->seconds ? up->gateway[op].count / g->seconds : 0;
		up->iops += up->rate[op];
		add_waiting(&up->waiting, &p->waiting[ROW_GATEWAY + op][0]);
	}
	up->waiting.moves = up->iops > 0;
	up->nclients = clients_of(p, status);
	for (int i = 0; i < up->nclients; i++)
		model_client(&up->clients[i], i, p, status);
	top_up_sum(up);
	up->shown = p->history ? p->history->n : 0;
}

static void model_down(struct top_down *d, const struct top_gather *g, const struct top_process *p)
{
	*d = (struct top_down){ .tgid = p->tgid };
	snprintf(d->process, sizeof(d->process), "%s", p->name);
	snprintf(d->where, sizeof(d->where), "%s", p->where);
	d->ended = since_end(g, p);
	d->submitted = p->rate[ROW_WORK_START - TIMED_ROWS];
	d->in_work = p->rate[ROW_WORK_PROCESS - TIMED_ROWS];
	d->done = p->rate[ROW_WORK_DONE - TIMED_ROWS];
	for (int op = 0; op < TOP_OPS; op++) {
		d->submit[op] = p->timed[ROW_SUBMIT + op][0];
		d->os[op] = p->timed[ROW_OS + op][0];
		add_waiting(&d->waiting, &p->waiting[ROW_SUBMIT + op][0]);
	}
	d->waiting.moves = p->submit_all.count || d->done > 0;
	d->submit_all = p->submit_all;
	d->os_all = p->os_all;
}

static void model_lost(const struct top_gather *g, struct top_model *m)
{
	int n = loss_line(g->losses, 0, 0, m->lost, sizeof(m->lost));

	if (g->beyond && (size_t)n < sizeof(m->lost))
		n += snprintf(m->lost + n, sizeof(m->lost) - n,
			      "%s%llu answers of clients above %d", n ? ", " : "",
			      (unsigned long long)g->beyond, TOP_CLIENTS - 1);
	if (g->left && (size_t)n < sizeof(m->lost))
		n += snprintf(m->lost + n, sizeof(m->lost) - n, "%s%llu job%s dropped",
			      n ? ", " : "", (unsigned long long)g->left, g->left == 1 ? "" : "s");
	if (g->sessions.unread && (size_t)n < sizeof(m->lost))
		snprintf(m->lost + n, sizeof(m->lost) - n, "%s%llu statuses not read",
			 n ? ", " : "", (unsigned long long)g->sessions.unread);
}

static bool has_session(const struct top_gather *g, uint32_t tgid)
{
	for (const struct session *s = g->sessions.first; s; s = s->next)
		if (s->tgid == tgid)
			return true;
	return false;
}

int top_gather_model(const struct top_gather *g, const struct report_view *view,
		     struct top_model *m)
{
	int ups = 1, downs = 1;

	for (const struct session *s = g->sessions.first; s; s = s->next)
		ups++;
	for (const struct top_process *p = g->first; p; p = p->next) {
		ups++;
		downs++;
	}
	top_model_free(m);
	m->wall = view->render.wall;
	m->seconds = g->intervals ? g->seconds : 0;
	m->interval = view->options->interval ? view->options->interval : view->report->interval;
	m->quiet = g->quiet;
	m->ups = calloc(ups, sizeof(*m->ups));
	m->downs = calloc(downs, sizeof(*m->downs));
	if (!m->ups || !m->downs) {
		top_model_free(m);
		return -ENOMEM;
	}
	for (const struct session *s = g->sessions.first; s; s = s->next) {
		const struct top_process *p = process_find(g, s->tgid);

		if (p)
			model_up(&m->ups[m->nups++], g, p, s);
	}
	for (const struct top_process *p = g->first; p; p = p->next) {
		if (p->is_up && !has_session(g, p->tgid))
			model_up(&m->ups[m->nups++], g, p, NULL);
		if (p->is_down)
			model_down(&m->downs[m->ndowns++], g, p);
	}
	model_lost(g, m);
	return 0;
}
