// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What is kept of upstairs from one status to the next, and the reports that live on it:
 * get-ds-state, get-lr-state, get-up-state, up-events. Run from the project's root, where
 * tests/golden is: samples of Crucible's documentation, and up-status.txt, what a stand-in said
 * while a downstairs was stopped, started and repaired.
 */
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include "core/units.h"
#include "reports/sessions.h"
#include "test.h"

#define MAX_PIDS 8
#define SESSION	 "86481c01-14a5-4114-a69e-fde2d51b3e4d"
#define BEGAN	 UINT64_C(1000000000) /* seconds since the epoch: 2001-09-09 01:46:40 */

/* A report on the stage, and the host around it. */
struct stage {
	struct report_view view;
	struct options options;
	uint32_t pids[MAX_PIDS]; /* traced, ended by 0 */
	uint32_t dead;		 /* one of them that has ended */
	const char *zones;	 /* where processes run: lines "ZONE PID ..." */
	const char *where;	 /* or all of them */
	int stops;		 /* that the report asked for */
	int failures;		 /* that it told */
	char *printed;
	size_t size;
};

static char *stage_where(const void *arg, uint32_t tgid, char *dst, size_t size)
{
	const struct stage *s = arg;
	const char *line = s->zones;

	while (line && strtoul(strchr(line, ' '), NULL, 10) != tgid)
		line = strchr(line, '\n') + 1;
	if (line)
		snprintf(dst, size, "%.*s", (int)strcspn(line, " "), line);
	else
		snprintf(dst, size, "%s", s->where ? s->where : "-");
	return dst;
}

static int stage_traced(const void *arg, uint32_t **pids)
{
	const struct stage *s = arg;
	int n = 0;

	*pids = calloc(MAX_PIDS, sizeof(**pids));
	for (; s->pids[n]; n++)
		(*pids)[n] = s->pids[n];
	return n;
}

static bool stage_alive(const void *arg, uint32_t tgid)
{
	return ((const struct stage *)arg)->dead != tgid;
}

static void stage_stop(const void *arg)
{
	((struct stage *)arg)->stops++;
}

static void stage_fail(const void *arg)
{
	((struct stage *)arg)->failures++;
}

/* The report of that name in that layout, begun. Ended and freed by stage_end(). */
static void stage_begin(struct stage *s, const char *name, enum layout layout)
{
	const struct report *matches[1], *report;
	int n;

	report = report_find(name, matches, 1, &n);
	CHECK(report != NULL);
	if (!report)
		exit(1);
	s->view = (struct report_view){
		.report = report_meant(report,
				       &(struct options){ .layout = layout, .layout_given = true }),
		.layout = layout,
		.options = &s->options,
		.arg = s,
		.process = "crutest",
		.where = stage_where,
		.traced = stage_traced,
		.alive = stage_alive,
		.stop = stage_stop,
		.fail = stage_fail,
	};
	s->view.render.report = report->name;
	s->view.render.json = s->options.json;
	s->view.render.wall = BEGAN * NSEC_PER_SEC;
	s->view.render.out = open_memstream(&s->printed, &s->size);
	s->view.keep = s->view.report->begin(&s->view);
	CHECK(s->view.keep != NULL);
}

/* A status, a second after the one before. */
static void stage_hit(struct stage *s, uint32_t tgid, const char *text)
{
	static const struct hit_probe probe = { .name = "up-status", .nargs = 2, .texts = 3 };
	struct hit hit = { .tgid = tgid, .text = { "stats", text } };

	s->view.render.wall += NSEC_PER_SEC;
	hit.time = s->view.render.wall;
	s->view.report->hit(&s->view, &probe, &hit);
}

static void __attribute__((format(printf, 3, 4)))
stage_say(struct stage *s, uint32_t tgid, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		exit(1);
	va_end(ap);
	stage_hit(s, tgid, text);
	free(text);
}

/* All it has printed so far. */
static const char *stage_text(struct stage *s)
{
	fflush(s->view.render.out);
	return s->printed;
}

/* The report's end; all it has printed. */
static const char *stage_finish(struct stage *s)
{
	s->view.report->end(&s->view);
	s->view.keep = NULL;
	return stage_text(s);
}

