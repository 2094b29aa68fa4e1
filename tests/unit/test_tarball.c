// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The folder of a recording, the tarball that is made of it, what is taken out of one again, and
 * what stands in the folder beside the trace.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef HAVE_ARCHIVE
#include <archive.h>
#include <archive_entry.h>
#endif

#include "core/units.h"
#include "flight/context.h"
#include "flight/folder.h"
#include "flight/tarball.h"
#include "test.h"

/* 2026-07-31 12:34:56 UTC */
#define WALL 1785501296000000000ULL

static char dir[64], why[512];
static struct folder *folder;

static void make_folder(void)
{
	strcpy(dir, "/tmp/assay-test.XXXXXX");
	CHECK(mkdtemp(dir) != NULL);
	CHECK_INT(folder__new(dir, "my", WALL, &folder), 0);
}

static void remove_folder(void)
{
	folder__free(folder);
	CHECK_INT(folder_remove(AT_FDCWD, dir), 0);
	CHECK(access(dir, F_OK));
}

static void write_to(const char *name, const char *text)
{
	FILE *f = folder_fopen(folder, name);

	CHECK(f != NULL);
	fputs(text, f);
	CHECK_INT(folder_fclose(f), 0);
}

static const char *read_from(const char *path)
{
	static char text[4096];
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	text[n] = '\0';
	if (f)
		fclose(f);
	return f ? text : NULL;
}

static const char *under(const char *at, const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", at, name);
	return path;
}

static void names_of_hosts(void)
{
	char host[8];

	folder_host("a-b.c9", host, sizeof(host));
	CHECK_STR(host, "a-b.c9");
	folder_host("../\x1b\xc3", host, sizeof(host));
	CHECK_STR(host, "..___");
	folder_host("longer-than-that", host, sizeof(host));
	CHECK_STR(host, "longer-");
}

static void folder_is_named_and_its_owners(void)
{
	struct folder *other;
	struct stat st;
	const char *last;

	make_folder();
	CHECK(!strncmp(folder->name, "my-trace.", 9));
	last = strstr(folder->name, ".20260731-123456.");
	CHECK(last && strlen(last) == strlen(".20260731-123456.XXXXXX"));
	CHECK(!strncmp(folder->path, dir, strlen(dir)));
	CHECK_STR(folder->path + strlen(dir) + 1 + strlen(folder->name), ".partial");
	CHECK_INT(stat(folder->path, &st), 0);
	CHECK_INT(st.st_mode & 07777, 0700);
	/* at the same second: another name */
	CHECK_INT(folder__new(dir, "my", WALL, &other), 0);
	CHECK(strcmp(other->name, folder->name));
	folder__free(other);
	CHECK_INT(folder__new(under(dir, "none"), "my", WALL, &other), -ENOENT);
	CHECK_INT(folder_complete(folder), 0);
	CHECK_STR(folder->path + strlen(dir) + 1, folder->name);
	CHECK_INT(stat(folder->path, &st), 0);
	remove_folder();
}

static void files_are_made_once(void)
{
	struct stat st;
	int fd;

	make_folder();
	write_to("sub/file", "one\n");
	write_to("sub/other", "two\n");
	CHECK_STR(read_from(under(folder->path, "sub/file")), "one\n");
	CHECK_INT(stat(under(folder->path, "sub/file"), &st), 0);
	CHECK_INT(st.st_mode & 07777, 0600);
	CHECK_INT(folder_open(folder, "sub/file"), -EEXIST);
	CHECK(!folder_fopen(folder, "sub/file") && errno == EEXIST);
	/* nothing is written through a link */
	CHECK_INT(symlink("/tmp/assay-test-none", under(folder->path, "link")), 0);
	fd = folder_open(folder, "link");
	CHECK(fd < 0);
	CHECK(access("/tmp/assay-test-none", F_OK));
	remove_folder();
}

/* A few lines can be written whatever else fills the disk: nothing takes a file's first block. */
static void room_for_a_few_lines(void)
{
	struct stat st = { 0 };
	bool possible;
	FILE *f;

	make_folder();
	f = fopen(under(folder->path, "own"), "w");
	possible = f && !fallocate(fileno(f), FALLOC_FL_KEEP_SIZE, 0, 1);
	fclose(f);
	f = folder_fopen(folder, "log");
	CHECK(f && !fstat(fileno(f), &st));
	CHECK_INT(st.st_size, 0);
	CHECK(!possible || st.st_blocks > 0);
	fputs("line\n", f);
	CHECK_INT(folder_fclose(f), 0);
	CHECK_STR(read_from(under(folder->path, "log")), "line\n");
	remove_folder();
	if (!possible)
		SKIP("a file system without fallocate(2)");
}

static void full_disk_is_told(void)
{
	FILE *f = fopen("/dev/full", "w");

	CHECK(f != NULL);
	fputs("x", f);
	CHECK_INT(folder_fclose(f), -ENOSPC);
}

