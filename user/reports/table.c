// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <string.h>

#include "report.h"

extern const struct report report_tracegw;
extern const struct report report_trace_vol;
extern const struct report report_all_downstairs;
extern const struct report report_downstairs_count;
extern const struct report report_upstairs_count;
extern const struct report report_perfgw;
extern const struct report report_perf_ds_net;
extern const struct report report_perf_ds_client;
extern const struct report report_perf_upstairs_rw;
extern const struct report report_perf_vol;
extern const struct report report_perf_reqwest;
extern const struct report report_perf_downstairs;
extern const struct report report_perf_downstairs_os;
extern const struct report report_perf_downstairs_three;
extern const struct report report_perf_downstairs_tick;
extern const struct report report_perf_online_repair;
extern const struct report report_perf_extents;
extern const struct report report_count;
extern const struct report report_latency_any;
extern const struct report report_trace;
extern const struct report report_record;

const struct report *const reports[] = {
	&report_tracegw,
	&report_trace_vol,
	&report_all_downstairs,
	&report_downstairs_count,
	&report_upstairs_count,
	&report_perfgw,
	&report_perf_ds_net,
	&report_perf_ds_client,
	&report_perf_upstairs_rw,
	&report_perf_vol,
	&report_perf_reqwest,
	&report_perf_downstairs,
	&report_perf_downstairs_os,
	&report_perf_downstairs_three,
	&report_perf_downstairs_tick,
	&report_perf_online_repair,
	&report_perf_extents,
	&report_count,
	&report_latency_any,
	&report_trace,
	&report_record,
	NULL,
};

struct options_spec report_spec(const struct report *report)
{
	return (struct options_spec){ report->summary, report->args, report->takes };
}

bool report_pairs(const struct report *report)
{
	return report->takes & TAKES_LATENCY;
}

const struct latency_format *report_latency(const struct report *report, enum layout layout)
{
	return layout == LAYOUT_COMPACT && report->compact ? report->compact : report->latency;
}

static const struct counts_format *report_counts(const struct report *report, enum layout layout)
{
	return layout == LAYOUT_COMPACT && report->compact_counts ? report->compact_counts
								  : report->counts;
}

int report_layout(const struct report *report, enum layout wanted, bool asked)
{
	if (!report->layouts || report->layouts & 1u << wanted)
		return wanted;
	return asked ? -1 : __builtin_ctz(report->layouts);
}

void report_print(const struct report_view *view)
{
	const struct counts_format *counts = report_counts(view->report, view->layout);

	if (view->report->print)
		view->report->print(view);
	else if (counts)
		counts_print(&view->render, counts, view->snapshot, view->options->extra,
			     view->state, view->alive, view->alive_arg);
	else
		latency_print(&view->render, report_latency(view->report, view->layout),
			      view->snapshot);
}

/* `len` without a script's ending. */
static size_t bare_length(const char *name)
{
	static const char *const endings[] = { ".d", ".sh" };
	size_t len = strlen(name);

	for (int i = 0; i < 2; i++) {
		size_t n = strlen(endings[i]);

		if (len > n && !strcmp(name + len - n, endings[i]))
			return len - n;
	}
	return len;
}

static bool has_alias(const struct report *report, const char *name, size_t len)
{
	const char *p = report->aliases;

	while (p && *p) {
		size_t n = strcspn(p, " ");

		if (n == len && !strncmp(p, name, n))
			return true;
		p += n;
		p += strspn(p, " ");
	}
	return false;
}

const struct report *report_find(const char *name, const struct report **matches, int max,
				 int *nmatches)
{
	size_t len = bare_length(name);

	*nmatches = 0;
	for (int i = 0; reports[i]; i++) {
		if ((strlen(reports[i]->name) == len && !strncmp(reports[i]->name, name, len)) ||
		    has_alias(reports[i], name, len)) {
			*nmatches = 0;
			return reports[i];
		}
		if (!len || strncmp(reports[i]->name, name, len))
			continue;
		if (*nmatches < max)
			matches[*nmatches] = reports[i];
		++*nmatches;
	}
	return *nmatches == 1 ? matches[0] : NULL;
}
