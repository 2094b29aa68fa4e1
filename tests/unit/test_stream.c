// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The stream of hits: those with texts come by another way than those without, and all have to be
 * handed on in the order of their times. The tracer here is a list of records.
 */
#include <stddef.h>
#include <stdlib.h>

/* a copy of the module, over a tracer of our own */
#define tracer_drain  fake_drain
#define tracer_probes fake_probes
#define stream__new   copy_stream__new
#define stream__free  copy_stream__free
#define stream_drain  copy_stream_drain
#define stream_lost   copy_stream_lost
#include "core/stream.c"

#include "test.h"

#define MAX 16

/* What the tracer has: what came through the ring buffer, and through the rings of plain hits. */
static struct {
	struct record_text *texts[MAX];
	int ntexts;
	struct record_hit hits[MAX];
	int nhits;
	struct record_slow slow;
	bool has_slow;
} tracer;

static char seen[512];

int fake_drain(struct tracer *t, uint64_t until, tracer_record_fn fn, void *arg)
{
	int n = 0, kept = 0;

	(void)t;
	if (tracer.has_slow)
		fn(arg, &tracer.slow, sizeof(tracer.slow));
	n += tracer.has_slow;
	tracer.has_slow = false;
	for (int i = 0; i < tracer.ntexts; i++, n++) {
		struct record_text *r = tracer.texts[i];

		fn(arg, r, offsetof(struct record_text, text) + r->size);
		memset(r, 0xee, sizeof(*r)); /* the ring's place is used again */
		free(r);
	}
	tracer.ntexts = 0;
	for (int i = 0; i < tracer.nhits; i++) {
		if (tracer.hits[i].head.time > until)
			tracer.hits[kept++] = tracer.hits[i];
		else
			fn(arg, &tracer.hits[i], sizeof(tracer.hits[i])), n++;
	}
	tracer.nhits = kept;
	return n;
}

const struct hit_probe *fake_probes(const struct tracer *t, int *n)
{
	static const struct hit_probe probes[] = {
		{ .provider = "p", .name = "plain", .nargs = 2 },
		{ .provider = "p", .name = "texts", .nargs = 3, .texts = 6 },
	};

	(void)t;
	*n = 2;
	return probes;
}

static void add_hit(uint64_t time, uint64_t arg0, uint64_t arg1)
{
	tracer.hits[tracer.nhits++] = (struct record_hit){
		.head = { .time = time, .tgid = 5, .tid = 6, .kind = RECORD_HIT, .site = 0 },
		.args = { arg0, arg1, 99 },
	};
}

/* A hit of probe 1: a number and two texts. */
static void add_text(uint64_t time, uint32_t probe, const char *one, const char *two)
{
	struct record_text *r = calloc(1, sizeof(*r));

	r->head = (struct record){
		.time = time, .tgid = 5, .tid = 6, .kind = RECORD_TEXT, .site = probe
	};
	r->args[0] = 77;
	r->begin[1] = 0;
	strcpy(r->text, one);
	r->begin[2] = (strlen(one) + 8) & ~7u;
	strcpy(r->text + r->begin[2], two);
	r->size = r->begin[2] + strlen(two) + 1;
	r->cut = 4;
	tracer.texts[tracer.ntexts++] = r;
}

static void on_hit(void *arg, const struct hit *hit)
{
	char one[96];

	CHECK(arg == seen);
	CHECK_INT(hit->tgid, 5);
	CHECK_INT(hit->tid, 6);
	if (hit->probe == 0)
		snprintf(one, sizeof(one), "%d(%d,%d,%d) ", (int)hit->time, (int)hit->args[0],
			 (int)hit->args[1], (int)hit->args[2]);
	else
		snprintf(one, sizeof(one), "%d(%d,%s,%s%s) ", (int)hit->time, (int)hit->args[0],
			 hit->text[1], hit->text[2], hit->cut & 4 ? "..." : "");
	CHECK(!hit->text[0]);
	strcat(seen, one);
}

static void on_slow(void *arg, const struct record_slow *slow)
{
	char one[32];

	(void)arg;
	snprintf(one, sizeof(one), "slow:%d ", (int)slow->duration);
	strcat(seen, one);
}

