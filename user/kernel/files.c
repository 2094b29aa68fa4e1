// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/fold_maps.h"
#include "core/log.h"
#include "devices.h"
#include "files.h"
#include "syscalls_inflight.h"
#include "tracepoints.h"
#include "syscalls.skel.h" /* uses types of the above */

#define NCALLS	      8192	/* that are under way at the same time: 576 KiB */
#define SPLIT	      640	/* of rows, by file system and process */
#define RECORDS_BYTES (4 << 20) /* calls sent one by one: 20,000 of them */

/* What each system call does, by its number on this machine; and whether a path comes second. */
static const struct {
	uint16_t number;
	uint8_t op;
	bool second;
} calls[] = {
	{ __NR_read, FILE_READ, false },      { __NR_pread64, FILE_READ, false },
	{ __NR_readv, FILE_READ, false },     { __NR_preadv, FILE_READ, false },
	{ __NR_preadv2, FILE_READ, false },   { __NR_write, FILE_WRITE, false },
	{ __NR_pwrite64, FILE_WRITE, false }, { __NR_writev, FILE_WRITE, false },
	{ __NR_pwritev, FILE_WRITE, false },  { __NR_pwritev2, FILE_WRITE, false },
#ifdef __NR_open
	{ __NR_open, FILE_OPEN, false },      { __NR_creat, FILE_OPEN, false },
#endif
	{ __NR_openat, FILE_OPEN, true },     { __NR_openat2, FILE_OPEN, true },
	{ __NR_fsync, FILE_FSYNC, false },    { __NR_fdatasync, FILE_FDATASYNC, false },
	{ __NR_syncfs, FILE_SYNCFS, false },
};

struct files {
	struct syscalls_bpf *skel;
	struct fold_maps maps;
	struct fold_tables tables;
	const struct file_process *processes; /* by index of a group's numbers */
	const struct inflight *inflights;
	uint32_t seen;		  /* groups that were there */
	uint64_t missed;	  /* runs of the program that were not, before all counted */
	struct ring_buffer *ring; /* NULL: no calls are sent */
	file_record_fn fn;	  /* during a drain */
	void *arg;
};

/* The superblock of what has no path at all: eventfds, timers, and the like. */
static uint32_t nameless_device(void)
{
	int fd = eventfd(0, EFD_CLOEXEC);
	struct stat st;
	uint32_t dev = fd >= 0 && !fstat(fd, &st) ? device_of(st.st_dev) : 0;

	if (fd >= 0)
		close(fd);
	return dev;
}

/* Typed pointers where the kernel has them (6.2): they cost half of reading by address. */
static int files_choose(struct syscalls_bpf *skel)
{
	struct btf *btf = btf__load_vmlinux_btf();
	bool cast = btf && btf__find_by_name_kind(btf, "bpf_rdonly_cast", BTF_KIND_FUNC) > 0;
	int err;

	btf__free(btf);
	err = bpf_program__set_autoload(cast ? skel->progs.assay_call_enter_5_15
					     : skel->progs.assay_call_enter,
					false);
	return err
		       ?: bpf_program__set_autoload(cast ? skel->progs.assay_call_exit_5_15
							 : skel->progs.assay_call_exit,
						    false);
}

static int files_configure(struct files *f, const struct files_options *o)
{
	struct syscalls_bpf *skel = f->skel;
	uint32_t groups;
	int err;

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		skel->rodata->ops[calls[i].number] =
			(calls[i].op + 1) | (calls[i].second ? FILE_PATH_SECOND : 0);
	skel->rodata->some = o->some || o->npids;
	skel->rodata->measures = o->measures;
	skel->rodata->sends = o->sends;
	skel->rodata->paths = o->paths;
	skel->rodata->slow_ns = o->slow_ns;
	skel->rodata->self = getpid();
	skel->rodata->nameless = nameless_device();
	skel->rodata->inflight_mask = NCALLS - 1;
	f->maps = (struct fold_maps){ .groups = skel->maps.groups,
				      .tallies = skel->maps.tallies,
				      .hists = skel->maps.hists,
				      .rows = FILE_ROWS,
				      .split = o->measures ? SPLIT : 0,
				      .measures = o->measures };
	err = bpf_map__set_max_entries(skel->maps.inflights, NCALLS);
	if (o->sends)
		err = err ?: bpf_map__set_max_entries(skel->maps.records, RECORDS_BYTES);
	err = err ?: fold_maps_size(&f->maps, &skel->rodata->limits, &skel->bss->ngroups);
	groups = skel->rodata->limits.max_groups;
	return err ?: bpf_map__set_max_entries(skel->maps.processes, groups);
}

static int files_map(struct files *f)
{
	struct syscalls_bpf *skel = f->skel;

	f->processes = map_memory(skel->maps.processes, PROT_READ);
	f->inflights = map_memory(skel->maps.inflights, PROT_READ);
	f->tables.losses = (const uint64_t *)skel->bss->losses;
	if (!f->processes || !f->inflights)
		return -errno;
	return fold_maps_map(&f->maps, &skel->rodata->limits, &f->tables);
}

static int files_record(void *arg, void *record, size_t size)
{
	struct files *f = arg;

	if (size >= offsetof(struct file_record, names))
		f->fn(f->arg, record);
	return 0;
}

