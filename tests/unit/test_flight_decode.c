// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Recordings made text: fields as their formats say, order, names, losses, what is not trusted, and
 * what makes libtraceevent fall.
 */
#include <errno.h>

#include "flight/decode.h"
#include "flight_make.h"
#include "test.h"

#define COMMON                                                                         \
	"format:\n"                                                                    \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"         \
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"         \
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n" \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
#define U64(name, at) "\tfield:u64 " name ";\toffset:" #at ";\tsize:8;\tsigned:0;\n"
#define STR(name, at) "\tfield:__data_loc char[] " name ";\toffset:" #at ";\tsize:4;\tsigned:0;\n"

/* Each with the system it is of in front, and a NUL between. */
#define FORMAT(system, text)                                   \
	{                                                      \
		system "\0" text, sizeof(system "\0" text) - 1 \
	}
static const struct {
	const char *text;
	size_t size;
} formats[] = {
	FORMAT("fs", "name: two_numbers\nID: 100\n" COMMON U64("a", 8)
			     U64("b", 16) "\nprint fmt: \"a %llu b 0x%llx\", REC->a, REC->b\n"),
	FORMAT("fs", "name: division\nID: 101\n" COMMON U64("a", 8)
			     U64("b", 16) "\nprint fmt: \"%llu\", REC->a / REC->b\n"),
	FORMAT("fs", "name: named\nID: 102\n" COMMON STR(
			     "name", 8) "\nprint fmt: \"name=%s.\", __get_str(name)\n"),
	FORMAT("fs",
	       "name: caller\nID: 103\n" COMMON U64(
		       "ip",
		       8) "\nprint fmt: \"%pS from %ps.\", (void *)REC->ip, (void *)REC->ip\n"),
	FORMAT("fs", "name: unknown_function\nID: 104\n" COMMON U64(
			     "a", 8) "\nprint fmt: \"%s\", no_such_function(REC->a)\n"),
};

#define HOST                                                                       \
	"{\"host\":\"ho\\u001bst\",\"kernel\":\"6.18\",\"machine\":\"x86_64\","    \
	"\"long_size\":8,\"cpus\":2,\"patterns\":[\"fs:*\"],\"start\":1000000000," \
	"\"wall\":1700000000000000000}"
#define END                                                             \
	"{\"stop\":9,\"wall\":9,\"events\":12,\"lost\":3,\"nested\":2," \
	"\"truncated\":0,\"dropped_events\":4,\"whole_from\":1500000000}"

static const struct keep_options two_cpus = { .cpus = 2 };

static void begin(struct make *m)
{
	static const char symbols[] = "ffffffff81000000 T one\nffffffff81000100 T two\n";

	CHECK_INT(make_begin(m, &two_cpus), 0);
	keep_about(m->keep, RAW_HOST, HOST, strlen(HOST));
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		keep_about(m->keep, RAW_FORMAT, formats[i].text, formats[i].size);
	keep_about(m->keep, RAW_SYMBOLS, symbols, strlen(symbols));
}

static void put_two(struct make *m, uint64_t time, uint16_t id, uint64_t a, uint64_t b)
{
	const uint64_t fields[2] = { a, b };

	make_record(m, time, id, 7, fields, sizeof(fields));
}

/* All the text there is, and what is said of it. */
static char text[65536];
static struct decode_stats stats;

static int decode(const struct make *m)
{
	FILE *out = fmemopen(text, sizeof(text), "w");
	char why[256];
	int err;

	memset(text, 0, sizeof(text));
	err = flight_decode(m->dir, out, &stats, why, sizeof(why));
	fclose(out);
	return err;
}

/* The lines of events. */
static const char *events(void)
{
	const char *line = text;

	while (*line == '#')
		line = strchrnul(line, '\n') + 1;
	return line;
}

#ifdef HAVE_TRACEEVENT

