// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The thread that takes the hits as they come, whatever the rest of the flight waits for; and what
 * it has to tell, which waits for the rest of the flight.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "core/units.h"
#include "crucible_state.h"

#define PERIOD 20000000ULL /* ns from one look to the next */

void crucible_tell(struct crucible *c, bool fires, const char *text)
{
	struct told *told = calloc(1, sizeof(*told));

	if (told)
		told->text = strdup(text);
	if (!told || !told->text) {
		free(told);
		return;
	}
	told->fires = fires;
	*c->last_told = told;
	c->last_told = &told->next;
}

static void take_hits(struct crucible *c)
{
	int n = stream_drain(c->stream);

	if (n < 0 && !c->err)
		c->err = n;
}

static void second(struct crucible *c, uint64_t now)
{
	int err = 0;

	if (c->hits)
		err = hit_files_flush(c->hits, now, tracer_tables(c->tracer).losses,
				      stream_lost(c->stream));
	if (c->wants->crucible)
		crucible_add_past(c);
	c->err = c->err ?: err;
}

static void *work(void *arg)
{
	uint64_t last = monotonic_now();
	struct crucible *c = arg;

	/* of this thread alone; without it, we are just slower to come */
	setpriority(PRIO_PROCESS, 0, -20);
	pthread_mutex_lock(&c->lock);
	while (!c->ends) {
		uint64_t until = monotonic_now() + PERIOD;
		struct timespec at = { until / NSEC_PER_SEC, until % NSEC_PER_SEC };

		pthread_cond_timedwait(&c->wake, &c->lock, &at);
		if (c->ends)
			break;
		take_hits(c);
		if (until - last < NSEC_PER_SEC)
			continue;
		last = until;
		second(c, until);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

void crucible_prepare_thread(struct crucible *c)
{
	pthread_condattr_t attr;

	c->last_told = &c->first_told;
	pthread_mutex_init(&c->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&c->wake, &attr);
	pthread_condattr_destroy(&attr);
}

int crucible_start_thread(struct crucible *c)
{
	sigset_t all, before;
	int err;

	/* signals are for the thread that called */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = -pthread_create(&c->thread, NULL, work, c);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	c->runs = !err;
	return err;
}

void crucible_stop_thread(struct crucible *c)
{
	if (!c->runs)
		return;
	pthread_mutex_lock(&c->lock);
	c->ends = true;
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
	c->runs = false;
}

/* What was told so far; the caller's. */
static struct told *take_told(struct crucible *c)
{
	struct told *first;

	pthread_mutex_lock(&c->lock);
	first = c->first_told;
	c->first_told = NULL;
	c->last_told = &c->first_told;
	pthread_mutex_unlock(&c->lock);
	return first;
}

static void free_told(struct told *told)
{
	free(told->text);
	free(told);
}

int crucible_drain(struct crucible *c)
{
	struct told *told = take_told(c), *next;
	int err;

	for (; told; told = next) {
		next = told->next;
		if (told->fires)
			c->o.trigger(c->o.arg, told->text);
		else
			c->o.note(c->o.arg, told->text);
		free_told(told);
	}
	pthread_mutex_lock(&c->lock);
	err = c->err;
	pthread_mutex_unlock(&c->lock);
	return err;
}

int crucible_stop(struct crucible *c)
{
	if (c->stopped)
		return 0;
	c->stopped = true;
	crucible_stop_thread(c);
	tracer_stop(c->tracer);
	take_hits(c);
	crucible_sum_up(c);
	crucible_drain(c);
	if (c->err || !c->hits)
		return c->err;
	return hit_files_finish(c->hits, monotonic_now(), tracer_tables(c->tracer).losses,
				stream_lost(c->stream));
}

void crucible_forget_thread(struct crucible *c)
{
	struct told *next;

	for (struct told *told = c->first_told; told; told = next) {
		next = told->next;
		free_told(told);
	}
	pthread_cond_destroy(&c->wake);
	pthread_mutex_destroy(&c->lock);
}
