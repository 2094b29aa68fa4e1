/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A report on trial: probes are fired by its own rules, picked for a binary as the plan picks them,
 * and it is printed as a run prints it. What it printed is kept as text. Run from the project's
 * root, where tests/golden is: the samples of Crucible's documentation, cut out of it as they are.
 */
#ifndef ASSAY_TRIAL_H
#define ASSAY_TRIAL_H

#include <stdlib.h>

#include "core/fold_table.h"
#include "core/text.h"
#include "render/json.h"
#include "reports/report.h"
#include "test.h"

#define UP   "crucible_upstairs"
#define DOWN "crucible_downstairs"
#define TGID 7 /* who fires unless a hit says otherwise */

struct trial {
	const struct report *report;
	const char *provider;	  /* of the probes that are fired */
	const char *const *texts; /* that arguments stand for, ended by NULL; NULL: none */
	bool acks;		  /* a build before 2024-11: it has up-to-ds-OP-done */
	struct options options;
	enum layout layout;
	counts_alive_fn alive;
	uint64_t losses; /* wanted at the end, of any kind */
	uint64_t sent;	 /* IOs of trial_io(), each with a job of its own */
	struct fold_table *table;
	struct snapshot *before; /* at the last print, where there are intervals */
	struct counts_state state;
	char *printed;
	size_t size;
};

/* A trial of the report of that name, which is left with trial_free(). */
static inline struct trial trial_of(const char *name, const char *provider)
{
	const struct report *matches[1];
	int n;
	struct trial t = { .provider = provider };

	t.report = report_find(name, matches, 1, &n);
	CHECK(t.report != NULL);
	if (!t.report)
		exit(1);
	t.table =
		fold_table__new(&(struct fold_table_options){ .nslots = 1024,
							      .rows = t.report->rows,
							      .max_groups = t.report->rows * 8 + 64,
							      .max_spills = 64 });
	if (!t.table)
		exit(1);
	return t;
}

static inline void trial_free(struct trial *t)
{
	const uint64_t *losses = fold_table_tables(t->table).losses;
	uint64_t sum = 0;

	for (int i = 0; i < FOLD_LOSS_MAX; i++)
		sum += losses[i];
	CHECK_INT(sum, t->losses);
	snapshot__free(t->before);
	fold_table__free(t->table);
	free(t->printed);
}

/* As plan_has_fn: a binary has what today's builds have, and the probes of old ones on request. */
static inline bool trial_has(const void *arg, const char *provider, const char *probe)
{
	const struct trial *t = arg;

	(void)provider;
	if (!strncmp(probe, "up-to-ds-", 9) && strstr(probe, "-done"))
		return t->acks;
	return true;
}

/* Fires a probe; a hit without a process is TGID's. The report must have rules for it. */
static inline void trial_fire(struct trial *t, const char *probe, struct fold_hit hit)
{
	struct fold_rule fold[USDT_MAX_RULES];
	int n = plan_probe_rules(t->report->rules, t->provider, probe, trial_has, t, fold);

	hit.tgid = hit.tgid ? hit.tgid : TGID;
	hit.by_process = t->report->by_process || t->options.by_pid;
	if (n <= 0)
		printf("# %s has no rule for %s:%s\n", t->report->name, t->provider, probe);
	CHECK(n > 0);
	fold_table_hit(t->table, fold, USDT_MAX_RULES, &hit);
}
#define FIRE(t, probe, ...) trial_fire(t, probe, (struct fold_hit){ __VA_ARGS__ })

/* Fires it `n` times. */
static inline void trial_count(struct trial *t, const char *probe, uint32_t tgid, int n)
{
	for (int i = 0; i < n; i++)
		FIRE(t, probe, .tgid = tgid);
}

/* An IO from one probe to another; argument 0 is a job of its own, the others those of `hit`. */
static inline void trial_io(struct trial *t, const char *start, const char *done,
			    struct fold_hit hit, uint64_t duration)
{
	hit.args[0] = t->sent++;
	hit.time = 1000 * t->sent;
	trial_fire(t, start, hit);
	hit.time += duration;
	trial_fire(t, done, hit);
}
#define IO(t, start, done, duration, ...) \
	trial_io(t, start, done, (struct fold_hit){ __VA_ARGS__ }, duration)

