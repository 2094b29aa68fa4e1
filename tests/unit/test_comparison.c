// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Two series compared. What differs between them is put there by the test: which stage is slower,
 * by what factor, in all of its durations or only the slowest.
 */
#include <math.h>
#include <stdlib.h>

#include "compare/comparison.h"
#include "compare/statistics.h"
#include "test.h"

#define RUNS	5
#define WINDOWS 2
#define SECOND	1000000000ULL
#define MANY	2000 /* durations: enough for every metric */

/* A stage as it is made. What is left 0 has no effect. */
struct made {
	const char *name;
	uint64_t ns;
	int n;	       /* durations of a run */
	double factor; /* of all durations */
	double tail;   /* of the slowest fiftieth, which takes 3 to 6 times as long */
	double noise;  /* from run to run: standard deviation of the logarithm */
	bool narrow;   /* all but the slowest alike, else from 0.8 to 1.2 times `ns` */
	int few_at;    /* this run (from 1 on) has only `few` durations */
	int few;
};

static const struct comparison_options usual = { 0.10, 0.99 };
static unsigned short seed[3];

static double normal(void)
{
	double sum = -6;

	for (int i = 0; i < 12; i++)
		sum += erand48(seed);
	return sum;
}

static void add_made(struct series *series, const struct made *made, int n, double factor)
{
	uint64_t buckets[FOLD_BUCKETS] = { 0 };
	struct snapshot_row row = { .buckets = buckets };

	factor *= made->factor ? made->factor : 1;
	for (int i = 0; i < n; i++) {
		double ns = (double)made->ns * factor * (made->narrow ? 1 : 0.8 + 0.4 * i / n);

		if (i >= n - n / 50)
			ns *= (6 - 3.0 * (n - i) / (n / 50.0)) * (made->tail ? made->tail : 1);
		buckets[fold_bucket((uint64_t)ns)]++;
		row.count++;
		row.sum += (uint64_t)ns;
		row.max = (uint64_t)ns > row.max ? (uint64_t)ns : row.max;
	}
	CHECK_INT(series_add_cell(series, series_stage(series, made->name), &row), 0);
}

/* Stages are up to the first without a name. */
static struct series *make(const struct made *made, int runs)
{
	struct series *series = series__new("made");
	double factors[16];

	for (int run = 1; run <= runs; run++) {
		CHECK(series_add_run(series));
		for (int i = 0; made[i].name; i++)
			factors[i] = exp(made[i].noise * normal());
		for (int w = 0; w < WINDOWS; w++) {
			CHECK(series_add_window(series, SECOND));
			for (int i = 0; made[i].name; i++)
				add_made(series, &made[i],
					 (run == made[i].few_at ? made[i].few : made[i].n) /
						 WINDOWS,
					 factors[i]);
		}
	}
	return series;
}

static struct series *sides[2];

static struct comparison *compare_runs(const struct made *a, int na, const struct made *b, int nb,
				       const struct comparison_options *options)
{
	struct comparison *c;

	/* whatever was compared before */
	memcpy(seed, (unsigned short[3]){ 11, 22, 33 }, sizeof(seed));
	sides[0] = make(a, na);
	sides[1] = make(b, nb);
	c = comparison__new(sides[0], sides[1], options);
	CHECK(c);
	return c;
}

static struct comparison *compare(const struct made *a, const struct made *b)
{
	return compare_runs(a, RUNS, b, RUNS, &usual);
}

static void done(struct comparison *c)
{
	comparison__free(c);
	series__free(sides[0]);
	series__free(sides[1]);
}

static const struct stage_change *find(const struct comparison *c, const char *name)
{
	for (int i = 0; i < c->nstages; i++)
		if (!strcmp(c->stages[i].name, name))
			return &c->stages[i];
	printf("# no stage %s\n", name);
	exit(1);
}

static void check_verdict(const struct comparison *c, const char *name, enum verdict want)
{
	CHECK_STR(verdict_text(find(c, name)->verdict), verdict_text(want));
}

static void check_near(const char *what, double got, double want, double within)
{
	if (fabs(got - want) <= within)
		return;
	printf("# %s is %.6f, want %.6f within %.6f\n", what, got, want, within);
	test_failed = 1;
}

/* What is seen of a change is in line with itself. */
static void check_change(const struct comparison *c, const struct stage_change *stage,
			 enum metric m)
{
	const struct change *change = &stage->changes[m];
	double sign = metrics[m].more_is_better ? -1 : 1;

