// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The reports of a row a status: byte for byte, their titles, and the growth of job ids.
 * tests/golden has the samples of Crucible's documentation; those of compact layouts, of which it
 * has none, are made by the formats of today's scripts. A sample's rows become statuses word by
 * word and are fed to the report. Run from the project's root.
 */
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>

#include "reports/report.h"
#include "test.h"

#define SESSION "86481c01-14a5-4114-a69e-fde2d51b3e4d"

/* A report on the stage. */
struct stage {
	struct report_view view;
	struct options options;
	char *printed;
	size_t size;
};

/* The report of that name in that layout, begun. Ended and freed by stage_end(). */
static void stage_begin(struct stage *s, const char *name, enum layout layout)
{
	const struct report *matches[1], *report;
	int n;

	report = report_find(name, matches, 1, &n);
	CHECK(report != NULL);
	if (!report)
		exit(1);
	s->view.report =
		report_meant(report, &(struct options){ .layout = layout, .layout_given = true });
	s->view.layout = layout;
	s->view.options = &s->options;
	s->view.render.report = report->name;
	s->view.render.json = s->options.json;
	s->view.render.out = open_memstream(&s->printed, &s->size);
	s->view.keep = s->view.report->begin(&s->view);
	CHECK(s->view.keep != NULL);
}

