// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The status reports that print a row for each status an upstairs tells: their columns.
 */
#include "sessions.h"
#include "status.h"

/* clang-format off */
#define PID(gap, width)              { "PID", gap, width, STATUS_PID, "", -1, false }
#define UUID(gap)                    { "UUID", gap, 8, STATUS_PREFIX, "upstairs_id", -1, false }
#define SESSION(gap)                 { "SESSION", gap, 8, STATUS_PREFIX, "session_id", -1, false }
#define FIELD(title, gap, width, path) { title, gap, width, STATUS_VALUE, path, -1, false }
#define DELTA(gap, width)            { "DELTA", gap, width, STATUS_DELTA, "", -1, false }
#define SUM(title, gap, width, path) { title, gap, width, STATUS_SUM, path, -1, false }
/* three columns, one a client */
#define EACH(what, title, path, gap0, gap, width)                     \
	{ title "0", gap0, width, what, path, 0, false },             \
	{ title "1", gap, width, what, path, 1, false },              \
	{ title "2", gap, width, what, path, 2, false }
#define GROUP(title, path, gap0, gap, width) EACH(STATUS_VALUE, title, path, gap0, gap, width)
#define STATES(gap0, width)          EACH(STATUS_VALUE, "DS STATE ", "ds_state", gap0, 1, width)
#define SHORT(gap0)                  EACH(STATUS_SHORT, "DS", "ds_state", gap0, 1, 3)
/* today's group of a count each: two blanks, then five characters each */
#define G(title, path)               GROUP(title, path, 2, 1, 5)
#define IO                           "ds_io_count."
/* which upstairs, where the scripts do not tell */
#define EXTRA                                                             \
	{ "PID", 0, 7, STATUS_PID, "", -1, true },                        \
	{ "SESSION", 1, 8, STATUS_PREFIX, "session_id", -1, true }
/* clang-format on */

#define END       \
	{         \
		0 \
	}

static const struct status_column info_classic[] = {
	PID(0, 6),
	STATES(1, 11),
	FIELD("UPW", 1, 4, "up_count"),
	FIELD("DSW", 1, 5, "ds_count"),
	DELTA(1, 5),
	FIELD("BAKPR", 1, 5, "up_backpressure"),
	FIELD("WRITE_BO", 1, 9, "write_bytes_out"),
	GROUP("NEW", IO "new", 2, 1, 4),
	GROUP("IP", IO "in_progress", 2, 1, 3),
	GROUP("D", IO "done", 2, 1, 3),
	GROUP("S", IO "skipped", 2, 1, 2),
	END,
};

static const struct status_column info_compact[] = {
	PID(0, 6),
	SESSION(1),
	SHORT(1),
	FIELD("UPW", 1, 5, "up_count"),
	FIELD("DSW", 1, 5, "ds_count"),
	FIELD("JOBID", 1, 10, "next_job_id"),
	FIELD("WRITE_BO", 1, 10, "write_bytes_out"),
	G("IP", IO "in_progress"),
	G("D", IO "done"),
	G("S", IO "skipped"),
	END,
};

/* ds_state as JSON; the titles stand in the row */
static const struct status_column info_legacy[] = {
	{ "", 0, 0, STATUS_VALUE, "ds_state", -1, false },
	FIELD("Upstairs:", 1, 4, "up_count"),
	FIELD("Downstairs:", 1, 4, "ds_count"),
	END,
};

/* of one upstairs and of all of a host it is the same, but for the process in front */
/* clang-format off */
#define SINGLE_CLASSIC(gap)                                               \
	SESSION(gap),                                                     \
	STATES(1, 17),                                                    \
	FIELD("UPW", 1, 5, "up_count"),                                   \
	FIELD("DSW", 1, 5, "ds_count"),                                   \
	FIELD("NEXT_JOB", 1, 9, "next_job_id"),                           \
	FIELD("BAKPR", 1, 5, "up_backpressure"),                          \
	FIELD("WRITE_BO", 1, 10, "write_bytes_out"),                      \
	G("NEW", IO "new"),                                               \
	G("IP", IO "in_progress"),                                        \
	G("D", IO "done"),                                                \
	G("S", IO "skipped"),                                             \
	G("ER", "ds_extents_repaired"),                                   \
	G("EC", "ds_extents_confirmed"),                                  \
	END
/* clang-format on */

