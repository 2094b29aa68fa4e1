// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "resident.h"

/* The number is the same on all architectures (include/uapi/asm-generic/unistd.h, 6.5). */
#ifndef SYS_cachestat
#define SYS_cachestat 451
#endif

/* As in include/uapi/linux/mman.h, which the system's may lack: the whole file when len is 0. */
struct range {
	uint64_t off, len;
};

struct counts {
	uint64_t cache, dirty, writeback, evicted, recently_evicted;
};

/*
 * An overlay's files have no pages of their own: cachestat finds none, whereas a mapping is of the
 * file below.
 */
enum resident_way resident_way(int fd)
{
	struct statfs fs;

	if (!fstatfs(fd, &fs) && fs.f_type == OVERLAYFS_SUPER_MAGIC)
		return RESIDENT_MINCORE;
	return RESIDENT_CACHESTAT;
}

const char *resident_way_name(enum resident_way way)
{
	return way == RESIDENT_CACHESTAT ? "cachestat" : "mincore";
}

/* Of the machine's pages, so many of ours; a last page that is not full, or is behind the end. */
static uint64_t pages_of(uint64_t pages, uint64_t most)
{
	pages *= sysconf(_SC_PAGESIZE) / RESIDENT_PAGE;
	return pages < most ? pages : most;
}

static int ask_cachestat(int fd, struct resident *r)
{
	struct range all = { 0 };
	struct counts counts;

	if (syscall(SYS_cachestat, fd, &all, &counts, 0))
		return -errno;
	r->cached = pages_of(counts.cache, r->pages);
	r->dirty = pages_of(counts.dirty, r->cached);
	return 0;
}

static bool has_fowner(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	return !syscall(SYS_capget, &header, data) && data[0].effective & 1u << CAP_FOWNER;
}

/*
 * As can_do_mincore() in mm/mincore.c (5.0): to others the kernel says that all of the file is in
 * memory.
 */
static bool mincore_tells(int fd, const struct stat *st)
{
	return st->st_uid == geteuid() || has_fowner() ||
	       !faccessat(fd, "", W_OK, AT_EACCESS | AT_EMPTY_PATH);
}

#define WINDOW (1ULL << 28) /* bytes looked at at once: a vector of 64 Ki pages */

/* Adds the pages in memory of a window, which begins with a page. */
static int count_window(int fd, uint64_t from, uint64_t length, uint64_t *cached)
{
	/* of each thread: several look through file systems at once */
	static __thread unsigned char vector[WINDOW / RESIDENT_PAGE];
	uint64_t page = sysconf(_SC_PAGESIZE);
	void *map = mmap(NULL, length, PROT_READ, MAP_SHARED, fd, (off_t)from);
	int err;

	if (map == MAP_FAILED)
		return -errno;
	err = mincore(map, length, vector) ? -errno : 0;
	for (uint64_t i = 0; !err && i < (length + page - 1) / page; i++)
		*cached += vector[i] & 1;
	munmap(map, length);
	return err;
}

/* The next stretch of data at or behind *from; false when there is none. */
static bool next_data(int fd, bool sparse, uint64_t size, uint64_t *from, uint64_t *to)
{
	uint64_t page = sysconf(_SC_PAGESIZE);
	off_t at;

	*to = size;
	if (*from >= size)
		return false;
	if (!sparse)
		return true;
	at = lseek(fd, (off_t)*from, SEEK_DATA);
	if (at < 0)
		return errno != ENXIO; /* not known: all of it */
	*from = (uint64_t)at / page * page;
	at = lseek(fd, at, SEEK_HOLE);
	if (at > 0 && (uint64_t)at < size)
		*to = ((uint64_t)at + page - 1) / page * page;
	return *from < size;
}

/* Holes are left out: they can be larger than anybody has time for, and there is nothing to read.
 */
static int ask_mincore(int fd, const struct stat *st, struct resident *r)
{
	bool sparse = (uint64_t)st->st_blocks * 512 < (uint64_t)st->st_size;
	uint64_t size = st->st_size, cached = 0, from = 0, to;
	int err = 0;

	if (!mincore_tells(fd, st))
		return -EPERM;
	while (!err && next_data(fd, sparse, size, &from, &to)) {
		for (; !err && from < to; from += WINDOW)
			err = count_window(fd, from, to - from < WINDOW ? to - from : WINDOW,
					   &cached);
		from = to;
	}
	r->cached = pages_of(cached, r->pages);
	return err;
}

int resident_read(int fd, enum resident_way *way, struct resident *r)
{
	struct stat st;
	int err = -ENOSYS;

	*r = (struct resident){ 0 };
	if (fstat(fd, &st))
		return -errno;
	r->pages = ((uint64_t)st.st_size + RESIDENT_PAGE - 1) / RESIDENT_PAGE;
	if (!r->pages)
		return 0;
	if (*way == RESIDENT_CACHESTAT)
		err = ask_cachestat(fd, r);
	if (err == -ENOSYS)
		*way = RESIDENT_MINCORE;
	/* a filter of system calls may answer anything: mincore has the last word */
	return err ? ask_mincore(fd, &st, r) : 0;
}
