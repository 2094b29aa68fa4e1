/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a probe is on a Perfetto trace: the beginning or end of a slice or neither, on which track,
 * what makes a start and a done one slice, and what its arguments are called. A table.
 */
#ifndef ASSAY_PERFETTO_RULES_H
#define ASSAY_PERFETTO_RULES_H

#include <stdbool.h>
#include <stdint.h>

#define PERFETTO_NAME_MAX 256 /* bytes of a name on the trace */

enum perfetto_verb {
	PERFETTO_INSTANT,
	PERFETTO_BEGIN,
	PERFETTO_END,
	PERFETTO_STEP, /* ends what is open under its key, if anything, and begins what follows */
};

/* A step on an IO's way that flows connect. */
enum perfetto_role {
	PERFETTO_ROLE_NONE,
	PERFETTO_ROLE_GATEWAY, /* at the upstairs */
	PERFETTO_ROLE_CLIENT, /* for one downstairs, maybe not sent yet: no flow, but the same IO */
	PERFETTO_ROLE_NET,    /* on the way to one downstairs */
	PERFETTO_ROLE_SUBMIT, /* at the downstairs, which has not replied yet */
};

/* Where a part of a key comes from, if not from the argument of that number. */
enum perfetto_key {
	PERFETTO_KEY_NONE = -1,	  /* this part is 0 */
	PERFETTO_KEY_THREAD = -2, /* the newest slice that the thread began */
	PERFETTO_KEY_GUESS = -3,  /* the first argument, or the thread if that fits no start */
};

/* Names of arguments. Numbers are those on the trace, so they begin at 1. */
enum perfetto_arg {
	PERFETTO_ARG_UNNAMED, /* by its place */
	PERFETTO_ARG_JOB,
	PERFETTO_ARG_CLIENT,
	PERFETTO_ARG_EXTENT,
	PERFETTO_ARG_BLOCKS,
	PERFETTO_ARG_COUNTER,
	PERFETTO_ARG_UUID,
	PERFETTO_ARG_DIRTY,
	PERFETTO_ARG_REHASHED,
	PERFETTO_ARG_DELETIONS,
	PERFETTO_ARG_SIZE,
	PERFETTO_ARG_ACTIVE,
	PERFETTO_ARG_DEPENDENCIES,
	PERFETTO_ARG_KIND,
	PERFETTO_ARG_STATUS,
	PERFETTO_ARG_UNFINISHED,
	PERFETTO_ARG_THREAD,
	PERFETTO_ARG_FIRST,			    /* of eight: arg0 to arg7 */
	PERFETTO_ARG_DONE = PERFETTO_ARG_FIRST + 8, /* of eight: those of a done */
	PERFETTO_ARG_MAX = PERFETTO_ARG_DONE + 8,
};

/* As on the trace; "" for PERFETTO_ARG_UNNAMED. */
const char *perfetto_arg_name(enum perfetto_arg arg);

#define PERFETTO_RULE_ARGS 3
struct perfetto_rule {
	const char *provider; /* NULL: any */
	const char *name;     /* without -start or -done; a * in it is the operation */
	const char *pair;     /* starts and dones of one pair find each other; NULL: by `name` */
	const char *slice;    /* its name; NULL: the operation */
	const char *group;    /* track around the track; NULL: none */
	const char *track;    /* NULL: named as the slice; with a "%u" in it: one a client */
	uint16_t rank;	      /* of the track, from the top */
	uint8_t role;	      /* enum perfetto_role */
	bool step;	      /* a name without -start and -done is a PERFETTO_STEP */
	int8_t key[2];	      /* argument, or enum perfetto_key */
	uint8_t args[PERFETTO_RULE_ARGS]; /* enum perfetto_arg */
};

/* What one probe is. */
struct perfetto_what {
	const struct perfetto_rule *rule; /* never NULL */
	enum perfetto_verb verb;
	bool by_thread; /* whatever the rule says: it is a function's entry or return */
	char pair[PERFETTO_NAME_MAX]; /* cut to fit, as all names here are */
	char slice[PERFETTO_NAME_MAX];
};

void perfetto_classify(const char *provider, const char *name, struct perfetto_what *what);

#endif
