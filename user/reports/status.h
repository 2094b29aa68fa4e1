/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How a status report prints in one layout, and the functions that all of them have.
 */
#ifndef ASSAY_STATUS_REPORT_H
#define ASSAY_STATUS_REPORT_H

#include "render/status.h"
#include "report.h"

enum status_titles {
	TITLES_BY_ROWS = 0, /* at once, and at the first second with more than 20 rows since */
	TITLES_BY_TIME,	    /* at once, and every 20 seconds */
	TITLES_NEVER,
};

struct status_format {
	const struct status_column *columns; /* NULL: the bare JSON */
	const char *titles;		     /* in place of the columns' own; NULL: these */
	enum status_titles when;
	bool labelled; /* each value stands behind its title */
};

void *status_begin(const struct report_view *view);
void status_hit(const struct report_view *view, const struct hit_probe *probe,
		const struct hit *hit);
void status_tick(const struct report_view *view);
void status_end(const struct report_view *view);

#define STATUS_FUNCTIONS                                                                  \
	.begin = status_begin, .hit = status_hit, .tick = status_tick, .end = status_end, \
	.rules = sessions_rules

#endif
