// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <stdlib.h>

#include "core/units.h"
#include "sessions.h"
#include "status.h"

#define ROWS_BETWEEN	20
#define SECONDS_BETWEEN 20

struct status_keep {
	struct sessions sessions;
	uint64_t rows;	  /* since the titles */
	uint64_t seconds; /* likewise */
};

static const struct status_format *format_of(const struct report_view *view)
{
	const struct report *report = view->report;

	return report->status[view->layout] ? report->status[view->layout]
					    : report->status[LAYOUT_CLASSIC];
}

static void print_titles(const struct report_view *view, struct status_keep *keep)
{
	const struct status_format *f = format_of(view);

	keep->rows = keep->seconds = 0;
	if (!f->columns || f->when == TITLES_NEVER || view->render.json)
		return;
	status_print_titles(view->render.out, f->columns, f->titles, view->options->extra);
}

void *status_begin(const struct report_view *view)
{
	struct status_keep *keep = calloc(1, sizeof(*keep));

	if (keep)
		print_titles(view, keep);
	return keep;
}

/* The JSON itself, unchanged: Crucible's cmon reads it from a pipe. */
static void print_bare(FILE *out, const char *text)
{
	size_t len;

	text = upstatus_bare(text, &len);
	/* a line a status: a newline can only stand between values */
	for (size_t i = 0; i < len; i++)
		fputc(text[i] == '\n' || text[i] == '\r' ? ' ' : text[i], out);
	fputc('\n', out);
}

void status_hit(const struct report_view *view, const struct hit_probe *probe,
		const struct hit *hit)
{
	const struct status_format *f = format_of(view);
	struct status_keep *keep = view->keep;
	struct status_row row = { .tgid = hit->tgid };
	struct upstatus *status;
	struct session *session = sessions_hear(&keep->sessions, hit, &status);
	uint64_t job;

	(void)probe;
	if (!session)
		return;
	row.status = status;
	if (upstatus_number(status, "next_job_id", -1, &job))
		row.delta = job > session->last_job ? job - session->last_job : 0;
	if (!f->columns)
		print_bare(view->render.out, hit->text[UP_STATUS_ARG]);
	else if (view->render.json)
		status_print_json(&view->render, &row);
	else
		status_print_row(view->render.out, f->columns, &row, view->options->extra,
				 f->labelled);
	keep->rows++;
	session_keep(session, status);
}

void status_tick(const struct report_view *view)
{
	struct status_keep *keep = view->keep;
	const struct status_format *f = format_of(view);

	keep->seconds++;
	if (f->when == TITLES_BY_TIME ? keep->seconds >= SECONDS_BETWEEN
				      : keep->rows > ROWS_BETWEEN)
		print_titles(view, keep);
}

void status_end(const struct report_view *view)
{
	struct status_keep *keep = view->keep;

	sessions_warn(&keep->sessions);
	sessions_free(&keep->sessions);
	free(keep);
}
