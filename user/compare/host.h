/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the machine is that we measure on, and a binary's build ID.
 */
#ifndef ASSAY_COMPARE_HOST_H
#define ASSAY_COMPARE_HOST_H

#include "series.h"

/* Fills *host; texts are the caller's, freed with series__free(). 0 or -ENOMEM. */
int host_read(struct series_host *host);

/* Load average of the last minute; 0 when it can't be had. */
double host_load(void);

/* The GNU build ID of an ELF file open as `fd`, in hexadecimal; "" when it has none. Returns it. */
char *build_id_read(int fd, char *text, size_t size);

#endif