static struct stream *stream_of(void (*hit)(void *, const struct hit *),
				void (*slow)(void *, const struct record_slow *))
{
	const struct stream_handlers handlers = { .hit = hit, .slow = slow, .arg = seen };

	seen[0] = '\0';
	return stream__new(NULL, 2, &handlers);
}

static void hits_of_both_kinds_come_in_order(void)
{
	struct stream *s = stream_of(on_hit, NULL);

	add_hit(10, 1, 2);
	add_hit(30, 3, 4);
	/* CPUs put them into their ring in another order than they happened in */
	add_text(40, 1, "d", "D");
	add_text(20, 1, "b", "B");
	add_text(5, 1, "a", "A");
	add_hit(50, 5, 6);
	CHECK_INT(stream_drain(s), 6);
	CHECK_STR(seen, "5(77,a,A...) 10(1,2,0) 20(77,b,B...) 30(3,4,0) 40(77,d,D...) 50(5,6,0) ");
	CHECK_INT(stream_drain(s), 0);
	CHECK_INT(stream_lost(s), 0);
	stream__free(s);
}

static void at_the_same_time_texts_come_first(void)
{
	struct stream *s = stream_of(on_hit, NULL);

	add_hit(20, 1, 2);
	add_text(20, 1, "b", "B");
	stream_drain(s);
	CHECK_STR(seen, "20(77,b,B...) 20(1,2,0) ");
	stream__free(s);
}

static void what_is_younger_than_the_look_waits(void)
{
	uint64_t later = monotonic_now() + 50000000; /* 50 ms */
	struct stream *s = stream_of(on_hit, NULL);

	add_text(later, 1, "late", "L");
	add_text(15, 1, "early", "E");
	stream_drain(s);
	CHECK_STR(seen, "15(77,early,E...) ");
	/* an older hit comes by the other way: it goes first */
	add_hit(later - 1, 1, 2);
	add_text(later - 2, 1, "between", "B");
	while (monotonic_now() <= later)
		;
	seen[0] = '\0';
	stream_drain(s);
	CHECK(strstr(seen, "(77,between,B...) "));
	CHECK(strstr(seen, "(77,late,L...) ") > strstr(seen, "(1,2,0) "));
	CHECK(strstr(seen, "(1,2,0) ") > strstr(seen, "(77,between,B...) "));
	stream__free(s);
}

static void what_is_not_handed_on_is_freed(void)
{
	struct stream *s = stream_of(on_hit, NULL);

	/* the sanitizer looks after it */
	add_text(UINT64_MAX - 1, 1, "never", "N");
	add_text(10, 1, "now", "N");
	stream_drain(s);
	CHECK_STR(seen, "10(77,now,N...) ");
	stream__free(s);
}

static void many_texts_are_kept(void)
{
	struct stream *s = stream_of(on_hit, NULL);

	for (int lap = 0; lap < 40; lap++) {
		for (int i = 0; i < MAX; i++)
			add_text(UINT64_MAX - 1, 1, "never", "N");
		stream_drain(s);
	}
	CHECK_STR(seen, "");
	add_text(1, 1, "a", "A");
	stream_drain(s);
	CHECK_STR(seen, "1(77,a,A...) ");
	stream__free(s);
}

static void slow_ios_go_to_their_handler(void)
{
	struct stream *s = stream_of(NULL, on_slow);

	tracer.slow = (struct record_slow){ .head = { .kind = RECORD_SLOW }, .duration = 123 };
	tracer.has_slow = true;
	CHECK_INT(stream_drain(s), 1);
	CHECK_STR(seen, "slow:123 ");
	stream__free(s);
	s = stream_of(on_hit, NULL);
	tracer.has_slow = true;
	CHECK_INT(stream_drain(s), 1);
	CHECK_STR(seen, "");
	stream__free(s);
}

static void records_of_no_probe_are_passed_over(void)
{
	struct stream *s = stream_of(on_hit, NULL);

	add_text(10, 7, "a", "A");
	stream_drain(s);
	CHECK_STR(seen, "");
	stream__free(s);
}

static const struct test tests[] = {
	TEST(hits_of_both_kinds_come_in_order),
	TEST(at_the_same_time_texts_come_first),
	TEST(what_is_younger_than_the_look_waits),
	TEST(what_is_not_handed_on_is_freed),
	TEST(many_texts_are_kept),
	TEST(slow_ios_go_to_their_handler),
	TEST(records_of_no_probe_are_passed_over),
};

TEST_MAIN("stream")
