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
};

static const struct argp_option table[] = {
	{ 0, 0, 0, 0, "What to trace (without -p and -e: every process with the probes):", 1 },
	{ "pid", 'p', "PID", 0, "only this process (repeatable)", 1 },
	{ "exe", 'e', "FILE", 0, "processes of this binary, now and later (repeatable)", 1 },
	{ "wait", 'Z', 0, 0, "wait for targets: none yet is no error", 1 },
	{ "attach", OPT_ATTACH, "auto|multi|events", 0,
	  "uprobe_multi links, or trace events (default: what the kernel has)", 1 },
	{ "dry-run", OPT_DRY_RUN, 0, 0, "print what would be attached, and end", 1 },
	{ 0, 0, 0, 0, "When to print:", 2 },
	{ "interval", 'i', "SECS", 0, "print every SECS what happened in them", 2 },
	{ "duration", 'd', "SECS", 0, "end after SECS", 2 },
	{ "count", 'n', "COUNT", 0, "end after COUNT intervals", 2 },
	{ 0, 0, 0, 0, "What to print:", 3 },
	{ "json", 'j', 0, 0, "JSON, one object a line", 3 },
	{ "timestamp", 'T', 0, 0, "the time before each interval", 3 },
	{ "layout", OPT_LAYOUT, "classic|compact|legacy", 0,
	  "of the scripts of June 2024 (default), of today, of 2022", 3 },
	{ "summary", OPT_SUMMARY, 0, 0,
	  "latencies: count, mean, percentiles and maximum in place of distributions", 3 },
	{ "by-pid", OPT_BY_PID, 0, 0, "split by process", 3 },
	{ "slower-than", OPT_SLOWER, "DURATION", 0,
	  "latencies: also print each IO that took at least DURATION (10ms, 500us) as it ends", 3 },
	{ "output", 'o', "FILE", 0, "print to FILE", 3 },
	{ 0, 0, 0, 0, "Other:", 4 },
	{ "verbose", 'v', 0, 0, "more messages, libbpf's too", 4 },
	{ "help", 'h', 0, 0, "print this", 4 },
	{ "usage", OPT_USAGE, 0, 0, "print it in short", 4 },
	{ 0 },
};

/* Says what is wrong with an option's value; the parser's error. */
#define refuse(state, ...) (argp_error(state, __VA_ARGS__), EINVAL)

static error_t add_pid(struct options *o, struct argp_state *state, const char *arg)
{
	pid_t *pids = reallocarray(o->pids, o->npids + 1, sizeof(*pids));
	char *end;
	long pid;

	if (!pids)
		return ENOMEM;
	o->pids = pids;
	errno = 0;
	pid = strtol(arg, &end, 10);
	if (errno || *end || end == arg || pid <= 0 || pid > 1 << 22)
		return refuse(state, "-p %s: not a process ID", arg);
	o->pids[o->npids++] = pid;
	return 0;
}

static error_t add_file(struct options *o, const char *arg)
{
	const char **files = reallocarray(o->files, o->nfiles + 1, sizeof(*files));

	if (!files)
		return ENOMEM;
	o->files = files;
	o->files[o->nfiles++] = arg;
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

static error_t set_count(struct argp_state *state, const char *arg, uint64_t *count)
{
	char *end;

	errno = 0;
	*count = strtoull(arg, &end, 10);
	if (errno || *end || end == arg || *arg == '-' || !*count)
		return refuse(state, "-n %s: not a number of intervals", arg);
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
		return add_file(o, arg);
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
		return 0;
	case OPT_SUMMARY:
		o->summary = true;
		return 0;
	case OPT_BY_PID:
		o->by_pid = true;
		return 0;
	case OPT_SLOWER:
		o->slow = true;
		return set_duration(state, "--slower-than", arg, 0, &o->slow_ns);
	case 'o':
		o->output = arg;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;
	error_t err;

	switch (key) {
	case 'i':
		return set_duration(state, "-i", arg, 1, &o->interval);
	case 'd':
		return set_duration(state, "-d", arg, 1, &o->duration);
	case 'n':
		return set_count(state, arg, &o->count);
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
	return err == ARGP_ERR_UNKNOWN ? parse_output(key, arg, state) : err;
}

int options_parse(struct options *o, const char *summary, int argc, char **argv)
{
	const struct argp argp = { .options = table,
				   .parser = parse,
				   .args_doc = "[-- COMMAND [ARG...]]",
				   .doc = summary };
	int err;

	memset(o, 0, sizeof(*o));
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
}
