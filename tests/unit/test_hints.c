// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* duet/hint_list.c and duet/hints.c: which files are named, and in which order. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"
#include "core/units.h"
#include "duet/hint_list.h"
#include "duet/hints.h"
#include "render/json.h"
#include "test.h"

#define PAGE 4096

static struct hint hint(const char *path, uint64_t inode, uint64_t pages, uint64_t cached)
{
	return (struct hint){ .path = (char *)path,
			      .dev = 1,
			      .inode = inode,
			      .in = { .pages = pages, .cached = cached },
			      .known = true };
}

/* The paths in order, each behind a blank. */
static void order_of(const struct hint_list *list, char *text, size_t size)
{
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < list->n; i++)
		len += snprintf(text + len, size - len, " %s%s", list->hints[i].path,
				list->hints[i].again ? "=" : "");
}

static void orders_by_share(void)
{
	struct hint hints[] = {
		hint("none-9", 9, 10, 0),
		hint("tenth", 2, 10, 1),
		hint("all-small", 3, 1, 1),
		hint("empty", 4, 0, 0),
		hint("half-large", 5, 10, 5),
		hint("half-small", 6, 2, 1),
		hint("all-large", 7, 100, 100),
		hint("most", 8, 1000, 999),
		hint("none-1", 1, 1000, 0),
		/* larger than a product of pages fits 64 bits */
		hint("huge", 10, 1ULL << 51, 1ULL << 50 | 1),
	};
	struct hint_list list = { .hints = hints, .n = sizeof(hints) / sizeof(hints[0]) };
	char text[512];

	hint_list_sort(&list);
	order_of(&list, text, sizeof(text));
	CHECK_STR(text, " all-large all-small most huge half-large half-small tenth none-1 empty "
			"none-9");
	CHECK_INT(list.counts.files, 10);
	CHECK_INT(list.counts.names, 10);
}

/* Names of one file stay together, have the same numbers, and count once. */
static void counts_hard_links_once(void)
{
	/* it was half read when its other name was looked at */
	struct hint hints[] = { hint("z", 3, 10, 5), hint("b", 3, 10, 10), hint("one", 2, 10, 7),
				hint("y", 3, 10, 6), hint("a", 4, 10, 9) };
	struct hint_list list = { .hints = hints, .n = 5 };
	char text[128];

	hints[4].dev = 2;
	hint_list_sort(&list);
	order_of(&list, text, sizeof(text));
	CHECK_STR(text, " b y= z= a one");
	CHECK_INT(list.counts.names, 5);
	CHECK_INT(list.counts.files, 3);
	CHECK_INT(list.counts.in.pages, 30);
	CHECK_INT(list.counts.in.cached, 26);
	for (size_t i = 0; i < 3; i++)
		CHECK_INT(list.hints[i].in.cached, 10);
}

static void keeps_what_was_named(void)
{
	struct hint old[] = { hint("b", 1, 1, 1), hint("a", 2, 1, 0), hint("c", 3, 1, 1) };
	struct hint now[] = { hint("c", 3, 1, 0), hint("new", 4, 1, 1), hint("a", 2, 1, 1),
			      hint("b", 9, 1, 1) };
	struct hint_list before = { .hints = old, .n = 3 }, list = { .hints = now, .n = 4 };

	old[0].named = old[2].named = true;
	hint_list_keep_named(&list, &before);
	CHECK(now[0].named && !now[1].named && !now[2].named && now[3].named);
}

/* A folder of our own, on whatever file system there is, and what is read of it. */
struct folder {
	char path[64];
	FILE *out;
	char *text; /* printed so far */
	size_t size;
	struct hints *hints;
	struct render render;
};

static void folder_open(struct folder *f)
{
	memset(f, 0, sizeof(*f));
	snprintf(f->path, sizeof(f->path), "/tmp/assay-hints-XXXXXX");
	CHECK(mkdtemp(f->path));
	f->render = (struct render){ .report = "duet" };
	log_set_level(LOG_ERROR); /* messages of what is left out are wanted, here */
}

