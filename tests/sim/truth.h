/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The truth file: what a tracer should have measured. An interval runs from just before the start
 * probe's site to just before the done probe's site. It is kept in memory until the end.
 */
#ifndef SIM_TRUTH_H
#define SIM_TRUTH_H

#include <stdbool.h>
#include <stdint.h>

#define TRUTH_NO_SUB ((int64_t)-1)

void truth_open(const char *path);
/* The time, or 0 without a truth file: reading the clock costs, too. */
uint64_t truth_now(void);
/* The name is kept as a pointer. A start of 0 is none: nothing is noted. */
void truth_add(const char *name, uint64_t job, int64_t sub, uint64_t start, uint64_t end);
/* Write the file; false, after a message, when that failed. */
bool truth_close(void);

#endif
