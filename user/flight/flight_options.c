// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <argp.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "core/escape.h"
#include "core/log.h"
#include "core/units.h"
#include "core/upstatus.h"
#include "flight_options.h"
#include "kmsg.h"
#include "wants.h"

enum {
	OPT_EVENTS = 256,
	OPT_CAPTURE,
	OPT_HEARTBEAT,
	OPT_TRIGGER_KMSG,
	OPT_TRIGGER_LATENCY,
	OPT_TRIGGER_STATE,
	OPT_POST,
	OPT_KEEP,
	OPT_KEEP_TIME,
	OPT_NAME,
	OPT_MIN_FREE,
	OPT_NO_CHECK,
	OPT_DECODE,
	OPT_USAGE,
};

enum { FLIGHT = 1, SCOUTFS = 2, BOTH = 3 };

/* An option and whose it is, in the order of help. */
static const struct {
	struct argp_option option;
	unsigned int of;
} table[] = {
	{ { 0, 0, 0, 0, "What to record:", 1 }, BOTH },
	{ { "events", OPT_EVENTS, "PATTERN", 0,
	    "tracepoints: SYSTEM:EVENT with shell wildcards, several with commas between "
	    "(repeatable); or USDT probes: usdt:PROVIDER:PROBE",
	    1 },
	  FLIGHT },
	{ { "pid", 'p', "PID", 0, "probes of this process only (repeatable)", 1 }, FLIGHT },
	{ { "events", OPT_EVENTS, "PATTERN", 0,
	    "tracepoints: SYSTEM:EVENT with shell wildcards, several with commas between "
	    "(repeatable; default scoutfs:*)",
	    1 },
	  SCOUTFS },
	{ { "capture", OPT_CAPTURE, "FILTER", 0,
	    "packets, too: those that pass this filter (pcap-filter(7)), on any interface", 1 },
	  FLIGHT },
	{ { "capture", OPT_CAPTURE, "FILTER", 0,
	    "these packets (pcap-filter(7)) in place of the server's; none: no packets", 1 },
	  SCOUTFS },
	{ { "heartbeat", OPT_HEARTBEAT, "SECS", 0,
	    "give up unless a packet passes the filter within SECS, before it begins", 1 },
	  FLIGHT },
	{ { "heartbeat", OPT_HEARTBEAT, "SECS", 0,
	    "how long to wait for the server's heartbeat (default 5; 0: do not)", 1 },
	  SCOUTFS },
	{ { 0, 0, 0, 0, "When it ends (by Ctrl-C in any case):", 2 }, BOTH },
	{ { "trigger-kmsg", OPT_TRIGGER_KMSG, "REGEX", 0,
	    "at a line of the kernel's log that matches (POSIX extended; repeatable)", 2 },
	  FLIGHT },
	{ { "trigger-kmsg", OPT_TRIGGER_KMSG, "REGEX", 0,
	    "at a line of the kernel's log that matches (POSIX extended; repeatable), in place "
	    "of those that tell of fencing",
	    2 },
	  SCOUTFS },
	{ { "trigger-latency", OPT_TRIGGER_LATENCY, "PAIR>TIME", 0,
	    "when a job took longer, as it ends: 'gw-write>500ms', any of Crucible's pairs of "
	    "probes without their -start and -done; PROVIDER:PAIR and START..DONE do, too "
	    "(repeatable)",
	    2 },
	  FLIGHT },
	{ { "trigger-state", OPT_TRIGGER_STATE, "STATE", 0,
	    "when a downstairs of any upstairs comes into this state: Faulted, Offline… "
	    "(repeatable)",
	    2 },
	  FLIGHT },
	{ { "post", OPT_POST, "SECS", 0, "go on for so long after the trigger (default 1)", 2 },
	  BOTH },
	{ { "duration", 'd', "SECS", 0, "end after SECS", 2 }, BOTH },
	{ { 0, 0, 0, 0, "What is kept, and where:", 3 }, BOTH },
	{ { "keep", OPT_KEEP, "SIZE", 0,
	    "so much a CPU, and as much of all probes' hits, the oldest dropped first (default "
	    "50M)",
	    3 },
	  BOTH },
	{ { "keep-time", OPT_KEEP_TIME, "SECS", 0, "no more than the last SECS", 3 }, BOTH },
	{ { "output", 'o', "DIR", 0, "the folder it goes to (default: this one)", 3 }, BOTH },
	{ { "name", OPT_NAME, "NAME", 0, "it is NAME-trace.HOST… (default flight)", 3 }, FLIGHT },
	{ { "min-free", OPT_MIN_FREE, "SIZE", 0, "refuse a folder with less free (default 3G)", 3 },
	  BOTH },
	{ { "no-check", OPT_NO_CHECK, 0, 0,
	    "do not refuse a folder on a file system that is traced, nor that no process has the "
	    "probes yet",
	    3 },
	  FLIGHT },
	{ { "no-check", OPT_NO_CHECK, 0, 0,
	    "do not refuse a folder on a file system that is traced, nor that there is no scoutfs",
	    3 },
	  SCOUTFS },
	{ { 0, 0, 0, 0, "Other:", 4 }, BOTH },
	{ { "decode", OPT_DECODE, "FILE", 0,
	    "print what a recording holds (its tarball, folder or trace.raw), and record nothing",
	    4 },
	  FLIGHT },
	{ { "verbose", 'v', 0, 0, "more messages, libbpf's too", 4 }, BOTH },
	{ { "help", 'h', 0, 0, "print this", 4 }, BOTH },
	{ { "usage", OPT_USAGE, 0, 0, "print it in short", 4 }, BOTH },
};
#define NTABLE ((int)(sizeof(table) / sizeof(table[0])))

