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

#include "notes.h"
#include "usdt.h"

/* One thing one probe does. A probe may stand in several of a report's rules. */
struct probe_rule {
	const char *provider; /* NULL ends a table */
	const char *probe;
	struct fold_rule fold;
};

/* One place to attach. */
struct attach_point {
	uint64_t offset;      /* of the nop, in the file */
	uint64_t sema_offset; /* of the semaphore, in the file; 0: none */
	uint32_t site;	      /* index in the table of sites */
	const struct note_probe *probe;
};

struct plan;

/*
 * `rules` (ended by a NULL provider) stay the caller's and must outlive the plan. `sites` is the
 * table to fill, PLAN_MAX_SITES long; NULL: the plan has one of its own. NULL when there is no
 * memory. Freed with plan__free().
 */
#define PLAN_MAX_SITES 4096
struct plan *plan__new(const struct probe_rule *rules, struct usdt_site *sites);
void plan__free(struct plan *plan);

/* Whether any of the rules wants a probe of these notes. */
bool plan_wants(const struct probe_rule *rules, const struct notes *notes);

/* The most rules that any one probe has. */
int plan_most_rules(const struct probe_rule *rules);

/*
 * The points of a binary that the rules want, in *points (caller frees), their number returned.
 * -ENOTSUP when a wanted argument stands where it can't be read: `why` names probe and argument.
 * -E2BIG when a probe has more rules than a site can hold, -ENOSPC when the table of sites is
 * full, -ENOMEM.
 */
int plan_points(struct plan *plan, const struct notes *notes, struct attach_point **points,
		char *why, size_t why_size);

#endif
