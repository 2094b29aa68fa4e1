// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * up-events: a line each time something about a downstairs changes: its state, and how often it
 * connected, was repaired or replaced. What happened during the night.
 */
#include <stdlib.h>
#include <string.h>

#include "core/escape.h"
#include "core/units.h"
#include "render/json.h"
#include "sessions.h"
#include "status.h"

/* What is watched, an element a client. */
static const char *const watched[] = {
	"ds_state",    "ds_connected", "ds_live_repair_completed", "ds_live_repair_aborted",
	"ds_replaced",
};
#define NWATCHED   (sizeof(watched) / sizeof(watched[0]))

#define VALUE_SIZE 128

struct event {
	const struct session *session;
	const char *field;
	int client;
	char before[VALUE_SIZE], now[VALUE_SIZE];
};

static void *events_begin(const struct report_view *view)
{
	if (!view->render.json)
		fprintf(view->render.out, "%-19s %6s %-8s %-8s %6s %s\n", "TIME", "PID", "UUID",
			"SESSION", "CLIENT", "CHANGE");
	return calloc(1, sizeof(struct sessions));
}

static void print_event(const struct report_view *view, const struct event *e)
{
	FILE *out = view->render.out;
	char time[40], upstairs[9], session[9]; /* eight characters */
	json_t *object;

	if (view->render.json) {
		object = json_line(&view->render);
		json_set(object, "pid", json_integer(e->session->tgid));
		json_set(object, "process", json_text(view->process));
		json_set(object, "upstairs_id", json_text(e->session->upstairs));
		json_set(object, "session_id", json_text(e->session->session));
		json_set(object, "client", json_integer(e->client));
		json_set(object, "field", json_string(e->field));
		json_set(object, "before", *e->before ? json_text(e->before) : json_null());
		json_set(object, "now", json_text(e->now));
		json_print(out, object);
		return;
	}
	escape_copy(upstairs, sizeof(upstairs), e->session->upstairs);
	escape_copy(session, sizeof(session), e->session->session);
	fprintf(out, "%s %6u %-8s %-8s %6d %s ",
		time_format_local(view->render.wall, time, sizeof(time)), e->session->tgid,
		upstairs, session, e->client, e->field + strlen("ds_"));
	if (*e->before) {
		escape_print(out, e->before);
		fputs(" -> ", out);
	}
	escape_print(out, e->now);
	fputc('\n', out);
}

/* What differs between two statuses; all states, where there was none before. */
static void print_changes(const struct report_view *view, const struct session *session,
			  const struct upstatus *before, const struct upstatus *now)
{
	for (size_t f = 0; f < NWATCHED; f++) {
		int n = upstatus_count(now, watched[f]);

		for (int client = 0; client < n; client++) {
			struct event e = { .session = session,
					   .field = watched[f],
					   .client = client };

			upstatus_value(now, watched[f], client, e.now, sizeof(e.now));
			if (before)
				upstatus_value(before, watched[f], client, e.before,
					       sizeof(e.before));
			if (before ? strcmp(e.before, e.now) != 0 : f == 0)
				print_event(view, &e);
		}
	}
}

static void events_hit(const struct report_view *view, const struct hit_probe *probe,
		       const struct hit *hit)
{
	struct sessions *sessions = view->keep;
	struct upstatus *status;
	struct session *session = sessions_hear(sessions, hit, &status);

	(void)probe;
	if (!session)
		return;
	print_changes(view, session, session->latest, status);
	session_keep(session, status);
}

static void events_end(const struct report_view *view)
{
	sessions_warn(view->keep);
	sessions_free(view->keep);
	free(view->keep);
}

const struct report report_up_events = {
	.name = "up-events",
	.summary = "each change of a downstairs' state, connections, repairs and replacements",
	.help = {
		.about = "Watches the status of every upstairs and prints a line when a client's "
			 "ds_state, ds_connected, ds_live_repair_completed, ds_live_repair_aborted or "
			 "ds_replaced is another than in the status before. First, the states as they "
			 "are.\n",
		.columns = "Local time, PID, the first 8 characters of upstairs and session, the "
			   "downstairs' number, and what was and is.\n",
		.hits = "One hit a second and upstairs, with a text of 1 KB.\n",
		.caveats = "What comes and goes within a second, between two statuses, shows in the "
			   "counters only.\n",
	},
	.takes = TAKES_STATUS,
	.rules = sessions_rules,
	.begin = events_begin,
	.hit = events_hit,
	.end = events_end,
};
