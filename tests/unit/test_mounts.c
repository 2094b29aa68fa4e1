// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Mounts and paths, from texts of /proc/PID/mountinfo as kernels make them.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/devices.h"
#include "kernel/mounts.h"
#include "kernel/paths.h"
#include "test.h"

static void lines_have_their_parts(void)
{
	static const struct {
		const char *line;
		int id;
		uint32_t dev;
		const char *root, *point, *type;
	} rows[] = {
		/* proc(5)'s own example */
		{ "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue",
		  36, 98u << 20, "/mnt1", "/mnt2", "ext3" },
		/* no tags, several tags; a source that begins with a dash */
		{ "22 1 254:1 / / rw,relatime - ext4 /dev/vda1 rw", 22, 254u << 20 | 1, "/", "/",
		  "ext4" },
		{ "40 22 0:35 /@home /home rw shared:1 master:2 propagate_from:3 unbindable - btrfs "
		  "/dev/vdb rw,subvol=/@home\n41 22 0:36 / /x rw - tmpfs t rw",
		  40, 35, "/@home", "/home", "btrfs" },
		{ "42 22 0:50 / /mnt rw - fuse.sshfs -host:dir rw", 42, 50, "/", "/mnt",
		  "fuse.sshfs" },
		/* the largest minor number: 20 bits */
		{ "7 1 4095:1048575 / /far rw - xfs /dev/far rw", 7, UINT32_MAX, "/", "/far",
		  "xfs" },
		/* blank, tab, newline and backslash; anything else that looks like it stays */
		{ "8 1 0:5 /a\\040b /m\\011n\\012o\\134p rw - ext4 dev rw", 8, 5, "/a b",
		  "/m\tn\no\\p", "ext4" },
		{ "8 1 0:5 / /m\\04 rw - ext4 dev rw", 8, 5, "/", "/m\\04", "ext4" },
		{ "8 1 0:5 / /m\\089\\x20 rw - ext4 dev rw", 8, 5, "/", "/m\\089\\x20", "ext4" },
		{ "8 1 0:5 / /\\134040 rw - ext4 dev rw", 8, 5, "/", "/\\040", "ext4" },
		{ "8 1 0:5 / /\xc3\xa4\xff rw - ext4 dev rw", 8, 5, "/", "/\xc3\xa4\xff", "ext4" },
		/* a source may be empty: it is not read */
		{ "9 1 0:6 / /m rw - none  rw", 9, 6, "/", "/m", "none" },
	};
	struct mount m;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK_INT(mount_parse(rows[i].line, &m), 0);
		CHECK_INT(m.id, rows[i].id);
		CHECK_INT(m.dev, rows[i].dev);
		CHECK_STR(m.root, rows[i].root);
		CHECK_STR(m.point, rows[i].point);
		CHECK_STR(m.type, rows[i].type);
		mount_free(&m);
	}
}

static void other_lines_are_refused(void)
{
	static const char *const lines[] = {
		"",
		"\n",
		"36",
		"36 35 98:0 /mnt1 /mnt2",
		"36 35 98:0 /mnt1 /mnt2 rw,noatime master:1",
		"36 35 98:0 /mnt1 /mnt2 rw,noatime -",
		"36 35 98:0 /mnt1 /mnt2 rw,noatime -\next3 /dev/root rw",
		"36 35 98 /mnt1 /mnt2 rw - ext3 /dev/root rw",
		"36 35 98:x /mnt1 /mnt2 rw - ext3 /dev/root rw",
		"36 35 98:0x /mnt1 /mnt2 rw - ext3 /dev/root rw",
		"x 35 98:0 /mnt1 /mnt2 rw - ext3 /dev/root rw",
	};
	struct mount m;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		CHECK_INT(mount_parse(lines[i], &m), -EINVAL);
}

static const char host[] = "22 1 254:0 / / rw - ext4 /dev/vda rw\n"
			   "no line at all\n"
			   "30 22 7:0 /part /bound rw - xfs /dev/loop0 rw\n"
			   "31 22 7:0 / /data rw - xfs /dev/loop0 rw\n"
			   "32 22 7:0 / /again rw - xfs /dev/loop0 rw\n"
			   "33 22 0:40 /sub /snap rw - btrfs /dev/loop1 rw\n"
			   "34 22 0:40 /sub/deep /deep rw - btrfs /dev/loop1 rw\n";

static const char *point_of(struct mounts *m, uint32_t dev)
{
	const struct mount *mount = mounts_find(m, dev, 0);

	return mount ? mount->point : "-";
}

static void a_device_is_named_by_its_whole_mount(void)
{
	struct mounts *m = mounts__new_of(host);

	CHECK_STR(point_of(m, DEVICE(254, 0)), "/");
	/* not a folder of it, though that was mounted first; and the first of two */
	CHECK_STR(point_of(m, DEVICE(7, 0)), "/data");
	/* in part only: the first */
	CHECK_STR(point_of(m, DEVICE(0, 40)), "/snap");
	CHECK_STR(point_of(m, DEVICE(7, 1)), "-");
	CHECK_STR(point_of(m, 0), "-");
	mounts__free(m);
}

