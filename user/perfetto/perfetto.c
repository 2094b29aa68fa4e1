// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "perfetto.h"
#include "perfetto_flows.h"
#include "perfetto_packets.h"
#include "perfetto_probes.h"
#include "perfetto_tracks.h"

#define BUCKETS	 16384	   /* a power of two; as many slices as are open at most times */
#define SAME_KEY FOLD_FIFO /* slices open under one key: sessions whose job ids collide */
#define TEXT_MAX 8192	   /* bytes of a text that a hit has */

struct perfetto {
	struct perfetto_packets packets;
	struct perfetto_probes probes;
	struct perfetto_processes processes;
	struct perfetto_flows *flows;
	struct perfetto_stats stats;
	struct perfetto_slice *open[BUCKETS]; /* by key, the youngest first */
	char text[TEXT_MAX];
};

/* A hit being looked at. */
struct moment {
	const struct hit *hit;
	const struct perfetto_probe *probe;
	struct perfetto_process *process;
	struct perfetto_track *track;
	uint64_t key[2];
};

struct perfetto *perfetto__new(FILE *out, int64_t to_wall)
{
	struct perfetto *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	packets_init(&p->packets, out, to_wall);
	p->flows = perfetto_flows__new(&p->stats);
	if (!p->flows) {
		free(p);
		return NULL;
	}
	return p;
}

int perfetto_add_probe(struct perfetto *p, uint32_t number, const struct hit_probe *probe)
{
	return probes_add(&p->probes, &p->packets, number, probe);
}

int perfetto_add_process(struct perfetto *p, uint32_t tgid, const char *name)
{
	struct perfetto_process *process = process_get(&p->processes, &p->packets, tgid);
	int err = process ? process_set_name(process, &p->packets, name) : -ENOMEM;

	return err ? err : p->packets.err;
}

const struct perfetto_stats *perfetto_stats(const struct perfetto *p)
{
	return &p->stats;
}

/* --- slices that are open --- */

static struct perfetto_slice **bucket(struct perfetto *p, const struct perfetto_process *process,
				      uint32_t pair, const uint64_t key[2])
{
	uint64_t h = (key[0] ^ process->track << 32) * 0x9e3779b97f4a7c15ULL;

	h = (h ^ h >> 29 ^ key[1] ^ (uint64_t)pair << 40) * 0xbf58476d1ce4e5b9ULL;
	return &p->open[h >> 40 & (BUCKETS - 1)];
}

/* The oldest slice under the key, and how many there are. */
static struct perfetto_slice *find_oldest(struct perfetto *p, const struct moment *m, uint32_t *n)
{
	struct perfetto_slice *slice = *bucket(p, m->process, m->probe->pair, m->key);
	struct perfetto_slice *oldest = NULL;

	*n = 0;
	for (; slice; slice = slice->next) {
		if (slice->pair != m->probe->pair || slice->track->process != m->process ||
		    slice->key[0] != m->key[0] || slice->key[1] != m->key[1])
			continue;
		oldest = slice;
		(*n)++;
	}
	return oldest;
}

/* The youngest slice of the pair that the thread began. */
static struct perfetto_slice *find_of_thread(const struct moment *m)
{
	struct perfetto_slice *slice = m->track->youngest;

	while (slice && (slice->pair != m->probe->pair || slice->tid != m->hit->tid))
		slice = slice->older;
	return slice;
}

static uint64_t arg(const struct moment *m, int i)
{
	return i >= 0 && i < m->probe->nargs ? m->hit->args[i] : 0;
}

static bool has_first_number(const struct perfetto_probe *probe)
{
	return probe->nargs && !(probe->texts & 1);
}

/* The start that belongs to a done, or NULL. */
static struct perfetto_slice *find_start(struct perfetto *p, const struct moment *m)
{
	struct perfetto_pair *pair = &p->probes.pairs[m->probe->pair];
	struct perfetto_slice *slice = NULL;
	uint32_t n = 0;

	if (m->probe->key[0] != PERFETTO_KEY_THREAD &&
	    (m->probe->key[0] != PERFETTO_KEY_GUESS || has_first_number(m->probe)))
		slice = find_oldest(p, m, &n);
	p->stats.ambiguous += n > 1;
	if (m->probe->key[0] == PERFETTO_KEY_GUESS && slice)
		pair->by_first = true;
	if (m->probe->key[0] == PERFETTO_KEY_THREAD ||
	    (m->probe->key[0] == PERFETTO_KEY_GUESS && !slice && !pair->by_first))
		slice = find_of_thread(m);
	return slice;
}

