// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a recording is refused for, on hosts made up of files, and the lock.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "flight/folder.h"
#include "flight/lock.h"
#include "flight/refuse.h"
#include "status.h"
#include "test.h"

static char dir[64], path[128], why[1024];

static void make_dir(void)
{
	strcpy(dir, "/tmp/assay-test.XXXXXX");
	CHECK(mkdtemp(dir) != NULL);
}

static void remove_dir(void)
{
	CHECK_INT(folder_remove(AT_FDCWD, dir), 0);
}

static const char *in_dir(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void write_file(const char *name, const char *text)
{
	FILE *f = fopen(in_dir(name), "w");

	CHECK(f != NULL);
	fputs(text, f);
	fclose(f);
}

static bool says(const char *part)
{
	if (!strstr(why, part))
		printf("# no \"%s\" in: %s\n", part, why);
	return strstr(why, part);
}

static void mounts_are_read(void)
{
	struct refuse_mount m;
	FILE *f;

	make_dir();
	write_file("mountinfo",
		   "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n"
		   "damaged\n"
		   "30 22 0:5 / /with\\040blank\\134 rw - tmpfs none rw,size=1k\n"
		   "41 22 7:0 /sub /mnt/x rw master:1 propagate_from:2 - xfs /dev/loop0 rw - y\n");
	f = fopen(in_dir("mountinfo"), "r");
	CHECK(refuse_next_mount(f, &m));
	CHECK_INT(m.id, 22);
	CHECK_STR(m.point, "/");
	CHECK_STR(m.type, "ext4");
	CHECK_STR(m.source, "/dev/vda1");
	CHECK(refuse_next_mount(f, &m));
	CHECK_INT(m.id, 30);
	CHECK_STR(m.point, "/with blank\\");
	CHECK_STR(m.type, "tmpfs");
	CHECK(refuse_next_mount(f, &m));
	CHECK_INT(m.id, 41);
	CHECK_STR(m.point, "/mnt/x");
	CHECK_STR(m.type, "xfs");
	CHECK(!refuse_next_mount(f, &m));
	fclose(f);
	remove_dir();
}

static void who_is_not_root(void)
{
	struct refuse_host host = refuse_this_host;

	host.uid = 1000;
	CHECK_INT(refuse_user(&host, why, sizeof(why)), STATUS_FAILED);
	CHECK(says("run it as root"));
	host.uid = 0;
	CHECK_INT(refuse_user(&host, why, sizeof(why)), STATUS_OK);
}

static void no_tracefs(void)
{
	struct refuse_host host = { .tracefs = dir };

	make_dir();
	CHECK_INT(refuse_tracefs(&host, why, sizeof(why)), STATUS_FAILED);
	CHECK(says("mount -t tracefs tracefs /"));
	CHECK_INT(mkdir(in_dir("events"), 0700), 0);
	CHECK_INT(refuse_tracefs(&host, why, sizeof(why)), STATUS_OK);
	remove_dir();
}

static void no_module_and_nothing_mounted(void)
{
	char mountinfo[128];
	struct refuse_host host = { .modules = dir, .mountinfo = mountinfo };

	make_dir();
	snprintf(mountinfo, sizeof(mountinfo), "%s", in_dir("mountinfo"));
	write_file("mountinfo", "22 1 254:0 / / rw - ext4 /dev/vda1 rw\n"
				"23 1 254:0 / /scoutfs rw - notscoutfs scoutfs rw,scoutfs\n");
	CHECK_INT(refuse_unmounted(&host, "scoutfs", why, sizeof(why)), STATUS_NOTHING);
	CHECK(says("modprobe scoutfs"));
	CHECK(says("--no-check"));
	CHECK_INT(mkdir(in_dir("scoutfs"), 0700), 0);
	CHECK_INT(refuse_unmounted(&host, "scoutfs", why, sizeof(why)), STATUS_NOTHING);
	CHECK(says("no scoutfs file system is mounted; mount it"));
	write_file("mountinfo", "23 1 254:0 / /mnt rw - scoutfs /dev/sdb rw\n");
	CHECK_INT(refuse_unmounted(&host, "scoutfs", why, sizeof(why)), STATUS_OK);
	remove_dir();
}

static void folder_that_is_none(void)
{
	make_dir();
	CHECK_INT(refuse_folder(dir, why, sizeof(why)), STATUS_OK);
	CHECK_INT(refuse_folder(in_dir("none"), why, sizeof(why)), STATUS_FAILED);
	CHECK(says("none: ENOENT"));
	CHECK(says("with -o"));
	write_file("file", "");
	CHECK_INT(refuse_folder(in_dir("file"), why, sizeof(why)), STATUS_FAILED);
	CHECK(says("file: ENOTDIR"));
	remove_dir();
}

static int mount_id(const char *of)
{
	struct statx stx = { 0 };

	return statx(AT_FDCWD, of, 0, STATX_MNT_ID, &stx) ? 0 : (int)stx.stx_mnt_id;
}

/* The host's only mount is the one that the test's folder is on, of whatever type. */
static void mount_as(const char *type)
{
	char line[256];

	snprintf(line, sizeof(line),
		 "999999 1 0:1 / / rw - other none rw\n"
		 "%d 1 254:0 / /mnt rw - %s /dev/sdb rw\n",
		 mount_id(dir), type);
	write_file("mountinfo", line);
}

static void folder_on_what_is_traced(void)
{
	static const struct {
		const char *type, *pattern;
		int status;
	} cases[] = {
		{ "ext4", "ext4:*", STATUS_FAILED },
		{ "ext4", "ext4:ext4_mkdir", STATUS_FAILED },
		{ "ext4", "e?t4:*", STATUS_FAILED },
		{ "ext4", "*:*", STATUS_FAILED },
		{ "ext4", "jbd2:*", STATUS_FAILED },
		{ "ext3", "ext4:*", STATUS_FAILED },
		{ "xfs", "xfs:*", STATUS_FAILED },
		{ "xfs", "iomap:*", STATUS_FAILED },
		{ "btrfs", "btrfs:*", STATUS_FAILED },
		{ "scoutfs", "scoutfs:*", STATUS_FAILED },
		{ "fuse.sshfs", "fuse:*", STATUS_FAILED },
		{ "xfs", "ext4:*", STATUS_OK },
		{ "ext4", "xfs:*", STATUS_OK },
		{ "ext4", "scoutfs:*", STATUS_OK },
		{ "ext4", "block:*", STATUS_OK },
		{ "ext4", "ext:*", STATUS_OK },
		{ "tmpfs", "*:*", STATUS_OK },
		{ "fuse.sshfs", "fus:*", STATUS_OK },
	};
	char mountinfo[128];
	struct refuse_host host = { .mountinfo = mountinfo };

	make_dir();
	snprintf(mountinfo, sizeof(mountinfo), "%s", in_dir("mountinfo"));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *patterns[] = { "sched:*", cases[i].pattern };
		int got;

		mount_as(cases[i].type);
		got = refuse_feedback(&host, dir, patterns, 2, why, sizeof(why));
		if (got != cases[i].status)
			printf("# %s on %s\n", cases[i].pattern, cases[i].type);
		CHECK_INT(got, cases[i].status);
		if (got)
			CHECK(says(cases[i].pattern) && says("/dev/sdb, mounted at /mnt") &&
			      says("--no-check") && says("-o"));
	}
	remove_dir();
}