/* The same `n` times, with durations all over the bucket from `low`, its ends among them. */
static inline void trial_bucket(struct trial *t, const char *start, const char *done,
				struct fold_hit hit, uint64_t low, int n)
{
	for (int i = 0; i < n; i++)
		trial_io(t, start, done, hit,
			 i == 1 ? 2 * low - 1 : low + i * UINT64_C(7919) % low);
}
#define BUCKET(t, start, done, low, n, ...) \
	trial_bucket(t, start, done, (struct fold_hit){ __VA_ARGS__ }, low, n)

/* As render.text: what the process passed, and the fold made a hash of. */
static inline bool trial_text(const void *arg, uint64_t hash, char *text, size_t size)
{
	const struct trial *t = arg;

	for (const char *const *p = t->texts; p && *p; p++) {
		if (text_hash(*p) != hash)
			continue;
		text_plain(*p, text, size);
		return true;
	}
	return false;
}

/* Prints the interval that ends now, or all since the start; the text, valid until the next. */
static inline const char *trial_print(struct trial *t)
{
	struct fold_tables tables = fold_table_tables(t->table);
	struct snapshot *now = snapshot__take(&tables), *since = NULL;
	struct report_view view = {
		.render = { .report = t->report->name,
			    .json = t->options.json,
			    .summary = t->options.summary,
			    .text = trial_text,
			    .text_arg = t },
		.report = t->report,
		.options = &t->options,
		.layout = t->layout,
		.state = &t->state,
		.alive = t->alive,
	};

	free(t->printed);
	t->printed = NULL;
	view.render.out = open_memstream(&t->printed, &t->size);
	if (t->before && !t->report->cumulative)
		since = snapshot__since(now, t->before);
	view.snapshot = since ? since : now;
	report_print(&view);
	fclose(view.render.out);
	snapshot__free(since);
	if (t->report->interval) {
		snapshot__free(t->before);
		t->before = now;
	} else {
		snapshot__free(now);
	}
	return t->printed;
}

/* Checks that `text` is the sample with `before` and `after` around it. */
static inline void check_sample(const char *text, const char *before, const char *sample,
				const char *after)
{
	char path[128], *want, *document = (char *)calloc(1, 65536);
	FILE *f;

	snprintf(path, sizeof(path), "tests/golden/%s", sample);
	f = fopen(path, "r");
	if (!f || !document || !fread(document, 1, 65535, f))
		printf("# no %s (run from the project's root)\n", path);
	if (f)
		fclose(f);
	if (asprintf(&want, "%s%s%s", before, document, after) < 0)
		exit(1);
	CHECK_STR(text, want);
	free(document);
	free(want);
}

/* Each of the lines, ended by NULL, has to stand in the text behind the one before. */
static inline void check_order(const char *text, const char *const *lines)
{
	const char *at = text;

	for (int i = 0; lines[i]; i++) {
		const char *next = strstr(at, lines[i]);

		if (!next)
			printf("# not found, or not in its place: %s\n# in:\n%s\n", lines[i], text);
		CHECK(next != NULL);
		at = next ? next + strlen(lines[i]) - 1 : at; /* lines share newlines */
	}
}

/* How often `what` stands in the text. */
static inline int occurrences(const char *text, const char *what)
{
	int n = 0;

	for (text = strstr(text, what); text; text = strstr(text + strlen(what), what))
		n++;
	return n;
}

#define HEADER "           value  ------------- Distribution ------------- count\n"

/* 40 columns of nothing, and of all there is */
#define EMPTY "                                        "
#define FULL  "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@"

/* What is printed of one value from 4 to 7, and of one from 32 to 63. */
#define ONE_4                                    \
	HEADER "               2 |" EMPTY " 0\n" \
	       "               4 |" FULL " 1\n"  \
	       "               8 |" EMPTY " 0\n\n"
#define ONE_32                                   \
	HEADER "              16 |" EMPTY " 0\n" \
	       "              32 |" FULL " 1\n"  \
	       "              64 |" EMPTY " 0\n\n"

#endif
