/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The block layer's requests in the kernel: loads and attaches bpf/block.bpf.c, and hands out what
 * it measured. Rows and what splits them are in bpf/block.h; devices are the kernel's dev_t
 * (devices.h).
 */
#ifndef ASSAY_REQUESTS_H
#define ASSAY_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "block.h"
#include "core/fold_table.h"

struct requests_options {
	const uint32_t *devs; /* only these partitions, and disks with all of theirs */
	int ndevs;	      /* at most BLOCK_MAX_DEVICES; 0: all */
	const pid_t *pids;    /* only what these processes queued */
	int npids;	      /* 0: all */
	bool by_process;      /* split by who queued a request */
	bool queuers;	      /* who that was matters for what is in flight */
	bool slow;	      /* a struct block_slow of each that took at least `slow_ns` */
	uint64_t slow_ns;
	int ndevices; /* that there are: how much room is made */
};

struct requests;

/*
 * On success *out is the caller's, freed with requests__free(). On failure -errno and `why`. What
 * the kernel lacks is said, and left out.
 */
int requests__new(const struct requests_options *options, struct requests **out, char *why,
		  size_t why_size);
void requests__free(struct requests *requests);

/* What it measures counts from the first to the second. */
void requests_go(struct requests *requests);
void requests_stop(struct requests *requests);

/* Its numbers; valid until it is freed. */
struct fold_tables requests_tables(const struct requests *requests);

/* Hands on the slow ones that have come. Their number, or -errno. */
typedef void (*requests_slow_fn)(void *arg, const struct block_slow *slow);
int requests_drain(struct requests *requests, requests_slow_fn fn, void *arg);

/*
 * Calls `fn` for each request that is on its way now: that the driver has, and where it is asked
 * who queued them, those that are queued (`issued` is 0).
 */
typedef void (*requests_inflight_fn)(void *arg, const struct block_request *request);
void requests_each_inflight(const struct requests *requests, requests_inflight_fn fn, void *arg);

/* Calls `fn` for each device that there were requests for, once or more. */
typedef void (*requests_device_fn)(void *arg, uint32_t dev);
void requests_each_device(const struct requests *requests, requests_device_fn fn, void *arg);

#endif
