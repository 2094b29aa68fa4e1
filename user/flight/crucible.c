// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "core/log.h"
#include "core/loss.h"
#include "core/overlay.h"
#include "core/units.h"
#include "crucible_state.h"
#include "raw.h"
#include "version.h"

#define CRUCIBLE_ARGS 3 /* that any of Crucible's probes has at most */

/* --- hits --- */

/* A probe that is new among those that send hits. */
static int note_probe(struct crucible *c, const struct hit_probe *probe, const char *path)
{
	struct probe_use *more = reallocarray(c->uses, c->nuses + 1, sizeof(*more));
	struct probe_use *use;

	if (!more)
		return -ENOMEM;
	c->uses = more;
	use = &c->uses[c->nuses];
	use->kept = wants_hits(c->wants, probe->provider, probe->name);
	use->status =
		!strcmp(probe->name, "up-status") && !strcmp(probe->provider, "crucible_upstairs");
	c->nuses++;
	return use->kept ? hit_files_add_probe(c->hits, c->nuses - 1, probe, path) : 0;
}

static int note_probes(struct crucible *c, const struct binary *b)
{
	const struct hit_probe *probes;
	int n, err = 0;

	probes = tracer_probes(c->tracer, &n);
	while (c->nuses < n && !err)
		err = note_probe(c, &probes[c->nuses], b->path);
	return err;
}

static void on_hit(void *arg, const struct hit *hit)
{
	struct crucible *c = arg;
	int err = 0;

	if (hit->probe >= (uint32_t)c->nuses)
		return;
	if (c->uses[hit->probe].kept)
		err = hit_files_add(c->hits, hit);
	if (c->uses[hit->probe].status)
		crucible_status(c, hit);
	c->err = c->err ?: err;
}

/* --- who has the probes --- */

static bool is_wanted(void *arg, const struct notes *notes)
{
	return wants_notes(((struct crucible *)arg)->wants, notes);
}

/* All of its processes, or `pid` alone. */
static int attach_one(struct crucible *c, const struct binary *b, pid_t pid)
{
	char why[256];
	int n = tracer_attach(c->tracer, b->fd, b->notes, pid, why, sizeof(why)), err;

	if (n < 0) {
		log_error("attach to %s: %s: %s%s", b->path, why, err_name(n), err_cure(n));
		return n;
	}
	c->sites += n;
	err = note_probes(c, b);
	if (err)
		log_error("note the probes of %s: %s", b->path, err_name(err));
	log_info("flight: %d sites of %s (%d process%s), %s", n, b->path, pid ? 1 : b->npids,
		 pid || b->npids == 1 ? "" : "es", tracer_attach_way(c->tracer));
	return err;
}

static int attach_binary(struct crucible *c, struct binary *b)
{
	int err = 0;

	if (!c->o.flight->npids) {
		b->attached = true;
		return overlay_reached(c->targets, b) ? 0 : attach_one(c, b, 0);
	}
	for (int i = 0; !err && i < b->npids; i++)
		err = attach_one(c, b, b->pids[i]);
	return err;
}

/* A program was started somewhere on the host. */
static void on_program(void *arg, pid_t pid)
{
	struct crucible *c = arg;
	struct binary *found;
	char why[256];
	int err = targets_add_pid(c->targets, pid, &found, why, sizeof(why));

	if (found && !found->attached)
		attach_binary(c, found);
	if (err && err != -ESRCH && err != -ENOEXEC && err != -ENOENT)
		log_debug("passed over pid %d: %s: %s", pid, why, err_name(err));
}

static int find(struct crucible *c, char *why, size_t size)
{
	const struct flight_options *o = c->o.flight;
	int err = 0, hidden;

	if (!o->npids)
		return targets_add_all(c->targets, &hidden, why, size);
	for (int i = 0; i < o->npids && !err; i++)
		err = targets_add_pid(c->targets, o->pids[i], NULL, why, size);
	return err;
}

