/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A series as a file: JSON, one object, with a checksum, so that a damaged one is told from a whole
 * one.
 */
#ifndef ASSAY_BASELINE_H
#define ASSAY_BASELINE_H

#include <stddef.h>

#include "series.h"

#define BASELINE_VERSION 1

/*
 * Writes the series to `path` by way of a file beside it, so that there is the old one or the new
 * one, whole. 0 or -errno, with what was being done in `why`.
 */
int baseline_write(const struct series *series, const char *path, char *why, size_t why_size);

/*
 * Reads one. 0 and *out (freed with series__free()), or -errno with what is wrong in `why`:
 * -EBADMSG for a file that is no baseline, is cut short or damaged; -EPROTO for one of a version
 * that this program does not know; what open(2) and read(2) say.
 */
int baseline_read(const char *path, struct series **out, char *why, size_t why_size);

/* The same of text in memory; `name` is what messages call it. */
int baseline_parse(const char *text, size_t len, const char *name, struct series **out, char *why,
		   size_t why_size);

#endif
