// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "events.h"

void wf_event_of_hit(struct wf_event *e, struct wf_probe probe, const struct hit *hit)
{
	bool alone = probe.verb == WF_INNER_START || probe.verb == WF_INNER_DONE;

	*e = (struct wf_event){
		.time = hit->time,
		.value = alone ? 0 : hit->args[0],
		.tgid = hit->tgid,
		.tid = hit->tid,
		.verb = probe.verb,
		.what = probe.what,
	};
	switch (probe.verb) {
	case WF_STEP_START:
	case WF_STEP_DONE:
	case WF_CLIENT_START:
	case WF_CLIENT_DONE:
	case WF_NET_START:
	case WF_NET_DONE:
		e->sub = (uint32_t)hit->args[1];
	}
}
