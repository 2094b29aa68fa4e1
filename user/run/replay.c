// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A report from a recording: the same rules folded by the same code, printed by the same functions,
 * on the recording's own clock.
 */
#include <errno.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/loss.h"
#include "core/units.h"
#include "replay_texts.h"
#include "state.h"
#include "status.h"

#define NSLOTS	       65536
#define ITEMS_BETWEEN  4096    /* looks at whether the output takes any more */
#define MOST_INTERVALS 1000000 /* without an item */
#define MAX_SPILLS     65535
#define MAX_SPLIT      2048 /* groups: 16 MiB of distributions */

/* What a probe of the recording does. */
struct replay_probe {
	struct fold_rule rules[USDT_MAX_RULES];
	bool wanted;
	bool ready; /* the above is known */
};

struct replay {
	struct run *run;
	struct replay_probe *probes; /* by number */
	uint32_t nprobes;
	uint64_t next_tick;
	uint64_t next_second; /* of the report's own tick; 0: it has none */
	uint64_t last;	      /* time of the last item */
	bool started;
	bool wanted; /* a probe of the report's was seen */
	bool ended;  /* -n or -d says so */
	uint64_t recorded[FOLD_LOSS_MAX];
};

/* Whether the recording may hold what the report wants: its header says what was recorded. */
static bool may_hold(const struct run *run)
{
	const json_t *patterns = json_object_get(recording_header(run->recording), "patterns");
	char name[512];
	json_t *pattern;
	size_t i;

	if (run->wild || !json_is_array(patterns))
		return true;
	for (const struct probe_rule *rule = run->report->rules; rule->provider; rule++) {
		snprintf(name, sizeof(name), "%s:%s", rule->provider, rule->probe);
		json_array_foreach(patterns, i, pattern)
		{
			const char *text = json_string_value(pattern);

			if (text && !fnmatch(text, strchr(text, ':') ? name : rule->probe, 0))
				return true;
		}
	}
	return false;
}

/* A binary of the recording. */
struct replay_binary {
	const struct replay *replay;
	uint32_t number;
};

static bool binary_has(const void *arg, const char *provider, const char *probe)
{
	const struct replay_binary *binary = arg;
	const struct replay *r = binary->replay;

	for (uint32_t i = 0; i < r->nprobes; i++) {
		const struct hit_probe *p = recording_probe(r->run->recording, i);

		if (p && p->binary == binary->number && !strcmp(p->name, probe) &&
		    !strcmp(p->provider, provider))
			return true;
	}
	return false;
}

static int replay_probe_add(struct replay *r, uint32_t number, const struct hit_probe *probe)
{
	struct run *run = r->run;

	if (number >= r->nprobes) {
		struct replay_probe *all = reallocarray(r->probes, number + 1, sizeof(*r->probes));

		if (!all)
			return -ENOMEM;
		memset(all + r->nprobes, 0, (number + 1 - r->nprobes) * sizeof(*all));
		r->probes = all;
		r->nprobes = number + 1;
	}
	if (run->wild)
		wild_add_probe(run->wild, probe->provider, probe->name, probe->nargs);
	/* rules may depend on what else a binary has, pairs on both probes */
	for (uint32_t i = 0; i < r->nprobes; i++)
		r->probes[i].ready = false;
	return run->perfetto ? perfetto_add_probe(run->perfetto, number, probe) : 0;
}

static void probe_ready(struct replay *r, uint32_t number)
{
	const struct hit_probe *probe = recording_probe(r->run->recording, number);
	struct replay_probe *p = &r->probes[number];
	struct replay_binary binary = { r, probe->binary };

	p->ready = true;
	p->wanted = plan_wants_probe(r->run->report->rules, probe->provider, probe->name);
	plan_probe_rules(r->run->report->rules, probe->provider, probe->name, binary_has, &binary,
			 p->rules);
	r->wanted = r->wanted || p->wanted;
}

static void replay_folded(void *arg, uint32_t row, const struct fold_key *key, uint64_t duration)
{
	struct run *run = arg;

	if (run->options->slow && duration >= run->options->slow_ns)
		run_slow_io(run, run->replay_now, row, key, duration);
}

