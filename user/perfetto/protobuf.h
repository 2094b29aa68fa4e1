/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A writer of protobuf messages into memory: the few kinds of fields that traces need. Format:
 * https://protobuf.dev/programming-guides/encoding/
 *
 * Without memory a message stays as it was and `err` is set, once for all: look at it at the end.
 */
#ifndef ASSAY_PROTOBUF_H
#define ASSAY_PROTOBUF_H

#include <stddef.h>
#include <stdint.h>

struct protobuf {
	uint8_t *data;
	size_t len;
	size_t size; /* of the memory at `data` */
	int err;     /* 0 or -ENOMEM */
};

/* Frees the memory; what is left is an empty message. */
void protobuf_free(struct protobuf *pb);

/* Fields of the kinds uint64, int64, enum and bool; of the kind fixed64; of the kind string. */
void protobuf_number(struct protobuf *pb, uint32_t field, uint64_t value);
void protobuf_fixed64(struct protobuf *pb, uint32_t field, uint64_t value);
void protobuf_text(struct protobuf *pb, uint32_t field, const char *text);

/* Appends the fields of `from`. */
void protobuf_append(struct protobuf *pb, const struct protobuf *from);

/* A field that is a message: all fields written between the two are its own. */
size_t protobuf_open(struct protobuf *pb, uint32_t field);
void protobuf_close(struct protobuf *pb, size_t opened);

#endif