static void events_come_by_time_with_their_fields(void)
{
	struct make m;

	begin(&m);
	make_comm(&m, 1000000000, 7, "writer");
	put_two(&m, 1000000001, 100, 1, 255);
	put_two(&m, 3000000000, 100, 1ull << 63, 0);
	CHECK_INT(make_put(&m, 0), 0);
	put_two(&m, 2000000000, 100, 2, 16);
	CHECK_INT(make_put(&m, 1), 0);
	CHECK_INT(decode(&m), 0);
	CHECK_STR(events(),
		  "          writer-7       [000]     1.000000001: two_numbers: a 1 b 0xff\n"
		  "           <...>-7       [001]     2.000000000: two_numbers: a 2 b 0x10\n"
		  "          writer-7       [000]     3.000000000: two_numbers: "
		  "a 9223372036854775808 b 0x0\n");
	CHECK_INT(stats.events, 3);
	CHECK_INT(stats.odd, 0);
	CHECK_INT(stats.damaged, 0);
	CHECK_INT(stats.first, 1000000001);
	CHECK_INT(stats.last, 3000000000);
	make_end(&m);
}

static void head_says_what_it_is(void)
{
	struct make m;

	begin(&m);
	put_two(&m, 1000000001, 100, 1, 255);
	CHECK_INT(make_put(&m, 0), 0);
	CHECK_INT(decode(&m), 0);
	/* what is not to be printed is not */
	CHECK(strstr(text, "# recorded on ho\\x1bst, Linux 6.18, x86_64\n# 5 tracepoints: fs:*\n"));
	CHECK(strstr(text, "whose 0 is 2023-11-14T22:13:20.000000Z\n"));
	CHECK(strstr(text, "# the recording was not ended in order"));
	keep_about(m.keep, RAW_END, END, strlen(END));
	CHECK_INT(decode(&m), 0);
	CHECK(strstr(text, "# events: 12 recorded, 3 lost, 2 missed in interrupts\n"));
	CHECK(strstr(text, "# dropped as old: 4 events; whole from 1.500000000 on"));
	CHECK(!strstr(text, "not ended"));
	make_end(&m);
}

static void losses_stand_where_they_were(void)
{
	struct make m;

	begin(&m);
	put_two(&m, 10, 100, 1, 1);
	make_lost(&m, 20, 1009);
	put_two(&m, 20, 100, 2, 2);
	CHECK_INT(make_put(&m, 1), 0);
	CHECK_INT(decode(&m), 0);
	CHECK(strstr(text, "a 1 b 0x1\nCPU:1 [LOST 1009 EVENTS]\n"));
	CHECK_INT(stats.lost, 1009);
	CHECK_INT(stats.events, 2);
	make_end(&m);
}

static void lines_are_events_too(void)
{
	struct make m;

	begin(&m);
	put_two(&m, 10, 100, 1, 1);
	CHECK_INT(make_put(&m, 0), 0);
	make_note(&m, 5, 42, FLIGHT_LINE, "p:probe: \033[31mx\0crucible", 25);
	CHECK_INT(make_put(&m, 2), 0);
	CHECK_INT(decode(&m), 0);
	CHECK_STR(events(),
		  "        crucible-42      [...]     0.000000005: p:probe: \\x1b[31mx\n"
		  "           <...>-7       [000]     0.000000010: two_numbers: a 1 b 0x1\n");
	CHECK_INT(stats.events, 2);
	make_end(&m);
}

/* A text of the event: where it is, how long, and `bytes` of it. */
static void put_named(struct make *m, uint64_t time, uint16_t at, uint16_t length,
		      const char *bytes, size_t size)
{
	char fields[128] = { 0 };
	uint32_t where = at | (uint32_t)length << 16;

	memcpy(fields, &where, sizeof(where));
	memcpy(fields + sizeof(where), bytes, size);
	make_record(m, time, 102, 7, fields, sizeof(where) + size);
}

static void texts_are_taken_from_the_event_alone(void)
{
	struct make m;

	begin(&m);
	put_named(&m, 10, 12, 5, "file", 5);
	put_named(&m, 20, 12, 8, "\033]0;x\007\377", 8);
	put_named(&m, 30, 12, 20, "longer and longer", 18);
	/* behind what there is, where an event before was longer */
	put_named(&m, 40, 12, 2, "x", 2);
	put_named(&m, 50, 24, 5, "", 0);
	put_named(&m, 60, 65535, 65535, "", 0);
	CHECK_INT(make_put(&m, 0), 0);
	CHECK_INT(decode(&m), 0);
	CHECK(strstr(text, "0.000000010: named: name=file.\n"));
	CHECK(strstr(text, "0.000000020: named: name=\\x1b]0;x\\x07\\xff.\n"));
	CHECK(strstr(text, "0.000000040: named: name=x.\n"));
	CHECK(strstr(text, "0.000000050: named: name=.\n"));
	CHECK(strstr(text, "0.000000060: named: name=.\n"));
	make_end(&m);
}

