// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * get-ds-state, get-lr-state, get-up-state: a row for each upstairs of the host, once.
 */
#include <stdlib.h>
#include <string.h>

#include "core/escape.h"
#include "core/log.h"
#include "core/units.h"
#include "render/json.h"
#include "sessions.h"
#include "status.h"

#define MOST_NS (2 * NSEC_PER_SEC) /* an upstairs tells its status about once a second */
#define UP_NS	(10 * NSEC_PER_SEC)
#define WHERE	28 /* characters of it in compact layout */

/* clang-format off */
#define CLIENTS(what, path, gap, width)               \
	{ "0", gap, width, what, path, 0, false },    \
	{ "1", 1, width, what, path, 1, false },      \
	{ "2", 1, width, what, path, 2, false }
#define WHOSE                                                                 \
	{ "PID", 0, 6, STATUS_PID, "", -1, false },                           \
	{ "UUID", 1, 8, STATUS_PREFIX, "upstairs_id", -1, false },            \
	{ "SESSION", 1, 8, STATUS_PREFIX, "session_id", -1, false }
#define REPAIRS                                                               \
	CLIENTS(STATUS_VALUE, "ds_live_repair_completed", 1, 0),              \
	CLIENTS(STATUS_VALUE, "ds_live_repair_aborted", 1, 0)
/* clang-format on */

static const struct status_column ds_classic[] = {
	{ "PID", 0, 6, STATUS_PID, "", -1, false },
	CLIENTS(STATUS_VALUE, "ds_state", 1, 17),
	{ 0 },
};
static const struct status_column ds_compact[] = { WHOSE,
						   CLIENTS(STATUS_SHORT, "ds_state", 1, 3),
						   { 0 } };
static const struct status_column lr_classic[] = { { "PID", 0, 6, STATUS_PID, "", -1, false },
						   REPAIRS,
						   { 0 } };
static const struct status_column lr_compact[] = { WHOSE, REPAIRS, { 0 } };

static const struct status_column up_columns[] = {
	{ "PID", 0, 5, STATUS_PID, "", -1, false },
	{ "SESSION", 1, 8, STATUS_PREFIX, "session_id", -1, false },
	{ "DS0", 1, 3, STATUS_SHORT, "ds_state", 0, false },
	{ "DS1", 1, 3, STATUS_SHORT, "ds_state", 1, false },
	{ "DS2", 1, 3, STATUS_SHORT, "ds_state", 2, false },
	{ "NEXT_JOB", 1, 10, STATUS_VALUE, "next_job_id", -1, false },
	{ "DELTA", 1, 6, STATUS_DELTA, "", -1, false },
	{ "CONN", 1, 4, STATUS_SUM, "ds_connected", -1, false },
	{ "ELR", 1, 5, STATUS_SUM, "ds_extents_repaired", -1, false },
	{ "ELC", 1, 5, STATUS_SUM, "ds_extents_confirmed", -1, false },
	{ "ERR", 1, 5, STATUS_VALUE, "ds_reconciled", -1, false },
	{ "ERN", 1, 5, STATUS_VALUE, "ds_reconcile_needed", -1, false },
	{ 0 },
};

static const struct status_format format_ds_classic = { ds_classic, NULL, TITLES_NEVER, false };
static const struct status_format format_ds_compact = { ds_compact, NULL, TITLES_NEVER, false };
static const struct status_format format_lr_classic = { lr_classic, NULL, TITLES_NEVER, false };
static const struct status_format format_lr_compact = { lr_compact, NULL, TITLES_NEVER, false };
static const struct status_format format_up = { up_columns, NULL, TITLES_BY_ROWS, false };

static void *states_begin(const struct report_view *view)
{
	(void)view;
	return calloc(1, sizeof(struct sessions));
}

/* Whether every session of the process has been heard: one of them began anew. */
static bool all_heard(const struct sessions *keep, uint32_t tgid)
{
	for (const struct session *s = keep->first; s; s = s->next)
		if (s->tgid == tgid && s->statuses > 1)
			return true;
	return false;
}

static bool complete(const struct report_view *view)
{
	uint32_t *pids;
	int n = view->traced(view->arg, &pids);
	bool all = n > 0;

	for (int i = 0; i < n; i++)
		all = all && (all_heard(view->keep, pids[i]) || !view->alive(view->arg, pids[i]));
	free(pids);
	return all;
}

static void states_hear(const struct report_view *view, const struct hit *hit)
{
	struct sessions *keep = view->keep;
	struct upstatus *status;
	struct session *session = sessions_hear(keep, hit, &status);

	if (session)
		session_keep(session, status);
}

static void states_hit(const struct report_view *view, const struct hit_probe *probe,
		       const struct hit *hit)
{
	(void)probe;
	states_hear(view, hit);
	if (complete(view))
		view->stop(view->arg);
}

static void up_hit(const struct report_view *view, const struct hit_probe *probe,
		   const struct hit *hit)
{
	(void)probe;
	states_hear(view, hit);
}

/* Since the first status; a job id that has gone back is no growth. */
static uint64_t new_jobs(const struct session *s)
{
	return s->last_job > s->first_job ? s->last_job - s->first_job : 0;
}

