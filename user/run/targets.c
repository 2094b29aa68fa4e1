// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "core/escape.h"
#include "core/log.h"
#include "core/overlay.h"
#include "core/signature.h"
#include "core/units.h"
#include "render/json.h"
#include "state.h"
#include "status.h"

bool run_wants(void *arg, const struct notes *notes)
{
	struct run *run = arg;

	if (run->wild)
		wild_add_notes(run->wild, notes);
	return plan_wants(run->report->rules, notes);
}

bool run_traces_command(const struct run *run)
{
	return run->options->command && !run->options->npids && !run->options->nfiles;
}

bool run_follows_command(const struct run *run)
{
	return run_traces_command(run) && !run->report->load;
}

/* Targets were named, rather than all of the host meant: what fails for one fails the run. */
static bool run_names_targets(const struct run *run)
{
	return run->options->npids || run->options->nfiles || run_follows_command(run);
}

/* Each process has an attachment of its own, so no other pays. */
static bool run_by_process(const struct run *run)
{
	return run->options->npids || run_follows_command(run);
}

#define MAX_DESCRIBED 8

/* " (pids 12 13)": the processes that an attachment reaches, `pid` alone if not 0. */
static void describe_processes(const struct binary *b, pid_t pid, char *text, size_t size)
{
	const pid_t *pids = pid ? &pid : b->pids;
	int n = pid ? 1 : b->npids;
	size_t len;

	if (!n) {
		snprintf(text, size, " (no process yet)");
		return;
	}
	len = snprintf(text, size, n > 1 ? " (pids" : " (pid");
	for (int i = 0; i < n && i < MAX_DESCRIBED; i++)
		len += snprintf(text + len, size - len, " %d", pids[i]);
	if (n > MAX_DESCRIBED)
		len += snprintf(text + len, size - len, " and %d more", n - MAX_DESCRIBED);
	snprintf(text + len, size - len, ")");
}

/* -errno after a message; a run whose targets were named has then failed. */
static int run_attach(struct run *run, const struct binary *b, pid_t pid)
{
	char why[256], processes[160];
	int n = tracer_attach(run->tracer, b->fd, b->notes, pid, why, sizeof(why));

	if (n < 0) {
		log_error("attach to %s: %s: %s%s", b->path, why, err_name(n), err_cure(n));
		if (run_names_targets(run))
			run->status = STATUS_FAILED;
		return n;
	}
	run->sites += n;
	if (run_wants_hits(run) && run_note_probes(run, b->path, b->notes))
		return -EIO;
	describe_processes(b, pid, processes, sizeof(processes));
	log_info("%s: %d sites of %s%s, %s", run->report->name, n, b->path, processes,
		 tracer_attach_way(run->tracer));
	return 0;
}

int run_name_pids(struct run *run)
{
	const struct options *o = run->options;
	char doing[64];

	run->named = calloc(o->npids, sizeof(*run->named));
	if (!run->named)
		return run_fail(run, "watch processes", -ENOMEM);
	for (int i = 0; i < o->npids; i++) {
		int fd = pidfd_open(o->pids[i], 0);

		snprintf(doing, sizeof(doing), "watch process %d", o->pids[i]);
		if (fd < 0)
			return run_fail(run, doing, -errno);
		run->named[run->running++] = (struct named_process){ run, fd };
	}
	return 0;
}

static int run_target_pids(struct run *run)
{
	const struct options *o = run->options;
	char why[256];

	for (int i = 0; i < o->npids; i++) {
		struct binary *found;
		int err = targets_add_pid(run->targets, o->pids[i], &found, why, sizeof(why));

		if (err)
			return run_fail(run, why, err);
		if (!found)
			log_warn("process %d carries no probe of %s", o->pids[i],
				 run->report->name);
	}
	return run_name_pids(run);
}

static int run_target_files(struct run *run)
{
	char why[256];

	for (int i = 0; i < run->options->nfiles; i++) {
		const char *file = run->options->files[i];
		struct binary *found;
		int err = targets_add_file(run->targets, file, 0, &found, why, sizeof(why));

		if (err == -ENOENT && run->options->wait)
			continue;
		if (err)
			return run_fail(run, why, err);
		if (!found)
			log_warn("%s carries no probe of %s", file, run->report->name);
	}
	targets_add_running(run->targets);
	return 0;
}

static int run_target_command(struct run *run)
{
	char *path = child_path(run->options->command[0]), why[256];

	if (!path) {
		log_error("no command %s in PATH", run->options->command[0]);
		run->status = STATUS_FAILED;
		run->end.command = RUN_NO_COMMAND;
		return -ENOENT;
	}
	/* a script is no ELF file: what it starts is found as it starts */
	targets_add_file(run->targets, path, run->child ? child_pid(run->child) : 0, NULL, why,
			 sizeof(why));
	free(path);
	/* it may start these so quickly that their first hits were over before we attach */
	for (int i = 0; i < run->options->nloads; i++)
		targets_add_file(run->targets, run->options->loads[i], 0, NULL, why, sizeof(why));
	return 0;
}

