// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"
#include "core/snapshot.h"
#include "core/units.h"
#include "run.h"
#include "state.h"
#include "status.h"

#define DRAIN_NS      20000000 /* how often records are fetched */
#define MAX_PROCESSES 64       /* told apart, each with a distribution a row */
#define MAX_COUNTED   1024     /* the same, each with a counter a row */
#define CRUCIBLE_ARGS 3	       /* that any of Crucible's probes has at most */
#define LOAD_END_MS   5000     /* how long a load may take to end after its run */

int run_fail(struct run *run, const char *doing, int err)
{
	const char *cure = err_cure(err);

	if (err == -ENOSPC && run->out && ferror(run->out))
		cure = "; make room, or print elsewhere with -o";
	log_error("%s: %s%s", doing, err_name(err), cure);
	run->status = STATUS_FAILED;
	return err;
}

static void run_watch_read(void *arg)
{
	watch_read(((struct run *)arg)->watch);
}

void run_tick(void *arg)
{
	struct run *run = arg;
	const struct options *o = run->options;

	run->intervals++;
	run->ended_on_tick =
		(o->count && run->intervals >= o->count) ||
		(o->duration && run_now(run) - run->started + run->interval / 100 >= o->duration);
	run_print(run, run->ended_on_tick);
	if (run->ended_on_tick && run->loop)
		loop_stop(run->loop);
}

static void run_stop(void *arg)
{
	loop_stop(((struct run *)arg)->loop);
}

static void run_input(void *arg)
{
	struct run *run = arg;
	struct report_view view = run_view(run, run_now(run));

	run->report->input(&view);
}

static void run_signal(void *arg, int signo)
{
	struct run *run = arg;

	if (signo == SIGWINCH) {
		run_input(run);
		return;
	}
	if (signo == SIGUSR1) {
		if (report_pairs(run->report))
			run_print_waiting(run);
		return;
	}
	run->end.signal = signo;
	/* Ctrl-C reaches a command of our group by itself */
	if (run->child && (signo != SIGINT || run->report->load))
		child_signal(run->child, signo);
	loop_stop(run->loop);
}

static void run_output_gone(void *arg)
{
	struct run *run = arg;

	run->output_gone = true;
	loop_stop(run->loop);
}

/* A process of -p has ended; with the last of them the run does. */
static void run_process_gone(void *arg)
{
	struct named_process *process = arg;
	struct run *run = process->run;

	loop_remove_fd(run->loop, process->pidfd);
	close(process->pidfd);
	process->pidfd = -1;
	if (--run->running)
		return;
	log_info("%s: %s ended", run->report->name,
		 run->options->npids == 1 ? "the process has" : "all processes have");
	loop_stop(run->loop);
}

/* Whether its source sends anything one by one: else nobody is to be woken up. */
static bool run_drains_source(const struct run *run)
{
	const struct report_source *source = run->source ? run->report->source : NULL;

	return source && source->drain && (!source->drains || source->drains(run->options));
}

static int run_add_timers(struct run *run)
{
	const struct options *o = run->options;
	int err = 0;

	if (run->interval)
		err = loop_add_timer(run->loop, run->interval, run->interval, run_tick, run);
	/* else the last tick ends the run */
	if (!err && o->duration && (!run->interval || o->duration % run->interval))
		err = loop_add_timer(run->loop, o->duration, 0, run_stop, run);
	if (!err && (run->stream || run_drains_source(run)))
		err = loop_add_timer(run->loop, DRAIN_NS, DRAIN_NS, run_drain, run);
	if (!err && run->report->tick)
		err = loop_add_timer(run->loop, NSEC_PER_SEC, NSEC_PER_SEC, run_report_tick, run);
	if (!err && run->writer)
		err = loop_add_timer(run->loop, NSEC_PER_SEC, NSEC_PER_SEC, run_hits_tick, run);
	return err;
}

static int run_add_input(struct run *run)
{
	struct report_view view = run_view(run, run_now(run));
	int fd = run->report->input ? run->report->input_fd(&view) : -1;

	return fd < 0 ? 0 : loop_add_fd(run->loop, fd, EPOLLIN, run_input, run);
}

static int run_add_fds(struct run *run)
{
	int err = run_add_input(run);

	if (!err && run->watch)
		err = loop_add_fd(run->loop, watch_fd(run->watch), EPOLLIN, run_watch_read, run);
	if (!err && run->child)
		err = loop_add_fd(run->loop, child_fd(run->child), EPOLLIN, run_stop, run);
	for (int i = 0; !err && i < run->running; i++)
		err = loop_add_fd(run->loop, run->named[i].pidfd, EPOLLIN, run_process_gone,
				  &run->named[i]);
	/* a reader that goes away shows at once; a file can't be watched and need not be */
	if (!err && loop_add_fd(run->loop, fileno(run->out), 0, run_output_gone, run) == -ENOMEM)
		err = -ENOMEM;
	return err;
}

