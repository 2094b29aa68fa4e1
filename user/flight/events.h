/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tracepoints as tracefs has them: which ones patterns name, and of each its number, its format in
 * the kernel's words, and how long a record of it is.
 *
 * A pattern is SYSTEM:NAME, both with the shell's wildcards; several are separated by commas. One
 * that begins with "usdt:" is of others, and passed over.
 */
#ifndef ASSAY_FLIGHT_EVENTS_H
#define ASSAY_FLIGHT_EVENTS_H

#include <stddef.h>
#include <stdint.h>

#include "flight_ring.h"

#define TRACEFS "/sys/kernel/tracing"

struct tracepoint {
	char *system, *name;
	char *format; /* the text of its format file */
	struct flight_event event;
};

struct tracepoints {
	struct tracepoint *list; /* in tracefs's order of systems, then of names */
	int n;
};

/*
 * Those that any of the patterns names, each once; freed with tracepoints_free(). On failure
 * returns -errno with what is wrong in `why`: -EINVAL for a pattern that is none, -ENOENT when one
 * names nothing, with what has a like name; -E2BIG when a format cannot be recorded.
 */
int tracepoints_find(const char *tracefs, const char *const *patterns, int npatterns,
		     struct tracepoints *out, char *why, size_t size);

void tracepoints_free(struct tracepoints *tracepoints);
/* What one of them holds. */
void tracepoint_free(struct tracepoint *tracepoint);

/*
 * What the program has to know of an event, from its format's text. 0; -EINVAL when the text is no
 * format, -E2BIG when its fields are more or longer than the program can take.
 */
int flight_event_parse(const char *format, struct flight_event *event);

/*
 * All of a file of tracefs or /proc, which have no sizes to be asked, in new memory with a NUL
 * behind; its length in *size, if not NULL. NULL and errno on failure.
 */
char *kernel_text(const char *path, size_t *size);

#endif