static void key_of(struct moment *m)
{
	if (m->probe->key[0] >= 0) {
		m->key[0] = arg(m, m->probe->key[0]);
		m->key[1] = arg(m, m->probe->key[1]);
	} else {
		/* a key without a number is like no key with one */
		m->key[0] = arg(m, 0);
		m->key[1] = has_first_number(m->probe);
	}
}

/* --- events --- */

/* The arguments from number `from` on; those without a name are named by their place. */
static void put_args(struct perfetto *p, const struct moment *m, int from, bool done)
{
	const struct perfetto_probe *probe = m->probe;

	for (int i = from; i < probe->nargs; i++) {
		const char *text = probe->texts & 1 << i ? m->hit->text[i] : NULL;
		enum perfetto_arg name = i < PERFETTO_RULE_ARGS ? probe->rule->args[i] : 0;
		bool named = name != PERFETTO_ARG_UNNAMED;

		if (!named)
			name = (done ? PERFETTO_ARG_DONE : PERFETTO_ARG_FIRST) + i;
		if (text) {
			text = text_plain(text, p->text, sizeof(p->text));
			if (!packets_put_text(&p->packets, name, text, m->hit->cut & 1 << i))
				p->stats.cut++;
		} else if (named) {
			packets_put_number(&p->packets, name, m->hit->args[i]);
		} else {
			packets_put_signed(&p->packets, name, (int64_t)m->hit->args[i]);
		}
	}
	if (!done && !probe->rule->provider)
		packets_put_number(&p->packets, PERFETTO_ARG_THREAD, m->hit->tid);
}

/* Ends a slice by the done in `m`, or at `time` without one. */
static void slice_end(struct perfetto *p, struct perfetto_slice *slice, uint64_t time,
		      const struct moment *m)
{
	struct perfetto_process *process = slice->track->process;
	struct perfetto_slice **at = bucket(p, process, slice->pair, slice->key);

	while (*at != slice)
		at = &(*at)->next;
	*at = slice->next;
	packets_event(&p->packets, time, PERFETTO_EVENT_END, slice->track->lanes[slice->lane]);
	if (m) {
		put_args(p, m, m->probe->rule->provider ? slice->nargs : 0, true);
	} else {
		packets_put_true(&p->packets, PERFETTO_ARG_UNFINISHED);
		p->stats.unfinished++;
	}
	packets_send(&p->packets);
	if (slice->role == PERFETTO_ROLE_SUBMIT && m)
		flows_submit_done(p->flows, &process->ds, slice->key[0]);
	else if (slice->role != PERFETTO_ROLE_NONE && slice->role != PERFETTO_ROLE_SUBMIT)
		flows_end(p->flows, process->track, slice->key[0], slice->role == PERFETTO_ROLE_NET,
			  slice->key[1]);
	track_remove(slice);
	free(slice);
}

/* Whatever flows begin at the slice of `m`, pass it or end there. */
static void put_flows(struct perfetto *p, const struct moment *m)
{
	uint64_t up = m->process->track, job = m->key[0], flow;

	switch (m->probe->rule->role) {
	case PERFETTO_ROLE_GATEWAY:
		flow = flows_gateway_begin(p->flows, up, job);
		for (int i = 0; flow && p->probes.nets && i < PERFETTO_CLIENTS; i++)
			packets_put_flow(&p->packets, flow + i, false);
		break;
	case PERFETTO_ROLE_CLIENT:
		flows_client_begin(p->flows, up, job);
		break;
	case PERFETTO_ROLE_NET:
		flow = flows_net_begin(p->flows, up, job, m->key[1]);
		if (flow)
			packets_put_flow(&p->packets, flow, false);
		break;
	case PERFETTO_ROLE_SUBMIT:
		flow = flows_submit_begin(p->flows, &m->process->ds, job);
		if (flow)
			packets_put_flow(&p->packets, flow, true);
		break;
	default:
		break;
	}
}

/* A lane for one slice more; the oldest of the track gives way when there is none. */
static int take_lane(struct perfetto *p, struct perfetto_track *track, uint64_t time)
{
	int lane = track_free_lane(track, &p->packets, time);

	if (lane != -ENOSPC)
		return lane;
	slice_end(p, track->oldest, time, NULL);
	p->stats.crowded++;
	return track_free_lane(track, &p->packets, time);
}

