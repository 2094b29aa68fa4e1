/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The stream of hits that a tracer sends, in the order of their times. They come through two kinds
 * of rings, those with texts apart; a hit is handed on once no older one can be under way that it
 * could depend on.
 */
#ifndef ASSAY_STREAM_H
#define ASSAY_STREAM_H

#include "hit.h"
#include "tracer.h"

struct stream;

struct stream_handlers {
	void (*hit)(void *arg, const struct hit *hit);		 /* NULL: none are sent */
	void (*slow)(void *arg, const struct record_slow *slow); /* likewise */
	void *arg;
};

/* Of a tracer, which outlives it. NULL when there is no memory. Freed with stream__free(). */
struct stream *stream__new(struct tracer *tracer, uint32_t hit_args,
			   const struct stream_handlers *handlers);
void stream__free(struct stream *stream);

/* Hands on what has come up to now. Returns how many there were, or -errno. */
int stream_drain(struct stream *stream);

/* Hits with texts that were lost for want of memory. */
uint64_t stream_lost(const struct stream *stream);

#endif
