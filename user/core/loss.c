// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <inttypes.h>
#include <stdio.h>

#include "loss.h"

static const struct {
	const char *key;
	const char *one;
	const char *many;
} names[FOLD_LOSS_MAX] = {
	[FOLD_LOSS_OVERWRITTEN] = { "overwritten_starts", "start overwritten",
				    "starts overwritten" },
	[FOLD_LOSS_ORPHAN] = { "orphan_dones", "done without a start", "dones without a start" },
	[FOLD_LOSS_AMBIGUOUS] = { "ambiguous_matches", "ambiguous match", "ambiguous matches" },
	[FOLD_LOSS_SPILLED] = { "spilled_starts", "start spilled", "starts spilled" },
	[FOLD_LOSS_INSERT] = { "failed_inserts", "start lost to a full spill table",
			       "starts lost to a full spill table" },
	[FOLD_LOSS_BUSY] = { "busy_slots", "event lost to a busy slot",
			     "events lost to busy slots" },
	[FOLD_LOSS_GROUP] = { "full_groups", "event lost to a full group table",
			      "events lost to a full group table" },
	[FOLD_LOSS_NEGATIVE] = { "negative_durations", "negative duration", "negative durations" },
	[FOLD_LOSS_RECORD] = { "lost_records", "record lost to a full ring",
			       "records lost to a full ring" },
	[FOLD_LOSS_SITE] = { "unknown_sites", "hit of an unknown site", "hits of unknown sites" },
	[FOLD_LOSS_UNMARKED] = { "unmarked_durations", "IO done without a reply seen",
				 "IOs done without a reply seen" },
	[FOLD_LOSS_CUT] = { "cut_texts", "text cut", "texts cut" },
	[FOLD_LOSS_UNREAD] = { "unread_texts", "text that could not be read",
			       "texts that could not be read" },
	[FOLD_LOSS_TEXT] = { "unkept_texts", "text not kept in a full table",
			     "texts not kept in a full table" },
};

const char *loss_key(enum fold_loss loss)
{
	return names[loss].key;
}

const char *loss_text(enum fold_loss loss, uint64_t n)
{
	return n == 1 ? names[loss].one : names[loss].many;
}

static int append(char *line, size_t size, int len, uint64_t n, const char *text)
{
	int add;

	if ((size_t)len >= size)
		return len;
	add = snprintf(line + len, size - len, "%s%" PRIu64 " %s", len ? ", " : "", n, text);
	return add < 0 ? len : len + add;
}

int loss_line(const uint64_t *losses, uint64_t unfinished, uint64_t gone, char *line, size_t size)
{
	int len = 0;

	line[0] = '\0';
	for (int i = 0; i < FOLD_LOSS_MAX; i++)
		if (losses[i])
			len = append(line, size, len, losses[i], loss_text(i, losses[i]));
	if (unfinished)
		len = append(line, size, len, unfinished,
			     unfinished == 1 ? "start still waits for its done"
					     : "starts still wait for their dones");
	if (gone)
		len = append(line, size, len, gone,
			     gone == 1 ? "start of a process that has ended"
				       : "starts of processes that have ended");
	return len;
}
