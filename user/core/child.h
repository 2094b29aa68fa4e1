/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The command behind `--`: started but held before its first instruction, let go when its probes
 * are live, and waited for.
 */
#ifndef ASSAY_CHILD_H
#define ASSAY_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

struct child;

/*
 * Forks a process that waits to become argv (searched in PATH). A `load` is nobody to talk to: it
 * is a process group of its own, its stdin is empty, and its stdout is our stderr. Returns 0 or
 * -errno. On success *out is the caller's, freed with child__free(), which kills a child that was
 * never let go.
 */
int child__new(char *const argv[], bool load, struct child **out);
void child__free(struct child *child);

pid_t child_pid(const struct child *child);

/* Whether `pid` is the child or comes from it, daemons included. */
bool child_began(const struct child *child, pid_t pid);

/* Readable once the child has ended: a pidfd, the child's own. */
int child_fd(const struct child *child);

/* The file that argv[0] will be, as execvp would find it; NULL when there is none. Caller frees. */
char *child_path(const char *name);

/* Whether it has ended, waited for or not, or does so within `ms`. */
bool child_ended(const struct child *child, int ms);

/* Sends it a signal; to a load's whole group, which may have members after its end. */
void child_signal(const struct child *child, int signo);

/* Lets it go. -errno when it could not become the command. */
int child_release(struct child *child);

/* Waits for its end: its exit status, 128 + the signal that ended it, or -errno. */
int child_wait(struct child *child);

#endif
