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
	char **more;

	for (int i = 0; i < s->nreasons; i++)
		if (!strcmp(s->reasons[i], text))
			return; /* known */
	more = reallocarray(s->reasons, s->nreasons + 1, sizeof(*more));
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

/* What came to differ as it was measured, disks that no longer can be, is told. 0 or -ENOMEM. */
static int note_differences(struct session *s)
{
	int known = s->nreasons;

	comparison_differs(s->series[0], s->series[1], add_reason, s);
	for (int i = known; i < s->nreasons; i++)
		log_warn("not measured as %s: %s; compared all the same", s->series[0]->label,
			 s->reasons[i]);
	return s->no_memory ? -ENOMEM : 0;
}

static int read_series(const char *path, const char *label, struct series **out)
{
	char why[1024];
	int err = baseline_read(path, out, why, sizeof(why));

	if (err) {
		log_error("%s", why);
		return STATUS_USAGE;
	}
	if (series_rename(*out, label))
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

/* Compares what there is, and tells it in all ways that were asked for. 0 or -errno, said. */
static int compare(struct session *s, enum verdict *verdict)
{
	const struct comparison_options options = { s->o.threshold, s->o.confidence };
	struct comparison *c = comparison__new(s->series[0], s->series[1], &options);
	int err = c ? note_differences(s) : -ENOMEM;

	*verdict = VERDICT_TOO_FEW;
	for (int i = 0; i < s->nreasons && !err; i++)
		err = comparison_add_forced(c, s->reasons[i]);
	if (err) {
		comparison__free(c);
		report_files_fail(&s->files, "there was no memory to compare");
		no_memory("compare");
		return err;
	}
	err = report_files_write(&s->files, c);
	*verdict = c->verdict;
	if (c->verdict == VERDICT_TOO_FEW)
		log_error("%s: nothing could be compared: no stage has enough durations in enough "
			  "runs of both; measure longer, or more runs",
			  s->page->name);
	comparison__free(c);
	return err;
}

/* `failed`: something that was asked for was not done. */
static int status_of(const struct session *s, enum verdict verdict, bool failed)
{
	/* a regression that was found is one, whatever else went wrong */
	if (verdict == VERDICT_SLOWER)
		return STATUS_REGRESSION;
	if (failed || verdict == VERDICT_TOO_FEW)
		return STATUS_UNMEASURED;
	return verdict == VERDICT_INCONCLUSIVE && s->o.strict ? STATUS_REGRESSION : STATUS_OK;
}

static bool enough_runs(const struct session *s)
{
	return s->series[0]->nruns >= STATISTICS_MIN_RUNS &&
	       s->series[1]->nruns >= STATISTICS_MIN_RUNS;
}

/* Both series are there, the second or both to be measured first. */
static int measure_and_compare(struct session *s)
{
	enum verdict verdict;
	int err = measure(s);
	bool failed;

	runs_unblock_signals();
	if (err && !(err == -EINTR && enough_runs(s))) {
		if (err == -EINTR)
			log_error("%s: not compared: at least %d runs of each are needed",
				  s->page->name, STATISTICS_MIN_RUNS);
		report_files_fail(&s->files, s->runs.why);
		return status_of_error(err);
	}
	failed = err || !all_kept(s);
	failed |= compare(s, &verdict) != 0;
	return status_of(s, verdict, failed);
}

/* --- the commands --- */

static int open_files(struct session *s)
{
	int err = report_files_open(&s->files, &s->o, s->page);

	return err ? status_of_error(err) : STATUS_OK;
}

/* A series to be measured, put into *out (NULL: there is no memory for it). A status. */
static int begin_series(struct series *series, struct series **out)
{
	int err = series ? settings_check(series) : -ENOMEM;

	*out = series;
	if (err == -ENOMEM)
		return no_memory("begin");
	return err ? STATUS_USAGE : STATUS_OK;
}

/* A command that was not named on this command line. */
static void tell_command(const struct session *s)
{
	char *const *command = s->series[1]->settings.command;
	char text[480]; /* a message has room for it, escaped */

	if (command && !s->o.command)
		log_info("runs the baseline's command: %s",
			 series_command(s->series[1], text, sizeof(text)));
}

static int check_files(struct session *s)
{
	enum verdict verdict;
	int err = compare(s, &verdict);

	return status_of(s, verdict, err != 0);
}

static int check(struct session *s)
{
	int status = read_series(s->o.baseline, "baseline", &s->series[0]);

	if (!status && s->o.measured)
		status = read_series(s->o.measured, "now", &s->series[1]);
	else if (!status)
		status = begin_series(settings_series("now", &s->o, s->o.command, s->series[0]),
				      &s->series[1]);
	status = status ?: judge_differences(s);
	status = status ?: open_files(s);
	if (status)
		return status;
	if (s->o.measured)
		return check_files(s);
	tell_command(s);
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
	int status = begin_series(shell_series(s, "A", s->o.a), &s->series[0]);

	status = status ?: begin_series(shell_series(s, "B", s->o.b), &s->series[1]);
	status = status ?: open_files(s);
	if (status)
		return status;
	for (int i = 0; i < 2; i++)
		s->runs.sides[i].series = s->series[i];
	s->runs.nsides = 2;
	return measure_and_compare(s);
}

static int baseline(struct session *s)
{
	int err, status = begin_series(settings_series("baseline", &s->o, s->o.command, NULL),
				       &s->series[0]);

	status = status ?: open_files(s);
	if (status)
		return status;
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
