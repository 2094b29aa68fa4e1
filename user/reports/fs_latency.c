// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * fs-latency: how long reads, writes, opens and syncs of files take, by file system and process.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "core/escape.h"
#include "core/log.h"
#include "core/units.h"
#include "core/waiting.h"
#include "fs_latency.h"
#include "kernel/paths.h"

/* Behind the operations are the counters that go with them. */
const char *const fs_labels[FILE_ROWS] = {
	"read",
	"write",
	"open",
	"fsync",
	"fdatasync",
	"syncfs",
	"read errors",
	"write errors",
	"open errors",
	"fsync errors",
	"fdatasync errors",
	"syncfs errors",
	"read bytes",
	"write bytes",
};

static const struct latency_format format = {
	.labels = fs_labels,
	.nlabels = FILE_ROWS,
	.by = "file_system",
	.by_text = true,
	.key = { LATENCY_KEY_BY, LATENCY_KEY_LABEL, LATENCY_KEY_PID },
};

static const char *const tracepoints[] = { "raw_syscalls:sys_enter", "raw_syscalls:sys_exit",
					   NULL };

/* --- names --- */

static uint64_t by_of(uint32_t dev, uint32_t mode)
{
	return dev | (S_ISBLK(mode) ? FILE_BY_DISK : 0);
}

char *fs_name(const struct fs *fs, uint64_t by, uint32_t tgid, char *dst, size_t size)
{
	const struct mount *mount = NULL;
	char device[64];

	if (!(by & FILE_BY_DISK))
		mount = mounts_find(fs->mounts, by, tgid);
	if (mount)
		snprintf(dst, size, "%s (%s)", mount->point, mount->type);
	else if (by)
		snprintf(dst, size, "%s%s",
			 devices_name(fs->devices, (uint32_t)by, device, sizeof(device)),
			 by & FILE_BY_DISK ? " (disk)" : "");
	else
		snprintf(dst, size, "-");
	return dst;
}

void fs_json(json_t *object, const struct fs *fs, uint64_t by, uint32_t tgid)
{
	const struct mount *mount = NULL;
	char device[DEVICE_NUMBERS];

	if (!(by & FILE_BY_DISK))
		mount = mounts_find(fs->mounts, by, tgid);
	json_set(object, "file_system", mount ? json_text(mount->point) : json_null());
	json_set(object, "type",
		 mount		     ? json_text(mount->type)
		 : by & FILE_BY_DISK ? json_string("disk")
				     : json_null());
	json_set(object, "device",
		 by ? json_string(device_numbers((uint32_t)by, device)) : json_null());
}

/* Calls that a signal cut short return numbers of the kernel's own (include/linux/errno.h). */
static const char *error_name(int64_t result)
{
	return result <= -512 && result >= -516 ? "EINTR" : err_name((int)result);
}

/* --- calls, one by one: those that were slow, and those that have not returned --- */

#define PATH_SIZE 4200

struct call {
	uint32_t tgid, tid, op, dev, mode, flags;
	uint64_t inode;
	uint64_t since;	      /* ns, CLOCK_MONOTONIC */
	uint64_t end;	      /* the same; 0: it has not returned */
	int64_t result;	      /* once it has */
	const char *process;  /* its name */
	const char *last;     /* its file's; NULL: not known */
	char path[PATH_SIZE]; /* "": not known */
};

/* The names from the file system's root, with where that is mounted before them. */
static void names_path(const struct fs *fs, const struct file_record *r, struct call *call)
{
	char inner[FILE_NAMES + FILE_DEPTH];

	if (r->names_size > FILE_NAMES || !r->names_end ||
	    !path_join(r->names, r->names_size, inner, sizeof(inner)) ||
	    !mounts_path(fs->mounts, r->dev, r->tgid, inner, call->path, sizeof(call->path)))
		call->path[0] = '\0';
}

static void record_path(const struct fs *fs, const struct file_record *r, struct call *call)
{
	char device[64];

	if (!r->dev) /* an open that failed */
		snprintf(call->path, sizeof(call->path), "%.*s", r->names_size, r->names);
	else if (S_ISBLK(r->mode))
		snprintf(call->path, sizeof(call->path), "/dev/%s",
			 devices_name(fs->devices, r->dev, device, sizeof(device)));
	else
		names_path(fs, r, call);
}

