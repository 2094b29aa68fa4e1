// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <math.h>

#include "core/units.h"
#include "metrics.h"

#define WORST 0.01 /* the slowest hundredth */

/* log(1 + 1 / FOLD_STEPS): the widest that a bucket is. */
#define BUCKET 0.06062462181643484

const struct metric_info metrics[METRICS] = {
	[METRIC_MEDIAN] = { "median", "median", false, 20 },
	[METRIC_P90] = { "p90", "p90", false, 100 },
	[METRIC_P99] = { "p99", "p99", false, 1000 },
	[METRIC_WORST] = { "slowest_1_percent", "slowest 1 %", false, 1000 },
	[METRIC_MEAN] = { "mean", "mean", false, 20 },
	[METRIC_THROUGHPUT] = { "throughput", "rate", true, 20 },
};

/* The bounds of a bucket: the topmost is known to end at the row's maximum. */
static void bounds(const struct snapshot_row *row, int bucket, double *low, double *high)
{
	uint64_t from = bucket_low(bucket), to = bucket_high(bucket);

	if (row->max >= from && row->max < to)
		to = row->max;
	*low = (double)from;
	*high = (double)to;
}

double metric_percentile(const struct snapshot_row *row, double p)
{
	double rank, low, high = 0;
	uint64_t total = 0, seen = 0;

	if (!row->buckets)
		return 0;
	for (int b = 0; b < FOLD_BUCKETS; b++)
		total += row->buckets[b];
	rank = p * (double)total;
	for (int b = 0; b < FOLD_BUCKETS; b++) {
		uint64_t n = row->buckets[b];

		if (!n)
			continue;
		bounds(row, b, &low, &high);
		if ((double)(seen + n) >= rank)
			return low + (high - low) * fmax(rank - (double)seen, 0) / (double)n;
		seen += n;
	}
	return high;
}

/* The mean of the slowest `part` of the durations. Of the lowest bucket in it only a part is. */
static double mean_beyond(const struct snapshot_row *row, double part)
{
	double left, all, sum = 0, low, high;
	uint64_t total = 0;

	for (int b = 0; b < FOLD_BUCKETS; b++)
		total += row->buckets[b];
	left = all = part * (double)total;
	for (int b = FOLD_BUCKETS - 1; b >= 0 && left > 0; b--) {
		double n = (double)row->buckets[b];

		if (n == 0)
			continue;
		bounds(row, b, &low, &high);
		if (n > left) {
			low = high - (high - low) * left / n;
			n = left;
		}
		sum += n * (low + high) / 2;
		left -= n;
	}
	return all > 0 ? sum / all : 0;
}

bool metric_value(enum metric metric, const struct snapshot_row *row, uint64_t ns, double *value)
{
	if (row->count < metrics[metric].least || !row->buckets)
		return false;
	switch (metric) {
	case METRIC_MEDIAN:
		*value = metric_percentile(row, 0.5);
		break;
	case METRIC_P90:
		*value = metric_percentile(row, 0.9);
		break;
	case METRIC_P99:
		*value = metric_percentile(row, 0.99);
		break;
	case METRIC_WORST:
		*value = mean_beyond(row, WORST);
		break;
	case METRIC_MEAN:
		*value = (double)row->sum / (double)row->count;
		break;
	case METRIC_THROUGHPUT:
		*value = ns ? (double)row->count / (double)ns * (double)NSEC_PER_SEC : 0;
		break;
	case METRICS:
		return false;
	}
	return isfinite(*value) && *value > 0;
}

/* The part of the durations beyond `p` that lies in the bucket of `p`; 1 where it has more. */
static double part_at(const struct snapshot_row *row, double p)
{
	uint64_t total = 0, seen = 0;
	double beyond = fmin(p, 1 - p);

	for (int b = 0; b < FOLD_BUCKETS; b++)
		total += row->buckets[b];
	for (int b = 0; b < FOLD_BUCKETS; b++) {
		seen += row->buckets[b];
		if (seen && (double)seen >= p * (double)total)
			return fmin((double)row->buckets[b] / (beyond * (double)total), 1);
	}
	return 0;
}

/* The greatest part of the slowest `part` that lies in one bucket. */
static double part_beyond(const struct snapshot_row *row, double part)
{
	double left, all, most = 0;
	uint64_t total = 0;

	for (int b = 0; b < FOLD_BUCKETS; b++)
		total += row->buckets[b];
	left = all = part * (double)total;
	for (int b = FOLD_BUCKETS - 1; b >= 0 && left > 0; b--) {
		most = fmax(most, fmin((double)row->buckets[b], left));
		left -= (double)row->buckets[b];
	}
	return all > 0 ? most / all : 0;
}

double metric_rounding(enum metric metric, const struct snapshot_row *row)
{
	if (!row->buckets)
		return 0;
	switch (metric) {
	case METRIC_MEDIAN:
		return BUCKET * part_at(row, 0.5);
	case METRIC_P90:
		return BUCKET * part_at(row, 0.9);
	case METRIC_P99:
		return BUCKET * part_at(row, 0.99);
	case METRIC_WORST:
		return BUCKET * part_beyond(row, WORST);
	default:
		return 0;
	}
}
