// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * baselines A B [RUNS WINDOWS STAGES]: writes two baseline files, as measured of two builds of
 * which B is slower in some stages and faster in one. The numbers come from a generator with a
 * fixed seed: the same files each time.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare/baseline.h"
#include "compare/stages.h"
#include "core/log.h"

#define WALL   1785578400000000000ULL /* 2026-08-01 10:00:00 UTC */
#define WINDOW 250000000ULL	      /* ns */
#define SECOND 1000000000ULL
#define FEW    3 /* durations of a stage that has too few */

/* What a stage is like before, and how it is other after: factors. */
struct model {
	const char *name;
	double typical;	  /* ns */
	int rate;	  /* durations a window */
	double spread;	  /* of all, from run to run: deviation of the logarithm */
	double all, slow; /* after: of all, of the slowest hundredth */
};

static const struct model models[] = {
	{ "guest-read", 180e3, 220, 0.01, 1, 1 },
	{ "guest-write", 420e3, 400, 0.01, 1.06, 1 },
	{ "guest-flush", 2.1e6, 16, 0.08, 1, 1 },
	{ "net-write[0]", 310e3, 400, 0.01, 1.02, 1 },
	{ "net-write[1]", 320e3, 400, 0.01, 1.30, 1 },
	{ "net-write[2]", 315e3, 400, 0.01, 1, 1 },
	{ "downstairs-write", 240e3, 1200, 0.01, 1.12, 1 },
	{ "downstairs-write-os", 150e3, 1200, 0.008, 1.34, 1 },
	{ "downstairs-write-queue", 41e3, 1200, 0.01, 1, 1 },
	{ "extent-write-file", 95e3, 1200, 0.01, 1, 2.2 },
	{ "extent-write-get-hashes", 6.5e3, 1200, 0.006, 0.78, 1 },
	{ "extent-flush-file", 1.6e6, 48, 0.3, 1.1, 1 },
	{ "disk-write-device[vda]", 70e3, 900, 0.02, 1, 1 },
};
#define MODELS (int)(sizeof(models) / sizeof(models[0]))

static uint64_t seed = 88172645463325252ULL;

/* Evenly from 0 to 1, without its ends (xorshift64*). */
static double uniform(void)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return ((double)(seed * 2685821657736338717ULL >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(void)
{
	return sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform());
}

/* A duration: most are near the typical, some waited behind others, a few for something else. */
static uint64_t duration(const struct model *m, double factor, double slow)
{
	double kind = uniform(), ns = m->typical * factor;

	if (kind < 0.955)
		ns *= exp(0.22 * normal());
	else if (kind < 0.99)
		ns *= 2.1 * exp(0.3 * normal());
	else
		ns *= 4 * slow * exp(0.5 * normal() - 0.4 * log(uniform()));
	return (uint64_t)ns;
}

static int add_cell(struct series *s, const struct model *m, const char *name, double factor,
		    double slow, int n)
{
	uint64_t buckets[FOLD_BUCKETS] = { 0 };
	struct snapshot_row row = { .buckets = buckets };

	for (int i = 0; i < n; i++) {
		uint64_t ns = duration(m, factor, slow);

		buckets[fold_bucket(ns)]++;
		row.count++;
		row.sum += ns;
		row.max = ns > row.max ? ns : row.max;
	}
	return series_add_cell(s, series_stage(s, name), &row);
}

/* The models again and again, as of more extents. */
static const char *stage_name(int stage, char *text, size_t size)
{
	const char *name = models[stage % MODELS].name;

	if (stage < MODELS)
		return name;
	snprintf(text, size, "%.*s[%d]", (int)strcspn(name, "["), name, stage);
	return text;
}

static int add_run(struct series *s, int side, int run, int windows, int stages)
{
	struct series_run *r = series_add_run(s);
	double spread[256];
	char name[64];

	r->wall = WALL + (uint64_t)(2 * run + side) * 12 * SECOND;
	r->load = 0.6 + 0.1 * run;
	for (int i = 0; i < stages; i++)
		spread[i] = exp(models[i % MODELS].spread * normal());
	for (int w = 0; w < windows; w++) {
		series_add_window(s, WINDOW);
		for (int i = 0; i < stages; i++) {
			const struct model *m = &models[i % MODELS];
			bool after = side && i < MODELS;
			double drift = exp(0.02 * sin(0.4 * w + i));
			int n = (int)(m->rate * (0.85 + 0.3 * uniform()));

			if (add_cell(s, m, stage_name(i, name, sizeof(name)),
				     spread[i] * drift * (after ? m->all : 1), after ? m->slow : 1,
				     n))
				return -1;
		}
		/* one that hardly ever fired, and one that is new */
		if (run < FEW && !w && add_cell(s, &models[0], "guest-barrier", 1, 1, 1))
			return -1;
		if (side && add_cell(s, &models[0], "guest-write-unwritten", 1, 1, 20))
			return -1;
	}
	return 0;
}

static struct series *make(int side, int runs, int windows, int stages)
{
	struct series *s = series__new(side ? "now" : "baseline");

	s->assay = strdup("v1.2-3-gabcdef0");
	s->host = (struct series_host){ strdup("tantalum"),
					strdup("x86_64"),
					strdup("AMD EPYC 7713P 64-Core Processor"),
					strdup("6.18.0"),
					16,
					64ULL << 30 };
	s->settings.window = WINDOW;
	s->settings.duration = windows * WINDOW;
	s->settings.warmup = SECOND;
	series_add_binary(s, "/opt/crucible/bin/crucible-downstairs",
			  side ? "f0e1d2c3b4a5968778695a4b3c2d1e0f00112233"
			       : "1a2b3c4d5e6f708192a3b4c5d6e7f80910111213");
	s->wanted = runs;
	for (int r = 0; r < runs; r++)
		if (add_run(s, side, r, windows, stages))
			return NULL;
	return s;
}

int main(int argc, char **argv)
{
	int runs = argc > 3 ? atoi(argv[3]) : 8, windows = argc > 4 ? atoi(argv[4]) : 40;
	int stages = argc > 5 ? atoi(argv[5]) : MODELS;
	char why[512];

	if (argc < 3 || argc > 6 || runs < 1 || windows < 1 || stages < 1 || stages > 256)
		return 2;
	for (int side = 0; side < 2; side++) {
		struct series *s = make(side, runs, windows, stages);

		if (!s || baseline_write(s, argv[1 + side], why, sizeof(why))) {
			log_error("%s", s ? why : "no memory");
			return 1;
		}
		series__free(s);
	}
	return 0;
}
