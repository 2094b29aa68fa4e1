/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What spans are called, in tables and drawings: as Crucible's probes are, where there are such.
 */
#ifndef ASSAY_WF_NAMES_H
#define ASSAY_WF_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "extent-flush", "work queue", "ds-write-net": of a span of a job. Into `dst`, which is returned.
 */
char *wf_kind_name(uint16_t kind, uint16_t what, uint8_t op, bool guest, char *dst, size_t size);

#endif
