// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * waterfall: where a job's time goes, through every layer at once: from the guest through the
 * downstairs' files and the system calls to the disk. Here are the rules and what holds the parts
 * together; the rest is in user/waterfall.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/loss.h"
#include "kernel/bios.h"
#include "kernel/devices.h"
#include "kernel/files.h"
#include "render/json.h"
#include "report.h"
#include "waterfall/draw.h"
#include "waterfall/model.h"
#include "waterfall/slowest.h"
#include "waterfall/table.h"

#define RULE_HIT(provider, probe, verb_, what) RULE(provider, probe, .verb = FOLD_NONE),
static const struct probe_rule rules[] = { WF_PROBES(RULE_HIT){ 0 } };

/* --- the kernel's streams --- */

struct streams {
	struct files *files;
	struct bios *bios;
	bool stopped;
};

static void streams_free(void *source)
{
	struct streams *s = source;

	files__free(s->files);
	bios__free(s->bios);
	free(s);
}

static int streams_open(const struct report_view *view, void **source, char *why, size_t why_size)
{
	const struct files_options options = { .some = true, .sends = true };
	struct streams *s = calloc(1, sizeof(*s));
	int err;

	(void)view;
	snprintf(why, why_size, "allocate memory");
	if (!s)
		return -ENOMEM;
	err = files__new(&options, &s->files, why, why_size);
	err = err ? err : bios__new(&(struct bios_options){ 0 }, &s->bios, why, why_size);
	if (err)
		streams_free(s);
	else
		*source = s;
	return err;
}

static void streams_go(void *source)
{
	struct streams *s = source;

	bios_go(s->bios);
	files_go(s->files);
}

static void streams_stop(void *source)
{
	struct streams *s = source;

	files_stop(s->files);
	bios_stop(s->bios);
	s->stopped = true;
}

static struct fold_tables streams_tables(void *source)
{
	return files_tables(((struct streams *)source)->files);
}

/* --- the report --- */

/* What a process was called; by the time it is printed it may be gone. */
struct process {
	struct process *next;
	uint32_t tgid;
	char name[32];
};

struct waterfall {
	struct wf_account *account;
	struct wf_model *model;
	struct wf_stages stages;
	struct wf_slowest slowest;
	struct wf_probe *probes; /* by number */
	uint32_t nprobes;
	uint64_t drained; /* when the streams were last looked at: all before has come */
	uint64_t until;	  /* what the kernel begins after this moment has no hits around it */
	bool finished;
	struct devices *devices;
	struct process *processes;
	char device[64];
	int pid_err; /* why a process's system calls are not followed; 0: all are */
};

static void job_done(void *arg, struct wf_job *job)
{
	wf_stages_add(&((struct waterfall *)arg)->stages, job);
}

static bool job_picture(void *arg, struct wf_job *job)
{
	struct waterfall *w = arg;

	return wf_slowest_take(&w->slowest, w->model, job, true);
}

static bool job_unfinished(void *arg, struct wf_job *job)
{
	struct waterfall *w = arg;

	return wf_slowest_take(&w->slowest, w->model, job, false);
}

static void waterfall_free(struct waterfall *w)
{
	struct process *process;

	if (w->model)
		wf_slowest_clear(&w->slowest, w->model);
	wf_model__free(w->model);
	wf_account__free(w->account);
	wf_stages_free(&w->stages);
	devices__free(w->devices);
	while ((process = w->processes)) {
		w->processes = process->next;
		free(process);
	}
	free(w->probes);
	free(w);
}

static void follow(struct waterfall *w, const struct report_view *view, uint32_t tgid)
{
	struct streams *s = view->source;
	struct process *process;
	int err;

	if (wf_model_has_process(w->model, tgid))
		return;
	wf_model_process(w->model, tgid);
	process = calloc(1, sizeof(*process));
	if (process) {
		process->tgid = tgid;
		snprintf(process->name, sizeof(process->name), "%s", view->name(view->arg, tgid));
		process->next = w->processes;
		w->processes = process;
	}
	err = s ? files_add_pid(s->files, (pid_t)tgid) : 0;
	w->pid_err = err ? err : w->pid_err;
}

/*
 * Those that are traced, the ones that have just begun included: what they do is gone through later
 * than this.
 */
static void follow_all(const struct report_view *view)
{
	struct waterfall *w = view->keep;
	uint32_t *pids;
	int n = view->traced(view->arg, &pids);

	for (int i = 0; pids && i < n; i++)
		follow(w, view, pids[i]);
	free(pids);
}

