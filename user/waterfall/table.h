/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The waterfall as a table, or as JSON: the stages of each operation, and whose the block I/Os
 * were.
 */
#ifndef ASSAY_WF_TABLE_H
#define ASSAY_WF_TABLE_H

#include "account.h"
#include "render/render.h"
#include "stages.h"

/* `under_way`: I/Os of the traced processes in jobs that have not ended. */
void wf_table_print(const struct render *render, const struct wf_stages *stages,
		    const struct wf_account *account, uint64_t under_way);

/* How many of the calls that sync were made by writes, and of all jobs; ns of the former. */
struct wf_syncs {
	uint64_t in_writes, all;
	double write_wall; /* of the writes' time, the part in such calls */
	double writes;	   /* the writes' time */
};
struct wf_syncs wf_table_syncs(const struct wf_stages *stages);

#endif
