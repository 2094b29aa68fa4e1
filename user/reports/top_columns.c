// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/units.h"
#include "core/upstatus.h"
#include "top_canvas.h"
#include "top_columns.h"

#define PREFIX	 8
#define MAX_RANK 9

/* --- what is no field --- */

/* That a process has ended stands in place of its session. */
static void up_session(const void *row, char *dst, size_t size)
{
	const struct top_up *up = row;
	char age[16];

	if (up->ended)
		snprintf(dst, size, "end %s", top_age(up->ended, age, sizeof(age)));
	else
		snprintf(dst, size, "%.*s", PREFIX, *up->session ? up->session : "?");
}

static enum top_mood up_ended(const void *row)
{
	return ((const struct top_up *)row)->ended ? TOP_BAD : TOP_FINE;
}

static void up_net(const void *row, char *dst, size_t size)
{
	const struct top_up *up = row;
	char p99[16];

	if (up->slowest < 0)
		snprintf(dst, size, "-");
	else
		snprintf(dst, size, "%d:%s", up->slowest,
			 top_duration(up->slowest_net.p99, 5, p99, sizeof(p99)));
}

static double up_net_value(const void *row)
{
	const struct top_up *up = row;

	return up->slowest < 0 ? -1 : (double)up->slowest_net.p99;
}

static enum top_mood up_lags(const void *row)
{
	return ((const struct top_up *)row)->lags ? TOP_ODD : TOP_FINE;
}

static void up_reconcile(const void *row, char *dst, size_t size)
{
	const struct top_up *up = row;
	char done[16], needed[16];

	snprintf(dst, size, "%s/%s", top_count(up->reconciled, done, sizeof(done)),
		 top_count(up->needed, needed, sizeof(needed)));
}

static void down_process(const void *row, char *dst, size_t size)
{
	const struct top_down *d = row;
	char age[16];

	if (d->ended)
		snprintf(dst, size, "ended %s ago", top_age(d->ended, age, sizeof(age)));
	else
		snprintf(dst, size, "%s", d->process);
}

static enum top_mood down_ended(const void *row)
{
	return ((const struct top_down *)row)->ended ? TOP_BAD : TOP_FINE;
}

static enum top_mood part_mood(const void *row)
{
	return ((const struct top_part *)row)->client.mood;
}

static enum top_mood part_lags(const void *row)
{
	return ((const struct top_part *)row)->lags ? TOP_ODD : TOP_FINE;
}

struct top_part top_part_of(const struct top_up *up, int client)
{
	struct top_part part = { .name = "gateway", .client.state = " " };

	part.client.repair =
		(struct top_repair){ TOP_NONE, TOP_NONE, TOP_NONE, TOP_NONE, TOP_NONE };
	memcpy(part.client.net, up->gateway, sizeof(up->gateway));
	part.client.waiting = up->waiting;
	if (client < 0)
		return part;
	snprintf(part.name, sizeof(part.name), "client %d", client);
	part.is_client = true;
	part.lags = up->lags && client == up->slowest;
	part.client = up->clients[client];
	return part;
}

/* --- the tables --- */

/* clang-format off */
#define COLUMN(title_, width_, rank_, help_, ...) \
	{ .title = title_, .width = width_, .rank = rank_, .help = help_, __VA_ARGS__ }
#define FIELD(kind_, field) .kind = kind_, .offset = offsetof(ROW, field)
#define OWN(text_)          .kind = CELL_OWN, .text = text_
#define LEFT                .left = true
#define WAITS               .waiting = offsetof(ROW, waiting)

