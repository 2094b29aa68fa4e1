// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * top: its frames from a model made by hand, its keys, order and filter, and what it gathers from
 * the rules that it has.
 */
#include "core/units.h"
#include "core/upstatus.h"
#include "core/waiting.h"
#include "reports/top_frame.h"
#include "reports/top_gather.h"
#include "trial.h"

#define MS 1000000ULL
#define US 1000ULL
#define NO                            \
	{                             \
		0, TOP_NONE, TOP_NONE \
	}

static struct top_latency took(uint64_t p50, uint64_t p99)
{
	return (struct top_latency){ 100, p50, p99 };
}

/* --- numbers in few columns --- */

static void numbers_fit_their_columns(void)
{
	char text[32];

	CHECK_STR(top_count(0, text, 32), "0");
	CHECK_STR(top_count(9999, text, 32), "9999");
	CHECK_STR(top_count(10000, text, 32), "10k");
	CHECK_STR(top_count(999499, text, 32), "999k");
	CHECK_STR(top_count(999500, text, 32), "1.0M");
	CHECK_STR(top_count(12345678, text, 32), "12M");
	CHECK_STR(top_count(TOP_NONE - 1, text, 32), "18E");
	CHECK_STR(top_count(TOP_NONE, text, 32), "-");
	CHECK_STR(top_rate(0, text, 32), "-");
	CHECK_STR(top_rate(0.34, text, 32), "0.3");
	CHECK_STR(top_rate(9.96, text, 32), "10");
	CHECK_STR(top_rate(1e300, text, 32), "-");
	CHECK_STR(top_duration(812, 5, text, 32), "812ns");
	CHECK_STR(top_duration(1234, 5, text, 32), "1.2us");
	CHECK_STR(top_duration(1234, 6, text, 32), "1.23us");
	CHECK_STR(top_duration(9960 * US, 5, text, 32), "10ms");
	CHECK_STR(top_duration(9996 * US, 6, text, 32), "10.0ms");
	CHECK_STR(top_duration(999600, 6, text, 32), "1.00ms");
	CHECK_STR(top_duration(123 * MS, 5, text, 32), "123ms");
	CHECK_STR(top_duration(12 * NSEC_PER_SEC, 5, text, 32), "12.0s");
	CHECK_STR(top_duration(TOP_NONE, 5, text, 32), "-");
	CHECK_STR(top_age(99 * MS, text, 32), "-");
	CHECK_STR(top_age(100 * MS, text, 32), "0.1s");
	CHECK_STR(top_age(12 * NSEC_PER_SEC, text, 32), "12s");
	CHECK_STR(top_age(180 * NSEC_PER_SEC, text, 32), "3m");
	CHECK_STR(top_age(7200 * NSEC_PER_SEC, text, 32), "2h");
}

/* --- a model by hand --- */

#define MAX_ROWS 64

struct hand {
	struct top_up ups[MAX_ROWS];
	struct top_down downs[MAX_ROWS];
	struct top_model model;
	struct top_ui ui;
	struct top_history history;
};

static void client_by_hand(struct top_client *c, const char *state, uint64_t p50, uint64_t p99)
{
	*c = (struct top_client){ .net = { NO, took(p50, p99), NO },
				  .net_all = took(p50, p99),
				  .repair = { 0, 0, 0, 0, 0 } };
	snprintf(c->state, sizeof(c->state), "%s", state);
	c->mood = top_state_mood(state);
}

static struct top_up up_by_hand(uint32_t tgid, const char *session, uint64_t p99)
{
	struct top_up up = { .tgid = tgid,
			     .sessions = 1,
			     .up_count = 3,
			     .ds_count = 36,
			     .bytes_out = 131072,
			     .rate = { 0, 2000, 0 },
			     .iops = 2000,
			     .gateway = { NO, took(300 * US, p99), NO },
			     .nclients = 3 };

