// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "series.h"

struct series *series__new(const char *label)
{
	struct series *s = calloc(1, sizeof(*s));

	if (s)
		s->label = strdup(label);
	if (s && s->label)
		return s;
	free(s);
	return NULL;
}

static void strings_free(char **strings, int n)
{
	for (int i = 0; i < n; i++)
		free(strings[i]);
	free(strings);
}

static void settings_free(struct series_settings *settings)
{
	int n = 0;

	while (settings->command && settings->command[n])
		n++;
	strings_free(settings->command, n);
	strings_free(settings->stages, settings->nstages);
	strings_free(settings->devices, settings->ndevices);
}

static void window_free(struct series_window *window)
{
	for (int c = 0; c < window->ncells; c++)
		free(window->cells[c].buckets);
	free(window->cells);
}

static void run_free(struct series_run *run)
{
	for (int w = 0; w < run->nwindows; w++)
		window_free(&run->windows[w]);
	free(run->windows);
}

void series__free(struct series *s)
{
	if (!s)
		return;
	free(s->label);
	free(s->assay);
	free(s->host.name);
	free(s->host.machine);
	free(s->host.cpu);
	free(s->host.kernel);
	settings_free(&s->settings);
	for (int i = 0; i < s->nbinaries; i++) {
		free(s->binaries[i].path);
		free(s->binaries[i].build_id);
	}
	free(s->binaries);
	strings_free(s->stages, s->nstages);
	for (int i = 0; i < s->nruns; i++)
		run_free(&s->runs[i]);
	free(s->runs);
	free(s);
}

int series_rename(struct series *s, const char *label)
{
	char *copy = strdup(label);

	if (!copy)
		return -ENOMEM;
	free(s->label);
	s->label = copy;
	return 0;
}

/* Room for one more in an array of `n`, which is zero; NULL without memory. */
static void *append(void *array, int n, size_t size)
{
	void **at = array;
	void *more = reallocarray(*at, n + 1, size);

	if (!more)
		return NULL;
	*at = more;
	return memset((char *)more + n * size, 0, size);
}

int series_find_stage(const struct series *s, const char *name)
{
	for (int i = 0; i < s->nstages; i++)
		if (!strcmp(s->stages[i], name))
			return i;
	return -1;
}

int series_stage(struct series *s, const char *name)
{
	int i = series_find_stage(s, name);
	char **entry;

	if (i >= 0)
		return i;
	entry = append(&s->stages, s->nstages, sizeof(*entry));
	if (entry)
		*entry = strdup(name);
	return entry && *entry ? s->nstages++ : -ENOMEM;
}

struct series_run *series_add_run(struct series *s)
{
	struct series_run *run = append(&s->runs, s->nruns, sizeof(*run));

	s->nruns += run != NULL;
	return run;
}

struct series_window *series_add_window(struct series *s, uint64_t ns)
{
	struct series_run *run = &s->runs[s->nruns - 1];
	struct series_window *window = append(&run->windows, run->nwindows, sizeof(*window));

	if (!window)
		return NULL;
	run->nwindows++;
	window->ns = ns;
	return window;
}

void series_drop_run(struct series *s)
{
	if (s->nruns)
		run_free(&s->runs[--s->nruns]);
}

void series_drop_window(struct series *s)
{
	struct series_run *run = &s->runs[s->nruns - 1];

	if (run->nwindows)
		window_free(&run->windows[--run->nwindows]);
}

static uint32_t buckets_used(const uint64_t *buckets)
{
	uint32_t n = 0;

	for (int i = 0; i < FOLD_BUCKETS; i++)
		n += buckets[i] != 0;
	return n;
}

/* Room for a stage's cell in the window, where its number has it; NULL without memory. */
static struct series_cell *cell_insert(struct series_window *window, uint32_t stage)
{
	struct series_cell *cell = append(&window->cells, window->ncells, sizeof(*cell));

	if (!cell)
		return NULL;
	for (; cell > window->cells && cell[-1].stage > stage; cell--)
		cell[0] = cell[-1];
	window->ncells++;
	*cell = (struct series_cell){ .stage = stage };
	return cell;
}

