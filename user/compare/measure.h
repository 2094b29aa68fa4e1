/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Runs, measured: traces all stages while a command runs, or for a time, and adds what it sees to a
 * series, window by window.
 */
#ifndef ASSAY_MEASURE_H
#define ASSAY_MEASURE_H

#include "core/options.h"
#include "series.h"

/*
 * One run more for the series, as its settings say; `options` has which processes and binaries (-p,
 * -e, -Z), the rest of it is set here. `command` (ended by NULL, or NULL) is what runs; its stdout
 * goes to stderr. What fails is said. A run that could not be finished is not in the series.
 *
 * 0; -EINTR: ended by a signal; -ECHILD: the command failed; -ENODATA: nothing fired; other -errno.
 */
int measure_run(struct series *series, const struct options *options, char *const *command);

#endif
