/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The parts of the stand-in downstairs: connections, the work of a job, the flush pool. */
#ifndef SIM_DOWNSTAIRS_H
#define SIM_DOWNSTAIRS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "proto.h"
#include "region.h"
#include "util.h"

struct flush_pool;

struct ds_delays {
	struct delay read, write, flush, work;
};

struct downstairs {
	struct region *region;
	struct flush_pool *pool;
	struct ds_delays delays;
	uint64_t seed;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t gone;
	struct conn *conns;
	uint64_t connected; /* connections so far */
};

/* One accepted connection gets threads of its own, which end and free it when it breaks. */
void conn_start(struct downstairs *ds, int fd);
/* Break all connections and wait until their jobs are done and they are gone. */
void conn_end_all(struct downstairs *ds);

/* Do one job, with its probes; fills in the answer and what it carries (to be freed). */
uint8_t *job_do(struct downstairs *ds, struct rng *rng, struct msg_head *h, const uint8_t *data,
		uint64_t submitted);
/* Fires the probe of a job's arrival; when that was, for the truth. */
uint64_t job_submit(const struct msg_head *h);

struct flush_pool *pool__new(struct region *r);
void pool__free(struct flush_pool *p);
/* Flush all dirty extents on the pool's threads; 0 or the first -errno. */
int pool_flush(struct flush_pool *p, uint64_t job);

#endif
