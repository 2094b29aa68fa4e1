// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <inttypes.h>
#include <stdio.h>

#include "hit_files.h"
#include "raw.h"

void raw_segment_name(int32_t stream, uint64_t number, char *name, size_t size)
{
	if (stream == RAW_STATIC)
		snprintf(name, size, RAW_ABOUT);
	else if (stream == RAW_HITS)
		snprintf(name, size, HIT_FILE "%" PRIu64, number);
	else if (stream == RAW_LINES)
		snprintf(name, size, "lines.%" PRIu64, number);
	else
		snprintf(name, size, "cpu%d.%" PRIu64, stream, number);
}