/* The recording's own losses, and what went wrong folding it here. */
static void replay_losses(struct replay *r)
{
	const uint64_t *folded = fold_table_tables(r->run->folded).losses;

	for (int i = 0; i < FOLD_LOSS_MAX; i++)
		r->run->losses[i] = folded[i];
	/* only what was lost of the hits themselves: the rest was of another report's rules */
	r->run->losses[FOLD_LOSS_RECORD] += r->recorded[FOLD_LOSS_RECORD];
	r->run->losses[FOLD_LOSS_SITE] += r->recorded[FOLD_LOSS_SITE];
	r->run->losses[FOLD_LOSS_CUT] += r->recorded[FOLD_LOSS_CUT];
	r->run->losses[FOLD_LOSS_UNREAD] += r->recorded[FOLD_LOSS_UNREAD];
}

/* The recording's clock has come to `time`: intervals that ended meanwhile are printed. */
static void replay_clock(struct replay *r, uint64_t time)
{
	struct run *run = r->run;
	const struct options *o = run->options;

	if (run->interval && time > r->next_tick &&
	    (time - r->next_tick) / run->interval > MOST_INTERVALS) {
		run_fail(run, "the recording jumps in time", -EBADMSG);
		return;
	}
	while (run->interval && !r->ended && r->next_tick <= time) {
		run->replay_now = r->next_tick;
		replay_losses(r);
		run_tick(run);
		r->next_tick += run->interval;
		r->ended = run->ended_on_tick || run->output_gone;
	}
	while (r->next_second && !r->ended && r->next_second <= time) {
		struct report_view view = run_view(run, r->next_second);

		run->report->tick(&view);
		r->next_second += NSEC_PER_SEC;
	}
	r->ended = r->ended || run->enough;
	if (o->duration && time >= run->started + o->duration && !r->ended) {
		run->replay_now = run->started + o->duration;
		r->ended = true;
	}
	if (!r->ended && time > run->replay_now)
		run->replay_now = time;
}

static int replay_hit(struct replay *r, const struct hit *hit)
{
	struct run *run = r->run;
	struct replay_probe *probe = &r->probes[hit->probe];
	struct fold_hit fold = {
		.time = hit->time, .tgid = hit->tgid, .tid = hit->tid, .by_process = run->by_process
	};
	int err = 0;

	replay_clock(r, hit->time);
	if (!probe->ready)
		probe_ready(r, hit->probe);
	if (r->ended || !probe->wanted || !run_names_pid(run, hit->tgid))
		return 0;
	if (run_wants_hits(run)) {
		run_hit(run, hit);
		r->ended = r->ended || run_enough_hits(run);
	}
	if (!run->report->rows)
		return 0;
	memcpy(fold.args, hit->args, sizeof(fold.args));
	for (int i = 0; i < FOLD_MAX_ARGS && !err; i++)
		if (hit->text[i])
			err = replay_keep_text(&run->texts, hit->args[i], hit->text[i]);
	fold_table_hit(run->folded, probe->rules, USDT_MAX_RULES, &fold);
	return err;
}

static int replay_process(struct replay *r, const struct recording_item *item)
{
	struct seen_process *p = run_process(r->run, item->process.tgid);

	if (!p)
		return -ENOMEM;
	if (item->kind == RECORDING_PROCESS_END) {
		replay_clock(r, item->process.time);
		run_process_ended(r->run, p);
		return 0;
	}
	p->ended = false;
	p->told = true;
	snprintf(p->name, sizeof(p->name), "%s", item->process.name);
	return r->run->perfetto ? perfetto_add_process(r->run->perfetto, p->tgid, p->name) : 0;
}

static int replay_item(struct replay *r, const struct recording_item *item)
{
	switch (item->kind) {
	case RECORDING_BINARY:
		return 0;
	case RECORDING_PROBE:
		return replay_probe_add(r, item->probe.number, item->probe.probe);
	case RECORDING_PROCESS:
	case RECORDING_PROCESS_END:
		return replay_process(r, item);
	case RECORDING_LOSSES:
		memcpy(r->recorded, item->losses.fold, sizeof(r->recorded));
		r->recorded[FOLD_LOSS_RECORD] += item->losses.extra;
		return 0;
	case RECORDING_END:
		replay_clock(r, item->end);
		return 0;
	case RECORDING_HIT:
		return replay_hit(r, &item->hit);
	}
	return 0;
}

