/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where btrfs has its data: files lie at logical addresses, and chunks say where on which device
 * these are. Asked of a mounted file system, root only.
 */
#ifndef ASSAY_DUET_BTRFS_H
#define ASSAY_DUET_BTRFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One copy, or one stripe, of a range of logical addresses: on one device. */
struct btrfs_piece {
	uint64_t devid;
	uint64_t physical;     /* where it begins there */
	uint64_t length;       /* bytes of the device */
	uint64_t logical;      /* of the chunk's beginning */
	uint32_t index, count; /* of the data: this part of so many, in turns of STRIPE bytes */
};
#define BTRFS_STRIPE 65536

struct btrfs_device {
	uint64_t devid;
	uint32_t dev; /* as in kernel/devices.h */
};

struct btrfs {
	struct btrfs_device *devices;
	int ndevices;
	struct btrfs_piece *pieces; /* in the order of devid and physical */
	int npieces;
	int nunknown; /* chunks of a kind that is not followed: parity */
};

/*
 * Of the file system that `fd` is open on; the chunks only where they are wanted. On success *out
 * is the caller's, freed with btrfs__free(). -errno: -ENOTTY when it is no btrfs.
 */
int btrfs__new(int fd, bool chunks, struct btrfs **out);
void btrfs__free(struct btrfs *btrfs);

/* Whether the device is one of it. */
bool btrfs_has(const struct btrfs *btrfs, uint32_t dev);

/*
 * The logical address of the device's bytes from `physical` on, of which at most `length` are
 * wanted: how many lie so side by side. *logical is UINT64_MAX where there is no chunk.
 */
uint64_t btrfs_logical(const struct btrfs *btrfs, uint32_t dev, uint64_t physical, uint64_t length,
		       uint64_t *logical);

/* Adds a chunk's pieces, from an item of the chunk tree: `logical` is its key. 0 or -errno. */
struct btrfs_chunk;
int btrfs_add_chunk(struct btrfs *btrfs, uint64_t logical, const struct btrfs_chunk *chunk,
		    size_t size);
/* To be called when all are there. */
void btrfs_sort(struct btrfs *btrfs);

#endif
