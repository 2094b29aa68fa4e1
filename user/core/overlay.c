// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <linux/magic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "log.h"
#include "overlay.h"

static bool on_overlay(const struct binary *b)
{
	struct statfs fs;

	return fstatfs(b->fd, &fs) == 0 && fs.f_type == OVERLAYFS_SUPER_MAGIC;
}

/* The same probes at the same places. */
static bool alike(const struct notes *a, const struct notes *b)
{
	if (a->nprobes != b->nprobes)
		return false;
	for (int i = 0; i < a->nprobes; i++)
		if (strcmp(a->probes[i].name, b->probes[i].name) ||
		    a->probes[i].nsites != b->probes[i].nsites ||
		    a->probes[i].sites[0].offset != b->probes[i].sites[0].offset)
			return false;
	return true;
}

/* Whether any site of the file holds something else in memory than on disk. */
static bool has_breakpoint(const struct binary *b)
{
	long page = sysconf(_SC_PAGESIZE);
	bool found = false;

	for (int i = 0; !found && i < b->notes->nprobes; i++) {
		uint64_t offset = b->notes->probes[i].sites[0].offset;
		const char *map = mmap(NULL, page, PROT_READ | PROT_EXEC, MAP_PRIVATE, b->fd,
				       offset / page * page);
		char byte;

		if (map == MAP_FAILED)
			return false;
		found = pread(b->fd, &byte, 1, offset) == 1 && map[offset % page] != byte;
		munmap((void *)map, page);
	}
	return found;
}

bool overlay_twins(const struct binary *attached, const struct binary *other)
{
	return attached->size == other->size && on_overlay(attached) && on_overlay(other) &&
	       alike(attached->notes, other->notes) && has_breakpoint(other);
}

bool overlay_reached(const struct targets *targets, const struct binary *b)
{
	for (int i = 0; i < targets_count(targets); i++) {
		const struct binary *other = targets_get(targets, i);

		if (other == b || !other->attached || !overlay_twins(other, b))
			continue;
		log_debug("%s is the same file as %s", b->path, other->path);
		return true;
	}
	return false;
}