static void stage_end(struct stage *s)
{
	if (s->view.keep)
		s->view.report->end(&s->view);
	fclose(s->view.render.out);
	free(s->printed);
}

/* How often `what` stands in the text. */
static int occurrences(const char *text, const char *what)
{
	int n = 0;

	for (text = strstr(text, what); text; text = strstr(text + strlen(what), what))
		n++;
	return n;
}

/* The file's text; freed by the caller. */
static char *golden(const char *name)
{
	char path[128], *text = calloc(1, 65536);
	FILE *f;

	snprintf(path, sizeof(path), "tests/golden/%s", name);
	f = fopen(path, "r");
	if (!f || !text || !fread(text, 1, 65535, f))
		printf("# no %s (run from the project's root)\n", path);
	CHECK(f != NULL);
	if (f)
		fclose(f);
	return text;
}

/* --- sessions --- */

/* What a status with that job id makes of the session. */
static struct session *hear(struct sessions *all, uint32_t tgid, const char *upstairs,
			    const char *session, int job)
{
	char text[256];
	struct hit hit = { .time = job, .tgid = tgid, .text = { "stats", text } };
	struct upstatus *status;
	struct session *s;

	snprintf(text, sizeof(text),
		 "{\"ok\":{\"upstairs_id\":\"%s\",\"session_id\":\"%s\",\"next_job_id\":%d}}",
		 upstairs, session, job);
	s = sessions_hear(all, &hit, &status);
	CHECK(s != NULL);
	if (s)
		session_keep(s, status);
	return s;
}

static void sessions_are_of_process_upstairs_and_session(void)
{
	struct sessions all = { 0 };
	struct session *s = hear(&all, 7, "u", SESSION, 10);

	CHECK(hear(&all, 7, "u", SESSION, 11) == s);
	CHECK(hear(&all, 7, "u", SESSION "x", 12) != s);
	CHECK(hear(&all, 7, "v", SESSION, 13) != s);
	CHECK(hear(&all, 8, "u", SESSION, 14) != s);
	CHECK(hear(&all, 7, "u", SESSION, 15) == s);
	CHECK_INT(s->statuses, 3);
	CHECK_INT(s->first_job, 10);
	CHECK_INT(s->last_job, 15);
	CHECK_INT(s->heard, 15);
	CHECK_STR(s->upstairs, "u");
	CHECK_STR(s->session, SESSION);
	CHECK_INT(all.unread, 0);
	sessions_free(&all);
	CHECK(all.first == NULL);
}

static void the_latest_status_is_kept(void)
{
	struct sessions all = { 0 };
	char value[32];
	struct session *s = hear(&all, 7, "u", "s", 10);

	CHECK_STR(upstatus_value(s->latest, "next_job_id", -1, value, sizeof(value)), "10");
	hear(&all, 7, "u", "s", 9);
	CHECK_STR(upstatus_value(s->latest, "next_job_id", -1, value, sizeof(value)), "9");
	CHECK_INT(s->last_job, 9);
	sessions_free(&all);
}

static void sessions_are_sorted_by_process_upstairs_session(void)
{
	static const struct {
		uint32_t tgid;
		const char *upstairs, *session;
	} want[] = { { 7, "a", "x" },
		     { 7, "a", "y" },
		     { 7, "b", "x" },
		     { 30, "0", "0" },
		     { 200, "0", "0" } };
	static const int order[] = { 3, 1, 4, 0, 2 };
	struct sessions all = { 0 };
	const struct session **sorted;

	for (int i = 0; i < 5; i++)
		hear(&all, want[order[i]].tgid, want[order[i]].upstairs, want[order[i]].session, 1);
	CHECK_INT(sessions_sorted(&all, &sorted), 5);
	for (int i = 0; i < 5; i++) {
		CHECK_INT(sorted[i]->tgid, want[i].tgid);
		CHECK_STR(sorted[i]->upstairs, want[i].upstairs);
		CHECK_STR(sorted[i]->session, want[i].session);
	}
	free(sorted);
	sessions_free(&all);
	CHECK_INT(sessions_sorted(&all, &sorted), 0);
	free(sorted);
}

