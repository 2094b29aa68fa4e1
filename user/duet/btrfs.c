// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <endian.h>
#include <errno.h>
#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "duet/btrfs.h"
#include "kernel/devices.h"

#define SEARCH_BYTES 65536 /* of results of a look into the chunk tree */

static int add_device(struct btrfs *b, uint64_t devid, const char *path)
{
	struct btrfs_device *devices;
	struct stat st;

	/* one that is missing has no path */
	if (!*path || stat(path, &st) || !S_ISBLK(st.st_mode))
		return 0;
	devices = reallocarray(b->devices, b->ndevices + 1, sizeof(*devices));
	if (!devices)
		return -ENOMEM;
	b->devices = devices;
	devices[b->ndevices++] = (struct btrfs_device){ devid, device_of(st.st_rdev) };
	return 0;
}

static int read_devices(struct btrfs *b, int fd)
{
	struct btrfs_ioctl_fs_info_args fs = { 0 };
	int err = 0;

	if (ioctl(fd, BTRFS_IOC_FS_INFO, &fs))
		return -errno;
	for (uint64_t id = 0; !err && id <= fs.max_id; id++) {
		struct btrfs_ioctl_dev_info_args dev = { .devid = id };

		if (!ioctl(fd, BTRFS_IOC_DEV_INFO, &dev))
			err = add_device(b, id, (const char *)dev.path);
		else if (errno != ENODEV)
			err = -errno;
	}
	return err;
}

static int add_piece(struct btrfs *b, const struct btrfs_piece *piece)
{
	struct btrfs_piece *pieces = b->pieces;

	/* powers of two */
	if (!(b->npieces & (b->npieces - 1))) {
		pieces = reallocarray(pieces, b->npieces ? b->npieces * 2 : 1, sizeof(*pieces));
		if (!pieces)
			return -ENOMEM;
		b->pieces = pieces;
	}
	pieces[b->npieces++] = *piece;
	return 0;
}

/* How many stripes hold the data in turns, and how many copies of each follow one another. */
static bool chunk_layout(const struct btrfs_chunk *chunk, uint32_t *turns, uint32_t *copies)
{
	uint64_t type = le64toh(chunk->type);
	uint32_t n = le16toh(chunk->num_stripes), sub = le16toh(chunk->sub_stripes);

	if (type & (BTRFS_BLOCK_GROUP_RAID5 | BTRFS_BLOCK_GROUP_RAID6))
		return false;
	*copies = n;
	if (type & BTRFS_BLOCK_GROUP_RAID0)
		*copies = 1;
	else if (type & BTRFS_BLOCK_GROUP_RAID10)
		*copies = sub ? sub : 1;
	*turns = n / *copies;
	return le64toh(chunk->stripe_len) == BTRFS_STRIPE && *turns;
}

int btrfs_add_chunk(struct btrfs *b, uint64_t logical, const struct btrfs_chunk *chunk, size_t size)
{
	const struct btrfs_stripe *stripes = &chunk->stripe;
	uint32_t turns, copies, n;
	int err = 0;

	if (size < sizeof(*chunk))
		return -EINVAL;
	n = le16toh(chunk->num_stripes);
	if (!n || size < offsetof(struct btrfs_chunk, stripe) + n * sizeof(*stripes))
		return -EINVAL;
	if (!chunk_layout(chunk, &turns, &copies)) {
		b->nunknown++;
		return 0;
	}
	for (uint32_t i = 0; !err && i < n; i++)
		err = add_piece(b, &(struct btrfs_piece){ .devid = le64toh(stripes[i].devid),
							  .physical = le64toh(stripes[i].offset),
							  .length = le64toh(chunk->length) / turns,
							  .logical = logical,
							  .index = i / copies,
							  .count = turns });
	return err;
}

static int piece_compare(const void *va, const void *vb)
{
	const struct btrfs_piece *a = va, *b = vb;

	if (a->devid != b->devid)
		return a->devid < b->devid ? -1 : 1;
	return a->physical < b->physical ? -1 : a->physical > b->physical;
}

void btrfs_sort(struct btrfs *b)
{
	if (b->npieces)
		qsort(b->pieces, b->npieces, sizeof(*b->pieces), piece_compare);
}