/* What nothing on this host has. */
static const char *idle_text(const struct want *w, char *text, size_t size)
{
	switch (w->kind) {
	case WANT_EVENTS:
		snprintf(text, size, "probes that --events usdt:%s names", w->text);
		break;
	case WANT_LATENCY:
		snprintf(text, size, "the probes of --trigger-latency '%s' (%s and %s)", w->text,
			 w->latency.start, w->latency.done);
		break;
	case WANT_STATE:
		snprintf(text, size, "the probe of --trigger-state %s (%s)", w->text, w->args[0]);
		break;
	}
	return text;
}

static int check_idle(struct crucible *c, char *why, size_t size)
{
	const char *who = c->o.flight->npids ? "no process of -p has" : "no running process has";
	char text[512];

	for (int i = 0; i < c->wants->n; i++) {
		const struct want *w = &c->wants->list[i];

		if (!want_is_idle(w))
			continue;
		idle_text(w, text, sizeof(text));
		if (!c->o.flight->no_check) {
			snprintf(why, size,
				 "%s %s; \"assay probes\" lists what does; start one, or wait for "
				 "it with --no-check",
				 who, text);
			return -ENOENT;
		}
		log_warn("%s %s yet", who, text);
	}
	return 0;
}

static int attach(struct crucible *c, char *why, size_t size)
{
	int err = find(c, why, size), failed = 0;
	bool watches = c->wants->n && !c->o.flight->npids;

	if (err)
		return err;
	err = check_idle(c, why, size);
	for (int i = 0; i < targets_count(c->targets) && !err; i++)
		failed = attach_binary(c, targets_get(c->targets, i)) ?: failed;
	/* one odd binary among all of the host's must not keep us from the others */
	if (!err && failed && !c->sites) {
		snprintf(why, size, "attach to probes: %s", err_name(failed));
		err = failed;
	}
	if (!err && watches && c->wants->refused)
		log_warn("%d probes or pairs left out: there are too many", c->wants->refused);
	return err;
}

/* --- the beginning --- */

static json_t *header_of(const struct crucible *c)
{
	json_t *patterns = json_array();
	struct utsname host = { 0 };

	uname(&host);
	for (int i = 0; i < c->wants->n; i++)
		if (c->wants->list[i].kind == WANT_EVENTS)
			json_array_append_new(patterns, json_string(c->wants->list[i].text));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:i, s:[]}", "assay", assay_version,
			 "report", "flight", "host", host.nodename, "kernel", host.release,
			 "machine", host.machine, "patterns", patterns, "texts", 0, "pids");
}

static bool keeps_hits(const struct crucible *c)
{
	for (int i = 0; i < c->wants->n; i++)
		if (c->wants->list[i].kind == WANT_EVENTS)
			return true;
	return false;
}

static int open_hits(struct crucible *c, char *why, size_t size)
{
	struct hit_files_options o = { .bytes = c->o.flight->keep_bytes,
				       .ns = c->o.flight->keep_ns,
				       .sync = c->o.sync,
				       .arg = c->o.arg };
	json_t *header;
	int err = 0;

	if (!keeps_hits(c))
		return 0;
	header = header_of(c);
	snprintf(why, size, "no memory for hits");
	if (asprintf(&c->dir, "%s/" RAW_FOLDER, c->o.folder->path) < 0)
		c->dir = NULL;
	if (!c->dir || !header)
		err = -ENOMEM;
	o.dir = c->dir;
	o.header = header;
	err = err ?: hit_files__new(&o, &c->hits, why, size);
	json_decref(header);
	return err;
}

/* Arguments that hits carry. */
static uint32_t hit_args(const struct crucible *c)
{
	for (int i = 0; i < c->wants->n; i++)
		if (c->wants->list[i].kind == WANT_EVENTS &&
		    strncmp(c->wants->list[i].text, "crucible_", strlen("crucible_")))
			return FOLD_MAX_ARGS;
	return CRUCIBLE_ARGS;
}