/* A file of `pages` pages, of which the first `written` are: those are in memory, others holes. */
static void make_file(const struct folder *f, const char *name, int pages, int written)
{
	/* long ago: nobody is writing any more */
	struct timespec times[2] = { { .tv_sec = 1000000000 }, { .tv_sec = 1000000000 } };
	static char page[PAGE];
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", f->path, name);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	CHECK(fd >= 0 && !ftruncate(fd, pages * PAGE));
	for (int i = 0; i < written; i++)
		CHECK_INT(pwrite(fd, page, PAGE, i * PAGE), PAGE);
	CHECK(!futimens(fd, times));
	close(fd);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void folder_close(struct folder *f)
{
	hints__free(f->hints);
	if (f->out)
		fclose(f->out);
	free(f->text);
	nftw(f->path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	log_set_level(LOG_INFO);
}

/* What is printed of the folder, with NULs as '|'. */
static const char *print_folder(struct folder *f, struct hints_options options)
{
	char why[128];

	hints__free(f->hints);
	f->hints = NULL;
	if (f->out)
		fclose(f->out);
	free(f->text);
	f->out = f->render.out = open_memstream(&f->text, &f->size);
	options.dir = f->path;
	CHECK_INT(hints__new(&options, &f->hints, why, sizeof(why)), 0);
	CHECK_INT(hints_print(f->hints, &f->render), 0);
	fflush(f->out);
	for (size_t i = 0; i < f->size; i++)
		if (!f->text[i])
			f->text[i] = '|';
	return f->text;
}

static void names_files_those_in_memory_first(void)
{
	struct folder f;
	char path[128];

	folder_open(&f);
	snprintf(path, sizeof(path), "%s/sub", f.path);
	CHECK(!mkdir(path, 0700));
	make_file(&f, "quarter", 4, 1);
	make_file(&f, "sub/whole", 3, 3);
	make_file(&f, "nothing", 4, 0);
	make_file(&f, "sub/half", 4, 2);
	CHECK_STR(print_folder(&f, (struct hints_options){ 0 }),
		  "sub/whole\nsub/half\nquarter\nnothing\n");
	/* asked in the other way, it is the same */
	CHECK_STR(print_folder(&f, (struct hints_options){ .by_mincore = true, .null = true }),
		  "sub/whole|sub/half|quarter|nothing|");
	folder_close(&f);
}

/* Links, folders and what is no file are the reader's; what reads as something else is marked. */
static void names_so_that_lists_can_be_read(void)
{
	struct folder f;
	char path[128];

	folder_open(&f);
	make_file(&f, "#a", 6, 6);
	make_file(&f, ";b", 5, 5);
	make_file(&f, "-c", 4, 4);
	make_file(&f, " d ", 3, 3);
	make_file(&f, "e\nf", 2, 2);
	make_file(&f, "g\rh", 1, 1);
	snprintf(path, sizeof(path), "%s/link", f.path);
	CHECK(!symlink("#a", path));
	snprintf(path, sizeof(path), "%s/fifo", f.path);
	CHECK(!mkfifo(path, 0600));
	snprintf(path, sizeof(path), "%s/folder", f.path);
	CHECK(!mkdir(path, 0700));
	CHECK_STR(print_folder(&f, (struct hints_options){ .null = true }),
		  "./#a|./;b|./-c| d |e\nf|g\rh|");
	CHECK_STR(print_folder(&f, (struct hints_options){ 0 }), "./#a\n./;b\n./-c\n d \n");
	folder_close(&f);
}

static json_int_t number(json_t *line, const char *key)
{
	return json_integer_value(json_object_get(line, key));
}

static void prints_json(void)
{
	struct folder f;
	json_t *line, *sum;
	char *next;

	folder_open(&f);
	make_file(&f, "e\nf\xff", 4, 1);
	f.render.json = true;
	print_folder(&f, (struct hints_options){ .by_mincore = true });
	next = strchr(f.text, '\n');
	line = json_loadb(f.text, next - f.text, 0, NULL);
	sum = json_loads(next + 1, 0, NULL);
	CHECK_STR(json_string_value(json_object_get(line, "event")), "hint");
	CHECK_STR(json_string_value(json_object_get(line, "path")), "e\\x0af\\xff");
	CHECK_INT(number(line, "pages"), 4);
	CHECK_INT(number(line, "cached"), 1);
	/* mincore can't say */
	CHECK(json_is_null(json_object_get(line, "dirty")));
	CHECK_STR(json_string_value(json_object_get(sum, "event")), "hints");
	CHECK_INT(number(sum, "files"), 1);
	CHECK_INT(number(sum, "cached"), 1);
	json_decref(line);
	json_decref(sum);
	folder_close(&f);
}

/* Calls until the next name is there, or for a while; what came is in `text`. */
static const char *followed(struct folder *f, int fd, int tries, char *text, size_t size)
{
	size_t len = 0;

	for (; tries && !len; tries--) {
		ssize_t n;

		CHECK_INT(hints_follow(f->hints, &f->render), 0);
		n = read(fd, text, size - 1);
		len = n > 0 ? n : 0;
		usleep(1000);
	}
	text[len] = '\0';
	return text;
}

static void follow_open(struct folder *f, int fds[2])
{
	struct hints_options options = { .dir = f->path, .interval = 1000000 };
	char why[128];

	CHECK(!pipe2(fds, O_NONBLOCK));
	f->out = f->render.out = fdopen(fds[1], "w");
	CHECK_INT(hints__new(&options, &f->hints, why, sizeof(why)), 0);
}

/* Each once, when half of it is in memory; the rest at the end. */
static void follows_what_comes_into_memory(void)
{
	char text[256];
	struct folder f;
	int fds[2];

	folder_open(&f);
	make_file(&f, "whole", 4, 4);
	make_file(&f, "half", 4, 2);
	make_file(&f, "less", 5, 2);
	make_file(&f, "later", 4, 0);
	follow_open(&f, fds);
	CHECK_STR(followed(&f, fds[0], 1, text, sizeof(text)), "whole\nhalf\n");
	CHECK_STR(followed(&f, fds[0], 20, text, sizeof(text)), "");
	make_file(&f, "later", 4, 4);
	CHECK_STR(followed(&f, fds[0], 5000, text, sizeof(text)), "later\n");
	make_file(&f, "new", 1, 1);
	CHECK_STR(followed(&f, fds[0], 5000, text, sizeof(text)), "new\n");
	CHECK_STR(followed(&f, fds[0], 20, text, sizeof(text)), "");
	CHECK_INT(hints_end(f.hints, &f.render, true), 0);
	CHECK_INT(read(fds[0], text, sizeof(text)), strlen("less\n"));
	CHECK(!memcmp(text, "less\n", 5));
	close(fds[0]);
	folder_close(&f);
}

/* A name that nobody takes is not chosen yet: and nothing hangs. */
static void follows_as_the_reader_takes(void)
{
	char text[256], fill[PAGE] = { 0 }, drain[1 << 16];
	struct folder f;
	int fds[2];

	folder_open(&f);
	make_file(&f, "first", 4, 2);
	follow_open(&f, fds);
	while (write(fds[1], fill, sizeof(fill)) > 0)
		;
	CHECK(!fcntl(fds[1], F_SETFL, 0)); /* from here on it would wait */
	alarm(60);
	for (int i = 0; i < 5; i++)
		CHECK_INT(hints_follow(f.hints, &f.render), 0);
	/* meanwhile another has more in memory, and the one that was first has gone */
	make_file(&f, "better", 4, 4);
	make_file(&f, "best", 5, 5);
	snprintf(text, sizeof(text), "%s/first", f.path);
	CHECK(!unlink(text));
	usleep(20000);
	for (int i = 0; i < 5; i++)
		CHECK_INT(hints_follow(f.hints, &f.render), 0);
	while (read(fds[0], drain, sizeof(drain)) > 0)
		;
	CHECK_STR(followed(&f, fds[0], 5000, text, sizeof(text)), "best\nbetter\n");
	alarm(0);
	close(fds[0]);
	folder_close(&f);
}

/* A file that is being written is not named before that has ended. */
static void waits_for_writers(void)
{
	struct hints_options options = { .interval = 3600 * NSEC_PER_SEC };
	char path[128], why[128], text[64];
	struct folder f;
	int fds[2];

	folder_open(&f);
	make_file(&f, "done", 1, 1);
	make_file(&f, "written", 1, 1);
	snprintf(path, sizeof(path), "%s/written", f.path);
	CHECK(!utimensat(AT_FDCWD, path, NULL, 0));
	CHECK(!pipe2(fds, O_NONBLOCK));
	f.out = f.render.out = fdopen(fds[1], "w");
	options.dir = f.path;
	CHECK_INT(hints__new(&options, &f.hints, why, sizeof(why)), 0);
	CHECK_STR(followed(&f, fds[0], 5, text, sizeof(text)), "done\n");
	CHECK_INT(hints_end(f.hints, &f.render, true), 0);
	CHECK_INT(read(fds[0], text, sizeof(text)), strlen("written\n"));
	close(fds[0]);
	folder_close(&f);
}

static void refuses_what_is_no_folder(void)
{
	struct hints *hints;
	char why[128];

	CHECK_INT(hints__new(&(struct hints_options){ .dir = "/proc/self/stat" }, &hints, why,
			     sizeof(why)),
		  -ENOTDIR);
	CHECK_STR(why, "open /proc/self/stat");
	CHECK_INT(hints__new(&(struct hints_options){ .dir = "/nowhere" }, &hints, why,
			     sizeof(why)),
		  -ENOENT);
}

static const struct test tests[] = {
	TEST(orders_by_share),
	TEST(counts_hard_links_once),
	TEST(keeps_what_was_named),
	TEST(names_files_those_in_memory_first),
	TEST(names_so_that_lists_can_be_read),
	TEST(prints_json),
	TEST(follows_what_comes_into_memory),
	TEST(follows_as_the_reader_takes),
	TEST(waits_for_writers),
	TEST(refuses_what_is_no_folder),
};

TEST_MAIN("hints")
