/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Formats name constants that only the kernel's sources know: "{ I_DIRTY_SYNC, "I_DIRTY_SYNC" }".
 * Where they are enumerators, the kernel's BTF has their values, and a format that is to be decoded
 * elsewhere gets these in their place, as the kernel itself does it for those that are declared to
 * it (TRACE_DEFINE_ENUM). Other names stay as they are: events are printed as numbers then.
 */
#ifndef ASSAY_FLIGHT_ENUMS_H
#define ASSAY_FLIGHT_ENUMS_H

#include "events.h"

/* Puts values into the formats. Returns how many names have got one, or -ENOMEM. */
int enums_resolve(struct tracepoints *tracepoints);

/* --- for tests --- */

struct enumerator {
	char *name;
	long long value;
	int found; /* values that were seen, 2 for several */
};

struct enumerators {
	struct enumerator *list; /* by name, once they are all there */
	int n, room;
};

/*
 * The names in a format that may be constants: in capitals, in braces, outside of texts. Adds them,
 * some more than once. 0 or -ENOMEM.
 */
int enums_collect(const char *format, struct enumerators *names);

/* The format with the values of those that were found, in new memory; NULL without memory. */
char *enums_replace(const char *format, const struct enumerators *names);

void enumerators_free(struct enumerators *names);

#endif
