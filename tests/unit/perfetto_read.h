/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * For test_perfetto.c: traces written from a script of hits, and read back with a small protobuf
 * reader into text, which is what a user would see. The reader checks what has to hold of any
 * trace.
 */
#ifndef ASSAY_PERFETTO_READ_H
#define ASSAY_PERFETTO_READ_H

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "core/text.h"
#include "perfetto/perfetto.h"
#include "test.h"

#define TO_WALL 1700000000000000000LL

/* --- a reader of protobuf --- */

struct field {
	uint32_t number;
	uint64_t value;	     /* of a number */
	const uint8_t *data; /* of bytes */
	size_t len;
};

struct message {
	const uint8_t *at, *end;
};

static uint64_t varint(struct message *m)
{
	uint64_t v = 0;

	for (int shift = 0; shift < 64 && m->at < m->end; shift += 7) {
		uint8_t byte = *m->at++;

		v |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return v;
	}
	CHECK(!"a varint that ends");
	return 0;
}

static bool next_field(struct message *m, struct field *f)
{
	uint64_t tag;

	if (m->at >= m->end)
		return false;
	*f = (struct field){ 0 };
	tag = varint(m);
	f->number = (uint32_t)(tag >> 3);
	if ((tag & 7) == 0) {
		f->value = varint(m);
	} else if ((tag & 7) == 1 && m->end - m->at >= 8) {
		memcpy(&f->value, m->at, 8);
		m->at += 8;
	} else if ((tag & 7) == 2) {
		f->len = varint(m);
		CHECK(f->len <= (size_t)(m->end - m->at));
		if (f->len > (size_t)(m->end - m->at))
			return false;
		f->data = m->at;
		m->at += f->len;
	} else {
		CHECK(!"a kind of field that we write");
		return false;
	}
	return true;
}

static struct message inside(const struct field *f)
{
	return (struct message){ .at = f->data, .end = f->data + f->len };
}

/* The first field of that number; all zero when there is none. */
static struct field get(struct message m, uint32_t number)
{
	struct field f;

	while (next_field(&m, &f))
		if (f.number == number)
			return f;
	return (struct field){ 0 };
}

static struct field get_in(struct message m, uint32_t number, uint32_t inner)
{
	struct field f = get(m, number);

	return get(inside(&f), inner);
}

/* --- a trace, as text --- */

#define MAX_TRACKS 10000
#define MAX_NAMES  300

static struct track {
	uint64_t parent;
	uint32_t pid, lane;
	bool known, open;
	char name[300];
} tracks[MAX_TRACKS];

static char names[4][MAX_NAMES][300]; /* by field of InternedData */
static uint64_t now;
static char *text; /* the events */
static size_t text_size;
static FILE *out;

static bool is_utf8(const uint8_t *s, size_t len)
{
	for (size_t i = 0, more; i < len; i += 1 + more) {
		more = s[i] < 0x80	       ? 0
		       : (s[i] & 0xe0) == 0xc0 ? 1
		       : (s[i] & 0xf0) == 0xe0 ? 2
		       : (s[i] & 0xf8) == 0xf0 ? 3
					       : 9;
		if (more == 9 || i + more >= len)
			return false;
		for (size_t k = 1; k <= more; k++)
			if ((s[i + k] & 0xc0) != 0x80)
				return false;
	}
	return true;
}

static void string(const struct field *f, char *to, size_t size)
{
	CHECK(is_utf8(f->data, f->len));
	CHECK(!memchr(f->data ? f->data : (const uint8_t *)"", '\0', f->len));
	snprintf(to, size, "%.*s", (int)f->len, f->data ? (const char *)f->data : "");
}

static void read_names(struct message m)
{
	struct field f;

	while (next_field(&m, &f)) {
		uint64_t iid = get(inside(&f), 1).value;
		struct field name = get(inside(&f), 2);

		CHECK(f.number < 4 && iid > 0 && iid < MAX_NAMES);
		CHECK_STR(names[f.number][iid], ""); /* each is told once */
		string(&name, names[f.number][iid], sizeof(names[0][0]));
	}
}

