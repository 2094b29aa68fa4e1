// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "about.h"
#include "core/fold_maps.h"
#include "core/log.h"
#include "core/units.h"
#include "drainer.h"
#include "enums.h"
#include "events.h"
#include "flight.skel.h"
#include "holder.h"
#include "keep.h"
#include "recorder.h"
#include "rings.h"

#define RINGS_BUDGET (512u << 20) /* bytes: smaller rings before more memory */
#define RING_MIN     (64u << 10)
#define RING_OLD     (2u << 20) /* an array's elements had to be kmalloc'ed sizes once */
#define LET_GO_MS    300
#define SPARE_FILES  256 /* descriptors, beside those of the tracepoints */

struct recorder {
	struct flight_bpf *skel;
	struct tracepoints tracepoints;
	struct holder *holder;
	struct flight_event *events; /* what the program knows of them */
	struct rings rings;
	struct keep *keep;
	struct drainer *drainer;
	char *dir; /* of the recording */
	uint64_t stopped_at;
	bool waited; /* for the holder */
	/* misses of the program: before events counted, and in all once it has stopped */
	uint64_t missed_before, missed;
};

/* --- the program --- */

static uint32_t ring_size(uint32_t wanted, int cpus)
{
	uint32_t size = wanted ?: RECORDER_RING;

	while (size > RING_MIN && ((uint64_t)size * cpus > RINGS_BUDGET || size & (size - 1)))
		size = (size & (size - 1)) ? size & (size - 1) : size / 2;
	return size < RING_MIN ? RING_MIN : size;
}

static int skel_load(struct recorder *r, uint32_t ring, int cpus)
{
	struct flight_bpf *skel = flight_bpf__open();
	int err;

	if (!skel)
		return -errno;
	skel->rodata->ring_mask = ring - 1;
	err = bpf_map__set_max_entries(skel->maps.flight_rings, cpus);
	err = err ?: bpf_map__set_max_entries(skel->maps.flight_bytes, cpus);
	err = err ?: bpf_map__set_value_size(skel->maps.flight_bytes, ring + FLIGHT_SLACK);
	err = err ?: bpf_map__set_max_entries(skel->maps.flight_events, r->tracepoints.n ?: 1);
	err = err ?: flight_bpf__load(skel);
	if (err) {
		flight_bpf__destroy(skel);
		return err;
	}
	r->skel = skel;
	return 0;
}

/* Memory of the rings is ours alone: the holder is not to keep it. */
static void *rings_memory(const struct bpf_map *map, int prot)
{
	void *memory = map_memory(map, prot);

	if (memory)
		madvise(memory, (size_t)bpf_map__value_size(map) * bpf_map__max_entries(map),
			MADV_DONTFORK);
	return memory;
}

static int program_load(struct recorder *r, uint32_t wanted, char *why, size_t size)
{
	int cpus = libbpf_num_possible_cpus(), err;
	uint32_t ring;

	if (cpus < 0)
		return cpus;
	ring = ring_size(wanted, cpus);
	snprintf(why, size, "load the program of the recorder");
	err = skel_load(r, ring, cpus);
	if (err == -E2BIG && ring > RING_OLD) {
		ring = RING_OLD;
		err = skel_load(r, ring, cpus);
	}
	if (err)
		return err;
	r->events = map_memory(r->skel->maps.flight_events, PROT_READ | PROT_WRITE);
	r->rings = (struct rings){
		.rings = rings_memory(r->skel->maps.flight_rings, PROT_READ | PROT_WRITE),
		.bytes = rings_memory(r->skel->maps.flight_bytes, PROT_READ),
		.cpus = cpus,
		.size = ring,
		.most = RINGS_PIECE,
		.comm = calloc(cpus, sizeof(*r->rings.comm)),
	};
	snprintf(why, size, "map %u rings of %u KiB", cpus, ring >> 10);
	return r->rings.rings && r->rings.bytes && r->rings.comm && r->events ? 0 : -ENOMEM;
}

/* --- the tracepoints --- */

/* Two descriptors for each, and some for the rest of the run. */
static void raise_limit(int files)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= (rlim_t)files)
		return;
	limit.rlim_cur = files;
	if (limit.rlim_max < limit.rlim_cur)
		limit.rlim_max = limit.rlim_cur;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* Any CPU will do: the program runs on all. The event itself is never on. */
