// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The reader of the flight recorder's rings: whole records in order, the end of a ring passed, who
 * was on the CPU, and memory that makes no sense.
 */
#include "flight/rings.h"
#include "test.h"

#define SIZE 65536

static struct flight_ring ring[2];
static char bytes[2][SIZE + FLIGHT_SLACK] __attribute__((aligned(8)));
static struct flight_note comm[2];
static struct rings rings = { ring, bytes[0], 2, SIZE, comm, RINGS_PIECE, 0 };

static void reset(uint64_t start)
{
	memset(ring, 0, sizeof(ring));
	memset(bytes, 0xa5, sizeof(bytes));
	memset(comm, 0, sizeof(comm));
	rings.broken = 0;
	ring[1].head = ring[1].tail = start;
}

/* As the program does it: in one piece, over the end if need be. */
static struct flight_record *put(uint64_t time, uint16_t id, uint16_t size)
{
	struct flight_record *r = (struct flight_record *)(bytes[1] + ring[1].head % SIZE);

	memset(r, id, size);
	*r = (struct flight_record){ time, id, size, 7 };
	ring[1].head += size;
	return r;
}

static void put_comm(uint64_t time, const char *name)
{
	struct flight_note *note = (struct flight_note *)put(time, 0, sizeof(*note));

	note->kind = FLIGHT_COMM;
	memset(note->comm, 0, sizeof(note->comm));
	memcpy(note->comm, name, strlen(name));
}

static void nothing_has_come(void)
{
	struct rings_piece p;

	reset(4242 * 8);
	CHECK(!rings_look(&rings, 1, &p));
	CHECK(!rings_look(&rings, 0, &p));
}

static void records_come_in_one_piece(void)
{
	struct rings_piece p;

	reset(0);
	put(10, 1, 24);
	put(20, 2, 32);
	CHECK(rings_look(&rings, 1, &p));
	CHECK_INT(p.keep.events, 2);
	CHECK_INT(p.keep.first, 10);
	CHECK_INT(p.keep.last, 20);
	CHECK_INT(p.bytes, 56);
	CHECK(p.keep.parts[0].iov_base == bytes[1]);
	CHECK_INT(p.keep.parts[0].iov_len, 56);
	CHECK_INT(p.keep.parts[1].iov_len, 0);
	/* not taken yet */
	CHECK_INT(ring[1].tail, 0);
	rings_take(&rings, 1, &p);
	CHECK_INT(ring[1].tail, 56);
	CHECK(!rings_look(&rings, 1, &p));
}

/* A record that begins before the end goes on behind it; the next begins where it would have. */
static void end_is_passed_inside_a_record(void)
{
	struct rings_piece p;
	struct flight_record *over, *next;

	reset(SIZE - 40);
	put(10, 1, 24);
	over = put(20, 2, 32);
	next = put(30, 3, 24);
	CHECK((char *)next == bytes[1] + 16);
	CHECK(rings_look(&rings, 1, &p));
	CHECK_INT(p.keep.events, 3);
	CHECK(p.keep.parts[0].iov_base == bytes[1] + SIZE - 40);
	CHECK_INT(p.keep.parts[0].iov_len, 56);
	CHECK((char *)over + over->size == (char *)p.keep.parts[0].iov_base + 56);
	CHECK(p.keep.parts[1].iov_base == (void *)next);
	CHECK_INT(p.keep.parts[1].iov_len, 24);
	rings_take(&rings, 1, &p);
	CHECK_INT(ring[1].tail, SIZE + 40);
}

static void end_is_passed_between_records(void)
{
	struct rings_piece p;

	reset(SIZE - 24);
	put(10, 1, 24);
	put(20, 2, 24);
	CHECK(rings_look(&rings, 1, &p));
	CHECK_INT(p.keep.parts[0].iov_len, 24);
	CHECK(p.keep.parts[1].iov_base == bytes[1]);
	CHECK_INT(p.keep.parts[1].iov_len, 24);
}

static void piece_opens_with_who_was_on_the_cpu(void)
{
	struct rings_piece p;

	reset(0);
	put_comm(10, "one");
	put(10, 1, 24);
	CHECK(rings_look(&rings, 1, &p));
	/* nobody is known before the first note */
	CHECK_INT(p.keep.opening.iov_len, 0);
	CHECK_INT(p.keep.events, 1);
	rings_take(&rings, 1, &p);
	put(30, 2, 24);
	put_comm(40, "two");
	put(40, 3, 24);
	CHECK(rings_look(&rings, 1, &p));
	CHECK_INT(p.keep.opening.iov_len, sizeof(struct flight_note));
	CHECK_STR(p.opening.comm, "one");
	CHECK_INT(p.opening.head.tid, 7);
	/* of the piece's time, so that times do not go back */
	CHECK_INT(p.opening.head.time, 30);
	CHECK_STR(p.comm.comm, "two");
	rings_take(&rings, 1, &p);
	put(50, 4, 24);
	CHECK(rings_look(&rings, 1, &p));
	CHECK_STR(p.opening.comm, "two");
}

static void much_comes_in_several_pieces(void)
{
	static char big[(4 << 20) + FLIGHT_SLACK] __attribute__((aligned(8)));
	static struct flight_ring one;
	static struct flight_note no_comm;
	struct rings r = { &one, big, 1, 4 << 20, &no_comm, RINGS_PIECE, 0 };
	struct rings_piece p;
	uint64_t events = 0, pieces = 0;

	for (uint64_t at = 0; at < (3 << 20); at += 1024) {
		*(struct flight_record *)(big + at) = (struct flight_record){ at, 1, 1024, 0 };
		one.head = at + 1024;
	}
	while (rings_look(&r, 0, &p)) {
		CHECK(p.bytes <= RINGS_PIECE + FLIGHT_RECORD_MAX);
		CHECK_INT(p.keep.first, events * 1024);
		events += p.keep.events;
		pieces++;
		rings_take(&r, 0, &p);
	}
	CHECK_INT(events, 3 << 10);
	CHECK_INT(pieces, 3);
	CHECK_INT(one.tail, one.head);
}

static void what_makes_no_sense_is_passed_over(void)
{
	static const uint16_t sizes[] = { 0, 8, 20, 65528, 400 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct rings_piece p;

		reset(0);
		put(10, 1, 24);
		put(20, 2, 48)->size = sizes[i];
		put(30, 3, 24);
		CHECK(rings_look(&rings, 1, &p));
		CHECK_INT(p.keep.events, 1);
		CHECK_INT(p.keep.parts[0].iov_len, 24);
		rings_take(&rings, 1, &p);
		CHECK_INT(rings.broken, 1);
		CHECK_INT(ring[1].tail, ring[1].head);
	}
}

static const struct test tests[] = {
	TEST(nothing_has_come),
	TEST(records_come_in_one_piece),
	TEST(end_is_passed_inside_a_record),
	TEST(end_is_passed_between_records),
	TEST(piece_opens_with_who_was_on_the_cpu),
	TEST(much_comes_in_several_pieces),
	TEST(what_makes_no_sense_is_passed_over),
};

TEST_MAIN("rings")
