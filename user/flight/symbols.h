/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's symbols, from the text of /proc/kallsyms.
 */
#ifndef ASSAY_FLIGHT_SYMBOLS_H
#define ASSAY_FLIGHT_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct symbols;

/* `text` has a NUL behind its `size` bytes; it is copied. NULL without memory. */
struct symbols *symbols__new(const char *text, size_t size);
void symbols__free(struct symbols *symbols);

/*
 * The address as the kernel's %ps prints it, "ext4_dirty_inode", with `offset` as %pS does,
 * "ext4_dirty_inode+0x5e/0x80", each with " [MODULE]" behind. False when there is no such symbol.
 */
bool symbols_print(const struct symbols *symbols, uint64_t address, bool offset, char *text,
		   size_t size);

#endif
