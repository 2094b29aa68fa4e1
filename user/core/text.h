/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Texts that probes pass: what they count as in keys and groups, and how they read.
 */
#ifndef ASSAY_TEXT_H
#define ASSAY_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* What the fold takes a text for (fold_text_mix over its beginning). */
uint64_t text_hash(const char *text);

/*
 * The text as a report shows it, into `dst`, cut to fit, ended with a NUL: the usdt crate wraps
 * what it serialises, so {"ok":"abc"} is abc and {"ok":12} is 12. Anything else is as it is.
 * Not escaped. Returns `dst`.
 */
char *text_plain(const char *text, char *dst, size_t size);

#endif