static void read_track(struct message m)
{
	uint64_t uuid = get(m, 1).value;
	struct field name = get(m, 2), process = get(m, 3);
	struct track *t = &tracks[uuid];

	CHECK(uuid > 0 && uuid < MAX_TRACKS);
	CHECK(!t->known || process.data);
	t->known = true;
	t->parent = get(m, 5).value;
	if (process.data) {
		t->pid = (uint32_t)get(inside(&process), 1).value;
		name = get(inside(&process), 6);
		string(&name, t->name, sizeof(t->name));
		fprintf(out, "process %u %s\n", t->pid, t->name);
		return;
	}
	CHECK(t->parent < MAX_TRACKS && tracks[t->parent].known);
	string(&name, t->name, sizeof(t->name));
	for (uint64_t i = 1; i < uuid; i++)
		t->lane += tracks[i].parent == t->parent && !strcmp(tracks[i].name, t->name);
}

static void print_path(uint64_t uuid)
{
	const struct track *t = &tracks[uuid];

	if (t->pid) {
		fprintf(out, "%u", t->pid);
		return;
	}
	print_path(t->parent);
	fprintf(out, "/%s", t->name);
	if (t->lane)
		fprintf(out, ".%u", t->lane);
}

static void print_arg(struct message m)
{
	struct field f = get(m, 6);
	char value[5000];

	fprintf(out, " %s", names[3][get(m, 1).value]);
	string(&f, value, sizeof(value));
	if (f.data)
		fprintf(out, "=%s", value);
	else if (get(m, 4).number)
		fprintf(out, "=%" PRId64, (int64_t)get(m, 4).value);
	else if (get(m, 3).number)
		fprintf(out, "=%" PRIu64, get(m, 3).value);
}

static void read_event(struct message m)
{
	static const char *const types[] = { "?", "begin", "end", "instant" };
	uint64_t type = get(m, 9).value, uuid = get(m, 11).value;
	struct track *t = &tracks[uuid];
	struct field f;

	CHECK(type >= 1 && type <= 3 && uuid < MAX_TRACKS && t->known && !t->pid);
	CHECK(type != 1 || !t->open); /* no two slices on one lane */
	CHECK(type != 2 || t->open);
	t->open = type == 3 ? t->open : type == 1;
	fprintf(out, "%" PRIu64 " ", now);
	print_path(uuid);
	fprintf(out, " %s", types[type]);
	if (type != 2) {
		CHECK(names[2][get(m, 10).value][0]);
		CHECK(names[1][get(m, 3).value][0]); /* a category */
		fprintf(out, " %s", names[2][get(m, 10).value]);
	}
	while (next_field(&m, &f)) {
		if (f.number == 4)
			print_arg(inside(&f));
		if (f.number == 47 || f.number == 48)
			fprintf(out, " %s%" PRIu64, f.number == 47 ? "~" : ".", f.value);
	}
	fputc('\n', out);
}

/* The first packet: clocks, and how times are to be read. */
static void read_begin(struct message m)
{
	struct field snapshot = get(m, 6), f;
	struct message clocks = inside(&snapshot);
	uint64_t clock[65] = { 0 };

	CHECK_INT(get(m, 13).value, 1);
	CHECK_INT(get(m, 87).value, 1);
	CHECK_INT(get_in(m, 59, 58).value, 64);
	CHECK_INT(get(clocks, 2).value, 3);
	while (next_field(&clocks, &f)) {
		uint64_t id = f.number == 1 ? get(inside(&f), 1).value : 0;

		clock[id < 65 ? id : 0] = get(inside(&f), 2).value;
		if (id)
			CHECK_INT(get(inside(&f), 3).value, id == 64);
	}
	now = clock[64];
	CHECK_INT(clock[3], now);
	CHECK_INT(clock[6], now);
	CHECK_INT(clock[1], now + TO_WALL);
}

