// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Fuzzes the statuses of upstairs: the reading of their JSON, and the reports of them in each of
 * their layouts, which may print no control character. Needs user/reports beside user/core and
 * user/render. Of the input, the first two bytes choose what is played, the rest are texts, ended
 * by NUL each: statuses, or the values in one.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/upstatus.h"
#include "reports/report.h"
#include "reports/status.h"

#define MAX_TEXTS 8

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void want(int condition)
{
	if (!condition)
		abort();
}

/* --- the host around a report --- */

static char *any_where(const void *arg, uint32_t tgid, char *dst, size_t size)
{
	(void)arg;
	snprintf(dst, size, "unit-%u.service", tgid);
	return dst;
}

static int any_traced(const void *arg, uint32_t **pids)
{
	(void)arg;
	*pids = calloc(3, sizeof(**pids));
	want(*pids != NULL);
	for (int i = 0; i < 3; i++)
		(*pids)[i] = i;
	return 3;
}

static bool any_alive(const void *arg, uint32_t tgid)
{
	(void)arg;
	return tgid != 1;
}

static void any_stop(const void *arg)
{
	(void)arg;
}

/* --- what is checked --- */

static bool is_harmless(const char *text, bool rows)
{
	for (const unsigned char *c = (const unsigned char *)text; *c; c++)
		if ((*c < 0x20 && *c != '\n') || (rows && *c == 0x7f) ||
		    (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0))
			return false;
	return true;
}

/* The texts are told to the report by two processes in turn, a second each. */
static void play(const struct report *report, enum layout layout, bool json,
		 const char *const *texts, int n)
{
	const struct options options = { .json = json, .extra = true };
	struct report_view view = {
		.report = report,
		.options = &options,
		.layout = layout,
		.process = "fuzz",
		.where = any_where,
		.traced = any_traced,
		.alive = any_alive,
		.stop = any_stop,
		.fail = any_stop,
	};
	bool raw = report->status[layout] && !report->status[layout]->columns;
	struct hit_probe probe = { .name = "up-status", .nargs = 2, .texts = 3 };
	char *printed;
	size_t size;

	view.render = (struct render){ .report = report->name, .json = json };
	view.render.out = open_memstream(&printed, &size);
	view.keep = report->begin(&view);
	want(view.render.out && view.keep);
	for (int i = 0; i < n; i++) {
		struct hit hit = { .tgid = 1 + i % 2, .text = { "stats", texts[i] } };

		report->hit(&view, &probe, &hit);
		if (report->tick)
			report->tick(&view);
	}
	report->end(&view);
	fclose(view.render.out);
	want(strlen(printed) == size);
	/* raw is as the process said it, and JSON has no control character but DEL */
	want(raw || is_harmless(printed, !json));
	free(printed);
}

/* A number is what is shown, but for zeros in front; and nothing is written beyond its place. */
static void check_values(const struct upstatus *status)
{
	static const char *const paths[] = { "next_job_id", "ds_state", "ds_io_count.done", "a" };
	char value[24], digits[24];
	uint64_t n;

	for (int i = 0; i < 4 * 3; i++) {
		const char *path = paths[i / 3], *p = value;

		upstatus_value(status, path, i % 3 - 1, value, sizeof(value));
		want(strlen(value) < sizeof(value) && strlen(upstatus_short_state(value)) < 24);
		n = 4711;
		if (!upstatus_number(status, path, i % 3 - 1, &n)) {
			want(n == 4711);
			continue;
		}
		snprintf(digits, sizeof(digits), "%" PRIu64, n);
		while (*p == '0' && p[1])
			p++;
		want(!strcmp(digits, p) || strlen(value) == sizeof(value) - 1);
	}
}

static void check_text(const char *text)
{
	struct upstatus *status = NULL;
	char why[64] = "";
	size_t len;
	const char *bare = upstatus_bare(text, &len);
	int err = upstatus__parse(text, &status, why, sizeof(why));

	want(bare >= text && bare + len <= text + strlen(text));
	want(err == 0 || err == -EINVAL || err == -EREMOTEIO);
	want(!err == (status != NULL) && !err == !*why);
	if (status)
		check_values(status);
	upstatus__free(status);
}

/* The first byte chooses layout and JSON, the second the report. */
static void check_all(const uint8_t choice[2], const char *const *texts, int n)
{
	const struct report *found[32];
	const struct report *report;
	int nfound = 0, layout = choice[0] / 4 % 3;

	for (int i = 0; i < n; i++)
		check_text(texts[i]);
	for (const struct report *const *r = reports; *r && nfound < 32; r++)
		if ((*r)->takes & TAKES_STATUS)
			found[nfound++] = *r;
	report = found[choice[1] % nfound];
	if (report->layouts && !(report->layouts & 1u << layout))
		layout = report->layouts & 1u << LAYOUT_COMPACT ? LAYOUT_COMPACT : LAYOUT_CLASSIC;
	play(report, layout, choice[0] & 2, texts, n);
}

/* --- what is played --- */

/* A status whose values are the texts, one after the other and again; freed by the caller. */
static char *status_of(const char *const *texts, int n)
{
	static const char form[] =
		"{\"ok\":{\"upstairs_id\":@,\"session_id\":@,\"next_job_id\":@,\"up_count\":@,"
		"\"ds_state\":[@,@,@],\"ds_connected\":[@,@,@],\"ds_io_count\":{\"new\":[@,@],"
		"\"in_progress\":[@,@,@],\"done\":@,\"skipped\":[@]},\"up_counters\":{\"apply\":@,"
		"\"action_noop\":@},\"ds_live_repair_completed\":[@,@,@],\"write_bytes_out\":@,"
		"\"ds_reconciled\":@,\"ds_extents_repaired\":[@,@,@],\"a\":[@,@]}}";
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int next = 0;

	want(out != NULL);
	for (const char *c = form; *c; c++) {
		if (*c == '@')
			fputs(texts[next++ % n], out);
		else
			fputc(*c, out);
	}
	fclose(out);
	return text;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	log_set_level(LOG_ERROR);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *texts[MAX_TEXTS], *at;
	char *copy, *made[2];
	int n = 0;

	if (size < 2)
		return 0;
	copy = malloc(size + 1);
	want(copy != NULL);
	memcpy(copy, data, size);
	copy[size] = '\0';
	for (at = copy + 2; at < copy + size && n < MAX_TEXTS; at += strlen(at) + 1)
		texts[n++] = at;
	if (n && copy[0] & 1) {
		/* two that differ, so that one has changed */
		made[0] = status_of(texts, n);
		made[1] = status_of(texts + n / 2, n - n / 2);
		check_all(data, (const char *const *)made, 2);
		free(made[0]);
		free(made[1]);
	} else {
		check_all(data, texts, n);
	}
	free(copy);
	return 0;
}
