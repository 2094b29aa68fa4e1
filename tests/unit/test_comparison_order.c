// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The order of a comparison's stages: what a person sees first should be the cause.
 */
#include "compare/comparison_order.h"
#include "test.h"

#define MOST 12

static struct stage_change listed[MOST];
static int n;

static void add(const char *name, enum verdict verdict, enum metric main, double low, double high)
{
	struct stage_change *stage = &listed[n++];

	*stage = (struct stage_change){
		.name = name,
		.depth = stage_depth_of(name),
		.waits = stage_waits(name),
		.verdict = verdict,
		.main = main,
	};
	stage->changes[main] = (struct change){
		.verdict = verdict, .worse = (low + high) / 2, .worse_low = low, .worse_high = high
	};
}

static void slower(const char *name, double low, double high)
{
	add(name, VERDICT_SLOWER, METRIC_MEAN, low, high);
}

/* Orders them, as they are and turned round, and compares with the names in `want`. */
static void check_order(const char *want)
{
	struct stage_change turned[MOST];
	char got[512];

	for (int i = 0; i < n; i++)
		turned[i] = listed[n - 1 - i];
	for (int pass = 0; pass < 2; pass++) {
		struct stage_change *ordered = pass ? turned : listed;
		size_t used = 0;

		comparison_order(ordered, n);
		got[0] = '\0';
		for (int i = 0; i < n; i++)
			used += snprintf(got + used, sizeof(got) - used, "%s%s", i ? " " : "",
					 ordered[i].name);
		CHECK_STR(got, want);
	}
	n = 0;
}

static void verdicts_go_by_their_seriousness(void)
{
	add("guest-read", VERDICT_TOO_FEW, METRIC_MEDIAN, 0, 0);
	add("guest-write", VERDICT_SAME, METRIC_MEAN, -0.02, 0.03);
	add("guest-flush", VERDICT_FASTER, METRIC_MEAN, -3, -2);
	add("net-read[0]", VERDICT_INCONCLUSIVE, METRIC_WORST, -0.9, 5);
	add("net-write[0]", VERDICT_SLOWER, METRIC_THROUGHPUT, 0.9, 1);
	add("net-flush[0]", VERDICT_SLOWER, METRIC_MEAN, 0.1, 0.2);
	check_order("net-flush[0] net-write[0] net-read[0] guest-flush guest-write guest-read");
}

static void what_moved_more_comes_first(void)
{
	add("guest-read", VERDICT_INCONCLUSIVE, METRIC_MEAN, -0.4, 0.6);
	add("guest-write", VERDICT_INCONCLUSIVE, METRIC_MEAN, -0.1, 0.5);
	add("guest-flush", VERDICT_FASTER, METRIC_MEAN, -0.5, -0.3);
	add("net-read[0]", VERDICT_FASTER, METRIC_MEAN, -0.9, -0.7);
	add("net-write[0]", VERDICT_SAME, METRIC_MEAN, -0.06, -0.04);
	add("net-flush[0]", VERDICT_SAME, METRIC_MEAN, 0, 0.04);
	add("extent-write", VERDICT_TOO_FEW, METRIC_MEDIAN, 0, 0);
	add("extent-read", VERDICT_TOO_FEW, METRIC_MEDIAN, 0, 0);
	check_order("guest-write guest-read net-read[0] guest-flush net-write[0] net-flush[0] "
		    "extent-read extent-write");
}

/* The same time added is less of a longer time: +100 % at the file, +25 % for the guest. */
static void one_cause_is_diluted_outward(void)
{
	slower("guest-write", 0.20, 0.25);
	slower("net-write[0]", 0.26, 0.32);
	slower("downstairs-write", 0.35, 0.41);
	slower("downstairs-write-os", 0.45, 0.50);
	slower("extent-write", 0.52, 0.58);
	slower("extent-write-file", 0.65, 0.73);
	check_order("extent-write-file extent-write downstairs-write-os downstairs-write "
		    "net-write[0] guest-write");
}

/* Intervals overlap: the innermost, though that around it was measured better. */
static void noise_hides_which_moved_more(void)
{
	slower("guest-write", 0.20, 0.25);
	slower("extent-write", 0.52, 0.58);
	slower("extent-write-file", 0.40, 0.90);
	slower("downstairs-write-os", 0.51, 0.57);
	check_order("extent-write-file extent-write downstairs-write-os guest-write");
	/* the innermost of those that overlap with what moved most, not with each other */
	slower("downstairs-write-os", 0.50, 0.60);
	slower("extent-write", 0.30, 0.52);
	slower("extent-write-file", 0.20, 0.45);
	check_order("extent-write downstairs-write-os extent-write-file");
}