int series_add_cell(struct series *s, uint32_t stage, const struct snapshot_row *row)
{
	struct series_run *run = &s->runs[s->nruns - 1];
	struct series_window *window = &run->windows[run->nwindows - 1];
	uint32_t used = row->buckets ? buckets_used(row->buckets) : 0;
	struct series_bucket *buckets;
	struct series_cell *cell;

	if (!used)
		return 0;
	buckets = calloc(used, sizeof(*buckets));
	cell = buckets ? cell_insert(window, stage) : NULL;
	if (!cell) {
		free(buckets);
		return -ENOMEM;
	}
	cell->sum = row->sum;
	cell->max = row->max;
	cell->buckets = buckets;
	for (uint32_t i = 0; i < FOLD_BUCKETS; i++) {
		if (!row->buckets[i])
			continue;
		buckets[cell->nbuckets++] = (struct series_bucket){ i, row->buckets[i] };
		cell->count += row->buckets[i];
	}
	return 0;
}

int series_add_binary(struct series *s, const char *path, const char *build_id)
{
	struct series_binary *b;

	for (int i = 0; i < s->nbinaries; i++)
		if (!strcmp(s->binaries[i].path, path) &&
		    !strcmp(s->binaries[i].build_id, build_id))
			return 0;
	b = append(&s->binaries, s->nbinaries, sizeof(*b));
	if (!b)
		return -ENOMEM;
	*b = (struct series_binary){ strdup(path), strdup(build_id) };
	if (b->path && b->build_id) {
		s->nbinaries++;
		return 0;
	}
	free(b->path);
	free(b->build_id);
	return -ENOMEM;
}

static int cell_compare(const void *stage, const void *cell)
{
	uint32_t a = *(const uint32_t *)stage, b = ((const struct series_cell *)cell)->stage;

	return a < b ? -1 : a > b;
}

const struct series_cell *series_cell(const struct series_window *window, uint32_t stage)
{
	/* without cells there is no array */
	if (!window->ncells)
		return NULL;
	return bsearch(&stage, window->cells, window->ncells, sizeof(*window->cells), cell_compare);
}

void series_add_up(struct snapshot_row *sum, const struct series_cell *cell)
{
	sum->count += cell->count;
	sum->sum += cell->sum;
	sum->max = cell->max > sum->max ? cell->max : sum->max;
	for (uint32_t i = 0; i < cell->nbuckets; i++)
		sum->buckets[cell->buckets[i].bucket] += cell->buckets[i].n;
}

uint64_t series_merge(const struct series_run *run, uint32_t stage, struct snapshot_row *sum,
		      uint64_t *buckets)
{
	uint64_t ns = 0, until_now = 0;
	bool fired = false;

	*sum = (struct snapshot_row){ .buckets = buckets };
	memset(buckets, 0, FOLD_BUCKETS * sizeof(*buckets));
	for (int w = 0; w < run->nwindows; w++) {
		const struct series_cell *cell = series_cell(&run->windows[w], stage);

		fired |= cell != NULL;
		if (fired)
			until_now += run->windows[w].ns;
		if (!cell)
			continue;
		/* what was quiet in between counts once it fires again */
		ns = until_now;
		series_add_up(sum, cell);
	}
	return ns;
}

char *series_command(const struct series *s, char *text, size_t size)
{
	char *const *command = s->settings.command;
	size_t len = 0;

	*text = '\0';
	for (int i = 0; command && command[i] && len < size; i++)
		len += snprintf(text + len, size - len, i ? " %s" : "%s", command[i]);
	if (len >= size)
		strcpy(text + size - 4, "...");
	return text;
}

uint64_t series_run_ns(const struct series_run *run)
{
	uint64_t ns = 0;

	for (int w = 0; w < run->nwindows; w++)
		ns += run->windows[w].ns;
	return ns;
}

struct series_ranges series_ranges(const struct series *s)
{
	struct series_ranges range = { 0 };

	for (int r = 0; r < s->nruns; r++) {
		uint64_t ns = series_run_ns(&s->runs[r]);
		double load = s->runs[r].load;

		range.shortest = !r || ns < range.shortest ? ns : range.shortest;
		range.longest = ns > range.longest ? ns : range.longest;
		range.least_load = !r || load < range.least_load ? load : range.least_load;
		range.most_load = load > range.most_load ? load : range.most_load;
	}
	return range;
}
