// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "options.h"
#include "units.h"

enum {
	OPT_LAYOUT = 256,
	OPT_SUMMARY,
	OPT_BY_PID,
	OPT_DRY_RUN,
	OPT_SLOWER,
	OPT_ATTACH,
	OPT_USAGE,
	OPT_IN_FLIGHT,
	OPT_HEATMAP,
	OPT_EXTRA,
	OPT_VOLUME,
	OPT_KEY,
	OPT_BY,
	OPT_TEXT,
	OPT_PROBES,
	OPT_PERFETTO,
	OPT_RECORD,
	OPT_REPLAY,
	OPT_JOB,
	OPT_SLOWEST,
	OPT_MAINTENANCE,
	OPT_WINDOW,
	OPT_EVENTS,
	OPT_HINTS,
	OPT_FOLLOW,
};

/* An option, and what a report must take for it, or must not; in the order of help. */
static const struct {
	struct argp_option option;
	uint32_t takes, not ;
} table[] = {
	{ { 0, 0, 0, 0, "What to trace (without -p and -e: every process with the probes):", 1 },
	  0,
	  TAKES_HOST },
	{ { 0, 0, 0, 0, "What to trace (without any of these: all of the host):", 1 },
	  TAKES_HOST,
	  0 },
	{ { "pid", 'p', "PID", 0, "only this process (repeatable)", 1 }, 0, TAKES_DUET },
	{ { "exe", 'e', "FILE", 0, "processes of this binary, now and later (repeatable)", 1 },
	  0,
	  TAKES_TRACE | TAKES_HOST },
	{ { "wait", 'Z', 0, 0, "wait for targets: none yet is no error", 1 },
	  0,
	  TAKES_TRACE | TAKES_HOST },
	{ { "device", 'D', "DEV", 0,
	    "only this disk or partition: vda, nvme0n1p2, /dev/loop0 (repeatable)", 1 },
	  TAKES_DEVICE,
	  0 },
	{ { "maintenance", OPT_MAINTENANCE, "PATTERN", 0,
	    "what is maintenance: NAME or NAME* of a process, kernel thread or work queue, "
	    "cgroup:PATH (repeatable)",
	    1 },
	  TAKES_DUET,
	  0 },
	{ { "window", OPT_WINDOW, "SECS", 0,
	    "how long ago the foreground may have read what is read again (default 30)", 1 },
	  TAKES_DUET,
	  0 },
	{ { "probes", OPT_PROBES, "PATTERN", 0,
	    "record these (PROVIDER:PROBE with shell wildcards, repeatable); default: Crucible's",
	    1 },
	  TAKES_PROBES,
	  0 },
	{ { "key", OPT_KEY, "ARG", 0,
	    "what a start and its done have in common: argN, a known argument's name, or tid "
	    "(at most two)",
	    1 },
	  TAKES_KEY,
	  0 },
	{ { "by", OPT_BY, "ARG", 0, "split by this argument: argN, or a known one's name", 1 },
	  TAKES_BY,
	  0 },
	{ { "text", OPT_TEXT, "argN", 0,
	    "this argument points to a text, where assay does not know (repeatable)", 1 },
	  TAKES_TEXT,
	  TAKES_TRACE },
	{ { "attach", OPT_ATTACH, "auto|multi|events", 0,
	    "uprobe_multi links, or trace events (default: what the kernel has)", 1 },
	  0,
	  TAKES_TRACE | TAKES_HOST },
	{ { "replay", OPT_REPLAY, "FILE", 0, "a recording, in place of what runs here", 1 },
	  0,
	  TAKES_PROBES | TAKES_TRACE | TAKES_KERNEL },
	{ { "dry-run", OPT_DRY_RUN, 0, 0, "print what would be attached, and end", 1 },
	  0,
	  TAKES_TRACE },
	{ { 0, 0, 0, 0, "When to print:", 2 }, 0, TAKES_HITS | TAKES_STATUS },
	{ { 0, 0, 0, 0, "When to end:", 2 }, TAKES_HITS, 0 },
	{ { 0, 0, 0, 0, "When to end:", 2 }, TAKES_STATUS, 0 },
	{ { "interval", 'i', "SECS", 0, "print every SECS what happened in them", 2 },
	  0,
	  TAKES_HITS | TAKES_STATUS },
	{ { "duration", 'd', "SECS", 0, "end after SECS", 2 }, 0, 0 },
	{ { "count", 'n', "COUNT", 0, "end after COUNT intervals", 2 },
	  0,
	  TAKES_HITS | TAKES_STATUS },
	{ { "count", 'n', "COUNT", 0, "end after COUNT hits", 2 }, TAKES_HITS, 0 },
	{ { "count", 'n', "COUNT", 0, "end after COUNT statuses", 2 }, TAKES_STATUS, 0 },
	{ { 0, 0, 0, 0, "What to print:", 3 }, 0, 0 },
	{ { "json", 'j', 0, 0, "JSON, one object a line", 3 }, 0, TAKES_PROBES },
	{ { "timestamp", 'T', 0, 0, "the time before each interval", 3 },
	  0,
	  TAKES_HITS | TAKES_STATUS },
	{ { "layout", OPT_LAYOUT, "classic|compact|legacy", 0,
	    "of the scripts of June 2024 (default), of today, of 2022", 3 },
	  0,
	  TAKES_HITS | TAKES_KERNEL },
	{ { "summary", OPT_SUMMARY, 0, 0,
	    "count, mean, percentiles and maximum in place of distributions", 3 },
	  TAKES_LATENCY,
	  0 },
	{ { "heatmap", OPT_HEATMAP, 0, 0, "latency over time, drawn", 3 }, TAKES_LATENCY, 0 },
	{ { "slower-than", OPT_SLOWER, "DURATION", 0,
	    "also print each IO that took at least DURATION (10ms, 500us) as it ends", 3 },
	  TAKES_LATENCY,
	  0 },
	{ { "in-flight", OPT_IN_FLIGHT, 0, 0,
	    "also print, at the end, what has begun and not ended (any time: SIGUSR1)", 3 },
	  TAKES_LATENCY,
	  0 },
	{ { "volume", OPT_VOLUME, "UUID", 0, "only this volume, or those that begin so", 3 },
	  TAKES_VOLUME,
	  0 },
	{ { "extra", OPT_EXTRA, 0, 0, "columns that the scripts do not have, too", 3 },
	  TAKES_EXTRA,
	  0 },
	{ { "by-pid", OPT_BY_PID, 0, 0, "split by process", 3 },
	  0,
	  TAKES_HITS | TAKES_STATUS | TAKES_JOBS | TAKES_DUET },
	{ { "job", OPT_JOB, "N", 0, "draw this job, stage by stage", 3 }, TAKES_JOBS, 0 },
	{ { "slowest", OPT_SLOWEST, "N", 0, "draw the N slowest jobs, stage by stage", 3 },
	  TAKES_JOBS,
	  0 },
	{ { "events", OPT_EVENTS, 0, 0,
	    "print the page cache's events one by one, of the files under PATH", 3 },
	  TAKES_DUET,
	  0 },
	{ { "hints", OPT_HINTS, "DIR", 0, "print the files of DIR, those most in memory first", 3 },
	  TAKES_DUET,
	  0 },
	{ { "follow", OPT_FOLLOW, 0, 0, "with --hints: name each file once, as it gets into memory",
	    3 },
	  TAKES_DUET,
	  0 },
	{ { "null", '0', 0, 0, "with --hints: end each name with a NUL", 3 }, TAKES_DUET, 0 },
	{ { "perfetto", OPT_PERFETTO, 0, 0, "write a trace for Perfetto's UI", 3 },
	  TAKES_PROBES,
	  0 },
	{ { "perfetto", OPT_PERFETTO, 0, 0, "write a trace for Perfetto's UI", 3 },
	  TAKES_TRACE,
	  0 },
	{ { "output", 'o', "FILE", 0, "print to FILE", 3 }, 0, TAKES_PROBES },
	{ { "output", 'o', "FILE", 0, "where the recording goes", 3 }, TAKES_PROBES, 0 },
	{ { "record", OPT_RECORD, "FILE", 0, "also keep all hits, to be replayed", 3 },
	  0,
	  TAKES_PROBES | TAKES_TRACE | TAKES_KERNEL },
	{ { 0, 0, 0, 0, "Other:", 4 }, 0, 0 },
	{ { "verbose", 'v', 0, 0, "more messages, libbpf's too", 4 }, 0, 0 },
	{ { "help", 'h', 0, 0, "print this", 4 }, 0, 0 },
	{ { "usage", OPT_USAGE, 0, 0, "print it in short", 4 }, 0, 0 },
};
#define NTABLE ((int)(sizeof(table) / sizeof(table[0])))

