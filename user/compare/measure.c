// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "core/units.h"
#include "host.h"
#include "measure.h"
#include "measure_disks.h"
#include "reports/report.h"
#include "run/run.h"
#include "stages.h"
#include "status.h"

/*
 * The engine runs a report that is made for the run; its functions find the run by way of the
 * options, which are a part of it.
 */
struct measure {
	struct options options;
	struct report report;
	struct probe_rule *rules;
	struct series *series;
	struct measure_disks *disks; /* NULL: not measured */
	uint64_t began, until;	     /* of the run, and the last window's end: CLOCK_MONOTONIC */
	uint64_t fired;		     /* durations of the rules, those of the warm-up included */
	int binaries;
	int err;
};

static struct measure *measure_of(const struct report_view *view)
{
	const char *options = (const char *)view->options;

	return (struct measure *)(options - offsetof(struct measure, options));
}

static struct series_run *this_run(const struct measure *m)
{
	return &m->series->runs[m->series->nruns - 1];
}

static const char *const *patterns_of(const struct measure *m)
{
	return (const char *const *)m->series->settings.stages;
}

/* --- the block layer --- */

static bool wants_disk(const struct measure *m, enum block_op op, enum block_what what)
{
	char name[64];

	return stage_is_wanted(stage_disk_name(op, what, NULL, name, sizeof(name)), patterns_of(m),
			       m->series->settings.nstages);
}

static bool wants_disks(const struct measure *m)
{
	for (int i = 0; i < BLOCK_OPS * BLOCK_BYTES; i++)
		if (wants_disk(m, i / BLOCK_BYTES, i % BLOCK_BYTES))
			return !m->series->settings.no_disks;
	return false;
}

/* It is not in all containers and kernels: the run goes on without it. */
static int open_disks(const struct report_view *view, void **source, char *why, size_t why_size)
{
	struct measure *m = measure_of(view);
	struct series_settings *settings = &m->series->settings;
	int err =
		measure_disks__new(settings->devices, settings->ndevices, &m->disks, why, why_size);

	/* a name that means nothing */
	if (err == -EINVAL)
		return err;
	/* that is what libbpf says where there is none */
	if (err == -ESRCH)
		log_warn("the block layer is not measured: no BTF of the kernel's in "
			 "/sys/kernel/btf");
	else if (err)
		log_warn("the block layer is not measured: %s: %s%s", why, err_name(err),
			 err_cure(err));
	settings->no_disks = err != 0;
	*source = m->disks;
	return 0;
}

static void go_disks(void *source)
{
	measure_disks_go(source);
}

static void stop_disks(void *source)
{
	measure_disks_stop(source);
}

static void free_disks(void *source)
{
	measure_disks__free(source);
}

static const struct report_source disk_source = {
	.open = open_disks,
	.go = go_disks,
	.stop = stop_disks,
	.free = free_disks,
};

/* --- windows --- */

static int add_cell(struct measure *m, const char *name, const struct snapshot_row *row)
{
	int stage = series_stage(m->series, name);

	return stage < 0 ? stage : series_add_cell(m->series, stage, row);
}

static int add_stage(struct measure *m, const struct snapshot_row *row)
{
	char name[96];

	if (!row->count)
		return 0;
	if (!stages[row->row].by_client)
		return add_cell(m, stages[row->row].name, row);
	snprintf(name, sizeof(name), "%s[%" PRIu64 "]", stages[row->row].name, row->by);
	return add_cell(m, name, row);
}

static int add_disk(struct measure *m, const struct snapshot_row *row)
{
	char device[64], name[128];
	enum block_what what;
	enum block_op op;

	if (!row->count || !measure_disks_row(m->disks, row, &op, &what, device, sizeof(device)) ||
	    !wants_disk(m, op, what))
		return 0;
	return add_cell(m, stage_disk_name(op, what, device, name, sizeof(name)), row);
}

/*
 * Whether what the run is about happened in the last window: Crucible's stages, or where none of
 * these was asked for, disks'. Disks of a host are hardly ever quiet.
 */
