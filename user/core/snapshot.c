// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "snapshot.h"

uint64_t bucket_low(uint32_t bucket)
{
	uint32_t shift;

	if (bucket < FOLD_STEPS)
		return bucket;
	shift = (bucket >> FOLD_STEPS_LOG2) - 1;
	return (uint64_t)(FOLD_STEPS + (bucket & (FOLD_STEPS - 1))) << shift;
}

uint64_t bucket_high(uint32_t bucket)
{
	return bucket + 1 < FOLD_BUCKETS ? bucket_low(bucket + 1) - 1 : UINT64_MAX;
}

static int row_compare(const void *va, const void *vb)
{
	const struct snapshot_row *a = va, *b = vb;

	if (a->row != b->row)
		return a->row < b->row ? -1 : 1;
	if (a->by != b->by)
		return a->by < b->by ? -1 : 1;
	return a->tgid < b->tgid ? -1 : a->tgid > b->tgid;
}

static struct snapshot_row *row_new(struct snapshot *s, const struct fold_group *group)
{
	struct snapshot_row *row = &s->rows[s->nrows++];

	row->row = group->row - 1;
	row->by = group->by;
	row->tgid = group->tgid;
	return row;
}

/* Sorts, and makes one of those that CPUs made twice when they met a group at the same instant. */
static void rows_merge(struct snapshot *s)
{
	int n = 0;

	qsort(s->rows, s->nrows, sizeof(*s->rows), row_compare);
	for (int i = 0; i < s->nrows; i++) {
		struct snapshot_row *row = &s->rows[i], *last = n ? &s->rows[n - 1] : NULL;

		if (!last || row_compare(last, row)) {
			s->rows[n++] = *row;
			continue;
		}
		last->count += row->count;
		last->sum += row->sum;
		last->max = row->max > last->max ? row->max : last->max;
		for (int b = 0; last->buckets && row->buckets && b < FOLD_BUCKETS; b++)
			last->buckets[b] += row->buckets[b];
		if (last->buckets)
			free(row->buckets);
		else
			last->buckets = row->buckets;
	}
	s->nrows = n;
}

/* Whether anything was counted there: durations show in the maximum, those of 0 in the bucket. */
static bool row_has_numbers(const struct fold_tables *t, uint32_t index)
{
	for (uint32_t stripe = 0; stripe < t->stripes; stripe++) {
		size_t i = (size_t)stripe * t->max_groups + index;

		if (t->tallies[i].count || t->tallies[i].max || (t->hists && t->hists[i].bucket[0]))
			return true;
	}
	return false;
}

static int row_add(struct snapshot_row *row, const struct fold_tables *t, uint32_t index)
{
	for (uint32_t stripe = 0; stripe < t->stripes; stripe++) {
		size_t i = (size_t)stripe * t->max_groups + index;
		const struct fold_tally *tally = &t->tallies[i];

		row->count += tally->count;
		row->sum += tally->sum;
		if (tally->max > row->max)
			row->max = tally->max;
		if (!t->hists || (!tally->max && !t->hists[i].bucket[0]))
			continue; /* a count, or nothing on this stripe */
		if (!row->buckets)
			row->buckets = calloc(FOLD_BUCKETS, sizeof(*row->buckets));
		if (!row->buckets)
			return -1;
		for (int b = 0; b < FOLD_BUCKETS; b++) {
			row->buckets[b] += t->hists[i].bucket[b];
			row->count += t->hists[i].bucket[b];
		}
	}
	return 0;
}

