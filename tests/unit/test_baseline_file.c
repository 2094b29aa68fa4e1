// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Baselines as files: the old one or the new one, whole, whatever happens, and nothing beside it;
 * pipes and devices.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "baseline_make.h"
#include "compare/baseline.h"
#include "compare/baseline_format.h"
#include "test.h"

static char dir[64], path[128], why[1024];

static void make_dir(void)
{
	strcpy(dir, "/tmp/assay-test.XXXXXX");
	CHECK(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/base.json", dir);
}

/* Removes `path` and what else there may be; how many files there were. */
static int remove_dir(void)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	int n = 0;

	CHECK(d != NULL);
	while ((entry = readdir(d))) {
		if (entry->d_name[0] == '.')
			continue;
		CHECK_INT(unlinkat(dirfd(d), entry->d_name, 0), 0);
		n++;
	}
	closedir(d);
	CHECK_INT(rmdir(dir), 0);
	return n;
}

static bool says(const char *part)
{
	if (!strstr(why, part))
		printf("# no \"%s\" in: %s\n", part, why);
	return strstr(why, part);
}

static void write_text(const char *text)
{
	FILE *f = fopen(path, "w");

	CHECK(f != NULL);
	fputs(text, f);
	fclose(f);
}

static const char *read_text(void)
{
	static char text[65536];
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	text[n] = '\0';
	if (f)
		fclose(f);
	return text;
}

static int write_series(const char *to)
{
	struct series *s = make_series();
	int err;

	why[0] = '\0';
	err = baseline_write(s, to, why, sizeof(why));
	series__free(s);
	CHECK_INT(err == 0, why[0] == '\0');
	return err;
}

static void check_file(const char *from)
{
	struct series *want = make_series(), *s = NULL;

	CHECK_INT(baseline_read(from, &s, why, sizeof(why)), 0);
	CHECK(s && !series_differs(want, s));
	series__free(s);
	series__free(want);
}

static void a_file_is_made_and_replaced(void)
{
	mode_t before = umask(027);
	struct stat st;

	make_dir();
	CHECK_INT(write_series(path), 0);
	check_file(path);
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_mode, S_IFREG | 0640);
	CHECK_INT(read_text()[st.st_size - 1], '\n');
	write_text("the old one");
	CHECK_INT(write_series(path), 0);
	check_file(path);
	umask(before);
	CHECK_INT(remove_dir(), 1);
}

static void a_name_without_a_folder_is_here(void)
{
	char here[4096];

	make_dir();
	CHECK(getcwd(here, sizeof(here)) != NULL);
	CHECK_INT(chdir(dir), 0);
	CHECK_INT(write_series("base.json"), 0);
	check_file(path);
	CHECK_INT(chdir(here), 0);
	CHECK_INT(remove_dir(), 1);
}

static void a_link_stays_a_link(void)
{
	char link[160];
	struct stat st;

	make_dir();
	snprintf(link, sizeof(link), "%s/link", dir);
	write_text("the old one");
	CHECK_INT(symlink("base.json", link), 0);
	CHECK_INT(write_series(link), 0);
	CHECK_INT(lstat(link, &st), 0);
	CHECK(S_ISLNK(st.st_mode));
	check_file(path);
	CHECK_INT(remove_dir(), 2);
}

/* A file that is being written grows too large for a limit: as a full disk, to the writer. */
static void a_full_disk_keeps_the_old_one(void)
{
	struct rlimit before, limit;

	make_dir();
	write_text("the old one");
	signal(SIGXFSZ, SIG_IGN);
	CHECK_INT(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = (struct rlimit){ 1000, before.rlim_max };
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &limit), 0);
	CHECK_INT(write_series(path), -EFBIG);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_DFL);
	CHECK(says("write /tmp/assay-test.") && says("/base.json: EFBIG; it is as it was"));
	CHECK_STR(read_text(), "the old one");
	CHECK_INT(remove_dir(), 1);
}

/* As root, a writer that is broken could put a file in a device's place. */
static void become_nobody(void)
{
	CHECK(getuid() || !seteuid(65534));
}

static void become_oneself(void)
{
	CHECK(getuid() || !seteuid(0));
}

static void a_full_device_is_said(void)
{
	become_nobody();
	CHECK_INT(write_series("/dev/full"), -ENOSPC);
	become_oneself();
	CHECK_STR(why, "write /dev/full: ENOSPC");
}

static void a_folder_that_is_not_ours(void)
{
	make_dir();
	write_text("the old one");
	CHECK_INT(chmod(dir, 0555), 0);
	become_nobody(); /* root may write anywhere */
	CHECK_INT(write_series(path), -EACCES);
	become_oneself();
	CHECK(says("make a file beside /tmp/assay-test."));
	CHECK(says("/base.json: EACCES; its folder must be writable"));
	CHECK_INT(chmod(dir, 0755), 0);
	CHECK_STR(read_text(), "the old one");
	CHECK_INT(remove_dir(), 1);
}