static void unread_statuses_are_counted_with_a_reason(void)
{
	static const struct {
		const char *text, *why;
		uint8_t cut;
	} unread[] = {
		{ NULL, "no text", 0 },
		{ "{\"ok\":{}}", "longer than 8 KiB", 2 },
		{ "{\"ok\":{", "no JSON", 0 },
		{ "{\"ok\":{\"a\":\"\xff\"}}", "no JSON", 0 },
		{ "{\"err\":\"out of crates\"}", "out of crates", 0 },
	};
	struct sessions all = { 0 };
	struct upstatus *status;

	for (int i = 0; i < 5; i++) {
		struct hit hit = { .tgid = 7,
				   .cut = unread[i].cut,
				   .text = { "stats", unread[i].text } };

		CHECK(sessions_hear(&all, &hit, &status) == NULL);
		CHECK_INT(all.unread, i + 1);
		if (!strstr(all.why, unread[i].why))
			CHECK_STR(all.why, unread[i].why);
	}
	/* the name's text may well be cut */
	struct hit hit = { .tgid = 7, .cut = 1, .text = { "stats", "{}" } };

	CHECK(sessions_hear(&all, &hit, &status) != NULL);
	upstatus__free(status);
	CHECK_INT(all.unread, 5);
	sessions_free(&all);
}

/* --- get-ds-state, get-lr-state --- */

/* Says what a row of a sample does: `ZONE PID`, then the words that `form` has at its %s. */
static void say_row(struct stage *s, char *row, const char *const *form)
{
	char *save = NULL, *text, *word;
	uint32_t pid;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	strtok_r(row, " ", &save);
	pid = strtoul(strtok_r(NULL, " ", &save), NULL, 10);
	fputs("{\"ok\":{", out);
	for (int i = 0; form[i] && (word = strtok_r(NULL, " ", &save)); i++)
		fprintf(out, form[i], word);
	fputs("}}", out);
	fclose(out);
	stage_hit(s, pid, text);
	free(text);
}

#define IDS    "\"upstairs_id\":\"%s-7788-4500\",", "\"session_id\":\"%s-14a5-4114\","
#define STATES "\"ds_state\":[\"%s\",", "\"%s\",", "\"%s\"]"
#define REPAIRS                                                                                \
	"\"ds_live_repair_completed\":[%s,", "%s,", "%s],", "\"ds_live_repair_aborted\":[%s,", \
		"%s,", "%s]"

static const struct {
	const char *report, *file;
	enum layout layout;
	bool first_is_last;
	const char *form[12];
} state_samples[] = {
	{ "get-ds-state", "get-ds-state.txt", LAYOUT_CLASSIC, true, { STATES } },
	{ "get-lr-state", "get-lr-state.txt", LAYOUT_CLASSIC, true, { REPAIRS } },
	{ "get-ds-state", "get-ds-state.compact.txt", LAYOUT_COMPACT, false, { IDS, STATES } },
	{ "get-lr-state", "get-lr-state.compact.txt", LAYOUT_COMPACT, false, { IDS, REPAIRS } },
};

/*
 * The samples have their zones in no order. Rows here are ordered by process, which puts the first
 * of them last. The zone is wherever the process runs.
 */
static void states_are_their_samples(void)
{
	for (size_t i = 0; i < NROWS(state_samples); i++) {
		char *text = golden(state_samples[i].file), *copy = strdup(text), *save = NULL,
		     *want;
		size_t first = state_samples[i].first_is_last ? strcspn(text, "\n") + 1 : 0;
		struct stage s = { .zones = text };

		stage_begin(&s, state_samples[i].report, state_samples[i].layout);
		for (char *row = strtok_r(copy, "\n", &save); row;
		     row = strtok_r(NULL, "\n", &save))
			say_row(&s, row, state_samples[i].form);
		CHECK_STR(stage_text(&s), "");
		if (asprintf(&want, "%s%.*s", text + first, (int)first, text) < 0)
			exit(1);
		CHECK_STR(stage_finish(&s), want);
		stage_end(&s);
		free(want);
		free(copy);
		free(text);
	}
}

/* A status of a session with those three states; all of an upstairs. */
static void say_state(struct stage *s, uint32_t tgid, const char *session, const char *state)
{
	stage_say(s, tgid,
		  "{\"ok\":{\"upstairs_id\":\"u\",\"session_id\":\"%s\","
		  "\"ds_state\":[\"Active\",\"Active\",\"%s\"]}}",
		  session, state);
}

