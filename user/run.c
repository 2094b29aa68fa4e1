// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "core/child.h"
#include "core/escape.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/loss.h"
#include "core/overlay.h"
#include "core/snapshot.h"
#include "core/targets.h"
#include "core/tracer.h"
#include "core/units.h"
#include "core/watch.h"
#include "render/json.h"
#include "run.h"
#include "status.h"
#include "usdt.h"

#define DRAIN_NS      20000000 /* how often records are fetched */

#define MAX_PROCESSES 64 /* told apart by --by-pid */

struct run;

struct process {
	struct run *run;
	int pidfd;
};

struct run {
	const struct report *report;
	const struct options *options;
	FILE *out;
	struct loop *loop;
	struct tracer *tracer;
	struct targets *targets;
	struct watch *watch;
	struct child *child;
	struct snapshot *before; /* at the last interval's end */
	uint64_t interval;	 /* ns; 0: only at the end */
	uint64_t intervals;	 /* printed so far */
	uint64_t started;	 /* CLOCK_MONOTONIC, when the probes were live */
	int64_t to_wall;
	int sites;		   /* attached so far */
	struct process *processes; /* of -p */
	int running;		   /* of them */
	uint32_t named;		   /* the process whose name is `name` */
	char name[32];
	bool slow_header;
	bool output_gone;
	bool ended_on_tick;
	int status; /* STATUS_OK until something fails */
};

/* Says what failed, once: doing what, the errno's name, the cure. */
static int run_fail(struct run *run, const char *doing, int err)
{
	const char *cure = err_cure(err);

	if (err == -ENOSPC && run->out && ferror(run->out))
		cure = "; make room, or print elsewhere with -o";
	log_error("%s: %s%s", doing, err_name(err), cure);
	run->status = STATUS_FAILED;
	return err;
}

static bool run_wants(void *arg, const struct notes *notes)
{
	const struct run *run = arg;

	return plan_wants(run->report->rules, notes);
}

/* --- printing --- */

static struct render run_render(const struct run *run, uint64_t monotonic)
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
static void run_flush(struct run *run)
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
static void run_print(struct run *run)
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
static void run_print_losses(struct run *run)
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

static void run_drain(void *arg)
{
	struct run *run = arg;

	if (tracer_drain(run->tracer, run_record, run) > 0)
		run_flush(run);
}

/* --- targets --- */

static void describe_pids(const struct binary *b, char *text, size_t size)
{
	size_t len = snprintf(text, size, b->npids > 1 ? "pids" : "pid");

	for (int i = 0; i < b->npids && len < size; i++) {
		if (i == 8) {
			snprintf(text + len, size - len, " and %d more", b->npids - i);
			return;
		}
		len += snprintf(text + len, size - len, " %d", b->pids[i]);
	}
}

static int run_attach(struct run *run, const struct binary *b, pid_t pid)
{
	char why[256], what[512], pids[128] = "";
	int n = tracer_attach(run->tracer, b->fd, b->notes, pid, why, sizeof(why));

	if (n < 0) {
		snprintf(what, sizeof(what), "attach to %s: %s", b->path, why);
		return run_fail(run, what, n);
	}
	run->sites += n;
	if (pid)
		snprintf(pids, sizeof(pids), " (pid %d)", pid);
	else if (b->npids) {
		char list[100];

		describe_pids(b, list, sizeof(list));
		snprintf(pids, sizeof(pids), " (%s)", list);
	}
	log_info("%s: %d sites of %s%s, %s", run->report->name, n, b->path, pids,
		 tracer_attach_way(run->tracer));
	return 0;
}

/* Only these processes: each has a link of its own, so no other pays. */
static int run_target_pids(struct run *run)
{
	const struct options *o = run->options;
	char why[256];

	run->processes = calloc(o->npids, sizeof(*run->processes));
	if (!run->processes)
		return run_fail(run, "watch processes", -ENOMEM);
	for (int i = 0; i < o->npids; i++) {
		int err = targets_add_pid(run->targets, o->pids[i], NULL, why, sizeof(why));
		int fd;

		if (err)
			return run_fail(run, why, err);
		fd = pidfd_open(o->pids[i], 0);
		if (fd < 0)
			return run_fail(run, "watch a process", -errno);
		run->processes[run->running++] = (struct process){ run, fd };
	}
	return 0;
}

static int run_target_files(struct run *run)
{
	char why[256];

	for (int i = 0; i < run->options->nfiles; i++) {
		const char *file = run->options->files[i];
		int err = targets_add_file(run->targets, file, 0, NULL, why, sizeof(why));

		if (err == -ENOENT && run->options->wait)
			continue;
		if (err)
			return run_fail(run, why, err);
	}
	return 0;
}

/* The command, and what it starts, are traced; others are not. */
static bool run_follows_command(const struct run *run)
{
	return run->options->command && !run->options->npids && !run->options->nfiles;
}

static int run_target_command(struct run *run)
{
	char *path = child_path(run->options->command[0]), why[256];

	if (!path) {
		log_error("no command %s in PATH", run->options->command[0]);
		run->status = STATUS_FAILED;
		return -ENOENT;
	}
	/* a script is no ELF file: what it starts is found as it starts */
	targets_add_file(run->targets, path, run->child ? child_pid(run->child) : 0, NULL, why,
			 sizeof(why));
	free(path);
	return 0;
}

