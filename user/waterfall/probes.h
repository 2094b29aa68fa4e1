/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The probes that the waterfall follows, each once: provider, probe, what a hit does to the model
 * (enum wf_verb), and to which operation or step. The report's rules and the model's table are both
 * made of this list.
 */
#ifndef ASSAY_WF_PROBES_H
#define ASSAY_WF_PROBES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/hit.h"

#define WF_UP	"crucible_upstairs"
#define WF_DOWN "crucible_downstairs"

enum wf_op {
	WF_READ,
	WF_WRITE,
	WF_UNWRITTEN,
	WF_FLUSH,
	WF_BARRIER,
	WF_CLOSE,
	WF_FLUSH_CLOSE,
	WF_REPAIR,
	WF_REOPEN,
	WF_NOOP,
	WF_OPS,
};

/* The steps of an extent, in the order in which a job has them. */
enum wf_step {
	WF_STEP_READ,
	WF_STEP_READ_CONTEXTS,
	WF_STEP_READ_FILE,
	WF_STEP_WRITE,
	WF_STEP_WRITE_HASHES,
	WF_STEP_WRITE_CONTEXTS,
	WF_STEP_WRITE_SQLITE,
	WF_STEP_WRITE_FILE,
	WF_STEP_FLUSH,
	WF_STEP_FLUSH_FILE,
	WF_STEP_FLUSH_HASHES,
	WF_STEP_FLUSH_SQLITE,
	WF_STEP_TRUNCATE,
	WF_STEPS,
};

enum wf_verb {
	WF_NOTHING,
	WF_SUBMIT_START, /* a job comes to a downstairs */
	WF_SUBMIT_DONE,
	WF_WORK_START,	 /* it is looked at */
	WF_WORK_PROCESS, /* nothing is in its way any more */
	WF_WORK_DONE,
	WF_OS_START,
	WF_OS_DONE,
	WF_STEP_START, /* a step of an extent */
	WF_STEP_DONE,
	WF_INNER_START, /* a step that does not tell its job: that of the thread */
	WF_INNER_DONE,
	WF_GW_START, /* a job of a guest */
	WF_GW_DONE,
	WF_TO_DS,
	WF_CLIENT_START, /* its part for one downstairs */
	WF_CLIENT_DONE,
	WF_NET_START, /* that part on the network */
	WF_NET_DONE,
	/* no probes: */
	WF_SYSCALL,
	WF_DISK,
};

#define WF_GW_PROBES(P, op, name)                                 \
	P(WF_UP, "gw-" name "-start", WF_GW_START, op)            \
	P(WF_UP, "gw-" name "-done", WF_GW_DONE, op)              \
	P(WF_UP, "up-to-ds-" name "-start", WF_TO_DS, op)         \
	P(WF_UP, "ds-" name "-client-start", WF_CLIENT_START, op) \
	P(WF_UP, "ds-" name "-client-done", WF_CLIENT_DONE, op)
#define WF_NET_PROBES(P, op, name)                          \
	P(WF_UP, "ds-" name "-net-start", WF_NET_START, op) \
	P(WF_UP, "ds-" name "-net-done", WF_NET_DONE, op)
#define WF_SUBMIT_PROBES(P, op, name)                            \
	P(WF_DOWN, "submit-" name "-start", WF_SUBMIT_START, op) \
	P(WF_DOWN, "submit-" name "-done", WF_SUBMIT_DONE, op)
#define WF_OS_PROBES(P, op, name)                        \
	P(WF_DOWN, "os-" name "-start", WF_OS_START, op) \
	P(WF_DOWN, "os-" name "-done", WF_OS_DONE, op)
#define WF_STEP_PROBES(P, step, name)                            \
	P(WF_DOWN, "extent-" name "-start", WF_STEP_START, step) \
	P(WF_DOWN, "extent-" name "-done", WF_STEP_DONE, step)

