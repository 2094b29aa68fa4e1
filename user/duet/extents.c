// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "duet/extents.h"

struct extent {
	uint64_t address, end;
	uint64_t offset; /* in the file */
	uint64_t reach;	 /* the furthest end of this and all that begin before it */
	uint32_t file;
};

struct extents {
	struct extent_file *files;
	uint32_t nfiles;
	struct extent *all; /* by address, once sorted */
	size_t n, room;
};

struct extents *extents__new(void)
{
	return calloc(1, sizeof(struct extents));
}

void extents__free(struct extents *e)
{
	if (!e)
		return;
	for (uint32_t i = 0; i < e->nfiles; i++)
		free(e->files[i].path);
	free(e->files);
	free(e->all);
	free(e);
}

int extents_add_file(struct extents *e, const char *path, dev_t dev, ino_t inode)
{
	struct extent_file *files = e->files, *file;

	/* powers of two */
	if (!(e->nfiles & (e->nfiles - 1))) {
		files = reallocarray(files, e->nfiles ? e->nfiles * 2 : 1, sizeof(*files));
		if (!files)
			return -ENOMEM;
		e->files = files;
	}
	file = &files[e->nfiles];
	*file = (struct extent_file){ strdup(path), dev, inode };
	if (!file->path)
		return -ENOMEM;
	e->nfiles++;
	return 0;
}

int extents_add(struct extents *e, uint64_t address, uint64_t length, uint64_t offset)
{
	if (!length || !e->nfiles)
		return 0;
	if (e->n == e->room) {
		size_t room = e->room ? e->room * 2 : 256;
		struct extent *all = reallocarray(e->all, room, sizeof(*all));

		if (!all)
			return -ENOMEM;
		e->all = all;
		e->room = room;
	}
	e->all[e->n++] = (struct extent){
		.address = address, .end = address + length, .offset = offset, .file = e->nfiles - 1
	};
	return 0;
}

static int extent_compare(const void *va, const void *vb)
{
	const struct extent *a = va, *b = vb;

	return a->address < b->address ? -1 : a->address > b->address;
}

void extents_sort(struct extents *e)
{
	uint64_t reach = 0;

	if (e->n)
		qsort(e->all, e->n, sizeof(*e->all), extent_compare);
	for (size_t i = 0; i < e->n; i++) {
		if (e->all[i].end > reach)
			reach = e->all[i].end;
		e->all[i].reach = reach;
	}
}

/* How many begin before `address`. */
static size_t extents_before(const struct extents *e, uint64_t address)
{
	size_t low = 0, high = e->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (e->all[middle].address < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void extents_find(const struct extents *e, uint64_t address, uint64_t length, extent_fn fn,
		  void *arg)
{
	uint64_t end = address + length;

	for (size_t i = extents_before(e, end); i-- > 0 && e->all[i].reach > address;) {
		const struct extent *x = &e->all[i];
		uint64_t from = x->address > address ? x->address : address;
		uint64_t to = x->end < end ? x->end : end;

		if (from < to)
			fn(arg, &e->files[x->file], x->offset + from - x->address, to - from,
			   from - address);
	}
}
