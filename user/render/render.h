/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What every renderer is told: where to print, in whose name, and in which form.
 */
#ifndef ASSAY_RENDER_H
#define ASSAY_RENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct render {
	FILE *out;
	const char *report; /* its name, for JSON */
	uint64_t wall;	    /* ns since the epoch: the moment the numbers are of */
	bool json;
	bool summary; /* percentiles in place of distributions */
	/* the text that a hash stands for, where rows are split by texts; false when not known */
	bool (*text)(const void *arg, uint64_t hash, char *text, size_t size);
	const void *text_arg;
};

/* The same in any case: an unknown one is shown as its hash. Returns `text`. */
char *render_text(const struct render *render, uint64_t hash, char *text, size_t size);

/* How wide what is drawn may be: COLUMNS, else the terminal's width, else 80; at most 1000. */
int render_width(FILE *out);

#endif
