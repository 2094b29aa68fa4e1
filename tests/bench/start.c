// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * How long the program takes from its start until all probes are live, and from SIGINT to its end;
 * the memory it takes, and whether it sleeps while nothing happens.
 *
 *   start [-n RUNS] [-j FILE] ASSAY
 *
 * The targets many-120 and many-2000 are beside this program. Status 1: a budget is exceeded.
 */
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "peer.h"

#define MAX_RUNS    100
#define SETTLE_US   200000 /* between live and SIGINT */
#define IDLE_SECS   2
#define IDLE_BUDGET 2	 /* wake-ups in that time */
#define RSS_BUDGET  12.0 /* MiB */

static const struct row {
	int sites;
	const char *how; /* -p: that process; -e: that binary, and new processes are watched for */
	double live_budget, exit_budget; /* ms */
} rows[] = {
	{ 120, "-p", 60, 100 },
	{ 120, "-e", 60, 100 },
	{ 2000, "-p", 300, 300 },
	{ 2000, "-e", 300, 300 },
};

struct times {
	double live[MAX_RUNS], exit[MAX_RUNS], rss[MAX_RUNS]; /* ms, ms, MiB */
};

static int runs = 9;
static char dir[256];
static const char *assay;

static void die(const char *doing, const char *what)
{
	fprintf(stderr, "start: %s %s: %s\n", doing, what, strerror(errno));
	exit(2);
}

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void target_path(char *path, size_t size, int sites)
{
	snprintf(path, size, "%s/many-%d", dir, sites);
}

static void target_start(struct peer *target, int sites)
{
	char path[300];
	char *argv[] = { path, NULL };

	target_path(path, sizeof(path), sites);
	if (peer_start(target, argv, 1))
		die("start", path);
}

/* When that many sites were live. */
static uint64_t target_wait(struct peer *target, int sites)
{
	char request[32], answer[64];
	uint64_t when;

	snprintf(request, sizeof(request), "wait %d", sites);
	if (peer_ask(target, request, answer, sizeof(answer)))
		errno = EPIPE, die("ask", "the target");
	when = strtoull(answer, NULL, 10);
	if (!when)
		errno = ETIMEDOUT, die("wait for the sites of", "the target");
	return when;
}

static pid_t assay_start(const struct row *row, const struct peer *target)
{
	char path[300], pid[16];
	char *by_pid = !strcmp(row->how, "-p") ? pid : path;
	char *argv[] = {
		(char *)assay, "perfgw", (char *)row->how, by_pid, "-o", "/dev/null", NULL
	};
	struct peer peer;

	target_path(path, sizeof(path), row->sites);
	snprintf(pid, sizeof(pid), "%d", target->pid);
	if (peer_start(&peer, argv, 0))
		die("start", assay);
	return peer.pid;
}

static void assay_end(pid_t pid, struct rusage *usage)
{
	int status;

	kill(pid, SIGINT);
	if (wait4(pid, &status, 0, usage) != pid)
		die("wait for", assay);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		errno = ECHILD, die("end well:", assay);
}

static void measure(const struct row *row, struct peer *target, struct times *t, int i)
{
	uint64_t started = now(), ending;
	struct rusage usage;
	pid_t pid = assay_start(row, target);

	t->live[i] = (target_wait(target, row->sites) - started) / 1e6;
	usleep(SETTLE_US);
	ending = now();
	assay_end(pid, &usage);
	t->exit[i] = (now() - ending) / 1e6;
	/* its highest, the tables read at the end included */
	t->rss[i] = usage.ru_maxrss / 1024.0;
	target_wait(target, 0);
}

static bool report(const struct row *row, json_t *array)
{
	struct peer target;
	struct times t;
	double live, end, rss;
	bool fits;

	target_start(&target, row->sites);
	for (int i = 0; i < runs; i++)
		measure(row, &target, &t, i);
	peer_end(&target, 0);
	live = median(t.live, runs);
	end = median(t.exit, runs);
	rss = median(t.rss, runs);
	fits = live <= row->live_budget && end <= row->exit_budget && rss <= RSS_BUDGET;
	printf("%4d sites, %s  %8.1f %8.1f %7.0f %8.1f %8.1f %7.0f %8.1f %7.0f  %s\n", row->sites,
	       row->how, live, t.live[runs - 1], row->live_budget, end, t.exit[runs - 1],
	       row->exit_budget, rss, RSS_BUDGET, fits ? "ok" : "OVER");
	json_array_append_new(array, json_pack("{s:i, s:s, s:f, s:f, s:f, s:f, s:f, s:b}", "sites",
					       row->sites, "how", row->how, "live_ms", live,
					       "live_budget_ms", row->live_budget, "exit_ms", end,
					       "exit_budget_ms", row->exit_budget, "rss_mib", rss,
					       "fits", fits));
	return fits;
}

static long wakeups(pid_t pid)
{
	char path[64], line[128];
	long n = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	if (!f)
		die("open", path);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "voluntary_ctxt_switches: %ld", &n) == 1)
			break;
	fclose(f);
	return n;
}

static bool report_idle(json_t *root)
{
	struct rusage usage;
	struct peer target;
	long before, woken;
	bool fits;
	pid_t pid;

	target_start(&target, rows[0].sites);
	pid = assay_start(&rows[0], &target);
	target_wait(&target, rows[0].sites);
	usleep(SETTLE_US);
	before = wakeups(pid);
	sleep(IDLE_SECS);
	woken = wakeups(pid) - before;
	assay_end(pid, &usage);
	peer_end(&target, 0);
	fits = woken <= IDLE_BUDGET;
	printf("idle for %d s: woken up %ld times, budget %d  %s\n", IDLE_SECS, woken, IDLE_BUDGET,
	       fits ? "ok" : "OVER");
	json_object_set_new(root, "idle_wakeups", json_integer(woken));
	json_object_set_new(root, "idle_seconds", json_integer(IDLE_SECS));
	return fits;
}

int main(int argc, char **argv)
{
	json_t *root = json_object(), *array = json_array();
	const char *json = NULL;
	bool good = true;
	char *slash;
	int opt;

	while ((opt = getopt(argc, argv, "n:j:")) != -1) {
		if (opt == 'n')
			runs = atoi(optarg);
		else if (opt == 'j')
			json = optarg;
		else
			return 2;
	}
	assay = argv[optind];
	if (!assay || runs < 1 || runs > MAX_RUNS) {
		fprintf(stderr, "usage: start [-n RUNS] [-j FILE] ASSAY\n");
		return 2;
	}
	if (readlink("/proc/self/exe", dir, sizeof(dir) - 1) < 0)
		die("find", "the bench's folder");
	slash = strrchr(dir, '/');
	*slash = '\0';
	printf("%-14s  %8s %8s %7s %8s %8s %7s %8s %7s\n", "", "live ms", "most", "budget",
	       "exit ms", "most", "budget", "RSS MiB", "budget");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		good &= report(&rows[i], array);
	json_object_set_new(root, "runs", json_integer(runs));
	json_object_set_new(root, "rows", array);
	good &= report_idle(root);
	if (json && json_dump_file(root, json, JSON_INDENT(2)))
		die("write", json);
	json_decref(root);
	return good ? 0 : 1;
}
