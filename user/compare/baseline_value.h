/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Values of a JSON object that came from outside, each with the place where it was found: what has
 * the wrong type or is out of bounds is refused in words that say where it is.
 */
#ifndef ASSAY_BASELINE_VALUE_H
#define ASSAY_BASELINE_VALUE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What ends each refusal. */
#define VALUE_CURE "; measure it anew (assay baseline)"

/* Where refusals go. */
struct refusal {
	const char *name; /* of the file */
	char *why;
	size_t why_size;
};

/* Key of an object, or, without a key, entry of an array; what holds it must outlive it. */
struct value {
	const struct refusal *refusal;
	const struct value *in; /* NULL: the outermost */
	const char *key;
	size_t entry;
	const json_t *json; /* NULL: it is not there */
};

struct value value_key(const struct value *object, const char *key);
struct value value_entry(const struct value *array, size_t entry);

/*
 * Says "FILE: runs[2].load WHAT; …" in the refusal's `why`. Returns -EBADMSG. Without json, or of
 * another type than `want` says in words: value_refuse_type().
 */
int value_refuse(const struct value *value, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int value_refuse_type(const struct value *value, const char *want);

/*
 * 0, or -EBADMSG when the value is not of the type or is out of bounds; texts are copied (-ENOMEM).
 * *n gets the entries of an array, at most `max`.
 */
int value_object(const struct value *value);
int value_array(const struct value *value, size_t max, size_t *n);
int value_integer(const struct value *value, int64_t low, int64_t high, int64_t *out);
int value_number(const struct value *value, uint64_t *out); /* 0 to 2^63 - 1 */
int value_bool(const struct value *value, bool *out);
int value_string(const struct value *value, const char **out); /* not copied */
int value_text(const struct value *value, char **out);

/* An array of texts with a NULL behind them. *n counts those that were copied, in any case. */
int value_texts(const struct value *value, size_t max, char ***out, int *n);

#endif
