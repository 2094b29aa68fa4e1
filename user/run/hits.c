// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "core/log.h"
#include "core/units.h"
#include "state.h"
#include "status.h"
#include "version.h"

bool run_wants_hits(const struct run *run)
{
	return run->report->hit || run->report->takes & TAKES_PROBES || run->options->record;
}

bool run_enough_hits(const struct run *run)
{
	return run->report->takes & (TAKES_HITS | TAKES_STATUS) && run->options->count &&
	       run->hits >= run->options->count;
}

/* Where hits are kept; NULL: nowhere. */
static const char *kept_in(const struct run *run)
{
	bool records = run->report->takes & TAKES_PROBES;

	return records ? run->options->output : run->options->record;
}

static json_t *json_words(char *const *words, int n)
{
	json_t *array = json_array();

	for (int i = 0; i < n; i++)
		json_array_append_new(array, json_string(words[i]));
	return array;
}

static json_t *json_rules(const struct run *run)
{
	json_t *array = json_array();
	char name[256];

	for (const struct probe_rule *rule = run->report->rules; rule->provider; rule++) {
		snprintf(name, sizeof(name), "%s:%s", rule->provider, rule->probe);
		json_array_append_new(array, json_string(name));
	}
	return array;
}

/* The patterns whose probes are recorded. */
static json_t *json_patterns(const struct run *run)
{
	if (!(run->report->takes & TAKES_PROBES))
		return run->wild ? json_words(run->options->args, run->options->nargs)
				 : json_rules(run);
	return run->options->nprobes ? json_words(run->options->probes, run->options->nprobes)
				     : json_pack("[s]", "crucible_*:*");
}

static json_t *recording_header_of(const struct run *run)
{
	json_t *header = json_object(), *pids = json_array();
	struct utsname host = { 0 };

	uname(&host);
	for (int i = 0; i < run->options->npids; i++)
		json_array_append_new(pids, json_integer(run->options->pids[i]));
	json_object_set_new(header, "assay", json_string(assay_version));
	json_object_set_new(header, "report", json_string(run->report->name));
	json_object_set_new(header, "host", json_string(host.nodename));
	json_object_set_new(header, "kernel", json_string(host.release));
	json_object_set_new(header, "machine", json_string(host.machine));
	json_object_set_new(header, "started_ns", json_integer(monotonic_now()));
	json_object_set_new(header, "to_wall_ns", json_integer(run->to_wall));
	json_object_set_new(header, "patterns", json_patterns(run));
	json_object_set_new(header, "texts", json_integer(run->options->texts));
	json_object_set_new(header, "pids", pids);
	return header;
}

int run_open_hits(struct run *run)
{
	json_t *header;
	char why[256];
	int err;

	if (run->options->perfetto) {
		run->perfetto = perfetto__new(run->out, run->to_wall);
		return run->perfetto ? 0 : run_fail(run, "make a trace", -ENOMEM);
	}
	if (!kept_in(run) || run->recording)
		return 0;
	header = recording_header_of(run);
	err = recording_writer__new(kept_in(run), header, &run->writer, why, sizeof(why));
	json_decref(header);
	return err ? run_fail(run, why, err) : 0;
}

/* Says so when what keeps the hits fails, and ends the run: what is kept is kept. */
static void check_kept(struct run *run, int err)
{
	char doing[256];

	if (!err || run->status != STATUS_OK)
		return;
	snprintf(doing, sizeof(doing), "write %s",
		 kept_in(run)		? kept_in(run)
		 : run->options->output ? run->options->output
					: "to stdout");
	run_fail(run, doing, err);
	if (run->loop)
		loop_stop(run->loop);
}

static void warn_unread(const struct hit_probe *probe, const struct notes *notes)
{
	const struct note_probe *note = NULL;

	for (int i = 0; notes && i < notes->nprobes && !note; i++)
		if (notes->probes[i].name == probe->name &&
		    notes->probes[i].provider == probe->provider)
			note = &notes->probes[i];
	for (int n = 0; n < FOLD_MAX_ARGS; n++)
		if (probe->unread & 1u << n)
			log_warn("%s:%s argument %d is \"%s\": only registers and constants can be "
				 "read; shown as ?",
				 probe->provider, probe->name, n,
				 note && n < note->sites[0].nargs ? note->sites[0].args[n].text
								  : "in memory");
}

int run_note_probes(struct run *run, const char *path, const struct notes *notes)
{
	const struct hit_probe *probes;
	int n;

	probes = tracer_probes(run->tracer, &n);
	for (; run->probes_noted < n; run->probes_noted++) {
		const struct hit_probe *probe = &probes[run->probes_noted];

		warn_unread(probe, notes);
		if (probe->binary >= run->npaths) {
			const char **paths =
				reallocarray(run->paths, probe->binary + 1, sizeof(*paths));

			if (!paths)
				return run_fail(run, "note a binary's probes", -ENOMEM);
			run->paths = paths;
			run->npaths = probe->binary + 1;
		}
		run->paths[probe->binary] = path;
	}
	return run->started ? run_tell_probes(run) : 0;
}

int run_tell_probes(struct run *run)
{
	const struct hit_probe *probes;
	int n, err = 0;

	probes = tracer_probes(run->tracer, &n);
	for (; run->probes_told < n && !err; run->probes_told++) {
		const struct hit_probe *probe = &probes[run->probes_told];

		if (run->writer) {
			err = recording_add_binary(run->writer, probe->binary,
						   run->paths[probe->binary]);
			err = err == -EEXIST ? 0 : err;
		}
		if (run->writer && !err)
			err = recording_add_probe(run->writer, run->probes_told, probe);
		if (run->perfetto && !err)
			err = perfetto_add_probe(run->perfetto, run->probes_told, probe);
	}
	check_kept(run, err);
	return err;
}

