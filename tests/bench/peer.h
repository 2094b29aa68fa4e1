/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A child process that is spoken to line by line over its stdin and stdout.
 */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

struct peer {
	pid_t pid;
	FILE *to, *from; /* NULL: it is not spoken to */
};

/*
 * Starts `argv`; with `talk` its stdin and stdout are ours, else it is quiet: stdin, stdout and
 * stderr are /dev/null. Returns 0 or -errno.
 */
int peer_start(struct peer *peer, char *const *argv, int talk);

/* Sends a line, unless it is NULL, and reads one. Returns 0, or -EPIPE when the peer is gone. */
int peer_ask(struct peer *peer, const char *request, char *answer, size_t size);

/* Closes its stdin, signals it unless `signo` is 0, and waits for its end. */
void peer_end(struct peer *peer, int signo);

/* Sorts, and gives the middle one. */
double median(double *values, int n);

#endif
