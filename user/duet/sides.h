/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Duet's sides: what is maintenance, from words on the command line to patterns that the kernel
 * asks (bpf/side_pattern.h). NAME and NAME* (one star, anywhere) are of processes, threads of the
 * kernel and work queues; cgroup:PATH is a cgroup (v2) and those below it; crucible:repair is what
 * a crucible-downstairs does to repair extents.
 */
#ifndef ASSAY_DUET_SIDES_H
#define ASSAY_DUET_SIDES_H

#include <stddef.h>

#include "side_pattern.h"

/* What is maintenance where nothing is said, ended by NULL. */
extern const char *const sides_default[];

/*
 * The patterns of `n` words, at most `max` of them. Returns how many these are: one word may need
 * two. On failure -EINVAL, -E2BIG or another -errno, with the word and what is wrong in `why`.
 */
int sides_parse(const char *const *words, int n, struct side_pattern *patterns, int max, char *why,
		size_t why_size);

#endif