#define ROW struct top_up
const struct top_column top_up_columns[] = {
	COLUMN("PID", 7, 0, "the process", FIELD(CELL_PID, tgid), .mood = up_ended),
	COLUMN("PROCESS", 15, 2, "its name", FIELD(CELL_TEXT, process), LEFT),
	COLUMN("WHERE", 20, 9, "container or systemd unit", FIELD(CELL_TEXT, where), LEFT),
	COLUMN("UPSTAIRS", 8, 6, "how upstairs_id begins", FIELD(CELL_PREFIX, upstairs), LEFT),
	COLUMN("SESSION", 8, 0, "how session_id begins", OWN(up_session), LEFT,
	       .mood = up_ended),
	COLUMN("DS0", 3, 0, "the state of each client", FIELD(CELL_STATE, clients[0]), LEFT),
	COLUMN("DS1", 3, 0, NULL, FIELD(CELL_STATE, clients[1]), LEFT),
	COLUMN("DS2", 3, 0, NULL, FIELD(CELL_STATE, clients[2]), LEFT),
	COLUMN("UPW", 4, 1, "jobs of the guest (up_count)", FIELD(CELL_COUNT, up_count)),
	COLUMN("DSW", 4, 1, "jobs at the downstairs (ds_count)", FIELD(CELL_COUNT, ds_count)),
	COLUMN("IOPS", 4, 0, "IOs answered a second", FIELD(CELL_RATE, iops)),
	COLUMN("R/s", 4, 4, "of these reads, writes, flushes", FIELD(CELL_RATE, rate[TOP_READ])),
	COLUMN("W/s", 4, 4, NULL, FIELD(CELL_RATE, rate[TOP_WRITE])),
	COLUMN("F/s", 4, 4, NULL, FIELD(CELL_RATE, rate[TOP_FLUSH])),
	COLUMN("OUT", 4, 1, "bytes, as write_bytes_out tells", FIELD(CELL_COUNT, bytes_out)),
	COLUMN("R50", 5, 3, "reads at the gateway: p50, p99", FIELD(CELL_P50, gateway[TOP_READ])),
	COLUMN("R99", 5, 1, NULL, FIELD(CELL_P99, gateway[TOP_READ]), WAITS),
	COLUMN("W50", 5, 3, "the same of writes", FIELD(CELL_P50, gateway[TOP_WRITE])),
	COLUMN("W99", 5, 0, NULL, FIELD(CELL_P99, gateway[TOP_WRITE]), WAITS),
	COLUMN("F50", 5, 3, "the same of flushes", FIELD(CELL_P50, gateway[TOP_FLUSH])),
	COLUMN("F99", 5, 1, NULL, FIELD(CELL_P99, gateway[TOP_FLUSH]), WAITS),
	COLUMN("NET99", 7, 0, "the slowest client: the p99 of its answers", OWN(up_net),
	       .mood = up_lags, .value = up_net_value),
	COLUMN("WAIT", 4, 0, "how long the oldest IO has waited", FIELD(CELL_WAIT, waiting)),
	COLUMN("DLY", 4, 5, "ds_delay_us of all clients", FIELD(CELL_COUNT, repair.delay_us)),
	COLUMN("LRC", 4, 7, "live repairs: done, aborted", FIELD(CELL_COUNT, repair.completed)),
	COLUMN("LRA", 4, 7, NULL, FIELD(CELL_ODD, repair.aborted)),
	COLUMN("ELR", 4, 7, "extents: repaired, found good", FIELD(CELL_COUNT, repair.repaired)),
	COLUMN("ELC", 4, 7, NULL, FIELD(CELL_COUNT, repair.confirmed)),
	COLUMN("RECONCILE", 9, 8, "extents: reconciled, of those needed", OWN(up_reconcile)),
	{ 0 },
};
#undef ROW