	snprintf(up.process, sizeof(up.process), "crutest");
	snprintf(up.upstairs, sizeof(up.upstairs), "aaaabbbb-cccc-4ddd-8eee-ffff00001111");
	snprintf(up.session, sizeof(up.session), "%s", session);
	for (int i = 0; i < 3; i++)
		client_by_hand(&up.clients[i], "Active", 200 * US, 900 * US);
	top_up_sum(&up);
	return up;
}

static struct top_down down_by_hand(uint32_t tgid, uint64_t p99)
{
	struct top_down d = { .tgid = tgid,
			      .submitted = 2000,
			      .in_work = 2000,
			      .done = 2000,
			      .submit = { NO, took(40 * US, p99), NO },
			      .submit_all = took(40 * US, p99),
			      .os = { NO, took(12 * US, 90 * US), NO },
			      .os_all = took(12 * US, 90 * US) };

	snprintf(d.process, sizeof(d.process), "crucible-downst");
	return d;
}

static struct hand *by_hand(int nups, int ndowns)
{
	struct hand *h = (struct hand *)calloc(1, sizeof(*h));

	if (!h)
		exit(1);
	h->model = (struct top_model){ .seconds = 1,
				       .interval = NSEC_PER_SEC,
				       .ups = h->ups,
				       .nups = nups,
				       .downs = h->downs,
				       .ndowns = ndowns };
	for (int i = 0; i < nups; i++)
		h->ups[i] = up_by_hand(100 + i, "12345678-9abc", (i + 1) * MS);
	for (int i = 0; i < ndowns; i++)
		h->downs[i] = down_by_hand(200 + i, (i + 1) * MS);
	top_ui_init(&h->ui);
	CHECK_INT(top_ui_update(&h->ui, &h->model), 0);
	return h;
}

static void hand_free(struct hand *h)
{
	top_ui_free(&h->ui);
	free(h);
}

/* The frame's text, valid until the next call; checks that no line is longer than the screen. */
static const char *text_of(struct top_canvas *c)
{
	static char *text;
	static size_t size;
	FILE *f;

	free(text);
	f = open_memstream(&text, &size);
	CHECK(c && f);
	for (const char *p = (top_canvas_print(c, f), fclose(f), text); *p;) {
		size_t len = strcspn(p, "\n");

		CHECK((int)len <= c->cols);
		p += len + 1;
	}
	top_canvas__free(c);
	return text;
}

static const char *screen(struct hand *h, int rows, int cols)
{
	return text_of(top_frame(&h->model, &h->ui, "", rows, cols));
}

/* --- frames --- */

#define UP_TITLES \
	"     PID SESSION  DS0 DS1 DS2  UPW  DSW IOPS  OUT   R99   W99   F99   NET99 WAIT\n"
#define DOWN_TITLES \
	"     PID PROCESS         SUB/s WIP/s DONE/s BUSY WAIT JOB50  JOB99  OS50   OS99\n"

static void a_screen_of_one_upstairs_and_two_downstairs(void)
{
	struct hand *h = by_hand(1, 2);

	client_by_hand(&h->ups[0].clients[1], "Faulted", 0, 0);
	h->ups[0].clients[1].net[TOP_WRITE] = (struct top_latency)NO;
	h->ups[0].clients[1].net_all = (struct top_latency)NO;
	client_by_hand(&h->ups[0].clients[2], "Active", 200 * US, 12340 * US);
	top_up_sum(&h->ups[0]);
	h->downs[1].waiting = (struct top_waiting){ 36, 3200 * MS, false };
	h->downs[1].done = h->downs[1].in_work = h->downs[1].submitted = 0;
	h->downs[1].submit_all = (struct top_latency)NO;
	top_ui_update(&h->ui, &h->model);
	/* the downstairs that is stuck is the worse one, though it has no latency */
	CHECK_STR(
		screen(h, 14, 80),
		"  1 upstairs  2 downstairs  2000 IOPS: -R 2000W -F\n"
		"!! downstairs 201 stuck for 3.2s, 36 jobs  !! 100 client 1 Faulted  +1 more\n" UP_TITLES
		">    100 12345678 ACT FLT ACT    3   36 2000 131k     - 1.0ms     -  2:12ms    "
		"-\n"
		"100      STATE      BUSY WAIT   R50   R99   W50   W99   F50   F99  DLY  ELR  "
		"ELC\n"
		"gateway                0    -     -     - 300us 1.0ms     -     -    -    -    "
		"-\n"
		"client 0 Active        0    -     -     - 200us 900us     -     -    0    0    "
		"0\n"
		"client 1 Faulted       0    -     -     -     -     -     -     -    0    0    "
		"0\n"
		"client 2 Active        0    -     -     - 200us  12ms     -     -    0    0    "
		"0\n" DOWN_TITLES
		"-    201 crucible-downst     -     -      -   36 3.2s     -      -  12us 90.0us\n"
		"     200 crucible-downst  2000  2000   2000    0    -  40us 1.00ms  12us "
		"90.0us\n"
		"\n"
		"q quit  ? help  < > sort: W99  / filter  p pause  g graph  Tab list\n");
	hand_free(h);
}

