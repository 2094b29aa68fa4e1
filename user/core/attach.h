/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Attaches a uprobe program to many sites of a binary, and lets go of them again: one uprobe_multi
 * link a binary where the kernel has them (6.10; from 6.6 on they can't tell a process from a
 * thread), else trace events that hold many sites each (attach_events.c).
 */
#ifndef ASSAY_ATTACH_H
#define ASSAY_ATTACH_H

#include <stddef.h>
#include <sys/types.h>

#include "plan.h"

struct bpf_program;

enum attach_mode {
	ATTACH_AUTO = 0,   /* what the kernel has, found by trying */
	ATTACH_MULTI = 1,  /* uprobe_multi links */
	ATTACH_EVENTS = 2, /* trace events */
};

/* Names of the modes by number, ended by NULL, for the command line. */
extern const char *const attach_mode_names[];

/* ATTACH_MULTI where the kernel has it, else ATTACH_EVENTS. */
enum attach_mode attach_detect(void);

/* Before the program is loaded: makes it fit for the way it will be attached. */
void attach_prepare(struct bpf_program *prog, enum attach_mode mode);

struct attach;

/*
 * `prog` is loaded and outlives it, as does `pages` [max_pages], which is filled so that a hit's
 * address and its link's cookie lead to the number of the site (bpf/usdt.h). NULL when there is no
 * memory.
 */
struct attach *attach__new(const struct bpf_program *prog, enum attach_mode mode,
			   struct usdt_page *pages, int max_pages);

/*
 * Attaches to `npoints` sites of the file open as `fd`, which may be closed afterwards. `pid` > 0:
 * only in that process. From its return on all sites are live. Returns 0 or -errno, with what was
 * being done in `why`.
 */
int attach_file(struct attach *attach, int fd, pid_t pid, const struct attach_point *points,
		int npoints, char *why, size_t why_size);

/* Lets go of everything. */
void attach__free(struct attach *attach);

#endif