static int load(struct crucible *c, char *why, size_t size)
{
	const struct flight_options *o = c->o.flight;
	struct tracer_options options = {
		.plan = { .rules = c->wants->rules, .hits = PLAN_HITS_ASKED },
		.verbs = c->wants->crucible ? 1u << FOLD_START | 1u << FOLD_DONE : 0,
		.max_rules = USDT_MAX_RULES,
		.rows = c->wants->crucible ? WANTS_ROWS : 0,
		.texts = true,
		.threads = true,
		.pid = o->npids == 1 ? o->pids[0] : 0,
	};
	struct stream_handlers handlers = { .hit = on_hit, .slow = crucible_slow, .arg = c };
	int err;

	options.plan.hit_args = hit_args(c);
	options.slow = wants_slow(c->wants, &options.slow_ns);
	err = tracer__new(&options, &c->tracer, why, size);
	if (err)
		return err;
	snprintf(why, size, "no memory to follow hits");
	c->stream = stream__new(c->tracer, options.plan.hit_args, &handlers);
	c->targets = targets__new(is_wanted, c);
	if (!c->stream || !c->targets)
		return -ENOMEM;
	/* before the search for targets, so that none slips between */
	return o->npids ? 0 : watch__new(on_program, c, &c->watch, why, size);
}

int crucible__new(const struct crucible_options *options, struct crucible **out, char *why,
		  size_t size)
{
	struct crucible *c = calloc(1, sizeof(*c));
	int err;

	*out = NULL;
	snprintf(why, size, "no memory for probes");
	if (!c)
		return -ENOMEM;
	c->o = *options;
	c->last_row = &c->first_row;
	crucible_prepare_thread(c);
	err = wants__new(options->flight, &c->wants, why, size);
	if (!err && c->wants) {
		err = load(c, why, size);
		err = err ?: open_hits(c, why, size);
		err = err ?: attach(c, why, size);
	}
	if (!err && c->wants) {
		snprintf(why, size, "start the thread that takes hits");
		err = crucible_start_thread(c);
	}
	if (err || !c->wants) {
		crucible__free(c);
		return err;
	}
	*out = c;
	return 0;
}

void crucible__free(struct crucible *c)
{
	if (!c)
		return;
	crucible_stop_thread(c);
	watch__free(c->watch);
	stream__free(c->stream);
	tracer__free(c->tracer);
	hit_files__free(c->hits);
	targets__free(c->targets);
	wants__free(c->wants);
	sessions_free(&c->sessions);
	crucible_free_past(c);
	crucible_forget_thread(c);
	free(c->dir);
	free(c->uses);
	free(c);
}

/* --- the course --- */

void crucible_go(struct crucible *c)
{
	tracer_go(c->tracer);
	c->started = monotonic_now();
}

int crucible_fd(const struct crucible *c)
{
	return c->watch ? watch_fd(c->watch) : -1;
}

void crucible_look(struct crucible *c)
{
	pthread_mutex_lock(&c->lock);
	watch_read(c->watch);
	pthread_mutex_unlock(&c->lock);
}

/* --- what is known of it --- */

void crucible_stats(struct crucible *c, struct crucible_stats *stats)
{
	struct hit_files_stats kept = { 0 };

	pthread_mutex_lock(&c->lock);
	if (c->hits)
		hit_files_stats(c->hits, &kept);
	*stats = (struct crucible_stats){
		.sites = c->sites,
		.keeps = c->hits,
		.hits = kept.hits,
		.lost = tracer_tables(c->tracer).losses[FOLD_LOSS_RECORD] + stream_lost(c->stream),
		.dropped = kept.dropped,
		.bytes = kept.bytes,
		.oldest = kept.oldest,
		.unread = c->sessions.unread,
		.missed = c->watch ? watch_lost(c->watch) : 0,
		.refused = c->wants->refused,
	};
	for (int i = 0; i < c->wants->n; i++)
		stats->refused += wild_refused(c->wants->list[i].wild);
	pthread_mutex_unlock(&c->lock);
}

const char *crucible_losses(const struct crucible *c, char *buf, size_t size)
{
	uint64_t losses[FOLD_LOSS_MAX];

	memcpy(losses, tracer_tables(c->tracer).losses, sizeof(losses));
	losses[FOLD_LOSS_RECORD] = 0;  /* told of as hits */
	losses[FOLD_LOSS_SPILLED] = 0; /* nothing is missing for that */
	loss_line(losses, 0, 0, buf, size);
	return buf;
}
