/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What every renderer is told: where to print, in whose name, and in which form.
 */
#ifndef ASSAY_RENDER_H
#define ASSAY_RENDER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct render {
	FILE *out;
	const char *report; /* its name, for JSON */
	uint64_t wall;	    /* ns since the epoch: the moment the numbers are of */
	bool json;
	bool summary; /* percentiles in place of distributions */
};

#endif
