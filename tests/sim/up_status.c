// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The status an upstairs reports once a second: Crucible's DtraceInfo as JSON. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes.h"
#include "upstairs.h"

static const char *const state_names[] = {
	[CS_NEW] = "New",
	[CS_WAIT_QUORUM] = "WaitQuorum",
	[CS_ACTIVE] = "Active",
	[CS_OFFLINE] = "Offline",
	[CS_FAULTED] = "Faulted",
	[CS_LIVE_REPAIR_READY] = "LiveRepairReady",
	[CS_LIVE_REPAIR] = "LiveRepair",
};

static void put_three(FILE *f, const char *name, const uint64_t v[CLIENTS])
{
	fprintf(f, ",\"%s\":[%" PRIu64 ",%" PRIu64 ",%" PRIu64 "]", name, v[0], v[1], v[2]);
}

static void put_io_count(FILE *f, struct upstairs *u)
{
	static const char *const names[] = { "in_progress", "done", "skipped", "error" };
	uint64_t counts[IO_ERROR + 1][CLIENTS] = { { 0 } };

	for (uint64_t id = u->first_job; id < u->next_job; id++)
		for (int c = 0; c < CLIENTS; c++)
			counts[job_get(u, id)->state[c]][c]++;
	fputs(",\"ds_io_count\":{", f);
	for (int s = IO_IN_PROGRESS; s <= IO_ERROR; s++)
		fprintf(f, "%s\"%s\":[%" PRIu64 ",%" PRIu64 ",%" PRIu64 "]",
			s == IO_IN_PROGRESS ? "" : ",", names[s - IO_IN_PROGRESS], counts[s][0],
			counts[s][1], counts[s][2]);
	fputs("}", f);
}

static void put_counters(FILE *f, const struct up_counters *c)
{
	fprintf(f,
		",\"up_counters\":{\"apply\":%" PRIu64 ",\"action_downstairs\":%" PRIu64
		",\"action_guest\":%" PRIu64 ",\"action_deferred_block\":%" PRIu64
		",\"action_deferred_message\":%" PRIu64 ",\"action_flush_check\":%" PRIu64
		",\"action_stat_check\":%" PRIu64 ",\"action_control_check\":%" PRIu64
		",\"action_noop\":%" PRIu64 "}",
		c->apply, c->downstairs, c->guest, c->deferred_block, c->deferred_message,
		c->flush_check, c->stat_check, c->control_check, c->noop);
}

static void put_clients(FILE *f, const struct upstairs *u)
{
	static const uint64_t none[CLIENTS];
	uint64_t completed[CLIENTS], aborted[CLIENTS], connects[CLIENTS], repaired[CLIENTS],
		confirmed[CLIENTS], limit = 0;

	for (int c = 0; c < CLIENTS; c++) {
		const struct client_view *v = &u->view[c];

		completed[c] = v->completed;
		aborted[c] = v->aborted;
		connects[c] = v->connects;
		repaired[c] = v->repaired;
		confirmed[c] = v->confirmed;
		if (v->state == CS_LIVE_REPAIR)
			limit = u->repair.extent;
	}
	fputs(",\"ds_reconciled\":0,\"ds_reconcile_needed\":0,\"ds_reconcile_aborted\":0", f);
	put_three(f, "ds_live_repair_completed", completed);
	put_three(f, "ds_live_repair_aborted", aborted);
	put_three(f, "ds_connected", connects);
	put_three(f, "ds_replaced", none);
	put_three(f, "ds_extents_repaired", repaired);
	put_three(f, "ds_extents_confirmed", confirmed);
	fprintf(f, ",\"ds_extent_limit\":%" PRIu64, limit);
	put_three(f, "ds_delay_us", none);
	put_three(f, "ds_ro_lr_skipped", none);
}

/* Allocated; only called while somebody is attached. */
static char *status_json(struct upstairs *u)
{
	uint32_t up_count;
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return NULL;
	pthread_mutex_lock(&u->lock);
	up_count = u->io_count;
	pthread_mutex_unlock(&u->lock);
	fprintf(f, "{\"ok\":{\"upstairs_id\":\"%s\",\"session_id\":\"%s\",\"up_count\":%u",
		u->upstairs_id, u->session_id, up_count);
	put_counters(f, &u->counters);
	fprintf(f,
		",\"next_job_id\":%" PRIu64 ",\"ds_count\":%" PRIu64
		",\"write_bytes_out\":%" PRIu64,
		u->next_job, u->next_job - u->first_job, u->write_bytes);
	fprintf(f, ",\"ds_state\":[\"%s\",\"%s\",\"%s\"]", state_names[u->view[0].state],
		state_names[u->view[1].state], state_names[u->view[2].state]);
	put_io_count(f, u);
	put_clients(f, u);
	fputs("}}", f);
	return fclose(f) ? NULL : text;
}

void status_report(struct upstairs *u)
{
	char name[] = "stats", *json = NULL;

	u->counters.stat_check++;
	USDT(up__action_stat_check, u->counters.stat_check);
	USDT(up__status, (uintptr_t)name, (uintptr_t)(json = status_json(u)));
	/* As in Crucible, the text is gone right after the probe. */
	if (json)
		memset(json, '!', strlen(json));
	__asm__ volatile("" ::"r"(json) : "memory");
	free(json);
}
