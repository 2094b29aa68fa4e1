// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The command table: what the first word of the command line leads to.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare/compare.h"
#include "compare/compare_options.h"
#include "core/log.h"
#include "core/options.h"
#include "flight/flight.h"
#include "flight/tarball.h"
#include "help.h"
#include "list.h"
#include "probes.h"
#include "reports/report.h"
#include "reports/top_screen.h"
#include "run/run.h"
#include "status.h"
#include "version.h"

#ifdef HAVE_TRACEEVENT
static const bool has_traceevent = true;
#else
static const bool has_traceevent;
#endif

static const char *with(bool built_in)
{
	return built_in ? "with" : "without";
}

static int cmd_version(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	printf("assay %s, libbpf %d.%d, %s ncurses, %s libtraceevent, %s libpcap, %s libarchive\n",
	       assay_version, libbpf_major_version(), libbpf_minor_version(), with(top_has_screen),
	       with(has_traceevent), with(capture_is_built_in), with(tarball_is_built_in));
	return STATUS_OK;
}

static int cmd_help(int argc, char **argv);
static int cmd_replay(int argc, char **argv);
static int cmd_completion(int argc, char **argv);

static const struct command {
	struct help_command help;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ { "list", NULL, "the reports, with the probes each uses", NULL }, cmd_list },
	{ { "probes", "[FILE...]", "the USDT probes of processes and files", NULL }, cmd_probes },
	{ { "replay", "FILE", "a recording's hits as text, JSON or a Perfetto trace", NULL },
	  cmd_replay },
	{ { "flight", NULL, "trace all the time, and keep the last of it when an event comes",
	    &flight_page },
	  cmd_flight },
	{ { "scoutfs", "IP PORT", "the same for scoutfs: until a node is fenced", &scoutfs_page },
	  cmd_scoutfs },
	{ { "baseline", "[-- COMMAND]", "measure runs of a build, to be compared with later",
	    &baseline_page },
	  cmd_baseline },
	{ { "check", "[-- COMMAND]", "compare with a baseline: which stage got slower",
	    &check_page },
	  cmd_check },
	{ { "ab", NULL, "two builds in turn on this machine, compared", &ab_page }, cmd_ab },
	{ { "version", NULL, "this program's version", NULL }, cmd_version },
	{ { "help", "[NAME]", "this text, or all about one (--man: its man page)", NULL },
	  cmd_help },
	{ { "completion", NULL, "completion for bash, to be sourced", NULL }, cmd_completion },
};
#define NCOMMANDS (int)(sizeof(commands) / sizeof(commands[0]))

/* The commands' help, ended by an empty row. */
static const struct help_command *command_helps(void)
{
	static struct help_command helps[NCOMMANDS + 1];

	for (int i = 0; i < NCOMMANDS; i++)
		helps[i] = commands[i].help;
	return helps;
}

static int cmd_completion(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	help_completion(command_helps());
	return STATUS_OK;
}

static int report_main(const struct report *report, int argc, char **argv)
{
	const struct options_spec spec = report_spec(report);
	struct options options;
	char name[64];
	int err;

	snprintf(name, sizeof(name), "assay %s", report->name);
	argv[0] = name;
	err = options_parse(&options, &spec, argc, argv);
	if (!err)
		err = run_report(report, &options);
	else
		err = err == OPTIONS_HELP ? STATUS_OK : STATUS_USAGE;
	options_free(&options);
	return err;
}

static int cmd_help(int argc, char **argv)
{
	bool man = argc > 1 && !strcmp(argv[1], "--man");
	const struct report *found, *matches[1];
	const char *name = argc > 1 + man ? argv[1 + man] : NULL;
	char *args[] = { argv[1], "--help", NULL };
	int n;

	if (!name) {
		help_overview(command_helps(), man);
		return STATUS_OK;
	}
	for (int i = 0; i < NCOMMANDS; i++) {
		if (strcmp(commands[i].help.name, name) || commands[i].run == cmd_help)
			continue;
		if (!commands[i].help.page)
			return commands[i].run(2, args);
		help_command_page(commands[i].help.page, man);
		return STATUS_OK;
	}
	found = report_find(name, matches, 1, &n);
	if (!found) {
		log_error("no report %s; \"assay list\" lists them", name);
		return STATUS_USAGE;
	}
	help_report(found, man);
	return STATUS_OK;
}

