/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Attaching where the kernel has no uprobe_multi links (before 6.6), through tracefs: a trace event
 * holds many sites, and one perf event carries the program to all of them. Letting go costs 80 ms a
 * perf event there, whatever is tried, so few events it has to be: one event a site takes ten
 * seconds to end for 120 sites.
 *
 * All sites of an event share its cookie. They are told apart by the low 12 bits of the address
 * hit, which no loading of a program changes: sites that agree in these go to different events.
 */
#ifndef ASSAY_ATTACH_EVENTS_H
#define ASSAY_ATTACH_EVENTS_H

#include "attach.h"

struct attach_events;

/* NULL when there is no memory; see attach__new(). */
struct attach_events *attach_events__new(const struct bpf_program *prog, struct usdt_page *pages,
					 int max_pages);

/* As attach_file(), the file given by a path that this process can resolve. */
int attach_events_file(struct attach_events *events, const char *path, pid_t pid,
		       const struct attach_point *points, int npoints, char *why, size_t why_size);

/* Lets go, and removes its definitions from tracefs. */
void attach_events__free(struct attach_events *events);

#endif
