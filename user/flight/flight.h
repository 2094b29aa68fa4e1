/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The commands `assay flight` and `assay scoutfs`: trace all the time, keep the last of it, and
 * when the event of interest comes write one tarball with all that was around it.
 *
 * A run goes through flight_begin() (checks, lock, folder, what is recorded), the loop, and
 * flight_finish() (all stopped, context, text, tarball).
 */
#ifndef ASSAY_FLIGHT_H
#define ASSAY_FLIGHT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "capture.h"
#include "context.h"
#include "core/loop.h"
#include "crucible.h"
#include "decode.h"
#include "flight_options.h"
#include "folder.h"
#include "kmsg.h"
#include "lock.h"
#include "recorder.h"

/* argv[0] is the command's name. Each returns the status to exit with. */
int cmd_flight(int argc, char **argv);
int cmd_scoutfs(int argc, char **argv);

/* --- a run, for the files of this folder --- */

/* So many triggers are noted: a line that is repeated without end must not fill the disk. */
#define TRIGGERS_MAX 10000

struct flight {
	const struct flight_options *o;
	const char *command; /* "flight" or "scoutfs" */
	char **argv;	     /* as it was called, for the record */
	int argc;
	struct loop *loop;
	struct lock *lock;
	struct folder *folder;
	struct recorder *recorder;
	struct capture *capture;   /* NULL: none */
	struct kmsg *kmsg;	   /* NULL: none */
	struct crucible *crucible; /* USDT probes; NULL: none */
	FILE *event_log;
	uint64_t triggers; /* how often the event came, noted or not */
	struct context_missing missing;
	struct decode_stats text; /* of trace.txt */
	bool triggered;
	int signal; /* that ended it, or 0 */
	int err;    /* what ended it badly, has been said: the folder stays as it is */
	/* for the status line */
	bool on_terminal, line_shown;
	uint64_t seen, seen_at; /* events, and when they were so many */
};

/*
 * The event of interest has come: `text` goes to event.log (made fit for a terminal), and the run
 * ends --post seconds later. What comes after it is noted, too, and changes nothing.
 */
void flight_trigger(struct flight *f, const char *text);

/* What ends a run badly: said, noted, and the loop ended. */
void flight_fail(struct flight *f, const char *why, int err);

/* Writes what Crucible was at up to now, the first time; `until` says what comes now. */
void flight_snapshot(struct flight *f, const char *until);

/* A line of event.log, with the times of day and of the trace; on the disk when it returns. */
void flight_note(struct flight *f, const char *text);

/* The status line: shown anew, and taken away before anything else is said. */
void flight_show_line(struct flight *f);
void flight_clear_line(struct flight *f);

/* What the line says. */
struct flight_status {
	double events; /* a second */
	uint64_t kept_ns, kept_bytes, lost;
	bool captures;
	uint64_t packets, dropped;
	uint64_t free; /* bytes, on the disk */
};
const char *flight_status_text(const struct flight_status *status, char *buf, size_t size);

/* Everything behind the loop. Returns the status to exit with. */
int flight_finish(struct flight *f);

/* --decode: prints what FILE holds. Returns the status to exit with. */
int flight_print(const char *file);

#endif
