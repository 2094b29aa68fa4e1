// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What upstairs_info and perfgw would show at the moment of the trigger: of the last minute, and of
 * all of the flight. It is of the flight's own tracer: nothing has to be attached then.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/escape.h"
#include "core/units.h"
#include "core/where.h"
#include "crucible_state.h"
#include "render/latency.h"
#include "reports/status.h"

#define WAITING_MAX 1000 /* jobs under way that are listed */

/* --- what was going on --- */

void crucible_add_past(struct crucible *c)
{
	struct fold_tables tables = tracer_tables(c->tracer);

	if (c->seconds++ % PAST_EVERY)
		return;
	if (c->npast == PAST_MAX) {
		snapshot__free(c->past[0].snapshot);
		memmove(c->past, c->past + 1, --c->npast * sizeof(*c->past));
	}
	c->past[c->npast] = (struct past){ snapshot__take(&tables), monotonic_now() };
	c->npast += c->past[c->npast].snapshot != NULL;
}

static void drop_row(struct crucible *c)
{
	struct status_line *row = c->first_row;

	c->first_row = row->next;
	if (!c->first_row)
		c->last_row = &c->first_row;
	c->nrows--;
	free(row->text);
	free(row);
}

static const struct status_format *row_format(void)
{
	int n;

	return report_find("upstairs_info", NULL, 0, &n)->status[LAYOUT_COMPACT];
}

void crucible_add_row(struct crucible *c, const struct hit *hit, const struct session *session,
		      const struct upstatus *status)
{
	struct status_row row = { .status = status, .tgid = session->tgid };
	struct status_line *line = calloc(1, sizeof(*line));
	size_t size;
	FILE *out = line ? open_memstream(&line->text, &size) : NULL;

	if (out) {
		status_print_row(out, row_format()->columns, &row, false, false);
		fclose(out);
	}
	if (!line || !line->text) {
		free(line);
		return;
	}
	line->time = hit->time;
	*c->last_row = line;
	c->last_row = &line->next;
	c->nrows++;
	while (c->nrows > ROWS_MAX || c->first_row->time + ROWS_NS < line->time)
		drop_row(c);
}

void crucible_free_past(struct crucible *c)
{
	for (int i = 0; i < c->npast; i++)
		snapshot__free(c->past[i].snapshot);
	while (c->first_row)
		drop_row(c);
}

/* --- upstairs_info.txt --- */

/* "   81.123456789 ": as trace.txt has it. */
static void print_time(FILE *out, uint64_t ns)
{
	fprintf(out, "%6llu.%09llu ", ns / NSEC_PER_SEC, ns % NSEC_PER_SEC);
}

static int print_info(struct crucible *c, FILE *out, const char *until)
{
	const struct session **all;
	struct render render = { .out = out, .report = "upstairs_info" };
	int n = sessions_sorted(&c->sessions, &all);

	fprintf(out, "# What each upstairs said of itself in the last minute before %s\n%16s ",
		until, "TIME");
	status_print_titles(out, row_format()->columns, NULL, false);
	for (const struct status_line *row = c->first_row; row; row = row->next) {
		print_time(out, row->time);
		fputs(row->text, out);
	}
	fprintf(out, "\n# All that each said last\n");
	for (int i = 0; i < n; i++) {
		struct status_row row = { .status = all[i]->latest, .tgid = all[i]->tgid };

		if (!row.status)
			continue;
		render.wall = all[i]->heard + monotonic_to_wall();
		status_print_json(&render, &row);
	}
	free(all);
	return 0;
}

/* --- perfgw.txt --- */

static void print_numbers(const struct crucible *c, FILE *out, const struct snapshot *s,
			  bool summary)
{
	const char *labels[WANTS_ROWS];
	struct latency_format format = { .labels = labels,
					 .nlabels = c->wants->nrows,
					 .key = { LATENCY_KEY_LABEL } };
	struct render render = { .out = out, .report = "perfgw", .summary = summary };

	for (int i = 0; i < c->wants->nrows; i++)
		labels[i] = c->wants->rows[i].label;
	latency_print(&render, &format, s);
}

