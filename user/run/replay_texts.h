/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the hashes of a replay's texts stand for.
 */
#ifndef ASSAY_REPLAY_TEXTS_H
#define ASSAY_REPLAY_TEXTS_H

#include <stdbool.h>
#include <stdint.h>

#include "fold_types.h"

struct replay_texts;

/* Keeps a text under its hash; the first one stays. 0 or -ENOMEM. */
int replay_keep_text(struct replay_texts **texts, uint64_t hash, const char *text);
/* False when there is none. */
bool replay_text(const struct replay_texts *texts, uint64_t hash, char text[FOLD_TEXT_KEY]);
void replay_texts_free(struct replay_texts *texts);

#endif
