// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "statistics.h"

/*
 * Simulated data sets: with 20,000, what 1 % is taken for is 1 % +- 0.07. Fewer where runs and
 * quantities are so many that it would take seconds, but so many that some are beyond the quantile;
 * and none where that would take still longer.
 */
#define DRAWS	      20000
#define DRAWS_BEYOND  20
#define DRAWS_WORK    4e9  /* multiplications: about a second */
#define DRAWS_MOST    4e10 /* the same */
#define RANDOM_NUMBER 64   /* what one takes, in these */

/* Quantities are worked on so many at a time: a number that the compiler knows, for vectors. */
#define LANES 8

/* xoshiro256++, by D. Blackman and S. Vigna, 2019. */
struct random {
	uint64_t state[4];
	double kept; /* normal numbers are made in pairs */
	bool has_kept;
};

/*
 * A group in coordinates (Helmert's) of which the first is its mean and the others, independent of
 * each other, its runs' deviations from that.
 */
struct group {
	int runs;
	double *mean, *variance; /* [quantity] */
	float *deviations;	 /* [block][runs - 1][LANES] */
};

struct simulation {
	int n, blocks;
	struct group groups[2];
};

static uint64_t rotate(uint64_t x, int k)
{
	return x << k | x >> (64 - k);
}

static uint64_t random_next(struct random *r)
{
	uint64_t *s = r->state, result = rotate(s[0] + s[3], 23) + s[0], shifted = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= shifted;
	s[3] = rotate(s[3], 45);
	return result;
}

/* Between -1 and 1. */
static double random_uniform(struct random *r)
{
	return (double)(random_next(r) >> 11) * 0x1p-52 - 1;
}

/* Normally distributed with variance 1: Marsaglia's polar method. */
static float random_normal(struct random *r)
{
	double x, y, square;

	r->has_kept = !r->has_kept;
	if (!r->has_kept)
		return (float)r->kept;
	do {
		x = random_uniform(r);
		y = random_uniform(r);
		square = x * x + y * y;
	} while (square >= 1 || square == 0);
	square = sqrt(-2 * log(square) / square);
	r->kept = y * square;
	return (float)(x * square);
}

static void group_free(struct group *group)
{
	free(group->mean);
	free(group->variance);
	free(group->deviations);
}

static int group_init(struct group *group, const double *values, int runs, int n, int blocks)
{
	group->runs = runs;
	group->mean = calloc(n, sizeof(*group->mean));
	group->variance = calloc(n, sizeof(*group->variance));
	group->deviations = calloc((size_t)blocks * (runs - 1) * LANES, sizeof(float));
	if (!group->mean || !group->variance || !group->deviations)
		return -ENOMEM;
	for (int q = 0; q < n; q++) {
		for (int i = 0; i < runs; i++) {
			double deviation = values[(size_t)i * n + q] - group->mean[q];

			/* what is always the same has no variance at all, not even a rounded one */
			group->mean[q] += deviation / (i + 1);
			group->variance[q] += deviation * deviation * i / (i + 1.0) / (runs - 1);
		}
	}
	return 0;
}

/* Fills in a quantity's deviations, multiplied with `scale`. */
static void group_rotate(struct group *group, const double *values, int n, int q, double scale)
{
	int dims = group->runs - 1;
	float *to = group->deviations + (size_t)(q / LANES) * dims * LANES + q % LANES;
	double before = 0; /* mean of the runs before this one */

	for (int i = 0; i < group->runs; i++) {
		double deviation = values[(size_t)i * n + q] - before;

		if (i)
			to[(i - 1) * LANES] = (float)(deviation * sqrt(i / (i + 1.0)) * scale);
		before += deviation / (i + 1);
	}
}

/*
 * A block's part of one simulated group: the mean's deviation is added to `top`, the estimate of
 * its variance to `bottom`. `normal` [runs][runs - 1] are random numbers: a row of them mixes the
 * measured deviations, all quantities alike.
 */
static void group_draw(const struct group *group, int block, const float *normal, float *top,
		       float *bottom)
{
	int dims = group->runs - 1;
	const float *deviations = group->deviations + (size_t)block * dims * LANES;

	for (int row = 0; row < group->runs; row++, normal += dims) {
		float mixed[LANES] = { 0 };

		for (int d = 0; d < dims; d++)
			for (int l = 0; l < LANES; l++)
				mixed[l] += normal[d] * deviations[d * LANES + l];
		if (row)
			for (int l = 0; l < LANES; l++)
				bottom[l] += mixed[l] * mixed[l] / dims;
		else
			for (int l = 0; l < LANES; l++)
				top[l] += mixed[l];
	}
}

/* The greatest squared statistic of one pair of simulated groups. */
static float draw(const struct simulation *s, struct random *random, float *const normal[2])
{
	float most = 0;

	for (int g = 0; g < 2; g++)
		for (int i = 0; i < s->groups[g].runs * (s->groups[g].runs - 1); i++)
			normal[g][i] = random_normal(random);
	for (int b = 0; b < s->blocks; b++) {
		float top[LANES] = { 0 }, bottom[LANES] = { 0 };

		for (int g = 0; g < 2; g++)
			group_draw(&s->groups[g], b, normal[g], top, bottom);
		for (int l = 0; l < LANES; l++)
			if (top[l] * top[l] > most * bottom[l])
				most = top[l] * top[l] / bottom[l];
	}
	return most;
}