static void folders_that_are_none(void)
{
	make_dir();
	CHECK_INT(write_series(dir), -EISDIR);
	CHECK(says("write /tmp/assay-test.") && says(": EISDIR"));
	strcat(path, "/in-it");
	CHECK_INT(write_series(path), -ENOENT);
	CHECK(says("/base.json/in-it: ENOENT; there is no such folder"));
	path[strlen(path) - strlen("/in-it")] = '\0';
	write_text("a file");
	strcat(path, "/in-it");
	CHECK_INT(write_series(path), -ENOTDIR);
	CHECK_INT(remove_dir(), 1);
}

/* Names that another writer, which was killed, has left do not matter, and stay. */
static void leftovers_do_not_matter(void)
{
	char left[160];

	make_dir();
	write_text("another's");
	snprintf(left, sizeof(left), "%s/new.%d-0.partial", dir, getpid());
	CHECK_INT(symlink("base.json", left), 0);
	snprintf(left, sizeof(left), "%s/new", dir);
	CHECK_INT(write_series(left), 0);
	check_file(left);
	CHECK_STR(read_text(), "another's"); /* was not written through the link */
	CHECK_INT(remove_dir(), 3);
}

/* What would be refused is not written. */
static void what_cannot_be_read_is_not_written(void)
{
	struct series *s = make_series();

	make_dir();
	s->runs[0].windows[2].cells[0].sum = 1ULL << 63;
	CHECK_INT(baseline_write(s, path, why, sizeof(why)), -EOVERFLOW);
	CHECK(says("/base.json: sum_ns holds more than 2^63"));
	s->runs[0].windows[2].cells[0].sum = 5;
	s->runs[0].windows[2].cells[0].count++;
	CHECK_INT(baseline_write(s, path, why, sizeof(why)), -EBADMSG);
	CHECK(says("runs[0].windows[2].cells[0].count is "));
	s->runs[0].windows[2].cells[0].count--;
	s->runs[0].windows[2].cells[0].buckets[0].bucket = fold_bucket(1ULL << 63);
	CHECK_INT(baseline_write(s, path, why, sizeof(why)), -EOVERFLOW);
	CHECK(says("bucket_ns holds more than 2^63"));
	s->runs[0].windows[2].cells[0].buckets[0].bucket = 5;
	s->runs[2].load = -1; /* not known */
	CHECK_INT(baseline_write(s, path, why, sizeof(why)), 0);
	series__free(s);
	CHECK_INT(baseline_read(path, &s, why, sizeof(why)), 0);
	CHECK(s->runs[2].load == 0);
	series__free(s);
	CHECK_INT(remove_dir(), 1);
}

static void pipes_are_written_into(void)
{
	struct stat st;
	char text[65536];
	struct series *s;
	ssize_t n;
	int fd;

	make_dir();
	CHECK_INT(mkfifo(path, 0600), 0);
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	CHECK(fd >= 0);
	CHECK_INT(write_series(path), 0);
	n = read(fd, text, sizeof(text));
	CHECK_INT(baseline_parse(text, n > 0 ? n : 0, "pipe", &s, why, sizeof(why)), 0);
	series__free(s);
	CHECK_INT(stat(path, &st), 0);
	CHECK(S_ISFIFO(st.st_mode));
	close(fd);
	CHECK_INT(remove_dir(), 1);
}

static int read_path(void)
{
	struct series *s;
	int err;

	why[0] = '\0';
	err = baseline_read(path, &s, why, sizeof(why));
	CHECK(!s);
	return err;
}

static void what_cannot_be_read_is_said(void)
{
	make_dir();
	CHECK_INT(read_path(), -ENOENT);
	CHECK(!strncmp(why, "read /tmp/assay-test.", 21));
	CHECK(says("/base.json: ENOENT; assay baseline makes it"));
	write_text("");
	CHECK_INT(read_path(), -EBADMSG);
	CHECK(says("/base.json is empty; measure it anew"));
	write_text("#!/bin/sh\n");
	CHECK_INT(read_path(), -EBADMSG);
	CHECK(says("/base.json is no baseline, or damaged: byte "));
	CHECK_INT(truncate(path, BASELINE_MAX_SIZE + 1), 0);
	CHECK_INT(read_path(), -EFBIG);
	CHECK(says("/base.json is no baseline: it has more than 256 MiB; measure it anew"));
	CHECK_INT(remove_dir(), 1);
	strcpy(path, "/dev/zero"); /* never ends */
	CHECK_INT(read_path(), -EFBIG);
	strcpy(path, "/dev");
	CHECK_INT(read_path(), -EISDIR);
	CHECK_STR(why, "read /dev: EISDIR");
}

static const struct test tests[] = {
	TEST(a_file_is_made_and_replaced),
	TEST(a_name_without_a_folder_is_here),
	TEST(a_link_stays_a_link),
	TEST(a_full_disk_keeps_the_old_one),
	TEST(a_full_device_is_said),
	TEST(a_folder_that_is_not_ours),
	TEST(folders_that_are_none),
	TEST(leftovers_do_not_matter),
	TEST(what_cannot_be_read_is_not_written),
	TEST(pipes_are_written_into),
	TEST(what_cannot_be_read_is_said),
};

TEST_MAIN("baseline_file")