static const struct status_column single_classic[] = { SINGLE_CLASSIC(0) };
static const struct status_column sled_classic[] = { PID(0, 5), SINGLE_CLASSIC(1) };

static const struct status_column single_compact[] = {
	UUID(0),
	SESSION(1),
	SHORT(1),
	FIELD("UPW", 1, 5, "up_count"),
	FIELD("DSW", 1, 5, "ds_count"),
	FIELD("NEXT_JOB", 1, 10, "next_job_id"),
	DELTA(1, 6),
	FIELD("WRITE_BO", 1, 10, "write_bytes_out"),
	G("IP", IO "in_progress"),
	G("D", IO "done"),
	G("S", IO "skipped"),
	G("ER", "ds_extents_repaired"),
	G("EC", "ds_extents_confirmed"),
	END,
};

static const struct status_column sled_compact[] = {
	PID(0, 5),
	UUID(1),
	SESSION(1),
	SHORT(1),
	FIELD("UPW", 1, 5, "up_count"),
	FIELD("DSW", 1, 5, "ds_count"),
	FIELD("NEXT_JOB", 1, 9, "next_job_id"),
	FIELD("WRITE_BO", 1, 10, "write_bytes_out"),
	G("IP", IO "in_progress"),
	G("D", IO "done"),
	G("S", IO "skipped"),
	G("ER", "ds_extents_repaired"),
	G("EC", "ds_extents_confirmed"),
	END,
};

#define COUNTER(title, gap, name) FIELD(title, gap, 9, "up_counters." name)

static const struct status_column action_classic[] = {
	EXTRA,
	COUNTER("APPLY", 0, "apply"),
	COUNTER("DOWN_S", 1, "action_downstairs"),
	COUNTER("GUEST", 1, "action_guest"),
	COUNTER("DFR_BLK", 1, "action_deferred_block"),
	COUNTER("DFR_MSG", 1, "action_deferred_message"),
	COUNTER("LEAK_CHK", 1, "action_leak_check"),
	COUNTER("FLUSH_CHK", 1, "action_flush_check"),
	COUNTER("STAT_CHK", 1, "action_stat_check"),
	COUNTER("REPR_CHK", 1, "action_repair_check"),
	COUNTER("CTRL_CHK", 1, "action_control_check"),
	COUNTER("NOOP", 1, "action_noop"),
	END,
};

static const struct status_column action_compact[] = {
	EXTRA,
	COUNTER("APPLY", 0, "apply"),
	COUNTER("DOWN_S", 1, "action_downstairs"),
	COUNTER("GUEST", 1, "action_guest"),
	COUNTER("DFR_BLK", 1, "action_deferred_block"),
	COUNTER("DFR_MSG", 1, "action_deferred_message"),
	COUNTER("FLUSH_CHK", 1, "action_flush_check"),
	COUNTER("STAT_CHK", 1, "action_stat_check"),
	COUNTER("CTRL_CHK", 1, "action_control_check"),
	COUNTER("NOOP", 1, "action_noop"),
	END,
};

static const struct status_column count_classic[] = {
	EXTRA,
	STATES(0, 17),
	GROUP("CON", "ds_connected", 2, 1, 4),
	GROUP("LRC", "ds_live_repair_completed", 1, 1, 4),
	GROUP("LRA", "ds_live_repair_aborted", 1, 1, 4),
	GROUP("REP", "ds_replaced", 1, 1, 4),
	END,
};

static const struct status_column repair_compact[] = {
	EXTRA,
	SHORT(0),
	GROUP("LRC", "ds_live_repair_completed", 2, 1, 5),
	GROUP("LRA", "ds_live_repair_aborted", 1, 1, 5),
	GROUP("CON", "ds_connected", 1, 1, 5),
	GROUP("REP", "ds_replaced", 1, 1, 5),
	GROUP("ER", "ds_extents_repaired", 1, 1, 5),
	GROUP("EC", "ds_extents_confirmed", 1, 1, 5),
	END,
};

/* a title over three columns each */
static const char repair_titles[] =
	"DS0 DS1 DS2       LR_COMPLETED        LR_ABORTED         CONNECTED          REPLACED "
	" EXTENTS_REPAIRED EXTENTS_CONFIRMED";

