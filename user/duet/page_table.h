/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A hash table of what is known of files, or of parts of them: values of one size, by superblock,
 * inode and part. It grows as it fills, up to a limit.
 */
#ifndef ASSAY_PAGE_TABLE_H
#define ASSAY_PAGE_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct page_key {
	uint64_t inode;
	uint64_t part; /* of the file; 0 where there are none */
	uint32_t dev;  /* the superblock's, as in kernel/devices.h */
};

struct page_table;

/* Of at most `most` values of `size` bytes, a multiple of 8. NULL without memory. */
struct page_table *page_table__new(size_t size, uint32_t most);
void page_table__free(struct page_table *table);

/* The value of a key, valid until another is added; NULL when there is none. */
void *page_table_find(const struct page_table *table, struct page_key key);

/* The same; one that is new is all zero. NULL when the table is full, or there is no memory. */
void *page_table_add(struct page_table *table, struct page_key key);

uint32_t page_table_count(const struct page_table *table);

/* Number `i` of them, its key in *key, in the order they were added, or sorted. */
void *page_table_get(const struct page_table *table, uint32_t i, struct page_key *key);

/* Sorts by superblock, inode and part. Nothing can be found or added then, until it is cleared. */
void page_table_sort(struct page_table *table);

/* Keeps the memory. */
void page_table_clear(struct page_table *table);

#endif
