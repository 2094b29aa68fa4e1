// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Duet's overlap, on streams made by hand: what of the pages that maintenance looks up was in
 * memory and why, and whose pages leave it.
 */
#include "overlap.h"
#include "test.h"

#define F SIDE_FOREGROUND
#define M SIDE_MAINTENANCE

/* Pages 0 to 63 of one file, from the beginning of the trace on. */
static struct chunk chunk;
static uint32_t age; /* half windows */

static void begin(void)
{
	chunk = (struct chunk){ .age = 10 };
	age = 10;
}

static uint64_t bits(int first, int last)
{
	return ~0ULL << first & ~0ULL >> (63 - last);
}

/* What it comes to, for pages `first` to `last`, of which `new` and behind are new to a read. */
static struct chunk_span use_new(enum chunk_verb verb, enum page_side side, int first, int last,
				 int new)
{
	struct chunk_span s = { .verb = verb, .side = side, .age = age };

	chunk_use(&chunk, &s, bits(first, last), new > last ? 0 : bits(new, last));
	return s;
}

static struct chunk_span use(enum chunk_verb verb, enum page_side side, int first, int last)
{
	return use_new(verb, side, first, last, first);
}

static void cold_pages_have_to_be_read(void)
{
	struct chunk_span s;

	begin();
	use(CHUNK_ADD, M, 0, 31);
	s = use(CHUNK_LOOK_UP, M, 0, 15);
	CHECK_INT(s.read, 16);
	CHECK_INT(s.own + s.warm, 0);
	/* read ahead, and looked up later */
	CHECK_INT(use(CHUNK_LOOK_UP, M, 16, 31).read, 16);
}

static void what_was_there_before_is_nobodys(void)
{
	struct chunk_span s;

	begin();
	s = use(CHUNK_LOOK_UP, M, 0, 63);
	CHECK_INT(s.read + s.own + s.warm, 0);
}

static void what_the_foreground_brought_is_warm(void)
{
	struct chunk_span s;

	begin();
	use(CHUNK_ADD, F, 4, 7);
	use(CHUNK_LOOK_UP, F, 4, 7);
	s = use(CHUNK_LOOK_UP, M, 0, 15);
	CHECK_INT(s.read, 0);
	CHECK_INT(s.warm, 4);
}

static void warm_pages_cool_down(void)
{
	begin();
	use(CHUNK_LOOK_UP, F, 0, 3); /* in memory from before */
	age++;
	use(CHUNK_LOOK_UP, F, 8, 9);
	CHECK_INT(use(CHUNK_LOOK_UP, M, 0, 15).warm, 6);
	age++;
	CHECK_INT(use(CHUNK_LOOK_UP, M, 0, 15).warm, 2);
	age++;
	CHECK_INT(use(CHUNK_LOOK_UP, M, 0, 15).warm, 0);
}

static void own_pages_are_not_saved(void)
{
	struct chunk_span s;

	begin();
	use(CHUNK_ADD, M, 0, 7);
	use(CHUNK_LOOK_UP, M, 0, 7);
	s = use(CHUNK_LOOK_UP, M, 0, 7);
	CHECK_INT(s.own, 8);
	CHECK_INT(s.read + s.warm, 0);
	/* used by the foreground they become its own */
	use(CHUNK_LOOK_UP, F, 0, 3);
	s = use(CHUNK_LOOK_UP, M, 0, 7);
	CHECK_INT(s.own, 4);
	CHECK_INT(s.warm, 4);
}

/* A read of many pages comes again and again with what is left of it. */
static void long_reads_count_once(void)
{
	struct chunk_span s;

	begin();
	use(CHUNK_ADD, F, 0, 9);
	use(CHUNK_ADD, M, 10, 19);
	s = use(CHUNK_LOOK_UP, M, 0, 39);
	CHECK_INT(s.warm, 10);
	CHECK_INT(s.read, 10);
	use(CHUNK_ADD, M, 20, 39);
	s = use_new(CHUNK_LOOK_UP, M, 15, 39, 40);
	CHECK_INT(s.read, 20);
	CHECK_INT(s.warm + s.own, 0);
}

static void evicted_pages_are_read_again(void)
{
	struct chunk_span s;

	begin();
	use(CHUNK_ADD, F, 0, 9);
	use(CHUNK_LOOK_UP, F, 0, 9);
	s = use(CHUNK_REMOVE, F, 0, 9);
	CHECK_INT(s.others, 10);
	CHECK_INT(s.others_warm, 10);
	use(CHUNK_ADD, M, 0, 19);
	s = use(CHUNK_FETCH, M, 0, 19);
	CHECK_INT(s.again, 10);
	CHECK_INT(s.earlier, 10);
	/* gone: what the foreground used was not there any more */
	s = use(CHUNK_LOOK_UP, M, 0, 19);
	CHECK_INT(s.read, 20);
	CHECK_INT(s.warm, 0);
	/* once is enough */
	use(CHUNK_REMOVE, F, 0, 19);
	use(CHUNK_ADD, M, 0, 19);
	CHECK_INT(use(CHUNK_FETCH, M, 0, 19).earlier, 0);
}

static void evicted_long_ago_is_only_earlier(void)
{
	struct chunk_span s;

	begin();
	use(CHUNK_ADD, F, 0, 9);
	age += 2;
	use(CHUNK_REMOVE, F, 0, 9);
	use(CHUNK_ADD, M, 0, 9);
	s = use(CHUNK_FETCH, M, 0, 9);
	CHECK_INT(s.again, 0);
	CHECK_INT(s.earlier, 10);
}

