/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One recording at a time on a host: a file with the holder's pid, held by flock(2), so that what
 * a killed one leaves is taken over.
 */
#ifndef ASSAY_LOCK_H
#define ASSAY_LOCK_H

#include <sys/types.h>

#define LOCK_PATH "/run/assay-flight.lock"

struct lock;

/*
 * Takes the lock. Returns 0, -EBUSY with the pid of who has it in *holder (0: not known), or
 * -errno. With 0, *holder is who left it behind, 0 for nobody. Freed with lock__free(), which
 * removes the file.
 */
int lock__new(const char *path, struct lock **out, pid_t *holder);
void lock__free(struct lock *lock);

#endif