struct snapshot *snapshot__take(const struct fold_tables *t)
{
	struct snapshot *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->rows = calloc(t->max_groups, sizeof(*s->rows));
	if (!s->rows)
		goto fail;
	for (uint32_t i = 0; i < t->rows; i++) {
		struct fold_group group = { .row = i + 1 };

		if (row_has_numbers(t, i) && row_add(row_new(s, &group), t, i))
			goto fail;
	}
	for (uint32_t i = 0; i < t->ngroups; i++) {
		uint32_t state = __atomic_load_n(&t->groups[i].state, __ATOMIC_ACQUIRE);

		/* an index beyond the tallies is a group the fold had no room for, and counted */
		if (state < FOLD_GROUP_READY || state - FOLD_GROUP_READY >= t->max_groups)
			continue;
		if (row_add(row_new(s, &t->groups[i].group), t, state - FOLD_GROUP_READY))
			goto fail;
	}
	memcpy(s->losses, t->losses, sizeof(s->losses));
	rows_merge(s);
	return s;
fail:
	snapshot__free(s);
	return NULL;
}

void snapshot__free(struct snapshot *s)
{
	if (!s)
		return;
	for (int i = 0; s->rows && i < s->nrows; i++)
		free(s->rows[i].buckets);
	free(s->rows);
	free(s);
}

const struct snapshot_row *snapshot_find(const struct snapshot *s, uint32_t row, uint64_t by,
					 uint32_t tgid)
{
	struct snapshot_row key = { .row = row, .by = by, .tgid = tgid };

	return bsearch(&key, s->rows, s->nrows, sizeof(key), row_compare);
}

static void row_subtract(struct snapshot_row *row, const struct snapshot_row *before)
{
	uint64_t max = 0;

	row->count -= before->count;
	row->sum -= before->sum;
	if (!row->buckets || !before->buckets)
		return;
	for (int b = 0; b < FOLD_BUCKETS; b++) {
		row->buckets[b] -= before->buckets[b];
		if (row->buckets[b])
			max = bucket_high(b);
	}
	if (max < row->max)
		row->max = max;
}

static struct snapshot *snapshot_copy(const struct snapshot *s)
{
	struct snapshot *copy = malloc(sizeof(*copy));
	size_t size = sizeof(uint64_t) * FOLD_BUCKETS;

	if (!copy)
		return NULL;
	*copy = *s;
	copy->nrows = 0;
	copy->rows = calloc(s->nrows ? s->nrows : 1, sizeof(*copy->rows));
	for (int i = 0; copy->rows && i < s->nrows; i++) {
		struct snapshot_row *row = &copy->rows[copy->nrows++];

		*row = s->rows[i];
		if (!row->buckets)
			continue;
		row->buckets = malloc(size);
		if (!row->buckets) {
			snapshot__free(copy);
			return NULL;
		}
		memcpy(row->buckets, s->rows[i].buckets, size);
	}
	if (!copy->rows) {
		free(copy);
		return NULL;
	}
	return copy;
}

struct snapshot *snapshot__since(const struct snapshot *now, const struct snapshot *before)
{
	struct snapshot *since = snapshot_copy(now);

	if (!since)
		return NULL;
	for (int i = 0; i < since->nrows; i++) {
		struct snapshot_row *row = &since->rows[i];
		const struct snapshot_row *old =
			snapshot_find(before, row->row, row->by, row->tgid);

		if (old)
			row_subtract(row, old);
	}
	for (int i = 0; i < FOLD_LOSS_MAX; i++)
		since->losses[i] -= before->losses[i];
	return since;
}

double snapshot_mean(const struct snapshot_row *row)
{
	return row->count ? (double)row->sum / (double)row->count : 0;
}

uint64_t snapshot_percentile(const struct snapshot_row *row, double p)
{
	uint64_t want = (uint64_t)ceil(p * (double)row->count), seen = 0;

	if (!row->buckets || !row->count)
		return 0;
	if (!want)
		want = 1;
	for (int b = 0; b < FOLD_BUCKETS; b++) {
		uint64_t low = bucket_low(b), middle;

		seen += row->buckets[b];
		if (seen < want)
			continue;
		middle = low + (bucket_high(b) - low) / 2;
		return middle < row->max ? middle : row->max;
	}
	return row->max;
}
