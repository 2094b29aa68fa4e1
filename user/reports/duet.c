// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * duet: maintenance against foreground: what each does to the page cache, and how much of what
 * maintenance reads is, or was, in memory because of the other. With --events what the page cache
 * does, event by event, and with --hints in which order files are best read.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

#include "core/log.h"
#include "core/units.h"
#include "duet/events.h"
#include "duet/hints.h"
#include "duet/numbers.h"
#include "duet/print.h"
#include "duet/ranges.h"
#include "kernel/cache.h"
#include "kernel/devices.h"
#include "kernel/mounts.h"
#include "render/json.h"
#include "report.h"

#define WINDOW (30 * NSEC_PER_SEC)

static const char *const tracepoints[] = { "filemap:mm_filemap_add_to_page_cache",
					   "filemap:mm_filemap_delete_from_page_cache",
					   "filemap:mm_filemap_get_pages",
					   "filemap:mm_filemap_fault",
					   "filemap:mm_filemap_map_pages",
					   "writeback:writeback_dirty_folio",
					   "block:block_bio_queue",
					   "block:block_split",
					   "block:block_rq_complete",
					   "block:block_bio_complete",
					   NULL };

struct duet {
	struct mounts *mounts;
	struct devices *devices;
	struct cache *cache;   /* but for --hints */
	struct ranges *ranges; /* of the report itself */
	struct events *events; /* of --events */
	struct hints *hints;   /* of --hints */
	struct duet_how how;
	uint32_t *devs; /* of -D; none: all */
	int ndevs;
	bool view;	/* --events: what they come to */
	bool stopped;	/* nothing more will come */
	uint64_t began; /* ns, CLOCK_MONOTONIC */
	char device[64];
};

static void free_duet(void *source)
{
	struct duet *d = source;

	if (!d)
		return;
	hints__free(d->hints);
	events__free(d->events);
	ranges__free(d->ranges);
	cache__free(d->cache);
	mounts__free(d->mounts);
	devices__free(d->devices);
	free(d->devs);
	free(d);
}

/* The file systems that -D names, by their disks. */
static int find_devices(struct duet *d, const struct options *o, char *why, size_t why_size)
{
	int err = 0;

	d->devs = calloc(o->ndevices + 1, sizeof(*d->devs));
	if (!d->devs)
		return -ENOMEM;
	for (int i = 0; !err && i < o->ndevices; i++) {
		err = devices_option(d->devices, o->devices[i], &d->devs[i], why, why_size);
		if (!err)
			d->devs[i] = ranges_owner(d->ranges, d->devs[i]);
	}
	d->ndevs = o->ndevices;
	return err;
}

static bool is_wanted(const struct duet *d, uint32_t dev)
{
	for (int i = 0; i < d->ndevs; i++)
		if (d->devs[i] == dev)
			return true;
	return !d->ndevs;
}

static int open_hints(struct duet *d, const struct options *o, char *why, size_t why_size)
{
	const struct hints_options options = { .dir = o->hints,
					       .null = o->null,
					       .interval = o->interval };

	return hints__new(&options, &d->hints, why, why_size);
}

static int open_events(struct duet *d, const struct options *o, char *why, size_t why_size)
{
	const struct events_options options = { .paths = (const char *const *)o->args,
						.npaths = o->nargs,
						.view = o->interval || o->count,
						.mounts = d->mounts };

	d->view = options.view;
	return events__new(&options, &d->events, why, why_size);
}

static int open_cache(struct duet *d, const struct report_view *view, char *why, size_t why_size)
{
	const struct options *o = view->options;
	struct cache_options options = { .patterns = o->maintenance,
					 .npatterns = o->nmaintenance,
					 .command = view->command,
					 .window = d->how.window,
					 .sends = d->events };
	int err;

	if (d->events)
		options.devs = events_devs(d->events, &options.ndevs);
	/* the report itself counts all, and shows those that are wanted */
	if (d->events && !options.ndevs) {
		options.devs = d->devs;
		options.ndevs = d->ndevs;
	}
	err = cache__new(&options, &d->cache, why, why_size);
	if (err)
		return err;
	d->how.look_ups = !cache_lacks(d->cache).look_ups;
	if (!d->how.look_ups && !d->events)
		log_warn(
			"this kernel has no tracepoint on look-ups (6.12 has): what is looked up and "
			"found in memory is left out");
	return 0;
}

