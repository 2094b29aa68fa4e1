// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * top: all upstairs and downstairs of the host on one screen, refreshed each second; or as plain
 * frames, or JSON. Here are the rules and what holds the parts together: top_gather.c makes a model
 * of what the engine tells, top_ui.c has the keys, top_frame.c draws, top_screen.c is the terminal.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "core/units.h"
#include "top_frame.h"
#include "top_gather.h"
#include "top_json.h"
#include "top_screen.h"

#define UP   "crucible_upstairs"
#define DOWN "crucible_downstairs"

#define GATEWAY(op, name, pair_)                                                              \
	RULE_START(UP, "gw-" name "-start", ROW_GATEWAY + op + pair_, KEY_JOB),               \
		RULE_DONE(UP, "gw-" name "-done", ROW_GATEWAY + op + pair_, ROW_GATEWAY + op, \
			  FOLD_FROM_NONE, KEY_JOB)
#define NET(op, name, pair_)                                                                 \
	RULE_START(UP, "ds-" name "-net-start", ROW_NET + op + pair_, KEY_JOB_SUB),          \
		RULE_DONE(UP, "ds-" name "-net-done", ROW_NET + op + pair_, ROW_NET + op, 1, \
			  KEY_JOB_SUB)
#define DOWNSTAIRS(row, part, op, name, pair_)                                                     \
	RULE_START(DOWN, part "-" name "-start", row + op + pair_, KEY_JOB),                       \
		RULE_DONE(DOWN, part "-" name "-done", row + op + pair_, row + op, FOLD_FROM_NONE, \
			  KEY_JOB)
#define SUBMIT(op, name, pair) DOWNSTAIRS(ROW_SUBMIT, "submit", op, name, pair)
#define OS(op, name, pair)     DOWNSTAIRS(ROW_OS, "os", op, name, pair)

const struct probe_rule top_rules[] = {
	GATEWAY(TOP_READ, "read", 0),
	GATEWAY(TOP_WRITE, "write", 0),
	GATEWAY(TOP_WRITE, "write-unwritten", PAIR_UNWRITTEN),
	GATEWAY(TOP_FLUSH, "flush", 0),
	NET(TOP_READ, "read", 0),
	NET(TOP_WRITE, "write", 0),
	NET(TOP_WRITE, "write-unwritten", PAIR_UNWRITTEN),
	NET(TOP_FLUSH, "flush", 0),
	SUBMIT(TOP_READ, "read", 0),
	SUBMIT(TOP_WRITE, "write", 0),
	SUBMIT(TOP_WRITE, "writeunwritten", PAIR_UNWRITTEN),
	SUBMIT(TOP_FLUSH, "flush", 0),
	OS(TOP_READ, "read", 0),
	OS(TOP_WRITE, "write", 0),
	OS(TOP_WRITE, "writeunwritten", PAIR_UNWRITTEN),
	OS(TOP_FLUSH, "flush", 0),
	RULE_COUNT(DOWN, "work-start", ROW_WORK_START),
	RULE_COUNT(DOWN, "work-process", ROW_WORK_PROCESS),
	RULE_COUNT(DOWN, "work-done", ROW_WORK_DONE),
	RULE(UP, "up-status", .verb = FOLD_NONE),
	{ 0 },
};

struct top {
	struct top_gather *gather;
	struct top_model model;
	struct top_ui ui;
	bool screen;
	uint64_t frames;	/* plain ones that were printed */
	char message[512];	/* the last that was logged, */
	uint64_t message_until; /* and how long it is shown: ns, as view->now */
};

#define MESSAGE_NS (15 * NSEC_PER_SEC)