static void writing_that_is_seen_below(void)
{
	const char *block[] = { "ext4:*", "block:*" }, *sched[] = { "sched:*" };
	char mountinfo[128];
	struct refuse_host host = { .mountinfo = mountinfo };

	make_dir();
	snprintf(mountinfo, sizeof(mountinfo), "%s", in_dir("mountinfo"));
	mount_as("xfs");
	CHECK(refuse_echo(&host, dir, block, 2, why, sizeof(why)));
	CHECK(says("block:*"));
	CHECK(!refuse_echo(&host, dir, sched, 1, why, sizeof(why)));
	mount_as("tmpfs");
	CHECK(!refuse_echo(&host, dir, block, 2, why, sizeof(why)));
	remove_dir();
}

static void little_room(void)
{
	make_dir();
	CHECK(refuse_free(dir) > 0);
	CHECK_INT(refuse_full(dir, 0, why, sizeof(why)), STATUS_OK);
	CHECK_INT(refuse_full(dir, refuse_free(dir) / 2, why, sizeof(why)), STATUS_OK);
	CHECK_INT(refuse_full(dir, 1ULL << 62, why, sizeof(why)), STATUS_FAILED);
	CHECK(says("4194304.0 TiB are asked for"));
	CHECK(says("--min-free"));
	CHECK_INT(refuse_free(in_dir("none")), 0);
	CHECK(!refuse_tight(dir, refuse_free(dir) / 2, why, sizeof(why)));
	CHECK(refuse_tight(dir, 1ULL << 62, why, sizeof(why)));
	CHECK(says("may take 4194304.0 TiB"));
	CHECK(says("smaller --keep"));
	remove_dir();
}

/* --- the lock --- */

static void lock_is_for_one(void)
{
	struct lock *lock = NULL, *other = NULL;
	pid_t holder = 42;
	char text[32];
	FILE *f;

	make_dir();
	CHECK_INT(lock__new(in_dir("lock"), &lock, &holder), 0);
	CHECK_INT(holder, 0);
	f = fopen(in_dir("lock"), "r");
	CHECK(f && fgets(text, sizeof(text), f) && atoi(text) == getpid());
	fclose(f);
	CHECK_INT(lock__new(in_dir("lock"), &other, &holder), -EBUSY);
	CHECK_INT(holder, getpid());
	lock__free(lock);
	CHECK(access(in_dir("lock"), F_OK));
	CHECK_INT(lock__new(in_dir("lock"), &lock, &holder), 0);
	CHECK_INT(holder, 0);
	lock__free(lock);
	CHECK_INT(lock__new(in_dir("none/lock"), &lock, &holder), -ENOENT);
	lock__free(NULL);
	remove_dir();
}

/* One that is killed leaves its file and its pid, and no lock. */
static void stale_lock_is_taken_over(void)
{
	struct lock *lock = NULL;
	pid_t child, holder;
	int ready[2];
	char byte;

	make_dir();
	CHECK_INT(pipe(ready), 0);
	child = fork();
	if (!child) {
		if (lock__new(in_dir("lock"), &lock, &holder) || write(ready[1], "", 1) != 1)
			_exit(1);
		pause();
	}
	CHECK_INT(read(ready[0], &byte, 1), 1);
	CHECK_INT(lock__new(in_dir("lock"), &lock, &holder), -EBUSY);
	CHECK_INT(holder, child);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	CHECK_INT(lock__new(in_dir("lock"), &lock, &holder), 0);
	CHECK_INT(holder, child);
	lock__free(lock);
	close(ready[0]);
	close(ready[1]);
	remove_dir();
}

static const struct test tests[] = {
	TEST(mounts_are_read),
	TEST(who_is_not_root),
	TEST(no_tracefs),
	TEST(no_module_and_nothing_mounted),
	TEST(folder_that_is_none),
	TEST(folder_on_what_is_traced),
	TEST(writing_that_is_seen_below),
	TEST(little_room),
	TEST(lock_is_for_one),
	TEST(stale_lock_is_taken_over),
};

TEST_MAIN("flight_refuse")
