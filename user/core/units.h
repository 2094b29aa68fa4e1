/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Durations, moments and counts, as people write and read them.
 */
#ifndef ASSAY_UNITS_H
#define ASSAY_UNITS_H

#include <stddef.h>
#include <stdint.h>

#define NSEC_PER_SEC 1000000000ULL

/*
 * "250us", "10ms", "1.5s", "2m", "1h", or a bare number of seconds, as nanoseconds. Returns 0, or
 * -EINVAL when `text` is something else, is negative, or is beyond 290 years.
 */
int duration_parse(const char *text, uint64_t *ns);

/* "812ns", "1.234us", "12.34ms", "2.500s": four digits at least. Returns `buf`. */
const char *duration_format(uint64_t ns, char *buf, size_t size);

/* "1,234,567". Returns `buf`. */
char *count_format(uint64_t count, char *buf, size_t size);

/* "100", "2.2k", "46M", "0.25": three digits at most, those behind that are zero left out; of what
 * is not below 0. Returns `buf`. */
char *count_format_short(double count, char *buf, size_t size);

/* CLOCK_MONOTONIC now, in ns: the clock of every record. */
uint64_t monotonic_now(void);

/* Add to a CLOCK_MONOTONIC time to get one since the epoch, in ns. */
int64_t monotonic_to_wall(void);

/* Wall-clock ns since the epoch as "2026-11-21T10:04:41.123456Z" (UTC). Returns `buf`. */
const char *time_format_utc(uint64_t wall, char *buf, size_t size);
/* The same as local "2026-11-21 10:04:41". */
const char *time_format_local(uint64_t wall, char *buf, size_t size);
/* The same as local "10:04:41.123456". */
const char *time_format_clock(uint64_t wall, char *buf, size_t size);

#endif
