/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Nothing is lost in silence: the names of what the fold counts as lost or not certain, and the
 * line that ends a run.
 */
#ifndef ASSAY_LOSS_H
#define ASSAY_LOSS_H

#include <stddef.h>
#include <stdint.h>

#include "fold_types.h"

/* The JSON key of a kind of loss ("orphan_dones"), and what it means for one event or several. */
const char *loss_key(enum fold_loss loss);
const char *loss_text(enum fold_loss loss, uint64_t n);

/*
 * Writes "12 dones without a start, 1 start overwritten" into `line`: what is not zero of `losses`
 * [FOLD_LOSS_MAX], of `unfinished` (starts that still wait), and of `gone` (starts whose process
 * has ended). Returns its length, 0 when all are zero.
 */
int loss_line(const uint64_t *losses, uint64_t unfinished, uint64_t gone, char *line, size_t size);

#endif