static void a_plain_frame_has_each_upstairs_clients(void)
{
	struct hand *h = by_hand(2, 1);
	const char *text = text_of(top_frame_plain(&h->model, &h->ui, 80));
	static const char *const lines[] = {
		"  2 upstairs  1 downstairs  4000 IOPS: -R 4000W -F\n\n",
		"    PID SESSION  DS0 DS1 DS2 ",
		"\n    101 12345678 ACT ACT ACT    3   36 2000 131k     - 2.0ms     - 0:900us    -\n",
		"\n    100 12345678 ACT ACT ACT ",
		"\n\n101      STATE      BUSY",
		"\ngateway                0    -     -     - 300us 2.0ms ",
		"\nclient 2 Active ",
		"\n\n100      STATE ",
		"\n\n    PID PROCESS ",
		"\n    200 crucible-downst  2000  2000   2000    0    -  40us 1.00ms  12us 90.0us\n",
		NULL,
	};

	check_order(text, lines);
	CHECK_INT(occurrences(text, "quit"), 0);
	hand_free(h);
}

static void nothing_is_said_so(void)
{
	struct hand *h = by_hand(0, 0);

	CHECK(strstr(screen(h, 24, 80), "\nnothing has fired a probe yet\n"));
	CHECK(strstr(screen(h, 24, 80), "no upstairs yet"));
	h->model.seconds = 0;
	CHECK(strstr(screen(h, 24, 80), "\nwaiting for the first numbers\n"));
	hand_free(h);
}

/* Any size, with everything that can be on it. */
static void any_size_is_drawn(void)
{
	struct hand *h = by_hand(5, 5);

	h->ups[0].history = &h->history;
	h->history.n = h->ups[0].shown = 700;
	for (int i = 0; i < TOP_SAMPLES; i++)
		for (int op = 0; op < TOP_OPS; op++)
			h->history.sample[i][op] = (struct top_sample){ i, i * 100, i % 50 == 0 };
	snprintf(h->model.lost, sizeof(h->model.lost), "12 dones without a start");
	for (int rows = 1; rows < 60; rows += rows < 12 ? 1 : 7)
		for (int cols = 1; cols < 260; cols += cols < 90 ? 3 : 31) {
			h->ui.help = false;
			screen(h, rows, cols);
			text_of(top_frame_plain(&h->model, &h->ui, cols));
			h->ui.help = true;
			screen(h, rows, cols);
		}
	h->ui.help = false;
	CHECK_STR(screen(h, 5, 20), "  5 upstairs (1-1)\n"
				    "no trouble seen\n"
				    "     PID SESSION  DS\n"
				    ">    104 12345678 AC\n"
				    "q quit  ? help  < >\n");
	hand_free(h);
}

