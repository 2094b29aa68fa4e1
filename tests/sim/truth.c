// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The truth file: intervals in chunks of memory, written out at the end. */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "truth.h"
#include "util.h"

#define CHUNK_ROWS 4096

struct row {
	const char *name;
	uint64_t job, start, end;
	int64_t sub;
};

struct chunk {
	struct chunk *next;
	size_t used;
	struct row rows[CHUNK_ROWS];
};

static struct {
	pthread_mutex_t lock;
	FILE *file;
	const char *path;
	struct chunk *first, *last;
} truth = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* Opened before anything runs, so that a wrong path is told at once. */
void truth_open(const char *path)
{
	truth.file = fopen(path, "w");
	if (!truth.file)
		util_usage("open truth file %s: %s", path, err_name(errno));
	truth.path = path;
}

uint64_t truth_now(void)
{
	return truth.path ? time_now() : 0;
}

void truth_add(const char *name, uint64_t job, int64_t sub, uint64_t start, uint64_t end)
{
	if (!truth.path || !start)
		return;
	pthread_mutex_lock(&truth.lock);
	if (!truth.last || truth.last->used == CHUNK_ROWS) {
		struct chunk *c = util_alloc(1, sizeof(*c));

		if (truth.last)
			truth.last->next = c;
		else
			truth.first = c;
		truth.last = c;
	}
	truth.last->rows[truth.last->used++] = (struct row){ name, job, start, end, sub };
	pthread_mutex_unlock(&truth.lock);
}

bool truth_close(void)
{
	int rc = 0;

	pthread_mutex_lock(&truth.lock);
	for (struct chunk *c = truth.first, *next; c && truth.file; c = next) {
		for (size_t i = 0; i < c->used; i++) {
			const struct row *r = &c->rows[i];

			fprintf(truth.file, "%s %" PRIu64, r->name, r->job);
			if (r->sub == TRUTH_NO_SUB)
				fputs(" -", truth.file);
			else
				fprintf(truth.file, " %" PRId64, r->sub);
			fprintf(truth.file, " %" PRIu64 " %" PRIu64 "\n", r->start, r->end);
		}
		next = c->next;
		free(c);
	}
	if (truth.file && (ferror(truth.file) | fclose(truth.file))) {
		util_warn("write truth file %s: %s", truth.path, err_name(errno));
		rc = -1;
	}
	truth.file = NULL;
	truth.first = truth.last = NULL;
	pthread_mutex_unlock(&truth.lock);
	return !rc;
}