static void *begin(const struct report_view *view)
{
	const struct options *o = view->options;
	bool draws = o->slowest || o->job_given;
	struct waterfall *w = calloc(1, sizeof(*w));
	struct wf_handlers handlers = { .done = job_done,
					.picture = draws ? job_picture : NULL,
					.unfinished = draws ? job_unfinished : NULL,
					.arg = w };
	struct report_view kept = *view;

	if (!w)
		return NULL;
	w->account = wf_account__new();
	w->model = w->account ? wf_model__new(&handlers, w->account) : NULL;
	w->devices = devices__new("/sys/dev/block");
	if (!w->model || !w->devices) {
		waterfall_free(w);
		return NULL;
	}
	w->slowest.most = o->slowest < WF_MOST_DRAWN ? o->slowest : WF_MOST_DRAWN;
	w->slowest.named = o->job_given;
	w->slowest.job = o->job;
	if (o->slowest > WF_MOST_DRAWN)
		log_warn("--slowest: at most %d jobs are drawn", WF_MOST_DRAWN);
	kept.keep = w;
	follow_all(&kept);
	return w;
}

/* What a hit of that number does, looked up once. */
static struct wf_probe probe_of(struct waterfall *w, uint32_t number, const struct hit_probe *probe)
{
	if (number >= w->nprobes) {
		struct wf_probe *all = reallocarray(w->probes, number + 1, sizeof(*all));

		if (!all)
			return wf_probe_of(probe);
		memset(all + w->nprobes, 0, (number + 1 - w->nprobes) * sizeof(*all));
		w->probes = all;
		w->nprobes = number + 1;
	}
	if (w->probes[number].verb == WF_NOTHING)
		w->probes[number] = wf_probe_of(probe);
	return w->probes[number];
}

static void hit(const struct report_view *view, const struct hit_probe *probe,
		const struct hit *hit)
{
	struct waterfall *w = view->keep;
	struct wf_probe what = probe_of(w, hit->probe, probe);
	struct wf_event event;

	if (what.verb == WF_NOTHING || w->finished)
		return;
	follow(w, view, hit->tgid);
	wf_event_of_hit(&event, what, hit);
	wf_model_add(w->model, &event);
}

static void call_drained(void *arg, const struct file_record *record)
{
	struct waterfall *w = arg;
	struct wf_event event;

	if (record->start > w->until)
		return;
	wf_event_of_call(&event, record);
	wf_model_add(w->model, &event);
}

static void io_drained(void *arg, const struct bio_record *record)
{
	struct waterfall *w = arg;
	struct wf_event event;

	if (record->queued > w->until)
		return;
	wf_event_of_bio(&event, record, w->account);
	wf_model_add(w->model, &event);
}

static void drain(const struct report_view *view)
{
	struct streams *s = view->source;
	struct waterfall *w = view->keep;

	if (!w || w->finished)
		return;
	follow_all(view);
	/* probes are let go of first, which takes a while */
	w->until = s->stopped ? view->now : UINT64_MAX;
	files_drain(s->files, call_drained, w);
	bios_drain(s->bios, io_drained, w);
	if (s->stopped) {
		wf_model_finish(w->model);
		w->finished = true;
		return;
	}
	wf_model_apply(w->model, w->drained);
	w->drained = view->now;
}

/* --- what it prints --- */

static const char *process_name(void *arg, uint32_t tgid)
{
	const struct process *process = ((struct waterfall *)arg)->processes;

	while (process && process->tgid != tgid)
		process = process->next;
	return process ? process->name : "-";
}

static const char *device_name(void *arg, uint32_t dev)
{
	struct waterfall *w = arg;

	return devices_name(w->devices, dev, w->device, sizeof(w->device));
}

static void draw_jobs(struct waterfall *w, const struct report_view *view)
{
	struct wf_drawing drawing = { .render = &view->render,
				      .width = render_width(view->render.out),
				      .process = process_name,
				      .device = device_name,
				      .arg = w };

	for (uint32_t i = 0; i < w->slowest.nsame; i++)
		wf_draw(&drawing, w->slowest.same[i]);
	for (uint32_t i = 0; i < w->slowest.n; i++)
		wf_draw(&drawing, w->slowest.jobs[i]);
	if (w->slowest.named && !w->slowest.nsame)
		log_info("job %llu has not been seen whole", (unsigned long long)w->slowest.job);
	if (w->slowest.more)
		log_warn("%llu more of job %llu are not drawn", (unsigned long long)w->slowest.more,
			 (unsigned long long)w->slowest.job);
	wf_slowest_clear(&w->slowest, w->model);
}

static void print(const struct report_view *view)
{
	struct waterfall *w = view->keep;

	wf_table_print(&view->render, &w->stages, w->account, wf_model_under_way(w->model));
	draw_jobs(w, view);
	if ((view->options->interval || view->options->count) && !view->render.json)
		fputc('\n', view->render.out);
	wf_stages_clear(&w->stages);
	wf_account_clear(w->account);
}