static void options_of(const struct help_page *page, struct argp_option own[NTABLE + 1])
{
	unsigned int of = page == &scoutfs_page ? SCOUTFS : FLIGHT;
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

void flight_options_each(options_each_fn fn, void *arg)
{
	options_each_of(&flight_page, fn, arg);
}

void scoutfs_options_each(options_each_fn fn, void *arg)
{
	options_each_of(&scoutfs_page, fn, arg);
}

/* --- values --- */

static const struct {
	const char *suffix;
	int shift;
} size_suffixes[] = {
	{ "", 0 },     { "B", 0 },  { "K", 10 },   { "KiB", 10 }, { "M", 20 },
	{ "MiB", 20 }, { "G", 30 }, { "GiB", 30 }, { "T", 40 },	  { "TiB", 40 },
};

int size_parse(const char *text, uint64_t *bytes)
{
	double value;
	char *end;

	errno = 0;
	value = isdigit((unsigned char)*text) ? strtod(text, &end) : -1;
	if (value < 0 || errno)
		return -EINVAL;
	end += *end == ' ' && end[1];
	for (size_t i = 0; i < sizeof(size_suffixes) / sizeof(size_suffixes[0]); i++) {
		if (strcasecmp(end, size_suffixes[i].suffix))
			continue;
		value *= (double)(1ULL << size_suffixes[i].shift);
		if (value >= 9.2e18)
			return -EINVAL;
		*bytes = (uint64_t)value;
		return 0;
	}
	return -EINVAL;
}

const char *size_format(uint64_t bytes, char *buf, size_t size)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	double value = (double)bytes;
	int unit = -1;

	while (unit < 3 && value >= 1023.95) {
		value /= 1024;
		unit++;
	}
	if (unit < 0)
		snprintf(buf, size, "%d bytes", (int)bytes);
	else
		snprintf(buf, size, "%.1f %s", value, units[unit]);
	return buf;
}

static int list_add(struct flight_list *list, const char *text, size_t len)
{
	const char **texts = reallocarray(list->texts, list->n + 1, sizeof(*texts));

	if (!texts)
		return -ENOMEM;
	list->texts = texts;
	list->texts[list->n] = strndup(text, len);
	if (!list->texts[list->n])
		return -ENOMEM;
	list->n++;
	return 0;
}

static void list_free(struct flight_list *list)
{
	for (int i = 0; i < list->n; i++)
		free((char *)list->texts[i]);
	free(list->texts);
	*list = (struct flight_list){ 0 };
}

/* The command line's take the place of the defaults: what was read first comes first. */
struct parse {
	struct flight_options *o;
	struct flight_list events, kmsg;
	int help; /* ARGP_HELP_ flags */
};

#define refuse(state, ...) (argp_error(state, __VA_ARGS__), EINVAL)

/* "a,b": each a pattern. */
static error_t add_events(struct parse *p, struct argp_state *state, const char *arg)
{
	for (;; arg++) {
		size_t len = strcspn(arg, ",");

		if (!len)
			return refuse(state, "--events: an empty pattern");
		if (list_add(&p->events, arg, len))
			return ENOMEM;
		arg += len;
		if (!*arg)
			return 0;
	}
}