/* A recording shown hit by hit, or made into a trace: trace and record, on all it holds. */
static int cmd_replay(int argc, char **argv)
{
	static char *all[] = { "*:*" };
	struct options_spec spec = { "a recording's hits, one a line; with --perfetto -o FILE as a "
				     "trace that Perfetto's UI opens",
				     "FILE", TAKES_HITS | TAKES_TEXT | TAKES_TRACE };
	const struct report *report, *matches[1];
	struct options options;
	int err, n;

	argv[0] = "assay replay";
	err = options_parse(&options, &spec, argc, argv);
	if (err) {
		options_free(&options);
		return err == OPTIONS_HELP ? STATUS_OK : STATUS_USAGE;
	}
	if (options.nargs != 1 || (options.perfetto && !options.output)) {
		log_error(options.nargs != 1 ? "replay takes one recording"
					     : "--perfetto needs a file to write to: -o FILE");
		options_free(&options);
		return STATUS_USAGE;
	}
	options.replay = options.args[0];
	options.args = all;
	report = report_find(options.perfetto ? "record" : "trace", matches, 1, &n);
	if (options.perfetto) {
		options.nargs = 0;
		options.probes = reallocarray(NULL, 1, sizeof(*options.probes));
		if (options.probes)
			options.probes[options.nprobes++] = all[0];
	}
	err = run_report(report, &options);
	options_free(&options);
	return err;
}

static int libbpf_message(enum libbpf_print_level level, const char *fmt, va_list args)
{
	(void)level;
	return log_level() >= LOG_DEBUG ? vfprintf(stderr, fmt, args) : 0;
}

#define MAX_MATCHES 64

/* The command or report that `name` means, or a message. */
static int dispatch(const char *name, int argc, char **argv)
{
	const struct report *matches[MAX_MATCHES], *found;
	int n;

	const struct command *also = NULL;

	for (int i = 0; i < NCOMMANDS; i++) {
		if (!strcmp(commands[i].help.name, name))
			return commands[i].run(argc, argv);
		if (!strncmp(commands[i].help.name, name, strlen(name)))
			also = &commands[i];
	}
	found = report_find(name, matches, MAX_MATCHES, &n);
	/* a name in full; or the beginning of one, if of no command's */
	if (found && (!n || !also))
		return report_main(found, argc, argv);
	if (!n) {
		log_error("no command or report %s; \"assay help\" lists them", name);
		return STATUS_USAGE;
	}
	log_error("%s could be any of these:", name);
	if (also)
		fprintf(stderr, "  %s\n", also->help.name);
	for (int i = 0; i < n && i < MAX_MATCHES; i++)
		fprintf(stderr, "  %s\n", matches[i]->name);
	return STATUS_USAGE;
}

/* What the command line leads to; its status. */
static int run_main(int argc, char **argv)
{
	const struct report *matches[1], *linked;
	const char *own = strrchr(argv[0], '/');
	int n;

	/* linked under a report's name, the program is that report */
	own = own ? own + 1 : argv[0];
	linked = strcmp(own, "assay") ? report_find(own, matches, 1, &n) : NULL;
	if (linked)
		return report_main(linked, argc, argv);
	if (argc < 2) {
		log_error(
			"what? \"assay help\" tells the reports, \"assay help REPORT\" all of one");
		return STATUS_USAGE;
	}
	if (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"))
		return cmd_help(1, argv);
	if (!strcmp(argv[1], "-V") || !strcmp(argv[1], "--version"))
		return cmd_version(1, argv);
	return dispatch(argv[1], argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	int status;

	libbpf_set_print(libbpf_message);
	status = run_main(argc, argv);
	/* a list that did not fit on the disk is no list; a reader that went away has enough */
	if (status == STATUS_OK && (fflush(stdout) || ferror(stdout)) && errno != EPIPE) {
		log_error("write to stdout: %s", err_name(errno));
		status = STATUS_FAILED;
	}
	return status;
}