static void row_json(const struct report_view *view, const struct session *s, uint32_t tgid,
		     const char *where)
{
	json_t *object = json_line(&view->render);

	json_set(object, "pid", json_integer(tgid));
	json_set(object, "where", json_text(where));
	json_set(object, "silent", json_boolean(!s));
	if (s) {
		json_set(object, "new_jobs", json_integer(new_jobs(s)));
		json_set(object, "status", upstatus_json(s->latest));
	}
	json_print(view->render.out, object);
}

/* A session's row; `s` NULL: a process that told nothing. */
static void print_state(const struct report_view *view, const struct session *s, uint32_t tgid)
{
	const struct status_format *f = view->report->status[view->layout];
	struct status_row row = { .tgid = tgid };
	FILE *out = view->render.out;
	char where[256], fit[1024];

	view->where(view->arg, tgid, where, sizeof(where));
	if (view->render.json) {
		row_json(view, s, tgid, where);
		return;
	}
	/* cut at a whole character */
	escape_copy(fit, view->layout == LAYOUT_COMPACT ? WHERE + 1 : sizeof(fit), where);
	if (f != &format_up)
		fprintf(out, "%s ", fit);
	if (!s) {
		fprintf(out, "%6u silent\n", tgid);
		return;
	}
	row.status = s->latest;
	row.delta = new_jobs(s);
	status_print_row(out, f->columns, &row, false, false);
}

static bool told(const struct sessions *keep, uint32_t tgid)
{
	for (const struct session *s = keep->first; s; s = s->next)
		if (s->tgid == tgid)
			return true;
	return false;
}

static void states_end(const struct report_view *view)
{
	const struct status_format *f = view->report->status[view->layout];
	struct sessions *keep = view->keep;
	const struct session **all;
	int n = sessions_sorted(keep, &all);
	uint32_t *pids;
	int npids = view->traced(view->arg, &pids);

	if (f == &format_up && n && !view->render.json)
		status_print_titles(view->render.out, f->columns, NULL, false);
	for (int i = 0; i < n; i++)
		print_state(view, all[i], all[i]->tgid);
	for (int i = 0; i < npids && f != &format_up; i++)
		if (!told(keep, pids[i]) && view->alive(view->arg, pids[i]))
			print_state(view, NULL, pids[i]);
	if (!n && !npids) {
		log_error("%s: no upstairs was found", view->report->name);
		view->fail(view->arg);
	}
	sessions_warn(keep);
	sessions_free(keep);
	free(all);
	free(pids);
	free(keep);
}

#define ABOUT                                                                                \
	"Waits for one status of each upstairs of the host, prints them, and ends: after 2 " \
	"seconds at most. What has not told by then is listed as silent.\n"
#define WHERE_TEXT                                                                                  \
	"Where the process runs: its container (docker, podman, kubernetes, systemd-nspawn, lxc), " \
	"else its systemd unit, else -. Then its PID"
#define HITS "One hit a second and upstairs, with a text of 1 KB.\n"

const struct report report_get_ds_state = {
	.name = "get-ds-state",
	.summary = "state of the downstairs of every upstairs of the host, once",
	.help = { .about = ABOUT,
		  .columns =
			  WHERE_TEXT ", and the state of each of its three downstairs; in compact "
				     "layout upstairs and session before that, and states in "
				     "short.\n",
		  .hits = HITS },
	.takes = TAKES_STATUS,
	.rules = sessions_rules,
	.duration = MOST_NS,
	.status = { &format_ds_classic, &format_ds_compact, &format_ds_classic },
	.begin = states_begin,
	.hit = states_hit,
	.end = states_end,
};

const struct report report_get_lr_state = {
	.name = "get-lr-state",
	.summary = "live repairs of every upstairs of the host, once",
	.help = { .about = ABOUT,
		  .columns =
			  WHERE_TEXT ", and of each of its three downstairs how many live repairs "
				     "were completed, then how many aborted; in compact layout "
				     "upstairs and session before that.\n",
		  .hits = HITS },
	.takes = TAKES_STATUS,
	.rules = sessions_rules,
	.duration = MOST_NS,
	.status = { &format_lr_classic, &format_lr_compact, &format_lr_classic },
	.begin = states_begin,
	.hit = states_hit,
	.end = states_end,
};

const struct report report_get_up_state = {
	.name = "get-up-state",
	.summary = "state, jobs and repair of every upstairs of the host, over 10 s",
	.help = { .about =
			  "Listens for 10 seconds (-d), then prints the last status of each upstairs, "
			  "and ends.\n",
		  .columns = "As up-info, without UUID. DELTA is by how much the next job's id has "
			     "grown since the first status heard.\n",
		  .hits = HITS },
	.takes = TAKES_STATUS,
	.layouts = 1u << LAYOUT_COMPACT,
	.rules = sessions_rules,
	.duration = UP_NS,
	.waits = true,
	.status = { NULL, &format_up },
	.begin = states_begin,
	.hit = up_hit,
	.end = states_end,
};
