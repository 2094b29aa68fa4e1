/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Single jobs, drawn: a line a span with a bar on a common axis of time; or as JSON. A guest's job
 * has those of its downstairs inside of it.
 */
#ifndef ASSAY_WF_DRAW_H
#define ASSAY_WF_DRAW_H

#include "jobs.h"
#include "render/render.h"

struct wf_drawing {
	const struct render *render;
	int width; /* of lines, in columns */
	/* the names of a process and of a device; valid until the next call */
	const char *(*process)(void *arg, uint32_t tgid);
	const char *(*device)(void *arg, uint32_t dev);
	void *arg;
};

#define WF_DRAW_LINES 200 /* at most, of a job; in JSON all */

void wf_draw(const struct wf_drawing *drawing, const struct wf_job *job);

#endif
