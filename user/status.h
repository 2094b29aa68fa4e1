/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The statuses the program ends with.
 */
#ifndef ASSAY_STATUS_H
#define ASSAY_STATUS_H

enum {
	STATUS_OK = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,   /* wrong use */
	STATUS_NOTHING = 3, /* nothing to trace or to list */
	/* of baseline, check and ab, whose own failures are never 1 */
	STATUS_REGRESSION = 1,
	STATUS_UNMEASURED = 3, /* could not measure, or not write it */
};

#endif
