// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "baseline.h"
#include "compare.h"
#include "compare_options.h"
#include "comparison.h"
#include "core/log.h"
#include "report_files.h"
#include "runs.h"
#include "settings.h"
#include "statistics.h"
#include "status.h"
#include "summary.h"

/* A command under way. */
struct session {
	const struct help_page *page;
	struct compare_options o;
	struct series *series[2]; /* before and after; of baseline the first only */
	struct report_files files;
	struct runs runs;
	char **reasons; /* why the two should not be compared */
	int nreasons;
	bool no_memory;
};

static int no_memory(const char *doing)
{
	log_error("%s: %s", doing, err_name(ENOMEM));
	return STATUS_UNMEASURED;
}

/* --- whether to compare --- */

static void add_reason(void *arg, const char *text)
{
	struct session *s = arg;
	char **more = reallocarray(s->reasons, s->nreasons + 1, sizeof(*more));

	if (more)
		s->reasons = more;
	if (more)
		more[s->nreasons] = strdup(text);
	if (more && more[s->nreasons])
		s->nreasons++;
	else
		s->no_memory = true;
}

/* What differs is refused, or told. A status. */
static int judge_differences(struct session *s)
{
	comparison_differs(s->series[0], s->series[1], add_reason, s);
	if (s->no_memory)
		return no_memory("compare how both were measured");
	for (int i = 0; i < s->nreasons; i++) {
		if (s->o.force)
			log_warn(
				"not the same as the baseline: %s; compared all the same (--force)",
				s->reasons[i]);
		else
			log_error("not the same as the baseline: %s", s->reasons[i]);
	}
	if (!s->nreasons || s->o.force)
		return STATUS_OK;
	log_error("check: refused: a change could come from %s; measure the baseline anew, or "
		  "compare all the same with --force",
		  s->nreasons == 1 ? "that" : "these");
	return STATUS_USAGE;
}

static int read_series(const char *path, const char *label, struct series **out)
{
	char why[1024];
	int err = baseline_read(path, out, why, sizeof(why));

	if (err) {
		log_error("%s", why);
		return STATUS_USAGE;
	}
	if (settings_rename(*out, label))
		return no_memory("read a baseline");
	if ((*out)->nruns >= STATISTICS_MIN_RUNS)
		return STATUS_OK;
	log_error("%s: it has %d run%s: at least %d are needed, or noise can't be told from a "
		  "change; measure it anew",
		  path, (*out)->nruns, (*out)->nruns == 1 ? "" : "s", STATISTICS_MIN_RUNS);
	return STATUS_USAGE;
}

/* --- measuring and comparing --- */

static int measure(struct session *s)
{
	struct runs *r = &s->runs;

	for (int i = 0; i < r->nsides; i++)
		r->sides[i].path = *s->files.kept[i] ? s->files.kept[i] : NULL;
	r->trace = &s->o.trace;
	return runs_measure(r);
}

/* Whether all that was to be kept is. */
static bool all_kept(const struct session *s)
{
	for (int i = 0; i < s->runs.nsides; i++)
		if (s->runs.sides[i].unwritten)
			return false;
	return true;
}

/* Of a measurement that failed, which has been said. */
static int status_of_error(int err)
{
	return err == -EINVAL ? STATUS_USAGE : STATUS_UNMEASURED;
}

static int status_of(const struct session *s, const struct comparison *c)
{
	switch (c->verdict) {
	case VERDICT_SLOWER:
		return STATUS_REGRESSION;
	case VERDICT_INCONCLUSIVE:
		return s->o.strict ? STATUS_REGRESSION : STATUS_OK;
	case VERDICT_TOO_FEW:
		log_error("%s: nothing could be compared: no stage has enough durations in enough "
			  "runs of both; measure longer, or more runs",
			  s->page->name);
		return STATUS_UNMEASURED;
	case VERDICT_SAME:
	case VERDICT_FASTER:
		break;
	}
	return STATUS_OK;
}

/* Compares what there is, and tells it in all ways that were asked for. */
static int compare(struct session *s)
{
	const struct comparison_options options = { s->o.threshold, s->o.confidence };
	struct comparison *c = comparison__new(s->series[0], s->series[1], &options);
	int err = c ? 0 : -ENOMEM, status;

	for (int i = 0; i < s->nreasons && !err; i++)
		err = comparison_add_forced(c, s->reasons[i]);
	if (err) {
		comparison__free(c);
		report_files_fail(&s->files, "there was no memory to compare");
		return no_memory("compare");
	}
	err = report_files_write(&s->files, c);
	status = status_of(s, c);
	comparison__free(c);
	/* a regression that was found is one, whatever else went wrong */
	return err && status != STATUS_REGRESSION ? STATUS_UNMEASURED : status;
}