	CHECK(change->low < change->change && change->change < change->high);
	CHECK(change->worse_low < change->worse && change->worse < change->worse_high);
	check_near("change", change->change, change->b / change->a - 1, 1e-9);
	check_near("worse", change->worse, sign * log1p(change->change), 1e-9);
	check_near("worse_low", change->worse_low,
		   sign * log1p(sign > 0 ? change->low : change->high), 1e-9);
	check_near("worse_high", change->worse_high,
		   sign * log1p(sign > 0 ? change->high : change->low), 1e-9);
	CHECK((change->verdict == VERDICT_SLOWER) == (change->worse_low > log1p(c->threshold)));
	CHECK((change->more_runs > 0) == (change->verdict == VERDICT_INCONCLUSIVE));
}

static void one_stage_is_slower(void)
{
	static const struct made before[] = {
		{ "guest-write", 900000, .n = MANY, .noise = 0.005 },
		{ "extent-write-file", 90000, .n = MANY, .noise = 0.005 },
		{ "extent-read-file", 50000, .n = MANY, .noise = 0.005 },
		{ 0 },
	};
	static const struct made after[] = {
		{ "guest-write", 900000, .n = MANY, .noise = 0.005 },
		{ "extent-write-file", 90000, .n = MANY, .noise = 0.005, .factor = 1.3 },
		{ "extent-read-file", 50000, .n = MANY, .noise = 0.005 },
		{ 0 },
	};
	struct comparison *c = compare(before, after);
	const struct stage_change *first = &c->stages[0];

	CHECK_INT(c->verdict, VERDICT_SLOWER);
	CHECK_INT(c->nstages, 3);
	CHECK_INT(c->ncompared, 3 * METRICS);
	CHECK_INT(c->nverdicts[VERDICT_SLOWER], 1);
	CHECK_INT(c->nverdicts[VERDICT_SAME], 2);
	CHECK_STR(first->name, "extent-write-file");
	CHECK_INT(first->depth, STAGE_EXTENT_STEP);
	CHECK_INT(first->stage[0], 1);
	CHECK_INT(first->stage[1], 1);
	CHECK_INT(first->count[0], RUNS * MANY);
	CHECK_INT(first->count[1], RUNS * MANY);
	for (int m = METRIC_MEDIAN; m <= METRIC_MEAN; m++) {
		CHECK_INT(first->changes[m].verdict, VERDICT_SLOWER);
		check_near(metrics[m].key, first->changes[m].change, 0.3, 0.05);
		CHECK(first->changes[m].low < 0.3 && first->changes[m].high > 0.3);
	}
	/* 80 to 120 % of 90 us; the last fiftieth, of 119.6 %, 4.425 times as long: by twentieths
	 */
	check_near("mean", first->changes[METRIC_MEAN].a,
		   90000 * (0.98 * 0.996 + 0.02 * 1.196 * 4.425), 1000);
	CHECK_INT(first->changes[METRIC_THROUGHPUT].verdict, VERDICT_SAME);
	check_near("throughput", first->changes[METRIC_THROUGHPUT].a, MANY / WINDOWS, 1e-6);
	for (int i = 0; i < METRICS; i++)
		if (i != METRIC_THROUGHPUT) /* has no noise here */
			check_change(c, first, i);
	done(c);
}

static void only_the_slowest_are_slower(void)
{
	static const struct made before[] = {
		{ "guest-flush", 900000, .n = MANY, .noise = 0.005 },
		{ "extent-flush-file", 90000, .n = MANY, .noise = 0.005 },
		{ 0 },
	};
	static const struct made after[] = {
		{ "guest-flush", 900000, .n = MANY, .noise = 0.005 },
		{ "extent-flush-file", 90000, .n = MANY, .noise = 0.005, .tail = 1.4 },
		{ 0 },
	};
	struct comparison *c = compare(before, after);
	const struct stage_change *first = &c->stages[0];

	CHECK_STR(first->name, "extent-flush-file");
	CHECK_INT(first->verdict, VERDICT_SLOWER);
	CHECK_INT(first->main, METRIC_WORST);
	check_near("slowest", first->changes[METRIC_WORST].change, 0.4, 0.03);
	CHECK_INT(first->changes[METRIC_MEDIAN].verdict, VERDICT_SAME);
	CHECK_INT(first->changes[METRIC_P90].verdict, VERDICT_SAME);
	CHECK_INT(first->changes[METRIC_MEAN].verdict, VERDICT_SAME);
	check_verdict(c, "guest-flush", VERDICT_SAME);
	done(c);
}

