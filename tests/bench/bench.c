// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a probe hit costs under each kind of tracing, side by side.
 *
 *   bench [-r ROUNDS] [-h HITS] [-t THREADS] [-j FILE] [-k KINDS] [-a LABEL=DIR]...
 *
 * Each kind has a twin of the target, a copy of the binary and so an inode of its own, and stays
 * attached to it throughout; the twins fire by turns, a few hundredths of a second each. What is
 * judged are ratios within a round, as the speed of the machine drifts from round to round. -k
 * leaves all kinds out but some ("pair,raw"), and -a adds those of another build, its bench folder
 * being DIR. Status 1: a budget is exceeded, or hits are missing.
 */
#include <errno.h>
#include <jansson.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "peer.h"

#define MAX_KINDS  48
#define MAX_BUILDS 16
#define MAX_ROUNDS 1000
#define PROBES	   4 /* that the target has */
#define LIVE_MS	   20000

#define BPFTRACE_COUNT                                                                 \
	"usdt:%1$s:crucible_upstairs:gw-read-start { @[\"read start\"] = count(); }"   \
	"usdt:%1$s:crucible_upstairs:gw-read-done { @[\"read done\"] = count(); }"     \
	"usdt:%1$s:crucible_upstairs:gw-write-start { @[\"write start\"] = count(); }" \
	"usdt:%1$s:crucible_upstairs:gw-write-done { @[\"write done\"] = count(); }"

#define BPFTRACE_PAIR_OF(op)                                                          \
	"usdt:%1$s:crucible_upstairs:gw-" op "-start { @" op "[pid, arg0] = nsecs; }" \
	"usdt:%1$s:crucible_upstairs:gw-" op "-done /@" op "[pid, arg0]/ "            \
	"{ @[\"" op "\"] = hist(nsecs - @" op "[pid, arg0]); delete(@" op "[pid, arg0]); }"
#define BPFTRACE_PAIR BPFTRACE_PAIR_OF("read") BPFTRACE_PAIR_OF("write")

struct kind {
	char name[40];
	const char *hold;   /* what `hold` is told to do; NULL: it is not used */
	const char *script; /* of bpftrace; NULL likewise */
	const char *dir;    /* where the hold is */
	bool alone;	    /* the one process is traced, as with -p, not the binary */
	double budget;	    /* of the empty program; 0: none */
	const char *rival;  /* bpftrace's way to do the same; NULL: none */
	struct peer target, tracer;
	uint64_t hits, seen, lost;
	double ns[MAX_ROUNDS];
};

static struct bench {
	struct kind kinds[MAX_KINDS];
	int nkinds;
	char *builds[MAX_BUILDS];
	int nbuilds;
	int rounds, threads;
	long hits;
	int cpu; /* the target's; -1: any */
	const char *json, *only;
	char dir[256]; /* where the bench and its helpers are */
} bench = { .rounds = 41, .threads = 1, .hits = 50000, .cpu = -1 };

#define RIVAL_BUDGET 0.90

static void die(const char *doing, const char *what)
{
	fprintf(stderr, "bench: %s %s: %s\n", doing, what, strerror(errno));
	exit(2);
}

static struct kind *add(const char *name, const char *dir, const char *hold, double budget,
			const char *rival)
{
	struct kind *k = &bench.kinds[bench.nkinds];

	if (bench.nkinds == MAX_KINDS)
		errno = E2BIG, die("add", name);
	bench.nkinds++;
	snprintf(k->name, sizeof(k->name), "%s", name);
	k->dir = dir;
	k->hold = hold;
	k->budget = budget;
	k->rival = rival;
	return k;
}

static bool wanted(const char *what)
{
	return !bench.only || strstr(bench.only, what);
}

static void add_bpftrace(void)
{
	if (!wanted("bpftrace"))
		return;
	if (system("command -v bpftrace >/dev/null")) {
		fprintf(stderr, "bench: bpftrace is not installed: no comparison with it\n");
		return;
	}
	add("bpftrace-count", NULL, NULL, 0, NULL)->script = BPFTRACE_COUNT;
	add("bpftrace-pair", NULL, NULL, 0, NULL)->script = BPFTRACE_PAIR;
}

static void add_own(void)
{
	add("off", bench.dir, NULL, 0, NULL);
	add("empty", bench.dir, "empty", 0, NULL);
	add("least", bench.dir, "least", 0, NULL);
	if (wanted("count"))
		add("count", bench.dir, "count", 1.06, "bpftrace-count");
	if (wanted("pair"))
		add("pair", bench.dir, "pair", 1.10, "bpftrace-pair");
	if (wanted("pair"))
		add("pair-p", bench.dir, "pair", 1.10, "bpftrace-pair")->alone = true;
	/* every latency probe of both providers is attached; the same four are hit */
	if (wanted("all"))
		add("all", bench.dir, "all", 1.10, "bpftrace-pair");
	if (wanted("raw"))
		add("raw", bench.dir, "raw", 1.15, "bpftrace-pair");
}

