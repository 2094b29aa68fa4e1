/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What assay says beside its reports: one line a message, on stderr, with the program's name in
 * front. An error says what was being done, on what, the errno's name and the cure.
 */
#ifndef ASSAY_LOG_H
#define ASSAY_LOG_H

enum log_level {
	LOG_ERROR = 0, /* the run, or a part of it, failed */
	LOG_WARN = 1,  /* the run goes on, its numbers are touched */
	LOG_INFO = 2,  /* default: what a person waits to hear */
	LOG_DEBUG = 3, /* -v: what was attached, and libbpf's own text */
};

/* Messages above `level` are dropped. */
void log_set_level(enum log_level level);
enum log_level log_level(void);

/* Prints "assay: " + text, made fit for a terminal, + newline in one write. Keeps errno. */
void log_print(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_print(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_print(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_print(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_print(LOG_DEBUG, __VA_ARGS__)

/* The name of an errno, positive or negative: "EPERM"; "errno 4242" when it has none. */
const char *err_name(int err);

/* What helps against it, as the end of a message: "; run as root…"; "" when nothing is known. */
const char *err_cure(int err);

#endif
