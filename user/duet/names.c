// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/log.h"
#include "kernel/mounts.h"
#include "names.h"
#include "page_table.h"
#include "tree.h"

#define MAX_FILES (1u << 20)

struct name {
	char *path;
	uint64_t st_dev; /* of stat(2), which tells btrfs's subvolumes apart */
};

struct known {
	struct page_table *files; /* struct name */
	struct tree_counts tree;
	uint64_t twins; /* files whose number another has, too */
	uint64_t many;	/* files there was no room for */
};

struct names {
	const char *const *words;
	int nwords;
	uint32_t *devs; /* one a word, and the same without doubles */
	uint32_t *different;
	int ndifferent;
	struct known known;
	struct page_table *gone; /* struct name: known at the look before, but not at the last */
	struct page_table *past; /* and before */
};

/* A look through one word. */
struct look {
	struct known *known;
	const char *word;
	uint32_t dev;
};

static int known_add(struct known *k, uint32_t dev, const struct stat *st, const char *word,
		     const char *path)
{
	struct page_key key = { .inode = st->st_ino, .dev = dev };
	struct name *name = page_table_add(k->files, key);
	size_t len = strlen(word);

	if (!name && page_table_count(k->files) < MAX_FILES)
		return -ENOMEM;
	if (!name) {
		k->many++;
		return 0;
	}
	if (name->path) {
		k->twins += name->st_dev != st->st_dev;
		return 0;
	}
	name->st_dev = st->st_dev;
	/* "dir/" is "dir" */
	while (path && len > 1 && word[len - 1] == '/')
		len--;
	if (asprintf(&name->path, "%.*s%s%s", (int)len, word,
		     path && word[len - 1] != '/' ? "/" : "", path ? path : "") >= 0)
		return 0;
	name->path = NULL;
	return -ENOMEM;
}

static int look_file(void *arg, const struct tree_file *file)
{
	const struct look *look = arg;

	return known_add(look->known, look->dev, &file->st, look->word, file->path);
}

/* A word that nothing has any more, or that can't be read, names nothing for now. */
static int look_word(const struct look *look)
{
	struct stat st;
	int fd, err;

	if (stat(look->word, &st)) {
		look->known->tree.gone++;
		return 0;
	}
	if (S_ISREG(st.st_mode))
		return known_add(look->known, look->dev, &st, look->word, NULL);
	fd = open(look->word, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = fd < 0 ? -errno : tree_walk(fd, look_file, (void *)look, &look->known->tree);
	if (fd >= 0)
		close(fd);
	if (err && err != -ENOMEM && !look->known->tree.closed++)
		look->known->tree.err = err;
	return err == -ENOMEM ? err : 0;
}

static void files_free(struct page_table *files)
{
	struct page_key key;

	for (uint32_t i = 0; files && i < page_table_count(files); i++)
		free(((struct name *)page_table_get(files, i, &key))->path);
	page_table__free(files);
}

/* Moves names from one table to another, but for those that a third has. */
static void files_move(struct page_table *from, struct page_table *to,
		       const struct page_table *except)
{
	for (uint32_t i = 0; from && i < page_table_count(from); i++) {
		struct page_key key;
		struct name *was = page_table_get(from, i, &key), *name;

		if (!was->path || page_table_find(except, key))
			continue;
		name = page_table_add(to, key);
		if (!name || name->path)
			continue;
		*name = *was;
		was->path = NULL;
	}
}

static void files_clear(struct page_table *files)
{
	struct page_key key;

	for (uint32_t i = 0; i < page_table_count(files); i++)
		free(((struct name *)page_table_get(files, i, &key))->path);
	page_table_clear(files);
}

int names_look(struct names *n)
{
	struct known known = { .files = page_table__new(sizeof(struct name), MAX_FILES) };
	int err = known.files ? 0 : -ENOMEM;

	for (int i = 0; !err && i < n->nwords; i++) {
		struct look look = { &known, n->words[i], n->devs[i] };

		err = look_word(&look);
	}
	if (err) {
		files_free(known.files);
		return err;
	}
	/* the pages of a file that was deleted leave memory a moment later: it keeps its name */
	files_move(n->gone, n->past, known.files);
	files_clear(n->gone);
	files_move(n->known.files, n->gone, known.files);
	files_free(n->known.files);
	n->known = known;
	return 0;
}

void names_forget(struct names *n)
{
	files_clear(n->past);
}

/* The superblock of the mount with that id. */
static int mount_device(uint64_t id, uint32_t *dev)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	struct mount mount;
	char *line = NULL;
	size_t room = 0;
	int err = f ? -ENODEV : -errno;

	while (err == -ENODEV && getline(&line, &room, f) > 0) {
		if (mount_parse(line, &mount))
			continue;
		if ((uint64_t)mount.id == id) {
			*dev = mount.dev;
			err = 0;
		}
		mount_free(&mount);
	}
	free(line);
	if (f)
		fclose(f);
	return err;
}

