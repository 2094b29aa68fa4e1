/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's log: lines as they come, held against regular expressions, and the last of what it
 * has. Read from /dev/kmsg, which gives a record a read (Documentation/ABI/testing/dev-kmsg).
 */
#ifndef ASSAY_KMSG_H
#define ASSAY_KMSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define KMSG_PATH     "/dev/kmsg"
#define KMSG_LINE_MAX 8192 /* CONSOLE_EXT_LOG_MAX, kernel/printk: no record is longer */

struct kmsg_line {
	unsigned int level, facility;
	uint64_t seq, usec; /* number since boot; microseconds since boot, by the log's clock */
	char text[KMSG_LINE_MAX + 1]; /* decoded, not fit for a terminal */
};

/* One record, `len` bytes, decoded. False when it is none. */
bool kmsg_parse(const char *record, size_t len, struct kmsg_line *line);

/*
 * Whether a POSIX extended regular expression compiles: 0, or -EINVAL with what is wrong with it
 * in `why` and in *where the byte it begins at.
 */
int kmsg_regex_check(const char *regex, size_t *where, char *why, size_t size);

struct kmsg;

/* `regex`: what the line matched. */
typedef void (*kmsg_fn)(void *arg, const struct kmsg_line *line, const char *regex);

/* The log, to be read without waiting: a descriptor or -errno. */
int kmsg_open(void);

/*
 * Follows the log from now on: what is there already is passed over. `fd` is from kmsg_open(), and
 * is closed with the rest. `regexes` have been checked, and stay the caller's. Returns 0 or -errno.
 * Freed with kmsg__free().
 */
int kmsg__new(int fd, const char *const *regexes, int n, struct kmsg **out);
void kmsg__free(struct kmsg *kmsg);

/* Readable when lines have come; then kmsg_read() calls `fn` for those that match. 0 or -errno. */
int kmsg_fd(const struct kmsg *kmsg);
int kmsg_read(struct kmsg *kmsg, kmsg_fn fn, void *arg);

/* Lines that were overwritten before they were read. */
uint64_t kmsg_lost(const struct kmsg *kmsg);

/*
 * Writes the last `max` lines that the log holds, a line each: its time of day (UTC, by the boot's
 * wall-clock time `boot`, ns) and since boot, its level, and its text made fit for a terminal.
 * Returns 0 or -errno.
 */
int kmsg_write_last(int max, uint64_t boot, FILE *out);

#endif
