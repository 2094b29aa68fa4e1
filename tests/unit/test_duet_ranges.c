// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Whose data lie where on a disk: extents of files, and btrfs' chunks.
 */
#include <endian.h>
#include <errno.h>
#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>
#include <stdlib.h>
#include <string.h>

#include "duet/btrfs.h"
#include "duet/extents.h"
#include "test.h"

#define MIB (1024ULL * 1024)

/* "file+offset:length@behind ..." of what lies in a range, in the order of `behind`. */
static char found[512];

static void found_extent(void *arg, const struct extent_file *file, uint64_t offset,
			 uint64_t length, uint64_t behind)
{
	char one[96];
	int n = snprintf(one, sizeof(one), "%s+%d:%d@%d ", file->path, (int)offset, (int)length,
			 (int)behind);

	(void)arg;
	/* the last that begins comes first */
	memmove(found + n, found, sizeof(found) - n);
	memcpy(found, one, n);
}

static const char *find(const struct extents *e, uint64_t address, uint64_t length)
{
	found[0] = '\0';
	extents_find(e, address, length, found_extent, NULL);
	return found;
}

static struct extents *made(void)
{
	struct extents *e = extents__new();

	extents_add_file(e, "a", 1, 10);
	extents_add(e, 5000, 1000, 0);
	extents_add(e, 1000, 1000, 1000);
	extents_add_file(e, "b", 1, 11);
	extents_add(e, 2000, 500, 0);
	extents_sort(e);
	return e;
}

static void extents_are_found_by_address(void)
{
	struct extents *e = made();

	CHECK_STR(find(e, 1000, 1000), "a+1000:1000@0 ");
	CHECK_STR(find(e, 1100, 100), "a+1100:100@0 ");
	CHECK_STR(find(e, 500, 600), "a+1000:100@500 ");
	CHECK_STR(find(e, 1900, 200), "a+1900:100@0 b+0:100@100 ");
	CHECK_STR(find(e, 0, 10000), "a+1000:1000@1000 b+0:500@2000 a+0:1000@5000 ");
	extents__free(e);
}

static void gaps_are_nobodys(void)
{
	struct extents *e = made();

	CHECK_STR(find(e, 0, 1000), "");
	CHECK_STR(find(e, 2500, 2500), "");
	CHECK_STR(find(e, 6000, 1), "");
	CHECK_STR(find(e, 5999, 1), "a+999:1@0 ");
	extents__free(e);
	e = extents__new();
	extents_sort(e);
	CHECK_STR(find(e, 0, 1000), "");
	extents__free(e);
}

/* A snapshot's file lies upon the other, and a long one may begin far before. */
static void shared_data_are_all_found(void)
{
	struct extents *e = extents__new();

	extents_add_file(e, "long", 1, 10);
	extents_add(e, 0, 10000, 0);
	extents_add_file(e, "short", 1, 11);
	for (int i = 0; i < 20; i++)
		extents_add(e, i * 100, 50, i * 50);
	extents_sort(e);
	CHECK_STR(find(e, 5000, 10), "long+5000:10@0 ");
	CHECK_STR(find(e, 1000, 20), "long+1000:20@0 short+500:20@0 ");
	extents__free(e);
}

/* A chunk item with `n` stripes on devices 1 to n, from 100 MiB * n on. */
static void add_chunk(struct btrfs *b, uint64_t logical, uint64_t length, uint64_t type, int n,
		      int sub)
{
	size_t size = offsetof(struct btrfs_chunk, stripe) + n * sizeof(struct btrfs_stripe);
	struct btrfs_chunk *chunk = calloc(1, size + sizeof(*chunk));

	chunk->length = htole64(length);
	chunk->stripe_len = htole64(BTRFS_STRIPE);
	chunk->type = htole64(BTRFS_BLOCK_GROUP_DATA | type);
	chunk->num_stripes = htole16(n);
	chunk->sub_stripes = htole16(sub);
	for (int i = 0; i < n; i++) {
		struct btrfs_stripe *stripe = &chunk->stripe + i;

		stripe->devid = htole64(i + 1);
		stripe->offset = htole64(100 * MIB * (i + 1) + logical);
	}
	CHECK_INT(btrfs_add_chunk(b, logical, chunk, size), 0);
	CHECK_INT(btrfs_add_chunk(b, logical, chunk, size - 1), -EINVAL);
	free(chunk);
}

static struct btrfs_device devices[] = { { 1, 101 }, { 2, 102 }, { 3, 103 }, { 4, 104 } };