static int float_compare(const void *va, const void *vb)
{
	float a = *(const float *)va, b = *(const float *)vb;

	return a < b ? -1 : a > b;
}

/* 0 where it would take too long. */
static int draws_of(const struct simulation *s, double confidence)
{
	double runs_a = s->groups[0].runs, runs_b = s->groups[1].runs;
	double each = (runs_a * runs_a + runs_b * runs_b) * (s->blocks * LANES + RANDOM_NUMBER);
	double least = fmin(DRAWS_BEYOND / (1 - confidence), DRAWS);

	if (least * each > DRAWS_MOST)
		return 0;
	return (int)fmin(fmax(DRAWS_WORK / each, least), DRAWS);
}

/* How much of Student's distribution is within +-x (Abramowitz, Stegun, 1964: 26.7.3, 26.7.4). */
static double student_within(double x, int df)
{
	double square = df / (df + x * x), sine = x / sqrt(df + x * x), sum = 0;
	double term = df % 2 ? sqrt(square) : 1;

	for (int i = 2 + df % 2; i <= df; i += 2) {
		sum += term;
		term *= square * (i - 1) / i;
	}
	return df % 2 ? M_2_PI * (atan(x / sqrt(df)) + sine * sum) : sine * sum;
}

/*
 * Bonferroni's bound, which holds whatever goes together, so that it is somewhat far: Student's
 * quantile with as few degrees of freedom as Welch's test can have.
 */
static double bonferroni(const struct simulation *s, double confidence)
{
	double within = 1 - (1 - confidence) / s->n, low = 0, high = 1e9;
	int df = (int)fmin(s->groups[0].runs, s->groups[1].runs) - 1;

	for (int i = 0; i < 100; i++) {
		double middle = (low + high) / 2;

		if (student_within(middle, df) < within)
			low = middle;
		else
			high = middle;
	}
	return high;
}

/* The quantile of the greatest statistic. */
static int simulate(const struct simulation *s, double confidence, double *reach)
{
	struct random random = { .state = { 0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9,
					    0x94d049bb133111eb, 0x2545f4914f6cdd1d } };
	int draws = draws_of(s, confidence), err = -ENOMEM;
	float *most, *normal[2];

	if (!draws) {
		*reach = bonferroni(s, confidence);
		return 0;
	}
	most = calloc(draws, sizeof(*most));
	for (int g = 0; g < 2; g++)
		normal[g] = calloc((size_t)s->groups[g].runs * s->groups[g].runs, sizeof(float));
	if (most && normal[0] && normal[1]) {
		for (int i = 0; i < draws; i++)
			most[i] = draw(s, &random, normal);
		qsort(most, draws, sizeof(*most), float_compare);
		*reach = sqrt(most[(int)fmin(ceil(confidence * draws), draws) - 1]);
		err = 0;
	}
	free(most);
	free(normal[0]);
	free(normal[1]);
	return err;
}

/* Each quantity's difference and standard error, and the groups in units of that. */
static void prepare(struct simulation *s, const struct statistics_input *input,
		    struct statistics_interval *out)
{
	const double *values[] = { input->a, input->b };

	for (int q = 0; q < input->n; q++) {
		const struct group *a = &s->groups[0], *b = &s->groups[1];
		double square = a->variance[q] / a->runs + b->variance[q] / b->runs;

		out[q].difference = b->mean[q] - a->mean[q];
		out[q].error = sqrt(square);
		if (!(square > 0))
			continue; /* what never varied moves no other's interval */
		for (int g = 0; g < 2; g++) {
			double runs = s->groups[g].runs;

			group_rotate(&s->groups[g], values[g], input->n, q,
				     1 / sqrt(square * runs * (runs - 1)));
		}
	}
}

int statistics_compare(const struct statistics_input *input, double confidence,
		       struct statistics_interval *out, double *reach)
{
	struct simulation s = { .n = input->n, .blocks = (input->n + LANES - 1) / LANES };
	int err;

	if (input->na < STATISTICS_MIN_RUNS || input->nb < STATISTICS_MIN_RUNS || input->n < 1 ||
	    !(confidence > 0 && confidence < 1))
		return -EINVAL;
	err = group_init(&s.groups[0], input->a, input->na, s.n, s.blocks);
	if (!err)
		err = group_init(&s.groups[1], input->b, input->nb, s.n, s.blocks);
	if (!err) {
		prepare(&s, input, out);
		err = simulate(&s, confidence, reach);
	}
	for (int q = 0; q < input->n && !err; q++) {
		out[q].low = out[q].difference - *reach * out[q].error;
		out[q].high = out[q].difference + *reach * out[q].error;
	}
	group_free(&s.groups[0]);
	group_free(&s.groups[1]);
	return err;
}

int statistics_more_runs(const struct statistics_interval *interval, double limit, int runs)
{
	double half = (interval->high - interval->low) / 2;
	double distance = fabs(interval->difference - limit), more;

	if (limit < interval->low || limit > interval->high)
		return 0;
	if (!(distance > 0))
		return STATISTICS_MANY_RUNS;
	more = ceil(runs * (half / distance) * (half / distance)) - runs;
	return (int)fmin(fmax(more, 1), STATISTICS_MANY_RUNS);
}