/* The verbs that the report's rules have, or may have once its probes are found. */
static uint32_t run_verbs(const struct report *report)
{
	switch (report->wild) {
	case WILD_COUNT:
		return 1u << FOLD_COUNT;
	case WILD_LATENCY:
		return 1u << FOLD_START | 1u << FOLD_DONE;
	case WILD_HITS:
		return 0;
	case WILD_NONE:
		break;
	}
	return report->rules ? plan_verbs(report->rules) : 0;
}

/* Arguments that hits carry: Crucible's probes have three at most. */
static uint32_t run_hit_args(const struct run *run)
{
	bool any = run->wild && !(run->report->takes & TAKES_PROBES && !run->options->nprobes);

	return any ? FOLD_MAX_ARGS : CRUCIBLE_ARGS;
}

static uint32_t run_splits(const struct run *run)
{
	uint32_t by = run->report->max_by ? run->report->max_by : 1;
	bool hists = run_verbs(run->report) & ~(1u << FOLD_COUNT);

	return by * (run->by_process ? hists ? MAX_PROCESSES : MAX_COUNTED : 1);
}

static enum plan_hits run_hits(const struct run *run)
{
	if (run->options->record || run->report->takes & TAKES_PROBES)
		return PLAN_HITS_ALL;
	return run_wants_hits(run) ? PLAN_HITS_ASKED : PLAN_HITS_NONE;
}

static struct tracer_options run_tracer_options(const struct run *run)
{
	const struct report *report = run->report;
	const struct options *o = run->options;
	enum plan_hits hits = run_hits(run);

	return (struct tracer_options){
		.plan = { .rules = report->rules,
			  .hits = hits,
			  .texts = o->texts,
			  .hit_args = run_hit_args(run) },
		.verbs = run_verbs(report),
		.max_rules = report->wild ? USDT_MAX_RULES : plan_most_rules(report->rules),
		.rows = report->rows,
		.splits = run_splits(run),
		.by_process = run->by_process,
		.by_text = report->wild ? o->by != NULL : plan_uses_texts(report->rules),
		.texts = report->wild || hits || plan_uses_texts(report->rules),
		.threads = report->wild || plan_uses_threads(report->rules),
		.slow = o->slow,
		.slow_ns = o->slow_ns,
		.attach = o->attach,
		.pid = o->npids == 1 ? o->pids[0] : 0,
	};
}

/* The kernel's own tracepoints. */
static int run_load_source(struct run *run)
{
	struct report_view view = run_view(run, run_now(run));
	char why[256];
	int err = run->report->source->open(&view, &run->source, why, sizeof(why));

	if (err != -EINVAL)
		return err ? run_fail(run, why, err) : 0;
	/* an option that can't be meant: the errno would tell nothing */
	log_error("%s", why);
	run->status = STATUS_USAGE;
	return err;
}

static int run_load_tracer(struct run *run)
{
	struct tracer_options options = run_tracer_options(run);
	struct stream_handlers handlers = { .hit = run_hit, .slow = run_slow, .arg = run };
	char why[256];
	int err = tracer__new(&options, &run->tracer, why, sizeof(why));

	if (err)
		return run_fail(run, why, err);
	if (options.slow || options.plan.hits) {
		run->stream = stream__new(run->tracer, options.plan.hit_args, &handlers);
		if (!run->stream)
			return run_fail(run, "follow hits", -ENOMEM);
	}
	if (!run_watches(run))
		return 0;
	/* before the search for targets, so that none slips between */
	err = watch__new(run_new_process, run, &run->watch, why, sizeof(why));
	return err ? run_fail(run, why, err) : 0;
}

static int run_load(struct run *run)
{
	int err = report_has_probes(run->report) ? run_load_tracer(run) : 0;

	return err || !run->report->source ? err : run_load_source(run);
}

/* All that is attached counts, from one moment on. */
static void run_go(struct run *run)
{
	if (run->source && run->report->source->go)
		run->report->source->go(run->source);
	if (run->tracer)
		tracer_go(run->tracer);
	run->started = monotonic_now();
}

static void run_let_go(struct run *run)
{
	run->stopped = monotonic_now();
	/* a flag, where the tracer lets go of its sites, which takes long */
	if (run->source && run->report->source->stop)
		run->report->source->stop(run->source);
	if (run->tracer)
		tracer_stop(run->tracer);
	run_drain(run);
}