#define ACTIVE "            Active            Active"

static void each_session_has_its_latest_state(void)
{
	struct stage s = { .where = "web.service" };

	stage_begin(&s, "get-ds-state", LAYOUT_CLASSIC);
	say_state(&s, 30, "b", "New");
	say_state(&s, 9, "a", "Faulted");
	say_state(&s, 30, "a", "Offline");
	say_state(&s, 30, "b", "LiveRepair");
	CHECK_STR(stage_finish(&s), "web.service      9" ACTIVE "           Faulted\n"
				    "web.service     30" ACTIVE "           Offline\n"
				    "web.service     30" ACTIVE "        LiveRepair\n");
	stage_end(&s);
}

static void who_says_nothing_is_silent(void)
{
	static const char *const names[] = { "get-ds-state", "get-lr-state" };

	for (int i = 0; i < 2; i++) {
		struct stage s = { .pids = { 9, 5, 6, 1234567 },
				   .dead = 6,
				   .where = "web.service" };

		stage_begin(&s, names[i], LAYOUT_COMPACT);
		/* what can't be read is no word either */
		stage_say(&s, 5, "{\"err\":\"no\"}");
		CHECK_STR(stage_finish(&s), "web.service      9 silent\n"
					    "web.service      5 silent\n"
					    "web.service 1234567 silent\n");
		stage_end(&s);
	}
}

static void with_no_process_the_run_has_failed(void)
{
	static const char *const names[] = { "get-ds-state", "get-lr-state", "get-up-state" };

	for (int i = 0; i < 3; i++) {
		struct stage s = { 0 };

		stage_begin(&s, names[i], LAYOUT_COMPACT);
		CHECK_STR(stage_finish(&s), "");
		CHECK_INT(s.stops, 0);
		CHECK_INT(s.failures, 1);
		stage_end(&s);
	}
}

/* A process' second status is the sign that all its sessions have told one. */
static void the_run_ends_when_all_have_told(void)
{
	struct stage s = { .pids = { 5, 6, 7 }, .dead = 7 };

	stage_begin(&s, "get-ds-state", LAYOUT_CLASSIC);
	say_state(&s, 5, "a", "New");
	say_state(&s, 5, "b", "New");
	say_state(&s, 5, "a", "New");
	CHECK_INT(s.stops, 0);
	say_state(&s, 6, "a", "New");
	CHECK_INT(s.stops, 0);
	say_state(&s, 6, "a", "New");
	CHECK(s.stops > 0);
	stage_end(&s);
}

static void where_is_cut_in_compact_layout(void)
{
	struct stage s = { .where = "oxz_propolis-server_34aa5f9c-d933-49fa-b38e-fc4607933d50" };

	stage_begin(&s, "get-ds-state", LAYOUT_COMPACT);
	say_state(&s, 30, SESSION, "Offline");
	CHECK_STR(stage_finish(&s),
		  "oxz_propolis-server_34aa5f9c     30        u 86481c01 ACT ACT OFL\n");
	stage_end(&s);
}

static void states_in_json(void)
{
	struct stage s = { .options.json = true, .pids = { 30, 31 }, .where = "web.service" };
	json_t *line, *status;
	size_t first;

	stage_begin(&s, "get-ds-state", LAYOUT_CLASSIC);
	say_state(&s, 30, SESSION, "Offline");
	stage_finish(&s);
	first = strcspn(stage_text(&s), "\n") + 1;
	line = json_loadb(s.printed, first, 0, NULL);
	status = json_object_get(line, "status");
	CHECK_INT(json_integer_value(json_object_get(line, "pid")), 30);
	CHECK_STR(json_string_value(json_object_get(line, "where")), "web.service");
	CHECK(json_is_false(json_object_get(line, "silent")));
	CHECK_STR(json_string_value(json_object_get(status, "session_id")), SESSION);
	CHECK_STR(json_string_value(json_array_get(json_object_get(status, "ds_state"), 2)),
		  "Offline");
	json_decref(line);
	line = json_loads(s.printed + first, 0, NULL);
	CHECK_INT(json_integer_value(json_object_get(line, "pid")), 31);
	CHECK(json_is_true(json_object_get(line, "silent")));
	CHECK(json_object_get(line, "status") == NULL);
	json_decref(line);
	stage_end(&s);
}

