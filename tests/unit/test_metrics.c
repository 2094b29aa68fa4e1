// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A run in one number. Values to compare with are numpy 2.4.6's, of the durations themselves, which
 * the row knows to a bucket only.
 */
#include <math.h>

#include "compare/metrics.h"
#include "test.h"

#define MS 1000000ULL

static uint64_t buckets[FOLD_BUCKETS];
static struct snapshot_row row;

static void row_clear(void)
{
	memset(buckets, 0, sizeof(buckets));
	row = (struct snapshot_row){ .buckets = buckets };
}

static void put(uint64_t ns, uint64_t n)
{
	buckets[fold_bucket(ns)] += n;
	row.count += n;
	row.sum += n * ns;
	row.max = ns > row.max ? ns : row.max;
}

static uint32_t next_random(uint32_t *x)
{
	*x = (*x * 1103515245u + 12345) & 0x7fffffff;
	return *x >> 8;
}

/* 20 to 50 us, and three of a hundred ten times that. The reference makes the same ones. */
static void put_many(int n)
{
	uint32_t x = 1;

	row_clear();
	for (int i = 0; i < n; i++) {
		uint64_t ns = 20000 + next_random(&x) % 30000;

		put(next_random(&x) % 100 < 3 ? 10 * ns : ns, 1);
	}
}

static void check_metric(enum metric metric, uint64_t ns, double want, double within)
{
	double value = NAN;

	CHECK(metric_value(metric, &row, ns, &value));
	if (fabs(value / want - 1) <= within)
		return;
	printf("# %s is %.6g, want %.6g\n", metrics[metric].key, value, want);
	test_failed = 1;
}

/*
 * numpy.quantile(d, [.5, .9, .99]), numpy.sort(d)[-200:].mean(), d.mean(). Where durations are
 * evenly distributed in a bucket, the line within it is right, but for the chance of few.
 */
static void values_are_those_of_the_durations(void)
{
	put_many(20000);
	check_metric(METRIC_MEDIAN, MS, 35344.5, 0.003);
	check_metric(METRIC_P90, MS, 47824, 0.003);
	check_metric(METRIC_P99, MS, 394522.4, 0.01);
	check_metric(METRIC_WORST, MS, 446200.1, 0.003);
	check_metric(METRIC_MEAN, MS, 44282.47485, 1e-12);
	check_metric(METRIC_THROUGHPUT, 2500 * MS, 8000, 1e-12);
}

/* Of few there is no even distribution: to a bucket. The slowest hundredth are 10.1 of 1010. */
static void values_are_within_a_bucket(void)
{
	put_many(1010);
	check_metric(METRIC_MEDIAN, MS, 34881.5, 0.06);
	check_metric(METRIC_P90, MS, 48167.1, 0.06);
	check_metric(METRIC_P99, MS, 423206.3, 0.06);
	check_metric(METRIC_WORST, MS, 462989.50495, 0.06);
	check_metric(METRIC_MEAN, MS, 48438.906931, 1e-9);
}

/* Small ones have a bucket each; the topmost bucket ends at the longest duration. */
static void exact_where_buckets_are(void)
{
	row_clear();
	put(3, 50);
	put(7, 49);
	put(12, 1);
	CHECK(metric_percentile(&row, 0.25) == 3);
	CHECK(metric_percentile(&row, 0.5) == 3);
	CHECK(metric_percentile(&row, 0.75) == 7);
	CHECK(metric_percentile(&row, 1) == 12);
	CHECK(metric_percentile(&row, 0) == 3);
	row_clear();
	put(1024 * 1024, 1000); /* the lowest of its bucket */
	for (int m = METRIC_MEDIAN; m <= METRIC_MEAN; m++)
		check_metric(m, MS, 1024 * 1024, 1e-12);
}

/* The bucket from 1024 to 1087 holds 10, that from 2048 to 2175 holds 10: by hand. */
static void a_line_within_the_bucket(void)
{
	row_clear();
	put(1030, 10);
	put(2175, 10);
	CHECK(metric_percentile(&row, 0.25) == 1024 + 63 / 2.0);
	CHECK(metric_percentile(&row, 0.1) == 1024 + 63 / 5.0);
	CHECK(metric_percentile(&row, 0.75) == 2048 + 127 / 2.0);
	row.max = 2100;
	CHECK(metric_percentile(&row, 0.75) == 2048 + 52 / 2.0);
	CHECK(metric_percentile(&row, 1) == 2100);
	row.max = 5; /* can't be */
	CHECK(metric_percentile(&row, 1) == 2175);
}

