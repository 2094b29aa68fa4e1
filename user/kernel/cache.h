/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The page cache's events in the kernel: loads and attaches bpf/pages.bpf.c. Counts by side and
 * file system, and the events one by one where they are wanted.
 */
#ifndef ASSAY_CACHE_H
#define ASSAY_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/fold_table.h"
#include "pages.h"

struct cache_options {
	const char *const *patterns; /* what is maintenance: user/duet/sides.h */
	int npatterns;		     /* 0, and no command: what is so by default */
	pid_t command;	      /* this process and what it starts is maintenance, too; 0: none */
	uint64_t window;      /* ns: for how long what the foreground read is remembered */
	bool sends;	      /* a struct page_record of each event, and nothing else: --events */
	const uint32_t *devs; /* with `sends`: of these superblocks only */
	int ndevs;	      /* 0: of all */
};

struct cache;

/*
 * On success *out is the caller's, freed with cache__free(). On failure -errno and `why`; -EINVAL
 * and -ENOENT may be a pattern's.
 */
int cache__new(const struct cache_options *options, struct cache **out, char *why, size_t why_size);
void cache__free(struct cache *cache);

/* What happens counts from the first to the second. */
void cache_go(struct cache *cache);
void cache_stop(struct cache *cache);

/* Its numbers; valid until it is freed. */
struct fold_tables cache_tables(const struct cache *cache);

/* Hands on the events that have come. Returns their number or -errno. */
typedef void (*page_record_fn)(void *arg, const struct page_record *record);
int cache_drain(struct cache *cache, page_record_fn fn, void *arg);

/* Without `sends`: hands on what maintenance has read past the page cache, likewise. */
typedef void (*range_record_fn)(void *arg, const struct range_record *record);
int cache_drain_ranges(struct cache *cache, range_record_fn fn, void *arg);

/* What of its counts this kernel has no tracepoints for. */
struct cache_lacks {
	bool look_ups; /* before 6.12: what is looked up, of that what was found */
};
struct cache_lacks cache_lacks(const struct cache *cache);

/* What the numbers do not cover: what was seen, and could not be kept or looked through. */
struct cache_losses {
	uint64_t forgotten; /* chunks of 64 pages that others had to make room for */
	uint64_t unseen;    /* bytes of block I/O that were not looked through */
	uint64_t sideless;  /* events that went to the foreground for want of room */
	uint64_t missed;    /* events that came while the same program ran on that CPU */
};
struct cache_losses cache_losses(const struct cache *cache);

#endif
