// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A program with many sites to attach to: ten of the gateway's probes with SITES / 10 sites each,
 * which are never reached.
 *
 * Command on stdin, answered by a line on stdout:
 *   wait N       waits until N sites have a tracer, and says when that was: ns, CLOCK_MONOTONIC
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../sim/usdt.h"

USDT_BASE;

#ifndef SITES
#define SITES 120
#endif

#define PROVIDER    "crucible_upstairs"
#define POLL_US	    100
#define PATIENCE_NS 30000000000ULL
#define TEXT(x)	    TEXT_(x)
#define TEXT_(x)    #x

#define MANY(site)  "	.rept " TEXT(SITES) " / 10\n" site "	.endr\n"

#define PROBE(cname, name)                                                              \
	volatile uint16_t bench_sema_##cname __attribute__((section(".probes"), used)); \
	static __attribute__((used, noinline)) void fire_##cname(uint64_t a0)           \
	{                                                                               \
		USDT_MOVE_J;                                                            \
		__asm__ volatile(MANY(USDT_SITE(PROVIDER, "bench_sema_" #cname, name,   \
						USDT_ARGS_J))::USDT_OPS_J               \
				 : "memory");                                           \
	}

PROBE(read_start, "gw-read-start")
PROBE(read_done, "gw-read-done")
PROBE(write_start, "gw-write-start")
PROBE(write_done, "gw-write-done")
PROBE(unwritten_start, "gw-write-unwritten-start")
PROBE(unwritten_done, "gw-write-unwritten-done")
PROBE(flush_start, "gw-flush-start")
PROBE(flush_done, "gw-flush-done")
PROBE(barrier_start, "gw-barrier-start")
PROBE(barrier_done, "gw-barrier-done")

/* Each site's tracer raises its probe's semaphore by one. */
static unsigned long live(void)
{
	return bench_sema_read_start + bench_sema_read_done + bench_sema_write_start +
	       bench_sema_write_done + bench_sema_unwritten_start + bench_sema_unwritten_done +
	       bench_sema_flush_start + bench_sema_flush_done + bench_sema_barrier_start +
	       bench_sema_barrier_done;
}

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

int main(void)
{
	char line[64];

	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin)) {
		uint64_t started = now();
		unsigned long wanted;

		if (strncmp(line, "wait ", 5))
			return 2;
		wanted = strtoul(line + 5, NULL, 10);
		while (live() != wanted && now() - started < PATIENCE_NS)
			usleep(POLL_US);
		printf("%llu\n", live() == wanted ? (unsigned long long)now() : 0);
	}
	return 0;
}