/* 2000 durations: the slowest 20 are 5 of the topmost bucket, and the upper 15 of the 30 below. */
static void the_slowest_are_a_part_of_a_bucket(void)
{
	double value = 0;

	row_clear();
	put(100, 1965);
	put(1024, 30); /* 1024 to 1087: its upper half has the mean 1071.25 */
	put(4096, 5);
	CHECK(metric_value(METRIC_WORST, &row, MS, &value));
	CHECK(fabs(value - (5 * 4096 + 15 * 1071.25) / 20) < 1e-9);
}

static void too_few_have_no_value(void)
{
	static const struct {
		enum metric metric;
		uint64_t least;
	} cases[] = {
		{ METRIC_MEDIAN, 20 },	{ METRIC_P90, 100 }, { METRIC_P99, 1000 },
		{ METRIC_WORST, 1000 }, { METRIC_MEAN, 20 }, { METRIC_THROUGHPUT, 20 },
	};
	double value;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		row_clear();
		put(100, cases[i].least - 1);
		CHECK(!metric_value(cases[i].metric, &row, MS, &value));
		put(100, 1);
		CHECK(metric_value(cases[i].metric, &row, MS, &value));
	}
}

static void nothing_has_no_value(void)
{
	double value;

	row_clear();
	CHECK(metric_percentile(&row, 0.5) == 0);
	for (int m = 0; m < METRICS; m++)
		CHECK(!metric_value(m, &row, MS, &value));
	put(0, 5000); /* no time at all: has no logarithm */
	for (int m = METRIC_MEDIAN; m <= METRIC_MEAN; m++)
		CHECK(!metric_value(m, &row, MS, &value));
	CHECK(!metric_value(METRIC_THROUGHPUT, &row, 0, &value));
	CHECK(metric_value(METRIC_THROUGHPUT, &row, MS, &value));
	row.buckets = NULL;
	CHECK(metric_percentile(&row, 0.5) == 0);
	CHECK(!metric_value(METRIC_MEDIAN, &row, MS, &value));
	row_clear();
	row.count = 5000; /* a count that the buckets do not bear out */
	CHECK(!metric_value(METRIC_WORST, &row, MS, &value));
	CHECK(!metric_value(METRIC_P99, &row, MS, &value));
}

static void the_longest_durations_there_are(void)
{
	double value = 0;

	row_clear();
	put(UINT64_MAX, 1);
	put(UINT64_MAX - 5, 999);
	row.sum = UINT64_MAX;
	CHECK(metric_value(METRIC_WORST, &row, 1, &value) && value <= 0x1p64);
	CHECK(metric_value(METRIC_P99, &row, 1, &value) && value <= 0x1p64);
}

/* Percentages of a bucket's width, log(1 + 1/16), that a metric may be off by. */
static void check_rounding(double median, double p90, double p99, double worst)
{
	const double want[METRICS] = { median, p90, p99, worst };

	for (int m = 0; m < METRICS; m++) {
		double got = metric_rounding(m, &row) / log(1 + 1.0 / 16) * 100;

		if (fabs(got - want[m]) < 1e-6)
			continue;
		printf("# %s is off by %.3f %%, want %.3f\n", metrics[m].key, got, want[m]);
		test_failed = 1;
	}
}

/* What is not spread over buckets is not known within its bucket; the mean and the rate are. */
static void rounding_is_that_of_the_bucket_it_lies_in(void)
{
	row_clear();
	put(1000000, 1000);
	check_rounding(100, 100, 100, 100);
	/* 100 in each of ten: a fifth of the half below the median, all of the tenth beyond p90 */
	row_clear();
	for (int i = 0; i < 10; i++)
		put(16 + i, 100);
	check_rounding(20, 100, 100, 100);
	/* 10 in each of 100: of the slowest hundredth, that is 10, all are in one */
	row_clear();
	for (int i = 0; i < 100; i++)
		put(bucket_low(200 + i), 10);
	check_rounding(2, 10, 100, 100);
	/* 1 in each of 1000 of which 10 are the slowest; there are not so many buckets: 500 of 2 */
	row_clear();
	for (int i = 0; i < 500; i++)
		put(bucket_low(200 + i), 2);
	check_rounding(0.4, 2, 20, 20);
	row_clear();
	check_rounding(0, 0, 0, 0);
}

static const struct test tests[] = {
	TEST(values_are_those_of_the_durations),
	TEST(values_are_within_a_bucket),
	TEST(exact_where_buckets_are),
	TEST(a_line_within_the_bucket),
	TEST(the_slowest_are_a_part_of_a_bucket),
	TEST(too_few_have_no_value),
	TEST(nothing_has_no_value),
	TEST(the_longest_durations_there_are),
	TEST(rounding_is_that_of_the_bucket_it_lies_in),
};

TEST_MAIN("metrics")