static int slice_begin(struct perfetto *p, const struct moment *m)
{
	const struct perfetto_probe *probe = m->probe;
	uint64_t time = m->hit->time;
	struct perfetto_slice *slice, **at;
	uint32_t n = 0;
	int lane;

	slice = probe->key[0] >= 0 ? find_oldest(p, m, &n) : NULL;
	if (n >= SAME_KEY)
		slice_end(p, slice, time, NULL);
	lane = take_lane(p, m->track, time);
	slice = lane < 0 ? NULL : malloc(sizeof(*slice));
	if (!slice)
		return -ENOMEM;
	*slice = (struct perfetto_slice){ .key = { m->key[0], m->key[1] },
					  .pair = probe->pair,
					  .tid = m->hit->tid,
					  .lane = (uint32_t)lane,
					  .role = probe->rule->role,
					  .nargs = probe->nargs };
	track_add(m->track, slice);
	at = bucket(p, m->process, probe->pair, m->key);
	slice->next = *at;
	*at = slice;
	p->stats.slices++;
	packets_event(&p->packets, time, PERFETTO_EVENT_BEGIN, m->track->lanes[lane]);
	packets_put_name(&p->packets, probe->slice, probe->provider);
	put_args(p, m, 0, false);
	put_flows(p, m);
	packets_send(&p->packets);
	return 0;
}

static int instant(struct perfetto *p, const struct moment *m)
{
	int lane = track_free_lane(m->track, &p->packets, m->hit->time);

	if (lane == -ENOSPC)
		lane = 0;
	if (lane < 0)
		return lane;
	p->stats.instants++;
	packets_event(&p->packets, m->hit->time, PERFETTO_EVENT_INSTANT, m->track->lanes[lane]);
	packets_put_name(&p->packets, m->probe->name, m->probe->provider);
	put_args(p, m, 0, false);
	packets_send(&p->packets);
	return 0;
}

int perfetto_add_hit(struct perfetto *p, const struct hit *hit)
{
	struct moment m = { .hit = hit, .probe = probes_get(&p->probes, hit->probe) };
	enum perfetto_verb verb;
	struct perfetto_slice *start;
	int err = 0;

	if (!m.probe) {
		p->stats.unknown++;
		return p->packets.err;
	}
	if (p->packets.begun && hit->time < p->packets.last)
		p->stats.disordered++;
	m.process = process_get(&p->processes, &p->packets, hit->tgid);
	if (!m.process)
		return -ENOMEM;
	m.track = process_track(m.process, &p->packets, &p->probes, m.probe->kind, arg(&m, 1),
				hit->time);
	if (!m.track)
		return -ENOMEM;
	key_of(&m);
	verb = probes_verb(&p->probes, m.probe);
	if (verb == PERFETTO_END || verb == PERFETTO_STEP) {
		start = find_start(p, &m);
		if (start)
			slice_end(p, start, hit->time, &m);
		else if (verb == PERFETTO_END)
			p->stats.orphans++;
	}
	if (verb == PERFETTO_BEGIN || verb == PERFETTO_STEP)
		err = slice_begin(p, &m);
	else if (verb == PERFETTO_INSTANT)
		err = instant(p, &m);
	return err ? err : p->packets.err;
}

/* --- ends --- */

static void process_end(struct perfetto *p, struct perfetto_process *process, uint64_t time)
{
	for (uint32_t i = 0; i < process->ntracks; i++)
		while (process->tracks[i] && process->tracks[i]->oldest)
			slice_end(p, process->tracks[i]->oldest, time, NULL);
	flows_forget(p->flows, &process->ds);
	process_remove(&p->processes, process);
}

int perfetto_end_process(struct perfetto *p, uint32_t tgid, uint64_t time)
{
	struct perfetto_process *process = process_find(&p->processes, tgid);

	if (process)
		process_end(p, process, time);
	return p->packets.err;
}

int perfetto_close(struct perfetto *p, uint64_t end_time)
{
	if (!p->packets.begun)
		packets_begin(&p->packets, end_time);
	for (int i = 0; i < PERFETTO_PROCESSES; i++)
		while (p->processes.buckets[i])
			process_end(p, p->processes.buckets[i], end_time);
	errno = EIO;
	if (!p->packets.err && fflush(p->packets.out))
		p->packets.err = -errno;
	return p->packets.err;
}

void perfetto__free(struct perfetto *p)
{
	if (!p)
		return;
	for (int i = 0; i < BUCKETS; i++) {
		for (struct perfetto_slice *slice = p->open[i], *next; slice; slice = next) {
			next = slice->next;
			free(slice);
		}
	}
	for (int i = 0; i < PERFETTO_PROCESSES; i++)
		while (p->processes.buckets[i])
			process_remove(&p->processes, p->processes.buckets[i]);
	perfetto_flows__free(p->flows);
	probes_free(&p->probes);
	packets_free(&p->packets);
	free(p);
}