static int files_load(struct files *f, const struct files_options *o, const char **doing)
{
	struct syscalls_bpf *skel;
	char missing[256];
	int err;

	*doing = "open the BPF program";
	f->skel = skel = syscalls_bpf__open();
	if (!skel)
		return -errno;
	*doing = "look for the tracepoints of system calls";
	err = tracepoints_choose(skel->obj, missing, sizeof(missing));
	if (err)
		return err < 0 ? err : -ENOENT;
	err = files_choose(skel);
	if (err)
		return err;
	*doing = "size the BPF maps";
	err = files_configure(f, o);
	if (err)
		return err;
	*doing = "load the BPF program";
	err = syscalls_bpf__load(skel);
	if (err)
		return err;
	*doing = "map the BPF maps into memory";
	err = files_map(f);
	if (err)
		return err;
	*doing = "open the ring buffer";
	if (o->sends) {
		f->ring = ring_buffer__new(bpf_map__fd(skel->maps.records), files_record, f, NULL);
		if (!f->ring)
			return -errno;
	}
	*doing = "name the processes";
	for (int i = 0; !err && i < o->npids; i++)
		err = files_add_pid(f, o->pids[i]);
	if (err)
		return err;
	*doing = "attach to the tracepoints of system calls";
	return syscalls_bpf__attach(skel);
}

int files__new(const struct files_options *options, struct files **out, char *why, size_t why_size)
{
	struct files *f = calloc(1, sizeof(*f));
	const char *doing = "allocate memory";
	int err = f ? files_load(f, options, &doing) : -ENOMEM;

	if (err) {
		snprintf(why, why_size, "%s", doing);
		files__free(f);
		return err;
	}
	*out = f;
	return 0;
}

void files__free(struct files *f)
{
	if (!f)
		return;
	ring_buffer__free(f->ring);
	if (f->skel) {
		map_unmap(f->skel->maps.processes, f->processes);
		map_unmap(f->skel->maps.inflights, f->inflights);
		fold_maps_unmap(&f->maps, &f->tables);
	}
	syscalls_bpf__destroy(f->skel);
	free(f);
}

int files_add_pid(struct files *f, pid_t pid)
{
	uint32_t tgid = pid;
	uint8_t yes = 1;

	return bpf_map_update_elem(bpf_map__fd(f->skel->maps.pids), &tgid, &yes, BPF_ANY);
}

void files_go(struct files *f)
{
	f->missed = tracepoints_missed(f->skel->obj);
	__atomic_store_n(&f->skel->bss->live, true, __ATOMIC_RELEASE);
}

void files_stop(struct files *f)
{
	__atomic_store_n(&f->skel->bss->live, false, __ATOMIC_RELEASE);
	f->skel->bss->losses[FOLD_LOSS_BUSY] += tracepoints_missed(f->skel->obj) - f->missed;
}

struct fold_tables files_tables(const struct files *f)
{
	return f->tables;
}

bool files_grew(struct files *f)
{
	uint32_t n = __atomic_load_n(&f->skel->bss->ngroups, __ATOMIC_RELAXED);
	bool grew = n != f->seen;

	f->seen = n;
	return grew;
}

static int name_compare(const void *va, const void *vb)
{
	const struct file_name *a = va, *b = vb;

	if (a->tgid != b->tgid)
		return a->tgid < b->tgid ? -1 : 1;
	/* the newest first */
	return a->process.since > b->process.since ? -1 : a->process.since < b->process.since;
}

int files_names(const struct files *f, struct file_name **names)
{
	const struct fold_tables *t = &f->tables;
	int n = 0, kept = 0;

	*names = calloc(t->max_groups, sizeof(**names));
	if (!*names)
		return -ENOMEM;
	for (uint32_t i = 0; i < t->ngroups; i++) {
		uint32_t state = __atomic_load_n(&t->groups[i].state, __ATOMIC_ACQUIRE);
		struct file_name *name = &(*names)[n];

		if (state < FOLD_GROUP_READY || state - FOLD_GROUP_READY >= t->max_groups)
			continue;
		name->tgid = t->groups[i].group.tgid;
		name->process = f->processes[state - FOLD_GROUP_READY];
		name->process.name[FILE_COMM - 1] = '\0';
		n += name->tgid && name->process.since;
	}
	qsort(*names, n, sizeof(**names), name_compare);
	for (int i = 0; i < n; i++)
		if (!kept || (*names)[kept - 1].tgid != (*names)[i].tgid)
			(*names)[kept++] = (*names)[i];
	return kept;
}

void files_each_call(const struct files *f, file_call_fn fn, void *arg)
{
	for (int i = 0; i < NCALLS; i++) {
		const struct inflight *at = &f->inflights[i];
		struct inflight once, again;

		if (!at->address || !at->call.start)
			continue;
		/* one that changes meanwhile has returned */
		once = *at;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		again = *at;
		if (once.address && once.call.start && !memcmp(&once, &again, sizeof(once)))
			fn(arg, &once.call);
	}
}

int files_drain(struct files *f, file_record_fn fn, void *arg)
{
	f->fn = fn;
	f->arg = arg;
	return f->ring ? ring_buffer__consume(f->ring) : 0;
}
