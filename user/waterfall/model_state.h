/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The model, as its parts share it: model.c (the order of events, and the course of a job), down.c
 * (what happens at a downstairs), up.c (at an upstairs). Nobody else's.
 */
#ifndef ASSAY_WF_MODEL_STATE_H
#define ASSAY_WF_MODEL_STATE_H

#include "model.h"

/* Events of one stream that were not gone through yet, in the order of their time. */
struct wf_queue {
	struct wf_event *events;
	size_t first, n, room;
};

enum { WF_QUEUE_IOS, WF_QUEUE_CALLS, WF_QUEUE_HITS, WF_QUEUES };

/* A traced process. */
struct wf_process {
	struct wf_process *next;
	uint32_t tgid;
	struct perfetto_downstairs down; /* whose downstairs it is, as far as that is known */
};

#define WF_PROCESS_BUCKETS 64

/* What a journal did, a ring in the order of their ends. */
struct wf_journal_io {
	uint64_t start, end;
	uint64_t bytes;
	uint32_t dev, disk;
	uint16_t op;
};

#define WF_JOURNAL_IOS 4096 /* a power of two */

struct wf_model {
	struct wf_handlers handlers;
	struct wf_account *account;
	struct wf_stats stats;
	struct wf_queue queues[WF_QUEUES];
	uint64_t applied; /* all up to this time was gone through */
	struct wf_jobs jobs;
	struct wf_list ended; /* jobs that wait for what belongs to them */
	struct wf_threads threads;
	uint64_t swept; /* when threads were last looked through */
	struct wf_process *processes[WF_PROCESS_BUCKETS];
	struct perfetto_flows *flows;
	struct perfetto_stats flow_stats;
	bool has_guests; /* some upstairs is traced */
	struct wf_journal_io journal[WF_JOURNAL_IOS];
	uint64_t njournal; /* ever */
};

struct wf_process *wf_process_get(struct wf_model *model, uint32_t tgid);

/* The job has ended, all of it. */
void wf_ended(struct wf_model *model, struct wf_job *job, uint64_t time);

/* down.c and up.c: what a hit means */
void wf_down_hit(struct wf_model *model, const struct wf_event *event);
void wf_up_hit(struct wf_model *model, const struct wf_event *event);
/* down.c: the other streams */
void wf_call(struct wf_model *model, const struct wf_event *event);
void wf_io(struct wf_model *model, const struct wf_event *event);
/* down.c: what waits on the thread for its system call has none */
void wf_settle(struct wf_model *model, struct wf_thread *thread);
/* up.c: a guest's job is over by force */
void wf_up_forget(struct wf_model *model, struct wf_job *job);

/* whole.c: the steps that have no probes of their own, once a job has ended */
void wf_whole(const struct wf_model *model, struct wf_job *job);

#endif