static void check_logical(const struct btrfs *b, uint32_t dev, uint64_t physical, uint64_t length,
			  uint64_t logical, uint64_t side_by_side)
{
	uint64_t got;

	CHECK_INT(btrfs_logical(b, dev, physical, length, &got), side_by_side);
	CHECK_INT(got, logical);
}

static void single_chunks_and_copies(void)
{
	struct btrfs b = { .devices = devices, .ndevices = 4 };

	add_chunk(&b, 1000 * MIB, 8 * MIB, 0, 1, 1);
	add_chunk(&b, 2000 * MIB, 8 * MIB, BTRFS_BLOCK_GROUP_RAID1, 2, 1);
	btrfs_sort(&b);
	check_logical(&b, 101, 1100 * MIB, MIB, 1000 * MIB, MIB);
	check_logical(&b, 101, 1107 * MIB, 2 * MIB, 1007 * MIB, MIB);
	check_logical(&b, 101, 2100 * MIB + 4096, 4096, 2000 * MIB + 4096, 4096);
	check_logical(&b, 102, 2200 * MIB + 4096, 4096, 2000 * MIB + 4096, 4096);
	free(b.pieces);
}

static void between_chunks_is_nothing(void)
{
	struct btrfs b = { .devices = devices, .ndevices = 4 };

	add_chunk(&b, 1000 * MIB, 8 * MIB, 0, 1, 1);
	btrfs_sort(&b);
	check_logical(&b, 101, 0, MIB, UINT64_MAX, MIB);
	/* up to the chunk */
	check_logical(&b, 101, 1099 * MIB, 4 * MIB, UINT64_MAX, MIB);
	check_logical(&b, 101, 1108 * MIB, MIB, UINT64_MAX, MIB);
	check_logical(&b, 102, 1100 * MIB, MIB, UINT64_MAX, MIB);
	check_logical(&b, 999, 1100 * MIB, MIB, UINT64_MAX, MIB);
	CHECK(btrfs_has(&b, 104));
	CHECK(!btrfs_has(&b, 999));
	free(b.pieces);
}

static void stripes_take_turns(void)
{
	struct btrfs b = { .devices = devices, .ndevices = 4 };

	/* the third KiB-64 of the second device is the sixth of the data */
	add_chunk(&b, 1000 * MIB, 8 * MIB, BTRFS_BLOCK_GROUP_RAID0, 2, 1);
	btrfs_sort(&b);
	check_logical(&b, 102, 1200 * MIB + 2 * BTRFS_STRIPE, MIB, 1000 * MIB + 5 * BTRFS_STRIPE,
		      BTRFS_STRIPE);
	check_logical(&b, 101, 1100 * MIB + BTRFS_STRIPE + 4096, MIB,
		      1000 * MIB + 2 * BTRFS_STRIPE + 4096, BTRFS_STRIPE - 4096);
	/* half of the chunk is on each */
	check_logical(&b, 101, 1104 * MIB, 4096, UINT64_MAX, 4096);
	free(b.pieces);

	/* two turns of two copies each */
	b = (struct btrfs){ .devices = devices, .ndevices = 4 };
	add_chunk(&b, 1000 * MIB, 8 * MIB, BTRFS_BLOCK_GROUP_RAID10, 4, 2);
	btrfs_sort(&b);
	check_logical(&b, 101, 1100 * MIB + BTRFS_STRIPE, 4096, 1000 * MIB + 2 * BTRFS_STRIPE,
		      4096);
	check_logical(&b, 102, 1200 * MIB + BTRFS_STRIPE, 4096, 1000 * MIB + 2 * BTRFS_STRIPE,
		      4096);
	check_logical(&b, 104, 1400 * MIB + BTRFS_STRIPE, 4096, 1000 * MIB + 3 * BTRFS_STRIPE,
		      4096);
	free(b.pieces);
}

static void parity_is_not_followed(void)
{
	struct btrfs b = { .devices = devices, .ndevices = 4 };

	add_chunk(&b, 1000 * MIB, 8 * MIB, BTRFS_BLOCK_GROUP_RAID5, 3, 1);
	CHECK_INT(b.npieces, 0);
	CHECK_INT(b.nunknown, 1);
	free(b.pieces);
}

static const struct test tests[] = {
	TEST(extents_are_found_by_address), TEST(gaps_are_nobodys),
	TEST(shared_data_are_all_found),    TEST(single_chunks_and_copies),
	TEST(between_chunks_is_nothing),    TEST(stripes_take_turns),
	TEST(parity_is_not_followed),
};

TEST_MAIN("duet_ranges")
