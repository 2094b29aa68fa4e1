// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A program to trace: it fires the gateway's probes in a tight loop and says what a hit took.
 *
 *   target [-t THREADS] [-w WINDOW] [-c CPU]
 *
 * Commands on stdin, one a line, each answered by a line on stdout:
 *   live         how many of the probes have a tracer
 *   run HITS     fires (about) HITS hits: "NS HITS", the CPU time a hit took and the hits there
 * were
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../sim/usdt.h"

USDT_BASE;

#define PROVIDER "crucible_upstairs"

/* One probe, one site: its semaphore, and a function that fires it. */
#define PROBE(cname, name)                                                               \
	volatile uint16_t bench_sema_##cname __attribute__((section(".probes"), used));  \
	static inline __attribute__((always_inline)) void fire_##cname(uint64_t a0)      \
	{                                                                                \
		if (__builtin_expect(bench_sema_##cname != 0, 0)) {                      \
			USDT_MOVE_J;                                                     \
			__asm__ volatile(USDT_SITE(PROVIDER, "bench_sema_" #cname, name, \
						   USDT_ARGS_J)::USDT_OPS_J              \
					 : "memory");                                    \
		}                                                                        \
	}

PROBE(read_start, "gw-read-start")
PROBE(read_done, "gw-read-done")
PROBE(write_start, "gw-write-start")
PROBE(write_done, "gw-write-done")

#define WARM_UP 8 /* one in so many hits is fired before the clock starts */

struct thread {
	pthread_t id;
	uint64_t first, stride; /* jobs: first, first + stride, ... */
	uint64_t jobs;
	uint64_t ns;
};

static unsigned long nthreads = 1, window = 32;
static uint64_t next_job = 1000; /* as Crucible's */

/* Reads and writes by turns. The window of a run is empty again at its end. */
static __attribute__((noinline)) void fire(uint64_t first, uint64_t stride, uint64_t jobs)
{
	uint64_t ahead = window < jobs ? window : jobs;

	for (uint64_t i = 0; i < jobs + ahead; i++) {
		uint64_t job = first + i * stride, old = job - ahead * stride;

		if (i < jobs) {
			if (i & 1)
				fire_write_start(job);
			else
				fire_read_start(job);
		}
		if (i >= ahead) {
			if ((i - ahead) & 1)
				fire_write_done(old);
			else
				fire_read_done(old);
		}
	}
}

/*
 * The thread's own time: on a busy machine others run in between, and a probe's cost is time of the
 * thread that fires it.
 */
static uint64_t cpu_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void *thread_run(void *arg)
{
	struct thread *t = arg;
	uint64_t warm = t->jobs / WARM_UP, started;

	fire(t->first, t->stride, warm);
	started = cpu_now();
	fire(t->first + warm * t->stride, t->stride, t->jobs - warm);
	t->ns = cpu_now() - started;
	return NULL;
}

static int run(uint64_t hits)
{
	struct thread *threads = calloc(nthreads, sizeof(*threads));
	uint64_t jobs = hits / 2 / nthreads, ns = 0;
	unsigned long started = 0;

	if (!threads || !jobs)
		return -1;
	for (unsigned long i = 0; i < nthreads; i++) {
		threads[i] =
			(struct thread){ .first = next_job + i, .stride = nthreads, .jobs = jobs };
		if (nthreads > 1 && pthread_create(&threads[i].id, NULL, thread_run, &threads[i]))
			return -1;
		started++;
	}
	if (nthreads == 1)
		thread_run(&threads[0]);
	for (unsigned long i = 0; i < started; i++) {
		if (nthreads > 1)
			pthread_join(threads[i].id, NULL);
		ns += threads[i].ns;
	}
	next_job += jobs * nthreads;
	printf("%.2f %llu\n", (double)ns / nthreads / (2 * (jobs - jobs / WARM_UP)),
	       (unsigned long long)(2 * jobs * nthreads));
	free(threads);
	return 0;
}

static int live(void)
{
	return !!bench_sema_read_start + !!bench_sema_read_done + !!bench_sema_write_start +
	       !!bench_sema_write_done;
}

static int usage(void)
{
	fprintf(stderr, "usage: target [-t THREADS] [-w WINDOW] [-c CPU]\n");
	return 2;
}

int main(int argc, char **argv)
{
	char line[64];
	cpu_set_t cpus;
	int opt;

	while ((opt = getopt(argc, argv, "t:w:c:")) != -1) {
		unsigned long n = optarg ? strtoul(optarg, NULL, 10) : 0;

		if (opt == 't' && n) {
			nthreads = n;
		} else if (opt == 'w' && n) {
			window = n;
		} else if (opt == 'c') {
			CPU_ZERO(&cpus);
			CPU_SET(n, &cpus);
			if (sched_setaffinity(0, sizeof(cpus), &cpus))
				return perror("target: choose a CPU"), 1;
		} else {
			return usage();
		}
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin)) {
		if (!strncmp(line, "live", 4))
			printf("%d\n", live());
		else if (strncmp(line, "run ", 4) || run(strtoull(line + 4, NULL, 10)))
			return usage();
	}
	return 0;
}