/* The trace's processes and events in the order they are there. */
static const char *read_trace(const uint8_t *data, size_t len)
{
	struct message m = { data, data + len };
	struct field packet, f;
	int n = 0;

	memset(tracks, 0, sizeof(tracks));
	memset(names, 0, sizeof(names));
	free(text);
	out = open_memstream(&text, &text_size);
	for (; next_field(&m, &packet) && packet.number == 1; n++) {
		struct message p = inside(&packet);

		CHECK_INT(get(p, 10).value, 1);
		if (!n)
			read_begin(p);
		else
			CHECK_INT(get(p, 13).value, 2);
		now += get(p, 8).value;
		if ((f = get(p, 12)).data)
			read_names(inside(&f));
		if ((f = get(p, 60)).data)
			read_track(inside(&f));
		if ((f = get(p, 11)).data)
			read_event(inside(&f));
	}
	CHECK(n > 0 && m.at == m.end);
	for (int i = 0; i < MAX_TRACKS; i++)
		CHECK(!tracks[i].open); /* nothing is left open */
	fclose(out);
	return text;
}

/* --- a trace from a script --- */

static struct perfetto *perfetto;
static struct perfetto_stats stats;
static char *trace;
static size_t trace_size;
static FILE *trace_file;
static struct {
	char name[80];
	uint8_t nargs, texts;
} probes[200];
static uint32_t nprobes;

/*
 * Probes as PROVIDER:NAME/ARGUMENTS[t]; t: the last argument is a text. The first letter of the
 * provider tells binaries apart.
 */
static void begin(const char *list)
{
	char *copy = strdup(list);

	free(trace);
	trace_file = open_memstream(&trace, &trace_size);
	perfetto = perfetto__new(trace_file, TO_WALL);
	nprobes = 0;
	for (char *one = strtok(copy, " "); one; one = strtok(NULL, " ")) {
		char *name = strchr(one, ':'), *args = strchr(one, '/');
		struct hit_probe probe = { .binary = *one, .name = name + 1 };

		*name = *args = '\0';
		probe.provider = strstr(one, "up")	? "crucible_upstairs"
				 : !strcmp(one, "down") ? "crucible_downstairs"
							: one;
		probe.nargs = (uint8_t)atoi(args + 1);
		probe.texts = args[2] == 't' ? 1 << (probe.nargs - 1) : 0;
		snprintf(probes[nprobes].name, sizeof(probes[0].name), "%s", probe.name);
		probes[nprobes].nargs = probe.nargs;
		probes[nprobes].texts = probe.texts;
		CHECK_INT(perfetto_add_probe(perfetto, nprobes++, &probe), 0);
	}
	free(copy);
}

/* A line of a script: TIME PID[.TID] PROBE ARGUMENT..., or TIME PID exit, or 0 PID name NAME. */
static void line_do(char *line)
{
	char *time = strtok(line, " "), *pid = strtok(NULL, " "), *what = strtok(NULL, " "), *s;
	struct hit hit = { .time = strtoull(time, NULL, 10), .tgid = (uint32_t)atoi(pid) };

	hit.tid = strchr(pid, '.') ? (uint32_t)atoi(strchr(pid, '.') + 1) : hit.tgid;
	if (!strcmp(what, "exit")) {
		CHECK_INT(perfetto_end_process(perfetto, hit.tgid, hit.time), 0);
		return;
	}
	if (!strcmp(what, "name")) {
		CHECK_INT(perfetto_add_process(perfetto, hit.tgid, strtok(NULL, " ")), 0);
		return;
	}
	while (hit.probe < nprobes && strcmp(probes[hit.probe].name, what))
		hit.probe++;
	for (int i = 0; (s = strtok(NULL, " ")); i++) {
		hit.args[i] = strtoull(s, NULL, 0);
		if (hit.probe < nprobes && probes[hit.probe].texts & 1 << i) {
			hit.text[i] = s;
			hit.args[i] = text_hash(s);
		}
	}
	CHECK_INT(perfetto_add_hit(perfetto, &hit), 0);
}

static void play(const char *script)
{
	char *copy = strdup(script), *line = copy, *end;

	for (; *line; line = end + 1) {
		end = strchr(line, '\n');
		*end = '\0';
		line_do(line);
	}
	free(copy);
}

static const char *finish(uint64_t time)
{
	CHECK_INT(perfetto_close(perfetto, time), 0);
	stats = *perfetto_stats(perfetto);
	perfetto__free(perfetto);
	fclose(trace_file);
	return read_trace((const uint8_t *)trace, trace_size);
}

static int count(const char *in, const char *what)
{
	int n = 0;

	for (; (in = strstr(in, what)); in += strlen(what))
		n++;
	return n;
}

#endif
