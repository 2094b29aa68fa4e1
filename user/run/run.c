// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "core/log.h"
#include "core/snapshot.h"
#include "core/units.h"
#include "run.h"
#include "run_state.h"
#include "status.h"

#define DRAIN_NS      20000000 /* how often records are fetched */
#define MAX_PROCESSES 64       /* told apart by --by-pid */

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

static void run_tick(void *arg)
{
	struct run *run = arg;
	const struct options *o = run->options;

	run_print(run);
	run->intervals++;
	if ((o->count && run->intervals >= o->count) ||
	    (o->duration && monotonic_now() - run->started + run->interval / 100 >= o->duration)) {
		run->ended_on_tick = true;
		loop_stop(run->loop);
	}
}

static void run_stop(void *arg)
{
	loop_stop(((struct run *)arg)->loop);
}

static void run_signal(void *arg, int signo)
{
	struct run *run = arg;

	/* Ctrl-C reaches the command by itself */
	if (run->child && signo != SIGINT)
		kill(child_pid(run->child), signo);
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
	struct process *process = arg;
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

static int run_add_timers(struct run *run)
{
	const struct options *o = run->options;
	int err = 0;

	if (run->interval)
		err = loop_add_timer(run->loop, run->interval, run->interval, run_tick, run);
	/* else the last tick ends the run */
	if (!err && o->duration && (!run->interval || o->duration % run->interval))
		err = loop_add_timer(run->loop, o->duration, 0, run_stop, run);
	if (!err && o->slow)
		err = loop_add_timer(run->loop, DRAIN_NS, DRAIN_NS, run_drain, run);
	return err;
}

static int run_add_fds(struct run *run)
{
	int err = 0;

	if (run->watch)
		err = loop_add_fd(run->loop, watch_fd(run->watch), EPOLLIN, run_watch_read, run);
	if (!err && run->child)
		err = loop_add_fd(run->loop, child_fd(run->child), EPOLLIN, run_stop, run);
	for (int i = 0; !err && i < run->running; i++)
		err = loop_add_fd(run->loop, run->processes[i].pidfd, EPOLLIN, run_process_gone,
				  &run->processes[i]);
	/* a reader that goes away shows at once; a file can't be watched and need not be */
	if (!err && loop_add_fd(run->loop, fileno(run->out), 0, run_output_gone, run) == -ENOMEM)
		err = -ENOMEM;
	return err;
}

static int run_load(struct run *run)
{
	const struct options *o = run->options;
	const struct latency_format *f = &run->report->format;
	struct tracer_options options = {
		.rules = run->report->rules,
		.rows = f->nlabels,
		.splits = (run->report->max_by ? run->report->max_by : 1) *
			  (o->by_pid ? MAX_PROCESSES : 1),
		.pairs = report_pairs(run->report),
		.by_process = o->by_pid,
		.slow = o->slow,
		.slow_ns = o->slow_ns,
		.attach = o->attach,
		.pid = o->npids == 1 ? o->pids[0] : 0,
	};
	char why[256];
	int err = tracer__new(&options, &run->tracer, why, sizeof(why));

	if (err)
		return run_fail(run, why, err);
	if (!run_watches(run))
		return 0;
	/* before the search for targets, so that none slips between */
	err = watch__new(run_new_process, run, &run->watch, why, sizeof(why));
	return err ? run_fail(run, why, err) : 0;
}

/* From the signals on nothing ends us but the end of the run. */
static int run_open_loop(struct run *run)
{
	sigset_t signals;
	int err;

	run->loop = loop__new();
	if (!run->loop)
		return run_fail(run, "make an epoll", -errno);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	err = loop_add_signals(run->loop, &signals, run_signal, run);
	return err ? run_fail(run, "catch signals", err) : 0;
}

static int run_start(struct run *run)
{
	int err = run_open_loop(run);

	if (!err && run->options->command) {
		err = child__new(run->options->command, &run->child);
		if (err)
			run_fail(run, "start the command", err);
	}
	err = err ? err : run_load(run);
	err = err ? err : run_find_targets(run);
	err = err ? err : run_attach_found(run);
	err = err ? err : run_nothing(run);
	if (err)
		return err;
	run->started = monotonic_now();
	run->to_wall = monotonic_to_wall();
	err = run_add_timers(run);
	err = err ? err : run_add_fds(run);
	if (err)
		return run_fail(run, "set up the loop", err);
	if (run->child)
		err = child_release(run->child);
	return err ? run_fail(run, run->options->command[0], err) : 0;
}

/* What there is, however the run ended. */
static void run_finish(struct run *run)
{
	tracer_stop(run->tracer);
	if (run->options->slow)
		run_drain(run);
	/* with intervals that ended on a tick, all has been printed */
	if (!run->interval || !run->ended_on_tick)
		run_print(run);
	run_print_losses(run);
	if (run_follows_command(run) && !run->sites)
		log_warn("nothing that %s started carries the probes of %s",
			 run->options->command[0], run->report->name);
	/* the command may go on for long: it must not pay for what nobody reads */
	watch__free(run->watch);
	run->watch = NULL;
	tracer__free(run->tracer);
	run->tracer = NULL;
}

/* Its end is ours, however long it takes: a second Ctrl-C ends us. */
static void run_wait_child(struct run *run)
{
	sigset_t none;
	int status;

	if (!child_ended(run->child))
		log_info("the trace has ended; waiting for %s (pid %d)", run->options->command[0],
			 child_pid(run->child));
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	status = child_wait(run->child);
	if (status < 0)
		run_fail(run, "wait for the command", status);
	else if (run->status == STATUS_OK)
		run->status = status;
}

static void run_free(struct run *run)
{
	for (int i = 0; run->processes && i < run->options->npids; i++)
		if (run->processes[i].pidfd > 0)
			close(run->processes[i].pidfd);
	free(run->processes);
	child__free(run->child);
	watch__free(run->watch);
	tracer__free(run->tracer);
	targets__free(run->targets);
	snapshot__free(run->before);
	loop__free(run->loop);
}

static int run_check(const struct report *report, const struct options *o)
{
	if (o->nargs) {
		log_error("%s takes no argument \"%s\"; a command goes behind --", report->name,
			  o->args[0]);
		return -EINVAL;
	}
	if (o->npids && o->nfiles) {
		log_error("-p and -e: processes or binaries, not both");
		return -EINVAL;
	}
	if (!report_pairs(report) && (o->slow || o->summary)) {
		log_error("%s counts: --slower-than and --summary are for latency reports",
			  report->name);
		return -EINVAL;
	}
	return 0;
}

int run_report(const struct report *report, const struct options *options)
{
	struct run run = { .report = report, .options = options, .out = stdout };

	if (run_check(report, options))
		return STATUS_USAGE;
	run.targets = targets__new(run_wants, &run);
	if (!run.targets)
		return run_fail(&run, "find targets", -ENOMEM), STATUS_FAILED;
	run.interval = options->interval ? options->interval : report->interval;
	if (options->count && !run.interval)
		run.interval = NSEC_PER_SEC;
	if (options->output) {
		run.out = fopen(options->output, "we");
		if (!run.out) {
			run_fail(&run, options->output, -errno);
			run_free(&run);
			return STATUS_FAILED;
		}
	}
	if (options->dry_run) {
		run_dry(&run);
	} else if (!run_start(&run)) {
		if (loop_run(run.loop))
			run_fail(&run, "wait for events", -errno);
		run_finish(&run);
		if (run.child)
			run_wait_child(&run);
	}
	run_free(&run);
	if (run.out != stdout && fclose(run.out) && run.status == STATUS_OK)
		run_fail(&run, options->output, -errno);
	return run.status;
}
