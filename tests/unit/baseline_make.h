/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A small series that has something in every field, and whether two are the same.
 */
#ifndef ASSAY_TEST_BASELINE_MAKE_H
#define ASSAY_TEST_BASELINE_MAKE_H

#include <stdlib.h>
#include <string.h>

#include "compare/series.h"

/* Durations as a stage's cell in the last window: `n` each, ended by 0. */
static inline void make_cell(struct series *s, const char *stage, uint64_t n, const uint64_t *ns)
{
	static uint64_t buckets[FOLD_BUCKETS];
	struct snapshot_row row = { .buckets = buckets };

	memset(buckets, 0, sizeof(buckets));
	for (; *ns; ns++) {
		buckets[fold_bucket(*ns)] += n;
		row.sum += n * *ns;
		row.max = *ns > row.max ? *ns : row.max;
	}
	series_add_cell(s, series_stage(s, stage), &row);
}

static inline char **make_texts(const char *a, const char *b, const char *c)
{
	char **texts = calloc(4, sizeof(*texts));

	texts[0] = a ? strdup(a) : NULL;
	texts[1] = b ? strdup(b) : NULL;
	texts[2] = c ? strdup(c) : NULL;
	return texts;
}

static inline void make_about(struct series *s)
{
	s->assay = strdup("1.2.3-dirty");
	s->wanted = 7;
	s->interrupted = true;
	s->host = (struct series_host){
		.name = strdup("runner-12"),
		.machine = strdup("x86_64"),
		.cpu = strdup("Example(R) \"CPU\" \\ 3 \xc2\xb5m"),
		.kernel = strdup("6.1.0-13-amd64"),
		.cpus = UINT32_MAX,
		.memory = INT64_MAX,
	};
	s->settings = (struct series_settings){
		.window = 250000000,
		.duration = 10000000001,
		.warmup = 1,
		.stages = make_texts("guest-*", "disk-*", NULL),
		.nstages = 2,
		.devices = make_texts("vda", NULL, NULL),
		.ndevices = 1,
		.no_disks = true,
		.command = make_texts("sh", "-c", "a\nb\tc \x7f ''"),
	};
	series_add_binary(s, "/opt/crucible/bin/crutest", "00ff11ee");
	series_add_binary(s, "/opt/crucible/bin/crucible-downstairs (deleted)", "");
}

/* Its longest duration may be chosen: a baseline of it has a bound for each bucket up to there. */
static inline struct series *make_series_to(uint64_t longest)
{
	static const uint64_t few[] = { 15, 16, 17, 0 }, one[] = { 1, 0 };
	const uint64_t many[] = { 1, 3, 15, 16, 33, longest, 0 };
	struct series *s = series__new("of a \"test\"");
	struct series_run *run;

	make_about(s);
	run = series_add_run(s);
	run->wall = 1785501296000456789;
	run->load = 0.42;
	for (int i = 0; i < FOLD_LOSS_MAX; i++)
		run->losses[i] = i % 3 ? 0 : 1 + i;
	series_add_window(s, 250000000);
	make_cell(s, "guest-write", 12, few);
	make_cell(s, "net-write[1]", 1, many);
	series_add_window(s, 250000001); /* nothing fired */
	series_add_window(s, 99999999);
	make_cell(s, "guest-flush", 5, one);
	make_cell(s, "guest-write", 5000000000, few);
	run = series_add_run(s);
	run->wall = 1785501310000000000;
	run->load = 17;
	run = series_add_run(s);
	run->load = 1.05;
	series_add_window(s, 1);
	make_cell(s, "disk-write-device[vda]", 1, many);
	return s;
}

static inline struct series *make_series(void)
{
	return make_series_to(INT64_MAX / 16);
}

static inline bool same_texts(char *const *a, int na, char *const *b, int nb)
{
	bool same = na == nb;

	for (int i = 0; same && i < na; i++)
		same = !strcmp(a[i], b[i]);
	return same;
}

static inline bool same_settings(const struct series_settings *a, const struct series_settings *b)
{
	int na = 0, nb = 0;

	while (a->command && a->command[na])
		na++;
	while (b->command && b->command[nb])
		nb++;
	return a->window == b->window && a->duration == b->duration && a->warmup == b->warmup &&
	       a->no_disks == b->no_disks && !a->command == !b->command &&
	       same_texts(a->command, na, b->command, nb) &&
	       same_texts(a->stages, a->nstages, b->stages, b->nstages) &&
	       same_texts(a->devices, a->ndevices, b->devices, b->ndevices);
}

static inline bool same_cell(const struct series_cell *a, const struct series_cell *b)
{
	bool same = a->stage == b->stage && a->count == b->count && a->sum == b->sum &&
		    a->max == b->max && a->nbuckets == b->nbuckets;

	for (uint32_t i = 0; same && i < a->nbuckets; i++)
		same = a->buckets[i].bucket == b->buckets[i].bucket &&
		       a->buckets[i].n == b->buckets[i].n;
	return same;
}

static inline bool same_run(const struct series_run *a, const struct series_run *b)
{
	bool same = a->wall == b->wall && a->load == b->load && a->nwindows == b->nwindows &&
		    !memcmp(a->losses, b->losses, sizeof(a->losses));

	for (int w = 0; same && w < a->nwindows; w++) {
		same = a->windows[w].ns == b->windows[w].ns &&
		       a->windows[w].ncells == b->windows[w].ncells;
		for (int c = 0; same && c < a->windows[w].ncells; c++)
			same = same_cell(&a->windows[w].cells[c], &b->windows[w].cells[c]);
	}
	return same;
}

/* What differs; NULL: nothing. */
static inline const char *series_differs(const struct series *a, const struct series *b)
{
	if (strcmp(a->label, b->label) || strcmp(a->assay, b->assay) || a->wanted != b->wanted ||
	    a->interrupted != b->interrupted)
		return "head";
	if (strcmp(a->host.name, b->host.name) || strcmp(a->host.machine, b->host.machine) ||
	    strcmp(a->host.cpu, b->host.cpu) || strcmp(a->host.kernel, b->host.kernel) ||
	    a->host.cpus != b->host.cpus || a->host.memory != b->host.memory)
		return "host";
	if (!same_settings(&a->settings, &b->settings))
		return "settings";
	if (a->nbinaries != b->nbinaries)
		return "binaries";
	for (int i = 0; i < a->nbinaries; i++)
		if (strcmp(a->binaries[i].path, b->binaries[i].path) ||
		    strcmp(a->binaries[i].build_id, b->binaries[i].build_id))
			return "binaries";
	if (!same_texts(a->stages, a->nstages, b->stages, b->nstages))
		return "stages";
	if (a->nruns != b->nruns)
		return "runs";
	for (int i = 0; i < a->nruns; i++)
		if (!same_run(&a->runs[i], &b->runs[i]))
			return "runs";
	return NULL;
}

#endif