/* "LABEL=DIR": the kinds of another build. */
static void add_build(char *spec)
{
	static const char *const what[] = { "count", "pair", "raw" };
	char *dir = strchr(spec, '='), name[40];

	if (!dir)
		errno = EINVAL, die("add", spec);
	*dir++ = '\0';
	for (int i = 0; i < 3; i++) {
		if (!wanted(what[i]))
			continue;
		snprintf(name, sizeof(name), "%s-%s", what[i], spec);
		add(name, dir, what[i], 0, NULL);
	}
}

/* A process with a hold of its own probes' semaphores: how many have a tracer. */
static int live(struct kind *k)
{
	char answer[64];

	if (peer_ask(&k->target, "live", answer, sizeof(answer)))
		die("ask the target of", k->name);
	return atoi(answer);
}

static void start_target(struct kind *k)
{
	char copy[400], command[1000], threads[16], cpu[16];
	char *argv[] = { copy, "-t", threads, "-c", cpu, NULL };
	int err;

	snprintf(copy, sizeof(copy), "%s/twins/%s", bench.dir, k->name);
	snprintf(command, sizeof(command), "mkdir -p '%s/twins' && cp -f '%s/target' '%s'",
		 bench.dir, bench.dir, copy);
	if (system(command))
		errno = EIO, die("copy the target for", k->name);
	snprintf(threads, sizeof(threads), "%d", bench.threads);
	snprintf(cpu, sizeof(cpu), "%d", bench.cpu);
	if (bench.cpu < 0)
		argv[3] = NULL;
	err = peer_start(&k->target, argv, 1);
	if (err)
		errno = -err, die("start the target of", k->name);
}

static void start_hold(struct kind *k)
{
	char hold[300], copy[400], answer[64], pid[16];
	char *argv[] = { hold, (char *)k->hold, copy, k->alone ? pid : NULL, NULL };

	snprintf(pid, sizeof(pid), "%d", k->target.pid);
	snprintf(hold, sizeof(hold), "%s/hold", k->dir);
	snprintf(copy, sizeof(copy), "%s/twins/%s", bench.dir, k->name);
	if (peer_start(&k->tracer, argv, 1) || peer_ask(&k->tracer, NULL, answer, sizeof(answer)))
		errno = EIO, die("attach", k->name);
}

static void start_bpftrace(struct kind *k)
{
	char copy[400], script[4000];
	char *argv[] = { "bpftrace", "-q", "-e", script, NULL };

	snprintf(copy, sizeof(copy), "%s/twins/%s", bench.dir, k->name);
	snprintf(script, sizeof(script), k->script, copy);
	if (peer_start(&k->tracer, argv, 0))
		die("start", "bpftrace");
}

static void start(struct kind *k)
{
	int wanted = k->hold || k->script ? PROBES : 0;

	start_target(k);
	if (k->hold)
		start_hold(k);
	else if (k->script)
		start_bpftrace(k);
	for (int ms = 0; live(k) != wanted; ms += 50) {
		if (ms > LIVE_MS)
			errno = ETIMEDOUT, die("wait for the probes of", k->name);
		usleep(50000);
	}
}

static void measure(struct kind *k, int round)
{
	char request[64], answer[64];
	unsigned long long hits;

	snprintf(request, sizeof(request), "run %ld", bench.hits);
	if (peer_ask(&k->target, request, answer, sizeof(answer)) ||
	    sscanf(answer, "%lf %llu", &k->ns[round], &hits) != 2)
		errno = EIO, die("run the target of", k->name);
	k->hits += hits;
}

/* In an order of its own: who follows whom, on caches left behind, must not matter. */
static void measure_round(int round)
{
	int order[MAX_KINDS];

	for (int i = 0; i < bench.nkinds; i++) {
		int j = rand() % (i + 1);

		order[i] = order[j];
		order[j] = i;
	}
	for (int i = 0; i < bench.nkinds; i++)
		measure(&bench.kinds[order[i]], round);
}

/* What the tracer says it has seen, against what was fired. */
static bool check(struct kind *k)
{
	unsigned long long seen, lost;
	char answer[64];

	if (!k->hold || !strcmp(k->hold, "empty") || !strcmp(k->hold, "least"))
		return true;
	if (peer_ask(&k->tracer, "stat", answer, sizeof(answer)) ||
	    sscanf(answer, "%llu %llu", &seen, &lost) != 2)
		errno = EIO, die("ask for the hits of", k->name);
	k->seen = seen;
	k->lost = lost;
	return seen == k->hits && !lost;
}

static struct kind *find(const char *name)
{
	for (int i = 0; name && i < bench.nkinds; i++)
		if (!strcmp(bench.kinds[i].name, name))
			return &bench.kinds[i];
	return NULL;
}

struct spread {
	double median, min, max;
};

/* Of k's ns per hit, divided by those of `other` in the same round unless that is NULL. */
static struct spread spread(const struct kind *k, const struct kind *other)
{
	double values[MAX_ROUNDS];
	struct spread s;