/* --- what was not seen --- */

#define MOST_LOSSES 20

struct under_way {
	const struct wf_model *model;
	uint64_t until;
	uint64_t n;
};

static void count_under_way(void *arg, const struct bio_record *record)
{
	struct under_way *u = arg;

	u->n += record->by == BIO_BY_PROCESS && record->queued <= u->until &&
		wf_model_has_process(u->model, record->tgid);
}

/* Block I/Os of the traced processes that have not ended. */
static uint64_t io_under_way(const struct waterfall *w, const struct bios *bios)
{
	struct under_way u = { .model = w->model, .until = w->until };

	bios_inflight(bios, count_under_way, &u);
	return u.n;
}

struct loss {
	const char *key, *one, *many; /* in JSON; in words, of one and of several */
	uint64_t n;
};

static int losses_of(struct waterfall *w, const struct report_view *view,
		     struct loss losses[MOST_LOSSES])
{
	const struct wf_stats *s = wf_model_stats(w->model);
	struct streams *streams = view->source;
	const struct loss all[] = {
		{ "orphans", "end of a job that began before the run",
		  "ends of jobs that began before the run", s->orphans },
		{ "unfinished", "job under way at the end", "jobs under way at the end",
		  s->unfinished },
		{ "aged", "job given up: no end in 60 s", "jobs given up: no end in 60 s",
		  s->aged },
		{ "crowded", "job given up: too many under way",
		  "jobs given up: too many under way", s->crowded },
		{ "cut", "span whose own end was not seen", "spans whose own end was not seen",
		  s->cut },
		{ "dropped", "span left out of a job that had too many",
		  "spans left out of jobs that had too many", s->dropped },
		{ "ambiguous", "hit that had several jobs of its number to choose from",
		  "hits that had several jobs of their number to choose from", s->ambiguous },
		{ "late", "event that came too late to be put in order",
		  "events that came too late to be put in order", s->late },
		{ "memory", "event or job left out for want of memory",
		  "events and jobs left out for want of memory", s->memory + w->stages.memory },
		{ "unjoined", "job at a downstairs whose guest was not certain",
		  "jobs at a downstairs whose guest was not certain", s->unjoined },
		{ "windows", "window forgotten: too many open on a thread",
		  "windows forgotten: too many open on a thread", wf_model_windows_lost(w->model) },
		{ "stages", "span for which there was no stage",
		  "spans for which there was no stage", w->stages.crowded },
		{ "others_io", "block I/O of others for which there was no row",
		  "block I/Os of others for which there was no row", w->account->crowded },
		{ "io_under_way", "block I/O that had not ended", "block I/Os that had not ended",
		  io_under_way(w, streams->bios) },
		{ "io_unaccounted", "block I/O of the traced processes in no row",
		  "block I/Os of the traced processes in no row", wf_model_under_way(w->model) },
	};

	_Static_assert(sizeof(all) / sizeof(all[0]) <= MOST_LOSSES, "room for all");
	memcpy(losses, all, sizeof(all));
	return (int)(sizeof(all) / sizeof(all[0]));
}

static void warn_stream(const char *what, const uint64_t *losses)
{
	char line[512];

	if (loss_line(losses, 0, 0, line, sizeof(line)))
		log_warn("%s: %s", what, line);
}

static json_t *json_stream(const uint64_t *losses)
{
	json_t *object = json_object();

	for (int i = 0; i < FOLD_LOSS_MAX; i++)
		if (losses[i])
			json_set(object, loss_key(i), json_integer((json_int_t)losses[i]));
	return object;
}

static void end(const struct report_view *view)
{
	struct waterfall *w = view->keep;
	struct streams *s = view->source;
	const uint64_t *calls = files_tables(s->files).losses;
	const uint64_t *ios = bios_losses(s->bios);
	struct loss losses[MOST_LOSSES];
	int n = losses_of(w, view, losses);
	json_t *object;

	for (int i = 0; i < n; i++)
		if (losses[i].n)
			log_warn("%llu %s", (unsigned long long)losses[i].n,
				 losses[i].n == 1 ? losses[i].one : losses[i].many);
	warn_stream("system calls", calls);
	warn_stream("block I/O", ios);
	if (w->pid_err)
		log_warn("system calls of a process are missing: %s", err_name(w->pid_err));
	if (view->render.json) {
		object = json_line(&view->render);
		json_set(object, "event", json_string("losses"));
		for (int i = 0; i < n; i++)
			json_set(object, losses[i].key, json_integer((json_int_t)losses[i].n));
		json_set(object, "system_calls", json_stream(calls));
		json_set(object, "block_io", json_stream(ios));
		json_print(view->render.out, object);
	}
	waterfall_free(w);
}

