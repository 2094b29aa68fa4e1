// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the stand-in's programs share: errors, time, durations, delays, random numbers, UUIDs. */
#define _GNU_SOURCE 1 /* strerrorname_np() */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "util.h"

const char *util_prog = "sim";

void util_warn(const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	fprintf(stderr, "%s: %s\n", util_prog, line);
}

void util_usage(const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	fprintf(stderr, "%s: %s\nTry '%s --help'.\n", util_prog, line, util_prog);
	exit(2);
}

const char *err_name(int err)
{
	const char *name = strerrorname_np(err < 0 ? -err : err);

	return name ? name : "unknown error";
}

void *util_alloc(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p) {
		util_warn("allocate %zu × %zu bytes: ENOMEM", n, size);
		abort();
	}
	return p;
}

void thread_start(pthread_t *thread, void *(*run)(void *), void *arg)
{
	pthread_attr_t attr;
	pthread_t detached;
	int err;

	pthread_attr_init(&attr);
	if (!thread)
		pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	/* Dozens of processes with dozens of threads: none of them needs much. */
	pthread_attr_setstacksize(&attr, 512 << 10);
	err = pthread_create(thread ? thread : &detached, &attr, run, arg);
	pthread_attr_destroy(&attr);
	if (err) {
		util_warn("start a thread: %s", err_name(err));
		exit(1);
	}
}

void cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
}

void cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, uint64_t when)
{
	struct timespec ts = { (time_t)(when / NSEC_PER_SEC), (long)(when % NSEC_PER_SEC) };

	pthread_cond_timedwait(cond, lock, &ts);
}

uint64_t time_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

void time_sleep(uint64_t ns)
{
	struct timespec ts = { (time_t)(ns / NSEC_PER_SEC), (long)(ns % NSEC_PER_SEC) };

	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, &ts) == EINTR)
		;
}

bool time_parse(const char *text, uint64_t *ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = { { "", 1e9 }, { "s", 1e9 }, { "ms", 1e6 }, { "us", 1e3 }, { "ns", 1 } };
	char *end;
	double v = strtod(text, &end);

	if (end == text || !(v >= 0) || v > 1e9)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].unit))
			continue;
		*ns = (uint64_t)(v * units[i].ns + 0.5);
		return true;
	}
	return false;
}

/* splitmix64: one word of state, and good from any seed. */
uint64_t rng_next(struct rng *r)
{
	uint64_t z = (r->state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

uint64_t rng_below(struct rng *r, uint64_t limit)
{
	return limit ? rng_next(r) % limit : 0;
}

void uuid_make(struct rng *r, char out[UUID_LEN])
{
	uint64_t a = rng_next(r), b = rng_next(r);

	snprintf(out, UUID_LEN, "%08x-%04x-4%03x-%04x-%012llx", (unsigned int)(a >> 32),
		 (unsigned int)(a >> 16 & 0xffff), (unsigned int)(a & 0xfff),
		 (unsigned int)(b >> 48 & 0x3fff) | 0x8000,
		 (unsigned long long)(b & 0xffffffffffffull));
}

void delay_parse(const char *text, const struct delay_name *names)
{
	const char *eq = strchr(text, '='), *tilde = eq ? strchr(eq, '~') : NULL;
	char dur[32] = "";

	for (; eq && names->name; names++) {
		struct delay d = { 0, 0 };
		size_t len = tilde ? (size_t)(tilde - eq - 1) : strlen(eq + 1);

		if (strlen(names->name) != (size_t)(eq - text) ||
		    strncmp(names->name, text, (size_t)(eq - text)))
			continue;
		if (len < sizeof(dur))
			memcpy(dur, eq + 1, len);
		if (!time_parse(dur, &d.ns) || (tilde && !time_parse(tilde + 1, &d.jitter)))
			break;
		*names->delay = d;
		return;
	}
	util_usage("--delay %s: not STAGE=DURATION[~JITTER] with a stage of this program", text);
}

uint64_t delay_pick(const struct delay *d, struct rng *r)
{
	uint64_t low = d->ns > d->jitter ? d->ns - d->jitter : 0;

	if (!d->jitter)
		return d->ns;
	return low + rng_below(r, d->ns + d->jitter - low + 1);
}

uint64_t opt_number(const char *option, const char *text, uint64_t min, uint64_t max)
{
	char *end;
	unsigned long long v;

	errno = 0;
	v = strtoull(text, &end, 0);
	if (errno || end == text || *end || *text == '-' || v < min || v > max)
		util_usage("%s %s: not a number from %llu to %llu", option, text,
			   (unsigned long long)min, (unsigned long long)max);
	return v;
}
