// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "baseline.h"
#include "core/log.h"
#include "core/units.h"
#include "measure.h"
#include "metrics.h"
#include "runs.h"
#include "stages.h"

/* --- signals --- */

static void ending_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
}

/* A signal between two runs waits for the next one, which it ends: a file is written as a whole. */
static void block_signals(void)
{
	sigset_t set;

	ending_signals(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static bool signal_waits(void)
{
	sigset_t set;

	sigpending(&set);
	return sigismember(&set, SIGINT) == 1 || sigismember(&set, SIGTERM) == 1 ||
	       sigismember(&set, SIGHUP) == 1;
}

void runs_unblock_signals(void)
{
	const struct timespec now = { 0 };
	sigset_t set;

	ending_signals(&set);
	while (sigtimedwait(&set, NULL, &now) > 0)
		;
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* --- one run --- */

/* All durations of a run, and those of the guest's IOs. */
static void count_run(const struct series *s, const struct series_run *run, uint64_t *all,
		      uint64_t *guest)
{
	*all = *guest = 0;
	for (int w = 0; w < run->nwindows; w++) {
		for (int c = 0; c < run->windows[w].ncells; c++) {
			const struct series_cell *cell = &run->windows[w].cells[c];

			*all += cell->count;
			if (stage_depth_of(s->stages[cell->stage]) == STAGE_GUEST)
				*guest += cell->count;
		}
	}
}

/* Whether any stage has enough durations in it for any metric. */
static bool run_tells(const struct series *s, const struct series_run *run)
{
	uint64_t buckets[FOLD_BUCKETS], ns;
	struct snapshot_row row;
	double value;

	for (int i = 0; i < s->nstages; i++) {
		ns = series_merge(run, i, &row, buckets);
		for (int m = 0; m < METRICS; m++)
			if (metric_value(m, &row, ns, &value))
				return true;
	}
	return false;
}

static uint64_t least_durations(void)
{
	uint64_t least = UINT64_MAX;

	for (int m = 0; m < METRICS; m++)
		if (metrics[m].least < least)
			least = metrics[m].least;
	return least;
}

/* "run 3 of 5", "A, run 3 of 5" where there are two sides. */
static void run_name(const struct runs *r, const struct runs_side *side, int number, char *text,
		     size_t size)
{
	snprintf(text, size, "%s%srun %d of %d", r->nsides > 1 ? side->series->label : "",
		 r->nsides > 1 ? ", " : "", number, side->series->wanted);
}

/* The run that is over; -ENODATA when there is too little in it, which would spoil all others. */
static int tell_run(const struct series *s, const char *name)
{
	const struct series_run *run = &s->runs[s->nruns - 1];
	char took[32], counted[40];
	uint64_t all, guest;

	count_run(s, run, &all, &guest);
	duration_format(series_run_ns(run), took, sizeof(took));
	count_format(guest ?: all, counted, sizeof(counted));
	log_info("%s: %s, %s %s", name, took, counted, guest ? "guest IOs" : "durations");
	if (run_tells(s, run))
		return 0;
	log_error("%s: too short: no stage has the %" PRIu64
		  " durations that it takes to be compared; measure longer%s",
		  name, least_durations(),
		  s->settings.command ? ", by a command that does more" : " (-d)");
	return -ENODATA;
}

static void keep(struct runs_side *side)
{
	char why[512];
	int err = side->path ? baseline_write(side->series, side->path, why, sizeof(why)) : 0;

	if (err)
		log_error("%s", why);
	side->unwritten = err;
}

static const char *how_it_failed(int err)
{
	switch (err) {
	case -EINTR:
		return "interrupted";
	case -ECHILD:
		return "the command failed";
	case -ENODATA:
		return "too little was to be measured";
	case -EINVAL:
		return "a device or stage is not there";
	}
	return err_name(err);
}

static int measure_one(struct runs *r, struct runs_side *side)
{
	struct series *s = side->series;
	char name[64];
	int err;

	run_name(r, side, s->nruns + 1, name, sizeof(name));
	err = signal_waits() ? -EINTR : measure_run(s, r->trace, s->settings.command);
	/* Ctrl-C goes to the command, too, which may end of it first */
	if (err == -ECHILD && signal_waits())
		err = -EINTR;
	if (!err) {
		err = tell_run(s, name);
		if (err)
			series_drop_run(s);
		else
			keep(side);
	}
	if (err)
		snprintf(r->why, sizeof(r->why), "%s: %s", name, how_it_failed(err));
	return err;
}

/* --- all of them --- */

int runs_turn(int turn, int nsides)
{
	return nsides > 1 ? (turn + 1) / 2 % 2 : 0;
}

static void tell_interrupted(struct runs *r)
{
	const struct series *a = r->sides[0].series, *b = r->sides[1].series;

	if (r->nsides > 1)
		log_warn("interrupted after %d of %d runs of %s and %d of %s", a->nruns, a->wanted,
			 a->label, b->nruns, b->label);
	else
		log_warn("interrupted after %d of %d runs", a->nruns, a->wanted);
	for (int i = 0; i < r->nsides; i++) {
		r->sides[i].series->interrupted = true;
		if (r->sides[i].series->nruns)
			keep(&r->sides[i]);
	}
}

int runs_measure(struct runs *r)
{
	int turns = r->nsides * r->sides[0].series->wanted, err = 0;

	block_signals();
	for (int i = 0; i < turns && !err; i++)
		err = measure_one(r, &r->sides[runs_turn(i, r->nsides)]);
	if (err == -EINTR)
		tell_interrupted(r);
	return err;
}