/* The path that an open asks for: it waits, so it is there to be read. */
static void wanted_path(const struct file_call *at, struct call *call)
{
	struct iovec from = { (void *)(uintptr_t)at->path, sizeof(call->path) - 1 };
	struct iovec to = { call->path, sizeof(call->path) - 1 };
	ssize_t n = process_vm_readv((pid_t)at->tgid, &to, 1, &from, 1, 0);

	call->path[n > 0 ? n : 0] = '\0';
}

static void inflight_path(const struct fs *fs, const struct file_call *at, struct call *call)
{
	struct path_file file = { .tgid = at->tgid,
				  .fd = at->fd,
				  .dev = at->dev,
				  .disk = S_ISBLK(at->mode),
				  .inode = at->inode };

	if (at->op == FILE_OPEN)
		wanted_path(at, call);
	else if (!path_of_fd(fs->mounts, &file, call->path, sizeof(call->path)))
		call->path[0] = '\0';
}

/* As much of the path as is known: "/data/.../name". */
static void print_partial(FILE *out, const struct fs *fs, const struct call *call)
{
	const struct mount *mount = mounts_find(fs->mounts, call->dev, call->tgid);

	if (mount && strcmp(mount->point, "/") != 0)
		escape_print(out, mount->point);
	fputs("/.../", out);
	escape_print(out, call->last && *call->last ? call->last : "?");
}

/* Up to now where it has not returned; it may have begun just after the run was stopped. */
static uint64_t call_duration(const struct report_view *view, const struct call *call)
{
	uint64_t until = call->end ? call->end : view->now;

	return until > call->since ? until - call->since : 0;
}

static void json_call(const struct report_view *view, const struct call *call)
{
	json_t *object = json_line(&view->render);
	bool failed = call->end && call->result < 0;

	json_set(object, "event", json_string(call->end ? "slow" : "in-flight"));
	json_set(object, "pid", json_integer(call->tgid));
	json_set(object, "tid", json_integer(call->tid));
	json_set(object, "process", json_text(call->process));
	json_set(object, "op", json_string(fs_labels[call->op]));
	json_set(object, "file", *call->path ? json_text(call->path) : json_null());
	json_set(object, "name", call->last ? json_text(call->last) : json_null());
	fs_json(object, view->source, by_of(call->dev, call->mode), call->tgid);
	json_set(object, "inode", call->dev ? json_integer(call->inode) : json_null());
	json_set(object, "direct", json_boolean(call->flags & O_DIRECT));
	if (call->end) {
		json_set(object, "error",
			 failed ? json_string(error_name(call->result)) : json_null());
		if (fs_moves_data(call->op))
			json_set(object, "bytes", json_integer(failed ? 0 : call->result));
		json_set(object, "duration_ns", json_integer(call_duration(view, call)));
		json_set(object, "end_monotonic_ns", json_integer(call->end));
	} else {
		json_set(object, "age_ns", json_integer(call_duration(view, call)));
	}
	json_print(view->render.out, object);
}

static void text_call(const struct report_view *view, const struct call *call)
{
	uint64_t moment = call->end ? call->end : call->since;
	FILE *out = view->render.out;
	char time[24], duration[24];

	/* the view is of a later moment */
	fprintf(out, "%-15s %7u ",
		time_format_clock(view->render.wall - (view->now - moment), time, sizeof(time)),
		call->tgid);
	fs_print_padded(out, call->process, 15);
	fprintf(out, " %-9s", fs_labels[call->op]);
	if (!call->end)
		fprintf(out, " %10u", call->tid);
	else if (call->result < 0)
		fprintf(out, " %10s", error_name(call->result));
	else if (fs_moves_data(call->op))
		fprintf(out, " %10" PRId64, call->result);
	else
		fprintf(out, " %10s", "-");
	fprintf(out, " %9s  ",
		duration_format(call_duration(view, call), duration, sizeof(duration)));
	if (*call->path)
		escape_print(out, call->path);
	else
		print_partial(out, view->source, call);
	fputc('\n', out);
}

static void print_titles(FILE *out, const char *time, const char *number, const char *duration)
{
	fprintf(out, "%-15s %7s %-15s %-9s %10s %9s  %s\n", time, "PID", "PROCESS", "OP", number,
		duration, "FILE");
}

