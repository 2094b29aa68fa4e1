/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the stand-in's programs share: errors, time, durations, delays, random numbers, UUIDs. */
#ifndef SIM_UTIL_H
#define SIM_UTIL_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NSEC_PER_SEC 1000000000ull
#define UUID_LEN     37

/* The program's name in front of messages. */
extern const char *util_prog;

void util_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Wrong use: the message, then the way to the help; status 2. */
void util_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

/* An errno's name; a negative one is taken as its errno. */
const char *err_name(int err);

void *util_alloc(size_t n, size_t size);

/* Ends the program when there can't be a thread; detached when nobody wants to join it. */
void thread_start(pthread_t *thread, void *(*run)(void *), void *arg);

/* A condition variable on CLOCK_MONOTONIC, and waiting on it until a time of that clock. */
void cond_init(pthread_cond_t *cond);
void cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, uint64_t when);

uint64_t time_now(void);
void time_sleep(uint64_t ns);
/* From now on this thread and those it starts sleep to the microsecond, not to 50 of them. */
void time_precise(void);
/* "250us", "10ms", "1.5s"; a bare number is seconds. False when it is none. */
bool time_parse(const char *text, uint64_t *ns);

struct rng {
	uint64_t state;
};

uint64_t rng_next(struct rng *r);
uint64_t rng_below(struct rng *r, uint64_t limit);
void uuid_make(struct rng *r, char out[UUID_LEN]);

/* A duration with an even jitter to both sides. */
struct spread {
	uint64_t ns;
	uint64_t jitter;
};

/*
 * How long to hold operations up: all alike, or one of so many otherwise. Which one of them is
 * random, that there is one is not: the slowest hundredth is to be one, and not more or less of it.
 */
struct delay {
	struct spread most;
	struct spread one;
	uint64_t of;	     /* 0: all alike */
	struct turns *turns; /* how far it is; for all threads */
};

struct delay_name {
	const char *name;
	struct delay *delay;
};

/*
 * STAGE=DURATION[~JITTER][,1/N:DURATION[~JITTER]] into the delay of that name; ends the program
 * when it is wrong.
 */
void delay_parse(const char *text, const struct delay_name *names);
bool delay_is_set(const struct delay *d);
uint64_t delay_pick(const struct delay *d, struct rng *r);

/* A number of an option, within bounds; ends the program when it is wrong. */
uint64_t opt_number(const char *option, const char *text, uint64_t min, uint64_t max);

#endif
