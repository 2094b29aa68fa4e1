/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whose every block I/O was: none is dropped. Those of the traced processes are in exactly one of
 * the first rows; beside them stand those of the kernel's threads and of other processes, which the
 * same disks had to do meanwhile.
 */
#ifndef ASSAY_WF_ACCOUNT_H
#define ASSAY_WF_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/snapshot.h"

enum wf_whose {
	WF_IN_JOBS, /* queued inside of a job's windows */
	WF_UNSEEN,  /* inside of those of a job that was not seen from its start to its end */
	WF_OUTSIDE, /* outside of any */
	WF_AFTER,   /* ended long after its job had, so that it is not known whose it was */
	WF_OWN,	    /* how many of these there are */
	WF_BY_JOURNAL = WF_OWN,
	WF_BY_WRITEBACK,
	WF_BY_KERNEL, /* its other threads */
	WF_BY_OTHERS, /* processes that are not traced */
	WF_WHOSES,
};

/* Of one that has ended; times are ns, CLOCK_MONOTONIC. */
struct wf_io {
	uint64_t queued, issued, done; /* issued 0: not seen */
	uint64_t bytes;
	uint32_t disk;
	uint16_t name; /* of wf_account_name() */
};

#define WF_NAME		24
#define WF_NAMES	64
#define WF_ACCOUNT_ROWS 128
#define WF_DISKS	64
#define WF_CALL_OPS	16

struct wf_account_row {
	enum wf_whose whose;
	uint16_t name; /* 0: none */
	uint32_t disk; /* 0: of all */
	uint64_t bytes;
	struct snapshot_row times;  /* from queued to done */
	struct snapshot_row queued; /* to issued, of those of which that was seen */
};

struct wf_account {
	struct wf_account_row rows[WF_ACCOUNT_ROWS]; /* the first WF_OWN are own, in their order */
	int nrows;
	char names[WF_NAMES][WF_NAME]; /* the first is empty */
	int nnames;
	uint32_t disks[WF_DISKS]; /* that the traced processes use */
	int ndisks;
	uint64_t seen;				/* I/Os of the traced processes, ever */
	uint64_t told;				/* of these, those that are in a row, ever */
	uint64_t crowded;			/* of others, those for which there was no row */
	struct snapshot_row calls[WF_CALL_OPS]; /* system calls outside of any job, by operation */
};

/* NULL without memory. */
struct wf_account *wf_account__new(void);
void wf_account__free(struct wf_account *account);

/* A number for a name; 0 when there are too many. */
uint16_t wf_account_name(struct wf_account *account, const char *name);

/* The traced processes use that disk. */
void wf_account_disk(struct wf_account *account, uint32_t disk);
/* Whether they do. */
bool wf_account_has_disk(const struct wf_account *account, uint32_t disk);

void wf_account_add(struct wf_account *account, enum wf_whose whose, const struct wf_io *io);

/* A new interval: rows are empty; what was ever seen and told stays. */
void wf_account_clear(struct wf_account *account);

/* "journal", "outside any job"; in JSON "journal", "outside" */
const char *wf_whose_text(enum wf_whose whose);
const char *wf_whose_key(enum wf_whose whose);

#endif
