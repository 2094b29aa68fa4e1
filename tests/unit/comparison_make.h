/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Comparisons made by hand, for tests of what is printed of them: two series of runs, and stages
 * with the verdicts, changes and intervals that a test wants, whatever the statistics would say.
 */
#ifndef ASSAY_COMPARISON_MAKE_H
#define ASSAY_COMPARISON_MAKE_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare/comparison.h"

#define MAKE_RUNS    5
#define MAKE_WINDOWS 4			    /* a run, of 250 ms */
#define MAKE_WALL    1785578400000000000ULL /* 2026-08-01 10:00:00 UTC: the first run's start */

/* What a run says of each metric before: ns, or a second. */
static const double make_before[METRICS] = {
	[METRIC_MEDIAN] = 1e6, [METRIC_P90] = 2e6,    [METRIC_P99] = 5e6,
	[METRIC_WORST] = 9e6,  [METRIC_MEAN] = 1.2e6, [METRIC_THROUGHPUT] = 10000,
};

static inline struct series *make_series(const char *label, const char *build_id)
{
	struct series *s = series__new(label);

	s->assay = strdup("v1.2-3-gabcdef0");
	s->host = (struct series_host){
		strdup("tantalum"), strdup("x86_64"), strdup("EPYC 7713"), strdup("6.18.0"), 16,
		64ULL << 30
	};
	s->settings.window = 250000000;
	s->settings.duration = 1000000000;
	series_add_binary(s, "/opt/crucible/crucible-downstairs", build_id);
	s->wanted = MAKE_RUNS;
	return s;
}

/* Two sides, A and B, without a stage. */
static inline struct comparison *comparison_make(void)
{
	struct comparison *c = calloc(1, sizeof(*c));

	c->series[0] = make_series("A", "1a2b3c4d5e6f708192a3b4c5d6e7f80910111213");
	c->series[1] = make_series("B", "f0e1d2c3b4a5968778695a4b3c2d1e0f00112233");
	c->threshold = 0.10;
	c->confidence = 0.99;
	c->reach = 4.2;
	return c;
}

/* A side's series, to be changed. */
static inline struct series *make_side(struct comparison *c, int side)
{
	return (struct series *)c->series[side];
}

/* A metric of a stage: how it changed, of latencies and rates alike as b / a - 1. */
static inline void make_change(struct stage_change *s, enum metric m, enum verdict verdict,
			       double change, double low, double high)
{
	int sign = metrics[m].more_is_better ? -1 : 1;
	double ends[2] = { log1p(low), log1p(high) };

	s->changes[m] = (struct change){
		.verdict = verdict,
		.a = make_before[m],
		.b = make_before[m] * (1 + change),
		.change = change,
		.low = low,
		.high = high,
		.worse = sign * log1p(change),
		.worse_low = sign > 0 ? ends[0] : -ends[1],
		.worse_high = sign > 0 ? ends[1] : -ends[0],
		.more_runs = verdict == VERDICT_INCONCLUSIVE ? 12 : 0,
	};
}

/* A stage behind all others. Its other metrics are the same; nothing of one with too few is. */
static inline struct stage_change *make_stage(struct comparison *c, const char *name,
					      enum verdict verdict, enum metric m, double change,
					      double low, double high)
{
	struct stage_change *s;

	c->stages = reallocarray(c->stages, c->nstages + 1, sizeof(*c->stages));
	s = memset(&c->stages[c->nstages++], 0, sizeof(*s));
	for (int side = 0; side < 2; side++) {
		s->stage[side] = series_stage(make_side(c, side), name);
		s->count[side] = verdict == VERDICT_TOO_FEW ? 3 - side : 12000 + 400 * side;
	}
	s->name = c->series[0]->stages[s->stage[0]];
	s->depth = STAGE_NETWORK;
	s->verdict = verdict;
	s->main = m;
	if (verdict != VERDICT_TOO_FEW) {
		for (int other = 0; other < METRICS; other++)
			make_change(s, other, VERDICT_SAME, 0.011, -0.02, 0.043);
		make_change(s, m, verdict, change, low, high);
		c->ncompared += METRICS;
	}
	c->nverdicts[verdict]++;
	if (verdict > c->verdict)
		c->verdict = verdict;
	return s;
}

/* A stage that fired on one side only. */
static inline struct stage_change *make_one_sided(struct comparison *c, const char *name, int side)
{
	struct stage_change *s = make_stage(c, "", VERDICT_TOO_FEW, METRIC_MEDIAN, 0, 0, 0);

	for (int i = 0; i < 2; i++) {
		struct series *series = make_side(c, i);

		free(series->stages[--series->nstages]);
	}
	s->stage[!side] = -1;
	s->count[!side] = 0;
	s->stage[side] = series_stage(make_side(c, side), name);
	s->count[side] = 123;
	s->name = c->series[side]->stages[s->stage[side]];
	return s;
}

static inline void make_forced(struct comparison *c, const char *why)
{
	c->forced = reallocarray(c->forced, c->nforced + 1, sizeof(*c->forced));
	c->forced[c->nforced++] = strdup(why);
}

/* Durations of a stage in a window: from half of `typical` to twice it, a few much longer. */
static inline void make_cell(struct series *series, uint32_t stage, double typical, int n,
			     uint32_t *seed)
{
	uint64_t buckets[FOLD_BUCKETS] = { 0 };
	struct snapshot_row row = { .buckets = buckets };

	for (int i = 0; i < n; i++) {
		uint64_t ns;

		*seed = *seed * 1103515245 + 12345;
		ns = (uint64_t)(typical * pow(4, (*seed >> 16 & 1023) / 1024.0 - 0.5));
		if ((*seed >> 8 & 63) == 0)
			ns *= 5;
		buckets[fold_bucket(ns)]++;
		row.count++;
		row.sum += ns;
		row.max = ns > row.max ? ns : row.max;
	}
	series_add_cell(series, stage, &row);
}

/*
 * Fills both sides with runs that go with the stages, whose counts become those of the runs; the
 * last thing to be made.
 */
static inline void make_runs(struct comparison *c)
{
	uint32_t seed = 1;

	for (int side = 0; side < 2; side++) {
		struct series *series = make_side(c, side);

		for (int w = 0; w < MAKE_RUNS * MAKE_WINDOWS; w++) {
			if (w % MAKE_WINDOWS == 0) {
				struct series_run *run = series_add_run(series);

				run->wall = MAKE_WALL + w * 1000000000ULL + side * 500000000ULL;
				run->load = 0.25 + 0.125 * w / MAKE_WINDOWS;
			}
			series_add_window(series, 250000000);
			for (int i = 0; i < c->nstages; i++) {
				struct stage_change *s = &c->stages[i];
				const struct change *median = &s->changes[METRIC_MEDIAN];
				int n = (int)(s->count[side] / (MAKE_RUNS * MAKE_WINDOWS));

				if (s->stage[side] >= 0 && (n || w < (int)s->count[side]))
					make_cell(series, s->stage[side],
						  side && median->b ? median->b : 1e6, n ? n : 1,
						  &seed);
			}
		}
	}
}

static inline void comparison_make_free(struct comparison *c)
{
	for (int side = 0; side < 2; side++)
		series__free(make_side(c, side));
	for (int i = 0; i < c->nforced; i++)
		free(c->forced[i]);
	free(c->forced);
	free(c->stages);
	free(c);
}

#endif