static const struct status_column up_info[] = {
	PID(0, 5),
	UUID(1),
	SESSION(1),
	SHORT(1),
	FIELD("NEXT_JOB", 1, 10, "next_job_id"),
	DELTA(1, 6),
	SUM("CONN", 1, 4, "ds_connected"),
	SUM("ELR", 1, 5, "ds_extents_repaired"),
	SUM("ELC", 1, 5, "ds_extents_confirmed"),
	FIELD("ERR", 1, 5, "ds_reconciled"),
	FIELD("ERN", 1, 5, "ds_reconcile_needed"),
	END,
};

#define FORMAT(name, columns_, ...) \
	static const struct status_format name = { .columns = columns_, __VA_ARGS__ }
FORMAT(format_info_classic, info_classic, .when = TITLES_BY_ROWS);
FORMAT(format_info_compact, info_compact, .when = TITLES_BY_ROWS);
FORMAT(format_info_legacy, info_legacy, .when = TITLES_NEVER, .labelled = true);
FORMAT(format_single_classic, single_classic, .when = TITLES_BY_ROWS);
FORMAT(format_single_compact, single_compact, .when = TITLES_BY_ROWS);
FORMAT(format_sled_classic, sled_classic, .when = TITLES_BY_ROWS);
FORMAT(format_sled_compact, sled_compact, .when = TITLES_BY_ROWS);
FORMAT(format_action_classic, action_classic, .when = TITLES_BY_ROWS);
FORMAT(format_action_compact, action_compact, .when = TITLES_BY_ROWS);
FORMAT(format_count, count_classic, .when = TITLES_BY_ROWS);
FORMAT(format_repair, repair_compact, .titles = repair_titles, .when = TITLES_BY_ROWS);
FORMAT(format_up_info, up_info, .when = TITLES_BY_ROWS);
FORMAT(format_simple, up_info, .when = TITLES_BY_TIME);
FORMAT(format_raw, NULL, .when = TITLES_BY_ROWS);

#define ONCE_A_SECOND "A row for each status that an upstairs tells, about once a second. "
#define COMPACT	      (1u << LAYOUT_COMPACT)
#define STATES_TEXT                                                                                 \
	"DS STATE (short: DS) is the state of each of the three downstairs; short are ACT Active, " \
	"WQ WaitQuorum, REC Reconcile, LRR LiveRepairReady, NEW New, FLT Faulted, OFL Offline, "    \
	"RPL Replaced, LR LiveRepair, RPC Replacing, DIS Disabled, DAV Deactivated, NF "            \
	"NegotiationFailed. "
#define JOBS_TEXT                                                                                  \
	"UPW and DSW are the jobs on the guest's side and on the downstairs'; WRITE_BO the bytes " \
	"of writes that are under way; of each downstairs NEW, IP (in progress), D (done) and S "  \
	"(skipped) the jobs in that state. NEXT_JOB (JOBID) is the next job's id, DELTA by how "   \
	"much it has grown since the upstairs' last row. "
#define EXTENTS_TEXT "ER and EC are the extents repaired and confirmed in live repair. "
#define LACKS	     "A field that the traced build does not have is shown as -.\n"
#define HITS	     "One hit a second and upstairs, with a text of 1 KB.\n"

const struct report report_upstairs_info = {
	.name = "upstairs_info",
	.summary = "state of the downstairs and jobs of every upstairs, once a second",
	.help = { .about = ONCE_A_SECOND "\n",
		  .columns = STATES_TEXT JOBS_TEXT LACKS,
		  .hits = HITS },
	.takes = TAKES_STATUS,
	STATUS_FUNCTIONS,
	.status = { &format_info_classic, &format_info_compact, &format_info_legacy },
};

const struct report report_single_up_info = {
	.name = "single_up_info",
	.summary = "state of the downstairs and jobs of one process' upstairs, once a second",
	.help = { .about = ONCE_A_SECOND "Of one process.\n",
		  .columns = STATES_TEXT JOBS_TEXT EXTENTS_TEXT LACKS,
		  .hits = HITS },
	.args = "PID",
	.pid_arg = true,
	.takes = TAKES_STATUS,
	STATUS_FUNCTIONS,
	.status = { &format_single_classic, &format_single_compact },
};

const struct report report_sled_upstairs_info = {
	.name = "sled_upstairs_info",
	.summary = "the same as single_up_info of every upstairs, with its process",
	.help = { .about = ONCE_A_SECOND "\n",
		  .columns = "PID; " STATES_TEXT JOBS_TEXT EXTENTS_TEXT LACKS,
		  .hits = HITS },
	.takes = TAKES_STATUS,
	STATUS_FUNCTIONS,
	.status = { &format_sled_classic, &format_sled_compact },
};

