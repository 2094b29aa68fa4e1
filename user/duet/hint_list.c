// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hint_list.h"

struct reading {
	struct hint_list *list;
	enum resident_way *way;
};

#define ORDER(a, b) ((a) < (b) ? -1 : (a) > (b))

int hint_compare(const void *a_, const void *b_)
{
	const struct hint *a = a_, *b = b_;
	/* an empty file is one of which nothing is in memory */
	unsigned __int128 x = (unsigned __int128)a->in.cached * (b->in.pages ? b->in.pages : 1);
	unsigned __int128 y = (unsigned __int128)b->in.cached * (a->in.pages ? a->in.pages : 1);

	if (x != y)
		return ORDER(y, x);
	if (a->in.cached != b->in.cached)
		return ORDER(b->in.cached, a->in.cached);
	if (a->dev != b->dev)
		return ORDER(a->dev, b->dev);
	if (a->inode != b->inode)
		return ORDER(a->inode, b->inode);
	return strcmp(a->path, b->path);
}

static int compare_inodes(const void *a_, const void *b_)
{
	const struct hint *a = a_, *b = b_;

	if (a->dev != b->dev)
		return ORDER(a->dev, b->dev);
	if (a->inode != b->inode)
		return ORDER(a->inode, b->inode);
	return strcmp(a->path, b->path);
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(((const struct hint *)a)->path, ((const struct hint *)b)->path);
}

static void count(struct hint_counts *c, const struct hint *hint)
{
	c->names++;
	if (hint->again)
		return;
	c->files++;
	c->hidden += !hint->known;
	c->in.pages += hint->in.pages;
	c->in.cached += hint->in.cached;
	c->in.dirty += hint->in.dirty;
}

void hint_list_sort(struct hint_list *list)
{
	struct hint *h = list->hints;

	if (!list->n)
		return;
	qsort(h, list->n, sizeof(*h), compare_inodes);
	for (size_t i = 0; i < list->n; i++) {
		h[i].again = i && h[i].dev == h[i - 1].dev && h[i].inode == h[i - 1].inode;
		if (h[i].again) {
			h[i].in = h[i - 1].in;
			h[i].known = h[i - 1].known;
		}
		count(&list->counts, &h[i]);
	}
	qsort(h, list->n, sizeof(*h), hint_compare);
}

static int list_add(struct hint_list *list, const struct hint *hint)
{
	struct hint *hints = list->hints;

	if (list->n == list->room) {
		size_t room = list->room ? list->room * 2 : 256;

		hints = reallocarray(hints, room, sizeof(*hints));
		if (!hints)
			return -ENOMEM;
		list->hints = hints;
		list->room = room;
	}
	hints[list->n++] = *hint;
	return 0;
}

/* 0, or why it is not known how much of the file is in memory. */
static int measure(const struct reading *r, const struct tree_file *file, struct resident *in)
{
	int fd = tree_open_file(file), err;

	if (fd < 0)
		return fd;
	err = resident_read(fd, r->way, in);
	close(fd);
	return err;
}

static int read_file(void *arg, const struct tree_file *file)
{
	const struct reading *r = arg;
	struct hint_counts *counts = &r->list->counts;
	struct hint hint = { .dev = file->st.st_dev,
			     .inode = file->st.st_ino,
			     .written = file->st.st_mtim };
	int err = file->st.st_size ? measure(r, file, &hint.in) : 0;

	if (err == -ENOENT || err == -EXDEV) {
		/* gone, or a file with another mounted over it */
		counts->tree.gone += err == -ENOENT;
		counts->tree.mounts += err == -EXDEV;
		return 0;
	}
	hint.known = !err;
	if (err) {
		counts->err = counts->err ? counts->err : err;
		hint.in = (struct resident){
			.pages = ((uint64_t)file->st.st_size + RESIDENT_PAGE - 1) / RESIDENT_PAGE,
		};
	}
	hint.path = strdup(file->path);
	err = hint.path ? list_add(r->list, &hint) : -ENOMEM;
	if (err)
		free(hint.path);
	return err;
}

int hint_list_read(struct hint_list *list, int root, enum resident_way *way)
{
	struct reading reading = { .list = list, .way = way };
	int err;

	hint_list_free(list);
	err = tree_walk(root, read_file, &reading, &list->counts.tree);
	if (err)
		hint_list_free(list);
	else
		hint_list_sort(list);
	return err;
}

void hint_list_free(struct hint_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->hints[i].path);
	free(list->hints);
	*list = (struct hint_list){ 0 };
}

void hint_list_keep_named(struct hint_list *list, struct hint_list *old)
{
	if (!old->n)
		return;
	qsort(old->hints, old->n, sizeof(*old->hints), compare_paths);
	for (size_t i = 0; i < list->n; i++) {
		const struct hint *was = bsearch(&list->hints[i], old->hints, old->n,
						 sizeof(*old->hints), compare_paths);

		list->hints[i].named = was && was->named;
	}
}
