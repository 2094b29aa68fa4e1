// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * blk-latency's table: a line for each device and operation, from rows of a snapshot and what is in
 * flight.
 */
#include <stdlib.h>

#include "reports/blk_table.h"
#include "test.h"

#define SECOND 1000000000ULL

/* Devices are called by their number: "d7". */
static char *name_of(void *arg, uint32_t dev, char *dst, size_t size)
{
	(void)arg;
	snprintf(dst, size, "d%u", dev);
	return dst;
}

static struct blk_table *table_new(bool by_process, uint64_t elapsed)
{
	return blk_table__new(&(struct blk_table_options){
		.by_process = by_process, .elapsed = elapsed, .name = name_of });
}

static void add(struct blk_table *t, struct snapshot_row *rows, int n)
{
	struct snapshot s = { .rows = rows, .nrows = n };

	CHECK_INT(blk_table_add(t, &s), 0);
}

#define ADD(t, ...)                                            \
	do {                                                   \
		struct snapshot_row rows_[] = { __VA_ARGS__ }; \
		add(t, rows_, sizeof(rows_) / sizeof(*rows_)); \
	} while (0)

/* What it prints; freed with the table at the next call. */
static const char *printed(struct blk_table *t, bool json)
{
	static char *text;
	struct render render = { .report = "r", .json = json };
	size_t size;

	free(text);
	render.out = open_memstream(&text, &size);
	blk_table_print(t, &render);
	fclose(render.out);
	blk_table__free(t);
	return text;
}

#define TITLES                                                                                      \
	"DEVICE       OP               COUNT         BYTES    MERGED  REQUEUED    ERRORS IN-FLIGHT" \
	"     DEPTH\n"

static void nothing_prints_nothing(void)
{
	CHECK_STR(printed(table_new(false, SECOND), false), "");
	CHECK_STR(printed(table_new(false, SECOND), true), "");
}

static void rows_become_a_line(void)
{
	struct blk_table *t = table_new(false, 2 * SECOND);

	ADD(t, { .row = BLOCK_ROW(BLOCK_READ, BLOCK_QUEUED), .by = 7, .count = 3, .sum = 99 },
	    { .row = BLOCK_ROW(BLOCK_READ, BLOCK_ISSUED), .by = 7, .count = 3, .sum = 5 * SECOND },
	    { .row = BLOCK_ROW(BLOCK_READ, BLOCK_BYTES), .by = 7, .count = 3, .sum = 12288 },
	    { .row = BLOCK_COUNT_ROW(BLOCK_READ, BLOCK_MERGED), .by = 7, .count = 4 },
	    { .row = BLOCK_COUNT_ROW(BLOCK_READ, BLOCK_REQUEUED), .by = 7, .count = 5 },
	    { .row = BLOCK_COUNT_ROW(BLOCK_READ, BLOCK_ERRORS), .by = 7, .count = 6 });
	/* 5 s at the device, all together, within 2 s: 2.5 at the same time */
	CHECK_STR(printed(t, false),
		  TITLES "d7           read                 3         12288         4         5"
			 "         6         0      2.50\n");
}

static void lines_are_in_order(void)
{
	struct blk_table *t = table_new(false, SECOND);
	char *last = NULL, *text;
	static const char *const order[] = { "d2           read", "d2           write-zeroes",
					     "d10          write", "d10          flush" };

	ADD(t, { .row = BLOCK_ROW(BLOCK_FLUSH, BLOCK_ISSUED), .by = 10, .count = 1 },
	    { .row = BLOCK_ROW(BLOCK_ZEROES, BLOCK_ISSUED), .by = 2, .count = 1 },
	    { .row = BLOCK_ROW(BLOCK_WRITE, BLOCK_ISSUED), .by = 10, .count = 1 },
	    { .row = BLOCK_ROW(BLOCK_READ, BLOCK_ISSUED), .by = 2, .count = 1 });
	text = (char *)printed(t, false);
	for (int i = 0; i < 4; i++) {
		char *at = strstr(text, order[i]);

		CHECK(at && at > last);
		last = at;
	}
}

