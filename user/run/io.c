// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <string.h>

#include "core/log.h"
#include "state.h"

/* Whether it is of the volume that is wanted. */
static bool io_wanted(const struct run *run, const struct latency_format *f, uint64_t sub)
{
	char text[FOLD_TEXT_KEY];

	if (!run->options->volume || !f->by_text)
		return true;
	return run_text(run, sub, text, sizeof(text)) &&
	       !strncmp(text, run->options->volume, strlen(run->options->volume));
}

void run_slow_io(struct run *run, uint64_t end, uint32_t row, const struct fold_key *key,
		 uint64_t duration)
{
	const struct latency_format *f = report_latency(run->report, run->layout);
	struct seen_process *process = run_process(run, key->tgid);
	struct render render = run_render(run, end);

	if (!io_wanted(run, f, key->sub))
		return;
	latency_slow_print(&render, f,
			   &(struct latency_io){ .wall = render.wall,
						 .end = end,
						 .duration = duration,
						 .tgid = key->tgid,
						 .process = process ? process->name : "-",
						 .row = row,
						 .job = key->job,
						 .sub = key->sub },
			   !run->slow_titles);
	run->slow_titles = true;
}

void run_slow(void *arg, const struct record_slow *slow)
{
	run_slow_io(arg, slow->head.time, slow->row, &slow->key, slow->duration);
}

/* The row that a pair's durations go to. */
static uint32_t pair_row(const struct report *report, uint32_t pair)
{
	/* a source's starts say their row */
	if (!report->rules)
		return pair;
	for (const struct probe_rule *rule = report->rules; rule->provider; rule++)
		if (rule->fold.pair == pair &&
		    (rule->fold.verb == FOLD_DONE || rule->fold.verb == FOLD_DONE_OR ||
		     rule->fold.verb == FOLD_DONE_EACH || rule->fold.verb == FOLD_DONE_MARKED))
			return rule->fold.group;
	return report->rows;
}

void run_print_waiting(struct run *run)
{
	const struct latency_format *f = report_latency(run->report, run->layout);
	struct waiting waiting = { 0 };
	uint64_t now = run_now(run);
	bool titles = true;

	if (run->source && run->report->source->in_flight) {
		struct report_view view = run_view(run, now);

		run->report->source->in_flight(&view);
		run_flush(run);
		return;
	}
	if (run_waiting(run, &waiting)) {
		log_warn("in flight: not all are listed: no memory");
	}
	waiting_sort(&waiting);
	for (int i = 0; i < waiting.n; i++) {
		const struct waiting_start *s = &waiting.starts[i];
		struct seen_process *process = run_process(run, s->key.tgid);
		struct render render = run_render(run, now);

		if (!io_wanted(run, f, s->key.sub))
			continue;
		latency_waiting_print(&render, f,
				      &(struct latency_io){
					      .wall = s->time + run->to_wall,
					      .duration = now > s->time ? now - s->time : 0,
					      .tgid = s->key.tgid,
					      .process = process ? process->name : "-",
					      .ended = !run_alive(run, s->key.tgid),
					      .row = pair_row(run->report, s->key.pair),
					      .job = s->key.job,
					      .sub = s->key.sub },
				      titles);
		titles = false;
	}
	if (titles)
		log_info("in flight: nothing that began in this run; what hung before is not seen");
	waiting_free(&waiting);
	run_flush(run);
}

uint64_t run_count_waiting(struct run *run, uint64_t *gone)
{
	struct waiting waiting = { 0 };
	uint64_t n;

	*gone = 0;
	if (run_waiting(run, &waiting))
		log_warn("not all starts that wait were counted: no memory");
	for (int i = 0; i < waiting.n; i++)
		/* where it is not asked whose it is, it is nobody's */
		*gone += waiting.starts[i].key.tgid && !run_alive(run, waiting.starts[i].key.tgid);
	n = waiting.n;
	waiting_free(&waiting);
	return n;
}