/* A stage that became rarer at the same latency: fewer a second is worse. */
static void only_the_throughput_fell(void)
{
	static const struct made before[] = {
		{ "guest-read", 900000, .n = 2 * MANY, .noise = 0.005 },
		{ "guest-write", 90000, .n = MANY, .noise = 0.005 },
		{ 0 },
	};
	static const struct made after[] = {
		{ "guest-read", 900000, .n = MANY, .noise = 0.005 },
		{ "guest-write", 90000, .n = MANY, .noise = 0.005, .factor = 1.2 },
		{ 0 },
	};
	struct comparison *c = compare(before, after);
	const struct change *rate;

	CHECK_INT(c->nverdicts[VERDICT_SLOWER], 2);
	/* half the throughput is more than 20 % of latency, and yet comes behind it */
	CHECK_STR(c->stages[0].name, "guest-write");
	CHECK_STR(c->stages[1].name, "guest-read");
	CHECK_INT(c->stages[1].main, METRIC_THROUGHPUT);
	rate = &c->stages[1].changes[METRIC_THROUGHPUT];
	check_near("change", rate->change, -0.5, 1e-9);
	check_near("worse", rate->worse, log(2), 1e-9);
	done(c);
	c = compare(after, before);
	CHECK_INT(find(c, "guest-read")->changes[METRIC_THROUGHPUT].verdict, VERDICT_FASTER);
	check_near("change", find(c, "guest-read")->changes[METRIC_THROUGHPUT].change, 1, 1e-9);
	done(c);
}

/*
 * Latency and throughput of one stage: latency is shown, however far the throughput fell, and of
 * that what moved most.
 */
static void latency_is_shown_before_throughput(void)
{
	static const struct made before[] = { { "guest-read", 900000, .n = 4 * MANY }, { 0 } };
	static const struct made after[] = { { "guest-read", 1200000, .n = MANY, .tail = 1.5 },
					     { 0 } };
	struct comparison *c = compare(before, after);

	CHECK_INT(c->stages[0].verdict, VERDICT_SLOWER);
	CHECK_INT(c->stages[0].changes[METRIC_MEDIAN].verdict, VERDICT_SLOWER);
	CHECK_INT(c->stages[0].changes[METRIC_THROUGHPUT].verdict, VERDICT_SLOWER);
	CHECK(c->stages[0].changes[METRIC_THROUGHPUT].worse >
	      c->stages[0].changes[METRIC_WORST].worse);
	CHECK_INT(c->stages[0].main, METRIC_WORST);
	done(c);
}

/*
 * Runs without any noise: what is left is what a bucket hides. Half of the durations lie below the
 * median, of which one bucket, 32,768 wide at 900 us, holds 32768 / 360000 of all: from 720 to
 * 1080 us they lie evenly. The mean is exact.
 */
static void rounding_is_part_of_the_interval(void)
{
	static const struct made made[] = { { "guest-read", 900000, .n = MANY }, { 0 } };
	struct comparison *c = compare(made, made);
	const struct change *changes = c->stages[0].changes;
	double width = log(1 + 1.0 / 16), part = 32768.0 / 360000;

	check_near("median", changes[METRIC_MEDIAN].worse_high, width * part / 0.5, 1e-3);
	check_near("median", changes[METRIC_MEDIAN].worse_low, -width * part / 0.5, 1e-3);
	check_near("p90", changes[METRIC_P90].worse_high, width * part / 0.1, 1e-3);
	CHECK(changes[METRIC_MEAN].worse_high == 0);
	CHECK(changes[METRIC_MEAN].worse_low == 0);
	CHECK_INT(c->verdict, VERDICT_SAME);
	done(c);
}

/*
 * 1,015 us and 1,016 us lie in neighbouring buckets: a change by 0.1 % reads as one of 3 %, and no
 * number of runs says otherwise.
 */