static void run_free_source(struct run *run)
{
	if (run->source)
		run->report->source->free(run->source);
	run->source = NULL;
}

/* From the signals on nothing ends us but the end of the run. */
static int run_open_loop(struct run *run)
{
	sigset_t signals;
	int err;

	run->loop = loop__new();
	if (!run->loop)
		return run_fail(run, "make an epoll", -errno);
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGUSR1);
	if (run->report->input)
		sigaddset(&signals, SIGWINCH);
	err = loop_add_signals(run->loop, &signals, run_signal, run);
	return err ? run_fail(run, "catch signals", err) : 0;
}

static int run_start(struct run *run)
{
	int err = run_open_loop(run);

	run->to_wall = monotonic_to_wall();
	if (!err && run->options->command) {
		err = child__new(run->options->command, run->report->load, &run->child);
		if (err)
			run_fail(run, "start the command", err);
	}
	err = err ? err : run_load(run);
	err = err ? err : run_find_targets(run);
	err = err ? err : run_attach_found(run);
	err = err ? err : run_nothing(run);
	/* what a failed start would leave empty is not touched before */
	err = err ? err : run_open_output(run);
	err = err ? err : run_open_hits(run);
	err = err || !run->tracer ? err : run_tell_probes(run);
	if (err)
		return err;
	run_go(run);
	err = run_begin_report(run);
	if (err)
		return err;
	err = run_add_timers(run);
	err = err ? err : run_add_fds(run);
	if (err)
		return run_fail(run, "set up the loop", err);
	if (run->child)
		err = child_release(run->child);
	if (!err)
		return 0;
	run->end.command = RUN_NO_COMMAND;
	return run_fail(run, run->options->command[0], err);
}

/* What there is, however the run ended. */
static void run_finish(struct run *run)
{
	run_let_go(run);
	/* with intervals that ended on a tick, all has been printed */
	if (!run->interval || !run->ended_on_tick)
		run_print(run, true);
	if (run->options->in_flight)
		run_print_waiting(run);
	run_end_report(run);
	run_print_losses(run);
	run_close_hits(run);
	if (run->tracer && run_follows_command(run) && !run->sites)
		log_warn("nothing that %s started carries the probes of %s",
			 run->options->command[0], run->report->name);
	/* the command may go on for long: it must not pay for what nobody reads */
	watch__free(run->watch);
	run->watch = NULL;
	stream__free(run->stream);
	run->stream = NULL;
	tracer__free(run->tracer);
	run->tracer = NULL;
	run_free_source(run);
}

