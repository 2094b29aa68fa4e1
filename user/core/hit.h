/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One hit of a probe, with its arguments and texts, as everything sees it that looks at hits one by
 * one: trace, recordings, status reports. Live or replayed, it is the same.
 */
#ifndef ASSAY_HIT_H
#define ASSAY_HIT_H

#include <stdint.h>

#include "fold_types.h"

/* A probe of one binary. Numbered from 0 in the order in which they were found. */
struct hit_probe {
	const char *provider;
	const char *name;
	uint32_t binary; /* which: a number, the same for all probes of one file */
	uint8_t nargs;	 /* arguments that hits carry, at most FOLD_MAX_ARGS */
	uint8_t texts;	 /* bit n: argument n is a text */
	uint8_t unread;	 /* bit n: argument n stands where it can't be read; hits have 0 */
};

struct hit {
	uint64_t time; /* ns, CLOCK_MONOTONIC */
	uint32_t tgid;
	uint32_t tid;
	uint32_t probe; /* number of the struct hit_probe */
	uint8_t cut;	/* bit n: the text of argument n was longer than what there is of it */
	uint64_t args[FOLD_MAX_ARGS];	 /* of a text: what text_hash() makes of it */
	const char *text[FOLD_MAX_ARGS]; /* NULL unless a text; valid while the hit is looked at */
};

#endif