static void step_to_the_next_bucket_is_no_regression(void)
{
	static const struct comparison_options fine = { 0.02, 0.99 };
	static const struct made a[] = { { "guest-read", 1015000, .n = MANY, .narrow = true },
					 { 0 } };
	static const struct made b[] = { { "guest-read", 1016000, .n = MANY, .narrow = true },
					 { 0 } };
	struct comparison *c = compare_runs(a, RUNS, b, RUNS, &fine);
	const struct change *median = &c->stages[0].changes[METRIC_MEDIAN];

	CHECK(median->change > 0.025);
	CHECK_INT(median->verdict, VERDICT_INCONCLUSIVE);
	CHECK_INT(median->more_runs, STATISTICS_MANY_RUNS);
	CHECK_INT(c->stages[0].changes[METRIC_MEAN].verdict, VERDICT_SAME);
	done(c);
}

static void stages_of_one_side_are_not_compared(void)
{
	static const struct made before[] = { { "guest-read", 900000, .n = MANY },
					      { "extent-read", 50000, .n = MANY },
					      { 0 } };
	static const struct made after[] = { { "disk-read-device[vda]", 10000, .n = MANY },
					     { "extent-read", 50000, .n = MANY },
					     { 0 } };
	struct comparison *c = compare(before, after);
	const struct stage_change *gone = find(c, "guest-read");
	const struct stage_change *new = find(c, "disk-read-device[vda]");

	CHECK_INT(c->nstages, 3);
	CHECK_STR(c->stages[0].name, "extent-read");
	CHECK_INT(c->stages[0].stage[0], 1);
	CHECK_INT(c->stages[0].stage[1], 1);
	CHECK_INT(gone->verdict, VERDICT_TOO_FEW);
	CHECK(gone->stage[0] == 0 && gone->stage[1] == -1);
	CHECK(gone->count[0] == RUNS * MANY && gone->count[1] == 0);
	CHECK(gone->changes[METRIC_MEDIAN].a > 0 && gone->changes[METRIC_MEDIAN].b == 0);
	CHECK(new->stage[0] == -1 && new->stage[1] == 0);
	CHECK(new->changes[METRIC_MEDIAN].a == 0 && new->changes[METRIC_MEDIAN].b > 0);
	CHECK_INT(c->verdict, VERDICT_SAME);
	CHECK_INT(c->nverdicts[VERDICT_TOO_FEW], 2);
	CHECK_INT(c->ncompared, METRICS);
	done(c);
}

/* A run without the stage, or with few durations, takes away what needs more. */
static void every_run_must_have_enough(void)
{
	static const struct made before[] = {
		{ "guest-read", 900000, .n = MANY, .few_at = 2, .few = 900 },
		{ "guest-write", 900000, .n = MANY },
		{ "guest-flush", 900000, .n = MANY, .few_at = 5, .few = 10 },
		{ 0 },
	};
	static const struct made after[] = {
		{ "guest-read", 900000, .n = MANY },
		{ "guest-write", 900000, .n = MANY, .few_at = 1 },
		{ "guest-flush", 900000, .n = MANY },
		{ 0 },
	};
	struct comparison *c = compare(before, after);

	for (int m = 0; m < METRICS; m++) {
		bool tail = m == METRIC_P99 || m == METRIC_WORST;

		CHECK((find(c, "guest-read")->changes[m].verdict == VERDICT_TOO_FEW) == tail);
		CHECK_INT(find(c, "guest-write")->changes[m].verdict, VERDICT_TOO_FEW);
		CHECK_INT(find(c, "guest-flush")->changes[m].verdict, VERDICT_TOO_FEW);
	}
	CHECK_INT(c->ncompared, METRICS - 2);
	check_verdict(c, "guest-write", VERDICT_TOO_FEW);
	done(c);
}

static void too_few_runs_compare_nothing(void)
{
	static const struct made before[] = { { "guest-read", 900000, .n = MANY }, { 0 } };
	static const struct made after[] = { { "guest-read", 9000000, .n = MANY }, { 0 } };
	struct comparison *c = compare_runs(before, RUNS, after, STATISTICS_MIN_RUNS - 1, &usual);

	CHECK_INT(c->verdict, VERDICT_TOO_FEW);
	CHECK_INT(c->ncompared, 0);
	CHECK_INT(c->nstages, 1);
	CHECK_INT(c->stages[0].main, METRIC_MEDIAN);
	check_near("a", c->stages[0].changes[METRIC_MEDIAN].a, 900000, 30000);
	check_near("b", c->stages[0].changes[METRIC_MEDIAN].b, 9000000, 300000);
	CHECK(c->stages[0].changes[METRIC_MEDIAN].change == 0);
	done(c);
	c = compare_runs(before, STATISTICS_MIN_RUNS, after, STATISTICS_MIN_RUNS, &usual);
	CHECK_INT(c->verdict, VERDICT_SLOWER);
	done(c);
}

