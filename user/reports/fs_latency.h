/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * fs-latency's parts: fs_latency.c (what it measures, and calls one by one) and fs_numbers.c (what
 * was measured). Nobody else's.
 */
#ifndef ASSAY_FS_LATENCY_H
#define ASSAY_FS_LATENCY_H

#include "kernel/devices.h"
#include "kernel/files.h"
#include "kernel/mounts.h"
#include "render/json.h"
#include "report.h"

/* The report's source. */
struct fs {
	struct files *files;
	struct mounts *mounts;
	struct devices *devices;
	bool slow_titles;
};

extern const char *const fs_labels[FILE_ROWS];

/* Whether the operation has bytes to count. */
static inline bool fs_moves_data(uint32_t op)
{
	return op == FILE_READ || op == FILE_WRITE;
}

/*
 * What rows are split by, as process `tgid` knows it (0: none): "/data (ext4)", "loop0 (disk)",
 * "0:1" where nobody has mounted it, "-". As it is, not escaped, into `dst`, which is returned.
 */
#define FS_NAME 300
char *fs_name(const struct fs *fs, uint64_t by, uint32_t tgid, char *dst, size_t size);
/* The same as keys of an object. */
void fs_json(json_t *object, const struct fs *fs, uint64_t by, uint32_t tgid);

/* Text from elsewhere, escaped, filled up to a column's width. */
void fs_print_padded(FILE *out, const char *text, size_t width);

/* Prints the view's snapshot. */
void fs_print_numbers(const struct report_view *view);

#endif