static void mounts_are_of_a_device(void)
{
	struct mounts *m = mounts__new_of(host);

	CHECK(mounts_is_of(m, 30, 0, DEVICE(7, 0)));
	CHECK(mounts_is_of(m, 34, 0, DEVICE(0, 40)));
	CHECK(!mounts_is_of(m, 30, 0, DEVICE(254, 0)));
	CHECK(!mounts_is_of(m, 35, 0, DEVICE(7, 0)));
	mounts__free(m);
}

static const char *path_of(struct mounts *m, uint32_t dev, const char *inner)
{
	static char path[64];

	return mounts_path(m, dev, 0, inner, path, sizeof(path)) ? path : "-";
}

static void paths_are_behind_what_shows_them(void)
{
	struct mounts *m = mounts__new_of(host);
	char path[8];

	CHECK_STR(path_of(m, DEVICE(254, 0), "/etc/fstab"), "/etc/fstab");
	CHECK_STR(path_of(m, DEVICE(254, 0), "/"), "/");
	CHECK_STR(path_of(m, DEVICE(7, 0), "/part/file"), "/data/part/file");
	CHECK_STR(path_of(m, DEVICE(7, 0), "/"), "/data");
	CHECK_STR(path_of(m, DEVICE(0, 40), "/sub/a"), "/snap/a");
	CHECK_STR(path_of(m, DEVICE(0, 40), "/sub"), "/snap");
	CHECK_STR(path_of(m, DEVICE(0, 40), "/sub/deep/a"), "/snap/deep/a");
	/* other subvolumes are not to be seen */
	CHECK_STR(path_of(m, DEVICE(0, 40), "/subway/a"), "-");
	CHECK_STR(path_of(m, DEVICE(0, 40), "/other/a"), "-");
	CHECK_STR(path_of(m, DEVICE(9, 9), "/a"), "-");

	CHECK(!mounts_path(m, DEVICE(7, 0), 0, "/xy", path, sizeof(path)));
	CHECK(mounts_path(m, DEVICE(7, 0), 0, "/x", path, sizeof(path)));
	CHECK_STR(path, "/data/x");
	mounts__free(m);
}

static void names_make_a_path(void)
{
	char path[16];

#define JOIN(names) path_join(names, sizeof(names) - 1, path, sizeof(path))
	CHECK(JOIN("file\0"));
	CHECK_STR(path, "/file");
	CHECK(JOIN("file\0in\0a b\0"));
	CHECK_STR(path, "/a b/in/file");
	/* the file system's root itself */
	CHECK(JOIN(""));
	CHECK_STR(path, "/");
	/* 15 bytes and a NUL; one more is too many */
	CHECK(JOIN("345678901234\0001\0"));
	CHECK_STR(path, "/1/345678901234");
	CHECK(!JOIN("3456789012345\0001\0"));
#undef JOIN
}

/* proc has no devices of its own beside that of its superblock. */
static void this_process_has_some(void)
{
	struct mounts *m = mounts__new();
	const struct mount *mount;
	struct stat st;

	CHECK_INT(stat("/proc", &st), 0);
	mounts_follow(m);
	mount = mounts_find(m, device_of(st.st_dev), 0);
	CHECK_STR(mount ? mount->point : NULL, "/proc");
	CHECK_STR(mount ? mount->type : NULL, "proc");
	mounts__free(m);
}

/* Its own files, by descriptor: what is another's by now, or closed, has none. */
static void descriptors_have_paths(void)
{
	char name[] = "/tmp/assay-XXXXXX", path[256], deleted[64];
	struct mounts *m = mounts__new();
	struct path_file file = { .tgid = getpid(), .fd = mkstemp(name) };
	struct stat st;

	CHECK_INT(fstat(file.fd, &st), 0);
	file.dev = device_of(st.st_dev);
	file.inode = st.st_ino;
	if (!mounts_find(m, file.dev, 0)) {
		unlink(name);
		mounts__free(m);
		SKIP("/tmp is on a file system whose st_dev is not its superblock's");
	}
	CHECK(path_of_fd(m, &file, path, sizeof(path)));
	CHECK_STR(path, name);
	unlink(name);
	snprintf(deleted, sizeof(deleted), "%s (deleted)", name);
	CHECK(path_of_fd(m, &file, path, sizeof(path)));
	CHECK_STR(path, deleted);
	file.inode++;
	CHECK(!path_of_fd(m, &file, path, sizeof(path)));
	file.inode--;
	file.dev++;
	CHECK(!path_of_fd(m, &file, path, sizeof(path)));
	file.dev--;
	close(file.fd);
	CHECK(!path_of_fd(m, &file, path, sizeof(path)));
	mounts__free(m);
}

static const struct test tests[] = {
	TEST(lines_have_their_parts),
	TEST(other_lines_are_refused),
	TEST(a_device_is_named_by_its_whole_mount),
	TEST(mounts_are_of_a_device),
	TEST(paths_are_behind_what_shows_them),
	TEST(names_make_a_path),
	TEST(this_process_has_some),
	TEST(descriptors_have_paths),
};

TEST_MAIN("mounts")
