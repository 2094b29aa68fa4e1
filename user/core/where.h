/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where a process runs, as people call it: its container, else its systemd unit. Read from its
 * cgroup, whose names container engines and systemd choose (systemd.unit(5), and each engine's
 * cgroup driver). And what it is called itself.
 */
#ifndef ASSAY_WHERE_H
#define ASSAY_WHERE_H

#include <stddef.h>
#include <stdint.h>

/* "docker-0123456789ab", "nspawn-web", "crucible.service"; "-" where it is neither. Returns `dst`.
 */
char *where_process(uint32_t pid, char *dst, size_t size);

/* The same from the text of /proc/PID/cgroup. */
char *where_cgroup(const char *text, char *dst, size_t size);

/* The name that a process has in /proc; "-" when it is gone. Returns `dst`. */
char *where_comm(uint32_t pid, char *dst, size_t size);

#endif
