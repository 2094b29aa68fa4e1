/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The holder: a process that has the descriptors of a program's attachments to tracepoints, so that
 * letting go of them keeps nobody waiting. How long that takes (292 tracepoints, Linux 6.18):
 *
 *	the links, which take the program off: 35 ms each, a wait for RCU; all at once, by as many
 *	threads, 45 ms. 6.1 waits while it holds a lock that all of them need (bpf_event_mutex,
 *	perf_event_detach_bpf_prog()): there they take their 40 ms one after another
 *	the perf events below them: 40 ms each, 11 s, and in no way faster, since the kernel waits
 *	while it holds a lock (event_mutex, perf_trace_destroy())
 *
 * The holder does both as soon as it is asked to or its parent is gone, and lives on until it is
 * done. From the beginning the program does nothing any more, and behind the links it is gone.
 * The holder has no more than these descriptors: no memory of the rings, no terminal, no folder;
 * but a module whose tracepoints they are cannot be unloaded meanwhile.
 *
 * Whoever attaches at that time would have to wait for the kernel's lock 40 ms for each tracepoint;
 * so those who attach hold a lock on the folder of events in tracefs (holder_lock()), for which the
 * holder makes way.
 */
#ifndef ASSAY_FLIGHT_HOLDER_H
#define ASSAY_FLIGHT_HOLDER_H

#include <stdbool.h>

struct holder;

/*
 * Starts it. It gets the descriptors `links` and `events` [n], of which ours are closed, also on
 * failure. It sets *live, which is memory shared with the program, to false before it lets go.
 * Returns 0 or -errno.
 */
int holder__new(const int *links, const int *events, int n, bool *live, struct holder **out);

/* Tells it to let go. Here and below it may be NULL: then there is nothing to let go of. */
void holder_release(struct holder *holder);

/* Waits until no program is attached any more, at most `ms`. 0 or -ETIMEDOUT. */
int holder_wait(struct holder *holder, int ms);

/* Tells it to let go, if that was not done; does not wait. */
void holder__free(struct holder *holder);

/* Held while attaching; a descriptor to close, or -1 when there is no such lock to be had. */
int holder_lock(void);

#endif
