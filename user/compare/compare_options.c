// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <argp.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare_options.h"
#include "core/log.h"
#include "core/units.h"
#include "stages.h"
#include "statistics.h"

#define MOST_THRESHOLD 10.0 /* ten times more */

enum {
	OPT_RUNS = 256,
	OPT_A,
	OPT_B,
	OPT_WINDOW,
	OPT_WARMUP,
	OPT_STAGES,
	OPT_NO_DISKS,
	OPT_BASELINE,
	OPT_THRESHOLD,
	OPT_CONFIDENCE,
	OPT_STRICT,
	OPT_FORCE,
	OPT_ALL,
	OPT_JUNIT,
	OPT_MARKDOWN,
	OPT_HTML,
	OPT_ANNOTATE,
	OPT_USAGE,
};

enum { BASELINE = 1, CHECK = 2, AB = 4, COMPARES = CHECK | AB, ANY = BASELINE | CHECK | AB };

/* An option and whose it is, in the order of help. */
static const struct {
	struct argp_option option;
	unsigned int of;
} table[] = {
	{ { 0, 0, 0, 0, "What to measure (each default: the baseline's):", 1 }, CHECK },
	{ { 0, 0, 0, 0, "What to measure:", 1 }, BASELINE | AB },
	{ { "a", OPT_A, "COMMAND", 0, "the build that was before, and its load, for /bin/sh", 1 },
	  AB },
	{ { "b", OPT_B, "COMMAND", 0, "the one that is compared with it", 1 }, AB },
	{ { "runs", OPT_RUNS, "N", 0, "so many runs (default 5, at least 3)", 1 }, BASELINE },
	{ { "runs", OPT_RUNS, "N", 0, "so many runs (at least 3)", 1 }, CHECK },
	{ { "runs", OPT_RUNS, "N", 0, "so many runs of each (default 10, at least 3)", 1 }, AB },
	{ { "duration", 'd', "SECS", 0,
	    "what runs here, for SECS a run, and no command (default 10)", 1 },
	  BASELINE },
	{ { "duration", 'd', "SECS", 0, "what runs here, for SECS a run, and no command", 1 },
	  CHECK },
	{ { "window", OPT_WINDOW, "SECS", 0, "cut runs into windows of SECS (default 0.25)", 1 },
	  BASELINE | AB },
	{ { "window", OPT_WINDOW, "SECS", 0, "cut runs into windows of SECS", 1 }, CHECK },
	{ { "warmup", OPT_WARMUP, "SECS", 0, "leave out the first SECS of each run (default 0)",
	    1 },
	  BASELINE | AB },
	{ { "warmup", OPT_WARMUP, "SECS", 0, "leave out the first SECS of each run", 1 }, CHECK },
	{ { "stages", OPT_STAGES, "PATTERN", 0,
	    "only stages that match: guest-*, net-write, several with commas between (repeatable)",
	    1 },
	  ANY },
	{ { "device", 'D', "DEV", 0,
	    "of the block layer only this disk or partition: vda, /dev/loop0 (repeatable)", 1 },
	  ANY },
	{ { "no-disks", OPT_NO_DISKS, 0, 0, "leave the block layer out", 1 }, ANY },
	{ { 0, 0, 0, 0, "What to trace (without -p and -e: every process with the probes):", 2 },
	  ANY },
	{ { "pid", 'p', "PID", 0, "only this process (repeatable)", 2 }, ANY },
	{ { "exe", 'e', "FILE", 0, "processes of this binary, now and later (repeatable)", 2 },
	  ANY },
	{ { "wait", 'Z', 0, 0, "wait for targets: none yet is no error", 2 }, ANY },
	{ { 0, 0, 0, 0, "How to compare:", 3 }, COMPARES },
	{ { "baseline", OPT_BASELINE, "FILE", 0, "with this, of \"assay baseline\"", 3 }, CHECK },
	{ { "threshold", OPT_THRESHOLD, "PERCENT", 0,
	    "a stage fails when it is surely worse by more (default 10)", 3 },
	  COMPARES },
	{ { "confidence", OPT_CONFIDENCE, "PERCENT", 0,
	    "that all intervals together hold (default 99)", 3 },
	  COMPARES },
	{ { "strict", OPT_STRICT, 0, 0, "what can't be told from noise fails, too", 3 }, COMPARES },
	{ { "force", OPT_FORCE, 0, 0,
	    "compare what was measured elsewhere or otherwise all the same, and say so", 3 },
	  CHECK },
	{ { 0, 0, 0, 0, "What to print and to write:", 4 }, ANY },
	{ { "output", 'o', "FILE", 0, "where what was measured is kept", 4 }, BASELINE },
	{ { "output", 'o', "FILE", 0, "keep what was measured, as baseline does", 4 }, CHECK },
	{ { "output", 'o', "NAME", 0, "keep what was measured: NAME.a.json and NAME.b.json", 4 },
	  AB },
	{ { "json", 'j', 0, 0, "JSON, one object, in place of the table", 4 }, ANY },
	{ { "all", OPT_ALL, 0, 0, "every stage, and every metric of it, a line each", 4 },
	  COMPARES },
	{ { "junit", OPT_JUNIT, "FILE", 0, "also write JUnit XML, a test case a stage", 4 },
	  COMPARES },
	{ { "markdown", OPT_MARKDOWN, "FILE", 0, "also append markdown, as to $GITHUB_STEP_SUMMARY",
	    4 },
	  COMPARES },
	{ { "html", OPT_HTML, "FILE", 0, "also write a page with the distributions", 4 },
	  COMPARES },
	{ { "annotate", OPT_ANNOTATE, "github", 0,
	    "also print GitHub's workflow commands, on stderr", 4 },
	  COMPARES },
	{ { 0, 0, 0, 0, "Other:", 5 }, ANY },
	{ { "verbose", 'v', 0, 0, "more messages, libbpf's too", 5 }, ANY },
	{ { "help", 'h', 0, 0, "print this", 5 }, ANY },
	{ { "usage", OPT_USAGE, 0, 0, "print it in short", 5 }, ANY },
};
#define NTABLE ((int)(sizeof(table) / sizeof(table[0])))

