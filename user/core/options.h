/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The options every report takes, from the command line to a struct.
 */
#ifndef ASSAY_OPTIONS_H
#define ASSAY_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "attach.h"

enum layout {
	LAYOUT_CLASSIC = 0, /* June 2024: the default */
	LAYOUT_COMPACT = 1, /* today's scripts */
	LAYOUT_LEGACY = 2,  /* 2021 and 2022 */
};

/* Options that not all reports take, by what they are for. */
enum options_takes {
	TAKES_LATENCY = 1 << 0, /* --summary, --slower-than, --in-flight, --heatmap */
	TAKES_VOLUME = 1 << 1,	/* --volume */
	TAKES_EXTRA = 1 << 2,	/* --extra */
	TAKES_KEY = 1 << 3,	/* --key */
	TAKES_BY = 1 << 4,	/* --by */
	TAKES_TEXT = 1 << 5,	/* --text */
	TAKES_PROBES = 1 << 6,	/* --probes, --perfetto; and -o is where the recording goes */
	TAKES_HITS = 1 << 7,	/* no intervals, layouts or splitting: hits, one by one */
	TAKES_TRACE = 1 << 8,	/* --perfetto, of a recording that is named otherwise */
	TAKES_STATUS = 1 << 9,	/* no intervals or splitting: statuses, as they come */
	TAKES_KERNEL = 1 << 10, /* no recordings, no layouts: tracepoints of the kernel */
	TAKES_HOST = 1 << 11,	/* no binaries to name: all of the host, or -p */
	TAKES_DEVICE = 1 << 12, /* -D */
	TAKES_JOBS = 1 << 13,	/* --job, --slowest; no splitting */
	TAKES_DUET = 1 << 14,	/* --maintenance, --window, --events, --hints; no splitting, -p */
};

#define OPTIONS_MAX_KEYS 2

struct options {
	pid_t *pids;
	int npids;
	const char **files;
	int nfiles;
	bool wait;	   /* -Z */
	uint64_t interval; /* ns; 0: the report's own */
	uint64_t duration; /* ns; 0: until a signal */
	uint64_t count;	   /* intervals, or hits; 0: any number */
	bool json;
	bool timestamps;
	bool summary;
	bool by_pid;
	bool dry_run;
	bool slow; /* --slower-than was given */
	uint64_t slow_ns;
	bool in_flight;
	bool heatmap;
	bool extra;
	bool perfetto;
	enum layout layout;
	bool layout_given;
	enum attach_mode attach;
	const char *output; /* -o; NULL: stdout */
	const char *record; /* where the hits are kept; NULL: nowhere */
	const char *replay; /* a recording, in place of what runs here; NULL: none */
	const char *volume; /* the only one to show, or how it begins; NULL: all */
	const char *keys[OPTIONS_MAX_KEYS];
	int nkeys;
	const char *by;	      /* NULL: nothing */
	uint32_t texts;	      /* bit n: argument n is a text */
	const char **devices; /* of -D; none: all */
	int ndevices;
	bool job_given;
	uint64_t job;		  /* the only one to draw */
	uint64_t slowest;	  /* how many jobs to draw; 0: none */
	const char **maintenance; /* patterns; none: the report's own */
	int nmaintenance;
	uint64_t window; /* ns; 0: the report's own */
	bool events;
	const char *hints; /* a folder; NULL: not asked for */
	bool follow;
	bool null;     /* entries end with a NUL, not a newline */
	char **probes; /* patterns */
	int nprobes;
	char **command; /* what follows `--`, ended by NULL; NULL: none */
	/* binaries that a load will run, not by its first program maybe; they need not be there */
	const char **loads;
	int nloads;
	char **args; /* words that are no options */
	int nargs;
	bool asked;	/* for help, and got it */
	uint32_t takes; /* what was allowed: enum options_takes */
};

/* What is to be parsed, and how help calls it. */
struct options_spec {
	const char *summary; /* one line */
	const char *args;    /* the words it takes; NULL: none */
	uint32_t takes;	     /* enum options_takes */
};

/*
 * Parses argv (argv[0] is what messages call us: "assay perfgw"). Returns 0; OPTIONS_HELP when help
 * was asked for and printed; -EINVAL after a message on stderr. What *options points to lives until
 * options_free(); strings are argv's.
 */
#define OPTIONS_HELP 1
int options_parse(struct options *options, const struct options_spec *spec, int argc, char **argv);
void options_free(struct options *options);

/* Adds a process, as -p does. -EINVAL when the text is no process ID, -ENOMEM. */
int options_add_pid(struct options *options, const char *text);

/* One more word of an option that can be given often; words[*n] is not copied. 0 or -ENOMEM. */
int options_add_word(const char ***words, int *n, const char *word);

/*
 * Calls `fn` for each option of the spec, and for each title above some of them (then `name` is
 * NULL): "p", "pid", "PID", "only this process". `letter` is 0 where there is none.
 */
typedef void (*options_each_fn)(void *arg, int letter, const char *name, const char *value,
				const char *text);
void options_each(const struct options_spec *spec, options_each_fn fn, void *arg);

#endif
