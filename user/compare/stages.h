/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The stages of an IO's way that runs are compared in: which probes begin and end each, what it is
 * called, and what it is inside of. A table; the rows of the rules are its entries.
 */
#ifndef ASSAY_STAGES_H
#define ASSAY_STAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "block.h"
#include "core/plan.h"

/* What a stage is a part of, from the guest to the disk: the deeper, the nearer to a cause. */
enum stage_depth {
	STAGE_UNKNOWN,	   /* of another version: what it is inside of can't be told */
	STAGE_GUEST,	   /* all of an IO, at the upstairs' gateway */
	STAGE_UPSTAIRS,	   /* queued for the downstairs */
	STAGE_NETWORK,	   /* a client's request to its answer */
	STAGE_DOWNSTAIRS,  /* a job in a downstairs */
	STAGE_PART,	   /* one of the three parts of that */
	STAGE_EXTENT,	   /* an extent's read, write or flush */
	STAGE_EXTENT_STEP, /* a step of that */
	STAGE_DISK,	   /* a request of the block layer */
	STAGE_DEPTHS,
};

struct stage {
	const char *name; /* "net-write" */
	const char *text; /* "a write at a downstairs, as its client sees it" */
	enum stage_depth depth;
	bool waits;	/* for work that is done elsewhere: time in a queue */
	bool by_client; /* told apart by client */
};

/* Of USDT probes; the entry's number is the row of the rules. */
extern const struct stage stages[];
extern const int nstages;
extern const struct probe_rule stage_rules[];

/* How deep a stage is, and whether it waits, by its name with or without what it is of
 * ("net-write[1]"). One that is not known is the outermost, STAGE_UNKNOWN, and does not wait. */
enum stage_depth stage_depth_of(const char *name);
bool stage_waits(const char *name);

/*
 * What it is, for people: "a write over the network to its downstairs and back, of client 1". The
 * name itself for one that is not known. What stands in [] is taken as it is: it may be anything in
 * a file. Returns `dst`.
 */
char *stage_text(const char *name, char *dst, size_t size);

/*
 * The block layer's stages, which are no rules: "disk-write-queued", or with a device
 * "disk-write-queued[vda]"; `what` is BLOCK_QUEUED or BLOCK_ISSUED. Returns `dst`.
 */
char *stage_disk_name(enum block_op op, enum block_what what, const char *device, char *dst,
		      size_t size);

/*
 * The rules of the stages that match any of the `n` patterns (shell wildcards, against the bare
 * name); all where n is 0. NULL when none does (errno ENOENT) or there is no memory (ENOMEM); freed
 * with free().
 */
struct probe_rule *stage_rules_of(const char *const *patterns, int n);
bool stage_is_wanted(const char *name, const char *const *patterns, int n);

/* Whether there is any stage that the pattern matches, those of the block layer included. */
bool stage_matches(const char *pattern);

#endif