static bool last_window_fired(const struct measure *m)
{
	const struct series_run *run = this_run(m);
	const struct series_window *window = &run->windows[run->nwindows - 1];

	for (int c = 0; c < window->ncells; c++)
		if (!m->rules ||
		    stage_depth_of(m->series->stages[window->cells[c].stage]) != STAGE_DISK)
			return true;
	return false;
}

static uint64_t durations(const struct snapshot *s)
{
	uint64_t n = 0;

	for (int i = 0; i < s->nrows; i++)
		n += s->rows[i].count;
	return n;
}

/* One more, which may be empty; `disks` is NULL where there are none. */
static int add_window(struct measure *m, const struct snapshot *stages_now,
		      const struct snapshot *disks, uint64_t ns)
{
	int err = series_add_window(m->series, ns) ? 0 : -ENOMEM;

	for (int i = 0; !err && i < stages_now->nrows; i++)
		err = add_stage(m, &stages_now->rows[i]);
	for (int i = 0; !err && disks && i < disks->nrows; i++)
		err = add_disk(m, &disks->rows[i]);
	return err;
}

static void add_losses(struct series_run *run, const struct snapshot *s)
{
	for (int i = 0; s && i < FOLD_LOSS_MAX; i++)
		run->losses[i] += s->losses[i];
}

/* The window that ends now: `began` is when it began. */
static int end_window(struct measure *m, const struct report_view *view, uint64_t began,
		      const struct snapshot *disks)
{
	struct series_run *run = this_run(m);
	uint64_t ns = view->now - began, fired = durations(view->snapshot);

	m->fired += fired;
	if (began - m->began < m->series->settings.warmup)
		return 0;
	add_losses(run, view->snapshot);
	add_losses(run, disks);
	/* the run is from the first that fired to the last */
	if (!run->nwindows && m->rules && !fired)
		return 0;
	if (!run->nwindows)
		run->wall = view->render.wall - ns;
	return add_window(m, view->snapshot, disks, ns);
}

static void print(const struct report_view *view)
{
	struct measure *m = view->keep;
	struct snapshot *disks = NULL;
	uint64_t began = m->until;

	if (m->err)
		return;
	m->until = view->now;
	if (m->disks)
		disks = measure_disks_window(m->disks);
	m->err = m->disks && !disks ? -ENOMEM : end_window(m, view, began, disks);
	snapshot__free(disks);
	if (m->err)
		view->stop(view->arg);
}

/* --- the run --- */

static void *begin(const struct report_view *view)
{
	struct measure *m = measure_of(view);

	m->began = m->until = view->now;
	return m;
}

/* What is traced, by the path that its file has now. */
static void add_binary(void *arg, const char *path, int fd)
{
	struct measure *m = arg;
	char link[32], file[PATH_MAX], id[BUILD_ID_SIZE];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, file, sizeof(file) - 1);
	file[n > 0 ? n : 0] = '\0';
	if (series_add_binary(m->series, n > 0 ? file : path, build_id_read(fd, id, sizeof(id))))
		m->err = -ENOMEM;
	m->binaries++;
}

static void end(const struct report_view *view)
{
	struct measure *m = view->keep;

	view->binaries(view->arg, add_binary, m);
}

/* What earlier runs of the series traced is attached to before the command can start it. */
static int name_loads(struct measure *m)
{
	const struct series *s = m->series;

	m->options.loads = calloc(s->nbinaries + 1, sizeof(*m->options.loads));
	if (!m->options.loads)
		return -ENOMEM;
	for (int i = 0; i < s->nbinaries; i++)
		m->options.loads[m->options.nloads++] = s->binaries[i].path;
	return 0;
}

static int prepare(struct measure *m, const struct options *options, char *const *command)
{
	const struct series_settings *settings = &m->series->settings;

	m->options = (struct options){
		.pids = options->pids,
		.npids = options->npids,
		.files = options->files,
		.nfiles = options->nfiles,
		.wait = options->wait,
		.attach = options->attach,
		.interval = settings->window,
		.duration = command ? 0 : settings->duration,
		.command = (char **)command,
		/* a reader of our stdout that goes away does not end the run */
		.output = "/dev/null",
	};
	m->report = (struct report){
		.name = "the stages",
		.rows = nstages,
		.max_by = 3,
		.load = true,
		.print = print,
		.begin = begin,
		.end = end,
	};
	m->rules = stage_rules_of(patterns_of(m), settings->nstages);
	if ((!m->rules && errno == ENOMEM) || name_loads(m))
		return -ENOMEM;
	m->report.rules = m->rules;
	m->report.source = wants_disks(m) ? &disk_source : NULL;
	return m->rules || m->report.source ? 0 : -EINVAL;
}

