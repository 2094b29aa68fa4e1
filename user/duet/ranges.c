// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"
#include "core/units.h"
#include "duet/btrfs.h"
#include "duet/extents.h"
#include "duet/ranges.h"
#include "duet/resident.h"
#include "duet/tree.h"
#include "kernel/devices.h"

#define PAGE	    4096
#define SECTOR	    512
#define ENOUGH	    (1 << 20)		/* bytes read before a file system is looked through */
#define AGAIN_NS    (10 * NSEC_PER_SEC) /* how long at least what was found is used */
#define AGAIN_TIMES 20			/* and how many times as long as it took to find */
#define WAIT_NS	    (5 * NSEC_PER_SEC)	/* for what is being looked through at the end */
#define ROUND	    256			/* pages that are looked at together */
#define EXTENTS	    128			/* that a file is asked for at once */

/* One look through a file system, by a thread of its own. */
struct search {
	pthread_t thread;
	int root;
	uint64_t began, took; /* ns */
	bool stop;
	bool done;
	int err;
	enum resident_way way;
	struct btrfs *btrfs; /* NULL: it is none */
	struct extents *extents;
	uint64_t encoded; /* bytes of files in memory whose place is not told: compressed */
	struct tree_counts counts;
};

/* A file system of which ranges were read. */
struct volume {
	uint32_t dev; /* of its superblock */
	char *point;  /* NULL: it is not mounted */
	struct search *known, *running;
	struct range_record *waiting;
	size_t nwaiting, room;
	uint64_t bytes; /* read so */
	struct duet_direct sum;
	bool failed; /* it can't be looked through; said */
};

/* A device of a file system that has others. */
struct member {
	uint32_t disk, dev;
};

struct ranges {
	struct mounts *mounts;
	struct volume *volumes;
	int nvolumes;
	struct member *members;
	int nmembers;
	uint64_t looked; /* for members: when, CLOCK_MONOTONIC */
	uint64_t lost;	 /* ranges, for want of memory */
};

/* --- looking through a file system --- */

static int add_extents(struct search *s, int fd)
{
	struct {
		struct fiemap map;
		struct fiemap_extent extents[EXTENTS];
	} q;
	uint64_t next = 0;
	int err = 0;

	for (bool last = false; !last && !err;) {
		memset(&q.map, 0, sizeof(q.map));
		q.map.fm_start = next;
		q.map.fm_length = FIEMAP_MAX_OFFSET - next;
		q.map.fm_extent_count = EXTENTS;
		if (ioctl(fd, FS_IOC_FIEMAP, &q.map))
			return errno == EOPNOTSUPP ? -EOPNOTSUPP : 0;
		last = !q.map.fm_mapped_extents;
		for (uint32_t i = 0; !err && i < q.map.fm_mapped_extents; i++) {
			const struct fiemap_extent *x = &q.map.fm_extents[i];

			next = x->fe_logical + x->fe_length;
			last |= x->fe_flags & FIEMAP_EXTENT_LAST;
			if (x->fe_flags & FIEMAP_EXTENT_ENCODED)
				s->encoded += x->fe_length;
			else if (!(x->fe_flags & (FIEMAP_EXTENT_UNKNOWN | FIEMAP_EXTENT_UNWRITTEN |
						  FIEMAP_EXTENT_NOT_ALIGNED)))
				err = extents_add(s->extents, x->fe_physical, x->fe_length,
						  x->fe_logical);
		}
	}
	return err;
}

static int search_file(void *arg, const struct tree_file *file)
{
	struct search *s = arg;
	struct resident r;
	int fd, err = 0;

	if (__atomic_load_n(&s->stop, __ATOMIC_RELAXED))
		return -EINTR;
	if (!file->st.st_size)
		return 0;
	fd = tree_open_file(file);
	if (fd < 0)
		return 0;
	if (!resident_read(fd, &s->way, &r) && r.cached) {
		err = extents_add_file(s->extents, file->path, file->st.st_dev, file->st.st_ino);
		err = err ?: add_extents(s, fd);
	}
	close(fd);
	return err;
}

static void *search_run(void *arg)
{
	struct search *s = arg;
	int err = btrfs__new(s->root, true, &s->btrfs);

	s->extents = extents__new();
	if (err == -ENOTTY || err == -EOPNOTSUPP || err == -EINVAL)
		err = 0; /* another file system */
	if (!err)
		err = s->extents ? tree_walk(s->root, search_file, s, &s->counts) : -ENOMEM;
	if (!err)
		extents_sort(s->extents);
	s->err = err;
	s->took = monotonic_now() - s->began;
	__atomic_store_n(&s->done, true, __ATOMIC_RELEASE);
	return NULL;
}

static void search__free(struct search *s)
{
	if (!s)
		return;
	if (s->root >= 0)
		close(s->root);
	btrfs__free(s->btrfs);
	extents__free(s->extents);
	free(s);
}

