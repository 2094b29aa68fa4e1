/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What `assay flight` and `assay scoutfs` are asked for on the command line.
 */
#ifndef ASSAY_FLIGHT_OPTIONS_H
#define ASSAY_FLIGHT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "help.h"

struct flight_list {
	const char **texts; /* owned */
	int n;
};

struct flight_options {
	const char *name;	   /* of what is written: NAME-trace.HOST… */
	struct flight_list events; /* patterns SYSTEM:EVENT, and usdt:PROVIDER:PROBE */
	pid_t *pids;		   /* whose probes; none: of all processes */
	int npids;
	const char *capture;	 /* a packet filter; NULL: no packets */
	const char *heartbeat;	 /* a filter that a packet has to pass before it begins, or NULL */
	uint64_t heartbeat_ns;	 /* the wait for it; 0: none */
	struct flight_list kmsg; /* regular expressions for the kernel's log */
	struct flight_list latency; /* trigger.h: "gw-write>500ms" */
	struct flight_list states;  /* of a downstairs: "Faulted" */
	uint64_t keep_bytes;	    /* a CPU */
	uint64_t keep_ns;	    /* 0: as long as there is room */
	uint64_t post_ns;	    /* after the trigger */
	uint64_t duration_ns;	    /* 0: until a trigger or a signal */
	uint64_t min_free;	    /* bytes */
	const char *dir;
	bool no_check;
	const char *decode;  /* a recording to decode, and nothing else */
	const char *mounted; /* a file system type that has to be mounted, or NULL */
	char *capture_made;  /* what is behind `capture` and `heartbeat`, where they were made */
	char *heartbeat_made;
	const char *args[2]; /* what comes behind the options */
	int nargs;
};

/* The two commands: what help says of them, and their options. */
extern const struct help_page flight_page, scoutfs_page;
void flight_options_each(options_each_fn fn, void *arg);
void scoutfs_options_each(options_each_fn fn, void *arg);

enum { FLIGHT_HELP = 1 }; /* help was asked for, and printed */

/*
 * Reads the command line of the command that `page` is of over the defaults in *o. Returns 0,
 * FLIGHT_HELP, or -EINVAL, in which case what is wrong has been said. `page` tells which options
 * it takes.
 */
int flight_options_parse(struct flight_options *o, const struct help_page *page, int argc,
			 char **argv);
void flight_options_free(struct flight_options *o);

/* Checks `o->args` and makes of them what scoutfs records. Returns 0, or -EINVAL, said. */
int scoutfs_options(struct flight_options *o);

/* "50M", "3GiB", "65536": 0, or -EINVAL. */
int size_parse(const char *text, uint64_t *bytes);

/* "812 bytes", "1.5 MiB", "76.2 GiB". Returns `buf`. */
const char *size_format(uint64_t bytes, char *buf, size_t size);

#endif
