// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/loss.h"
#include "core/units.h"
#include "output_words.h"
#include "statistics.h"

#define BUILD_ID 12 /* characters of it that are shown */

bool text_begin(struct text *t)
{
	t->all = NULL;
	t->out = open_memstream(&t->all, &t->size);
	return t->out != NULL;
}

char *text_end(struct text *t)
{
	if (!fclose(t->out))
		return t->all;
	free(t->all);
	return NULL;
}

/* `s`, after `between` unless it is the first. */
static void text_add(struct text *t, const char *between, const char *s)
{
	fprintf(t->out, "%s%s", ftell(t->out) ? between : "", s);
}

const char *words_depth(enum stage_depth depth)
{
	static const char *const names[STAGE_DEPTHS] = {
		[STAGE_UNKNOWN] = "other",	     [STAGE_GUEST] = "guest",
		[STAGE_UPSTAIRS] = "upstairs",	     [STAGE_NETWORK] = "network",
		[STAGE_DOWNSTAIRS] = "downstairs",   [STAGE_PART] = "part",
		[STAGE_EXTENT] = "extent",	     [STAGE_DISK] = "disk",
		[STAGE_EXTENT_STEP] = "extent-step",
	};

	return names[depth];
}

char *words_change(const struct stage_change *stage, enum metric metric, char *text, size_t size)
{
	const struct change *c = &stage->changes[metric];
	char before[32], after[32], change[32], interval[72];

	if (change_compared(c))
		snprintf(text, size, "%s %s -> %s, %s (%s)", metrics[metric].title,
			 metric_format(metric, c->a, before, sizeof(before)),
			 metric_format(metric, c->b, after, sizeof(after)),
			 change_format(c->change, change, sizeof(change)),
			 interval_format(c, interval, sizeof(interval)));
	else
		snprintf(text, size, "%s %s", metrics[metric].title, verdict_text(VERDICT_TOO_FEW));
	return text;
}

char *words_more_runs(int runs, char *text, size_t size)
{
	if (runs >= STATISTICS_MANY_RUNS)
		snprintf(text, size, "%d more runs a side, or more", STATISTICS_MANY_RUNS);
	else if (runs > 0)
		snprintf(text, size, "about %d more run%s a side", runs, runs == 1 ? "" : "s");
	else
		text[0] = '\0';
	return text;
}

/* --- a side --- */

static bool is_known(const char *s)
{
	return s && *s;
}

char *words_durations(const struct series *s, char *text, size_t size)
{
	struct series_ranges range = series_ranges(s);
	char low[32], high[32];
	bool apart = range.longest - range.shortest > range.shortest / 100;

	duration_format(range.shortest, low, sizeof(low));
	duration_format(range.longest, high, sizeof(high));
	snprintf(text, size, apart ? "%s to %s" : "%s", low, high);
	return text;
}

char *words_loads(const struct series *s, char *text, size_t size)
{
	struct series_ranges range = series_ranges(s);
	bool apart = range.most_load - range.least_load >= 0.01;

	snprintf(text, size, apart ? "%.2f to %.2f" : "%.2f", range.least_load, range.most_load);
	return text;
}

char *words_runs(const struct series *s)
{
	char time[40], durations[72], loads[72];
	struct text t;

	if (!text_begin(&t))
		return NULL;
	fprintf(t.out, "%d ", s->nruns);
	if (s->nruns < s->wanted)
		fprintf(t.out, "of %d ", s->wanted);
	fprintf(t.out, "run%s", s->nruns == 1 && s->wanted <= 1 ? "" : "s");
	if (s->nruns) {
		time_format_local(s->runs[0].wall, time, sizeof(time));
		fprintf(t.out, ", %s each, from %s on, load %s",
			words_durations(s, durations, sizeof(durations)), time,
			words_loads(s, loads, sizeof(loads)));
	}
	return text_end(&t);
}

char *words_host(const struct series *s)
{
	const struct series_host *h = &s->host;
	const char *next = "";
	struct text t;

	if (!text_begin(&t))
		return NULL;
	if (is_known(h->name)) {
		fputs(h->name, t.out);
		next = ": ";
	}
	if (is_known(h->cpu)) {
		fprintf(t.out, "%s%s", next, h->cpu);
		next = ", ";
	}
	if (h->cpus) {
		fprintf(t.out, "%s%u CPU%s", next, h->cpus, h->cpus == 1 ? "" : "s");
		next = ", ";
	}
	if (h->memory) {
		fprintf(t.out, "%s%.3g GiB", next, (double)h->memory / (1 << 30));
		next = ", ";
	}
	if (is_known(h->kernel))
		fprintf(t.out, "%sLinux %s", next, h->kernel);
	if (is_known(h->machine))
		fprintf(t.out, "%s%s", is_known(h->kernel) ? " " : next, h->machine);
	return text_end(&t);
}

char *words_binaries(const struct series *s)
{
	struct text t;

	if (!text_begin(&t))
		return NULL;
	for (int i = 0; i < s->nbinaries; i++) {
		const struct series_binary *b = &s->binaries[i];
		const char *slash = strrchr(b->path, '/');

		text_add(&t, ", ", slash ? slash + 1 : b->path);
		if (is_known(b->build_id))
			fprintf(t.out, " %.*s", BUILD_ID, b->build_id);
		else
			fputs(" without a build ID", t.out);
	}
	return text_end(&t);
}

char *words_command(const struct series *s)
{
	struct text t;

	if (!text_begin(&t))
		return NULL;
	for (char **arg = s->settings.command; arg && *arg; arg++)
		text_add(&t, " ", *arg);
	return text_end(&t);
}

/* --- both --- */

