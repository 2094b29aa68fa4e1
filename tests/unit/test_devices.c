// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Names of block devices, from a folder of links as /sys/dev/block is one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/devices.h"
#include "test.h"

static char dir[64];

/* dir/LINK leads to TARGET. */
static void link_to(const char *link, const char *target)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, link);
	unlink(path);
	CHECK_INT(symlink(target, path), 0);
}

static void make_dir(void)
{
	snprintf(dir, sizeof(dir), "/tmp/devices-XXXXXX");
	CHECK(mkdtemp(dir) != NULL);
	link_to("254:0", "../../devices/pci0000:00/0000:00:02.0/virtio1/block/vda");
	link_to("254:1", "../../devices/pci0000:00/0000:00:02.0/virtio1/block/vda/vda1");
	link_to("7:0", "../../devices/virtual/block/loop0");
}

static void remove_dir(void)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -r %s", dir);
	CHECK_INT(system(command), 0);
}

static const char *name_of(struct devices *d, unsigned major, unsigned minor)
{
	static char name[64];

	return devices_name(d, DEVICE(major, minor), name, sizeof(name));
}

static void names_come_from_links(void)
{
	struct devices *d;

	make_dir();
	/* a slash in a device's name is a "!" in sysfs */
	link_to("104:1", "../../devices/pci0000:00/block/cciss!c0d0/cciss!c0d0p1");
	d = devices__new(dir);
	CHECK_STR(name_of(d, 254, 0), "vda");
	CHECK_STR(name_of(d, 254, 1), "vda1");
	CHECK_STR(name_of(d, 7, 0), "loop0");
	CHECK_STR(name_of(d, 104, 1), "cciss/c0d0p1");
	CHECK_INT(devices_count(d), 4);
	devices__free(d);
	remove_dir();
}

static void unknown_ones_have_their_numbers(void)
{
	struct devices *d;

	make_dir();
	d = devices__new(dir);
	/* the largest minor there is: 20 bits */
	CHECK_STR(name_of(d, 259, 1048575), "259:1048575");
	CHECK_STR(name_of(d, 0, 45), "0:45");
	devices__free(d);
	remove_dir();
	/* no sysfs at all */
	d = devices__new("/nowhere");
	CHECK(d != NULL);
	CHECK_STR(name_of(d, 254, 0), "254:0");
	CHECK_INT(devices_count(d), 0);
	devices__free(d);
}

static void one_that_goes_away_keeps_its_name(void)
{
	struct devices *d;
	char path[128];

	make_dir();
	d = devices__new(dir);
	snprintf(path, sizeof(path), "%s/254:1", dir);
	unlink(path);
	/* it was there when all were looked at, though nobody had asked for it */
	CHECK_STR(name_of(d, 254, 1), "vda1");
	/* one that came later, and went after it was asked for */
	link_to("259:0", "../../devices/virtual/block/loop0/loop0p1");
	CHECK_STR(name_of(d, 259, 0), "loop0p1");
	snprintf(path, sizeof(path), "%s/259:0", dir);
	unlink(path);
	CHECK_STR(name_of(d, 259, 0), "loop0p1");
	devices__free(d);
	remove_dir();
}

static void name_is_the_one_when_it_was_first_asked_for(void)
{
	struct devices *d;

	make_dir();
	link_to("259:0", "../../devices/virtual/block/loop0/loop0p1");
	d = devices__new(dir);
	/* the number is another partition's before anybody has asked */
	link_to("259:0", "../../devices/virtual/block/loop7/loop7p1");
	CHECK_STR(name_of(d, 259, 0), "loop7p1");
	/* and then one's more; what was seen has been loop7p1's */
	link_to("259:0", "../../devices/virtual/block/loop8/loop8p1");
	CHECK_STR(name_of(d, 259, 0), "loop7p1");
	/* one that has had no name gets one when it has */
	CHECK_STR(name_of(d, 8, 16), "8:16");
	link_to("8:16", "../../devices/pci0000:00/block/sdb");
	CHECK_STR(name_of(d, 8, 16), "sdb");
	devices__free(d);
	remove_dir();
}