static void whose_pages_are_evicted(void)
{
	struct chunk_span s;

	begin();
	use(CHUNK_ADD, M, 0, 9);
	use(CHUNK_ADD, F, 10, 19);
	/* 20 to 29 were there before */
	s = use(CHUNK_REMOVE, M, 0, 29);
	CHECK_INT(s.others, 20);
	CHECK_INT(s.others_warm, 10);
}

static void each_side_has_its_own_reads(void)
{
	begin();
	use(CHUNK_ADD, F, 0, 9);
	use(CHUNK_ADD, M, 10, 19);
	CHECK_INT(use(CHUNK_LOOK_UP, F, 0, 19).read, 10);
	CHECK_INT(use(CHUNK_LOOK_UP, F, 0, 19).read, 0);
	/* though the foreground came first, it was maintenance's read-ahead */
	CHECK_INT(use(CHUNK_LOOK_UP, M, 0, 19).read, 10);
}

static void written_pages_were_not_read(void)
{
	begin();
	use(CHUNK_ADD, M, 0, 9);
	use(CHUNK_DIRTY, M, 0, 9);
	CHECK_INT(use(CHUNK_LOOK_UP, M, 0, 9).read, 0);
	use(CHUNK_ADD, F, 20, 29);
	use(CHUNK_DIRTY, F, 20, 29);
	CHECK_INT(use(CHUNK_LOOK_UP, F, 20, 29).read, 0);
}

static void who_dirtied_it_flushes_it(void)
{
	begin();
	use(CHUNK_DIRTY, M, 0, 9);
	use(CHUNK_DIRTY, F, 5, 14);
	CHECK_INT(use(CHUNK_FLUSH, F, 0, 19).maintained, 5);
	CHECK_INT(use(CHUNK_FLUSH, F, 0, 19).maintained, 0);
	use(CHUNK_DIRTY, M, 0, 9);
	use(CHUNK_REMOVE, M, 0, 9); /* deleted before */
	CHECK_INT(use(CHUNK_FLUSH, F, 0, 9).maintained, 0);
}

static void mapped_pages_are_those_in_memory(void)
{
	begin();
	use(CHUNK_ADD, F, 0, 9);
	age += 3;
	use(CHUNK_REMOVE, F, 0, 4);
	use(CHUNK_MAP, F, 0, 9);
	CHECK_INT(use(CHUNK_LOOK_UP, M, 0, 9).warm, 5);
	use(CHUNK_ADD, M, 32, 47);
	CHECK_INT(use(CHUNK_MAP, M, 32, 40).read, 9);
	CHECK_INT(use(CHUNK_MAP, M, 32, 47).read, 7);
}

static struct reading was;

static struct looked_up look_up(uint64_t inode, uint64_t first, uint64_t last)
{
	return reading_on(&was, &(struct reading){ inode, first, last, .dev = 7 });
}

#define NONE UINT64_MAX

static void check_new(struct looked_up r, uint64_t new, uint64_t skipped)
{
	CHECK_INT(r.new, new);
	CHECK_INT(r.skipped, skipped);
}

static void reads_in_a_row(void)
{
	was = (struct reading){ 0 };
	check_new(look_up(1, 0, 63), 0, NONE);
	check_new(look_up(1, 31, 63), 64, NONE);
	check_new(look_up(1, 62, 63), 64, NONE);
	check_new(look_up(1, 64, 127), 64, NONE);
	/* from the beginning again */
	check_new(look_up(1, 0, 63), 0, NONE);
	/* 10 KiB each: the page in the middle comes twice */
	check_new(look_up(2, 0, 2), 0, NONE);
	check_new(look_up(2, 2, 4), 3, NONE);
	check_new(look_up(2, 5, 7), 5, NONE);
	/* less than a page each */
	check_new(look_up(3, 0, 0), 0, NONE);
	check_new(look_up(3, 0, 0), 1, NONE);
	check_new(look_up(3, 1, 1), 1, NONE);
}

static void reads_that_were_not_seen(void)
{
	was = (struct reading){ 0 };
	/* the first batch of a file, of a read */
	check_new(look_up(1, 14, 31), 14, 0);
	check_new(look_up(1, 40, 63), 40, 32);
	/* somewhere else */
	check_new(look_up(1, 1000, 1031), 1000, NONE);
	check_new(look_up(2, 1000, 1031), 1000, NONE);
}

static const struct test tests[] = {
	TEST(cold_pages_have_to_be_read),
	TEST(what_was_there_before_is_nobodys),
	TEST(what_the_foreground_brought_is_warm),
	TEST(warm_pages_cool_down),
	TEST(own_pages_are_not_saved),
	TEST(long_reads_count_once),
	TEST(evicted_pages_are_read_again),
	TEST(evicted_long_ago_is_only_earlier),
	TEST(whose_pages_are_evicted),
	TEST(each_side_has_its_own_reads),
	TEST(written_pages_were_not_read),
	TEST(who_dirtied_it_flushes_it),
	TEST(mapped_pages_are_those_in_memory),
	TEST(reads_in_a_row),
	TEST(reads_that_were_not_seen),
};

TEST_MAIN("duet_overlap")
