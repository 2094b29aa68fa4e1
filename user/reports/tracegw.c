// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * tracegw: how many reads, writes and flushes the gateway was given, and how many it has answered.
 */
#include <inttypes.h>

#include "render/json.h"
#include "report.h"

enum {
	READ_START,
	READ_DONE,
	WRITE_START,
	WRITE_DONE,
	FLUSH_START,
	FLUSH_DONE,
	UNWRITTEN_START,
	UNWRITTEN_DONE,
	NCOUNTS
};

#define UP "crucible_upstairs"

static const struct probe_rule rules[] = {
	RULE_COUNT(UP, "gw-read-start", READ_START),
	RULE_COUNT(UP, "gw-read-done", READ_DONE),
	RULE_COUNT(UP, "gw-write-start", WRITE_START),
	RULE_COUNT(UP, "gw-write-done", WRITE_DONE),
	RULE_COUNT(UP, "gw-flush-start", FLUSH_START),
	RULE_COUNT(UP, "gw-flush-done", FLUSH_DONE),
	RULE_COUNT(UP, "gw-write-unwritten-start", UNWRITTEN_START),
	RULE_COUNT(UP, "gw-write-unwritten-done", UNWRITTEN_DONE),
	{ 0 },
};

/* The lines, in their order; write-unwritten, which the script leaves out, only when there was any.
 */
static const struct {
	const char *op;
	uint32_t start, done;
	const char *classic, *compact;
	bool always;
} lines[] = {
	{ "read", READ_START, READ_DONE, " read_start:%" PRIu64 "    read_end:%" PRIu64 "\n",
	  " read-start:%" PRIu64 "    read-done:%" PRIu64 "\n", true },
	{ "write", WRITE_START, WRITE_DONE, " write_start:%" PRIu64 "   write_end:%" PRIu64 "\n",
	  "write-start:%" PRIu64 "   write-done:%" PRIu64 "\n", true },
	{ "flush", FLUSH_START, FLUSH_DONE, " flush_start:%" PRIu64 "   flush_end:%" PRIu64 "\n",
	  "flush-start:%" PRIu64 "   flush-done:%" PRIu64 "\n", true },
	{ "write-unwritten", UNWRITTEN_START, UNWRITTEN_DONE,
	  " write-unwritten_start:%" PRIu64 "   write-unwritten_end:%" PRIu64 "\n",
	  "write-unwritten-start:%" PRIu64 "   write-unwritten-done:%" PRIu64 "\n", false },
};

static uint64_t count_of(const struct snapshot *snapshot, uint32_t row, uint32_t tgid)
{
	const struct snapshot_row *found = snapshot_find(snapshot, row, 0, tgid);

	return found ? found->count : 0;
}

/* One process's lines, or those of all together (tgid 0). */
static void print_process(const struct report_view *view, uint32_t tgid)
{
	bool compact = view->layout == LAYOUT_COMPACT;

	if (tgid && !view->render.json)
		fprintf(view->render.out, "%8u\n", tgid);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		uint64_t start = count_of(view->snapshot, lines[i].start, tgid);
		uint64_t done = count_of(view->snapshot, lines[i].done, tgid);

		if (!lines[i].always && !start && !done)
			continue;
		if (view->render.json) {
			json_t *object = json_line(&view->render);

			if (tgid)
				json_set(object, "pid", json_integer(tgid));
			json_set(object, "op", json_string(lines[i].op));
			json_set(object, "start", json_integer(start));
			json_set(object, "done", json_integer(done));
			json_print(view->render.out, object);
		} else {
			fprintf(view->render.out, compact ? lines[i].compact : lines[i].classic,
				start, done);
		}
	}
}

static void print(const struct report_view *view)
{
	const struct snapshot *s = view->snapshot;

	if (!view->options->by_pid) {
		print_process(view, 0);
		return;
	}
	for (int i = 0; i < s->nrows; i++) {
		bool first = true;

		for (int j = 0; j < i; j++)
			first = first && s->rows[j].tgid != s->rows[i].tgid;
		if (first)
			print_process(view, s->rows[i].tgid);
	}
}

const struct report report_tracegw = {
	.name = "tracegw",
	.summary = "count of reads, writes and flushes that began and ended at the gateway",
	.help = {
		.about = "Counts gw-OP-start, a job taken in from the guest, and gw-OP-done, a job "
			 "that is done for the guest; OP is read, write, flush, and write-unwritten "
			 "when there were any.\n",
		.hits = "Two hits an IO.\n",
		.columns = "Per operation how many began and how many ended. The difference is what is "
			   "under way, or began or ended outside the run.\n",
		.caveats = "Crucible's script does not count write-unwritten.\n",
	},
	.rules = rules,
	.rows = NCOUNTS,
	.print = print,
};