static int run_find_targets(struct run *run)
{
	const struct options *o = run->options;
	int err = 0, hidden = 0;
	char why[256];

	if (o->npids)
		err = run_target_pids(run);
	if (!err && o->nfiles)
		err = run_target_files(run);
	if (err || o->npids || o->nfiles)
		return err;
	if (run_follows_command(run))
		return run_target_command(run);
	err = targets_add_all(run->targets, &hidden, why, sizeof(why));
	if (err)
		return run_fail(run, why, err);
	/* even root may not look everywhere, in a container say */
	if (hidden)
		log_print(geteuid() ? LOG_WARN : LOG_DEBUG,
			  "%d processes not looked at (EACCES); run as root", hidden);
	return 0;
}

/*
 * Whether an attachment to another binary reaches this one: two containers of one image have a file
 * each to look at, but one to run.
 */
static bool run_reached(const struct run *run, const struct binary *b)
{
	for (int i = 0; i < targets_count(run->targets); i++) {
		const struct binary *other = targets_get(run->targets, i);

		if (other == b || !other->attached || !overlay_twins(other, b))
			continue;
		log_debug("%s is the same file as %s", b->path, other->path);
		return true;
	}
	return false;
}

/* For all processes, or for each one that is wanted. */
static int run_attach_binary(struct run *run, struct binary *b)
{
	int err = 0;

	if (!run->options->npids && !run_follows_command(run)) {
		b->attached = true;
		if (run_reached(run, b))
			return 0;
		return run_attach(run, b, 0);
	}
	for (int i = 0; !err && i < b->npids; i++)
		err = run_attach(run, b, b->pids[i]);
	return err;
}

static int run_attach_found(struct run *run)
{
	bool asked = run->options->npids || run->options->nfiles || run_follows_command(run);
	int err = 0;

	for (int i = 0; !err && i < targets_count(run->targets); i++) {
		err = run_attach_binary(run, targets_get(run->targets, i));
		/* one odd binary among all of the host's must not keep us from the others */
		if (err && !asked && run->sites) {
			run->status = STATUS_OK;
			err = 0;
		}
	}
	return err;
}

static int run_new_program(struct run *run, pid_t pid, char *why, size_t why_size)
{
	bool follows = run_follows_command(run);
	struct binary *found = NULL;
	int err;

	if (follows && !child_began(run->child, pid))
		return 0;
	err = targets_add_pid(run->targets, pid, &found, why, why_size);
	if (found && follows)
		run_attach(run, found, pid);
	else if (found && !found->attached)
		run_attach_binary(run, found);
	return err;
}

/* A program was started somewhere on the host. */
static void run_new_process(void *arg, pid_t pid)
{
	struct run *run = arg;
	struct binary *found;
	char why[256];
	int err = 0;

	if (!run->options->nfiles)
		err = run_new_program(run, pid, why, sizeof(why));
	/* a file that was rebuilt, or is only there now */
	for (int i = 0; i < run->options->nfiles; i++) {
		err = targets_add_file(run->targets, run->options->files[i], 0, &found, why,
				       sizeof(why));
		if (found && !found->attached)
			run_attach_binary(run, found);
	}
	if (err && err != -ESRCH && err != -ENOEXEC && err != -ENOENT)
		log_debug("passed over pid %d: %s: %s", pid, why, err_name(err));
}

static void run_watch_read(void *arg)
{
	watch_read(((struct run *)arg)->watch);
}

static bool run_watches(const struct run *run)
{
	return !run->options->npids;
}

static int run_nothing(struct run *run)
{
	const struct options *o = run->options;

	if (run->sites || o->wait || run_follows_command(run))
		return 0;
	log_error("nothing to trace: %s the probes of %s; start one, name a binary with -e, or "
		  "wait with -Z",
		  o->npids    ? "no process given with -p carries"
		  : o->nfiles ? "no file given with -e carries"
			      : "no running process carries",
		  run->report->name);
	run->status = STATUS_NOTHING;
	return -ENOENT;
}

/* --- the run --- */

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
	if (--run->running == 0)
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

static void run_print_point(struct run *run, const struct binary *b, const struct attach_point *p)
{
	struct render render = run_render(run, monotonic_now());
	json_t *object;

	if (!run->options->json) {
		escape_print(run->out, b->path);
		fprintf(run->out, " %s:%s offset 0x%" PRIx64 " semaphore 0x%" PRIx64 "\n",
			p->probe->provider, p->probe->name, p->offset, p->sema_offset);
		return;
	}
	object = json_line(&render);
	json_set(object, "file", json_text(b->path));
	json_set(object, "provider", json_text(p->probe->provider));
	json_set(object, "probe", json_text(p->probe->name));
	json_set(object, "offset", json_integer(p->offset));
	json_set(object, "semaphore", json_integer(p->sema_offset));
	json_print(run->out, object);
}

/* Prints where the report would attach; needs no BPF. */
static int run_dry(struct run *run)
{
	struct plan *plan = plan__new(run->report->rules, NULL);
	char why[256] = "plan what to attach";
	int err = plan ? run_find_targets(run) : run_fail(run, why, -ENOMEM);

	run->to_wall = monotonic_to_wall();
	for (int i = 0; !err && i < targets_count(run->targets); i++) {
		const struct binary *b = targets_get(run->targets, i);
		struct attach_point *points;
		int n = plan_points(plan, b->notes, &points, why, sizeof(why));

		if (n < 0) {
			err = run_fail(run, why, n);
			break;
		}
		run->sites += n;
		for (int p = 0; p < n; p++)
			run_print_point(run, b, &points[p]);
		free(points);
	}
	err = err ? err : run_nothing(run);
	plan__free(plan);
	return err;
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
