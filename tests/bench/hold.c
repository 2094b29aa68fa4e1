// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Keeps one kind of tracing attached to a binary, through the project's own code, for as long as
 * its stdin is open. A process of its own, so that several kinds, also of several builds, can be
 * attached side by side and measured by turns.
 *
 *   hold empty|least|count|pair|raw FILE [PID]
 *
 * Says "live SITES" when the probes are live. Commands on stdin, each answered by a line:
 *   stat         "HITS LOST": hits the tracer has accounted for, and those it lost
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "core/snapshot.h"
#include "core/tracer.h"
#include "empty.skel.h"
#include "reports/report.h"
#include "reports/wild.h"

#define DRAIN_MS  20 /* as the program's own */
#define MAX_PAGES 32
#define HIT_ARGS  2 /* of each hit: a job and a client */

enum kind { EMPTY, LEAST, COUNT, PAIR, ALL, RAW, KINDS };

static const char *const kinds[KINDS] = { "empty", "least", "count", "pair", "all", "raw" };

struct hold {
	enum kind kind;
	const struct report *report; /* whose probes and rules */
	struct tracer *tracer;	     /* unless EMPTY or LEAST */
	pid_t pid;		     /* the only process traced; 0: all */
	uint64_t records;
};

static const struct report *report_of(enum kind kind)
{
	const struct report *matches[4];
	int n;

	return report_find(kind == COUNT ? "tracegw" : "perfgw", matches, 4, &n);
}

/* The same sites, semaphores and cookies as the others have, on a program that does next to
 * nothing. */
static int hold_empty(struct hold *h, int fd, const struct notes *notes, char *why, size_t size)
{
	struct plan *plan = plan__new(&(struct plan_options){ .rules = h->report->rules }, NULL);
	struct usdt_page *pages = calloc(MAX_PAGES, sizeof(*pages));
	enum attach_mode mode = attach_detect();
	struct empty_bpf *skel = empty_bpf__open();
	struct bpf_program *prog;
	struct attach_point *points;
	struct attach *attach;
	int n, err;

	if (!plan || !pages || !skel)
		return -ENOMEM;
	prog = h->kind == EMPTY ? skel->progs.assay_empty : skel->progs.assay_least;
	attach_prepare(prog, mode);
	err = empty_bpf__load(skel);
	if (err)
		return err;
	n = plan_points(plan, notes, &points, why, size);
	if (n < 0)
		return n;
	attach = attach__new(prog, mode, pages, MAX_PAGES);
	err = attach ? attach_file(attach, fd, h->pid, points, n, why, size) : -ENOMEM;
	return err ? err : n;
}

/* All of Crucible's starts with their dones, as "assay latency" does it. */
static int hold_wild(struct hold *h, const struct notes *notes, char *why, size_t size)
{
	static char *patterns[] = { "crucible_*:*-start", "crucible_*:*-done" };
	static struct options options = { .args = patterns, .nargs = 2 };
	const struct report *matches[4], *latency;
	struct wild *wild;
	int n, err;

	latency = report_find("latency", matches, 4, &n);
	err = wild__new(latency, &options, &wild, why, size);
	if (err)
		return err;
	wild_add_notes(wild, notes);
	h->report = wild_report(wild);
	return 0;
}

static int hold_tracer(struct hold *h, int fd, const struct notes *notes, char *why, size_t size)
{
	struct tracer_options options = { .pid = h->pid };
	const struct probe_rule *rules;
	int err = h->kind == ALL ? hold_wild(h, notes, why, size) : 0;

	if (err)
		return err;
	rules = h->report->rules;
	options.plan =
		(struct plan_options){ .rules = rules,
				       .hits = h->kind == RAW ? PLAN_HITS_ALL : PLAN_HITS_NONE,
				       .hit_args = HIT_ARGS };
	options.verbs = h->kind == RAW ? 0 : plan_verbs(rules);
	options.max_rules = plan_most_rules(rules);
	options.rows = h->kind == RAW ? 0 : h->report->rows;
	options.texts = options.threads = h->kind == ALL;
	err = tracer__new(&options, &h->tracer, why, size);
	err = err ? err : tracer_attach(h->tracer, fd, notes, h->pid, why, size);
	if (err > 0)
		tracer_go(h->tracer);
	return err;
}

