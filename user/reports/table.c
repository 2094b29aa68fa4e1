// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <stdio.h>
#include <string.h>

#include "core/signature.h"
#include "report.h"

/* In the order of "assay list": counts, latencies from the guest down to the disk, any probes. */
#define REPORTS(ROW)               \
	ROW(top)                   \
	ROW(tracegw)               \
	ROW(trace_vol)             \
	ROW(all_downstairs)        \
	ROW(downstairs_count)      \
	ROW(upstairs_count)        \
	ROW(perfgw)                \
	ROW(perf_ds_net)           \
	ROW(perf_ds_client)        \
	ROW(perf_upstairs_rw)      \
	ROW(perf_vol)              \
	ROW(perf_reqwest)          \
	ROW(perf_downstairs)       \
	ROW(perf_downstairs_os)    \
	ROW(perf_downstairs_three) \
	ROW(perf_downstairs_tick)  \
	ROW(perf_online_repair)    \
	ROW(perf_live_repair)      \
	ROW(perf_extents)          \
	ROW(upstairs_info)         \
	ROW(single_up_info)        \
	ROW(sled_upstairs_info)    \
	ROW(upstairs_action)       \
	ROW(upstairs_count_status) \
	ROW(upstairs_repair)       \
	ROW(up_info)               \
	ROW(simple)                \
	ROW(upstairs_raw)          \
	ROW(up_events)             \
	ROW(get_ds_state)          \
	ROW(get_lr_state)          \
	ROW(get_up_state)          \
	ROW(blk_latency)           \
	ROW(duet)                  \
	ROW(fs_latency)            \
	ROW(waterfall)             \
	ROW(count)                 \
	ROW(latency_any)           \
	ROW(trace)                 \
	ROW(record)

#define DECLARE(name) extern const struct report report_##name;
REPORTS(DECLARE)

#define ENTRY(name) &report_##name,
const struct report *const reports[] = { REPORTS(ENTRY) NULL };

bool report_has_probes(const struct report *report)
{
	return report->rules;
}

bool report_rule_repeats(const struct report *report, const struct probe_rule *rule)
{
	for (const struct probe_rule *r = report->rules; r != rule; r++)
		if (!strcmp(r->probe, rule->probe) && !strcmp(r->provider, rule->provider))
			return true;
	return false;
}

char *report_rule_text(const struct probe_rule *rule, char *dst, size_t size)
{
	const char *gone = signature_gone(rule->provider, rule->probe);

	snprintf(dst, size, "%s:%s%s%s%s", rule->provider, rule->probe, gone ? " (" : "",
		 gone ? gone : "", gone ? ")" : "");
	return dst;
}

const struct report *report_namesake(const struct report *report)
{
	bool behind = false;

	for (int i = 0; reports[i]; i++) {
		if (behind && !strcmp(reports[i]->name, report->name))
			return reports[i];
		behind = behind || reports[i] == report;
	}
	return NULL;
}

struct options_spec report_spec(const struct report *report)
{
	const struct report *other = report_namesake(report);

	return (struct options_spec){ report->summary,
				      report->args || !other ? report->args : other->args,
				      report->takes | (other ? other->takes & TAKES_EXTRA : 0) };
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

const struct report *report_meant(const struct report *report, const struct options *options)
{
	bool pid = !options->layout_given && options->nargs;

	for (int i = 0; reports[i]; i++) {
		const struct report *r = reports[i];

		if (strcmp(r->name, report->name))
			continue;
		if (pid ? r->pid_arg : r->layouts & 1u << options->layout)
			return r;
	}
	return report;
}

void report_print(const struct report_view *view)
{
	const struct counts_format *counts = report_counts(view->report, view->layout);

	if (view->report->print)
		view->report->print(view);
	else if (counts)
		counts_print(&view->render, counts, view->snapshot,
			     &(struct counts_wanted){ .extra = view->options->extra,
						      .split = view->report->by_process ||
							       view->options->by_pid,
						      .alive = view->alive,
						      .arg = view->arg },
			     view->state);
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
		if (!len || strncmp(reports[i]->name, name, len) || report_namesake(reports[i]))
			continue;
		if (*nmatches < max)
			matches[*nmatches] = reports[i];
		++*nmatches;
	}
	return *nmatches == 1 ? matches[0] : NULL;
}