static int open_parts(struct duet *d, const struct report_view *view, char *why, size_t why_size)
{
	const struct options *o = view->options;
	int err;

	if (o->hints)
		return open_hints(d, o, why, why_size);
	d->how.window = o->window ?: WINDOW;
	d->mounts = mounts__new();
	d->devices = devices__new("/sys/dev/block");
	d->ranges = d->mounts ? ranges__new(d->mounts) : NULL;
	if (!d->devices || !d->ranges)
		return -ENOMEM;
	err = find_devices(d, o, why, why_size);
	if (!err && o->events)
		err = open_events(d, o, why, why_size);
	return err ?: open_cache(d, view, why, why_size);
}

static int open_duet(const struct report_view *view, void **source, char *why, size_t why_size)
{
	struct duet *d = calloc(1, sizeof(*d));
	int err;

	snprintf(why, why_size, "allocate memory");
	err = d ? open_parts(d, view, why, why_size) : -ENOMEM;
	if (err) {
		free_duet(d);
		return err;
	}
	*source = d;
	return 0;
}

static void go(void *source)
{
	struct duet *d = source;

	if (d->cache)
		cache_go(d->cache);
}

static void stop(void *source)
{
	struct duet *d = source;

	if (d->cache)
		cache_stop(d->cache);
	d->stopped = true;
}

static struct fold_tables tables(void *source)
{
	static const uint64_t no_losses[FOLD_LOSS_MAX];
	struct duet *d = source;

	return d->cache ? cache_tables(d->cache) : (struct fold_tables){ .losses = no_losses };
}

static void *begin(const struct report_view *view)
{
	struct duet *d = view->source;

	d->began = view->now;
	if (d->events)
		events_begin(d->events, &view->render);
	return d;
}

static void drain_hints(const struct report_view *view)
{
	struct duet *d = view->source;
	int err;

	if (d->stopped)
		return;
	err = view->options->follow ? hints_follow(d->hints, &view->render)
				    : hints_print(d->hints, &view->render);
	if (err) {
		log_error("look through %s: %s", view->options->hints, err_name(err));
		view->fail(view->arg);
	}
	if (err || !view->options->follow)
		view->stop(view->arg);
}

static void drain_events(const struct report_view *view)
{
	struct duet *d = view->source;

	cache_drain(d->cache, events_record, d->events);
	events_tick(d->events, &view->render, d->stopped);
}

static void drain(const struct report_view *view)
{
	struct duet *d = view->source;

	if (d->hints) {
		drain_hints(view);
	} else if (d->events) {
		drain_events(view);
	} else {
		cache_drain_ranges(d->cache, ranges_record, d->ranges);
		if (d->stopped)
			ranges_finish(d->ranges);
		else
			ranges_tick(d->ranges);
	}
	fflush(view->render.out);
}

static const char *device_name(void *arg, uint32_t dev)
{
	struct duet *d = arg;

	return devices_name(d->devices, dev, d->device, sizeof(d->device));
}

static const char *fs_name(void *arg, uint32_t dev, const char **type)
{
	struct duet *d = arg;
	const struct mount *mount = mounts_find(d->mounts, dev, 0);

	*type = mount ? mount->type : NULL;
	return mount ? mount->point : device_name(d, dev);
}

static uint32_t owner(void *arg, uint32_t dev)
{
	return ranges_owner(((struct duet *)arg)->ranges, dev);
}

static bool direct(void *arg, uint32_t dev, struct duet_direct *direct)
{
	return ranges_of(((struct duet *)arg)->ranges, dev, direct);
}

static void leave_wanted(const struct duet *d, struct duet_numbers *numbers)
{
	int nfs = 0, nio = 0;

	for (int i = 0; i < numbers->nfs; i++)
		if (is_wanted(d, numbers->fs[i].dev))
			numbers->fs[nfs++] = numbers->fs[i];
	for (int i = 0; i < numbers->nio; i++)
		if (is_wanted(d, ranges_owner(d->ranges, numbers->io[i].dev)))
			numbers->io[nio++] = numbers->io[i];
	numbers->nfs = nfs;
	numbers->nio = nio;
}