static int found(struct devices *d, const char *word)
{
	uint32_t dev = 0;
	int err = devices_find(d, word, &dev);

	return err ? err : (int)dev;
}

static void words_lead_to_devices(void)
{
	struct devices *d;
	char path[128];

	make_dir();
	d = devices__new(dir);
	CHECK_INT(found(d, "vda"), DEVICE(254, 0));
	CHECK_INT(found(d, "vda1"), DEVICE(254, 1));
	CHECK_INT(found(d, "/dev/vda1"), DEVICE(254, 1));
	CHECK_INT(found(d, "7:0"), DEVICE(7, 0));
	CHECK_INT(found(d, "7:1"), -ENODEV);
	CHECK_INT(found(d, "7:0x"), -ENODEV);
	CHECK_INT(found(d, "4103:0"), -ENODEV); /* 12 bits: not 7:0 */
	CHECK_INT(found(d, "7:1048576"), -ENODEV);
	CHECK_INT(found(d, "vd"), -ENODEV);
	CHECK_INT(found(d, "vda11"), -ENODEV);
	CHECK_INT(found(d, ""), -ENODEV);
	CHECK_INT(found(d, "/dev/nosuch"), -ENODEV);
	CHECK_INT(found(d, "/dev/null"), -ENOTBLK);
	snprintf(path, sizeof(path), "%s/7:0", dir);
	CHECK_INT(found(d, path), -ENODEV); /* its target is not there */
	CHECK_INT(found(d, dir), -ENOTBLK);
	devices__free(d);
	remove_dir();
}

static void names_are_listed(void)
{
	struct devices *d;
	char text[64];

	make_dir();
	link_to("7:10", "../../devices/virtual/block/loop10");
	link_to("7:2", "../../devices/virtual/block/loop2");
	d = devices__new(dir);
	/* as people count, not as letters go */
	CHECK_STR(devices_list(d, text, sizeof(text)), "loop0, loop2, loop10, vda, vda1");
	/* "loop0, loop2, ..." and its NUL are 18 */
	CHECK_STR(devices_list(d, text, 18), "loop0, loop2, ...");
	CHECK_STR(devices_list(d, text, 17), "loop0, ...");
	CHECK_STR(devices_list(d, text, 1), "");
	devices__free(d);
	remove_dir();
}

/* A folder of its own in the place of a device: DIR/NUMBERS/inflight, and /partition. */
static void make_busy(const char *numbers, const char *inflight, bool partition)
{
	char path[160];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, numbers);
	unlink(path);
	CHECK_INT(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/%s/inflight", dir, numbers);
	f = fopen(path, "w");
	fputs(inflight, f);
	fclose(f);
	snprintf(path, sizeof(path), "%s/%s/partition", dir, numbers);
	if (partition)
		fclose(fopen(path, "w"));
}

static void busy_one(void *arg, uint32_t dev, const char *name, uint64_t reads, uint64_t writes)
{
	char one[64];

	snprintf(one, sizeof(one), "%s %x %d %d;", name, dev, (int)reads, (int)writes);
	strcat(arg, one);
}

static void busy_disks_are_told(void)
{
	char text[256] = "";
	struct devices *d;

	make_dir();
	d = devices__new(dir);
	/* as the kernel prints them; vda1's are vda's, too */
	make_busy("254:0", "       3        12\n", false);
	make_busy("254:1", "       2         0\n", true);
	make_busy("7:0", "       0        0\n", false);
	devices_each_busy(d, busy_one, text);
	CHECK_STR(text, "vda fe00000 3 12;");
	devices__free(d);
	remove_dir();
}

static const struct test tests[] = {
	TEST(names_come_from_links),
	TEST(unknown_ones_have_their_numbers),
	TEST(one_that_goes_away_keeps_its_name),
	TEST(name_is_the_one_when_it_was_first_asked_for),
	TEST(words_lead_to_devices),
	TEST(names_are_listed),
	TEST(busy_disks_are_told),
};

TEST_MAIN("devices")
