// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* duet/events.c and duet/names.c: which page events are printed, under which names. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "core/log.h"
#include "core/units.h"
#include "duet/events.h"
#include "duet/names.h"
#include "render/json.h"
#include "test.h"

/* A folder with others in it, and the events of what is there. */
struct trial {
	char folder[64];
	char path[128]; /* that is followed: FOLDER/in */
	const char *words[1];
	struct events *events;
	uint32_t dev;
	struct render render;
	char *text;
	size_t size;
};

/* Under the folder; its inode. */
static uint64_t make_file(const struct trial *t, const char *name)
{
	struct stat st = { 0 };
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", t->folder, name);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	CHECK(fd >= 0 && !fstat(fd, &st));
	close(fd);
	return st.st_ino;
}

static void make_folder(const struct trial *t, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", t->folder, name);
	CHECK(!mkdir(path, 0700));
}

static void delete (const struct trial *t, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", t->folder, name);
	CHECK(!unlink(path));
}

static void trial_open(struct trial *t)
{
	memset(t, 0, sizeof(*t));
	snprintf(t->folder, sizeof(t->folder), "/tmp/assay-events-XXXXXX");
	CHECK(mkdtemp(t->folder));
	snprintf(t->path, sizeof(t->path), "%s/in", t->folder);
	t->words[0] = t->path;
	make_folder(t, "in");
	log_set_level(LOG_ERROR);
}

