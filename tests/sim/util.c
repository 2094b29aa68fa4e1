// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the stand-in's programs share: errors, time, durations, delays, random numbers, UUIDs. */
#define _GNU_SOURCE 1 /* strerrorname_np() */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
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

void time_precise(void)
{
	prctl(PR_SET_TIMERSLACK, 1000);
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

/* DURATION[~JITTER], which ends at `end`. */
static bool spread_parse(const char *text, const char *end, struct spread *s)
{
	char copy[64], *tilde;

	if ((size_t)(end - text) >= sizeof(copy))
		return false;
	memcpy(copy, text, (size_t)(end - text));
	copy[end - text] = '\0';
	tilde = strchr(copy, '~');
	if (tilde)
		*tilde++ = '\0';
	return time_parse(copy, &s->ns) && (!tilde || time_parse(tilde, &s->jitter));
}

struct turns {
	pthread_mutex_t lock;
	uint64_t left;	/* of the `of` operations that are under way */
	uint64_t after; /* the one that is held up otherwise has so many behind it */
};

/* 1/N:DURATION[~JITTER] */
static bool delay_parse_one(const char *text, struct delay *d)
{
	char *end;

	if (strncmp(text, "1/", 2) || text[2] < '1' || text[2] > '9')
		return false;
	d->of = strtoull(text + 2, &end, 10);
	if (*end != ':')
		return false;
	d->turns = util_alloc(1, sizeof(*d->turns));
	pthread_mutex_init(&d->turns->lock, NULL);
	return spread_parse(end + 1, strchr(end, '\0'), &d->one);
}

void delay_parse(const char *text, const struct delay_name *names)
{
	const char *eq = strchr(text, '=');

	for (; eq && names->name; names++) {
		const char *comma = strchr(eq, ',');
		struct delay d = { .of = 0 };

		if (strlen(names->name) != (size_t)(eq - text) ||
		    strncmp(names->name, text, (size_t)(eq - text)))
			continue;
		if (!spread_parse(eq + 1, comma ? comma : strchr(eq, '\0'), &d.most) ||
		    (comma && !delay_parse_one(comma + 1, &d)))
			break;
		*names->delay = d;
		return;
	}
	util_usage(
		"--delay %s: not STAGE=DURATION[~JITTER][,1/N:DURATION[~JITTER]] with a stage of "
		"this program",
		text);
}

bool delay_is_set(const struct delay *d)
{
	return d->most.ns || d->of;
}

/* Whether it is the turn of the one. */
static bool delay_takes_turn(const struct delay *d, struct rng *r)
{
	struct turns *turns = d->turns;
	bool turn;

	pthread_mutex_lock(&turns->lock);
	if (!turns->left) {
		turns->left = d->of;
		turns->after = rng_below(r, d->of);
	}
	turn = --turns->left == turns->after;
	pthread_mutex_unlock(&turns->lock);
	return turn;
}

uint64_t delay_pick(const struct delay *d, struct rng *r)
{
	const struct spread *s = d->of && delay_takes_turn(d, r) ? &d->one : &d->most;
	uint64_t low;

	low = s->ns > s->jitter ? s->ns - s->jitter : 0;
	if (!s->jitter)
		return s->ns;
	return low + rng_below(r, s->ns + s->jitter - low + 1);
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
