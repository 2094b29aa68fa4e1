// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Calls getppid(2) N times, in THREADS threads, each on a CPU of its own as far as there are so
 * many; RATE a second altogether, 0 for as fast as it goes. The process is called "caller". Prints
 * its pid, the calls made, the seconds taken and the CPU time used, on one line.
 */
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define BATCH 64 /* calls between looks at the clock */

static uint64_t each; /* calls of a thread */
static double rate;   /* of a thread */

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void *work(void *arg)
{
	int cpu = (int)(intptr_t)arg % (int)sysconf(_SC_NPROCESSORS_ONLN);
	double start = now();
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	for (uint64_t done = 0; done < each;) {
		double ahead;

		for (int i = 0; i < BATCH && done < each; i++, done++)
			syscall(__NR_getppid);
		ahead = rate > 0 ? start + done / rate - now() : 0;
		/* late is late: the rate is made up for */
		if (ahead > 0.0002)
			nanosleep(&(struct timespec){ 0, ahead * 1e9 }, NULL);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	int threads = argc == 4 ? atoi(argv[2]) : 0;
	pthread_t thread[64];
	struct rusage u;
	double start = now();

	if (threads < 1 || threads > 64) {
		fprintf(stderr, "usage: calls N THREADS RATE\n");
		return 2;
	}
	prctl(PR_SET_NAME, "caller");
	each = strtoull(argv[1], NULL, 0) / threads;
	rate = atof(argv[3]) / threads;
	for (int i = 0; i < threads; i++)
		if (pthread_create(&thread[i], NULL, work, (void *)(intptr_t)i))
			return 1;
	for (int i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
	getrusage(RUSAGE_SELF, &u);
	printf("%d %llu %.3f %.3f\n", getpid(), (unsigned long long)(each * threads), now() - start,
	       u.ru_utime.tv_sec + u.ru_stime.tv_sec +
		       (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6);
	return 0;
}
