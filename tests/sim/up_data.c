// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What the guest's blocks hold, and whether a read brings it back. A block carries the process that
 * wrote it, its number, its version, and words that follow from these.
 */
#include <stdlib.h>
#include <string.h>

#include "upstairs.h"

#define BLOCK_HEAD 3 /* words */

static uint64_t block_word(uint64_t block, uint32_t version)
{
	return (block * 0x9e3779b97f4a7c15ull) ^ ((uint64_t)version << 32 | version);
}

void data_fill(struct upstairs *u, struct job *j)
{
	size_t words = u->shape.block_size / 8;
	const struct msg_head *h = &j->msg->head;

	for (uint32_t i = 0; i < h->blocks; i++) {
		uint64_t block = h->block + i, word, *at = (uint64_t *)j->msg->data + i * words;
		uint32_t version = ++u->next_version;

		word = block_word(block, version);
		at[0] = u->process;
		at[1] = block;
		at[2] = version;
		for (size_t w = BLOCK_HEAD; w < words; w++)
			at[w] = word;
		/* Whether an unwritten write takes effect is the downstairs' to know. */
		if (j->op == OP_WRITE)
			u->versions[block] = version;
	}
}

void data_expect(struct upstairs *u, struct job *j)
{
	const struct msg_head *h = &j->msg->head;

	for (uint32_t i = 0; i < h->blocks; i++) {
		uint32_t version = u->versions[h->block + i];

		if (!version)
			continue;
		if (!j->expect)
			j->expect = util_alloc(h->blocks, sizeof(*j->expect));
		j->expect[i] = version;
	}
}

static bool block_ok(const struct upstairs *u, const uint64_t *at, uint64_t block, uint32_t version)
{
	size_t words = u->shape.block_size / 8;
	uint64_t word = block_word(block, version);

	if (u->shared && at[0] != u->process)
		return true; /* another process may have written it since */
	if (at[0] != u->process || at[1] != block || at[2] != version)
		return false;
	for (size_t w = BLOCK_HEAD; w < words; w++)
		if (at[w] != word)
			return false;
	return true;
}

bool data_check(struct upstairs *u, struct job *j, const struct msg_head *h, const uint8_t *data)
{
	size_t words = u->shape.block_size / 8;

	u->shared |= h->flags & MSG_SHARED;
	if (h->len != (uint64_t)h->blocks * u->shape.block_size)
		return false;
	for (uint32_t i = 0; j->expect && i < h->blocks; i++) {
		if (!j->expect[i])
			continue;
		j->compared = true;
		if (!block_ok(u, (const uint64_t *)(const void *)data + i * words, h->block + i,
			      j->expect[i]))
			return false;
	}
	return true;
}
