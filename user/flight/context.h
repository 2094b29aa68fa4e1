/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a recording holds beside the trace: the host's counters, its logs, and when it was. All
 * times are UTC. What can't be had is left out, told of, and listed.
 */
#ifndef ASSAY_CONTEXT_H
#define ASSAY_CONTEXT_H

#include <stdint.h>
#include <stdio.h>

#include "folder.h"

/* Lines that logs give at most. */
#define CONTEXT_LINES 1000

/* What could not be had: "WHAT: why" and a newline each; { 0 } at first, `text` freed at last. */
struct context_missing {
	char *text; /* NULL: nothing */
	int n;
};

/* Notes what could not be had, and says so. */
void context_lacks(struct context_missing *missing, const char *what, const char *why);

/* A moment by all clocks, ns. */
struct context_time {
	uint64_t wall, monotonic, boottime;
};

void context_now(struct context_time *now);

/* When the host was booted, ns since the epoch. */
uint64_t context_boot(const struct context_time *time);

/* "START" or "FINISH" and the times under it. */
void context_write_time(FILE *f, const char *what, const struct context_time *time);

/* Copies /proc/{meminfo,vmstat,interrupts,mounts,diskstats} to the folder `sub` of the folder. */
void context_proc(const struct folder *folder, const char *sub, struct context_missing *missing);

/* The files "uname", "dmesg" and "journal". */
void context_uname(const struct folder *folder, struct context_missing *missing);
void context_dmesg(const struct folder *folder, struct context_missing *missing);
void context_journal(const struct folder *folder, struct context_missing *missing);

#endif