#define ROW struct top_down
const struct top_column top_down_columns[] = {
	COLUMN("PID", 7, 0, "the process", FIELD(CELL_PID, tgid), .mood = down_ended),
	COLUMN("PROCESS", 15, 0, "its name", OWN(down_process), LEFT, .mood = down_ended),
	COLUMN("WHERE", 20, 9, "container or systemd unit", FIELD(CELL_TEXT, where), LEFT),
	COLUMN("SUB/s", 5, 1, "jobs a second: submitted, begun, done", FIELD(CELL_RATE, submitted)),
	COLUMN("WIP/s", 5, 1, NULL, FIELD(CELL_RATE, in_work)),
	COLUMN("DONE/s", 6, 0, NULL, FIELD(CELL_RATE, done)),
	COLUMN("BUSY", 4, 0, "IOs received and not answered", FIELD(CELL_BUSY, waiting)),
	COLUMN("WAIT", 4, 0, "how long the oldest of them has waited", FIELD(CELL_WAIT, waiting)),
	COLUMN("JOB50", 5, 1, "latency of all IOs: p50, p99", FIELD(CELL_P50, submit_all)),
	COLUMN("JOB99", 6, 0, NULL, FIELD(CELL_P99, submit_all), WAITS),
	COLUMN("OS50", 5, 1, "of that in the region's files", FIELD(CELL_P50, os_all)),
	COLUMN("OS99", 6, 0, NULL, FIELD(CELL_P99, os_all), WAITS),
	COLUMN("R99", 5, 2, "p99 of reads, writes, flushes", FIELD(CELL_P99, submit[TOP_READ]),
	       WAITS),
	COLUMN("W99", 5, 2, NULL, FIELD(CELL_P99, submit[TOP_WRITE]), WAITS),
	COLUMN("F99", 5, 2, NULL, FIELD(CELL_P99, submit[TOP_FLUSH]), WAITS),
	COLUMN("OSR99", 5, 3, "the same in the files", FIELD(CELL_P99, os[TOP_READ]), WAITS),
	COLUMN("OSW99", 5, 3, NULL, FIELD(CELL_P99, os[TOP_WRITE]), WAITS),
	COLUMN("OSF99", 5, 3, NULL, FIELD(CELL_P99, os[TOP_FLUSH]), WAITS),
	{ 0 },
};
#undef ROW

#define ROW struct top_part
#define NET(op) client.net[op]
const struct top_column top_part_columns[] = {
	COLUMN("", 8, 0, NULL, FIELD(CELL_TEXT, name), LEFT, .mood = part_mood),
	COLUMN("STATE", 10, 0, "of a client", FIELD(CELL_STATE, client), LEFT),
	COLUMN("BUSY", 4, 1, "IOs sent and not answered", FIELD(CELL_BUSY, client.waiting)),
	COLUMN("WAIT", 4, 0, "how long the oldest has waited", FIELD(CELL_WAIT, client.waiting)),
	COLUMN("R50", 5, 1, "of clients: over the network", FIELD(CELL_P50, NET(TOP_READ))),
	COLUMN("R99", 5, 0, NULL, FIELD(CELL_P99, NET(TOP_READ)), .mood = part_lags),
	COLUMN("W50", 5, 1, NULL, FIELD(CELL_P50, NET(TOP_WRITE))),
	COLUMN("W99", 5, 0, NULL, FIELD(CELL_P99, NET(TOP_WRITE)), .mood = part_lags),
	COLUMN("F50", 5, 1, NULL, FIELD(CELL_P50, NET(TOP_FLUSH))),
	COLUMN("F99", 5, 0, NULL, FIELD(CELL_P99, NET(TOP_FLUSH)), .mood = part_lags),
	COLUMN("DLY", 4, 1, "ds_delay_us", FIELD(CELL_COUNT, client.repair.delay_us)),
	COLUMN("ELR", 4, 0, "extents: repaired, good", FIELD(CELL_COUNT, client.repair.repaired)),
	COLUMN("ELC", 4, 1, NULL, FIELD(CELL_COUNT, client.repair.confirmed)),
	COLUMN("LRC", 4, 3, "repairs: done, aborted", FIELD(CELL_COUNT, client.repair.completed)),
	COLUMN("LRA", 4, 3, NULL, FIELD(CELL_ODD, client.repair.aborted)),
	{ 0 },
};
#undef ROW
/* clang-format on */

int top_column_find(const struct top_column *columns, const char *title)
{
	for (int i = 0; columns[i].title; i++)
		if (!strcmp(columns[i].title, title))
			return i;
	return 0;
}