/* --- get-up-state --- */

static void say_job(struct stage *s, uint32_t tgid, const char *session, const char *job)
{
	stage_say(s, tgid,
		  "{\"ok\":{\"session_id\":\"%s\",\"next_job_id\":%s,\"ds_state\":[\"live_repair\","
		  "\"Active\",\"WaitQuorum\"],\"ds_connected\":[1,2,3],"
		  "\"ds_extents_repaired\":[0,0,0],\"ds_extents_confirmed\":[99999,1,0],"
		  "\"ds_reconciled\":17,\"ds_reconcile_needed\":44}}",
		  session, job);
}

#define UP_TITLES "  PID  SESSION DS0 DS1 DS2   NEXT_JOB  DELTA CONN   ELR   ELC   ERR   ERN\n"
#define UP_REST	  "    6     0 100000    17    44\n"

static void up_state_is_the_last_since_the_first(void)
{
	/* whoever is silent has no row; and nothing ends it early */
	struct stage s = { .pids = { 7, 12345, 99 } };

	stage_begin(&s, "get-up-state", LAYOUT_COMPACT);
	say_job(&s, 12345, SESSION, "1000");
	say_job(&s, 7, "b", "5000");
	say_job(&s, 12345, SESSION, "1300");
	say_job(&s, 12345, SESSION, "2000");
	say_job(&s, 7, "a", "1");
	CHECK_INT(s.stops, 0);
	CHECK_STR(stage_text(&s), "");
	CHECK_STR(stage_finish(&s),
		  UP_TITLES "    7        a  LR ACT  WQ          1      0" UP_REST
			    "    7        b  LR ACT  WQ       5000      0" UP_REST
			    "12345 86481c01  LR ACT  WQ       2000   1000" UP_REST);
	stage_end(&s);
}

/* It has not grown, that is all that can be said. */
static void up_state_when_job_ids_go_back(void)
{
	for (int json = 0; json < 2; json++) {
		struct stage s = { .options.json = json };

		stage_begin(&s, "get-up-state", LAYOUT_COMPACT);
		say_job(&s, 7, "a", "5000");
		say_job(&s, 7, "a", "1000");
		say_job(&s, 8, "a", "1000");
		say_job(&s, 8, "a", "99999999999999999999");
		stage_finish(&s);
		if (json)
			CHECK_INT(occurrences(s.printed, "\"new_jobs\":0,"), 2);
		else
			CHECK_STR(s.printed, UP_TITLES
				  "    7        a  LR ACT  WQ       1000      0" UP_REST
				  "    8        a  LR ACT  WQ 99999999999999999999      0" UP_REST);
		stage_end(&s);
	}
}

/* --- up-events --- */

/* Feeds what the stand-in said, a line a status. */
static void say_story(struct stage *s)
{
	char *text = golden("up-status.txt"), *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		stage_say(s, 4711, "{\"ok\":%s}", line);
	free(text);
}

#define EVENT_TITLES "TIME                   PID UUID     SESSION  CLIENT CHANGE\n"
#define AT(seconds)  "2001-09-09 01:46:" seconds "   4711 259c4d5a f35895de      "

static void a_live_repair_is_told_in_order(void)
{
	struct stage s = { 0 };

	setenv("TZ", "UTC", 1);
	tzset();
	stage_begin(&s, "up-events", LAYOUT_CLASSIC);
	CHECK_STR(stage_text(&s), EVENT_TITLES);
	say_story(&s);
	CHECK_STR(
		stage_text(&s),
		EVENT_TITLES AT("41") "0 state Active\n" AT("41") "1 state Active\n" AT("41") "2 state Active\n" AT("42") "1 state Active -> Offline\n" AT("43") "1 state Offline -> Faulted\n" AT("44") "1 state Faulted -> LiveRepairReady\n" AT(
			"44") "1 connected 1 -> 2\n" AT("45") "1 state LiveRepairReady -> LiveRepair\n" AT("46") "1 state LiveRepair -> Active\n" AT("46") "1 live_repair_completed 0 -> 1\n");
	stage_end(&s);
}

