/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A series: what several runs of one build measured, window by window and stage by stage, and where
 * and how that was done. It is what a baseline file keeps and what is compared. Plain data; knows
 * nothing of BPF, files or statistics.
 */
#ifndef ASSAY_SERIES_H
#define ASSAY_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/snapshot.h"

/* Bounds of how it is measured, be that asked for on a command line or in a file. */
#define SERIES_MOST_RUNS    1000
#define SERIES_LEAST_WINDOW 10000000ULL /* ns: below, none has enough IOs to be worth its place */
#define SERIES_MOST_DAYS    7		/* of a window, a run, its warm-up */
#define SERIES_MOST_NS	    (SERIES_MOST_DAYS * 86400 * 1000000000ULL)

/* The machine; texts are owned, "" where not known. */
struct series_host {
	char *name;
	char *machine;	 /* "x86_64" */
	char *cpu;	 /* the model's name */
	char *kernel;	 /* release */
	uint32_t cpus;	 /* online */
	uint64_t memory; /* bytes */
};

/* A binary that was traced. */
struct series_binary {
	char *path;
	char *build_id; /* hexadecimal; "" when it has none */
};

/* How it was measured: what has to be the same on both sides. Texts are owned. */
struct series_settings {
	uint64_t window;   /* ns */
	uint64_t duration; /* ns a run; 0: as long as the command ran */
	uint64_t warmup;   /* ns at the start of each run that are left out */
	char **stages;	   /* patterns that were asked for; none: all */
	int nstages;
	char **devices; /* of the block layer; none: all */
	int ndevices;
	bool no_disks;	/* the block layer was not measured */
	char **command; /* ended by NULL; NULL: none, what ran there was measured */
};

struct series_bucket {
	uint32_t bucket; /* of FOLD_BUCKETS: bounds are bucket_low() and bucket_high() */
	uint64_t n;
};

/* One stage in one window. */
struct series_cell {
	uint32_t stage;		       /* number in series.stages */
	uint64_t count, sum, max;      /* ns; max as snapshot__since() has it */
	struct series_bucket *buckets; /* that are not empty, ascending */
	uint32_t nbuckets;
};

struct series_window {
	uint64_t ns;		   /* how long it was; the last of a run may be shorter */
	struct series_cell *cells; /* by stage, ascending */
	int ncells;
};

struct series_run {
	uint64_t wall; /* ns since the epoch: its first window's start */
	double load;   /* load average of a minute, as it began */
	uint64_t losses[FOLD_LOSS_MAX];
	struct series_window *windows;
	int nwindows;
};

struct series {
	char *label; /* for people: "baseline", "now", "A", "B" */
	char *assay; /* version that measured */
	struct series_host host;
	struct series_settings settings;
	struct series_binary *binaries;
	int nbinaries;
	char **stages; /* names: "guest-write", "net-write[1]", "disk-write-device[vda]" */
	int nstages;
	struct series_run *runs;
	int nruns;
	int wanted;	  /* runs that were asked for: fewer were kept when it was ended early */
	bool interrupted; /* it was */
};

/* Empty; NULL when there is no memory. Freed with series__free(), with all it points to. */
struct series *series__new(const char *label);
void series__free(struct series *series);

/* Calls it otherwise. 0 or -ENOMEM. */
int series_rename(struct series *series, const char *label);

/* The number of a stage, added when it is new; -ENOMEM. */
int series_stage(struct series *series, const char *name);
/* The same, -1 when there is none. */
int series_find_stage(const struct series *series, const char *name);

/* Adds an empty run, or a window to the last run; NULL without memory. Valid until the next. */
struct series_run *series_add_run(struct series *series);
struct series_window *series_add_window(struct series *series, uint64_t ns);
/* Forgets the last run, which was cut short, or its last window. */
void series_drop_run(struct series *series);
void series_drop_window(struct series *series);

/*
 * Adds what a stage measured to the last window; a row without durations adds nothing. Stages must
 * come once a window, in whatever order. 0 or -ENOMEM.
 */
int series_add_cell(struct series *series, uint32_t stage, const struct snapshot_row *row);

/* Remembers a binary; one that is known is not added again. 0 or -ENOMEM. */
int series_add_binary(struct series *series, const char *path, const char *build_id);

/* A stage's cell in a window, or NULL. */
const struct series_cell *series_cell(const struct series_window *window, uint32_t stage);

/*
 * All of a run's windows of a stage as one: *sum gets count, sum, max and the distribution, in
 * `buckets` [FOLD_BUCKETS]. Returns ns from the beginning of the first window in which it fired to
 * the end of the last; 0 when it did not.
 */
uint64_t series_merge(const struct series_run *run, uint32_t stage, struct snapshot_row *sum,
		      uint64_t *buckets);

/* Adds a cell to what `sum` has in count, sum, max and `buckets` [FOLD_BUCKETS]. */
void series_add_up(struct snapshot_row *sum, const struct series_cell *cell);

/* Its command on one line, cut to `size` with "..." at its end; "" of none. Returns `text`. */
char *series_command(const struct series *series, char *text, size_t size);

/* How long a run was, ns: its windows together. */
uint64_t series_run_ns(const struct series_run *run);

/* Of all runs; 0 where there are none. */
struct series_ranges {
	uint64_t shortest, longest; /* run, ns */
	double least_load, most_load;
};
struct series_ranges series_ranges(const struct series *series);

#endif