static void wide_screens_have_more(void)
{
	struct hand *h = by_hand(1, 1);

	CHECK(!strstr(screen(h, 24, 95), "PROCESS          "));
	CHECK(strstr(screen(h, 24, 96), " PID PROCESS         SESSION"));
	CHECK(strstr(screen(h, 24, 220), "RECONCILE"));
	CHECK(strstr(screen(h, 24, 220), "OSF99"));
	hand_free(h);
}

static void what_does_not_fit_scrolls(void)
{
	struct hand *h = by_hand(40, 0);
	const char *text = screen(h, 24, 80);

	CHECK(strstr(text, "40 upstairs (1-"));
	CHECK(strstr(text, ">    139 "));
	CHECK(!strstr(text, "     100 "));
	top_ui_key(&h->ui, TOP_KEY_END);
	text = screen(h, 24, 80);
	CHECK(strstr(text, ">    100 "));
	CHECK(strstr(text, "-40)"));
	CHECK(!strstr(text, "     139 "));
	/* back by one: it is still on the screen, which stays where it is */
	top_ui_key(&h->ui, TOP_KEY_UP);
	text = screen(h, 24, 80);
	CHECK(strstr(text, ">    101 ") && strstr(text, "     100 "));
	top_ui_key(&h->ui, TOP_KEY_HOME);
	CHECK(strstr(screen(h, 24, 80), ">    139 "));
	hand_free(h);
}

static void hostile_texts_are_escaped(void)
{
	struct hand *h = by_hand(1, 1);
	const char *text;

	snprintf(h->ups[0].session, 64, "\x1b[2J\n%%s");
	snprintf(h->ups[0].upstairs, 64, "\xff\xfe");
	snprintf(h->ups[0].process, 32, "\xe2\x98\x83\t\x7f");
	snprintf(h->ups[0].clients[0].state, 32, "\x1b[31m");
	snprintf(h->downs[0].process, 32, "a\nb\rc");
	text = screen(h, 24, 220);
	for (const char *p = text; *p; p++)
		CHECK((*p >= ' ' && *p < 127) || *p == '\n');
	CHECK(strstr(text, "?\\x09\\x7f"));
	CHECK(strstr(text, "a\\x0ab\\x0dc"));
	CHECK_INT(occurrences(text, "\n"), 24);
	hand_free(h);
}

/* --- troubles --- */

static void troubles_come_worst_first(void)
{
	struct hand *h = by_hand(1, 1);
	struct top_trouble t[8];

	CHECK_INT(top_troubles(&h->model, t, 8), 0);
	client_by_hand(&h->ups[0].clients[0], "LiveRepair", 200 * US, 900 * US);
	h->ups[0].clients[0].repair.repaired = 5;
	client_by_hand(&h->ups[0].clients[1], "Offline", 200 * US, 900 * US);
	h->ups[0].clients[2].waiting = (struct top_waiting){ 7, 2 * NSEC_PER_SEC, false };
	h->downs[0].ended = 11 * NSEC_PER_SEC;
	CHECK_INT(top_troubles(&h->model, t, 8), 4);
	CHECK_STR(t[0].text, "100 client 1 Offline");
	CHECK_STR(t[1].text, "100 client 2 owes 7 answers for 2.0s");
	CHECK_STR(t[2].text, "100 client 0 LiveRepair: 5+0 extents");
	CHECK_STR(t[3].text, "downstairs 200 ended 11s ago");
	CHECK_INT(t[1].mood, TOP_BAD);
	CHECK_INT(t[2].mood, TOP_ODD);
	CHECK_INT(top_troubles(&h->model, t, 2), 4);
	hand_free(h);
}

/* Three times the others, and a millisecond; one that has no other to be compared with is not. */
static void the_slow_client_is_found(void)
{
	struct top_up up = up_by_hand(1, "s", MS);

	CHECK(up.slowest == 0 && !up.lags);
	client_by_hand(&up.clients[2], "Active", 200 * US, 1899 * US);
	top_up_sum(&up);
	CHECK(up.slowest == 2 && !up.lags); /* twice */
	client_by_hand(&up.clients[2], "Active", 200 * US, 2700 * US);
	top_up_sum(&up);
	CHECK(up.slowest == 2 && up.lags);
	up.clients[0].net_all = up.clients[1].net_all = (struct top_latency)NO;
	top_up_sum(&up);
	CHECK(up.slowest == 2 && !up.lags);
	up.nclients = 0;
	top_up_sum(&up);
	CHECK(up.slowest < 0 && !up.lags && up.repair.repaired == TOP_NONE);
}