/* --- the tarball --- */

#ifdef HAVE_ARCHIVE

/* "NAME=TEXT " of all members, names without the folder's. */
static const char *members_of(const char *path, const char *top)
{
	static char text[4096];
	struct archive *a = archive_read_new();
	struct archive_entry *entry;

	text[0] = '\0';
	archive_read_support_format_tar(a);
	archive_read_support_filter_all(a);
	CHECK_INT(archive_read_open_filename(a, path, 10240), ARCHIVE_OK);
	while (archive_read_next_header(a, &entry) == ARCHIVE_OK) {
		const char *name = archive_entry_pathname(entry);
		char data[64];
		ssize_t n = archive_read_data(a, data, sizeof(data) - 1);

		CHECK(!strncmp(name, top, strlen(top)) && name[strlen(top)] == '/');
		CHECK_INT(archive_entry_perm(entry), 0600);
		data[n > 0 ? n : 0] = '\0';
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s=%s ",
			 name + strlen(top) + 1, data);
	}
	archive_read_free(a);
	return text;
}

static void smallest_come_first(void)
{
	char *path = NULL;
	uint64_t bytes;
	struct stat st;

	make_folder();
	write_to("trace.txt", "the longest of all");
	write_to("trace.raw/b", "longer");
	write_to("trace.raw/a", "longer");
	write_to("time.log", "long");
	write_to("empty", "");
	CHECK_INT(tarball_write(folder, &path, &bytes, why, sizeof(why)), 0);
	CHECK(path && !strncmp(path, dir, strlen(dir)));
	CHECK(strstr(path, folder->name) && strstr(path, ".tar."));
	CHECK_STR(members_of(path, folder->name),
		  "empty= time.log=long trace.raw/a=longer trace.raw/b=longer "
		  "trace.txt=the longest of all ");
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_size, bytes);
	CHECK_INT(st.st_mode & 07777, 0600);
	/* the folder is as it was */
	CHECK(access(under(folder->path, "tarball.partial"), F_OK));
	CHECK_STR(read_from(under(folder->path, "time.log")), "long");
	free(path);
	remove_folder();
}

static void failed_tarball_leaves_nothing(void)
{
	char *path = NULL;
	uint64_t bytes;

	make_folder();
	write_to("file", "text");
	/* in the way */
	CHECK_INT(mkdir(under(folder->path, "tarball.partial"), 0700), 0);
	CHECK_INT(tarball_write(folder, &path, &bytes, why, sizeof(why)), -EEXIST);
	CHECK(!path);
	CHECK(strstr(why, "EEXIST") && strstr(why, folder->name));
	CHECK_STR(read_from(under(folder->path, "file")), "text");
	remove_folder();
}

/* --- taking out --- */

struct given {
	const char *path, *text, *link; /* link: a symbolic one, to that */
};

static void make_tarball(const char *path, const struct given *given)
{
	struct archive *a = archive_write_new();

	archive_write_set_format_pax_restricted(a);
	archive_write_add_filter_gzip(a);
	CHECK_INT(archive_write_open_filename(a, path), ARCHIVE_OK);
	for (; given->path; given++) {
		struct archive_entry *entry = archive_entry_new();

		archive_entry_set_pathname(entry, given->path);
		archive_entry_set_perm(entry, 0644);
		archive_entry_set_filetype(entry, given->link ? AE_IFLNK : AE_IFREG);
		if (given->link)
			archive_entry_set_symlink(entry, given->link);
		archive_entry_set_size(entry, given->text ? strlen(given->text) : 0);
		CHECK_INT(archive_write_header(a, entry), ARCHIVE_OK);
		if (given->text)
			archive_write_data(a, given->text, strlen(given->text));
		archive_entry_free(entry);
	}
	CHECK_INT(archive_write_close(a), ARCHIVE_OK);
	archive_write_free(a);
}

static int extract(const struct given *given)
{
	char tarball[128];

	snprintf(tarball, sizeof(tarball), "%s/x.tar.gz", dir);
	make_tarball(tarball, given);
	return tarball_extract_raw(tarball, folder->path, why, sizeof(why));
}

static void raw_is_taken_out(void)
{
	const struct given given[] = { { "x/time.log", "no", NULL },
				       { "x/trace.raw/cpu0", "zero", NULL },
				       { "x/trace.raw/cpu1", "one", NULL },
				       { "x/trace.rawer", "no", NULL },
				       { NULL, NULL, NULL } };
	const struct given alone[] = { { "trace.raw/a", "all", NULL }, { NULL, NULL, NULL } };

	make_folder();
	CHECK_INT(extract(given), 0);
	CHECK_STR(read_from(under(folder->path, "trace.raw/cpu0")), "zero");
	CHECK_STR(read_from(under(folder->path, "trace.raw/cpu1")), "one");
	CHECK(access(under(folder->path, "time.log"), F_OK));
	CHECK(access(under(folder->path, "trace.rawer"), F_OK));
	remove_folder();
	make_folder();
	CHECK_INT(extract(alone), 0);
	CHECK_STR(read_from(under(folder->path, "trace.raw/a")), "all");
	remove_folder();
}

