// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Makes one recording of several: what reports read with --replay.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/log.h"
#include "core/recording.h"
#include "hit_files.h"

#define JOINED HIT_FILE "joined" /* while it is made */

struct join {
	const char *dir;
	struct recording_writer *writer; /* NULL before the first file */
	struct recording_item losses;	 /* the last; they are since the start */
	uint64_t end;
};

static int known(int err)
{
	return err == -EEXIST ? 0 : err;
}

static int add_item(struct join *j, const struct recording_item *item)
{
	switch (item->kind) {
	case RECORDING_BINARY:
		return known(
			recording_add_binary(j->writer, item->binary.number, item->binary.path));
	case RECORDING_PROBE:
		return known(recording_add_probe(j->writer, item->probe.number, item->probe.probe));
	case RECORDING_PROCESS:
		return recording_add_process(j->writer, item->process.tgid, item->process.time,
					     item->process.name, item->process.binary);
	case RECORDING_PROCESS_END:
		return recording_end_process(j->writer, item->process.tgid, item->process.time);
	case RECORDING_HIT:
		return recording_add_hit(j->writer, &item->hit);
	case RECORDING_LOSSES:
		j->losses = *item;
		return 0;
	case RECORDING_END:
		j->end = item->end;
		return 0;
	}
	return 0;
}

static int add_file(struct join *j, uint64_t number)
{
	struct recording *r = NULL;
	struct recording_item item;
	char path[4096], why[512];
	int got, err;

	snprintf(path, sizeof(path), "%s/" HIT_FILE "%" PRIu64, j->dir, number);
	err = recording__open(path, &r, why, sizeof(why));
	if (err)
		return err;
	snprintf(path, sizeof(path), "%s/" JOINED, j->dir);
	if (!j->writer)
		err = recording_writer__new(path, (json_t *)recording_header(r), &j->writer, why,
					    sizeof(why));
	while (!err && (got = recording_next(r, &item)) != 0)
		err = got < 0 ? got : add_item(j, &item);
	recording__free(r);
	return err;
}

int hit_join(const char *dir, const uint64_t *numbers, int n)
{
	struct join j = { .dir = dir };
	char path[4096], joined[4096];
	int err = 0, closed;

	for (int i = 0; i < n && !err; i++)
		err = add_file(&j, numbers[i]);
	snprintf(joined, sizeof(joined), "%s/" JOINED, dir);
	if (j.writer) {
		closed = recording_close(j.writer, j.end, j.losses.losses.fold,
					 j.losses.losses.extra);
		err = err ?: closed;
	}
	snprintf(path, sizeof(path), "%s/" HIT_FILE "%" PRIu64, dir, numbers[0]);
	if (!err && rename(joined, path))
		err = -errno;
	if (err) {
		unlink(joined);
		return err;
	}
	for (int i = 1; i < n; i++) {
		snprintf(path, sizeof(path), "%s/" HIT_FILE "%" PRIu64, dir, numbers[i]);
		if (unlink(path))
			log_debug("remove %s: %s", path, err_name(errno));
	}
	return 0;
}
