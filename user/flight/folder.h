/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The folder of a recording: DIR/NAME-trace.HOST.DATE-TIME.XXXXXX.partial while it is written, with
 * its owner's rights only.
 */
#ifndef ASSAY_FOLDER_H
#define ASSAY_FOLDER_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define FOLDER_PARTIAL ".partial"

struct folder {
	char *dir;  /* what it is made in */
	char *name; /* NAME-trace.HOST.DATE-TIME.XXXXXX */
	char *path; /* DIR/NAME.partial, or without .partial once it is complete */
	int dir_fd, fd;
};

/* Makes it; `wall`: ns since the epoch. Returns 0 or -errno. Freed with folder__free(). */
int folder__new(const char *dir, const char *name, uint64_t wall, struct folder **out);

/* Lets go of it: the folder itself stays. */
void folder__free(struct folder *folder);

/* A new file in it, to be appended to; `file` may begin with a folder, which is made. */
int folder_open(const struct folder *folder, const char *file);	   /* a descriptor or -errno */
FILE *folder_fopen(const struct folder *folder, const char *file); /* NULL and errno */

/* Closes a stream once all is written and on the disk. Returns 0 or -errno. */
int folder_fclose(FILE *f);

/* Takes .partial from its name. Returns 0 or -errno. */
int folder_complete(struct folder *folder);

/* Removes it and all it holds; a path relative to dir_fd. Returns 0 or -errno. */
int folder_remove(int dir_fd, const char *path);

/* A host's name as a part of a file's: whatever is no letter, digit, dot or dash is a "_". */
void folder_host(const char *name, char *dst, size_t size);

#endif
