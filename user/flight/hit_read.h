/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads what hit_files.h kept, one recording after another, as events in words by time. Nothing in
 * it is trusted; a part that is damaged is passed over and counted.
 */
#ifndef ASSAY_FLIGHT_HIT_READ_H
#define ASSAY_FLIGHT_HIT_READ_H

#include <stddef.h>
#include <stdint.h>

#include "flight_ring.h"

struct hit_reader;

/*
 * Of the files with these numbers, in their order, in the folder open as `dir`; both stay the
 * caller's. NULL without memory. Freed with hit_reader__free().
 */
struct hit_reader *hit_reader__new(int dir, const uint64_t *numbers, int n);
void hit_reader__free(struct hit_reader *reader);

/*
 * The next hit as a FLIGHT_LINE note, "PROVIDER:PROBE: pid=PID NAME=VALUE…" and the name of its
 * process, valid until the next call; its size is not said. NULL at the end, or without memory.
 */
const struct flight_note *hit_read(struct hit_reader *reader);

/* Bytes that were passed over so far; whether memory was missing. */
uint64_t hit_read_damaged(const struct hit_reader *reader);
int hit_read_error(const struct hit_reader *reader);

#endif