static error_t set_duration(struct argp_state *state, const char *option, const char *arg,
			    bool may_be_0, uint64_t *ns)
{
	if (duration_parse(arg, ns) || (!*ns && !may_be_0))
		return refuse(state, "%s %s: not a time; 10, 1.5s, 500ms, 2m are", option, arg);
	return 0;
}

static error_t set_size(struct argp_state *state, const char *option, const char *arg,
			bool may_be_0, uint64_t *bytes)
{
	if (size_parse(arg, bytes) || (!*bytes && !may_be_0))
		return refuse(state, "%s %s: not a size; 65536, 50M, 3G are", option, arg);
	return 0;
}

static error_t add_pid(struct flight_options *o, struct argp_state *state, const char *arg)
{
	size_t digits = strspn(arg, "0123456789");
	pid_t *more = reallocarray(o->pids, o->npids + 1, sizeof(*more));

	if (!more)
		return ENOMEM;
	o->pids = more;
	o->pids[o->npids] = digits && digits < 10 && !arg[digits] ? atoi(arg) : 0;
	if (!o->pids[o->npids])
		return refuse(state, "-p %s: not a process ID", arg);
	o->npids++;
	return 0;
}

/* It becomes a part of a file's name. */
static error_t set_name(struct flight_options *o, struct argp_state *state, const char *arg)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";

	if (!*arg || *arg == '.' || *arg == '-' || arg[strspn(arg, letters)] || strlen(arg) > 64)
		return refuse(state, "--name %s: letters, digits, dots and dashes only, at most 64",
			      arg);
	o->name = arg;
	return 0;
}

