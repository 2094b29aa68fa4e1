// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/log.h"
#include "core/loss.h"
#include "core/snapshot.h"
#include "core/units.h"
#include "render/json.h"
#include "run_state.h"
#include "usdt.h"

struct render run_render(const struct run *run, uint64_t monotonic)
{
	return (struct render){
		.out = run->out,
		.report = run->report->name,
		.wall = monotonic + run->to_wall,
		.json = run->options->json,
		.summary = run->options->summary,
	};
}

/* A row is there when it is printed: flushed, or the run ends. */
void run_flush(struct run *run)
{
	errno = 0;
	if (run->output_gone || (fflush(run->out) == 0 && !ferror(run->out)))
		return;
	run->output_gone = true;
	if (errno != EPIPE)
		run_fail(run, run->options->output ? run->options->output : "write to stdout",
			 errno ? -errno : -EIO);
	loop_stop(run->loop);
}

/* Prints what there is: of the interval that ends now, or since the start where there are none. */
void run_print(struct run *run)
{
	struct fold_tables tables = tracer_tables(run->tracer);
	struct snapshot *now = snapshot__take(&tables), *since = NULL;
	struct report_view view = { .render = run_render(run, monotonic_now()),
				    .options = run->options };
	char time[24];

	if (now && run->before)
		since = snapshot__since(now, run->before);
	if (!now || (run->before && !since)) {
		snapshot__free(now);
		run_fail(run, "take a snapshot", -ENOMEM);
		return;
	}
	view.snapshot = since ? since : now;
	if (run->options->timestamps && !run->options->json)
		fprintf(run->out, "%s\n", time_format_local(view.render.wall, time, sizeof(time)));
	if (run->report->print)
		run->report->print(&view);
	else
		latency_print(&view.render, &run->report->format, view.snapshot);
	run_flush(run);
	snapshot__free(since);
	if (run->interval) {
		snapshot__free(run->before);
		run->before = now;
	} else {
		snapshot__free(now);
	}
}

/* The line that says what was lost: always in JSON, else when there is something to say. */
void run_print_losses(struct run *run)
{
	const uint64_t *losses = tracer_tables(run->tracer).losses;
	uint64_t unfinished = tracer_waiting(run->tracer);
	uint64_t missed = run->watch ? watch_lost(run->watch) : 0;
	struct render render;
	json_t *end, *lost;
	char line[1024];

	if (loss_line(losses, unfinished, line, sizeof(line)))
		log_warn("%s", line);
	if (missed)
		log_warn("%llu new processes not looked at: too many at once",
			 (unsigned long long)missed);
	if (!run->options->json)
		return;
	render = run_render(run, monotonic_now());
	end = json_line(&render);
	lost = json_object();
	json_set(end, "event", json_string("end"));
	json_set(end, "seconds", json_real((monotonic_now() - run->started) / 1e9));
	json_set(end, "sites", json_integer(run->sites));
	for (int i = 0; i < FOLD_LOSS_MAX; i++)
		json_set(lost, loss_key(i), json_integer(losses[i]));
	json_set(lost, "unfinished_starts", json_integer(unfinished));
	json_set(lost, "missed_processes", json_integer(missed));
	json_set(end, "losses", lost);
	json_print(run->out, end);
	run_flush(run);
}

static void process_name(pid_t pid, char *name, size_t size)
{
	char path[32];
	ssize_t n = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, name, size - 1);
		close(fd);
	}
	if (n > 0)
		name[n - (name[n - 1] == '\n')] = '\0';
	else
		snprintf(name, size, "-");
}

static void run_record(void *arg, const void *record, size_t size)
{
	const struct record_slow *r = record;
	struct run *run = arg;
	struct render render;

	if (size < sizeof(*r) || r->head.kind != RECORD_SLOW)
		return;
	if (run->named != r->head.tgid)
		process_name(r->head.tgid, run->name, sizeof(run->name));
	run->named = r->head.tgid;
	render = run_render(run, r->head.time);
	latency_slow_print(&render, &run->report->format,
			   &(struct latency_slow){ .wall = render.wall,
						   .end = r->head.time,
						   .duration = r->duration,
						   .tgid = r->head.tgid,
						   .process = run->name,
						   .row = r->row,
						   .job = r->key.job,
						   .sub = r->key.sub },
			   !run->slow_header);
	run->slow_header = true;
}

void run_drain(void *arg)
{
	struct run *run = arg;

	if (tracer_drain(run->tracer, run_record, run) > 0)
		run_flush(run);
}
