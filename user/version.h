/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * This program's version, from git when it was built.
 */
#ifndef ASSAY_VERSION_H
#define ASSAY_VERSION_H

extern const char assay_version[];

#endif
