// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "events.h"
#include "syscalls.h"

static const struct {
	const char *name;
	bool syncs;
} calls[FILE_OPS] = {
	[FILE_READ] = { "read", false },	  [FILE_WRITE] = { "write", false },
	[FILE_OPEN] = { "open", false },	  [FILE_FSYNC] = { "fsync", true },
	[FILE_FDATASYNC] = { "fdatasync", true }, [FILE_SYNCFS] = { "syncfs", true },
};

_Static_assert(FILE_OPS <= WF_CALL_OPS, "the account has a row for each");

void wf_event_of_call(struct wf_event *e, const struct file_record *r)
{
	*e = (struct wf_event){
		.time = r->end,
		.start = r->start,
		.value = (uint64_t)r->result,
		.tgid = r->tgid,
		.tid = r->tid,
		.sub = r->dev,
		.verb = WF_SYSCALL,
		.what = r->op < FILE_OPS ? r->op : WF_CALL_OPS - 1,
	};
}

const char *wf_call_name(unsigned op)
{
	return op < FILE_OPS ? calls[op].name : "call";
}

bool wf_call_syncs(unsigned op)
{
	return op < FILE_OPS && calls[op].syncs;
}