static bool is_too_few(const struct stage_change *s, int side)
{
	bool both = s->stage[0] >= 0 && s->stage[1] >= 0;

	return s->verdict == VERDICT_TOO_FEW && (side < 0 ? both : !both && s->stage[side] >= 0);
}

/* Those that fired on that side only; on both: -1. */
static void add_too_few(struct text *t, const struct comparison *c, int side, const char *head)
{
	const char *before = head;

	for (int i = 0; i < c->nstages; i++) {
		const struct stage_change *s = &c->stages[i];

		if (!is_too_few(s, side))
			continue;
		if (before == head)
			text_add(t, "; ", "");
		fprintf(t->out, "%s%s (", before, s->name);
		if (side < 0)
			fprintf(t->out, "%" PRIu64 " and %" PRIu64 ")", s->count[0], s->count[1]);
		else
			fprintf(t->out, "%" PRIu64 ")", s->count[side]);
		before = ", ";
	}
}

static bool lacks_runs(const struct comparison *c)
{
	return c->series[0]->nruns < STATISTICS_MIN_RUNS ||
	       c->series[1]->nruns < STATISTICS_MIN_RUNS;
}

int words_unsure_end(const struct comparison *c)
{
	int shown = 0, i = 0;

	for (; i < c->nstages && shown < WORDS_MOST_UNSURE; i++)
		shown += c->stages[i].verdict == VERDICT_INCONCLUSIVE;
	return i;
}

char *words_names(const struct comparison *c, enum verdict verdict, int from)
{
	struct text t;

	if (!text_begin(&t))
		return NULL;
	for (int i = from; i < c->nstages; i++)
		if (c->stages[i].verdict == verdict)
			text_add(&t, ", ", c->stages[i].name);
	return text_end(&t);
}

char *words_too_few(const struct comparison *c)
{
	struct text t;

	if (!text_begin(&t))
		return NULL;
	if (!lacks_runs(c)) {
		add_too_few(&t, c, -1, "too few to compare: ");
		add_too_few(&t, c, 0, "only before: ");
		add_too_few(&t, c, 1, "only after: ");
	} else if (c->nstages) {
		fprintf(t.out, "too few runs to compare any of %d stage%s", c->nstages,
			c->nstages == 1 ? "" : "s");
	}
	return text_end(&t);
}

char *words_too_few_stage(const struct comparison *c, const struct stage_change *s, char *text,
			  size_t size)
{
	if (lacks_runs(c))
		snprintf(text, size, "too few runs to compare: %d before, %d after",
			 c->series[0]->nruns, c->series[1]->nruns);
	else if (s->stage[0] < 0 || s->stage[1] < 0)
		snprintf(text, size, "only %s: %" PRIu64, s->stage[0] < 0 ? "after" : "before",
			 s->count[s->stage[0] < 0]);
	else
		snprintf(text, size, "too few to compare: %" PRIu64 " before, %" PRIu64 " after",
			 s->count[0], s->count[1]);
	return text;
}

char *words_method(const struct comparison *c)
{
	struct text t;

	if (!text_begin(&t))
		return NULL;
	if (!c->ncompared)
		return text_end(&t);
	fprintf(t.out,
		"intervals hold together with %.4g %% confidence (%d comparison%s, from "
		"whole runs); threshold %.4g %%",
		c->confidence * 100, c->ncompared, c->ncompared == 1 ? "" : "s",
		c->threshold * 100);
	return text_end(&t);
}

/* --- what touches the numbers --- */

void words_losses(const struct series *s, uint64_t *losses)
{
	memset(losses, 0, FOLD_LOSS_MAX * sizeof(*losses));
	for (int r = 0; r < s->nruns; r++)
		for (int i = 0; i < FOLD_LOSS_MAX; i++)
			losses[i] += s->runs[r].losses[i];
}

/* A note of what `s` is, if that is not "". */
static int note(const char *head, const char *label, const char *middle, const char *s,
		enum words_note kind, words_note_fn fn, void *arg)
{
	struct text t;
	char *text;

	if (!*s)
		return 0;
	if (!text_begin(&t))
		return -ENOMEM;
	fprintf(t.out, "%s%s%s%s", head, label, middle, s);
	text = text_end(&t);
	if (text)
		fn(arg, kind, text);
	free(text);
	return text ? 0 : -ENOMEM;
}

static int note_interrupted(const struct series *s, words_note_fn fn, void *arg)
{
	char runs[64];

	if (!s->interrupted && s->nruns >= s->wanted)
		return 0;
	snprintf(runs, sizeof(runs), "%d of %d run%s", s->nruns, s->wanted,
		 s->wanted == 1 ? "" : "s");
	return note("", s->label, s->interrupted ? " was interrupted after " : " has only ", runs,
		    WORDS_INTERRUPTED, fn, arg);
}

static int note_losses(const struct series *s, words_note_fn fn, void *arg)
{
	uint64_t losses[FOLD_LOSS_MAX];
	char line[1024];

	words_losses(s, losses);
	losses[FOLD_LOSS_SPILLED] = 0; /* kept elsewhere, not lost */
	loss_line(losses, 0, 0, line, sizeof(line));
	return note("in the runs of ", s->label, ": ", line, WORDS_LOST, fn, arg);
}

int words_notes(const struct comparison *c, words_note_fn fn, void *arg)
{
	int err = 0;

	for (int i = 0; i < c->nforced && !err; i++)
		err = note("compared although: ", "", "", c->forced[i], WORDS_FORCED, fn, arg);
	for (int side = 0; side < 2 && !err; side++)
		err = note_interrupted(c->series[side], fn, arg);
	for (int side = 0; side < 2 && !err; side++)
		err = note_losses(c->series[side], fn, arg);
	return err;
}
