/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The stages of a comparison in the order in which a person should look at them.
 */
#ifndef ASSAY_COMPARISON_ORDER_H
#define ASSAY_COMPARISON_ORDER_H

#include "comparison.h"

/*
 * Slower ones first, then inconclusive, faster, the same, and those that were not compared. Among
 * the slower ones that comes first which is most likely the cause of the others; those of which
 * only the throughput fell come last. Among the others it goes by how far they moved.
 */
void comparison_order(struct stage_change *stages, int n);

#endif