/* --- order, filter, keys --- */

static uint32_t first_up(const struct hand *h)
{
	return ((const struct top_up *)h->ui.list[TOP_UPS].rows[0])->tgid;
}

static void keys(struct hand *h, const char *text)
{
	for (; *text; text++)
		top_ui_key(&h->ui, (unsigned char)*text);
	top_ui_update(&h->ui, &h->model);
}

static void rows_sort_by_what_is_chosen(void)
{
	struct hand *h = by_hand(3, 0);

	/* by the writes' p99 at first: 1, 2 and 3 ms */
	CHECK_INT(first_up(h), 102);
	keys(h, "r");
	CHECK_INT(first_up(h), 100);
	keys(h, "r");
	/* the one that is stuck has no latency, and is the worst */
	h->ups[0].gateway[TOP_WRITE] = (struct top_latency)NO;
	h->ups[0].waiting = (struct top_waiting){ 1, 2 * NSEC_PER_SEC, false };
	keys(h, "");
	CHECK_INT(first_up(h), 100);
	/* what is not known comes last, in either order */
	h->ups[0].waiting.n = 0;
	keys(h, "");
	CHECK_INT(first_up(h), 102);
	keys(h, "r");
	CHECK_INT(first_up(h), 101);
	keys(h, "r");
	/* to the left: R99 of W50, OUT and so on; the first column that sorts is the PID */
	for (int i = 0; i < 64 && strcmp(top_up_columns[h->ui.list[TOP_UPS].sort].title, "PID");
	     i++)
		keys(h, "<");
	CHECK_STR(top_up_columns[h->ui.list[TOP_UPS].sort].title, "PID");
	CHECK_INT(first_up(h), 102);
	keys(h, ">");
	CHECK_STR(top_up_columns[h->ui.list[TOP_UPS].sort].title, "UPW");
	hand_free(h);
}

static void the_chosen_row_stays_chosen(void)
{
	struct hand *h = by_hand(3, 2);

	keys(h, "j");
	CHECK_INT(top_ui_chosen(&h->ui)->tgid, 101);
	h->ups[1].gateway[TOP_WRITE].p99 = 9 * MS;
	keys(h, "");
	CHECK_INT(first_up(h), 101);
	CHECK_INT(top_ui_chosen(&h->ui)->tgid, 101);
	/* two sessions of one process are two rows */
	h->ups[2] = up_by_hand(101, "another", MS / 2);
	keys(h, "");
	CHECK_STR(top_ui_chosen(&h->ui)->session, "12345678-9abc");
	/* it is gone */
	h->model.nups = 1;
	keys(h, "");
	CHECK_INT(top_ui_chosen(&h->ui)->tgid, 100);
	h->model.nups = 0;
	keys(h, "jk");
	CHECK(!top_ui_chosen(&h->ui));
	/* the other table has a row of its own */
	keys(h, "\tj");
	CHECK_INT(h->ui.list[TOP_DOWNS].cursor, 1);
	hand_free(h);
}