/* The items of one answer; *next becomes the key to go on with. */
static int add_items(struct btrfs *b, const struct btrfs_ioctl_search_args_v2 *args, uint64_t *next)
{
	const char *at = (const char *)args->buf, *end = at + args->buf_size;
	int err = 0;

	for (uint32_t i = 0; !err && i < args->key.nr_items; i++) {
		const struct btrfs_ioctl_search_header *head = (const void *)at;

		if ((size_t)(end - at) < sizeof(*head) ||
		    (size_t)(end - at) - sizeof(*head) < head->len)
			return -EINVAL;
		at += sizeof(*head);
		if (head->type == BTRFS_CHUNK_ITEM_KEY)
			err = btrfs_add_chunk(b, head->offset, (const void *)at, head->len);
		*next = head->offset + 1;
		at += head->len;
	}
	return err;
}

static int read_chunks(struct btrfs *b, int fd)
{
	struct btrfs_ioctl_search_args_v2 *args = calloc(1, sizeof(*args) + SEARCH_BYTES);
	uint64_t next = 0;
	int err = args ? 0 : -ENOMEM;

	while (!err) {
		args->key = (struct btrfs_ioctl_search_key){
			.tree_id = BTRFS_CHUNK_TREE_OBJECTID,
			.min_objectid = BTRFS_FIRST_CHUNK_TREE_OBJECTID,
			.max_objectid = BTRFS_FIRST_CHUNK_TREE_OBJECTID,
			.min_type = BTRFS_CHUNK_ITEM_KEY,
			.max_type = BTRFS_CHUNK_ITEM_KEY,
			.min_offset = next,
			.max_offset = UINT64_MAX,
			.max_transid = UINT64_MAX,
			.nr_items = UINT32_MAX,
		};
		args->buf_size = SEARCH_BYTES;
		if (ioctl(fd, BTRFS_IOC_TREE_SEARCH_V2, args))
			err = -errno;
		else if (!args->key.nr_items)
			break;
		else
			err = add_items(b, args, &next);
	}
	free(args);
	btrfs_sort(b);
	return err;
}

int btrfs__new(int fd, bool chunks, struct btrfs **out)
{
	struct btrfs *b = calloc(1, sizeof(*b));
	int err = b ? read_devices(b, fd) : -ENOMEM;

	if (!err && chunks)
		err = read_chunks(b, fd);
	if (err) {
		btrfs__free(b);
		return err;
	}
	*out = b;
	return 0;
}

void btrfs__free(struct btrfs *b)
{
	if (!b)
		return;
	free(b->devices);
	free(b->pieces);
	free(b);
}

static const struct btrfs_device *device_find(const struct btrfs *b, uint32_t dev)
{
	for (int i = 0; i < b->ndevices; i++)
		if (b->devices[i].dev == dev)
			return &b->devices[i];
	return NULL;
}

bool btrfs_has(const struct btrfs *b, uint32_t dev)
{
	return device_find(b, dev);
}

/* The last stripe that does not begin behind it, and the next one. */
static int piece_before(const struct btrfs *b, uint64_t devid, uint64_t physical)
{
	const struct btrfs_piece key = { .devid = devid, .physical = physical };
	int low = 0, high = b->npieces;

	while (low < high) {
		int middle = low + (high - low) / 2;

		if (piece_compare(&b->pieces[middle], &key) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low - 1;
}

uint64_t btrfs_logical(const struct btrfs *b, uint32_t dev, uint64_t physical, uint64_t length,
		       uint64_t *logical)
{
	const struct btrfs_device *device = device_find(b, dev);
	const struct btrfs_piece *s;
	uint64_t behind, left;
	int i;

	*logical = UINT64_MAX;
	if (!device)
		return length;
	i = piece_before(b, device->devid, physical);
	s = i >= 0 ? &b->pieces[i] : NULL;
	if (!s || s->devid != device->devid || physical - s->physical >= s->length) {
		/* no chunk: up to the next, if that comes before the end */
		s = i + 1 < b->npieces ? &b->pieces[i + 1] : NULL;
		if (!s || s->devid != device->devid || s->physical - physical > length)
			return length;
		return s->physical - physical;
	}
	behind = physical - s->physical;
	left = s->length - behind;
	if (s->count == 1) {
		*logical = s->logical + behind;
	} else {
		*logical = s->logical +
			   (behind / BTRFS_STRIPE * s->count + s->index) * BTRFS_STRIPE +
			   behind % BTRFS_STRIPE;
		left = BTRFS_STRIPE - behind % BTRFS_STRIPE;
	}
	return left < length ? left : length;
}
