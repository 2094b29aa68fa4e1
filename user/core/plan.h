/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The plan: which probes a run wants and what each of their hits does. It turns a binary's notes
 * into offsets and cookies for attach, and fills the table of sites the BPF program looks up. Knows
 * notes and rules; no processes, no BPF calls.
 */
#ifndef ASSAY_PLAN_H
#define ASSAY_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "hit.h"
#include "notes.h"
#include "usdt.h"

/* One thing one probe does. A probe may stand in several of a report's rules. */
struct probe_rule {
	const char *provider; /* NULL ends a table */
	const char *probe;
	struct fold_rule fold;
	/* the rule holds only in binaries that have this probe of the provider, or lack it */
	const char *with, *without;
};

/* One place to attach. */
struct attach_point {
	uint64_t offset;      /* of the nop, in the file */
	uint64_t sema_offset; /* of the semaphore, in the file; 0: none */
	uint32_t site;	      /* index in the table of sites */
	const struct note_probe *probe;
};

/* Of which probes each hit is sent; their sites tell their probe, and read all arguments. */
enum plan_hits {
	PLAN_HITS_NONE = 0,
	PLAN_HITS_ASKED = 1, /* of those that have a rule with verb FOLD_NONE */
	PLAN_HITS_ALL = 2,
};

struct plan_options {
	const struct probe_rule *rules; /* ended by a NULL provider; may grow while we run */
	enum plan_hits hits;
	uint32_t hit_args; /* that a hit carries, at most */
	uint32_t texts;	   /* bit n: argument n of probes without a known signature is a text */
};

struct plan;

/*
 * `sites` is the table to fill, PLAN_MAX_SITES long; NULL: the plan has one of its own. NULL when
 * there is no memory. Freed with plan__free().
 */
#define PLAN_MAX_SITES 4096
struct plan *plan__new(const struct plan_options *options, struct usdt_site *sites);
void plan__free(struct plan *plan);

/* Whether any of the rules is of this probe. */
bool plan_wants_probe(const struct probe_rule *rules, const char *provider, const char *probe);

/* Whether any of the rules wants a probe of these notes. */
bool plan_wants(const struct probe_rule *rules, const struct notes *notes);

/* The most rules that any one probe has. */
int plan_most_rules(const struct probe_rule *rules);

/* Bit n: a rule has verb n; FOLD_START's is set with that of any other half of a pair. */
uint32_t plan_verbs(const struct probe_rule *rules);

/* Whether threads are keys, or arguments that are known to be texts are read by the rules. */
bool plan_uses_threads(const struct probe_rule *rules);
bool plan_uses_texts(const struct probe_rule *rules);

/*
 * The rules that hold for a probe, ended by FOLD_NONE where fewer than USDT_MAX_RULES. `has` says
 * whether the binary has a probe of that provider and name. Returns their number, or -E2BIG.
 */
typedef bool (*plan_has_fn)(const void *arg, const char *provider, const char *probe);
int plan_probe_rules(const struct probe_rule *rules, const char *provider, const char *probe,
		     plan_has_fn has, const void *arg, struct fold_rule fold[USDT_MAX_RULES]);

/*
 * The points of a binary that the rules want, in *points (caller frees), their number returned.
 * -ENOTSUP when an argument that a rule wants stands where it can't be read: `why` names probe and
 * argument. -E2BIG when a probe has more rules than a site can hold, -ENOSPC when the table of
 * sites is full, -ENOMEM.
 */
int plan_points(struct plan *plan, const struct notes *notes, struct attach_point **points,
		char *why, size_t why_size);

/*
 * The probes of all points so far, where hits are sent: records name them by their number here.
 * Valid until the next plan_points(), their names as long as the notes.
 */
const struct hit_probe *plan_probes(const struct plan *plan, int *n);

#endif