static void nothing_compares_to_nothing(void)
{
	static const struct made none[] = { { 0 } };
	struct comparison *c = compare_runs(none, 0, none, 0, &usual);

	CHECK_INT(c->nstages, 0);
	CHECK_INT(c->verdict, VERDICT_TOO_FEW);
	done(c);
	c = compare_runs(none, RUNS, none, RUNS, &usual);
	CHECK_INT(c->nstages, 0);
	CHECK_INT(c->verdict, VERDICT_TOO_FEW);
	done(c);
	comparison__free(NULL);
}

/* What took no time at all has no logarithm. */
static void no_time_is_not_compared(void)
{
	static const struct made made[] = { { "guest-read", 0, .n = MANY },
					    { "guest-write", 9000, .n = MANY },
					    { 0 } };
	struct comparison *c = compare(made, made);
	const struct stage_change *zero = find(c, "guest-read");

	for (int m = METRIC_MEDIAN; m <= METRIC_MEAN; m++) {
		CHECK_INT(zero->changes[m].verdict, VERDICT_TOO_FEW);
		CHECK(zero->changes[m].a == 0 && zero->changes[m].b == 0);
	}
	CHECK_INT(zero->changes[METRIC_THROUGHPUT].verdict, VERDICT_SAME);
	for (int i = 0; i < c->nstages; i++)
		for (int m = 0; m < METRICS; m++)
			CHECK(isfinite(c->stages[i].changes[m].change) &&
			      isfinite(c->stages[i].changes[m].low) &&
			      isfinite(c->stages[i].changes[m].high) &&
			      isfinite(c->stages[i].changes[m].worse));
	done(c);
}

/* The mean of one stage without noise: its interval has no width. */
static enum verdict mean_verdict(double factor, double threshold)
{
	static const struct made before[] = { { "guest-read", 1000000, .n = 100 }, { 0 } };
	struct made after[] = { { "guest-read", 1000000, .n = 100, .factor = factor }, { 0 } };
	struct comparison_options options = { threshold, 0.99 };
	struct comparison *c = compare_runs(before, 3, after, 3, &options);
	enum verdict verdict = c->stages[0].changes[METRIC_MEAN].verdict;

	done(c);
	return verdict;
}

static void verdicts_change_at_the_threshold(void)
{
	CHECK_INT(mean_verdict(1.0999, 0.10), VERDICT_SAME);
	CHECK_INT(mean_verdict(1.1001, 0.10), VERDICT_SLOWER);
	CHECK_INT(mean_verdict(1.4999, 0.50), VERDICT_SAME);
	CHECK_INT(mean_verdict(1.5001, 0.50), VERDICT_SLOWER);
	/* better by the same factor */
	CHECK_INT(mean_verdict(1 / 1.0999, 0.10), VERDICT_SAME);
	CHECK_INT(mean_verdict(1 / 1.1001, 0.10), VERDICT_FASTER);
	CHECK_INT(mean_verdict(0.9, 0.10), VERDICT_FASTER);
}

/* As far from the threshold as its noise reaches, and noise that hides everything. */
static void noise_is_inconclusive(void)
{
	static const struct made before[] = {
		{ "guest-read", 900000, .n = MANY, .noise = 0.01 },
		{ "guest-write", 900000, .n = MANY, .noise = 0.4 },
		{ "guest-flush", 900000, .n = MANY, .noise = 0.01 },
		{ 0 },
	};
	static const struct made after[] = {
		{ "guest-read", 900000, .n = MANY, .noise = 0.01, .factor = 1.1 },
		{ "guest-write", 900000, .n = MANY, .noise = 0.4, .factor = 0.5 },
		{ "guest-flush", 900000, .n = MANY, .noise = 0.01, .factor = 0.7 },
		{ 0 },
	};
	struct comparison *c = compare(before, after);

	CHECK_INT(c->verdict, VERDICT_INCONCLUSIVE);
	check_verdict(c, "guest-read", VERDICT_INCONCLUSIVE);
	check_verdict(c, "guest-write", VERDICT_INCONCLUSIVE);
	check_verdict(c, "guest-flush", VERDICT_FASTER);
	for (int i = 0; i < 2; i++)
		for (int m = METRIC_MEDIAN; m <= METRIC_MEAN; m++)
			check_change(c, &c->stages[i], m);
	CHECK_STR(c->stages[2].name, "guest-flush");
	/* with 40 % of noise it takes many more, though it seems to be faster */
	CHECK(find(c, "guest-write")->changes[METRIC_MEAN].worse < 0);
	CHECK(find(c, "guest-write")->changes[METRIC_MEAN].more_runs > 10);
	done(c);
}

