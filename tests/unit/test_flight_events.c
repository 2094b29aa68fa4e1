// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Tracepoints: what formats say, which ones patterns name in a tracefs of our own, the constants
 * in formats, and the kernel's symbols.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flight/enums.h"
#include "flight/events.h"
#include "flight/symbols.h"
#include "test.h"

#define COMMON                                                                         \
	"format:\n"                                                                    \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"         \
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"         \
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n" \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"

/* --- formats --- */

static void fixed_fields(void)
{
	struct flight_event event;

	CHECK_INT(flight_event_parse("name: ext4_da_write_begin\nID: 1255\n" COMMON
				     "\tfield:dev_t dev;\toffset:8;\tsize:4;\tsigned:0;\n"
				     "\tfield:ino_t ino;\toffset:16;\tsize:8;\tsigned:0;\n"
				     "\tfield:unsigned int len;\toffset:32;\tsize:4;\tsigned:0;\n"
				     "\nprint fmt: \"%d\", REC->len\n",
				     &event),
		  0);
	CHECK_INT(event.id, 1255);
	CHECK_INT(event.fixed, 36);
	CHECK_INT(event.ndynamic, 0);
}

static void dynamic_fields(void)
{
	struct flight_event event;

	CHECK_INT(flight_event_parse(
			  "name: x\nID: 7\n" COMMON
			  "\tfield:__data_loc char[] cmd;\toffset:60;\tsize:4;\tsigned:0;\n"
			  "\tfield:__rel_loc char[] s;\toffset:64;\tsize:4;\tsigned:0;\n"
			  "\tfield:u32 __data_loc_not;\toffset:68;\tsize:4;\tsigned:0;\n",
			  &event),
		  0);
	CHECK_INT(event.fixed, 72);
	CHECK_INT(event.ndynamic, 2);
	CHECK_INT(event.dynamic[0].at, 60);
	CHECK_INT(event.dynamic[0].base, 0);
	/* counted from its own end */
	CHECK_INT(event.dynamic[1].at, 64);
	CHECK_INT(event.dynamic[1].base, 68);
}

/* What looks like a field in the print format is none. */
static void print_format_is_not_read(void)
{
	struct flight_event event;

	CHECK_INT(flight_event_parse("name: x\nID: 7\n" COMMON "\nprint fmt: \"x\\n\"\n"
				     "\tfield:u64 y;\toffset:8;\tsize:8;\tsigned:0;\n",
				     &event),
		  0);
	CHECK_INT(event.fixed, 8);
}

static void what_is_no_format(void)
{
	static const struct {
		const char *format;
		int err;
	} bad[] = {
		{ "", -EINVAL },
		{ "name: x\n" COMMON, -EINVAL },
		{ "name: x\nID: 0\n" COMMON, -EINVAL },
		{ "name: x\nID: 65536\n" COMMON, -EINVAL },
		{ "name: x\nID: -3\n" COMMON, -EINVAL },
		{ "name: x\nID: 7\n", -EINVAL },
		{ "name: x\nID: 7\n\tfield:u64 y;\toffset:x;\tsize:8;\n", -EINVAL },
		{ "name: x\nID: 7\n\tfield:u64 y;\toffset:8;\tsize:-8;\n", -EINVAL },
		{ "name: x\nID: 7\n\tfield:u64 y;\toffset:8185;\tsize:8;\n", -E2BIG },
		{ "name: x\nID: 7\n\tfield:__data_loc u64 y;\toffset:8;\tsize:8;\n", -EINVAL },
	};
	char many[2048] = "name: x\nID: 7\n" COMMON;
	struct flight_event event;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_INT(flight_event_parse(bad[i].format, &event), bad[i].err);
	for (int i = 0; i <= FLIGHT_DYNAMIC_MAX; i++)
		sprintf(many + strlen(many), "\tfield:__data_loc u64 y;\toffset:%d;\tsize:4;\n",
			8 + 4 * i);
	CHECK_INT(flight_event_parse(many, &event), -E2BIG);
}

/* --- patterns, in a folder that looks like tracefs --- */

static char root[64];

static void tracefs_add(const char *system, const char *name, int id)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/events/%s", root, system);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/events/%s/%s", root, system, name);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/events/%s/%s/format", root, system, name);
	f = fopen(path, "we");
	fprintf(f, "name: %s\nID: %d\n" COMMON, name, id);
	fclose(f);
}