static void the_filter_looks_at_names_and_ids(void)
{
	struct hand *h = by_hand(3, 3);

	snprintf(h->ups[1].session, 64, "feedbeef");
	snprintf(h->downs[2].where, 48, "docker-0123");
	keys(h, "/FEEDq");
	CHECK(h->ui.typing && !h->ui.quit);
	top_ui_key(&h->ui, TOP_KEY_BACKSPACE);
	keys(h, "\n");
	CHECK(!h->ui.typing);
	CHECK_INT(h->ui.list[TOP_UPS].n, 1);
	CHECK_INT(h->ui.list[TOP_DOWNS].n, 0);
	CHECK(strstr(screen(h, 24, 80), "none matches the filter"));
	CHECK(strstr(screen(h, 24, 80), "filter: FEED"));
	keys(h, "/docker\n");
	CHECK_INT(h->ui.list[TOP_DOWNS].n, 1);
	/* a PID by its beginning, not its end */
	keys(h, "/10\n");
	CHECK_INT(h->ui.list[TOP_UPS].n, 3);
	keys(h, "/02\n");
	CHECK_INT(h->ui.list[TOP_UPS].n, 0);
	keys(h, "\x1b");
	CHECK_INT(h->ui.list[TOP_UPS].n, 3);
	hand_free(h);
}

static void help_scrolls_and_ends(void)
{
	struct hand *h = by_hand(1, 1);

	keys(h, "?");
	CHECK(strstr(screen(h, 24, 80), "quit, as does Ctrl-C"));
	top_ui_key(&h->ui, TOP_KEY_END);
	CHECK(strstr(screen(h, 24, 80), "OSR99 OSW99 OSF99"));
	CHECK(!strstr(screen(h, 24, 80), "quit, as does Ctrl-C"));
	keys(h, "q");
	CHECK(!h->ui.help && !h->ui.quit);
	keys(h, "pgq");
	CHECK(h->ui.paused && h->ui.quit);
	CHECK_INT(h->ui.graph, TOP_FLUSH);
	CHECK(strstr(screen(h, 24, 80), "PAUSED"));
	hand_free(h);
}

/* No line of it is cut on 80 columns. */
static void help_fits(void)
{
	struct hand *h = by_hand(1, 1);
	const char *text;

	keys(h, "?");
	text = screen(h, 200, 80);
	for (const char *p = text; *p; p += strcspn(p, "\n") + 1)
		CHECK(strcspn(p, "\n") < 80);
	hand_free(h);
}

/* --- the graph --- */

static void the_graph_has_a_column_an_interval(void)
{
	struct hand *h = by_hand(1, 0);
	struct top_canvas *c = top_canvas__new(5, 40);
	struct top_up *up = &h->ups[0];

	/* from 1 us to 16 us (2^14 ns): 2 rows of each 4 times; one without, one stuck */
	h->history.sample[0][TOP_WRITE] = (struct top_sample){ 1100, 4100, false };
	h->history.sample[1][TOP_WRITE] = (struct top_sample){ TOP_NONE, TOP_NONE, false };
	h->history.sample[2][TOP_WRITE] = (struct top_sample){ 4100, 16000, false };
	h->history.sample[3][TOP_WRITE] = (struct top_sample){ TOP_NONE, TOP_NONE, true };
	h->history.n = up->shown = 4;
	up->history = &h->history;
	top_graph(c, 0, 5, up, TOP_WRITE, NSEC_PER_SEC);
	CHECK_STR(text_of(c), " 100 write latency: # p50  | p99  x stuc\n"
			      "8.19us   |x\n"
			      "4.10us | #x\n"
			      "2.05us | #x\n"
			      "1.02us # #x\n");
	hand_free(h);
}

/* --- what is gathered --- */

static uint64_t now_ns;

static int trial_waiting(const void *arg, struct waiting *waiting)
{
	return fold_table_waiting(((const struct trial *)arg)->table, waiting);
}

static uint32_t dead; /* the process that has ended; 0: none */

static bool is_alive(const void *arg, uint32_t tgid)
{
	(void)arg;
	return tgid != dead;
}

static struct report_view view_of(const struct trial *t, const struct options *options,
				  const struct snapshot *s)
{
	return (struct report_view){ .report = t->report,
				     .options = options,
				     .snapshot = s,
				     .now = now_ns,
				     .alive = is_alive,
				     .waiting = trial_waiting,
				     .arg = t };
}