static void stage_hit(struct stage *s, uint32_t tgid, const char *text)
{
	static const struct hit_probe probe = { .name = "up-status", .nargs = 2, .texts = 3 };
	struct hit hit = { .tgid = tgid, .text = { "stats", text } };

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

static void stage_ticks(struct stage *s, int n)
{
	for (int i = 0; i < n; i++)
		s->view.report->tick(&s->view);
}

/* All it has printed so far. */
static const char *stage_text(struct stage *s)
{
	fflush(s->view.render.out);
	return s->printed;
}

static void stage_end(struct stage *s)
{
	s->view.report->end(&s->view);
	fclose(s->view.render.out);
	free(s->printed);
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

/* --- samples --- */

/*
 * A status with holes for the words of a sample's row, in the order of the words: % a word ("-" is
 * null), & a state, + a sum that is put on two elements, ^ a job id that grows by the word. Others
 * are not of the status: @ the pid, ~ a word of no use here. ' stands for ".
 */
#define EACH(name)   "'" name "':[%,%,%],"
#define STATES	     "'ds_state':['&','&','&'],"
#define UUID	     "'upstairs_id':'%-7788-4500-8ee2-8b37b1cdfdc7',"
#define SESSION_ID   "'session_id':'%-14a5-4114-a69e-fde2d51b3e4d',"
#define QUEUES	     "'up_count':%,'ds_count':%,"
#define JOB	     "'next_job_id':%,"
#define BYTES	     "'write_bytes_out':%,"
#define OLD_IO	     "'ds_io_count':{" EACH("new") EACH("in_progress") EACH("done") "'skipped':[%,%,%]},"
#define NEW_IO	     "'ds_io_count':{" EACH("in_progress") EACH("done") "'skipped':[%,%,%]},"
#define EXTENTS	     EACH("ds_extents_repaired") EACH("ds_extents_confirmed")
#define REPAIRS	     EACH("ds_live_repair_completed") EACH("ds_live_repair_aborted")
#define CONNECTED    EACH("ds_connected")
#define REPLACED     EACH("ds_replaced")
#define SINGLE_OLD   SESSION_ID STATES QUEUES JOB "'up_backpressure':%," BYTES OLD_IO EXTENTS
#define SLED_NEW     STATES QUEUES JOB BYTES NEW_IO
#define ACTION(name) "'action_" name "':%,"
#define DEFERRED     ACTION("deferred_block") ACTION("deferred_message")
#define ACTIONS	     "'up_counters':{'apply':%," ACTION("downstairs") ACTION("guest") DEFERRED
#define LAST_ACTIONS ACTION("control_check") "'action_noop':%},"
#define UP_COUNTS                                                                  \
	"'ds_connected':[+],'ds_extents_repaired':[+],'ds_extents_confirmed':[+]," \
	"'ds_reconciled':%,'ds_reconcile_needed':%,"

struct sample {
	const char *report;
	enum layout layout;
	const char *file;
	const char *status;
};

/* clang-format off */
static const struct sample samples[] = {
	{ "upstairs_info", LAYOUT_LEGACY, "upstairs_info.legacy.txt",
	  "'ds_state':%,~'up_count':%,~'ds_count':%," },
	{ "upstairs_info", LAYOUT_COMPACT, "upstairs_info.compact.txt",
	  "@" SESSION_ID STATES QUEUES JOB BYTES NEW_IO },
	{ "single_up_info", LAYOUT_CLASSIC, "single_up_info.txt", SINGLE_OLD },
	{ "single_up_info", LAYOUT_COMPACT, "single_up_info.compact.txt",
	  UUID SESSION_ID STATES QUEUES JOB "~" BYTES NEW_IO EXTENTS },
	{ "sled_upstairs_info", LAYOUT_CLASSIC, "sled_upstairs_info.txt", "@" SINGLE_OLD },
	{ "sled_upstairs_info", LAYOUT_COMPACT, "sled_upstairs_info.compact.txt",
	  "@" UUID SESSION_ID STATES QUEUES JOB BYTES NEW_IO EXTENTS },
	{ "upstairs_action", LAYOUT_CLASSIC, "upstairs_action.txt",
	  ACTIONS ACTION("leak_check") ACTION("flush_check") ACTION("stat_check")
	  ACTION("repair_check") LAST_ACTIONS },
	{ "upstairs_action", LAYOUT_COMPACT, "upstairs_action.compact.txt",
	  ACTIONS ACTION("flush_check") ACTION("stat_check") LAST_ACTIONS },
	{ "upstairs_count", LAYOUT_CLASSIC, "upstairs_count.txt",
	  STATES CONNECTED REPAIRS REPLACED },
	{ "upstairs_repair", LAYOUT_COMPACT, "upstairs_repair.txt",
	  STATES REPAIRS CONNECTED REPLACED EXTENTS },
	{ "up-info", LAYOUT_COMPACT, "up-info.txt",
	  "@" UUID SESSION_ID STATES JOB "~" UP_COUNTS },
	{ "simple", LAYOUT_COMPACT, "up-info.txt",
	  "@" UUID SESSION_ID STATES JOB "~" UP_COUNTS },
};


static const char upstairs_info[] = "@" STATES QUEUES "^'up_backpressure':%," BYTES OLD_IO;
/* clang-format on */

/* The short forms of samples, back to what builds call them: some of today's, some of 2024's. */
static const char *long_state(const char *word)
{
	static const char *const forms[][2] = {
		{ "ACT", "Active" },	       { "WQ", "wait_quorum" }, { "REC", "Reconcile" },
		{ "LRR", "LiveRepairReady" },  { "NEW", "new" },	{ "FLT", "Faulted" },
		{ "OFL", "offline" },	       { "RPL", "Replaced" },	{ "LR", "live_repair" },
		{ "RPC", "Replacing" },	       { "DIS", "disabled" },	{ "DAV", "deactivated" },
		{ "NF", "NegotiationFailed" },
	};

	for (size_t i = 0; i < NROWS(forms); i++)
		if (!strcmp(forms[i][0], word))
			return forms[i][1];
	return word;
}

static void put_word(FILE *out, char kind, const char *word, int64_t *job)
{
	long long n = atoll(word);

	if (kind == '&')
		fputs(long_state(word), out);
	else if (kind == '^')
		fprintf(out, "\"next_job_id\":%lld,", (long long)(*job += n));
	else if (kind == '%' || !strcmp(word, "-"))
		fputs(strcmp(word, "-") != 0 ? word : "null", out);
	else if (kind == '+')
		fprintf(out, "%lld,%lld", n / 3, n - n / 3);
}

/* Feeds a row of a sample to the report as a status of its process. */
static void feed_row(struct stage *s, const char *status, char *row, int64_t *job)
{
	char *text, *save = NULL, *next = row;
	uint32_t pid = 1;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fputs("{\"ok\":{", out);
	for (const char *c = status; *c; c++) {
		if (!strchr("%&+^@~", *c)) {
			fputc(*c == '\'' ? '"' : *c, out);
			continue;
		}
		char *word = strtok_r(next, " ", &save);

		next = NULL;
		CHECK(word != NULL);
		if (*c == '@' && word)
			pid = atoi(word);
		else if (*c != '~' && word)
			put_word(out, *c, word, job);
	}
	fputs("\"ds_extent_limit\":0}}", out);
	fclose(out);
	stage_hit(s, pid, text);
	free(text);
}

/* Feeds all rows; `titles`: the first line is none. */
static void feed_sample(struct stage *s, const char *status, const char *text, bool titles)
{
	char *copy = strdup(text), *save = NULL;
	int64_t job = 1000;

	for (char *row = strtok_r(copy, "\n", &save); row; row = strtok_r(NULL, "\n", &save)) {
		if (!titles)
			feed_row(s, status, row, &job);
		titles = false;
	}
	free(copy);
}

/* The titles stand first, as they should; the scripts print early rows before them. */
static void samples_are_printed_byte_for_byte(void)
{
	for (size_t i = 0; i < NROWS(samples); i++) {
		struct stage s = { 0 };
		char *text = golden(samples[i].file);

		stage_begin(&s, samples[i].report, samples[i].layout);
		feed_sample(&s, samples[i].status, text, samples[i].layout != LAYOUT_LEGACY);
		CHECK_STR(stage_text(&s), text);
		stage_end(&s);
		free(text);
	}
}

/*
 * The sample's first row tells by how much the job id is more than in the row before it, so there
 * is one before it here, too: of the very first, Assay says 0.
 */
static void upstairs_info_is_its_sample_behind_an_earlier_row(void)
{
	char first[] = "1546 new new new 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0", *text;
	struct stage s = { 0 };
	int64_t job = 1000;
	size_t titles, before;

	text = golden("upstairs_info.txt");
	titles = strcspn(text, "\n") + 1;
	stage_begin(&s, "upstairs_info", LAYOUT_CLASSIC);
	feed_row(&s, upstairs_info, first, &job);
	before = strlen(stage_text(&s));
	CHECK(!strncmp(stage_text(&s), text, titles));
	feed_sample(&s, upstairs_info, text, true);
	CHECK_STR(stage_text(&s) + before, text + titles);
	stage_end(&s);
	free(text);
}

/* --- titles --- */

static const struct {
	const char *report;
	enum layout layout;
	int absent; /* words of a row that have no value, where the status has no fields */
} reports_of_rows[] = {
	{ "upstairs_info", LAYOUT_CLASSIC, 19 },
	{ "upstairs_info", LAYOUT_COMPACT, 17 },
	{ "single_up_info", LAYOUT_CLASSIC, 27 },
	{ "single_up_info", LAYOUT_COMPACT, 24 },
	{ "sled_upstairs_info", LAYOUT_CLASSIC, 27 },
	{ "sled_upstairs_info", LAYOUT_COMPACT, 24 },
	{ "upstairs_action", LAYOUT_CLASSIC, 11 },
	{ "upstairs_action", LAYOUT_COMPACT, 9 },
	{ "upstairs_count", LAYOUT_CLASSIC, 15 },
	{ "upstairs_repair", LAYOUT_COMPACT, 21 },
	{ "up-info", LAYOUT_COMPACT, 11 },
	{ "simple", LAYOUT_COMPACT, 11 },
	{ "upstairs_info", LAYOUT_LEGACY, 3 },
};
#define NTITLED 11 /* of these print titles by rows */

/* `n` statuses of several sessions and processes. */
static void feed_rows(struct stage *s, int n)
{
	for (int i = 0; i < n; i++)
		stage_say(s, 70 + i % 3, "{\"ok\":{\"session_id\":\"%d\"}}", i % 5);
}

/* How many lines of all that was printed are the same as the first. */
static int titles_of(struct stage *s)
{
	const char *text = stage_text(s);
	size_t len = strcspn(text, "\n");
	int n = 0;

	for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
		n += strcspn(line, "\n") == len && !strncmp(line, text, len);
	return n;
}

static int lines_of(struct stage *s)
{
	int n = 0;

	for (const char *c = stage_text(s); *c; c++)
		n += *c == '\n';
	return n;
}

static void titles_come_again_after_20_rows(void)
{
	for (int i = 0; i < NTITLED; i++) {
		struct stage s = { 0 };

		stage_begin(&s, reports_of_rows[i].report, reports_of_rows[i].layout);
		CHECK_INT(lines_of(&s), 1);
		stage_ticks(&s, 3);
		feed_rows(&s, 20);
		stage_ticks(&s, 30);
		CHECK_INT(titles_of(&s), 1);
		/* at the tick, not at the row */
		feed_rows(&s, 1);
		CHECK_INT(titles_of(&s), 1);
		stage_ticks(&s, 1);
		CHECK_INT(titles_of(&s), 2);
		/* counted anew, and once however many there were */
		feed_rows(&s, 20);
		stage_ticks(&s, 2);
		CHECK_INT(titles_of(&s), 2);
		feed_rows(&s, 100);
		CHECK_INT(titles_of(&s), 2);
		stage_ticks(&s, 2);
		CHECK_INT(titles_of(&s), 3);
		CHECK_INT(lines_of(&s), 141 + 3);
		stage_end(&s);
	}
}

static void titles_of_simple_come_every_20_seconds(void)
{
	struct stage s = { 0 };

	stage_begin(&s, "simple", LAYOUT_COMPACT);
	feed_rows(&s, 100);
	stage_ticks(&s, 19);
	CHECK_INT(titles_of(&s), 1);
	stage_ticks(&s, 1);
	CHECK_INT(titles_of(&s), 2);
	stage_ticks(&s, 20);
	CHECK_INT(titles_of(&s), 3);
	CHECK_INT(lines_of(&s), 103);
	stage_end(&s);
}

static void some_have_no_titles(void)
{
	static const struct {
		const char *report;
		enum layout layout;
		bool json;
	} none[] = {
		{ "upstairs_info", LAYOUT_LEGACY, false },
		{ "upstairs_raw", LAYOUT_COMPACT, false },
		{ "upstairs_raw", LAYOUT_LEGACY, false },
		{ "upstairs_raw", LAYOUT_CLASSIC, true },
		{ "up-info", LAYOUT_COMPACT, true },
		{ "upstairs_count", LAYOUT_CLASSIC, true },
	};

	for (size_t i = 0; i < NROWS(none); i++) {
		struct stage s = { .options.json = none[i].json };

		stage_begin(&s, none[i].report, none[i].layout);
		CHECK_STR(stage_text(&s), "");
		feed_rows(&s, 50);
		stage_ticks(&s, 50);
		CHECK_INT(lines_of(&s), 50);
		stage_end(&s);
	}
}

/* --- what a status lacks, or has more of --- */

static void fields_that_are_missing_are_dashes(void)
{
	for (size_t i = 0; i < NROWS(reports_of_rows); i++) {
		struct stage s = { 0 };
		char *copy, *save = NULL, *row;
		int absent = 0;

		stage_begin(&s, reports_of_rows[i].report, reports_of_rows[i].layout);
		stage_say(&s, 77, "{\"ok\":{}}");
		copy = strdup(stage_text(&s));
		row = reports_of_rows[i].layout == LAYOUT_LEGACY ? copy : strchr(copy, '\n') + 1;
		for (char *w = strtok_r(row, " \n", &save); w; w = strtok_r(NULL, " \n", &save)) {
			absent += !strcmp(w, "-");
			CHECK(!strcmp(w, "-") || !strcmp(w, "77") || !strcmp(w, "0") ||
			      strchr(w, ':'));
		}
		CHECK_INT(absent, reports_of_rows[i].absent);
		free(copy);
		stage_end(&s);
	}
}

/* Rows of up-info without its titles. */
static void check_up_info(const char *state, const char *want)
{
	struct stage s = { 0 };

	stage_begin(&s, "up-info", LAYOUT_COMPACT);
	stage_say(&s, 7, "{\"ok\":{\"ds_state\":%s}}", state);
	CHECK_STR(strchr(stage_text(&s), '\n') + 1, want);
	stage_end(&s);
}

static void states_of_any_kind_are_shown(void)
{
#define REST "          -      0    -     -     -     -     -\n"
	check_up_info("[\"live_repair\",\"LiveRepair\",\"LIVE_REPAIR\"]",
		      "    7        -        -  LR  LR  LR" REST);
	check_up_info("[\"Snoozing\",\"\",null]", "    7        -        - Snoozing       -" REST);
	check_up_info("[{\"Stopping\":\"Replacing\"},3,true]",
		      "    7        -        - {\"Stopping\":\"Replacing\"}   3 true" REST);
	check_up_info("[\"Active\"]", "    7        -        - ACT   -   -" REST);
	check_up_info("[\"Active\",\"New\"]", "    7        -        - ACT NEW   -" REST);
	check_up_info("[\"Active\",\"New\",\"Offline\",\"New\",\"New\"]",
		      "    7        -        - ACT NEW OFL" REST);
	check_up_info("\"Active\"", "    7        -        -   -   -   -" REST);
	check_up_info("{}", "    7        -        -   -   -   -" REST);
	/* blanks go by characters, not bytes */
	check_up_info("[\"\\u00e9\",\"\\u20ac\\u20ac\",\"x\"]",
		      "    7        -        -   \xc3\xa9  \xe2\x82\xac\xe2\x82\xac   x" REST);
}

static void numbers_keep_all_their_digits(void)
{
	static const char *const numbers[] = {
		"9007199254740993",
		"9223372036854775807",
		"9223372036854775808",
		"18446744073709551615",
		"123456789012345678901234567890",
	};

	for (size_t i = 0; i < NROWS(numbers); i++) {
		struct stage s = { 0 };
		char want[256];

		stage_begin(&s, "sled_upstairs_info", LAYOUT_COMPACT);
		stage_say(&s, 7, "{\"ok\":{\"write_bytes_out\":%s,\"ds_count\":%s}}", numbers[i],
			  numbers[i]);
		snprintf(want, sizeof(want),
			 "    7        -        -   -   -   -     - %s         - %10s"
			 "      -     -     -      -     -     -      -     -     -"
			 "      -     -     -      -     -     -\n",
			 numbers[i], numbers[i]);
		CHECK_STR(strchr(stage_text(&s), '\n') + 1, want);
		stage_end(&s);
	}
}

static void what_can_not_be_read_has_no_row(void)
{
	struct stage s = { 0 };

	stage_begin(&s, "upstairs_info", LAYOUT_LEGACY);
	stage_say(&s, 7, "{\"ok\":{\"up_count\":1");
	stage_say(&s, 7, "{\"err\":\"key must be a string\"}");
	stage_say(&s, 7, "[]");
	stage_hit(&s, 7, NULL);
	CHECK_STR(stage_text(&s), "");
	stage_say(&s, 7, "{\"ok\":{\"up_count\":1}}");
	CHECK_STR(stage_text(&s), "- Upstairs:   1 Downstairs:   -\n");
	stage_end(&s);
}

static void sessions_are_told_apart_on_request(void)
{
	static const char *const names[] = { "upstairs_action", "upstairs_count",
					     "upstairs_repair" };
	const char *status = "{\"ok\":{\"session_id\":\"" SESSION "\",\"ds_state\":[\"New\"]}}";

	for (int i = 0; i < 3; i++) {
		struct stage plain = { 0 }, extra = { .options.extra = true };
		enum layout layout = i == 2 ? LAYOUT_COMPACT : LAYOUT_CLASSIC;
		char *want;
		size_t titles;

		stage_begin(&plain, names[i], layout);
		stage_begin(&extra, names[i], layout);
		stage_hit(&plain, 4711, status);
		stage_hit(&extra, 4711, status);
		titles = strcspn(stage_text(&plain), "\n") + 1;
		if (asprintf(&want, "    PID  SESSION %.*s   4711 86481c01 %s", (int)titles,
			     plain.printed, plain.printed + titles) < 0)
			exit(1);
		CHECK_STR(stage_text(&extra), want);
		free(want);
		stage_end(&plain);
		stage_end(&extra);
	}
}

/* --- DELTA --- */

static void job(struct stage *s, uint32_t tgid, const char *session, const char *next_job)
{
	stage_say(s, tgid, "{\"ok\":{\"session_id\":\"%s\",\"next_job_id\":%s}}", session,
		  next_job);
}

/* The deltas of all rows, each behind a blank: what stands at DELTA's place in the titles. */
static char *deltas(struct stage *s, char *dst, size_t size)
{
	const char *text = stage_text(s), *end = strstr(text, "DELTA") + 5;
	size_t at = end - text, len = 0;

	for (const char *line = strchr(text, '\n') + 1; *line; line += strcspn(line, "\n") + 1) {
		const char *first = line + at;

		while (first > line && first[-1] != ' ')
			first--;
		len += snprintf(dst + len, size - len, " %.*s", (int)strcspn(first, " "), first);
	}
	return dst;
}

static void delta_is_of_each_session(void)
{
	static const struct {
		const char *report;
		enum layout layout;
	} with[] = {
		{ "upstairs_info", LAYOUT_CLASSIC },
		{ "single_up_info", LAYOUT_COMPACT },
		{ "up-info", LAYOUT_COMPACT },
		{ "simple", LAYOUT_COMPACT },
	};

	for (size_t i = 0; i < NROWS(with); i++) {
		struct stage s = { 0 };
		char got[128];

		stage_begin(&s, with[i].report, with[i].layout);
		job(&s, 7, SESSION, "1000");
		job(&s, 7, SESSION "-too", "5000"); /* the same 8 characters */
		job(&s, 8, SESSION, "90000");
		job(&s, 7, SESSION, "1003");
		job(&s, 7, SESSION "-too", "5500");
		job(&s, 8, SESSION, "90001");
		job(&s, 7, SESSION, "1003");
		/* it goes back, and on from there */
		job(&s, 7, SESSION, "400");
		job(&s, 7, SESSION, "410");
		/* without one: nothing has grown */
		job(&s, 7, SESSION, "null");
		job(&s, 7, SESSION, "415");
		CHECK_STR(deltas(&s, got, sizeof(got)), " 0 0 0 3 500 1 0 0 10 0 5");
		stage_end(&s);
	}
}

static void delta_of_large_job_ids(void)
{
	struct stage s = { 0 };
	char got[128];

	stage_begin(&s, "upstairs_info", LAYOUT_CLASSIC);
	job(&s, 7, "a", "18446744073709550000");
	job(&s, 7, "a", "18446744073709551615");
	job(&s, 7, "b", "9223372036854775800");
	job(&s, 7, "b", "9223372036854775900");
	CHECK_STR(deltas(&s, got, sizeof(got)), " 0 1615 0 100");
	stage_end(&s);
}

/* Not one of Crucible's, so nothing is known of it: no growth, then or later. */
static void job_ids_beyond_64_bits_do_not_count(void)
{
	struct stage s = { 0 };
	char got[128];

	stage_begin(&s, "upstairs_info", LAYOUT_CLASSIC);
	job(&s, 7, "a", "1000");
	job(&s, 7, "a", "99999999999999999999");
	job(&s, 7, "a", "1010");
	CHECK_STR(deltas(&s, got, sizeof(got)), " 0 0 10");
	stage_end(&s);
}

/* --- raw --- */

static void raw_is_the_text_byte_for_byte(void)
{
	static const char *const texts[][2] = {
		{ "{\"ok\":{\"b\":1,\"a\":[1.50,2],\"big\":18446744073709551616}}",
		  "{\"b\":1,\"a\":[1.50,2],\"big\":18446744073709551616}\n" },
		{ "{\"b\":\"\\u001b[2J \\u00e9 \xc3\xa9\"}",
		  "{\"b\":\"\\u001b[2J \\u00e9 \xc3\xa9\"}\n" },
		{ "{\"ok\":{}}", "{}\n" },
		{ "{}", "{}\n" },
		{ "{\"ok\":{\"ok\":{}}}", "{\"ok\":{}}\n" },
		{ "{\"ok\": {\"a\": 1} }", "{\"a\": 1}\n" },
	};

	for (size_t i = 0; i < NROWS(texts); i++) {
		struct stage s = { .options.json = i & 1 };

		stage_begin(&s, "upstairs_raw", i % 3);
		stage_hit(&s, 7, texts[i][0]);
		CHECK_STR(stage_text(&s), texts[i][1]);
		stage_end(&s);
	}
}

/* cmon reads a line a status, whatever stands between the values. */
static void raw_is_one_line_always(void)
{
	struct stage s = { 0 };

	stage_begin(&s, "upstairs_raw", LAYOUT_COMPACT);
	stage_hit(&s, 7, "{\"ok\":\n{\n\"up_count\":\r\n1}\n}\n");
	CHECK_INT(lines_of(&s), 1);
	stage_end(&s);
}

static void raw_of_a_real_status_is_its_line(void)
{
	char *text = golden("up-status.txt"), *copy = strdup(text), *save = NULL;
	struct stage s = { 0 };

	stage_begin(&s, "upstairs_raw", LAYOUT_COMPACT);
	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		stage_say(&s, 7, "{\"ok\":%s}", line);
	CHECK_STR(stage_text(&s), text);
	stage_end(&s);
	free(copy);
	free(text);
}

/* --- JSON --- */

static void json_has_the_whole_status(void)
{
	const char *status = "{\"up_count\":3,\"next_job_id\":%d,\"new_field\":[{\"a\":null}]}";
	struct stage s = { .options.json = true };
	json_t *line, *want;
	char text[128];

	stage_begin(&s, "upstairs_info", LAYOUT_CLASSIC);
	stage_say(&s, 4711, "{\"ok\":{\"next_job_id\":1000}}");
	snprintf(text, sizeof(text), status, 1500);
	stage_say(&s, 4711, "{\"ok\":%s}", text);
	CHECK_INT(lines_of(&s), 2);
	line = json_loads(strchr(stage_text(&s), '\n') + 1, 0, NULL);
	want = json_loads(text, 0, NULL);
	CHECK(json_equal(json_object_get(line, "status"), want));
	CHECK_INT(json_integer_value(json_object_get(line, "pid")), 4711);
	CHECK_INT(json_integer_value(json_object_get(line, "new_jobs")), 500);
	CHECK_STR(json_string_value(json_object_get(line, "report")), "upstairs_info");
	json_decref(want);
	json_decref(line);
	stage_end(&s);
}

/* More than JSON's readers hold is in a string, with all its digits. */
static void json_keeps_large_numbers(void)
{
	struct stage s = { .options.json = true };

	stage_begin(&s, "upstairs_info", LAYOUT_CLASSIC);
	stage_say(&s, 7, "{\"ok\":{\"a\":[99999999999999999999,18446744073709551615,7]}}");
	CHECK(strstr(stage_text(&s), "[\"99999999999999999999\",\"18446744073709551615\",7]"));
	stage_end(&s);
}

static const struct test tests[] = {
	TEST(samples_are_printed_byte_for_byte),
	TEST(upstairs_info_is_its_sample_behind_an_earlier_row),
	TEST(titles_come_again_after_20_rows),
	TEST(titles_of_simple_come_every_20_seconds),
	TEST(some_have_no_titles),
	TEST(fields_that_are_missing_are_dashes),
	TEST(states_of_any_kind_are_shown),
	TEST(numbers_keep_all_their_digits),
	TEST(what_can_not_be_read_has_no_row),
	TEST(sessions_are_told_apart_on_request),
	TEST(delta_is_of_each_session),
	TEST(delta_of_large_job_ids),
	TEST(job_ids_beyond_64_bits_do_not_count),
	TEST(raw_is_the_text_byte_for_byte),
	TEST(raw_is_one_line_always),
	TEST(raw_of_a_real_status_is_its_line),
	TEST(json_has_the_whole_status),
	TEST(json_keeps_large_numbers),
};

TEST_MAIN("status")