static void options_of(const struct help_page *page, struct argp_option own[NTABLE + 1])
{
	unsigned int of = page == &baseline_page ? BASELINE : page == &check_page ? CHECK : AB;
	int n = 0;

	for (int i = 0; i < NTABLE; i++)
		if (table[i].of & of)
			own[n++] = table[i].option;
	own[n] = (struct argp_option){ 0 };
}

static void options_each_of(const struct help_page *page, options_each_fn fn, void *arg)
{
	struct argp_option own[NTABLE + 1];

	options_of(page, own);
	for (const struct argp_option *o = own; o->name || o->doc; o++)
		fn(arg, o->key > ' ' && o->key < 256 ? o->key : 0, o->name, o->arg, o->doc);
}

void baseline_options_each(options_each_fn fn, void *arg)
{
	options_each_of(&baseline_page, fn, arg);
}

void check_options_each(options_each_fn fn, void *arg)
{
	options_each_of(&check_page, fn, arg);
}

void ab_options_each(options_each_fn fn, void *arg)
{
	options_each_of(&ab_page, fn, arg);
}

/* --- values --- */

struct parse {
	struct compare_options *o;
	const struct help_page *page;
	int help; /* ARGP_HELP_ flags */
};

#define refuse(state, ...) (argp_error(state, __VA_ARGS__), EINVAL)

int percent_parse(const char *text, double *fraction)
{
	double value;
	char *end;

	errno = 0;
	value = isdigit((unsigned char)*text) || *text == '.' ? strtod(text, &end) : -1;
	if (value < 0 || errno || !isfinite(value))
		return -EINVAL;
	end += *end == ' ' && end[1] == '%';
	end += *end == '%';
	if (*end)
		return -EINVAL;
	*fraction = value / 100;
	return 0;
}

/* Within bounds; a bare number below 1 may be meant as a fraction, and is not guessed at. */
static error_t set_percent(struct argp_state *state, const char *option, const char *arg,
			   double least, double most, double *fraction)
{
	double value;

	if (percent_parse(arg, &value))
		return refuse(state, "%s %s: not a percentage; 10, 10%% and 2.5 are", option, arg);
	if (value > 0 && value < 0.01 && !strchr(arg, '%'))
		return refuse(state, "%s %s: is that %g %% or %g %%? Write it with a %%", option,
			      arg, value * 100, value * 10000);
	/* 0.1 % has no exact double: a bound holds itself */
	if (value < least * (1 - 1e-9) || value > most * (1 + 1e-9))
		return refuse(state, "%s %s: from %g %% to %g %%", option, arg, least * 100,
			      most * 100);
	*fraction = value;
	return 0;
}

static error_t set_duration(struct argp_state *state, const char *option, const char *arg,
			    uint64_t least, uint64_t *ns)
{
	char text[32];

	if (duration_parse(arg, ns) || (least && !*ns))
		return refuse(state, "%s %s: not a time; 10, 1.5s, 500ms, 2m are", option, arg);
	if (*ns < least)
		return refuse(state, "%s %s: at least %s", option, arg,
			      duration_format(least, text, sizeof(text)));
	if (*ns > SERIES_MOST_NS)
		return refuse(state, "%s %s: at most %d days", option, arg, SERIES_MOST_DAYS);
	return 0;
}

