/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * duet --hints: names the files of a folder, those most in memory first (hint_list.h has the order
 * and its reason), for whatever reads them next. No BPF, and no root where the files are one's own.
 *
 * Each regular file is named, under all its names; links and what is no file are left to the
 * reader. A name that a reader of lists would take for a comment or an option ("#a", ";a", "-a")
 * gets "./" in front.
 *
 * Followed, each name comes once, when at least half of its file is in memory and it was not
 * written to within an interval: first those that are so now, and later those that have become so.
 * It is chosen when the reader has room for it: what waits does so here, and what left memory
 * meanwhile waits on.
 */
#ifndef ASSAY_HINTS_H
#define ASSAY_HINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "render/render.h"
#include "resident.h"

struct hints_options {
	const char *dir;
	bool null;	   /* names end with a NUL, not with a newline */
	bool by_mincore;   /* leave cachestat alone */
	uint64_t interval; /* ns, at least, from one look to the next; 0: a second */
};

struct hints;

/* *out is freed with hints__free(). On failure -errno, with what was being done in `why`. */
int hints__new(const struct hints_options *options, struct hints **out, char *why, size_t why_size);
void hints__free(struct hints *hints);

/*
 * All files, once, and what was found in sum: a message, in JSON a line. Waits for its reader;
 * signals that ask us to end do so at once. 0 or -errno of reading the folder; errors of the output
 * are in its stream.
 */
int hints_print(struct hints *hints, const struct render *render);

/*
 * What is to be named now, as far as the reader takes it without our waiting. To be called often;
 * looks at the files every interval, or less often where that takes long. 0 or -errno.
 */
int hints_follow(struct hints *hints, const struct render *render);

/*
 * The end of following, with what was found in sum. `rest`: first name what has not been yet,
 * waiting for the reader as hints_print() does. 0 or -errno.
 */
int hints_end(struct hints *hints, const struct render *render, bool rest);

/* Says, once, what was left out or could not be seen. */
void hints_warn(const struct hints *hints, const struct render *render);

#endif