static void print_numbers(const struct report_view *view)
{
	struct duet *d = view->source;
	const struct duet_names names = { fs_name, device_name, direct, d };
	struct duet_numbers *numbers = duet_numbers__new(view->snapshot, owner, d);

	if (!numbers) {
		log_warn("nothing is printed: no memory");
		return;
	}
	leave_wanted(d, numbers);
	duet_print(&view->render, numbers, &names, &d->how);
	duet_numbers__free(numbers);
}

static void print(const struct report_view *view)
{
	struct duet *d = view->source;

	if (d->view)
		events_fetch(d->events, &view->render);
	else if (!d->events && !d->hints)
		print_numbers(view);
}

/* What the numbers do not cover: always in JSON, else where there is something. */
static void print_lost(const struct report_view *view)
{
	const struct duet *d = view->source;
	struct cache_losses lost = cache_losses(d->cache);

	if (lost.forgotten)
		log_warn("duet: what was known of %llu times 64 pages was forgotten: there are too "
			 "many files",
			 (unsigned long long)lost.forgotten);
	if (lost.unseen)
		log_warn(
			"duet: %.1f MiB were read or written by I/Os too long to be looked through",
			lost.unseen / 1048576.0);
	if (lost.sideless)
		log_warn(
			"duet: %llu events count for the foreground as there was no room to decide",
			(unsigned long long)lost.sideless);
	if (lost.missed)
		log_warn("duet: %llu events were missed: they interrupted others",
			 (unsigned long long)lost.missed);
	if (!view->render.json || d->events)
		return;
	json_t *object = json_line(&view->render);

	json_set(object, "event", json_string("lost"));
	json_set(object, "forgotten_chunks", json_integer(lost.forgotten));
	json_set(object, "unseen_bytes", json_integer(lost.unseen));
	json_set(object, "undecided_events", json_integer(lost.sideless));
	json_set(object, "missed_events", json_integer(lost.missed));
	json_set(object, "ranges", json_integer(ranges_lost(d->ranges)));
	json_print(view->render.out, object);
}

static void finish_hints(const struct report_view *view)
{
	uint64_t duration = view->options->duration;
	struct duet *d = view->source;
	int err = hints_end(d->hints, &view->render, duration && view->now - d->began >= duration);

	if (!err)
		return;
	log_error("look through %s: %s", view->options->hints, err_name(err));
	view->fail(view->arg);
}

static void end(const struct report_view *view)
{
	struct duet *d = view->source;

	if (d->hints) {
		/* who waits until the end wants all names then */
		if (view->options->follow)
			finish_hints(view);
		hints_warn(d->hints, &view->render);
		return;
	}
	if (d->events)
		events_warn(d->events, &view->render);
	ranges_warn(d->ranges);
	print_lost(view);
}

static const struct report_source source = {
	.tracepoints = tracepoints,
	.open = open_duet,
	.go = go,
	.stop = stop,
	.tables = tables,
	.drain = drain,
	.free = free_duet,
};

static int check(const struct options *o, char *why, size_t why_size)
{
	if (!o->hints && (o->follow || o->null))
		snprintf(why, why_size, "%s goes with --hints DIR", o->follow ? "--follow" : "-0");
	else if (o->hints && (o->events || o->nmaintenance || o->window || o->command))
		snprintf(why, why_size,
			 "--hints looks at files alone: no --events, --maintenance, --window or "
			 "command with it");
	else if (o->null && o->json)
		snprintf(why, why_size, "-0 is for names, -j prints JSON: not both");
	else
		return 0;
	return -EINVAL;
}