/* A flush that waits for writes is slow because of them. */
static void operations_wait_for_each_other(void)
{
	slower("guest-flush", 0.30, 0.40);
	slower("extent-write-file", 0.28, 0.38);
	check_order("extent-write-file guest-flush");
}

/* What is further in and moved surely less is another matter. */
static void depth_does_not_win_over_size(void)
{
	slower("guest-write", 0.60, 0.70);
	slower("net-write[1]", 0.90, 0.95);
	slower("extent-write-file", 0.12, 0.20);
	check_order("net-write[1] guest-write extent-write-file");
}

/* Of steps of the same depth, neither of which is inside of the other, the one that moved more. */
static void depth_does_not_tell_steps_apart(void)
{
	slower("extent-flush-file", 0.30, 0.60);
	slower("extent-write-file", 0.35, 0.40);
	check_order("extent-write-file extent-flush-file");
	slower("extent-flush", 0.5, 0.6);
	slower("extent-flush-file", 0.30, 0.70);
	slower("extent-write-file", 0.35, 0.52);
	check_order("extent-write-file extent-flush-file extent-flush");
}

/* A queue before slower work grows by more than the work's time. */
static void waits_give_way_to_work(void)
{
	slower("downstairs-write-queue", 1.5, 1.6);
	slower("downstairs-write-os", 0.20, 0.24);
	slower("extent-write-file", 0.25, 0.29);
	slower("guest-write", 0.6, 0.7);
	check_order("extent-write-file downstairs-write-os downstairs-write-queue guest-write");
	/* as deep as the queue itself */
	slower("downstairs-write-queue", 1.5, 1.6);
	slower("downstairs-write-os", 0.20, 0.24);
	check_order("downstairs-write-os downstairs-write-queue");
	slower("disk-write-queued[vda]", 1.5, 1.6);
	slower("disk-write-device[vda]", 0.20, 0.24);
	check_order("disk-write-device[vda] disk-write-queued[vda]");
	slower("to-downstairs-write", 1.5, 1.6);
	slower("net-write[2]", 0.20, 0.24);
	check_order("net-write[2] to-downstairs-write");
	/* two waits, one inside of the other */
	slower("to-downstairs-write", 1.5, 1.6);
	slower("downstairs-write-queue", 0.9, 1);
	slower("net-write[2]", 0.22, 0.26);
	slower("downstairs-write-os", 0.20, 0.25);
	check_order("downstairs-write-os downstairs-write-queue net-write[2] to-downstairs-write");
}

/* A wait that nothing further in explains is the cause itself. */
static void a_wait_may_be_the_cause(void)
{
	slower("guest-write", 0.3, 0.4);
	slower("downstairs-write", 0.6, 0.7);
	slower("downstairs-write-queue", 1.5, 1.6);
	check_order("downstairs-write-queue downstairs-write guest-write");
	/* a device's name makes no wait */
	slower("guest-write", 0.3, 0.4);
	slower("disk-write-device[x-queue]", 0.5, 0.6);
	slower("disk-write-device[vda]", 0.4, 0.45);
	check_order("disk-write-device[x-queue] disk-write-device[vda] guest-write");
}

/* Throughput falls everywhere when one stage slows. */
static void throughput_comes_behind_latency(void)
{
	add("extent-write-file", VERDICT_SLOWER, METRIC_THROUGHPUT, 0.6, 0.7);
	add("guest-write", VERDICT_SLOWER, METRIC_THROUGHPUT, 0.65, 0.8);
	slower("guest-flush", 0.1, 0.2);
	check_order("guest-flush extent-write-file guest-write");
}

static void none_and_one(void)
{
	check_order("");
	slower("guest-write", 0.3, 0.4);
	check_order("guest-write");
}

static const struct test tests[] = {
	TEST(verdicts_go_by_their_seriousness),
	TEST(what_moved_more_comes_first),
	TEST(one_cause_is_diluted_outward),
	TEST(noise_hides_which_moved_more),
	TEST(operations_wait_for_each_other),
	TEST(depth_does_not_win_over_size),
	TEST(depth_does_not_tell_steps_apart),
	TEST(waits_give_way_to_work),
	TEST(a_wait_may_be_the_cause),
	TEST(throughput_comes_behind_latency),
	TEST(none_and_one),
};

TEST_MAIN("comparison_order")