/* A frame that is printed is for who asked for a number of them, or reads them elsewhere. */
static bool wants_screen(const struct report_view *view)
{
	const struct options *o = view->options;

	return !o->json && !o->output && !o->count && !o->replay && !o->command && !o->timestamps &&
	       isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

/* What was logged is shown for a while; all of it comes when the screen is closed. */
static const char *message(struct top *top, uint64_t now)
{
	const char *last = top_screen_message();

	if (strcmp(last, top->message)) {
		snprintf(top->message, sizeof(top->message), "%s", last);
		top->message_until = now + MESSAGE_NS;
	}
	return now < top->message_until ? top->message : "";
}

static void draw(struct top *top, uint64_t now)
{
	struct top_canvas *canvas;
	int rows, cols;

	top_screen_size(&rows, &cols);
	canvas = top_frame(&top->model, &top->ui, message(top, now), rows, cols);
	if (canvas)
		top_screen_draw(canvas);
	top_canvas__free(canvas);
}

static void print_plain(struct top *top, FILE *out)
{
	struct top_canvas *canvas = top_frame_plain(&top->model, &top->ui, render_width(out));

	if (!canvas)
		return;
	if (top->frames++)
		fputc('\n', out);
	top_canvas_print(canvas, out);
	top_canvas__free(canvas);
}

static void *top_begin(const struct report_view *view)
{
	struct top *top = calloc(1, sizeof(*top));
	char why[128];

	if (!top)
		return NULL;
	top->gather = top_gather__new(view->now);
	if (!top->gather) {
		free(top);
		return NULL;
	}
	top_ui_init(&top->ui);
	if (!wants_screen(view))
		return top;
	if (top_screen_open(why, sizeof(why))) {
		log_warn("no screen, plain frames instead: %s", why);
		return top;
	}
	top->screen = true;
	draw(top, view->now);
	return top;
}

static void top_print(const struct report_view *view)
{
	struct top *top = view->keep;
	int err = top_gather_interval(top->gather, view, top->ui.paused);

	if (!err && !top->ui.paused) {
		err = top_gather_model(top->gather, view, &top->model);
		err = top_ui_update(&top->ui, &top->model) ? -ENOMEM : err;
	}
	if (err)
		log_warn("an interval is not shown: no memory");
	else if (top->screen)
		draw(top, view->now);
	else if (view->render.json)
		top_json(&view->render, &top->model);
	else
		print_plain(top, view->render.out);
}

static void top_hit(const struct report_view *view, const struct hit_probe *probe,
		    const struct hit *hit)
{
	struct top *top = view->keep;

	top_gather_hit(top->gather, probe, hit);
}

static int top_input_fd(const struct report_view *view)
{
	struct top *top = view->keep;

	return top->screen ? STDIN_FILENO : -1;
}

static void top_input(const struct report_view *view)
{
	struct top *top = view->keep;
	int key;

	if (!top->screen)
		return;
	while ((key = top_screen_key()) >= 0)
		top_ui_key(&top->ui, key);
	if (key == TOP_SCREEN_GONE || top->ui.quit) {
		view->stop(view->arg);
		return;
	}
	if (top_ui_update(&top->ui, &top->model))
		log_warn("the rows are not shown: no memory");
	draw(top, view->now);
}

static void top_end(const struct report_view *view)
{
	struct top *top = view->keep;

	if (top->screen)
		top_screen_close();
	top_gather_warn(top->gather);
	top_ui_free(&top->ui);
	top_model_free(&top->model);
	top_gather__free(top->gather);
	free(top);
}

const struct report report_top = {
	.name = "top",
	.summary = "all upstairs and downstairs of the host on one screen, each second",
	.help = {
		.about = "What every upstairs and downstairs of the host does, and what is wrong with "
			 "it: the state and latency of each client, what is stuck, what ended. On a "
			 "terminal a screen with keys (? tells them); else, or with -n, -j, -o, -T, "
			 "--replay or a command, a plain frame each interval (as wide as COLUMNS "
			 "says, else the terminal, else 80 columns).\n",
		.columns =
			"First the troubles, the worst first. Upstairs, a session each: PID and "
			"session; DS0 to DS2, the state of each client in short (ACT active, FLT "
			"faulted, OFL offline, LR in live repair; ? before the first status); UPW and "
			"DSW, its jobs and those of its downstairs (up_count, ds_count); IOPS, reads, "
			"writes and flushes answered a second; OUT, write_bytes_out; R99, W99 and F99, "
			"the 99th percentile of reads, writes and flushes at the gateway, from gw-*-start "
			"to gw-*-done; NET99, the slowest client and the same of its answers "
			"(ds-*-net-start to -done); WAIT, how long the oldest IO has been unanswered. "
			"Wide screens have more: medians (R50), rates, ds_delay_us (DLY), live repairs "
			"completed and aborted (LRC, LRA), extents repaired and confirmed (ELR, ELC), "
			"and reconciled of those needed.\n"
			"Of the chosen upstairs (in a plain frame, of each) the gateway and every "
			"client, with IOs under way (BUSY), latencies over the network, delay and "
			"repair; and its latency over the last minutes, drawn.\n"
			"Downstairs, a process each: jobs submitted, begun and done a second "
			"(work-start, work-process, work-done), IOs under way, the latency of all IOs "
			"(submit-*-start to -done; JOB50, JOB99) and of the region's files in it "
			"(os-*; OS50, OS99).\n"
			"JSON has all of these, whatever the width, an object a session and an object "
			"a downstairs; what is not known is left out.\n",
		.hits = "Eight hits an IO in the upstairs and seven a job in each downstairs, of which "
			"eight and four are paired (1.15 times what an empty probe costs), and a status "
			"a second.\n",
		.caveats =
			"Latencies, rates and WAIT are of a process: sessions of one process show the "
			"same. Writes are those of unwritten blocks, too. A row that sorts by a "
			"latency goes by WAIT where that is longer. What has waited for 10 s while "
			"others ended has been dropped, when a connection broke say, and is told as "
			"lost. 64 processes are told apart; what is beyond is told as lost, too. A "
			"downstairs that has done nothing yet is known by its process's name.\n",
	},
	.rules = top_rules,
	/* of the groups for 64 processes and every row, an upstairs with three clients takes 12 */
	.rows = TOP_ROWS,
	.by_process = true,
	.interval = NSEC_PER_SEC,
	.print = top_print,
	.begin = top_begin,
	.end = top_end,
	.hit = top_hit,
	.input_fd = top_input_fd,
	.input = top_input,
};