static void tracefs_make(void)
{
	char path[128];

	strcpy(root, "/tmp/assay-tracefs.XXXXXX");
	CHECK(mkdtemp(root) != NULL);
	snprintf(path, sizeof(path), "%s/events", root);
	mkdir(path, 0700);
	tracefs_add("block", "block_rq_issue", 10);
	tracefs_add("block", "block_rq_complete", 11);
	tracefs_add("block", "block_plug", 12);
	tracefs_add("ext4", "ext4_sync_fs", 20);
	tracefs_add("ext4", "ext4_drop_inode", 21);
	tracefs_add("ftrace", "function", 1);
	/* as every system has one */
	snprintf(path, sizeof(path), "%s/events/ext4/enable", root);
	fclose(fopen(path, "we"));
}

static void tracefs_remove(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	CHECK_INT(system(command), 0);
}

/* What patterns find, as "block:block_plug=12 …", or the error's number. */
static const char *found(int n, const char *const *patterns, char why[256])
{
	static char text[1024];
	struct tracepoints t;
	int err = tracepoints_find(root, patterns, n, &t, why, 256);

	text[0] = '\0';
	if (err)
		snprintf(text, sizeof(text), "%s", err == -ENOENT ? "ENOENT" : "EINVAL");
	for (int i = 0; i < t.n; i++)
		sprintf(text + strlen(text), "%s:%s=%d ", t.list[i].system, t.list[i].name,
			t.list[i].event.id);
	tracepoints_free(&t);
	return text;
}

#define FOUND(...)                                                      \
	found(sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *), \
	      (const char *[]){ __VA_ARGS__ }, why)

static void patterns_name_tracepoints(void)
{
	char why[256];

	tracefs_make();
	CHECK_STR(FOUND("block:block_plug"), "block:block_plug=12 ");
	CHECK_STR(FOUND("block:*"),
		  "block:block_plug=12 block:block_rq_complete=11 block:block_rq_issue=10 ");
	CHECK_STR(FOUND("*:*_[is]*[es]"),
		  "block:block_rq_issue=10 ext4:ext4_drop_inode=21 ext4:ext4_sync_fs=20 ");
	CHECK_STR(FOUND("ext4:ext4_sync_fs,block:block_p???"),
		  "ext4:ext4_sync_fs=20 block:block_plug=12 ");
	/* each of them once */
	CHECK_STR(FOUND("block:block_rq_*", "*:*issue,block:*"),
		  "block:block_rq_complete=11 block:block_rq_issue=10 block:block_plug=12 ");
	tracefs_remove();
}

static void patterns_that_name_nothing_say_what_is_near(void)
{
	char why[256];

	tracefs_make();
	CHECK_STR(FOUND("scoutfs:*"), "ENOENT");
	CHECK(strstr(why, "no tracepoints scoutfs:*") && strstr(why, "modprobe scoutfs"));
	CHECK_STR(FOUND("ext3:*"), "ENOENT");
	CHECK(strstr(why, "(near it: ext4)"));
	CHECK_STR(FOUND("block:block_rq_isue"), "ENOENT");
	CHECK(strstr(why, "no tracepoint block:block_rq_isue (near it: block_rq_issue)"));
	CHECK_STR(FOUND("block:nothing_like_it"), "ENOENT");
	CHECK(!strstr(why, "near it") && strstr(why, "/events/block"));
	/* one that names something does not make up for one that does not */
	CHECK_STR(FOUND("block:*,ext4:none"), "ENOENT");
	/* these are no tracepoints */
	CHECK_STR(FOUND("ftrace:function"), "ENOENT");
	tracefs_remove();
	CHECK_STR(FOUND("block:*"), "ENOENT");
	CHECK(strstr(why, "mount -t tracefs"));
}

/* A format that makes no sense is told when it was asked for, and left out of many. */
static void odd_format_does_not_keep_others_out(void)
{
	char why[256], path[256];

	tracefs_make();
	snprintf(path, sizeof(path), "%s/events/block/block_plug/format", root);
	CHECK_INT(truncate(path, 8), 0);
	CHECK_STR(FOUND("block:block_plug"), "EINVAL");
	CHECK(strstr(why, "the format of block:block_plug"));
	CHECK_STR(FOUND("block:*"), "block:block_rq_complete=11 block:block_rq_issue=10 ");
	tracefs_remove();
}

static void what_is_no_pattern(void)
{
	static const char *const bad[] = { "",	     ",",	   "block",	  "block:",
					   ":block", "block:*,",   ",ext4:*",	  "a:b:c",
					   "../x:*", "block:*/..", "block,ext4:*" };
	char why[256];

	tracefs_make();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_STR(found(1, &bad[i], why), "EINVAL");
		CHECK(strstr(why, "SYSTEM:NAME"));
	}
	tracefs_remove();
}

/* --- constants in formats --- */

#define PRINT                                                        \
	"\nprint fmt: \"{A, %s} %s\", __print_flags(REC->F, \"|\", " \
	"{I_ONE, \"I_ONE\"}, { (1 << I_TWO), \"I_TWO\" },{I_NO,\"{I_ONE\\\"\"}), "

