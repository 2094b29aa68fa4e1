// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "comparison.h"
#include "comparison_order.h"
#include "statistics.h"

/* All metrics of all stages and runs. */
struct values {
	double *side[2];  /* [run][stage][METRICS] logarithms; NAN: the run does not have it */
	double *rounding; /* [stage][METRICS] the most of all runs (metric_rounding()) */
	int n;		  /* of a run */
};

/* What goes into the statistics: those metrics that every run has. */
struct quantities {
	int n;
	int *index; /* [n] in values of a run */
	double *side[2];
	struct statistics_interval *intervals;
};

static const double *value_at(const struct values *values, int side, int run, int index)
{
	return &values->side[side][(size_t)run * values->n + index];
}

static void values_free(struct values *values)
{
	free(values->side[0]);
	free(values->side[1]);
	free(values->rounding);
}

/* One run of a stage. */
static void values_of(struct values *values, int index, const struct snapshot_row *row, uint64_t ns,
		      double *value)
{
	for (int m = 0; m < METRICS; m++) {
		double *rounding = &values->rounding[index + m];

		value[m] = metric_value(m, row, ns, &value[m]) ? log(value[m]) : NAN;
		*rounding = fmax(*rounding, metric_rounding(m, row));
	}
}

static int values_read(struct values *values, struct comparison *c)
{
	uint64_t buckets[FOLD_BUCKETS];

	values->n = c->nstages * METRICS;
	values->rounding = calloc(values->n + 1, sizeof(*values->rounding));
	if (!values->rounding)
		return -ENOMEM;
	for (int side = 0; side < 2; side++) {
		const struct series *series = c->series[side];
		double *value = calloc((size_t)series->nruns * values->n + 1, sizeof(*value));

		values->side[side] = value;
		if (!value)
			return -ENOMEM;
		for (int i = 0; i < series->nruns * c->nstages; i++, value += METRICS) {
			struct stage_change *stage = &c->stages[i % c->nstages];
			struct snapshot_row row = { 0 };
			uint64_t ns = 0;

			if (stage->stage[side] >= 0)
				ns = series_merge(&series->runs[i / c->nstages], stage->stage[side],
						  &row, buckets);
			stage->count[side] += row.count;
			values_of(values, i % c->nstages * METRICS, &row, ns, value);
		}
	}
	return 0;
}

/* What is typical of those runs that have it; 0 when none does. */
static double typical(const struct comparison *c, const struct values *values, int side, int index)
{
	double sum = 0;
	int n = 0;

	for (int run = 0; run < c->series[side]->nruns; run++) {
		double value = *value_at(values, side, run, index);

		if (isnan(value))
			continue;
		sum += value;
		n++;
	}
	return n ? exp(sum / n) : 0;
}

static bool is_complete(const struct comparison *c, const struct values *values, int index)
{
	for (int side = 0; side < 2; side++)
		for (int run = 0; run < c->series[side]->nruns; run++)
			if (isnan(*value_at(values, side, run, index)))
				return false;
	return true;
}

static void quantities_free(struct quantities *q)
{
	free(q->index);
	free(q->side[0]);
	free(q->side[1]);
	free(q->intervals);
}

static int quantities_select(struct quantities *q, const struct comparison *c,
			     const struct values *values)
{
	q->index = calloc(values->n + 1, sizeof(*q->index));
	q->intervals = calloc(values->n + 1, sizeof(*q->intervals));
	if (!q->index || !q->intervals)
		return -ENOMEM;
	for (int i = 0; i < values->n; i++)
		if (is_complete(c, values, i))
			q->index[q->n++] = i;
	for (int side = 0; side < 2; side++) {
		int runs = c->series[side]->nruns;
		double *to = calloc((size_t)runs * q->n + 1, sizeof(*to));

		q->side[side] = to;
		if (!to)
			return -ENOMEM;
		for (int i = 0; i < runs * q->n; i++)
			to[i] = *value_at(values, side, i / q->n, q->index[i % q->n]);
	}
	return 0;
}

static enum verdict verdict_of(const struct change *change, double limit)
{
	if (change->worse_low > limit)
		return VERDICT_SLOWER;
	if (change->worse_high < -limit)
		return VERDICT_FASTER;
	return change->worse_high <= limit ? VERDICT_SAME : VERDICT_INCONCLUSIVE;
}

/* A logarithm as a change, which is finite. */
static double change_of(double log_factor)
{
	return expm1(fmin(log_factor, 700));
}

/* `rounding` is hidden in both sides alike, whatever the number of runs. */
static void judge(struct change *change, const struct statistics_interval *interval,
		  double rounding, bool more_is_better, double limit, int runs)
{
	struct statistics_interval worse = *interval;

	if (more_is_better) {
		worse.difference = -interval->difference;
		worse.low = -interval->high;
		worse.high = -interval->low;
	}
	change->change = change_of(interval->difference);
	change->low = change_of(interval->low - rounding);
	change->high = change_of(interval->high + rounding);
	change->worse = worse.difference;
	change->worse_low = worse.low - rounding;
	change->worse_high = worse.high + rounding;
	change->verdict = verdict_of(change, limit);
	if (change->verdict != VERDICT_INCONCLUSIVE)
		return;
	/* more runs tell more of what varies, nothing of what is hidden */
	if (fabs(worse.difference - limit) <= rounding)
		change->more_runs = STATISTICS_MANY_RUNS;
	else
		change->more_runs =
			statistics_more_runs(&worse,
					     limit + copysign(rounding, worse.difference - limit),
					     runs);
}