static error_t add_arg(struct flight_options *o, struct argp_state *state, const char *arg, int max)
{
	if (o->nargs == max)
		return refuse(state, "what is \"%s\" for? It takes %s", arg,
			      max ? "IP PORT" : "options only");
	o->args[o->nargs++] = arg;
	return 0;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct parse *p = state->input;
	struct flight_options *o = p->o;

	switch (key) {
	case OPT_EVENTS:
		return add_events(p, state, arg);
	case OPT_CAPTURE:
		o->capture = arg;
		return 0;
	case OPT_HEARTBEAT:
		return set_duration(state, "--heartbeat", arg, true, &o->heartbeat_ns);
	case OPT_TRIGGER_KMSG:
		return list_add(&p->kmsg, arg, strlen(arg)) ? ENOMEM : 0;
	case OPT_TRIGGER_LATENCY:
		return list_add(&o->latency, arg, strlen(arg)) ? ENOMEM : 0;
	case OPT_TRIGGER_STATE:
		return list_add(&o->states, arg, strlen(arg)) ? ENOMEM : 0;
	case 'p':
		return add_pid(o, state, arg);
	case OPT_POST:
		return set_duration(state, "--post", arg, true, &o->post_ns);
	case 'd':
		return set_duration(state, "-d", arg, false, &o->duration_ns);
	case OPT_KEEP:
		return set_size(state, "--keep", arg, false, &o->keep_bytes);
	case OPT_KEEP_TIME:
		return set_duration(state, "--keep-time", arg, false, &o->keep_ns);
	case 'o':
		o->dir = arg;
		return 0;
	case OPT_NAME:
		return set_name(o, state, arg);
	case OPT_MIN_FREE:
		return set_size(state, "--min-free", arg, true, &o->min_free);
	case OPT_NO_CHECK:
		o->no_check = true;
		return 0;
	case OPT_DECODE:
		o->decode = arg;
		return 0;
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
		return add_arg(o, state, arg, o->mounted ? 2 : 0);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* --- what does not compile --- */

/* "…: why", the text, and a mark under the place. */
static void show_where(const char *what, const char *text, size_t where, const char *why)
{
	char *before = strndup(text, where);

	log_error("%s: %s:", what, why);
	log_error("  %s", text);
	if (before)
		log_error("  %*s^", (int)escape_width(before), "");
	free(before);
}

static int check_filter(const char *what, const char *filter)
{
	char why[256];
	size_t where;
	int err = capture_check(filter, &where, why, sizeof(why));

	if (err == -EINVAL)
		show_where(what, filter, where, why);
	else if (err)
		log_error("%s: %s", what, why);
	return err;
}

static int check_regexes(const struct flight_list *regexes)
{
	char why[256];
	size_t where;

	for (int i = 0; i < regexes->n; i++) {
		if (!kmsg_regex_check(regexes->texts[i], &where, why, sizeof(why)))
			continue;
		show_where("--trigger-kmsg", regexes->texts[i], where, why);
		return -EINVAL;
	}
	return 0;
}

/* Probes and their triggers. */
static int check_wants(const struct flight_options *o)
{
	struct wants *wants;
	char why[512];
	int err = wants__new(o, &wants, why, sizeof(why));

	if (err)
		log_error("%s", why);
	wants__free(wants);
	for (int i = 0; i < o->states.n && !err; i++)
		if (!upstatus_is_state(o->states.texts[i]))
			log_warn("--trigger-state %s: no state that is known; it is waited for "
				 "as it is written",
				 o->states.texts[i]);
	return err;
}

static int check(const struct flight_options *o)
{
	if (o->decode)
		return 0;
	if (!o->events.n) {
		log_error("--events tells what to record: --events 'ext4:*' for example");
		return -EINVAL;
	}
	if (o->capture && check_filter("--capture", o->capture))
		return -EINVAL;
	if (o->heartbeat_ns && !o->heartbeat) {
		log_error("--heartbeat needs to be told of which packets: --capture FILTER");
		return -EINVAL;
	}
	return check_regexes(&o->kmsg) ?: check_wants(o);
}

/* --- all of it --- */

/* The command line's own in the place of a default. */
static void take(struct flight_list *to, struct flight_list *from)
{
	if (!from->n)
		return;
	list_free(to);
	*to = *from;
	*from = (struct flight_list){ 0 };
}

/* What follows from what was given. */
static int complete(struct flight_options *o)
{
	int err = 0;

	if (o->mounted)
		err = scoutfs_options(o);
	else if (o->heartbeat_ns)
		o->heartbeat = o->capture;
	if (!err && o->capture && !strcmp(o->capture, "none"))
		o->capture = NULL;
	return err;
}

static int parse(struct parse *p, const struct help_page *page, int argc, char **argv)
{
	struct argp_option own[NTABLE + 1];
	struct argp argp = {
		.options = own, .parser = parse_option, .args_doc = page->args, .doc = page->summary
	};

	options_of(page, own);
	if (argp_parse(&argp, argc, argv, ARGP_NO_EXIT | ARGP_NO_HELP, NULL, p))
		return -EINVAL;
	if (p->help) {
		argp_help(&argp, stdout, p->help & ~ARGP_HELP_EXIT_OK, argv[0]);
		return FLIGHT_HELP;
	}
	take(&p->o->events, &p->events);
	take(&p->o->kmsg, &p->kmsg);
	return 0;
}

/* What scoutfs logs when a server goes and when it shuts a client out. */
static const char *const fencing[] = { "server closing", "client.*reconnect timed out, fencing" };

static int defaults(struct flight_options *o, const struct help_page *page)
{
	*o = (struct flight_options){
		.name = "flight",
		.keep_bytes = 50 << 20,
		.post_ns = NSEC_PER_SEC,
		.min_free = 3ULL << 30,
		.dir = ".",
	};
	if (page != &scoutfs_page)
		return 0;
	o->name = "scoutfs";
	o->mounted = "scoutfs";
	o->heartbeat_ns = 5 * NSEC_PER_SEC;
	if (list_add(&o->events, "scoutfs:*", SIZE_MAX))
		return -ENOMEM;
	for (size_t i = 0; i < sizeof(fencing) / sizeof(fencing[0]); i++)
		if (list_add(&o->kmsg, fencing[i], SIZE_MAX))
			return -ENOMEM;
	return 0;
}

int flight_options_parse(struct flight_options *o, const struct help_page *page, int argc,
			 char **argv)
{
	struct parse p = { .o = o };
	char name[64], *saved = argv[0];
	int err;

	snprintf(name, sizeof(name), "assay %s", page->name);
	argv[0] = name;
	err = defaults(o, page);
	if (!err)
		err = parse(&p, page, argc, argv);
	argv[0] = saved;
	if (!err)
		err = complete(o);
	if (!err)
		err = check(o);
	if (err == -ENOMEM)
		log_error("read the command line: %s", err_name(err));
	list_free(&p.events);
	list_free(&p.kmsg);
	return err == -ENOMEM ? -EINVAL : err;
}

void flight_options_free(struct flight_options *o)
{
	list_free(&o->events);
	list_free(&o->kmsg);
	list_free(&o->latency);
	list_free(&o->states);
	free(o->pids);
	free(o->capture_made);
	free(o->heartbeat_made);
	*o = (struct flight_options){ 0 };
}
