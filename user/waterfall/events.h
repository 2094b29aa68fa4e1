/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the model is told of, whichever of the three streams it came through: a hit of a probe, a
 * system call that has returned, a block I/O that has ended. Times are ns, CLOCK_MONOTONIC.
 */
#ifndef ASSAY_WF_EVENTS_H
#define ASSAY_WF_EVENTS_H

#include "account.h"
#include "core/hit.h"
#include "jobs.h"

struct file_record;
struct bio_record;

struct wf_event {
	uint64_t time;	/* of the hit; else of the end */
	uint64_t start; /* of a call; when an I/O was queued */
	uint64_t mark;	/* when the driver got an I/O, or the flush before it; 0: not seen */
	uint64_t value; /* the job; bytes of an I/O; what a call returned */
	uint32_t tgid, tid;
	uint32_t sub; /* client or extent; the device */
	uint32_t disk;
	uint16_t error; /* of an I/O, an errno */
	uint16_t name;	/* of an I/O: who queued it, where that is the kernel */
	uint8_t verb;	/* enum wf_verb */
	uint8_t what;	/* enum wf_op, wf_step, file_op, wf_bio_op */
	uint8_t whose;	/* of an I/O: of the kernel's threads their enum wf_whose, else WF_BY_OTHERS
			 */
};

/* A hit, of a probe that wf_probe_of() told of. */
void wf_event_of_hit(struct wf_event *event, struct wf_probe probe, const struct hit *hit);

/* calls.c: of bpf/syscalls.h */
void wf_event_of_call(struct wf_event *event, const struct file_record *record);
/* "fsync", and whether it waits for what was written */
const char *wf_call_name(unsigned op);
bool wf_call_syncs(unsigned op);

/* bios.c: of bpf/bio.h; the names of the kernel's threads go to the account */
void wf_event_of_bio(struct wf_event *event, const struct bio_record *record,
		     struct wf_account *account);
/* "write" */
const char *wf_bio_name(unsigned op);

#endif
