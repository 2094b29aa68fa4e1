/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What an upstairs says of itself once a second: the JSON text of probe up-status, of builds of any
 * age. A field that a build lacks has no value; one of another kind than expected is shown as it
 * is. Hostile: nothing here is fit for a terminal before it is escaped.
 */
#ifndef ASSAY_UPSTATUS_H
#define ASSAY_UPSTATUS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct upstatus;

/*
 * Parses `text`, the probe's second argument: {"ok":{...}}, or the object alone. 0; -EINVAL when it
 * is no such JSON (cut, say), -EREMOTEIO when it is {"err":...}, -ENOMEM, with the reason in `why`.
 * Freed with upstatus__free().
 */
int upstatus__parse(const char *text, struct upstatus **out, char *why, size_t why_size);
void upstatus__free(struct upstatus *status);

/* The object itself, a new reference; numbers beyond 63 bits are strings in it. */
json_t *upstatus_json(const struct upstatus *status);

/* The object's text, byte for byte, in `text` as it was parsed; its length in *len. */
const char *upstatus_bare(const char *text, size_t *len);

/*
 * The field at `path` ("ds_io_count.done"), element `index` where it is an array (negative: the
 * field itself), into `dst`, cut to fit: a number with all its digits, a text as it is, anything
 * else as compact JSON. "-" when there is none. Returns `dst`.
 */
char *upstatus_value(const struct upstatus *status, const char *path, int index, char *dst,
		     size_t size);

/* The same as a number; false when it is none, or beyond 64 bits. */
bool upstatus_number(const struct upstatus *status, const char *path, int index, uint64_t *n);

/* The sum of an array of numbers; false when it is none. */
bool upstatus_sum(const struct upstatus *status, const char *path, uint64_t *n);

/* How many elements the array at `path` has; 0 when it is none: clients, by "ds_state". */
int upstatus_count(const struct upstatus *status, const char *path);

/*
 * The short form of a downstairs' state, as today's scripts have it ("Active" and "active" are
 * ACT); an unknown one as it is.
 */
const char *upstatus_short_state(const char *state);

/* Whether that is a state that some build has, or the short form of one. */
bool upstatus_is_state(const char *text);

#endif
