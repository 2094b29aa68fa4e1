// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fold_maps.h"
#include "hits.h"
#include "snapshot.h"
#include "tracer.h"
#include "usdt.h"
#include "usdt.skel.h"

#define MAX_PAGES     256   /* trace events where there are no uprobe_multi links: 2 MiB */
#define NSLOTS	      4096  /* 256 KiB, to stay in cache; more under way than that spill */
#define MAX_SPILLS    65535 /* keys, as many as a slot can count; memory is taken as they come */
#define OLD_SPILLS    8192  /* the same where memory has to be taken at once */
#define RECORDS_BYTES (1u << 20) /* ring buffer of slow IOs */
#define TEXTS_BYTES   (4u << 20) /* the same where hits with texts come through it, too */
#define MAX_TEXTS     16384	 /* told apart as keys of groups */
#define HIT_PLACES    131072	 /* of all stripes together: 20 ms at 6 million hits a second */

struct tracer {
	struct usdt_bpf *skel;
	struct plan *plan;
	struct attach *attach;
	struct ring_buffer *ring; /* NULL unless slow IOs, or hits with texts, are wanted */
	struct hits hits;	  /* no stripes unless hits are wanted */
	struct usdt_site *sites;
	struct usdt_page *pages;
	enum attach_mode mode;
	struct fold_maps maps;
	struct fold_tables tables;
	tracer_record_fn record_fn; /* of the drain under way */
	void *record_arg;
};

static bool has_pairs(const struct tracer_options *o)
{
	return o->verbs & 1u << FOLD_START;
}

/* Whether there are distributions. */
static bool has_hists(const struct tracer_options *o)
{
	return o->verbs & ~(1u << FOLD_COUNT);
}

/* Whether a hit's process or thread has to be asked for, which costs a call into the kernel. */
static bool asks_process(const struct tracer_options *o)
{
	return o->plan.hits || o->slow || o->threads ||
	       ((has_pairs(o) || o->by_process) && !o->pid);
}

static int skel_configure_hits(struct usdt_bpf *skel, const struct tracer_options *o,
			       uint32_t stripes)
{
	int err;

	skel->rodata->hit_args = o->plan.hit_args;
	skel->rodata->hit_mask = HIT_PLACES / stripes - 1;
	err = bpf_map__set_max_entries(skel->maps.hit_rings, stripes);
	err = err
		      ?: bpf_map__set_value_size(skel->maps.hit_places,
						 HIT_PLACE_SIZE(o->plan.hit_args));
	return err ?: bpf_map__set_max_entries(skel->maps.hit_places, HIT_PLACES);
}

static int skel_configure_texts(struct usdt_bpf *skel, const struct tracer_options *o,
				enum attach_mode mode)
{
	uint32_t rooms = 16; /* hits that can copy texts at the same time */
	int err = 0;

	skel->rodata->want_texts = o->texts;
	skel->rodata->keep_texts = o->by_text;
	while (rooms < 2 * (uint32_t)libbpf_num_possible_cpus())
		rooms *= 2;
	skel->rodata->room_mask = rooms - 1;
	if (o->texts)
		err = bpf_map__set_max_entries(skel->maps.text_rooms, rooms);
	if (o->by_text)
		err = err ?: bpf_map__set_max_entries(skel->maps.texts, MAX_TEXTS);
	/* before 6.1 the verifier warns of maps that take memory inside a program */
	if (o->by_text && mode == ATTACH_EVENTS)
		err = err ?: bpf_map__set_map_flags(skel->maps.texts, 0);
	return err;
}

static int skel_configure_pairs(struct usdt_bpf *skel, const struct tracer_options *o,
				enum attach_mode mode)
{
	uint32_t nslots = has_pairs(o) ? NSLOTS : 1;
	uint32_t spills = has_pairs(o) ? MAX_SPILLS : 1;
	int err = 0;

	if (mode == ATTACH_EVENTS && has_pairs(o)) {
		err = bpf_map__set_map_flags(skel->maps.spills, 0);
		spills = OLD_SPILLS;
	}
	skel->rodata->slot_mask = nslots - 1;
	err = err ?: bpf_map__set_max_entries(skel->maps.slots, nslots);
	return err ?: bpf_map__set_max_entries(skel->maps.spills, spills);
}

