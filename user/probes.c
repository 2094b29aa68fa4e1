// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <argp.h>
#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "core/targets.h"
#include "probes.h"
#include "core/escape.h"
#include "render/json.h"
#include "status.h"

enum { KEY_USAGE = 256 };

struct options {
	int pid; /* 0: none */
	const char *file;
	bool json;
	unsigned int help; /* ARGP_HELP_ flags: what help was asked for */
};

/* What was found: the binaries in order of their paths. */
struct found {
	struct targets *targets;
	struct binary **binaries;
	int n;
	int denied; /* processes whose executable we may not open */
};

/* What was found, over one file or several. */
struct totals {
	long probes, sites, phantoms, malformed;
};

/* Phantoms and what can't be read are told of, too. */
static bool has_notes(void *arg, const struct notes *notes)
{
	(void)arg;
	return notes->nprobes || notes->phantoms || notes->malformed;
}

static int by_path(const void *a, const void *b)
{
	const struct binary *x = *(struct binary *const *)a, *y = *(struct binary *const *)b;
	int c = strcmp(x->path, y->path);

	return c ? c : x->npids && y->npids ? x->pids[0] - y->pids[0] : 0;
}

static int find_targets(struct found *found, const struct options *o, char *why, size_t why_size)
{
	if (o->file)
		return targets_add_file(found->targets, o->file, 0, NULL, why, why_size);
	if (o->pid)
		return targets_add_pid(found->targets, o->pid, NULL, why, why_size);
	return targets_add_all(found->targets, &found->denied, why, why_size);
}

static int find(struct found *found, const struct options *o)
{
	char why[640] = "allocate memory";
	int err = -ENOMEM;

	found->targets = targets__new(has_notes, NULL);
	if (found->targets)
		err = find_targets(found, o, why, sizeof(why));
	if (!err) {
		found->n = targets_count(found->targets);
		found->binaries = calloc(found->n ? found->n : 1, sizeof(*found->binaries));
		err = found->binaries ? 0 : -ENOMEM;
	}
	if (err) {
		log_error("%s: %s%s", why, err_name(err), err_cure(err));
		return err;
	}
	for (int i = 0; i < found->n; i++)
		found->binaries[i] = targets_get(found->targets, i);
	qsort(found->binaries, found->n, sizeof(*found->binaries), by_path);
	return 0;
}

static void totals_add(struct totals *t, const struct notes *notes)
{
	t->probes += notes->nprobes;
	for (int i = 0; i < notes->nprobes; i++)
		t->sites += notes->probes[i].nsites;
	t->phantoms += notes->phantoms;
	t->malformed += notes->malformed;
}

/* ---- as text ---- */

static void print_cell(const char *s, size_t width)
{
	size_t have = escape_width(s);

	escape_print(stdout, s);
	printf("%*s", (int)((width > have ? width - have : 0) + 2), "");
}

static const char *semaphore_text(const struct note_probe *p)
{
	int with = 0;

	for (int i = 0; i < p->nsites; i++)
		with += p->sites[i].sema_offset != 0;
	return with == p->nsites ? "yes" : with ? "some" : "no";
}

static bool args_differ(const struct note_probe *p)
{
	for (int i = 1; i < p->nsites; i++) {
		if (strcmp(p->sites[i].args_text, p->sites[0].args_text) != 0)
			return true;
	}
	return false;
}

static void print_table(const struct notes *notes)
{
	size_t provider = strlen("PROVIDER"), probe = strlen("PROBE");

	if (!notes->nprobes)
		return;
	for (int i = 0; i < notes->nprobes; i++) {
		size_t w = escape_width(notes->probes[i].provider);

		provider = w > provider ? w : provider;
		w = escape_width(notes->probes[i].name);
		probe = w > probe ? w : probe;
	}
	print_cell("PROVIDER", provider);
	print_cell("PROBE", probe);
	printf("SITES  SEMAPHORE  ARGUMENTS\n");
	for (int i = 0; i < notes->nprobes; i++) {
		const struct note_probe *p = &notes->probes[i];
		const char *args = p->sites[0].args_text;

		print_cell(p->provider, provider);
		print_cell(p->name, probe);
		printf("%5d  %-9s  ", p->nsites, semaphore_text(p));
		escape_print(stdout, *args ? args : "-");
		printf("%s\n", args_differ(p) ? "  (other sites differ)" : "");
	}
}