static int judge_all(struct comparison *c, const struct values *values)
{
	int na = c->series[0]->nruns, nb = c->series[1]->nruns, err = 0;
	struct quantities q = { 0 };

	if (na >= STATISTICS_MIN_RUNS && nb >= STATISTICS_MIN_RUNS)
		err = quantities_select(&q, c, values);
	if (!err && q.n) {
		struct statistics_input input = { na, nb, q.n, q.side[0], q.side[1] };

		err = statistics_compare(&input, c->confidence, q.intervals, &c->reach);
	}
	for (int i = 0; i < q.n && !err; i++) {
		int metric = q.index[i] % METRICS;

		judge(&c->stages[q.index[i] / METRICS].changes[metric], &q.intervals[i],
		      values->rounding[q.index[i]], metrics[metric].more_is_better,
		      log1p(c->threshold), na < nb ? na : nb);
	}
	c->ncompared = q.n;
	quantities_free(&q);
	return err;
}

/*
 * Whether metric `m` is to be shown rather than `than`, both of the same verdict. Throughput falls
 * everywhere when one stage slows: it is shown where nothing else says it.
 */
static bool says_more(const struct stage_change *stage, enum metric m, enum metric than)
{
	const struct change *a = &stage->changes[m], *b = &stage->changes[than];

	if (metrics[m].more_is_better != metrics[than].more_is_better)
		return metrics[than].more_is_better;
	if (stage->verdict == VERDICT_SLOWER)
		return a->worse_low > b->worse_low;
	return fabs(a->worse) > fabs(b->worse);
}

static void conclude_stage(struct stage_change *stage)
{
	for (int m = 0; m < METRICS; m++)
		if (stage->changes[m].verdict > stage->verdict)
			stage->verdict = stage->changes[m].verdict;
	while (stage->changes[stage->main].verdict != stage->verdict)
		stage->main++;
	for (int m = stage->main + 1; m < METRICS; m++)
		if (stage->changes[m].verdict == stage->verdict && says_more(stage, m, stage->main))
			stage->main = m;
}

static int stages_init(struct comparison *c)
{
	const struct series *a = c->series[0], *b = c->series[1];

	c->stages = calloc(a->nstages + b->nstages + 1, sizeof(*c->stages));
	if (!c->stages)
		return -ENOMEM;
	for (int i = 0; i < a->nstages; i++)
		c->stages[c->nstages++] =
			(struct stage_change){ .name = a->stages[i],
					       .stage = { i, series_find_stage(b, a->stages[i]) } };
	for (int i = 0; i < b->nstages; i++)
		if (series_find_stage(a, b->stages[i]) < 0)
			c->stages[c->nstages++] =
				(struct stage_change){ .name = b->stages[i], .stage = { -1, i } };
	for (int i = 0; i < c->nstages; i++) {
		c->stages[i].depth = stage_depth_of(c->stages[i].name);
		c->stages[i].waits = stage_waits(c->stages[i].name);
	}
	return 0;
}

static int compare(struct comparison *c)
{
	struct values values = { 0 };
	int err = stages_init(c);

	if (!err)
		err = values_read(&values, c);
	if (!err)
		err = judge_all(c, &values);
	for (int i = 0; i < values.n && !err; i++) {
		struct change *change = &c->stages[i / METRICS].changes[i % METRICS];

		change->a = typical(c, &values, 0, i);
		change->b = typical(c, &values, 1, i);
	}
	values_free(&values);
	return err;
}

struct comparison *comparison__new(const struct series *a, const struct series *b,
				   const struct comparison_options *options)
{
	struct comparison *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->series[0] = a;
	c->series[1] = b;
	c->threshold = options->threshold;
	c->confidence = options->confidence;
	if (compare(c)) {
		comparison__free(c);
		return NULL;
	}
	for (int i = 0; i < c->nstages; i++) {
		conclude_stage(&c->stages[i]);
		c->nverdicts[c->stages[i].verdict]++;
		if (c->stages[i].verdict > c->verdict)
			c->verdict = c->stages[i].verdict;
	}
	comparison_order(c->stages, c->nstages);
	return c;
}

void comparison__free(struct comparison *c)
{
	if (!c)
		return;
	for (int i = 0; i < c->nforced; i++)
		free(c->forced[i]);
	free(c->forced);
	free(c->stages);
	free(c);
}

int comparison_add_forced(struct comparison *c, const char *why)
{
	char **forced = reallocarray(c->forced, c->nforced + 1, sizeof(*forced));

	if (!forced)
		return -ENOMEM;
	c->forced = forced;
	forced[c->nforced] = strdup(why);
	if (!forced[c->nforced])
		return -ENOMEM;
	c->nforced++;
	return 0;
}