static void addresses_become_symbols(void)
{
	struct make m;

	begin(&m);
	put_two(&m, 10, 103, 0xffffffff81000012, 0);
	put_two(&m, 20, 103, 0xffffffff91000012, 0);
	CHECK_INT(make_put(&m, 0), 0);
	CHECK_INT(decode(&m), 0);
	CHECK(strstr(text, "caller: one+0x12/0x100 from one.\n"));
	CHECK(strstr(text, "caller: 0xffffffff91000012 from 0xffffffff91000012.\n"));
	make_end(&m);
}

static void what_has_no_format_is_printed_as_it_is(void)
{
	struct make m;

	begin(&m);
	put_two(&m, 10, 4242, 0x0807060504030201, 0xff);
	put_two(&m, 20, 104, 1009, 0);
	/* too short for its format */
	make_record(&m, 30, 100, 7, "\1\2\3\4\5\6\7\10", 8);
	CHECK_INT(make_put(&m, 0), 0);
	CHECK_INT(decode(&m), 0);
	CHECK(strstr(text, "event_4242: 0102030405060708 ff00000000000000\n"));
	CHECK(strstr(text, "unknown_function: ") && strstr(text, "1009"));
	CHECK(strstr(text, "two_numbers: 0102030405060708\n"));
	CHECK_INT(stats.odd, 3);
	CHECK_INT(stats.events, 3);
	make_end(&m);
}

/* Dividing by 0 ends the process that decodes: the rest is there all the same, and nothing twice.
 */
static void library_that_falls_takes_no_other_event_along(void)
{
	char line[64];
	struct make m;

	begin(&m);
	for (int i = 0; i < 300; i++)
		put_two(&m, 10 + i, i % 3 ? 100 : 101, i, i == 150 ? 0 : 1);
	CHECK_INT(make_put(&m, 0), 0);
	CHECK_INT(decode(&m), 0);
	CHECK_INT(stats.events, 300);
	CHECK(strstr(text, "division: 9600000000000000 0000000000000000\n"));
	for (int i = 0; i < 300; i++) {
		const char *found;

		snprintf(line, sizeof(line), "[000]     0.%09d: ", 10 + i);
		found = strstr(text, line);
		CHECK(found && !strstr(found + 1, line));
	}
	make_end(&m);
}

static void damage_is_told(void)
{
	char path[160];
	struct make m;

	begin(&m);
	put_two(&m, 10, 100, 1, 1);
	CHECK_INT(make_put(&m, 0), 0);
	make_path(&m, "cpu0.0", path);
	CHECK_INT(truncate(path, 60), 0);
	CHECK_INT(decode(&m), 0);
	CHECK_INT(stats.damaged, 60 - sizeof(struct raw_head));
	CHECK(strstr(text, "# 36 bytes of the recording are cut off or damaged\n"));
	make_path(&m, "about", path);
	CHECK_INT(truncate(path, 30), 0);
	CHECK_INT(decode(&m), -EBADMSG);
	make_end(&m);
}

static void output_that_is_full_is_an_error(void)
{
	struct make m;
	char why[256];
	FILE *out;

	begin(&m);
	for (int i = 0; i < 1000; i++)
		put_two(&m, 10 + i, 100, i, 1);
	CHECK_INT(make_put(&m, 0), 0);
	out = fopen("/dev/full", "we");
	CHECK_INT(flight_decode(m.dir, out, &stats, why, sizeof(why)), -ENOSPC);
	fclose(out);
	make_end(&m);
}

#else

static void library_is_missed(void)
{
	struct make m;

	begin(&m);
	CHECK_INT(decode(&m), -ENOTSUP);
	make_end(&m);
}

#endif

static const struct test tests[] = {
#ifdef HAVE_TRACEEVENT
	TEST(events_come_by_time_with_their_fields),
	TEST(head_says_what_it_is),
	TEST(losses_stand_where_they_were),
	TEST(lines_are_events_too),
	TEST(texts_are_taken_from_the_event_alone),
	TEST(addresses_become_symbols),
	TEST(what_has_no_format_is_printed_as_it_is),
	TEST(library_that_falls_takes_no_other_event_along),
	TEST(damage_is_told),
	TEST(output_that_is_full_is_an_error),
#else
	TEST(library_is_missed),
#endif
};

TEST_MAIN("flight_decode")
