/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * top's model as JSON: an object a session of an upstairs, then one a downstairs.
 */
#ifndef ASSAY_TOP_JSON_H
#define ASSAY_TOP_JSON_H

#include "render/render.h"
#include "top_model.h"

void top_json(const struct render *render, const struct top_model *model);

#endif