int run_find_targets(struct run *run)
{
	const struct options *o = run->options;
	int err = 0, hidden = 0;
	char why[256];

	if (!report_has_probes(run->report))
		return o->npids ? run_name_pids(run) : 0;
	if (o->npids)
		err = run_target_pids(run);
	if (!err && o->nfiles)
		err = run_target_files(run);
	if (err || o->npids || o->nfiles)
		return err;
	/* what a load starts with is attached to before it can fire, even if nobody runs it yet */
	if (run_traces_command(run))
		err = run_target_command(run);
	if (err || run_follows_command(run))
		return err;
	err = targets_add_all(run->targets, &hidden, why, sizeof(why));
	if (err)
		return run_fail(run, why, err);
	/* even root may not look everywhere, in a container say */
	if (hidden)
		log_print(geteuid() ? LOG_WARN : LOG_DEBUG, "%d process%s not looked at: EACCES%s",
			  hidden, hidden == 1 ? "" : "es", err_cure(-EACCES));
	return 0;
}

/* For all processes, or for each one that is wanted. */
static int run_attach_binary(struct run *run, struct binary *b)
{
	int err = 0;

	if (!run_by_process(run)) {
		b->attached = true;
		if (overlay_reached(run->targets, b))
			return 0;
		return run_attach(run, b, 0);
	}
	for (int i = 0; !err && i < b->npids; i++)
		err = run_attach(run, b, b->pids[i]);
	return err;
}

int run_attach_found(struct run *run)
{
	int failed = 0;

	for (int i = 0; i < targets_count(run->targets); i++) {
		int err = run_attach_binary(run, targets_get(run->targets, i));

		if (err && run_names_targets(run))
			return err;
		failed = err ? err : failed;
	}
	/* one odd binary among all of the host's must not keep us from the others */
	if (!failed || run->sites)
		return 0;
	run->status = STATUS_FAILED;
	return failed;
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
void run_new_process(void *arg, pid_t pid)
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

bool run_watches(const struct run *run)
{
	return !run->options->npids && report_has_probes(run->report);
}

/* Why nothing can have the report's probes; NULL: something can. */
static const char *all_gone(const struct report *report)
{
	const char *why = NULL;

	for (const struct probe_rule *rule = report->rules; rule->provider; rule++) {
		why = signature_gone(rule->provider, rule->probe);
		if (!why)
			break;
	}
	return why;
}

int run_nothing(struct run *run)
{
	const struct options *o = run->options;

	if (!run->sites && o->wait && !o->dry_run)
		log_info("%s: waiting for a process with its probes", run->report->name);
	if (run->sites || o->wait || run_traces_command(run) || !report_has_probes(run->report))
		return 0;
	run->status = STATUS_NOTHING;
	if (run->wild && wild_refused(run->wild)) {
		log_error("nothing to trace: %d probes or pairs match, but have no such --key",
			  wild_refused(run->wild));
		return -ENOENT;
	}
	if (all_gone(run->report)) {
		log_error("nothing to trace: the probes of %s are %s in Crucible",
			  run->report->name, all_gone(run->report));
		return -ENOENT;
	}
	log_error("nothing to trace: %s the probes of %s; %s",
		  o->npids    ? "no process given with -p carries"
		  : o->nfiles ? "no file given with -e carries"
			      : "no running process carries",
		  run->report->name,
		  o->npids || o->nfiles ? "\"assay probes\" lists what does"
					: "start one, name a binary with -e, or wait with -Z");
	return -ENOENT;
}

static void run_print_point(struct run *run, const struct binary *b, const struct attach_point *p)
{
	struct render render = run_render(run, monotonic_now());
	json_t *object;

	if (!run->options->json) {
		escape_print(run->out, b->path);
		fputc(' ', run->out);
		escape_print(run->out, p->probe->provider);
		fputc(':', run->out);
		escape_print(run->out, p->probe->name);
		fprintf(run->out, " offset 0x%" PRIx64 " semaphore 0x%" PRIx64 "\n", p->offset,
			p->sema_offset);
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

static void run_print_tracepoint(struct run *run, const char *tracepoint)
{
	struct render render = run_render(run, monotonic_now());
	json_t *object;

	if (!run->options->json) {
		fprintf(run->out, "tracepoint %s\n", tracepoint);
		return;
	}
	object = json_line(&render);
	json_set(object, "tracepoint", json_string(tracepoint));
	json_print(run->out, object);
}

static int run_dry_probes(struct run *run)
{
	struct plan *plan = plan__new(&(struct plan_options){ .rules = run->report->rules }, NULL);
	char why[256] = "plan what to attach";
	int err = plan ? run_find_targets(run) : run_fail(run, why, -ENOMEM);

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

/* Prints where the report would attach; needs no BPF. */
int run_dry(struct run *run)
{
	const struct report_source *source = run->report->source;
	int err = run_open_output(run);

	run->to_wall = monotonic_to_wall();
	for (int i = 0; !err && source && source->tracepoints[i]; i++)
		run_print_tracepoint(run, source->tracepoints[i]);
	return err || !report_has_probes(run->report) ? err : run_dry_probes(run);
}