const struct report report_duet = {
	.name = "duet",
	.summary =
		"maintenance against foreground in the page cache: what one has read for the other",
	.help = {
		.about =
			"What maintenance (scrubs, backups, defragmentation) and everything else, the "
			"foreground, do to the page cache, side by side for each file system; and how "
			"much of what maintenance wanted was in memory because of the foreground, or "
			"had been: what its I/O could have been less by. After duet (SOSP 2015).\n"
			"Which side it is goes by who does it. Maintenance is what --maintenance "
			"names: NAME, or NAME* (one star, anywhere), of a process or thread, a thread "
			"of the kernel, or the work queue that a worker works on; cgroup:PATH, a "
			"cgroup (v2) and those below it; crucible:repair. With a command it is the "
			"command and all it starts. With neither: btrfs (scrub, balance, defragment, "
			"send) and what the kernel does for it, e4defrag, xfs_fsr, xfs_scrub, "
			"xfs_repair, e2fsck, e2scrub*, fsck*, fstrim, rsync, tar, bsdtar, restic, "
			"borg, md*_resync, md*_reshape, mdadm, and crucible:repair.\n"
			"crucible:repair is what a crucible-downstairs does to repair extents: "
			"writes to the copies that come in (004.copy, 004.replace), copying these "
			"over an extent, and reading an extent to send it to another downstairs, "
			"which it does by read, its ordinary I/O being pread and pwrite.\n"
			"--events PATH... prints the page cache's events of the files there as they "
			"come: ADDED, REMOVED, DIRTY, FLUSHED; with -i SECS what they came to since "
			"the last time: EXISTS and MODIFIED, gained or lost. Without a path those of "
			"all files, without names. --hints DIR prints the files of DIR, those most in "
			"memory first, for what reads them next: rsync --files-from, tar -T; with "
			"--follow each once, as it gets into memory.\n",
		.columns =
			"Pages of 4 KiB, of maintenance and of the foreground. Added to the cache; "
			"removed to make room, or otherwise (truncated, deleted, dropped); dirtied; "
			"flushed, sent to the disk, on the side of who dirtied them; looked up, to be "
			"read; found, looked up and in memory. The same for the file system's own "
			"(metadata) pages, as far as they are in the page cache: XFS keeps its "
			"elsewhere. Then what was read and written at the block layer, in MiB. Lines "
			"of zeros are left out.\n"
			"Of the pages that maintenance looked up: those in memory not by its own "
			"doing, which is what the foreground has saved it, and of these those that "
			"the foreground had used within --window; those that it had brought itself "
			"before; and those that had to be read.\n"
			"Of the pages of files that it read from the disk: those that the foreground "
			"had used within --window, so they had been in memory then; and those that "
			"had been in memory at any time of the run: had it gone through what is in "
			"memory first, it would have found them.\n"
			"Of what it read past the page cache (btrfs scrub, direct I/O): how much was "
			"in memory, as pages of the files whose data these are. And of pages that "
			"left memory to make room while maintenance was active, those that it had "
			"not brought: evicted by itself, or by others, kswapd mostly.\n"
			"Last, the foreground's block I/O from queued to ended, by disk: while "
			"maintenance was active, which is until 100 ms after its last I/O, and while "
			"it was idle.\n",
		.hits = "A page event takes some 150 ns (2 CPUs, Linux 6.18) and is counted in the "
			"kernel; two million a second are counted without a loss. A block I/O takes "
			"some 600 ns, and 100 ns more for each page or folio that it writes. All "
			"takes 40 to 130 MiB of memory. Where maintenance reads past the page "
			"cache, a file system is looked through, once and then from time to time, as "
			"find(1) does.\n",
		.caveats =
			"Kernels before 6.12 do not tell what is looked up: there, what was found is "
			"left out.\n"
			"What maintenance finds in memory through a mapping is not seen, nor what "
			"btrfs send finds, which has no tracepoint. Pages of tmpfs have none either.\n"
			"A large folio is dirty as a whole. Pages that go to the disk and come from "
			"there by a copy are not seen as flushed or read from it: of compressed and "
			"encrypted files. btrfs that keeps copies flushes a page to each.\n"
			"Of compressed files it is not known where they lie, nor of btrfs' with "
			"parity: there what was read past the cache counts as not in memory. Data "
			"that were written since the file system was looked through, too.\n"
			"What is dirty when the run ends is flushed unseen. An extent's block "
			"contexts, which a downstairs reads as it opens it, count as repair. In "
			"memory from before the run is nobody's.\n"
			"Who works for others by a queue is on its own side: the workers of loop "
			"devices and of btrfs, an NFS server. What assay does itself is not counted.\n",
	},
	.check = check,
	.takes = TAKES_KERNEL | TAKES_HOST | TAKES_DUET | TAKES_DEVICE,
	.source = &source,
	.rows = PAGES_ROWS,
	.print = print,
	.begin = begin,
	.end = end,
};