/* The same noise, more runs, a narrower interval. */
static void more_runs_know_more(void)
{
	static const struct made before[] = { { "guest-read", 900000, .n = 100, .noise = 0.1 },
					      { 0 } };
	static const struct made after[] = {
		{ "guest-read", 900000, .n = 100, .noise = 0.1, .factor = 1.35 }, { 0 }
	};
	struct comparison *few = compare_runs(before, 3, after, 3, &usual), *more;
	double width = few->stages[0].changes[METRIC_MEAN].worse_high -
		       few->stages[0].changes[METRIC_MEAN].worse_low;

	CHECK_INT(few->verdict, VERDICT_INCONCLUSIVE);
	done(few);
	more = compare_runs(before, 16, after, 16, &usual);
	CHECK_INT(more->verdict, VERDICT_SLOWER);
	CHECK(more->stages[0].changes[METRIC_MEAN].worse_high -
		      more->stages[0].changes[METRIC_MEAN].worse_low <
	      width / 2);
	done(more);
}

/* As a slower file system shows: the nearer to it, the more. */
static void the_cause_comes_first(void)
{
	static const struct made before[] = {
		{ "guest-write", 1000000, .n = MANY, .noise = 0.01 },
		{ "net-write[0]", 800000, .n = MANY, .noise = 0.01 },
		{ "downstairs-write", 600000, .n = MANY, .noise = 0.01 },
		{ "downstairs-write-os", 500000, .n = MANY, .noise = 0.01 },
		{ "extent-write", 450000, .n = MANY, .noise = 0.01 },
		{ "extent-write-file", 400000, .n = MANY, .noise = 0.01 },
		{ "downstairs-write-queue", 90000, .n = MANY, .noise = 0.01 },
		{ 0 },
	};
	static const struct made after[] = {
		{ "guest-write", 1200000, .n = MANY, .noise = 0.01 },
		{ "net-write[0]", 1000000, .n = MANY, .noise = 0.01 },
		{ "downstairs-write", 800000, .n = MANY, .noise = 0.01 },
		{ "downstairs-write-os", 700000, .n = MANY, .noise = 0.01 },
		{ "extent-write", 650000, .n = MANY, .noise = 0.01 },
		{ "extent-write-file", 600000, .n = MANY, .noise = 0.01 },
		{ "downstairs-write-queue", 180000, .n = MANY, .noise = 0.01 },
		{ 0 },
	};
	struct comparison *c = compare(before, after);

	CHECK_INT(c->nverdicts[VERDICT_SLOWER], 7);
	CHECK_STR(c->stages[0].name, "extent-write-file");
	done(c);
}

static void forced_reasons_are_kept(void)
{
	static const struct made made[] = { { "guest-read", 900000, .n = 50 }, { 0 } };
	struct comparison *c = compare_runs(made, 1, made, 1, &usual);

	CHECK_INT(comparison_add_forced(c, "kernel: 1 there, 2 here"), 0);
	CHECK_INT(comparison_add_forced(c, "host: a there, b here"), 0);
	CHECK_INT(c->nforced, 2);
	CHECK_STR(c->forced[0], "kernel: 1 there, 2 here");
	CHECK_STR(c->forced[1], "host: a there, b here");
	done(c);
}

static const struct test tests[] = {
	TEST(one_stage_is_slower),
	TEST(only_the_slowest_are_slower),
	TEST(only_the_throughput_fell),
	TEST(latency_is_shown_before_throughput),
	TEST(rounding_is_part_of_the_interval),
	TEST(step_to_the_next_bucket_is_no_regression),
	TEST(stages_of_one_side_are_not_compared),
	TEST(every_run_must_have_enough),
	TEST(too_few_runs_compare_nothing),
	TEST(nothing_compares_to_nothing),
	TEST(no_time_is_not_compared),
	TEST(verdicts_change_at_the_threshold),
	TEST(noise_is_inconclusive),
	TEST(more_runs_know_more),
	TEST(the_cause_comes_first),
	TEST(forced_reasons_are_kept),
};

TEST_MAIN("comparison")
