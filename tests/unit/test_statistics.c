// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The comparison's statistics. Values to compare with are from R 4.2.2 (t.test; mvtnorm 1.1-3), and
 * from scipy 1.17.1 with numpy 2.4.6; each names its call. The resampling draws 20,000 data sets,
 * which puts the 99 % point within 2 % of where it should be.
 */
#include <errno.h>
#include <math.h>

#include "compare/statistics.h"
#include "test.h"

#define MAX_QUANTITIES 8
#define MAX_RUNS       10

static double a[MAX_RUNS * MAX_QUANTITIES], b[MAX_RUNS * MAX_QUANTITIES];
static struct statistics_interval out[MAX_QUANTITIES];

static void check_near(const char *what, double got, double want, double within)
{
	if (fabs(got - want) <= within)
		return;
	printf("# %s is %.6f, want %.6f within %.6f\n", what, got, want, within);
	test_failed = 1;
}

static double reach_of(int na, int nb, int n, double confidence)
{
	struct statistics_input input = { na, nb, n, a, b };
	double reach = NAN;

	CHECK_INT(statistics_compare(&input, confidence, out, &reach), 0);
	return reach;
}

/* Values without a trend whose variance is the same for any even number of runs. */
static void fill_one(double *values, int runs, double mean, double sd)
{
	double scale = sqrt((runs - 1.0) / runs);

	for (int i = 0; i < runs; i++)
		values[i] = mean + (i % 2 ? sd : -sd) * scale;
}

/* 1 or -1: columns of Hadamard's matrix, none of which correlates with another. */
static double hadamard(int row, int column)
{
	return __builtin_parity(row & column) ? -1 : 1;
}

/* `n` quantities of 8 runs, any two of which have this correlation. */
static void fill_correlated(int n, double correlation)
{
	for (int run = 0; run < 8; run++) {
		for (int q = 0; q < n; q++) {
			double own = hadamard(run, q + 1), common = hadamard(run, 7);

			a[run * n + q] = sqrt(correlation) * common + sqrt(1 - correlation) * own;
			b[run * n + q] = a[run * n + q] + 3;
		}
	}
}

/*
 * R: a <- c(10,10.4,9.7,10.9,10.1); b <- c(11.2,12.9,10.8,13.1,12.4,11.5,14)
 * t.test(b, a, conf.level=.99): difference 2.05142857, $stderr 0.481393950995, interval
 * 0.453233317524 to 3.649623825334, which scipy.stats.ttest_ind(b, a, equal_var=False)
 * .confidence_interval(.99) has, too: 3.31993 standard errors, at 8.3046 degrees of freedom.
 */
static void welch_of_one_quantity(void)
{
	static const double before[] = { 10, 10.4, 9.7, 10.9, 10.1 };
	static const double after[] = { 11.2, 12.9, 10.8, 13.1, 12.4, 11.5, 14 };
	double reach;

	memcpy(a, before, sizeof(before));
	memcpy(b, after, sizeof(after));
	reach = reach_of(5, 7, 1, 0.99);
	check_near("difference", out[0].difference, 2.0514285714285716, 1e-12);
	check_near("error", out[0].error, 0.481393950995, 1e-11);
	check_near("reach", reach, 3.3199, 0.1);
	check_near("low", out[0].low, 0.453233317524, 0.05);
	check_near("high", out[0].high, 3.649623825334, 0.05);
	check_near("half", out[0].high - out[0].difference, reach * out[0].error, 1e-12);
}

