// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <string.h>

#include "slowest.h"

uint64_t wf_job_duration(const struct wf_job *job)
{
	return job->end - job->start;
}

static bool take_named(struct wf_slowest *s, struct wf_job *job)
{
	if (!s->named || job->job != s->job)
		return false;
	if (s->nsame == WF_MOST_NAMED) {
		s->more++;
		return false;
	}
	s->same[s->nsame++] = job;
	return true;
}

bool wf_slowest_take(struct wf_slowest *s, struct wf_model *model, struct wf_job *job, bool whole)
{
	uint64_t duration = wf_job_duration(job);
	uint32_t at = s->n;

	if (take_named(s, job))
		return true;
	if (!whole || !s->most ||
	    (s->n == s->most && duration <= wf_job_duration(s->jobs[s->n - 1])))
		return false;
	if (s->n == s->most)
		wf_model_drop(model, s->jobs[--s->n]);
	for (at = s->n; at && wf_job_duration(s->jobs[at - 1]) < duration; at--)
		;
	memmove(s->jobs + at + 1, s->jobs + at, (s->n - at) * sizeof(*s->jobs));
	s->jobs[at] = job;
	s->n++;
	return true;
}

void wf_slowest_clear(struct wf_slowest *s, struct wf_model *model)
{
	for (uint32_t i = 0; i < s->n; i++)
		wf_model_drop(model, s->jobs[i]);
	for (uint32_t i = 0; i < s->nsame; i++)
		wf_model_drop(model, s->same[i]);
	s->n = s->nsame = 0;
	s->more = 0;
}