static void print_counts(const struct totals *t)
{
	printf("%ld probe%s, %ld site%s", t->probes, t->probes == 1 ? "" : "s", t->sites,
	       t->sites == 1 ? "" : "s");
}

static void print_skipped(const struct totals *t)
{
	if (t->phantoms)
		printf("; %ld phantom note%s skipped", t->phantoms, t->phantoms == 1 ? "" : "s");
	if (t->malformed)
		printf("; %ld malformed note%s skipped", t->malformed,
		       t->malformed == 1 ? "" : "s");
	printf("\n");
}

/* A line a provider, and one for all when there is more than one. */
static void print_summary(const struct notes *notes)
{
	struct totals all = { 0 };
	int providers = 0;

	totals_add(&all, notes);
	for (int i = 0; i < notes->nprobes;) {
		const char *provider = notes->probes[i].provider;
		struct totals one = { 0 };

		for (; i < notes->nprobes && !strcmp(notes->probes[i].provider, provider); i++) {
			one.probes++;
			one.sites += notes->probes[i].nsites;
		}
		print_counts(&one);
		printf(" of ");
		escape_print(stdout, provider);
		if (++providers == 1 && i == notes->nprobes) {
			print_skipped(&all);
			return;
		}
		printf("\n");
	}
	print_counts(&all);
	printf(" in all");
	print_skipped(&all);
}

static void print_heading(const struct binary *b)
{
	escape_print(stdout, b->path);
	printf(" (pid%s", b->npids == 1 ? "" : "s");
	for (int i = 0; i < b->npids; i++)
		printf("%s %d", i ? "," : "", b->pids[i]);
	printf(")\n");
}

static void report_text(const struct found *found, bool headings)
{
	for (int i = 0; i < found->n; i++) {
		const struct binary *b = found->binaries[i];

		if (headings) {
			printf("%s", i ? "\n" : "");
			print_heading(b);
		}
		print_table(b->notes);
		print_summary(b->notes);
	}
}

/* ---- as JSON ---- */

static json_t *json_offset(uint64_t offset)
{
	return offset ? json_integer((json_int_t)offset) : json_null();
}

static json_t *json_pids(const struct binary *b)
{
	json_t *pids = json_array();

	for (int i = 0; i < b->npids; i++) {
		if (json_array_append_new(pids, json_integer(b->pids[i])) < 0) {
			json_decref(pids);
			return NULL;
		}
	}
	return pids;
}

static json_t *json_sites(const struct note_probe *p)
{
	json_t *sites = json_array();

	for (int i = 0; i < p->nsites; i++) {
		const struct note_site *s = &p->sites[i];
		json_t *site =
			json_pack("{s:I, s:I, s:o, s:o}", "address", (json_int_t)s->addr, "offset",
				  (json_int_t)s->offset, "semaphore", json_offset(s->sema_offset),
				  "arguments", json_text(s->args_text));

		if (json_array_append_new(sites, site) < 0) {
			json_decref(sites);
			return NULL;
		}
	}
	return sites;
}

static int print_probe_json(const struct binary *b, const struct note_probe *p)
{
	return json_print(stdout,
			  json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "file",
				    json_text(b->path), "pids", json_pids(b), "provider",
				    json_text(p->provider), "probe", json_text(p->name),
				    "semaphore", json_offset(p->sema_offset), "arguments",
				    json_text(p->sites[0].args_text), "sites", json_sites(p)));
}