/* From here on events count; false where names can't be had. */
static bool trial_begin(struct trial *t, struct events_options options, bool json)
{
	const uint32_t *devs;
	char why[256];
	int err, n;

	t->render = (struct render){ .out = open_memstream(&t->text, &t->size),
				     .report = "duet",
				     .json = json };
	err = events__new(&options, &t->events, why, sizeof(why));
	if (err == -EOPNOTSUPP)
		return false;
	CHECK_INT(err, 0);
	devs = events_devs(t->events, &n);
	CHECK_INT(n, options.npaths ? 1 : 0);
	t->dev = n ? devs[0] : 7 << 20 | 3;
	return true;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void trial_close(struct trial *t)
{
	events__free(t->events);
	if (t->render.out)
		fclose(t->render.out);
	free(t->text);
	nftw(t->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	log_set_level(LOG_INFO);
}

#define OVERLAY "the folder for temporary files is an overlay, whose pages are of other files"

#define BEGIN(t, ...)                                                                 \
	do {                                                                          \
		if (!trial_begin(t, (struct events_options){ __VA_ARGS__ }, false)) { \
			trial_close(t);                                               \
			SKIP(OVERLAY);                                                \
		}                                                                     \
	} while (0)

static void event_of(struct trial *t, enum page_event event, uint64_t inode, uint64_t index,
		     uint32_t pages, uint64_t time)
{
	struct page_record r = { .time = time,
				 .inode = inode,
				 .index = index,
				 .pages = pages,
				 .dev = t->dev,
				 .tgid = 12,
				 .tid = 13,
				 .event = event,
				 .comm = "rsync" };

	events_record(t->events, &r);
}

/* One of one page, now. */
static void event(struct trial *t, enum page_event event, uint64_t inode, uint64_t index)
{
	event_of(t, event, inode, index, 1, monotonic_now());
}

/* What has been printed since the last time. */
static const char *printed(struct trial *t)
{
	static char text[4096];

	fclose(t->render.out);
	snprintf(text, sizeof(text), "%s", t->text);
	free(t->text);
	t->render.out = open_memstream(&t->text, &t->size);
	return text;
}

/* "EVENT INDEX NAME\n" of each line printed: the name is what is behind the folder. */
static const char *lines(struct trial *t)
{
	static char text[4096];
	char all[4096], *line, *rest = all;
	size_t len = 0;

	text[0] = '\0';
	snprintf(all, sizeof(all), "%s", printed(t));
	while ((line = strsep(&rest, "\n"))) {
		char what[32], index[32], *path = strrchr(line, '/');

		if (sscanf(line, "%*s %31s %*s %*s %31s", what, index) == 2)
			len += snprintf(text + len, sizeof(text) - len, "%s %s %s\n", what, index,
					path ? path + 1 : "-");
	}
	return text;
}

static void prints_what_is_under_the_paths(void)
{
	struct trial t;
	uint64_t in, sub, out;

	trial_open(&t);
	make_folder(&t, "in/sub");
	make_folder(&t, "in-not");
	in = make_file(&t, "in/a");
	sub = make_file(&t, "in/sub/b");
	out = make_file(&t, "in-not/c");
	BEGIN(&t, .paths = t.words, .npaths = 1);
	event(&t, PAGE_ADDED, in, 0);
	event(&t, PAGE_DIRTY, out, 1);
	event(&t, PAGE_FLUSHED, sub, 2);
	t.dev ^= 1; /* the same number on another file system */
	event(&t, PAGE_REMOVED, in, 3);
	t.dev ^= 1;
	event(&t, PAGE_REMOVED, in, 4);
	events_tick(t.events, &t.render, true);
	CHECK_STR(lines(&t), "ADDED 0 a\nFLUSHED 2 b\nREMOVED 4 a\n");
	CHECK_INT(events_losses(t.events).names, 0);
	trial_close(&t);
}

/* A path may be a file. */
static void follows_one_file(void)
{
	struct trial t;
	uint64_t a, b;

	trial_open(&t);
	a = make_file(&t, "in/a");
	b = make_file(&t, "in/b");
	strcat(t.path, "/a");
	BEGIN(&t, .paths = t.words, .npaths = 1);
	event(&t, PAGE_ADDED, b, 0);
	event(&t, PAGE_ADDED, a, 1);
	events_tick(t.events, &t.render, true);
	CHECK_STR(lines(&t), "ADDED 1 a\n");
	trial_close(&t);
}

/* Its events wait until its name is found; those of others' files do not come. */
static void finds_files_made_meanwhile(void)
{
	struct trial t;
	uint64_t old, made, out;

	trial_open(&t);
	old = make_file(&t, "in/old");
	BEGIN(&t, .paths = t.words, .npaths = 1);
	made = make_file(&t, "in/made");
	out = make_file(&t, "out");
	event(&t, PAGE_ADDED, made, 0);
	event(&t, PAGE_DIRTY, made, 0);
	event(&t, PAGE_ADDED, out, 0);
	event(&t, PAGE_ADDED, old, 0);
	/* no second has passed since the paths were looked through */
	events_tick(t.events, &t.render, false);
	CHECK_STR(lines(&t), "ADDED 0 old\n");
	event(&t, PAGE_FLUSHED, made, 0);
	events_tick(t.events, &t.render, true);
	CHECK_STR(lines(&t), "ADDED 0 made\nDIRTY 0 made\nFLUSHED 0 made\n");
	/* the other is known as another's now; its events do not wait again */
	event(&t, PAGE_DIRTY, out, 1);
	events_tick(t.events, &t.render, false);
	CHECK_STR(lines(&t), "");
	CHECK_INT(events_losses(t.events).names, 0);
	trial_close(&t);
}

/* Deleting a file removes its pages, which is told after its name has gone. */
static void knows_what_was_deleted(void)
{
	struct trial t;
	uint64_t deleted, made;

	trial_open(&t);
	deleted = make_file(&t, "in/deleted");
	BEGIN(&t, .paths = t.words, .npaths = 1);
	delete (&t, "in/deleted");
	make_folder(&t, "in/sub");
	/* its number is taken, so that the file that is new has another */
	make_file(&t, "taken");
	made = make_file(&t, "in/sub/made");
	event(&t, PAGE_ADDED, made, 0); /* which has the paths looked through */
	event(&t, PAGE_REMOVED, deleted, 0);
	events_tick(t.events, &t.render, true);
	CHECK_STR(lines(&t), "REMOVED 0 deleted\nADDED 0 made\n");
	event(&t, PAGE_REMOVED, deleted, 1);
	events_tick(t.events, &t.render, true);
	CHECK_STR(lines(&t), "REMOVED 1 deleted\n");
	trial_close(&t);
}

/* What was taken for another's file and was ours is counted. */
static void counts_what_came_before_its_name(void)
{
	char from[256], to[256];
	struct trial t;
	uint64_t moved, made;

	trial_open(&t);
	moved = make_file(&t, "moved");
	BEGIN(&t, .paths = t.words, .npaths = 1);
	event(&t, PAGE_DIRTY, moved, 1);
	events_tick(t.events, &t.render, true);
	CHECK_STR(lines(&t), "");
	/* it has been looked for; now it comes in */
	snprintf(from, sizeof(from), "%s/moved", t.folder);
	snprintf(to, sizeof(to), "%s/moved", t.path);
	CHECK(!rename(from, to));
	event(&t, PAGE_DIRTY, moved, 2);
	event(&t, PAGE_FLUSHED, moved, 2);
	events_tick(t.events, &t.render, false);
	CHECK_STR(lines(&t), "");
	made = make_file(&t, "in/made");
	event(&t, PAGE_DIRTY, made, 3);
	events_tick(t.events, &t.render, true);
	CHECK_STR(lines(&t), "DIRTY 3 made\n");
	CHECK_INT(events_losses(t.events).names, 2);
	event(&t, PAGE_DIRTY, moved, 4);
	events_tick(t.events, &t.render, false);
	CHECK_STR(lines(&t), "DIRTY 4 moved\n");
	trial_close(&t);
}

/* An inode's number may be another file's by now: where one begins, it is looked for again. */
static void asks_again_where_a_file_begins(void)
{
	char from[256], to[256];
	struct trial t;
	uint64_t inode;

	trial_open(&t);
	inode = make_file(&t, "out");
	BEGIN(&t, .paths = t.words, .npaths = 1);
	event(&t, PAGE_DIRTY, inode, 1);
	events_tick(t.events, &t.render, true);
	CHECK_STR(lines(&t), "");
	snprintf(from, sizeof(from), "%s/out", t.folder);
	snprintf(to, sizeof(to), "%s/again", t.path);
	CHECK(!rename(from, to));
	event(&t, PAGE_ADDED, inode, 0);
	event(&t, PAGE_DIRTY, inode, 0);
	events_tick(t.events, &t.render, true);
	CHECK_STR(lines(&t), "ADDED 0 again\nDIRTY 0 again\n");
	CHECK_INT(events_losses(t.events).names, 0);
	trial_close(&t);
}

/* Without paths all is told, and by no name; in the order of time, whichever CPU it came from. */
static void prints_all_without_paths(void)
{
	struct trial t;
	uint64_t now = monotonic_now();
	const char *text;

	trial_open(&t);
	CHECK(trial_begin(&t, (struct events_options){ 0 }, false));
	event_of(&t, PAGE_DIRTY, 5, 8, 4, now + 2000);
	event_of(&t, PAGE_ADDED, 5, 8, 4, now);
	event_of(&t, PAGE_ADDED, 6, 0, 512, now + 1000);
	events_begin(t.events, &t.render);
	events_tick(t.events, &t.render, false);
	text = printed(&t);
	CHECK(!strncmp(text,
		       "TIME            EVENT   FILESYSTEM        INODE     INDEX  PAGES SIDE "
		       "           PID PROCESS         PATH\n",
		       98));
	text = strchr(text, '\n') + 1;
	CHECK(!strncmp(text + 15,
		       " ADDED   7:3                   5         8      4 foreground "
		       "      12 rsync           -\n",
		       87));
	text = strchr(text, '\n') + 1;
	CHECK(!strncmp(text + 15, " ADDED   7:3                   6         0    512 ", 50));
	text = strchr(text, '\n') + 1;
	CHECK(!strncmp(text + 15, " DIRTY   7:3                   5         8      4 ", 50));
	trial_close(&t);
}

/* Names are others' words: of processes, files and file systems. */
static void escapes_names(void)
{
	struct trial t;
	struct page_record r = { .event = PAGE_ADDED, .pages = 1, .comm = "a\x1b[31m\nb" };
	char mountinfo[128], why[256];
	struct mounts *mounts;
	const char *text;

	trial_open(&t);
	r.inode = make_file(&t, "in/f\x1b[2J\ng");
	BEGIN(&t, .paths = t.words, .npaths = 1);
	events__free(t.events);
	snprintf(mountinfo, sizeof(mountinfo), "9 8 %u:%u / /x\\033y rw - ext4 /dev/x rw\n",
		 t.dev >> 20, t.dev & 0xfffff);
	mounts = mounts__new_of(mountinfo);
	CHECK_INT(events__new(&(struct events_options){ .paths = t.words,
							.npaths = 1,
							.mounts = mounts },
			      &t.events, why, sizeof(why)),
		  0);
	r.dev = t.dev;
	events_record(t.events, &r);
	events_tick(t.events, &t.render, false);
	text = printed(&t);
	CHECK(strstr(text, "/in/f\\x1b[2J\\x0ag\n"));
	CHECK(strstr(text, " a\\x1b[31m\\x0ab "));
	CHECK(strstr(text, " /x\\x1by "));
	CHECK(!strchr(text, '\x1b'));
	mounts__free(mounts);
	trial_close(&t);
}

static void prints_json(void)
{
	struct trial t;
	uint64_t inode;
	json_t *line;

	trial_open(&t);
	inode = make_file(&t, "in/a\xff");
	if (!trial_begin(&t, (struct events_options){ .paths = t.words, .npaths = 1 }, true)) {
		trial_close(&t);
		SKIP(OVERLAY);
	}
	event_of(&t, PAGE_REMOVED, inode, 7, 2, monotonic_now());
	events_begin(t.events, &t.render);
	events_tick(t.events, &t.render, false);
	line = json_loads(printed(&t), 0, NULL);
	CHECK_STR(json_string_value(json_object_get(line, "event")), "removed");
	CHECK_STR(json_string_value(json_object_get(line, "side")), "foreground");
	CHECK_STR(json_string_value(json_object_get(line, "process")), "rsync");
	CHECK(strchr(json_string_value(json_object_get(line, "device")), ':'));
	CHECK(json_is_null(json_object_get(line, "file_system")));
	CHECK_INT(json_integer_value(json_object_get(line, "inode")), inode);
	CHECK_INT(json_integer_value(json_object_get(line, "index")), 7);
	CHECK_INT(json_integer_value(json_object_get(line, "pages")), 2);
	CHECK_INT(json_integer_value(json_object_get(line, "pid")), 12);
	CHECK(strstr(json_string_value(json_object_get(line, "path")), "/in/a\\xff"));
	json_decref(line);
	trial_close(&t);
}

/* In place of events what they came to. */
static void prints_the_view(void)
{
	struct trial t;
	uint64_t a, b, made;

	trial_open(&t);
	a = make_file(&t, "in/a");
	b = make_file(&t, "in/b");
	make_file(&t, "out");
	BEGIN(&t, .paths = t.words, .npaths = 1, .view = true);
	event_of(&t, PAGE_ADDED, a, 0, 4, monotonic_now());
	event(&t, PAGE_DIRTY, a, 3);
	event(&t, PAGE_ADDED, b, 9);
	event(&t, PAGE_REMOVED, b, 9);
	made = make_file(&t, "in/made");
	event(&t, PAGE_FLUSHED, made, 5);
	events_tick(t.events, &t.render, false);
	CHECK_STR(lines(&t), "");
	events_fetch(t.events, &t.render);
	CHECK_STR(lines(&t), "+EXISTS 0 a\n+EXISTS+MODIFIED 3 a\n");
	/* what waited comes with the fetch after its name is found */
	event(&t, PAGE_REMOVED, a, 0);
	events_tick(t.events, &t.render, true);
	events_fetch(t.events, &t.render);
	CHECK_STR(lines(&t),
		  a < made ? "-EXISTS 0 a\n-MODIFIED 5 made\n" : "-MODIFIED 5 made\n-EXISTS 0 a\n");
	events_fetch(t.events, &t.render);
	CHECK_STR(lines(&t), "");
	/* a file that is gone is called as it was, however often was looked since */
	event(&t, PAGE_REMOVED, a, 1);
	events_tick(t.events, &t.render, true);
	delete (&t, "in/a");
	make_folder(&t, "in/sub");
	for (int i = 1; i < 4; i++) {
		char name[32];

		snprintf(name, sizeof(name), "in/sub/%d", i);
		event(&t, PAGE_DIRTY, make_file(&t, name) + 1000000, 0);
		events_tick(t.events, &t.render, true);
	}
	events_fetch(t.events, &t.render);
	CHECK_STR(lines(&t), "-EXISTS 1 a\n");
	trial_close(&t);
}

/* A superblock has the number that mounts have, which stat(2) need not have. */
static void knows_superblocks_from_mounts(void)
{
	static const char *const words[] = { "/dev/shm", "/proc/self/mountinfo", "/dev/shm/" };
	struct names *names;
	const uint32_t *devs;
	struct stat shm, proc;
	char why[256];
	int n;

	if (stat("/dev/shm", &shm) || stat("/proc", &proc) || shm.st_dev == proc.st_dev)
		SKIP("no /dev/shm");
	if (names__new(words, 3, &names, why, sizeof(why)))
		SKIP(why);
	devs = names_devs(names, &n);
	CHECK_INT(n, 2);
	CHECK_INT(devs[0], major(shm.st_dev) << 20 | minor(shm.st_dev));
	CHECK_INT(devs[1], major(proc.st_dev) << 20 | minor(proc.st_dev));
	names__free(names);
}

static void refuses_what_has_no_pages(void)
{
	static const char *const missing[] = { "/nowhere" }, *const device[] = { "/dev/null" };
	struct names *names;
	char why[256];

	CHECK_INT(names__new(missing, 1, &names, why, sizeof(why)), -ENOENT);
	CHECK_STR(why, "look up /nowhere");
	CHECK_INT(names__new(device, 1, &names, why, sizeof(why)), -EINVAL);
	CHECK_STR(why, "/dev/null: no file and no folder");
}

static const struct test tests[] = {
	TEST(prints_what_is_under_the_paths),
	TEST(follows_one_file),
	TEST(finds_files_made_meanwhile),
	TEST(knows_what_was_deleted),
	TEST(counts_what_came_before_its_name),
	TEST(asks_again_where_a_file_begins),
	TEST(prints_all_without_paths),
	TEST(escapes_names),
	TEST(prints_json),
	TEST(prints_the_view),
	TEST(knows_superblocks_from_mounts),
	TEST(refuses_what_has_no_pages),
};

TEST_MAIN("events")