	for (int i = 0; i < bench.rounds; i++)
		values[i] = other ? k->ns[i] / other->ns[i] : k->ns[i];
	s.median = median(values, bench.rounds);
	s.min = values[0];
	s.max = values[bench.rounds - 1];
	return s;
}

/* One line, and its object; false when it is over a budget or hits are missing. */
static bool report(struct kind *k, json_t *rows)
{
	struct kind *rival = find(k->rival);
	struct spread ns = spread(k, NULL), ratio = spread(k, find("empty"));
	struct spread beats = rival ? spread(k, rival) : (struct spread){ 0 };
	bool exact = check(k), fits = !k->budget || ratio.median <= k->budget;
	char budget[16] = "", rivals[40] = "", hits[64] = "";

	if (rival)
		fits = fits && beats.median <= RIVAL_BUDGET;
	if (k->budget)
		snprintf(budget, sizeof(budget), "%.2f", k->budget);
	if (rival)
		snprintf(rivals, sizeof(rivals), "%.2f", beats.median);
	if (!exact)
		snprintf(hits, sizeof(hits), "  %llu hits, seen %llu, lost %llu",
			 (unsigned long long)k->hits, (unsigned long long)k->seen,
			 (unsigned long long)k->lost);
	printf("%-16s %8.1f %8.3f  %.3f-%.3f %7s %9s  %s%s\n", k->name, ns.median, ratio.median,
	       ratio.min, ratio.max, budget, rivals,
	       !exact	   ? "MISSED"
	       : !fits	   ? "OVER"
	       : k->budget ? "ok"
			   : "",
	       hits);
	json_array_append_new(rows, json_pack("{s:s, s:f, s:f, s:f, s:f, s:f, s:f, s:b, s:b}",
					      "name", k->name, "ns_per_hit", ns.median, "ratio",
					      ratio.median, "ratio_min", ratio.min, "ratio_max",
					      ratio.max, "budget", k->budget, "ratio_to_bpftrace",
					      beats.median, "exact", exact, "fits", fits));
	return exact && fits;
}

static bool report_all(void)
{
	json_t *rows = json_array(), *root;
	bool good = true;

	printf("%-16s %8s %8s  %-11s %7s %9s\n", "", "ns/hit", "of empty", "min-max", "budget",
	       "of bpftr.");
	for (int i = 0; i < bench.nkinds; i++)
		good &= report(&bench.kinds[i], rows);
	root = json_pack("{s:i, s:i, s:i, s:o}", "rounds", bench.rounds, "hits", (int)bench.hits,
			 "threads", bench.threads, "kinds", rows);
	if (bench.json && json_dump_file(root, bench.json, JSON_INDENT(2)))
		die("write", bench.json);
	json_decref(root);
	return good;
}

static void end_all(void)
{
	for (int i = 0; i < bench.nkinds; i++) {
		struct kind *k = &bench.kinds[i];

		peer_end(&k->tracer, k->script ? SIGINT : 0);
		peer_end(&k->target, 0);
	}
}

/* The target alone on the last CPU, all else on the others. */
static void choose_cpus(void)
{
	cpu_set_t cpus;
	int last = -1;

	if (bench.threads > 1 || sched_getaffinity(0, sizeof(cpus), &cpus) || CPU_COUNT(&cpus) < 2)
		return;
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &cpus))
			last = i;
	bench.cpu = last;
	CPU_CLR(last, &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
}

static void options(int argc, char **argv)
{
	int opt;

	while ((opt = getopt(argc, argv, "r:h:t:j:k:a:")) != -1) {
		if (opt == 'r')
			bench.rounds = atoi(optarg);
		else if (opt == 'h')
			bench.hits = atol(optarg);
		else if (opt == 't')
			bench.threads = atoi(optarg);
		else if (opt == 'j')
			bench.json = optarg;
		else if (opt == 'a')
			bench.builds[bench.nbuilds++ % MAX_BUILDS] = optarg;
		else if (opt == 'k')
			bench.only = optarg;
		else
			exit(2);
	}
	if (bench.rounds < 1 || bench.rounds > MAX_ROUNDS || bench.hits < 100 ||
	    bench.nbuilds > MAX_BUILDS || bench.threads < 1)
		errno = EINVAL, die("use", "these options");
}

int main(int argc, char **argv)
{
	char *slash;
	bool good;

	signal(SIGPIPE, SIG_IGN);
	if (readlink("/proc/self/exe", bench.dir, sizeof(bench.dir) - 1) < 0)
		die("find", "the bench's folder");
	slash = strrchr(bench.dir, '/');
	*slash = '\0';
	options(argc, argv);
	add_own();
	for (int i = 0; i < bench.nbuilds; i++)
		add_build(bench.builds[i]);
	add_bpftrace();
	choose_cpus();
	for (int i = 0; i < bench.nkinds; i++)
		start(&bench.kinds[i]);
	for (int r = 0; r < bench.rounds; r++)
		measure_round(r);
	good = report_all();
	end_all();
	return good ? 0 : 1;
}
