/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Text from files and processes that is not trusted, made fit for a terminal: printable UTF-8
 * passes, all other bytes (control characters, DEL, invalid UTF-8, and characters that are not
 * seen or turn the writing direction) become \xNN. A backslash passes as it is.
 */
#ifndef ASSAY_ESCAPE_H
#define ASSAY_ESCAPE_H

#include <stddef.h>
#include <stdio.h>

void escape_print(FILE *f, const char *s);

/*
 * As escape_print(), into `dst`, always ended with a NUL and cut at a whole character. Returns the
 * length all of it would have, as snprintf() does.
 */
size_t escape_copy(char *dst, size_t size, const char *s);

/* The text escaped, in new memory; NULL without memory. */
char *escape_dup(const char *s);

/* How many characters escape_print() prints. */
size_t escape_width(const char *s);

#endif