/* stat(2) has btrfs's subvolumes as devices of their own; page events have the superblock. */
static int word_device(const char *word, uint32_t *dev, char *why, size_t why_size)
{
	struct statfs fs;
	struct statx stx;

	snprintf(why, why_size, "look up %s", word);
	if (statx(AT_FDCWD, word, 0, STATX_TYPE | STATX_MNT_ID, &stx) || statfs(word, &fs))
		return -errno;
	if (!S_ISREG(stx.stx_mode) && !S_ISDIR(stx.stx_mode)) {
		snprintf(why, why_size, "%s: no file and no folder", word);
		return -EINVAL;
	}
	if (fs.f_type == OVERLAYFS_SUPER_MAGIC) {
		snprintf(why, why_size, "%s: an overlay; name the folders that it is made of",
			 word);
		return -EOPNOTSUPP;
	}
	return mount_device(stx.stx_mnt_id, dev);
}

static void add_different(struct names *n, uint32_t dev)
{
	for (int i = 0; i < n->ndifferent; i++)
		if (n->different[i] == dev)
			return;
	n->different[n->ndifferent++] = dev;
}

static int find_devices(struct names *n, char *why, size_t why_size)
{
	int err = 0;

	n->devs = calloc(n->nwords, sizeof(*n->devs));
	n->different = calloc(n->nwords, sizeof(*n->different));
	if (!n->devs || !n->different)
		return -ENOMEM;
	for (int i = 0; !err && i < n->nwords; i++) {
		err = word_device(n->words[i], &n->devs[i], why, why_size);
		if (!err)
			add_different(n, n->devs[i]);
	}
	return err;
}

int names__new(const char *const *words, int nwords, struct names **out, char *why, size_t why_size)
{
	struct names *n = calloc(1, sizeof(*n));
	int err;

	snprintf(why, why_size, "look for files");
	if (!n)
		return -ENOMEM;
	n->words = words;
	n->nwords = nwords;
	n->gone = page_table__new(sizeof(struct name), MAX_FILES);
	n->past = page_table__new(sizeof(struct name), MAX_FILES);
	err = n->gone && n->past ? find_devices(n, why, why_size) : -ENOMEM;
	err = err ? err : names_look(n);
	if (err)
		names__free(n);
	else
		*out = n;
	return err;
}

void names__free(struct names *n)
{
	if (!n)
		return;
	files_free(n->known.files);
	files_free(n->gone);
	files_free(n->past);
	free(n->devs);
	free(n->different);
	free(n);
}

const uint32_t *names_devs(const struct names *n, int *count)
{
	*count = n->ndifferent;
	return n->different;
}

const char *names_find(const struct names *n, uint32_t dev, uint64_t inode)
{
	struct page_key key = { .inode = inode, .dev = dev };
	const struct name *name = page_table_find(n->known.files, key);

	name = name ? name : page_table_find(n->gone, key);
	return name ? name->path : NULL;
}

const char *names_find_past(const struct names *n, uint32_t dev, uint64_t inode)
{
	struct page_key key = { .inode = inode, .dev = dev };
	const char *path = names_find(n, dev, inode);
	const struct name *name = path ? NULL : page_table_find(n->past, key);

	return name ? name->path : path;
}

void names_warn(const struct names *n, const char *report)
{
	const struct known *k = &n->known;

	if (k->tree.mounts)
		log_info("%s: mounts below the paths that are left out: %llu", report,
			 (unsigned long long)k->tree.mounts);
	if (k->tree.closed)
		log_warn("%s: folders that could not be read: %llu (%s); their files are left out",
			 report, (unsigned long long)k->tree.closed, err_name(k->tree.err));
	if (k->many)
		log_warn("%s: files left out as there are more than %u: %llu", report, MAX_FILES,
			 (unsigned long long)k->many);
	if (k->twins)
		log_warn("%s: files with the inode number of one in another subvolume: %llu; their "
			 "events go by its name",
			 report, (unsigned long long)k->twins);
}