/* The numbers' maps, and how far rows may be split. */
static struct fold_maps numbers(const struct usdt_bpf *skel, const struct tracer_options *o)
{
	return (struct fold_maps){
		.groups = skel->maps.groups,
		.tallies = skel->maps.tallies,
		.hists = skel->maps.hists,
		.rows = o->rows,
		.split = o->splits > 1 ? o->rows * o->splits : 0,
		.measures = has_hists(o),
	};
}

/* Sizes the maps and sets what the verifier may drop. */
static int skel_configure(struct tracer *t, const struct tracer_options *o)
{
	struct usdt_bpf *skel = t->skel;
	uint32_t records = o->plan.hits && o->texts ? TEXTS_BYTES : RECORDS_BYTES;
	int err;

	skel->rodata->want_verbs = o->verbs;
	skel->rodata->want_time = has_pairs(o) || o->plan.hits;
	skel->rodata->want_hits = o->plan.hits;
	skel->rodata->want_slow = o->slow;
	skel->rodata->slow_ns = o->slow_ns;
	skel->rodata->by_page = t->mode == ATTACH_EVENTS;
	skel->rodata->ask_process = asks_process(o);
	skel->rodata->only_process = (uint64_t)o->pid << 32;
	skel->rodata->max_rules = o->max_rules;
	skel->rodata->by_process = o->by_process;

	err = bpf_map__set_max_entries(skel->maps.sites, PLAN_MAX_SITES);
	err = err
		      ?: bpf_map__set_max_entries(skel->maps.pages,
						  t->mode == ATTACH_EVENTS ? MAX_PAGES : 1);
	err = err ?: fold_maps_size(&t->maps, &skel->rodata->limits, &skel->bss->ngroups);
	if (o->slow || (o->plan.hits && o->texts))
		err = err ?: bpf_map__set_max_entries(skel->maps.records, records);
	err = err ?: skel_configure_pairs(skel, o, t->mode);
	err = err ?: skel_configure_texts(skel, o, t->mode);
	if (o->plan.hits)
		err = err ?: skel_configure_hits(skel, o, skel->rodata->limits.stripe_mask + 1);
	attach_prepare(skel->progs.assay_usdt, t->mode);
	return err;
}

static int tracer_map(struct tracer *t)
{
	struct usdt_bpf *skel = t->skel;

	t->sites = map_memory(skel->maps.sites, PROT_READ | PROT_WRITE);
	t->pages = map_memory(skel->maps.pages, PROT_READ | PROT_WRITE);
	t->tables.slots = map_memory(skel->maps.slots, PROT_READ);
	t->tables.nslots = bpf_map__max_entries(skel->maps.slots);
	t->tables.losses = (const uint64_t *)skel->bss->losses;
	if (!t->sites || !t->pages || !t->tables.slots)
		return -errno;
	return fold_maps_map(&t->maps, &skel->rodata->limits, &t->tables);
}

static int tracer_map_hits(struct tracer *t)
{
	struct usdt_bpf *skel = t->skel;

	t->hits = (struct hits){
		.rings = map_memory(skel->maps.hit_rings, PROT_READ | PROT_WRITE),
		.places = map_memory(skel->maps.hit_places, PROT_READ),
		.stripes = t->tables.stripes,
		.places_each = skel->rodata->hit_mask + 1,
		.place_size = bpf_map__value_size(skel->maps.hit_places),
	};
	return t->hits.rings && t->hits.places ? 0 : -errno;
}

static int tracer_record(void *arg, void *record, size_t size)
{
	struct tracer *t = arg;

	t->record_fn(t->record_arg, record, size);
	return 0;
}

static int tracer_load(struct tracer *t, const struct tracer_options *o, const char **doing)
{
	int err;

	*doing = "open the BPF program";
	t->skel = usdt_bpf__open();
	if (!t->skel)
		return -errno;
	*doing = "size the BPF maps";
	t->mode = o->attach == ATTACH_AUTO ? attach_detect() : o->attach;
	t->maps = numbers(t->skel, o);
	err = skel_configure(t, o);
	if (err)
		return err;
	*doing = "load the BPF program";
	err = usdt_bpf__load(t->skel);
	if (err)
		return err;
	*doing = "map the BPF maps into memory";
	err = tracer_map(t);
	if (err)
		return err;
	if (o->plan.hits)
		err = tracer_map_hits(t);
	if (err)
		return err;
	*doing = "open the ring buffer";
	if (o->slow || (o->plan.hits && o->texts)) {
		t->ring = ring_buffer__new(bpf_map__fd(t->skel->maps.records), tracer_record, t,
					   NULL);
		if (!t->ring)
			return -errno;
	}
	*doing = "plan what to attach";
	t->plan = plan__new(&o->plan, t->sites);
	t->attach = attach__new(t->skel->progs.assay_usdt, t->mode, t->pages, MAX_PAGES);
	return t->plan && t->attach ? 0 : -ENOMEM;
}

