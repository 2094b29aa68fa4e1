// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <stdbool.h>
#include <stdlib.h>

#include "duet/numbers.h"

/* The entry of a file system, made when it is new: there is room for all. */
static struct duet_fs *fs_of(struct duet_numbers *n, uint32_t dev)
{
	for (int i = 0; i < n->nfs; i++)
		if (n->fs[i].dev == dev)
			return &n->fs[i];
	n->fs[n->nfs].dev = dev;
	return &n->fs[n->nfs++];
}

static struct duet_io *io_of(struct duet_numbers *n, uint32_t dev)
{
	for (int i = 0; i < n->nio; i++)
		if (n->io[i].dev == dev)
			return &n->io[i];
	n->io[n->nio].dev = dev;
	return &n->io[n->nio++];
}

static void add_row(struct duet_numbers *n, const struct snapshot_row *row, duet_owner_fn owner,
		    void *arg)
{
	enum page_count what = row->row / SIDES;
	enum page_side side = row->row % SIDES;
	uint32_t dev = (uint32_t)row->by;

	if (what == BLOCKS_ALONE)
		io_of(n, dev)->alone = row;
	else if (what == BLOCKS_BESIDE)
		io_of(n, dev)->beside = row;
	else if (what >= BLOCKS_READ)
		fs_of(n, owner(arg, dev))->files[side][what] += row->count;
	else if (row->by & PAGES_METADATA)
		fs_of(n, owner(arg, dev))->metadata[side][what] += row->count;
	else
		fs_of(n, dev)->files[side][what] += row->count;
}

/* How much maintenance has to do with it, in pages. */
static uint64_t weight(const struct duet_fs *fs)
{
	const uint64_t *n = fs->files[SIDE_MAINTENANCE];
	uint64_t pages = (n[BLOCKS_READ] + n[BLOCKS_WRITTEN]) / 4096;

	for (int what = 0; what <= PAGES_LOOKED_UP; what++)
		pages += n[what];
	return pages;
}

static int fs_compare(const void *va, const void *vb)
{
	const struct duet_fs *a = va, *b = vb;
	uint64_t x = weight(a), y = weight(b);

	if (x != y)
		return x < y ? 1 : -1;
	return a->dev < b->dev ? -1 : a->dev > b->dev;
}

static int io_compare(const void *va, const void *vb)
{
	const struct duet_io *a = va, *b = vb;

	return a->dev < b->dev ? -1 : a->dev > b->dev;
}

struct duet_numbers *duet_numbers__new(const struct snapshot *s, duet_owner_fn owner, void *arg)
{
	struct duet_numbers *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->fs = calloc(s->nrows + 1, sizeof(*n->fs));
	n->io = calloc(s->nrows + 1, sizeof(*n->io));
	if (!n->fs || !n->io) {
		duet_numbers__free(n);
		return NULL;
	}
	for (int i = 0; i < s->nrows; i++)
		if (s->rows[i].count && s->rows[i].row < PAGES_ROWS)
			add_row(n, &s->rows[i], owner, arg);
	qsort(n->fs, n->nfs, sizeof(*n->fs), fs_compare);
	qsort(n->io, n->nio, sizeof(*n->io), io_compare);
	return n;
}

void duet_numbers__free(struct duet_numbers *n)
{
	if (!n)
		return;
	free(n->fs);
	free(n->io);
	free(n);
}

/* A difference of counters that are read one by one: what comes second may be ahead. */
static uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

uint64_t duet_found(const struct duet_fs *fs, enum page_side side)
{
	return less(fs->files[side][PAGES_LOOKED_UP], fs->files[side][PAGES_READ]);
}

uint64_t duet_saved(const struct duet_fs *fs)
{
	return less(duet_found(fs, SIDE_MAINTENANCE), fs->files[SIDE_MAINTENANCE][PAGES_OWN]);
}