static error_t set_runs(struct compare_options *o, struct argp_state *state, const char *arg)
{
	size_t digits = strspn(arg, "0123456789");

	if (!digits || digits > 6 || arg[digits])
		return refuse(state, "--runs %s: not a number", arg);
	o->runs = atoi(arg);
	if (o->runs < STATISTICS_MIN_RUNS)
		return refuse(state,
			      "--runs %s: at least %d, or noise can't be told from a change: how "
			      "far runs of the same differ is what a change is measured by",
			      arg, STATISTICS_MIN_RUNS);
	if (o->runs > SERIES_MOST_RUNS)
		return refuse(state, "--runs %s: at most %d", arg, SERIES_MOST_RUNS);
	return 0;
}

/* "a,b": each a pattern. */
static error_t add_stages(struct compare_options *o, struct argp_state *state, const char *arg)
{
	for (;; arg++) {
		size_t len = strcspn(arg, ",");
		char **more = reallocarray(o->stages, o->nstages + 1, sizeof(*more));

		if (!more)
			return ENOMEM;
		o->stages = more;
		o->stages[o->nstages] = strndup(arg, len);
		if (!o->stages[o->nstages])
			return ENOMEM;
		o->nstages++;
		if (!stage_matches(o->stages[o->nstages - 1]))
			return refuse(state,
				      "--stages: no stage is called \"%s\"; \"assay help %s\" "
				      "names them",
				      o->stages[o->nstages - 1], strchr(state->name, ' ') + 1);
		arg += len;
		if (!*arg)
			return 0;
	}
}

static error_t set_annotate(struct compare_options *o, struct argp_state *state, const char *arg)
{
	if (strcmp(arg, "github"))
		return refuse(state, "--annotate %s: github is what it can be", arg);
	o->github = true;
	return 0;
}

static error_t add_arg(struct parse *p, struct argp_state *state, const char *arg)
{
	if (p->page != &check_page)
		return refuse(state, "what is \"%s\" for?%s", arg,
			      p->page == &baseline_page ? " A command goes behind --" : "");
	if (p->o->measured)
		return refuse(state, "\"%s\": one file is compared with the baseline", arg);
	p->o->measured = arg;
	return 0;
}

static error_t parse_trace(struct compare_options *o, int key, char *arg, struct argp_state *state)
{
	int err;

	switch (key) {
	case 'p':
		err = options_add_pid(&o->trace, arg);
		if (err == -EINVAL)
			return refuse(state, "-p %s: not a process ID", arg);
		return -err;
	case 'e':
		return -options_add_word(&o->trace.files, &o->trace.nfiles, arg);
	case 'Z':
		o->trace.wait = true;
		return 0;
	case 'D':
		return -options_add_word(&o->devices, &o->ndevices, arg);
	case OPT_NO_DISKS:
		o->no_disks = true;
		return 0;
	case OPT_STAGES:
		return add_stages(o, state, arg);
	}
	return ARGP_ERR_UNKNOWN;
}

static error_t parse_measure(struct compare_options *o, int key, char *arg,
			     struct argp_state *state)
{
	switch (key) {
	case OPT_A:
		o->a = arg;
		return 0;
	case OPT_B:
		o->b = arg;
		return 0;
	case OPT_RUNS:
		return set_runs(o, state, arg);
	case 'd':
		return set_duration(state, "-d", arg, 1, &o->duration_ns);
	case OPT_WINDOW:
		return set_duration(state, "--window", arg, SERIES_LEAST_WINDOW, &o->window_ns);
	case OPT_WARMUP:
		o->warmup_given = true;
		return set_duration(state, "--warmup", arg, 0, &o->warmup_ns);
	}
	return parse_trace(o, key, arg, state);
}

static error_t parse_compare(struct compare_options *o, int key, char *arg,
			     struct argp_state *state)
{
	switch (key) {
	case OPT_BASELINE:
		o->baseline = arg;
		return 0;
	case OPT_THRESHOLD:
		return set_percent(state, "--threshold", arg, 0.001, MOST_THRESHOLD, &o->threshold);
	case OPT_CONFIDENCE:
		return set_percent(state, "--confidence", arg, 0.5, 0.999, &o->confidence);
	case OPT_STRICT:
		o->strict = true;
		return 0;
	case OPT_FORCE:
		o->force = true;
		return 0;
	}
	return parse_measure(o, key, arg, state);
}

static error_t parse_output(struct compare_options *o, int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 'o':
		o->output = arg;
		return 0;
	case 'j':
		o->json = true;
		return 0;
	case OPT_ALL:
		o->all = true;
		return 0;
	case OPT_JUNIT:
		o->junit = arg;
		return 0;
	case OPT_MARKDOWN:
		o->markdown = arg;
		return 0;
	case OPT_HTML:
		o->html = arg;
		return 0;
	case OPT_ANNOTATE:
		return set_annotate(o, state, arg);
	}
	return parse_compare(o, key, arg, state);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct parse *p = state->input;

	switch (key) {
	case 'v':
		log_set_level(LOG_DEBUG);
		return 0;
	case 'h':
		p->help = ARGP_HELP_STD_HELP;
		return 0;
	case OPT_USAGE:
		p->help = ARGP_HELP_USAGE;
		return 0;
	case ARGP_KEY_ARG:
		return add_arg(p, state, arg);
	}
	return parse_output(p->o, key, arg, state);
}

