/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * JSON, one object a line. Objects are jansson's; a value that could not be made for want of memory
 * shows as a missing key.
 */
#ifndef ASSAY_JSON_H
#define ASSAY_JSON_H

#include <jansson.h>

#include "render.h"

/* A new object {"report": …, "time": …} in the order keys are set. */
json_t *json_line(const struct render *render);

/* Sets a key, taking the reference to `value`. Either may be NULL. */
void json_set(json_t *object, const char *key, json_t *value);

/* A string of text; one that is no UTF-8 is escaped as on a terminal. NULL when no memory. */
json_t *json_text(const char *text);

/*
 * Prints the object as one line and frees it. -ENOMEM when it is NULL, else 0 or -errno of the
 * output, whose stream keeps the error, too.
 */
int json_print(FILE *out, json_t *object);

#endif
