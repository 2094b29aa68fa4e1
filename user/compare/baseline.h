/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A series as a file: JSON, one object on one line, with a checksum, so that a damaged one is told
 * from a whole one.
 *
 *   assay_baseline  version of the format: BASELINE_VERSION
 *   assay           version of the program that measured
 *   label, created  for people; when the file was written. Not needed for reading
 *   host            {name, machine, cpu, cpus, memory_bytes, kernel}
 *   settings        {window_ns, duration_ns, warmup_ns, stages: [pattern…], devices: [pattern…],
 *                   no_disks, command: [word…] or null}: as in struct series_settings
 *   binaries        [{path, build_id}…]
 *   runs_wanted     runs that were asked for
 *   interrupted     whether it was ended before that
 *   stages          [name…]
 *   bucket_ns       [ns…]: the shortest duration that falls into bucket 0, 1, 2…, up to the highest
 *                   bucket that is used. Buckets are log-linear, 16 to each power of two
 *   runs            [{start: UTC, load, losses: {kind: n…}, windows}…]; kinds of loss that there
 *                   were, by loss_key()
 *   windows         [{ns, cells}…]: how long it was, and the stages that fired in it
 *   cells           [{stage: name, count, sum_ns, max_ns, buckets}…], in the order of `stages`.
 *                   `buckets` is text, "BUCKET:COUNT BUCKET:COUNT …", ascending, without those that
 *                   are empty: as arrays of arrays a file takes ten times the memory and the time
 *   crc32           checksum: zlib's crc32(), in hexadecimal, of the object without this key as
 *                   JSON without blanks and with sorted keys. So a file that was formatted anew
 *                   (jq .) is as good, and one in which a number was changed is not
 *
 * All numbers but loads are whole. assay_baseline and crc32 mean the same in every version. Keys
 * beyond these are no error. A text that is not UTF-8 is kept as escape_dup() shows it.
 *
 * A stage's durations: how many, from how many ns on:
 *   jq '.bucket_ns as $ns | .runs[].windows[].cells[] | select(.stage == "guest-write")
 *       | .buckets / " " | .[] / ":" | map(tonumber) | {ns: $ns[.[0]], n: .[1]}' FILE
 */
#ifndef ASSAY_BASELINE_H
#define ASSAY_BASELINE_H

#include <stddef.h>

#include "series.h"

#define BASELINE_VERSION 1

/*
 * Writes the series to `path` by way of a file beside it, so that there is the old one or the new
 * one, whole; where `path` is no regular file (a pipe, /dev/null), straight into it. 0 or -errno,
 * with what was being done and the errno's name in `why`: -EOVERFLOW and -EBADMSG for a series that
 * baseline_read() would refuse; what open(2), write(2) and rename(2) say.
 */
int baseline_write(const struct series *series, const char *path, char *why, size_t why_size);

/*
 * Reads one. 0 and *out (freed with series__free()), or -errno with what is wrong and the cure in
 * `why`: -EBADMSG for a file that is no baseline, is cut short or damaged; -EPROTO for one of a
 * version that this program does not know; -EFBIG; what open(2) and read(2) say. Texts that are
 * missing are "". Nothing that is read overflows when it is added up.
 */
int baseline_read(const char *path, struct series **out, char *why, size_t why_size);

/* The same of text in memory; `name` is what messages call it. */
int baseline_parse(const char *text, size_t len, const char *name, struct series **out, char *why,
		   size_t why_size);

#endif
