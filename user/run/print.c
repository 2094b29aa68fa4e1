// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/log.h"
#include "core/loss.h"
#include "core/snapshot.h"
#include "core/units.h"
#include "render/json.h"
#include "state.h"
#include "status.h"

struct render run_render(const struct run *run, uint64_t monotonic)
{
	return (struct render){
		.out = run->out,
		.report = run->report->name,
		.wall = monotonic + run->to_wall,
		.json = run->options->json,
		.summary = run->options->summary,
		.text = run_text,
		.text_arg = run,
	};
}

/* A report has seen enough. */
static void run_stop_report(const void *arg)
{
	struct run *run = (struct run *)arg;

	run->enough = true;
	if (run->loop)
		loop_stop(run->loop);
}

static const char *run_name(const void *arg, uint32_t tgid)
{
	const struct seen_process *p = run_process((struct run *)arg, tgid);

	return p ? p->name : "-";
}

static int run_view_waiting(const void *arg, struct waiting *waiting)
{
	return run_waiting(arg, waiting);
}

static void run_fail_report(const void *arg)
{
	((struct run *)arg)->status = STATUS_FAILED;
}

struct report_view run_view(struct run *run, uint64_t monotonic)
{
	return (struct report_view){
		.render = run_render(run, monotonic),
		.report = run->report,
		.options = run->options,
		.layout = run->layout,
		.state = &run->counts,
		.alive = run_alive,
		.arg = run,
		.now = monotonic,
		.keep = run->keep,
		.source = run->source,
		.command = run->child ? child_pid(run->child) : 0,
		.where = run_where,
		.name = run_name,
		.waiting = run_view_waiting,
		.traced = run_traced,
		.binaries = run_binaries,
		.stop = run_stop_report,
		.fail = run_fail_report,
	};
}

int run_open_output(struct run *run)
{
	const struct options *o = run->options;
	char doing[256];

	/* a recording is its writer's */
	if (!o->output || (run->report->takes & TAKES_PROBES && !o->perfetto))
		return 0;
	run->out = fopen(o->output, "we");
	if (run->out)
		return 0;
	run->out = stdout;
	snprintf(doing, sizeof(doing), "open %s", o->output);
	return run_fail(run, doing, -errno);
}

/* stdio may have met that in the midst of a print, and does not tell of it again. */
static bool reader_gone(FILE *out)
{
	struct pollfd fd = { .fd = fileno(out) };

	return poll(&fd, 1, 0) == 1 && fd.revents & POLLERR;
}

/* A row is there when it is printed: flushed, or the run ends. */
void run_flush(struct run *run)
{
	errno = 0;
	if (run->output_gone || (fflush(run->out) == 0 && !ferror(run->out)))
		return;
	run->output_gone = true;
	if (errno == EPIPE || reader_gone(run->out))
		clearerr(run->out); /* a reader that has enough is no error, at the end neither */
	else
		run_fail(run, run->options->output ? run->options->output : "write to stdout",
			 errno ? -errno : -EIO);
	if (run->loop)
		loop_stop(run->loop);
}

int run_begin_report(struct run *run)
{
	struct report_view view = run_view(run, run_now(run));

	if (!run->report->begin)
		return 0;
	run->keep = run->report->begin(&view);
	run_flush(run);
	return run->keep ? 0 : run_fail(run, run->report->name, -ENOMEM);
}

void run_end_report(struct run *run)
{
	struct report_view view = run_view(run, run_now(run));

	if (run->keep && run->report->end)
		run->report->end(&view);
	run->keep = NULL;
	run_flush(run);
}

void run_report_tick(void *arg)
{
	struct run *run = arg;
	struct report_view view = run_view(run, run_now(run));

	run->report->tick(&view);
	run_flush(run);
}

/* Only the volume that is wanted. */
static void filter_volume(const struct run *run, struct snapshot *s)
{
	char text[FOLD_TEXT_KEY];
	int n = 0;

	for (int i = 0; i < s->nrows; i++) {
		if (run_text(run, s->rows[i].by, text, sizeof(text)) &&
		    !strncmp(text, run->options->volume, strlen(run->options->volume)))
			s->rows[n++] = s->rows[i];
		else
			free(s->rows[i].buckets);
	}
	s->nrows = n;
}

/* Only what a heatmap can draw: durations. */
static void filter_durations(const struct run *run, struct snapshot *s)
{
	const struct latency_format *f = report_latency(run->report, run->layout);
	int n = 0;

	for (int i = 0; i < s->nrows; i++) {
		if (!latency_is_plain(f, s->rows[i].row))
			s->rows[n++] = s->rows[i];
		else
			free(s->rows[i].buckets);
	}
	s->nrows = n;
}

#define HEATMAP_HEIGHT 17