static bool takes(uint32_t taken, int i)
{
	return (table[i].takes & taken) == table[i].takes && !(table[i].not &taken);
}

/* Whether the report takes the option of that key. */
static bool takes_key(uint32_t taken, int key)
{
	for (int i = 0; i < NTABLE; i++)
		if (table[i].option.key == key && takes(taken, i))
			return true;
	return false;
}

/*
 * The report's own options, ended by an empty one. Those of other reports are there, too, but
 * hidden: to be refused by name, and not to be taken for another's beginning.
 */
static void options_of(uint32_t taken, struct argp_option own[NTABLE + 1])
{
	int n = 0;

	for (int i = 0; i < NTABLE; i++) {
		bool is_taken = takes(taken, i), title = !table[i].option.name;

		if (!is_taken && (title || takes_key(taken, table[i].option.key)))
			continue;
		own[n] = table[i].option;
		own[n++].flags |= is_taken ? 0 : OPTION_HIDDEN;
	}
	own[n] = (struct argp_option){ 0 };
}

void options_each(const struct options_spec *spec, options_each_fn fn, void *arg)
{
	struct argp_option own[NTABLE + 1];

	options_of(spec->takes, own);
	for (const struct argp_option *o = own; o->name || o->doc; o++)
		if (!(o->flags & OPTION_HIDDEN))
			fn(arg, o->key > ' ' && o->key < 256 ? o->key : 0, o->name, o->arg, o->doc);
}