/* A job that is closed, and one that is flushed and closed, have the same end; so have the last. */
#define WF_PROBES(P)                                                                  \
	WF_GW_PROBES(P, WF_READ, "read")                                              \
	WF_NET_PROBES(P, WF_READ, "read")                                             \
	WF_GW_PROBES(P, WF_WRITE, "write")                                            \
	WF_NET_PROBES(P, WF_WRITE, "write")                                           \
	WF_GW_PROBES(P, WF_UNWRITTEN, "write-unwritten")                              \
	WF_NET_PROBES(P, WF_UNWRITTEN, "write-unwritten")                             \
	WF_GW_PROBES(P, WF_FLUSH, "flush")                                            \
	WF_NET_PROBES(P, WF_FLUSH, "flush")                                           \
	WF_GW_PROBES(P, WF_BARRIER, "barrier")                                        \
	WF_SUBMIT_PROBES(P, WF_READ, "read")                                          \
	WF_SUBMIT_PROBES(P, WF_WRITE, "write")                                        \
	WF_SUBMIT_PROBES(P, WF_UNWRITTEN, "writeunwritten")                           \
	WF_SUBMIT_PROBES(P, WF_FLUSH, "flush")                                        \
	P(WF_DOWN, "submit-barrier-start", WF_SUBMIT_START, WF_BARRIER)               \
	WF_SUBMIT_PROBES(P, WF_CLOSE, "el-close")                                     \
	P(WF_DOWN, "submit-el-flush-close-start", WF_SUBMIT_START, WF_FLUSH_CLOSE)    \
	WF_SUBMIT_PROBES(P, WF_REPAIR, "el-repair")                                   \
	P(WF_DOWN, "submit-el-reopen-start", WF_SUBMIT_START, WF_REOPEN)              \
	P(WF_DOWN, "submit-el-noop-start", WF_SUBMIT_START, WF_NOOP)                  \
	P(WF_DOWN, "submit-el-done", WF_SUBMIT_DONE, WF_NOOP)                         \
	P(WF_DOWN, "work-start", WF_WORK_START, 0)                                    \
	P(WF_DOWN, "work-process", WF_WORK_PROCESS, 0)                                \
	P(WF_DOWN, "work-done", WF_WORK_DONE, 0)                                      \
	WF_OS_PROBES(P, WF_READ, "read")                                              \
	WF_OS_PROBES(P, WF_WRITE, "write")                                            \
	WF_OS_PROBES(P, WF_UNWRITTEN, "writeunwritten")                               \
	WF_OS_PROBES(P, WF_FLUSH, "flush")                                            \
	WF_STEP_PROBES(P, WF_STEP_READ, "read")                                       \
	WF_STEP_PROBES(P, WF_STEP_READ_CONTEXTS, "read-get-contexts")                 \
	WF_STEP_PROBES(P, WF_STEP_READ_FILE, "read-file")                             \
	WF_STEP_PROBES(P, WF_STEP_WRITE, "write")                                     \
	WF_STEP_PROBES(P, WF_STEP_WRITE_HASHES, "write-get-hashes")                   \
	WF_STEP_PROBES(P, WF_STEP_WRITE_CONTEXTS, "write-raw-context-insert")         \
	WF_STEP_PROBES(P, WF_STEP_WRITE_SQLITE, "write-sqlite-insert")                \
	WF_STEP_PROBES(P, WF_STEP_WRITE_FILE, "write-file")                           \
	WF_STEP_PROBES(P, WF_STEP_FLUSH, "flush")                                     \
	WF_STEP_PROBES(P, WF_STEP_FLUSH_FILE, "flush-file")                           \
	WF_STEP_PROBES(P, WF_STEP_FLUSH_HASHES, "flush-collect-hashes")               \
	WF_STEP_PROBES(P, WF_STEP_FLUSH_SQLITE, "flush-sqlite-insert")                \
	P(WF_DOWN, "extent-context-truncate-start", WF_INNER_START, WF_STEP_TRUNCATE) \
	P(WF_DOWN, "extent-context-truncate-done", WF_INNER_DONE, WF_STEP_TRUNCATE)

struct wf_probe {
	uint8_t verb; /* enum wf_verb; WF_NOTHING: not one of the above */
	uint8_t what; /* enum wf_op or enum wf_step */
};

/* What a hit of that probe does. */
struct wf_probe wf_probe_of(const struct hit_probe *probe);

/* "write-unwritten", "el-close": as a guest knows it. */
const char *wf_op_name(enum wf_op op);
/* The same as the downstairs' probes have it, which know "writeunwritten". */
const char *wf_op_down_name(enum wf_op op);
/* "extent-write-file" */
const char *wf_step_name(enum wf_step step);

#endif
