// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The proof of the comparison: how often it is wrong. Runs that were recorded once (record) are
 * drawn at random, none for both sides at a time, and compared as `assay check` compares them.
 * Runs of the same build must hardly ever differ; those of a slowed one must, and the stage that
 * was slowed must be named first. resample [-s SEED] [-c CASE] DIR Status 0 when all bounds hold; 1
 * when one is broken; 3 when there is nothing to draw from.
 */
#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compare/baseline.h"
#include "compare/comparison.h"
#include "compare/compare_options.h"

#define MAX_RUNS  64 /* a side */
#define MAX_NAMES 32

/* What is drawn from what, how often, and what has to come of it. */
struct proof {
	const char *name;
	const char *a, *b; /* of files A-*.json and B-*.json */
	int runs;	   /* a side */
	int comparisons;
	int most;	   /* regressions at most; of A/A */
	int least;	   /* found with the right stage first, at least; of A/B */
	const char *stage; /* the right one, a pattern; NULL: A/A, where none is */
};

static const struct proof proofs[] = {
	{ "stand-in, same", "same", "same", 5, 400, 4, 0, NULL },
	{ "stand-in, same", "same", "same", 10, 400, 4, 0, NULL },
	{ "real, same", "real", "real", 5, 400, 4, 0, NULL },
	{ "real, same", "real", "real", 10, 400, 4, 0, NULL },
	{ "write +20 %", "same", "write", 10, 100, 0, 99, "downstairs-write-os" },
	{ "work +20 %", "same", "work", 10, 100, 0, 99, "downstairs-*-queue" },
	{ "slowest 1 % +40 %", "same", "tail", 10, 100, 0, 95, "downstairs-write-os" },
};

/* All runs of one build. */
struct pool {
	const char *name;
	struct series *series; /* NULL: there are no files */
	int files;
};

struct tally {
	int verdicts[VERDICT_SLOWER + 1];
	int right;		      /* slower, and the right stage is the first */
	double change;		      /* of the first stage, summed up */
	const char *names[MAX_NAMES]; /* first in a regression, and how often */
	int counts[MAX_NAMES];
	int nnames;
};

static int by_stage(const void *a, const void *b)
{
	uint32_t x = ((const struct series_cell *)a)->stage;
	uint32_t y = ((const struct series_cell *)b)->stage;

	return (x > y) - (x < y);
}

/* Gives cells of a file's the stages' numbers of the pool. 0 or -ENOMEM. */
static int pool_renumber(struct series *pool, const struct series *file,
			 struct series_window *window)
{
	for (int c = 0; c < window->ncells; c++) {
		int stage = series_stage(pool, file->stages[window->cells[c].stage]);

		if (stage < 0)
			return stage;
		window->cells[c].stage = (uint32_t)stage;
	}
	qsort(window->cells, window->ncells, sizeof(*window->cells), by_stage);
	return 0;
}

/* Moves the runs of a file into the pool. 0 or -ENOMEM. */
static int pool_take(struct series *pool, struct series *file)
{
	int err = 0;

	for (int r = 0; !err && r < file->nruns; r++) {
		struct series_run *run = series_add_run(pool);

		if (!run)
			return -ENOMEM;
		*run = file->runs[r];
		memset(&file->runs[r], 0, sizeof(file->runs[r]));
		for (int w = 0; !err && w < run->nwindows; w++)
			err = pool_renumber(pool, file, &run->windows[w]);
	}
	return err;
}

static int pool_add(struct pool *pool, const char *path)
{
	struct series *file;
	char why[512];
	int err = baseline_read(path, &file, why, sizeof(why));

	if (err) {
		fprintf(stderr, "resample: %s\n", why);
		return err;
	}
	pool->files++;
	if (!pool->series) {
		pool->series = file;
		return 0;
	}
	err = pool_take(pool->series, file);
	series__free(file);
	return err;
}