static void print_title(FILE *out, uint64_t from, uint64_t now, const char *what)
{
	char begin[40], end[40], time[32];
	int64_t wall = monotonic_to_wall();

	fprintf(out, "# %s, %s: from %s to %s\n", what, duration_format(now - from, time, 32),
		time_format_utc(from + wall, begin, sizeof(begin)),
		time_format_utc(now + wall, end, sizeof(end)));
}

static void print_waiting(const struct crucible *c, FILE *out, uint64_t now)
{
	struct waiting waiting = { 0 };
	int err = tracer_waiting(c->tracer, &waiting);

	waiting_sort(&waiting);
	fprintf(out, "# Under way then: %d%s\n", waiting.n, err ? " or more: no memory" : "");
	if (waiting.n)
		fprintf(out, "%-24s %16s %16s %12s %8s %s\n", "OP", "JOB", "SUB", "SINCE", "PID",
			"PROCESS");
	for (int i = 0; i < waiting.n && i < WAITING_MAX; i++) {
		const struct waiting_start *s = &waiting.starts[i];
		char since[32], process[32];

		if (s->key.pair >= (uint32_t)c->wants->nrows)
			continue;
		fprintf(out, "%-24s %16llu %16llu %12s %8u ", c->wants->rows[s->key.pair].label,
			(unsigned long long)s->key.job, (unsigned long long)s->key.sub,
			duration_format(now > s->time ? now - s->time : 0, since, sizeof(since)),
			s->key.tgid);
		escape_print(out, where_comm(s->key.tgid, process, sizeof(process)));
		fputc('\n', out);
	}
	if (waiting.n > WAITING_MAX)
		fprintf(out, "and %d more\n", waiting.n - WAITING_MAX);
	waiting_free(&waiting);
}

static int print_perfgw(struct crucible *c, FILE *out, const char *until)
{
	struct fold_tables tables = tracer_tables(c->tracer);
	struct snapshot *now = snapshot__take(&tables), *since = NULL;
	uint64_t time = monotonic_now(), started = c->started ?: time;
	char title[128];

	if (!now)
		return -ENOMEM;
	if (c->npast == PAST_MAX)
		since = snapshot__since(now, c->past[0].snapshot);
	if (since) {
		snprintf(title, sizeof(title), "The last minute before %s", until);
		print_title(out, c->past[0].time, time, title);
		print_numbers(c, out, since, true);
		fputc('\n', out);
	}
	snprintf(title, sizeof(title), "All of the recording up to %s", until);
	print_title(out, started, time, title);
	print_numbers(c, out, now, true);
	fputc('\n', out);
	print_waiting(c, out, time);
	fprintf(out, "\n# Distributions, %s\n", since ? "of the last minute" : "of all of it");
	print_numbers(c, out, since ?: now, false);
	snapshot__free(since);
	snapshot__free(now);
	return 0;
}

/* --- both --- */

/* 0 or -errno; -ENOMEM also where part of it could not be had. */
static int write_one(struct crucible *c, const char *name, const char *until,
		     int (*print)(struct crucible *c, FILE *out, const char *until))
{
	FILE *out = folder_fopen(c->o.folder, name);
	int err, end;

	if (!out)
		return -errno;
	pthread_mutex_lock(&c->lock);
	err = print(c, out, until);
	pthread_mutex_unlock(&c->lock);
	end = folder_fclose(out);
	return end ?: err;
}

int crucible_snapshot(struct crucible *c, const char *until)
{
	int err, other;

	if (c->written || !c->wants->crucible)
		return 0;
	c->written = true;
	err = write_one(c, "upstairs_info.txt", until, print_info);
	other = write_one(c, "perfgw.txt", until, print_perfgw);
	return err ?: other;
}
