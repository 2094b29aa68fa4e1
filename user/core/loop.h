/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The loop: one epoll over timers, signals, ring buffers, pidfds and what else has a descriptor.
 * Callbacks run one after another; nothing here wakes up unless something happens.
 */
#ifndef ASSAY_LOOP_H
#define ASSAY_LOOP_H

#include <signal.h>
#include <stdint.h>

struct loop;

typedef void (*loop_fn)(void *arg);

/* NULL and errno on failure. Freed with loop__free(), which closes timers and signals. */
struct loop *loop__new(void);
void loop__free(struct loop *loop);

/* Calls `fn` while `fd`, which stays the caller's, has any of `events` (EPOLLIN…). */
int loop_add_fd(struct loop *loop, int fd, uint32_t events, loop_fn fn, void *arg);
int loop_remove_fd(struct loop *loop, int fd);

/*
 * Calls `fn` every `interval` ns, first `first` ns from now; `interval` 0: once. Calls that came
 * too late are not made up for.
 */
int loop_add_timer(struct loop *loop, uint64_t first, uint64_t interval, loop_fn fn, void *arg);

/* Blocks the signals and calls `fn` with each that comes. */
typedef void (*loop_signal_fn)(void *arg, int signo);
int loop_add_signals(struct loop *loop, const sigset_t *signals, loop_signal_fn fn, void *arg);

/* Runs until loop_stop(). Returns 0 or -errno. */
int loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

#endif
