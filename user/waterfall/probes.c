// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <string.h>

#include "probes.h"

#define ENTRY(provider, probe, verb, what) { provider, probe, { verb, what } },
static const struct {
	const char *provider, *name;
	struct wf_probe probe;
} table[] = { WF_PROBES(ENTRY) };

struct wf_probe wf_probe_of(const struct hit_probe *probe)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (!strcmp(table[i].name, probe->name) &&
		    !strcmp(table[i].provider, probe->provider))
			return table[i].probe;
	return (struct wf_probe){ WF_NOTHING, 0 };
}

static const char *const ops[WF_OPS] = {
	[WF_READ] = "read",
	[WF_WRITE] = "write",
	[WF_UNWRITTEN] = "write-unwritten",
	[WF_FLUSH] = "flush",
	[WF_BARRIER] = "barrier",
	[WF_CLOSE] = "el-close",
	[WF_FLUSH_CLOSE] = "el-flush-close",
	[WF_REPAIR] = "el-repair",
	[WF_REOPEN] = "el-reopen",
	[WF_NOOP] = "el-noop",
};

static const char *const steps[WF_STEPS] = {
	[WF_STEP_READ] = "extent-read",
	[WF_STEP_READ_CONTEXTS] = "extent-read-get-contexts",
	[WF_STEP_READ_FILE] = "extent-read-file",
	[WF_STEP_WRITE] = "extent-write",
	[WF_STEP_WRITE_HASHES] = "extent-write-get-hashes",
	[WF_STEP_WRITE_CONTEXTS] = "extent-write-raw-context-insert",
	[WF_STEP_WRITE_SQLITE] = "extent-write-sqlite-insert",
	[WF_STEP_WRITE_FILE] = "extent-write-file",
	[WF_STEP_FLUSH] = "extent-flush",
	[WF_STEP_FLUSH_FILE] = "extent-flush-file",
	[WF_STEP_FLUSH_HASHES] = "extent-flush-collect-hashes",
	[WF_STEP_FLUSH_SQLITE] = "extent-flush-sqlite-insert",
	[WF_STEP_TRUNCATE] = "extent-context-truncate",
};

const char *wf_op_name(enum wf_op op)
{
	return op < WF_OPS ? ops[op] : "?";
}

const char *wf_op_down_name(enum wf_op op)
{
	return op == WF_UNWRITTEN ? "writeunwritten" : wf_op_name(op);
}

const char *wf_step_name(enum wf_step step)
{
	return step < WF_STEPS ? steps[step] : "?";
}