/* A tarball is anybody's. */
static void nothing_else_is_taken_out(void)
{
	const struct given given[] = { { "/tmp/assay-test-out", "x", NULL },
				       { "x/../trace.raw", "x", NULL },
				       { "x/trace.raw/../out", "x", NULL },
				       { "x/trace.raw/..", "x", NULL },
				       { "x/trace.raw/.", "x", NULL },
				       { "x/trace.raw/a/b", "x", NULL },
				       { "x/y/trace.raw/a", "x", NULL },
				       { "x/trace.raw", "x", NULL },
				       { "trace.raw", "x", NULL },
				       { "trace.raw/", NULL, NULL },
				       { "x/trace.raw/link", NULL, "/tmp/assay-test-out" },
				       { NULL, NULL, NULL } };

	make_folder();
	CHECK_INT(extract(given), -ENOENT);
	CHECK(strstr(why, "holds no trace.raw") != NULL);
	CHECK(access("/tmp/assay-test-out", F_OK));
	CHECK(access(under(dir, "out"), F_OK));
	remove_folder();
}

static void one_name_twice_is_refused(void)
{
	const struct given given[] = { { "x/trace.raw/a", "1", NULL },
				       { "x/trace.raw/a", "2", NULL },
				       { NULL, NULL, NULL } };

	make_folder();
	CHECK_INT(extract(given), -EEXIST);
	remove_folder();
}

static void damaged_tarball_is_refused(void)
{
	char path[128];
	FILE *f;

	make_folder();
	snprintf(path, sizeof(path), "%s/x.tar.gz", dir);
	CHECK(tarball_extract_raw(path, folder->path, why, sizeof(why)) < 0);
	f = fopen(path, "w");
	fputs("\x1f\x8b no more", f);
	fclose(f);
	CHECK(tarball_extract_raw(path, folder->path, why, sizeof(why)) < 0);
	CHECK(strstr(why, path) != NULL);
	remove_folder();
}

#endif

/* --- beside the trace --- */

static void times_are_utc(void)
{
	const struct context_time time = { .wall = WALL + 123456789,
					   .monotonic = 90061000001999ULL,
					   .boottime = 100000123456789ULL };
	char text[512] = "";
	FILE *f = fmemopen(text, sizeof(text), "w");

	setenv("TZ", "Asia/Kolkata", 1);
	context_write_time(f, "START", &time);
	fclose(f);
	CHECK_STR(text, "START\n"
			"  wall clock 2026-07-31T12:34:56.123456Z\n"
			/* 100,000 s before */
			"  boot time  2026-07-30T08:48:16.000000Z\n"
			"  uptime     100000.123456 s\n"
			"  monotonic  90061.000001 s\n");
}

static void files_of_proc_are_copied(void)
{
	struct context_missing missing = { 0 };
	const char *text;

	make_folder();
	context_proc(folder, "proc.start", &missing);
	text = read_from(under(folder->path, "proc.start/meminfo"));
	CHECK(text && !strncmp(text, "MemTotal:", 9));
	text = read_from(under(folder->path, "proc.start/vmstat"));
	CHECK(text && !strncmp(text, "nr_free_pages ", 14));
	CHECK(!access(under(folder->path, "proc.start/interrupts"), F_OK));
	CHECK(!access(under(folder->path, "proc.start/mounts"), F_OK));
	CHECK(!access(under(folder->path, "proc.start/diskstats"), F_OK));
	CHECK(!missing.text && !missing.n);
	/* what can't be had is listed, one by one */
	context_proc(folder, "proc.start", &missing);
	CHECK_INT(missing.n, 5);
	CHECK(missing.text &&
	      strstr(missing.text, "/proc/meminfo: EEXIST\n/proc/vmstat: EEXIST\n"));
	free(missing.text);
	remove_folder();
}

static const struct test tests[] = {
	TEST(names_of_hosts),
	TEST(folder_is_named_and_its_owners),
	TEST(files_are_made_once),
	TEST(room_for_a_few_lines),
	TEST(full_disk_is_told),
#ifdef HAVE_ARCHIVE
	TEST(smallest_come_first),
	TEST(failed_tarball_leaves_nothing),
	TEST(raw_is_taken_out),
	TEST(nothing_else_is_taken_out),
	TEST(one_name_twice_is_refused),
	TEST(damaged_tarball_is_refused),
#endif
	TEST(times_are_utc),
	TEST(files_of_proc_are_copied),
};

TEST_MAIN("tarball")
