// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "version.h"

const char assay_version[] = ASSAY_VERSION;