/* --- what does not go together --- */

/* An option that tells how to measure; NULL: none was given. */
static const char *measuring_option(const struct compare_options *o)
{
	return o->command	 ? "a command"
	       : o->runs	 ? "--runs"
	       : o->duration_ns	 ? "-d"
	       : o->window_ns	 ? "--window"
	       : o->warmup_given ? "--warmup"
	       : o->nstages	 ? "--stages"
	       : o->ndevices	 ? "-D"
	       : o->no_disks	 ? "--no-disks"
	       : o->trace.npids	 ? "-p"
	       : o->trace.nfiles ? "-e"
	       : o->trace.wait	 ? "-Z"
	       : o->output	 ? "-o"
				 : NULL;
}

static int check_own(const struct compare_options *o, const struct help_page *page)
{
	const char *option = o->measured ? measuring_option(o) : NULL;

	if (page == &baseline_page && !o->output)
		log_error("baseline needs a file to keep it in: -o FILE");
	else if (page == &check_page && !o->baseline)
		log_error("check needs to be told what to compare with: --baseline FILE");
	else if (page == &ab_page && !(o->a && o->b))
		log_error("ab compares two commands: --a 'COMMAND' --b 'COMMAND'");
	else if (page == &ab_page && o->command)
		log_error("ab has its commands from --a and --b: none goes behind --");
	else if (option)
		log_error("%s is for measuring, and %s has been measured already", option,
			  o->measured);
	else
		return 0;
	return -EINVAL;
}

static int check(const struct compare_options *o, const struct help_page *page)
{
	if (o->duration_ns && o->command)
		log_error("-d and a command: a run is as long as its command takes, or as -d says");
	else if (o->trace.npids && o->trace.nfiles)
		log_error("-p and -e: processes or binaries, not both");
	else if (o->no_disks && o->ndevices)
		log_error("-D and --no-disks: with disks or without");
	else
		return check_own(o, page);
	return -EINVAL;
}

/* --- all of it --- */

static void defaults(struct compare_options *o, const struct help_page *page)
{
	if (page == &check_page)
		return; /* they are the baseline's */
	o->runs = o->runs ?: page == &ab_page ? COMPARE_RUNS_AB : COMPARE_RUNS;
	o->window_ns = o->window_ns ?: COMPARE_WINDOW;
	if (page == &baseline_page && !o->command)
		o->duration_ns = o->duration_ns ?: COMPARE_DURATION;
}

/* What is behind `--` is the command; -EINVAL when there is nothing. */
static int split_command(struct compare_options *o, int *argc, char **argv)
{
	for (int i = 1; i < *argc; i++) {
		if (strcmp(argv[i], "--"))
			continue;
		if (i + 1 == *argc) {
			log_error("%s: no command after --", argv[0]);
			return -EINVAL;
		}
		o->command = argv + i + 1;
		*argc = i;
	}
	return 0;
}

static int parse(struct parse *p, int argc, char **argv)
{
	struct argp_option own[NTABLE + 1];
	struct argp argp = { .options = own,
			     .parser = parse_option,
			     .args_doc = p->page->args,
			     .doc = p->page->summary };
	int err = split_command(p->o, &argc, argv);

	options_of(p->page, own);
	if (err || argp_parse(&argp, argc, argv, ARGP_NO_EXIT | ARGP_NO_HELP, NULL, p))
		return -EINVAL;
	if (!p->help)
		return 0;
	argp_help(&argp, stdout, p->help & ~ARGP_HELP_EXIT_OK, argv[0]);
	return COMPARE_HELP;
}

int compare_options_parse(struct compare_options *o, const struct help_page *page, int argc,
			  char **argv)
{
	struct parse p = { .o = o, .page = page };
	char name[64], *saved = argv[0];
	int err;

	*o = (struct compare_options){ .threshold = COMPARE_THRESHOLD,
				       .confidence = COMPARE_CONFIDENCE };
	snprintf(name, sizeof(name), "assay %s", page->name);
	argv[0] = name;
	err = parse(&p, argc, argv);
	argv[0] = saved;
	err = err ?: check(o, page);
	if (!err)
		defaults(o, page);
	return err;
}

void compare_options_free(struct compare_options *o)
{
	for (int i = 0; i < o->nstages; i++)
		free(o->stages[i]);
	free(o->stages);
	free(o->devices);
	options_free(&o->trace);
	*o = (struct compare_options){ 0 };
}
