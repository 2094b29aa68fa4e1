/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Latency over time, for a terminal: time to the right, latency upward on a logarithmic scale, the
 * denser or brighter a cell, the more durations ended in it. One map for each row of a report. A
 * single slow operation shows, however many fast ones there were and however long the run was.
 *
 * The map always holds the whole run: when its columns are used up, neighbours become one, and a
 * column stands for twice the time. Memory: 8 bytes for each column and latency step met, some 160
 * steps at most.
 */
#ifndef ASSAY_HEATMAP_H
#define ASSAY_HEATMAP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/snapshot.h"

struct heatmap;

/* What a row is called. Not escaped; needed until the next call only. */
typedef const char *(*heatmap_label_fn)(void *arg, const struct snapshot_row *row);

/*
 * `interval`: ns, the time that a column stands for at first. `width`: characters of a line, axis
 * included (40 to 1024, others are taken for the nearest of these). `height`: lines of a map at
 * most (at least 4), to which come four: title, axis, times, and what the cells count. NULL when
 * there is no memory. Freed with heatmap__free().
 */
struct heatmap *heatmap__new(uint64_t interval, int width, int height);
void heatmap__free(struct heatmap *map);

/*
 * Appends a column: what happened in an interval (snapshot__since()) that ended at `wall`, ns since
 * the epoch. Rows are told apart by (row, by, tgid); one that is new has empty columns before. A
 * duration counts as the longest of its bucket, at most the row's maximum: up to 6.25 % too long,
 * never too short. Returns 0, or -ENOMEM: part of the interval is missing then, the map is good
 * otherwise.
 */
int heatmap_add(struct heatmap *map, const struct snapshot *interval, uint64_t wall);

/*
 * Prints the maps in order of (row, by, tgid), a blank line between two; nothing where there were
 * no durations. The latency at the left is the lowest of its line. A time at the bottom is local,
 * of the moment when the column above its first character began; the last is the end of the run.
 * With `colour`, cells have colours of the 256-colour palette, reset at the end of each line;
 * without, there are no escape sequences. No line ends with blanks; only a title may be longer than
 * the width. The row passed to `label` has the total count and the maximum, and no buckets.
 */
void heatmap_print(const struct heatmap *map, FILE *out, heatmap_label_fn label, void *arg,
		   bool colour);

#endif
