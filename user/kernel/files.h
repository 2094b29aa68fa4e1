/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * System calls on files, measured in the kernel: loads and attaches bpf/syscalls.bpf.c. How long
 * reads, writes, opens and syncs take, by file system and process; and one by one where that is
 * wanted.
 */
#ifndef ASSAY_KERNEL_FILES_H
#define ASSAY_KERNEL_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/fold_table.h"
#include "syscalls.h"

struct files_options {
	const pid_t *pids; /* only these processes, and those of files_add_pid() */
	int npids;
	bool some;	  /* only those, though there may be none yet; else none means all */
	bool measures;	  /* fold durations: rows are enum file_op, split by device and process */
	bool sends;	  /* a struct file_record of each call of at least `slow_ns` */
	bool paths;	  /* with the names that the file's path is made of */
	uint64_t slow_ns; /* of `sends`; 0: of all */
};

struct files;

/* On success *out is the caller's, freed with files__free(). On failure -errno and `why`. */
int files__new(const struct files_options *options, struct files **out, char *why, size_t why_size);
void files__free(struct files *files);

/* One more process. 0 or -errno. */
int files_add_pid(struct files *files, pid_t pid);

/* What happens counts from the first to the second. */
void files_go(struct files *files);
void files_stop(struct files *files);

/* Its numbers; valid until it is freed. */
struct fold_tables files_tables(const struct files *files);

/* Whether there are groups in the tables that were not there at the last call. */
bool files_grew(struct files *files);

/* What processes were called at their last call, by number; *names is the caller's. -ENOMEM. */
struct file_name {
	uint32_t tgid;
	struct file_process process;
};
int files_names(const struct files *files, struct file_name **names);

/* Calls fn for each call that has not returned. */
typedef void (*file_call_fn)(void *arg, const struct file_call *call);
void files_each_call(const struct files *files, file_call_fn fn, void *arg);

/* Hands on the calls that have come, of one CPU in order. Returns their number or -errno. */
typedef void (*file_record_fn)(void *arg, const struct file_record *record);
int files_drain(struct files *files, file_record_fn fn, void *arg);

#endif