/* The interval that ends now. */
static void gather(struct trial *t, struct top_gather *g, struct top_model *m)
{
	static const struct options options;
	struct fold_tables tables = fold_table_tables(t->table);
	struct snapshot *now = snapshot__take(&tables);
	struct snapshot *since = t->before ? snapshot__since(now, t->before) : NULL;
	struct report_view view;

	now_ns += NSEC_PER_SEC;
	view = view_of(t, &options, since ? since : now);
	CHECK_INT(top_gather_interval(g, &view, false), 0);
	CHECK_INT(top_gather_model(g, &view, m), 0);
	snapshot__free(since);
	snapshot__free(t->before);
	t->before = now;
}

static void tell_status(struct top_gather *g, uint32_t tgid, const char *session,
			const char *states)
{
	struct hit_probe probe = { .provider = UP, .name = "up-status" };
	char text[512];
	struct hit hit = { .time = now_ns, .tgid = tgid, .text = { [UP_STATUS_ARG] = text } };

	snprintf(text, sizeof(text),
		 "{\"ok\":{\"upstairs_id\":\"u\",\"session_id\":\"%s\",\"up_count\":2,"
		 "\"ds_count\":12,\"ds_state\":%s,\"ds_extents_repaired\":[1,2,3]}}",
		 session, states);
	top_gather_hit(g, &probe, &hit);
	/* others' hits come, too, where a recording is replayed */
	probe.name = "gw-read-start";
	hit.text[UP_STATUS_ARG] = NULL;
	top_gather_hit(g, &probe, &hit);
}

static void an_interval_becomes_a_model(void)
{
	struct trial t = trial_of("top", UP);
	struct top_gather *g = top_gather__new(0);
	struct top_model m = { 0 };

	now_ns = 0;
	for (int i = 0; i < 10; i++) {
		IO(&t, "gw-write-start", "gw-write-done", 2 * MS);
		IO(&t, "gw-write-unwritten-start", "gw-write-unwritten-done", 2 * MS);
		IO(&t, "ds-write-net-start", "ds-write-net-done", MS, .args = { 0, 1 });
	}
	t.provider = DOWN;
	IO(&t, "submit-read-start", "submit-read-done", MS, .tgid = 8);
	trial_count(&t, "work-done", 8, 5);
	tell_status(g, TGID, "one", "[\"Active\",\"Faulted\",\"Active\"]");
	tell_status(g, TGID, "two", "[\"Active\",\"Active\",\"Active\"]");
	gather(&t, g, &m);
	CHECK_INT(m.nups, 2);
	CHECK_INT(m.ndowns, 1);
	/* sessions of one process share its numbers, not their states */
	for (int i = 0; i < m.nups; i++) {
		bool one = !strcmp(m.ups[i].session, "one");

		CHECK_INT(m.ups[i].gateway[TOP_WRITE].count, 20);
		CHECK_INT(m.ups[i].iops, 20);
		CHECK_INT(m.ups[i].clients[1].net[TOP_WRITE].count, 10);
		CHECK_STR(m.ups[i].clients[1].state, one ? "Faulted" : "Active");
		CHECK_INT(m.ups[i].clients[1].mood, one ? TOP_BAD : TOP_FINE);
		CHECK_INT(m.ups[i].repair.repaired, 6);
		CHECK_INT(m.ups[i].ds_count, 12);
		CHECK(m.ups[i].bytes_out == TOP_NONE);
	}
	CHECK_INT(m.downs[0].done, 5);
	CHECK_INT(m.downs[0].submit[TOP_READ].count, 1);
	CHECK_INT(m.downs[0].submit_all.count, 1);
	/* nothing in the next one: they are still there; after 3 s without a status it is told */
	gather(&t, g, &m);
	CHECK_INT(m.nups, 2);
	CHECK(m.ups[0].iops == 0 && m.ups[0].gateway[TOP_WRITE].p99 == TOP_NONE);
	CHECK_INT(m.ups[0].shown, 2);
	CHECK_INT(m.ups[0].silent, 0);
	gather(&t, g, &m);
	gather(&t, g, &m);
	CHECK_INT(m.ups[0].silent, 4 * NSEC_PER_SEC);
	top_model_free(&m);
	top_gather__free(g);
	trial_free(&t);
}