static void print_slow(void *arg, const struct file_record *r)
{
	const struct report_view *view = arg;
	struct fs *fs = view->source;
	struct call call = { .tgid = r->tgid,
			     .tid = r->tid,
			     .op = r->op,
			     .dev = r->dev,
			     .mode = r->mode,
			     .flags = r->flags,
			     .inode = r->inode,
			     .since = r->start,
			     .end = r->end,
			     .result = r->result,
			     .last = r->dev ? r->name : NULL,
			     .process = r->process };

	record_path(fs, r, &call);
	if (view->render.json) {
		json_call(view, &call);
		return;
	}
	if (!fs->slow_titles)
		print_titles(view->render.out, "TIME", "BYTES", "DURATION");
	fs->slow_titles = true;
	text_call(view, &call);
}

/* A file system that only a container has mounted is known as long as a process of it runs. */
static void learn_mounts(const struct fs *fs)
{
	struct fold_tables t = files_tables(fs->files);

	for (uint32_t i = 0; i < t.ngroups; i++) {
		const struct fold_group_entry *e = &t.groups[i];

		if (__atomic_load_n(&e->state, __ATOMIC_ACQUIRE) >= FOLD_GROUP_READY &&
		    !(e->group.by & FILE_BY_DISK))
			mounts_find(fs->mounts, e->group.by, e->group.tgid);
	}
}

/* Of what comes and goes between two of these there is a number alone. */
static void tick(const struct report_view *view)
{
	struct fs *fs = view->source;

	mounts_follow(fs->mounts);
	if (files_grew(fs->files))
		learn_mounts(fs);
}

static void drain(const struct report_view *view)
{
	struct fs *fs = view->source;

	tick(view);
	if (files_drain(fs->files, print_slow, (void *)view) < 0)
		log_warn("slow calls could not be read");
}

static bool drains(const struct options *options)
{
	return options->slow;
}

/* What has not returned, as a list that grows. */
struct calls {
	struct file_call *list;
	int n, room;
	bool failed;
};

static void keep_call(void *arg, const struct file_call *call)
{
	struct calls *calls = arg;

	if (calls->n == calls->room) {
		int room = calls->room ? calls->room * 2 : 64;
		struct file_call *list = reallocarray(calls->list, room, sizeof(*list));

		calls->failed = calls->failed || !list;
		if (!list)
			return;
		calls->list = list;
		calls->room = room;
	}
	calls->list[calls->n++] = *call;
}

static int start_compare(const void *va, const void *vb)
{
	const struct file_call *a = va, *b = vb;

	return a->start < b->start ? -1 : a->start > b->start;
}

static void in_flight(const struct report_view *view)
{
	struct fs *fs = view->source;
	struct calls calls = { 0 };

	files_each_call(fs->files, keep_call, &calls);
	if (calls.failed)
		log_warn("in flight: not all are listed: no memory");
	if (calls.n)
		qsort(calls.list, calls.n, sizeof(*calls.list), start_compare);
	for (int i = 0; i < calls.n; i++) {
		const struct file_call *at = &calls.list[i];
		struct call call = { .tgid = at->tgid,
				     .tid = at->tid,
				     .op = at->op,
				     .dev = at->dev,
				     .mode = at->mode,
				     .flags = at->flags,
				     .inode = at->inode,
				     .since = at->start,
				     .process = view->name(view->arg, at->tgid) };

		inflight_path(fs, at, &call);
		if (!i && !view->render.json)
			print_titles(view->render.out, "BEGAN", "TID", "AGE");
		if (view->render.json)
			json_call(view, &call);
		else
			text_call(view, &call);
	}
	if (!calls.n)
		log_info("in flight: no call that began in this run; of one that hung before, "
			 "/proc/PID/stack tells");
	free(calls.list);
}

struct adding {
	struct waiting *waiting;
	int err;
};

static void add_waiting(void *arg, const struct file_call *call)
{
	struct adding *adding = arg;
	struct fold_key key = { .job = call->tid,
				.sub = by_of(call->dev, call->mode),
				.tgid = call->tgid,
				.pair = call->op };
	struct fold_starts starts = { { call->start } };

	adding->err = adding->err ?: waiting_add(adding->waiting, &key, &starts, 1);
}

static int waiting(void *source, struct waiting *list)
{
	struct adding adding = { .waiting = list };

	files_each_call(((struct fs *)source)->files, add_waiting, &adding);
	return adding.err;
}

/* --- as a source --- */

static void free_fs(void *source)
{
	struct fs *fs = source;

	files__free(fs->files);
	devices__free(fs->devices);
	mounts__free(fs->mounts);
	free(fs);
}

