/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The block layer's requests in the kernel: loads and attaches bpf/block.bpf.c, and hands out what
 * it measured. Rows and what splits them are in bpf/block.h.
 */
#ifndef ASSAY_REQUESTS_H
#define ASSAY_REQUESTS_H

#include <stddef.h>

#include "block.h"
#include "core/fold_table.h"

struct requests;

/* On success *out is the caller's, freed with requests__free(). On failure -errno and `why`. */
int requests__new(struct requests **out, char *why, size_t why_size);
void requests__free(struct requests *requests);

/* What it measures counts from the first to the second. */
void requests_go(struct requests *requests);
void requests_stop(struct requests *requests);

/* Its numbers; valid until it is freed. */
struct fold_tables requests_tables(const struct requests *requests);

#endif