static const char *heatmap_label(void *arg, const struct snapshot_row *row)
{
	const struct run *run = arg;
	const struct latency_format *f = report_latency(run->report, run->layout);
	static char label[512];
	char text[FOLD_TEXT_KEY], pid[32] = "";

	if (row->tgid)
		snprintf(pid, sizeof(pid), " (pid %u)", row->tgid);
	if (f->by_text && run_text(run, row->by, text, sizeof(text)))
		snprintf(label, sizeof(label), "%s %s%s", latency_label(f, row->row), text, pid);
	else if (f->by)
		snprintf(label, sizeof(label), "%s %s %llu%s", latency_label(f, row->row), f->by,
			 (unsigned long long)row->by, pid);
	else
		snprintf(label, sizeof(label), "%s%s", latency_label(f, row->row), pid);
	return label;
}

static void heatmap_interval(struct run *run, const struct snapshot *s, bool last)
{
	bool terminal = isatty(fileno(run->out));
	struct winsize size = { 0 };

	if (!run->heatmap) {
		ioctl(fileno(run->out), TIOCGWINSZ, &size);
		run->heatmap =
			heatmap__new(run->interval, size.ws_col ? size.ws_col : 80, HEATMAP_HEIGHT);
	}
	if (!run->heatmap || heatmap_add(run->heatmap, s, run_now(run) + run->to_wall))
		log_warn("a part of the heatmap is missing: no memory");
	if (!run->heatmap || (!last && !terminal))
		return;
	if (terminal)
		fputs("\033[H\033[2J", run->out);
	heatmap_print(run->heatmap, run->out, heatmap_label, run, terminal);
}

static void print_snapshot(struct run *run, const struct snapshot *s, bool last)
{
	struct report_view view = run_view(run, run_now(run));
	char time[24];

	view.snapshot = s;
	if (run->options->heatmap) {
		heatmap_interval(run, s, last);
		return;
	}
	if (run->options->timestamps && !run->options->json)
		fprintf(run->out, "%s\n", time_format_local(view.render.wall, time, sizeof(time)));
	report_print(&view);
}

/* Prints what there is: of the interval that ends now, or since the start where there are none. */
void run_print(struct run *run, bool last)
{
	bool since_start = run->report->cumulative && !run->options->heatmap;
	struct fold_tables tables = run_tables(run);
	struct snapshot *now, *since = NULL;

	if (!run->report->rows)
		return;
	now = snapshot__take(&tables);
	if (now && run->options->volume)
		filter_volume(run, now);
	if (now && run->options->heatmap)
		filter_durations(run, now);
	if (now && run->before && !since_start)
		since = snapshot__since(now, run->before);
	if (!now || (run->before && !since && !since_start)) {
		snapshot__free(now);
		run_fail(run, "take a snapshot", -ENOMEM);
		return;
	}
	print_snapshot(run, since ? since : now, last);
	run_flush(run);
	snapshot__free(since);
	if (run->interval) {
		snapshot__free(run->before);
		run->before = now;
	} else {
		snapshot__free(now);
	}
}

static void json_losses(struct run *run, const uint64_t *losses, uint64_t unfinished, uint64_t gone,
			uint64_t missed)
{
	struct render render = run_render(run, run_now(run));
	json_t *end = json_line(&render), *lost = json_object();

	json_set(end, "event", json_string("end"));
	json_set(end, "seconds", json_real((run_now(run) - run->started) / 1e9));
	json_set(end, "sites", json_integer(run->sites));
	if (run->report->hit)
		json_set(end, "hits", json_integer(run->hits));
	for (int i = 0; i < FOLD_LOSS_MAX; i++)
		json_set(lost, loss_key(i), json_integer(losses[i]));
	json_set(lost, "unfinished_starts", json_integer(unfinished));
	json_set(lost, "unfinished_of_ended_processes", json_integer(gone));
	json_set(lost, "missed_processes", json_integer(missed));
	json_set(lost, "unmatched_probes", json_integer(run->wild ? wild_refused(run->wild) : 0));
	json_set(end, "losses", lost);
	json_print(run->out, end);
	run_flush(run);
}

/* The line that says what was lost: always in JSON, else when there is something to say. */
void run_print_losses(struct run *run)
{
	uint64_t losses[FOLD_LOSS_MAX], gone, unfinished = run_count_waiting(run, &gone);
	uint64_t missed = run->watch ? watch_lost(run->watch) : 0;
	char line[1024];

	memcpy(losses, run_tables(run).losses, sizeof(losses));
	if (run->stream)
		losses[FOLD_LOSS_RECORD] += stream_lost(run->stream);
	if (loss_line(losses, unfinished - gone, gone, line, sizeof(line)))
		log_warn("%s", line);
	if (missed)
		log_warn("%llu new processes not looked at: too many at once",
			 (unsigned long long)missed);
	if (run->wild && wild_refused(run->wild))
		log_warn("%d probes or pairs left out: there are too many, or no such key",
			 wild_refused(run->wild));
	if (run->options->json)
		json_losses(run, losses, unfinished, gone, missed);
}