/* One session after the other: each is compared with itself. */
static void events_are_of_each_session(void)
{
	struct stage s = { 0 };

	stage_begin(&s, "up-events", LAYOUT_CLASSIC);
	for (int i = 0; i < 3; i++) {
		say_state(&s, 7, "a", "Active");
		say_state(&s, 7, "b", "Offline");
		say_state(&s, 8, "a", "Faulted");
	}
	CHECK_STR(strstr(stage_text(&s), "     7 u        b"),
		  "     7 u        b             0 state Active\n"
		  "2001-09-09 01:46:42      7 u        b             1 state Active\n"
		  "2001-09-09 01:46:42      7 u        b             2 state Offline\n"
		  "2001-09-09 01:46:43      8 u        a             0 state Active\n"
		  "2001-09-09 01:46:43      8 u        a             1 state Active\n"
		  "2001-09-09 01:46:43      8 u        a             2 state Faulted\n");
	stage_end(&s);
}

static void every_counter_is_watched(void)
{
	static const char *const names[] = { "ds_connected", "ds_live_repair_completed",
					     "ds_live_repair_aborted", "ds_replaced" };

	for (int i = 0; i < 4; i++) {
		struct stage s = { 0 };
		char want[64];

		stage_begin(&s, "up-events", LAYOUT_CLASSIC);
		stage_say(&s, 7, "{\"ok\":{\"%s\":[0,5,0]}}", names[i]);
		/* the first tells states alone, and there are none */
		CHECK_STR(stage_text(&s), EVENT_TITLES);
		stage_say(&s, 7, "{\"ok\":{\"%s\":[0,5,12],\"ds_extents_repaired\":[1,2,3]}}",
			  names[i]);
		snprintf(want, sizeof(want), "     2 %s 0 -> 12\n", names[i] + 3);
		CHECK(strstr(stage_text(&s), want) != NULL);
		CHECK_INT(strlen(strchr(s.printed, '\n') + 1),
			  strlen("2001-09-09 01:46:42      7 -        -        ") + strlen(want));
		stage_end(&s);
	}
}

static void clients_may_come_and_go(void)
{
	struct stage s = { 0 };
	const char *rows;

	stage_begin(&s, "up-events", LAYOUT_CLASSIC);
	stage_say(&s, 7, "{\"ok\":{\"ds_state\":[\"New\",\"New\",\"New\",\"New\",\"New\"]}}");
	rows = stage_text(&s) + strlen(EVENT_TITLES);
	CHECK(strstr(rows, "     0 state New\n") && strstr(rows, "     4 state New\n"));
	stage_say(&s, 7, "{\"ok\":{\"ds_state\":[\"New\"]}}");
	stage_say(&s, 7, "{\"ok\":{\"ds_state\":[\"New\",\"Active\"]}}");
	rows = stage_text(&s) + strlen(EVENT_TITLES);
	CHECK(strstr(rows, "     1 state - -> Active\n") != NULL);
	stage_end(&s);
}

#define LINE(second)                                                                            \
	"{\"report\":\"up-events\",\"time\":\"2001-09-09T01:46:" second ".000000Z\",\"pid\":7," \
	"\"process\":\"crutest\",\"upstairs_id\":\"u\",\"session_id\":\"s\","

static void events_in_json(void)
{
	struct stage s = { .options.json = true };

	stage_begin(&s, "up-events", LAYOUT_CLASSIC);
	say_state(&s, 7, "s", "Active");
	say_state(&s, 7, "s", "{\\\"Stopping\\\":1}");
	CHECK_STR(
		stage_text(&s),
		LINE("41") "\"client\":0,\"field\":\"ds_state\",\"before\":null,\"now\":\"Active\"}\n" LINE("41") "\"client\":1,\"field\":\"ds_state\",\"before\":null,\"now\":\"Active\"}\n" LINE(
			"41") "\"client\":2,\"field\":\"ds_state\",\"before\":null,\"now\":\"Active\"}\n" LINE("42") "\"client\":2,\"field\":\"ds_state\",\"before\":\"Active\","
														     "\"now\":\"{\\\"Stopping\\\":1}\"}\n");
	stage_end(&s);
}

/* --- what is hostile --- */

