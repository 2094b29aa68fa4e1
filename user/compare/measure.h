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
 * -e, -Z) and how to attach, the rest of it is set here. Without -p and -e all of the host is
 * traced. `command` (ended by NULL, or NULL) is what runs: a load (core/child.h), so that its
 * stdout goes to stderr. What fails is said. A run that could not be finished is not in the series.
 * Where the block layer can't be measured, that is said and becomes one of the series' settings.
 *
 * 0; -EINTR: ended by a signal, which is not said; -ECHILD: the command failed, or could not be
 * started; -ENODATA: nothing fired; -EINVAL: a device or stage that is not there; other -errno.
 *
 * SIGINT, SIGTERM and SIGHUP are blocked from the first run on, so that none ends the program
 * between two runs: one that comes there ends the next run as it begins, and one that comes after
 * the last is pending (sigpending(2)).
 */
int measure_run(struct series *series, const struct options *options, char *const *command);

#endif
