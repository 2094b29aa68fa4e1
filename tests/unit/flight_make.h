/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Recordings of the flight recorder made by hand, for tests: records in a buffer, which are put
 * into files as the recorder does it.
 */
#ifndef ASSAY_FLIGHT_MAKE_H
#define ASSAY_FLIGHT_MAKE_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flight/keep.h"
#include "flight/raw.h"

struct make {
	char dir[96]; /* of the recording: TMP/trace.raw */
	char parent[64];
	struct keep *keep;
	char bytes[65536]; /* records */
	size_t used;
	uint64_t events, first, last;
};

static inline int make_begin(struct make *m, const struct keep_options *options)
{
	struct keep_options o = *options;

	memset(m, 0, sizeof(*m));
	strcpy(m->parent, "/tmp/assay-flight.XXXXXX");
	if (!mkdtemp(m->parent))
		return -1;
	snprintf(m->dir, sizeof(m->dir), "%s/trace.raw", m->parent);
	if (mkdir(m->dir, 0700))
		return -1;
	o.dir = m->dir;
	return keep__new(&o, &m->keep);
}

/* Closes the files; the recording stays. */
static inline void make_close(struct make *m)
{
	keep__free(m->keep);
	m->keep = NULL;
}

static inline void make_path(const struct make *m, const char *file, char path[160])
{
	snprintf(path, 160, "%s/%.50s", m->dir, file);
}

static inline void make_end(struct make *m)
{
	struct dirent *e;
	char path[160];
	DIR *d;

	make_close(m);
	d = opendir(m->dir);
	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		make_path(m, e->d_name, path);
		unlink(path);
	}
	if (d)
		closedir(d);
	rmdir(m->dir);
	rmdir(m->parent);
}

/* A record with `size` bytes behind its head. */
static inline struct flight_record *make_record(struct make *m, uint64_t time, uint16_t id,
						int32_t tid, const void *rest, size_t size)
{
	struct flight_record *r = (struct flight_record *)(m->bytes + m->used);

	memset(r, 0, sizeof(*r) + size + 8);
	*r = (struct flight_record){ time, id, (sizeof(*r) + size + 7) & ~7ul, tid };
	memcpy(r + 1, rest, size);
	if (!m->used)
		m->first = time;
	m->last = time;
	m->used += r->size;
	m->events += id != 0;
	return r;
}

static inline void make_note(struct make *m, uint64_t time, int32_t tid, enum flight_note_kind kind,
			     const void *rest, size_t size)
{
	char bytes[1024] = { 0 };
	uint32_t head[2] = { kind };

	memcpy(bytes, head, sizeof(head));
	memcpy(bytes + sizeof(head), rest, size);
	make_record(m, time, 0, tid, bytes, sizeof(head) + size);
}

static inline void make_comm(struct make *m, uint64_t time, int32_t tid, const char *comm)
{
	char name[FLIGHT_COMM_LEN] = { 0 };

	memcpy(name, comm, strlen(comm) < sizeof(name) ? strlen(comm) : sizeof(name));
	make_note(m, time, tid, FLIGHT_COMM, name, sizeof(name));
}

static inline void make_lost(struct make *m, uint64_t time, uint64_t lost)
{
	const uint64_t numbers[2] = { lost };

	make_note(m, time, 0, FLIGHT_LOST, numbers, sizeof(numbers));
}

/* Puts the records into a stream, in two parts where there are several. */
static inline int make_put(struct make *m, int stream)
{
	size_t half = ((const struct flight_record *)m->bytes)->size;
	struct keep_piece piece = { .parts = { { m->bytes, half },
					       { m->bytes + half, m->used - half } },
				    .events = m->events,
				    .first = m->first,
				    .last = m->last };
	int err = keep_append(m->keep, stream, &piece);

	m->used = 0;
	m->events = 0;
	return err;
}

#endif