/* Writes without data, which only ask for a flush, are a line of their own. */
static void preflushes_have_their_line(void)
{
	struct blk_table *t = table_new(false, SECOND);

	ADD(t, { .row = BLOCK_COUNT_ROW(BLOCK_WRITE, BLOCK_PREFLUSHS), .by = 7, .count = 8 });
	CHECK_STR(printed(t, false),
		  TITLES "d7           write                0             0         0         0"
			 "         0         0      0.00\n"
			 "d7           preflush             8             -         -         -"
			 "         -         -         -\n");
}

static void rows_of_an_idle_interval_are_no_lines(void)
{
	struct blk_table *t = table_new(false, SECOND);

	ADD(t, { .row = BLOCK_ROW(BLOCK_READ, BLOCK_ISSUED), .by = 7, .count = 0 });
	CHECK_STR(printed(t, false), "");
}

/* A device that hangs has a line though nothing has ended. */
static void in_flight_is_what_the_driver_has(void)
{
	struct block_request at = { .issued = 1, .dev = 7, .op = BLOCK_WRITE, .tgid = 42 };
	struct block_request queued = { .began = 1, .dev = 7, .op = BLOCK_WRITE, .tgid = 42 };
	struct blk_table *t = table_new(false, SECOND);

	CHECK_INT(blk_table_add_inflight(t, &at), 0);
	CHECK_INT(blk_table_add_inflight(t, &at), 0);
	CHECK_INT(blk_table_add_inflight(t, &queued), 0);
	CHECK_STR(printed(t, false),
		  TITLES "d7           write                0             0         0         0"
			 "         0         2      0.00\n");
	/* what can't be an operation is not believed */
	t = table_new(false, SECOND);
	at.op = BLOCK_OPS;
	CHECK_INT(blk_table_add_inflight(t, &at), 0);
	CHECK_STR(printed(t, false), "");
}

static void processes_have_lines_of_their_own(void)
{
	struct block_request at = { .issued = 1, .dev = 7, .op = BLOCK_READ, .tgid = 42 };
	struct blk_table *t = table_new(true, SECOND);

	ADD(t, { .row = BLOCK_ROW(BLOCK_READ, BLOCK_ISSUED), .by = 7, .tgid = 43, .count = 1 });
	CHECK_INT(blk_table_add_inflight(t, &at), 0);
	CHECK_STR(printed(t, false),
		  "     PID " TITLES
		  "      42 d7           read                 0             0         0         0"
		  "         0         1      0.00\n"
		  "      43 d7           read                 1             0         0         0"
		  "         0         0      0.00\n");
}

static void json_has_the_same(void)
{
	struct blk_table *t = table_new(true, 2 * SECOND);
	const char *text;

	ADD(t,
	    { .row = BLOCK_ROW(BLOCK_WRITE, BLOCK_ISSUED),
	      .by = 7,
	      .tgid = 42,
	      .count = 3,
	      .sum = SECOND },
	    { .row = BLOCK_ROW(BLOCK_WRITE, BLOCK_BYTES),
	      .by = 7,
	      .tgid = 42,
	      .sum = 512,
	      .count = 3 },
	    { .row = BLOCK_COUNT_ROW(BLOCK_WRITE, BLOCK_PREFLUSHS),
	      .by = 7,
	      .tgid = 42,
	      .count = 9 });
	text = printed(t, true);
	CHECK_STR(strstr(text, "\"event\""),
		  "\"event\":\"requests\",\"pid\":42,\"device\":\"d7\",\"op\":\"write\","
		  "\"count\":3,\"bytes\":512,\"merged\":0,\"requeued\":0,\"errors\":0,"
		  "\"preflushes\":9,\"in_flight\":0,\"depth\":0.5}\n");
}

static const struct test tests[] = {
	TEST(nothing_prints_nothing),
	TEST(rows_become_a_line),
	TEST(lines_are_in_order),
	TEST(preflushes_have_their_line),
	TEST(rows_of_an_idle_interval_are_no_lines),
	TEST(in_flight_is_what_the_driver_has),
	TEST(processes_have_lines_of_their_own),
	TEST(json_has_the_same),
};

TEST_MAIN("blk_table")