void top_columns_fit(const struct top_column *columns, int width, bool shown[TOP_MAX_COLUMNS])
{
	memset(shown, 0, TOP_MAX_COLUMNS * sizeof(*shown));
	for (int rank = 0; rank <= MAX_RANK; rank++) {
		int need = 0;

		for (int i = 0; columns[i].title; i++)
			need += columns[i].rank <= rank ? columns[i].width + (i > 0) : 0;
		if (rank && need > width)
			return;
		for (int i = 0; columns[i].title; i++)
			shown[i] = columns[i].rank <= rank;
	}
}

/* --- a cell --- */

static void state_text(const struct top_column *c, const struct top_client *client, char *dst,
		       size_t size)
{
	const char *state = *client->state ? client->state : "?";

	if ((int)strlen(state) > c->width)
		state = upstatus_short_state(state);
	snprintf(dst, size, "%s", state);
}

char *top_column_text(const struct top_column *c, const void *row, char *dst, size_t size)
{
	const void *at = (const char *)row + c->offset;

	switch (c->kind) {
	case CELL_PID:
		snprintf(dst, size, "%u", *(const uint32_t *)at);
		return dst;
	case CELL_TEXT:
		snprintf(dst, size, "%s", (const char *)at);
		return dst;
	case CELL_PREFIX:
		snprintf(dst, size, "%.*s", PREFIX, *(const char *)at ? (const char *)at : "?");
		return dst;
	case CELL_STATE:
		state_text(c, at, dst, size);
		return dst;
	case CELL_COUNT:
	case CELL_ODD:
		return top_count(*(const uint64_t *)at, dst, size);
	case CELL_RATE:
		return top_rate(*(const double *)at, dst, size);
	case CELL_P50:
		return top_duration(((const struct top_latency *)at)->p50, c->width, dst, size);
	case CELL_P99:
		return top_duration(((const struct top_latency *)at)->p99, c->width, dst, size);
	case CELL_BUSY:
		return top_count(((const struct top_waiting *)at)->n, dst, size);
	case CELL_WAIT:
		return top_age(((const struct top_waiting *)at)->oldest, dst, size);
	case CELL_OWN:
		c->text(row, dst, size);
		return dst;
	}
	*dst = '\0';
	return dst;
}

enum top_mood top_column_mood(const struct top_column *c, const void *row)
{
	const void *at = (const char *)row + c->offset;
	uint64_t n;

	switch (c->kind) {
	case CELL_STATE:
		return ((const struct top_client *)at)->mood;
	case CELL_WAIT:
		return top_waiting_mood(at);
	case CELL_ODD:
		n = *(const uint64_t *)at;
		return n && n != TOP_NONE ? TOP_ODD : TOP_FINE;
	default:
		return c->mood ? c->mood(row) : TOP_FINE;
	}
}

bool top_column_sorts(const struct top_column *c)
{
	switch (c->kind) {
	case CELL_TEXT:
	case CELL_PREFIX:
	case CELL_STATE:
		return false;
	case CELL_OWN:
		return c->value;
	default:
		return true;
	}
}

/* What is stuck has no latency, and is the worst: it counts as long as it has waited. */
static double p99_value(const struct top_latency *l, const struct top_waiting *w)
{
	double ns = l->count ? (double)l->p99 : -1;

	return top_waiting_mood(w) && (double)w->oldest > ns ? (double)w->oldest : ns;
}

double top_column_value(const struct top_column *c, const void *row)
{
	const void *at = (const char *)row + c->offset;

	switch (c->kind) {
	case CELL_PID:
		return *(const uint32_t *)at;
	case CELL_COUNT:
	case CELL_ODD:
		return *(const uint64_t *)at == TOP_NONE ? -1 : (double)*(const uint64_t *)at;
	case CELL_RATE:
		return *(const double *)at;
	case CELL_P50:
		return ((const struct top_latency *)at)->count
			       ? (double)((const struct top_latency *)at)->p50
			       : -1;
	case CELL_P99:
		return p99_value(at, (const void *)((const char *)row + c->waiting));
	case CELL_BUSY:
		return (double)((const struct top_waiting *)at)->n;
	case CELL_WAIT:
		return (double)((const struct top_waiting *)at)->oldest;
	case CELL_OWN:
		return c->value ? c->value(row) : -1;
	default:
		return -1;
	}
}