static void constants_get_their_values(void)
{
	static const char format[] = "name: I_ONE\nID: 7\n" PRINT "__get_str(I_ONE), {I_ONE}\n";
	struct enumerators names = { 0 };
	char *text;

	CHECK_INT(enums_collect(format, &names), 0);
	/* neither those in texts, nor those outside of braces */
	CHECK_INT(names.n, 4);
	CHECK_STR(names.list[0].name, "I_ONE");
	CHECK_STR(names.list[1].name, "I_TWO");
	CHECK_STR(names.list[2].name, "I_NO");
	CHECK_STR(names.list[3].name, "I_ONE");
	/* as they are sorted for use; I_NO has two values, so that it has none */
	free(names.list[3].name);
	names.list[3] = names.list[1];
	names.list[1] = names.list[0];
	names.list[0] = names.list[2];
	names.list[2] = names.list[3];
	names.n = 3;
	names.list[0].found = 2;
	names.list[1].found = names.list[2].found = 1;
	names.list[1].value = 4096;
	names.list[2].value = -1;
	text = enums_replace(format, &names);
	CHECK_STR(text, "name: I_ONE\nID: 7\n"
			"\nprint fmt: \"{A, %s} %s\", __print_flags(REC->F, \"|\", "
			"{4096, \"I_ONE\"}, { (1 << -1), \"I_TWO\" },{I_NO,\"{I_ONE\\\"\"}), "
			"__get_str(I_ONE), {4096}\n");
	free(text);
	enumerators_free(&names);
}

/* --- symbols --- */

static const char kallsyms[] = "ffffffff81000000 T _stext\n"
			       "ffffffff81000000 t alias_of_it\n"
			       "ffffffff81000040 t some_function\n"
			       "ffffffff81000100 T other_function\n"
			       "no line of it\n"
			       "ffffffff81001000 T _etext\n"
			       "ffffffff81002000 D some_data\n"
			       "ffffffff81003000 D more_data\n"
			       "ffffffffc0000000 t in_module\t[xfs]\n"
			       "ffffffffc0000100 t last\t[xfs]\n";

static const char *symbol(const struct symbols *s, uint64_t address, bool offset)
{
	static char text[128];

	return symbols_print(s, address, offset, text, sizeof(text)) ? text : "none";
}

static void symbols_as_the_kernel_prints_them(void)
{
	struct symbols *s = symbols__new(kallsyms, strlen(kallsyms));

	CHECK_STR(symbol(s, 0xffffffff81000000, true), "_stext+0x0/0x40");
	CHECK_STR(symbol(s, 0xffffffff8100003f, true), "_stext+0x3f/0x40");
	CHECK_STR(symbol(s, 0xffffffff81000040, false), "some_function");
	CHECK_STR(symbol(s, 0xffffffff810000ff, true), "some_function+0xbf/0xc0");
	CHECK_STR(symbol(s, 0xffffffffc0000010, true), "in_module+0x10/0x100 [xfs]");
	CHECK_STR(symbol(s, 0xffffffffc0000010, false), "in_module [xfs]");
	/* no code */
	CHECK_STR(symbol(s, 0xffffffff80ffffff, true), "none");
	CHECK_STR(symbol(s, 0xffffffff81001001, true), "none");
	CHECK_STR(symbol(s, 0xffffffff82000000, true), "none");
	CHECK_STR(symbol(s, 0, true), "none");
	/* nobody knows how long it is */
	CHECK_STR(symbol(s, 0xffffffffc0000100, true), "none");
	symbols__free(s);
}

/* All addresses are 0 for who may not see them. */
static void hidden_symbols_are_none(void)
{
	static const char hidden[] = "0000000000000000 T a\n0000000000000000 T b\n";
	struct symbols *s = symbols__new(hidden, strlen(hidden));

	CHECK_STR(symbol(s, 0, true), "none");
	CHECK_STR(symbol(s, 0xffffffff81000000, true), "none");
	symbols__free(s);
	s = symbols__new("", 0);
	CHECK_STR(symbol(s, 1, true), "none");
	symbols__free(s);
}

static const struct test tests[] = {
	TEST(fixed_fields),
	TEST(dynamic_fields),
	TEST(print_format_is_not_read),
	TEST(what_is_no_format),
	TEST(patterns_name_tracepoints),
	TEST(odd_format_does_not_keep_others_out),
	TEST(patterns_that_name_nothing_say_what_is_near),
	TEST(what_is_no_pattern),
	TEST(constants_get_their_values),
	TEST(symbols_as_the_kernel_prints_them),
	TEST(hidden_symbols_are_none),
};

TEST_MAIN("flight_events")
