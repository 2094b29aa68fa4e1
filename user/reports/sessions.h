/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The upstairs that status reports have heard of: sessions of processes, told apart by process,
 * upstairs and session, and what was last said of each.
 */
#ifndef ASSAY_SESSIONS_H
#define ASSAY_SESSIONS_H

#include "core/upstatus.h"
#include "report.h"

struct session {
	uint32_t tgid;
	char upstairs[64];
	char session[64];
	uint64_t statuses;	 /* heard */
	uint64_t first_job;	 /* next_job_id of the first */
	uint64_t last_job;	 /* and of the last before this one */
	uint64_t heard;		 /* ns, CLOCK_MONOTONIC: the last */
	struct upstatus *latest; /* NULL before the first */
	struct session *next;
};

struct sessions {
	struct session *first;
	int n;
	uint64_t unread; /* statuses that were no JSON, cut, or told an error */
	char why[256];	 /* of the last of these */
};

/*
 * Takes in the status of a hit of up-status. Its session's entry, the parsed status in *status
 * (the caller's, or give it to session_keep()); NULL when it can't be read, which is counted.
 */
struct session *sessions_hear(struct sessions *sessions, const struct hit *hit,
			      struct upstatus **status);
/* From here on `status` is what was last said; the one before is freed. */
void session_keep(struct session *session, struct upstatus *status);
void sessions_free(struct sessions *sessions);

/* By process, then upstairs, then session: in *all (caller frees), their number returned. */
int sessions_sorted(const struct sessions *sessions, const struct session ***all);

/* Says how many statuses could not be read, if any. */
void sessions_warn(const struct sessions *sessions);

/* The rule that all status reports have. */
extern const struct probe_rule sessions_rules[];

/* The argument of up-status that is the status. */
#define UP_STATUS_ARG 1

#endif
