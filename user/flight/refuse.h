/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a recording is refused for, before anything is attached or written: each with its cure.
 */
#ifndef ASSAY_REFUSE_H
#define ASSAY_REFUSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/* The host, as files tell of it: others in a test. */
struct refuse_host {
	uid_t uid;
	const char *tracefs;   /* "/sys/kernel/tracing" */
	const char *modules;   /* "/sys/module" */
	const char *mountinfo; /* "/proc/self/mountinfo" */
};

extern const struct refuse_host refuse_this_host;

/* Each: STATUS_OK, or the status to end with and why, with the cure, in `why`. */
int refuse_user(const struct refuse_host *host, char *why, size_t size);
int refuse_tracefs(const struct refuse_host *host, char *why, size_t size);

/* The module of that name is not loaded, or no file system of that type is mounted. */
int refuse_unmounted(const struct refuse_host *host, const char *type, char *why, size_t size);

/* A folder that can't be written to. */
int refuse_folder(const char *dir, char *why, size_t size);

/*
 * A folder on a file system that the events (patterns SYSTEM:EVENT) tell of: what is written there
 * would be traced and written again. The other says in `why` (and returns true) that the events
 * hold what writing to the folder does below the file system, which is no reason to refuse it.
 */
int refuse_feedback(const struct refuse_host *host, const char *dir, const char *const *patterns,
		    int n, char *why, size_t size);
bool refuse_echo(const struct refuse_host *host, const char *dir, const char *const *patterns,
		 int n, char *why, size_t size);

/* Less than `min` bytes free. */
int refuse_full(const char *dir, uint64_t min, char *why, size_t size);

/* Says in `why` (and returns true) that it may get tight: less is free than `need` bytes. */
bool refuse_tight(const char *dir, uint64_t need, char *why, size_t size);

/* Bytes that are free where the folder is, as df has them; 0 when not known. */
uint64_t refuse_free(const char *dir);

/* A mount, of a line in mountinfo(5). */
struct refuse_mount {
	int id;
	char point[256], type[64], source[128];
};

/* The next of an open mountinfo; false at its end. */
bool refuse_next_mount(FILE *f, struct refuse_mount *mount);

#endif
