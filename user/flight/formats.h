/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Events made text by their formats, with libtraceevent (only built where that is). Formats and
 * records may be anybody's, and the library checks little: what it reads is kept within memory of
 * its own, and who uses it does so in a process apart (decode.c).
 */
#ifndef ASSAY_FLIGHT_FORMATS_H
#define ASSAY_FLIGHT_FORMATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "flight_ring.h"
#include "symbols.h"

struct formats;

/* `long_size`: bytes of a long where the recording was made. NULL without memory. */
struct formats *formats__new(int long_size);
void formats__free(struct formats *formats);

/*
 * Adds the format of an event, the text of its format file with a NUL behind. False when it was not
 * understood: such events are printed as their fields, or as bytes.
 */
bool formats_add(struct formats *formats, const char *system, const char *text);

/* The number of the event that a format is of; 0 when it does not say. */
uint16_t formats_id(const char *text);

/* Adds tracefs's printk_formats. */
void formats_add_printk(struct formats *formats, const char *text);

/* Addresses of functions are printed by these from now on; they stay the caller's. */
void formats_set_symbols(struct formats *formats, const struct symbols *symbols);

/*
 * Writes "EVENT: FIELDS" as one line of printable text, without its end. Returns false when the
 * fields were written in another way than the format says.
 */
bool formats_print(struct formats *formats, const struct flight_record *record, FILE *out);

/* The same, the fields as bytes. */
void formats_print_bytes(struct formats *formats, const struct flight_record *record, FILE *out);

#endif