static bool enough_runs(const struct session *s)
{
	return s->series[0]->nruns >= STATISTICS_MIN_RUNS &&
	       s->series[1]->nruns >= STATISTICS_MIN_RUNS;
}

/* Both series are there, the second or both to be measured first. */
static int measure_and_compare(struct session *s)
{
	int err = measure(s), status;

	runs_unblock_signals();
	if (err && !(err == -EINTR && enough_runs(s))) {
		if (err == -EINTR)
			log_error("%s: not compared: at least %d runs of each are needed",
				  s->page->name, STATISTICS_MIN_RUNS);
		report_files_fail(&s->files, s->runs.why);
		return status_of_error(err);
	}
	status = compare(s);
	return status != STATUS_REGRESSION && (err || !all_kept(s)) ? STATUS_UNMEASURED : status;
}

/* --- the commands --- */

/* One that is longer than its warm-up, as the settings have it that came together. */
static int check_warmup(const struct series *series)
{
	if (!series->settings.duration || series->settings.warmup < series->settings.duration)
		return STATUS_OK;
	log_error("--warmup leaves nothing of a run: it is as long as -d");
	return STATUS_USAGE;
}

static int check(struct session *s)
{
	int status = read_series(s->o.baseline, "baseline", &s->series[0]);

	if (!status && s->o.measured)
		status = read_series(s->o.measured, "now", &s->series[1]);
	if (!status && !s->o.measured) {
		s->series[1] = settings_series("now", &s->o, s->o.command, s->series[0]);
		status = s->series[1] ? check_warmup(s->series[1]) : no_memory("begin");
	}
	status = status ?: judge_differences(s);
	if (status)
		return status;
	if (report_files_open(&s->files, &s->o, s->page))
		return STATUS_USAGE;
	if (s->o.measured)
		return compare(s);
	s->runs.sides[0].series = s->series[1];
	s->runs.nsides = 1;
	return measure_and_compare(s);
}

static struct series *shell_series(const struct session *s, const char *label, const char *command)
{
	char *argv[] = { "/bin/sh", "-c", (char *)command, NULL };

	return settings_series(label, &s->o, argv, NULL);
}

static int ab(struct session *s)
{
	if (report_files_open(&s->files, &s->o, s->page))
		return STATUS_USAGE;
	s->series[0] = shell_series(s, "A", s->o.a);
	s->series[1] = shell_series(s, "B", s->o.b);
	if (!s->series[0] || !s->series[1])
		return no_memory("begin");
	for (int i = 0; i < 2; i++)
		s->runs.sides[i].series = s->series[i];
	s->runs.nsides = 2;
	return measure_and_compare(s);
}

static int baseline(struct session *s)
{
	int err;

	if (report_files_open(&s->files, &s->o, s->page))
		return STATUS_USAGE;
	s->series[0] = settings_series("baseline", &s->o, s->o.command, NULL);
	if (!s->series[0])
		return no_memory("begin");
	s->runs.sides[0].series = s->series[0];
	s->runs.nsides = 1;
	err = measure(s);
	runs_unblock_signals();
	if (s->series[0]->nruns && all_kept(s) &&
	    report_files_print(s->o.json ? summary_print_json(s->series[0], s->o.output, stdout)
					 : summary_print(s->series[0], s->o.output, stdout)))
		err = -EIO;
	if (err)
		return status_of_error(err);
	return all_kept(s) ? STATUS_OK : STATUS_UNMEASURED;
}

static void session_free(struct session *s)
{
	series__free(s->series[0]);
	series__free(s->series[1]);
	for (int i = 0; i < s->nreasons; i++)
		free(s->reasons[i]);
	free(s->reasons);
	compare_options_free(&s->o);
}

static int command(const struct help_page *page, int (*run)(struct session *), int argc,
		   char **argv)
{
	struct session s = { .page = page };
	int err = compare_options_parse(&s.o, page, argc, argv), status;

	/* a Ctrl-C ends who reads our messages, too: nothing is lost for that */
	signal(SIGPIPE, SIG_IGN);
	/* whoever started us may ignore it: children could not be waited for */
	signal(SIGCHLD, SIG_DFL);
	if (!err)
		status = run(&s);
	else if (err == COMPARE_HELP)
		status = report_files_print(0) ? STATUS_UNMEASURED : STATUS_OK;
	else
		status = STATUS_USAGE;
	session_free(&s);
	return status;
}

int cmd_baseline(int argc, char **argv)
{
	return command(&baseline_page, baseline, argc, argv);
}

int cmd_check(int argc, char **argv)
{
	return command(&check_page, check, argc, argv);
}

int cmd_ab(int argc, char **argv)
{
	return command(&ab_page, ab, argc, argv);
}
