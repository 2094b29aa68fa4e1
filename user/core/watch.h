/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Watches the host for programs being started, so that binaries with the wanted probes are attached
 * as they appear.
 */
#ifndef ASSAY_WATCH_H
#define ASSAY_WATCH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct watch;

typedef void (*watch_fn)(void *arg, pid_t pid);

/* Returns 0 or -errno with what was being done in `why`. Freed with watch__free(). */
int watch__new(watch_fn fn, void *arg, struct watch **out, char *why, size_t why_size);
void watch__free(struct watch *watch);

/* Readable when a program was started; then watch_read() calls `fn` for each. */
int watch_fd(const struct watch *watch);
void watch_read(struct watch *watch);

/* Starts that were missed: the ring buffer was full. */
uint64_t watch_lost(const struct watch *watch);

#endif