static const char *const tracepoints[] = { "raw_syscalls:sys_enter",   "raw_syscalls:sys_exit",
					   "block:block_bio_queue",    "block:block_split",
					   "block:block_rq_issue",     "block:block_rq_complete",
					   "block:block_bio_complete", NULL };

static const struct report_source source = {
	.tracepoints = tracepoints,
	.open = streams_open,
	.go = streams_go,
	.stop = streams_stop,
	.tables = streams_tables,
	.drain = drain,
	.free = streams_free,
};

const struct report report_waterfall = {
	.name = "waterfall",
	.summary = "where a job's time goes, through every layer: guest, downstairs, calls, disk",
	.help = {
		.about =
			"Follows each job of a downstairs from submit-*-start through the work queue "
			"(work-start, work-process), os-* and each step of its extents (extent-*) into "
			"the system calls (read, write, fsync and the like) and the block I/Os queued in "
			"them, up to submit-*-done. A system call belongs to the innermost of these "
			"windows that is open on its thread: a flush's extents are flushed on other "
			"threads than os-flush. With an upstairs on the same host, its jobs are followed "
			"as well, from gw-*-start through the three clients (ds-*-client, ds-*-net) to "
			"gw-*-done, and joined with those of the downstairs by their number.\n",
		.columns =
			"A part for each operation (gw-* of the guest's jobs, submit-* of those at the "
			"downstairs), and in it a line for each stage, inside of what it is part of: how "
			"many there were, mean, median, 99th percentile and maximum of how long each was; "
			"TOTAL, its part of the jobs' time, and SHARE, the same in percent. TOTAL and SHARE "
			"are of wall-clock time and add up: where parts of a job run at the same time "
			"(extents of a flush, the three clients), each moment is divided among them, so "
			"that they have the time of their union together. \"other\" is what is left of the "
			"stage above.\n"
			"Stages: \"work queue\" until the jobs are done that it depends on; \"to os-*\" "
			"until the files are touched; \"answer\" from there to the end; \"send queue\" and "
			"\"receive queue\" of a client until its part is on the network, and from there to "
			"the upstairs' loop; \"other\" of ds-*-net is the network, and the wait until the "
			"downstairs takes the job in. Of a system call: \"block * queued\" while none of its I/Os is "
			"with the driver, \"block * at device\" while one is, \"waits for the journal\" "
			"while there are none but the journal of its file system (jbd2, XFS' log, btrfs' "
			"transactions) is being written, and what is left.\n"
			"BLOCK I/O says whose all were. Those of the traced processes are each in one row: in "
			"jobs (the sum of \"at device\" above), in jobs that were not seen from their start "
			"to their end, outside any job, or ended more than 0.1 s after their job. Beside "
			"them what else was done on the same disks: by journals, writeback, other threads of "
			"the kernel, other processes. QUEUED is the mean time until the driver had it.\n"
			"--slowest and --job draw jobs, a line a span: when it began, how long it took, and "
			"a bar: = windows and calls, . queued, # with the driver, ~ journal. As wide as "
			"COLUMNS says, else the terminal, else 80 columns. With an upstairs on the host, a "
			"guest's job is drawn with those of its downstairs in it.\n"
			"JSON has an object a stage (wall_ns is TOTAL, sum_ns the sum of how long each was), "
			"a row of BLOCK I/O (\"io\"), and a job (\"event\":\"job\", with its spans).\n",
		.hits =
			"At a downstairs 7 hits a job and 4 to 6 more an extent of it, at an upstairs 15 an "
			"IO, each sent to assay (some 1.15 times what an empty probe costs, half a "
			"microsecond); a record for each system call on a file of the traced processes, and "
			"for each block I/O of the host. -e or -p with downstairs alone spares the upstairs' "
			"hits.\n",
		.caveats =
			"Jobs that were under way when the run began or ended are in no stage; they are "
			"counted. An interval (-i) has what had ended 0.15 s before its end. A job without an "
			"end is given up after 60 s. Which process is whose downstairs is learned from the "
			"jobs, which takes a few; those that are not certain are not joined. What a cgroup's "
			"limit holds back is queued by a worker of the kernel (kthrotld) when it is let go, "
			"and shows there. Percentiles are within 3.2 %.\n",
	},
	.takes = TAKES_KERNEL | TAKES_JOBS,
	.rules = rules,
	.source = &source,
	.rows = 1,
	.print = print,
	.begin = begin,
	.end = end,
	.hit = hit,
};
