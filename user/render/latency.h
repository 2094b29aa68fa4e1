/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Durations, a distribution a key: as DTrace prints an aggregation of quantizes, as a table of
 * percentiles, or as JSON.
 */
#ifndef ASSAY_LATENCY_H
#define ASSAY_LATENCY_H

#include "core/snapshot.h"
#include "render.h"

/* Parts of the line above a distribution, each printed as DTrace prints a key of its type. */
enum latency_key {
	LATENCY_KEY_END = 0,
	LATENCY_KEY_LABEL = 1, /* the row's label: a string */
	LATENCY_KEY_BY = 2,    /* what splits the row: 8 bytes */
	LATENCY_KEY_PID = 3,   /* the process: 4 bytes */
};
#define LATENCY_MAX_KEYS 4

struct latency_format {
	const char *const *labels; /* by row number */
	int nlabels;
	const char *by; /* what splits a row ("client"), the JSON key too; NULL: nothing does */
	enum latency_key key[LATENCY_MAX_KEYS]; /* ended by LATENCY_KEY_END where shorter */
};

/*
 * Prints the rows of the snapshot that are not empty. Rows split by process (tgid not 0) get the
 * process in front even when the key has no place for it.
 */
void latency_print(const struct render *render, const struct latency_format *format,
		   const struct snapshot *snapshot);

/* One duration that was slow, as it ended. */
struct latency_slow {
	uint64_t wall;	   /* ns since the epoch: when it ended */
	uint64_t end;	   /* the same, CLOCK_MONOTONIC */
	uint64_t duration; /* ns */
	uint32_t tgid;
	const char *process; /* its name; printed escaped */
	uint32_t row;
	uint64_t job;
	uint64_t sub;
};

/* Prints a line; `header` first prints the titles. */
void latency_slow_print(const struct render *render, const struct latency_format *format,
			const struct latency_slow *slow, bool header);

#endif