/* scipy.stats.t.isf([.05, .005, .0005], 10), t.isf(.005, [6, 18]). */
static void one_quantity_reaches_to_students_quantile(void)
{
	static const struct {
		int runs;
		double confidence, want, within;
	} cases[] = {
		{ 6, 0.9, 1.81246112, 0.03 },	{ 6, 0.99, 3.16927267, 0.06 },
		{ 6, 0.999, 4.58689386, 0.3 },	{ 4, 0.99, 3.70742802, 0.07 },
		{ 10, 0.99, 2.87844047, 0.06 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fill_one(a, cases[i].runs, 0, 1);
		fill_one(b, cases[i].runs, 5, 1);
		check_near("reach", reach_of(cases[i].runs, cases[i].runs, 1, cases[i].confidence),
			   cases[i].want, cases[i].within);
	}
}

/*
 * numpy, 4,000,000 times: z / sqrt(w*chi2(3)/3 + (1-w)*chi2(8)/8) with w = (1/4)/(1/4+4/9), the
 * 99 % point of its absolute value: 3.1185.
 */
static void groups_may_differ_in_size_and_variance(void)
{
	static const double nine[] = { -4, -3, -2, -1, 0, 1, 2, 3, 4 }; /* variance 7.5 */

	fill_one(a, 4, 0, 1);
	for (int i = 0; i < 9; i++)
		b[i] = nine[i] * sqrt(4 / 7.5);
	check_near("reach", reach_of(4, 9, 1, 0.99), 3.1185, 0.07);
	check_near("error", out[0].error, sqrt(1 / 4.0 + 4 / 9.0), 1e-12);
	/* numpy 2.4.6, 2,000,000 pairs of 3 and 30 normal numbers of variance 1 and 10 */
	a[0] = -1;
	a[1] = 0;
	a[2] = 1;
	fill_one(b, 30, 0, sqrt(10));
	check_near("reach", reach_of(3, 30, 1, 0.99), 3.0888, 0.06);
}

/*
 * scipy.stats.t.isf((1-.99**(1/7))/2, 14): 3.9560, Sidak's correction of 7 independent ones. By
 * numpy of 1,000,000 pairs of 8 + 8 runs of 7 independent normal quantities, each with
 * scipy.stats.ttest_ind(equal_var=False), 99 % of the greatest are below 3.9519.
 */
static void independent_quantities_reach_as_far_as_sidak_says(void)
{
	fill_correlated(7, 0);
	check_near("reach", reach_of(8, 8, 7, 0.99), 3.9560, 0.08);
}

/* What is always the same up to its scale and sign is one quantity. */
static void copies_reach_no_further_than_one(void)
{
	double alone;

	fill_one(a, 6, 0, 1);
	fill_one(b, 6, 5, 1);
	alone = reach_of(6, 6, 1, 0.99);
	for (int run = 0; run < 6; run++) {
		for (int q = 0; q < 8; q++) {
			double scale = (q % 2 ? -1 : 1) * pow(10, q - 3);

			a[run * 8 + q] = q + (run % 2 ? scale : -scale);
			b[run * 8 + q] = q + (run % 2 ? scale : -scale) + 5;
		}
	}
	check_near("reach", reach_of(6, 6, 8, 0.99), alone, 0.001);
}

/*
 * numpy as above, of 6 quantities any two of which correlate with .5 and with .9: 3.8471, 3.5439.
 * R's mvtnorm::qmvt(0.99, tail="both.tails", df=14, corr=) has 3.7614 and 3.4323: a bit less, as
 * there one estimate of the variance serves all.
 */
static void correlated_quantities_are_in_between(void)
{
	fill_correlated(6, 0.5);
	check_near("reach at 0.5", reach_of(8, 8, 6, 0.99), 3.8471, 0.08);
	fill_correlated(6, 0.9);
	check_near("reach at 0.9", reach_of(8, 8, 6, 0.99), 3.5439, 0.08);
}

static void what_never_varies_has_no_width(void)
{
	double alone;

	fill_one(a, 4, 0, 1);
	fill_one(b, 4, 5, 1);
	alone = reach_of(4, 4, 1, 0.99);
	for (int run = 3; run >= 0; run--) {
		a[run * 2] = a[run];
		b[run * 2] = b[run];
		a[run * 2 + 1] = 3;
		b[run * 2 + 1] = 4;
	}
	check_near("reach", reach_of(4, 4, 2, 0.99), alone, 1e-6);
	CHECK(out[1].difference == 1 && out[1].low == 1 && out[1].high == 1 && out[1].error == 0);
	CHECK(out[0].high > out[0].low);
	for (int i = 0; i < 3; i++)
		a[i] = b[i] = 7;
	CHECK(reach_of(3, 3, 1, 0.99) == 0); /* nothing varies at all */
	CHECK(out[0].low == 0 && out[0].high == 0);
}

static void the_same_input_gives_the_same_result(void)
{
	double first;

	fill_one(a, 4, 0, 1);
	fill_one(b, 4, 0, 1);
	first = reach_of(4, 4, 1, 0.99);
	CHECK(reach_of(4, 4, 1, 0.99) == first);
	CHECK(reach_of(4, 4, 1, 0.95) < first);
}

/*
 * Simulating a thousand runs a side would take minutes.
 * scipy: stats.t.isf(.01 / 2 / 5, 999) is 3.098410361753, of 998 3.098418576062.
 */
static void very_many_runs_are_not_simulated(void)
{
	static double many[1000 * 5];
	struct statistics_input input = { 1000, 1000, 5, many, many };
	struct statistics_interval intervals[5];
	double reach = NAN;

	for (int i = 0; i < 1000 * 5; i++)
		many[i] = i % 7;
	CHECK_INT(statistics_compare(&input, 0.99, intervals, &reach), 0);
	check_near("999 degrees of freedom", reach, 3.098410361753, 1e-9);
	input.na = 999;
	CHECK_INT(statistics_compare(&input, 0.99, intervals, &reach), 0);
	check_near("998 degrees of freedom", reach, 3.098418576062, 1e-9);
	check_near("interval", intervals[4].high - intervals[4].difference,
		   reach * intervals[4].error, 1e-12);
}

static void refuses_what_it_cannot_do(void)
{
	struct statistics_input input = { 2, 5, 1, a, b };
	double reach;

	CHECK_INT(statistics_compare(&input, 0.99, out, &reach), -EINVAL);
	input.na = 5;
	input.nb = 2;
	CHECK_INT(statistics_compare(&input, 0.99, out, &reach), -EINVAL);
	input.nb = 3;
	input.n = 0;
	CHECK_INT(statistics_compare(&input, 0.99, out, &reach), -EINVAL);
	input.n = 1;
	CHECK_INT(statistics_compare(&input, 0, out, &reach), -EINVAL);
	CHECK_INT(statistics_compare(&input, 1, out, &reach), -EINVAL);
	CHECK_INT(statistics_compare(&input, NAN, out, &reach), -EINVAL);
	fill_one(a, 5, 0, 1);
	fill_one(b, 3, 0, 1);
	CHECK_INT(statistics_compare(&input, 0.99, out, &reach), 0);
}

/* The interval shrinks with the root of the number of runs. */
static void more_runs_until_it_is_known(void)
{
	struct statistics_interval i = { .difference = 0.2, .low = -0.2, .high = 0.6 };

	CHECK_INT(statistics_more_runs(&i, 0.1, 5), 75);  /* four times as narrow: 16 times 5 */
	CHECK_INT(statistics_more_runs(&i, 0.4, 5), 15);  /* twice */
	CHECK_INT(statistics_more_runs(&i, 0.4, 10), 30); /* twice */
	CHECK_INT(statistics_more_runs(&i, 0.7, 5), 0);
	CHECK_INT(statistics_more_runs(&i, -0.3, 5), 0);
	CHECK_INT(statistics_more_runs(&i, 0.2, 5), STATISTICS_MANY_RUNS);
	CHECK_INT(statistics_more_runs(&i, 0.2001, 5), STATISTICS_MANY_RUNS);
	CHECK_INT(statistics_more_runs(&i, NAN, 5), STATISTICS_MANY_RUNS);
	i = (struct statistics_interval){ .difference = 0.25, .low = -0.25, .high = 0.75 };
	CHECK_INT(statistics_more_runs(&i, 0.75, 5), 1); /* at its very end */
}

static const struct test tests[] = {
	TEST(welch_of_one_quantity),
	TEST(one_quantity_reaches_to_students_quantile),
	TEST(groups_may_differ_in_size_and_variance),
	TEST(independent_quantities_reach_as_far_as_sidak_says),
	TEST(copies_reach_no_further_than_one),
	TEST(correlated_quantities_are_in_between),
	TEST(what_never_varies_has_no_width),
	TEST(the_same_input_gives_the_same_result),
	TEST(very_many_runs_are_not_simulated),
	TEST(refuses_what_it_cannot_do),
	TEST(more_runs_until_it_is_known),
};

TEST_MAIN("statistics")
