/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A hit's arguments as text.
 */
#ifndef ASSAY_RENDER_HIT_H
#define ASSAY_RENDER_HIT_H

#include <stdio.h>

#include "core/hit.h"

/*
 * Prints " NAME=VALUE" for each: integers as signed decimals, texts in quotes, without the usdt
 * crate's wrapping, with a backslash before quotes and backslashes, "..." behind where they were
 * cut; ? for what could not be read.
 */
void hit_print_args(FILE *out, const struct hit_probe *probe, const struct hit *hit);

#endif