int tracer__new(const struct tracer_options *options, struct tracer **out, char *why,
		size_t why_size)
{
	struct tracer *t = calloc(1, sizeof(*t));
	const char *doing = "allocate memory";
	int err = t ? tracer_load(t, options, &doing) : -ENOMEM;

	if (err) {
		snprintf(why, why_size, "%s", doing);
		tracer__free(t);
		return err;
	}
	*out = t;
	return 0;
}

int tracer_attach(struct tracer *t, int fd, const struct notes *notes, pid_t pid, char *why,
		  size_t why_size)
{
	struct attach_point *points;
	int n = plan_points(t->plan, notes, &points, why, why_size);
	int err = 0;

	if (n < 0)
		return n;
	if (n > 0)
		err = attach_file(t->attach, fd, pid, points, n, why, why_size);
	free(points);
	return err ? err : n;
}

void tracer_go(struct tracer *t)
{
	__atomic_store_n(&t->skel->bss->live, true, __ATOMIC_RELEASE);
}

const char *tracer_attach_way(const struct tracer *t)
{
	return t->mode == ATTACH_MULTI ? "uprobe_multi" : "trace events";
}

struct fold_tables tracer_tables(const struct tracer *t)
{
	return t->tables;
}

int tracer_waiting(const struct tracer *t, struct waiting *waiting)
{
	int fd = bpf_map__fd(t->skel->maps.spills);
	struct fold_key key, next, *previous = NULL;
	struct fold_spill spill;
	int err = waiting_add_slots(waiting, &t->tables);

	/* keys come and go meanwhile: no more of them than there can be */
	for (int i = 0; !err && i < MAX_SPILLS && !bpf_map_get_next_key(fd, previous, &next); i++) {
		if (!bpf_map_lookup_elem(fd, &next, &spill))
			err = waiting_add(waiting, &next, &spill.starts, (int)spill.n);
		key = next;
		previous = &key;
	}
	return err;
}

bool tracer_text(const struct tracer *t, uint64_t hash, char text[FOLD_TEXT_KEY])
{
	if (bpf_map_lookup_elem(bpf_map__fd(t->skel->maps.texts), &hash, text))
		return false;
	text[FOLD_TEXT_KEY - 1] = '\0';
	return true;
}

const struct hit_probe *tracer_probes(const struct tracer *t, int *n)
{
	return plan_probes(t->plan, n);
}

int tracer_drain(struct tracer *t, uint64_t until, tracer_record_fn fn, void *arg)
{
	int n = 0;

	t->record_fn = fn;
	t->record_arg = arg;
	if (t->ring)
		n = ring_buffer__consume(t->ring);
	return n < 0 || !t->hits.stripes ? n : n + hits_drain(&t->hits, until, fn, arg);
}

void tracer_stop(struct tracer *t)
{
	__atomic_store_n(&t->skel->bss->live, false, __ATOMIC_RELEASE);
	if (t->mode != ATTACH_MULTI)
		return;
	attach__free(t->attach);
	t->attach = NULL;
}

void tracer__free(struct tracer *t)
{
	if (!t)
		return;
	attach__free(t->attach);
	plan__free(t->plan);
	ring_buffer__free(t->ring);
	if (t->skel) {
		map_unmap(t->skel->maps.sites, t->sites);
		map_unmap(t->skel->maps.pages, t->pages);
		map_unmap(t->skel->maps.hit_rings, t->hits.rings);
		map_unmap(t->skel->maps.hit_places, t->hits.places);
		map_unmap(t->skel->maps.slots, t->tables.slots);
		fold_maps_unmap(&t->maps, &t->tables);
	}
	usdt_bpf__destroy(t->skel);
	free(t);
}
