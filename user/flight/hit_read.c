// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/recording.h"
#include "hit_files.h"
#include "hit_read.h"
#include "render/hit.h"

/* How many hits may stand behind one that was earlier: CPUs' rings are emptied in turn. */
#define WINDOW	      1024
#define COMM_MAX      32
#define PROCESSES_MAX 4096 /* of a file, whose names are kept */

struct line {
	uint64_t time;
	struct flight_note *note; /* with its texts */
};

struct process {
	uint32_t tgid;
	char name[COMM_MAX];
};

struct hit_reader {
	int dir;
	const uint64_t *numbers;
	int n, next;
	struct recording *recording; /* the one being read */
	uint64_t size;		     /* of its file */
	struct process *processes;   /* that it told of */
	int nprocesses, room;
	/* lines that were read and not handed out, by time */
	struct line lines[2 * WINDOW];
	int first, end;
	bool ended; /* there is nothing more to read */
	struct flight_note *handed;
	/* a line while it is made */
	FILE *out;
	char *text;
	size_t text_size;
	uint64_t damaged;
	int err;
};

struct hit_reader *hit_reader__new(int dir, const uint64_t *numbers, int n)
{
	struct hit_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->dir = dir;
	r->numbers = numbers;
	r->n = n;
	r->out = open_memstream(&r->text, &r->text_size);
	if (r->out)
		return r;
	free(r);
	return NULL;
}

void hit_reader__free(struct hit_reader *r)
{
	if (!r)
		return;
	recording__free(r->recording);
	for (int i = r->first; i < r->end; i++)
		free(r->lines[i].note);
	free(r->handed);
	free(r->processes);
	fclose(r->out);
	free(r->text);
	free(r);
}

/* --- files --- */

/* On to the next file that is a recording. False when there is none. */
static bool open_next(struct hit_reader *r)
{
	while (r->next < r->n) {
		char path[64], why[512];
		struct stat st;

		snprintf(path, sizeof(path), "/proc/self/fd/%d/" HIT_FILE "%" PRIu64, r->dir,
			 r->numbers[r->next++]);
		r->nprocesses = 0;
		r->size = stat(path, &st) ? 0 : st.st_size;
		if (!recording__open(path, &r->recording, why, sizeof(why)))
			return true;
		r->recording = NULL;
		r->damaged += r->size;
	}
	return false;
}

/* Where it ends well there is nothing behind its last block. */
static void close_this(struct hit_reader *r, bool damaged)
{
	uint64_t read = recording_offset(r->recording);

	r->damaged += r->size > read ? r->size - read : damaged;
	recording__free(r->recording);
	r->recording = NULL;
}

static void add_process(struct hit_reader *r, uint32_t tgid, const char *name)
{
	struct process *p = r->processes;

	for (int i = 0; i < r->nprocesses; i++)
		if (p[i].tgid == tgid) {
			snprintf(p[i].name, sizeof(p[i].name), "%s", name);
			return;
		}
	if (r->nprocesses == PROCESSES_MAX)
		return;
	if (r->nprocesses == r->room) {
		p = reallocarray(p, r->room + 64, sizeof(*p));
		if (!p) {
			r->err = -ENOMEM;
			return;
		}
		r->processes = p;
		r->room += 64;
	}
	p[r->nprocesses].tgid = tgid;
	snprintf(p[r->nprocesses++].name, sizeof(p->name), "%s", name);
}

static const char *name_of(const struct hit_reader *r, uint32_t tgid)
{
	for (int i = 0; i < r->nprocesses; i++)
		if (r->processes[i].tgid == tgid)
			return r->processes[i].name;
	return "-";
}

/* --- lines --- */

static void print_hit(struct hit_reader *r, const struct hit *hit)
{
	const struct hit_probe *probe = recording_probe(r->recording, hit->probe);

	rewind(r->out);
	fprintf(r->out, "%s:%s: pid=%u", probe->provider, probe->name, hit->tgid);
	hit_print_args(r->out, probe, hit);
	fputc('\0', r->out);
	fputs(name_of(r, hit->tgid), r->out);
	fputc('\0', r->out);
	if (fflush(r->out))
		r->err = -ENOMEM;
}

static void add_line(struct hit_reader *r, const struct hit *hit)
{
	struct flight_note *note;
	int at;

	print_hit(r, hit);
	note = r->err ? NULL : calloc(1, sizeof(*note) + FLIGHT_LINE_TEXT + ftello(r->out));
	if (!note) {
		r->err = -ENOMEM;
		return;
	}
	note->head.time = hit->time;
	note->head.tid = (int32_t)hit->tid;
	note->kind = FLIGHT_LINE;
	memcpy((char *)note + FLIGHT_LINE_TEXT, r->text, ftello(r->out));
	if (r->end == 2 * WINDOW) {
		r->end -= r->first;
		memmove(r->lines, r->lines + r->first, r->end * sizeof(*r->lines));
		r->first = 0;
	}
	for (at = r->end++; at > r->first && r->lines[at - 1].time > hit->time; at--)
		r->lines[at] = r->lines[at - 1];
	r->lines[at] = (struct line){ hit->time, note };
}

/* Reads on by an item. */
static void read_on(struct hit_reader *r)
{
	struct recording_item item;
	int got;

	if (!r->recording && !open_next(r)) {
		r->ended = true;
		return;
	}
	got = recording_next(r->recording, &item);
	if (got <= 0) {
		close_this(r, got < 0);
		return;
	}
	if (item.kind == RECORDING_PROCESS)
		add_process(r, item.process.tgid, item.process.name);
	else if (item.kind == RECORDING_HIT)
		add_line(r, &item.hit);
}

const struct flight_note *hit_read(struct hit_reader *r)
{
	while (r->end - r->first < WINDOW && !r->ended && !r->err)
		read_on(r);
	free(r->handed);
	r->handed = NULL;
	if (r->first == r->end || r->err)
		return NULL;
	r->handed = r->lines[r->first++].note;
	return r->handed;
}

uint64_t hit_read_damaged(const struct hit_reader *r)
{
	return r->damaged;
}

int hit_read_error(const struct hit_reader *r)
{
	return r->err;
}
