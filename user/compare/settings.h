/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A series that is about to be measured: on which host, and by which settings, from the command
 * line and, where that is silent, from the baseline.
 */
#ifndef ASSAY_COMPARE_SETTINGS_H
#define ASSAY_COMPARE_SETTINGS_H

#include "compare_options.h"
#include "series.h"

/*
 * An empty one. `command` (ended by NULL; NULL: none) is what runs; without it, it is the
 * baseline's unless -d is given. `base` is the baseline, or NULL. NULL without memory; freed with
 * series__free().
 */
struct series *settings_series(const char *label, const struct compare_options *options,
			       char *const *command, const struct series *base);

/*
 * Whether a series can be measured by what has come together in its settings. 0, or -EINVAL for
 * what contradicts itself, which is said; -ENOMEM.
 */
int settings_check(const struct series *series);

#endif