static int event_open(const struct tracepoint *t, int cpu)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT,
					.size = sizeof(attr),
					.config = t->event.id,
					.disabled = 1 };
	int fd = syscall(__NR_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int attach_one(struct recorder *r, int number, int cpu, int *link, int *event)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .perf_event.bpf_cookie = number);
	int prog = bpf_program__fd(r->skel->progs.assay_flight);

	*event = event_open(&r->tracepoints.list[number], cpu);
	if (*event < 0)
		return *event;
	*link = bpf_link_create(prog, *event, BPF_PERF_EVENT, &opts);
	if (*link >= 0)
		return 0;
	close(*event);
	return *link;
}

/* Whether a tracepoint is one that perf events cannot be made of. */
static bool is_odd(int err)
{
	return err == -EINVAL || err == -ENOENT || err == -ENODEV || err == -EOPNOTSUPP;
}

/* Takes a tracepoint out of the list. */
static void leave_out(struct recorder *r, int number, int err)
{
	struct tracepoints *t = &r->tracepoints;
	struct tracepoint *one = &t->list[number];

	log_warn("attach to the tracepoint %s:%s: %s; it is left out", one->system, one->name,
		 err_name(err));
	tracepoint_free(one);
	memmove(one, one + 1, (--t->n - number) * sizeof(*one));
}

static int attach_all(struct recorder *r, int *links, int *events, char *why, size_t size)
{
	int cpu = sched_getcpu(), err = 0, n = 0, lock = holder_lock();

	while (n < r->tracepoints.n && !err) {
		const struct tracepoint *t = &r->tracepoints.list[n];

		r->events[n] = t->event;
		snprintf(why, size, "attach to the tracepoint %s:%s", t->system, t->name);
		err = attach_one(r, n, cpu, &links[n], &events[n]);
		if (!err) {
			n++;
		} else if (is_odd(err) && r->tracepoints.n > 1) {
			leave_out(r, n, err);
			err = 0;
		}
	}
	if (lock >= 0)
		close(lock);
	if (!n)
		return err;
	if (!err)
		snprintf(why, size, "start the holder of the tracepoints");
	return holder__new(links, events, n, &r->skel->bss->live, &r->holder) ?: err;
}

static int attach(struct recorder *r, char *why, size_t size)
{
	int n = r->tracepoints.n, *fds = calloc(2 * n, sizeof(*fds)), err = -ENOMEM;

	raise_limit(2 * n + SPARE_FILES);
	if (fds)
		err = attach_all(r, fds, fds + n, why, size);
	free(fds);
	return err;
}

/* Events that fired while the program was at work on their CPU. */
static uint64_t misses(const struct recorder *r)
{
	struct bpf_prog_info info = { 0 };
	uint32_t length = sizeof(info);

	if (bpf_obj_get_info_by_fd(bpf_program__fd(r->skel->progs.assay_flight), &info, &length))
		return 0;
	return info.recursion_misses;
}

/* trace_call_bpf() counts them since 6.7. */
static bool misses_count(void)
{
	int major = 0, minor = 0;
	struct utsname u;

	if (uname(&u) || sscanf(u.release, "%d.%d", &major, &minor) != 2)
		return false;
	return major > 6 || (major == 6 && minor >= 7);
}

void recorder_go(struct recorder *r)
{
	if (r->stopped_at)
		return;
	r->missed_before = misses(r);
	__atomic_store_n(&r->skel->bss->live, true, __ATOMIC_RELEASE);
}

void recorder_stop(struct recorder *r)
{
	if (r->stopped_at)
		return;
	__atomic_store_n(&r->skel->bss->live, false, __ATOMIC_RELEASE);
	r->missed = misses(r) - r->missed_before;
	r->stopped_at = monotonic_now();
	holder_release(r->holder);
}

/* Some kernels take long even for the links (holder.h): the holder goes on without us. */
static void let_go(struct recorder *r)
{
	if (r->waited)
		return;
	r->waited = true;
	if (holder_wait(r->holder, LET_GO_MS))
		log_debug("the kernel lets go of the tracepoints one by one; assay-holder stays");
}

/* --- the files --- */

