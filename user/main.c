// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The command table: what the first word of the command line leads to.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "core/options.h"
#include "list.h"
#include "probes.h"
#include "reports/report.h"
#include "run.h"
#include "status.h"

static int cmd_version(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	printf("assay %s, libbpf %d.%d\n", ASSAY_VERSION, libbpf_major_version(),
	       libbpf_minor_version());
	return STATUS_OK;
}

static int cmd_help(int argc, char **argv);

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{ "list", cmd_list, "the reports, with the probes each uses" },
	{ "probes", cmd_probes, "the USDT probes of processes and files" },
	{ "version", cmd_version, "this program's version" },
	{ "help", cmd_help, "this text, or that of a report" },
	{ 0 },
};

static void usage(FILE *out)
{
	fprintf(out, "Usage: assay REPORT [OPTION...] [-- COMMAND [ARG...]]\n"
		     "       assay COMMAND [OPTION...]\n\n"
		     "Crucible's performance reports, from USDT probes.\n\nReports:\n");
	for (int i = 0; reports[i]; i++)
		fprintf(out, "  %-22s %s\n", reports[i]->name, reports[i]->summary);
	fprintf(out, "\nCommands:\n");
	for (const struct command *c = commands; c->name; c++)
		fprintf(out, "  %-22s %s\n", c->name, c->summary);
	fprintf(out, "\nOptions come behind the name; \"assay help NAME\" tells them.\n"
		     "Status: 0 fine, 1 failed, 2 wrong use, 3 nothing to trace.\n");
}

static int report_main(const struct report *report, int argc, char **argv)
{
	struct options options;
	char name[64];
	int err;

	snprintf(name, sizeof(name), "assay %s", report->name);
	argv[0] = name;
	err = options_parse(&options, report->summary, argc, argv);
	if (!err)
		err = run_report(report, &options);
	else
		err = err == OPTIONS_HELP ? STATUS_OK : STATUS_USAGE;
	options_free(&options);
	return err;
}

static int cmd_help(int argc, char **argv)
{
	const struct report *found, *matches[1];
	char *args[] = { argv[1], "--help", NULL };
	int n;

	if (argc < 2) {
		usage(stdout);
		return STATUS_OK;
	}
	for (const struct command *c = commands; c->name; c++)
		if (!strcmp(c->name, argv[1]) && c->run != cmd_help)
			return c->run(2, args);
	found = report_find(argv[1], matches, 1, &n);
	if (!found) {
		log_error("no report %s; \"assay list\" lists them", argv[1]);
		return STATUS_USAGE;
	}
	return report_main(found, 2, args);
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

	for (const struct command *c = commands; c->name; c++) {
		if (!strcmp(c->name, name))
			return c->run(argc, argv);
		if (!strncmp(c->name, name, strlen(name)))
			also = c;
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
		fprintf(stderr, "  %s\n", also->name);
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
		usage(stderr);
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
