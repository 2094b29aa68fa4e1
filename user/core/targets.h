/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Targets: the binaries to trace and the processes that run them. A binary is an inode, not a path:
 * it is opened through /proc/PID/exe, so it may be deleted, rebuilt since, or of another mount
 * namespace, and it is read once however many processes run it. Knows notes; no BPF.
 */
#ifndef ASSAY_TARGETS_H
#define ASSAY_TARGETS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "notes.h"

struct binary {
	dev_t dev;
	ino_t ino;
	off_t size;
	int fd;		     /* open for reading: its inode can't be reused while we hold it */
	char *path;	     /* for people: where it is, or was */
	struct notes *notes; /* never NULL */
	pid_t *pids;	     /* processes seen running it, in order of discovery */
	int npids;
	bool attached; /* for all processes; the tracing side's note */
};

struct targets;

/*
 * `wants` says whether a binary with these notes is a target; others are forgotten. NULL when there
 * is no memory. Freed with targets__free().
 */
struct targets *targets__new(bool (*wants)(void *arg, const struct notes *notes), void *arg);
void targets__free(struct targets *targets);

/*
 * Each adds what it finds: the program that `pid` runs; the file at `path`, which `pid` runs or
 * will run (0: nobody in particular). *found, when not NULL, gets the binary if that is wanted and
 * `pid` was not known to run it, else NULL. Returns 0, also when there are no wanted probes (then
 * nothing is added), or -errno: -ESRCH no such process, -ENOEXEC not a readable ELF file, and so
 * on, with what was being done in `why`.
 */
int targets_add_pid(struct targets *targets, pid_t pid, struct binary **found, char *why,
		    size_t why_size);
int targets_add_file(struct targets *targets, const char *path, pid_t pid, struct binary **found,
		     char *why, size_t why_size);

/*
 * Adds every process of the host. Those that end meanwhile, kernel threads and files that can't be
 * read as ELF are passed over; `hidden` gets the number of processes we were not allowed to look
 * at. Returns 0 or -errno.
 */
int targets_add_all(struct targets *targets, int *hidden, char *why, size_t why_size);

/* Adds the processes that run one of the targets; what can't be looked at is passed over. */
void targets_add_running(struct targets *t);

int targets_count(const struct targets *targets);
struct binary *targets_get(const struct targets *targets, int i);

#endif
