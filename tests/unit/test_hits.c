// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The reader of the hits' rings: order, wrap-around, and records that are still being written.
 */
#include "core/hits.h"
#include "test.h"

#define STRIPES 2
#define PLACES	4

static struct hit_ring rings[STRIPES];
static struct hit_place places[STRIPES * PLACES];
static const struct hits hits = { .rings = rings,
				  .places = (char *)places,
				  .stripes = STRIPES,
				  .places_each = PLACES,
				  .place_size = sizeof(struct hit_place) };
static char seen[64];

/* As the program in the kernel does it: takes a place, fills it, says so. */
static struct hit_place *take(int stripe, uint64_t time)
{
	uint64_t turn = rings[stripe].head++;
	struct hit_place *place = &places[stripe * PLACES + turn % PLACES];

	place->hit.head.time = time;
	return place;
}

static void write_hit(int stripe, uint64_t time)
{
	uint64_t turn = rings[stripe].head;

	take(stripe, time)->turn = turn + 1;
}

static void see(void *arg, const void *record, size_t size)
{
	const struct record_hit *r = record;
	char one[16];

	(void)arg;
	CHECK_INT(size, sizeof(struct record_hit));
	snprintf(one, sizeof(one), "%d ", (int)r->head.time);
	strcat(seen, one);
}

static void reset(void)
{
	memset(rings, 0, sizeof(rings));
	memset(places, 0, sizeof(places));
	seen[0] = '\0';
}

static void rings_are_merged_by_time(void)
{
	reset();
	write_hit(0, 10);
	write_hit(0, 40);
	write_hit(1, 20);
	write_hit(1, 30);
	CHECK_INT(hits_drain(&hits, UINT64_MAX, see, NULL), 4);
	CHECK_STR(seen, "10 20 30 40 ");
	CHECK_INT(rings[0].tail, 2);
	CHECK_INT(rings[1].tail, 2);
	CHECK_INT(hits_drain(&hits, UINT64_MAX, see, NULL), 0);
}

static void places_are_used_again(void)
{
	reset();
	for (int lap = 0; lap < 3; lap++) {
		for (int i = 0; i < PLACES; i++)
			write_hit(0, lap * PLACES + i);
		CHECK_INT(hits_drain(&hits, UINT64_MAX, see, NULL), PLACES);
	}
	CHECK_STR(seen, "0 1 2 3 4 5 6 7 8 9 10 11 ");
}

static void unfinished_record_holds_up_its_ring_alone(void)
{
	struct hit_place *slow;

	reset();
	write_hit(0, 10);
	slow = take(0, 20); /* its writer was interrupted */
	write_hit(0, 30);
	write_hit(1, 25);
	CHECK_INT(hits_drain(&hits, UINT64_MAX, see, NULL), 2);
	CHECK_STR(seen, "10 25 ");
	slow->turn = 2;
	CHECK_INT(hits_drain(&hits, UINT64_MAX, see, NULL), 2);
	CHECK_STR(seen, "10 25 20 30 ");
}

static void younger_hits_wait_for_their_turn(void)
{
	reset();
	write_hit(0, 10);
	write_hit(0, 31);
	write_hit(1, 30);
	write_hit(1, 40);
	/* of the moment itself, too */
	CHECK_INT(hits_drain(&hits, 30, see, NULL), 2);
	CHECK_STR(seen, "10 30 ");
	CHECK_INT(rings[0].tail, 1);
	CHECK_INT(rings[1].tail, 1);
	CHECK_INT(hits_drain(&hits, 30, see, NULL), 0);
	CHECK_INT(hits_drain(&hits, 40, see, NULL), 2);
	CHECK_STR(seen, "10 30 31 40 ");
}

static const struct test tests[] = {
	TEST(rings_are_merged_by_time),
	TEST(places_are_used_again),
	TEST(unfinished_record_holds_up_its_ring_alone),
	TEST(younger_hits_wait_for_their_turn),
};

TEST_MAIN("hits")
