// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "protobuf.h"

#define VARINT_MAX 10 /* bytes */

enum wire { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_LEN = 2 };

void protobuf_free(struct protobuf *pb)
{
	free(pb->data);
	*pb = (struct protobuf){ 0 };
}

/* Memory for `n` bytes more, or NULL. */
static uint8_t *room(struct protobuf *pb, size_t n)
{
	size_t size = pb->size ? pb->size : 256;
	uint8_t *data;

	if (pb->err)
		return NULL;
	if (n <= pb->size - pb->len)
		return pb->data + pb->len;
	while (size - pb->len < n)
		size *= 2;
	data = realloc(pb->data, size);
	if (!data) {
		pb->err = -ENOMEM;
		return NULL;
	}
	pb->data = data;
	pb->size = size;
	return data + pb->len;
}

static size_t varint(uint8_t *to, uint64_t value)
{
	size_t n = 0;

	for (; value >= 0x80; value >>= 7)
		to[n++] = (uint8_t)(value | 0x80);
	to[n++] = (uint8_t)value;
	return n;
}

static size_t tag(uint8_t *to, uint32_t field, enum wire wire)
{
	return varint(to, field << 3 | wire);
}

static void bytes(struct protobuf *pb, const void *data, size_t n)
{
	uint8_t *to = room(pb, n);

	if (!to || !n)
		return;
	memcpy(to, data, n);
	pb->len += n;
}

void protobuf_number(struct protobuf *pb, uint32_t field, uint64_t value)
{
	uint8_t *to = room(pb, 2 * VARINT_MAX);
	size_t n;

	if (!to)
		return;
	n = tag(to, field, WIRE_VARINT);
	pb->len += n + varint(to + n, value);
}

void protobuf_fixed64(struct protobuf *pb, uint32_t field, uint64_t value)
{
	uint8_t *to = room(pb, VARINT_MAX + 8);
	size_t n;

	if (!to)
		return;
	n = tag(to, field, WIRE_FIXED64);
	for (int i = 0; i < 8; i++)
		to[n++] = (uint8_t)(value >> 8 * i);
	pb->len += n;
}

void protobuf_text(struct protobuf *pb, uint32_t field, const char *text)
{
	size_t len = strlen(text), n;
	uint8_t *to = room(pb, 2 * VARINT_MAX + len);

	if (!to)
		return;
	n = tag(to, field, WIRE_LEN);
	n += varint(to + n, len);
	pb->len += n;
	bytes(pb, text, len);
}

void protobuf_append(struct protobuf *pb, const struct protobuf *from)
{
	bytes(pb, from->data, from->len);
}

size_t protobuf_open(struct protobuf *pb, uint32_t field)
{
	uint8_t *to = room(pb, VARINT_MAX + 1);

	if (to)
		pb->len += tag(to, field, WIRE_LEN) + 1; /* most lengths fit in one byte */
	return pb->len;
}

void protobuf_close(struct protobuf *pb, size_t opened)
{
	size_t len = pb->len - opened, n;
	uint8_t length[VARINT_MAX];

	n = varint(length, len);
	if (!room(pb, n))
		return;
	memmove(pb->data + opened + n - 1, pb->data + opened, len);
	memcpy(pb->data + opened - 1, length, n);
	pb->len += n - 1;
}
