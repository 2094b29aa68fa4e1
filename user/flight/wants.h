/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a flight wants of USDT probes, as rules for the tracer: the hits of those that --events
 * names behind "usdt:", the durations that --trigger-latency watches, the statuses that
 * --trigger-state reads; and, where any of it is Crucible's, what perfgw and upstairs_info show.
 * The rules grow with the probes that are found.
 */
#ifndef ASSAY_FLIGHT_WANTS_H
#define ASSAY_FLIGHT_WANTS_H

#include "flight_options.h"
#include "reports/wild.h"
#include "trigger.h"

#define WANTS_USDT "usdt:" /* what a pattern of --events begins with that names probes */
#define WANTS_MAX  64
#define WANTS_ROWS 80 /* pairs that are measured */

enum want_kind {
	WANT_EVENTS,  /* each hit */
	WANT_LATENCY, /* a duration */
	WANT_STATE,   /* a downstairs' state */
};

/* One thing that was asked for. */
struct want {
	enum want_kind kind;
	const char *text; /* as it was; without "usdt:" */
	struct wild *wild;
	struct options options; /* of `wild` */
	char *args[2];
	struct latency_trigger latency;
	int taken; /* of the rules of `wild`, that are in the table */
};

struct wants {
	struct want list[WANTS_MAX];
	int n;
	bool crucible; /* of which there are snapshots */
	struct probe_rule rules[4096 + 2 * WANTS_ROWS];
	int nrules;
	/* pairs of probes, whose durations go to the row of that number */
	struct wants_row {
		const char *label; /* in perfgw's table */
		const char *name;  /* in messages */
		uint64_t wanted;   /* bit n: by list[n] */
	} rows[WANTS_ROWS];
	int nrows;
	int refused; /* pairs and probes that there was no room for */
};

/* Whether a pattern of --events names probes. */
bool wants_probes(const char *pattern);

/*
 * What the options want; *out is NULL when that is nothing of probes. The options outlive it.
 * -EINVAL with what is wrong with them in `why`; -ENOMEM. Freed with wants__free().
 */
int wants__new(const struct flight_options *options, struct wants **out, char *why, size_t size);
void wants__free(struct wants *wants);

/* Takes in what a binary has. Whether anything of it is wanted. */
bool wants_notes(struct wants *wants, const struct notes *notes);

/* Whether nothing that was taken in serves it. */
bool want_is_idle(const struct want *want);

/* Whether the hits of a probe were asked for. */
bool wants_hits(const struct wants *wants, const char *provider, const char *probe);

/* The limit of the shortest duration that any trigger fires at; false when there is none. */
bool wants_slow(const struct wants *wants, uint64_t *ns);

/* The rule by which a row's durations begin; NULL when there is no such row. */
const struct probe_rule *wants_start(const struct wants *wants, uint32_t row);

#endif
