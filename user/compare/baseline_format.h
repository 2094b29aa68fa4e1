/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What writing and reading of baseline files share: the format's limits, its checksum, and a series
 * as a JSON object. baseline.h says what the format is.
 */
#ifndef ASSAY_BASELINE_FORMAT_H
#define ASSAY_BASELINE_FORMAT_H

#include <jansson.h>
#include <stddef.h>

#include "series.h"

/* Beyond these, and those of series.h, a file is refused. */
#define BASELINE_MAX_SIZE    (256 << 20) /* bytes */
#define BASELINE_MAX_WINDOWS 1000000	 /* of a run */
#define BASELINE_MAX_STAGES  4096
#define BASELINE_MAX_NAME    255 /* bytes of a stage's name */
#define BASELINE_MAX_LOAD    1e9
#define BASELINE_MAX_TEXTS   4096 /* words of a command, patterns, binaries */

#define BASELINE_KEY	     "assay_baseline" /* the key of the version */
#define BASELINE_CRC	     "crc32"	      /* of the checksum */

/* Fifteen digits are read as they were written, by whatever program. */
#define BASELINE_DUMP (JSON_COMPACT | JSON_REAL_PRECISION(15))

/* The checksum as text, of an object without its key; *size gets the bytes it takes, about. */
#define BASELINE_CRC_SIZE 9
int baseline_checksum(const json_t *root, char text[BASELINE_CRC_SIZE], size_t *size);

/*
 * The series as an object without checksum. 0 and *root (to be decref'd); -ENOMEM; -EOVERFLOW when
 * it holds a number beyond INT64_MAX, with which one in `why`.
 */
int baseline_encode(const struct series *series, json_t **root, char *why, size_t why_size);

/*
 * The series of an object whose checksum is known to be right. As baseline_parse(), of which it is
 * a part.
 */
int baseline_decode(const json_t *root, const char *name, struct series **out, char *why,
		    size_t why_size);

#endif