/* Its end is ours, however long it takes: a second Ctrl-C ends us. */
static void run_await_child(struct run *run)
{
	sigset_t none;

	if (!child_ended(run->child, 0))
		log_info("the trace has ended; waiting for %s (pid %d)", run->options->command[0],
			 child_pid(run->child));
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* A load without its run is of no use. It has been sent the signal, if one ended the run. */
static void run_end_load(struct run *run)
{
	bool ended = child_ended(run->child, run->end.signal ? LOAD_END_MS : 0);

	if (ended && !run->end.signal)
		return;
	if (!ended)
		log_warn("the run has ended before %s (pid %d): it is killed",
			 run->options->command[0], child_pid(run->child));
	child_signal(run->child, SIGKILL);
}

static void run_wait_child(struct run *run)
{
	int status;

	if (run->report->load)
		run_end_load(run);
	else
		run_await_child(run);
	status = child_wait(run->child);
	if (status < 0) {
		run_fail(run, "wait for the command", status);
		return;
	}
	run->end.command = status;
	if (run->status == STATUS_OK)
		run->status = status;
}

static void run_free(struct run *run)
{
	for (int i = 0; run->named && i < run->options->npids; i++)
		if (run->named[i].pidfd > 0)
			close(run->named[i].pidfd);
	free(run->named);
	free(run->paths);
	run_processes_free(run);
	child__free(run->child);
	watch__free(run->watch);
	stream__free(run->stream);
	recording_writer__free(run->writer);
	perfetto__free(run->perfetto);
	tracer__free(run->tracer);
	run_free_source(run);
	targets__free(run->targets);
	wild__free(run->wild);
	snapshot__free(run->before);
	heatmap__free(run->heatmap);
	loop__free(run->loop);
}

/* A report's one process is a -p. */
static int check_pid(const struct report *report, struct options *o)
{
	if (o->nargs != 1 || options_add_pid(o, o->args[0])) {
		log_error("%s takes one process ID: assay %s PID", report->name, report->name);
		return -EINVAL;
	}
	return 0;
}

static int check_words(const struct report *report, struct options *o)
{
	if (report->pid_arg)
		return check_pid(report, o);
	if (o->nargs && (!report->wild || report->takes & TAKES_PROBES) &&
	    !(report->takes & TAKES_DUET && o->events)) {
		log_error("%s takes no argument \"%s\"; a command goes behind --", report->name,
			  o->args[0]);
		return -EINVAL;
	}
	if (o->npids && o->nfiles) {
		log_error("-p and -e: processes or binaries, not both");
		return -EINVAL;
	}
	if (report->takes & TAKES_PROBES && !o->output && !o->dry_run) {
		log_error("%s needs a file to write to: -o FILE", report->name);
		return -EINVAL;
	}
	return 0;
}

static bool same_file(const char *a, const char *b)
{
	struct stat x, y;

	if (!a || !b)
		return false;
	return !strcmp(a, b) || (!stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev &&
				 x.st_ino == y.st_ino && S_ISREG(x.st_mode));
}

static int check_options(const struct report *report, const struct options *o)
{
	char why[256];

	if (o->heatmap && (o->json || o->summary)) {
		log_error("--heatmap draws; for numbers over time there is -j -i SECS");
		return -EINVAL;
	}
	if (o->perfetto && o->json) {
		log_error("--perfetto writes a trace, -j JSON: not both");
		return -EINVAL;
	}
	if (o->heatmap && o->timestamps) {
		log_error("--heatmap has times of its own: it takes no -T");
		return -EINVAL;
	}
	if (same_file(o->output, o->replay) || same_file(o->output, o->record)) {
		log_error("-o %s: that is the recording", o->output);
		return -EINVAL;
	}
	if (o->replay && (o->nfiles || o->wait || o->dry_run || o->record || o->command)) {
		log_error(
			"--replay reads a recording: -e, -Z, --dry-run, --record and a command are "
			"for what runs here");
		return -EINVAL;
	}
	if (report_layout(report, o->layout, o->layout_given) < 0) {
		log_error("%s has no such layout", report->name);
		return -EINVAL;
	}
	if (report->check && report->check(o, why, sizeof(why))) {
		log_error("%s", why);
		return -EINVAL;
	}
	return 0;
}

/* The interval between prints, 0 where there is one print. */
static uint64_t run_interval(const struct run *run)
{
	const struct report *report = run->report;
	const struct options *o = run->options;
	bool compact = run->layout == LAYOUT_COMPACT && report->compact_interval;

	if (report->takes & (TAKES_HITS | TAKES_STATUS))
		return 0;
	if (o->interval)
		return o->interval;
	if (o->heatmap)
		return NSEC_PER_SEC;
	if (report->interval)
		return compact ? report->compact_interval : report->interval;
	return o->count ? NSEC_PER_SEC : 0;
}

static int run_prepare(struct run *run, const struct report *report, struct options *options)
{
	char why[256];
	int err;

	run->report = report;
	run->options = options;
	run->out = stdout;
	run->layout = report_layout(report, options->layout, options->layout_given);
	run->by_process = report->by_process || options->by_pid;
	run->interval = run_interval(run);
	if (report->wild) {
		err = wild__new(report, options, &run->wild, why, sizeof(why));
		if (err) {
			log_error("%s", why);
			run->status = err == -EINVAL ? STATUS_USAGE : STATUS_FAILED;
			return err;
		}
		run->report = wild_report(run->wild);
	}
	run->targets = targets__new(run_wants, run);
	return run->targets ? 0 : run_fail(run, "find targets", -ENOMEM);
}

static void run_live(struct run *run)
{
	if (run_start(run))
		return;
	if (loop_run(run->loop))
		run_fail(run, "wait for events", -errno);
	run_finish(run);
	if (run->child)
		run_wait_child(run);
}

int run_report(const struct report *report, struct options *options)
{
	return run_report_ended(report, options, &(struct run_end){ 0 });
}

int run_report_ended(const struct report *report, struct options *options, struct run_end *end)
{
	struct run run = { .end.command = -1 };

	*end = run.end;
	/* a reader that goes away, or a recording that grows too large, is an error, not our end */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	report = report_meant(report, options);
	if (!options->duration && !options->count)
		options->duration = report->duration;
	options->wait = options->wait || (report->waits && !options->replay);
	if (check_words(report, options) || check_options(report, options))
		return STATUS_USAGE;
	if (run_prepare(&run, report, options))
		; /* said */
	else if (options->dry_run)
		run_dry(&run);
	else if (options->replay)
		run_replay(&run);
	else
		run_live(&run);
	run_free(&run);
	if (run.out != stdout && fclose(run.out) && run.status == STATUS_OK)
		run_fail(&run, options->output, -errno);
	*end = run.end;
	return run.status;
}
