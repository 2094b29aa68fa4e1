// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Duet's numbers by file system, and how they print.
 */
#include <jansson.h>
#include <stdlib.h>

#include "duet/numbers.h"
#include "duet/print.h"
#include "test.h"

#define F     SIDE_FOREGROUND
#define M     SIDE_MAINTENANCE

#define DISK  0x700000u /* 7:0, an ext4's */
#define DISK2 0x700001u /* 7:1, part of a btrfs */
#define BTRFS 42u	/* 0:42, its superblock */

#define ROW(what, side, by_, n)                                                          \
	{                                                                                \
		.row = PAGES_ROW(what, side), .by = by_, .count = n, .sum = (n)*1000ULL, \
	}

static struct snapshot_row rows[] = {
	ROW(PAGES_ADDED, F, DISK, 10),	       ROW(PAGES_ADDED, M, BTRFS, 300),
	ROW(PAGES_ADDED, M, DISK, 500),	       ROW(PAGES_ADDED, M, PAGES_BY(DISK, true), 7),
	ROW(PAGES_LOOKED_UP, F, DISK, 10),     ROW(PAGES_LOOKED_UP, M, DISK, 1000),
	ROW(PAGES_READ, F, DISK, 4),	       ROW(PAGES_READ, M, DISK, 400),
	ROW(PAGES_OWN, M, DISK, 100),	       ROW(PAGES_WARM, M, DISK, 250),
	ROW(PAGES_FETCHED, M, DISK, 500),      ROW(PAGES_AGAIN, M, DISK, 40),
	ROW(PAGES_EARLIER, M, DISK, 80),       ROW(PAGES_EVICTED, F, DISK, 30),
	ROW(PAGES_EVICTED, M, DISK, 90),       ROW(PAGES_EVICTED_WARM, M, DISK, 60),
	ROW(BLOCKS_READ, M, DISK, 3 << 20),    ROW(BLOCKS_READ, M, DISK2, 1 << 20),
	ROW(BLOCKS_DIRECT, M, DISK2, 1 << 20), ROW(BLOCKS_ALONE, F, DISK, 100),
	ROW(BLOCKS_BESIDE, F, DISK, 50),
};
static const struct snapshot snapshot = { rows, sizeof(rows) / sizeof(rows[0]), { 0 } };

static uint32_t owner(void *arg, uint32_t dev)
{
	(void)arg;
	return dev == DISK2 ? BTRFS : dev;
}

static void numbers_are_by_file_system(void)
{
	struct duet_numbers *n = duet_numbers__new(&snapshot, owner, NULL);

	CHECK_INT(n->nfs, 2);
	CHECK_INT(n->fs[0].dev, DISK); /* maintenance had more to do with it */
	CHECK_INT(n->fs[0].files[M][PAGES_ADDED], 500);
	CHECK_INT(n->fs[0].files[F][PAGES_ADDED], 10);
	CHECK_INT(n->fs[0].metadata[M][PAGES_ADDED], 7);
	CHECK_INT(n->fs[0].files[M][BLOCKS_READ], 3 << 20);
	CHECK_INT(n->fs[1].dev, BTRFS);
	CHECK_INT(n->fs[1].files[M][PAGES_ADDED], 300);
	CHECK_INT(n->fs[1].files[M][BLOCKS_READ], 1 << 20);
	CHECK_INT(n->nio, 1);
	CHECK_INT(n->io[0].alone->count, 100);
	CHECK_INT(n->io[0].beside->count, 50);
	duet_numbers__free(n);
}

static void found_is_what_was_not_read(void)
{
	struct duet_numbers *n = duet_numbers__new(&snapshot, owner, NULL);

	CHECK_INT(duet_found(&n->fs[0], M), 600);
	CHECK_INT(duet_found(&n->fs[0], F), 6);
	CHECK_INT(duet_saved(&n->fs[0]), 500);
	/* counters are read one by one: one may be ahead */
	n->fs[0].files[M][PAGES_READ] = 1001;
	CHECK_INT(duet_found(&n->fs[0], M), 0);
	CHECK_INT(duet_saved(&n->fs[0]), 0);
	duet_numbers__free(n);
}

static const char *name(void *arg, uint32_t dev, const char **type)
{
	(void)arg;
	*type = dev == BTRFS ? "btrfs" : "ext4";
	return dev == BTRFS ? "/b" : "/a\033";
}

static const char *device(void *arg, uint32_t dev)
{
	(void)arg;
	return dev == DISK ? "loop0" : "?";
}

static bool direct(void *arg, uint32_t dev, struct duet_direct *d)
{
	(void)arg;
	*d = (struct duet_direct){ .asked = 200, .in_memory = 50, .unasked = 56 };
	return dev == BTRFS;
}

/* What it prints; the caller frees it. */
static char *printed(bool json, bool look_ups)
{
	const struct duet_names names = { name, device, direct, NULL };
	const struct duet_how how = { 30000000000ULL, look_ups };
	struct duet_numbers *n = duet_numbers__new(&snapshot, owner, NULL);
	struct render render = { .report = "duet", .json = json };
	char *text;
	size_t size;

	render.out = open_memstream(&text, &size);
	duet_print(&render, n, &names, &how);
	fclose(render.out);
	duet_numbers__free(n);
	return text;
}

