/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the machine is that we measure on, and a binary's build ID.
 */
#ifndef ASSAY_COMPARE_HOST_H
#define ASSAY_COMPARE_HOST_H

#include <stdio.h>

#include "series.h"

/* Fills *host; texts are the caller's, freed with series__free(). 0 or -ENOMEM. */
int host_read(struct series_host *host);

/*
 * What a file like /proc/cpuinfo calls the CPU: its model's name, or on Arm, which has none there,
 * "Arm implementer 0x41 part 0xd0c". "" when it says neither. Returns `text`.
 */
char *host_cpu(FILE *cpuinfo, char *text, size_t size);

/* Load average of the last minute; 0 when it can't be had. */
double host_load(void);

/*
 * The GNU build ID of an ELF file open as `fd`, in hexadecimal; "" when it has none. At most `size`
 * - 1 characters: BUILD_ID_SIZE is enough for all that linkers make. Returns `text`.
 */
#define BUILD_ID_SIZE 129
char *build_id_read(int fd, char *text, size_t size);

#endif