static void hold_record(void *arg, const void *record, size_t size)
{
	struct hold *h = arg;
	const struct record *r = record;

	if (size >= sizeof(*r) && r->kind == RECORD_HIT)
		h->records++;
}

/* Starts that wait for their dones. */
static int hold_waiting(const struct hold *h, uint64_t *n)
{
	struct waiting waiting = { 0 };
	int err = tracer_waiting(h->tracer, &waiting);

	*n = waiting.n;
	waiting_free(&waiting);
	return err;
}

static int hold_stat(struct hold *h)
{
	struct fold_tables tables;
	struct snapshot *s;
	uint64_t hits = 0, lost = 0, waiting = 0;

	if (!h->tracer)
		return printf("0 0\n") < 0;
	if (h->kind == RAW)
		tracer_drain(h->tracer, UINT64_MAX, hold_record, h);
	if ((h->kind == PAIR || h->kind == ALL) && hold_waiting(h, &waiting))
		return -ENOMEM;
	tables = tracer_tables(h->tracer);
	s = snapshot__take(&tables);
	if (!s)
		return -ENOMEM;
	for (int i = 0; i < s->nrows; i++)
		hits += s->rows[i].count;
	/* a duration is two hits, and a start that waits is one */
	if (h->kind == PAIR || h->kind == ALL)
		hits = 2 * hits + waiting;
	for (int i = 0; i < FOLD_LOSS_MAX; i++)
		if (i != FOLD_LOSS_AMBIGUOUS && i != FOLD_LOSS_SPILLED)
			lost += s->losses[i];
	printf("%llu %llu\n", (unsigned long long)(hits + h->records), (unsigned long long)lost);
	snapshot__free(s);
	return 0;
}

static int hold_serve(struct hold *h)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	char line[64];

	for (;;) {
		int n = poll(&in, 1, h->kind == RAW ? DRAIN_MS : -1);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (h->kind == RAW)
			tracer_drain(h->tracer, UINT64_MAX, hold_record, h);
		if (n <= 0)
			continue;
		if (!fgets(line, sizeof(line), stdin))
			return 0;
		if (!strcmp(line, "stat\n") && hold_stat(h))
			return -ENOMEM;
	}
}

static int hold_attach(struct hold *h, const char *file, char *why, size_t size)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC), err;
	struct notes *notes;

	snprintf(why, size, "open");
	if (fd < 0)
		return -errno;
	err = notes__read(fd, file, &notes, why, size);
	if (err)
		return err;
	if (h->kind == EMPTY || h->kind == LEAST)
		return hold_empty(h, fd, notes, why, size);
	return hold_tracer(h, fd, notes, why, size);
}

int main(int argc, char **argv)
{
	struct hold h = { .kind = 0 };
	char why[256] = "";
	int n;

	while (argc >= 3 && h.kind < KINDS && strcmp(argv[1], kinds[h.kind]))
		h.kind++;
	if (argc < 3 || argc > 4 || h.kind == KINDS) {
		fprintf(stderr, "usage: hold empty|least|count|pair|all|raw FILE [PID]\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	h.pid = argc == 4 ? atoi(argv[3]) : 0;
	h.report = report_of(h.kind);
	n = h.report ? hold_attach(&h, argv[2], why, sizeof(why)) : -ENOENT;
	if (n < 0) {
		fprintf(stderr, "hold: %s on %s: %s: %s\n", argv[1], argv[2], why, strerror(-n));
		return 1;
	}
	printf("live %d\n", n);
	return hold_serve(&h) ? 1 : 0;
}