static int report_json(const struct found *found)
{
	struct totals totals = { 0 };
	int err = 0;

	for (int i = 0; i < found->n && !err; i++) {
		const struct binary *b = found->binaries[i];

		totals_add(&totals, b->notes);
		for (int j = 0; j < b->notes->nprobes && !err; j++)
			err = print_probe_json(b, &b->notes->probes[j]);
	}
	if (!err)
		err = json_print(stdout,
				 json_pack("{s:i, s:I, s:I, s:I, s:I, s:i}", "files", found->n,
					   "probes", (json_int_t)totals.probes, "sites",
					   (json_int_t)totals.sites, "phantoms",
					   (json_int_t)totals.phantoms, "malformed",
					   (json_int_t)totals.malformed, "denied", found->denied));
	if (err)
		log_error("write the probes as JSON: %s", err_name(err));
	return err;
}

/* ---- the command ---- */

static const struct argp_option option_table[] = {
	{ "pid", 'p', "PID", 0, "Of the program that process PID runs", 0 },
	{ "json", 'j', NULL, 0, "One JSON object a line: the probes, then the totals", 0 },
	{ "help", 'h', NULL, 0, "Give this help list", -1 },
	{ "usage", KEY_USAGE, NULL, 0, "Give a short usage message", -1 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;
	char *end;
	long n;

	switch (key) {
	case 'p':
		errno = 0;
		n = isdigit((unsigned char)*arg) ? strtol(arg, &end, 10) : 0;
		if (n <= 0 || n > INT_MAX || *end) {
			argp_error(state, "-p wants a process ID, not '%s'", arg);
			return EINVAL;
		}
		o->pid = (int)n;
		break;
	case 'j':
		o->json = true;
		break;
	case 'h':
		o->help = ARGP_HELP_STD_HELP;
		break;
	case KEY_USAGE:
		o->help = ARGP_HELP_USAGE;
		break;
	case ARGP_KEY_ARG:
		if (o->file) {
			argp_error(state, "only one FILE, not '%s' too", arg);
			return EINVAL;
		}
		o->file = arg;
		break;
	case ARGP_KEY_END:
		if (o->pid && o->file && !o->help) {
			argp_error(state, "either -p PID or FILE, not both");
			return EINVAL;
		}
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.options = option_table,
	.parser = parse_option,
	.args_doc = "[FILE]",
	.doc = "List the USDT probes of FILE, of a process's program, or of every running program."
	       "\vA probe with a semaphore is evaluated only while something is attached to it. "
	       "Addresses and offsets of the sites are in the JSON output.\n\n"
	       "Exit status: 0, 1 failed, 2 wrong use, 3 no probe found.",
};

static int finish(const struct found *found)
{
	struct totals totals = { 0 };

	if (fflush(stdout) || ferror(stdout)) {
		log_error("write the list of probes: %s", err_name(errno));
		return STATUS_FAILED;
	}
	if (found->denied)
		log_warn("skipped %d process%s whose program may not be read%s", found->denied,
			 found->denied == 1 ? "" : "es", geteuid() ? "; run as root" : "");
	for (int i = 0; i < found->n; i++)
		totals_add(&totals, found->binaries[i]->notes);
	if (totals.probes)
		return STATUS_OK;
	log_info("no USDT probe found");
	return STATUS_NOTHING;
}

int cmd_probes(int argc, char **argv)
{
	static char name[] = "assay probes"; /* for argp's usage and error lines */
	struct found found = { 0 };
	struct options o = { 0 };
	char *saved = argv[0];
	int err, status;

	argv[0] = name;
	err = argp_parse(&argp, argc, argv, ARGP_NO_EXIT | ARGP_NO_HELP, NULL, &o);
	argv[0] = saved;
	if (err)
		return STATUS_USAGE;
	if (o.help) {
		argp_help(&argp, stdout, o.help & ~ARGP_HELP_EXIT_OK, name);
		return STATUS_OK;
	}

	err = find(&found, &o);
	if (!err && o.json)
		err = report_json(&found);
	else if (!err)
		report_text(&found, !o.file && !o.pid);
	status = err ? STATUS_FAILED : finish(&found);
	free(found.binaries);
	targets__free(found.targets);
	return status;
}