static struct search *search__new(const char *point)
{
	struct search *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->began = monotonic_now();
	s->root = open(point, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	s->way = s->root < 0 ? RESIDENT_MINCORE : resident_way(s->root);
	if (s->root < 0 || pthread_create(&s->thread, NULL, search_run, s)) {
		search__free(s);
		return NULL;
	}
	return s;
}

static void volume_fail(struct volume *v, const char *why)
{
	log_warn("duet: whose data maintenance reads past the page cache on %s is not known: %s",
		 v->point ? v->point : "a disk", why);
	v->failed = true;
}

static void volume_begin(struct volume *v)
{
	v->running = search__new(v->point);
	if (!v->running)
		volume_fail(v, "it can't be looked through");
}

static void volume_end(struct volume *v)
{
	struct search *s = v->running;

	pthread_join(s->thread, NULL);
	v->running = NULL;
	if (!s->err) {
		search__free(v->known);
		v->known = s;
		return;
	}
	if (s->err != -EINTR)
		volume_fail(v, err_name(s->err));
	search__free(s);
}

/* --- whether a range is in memory --- */

/* Pages of a range, side by side. */
struct round {
	const struct search *search;
	bool in_memory[ROUND];
};

static int open_file(const struct search *s, const struct extent_file *file)
{
	int fd = openat(s->root, file->path,
			O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_NOATIME);
	struct stat st;

	if (fd >= 0 && !fstat(fd, &st) && st.st_dev == file->dev && st.st_ino == file->inode)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static void round_add(void *arg, const struct extent_file *file, uint64_t offset, uint64_t length,
		      uint64_t behind)
{
	int fd = open_file(((struct round *)arg)->search, file);
	uint64_t in_page = offset % PAGE, first = behind / PAGE;
	unsigned char bits[ROUND + 1] = { 0 };
	struct round *r = arg;
	void *map;

	if (fd < 0)
		return;
	length += in_page;
	map = mmap(NULL, length, PROT_READ, MAP_SHARED, fd, (off_t)(offset - in_page));
	if (map != MAP_FAILED && mincore(map, length, bits))
		memset(bits, 0, sizeof(bits));
	for (uint64_t i = 0; i * PAGE < length && first + i < ROUND; i++)
		r->in_memory[first + i] |= bits[i] & 1;
	if (map != MAP_FAILED)
		munmap(map, length);
	close(fd);
}

/* At most ROUND pages from a logical address on. */
static void volume_round(struct volume *v, uint64_t address, uint64_t length)
{
	struct round r = { .search = v->known };
	uint64_t pages = (length + PAGE - 1) / PAGE;

	extents_find(v->known->extents, address, length, round_add, &r);
	for (uint64_t i = 0; i < pages; i++)
		v->sum.in_memory += r.in_memory[i];
}

static void volume_range(struct volume *v, const struct range_record *range)
{
	uint64_t at = range->sector * SECTOR, left = range->bytes, logical, n;

	while (left) {
		n = left < ROUND * PAGE ? left : ROUND * PAGE;
		logical = at;
		if (v->known->btrfs)
			n = btrfs_logical(v->known->btrfs, range->dev, at, n, &logical);
		v->sum.asked += (n + PAGE - 1) / PAGE;
		if (logical != UINT64_MAX)
			volume_round(v, logical, n);
		at += n;
		left -= n;
	}
}

static uint64_t waiting_pages(const struct volume *v)
{
	uint64_t pages = 0;

	for (size_t i = 0; i < v->nwaiting; i++)
		pages += (v->waiting[i].bytes + PAGE - 1) / PAGE;
	return pages;
}

/* Whose data the ranges are will not be known: they need not be kept. */
static void volume_give_up(struct volume *v)
{
	v->sum.unasked += waiting_pages(v);
	v->nwaiting = 0;
}

static void volume_tick(struct volume *v)
{
	uint64_t now = monotonic_now(), wait;

	if (v->running && __atomic_load_n(&v->running->done, __ATOMIC_ACQUIRE))
		volume_end(v);
	if (v->failed || !v->point)
		volume_give_up(v);
	if (!v->nwaiting)
		return;
	wait = v->known && v->known->took * AGAIN_TIMES > AGAIN_NS ? v->known->took * AGAIN_TIMES
								   : AGAIN_NS;
	if (!v->running && v->bytes >= ENOUGH && (!v->known || now - v->known->began > wait))
		volume_begin(v);
	if (!v->known)
		return;
	for (size_t i = 0; i < v->nwaiting; i++)
		volume_range(v, &v->waiting[i]);
	v->nwaiting = 0;
}

/* --- all of them --- */

struct ranges *ranges__new(struct mounts *mounts)
{
	struct ranges *r = calloc(1, sizeof(*r));

	if (r)
		r->mounts = mounts;
	return r;
}

void ranges__free(struct ranges *r)
{
	if (!r)
		return;
	for (int i = 0; i < r->nvolumes; i++) {
		struct volume *v = &r->volumes[i];

		if (v->running) {
			__atomic_store_n(&v->running->stop, true, __ATOMIC_RELAXED);
			volume_end(v);
		}
		search__free(v->known);
		free(v->waiting);
		free(v->point);
	}
	free(r->volumes);
	free(r->members);
	free(r);
}

/* Those of a btrfs, which says itself what its devices are. */
static void add_members(struct ranges *r, const struct mount *mount)
{
	int fd = open(mount->point, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct btrfs *btrfs;

	if (fd < 0)
		return;
	if (!btrfs__new(fd, false, &btrfs)) {
		/* one more: for none at all realloc(3) would free what there is */
		struct member *members = reallocarray(r->members, r->nmembers + btrfs->ndevices + 1,
						      sizeof(*members));

		r->members = members ? members : r->members;
		for (int i = 0; members && i < btrfs->ndevices; i++)
			members[r->nmembers++] =
				(struct member){ btrfs->devices[i].dev, mount->dev };
		btrfs__free(btrfs);
	}
	close(fd);
}

/* Those of all that is mounted now. */
static void find_members(struct ranges *r)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	struct mount mount;
	char *line = NULL;
	size_t size = 0;

	r->nmembers = 0;
	r->looked = monotonic_now();
	while (f && getline(&line, &size, f) > 0) {
		if (mount_parse(line, &mount))
			continue;
		if (!strcmp(mount.type, "btrfs"))
			add_members(r, &mount);
		mount_free(&mount);
	}
	free(line);
	if (f)
		fclose(f);
}

static const struct member *member_find(const struct ranges *r, uint32_t disk)
{
	for (int i = 0; i < r->nmembers; i++)
		if (r->members[i].disk == disk)
			return &r->members[i];
	return NULL;
}

uint32_t ranges_owner(struct ranges *r, uint32_t dev)
{
	const struct member *member = member_find(r, dev);

	if (member || mounts_find(r->mounts, dev, 0))
		return member ? member->dev : dev;
	if (monotonic_now() - r->looked > NSEC_PER_SEC)
		find_members(r);
	member = member_find(r, dev);
	return member ? member->dev : dev;
}

static struct volume *volume_of(struct ranges *r, uint32_t dev)
{
	const struct mount *mount;
	struct volume *volumes;

	for (int i = 0; i < r->nvolumes; i++)
		if (r->volumes[i].dev == dev)
			return &r->volumes[i];
	volumes = reallocarray(r->volumes, r->nvolumes + 1, sizeof(*volumes));
	if (!volumes)
		return NULL;
	r->volumes = volumes;
	mount = mounts_find(r->mounts, dev, 0);
	volumes[r->nvolumes] =
		(struct volume){ .dev = dev, .point = mount ? strdup(mount->point) : NULL };
	return &volumes[r->nvolumes++];
}

void ranges_record(void *ranges, const struct range_record *record)
{
	struct ranges *r = ranges;
	struct volume *v = volume_of(r, ranges_owner(r, record->dev));

	if (v && v->nwaiting == v->room) {
		size_t room = v->room ? v->room * 2 : 256;
		struct range_record *waiting = reallocarray(v->waiting, room, sizeof(*waiting));

		if (waiting) {
			v->waiting = waiting;
			v->room = room;
		}
	}
	if (!v || v->nwaiting == v->room) {
		r->lost++;
		return;
	}
	v->bytes += record->bytes;
	v->waiting[v->nwaiting++] = *record;
}

void ranges_tick(struct ranges *r)
{
	for (int i = 0; i < r->nvolumes; i++)
		volume_tick(&r->volumes[i]);
}

void ranges_finish(struct ranges *r)
{
	uint64_t until = monotonic_now() + WAIT_NS;

	ranges_tick(r);
	for (int i = 0; i < r->nvolumes; i++) {
		struct volume *v = &r->volumes[i];

		while (v->running && v->nwaiting &&
		       !__atomic_load_n(&v->running->done, __ATOMIC_ACQUIRE) &&
		       monotonic_now() < until)
			usleep(1000);
		volume_tick(v);
	}
}

bool ranges_of(const struct ranges *r, uint32_t dev, struct duet_direct *direct)
{
	for (int i = 0; i < r->nvolumes; i++) {
		const struct volume *v = &r->volumes[i];

		if (v->dev != dev || !v->bytes)
			continue;
		*direct = v->sum;
		direct->unasked += waiting_pages(v);
		return true;
	}
	return false;
}

uint64_t ranges_lost(const struct ranges *r)
{
	return r->lost;
}

void ranges_warn(const struct ranges *r)
{
	for (int i = 0; i < r->nvolumes; i++) {
		const struct volume *v = &r->volumes[i];

		if (!v->known)
			continue;
		if (v->known->btrfs && v->known->btrfs->nunknown)
			log_warn("duet: %s: %d chunks with parity are not looked into", v->point,
				 v->known->btrfs->nunknown);
		if (v->known->counts.closed)
			log_warn(
				"duet: %s: folders that could not be read: %llu (%s); what lies in "
				"their files counts as not in memory",
				v->point, (unsigned long long)v->known->counts.closed,
				err_name(v->known->counts.err));
		if (v->known->encoded)
			log_warn("duet: %s: %.1f MiB of files with pages in memory are compressed: "
				 "where they lie is not known",
				 v->point, v->known->encoded / 1048576.0);
	}
	if (r->lost)
		log_warn("duet: %llu ranges read past the page cache were lost: no memory",
			 (unsigned long long)r->lost);
}