static void text_says_what_was_saved(void)
{
	char *text = printed(false, true);

	CHECK_STR(text,
		  "\n"
		  "/a\\x1b (ext4)                         maintenance   foreground\n"
		  "  pages added                                 500           10\n"
		  "  pages looked up                            1000           10\n"
		  "  pages found                                 600            6\n"
		  "  metadata pages added                          7            0\n"
		  "  MiB read                                    3.0          0.0\n"
		  "  Maintenance looked up 1000 pages (3.9 MiB):\n"
		  "         500  50.0 %       2.0 MiB  were in memory, not by its own doing: "
		  "saved\n"
		  "         250  25.0 %       1.0 MiB    used by the foreground within 30.00s\n"
		  "         100  10.0 %       0.4 MiB  it had brought itself for an earlier "
		  "read\n"
		  "         400  40.0 %       1.6 MiB  had to be read\n"
		  "  Of 500 pages (2.0 MiB) of files that it read from the disk:\n"
		  "          40   8.0 %       0.2 MiB  used by the foreground within 30.00s\n"
		  "          80  16.0 %       0.3 MiB  had been in memory: saved in order of "
		  "what is cached\n"
		  "  While maintenance was active, 120 pages (0.5 MiB) that it had not brought "
		  "made room:\n"
		  "          90  75.0 %       0.4 MiB  maintenance itself evicted\n"
		  "          60  50.0 %       0.2 MiB    used by the foreground within 30.00s\n"
		  "          30  25.0 %       0.1 MiB  kswapd and others evicted\n"
		  "\n"
		  "/b (btrfs)                            maintenance   foreground\n"
		  "  pages added                                 300            0\n"
		  "  MiB read                                    1.0          0.0\n"
		  "  Maintenance read 256 pages (1.0 MiB) past the page cache:\n"
		  "          50  19.5 %       0.2 MiB  were in memory: could have been saved\n"
		  "         150  58.6 %       0.6 MiB  were not\n"
		  "          56  21.9 %       0.2 MiB  were not looked for\n"
		  "\n"
		  "The foreground's block I/O, from queued to ended\n"
		  "DEVICE          MAINTENANCE     COUNT      MEAN       P50       P90       "
		  "P99       MAX\n"
		  "loop0           idle              100   1.000us       0ns       0ns       "
		  "0ns       0ns\n"
		  "loop0           active             50   1.000us       0ns       0ns       "
		  "0ns       0ns\n");
	free(text);
}

static void what_the_kernel_lacks_is_left_out(void)
{
	char *text = printed(false, false);

	CHECK(!strstr(text, "looked up"));
	CHECK(!strstr(text, "found"));
	CHECK(!strstr(text, "own doing"));
	CHECK(strstr(text, "pages added"));
	CHECK(!strstr(text, "had to be read"));
	CHECK(strstr(text, "Of 500 pages"));
	CHECK(strstr(text, "past the page cache"));
	CHECK(strstr(text, "made room"));
	free(text);
	text = printed(true, false);
	CHECK(!strstr(text, "looked_up"));
	CHECK(!strstr(text, "saved"));
	CHECK(strstr(text, "\"overlap\":{\"from_disk\":500,\"from_disk_used_in_window\":40,"));
	free(text);
}

/* The integer at a path of keys in one line of JSON; negative: there is none. */
static long long at(json_t *line, const char *a, const char *b, const char *c)
{
	json_t *v = json_object_get(line, a);

	v = b ? json_object_get(v, b) : v;
	v = c ? json_object_get(v, c) : v;
	return json_is_integer(v) ? json_integer_value(v) : -1;
}

static void json_has_the_same(void)
{
	char *text = printed(true, true), *rest = text, *line;
	json_t *lines[8];
	int n = 0;

	while ((line = strsep(&rest, "\n")) && *line && n < 8)
		lines[n++] = json_loads(line, 0, NULL);
	CHECK_INT(n, 4);
	CHECK_STR(json_string_value(json_object_get(lines[0], "file_system")), "/a\033");
	CHECK_STR(json_string_value(json_object_get(lines[0], "type")), "ext4");
	CHECK_INT(at(lines[0], "maintenance", "added", NULL), 500);
	CHECK_INT(at(lines[0], "maintenance", "found", NULL), 600);
	CHECK_INT(at(lines[0], "maintenance", "metadata", "added"), 7);
	CHECK_INT(at(lines[0], "maintenance", "bytes_read", NULL), 3 << 20);
	CHECK_INT(at(lines[0], "foreground", "looked_up", NULL), 10);
	CHECK_INT(at(lines[0], "overlap", "needed", NULL), 1000);
	CHECK_INT(at(lines[0], "overlap", "saved", NULL), 500);
	CHECK_INT(at(lines[0], "overlap", "saved_used_in_window", NULL), 250);
	CHECK_INT(at(lines[0], "overlap", "own", NULL), 100);
	CHECK_INT(at(lines[0], "overlap", "from_disk_used_in_window", NULL), 40);
	CHECK_INT(at(lines[0], "overlap", "from_disk_in_memory_before", NULL), 80);
	CHECK_INT(at(lines[0], "evicted", "by_maintenance", NULL), 90);
	CHECK_INT(at(lines[0], "evicted", "by_others", NULL), 30);
	CHECK(!json_object_get(lines[0], "direct"));
	CHECK_INT(at(lines[1], "direct", "pages", NULL), 256);
	CHECK_INT(at(lines[1], "direct", "in_memory", NULL), 50);
	CHECK_INT(at(lines[2], "count", NULL, NULL), 100);
	CHECK(json_is_false(json_object_get(lines[2], "maintenance_active")));
	CHECK_INT(at(lines[3], "count", NULL, NULL), 50);
	for (int i = 0; i < n; i++)
		json_decref(lines[i]);
	free(text);
}

static const struct test tests[] = {
	TEST(numbers_are_by_file_system), TEST(found_is_what_was_not_read),
	TEST(text_says_what_was_saved),	  TEST(what_the_kernel_lacks_is_left_out),
	TEST(json_has_the_same),
};

TEST_MAIN("duet_print")