static int open_fs(const struct report_view *view, void **source, char *why, size_t why_size)
{
	const struct options *o = view->options;
	struct files_options wanted = { .pids = o->pids,
					.npids = o->npids,
					.measures = true,
					.sends = o->slow,
					.paths = true,
					.slow_ns = o->slow_ns };
	struct fs *fs = calloc(1, sizeof(*fs));
	int err;

	snprintf(why, why_size, "allocate memory");
	if (!fs)
		return -ENOMEM;
	fs->mounts = mounts__new();
	fs->devices = devices__new("/sys/dev/block");
	err = fs->devices && fs->mounts ? files__new(&wanted, &fs->files, why, why_size) : -ENOMEM;
	if (err)
		free_fs(fs);
	else
		*source = fs;
	return err;
}

static void go(void *source)
{
	files_go(((struct fs *)source)->files);
}

static void stop(void *source)
{
	files_stop(((struct fs *)source)->files);
}

static struct fold_tables tables(void *source)
{
	return files_tables(((struct fs *)source)->files);
}

static bool text(void *source, uint64_t by, char *dst, size_t size)
{
	fs_name(source, by, 0, dst, size);
	return true;
}

static const struct report_source source = {
	.tracepoints = tracepoints,
	.open = open_fs,
	.go = go,
	.stop = stop,
	.tables = tables,
	.drain = drain,
	.drains = drains,
	.waiting = waiting,
	.in_flight = in_flight,
	.text = text,
	.free = free_fs,
};

const struct report report_fs_latency = {
	.name = "fs-latency",
	.summary = "latency of file systems: reads, writes, opens and syncs of each process",
	.help = {
		.about = "How long the system calls that work on files take, from the moment the "
			 "kernel has one to the moment it returns: read (read, pread64, readv, preadv, "
			 "preadv2), write (the same five), open (open, creat, openat, openat2), fsync, "
			 "fdatasync and syncfs. Reads and writes are those of regular files and of "
			 "disks that are opened themselves, not of pipes, sockets and terminals.\n"
			 "Each is counted for its process and its file system: where that is mounted "
			 "and its type, \"/data (ext4)\"; \"loop0 (disk)\"; the number of its device "
			 "where nobody has mounted it. An open that failed has none, \"-\".\n",
		.columns = "The file system, the operation and the process. With --summary also how "
			   "many calls failed (they are among those counted), and the bytes that were "
			   "read or written; what took longest in all comes first in each file "
			   "system. Processes of one name that have ended are one line, with their "
			   "number in brackets for the process; JSON has each by itself.\n"
			   "--slower-than prints each such call with what it returned, bytes or the "
			   "error, and its file; --in-flight those that have not returned, with the "
			   "thread. A file that is known in part only is /data/.../name. Text from "
			   "elsewhere is escaped: \\xNN.\n",
		.hits = "It looks at every system call of the host. On Linux 6.18, where one takes "
			"some 110 ns, each costs 25 ns more; one that reads or writes what is no file "
			"40 ns; a read of 1 byte of a file, of 190 ns, 150 ns, and some 190 ns before "
			"Linux 6.2. Nothing is sent but calls that --slower-than asks for.\n",
		.caveats = "Not seen: mapped files, io_uring, io_submit, copy_file_range, sendfile, "
			   "splice, sync, calls on names (stat, rename, unlink), what the kernel does "
			   "on its own (writeback, NFS service), and 32-bit programs.\n"
			   "A write is done when the page cache has it: the disk's time is in fsync, "
			   "or in no call at all. blk-latency has that.\n"
			   "The first 500 processes or so that read or write have lines of their "
			   "own. Later ones share the line of their name, and names that there is "
			   "no room for are \"(others)\". assay itself is not counted, unless -p "
			   "names it.\n"
			   "A file system that is mounted for less than a second may have the "
			   "number of its device alone.\n"
			   "The path is the file's place in its file system when the call returned, "
			   "behind where that is mounted: in a container as seen from the host, if "
			   "the host has it mounted; and that of a file that was removed is where it "
			   "was.\n",
	},
	.takes = TAKES_LATENCY | TAKES_KERNEL | TAKES_HOST,
	.source = &source,
	.rows = FILE_ROWS,
	.by_process = true,
	.latency = &format,
	.print = fs_print_numbers,
	.tick = tick,
};
