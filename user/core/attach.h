/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Attaches a uprobe program to many sites of a binary, and lets go of them again: one uprobe_multi
 * link a binary where the kernel has it (6.6), else one perf event a site (5.15).
 */
#ifndef ASSAY_ATTACH_H
#define ASSAY_ATTACH_H

#include <stddef.h>
#include <sys/types.h>

#include "plan.h"

struct bpf_program;

enum attach_mode {
	ATTACH_AUTO = 0,  /* multi, else sites: found by trying */
	ATTACH_MULTI = 1, /* one link a binary */
	ATTACH_SITES = 2, /* one perf event a site */
};

struct attach;

/* Before the program is loaded: makes it fit for both ways. */
void attach_prepare(struct bpf_program *prog);

/* `prog` is loaded and outlives it. NULL when there is no memory. */
struct attach *attach__new(const struct bpf_program *prog, enum attach_mode mode);

/*
 * Attaches to `npoints` sites of the file open as `fd`, which may be closed afterwards. `pid` > 0:
 * only in that process. From its return on all sites are live. Returns 0 or -errno, with what was
 * being done in `why`.
 */
int attach_file(struct attach *attach, int fd, pid_t pid, const struct attach_point *points,
		int npoints, char *why, size_t why_size);

/* Sites attached so far, and the way in use: "uprobe_multi" or "perf events". */
int attach_count(const struct attach *attach);
const char *attach_way(const struct attach *attach);

/* Lets go of everything. */
void attach__free(struct attach *attach);

#endif
