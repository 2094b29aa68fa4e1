/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the arguments of known probes are. A note says where an argument stands and how wide it is,
 * not what it means, nor whether it points to a text.
 */
#ifndef ASSAY_SIGNATURE_H
#define ASSAY_SIGNATURE_H

#include <stdint.h>

#include "fold_types.h"

struct signature {
	const char *provider;
	const char *probe; /* with shell wildcards */
	/* its arguments, separated by blanks; a text's ends with '*' */
	const char *args;
};

/* The signature of a probe; NULL when it is not known. */
const struct signature *signature_find(const char *provider, const char *probe);

/* How many arguments it names. `signature` may be NULL, here and below. */
int signature_count(const struct signature *signature);

/* Bit n: argument n is a text. */
uint8_t signature_texts(const struct signature *signature);

/*
 * The name of argument n ("job"), its length in *len; "argN" where none is known, which lives until
 * the next call.
 */
const char *signature_name(const struct signature *signature, int n, int *len);

/* The argument whose name is `name`, or -1. */
int signature_index(const struct signature *signature, const char *name);

/* Why no binary has a site of a probe that once was, or was meant to be; NULL: they have. */
const char *signature_gone(const char *provider, const char *probe);

#endif