static int pool_read(struct pool *pool, const char *dir)
{
	char pattern[4096];
	glob_t found;
	int err = 0;

	snprintf(pattern, sizeof(pattern), "%s/%s-*.json", dir, pool->name);
	if (glob(pattern, 0, NULL, &found))
		return 0; /* none: its proofs are skipped by name */
	for (size_t i = 0; !err && i < found.gl_pathc; i++)
		err = pool_add(pool, found.gl_pathv[i]);
	globfree(&found);
	return err;
}

static struct pool pools[] = { { "same", NULL, 0 },
			       { "write", NULL, 0 },
			       { "work", NULL, 0 },
			       { "tail", NULL, 0 },
			       { "real", NULL, 0 } };
#define NPOOLS (sizeof(pools) / sizeof(pools[0]))

static const struct pool *pool_find(const char *name)
{
	size_t i = 0;

	while (strcmp(pools[i].name, name))
		i++;
	return &pools[i];
}

/* How many runs there are, and how busy the machine was with all it did. */
static void pool_print(const struct pool *pool)
{
	const struct series *s = pool->series;
	double least = INFINITY, most = 0;

	for (int i = 0; i < s->nruns; i++) {
		least = fmin(least, s->runs[i].load);
		most = fmax(most, s->runs[i].load);
	}
	printf("%s: %d runs, %s, %u CPUs, load %.1f to %.1f\n", pool->name, s->nruns, s->host.cpu,
	       s->host.cpus, least, most);
}

/* The first `n` of `order` become random ones of `of`, each other. */
static void draw(int *order, int of, int n, unsigned short seed[3])
{
	for (int i = 0; i < of; i++)
		order[i] = i;
	for (int i = 0; i < n; i++) {
		int j = i + (int)(nrand48(seed) % (of - i)), kept = order[i];

		order[i] = order[j];
		order[j] = kept;
	}
}

/* A series of some of the pool's runs, which stay the pool's. */
static struct series view(const struct pool *pool, const int *order, int n, struct series_run *runs)
{
	struct series series = *pool->series;

	for (int i = 0; i < n; i++)
		runs[i] = pool->series->runs[order[i]];
	series.runs = runs;
	series.nruns = n;
	return series;
}

static void tally_name(struct tally *t, const char *name)
{
	int i = 0;

	while (i < t->nnames && strcmp(t->names[i], name))
		i++;
	if (i == MAX_NAMES)
		return;
	t->names[i] = name;
	t->counts[i]++;
	t->nnames += i == t->nnames;
}

static void tally_add(struct tally *t, const struct proof *p, const struct comparison *c)
{
	const struct stage_change *first = c->stages;

	t->verdicts[c->verdict]++;
	if (c->verdict != VERDICT_SLOWER)
		return;
	tally_name(t, first->name);
	t->change += first->changes[first->main].change;
	t->right += p->stage && !fnmatch(p->stage, first->name, 0);
}

/* One comparison. 0 or -ENOMEM. */
static int compare_once(const struct proof *p, unsigned short seed[3], struct tally *t)
{
	const struct comparison_options options = { COMPARE_THRESHOLD, COMPARE_CONFIDENCE };
	const struct pool *a = pool_find(p->a), *b = pool_find(p->b);
	struct series_run runs[2][MAX_RUNS];
	struct comparison *comparison;
	struct series sides[2];
	int *order;

	order = calloc((size_t)a->series->nruns + b->series->nruns, sizeof(*order));
	if (!order)
		return -ENOMEM;
	if (a == b) {
		draw(order, a->series->nruns, 2 * p->runs, seed);
		sides[0] = view(a, order, p->runs, runs[0]);
		sides[1] = view(a, order + p->runs, p->runs, runs[1]);
	} else {
		draw(order, a->series->nruns, p->runs, seed);
		sides[0] = view(a, order, p->runs, runs[0]);
		draw(order, b->series->nruns, p->runs, seed);
		sides[1] = view(b, order, p->runs, runs[1]);
	}
	free(order);
	comparison = comparison__new(&sides[0], &sides[1], &options);
	if (!comparison)
		return -ENOMEM;
	tally_add(t, p, comparison);
	comparison__free(comparison);
	return 0;
}

static void say_differs(void *arg, const char *text)
{
	fprintf(stderr, "resample: not to be compared: %s\n", text);
	*(int *)arg = 1;
}

