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

struct options {
	pid_t *pids;
	int npids;
	const char **files;
	int nfiles;
	bool wait;	   /* -Z */
	uint64_t interval; /* ns; 0: the report's own */
	uint64_t duration; /* ns; 0: until a signal */
	uint64_t count;	   /* intervals; 0: any number */
	bool json;
	bool timestamps;
	bool summary;
	bool by_pid;
	bool dry_run;
	bool slow; /* --slower-than was given */
	uint64_t slow_ns;
	enum layout layout;
	enum attach_mode attach;
	const char *output; /* -o; NULL: stdout */
	char **command;	    /* what follows `--`, ended by NULL; NULL: none */
	char **args;	    /* words that are no options */
	int nargs;
	bool asked; /* for help, and got it */
};

/*
 * Parses argv (argv[0] is what messages call us: "assay perfgw"). Returns 0; OPTIONS_HELP when help
 * was asked for and printed; -EINVAL after a message on stderr. What *options points to lives until
 * options_free(); strings are argv's.
 */
#define OPTIONS_HELP 1
int options_parse(struct options *options, const char *summary, int argc, char **argv);
void options_free(struct options *options);

#endif