static int files_open(struct recorder *r, const struct recorder_options *o, char *why, size_t size)
{
	struct keep_options k = { .cpus = r->rings.cpus, .bytes = o->keep_bytes, .ns = o->keep_ns };
	int err;

	if (asprintf(&r->dir, "%s/" RAW_FOLDER, o->dir) < 0) {
		r->dir = NULL;
		return -ENOMEM;
	}
	snprintf(why, size, "write %s", r->dir);
	if (mkdir(r->dir, 0700))
		return -errno;
	k.dir = r->dir;
	/* so that files are of the size that is wanted of them */
	if (k.bytes && k.bytes / (2 * KEEP_SEGMENTS) < r->rings.most)
		r->rings.most = k.bytes / (2 * KEEP_SEGMENTS) + 1;
	err = keep__new(&k, &r->keep);
	err = err ?: drainer__new(&r->rings, r->keep, &r->drainer);
	err = err ?: drainer_start(r->drainer);
	return err ?: about_write(r->keep, &r->tracepoints, o->patterns, o->npatterns, k.cpus);
}

int recorder__new(const struct recorder_options *options, struct recorder **out, char *why,
		  size_t size)
{
	struct recorder *r = calloc(1, sizeof(*r));
	int err;

	*out = NULL;
	snprintf(why, size, "the recorder");
	if (!r)
		return -ENOMEM;
	err = tracepoints_find(TRACEFS, options->patterns, options->npatterns, &r->tracepoints, why,
			       size);
	err = err ?: program_load(r, options->ring_bytes, why, size);
	err = err ?: attach(r, why, size);
	if (!err && enums_resolve(&r->tracepoints) < 0)
		err = -ENOMEM;
	err = err ?: files_open(r, options, why, size);
	if (err) {
		recorder__free(r);
		return err;
	}
	r->missed_before = misses(r);
	*out = r;
	return 0;
}

int recorder_drain(struct recorder *r)
{
	return drainer_moved(r->drainer);
}

void recorder_add_line(struct recorder *r, uint64_t time, pid_t tid, const char *comm,
		       const char *text)
{
	drainer_add_line(r->drainer, time, tid, comm, text);
}

void recorder_sync_file(struct recorder *r, int fd)
{
	keep_sync_file(r->keep, fd);
}

static uint64_t truncated(const struct recorder *r)
{
	uint64_t sum = 0;

	for (int i = 0; i < r->tracepoints.n; i++)
		sum += r->events[i].truncated;
	return sum;
}

void recorder_stats(struct recorder *r, struct recorder_stats *stats)
{
	struct drainer_stats moved;

	drainer_stats(r->drainer, &moved);
	*stats = (struct recorder_stats){
		.events = moved.lines,
		.lost = moved.lines_lost + r->rings.broken,
		.unwritten = moved.unwritten,
		.nested = r->stopped_at ? r->missed : misses(r) - r->missed_before,
		.nested_known = misses_count(),
		.truncated = truncated(r),
		.bytes = moved.kept.bytes,
		.dropped_events = moved.kept.dropped_events,
		.oldest = moved.kept.oldest,
		.whole_from = moved.kept.whole_from,
		.tracepoints = r->tracepoints.n,
	};
	for (int cpu = 0; cpu < r->rings.cpus; cpu++) {
		stats->events += r->rings.rings[cpu].events;
		stats->lost += r->rings.rings[cpu].lost;
	}
	stats->events -= moved.unwritten;
}

int recorder_finish(struct recorder *r, char *why, size_t size)
{
	struct recorder_stats stats;
	int err;

	recorder_stop(r);
	snprintf(why, size, "write %s", r->dir);
	drainer_stop(r->drainer);
	/* until then, or so long, a program that was under way when we stopped may be writing */
	let_go(r);
	err = drainer_finish(r->drainer, r->stopped_at);
	if (err)
		return err;
	recorder_stats(r, &stats);
	err = about_end(r->keep, &stats, r->stopped_at);
	return err ?: keep_sync(r->keep);
}

void recorder__free(struct recorder *r)
{
	if (!r)
		return;
	if (r->holder) {
		recorder_stop(r);
		let_go(r);
		holder__free(r->holder);
	}
	drainer__free(r->drainer);
	keep__free(r->keep);
	if (r->skel) {
		map_unmap(r->skel->maps.flight_rings, r->rings.rings);
		map_unmap(r->skel->maps.flight_bytes, r->rings.bytes);
		map_unmap(r->skel->maps.flight_events, r->events);
	}
	flight_bpf__destroy(r->skel);
	tracepoints_free(&r->tracepoints);
	free(r->rings.comm);
	free(r->dir);
	free(r);
}