/* Are there runs enough, measured alike? */
static bool proof_is_possible(const struct proof *p)
{
	const struct pool *a = pool_find(p->a), *b = pool_find(p->b);
	int need = a == b ? 2 * p->runs : p->runs, differs = 0;

	if (!a->series || !b->series) {
		printf("skip %s: no %s-*.json\n", p->name, a->series ? p->b : p->a);
		return false;
	}
	if (a->series->nruns < need || b->series->nruns < need) {
		printf("skip %s: %d runs a side are drawn, %d and %d there\n", p->name, p->runs,
		       a->series->nruns, b->series->nruns);
		return false;
	}
	comparison_differs(a->series, b->series, say_differs, &differs);
	return !differs;
}

/* Its line; whether its bound holds. */
static bool proof_print(const struct proof *p, const struct tally *t)
{
	int slower = t->verdicts[VERDICT_SLOWER];
	bool holds = p->stage ? t->right >= p->least : slower <= p->most;
	char bound[64];

	if (p->stage)
		snprintf(bound, sizeof(bound), "%s first >= %d", p->stage, p->least);
	else
		snprintf(bound, sizeof(bound), "regressions <= %d", p->most);
	printf("%-18s %4d %6d %11d %12d %6d %7d  %s: %s\n", p->name, p->runs, p->comparisons,
	       slower, t->verdicts[VERDICT_INCONCLUSIVE], t->verdicts[VERDICT_FASTER], t->right,
	       bound, holds ? "holds" : "BROKEN");
	if (t->nnames)
		printf("%18s first named:", "");
	for (int i = 0; i < t->nnames; i++)
		printf("%s %s %d", i ? "," : "", t->names[i], t->counts[i]);
	if (t->nnames)
		printf("; by %+.1f %% on average\n", 100 * t->change / slower);
	fflush(stdout);
	return holds;
}

/* Runs one; its status. */
static int prove(const struct proof *p, unsigned int number, long seed)
{
	/* each has a sequence of its own, whichever others are run */
	unsigned short state[3] = { (unsigned short)seed, (unsigned short)(seed >> 16),
				    (unsigned short)number };
	struct tally tally = { 0 };

	for (int i = 0; i < p->comparisons; i++) {
		if (compare_once(p, state, &tally)) {
			fprintf(stderr, "resample: compare %s: ENOMEM\n", p->name);
			return 1;
		}
	}
	return proof_print(p, &tally) ? 0 : 1;
}

static int prove_all(long seed, int only)
{
	int status = 3;

	printf("seed %ld\n", seed);
	for (size_t i = 0; i < NPOOLS; i++)
		if (pools[i].series)
			pool_print(&pools[i]);
	printf("%-18s %4s %6s %11s %12s %6s %7s  %s\n", "drawn", "runs", "times", "regressions",
	       "inconclusive", "faster", "right", "bound");
	for (unsigned int i = 0; i < sizeof(proofs) / sizeof(proofs[0]); i++) {
		int one;

		if ((only >= 0 && only != (int)i) || !proof_is_possible(&proofs[i]))
			continue;
		one = prove(&proofs[i], i, seed);
		status = status == 3 ? one : status | one;
	}
	return status;
}

int main(int argc, char **argv)
{
	int c, status = 0, only = -1;
	long seed = 1;

	while ((c = getopt(argc, argv, "s:c:")) != -1) {
		if (c == 's')
			seed = strtol(optarg, NULL, 0);
		else if (c == 'c')
			only = (int)strtol(optarg, NULL, 0);
		else
			return 2;
	}
	if (optind + 1 != argc) {
		fprintf(stderr, "usage: resample [-s SEED] [-c CASE] DIR\n");
		return 2;
	}
	for (size_t i = 0; !status && i < NPOOLS; i++)
		status = pool_read(&pools[i], argv[optind]) ? 3 : 0;
	if (!status)
		status = prove_all(seed, only);
	for (size_t i = 0; i < NPOOLS; i++)
		series__free(pools[i].series);
	return status;
}