/* Says what is wrong with an option's value; the parser's error. */
#define refuse(state, ...) (argp_error(state, __VA_ARGS__), EINVAL)

int options_add_pid(struct options *o, const char *text)
{
	pid_t *pids;
	char *end;
	long pid;

	errno = 0;
	pid = strtol(text, &end, 10);
	if (errno || *end || end == text || pid <= 0 || pid > 1 << 22)
		return -EINVAL;
	for (int i = 0; i < o->npids; i++)
		if (o->pids[i] == pid)
			return 0;
	pids = reallocarray(o->pids, o->npids + 1, sizeof(*pids));
	if (!pids)
		return -ENOMEM;
	o->pids = pids;
	o->pids[o->npids++] = pid;
	return 0;
}

static error_t add_pid(struct options *o, struct argp_state *state, const char *arg)
{
	int err = options_add_pid(o, arg);

	if (err == -EINVAL)
		return refuse(state, "-p %s: not a process ID", arg);
	return -err;
}

int options_add_word(const char ***words, int *n, const char *word)
{
	const char **more = reallocarray(*words, *n + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	*words = more;
	more[(*n)++] = word;
	return 0;
}

static error_t set_duration(struct argp_state *state, const char *name, const char *arg,
			    uint64_t least, uint64_t *ns)
{
	if (duration_parse(arg, ns) || *ns < least)
		return refuse(state, "%s %s: not a duration%s (10, 1.5, 500ms, 2m, 1h)", name, arg,
			      least ? " above 0" : "");
	return 0;
}

static error_t set_count(struct argp_state *state, const char *name, const char *arg,
			 uint64_t *count)
{
	char *end;

	errno = 0;
	*count = strtoull(arg, &end, 10);
	if (errno || *end || end == arg || *arg == '-' || !*count)
		return refuse(state, "%s %s: not a number above 0", name, arg);
	return 0;
}

/* The place of `arg` among `words`, which end with NULL; negative when it is none of them. */
static int word_index(const char *arg, const char *const *words)
{
	for (int i = 0; words[i]; i++)
		if (!strcmp(arg, words[i]))
			return i;
	return -1;
}

static error_t parse_what(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;
	int way;

	switch (key) {
	case 'p':
		return add_pid(o, state, arg);
	case 'e':
		return -options_add_word(&o->files, &o->nfiles, arg);
	case 'Z':
		o->wait = true;
		return 0;
	case OPT_ATTACH:
		way = word_index(arg, attach_mode_names);
		if (way < 0)
			return refuse(state, "--attach %s: auto, multi or events", arg);
		o->attach = way;
		return 0;
	case OPT_DRY_RUN:
		o->dry_run = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static error_t add_key(struct options *o, struct argp_state *state, const char *arg)
{
	if (o->nkeys == OPTIONS_MAX_KEYS)
		return refuse(state, "--key %s: at most %d arguments are a key", arg,
			      OPTIONS_MAX_KEYS);
	o->keys[o->nkeys++] = arg;
	return 0;
}

static error_t add_text(struct options *o, struct argp_state *state, const char *arg)
{
	int n, end = 0;

	if (sscanf(arg, "arg%d%n", &n, &end) != 1 || arg[end] || n < 0 || n > 7)
		return refuse(state, "--text %s: arg0 to arg7", arg);
	o->texts |= 1u << n;
	return 0;
}

static error_t add_probes(struct options *o, char *arg)
{
	char **probes = reallocarray(o->probes, o->nprobes + 1, sizeof(*probes));

	if (!probes)
		return ENOMEM;
	o->probes = probes;
	o->probes[o->nprobes++] = arg;
	return 0;
}

/* Options that only some reports take. */
static error_t parse_special(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case OPT_SUMMARY:
		o->summary = true;
		return 0;
	case OPT_HEATMAP:
		o->heatmap = true;
		return 0;
	case OPT_SLOWER:
		o->slow = true;
		return set_duration(state, "--slower-than", arg, 0, &o->slow_ns);
	case OPT_IN_FLIGHT:
		o->in_flight = true;
		return 0;
	case OPT_VOLUME:
		o->volume = arg;
		return 0;
	case OPT_EXTRA:
		o->extra = true;
		return 0;
	case OPT_KEY:
		return add_key(o, state, arg);
	case OPT_BY:
		o->by = arg;
		return 0;
	case OPT_TEXT:
		return add_text(o, state, arg);
	case OPT_PROBES:
		return add_probes(o, arg);
	case OPT_PERFETTO:
		o->perfetto = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/* Options of the reports on the kernel's tracepoints. */
static error_t parse_kernel(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'D':
		return -options_add_word(&o->devices, &o->ndevices, arg);
	case OPT_JOB:
		o->job_given = true;
		return set_count(state, "--job", arg, &o->job);
	case OPT_SLOWEST:
		return set_count(state, "--slowest", arg, &o->slowest);
	case OPT_MAINTENANCE:
		return -options_add_word(&o->maintenance, &o->nmaintenance, arg);
	case OPT_WINDOW:
		return set_duration(state, "--window", arg, 1, &o->window);
	case OPT_EVENTS:
		o->events = true;
		return 0;
	case OPT_HINTS:
		o->hints = arg;
		return 0;
	case OPT_FOLLOW:
		o->follow = true;
		return 0;
	case '0':
		o->null = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static error_t parse_output(int key, char *arg, struct argp_state *state)
{
	static const char *const layouts[] = { "classic", "compact", "legacy", NULL };
	struct options *o = state->input;
	int layout;

	switch (key) {
	case 'j':
		o->json = true;
		return 0;
	case 'T':
		o->timestamps = true;
		return 0;
	case OPT_LAYOUT:
		layout = word_index(arg, layouts);
		if (layout < 0)
			return refuse(state, "--layout %s: classic, compact or legacy", arg);
		o->layout = layout;
		o->layout_given = true;
		return 0;
	case OPT_BY_PID:
		o->by_pid = true;
		return 0;
	case 'o':
		o->output = arg;
		return 0;
	case OPT_RECORD:
		o->record = arg;
		return 0;
	case OPT_REPLAY:
		o->replay = arg;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;
	error_t err;

	for (int i = 0; i < NTABLE; i++)
		if (table[i].option.key == key && key && !takes_key(o->takes, key))
			return refuse(state, "--%s is not for this report", table[i].option.name);
	switch (key) {
	case 'i':
		return set_duration(state, "-i", arg, 1, &o->interval);
	case 'd':
		return set_duration(state, "-d", arg, 1, &o->duration);
	case 'n':
		return set_count(state, "-n", arg, &o->count);
	case 'v':
		log_set_level(LOG_DEBUG);
		return 0;
	case 'h':
	case OPT_USAGE:
		argp_state_help(state, stdout, key == 'h' ? ARGP_HELP_STD_HELP : ARGP_HELP_USAGE);
		o->asked = true;
		return 0;
	case ARGP_KEY_ARGS:
		o->args = state->argv + state->next;
		o->nargs = state->argc - state->next;
		return 0;
	}
	err = parse_what(key, arg, state);
	err = err == ARGP_ERR_UNKNOWN ? parse_special(key, arg, state) : err;
	err = err == ARGP_ERR_UNKNOWN ? parse_kernel(key, arg, state) : err;
	return err == ARGP_ERR_UNKNOWN ? parse_output(key, arg, state) : err;
}

int options_parse(struct options *o, const struct options_spec *spec, int argc, char **argv)
{
	struct argp_option own[NTABLE + 1];
	char usage[128];
	const struct argp argp = {
		.options = own, .parser = parse, .args_doc = usage, .doc = spec->summary
	};
	int err;

	memset(o, 0, sizeof(*o));
	o->takes = spec->takes;
	options_of(spec->takes, own);
	snprintf(usage, sizeof(usage), "%s%s[-- COMMAND [ARG...]]", spec->args ? spec->args : "",
		 spec->args ? " " : "");
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--"))
			continue;
		if (i + 1 == argc) {
			log_error("%s: no command after --", argv[0]);
			return -EINVAL;
		}
		o->command = argv + i + 1;
		argc = i;
	}
	err = argp_parse(&argp, argc, argv, ARGP_NO_HELP | ARGP_NO_EXIT, NULL, o);
	if (o->asked)
		return OPTIONS_HELP;
	return err ? -EINVAL : 0;
}

void options_free(struct options *o)
{
	free(o->pids);
	free(o->files);
	free(o->devices);
	free(o->maintenance);
	free(o->probes);
}