/* Which run messages are of: "baseline, run 3". */
static char *run_text(const struct measure *m, char *text, size_t size)
{
	snprintf(text, size, "%s, run %d", m->series->label, m->series->nruns);
	return text;
}

static int command_failed(const struct measure *m, int status)
{
	char run[64], command[256];

	log_error("%s: \"%s\" ended with status %d: the run is not kept; a load has to end with "
		  "status 0",
		  run_text(m, run, sizeof(run)),
		  series_command(m->series, command, sizeof(command)), status);
	return -ECHILD;
}

/* The first probes and the number of all, as "crucible_upstairs:gw-read-start and 82 more". */
static char *probes_text(const struct measure *m, char *text, size_t size)
{
	int n = 0;

	for (const struct probe_rule *rule = m->rules; rule->provider; rule++)
		n += !report_rule_repeats(&m->report, rule);
	snprintf(text, size, "%s:%s and %d more", m->rules->provider, m->rules->probe, n - 1);
	return text;
}

static int nothing_fired(const struct measure *m)
{
	char run[64], text[128], warmup[32];

	run_text(m, run, sizeof(run));
	if (!m->rules)
		log_error("%s: %s", run,
			  m->series->settings.no_disks
				  ? "disks alone were asked for, and can't be measured"
				  : "no request of the block layer ended: was there a load?");
	else if (m->fired)
		log_error("%s: all that fired was within the warm-up of %s: let it run longer", run,
			  duration_format(m->series->settings.warmup, warmup, sizeof(warmup)));
	else if (!m->binaries)
		log_error("%s: no program that ran has %s: is Crucible running, and was it built "
			  "with its probes?",
			  run, probes_text(m, text, sizeof(text)));
	else
		log_error("%s: no stage of an IO began and ended (%s): was there a load?", run,
			  probes_text(m, text, sizeof(text)));
	return -ENODATA;
}

/* What became of the run, by how the engine says that it ended. */
static int judge(struct measure *m, int status, const struct run_end *ended)
{
	if (m->err) {
		log_error("keep what was measured: %s", err_name(m->err));
		return m->err;
	}
	if (ended->signal)
		return -EINTR;
	if (ended->command == RUN_NO_COMMAND && status == STATUS_FAILED)
		return -ECHILD; /* said */
	if (ended->command > 0)
		return command_failed(m, ended->command);
	if (status == STATUS_NOTHING)
		return -ENODATA;
	if (status)
		return status == STATUS_USAGE ? -EINVAL : -EIO;
	while (this_run(m)->nwindows && !last_window_fired(m))
		series_drop_window(m->series);
	return this_run(m)->nwindows ? 0 : nothing_fired(m);
}

/* What is attached to has been said by the first run. */
static int run_quietly(struct measure *m, struct run_end *ended)
{
	enum log_level level = log_level();
	int status;

	if (m->series->nruns > 1 && level == LOG_INFO)
		log_set_level(LOG_WARN);
	status = run_report_ended(&m->report, &m->options, ended);
	log_set_level(level);
	return status;
}

int measure_run(struct series *series, const struct options *options, char *const *command)
{
	struct series_run *run = series_add_run(series);
	struct measure m = { .series = series };
	struct run_end ended;
	int err, status;

	if (!run) {
		log_error("keep a run: ENOMEM");
		return -ENOMEM;
	}
	run->load = host_load();
	err = prepare(&m, options, command);
	if (err) {
		log_error("%s", err == -EINVAL ? "no stage has any of the names that were asked for"
					       : "choose probes: ENOMEM");
	} else {
		status = run_quietly(&m, &ended);
		err = judge(&m, status, &ended);
	}
	free(m.rules);
	free(m.options.loads);
	if (err)
		series_drop_run(series);
	return err;
}