const struct report report_upstairs_action = {
	.name = "upstairs_action",
	.summary = "what the upstairs' main loop did so far, once a second",
	.help = { .about = ONCE_A_SECOND "\n",
		  .columns =
			  "Since the upstairs began: APPLY, how often the loop went round; and for "
			  "what: DOWN_S the downstairs, GUEST, DFR_BLK and DFR_MSG deferred blocks "
			  "and messages, LEAK_CHK, FLUSH_CHK, STAT_CHK, REPR_CHK, CTRL_CHK its "
			  "timers, NOOP nothing. --extra puts PID and SESSION in front. " LACKS,
		  .hits = HITS },
	.takes = TAKES_STATUS | TAKES_EXTRA,
	STATUS_FUNCTIONS,
	.status = { &format_action_classic, &format_action_compact },
};

const struct report report_upstairs_count_status = {
	.name = "upstairs_count",
	.summary = "connections, live repairs and replacements of each downstairs, once a second",
	.help = { .about = ONCE_A_SECOND
		  "In compact layout a report of counters by the same name, as "
		  "today's script.\n",
		  .columns = STATES_TEXT
		  "Of each downstairs how often: CON connected, LRC a live "
		  "repair completed, LRA one was aborted, REP replaced. --extra "
		  "puts PID and SESSION in front. " LACKS,
		  .hits = HITS },
	.takes = TAKES_STATUS | TAKES_EXTRA,
	.layouts = 1u << LAYOUT_CLASSIC | 1u << LAYOUT_LEGACY,
	STATUS_FUNCTIONS,
	.status = { &format_count, NULL, &format_count },
};

const struct report report_upstairs_repair = {
	.name = "upstairs_repair",
	.summary = "live repairs, connections, replacements of each downstairs, once a second",
	.help = { .about = ONCE_A_SECOND "\n",
		  .columns =
			  STATES_TEXT "Of each downstairs, three columns a title: live repairs "
				      "completed and aborted, connections, replacements, extents "
				      "repaired and confirmed. --extra puts PID and SESSION in "
				      "front. " LACKS,
		  .hits = HITS },
	.takes = TAKES_STATUS | TAKES_EXTRA,
	.layouts = COMPACT,
	STATUS_FUNCTIONS,
	.status = { NULL, &format_repair },
};

#define UP_INFO_TEXT                                                                            \
	STATES_TEXT "NEXT_JOB is the next job's id, DELTA by how much it has grown since the "  \
		    "upstairs' last row; CONN the connections so far, ELR and ELC the extents " \
		    "repaired and confirmed in live repair, all clients together; ERR and ERN " \
		    "extents reconciled, and still to be. "

const struct report report_up_info = {
	.name = "up-info",
	.summary = "state, jobs, repair and reconciliation of every upstairs, once a second",
	.help = { .about = ONCE_A_SECOND "\n", .columns = UP_INFO_TEXT LACKS, .hits = HITS },
	.takes = TAKES_STATUS,
	.layouts = COMPACT,
	STATUS_FUNCTIONS,
	.status = { NULL, &format_up_info },
};

const struct report report_simple = {
	.name = "simple",
	.summary = "the same as up-info, with titles every 20 s",
	.help = { .about = ONCE_A_SECOND "\n", .columns = UP_INFO_TEXT LACKS, .hits = HITS },
	.takes = TAKES_STATUS,
	.layouts = COMPACT,
	STATUS_FUNCTIONS,
	.status = { NULL, &format_simple },
};

const struct report report_upstairs_raw = {
	.name = "upstairs_raw",
	.summary = "every status as the upstairs tells it: JSON, one a line",
	.help = { .about =
			  "The JSON of each status, byte for byte, a line each, about once a second "
			  "and upstairs; for jq, or \"cmon dtrace\" of Crucible. Nothing else goes to "
			  "stdout.\n",
		  .columns = "The fields are Crucible's own.\n",
		  .hits = HITS,
		  .caveats = "A status of more than 8 KiB is left out, and counted.\n" },
	.takes = TAKES_STATUS,
	STATUS_FUNCTIONS,
	.status = { &format_raw, &format_raw, &format_raw },
};