static int replay_open(struct replay *r)
{
	struct run *run = r->run;
	const struct report *report = run->report;
	struct fold_table_options options = { .nslots = NSLOTS,
					      .rows = report->rows ? report->rows : 1,
					      .max_spills = MAX_SPILLS,
					      .folded = replay_folded,
					      .arg = run };
	const json_t *header;
	char why[256];
	int err = recording__open(run->options->replay, &run->recording, why, sizeof(why));

	if (err)
		return run_fail(run, why, err);
	header = recording_header(run->recording);
	run->started = json_integer_value(json_object_get(header, "started_ns"));
	run->to_wall = json_integer_value(json_object_get(header, "to_wall_ns"));
	if (!run->started || run->started > INT64_MAX)
		return run_fail(run, "the recording does not tell when it began", -EBADMSG);
	run->replay_now = run->started;
	r->next_tick = run->started + run->interval;
	if (!may_hold(run)) {
		log_error(
			"%s: the probes of %s were not recorded; \"assay trace '*' --replay\" shows "
			"what was",
			run->options->replay, report->name);
		run->status = STATUS_NOTHING;
		return -ENOENT;
	}
	options.max_groups = options.rows + (run->by_process || report->max_by ? MAX_SPLIT : 0);
	run->folded = fold_table__new(&options);
	if (!run->folded)
		return run_fail(run, "make the tables", -ENOMEM);
	if (report->tick)
		r->next_second = run->started + NSEC_PER_SEC;
	err = run_open_output(run);
	err = err ? err : run_begin_report(run);
	return err ? err : run_open_hits(run);
}

/* Ctrl-C and the like: what was read so far is printed. */
static volatile sig_atomic_t stopped;

static void on_signal(int signo)
{
	(void)signo;
	stopped = 1;
}

static void catch_signals(void)
{
	const struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESETHAND };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

/* Whether it makes no sense to go on: looked at every so many items. */
static bool replay_enough(struct replay *r, uint64_t items)
{
	if (items % ITEMS_BETWEEN == 0 && ferror(r->run->out))
		run_flush(r->run);
	return r->ended || stopped || r->run->output_gone || r->run->status != STATUS_OK;
}

static void replay_finish(struct replay *r)
{
	struct run *run = r->run;

	replay_losses(r);
	for (uint32_t i = 0; i < r->nprobes; i++)
		if (!r->probes[i].ready && recording_probe(run->recording, i))
			probe_ready(r, i);
	if (!r->wanted && run->status != STATUS_OK)
		return;
	if (!r->wanted) {
		log_error("%s holds none of the probes of %s", run->options->replay,
			  run->report->name);
		run->status = STATUS_NOTHING;
		return;
	}
	if (!run->interval || !run->ended_on_tick)
		run_print(run, true);
	if (run->options->in_flight)
		run_print_waiting(run);
	run_end_report(run);
	run_print_losses(run);
	run_close_hits(run);
}

void run_replay(struct run *run)
{
	struct replay r = { .run = run };
	struct recording_item item;
	uint64_t items = 1;
	int got = 1, err;

	catch_signals();
	err = replay_open(&r);
	for (; !err && !replay_enough(&r, items); items++) {
		got = recording_next(run->recording, &item);
		if (got <= 0)
			break;
		err = replay_item(&r, &item);
		if (err)
			run_fail(run, "replay", err);
	}
	if (got < 0)
		run_fail(run, recording_why(run->recording), got);
	else if (!err && got == 0 && recording_cut(run->recording))
		log_warn("%s was not closed: it is as far as it goes", run->options->replay);
	if (!err && run->recording)
		replay_finish(&r);
	free(r.probes);
	recording__free(run->recording);
	fold_table__free(run->folded);
	replay_texts_free(run->texts);
}