/* Those who keep hits hear of a process before its first. */
static struct seen_process *tell_process(struct run *run, const struct hit *hit, uint32_t binary)
{
	struct seen_process *process = run_process(run, hit->tgid);
	int err = 0;

	if (!process || process->told)
		return process;
	process->told = true;
	if (run->writer)
		err = recording_add_process(run->writer, hit->tgid, hit->time, process->name,
					    binary);
	if (run->perfetto && !err)
		err = perfetto_add_process(run->perfetto, hit->tgid, process->name);
	check_kept(run, err);
	return process;
}

static const struct hit_probe *probe_of(const struct run *run, uint32_t number)
{
	const struct hit_probe *probes;
	int n;

	if (run->recording)
		return recording_probe(run->recording, number);
	probes = tracer_probes(run->tracer, &n);
	return number < (uint32_t)n ? &probes[number] : NULL;
}

/* A report that has each hit has this one. */
static void show_hit(struct run *run, const struct hit_probe *probe, const struct hit *hit,
		     const struct seen_process *process)
{
	struct report_view view = run_view(run, hit->time);

	view.process = process ? process->name : "-";
	run->report->hit(&view, probe, hit);
}

void run_hit(void *arg, const struct hit *hit)
{
	struct run *run = arg;
	const struct hit_probe *probe = probe_of(run, hit->probe);
	struct seen_process *process;
	int err = 0;

	if (!probe || run_enough_hits(run))
		return;
	process = tell_process(run, hit, probe->binary);
	if (process)
		process->hit = true;
	if (run->writer)
		err = recording_add_hit(run->writer, hit);
	if (run->perfetto && !err)
		err = perfetto_add_hit(run->perfetto, hit);
	if (run->report->hit)
		show_hit(run, probe, hit, process);
	check_kept(run, err);
	run->hits++;
	if (run_enough_hits(run) && run->loop)
		loop_stop(run->loop);
}

void run_drain(void *arg)
{
	struct run *run = arg;

	if (run->stream && stream_drain(run->stream) > 0 &&
	    (run->report->hit || run->options->slow))
		run_flush(run);
	if (run->source && run->report->source->drain) {
		struct report_view view = run_view(run, run_now(run));

		run->report->source->drain(&view);
		run_flush(run);
	}
	for (struct seen_process *p = run->seen; p; p = p->next)
		if (p->gone)
			run_process_ended(run, p);
}

void run_hits_tick(void *arg)
{
	struct run *run = arg;

	if (!run->writer)
		return;
	recording_add_losses(run->writer, tracer_tables(run->tracer).losses,
			     stream_lost(run->stream));
	check_kept(run, recording_flush(run->writer));
}

void run_process_ended(struct run *run, struct seen_process *process)
{
	int err = 0;

	if (process->ended)
		return;
	process->ended = true;
	if (run->writer)
		err = recording_end_process(run->writer, process->tgid, run_now(run));
	if (run->perfetto && !err)
		err = perfetto_end_process(run->perfetto, process->tgid, run_now(run));
	check_kept(run, err);
}

/* What became of hits that are not on the trace as they were. */
static void say_perfetto(const struct perfetto_stats *s)
{
	const struct {
		uint64_t n;
		const char *text;
	} told[] = {
		{ s->orphans, "dones without a start: not on the trace" },
		{ s->unknown, "hits of unknown probes: not on the trace" },
		{ s->unfinished - s->crowded, "slices that had no end yet" },
		{ s->crowded, "slices ended early: too many were open on their track" },
		{ s->ambiguous, "dones that had several starts to choose from" },
		{ s->disordered, "hits that came too late, shown later than they were" },
		{ s->cut, "texts cut" },
		{ s->flows_unsure + s->flows_ambiguous + s->flows_untraced,
		  "jobs at a downstairs without an arrow: whose they were was not certain" },
	};

	log_info("%llu slices, %llu instants, %llu flows", (unsigned long long)s->slices,
		 (unsigned long long)s->instants, (unsigned long long)s->flows);
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		if (told[i].n)
			log_warn("%llu %s", (unsigned long long)told[i].n, told[i].text);
}

void run_close_hits(struct run *run)
{
	uint64_t size;
	int err;

	/* of some the end is not known yet */
	for (struct seen_process *p = run->seen; p && !run->recording; p = p->next)
		if (!run_alive(run, p->tgid))
			run_process_ended(run, p);
	if (run->perfetto) {
		err = perfetto_close(run->perfetto, run_now(run));
		check_kept(run, err);
		say_perfetto(perfetto_stats(run->perfetto));
		perfetto__free(run->perfetto);
		run->perfetto = NULL;
	}
	if (!run->writer)
		return;
	recording_flush(run->writer);
	size = recording_size(run->writer);
	err = recording_close(run->writer, run_now(run), tracer_tables(run->tracer).losses,
			      stream_lost(run->stream));
	run->writer = NULL;
	check_kept(run, err);
	log_info("%s: %llu hits, %.*f %s%s", kept_in(run), (unsigned long long)run->hits,
		 size < 1000000 ? 0 : 1, (double)size / (size < 1000000 ? 1e3 : 1e6),
		 size < 1000000 ? "kB" : "MB", err ? ", incomplete" : "");
}