/* A start that has no done: it waits, until others have ended for 10 s; then it was dropped. */
static void what_never_ends_was_dropped(void)
{
	struct trial t = trial_of("top", UP);
	struct top_gather *g = top_gather__new(0);
	struct top_model m = { 0 };

	now_ns = 100 * NSEC_PER_SEC;
	FIRE(&t, "ds-read-net-start", .time = now_ns, .args = { 5000, 2 });
	FIRE(&t, "gw-write-start", .time = now_ns, .args = { 6000 });
	IO(&t, "gw-read-start", "gw-read-done", MS);
	gather(&t, g, &m);
	CHECK_INT(m.ups[0].clients[2].waiting.n, 1);
	CHECK_INT(m.ups[0].clients[2].waiting.oldest, NSEC_PER_SEC);
	CHECK_INT(m.ups[0].waiting.n, 1);
	CHECK(m.ups[0].waiting.moves && !m.ups[0].clients[2].waiting.moves);
	CHECK_INT(top_waiting_mood(&m.ups[0].clients[2].waiting), TOP_BAD);
	CHECK(!m.ups[0].history->sample[0][TOP_READ].stuck);
	for (int i = 0; i < 11; i++) {
		IO(&t, "ds-read-net-start", "ds-read-net-done", MS, .args = { 0, 2 });
		gather(&t, g, &m);
	}
	CHECK_INT(m.ups[0].clients[2].waiting.n, 0);
	CHECK_STR(m.lost, "1 job dropped");
	/* the write still waits: no other has ended meanwhile */
	CHECK_INT(m.ups[0].waiting.oldest, 12 * NSEC_PER_SEC);
	CHECK_INT(top_waiting_mood(&m.ups[0].waiting), TOP_BAD);
	CHECK(m.ups[0].history->sample[5][TOP_WRITE].stuck);
	top_model_free(&m);
	top_gather__free(g);
	trial_free(&t);
}

static void what_ended_is_shown_for_a_while(void)
{
	struct trial t = trial_of("top", DOWN);
	struct top_gather *g = top_gather__new(0);
	struct top_model m = { 0 };

	now_ns = 100 * NSEC_PER_SEC;
	trial_count(&t, "work-start", 8, 3);
	gather(&t, g, &m);
	CHECK(m.ndowns == 1 && !m.downs[0].ended);
	dead = 8;
	gather(&t, g, &m);
	CHECK(m.ndowns == 1 && m.downs[0].ended > 0);
	for (int i = 0; i < 29; i++)
		gather(&t, g, &m);
	CHECK_INT(m.ndowns, 1);
	gather(&t, g, &m);
	CHECK_INT(m.ndowns, 0);
	dead = 0;
	top_model_free(&m);
	top_gather__free(g);
	trial_free(&t);
}

static const struct test tests[] = {
	TEST(numbers_fit_their_columns),
	TEST(a_screen_of_one_upstairs_and_two_downstairs),
	TEST(a_plain_frame_has_each_upstairs_clients),
	TEST(nothing_is_said_so),
	TEST(any_size_is_drawn),
	TEST(wide_screens_have_more),
	TEST(what_does_not_fit_scrolls),
	TEST(hostile_texts_are_escaped),
	TEST(troubles_come_worst_first),
	TEST(the_slow_client_is_found),
	TEST(rows_sort_by_what_is_chosen),
	TEST(the_chosen_row_stays_chosen),
	TEST(the_filter_looks_at_names_and_ids),
	TEST(help_scrolls_and_ends),
	TEST(help_fits),
	TEST(the_graph_has_a_column_an_interval),
	TEST(an_interval_becomes_a_model),
	TEST(what_never_ends_was_dropped),
	TEST(what_ended_is_shown_for_a_while),
};

TEST_MAIN("top")