/* DEL does nothing, and JSON may have it; in rows it is escaped. */
static bool is_harmless(const char *text, bool json)
{
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		if ((*c < 0x20 && *c != '\n') || (*c == 0x7f && !json))
			return false;
		/* the second 32 control characters, in UTF-8; half a character */
		if (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0)
			return false;
		if (*c >= 0xc0 && (c[1] & 0xc0) != 0x80)
			return false;
	}
	return true;
}

#define TEN(x) x x x x x x x x x x

/* Two statuses whose every text is `evil`. */
static void play_hostile(const struct report *report, enum layout layout, const char *evil,
			 bool json)
{
	struct stage s = { .options = { .json = json, .extra = true } };

	stage_begin(&s, report->name, layout);
	for (int i = 0; i < 2; i++)
		stage_say(
			&s, 7,
			"{\"ok\":{\"upstairs_id\":\"%s\",\"session_id\":\"%s\",\"next_job_id\":\"%s\","
			"\"ds_state\":[\"%s%d\",{\"%s\":\"%s\"},[\"%s\"]],\"ds_connected\":\"%s\","
			"\"ds_live_repair_completed\":[\"%s\",%d,\"%s\"],\"up_count\":\"%s\","
			"\"up_counters\":{\"apply\":\"%s\"},\"ds_io_count\":\"%s\"}}",
			evil, evil, evil, evil, i, evil, evil, evil, evil, evil, i, evil, evil,
			evil, evil);
	stage_finish(&s);
	if (!is_harmless(s.printed, json))
		printf("# %s, layout %d, json %d, \"%s\":\n", report->name, layout, json, evil);
	CHECK(is_harmless(s.printed, json));
	stage_end(&s);
}

static void nothing_hostile_is_printed(void)
{
	static const char *const evil[] = {
		"\\u001b[31m",
		"\\r\\n\\t\\b",
		"\\u009b2J",
		"\\u007f\\u202e",
		"1234567\\u00e9\\u00e9",
		"%n%s%n%s",
		TEN(TEN("\\u00e9")),
		"\\ud83d\\ude00\\ud83d\\ude00\\ud83d\\ude00",
	};

	for (const struct report *const *r = reports; *r; r++) {
		if (!((*r)->takes & TAKES_STATUS))
			continue;
		for (int i = 0; i < 3 * 8 * 2; i++)
			if (!(*r)->layouts || (*r)->layouts & 1u << i % 3)
				play_hostile(*r, i % 3, evil[i / 3 % 8], i >= 24);
	}
}

/* Whoever may make a cgroup chooses its name; and a name is not cut within a character. */
static void where_is_not_hostile_either(void)
{
	static const char *const names[] = { "get-ds-state", "get-lr-state" };

	for (int i = 0; i < 8; i++) {
		struct stage s = { .options.json = i & 1,
				   .pids = { 8 },
				   .where = i & 2 ? "a\033[31m\r\x7f.service"
						  : "x" TEN("\xc3\xa9") TEN("\xc3\xa9") };

		stage_begin(&s, names[i / 4], i & 2 ? LAYOUT_CLASSIC : LAYOUT_COMPACT);
		say_state(&s, 7, "a", "New");
		CHECK(is_harmless(stage_finish(&s), s.options.json));
		stage_end(&s);
	}
}

static const struct test tests[] = {
	TEST(sessions_are_of_process_upstairs_and_session),
	TEST(the_latest_status_is_kept),
	TEST(sessions_are_sorted_by_process_upstairs_session),
	TEST(unread_statuses_are_counted_with_a_reason),
	TEST(states_are_their_samples),
	TEST(each_session_has_its_latest_state),
	TEST(who_says_nothing_is_silent),
	TEST(with_no_process_the_run_has_failed),
	TEST(the_run_ends_when_all_have_told),
	TEST(where_is_cut_in_compact_layout),
	TEST(states_in_json),
	TEST(up_state_is_the_last_since_the_first),
	TEST(up_state_when_job_ids_go_back),
	TEST(a_live_repair_is_told_in_order),
	TEST(events_are_of_each_session),
	TEST(every_counter_is_watched),
	TEST(clients_may_come_and_go),
	TEST(events_in_json),
	TEST(nothing_hostile_is_printed),
	TEST(where_is_not_hostile_either),
};

TEST_MAIN("sessions")
