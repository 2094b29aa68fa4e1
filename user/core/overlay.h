/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tells whether two binaries on overlay file systems are one file below them. Uprobes belong to
 * that file, so attaching to both would make every hit count twice.
 */
#ifndef ASSAY_OVERLAY_H
#define ASSAY_OVERLAY_H

#include <stdbool.h>

#include "targets.h"

/*
 * `attached` has been attached to for all processes, `other` by nobody known. They are twins when
 * both are on overlays and alike, and a breakpoint shows in what a process that maps `other` would
 * run, where the file has none.
 */
bool overlay_twins(const struct binary *attached, const struct binary *other);

/*
 * Whether an attachment to another of the targets, for all processes, reaches this one: two
 * containers of one image have a file each to look at, but one to run.
 */
bool overlay_reached(const struct targets *targets, const struct binary *b);

#endif
