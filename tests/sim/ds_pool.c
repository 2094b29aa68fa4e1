// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The threads on which a flush's extents are flushed, as Crucible's do it on a pool. */
#include <stdlib.h>

#include "downstairs.h"

#define POOL_THREADS 2

/* One flush waiting for its extents; it lives on the waiter's stack. */
struct batch {
	uint64_t job;
	uint32_t left;
	int rc;
};

struct task {
	struct task *next;
	struct batch *batch;
	uint32_t extent;
};

struct flush_pool {
	struct region *region;
	pthread_mutex_t lock;
	pthread_cond_t work, done;
	struct task *first, **last;
	bool stop;
	pthread_t threads[POOL_THREADS];
};

static void *pool_run(void *arg)
{
	struct flush_pool *p = arg;

	pthread_mutex_lock(&p->lock);
	while (p->first || !p->stop) {
		struct task *t = p->first;
		int rc;

		if (!t) {
			pthread_cond_wait(&p->work, &p->lock);
			continue;
		}
		p->first = t->next;
		if (!p->first)
			p->last = &p->first;
		pthread_mutex_unlock(&p->lock);
		rc = region_flush_extent(p->region, t->batch->job, t->extent);
		pthread_mutex_lock(&p->lock);
		if (rc && !t->batch->rc)
			t->batch->rc = rc;
		if (!--t->batch->left)
			pthread_cond_broadcast(&p->done);
		free(t);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

struct flush_pool *pool__new(struct region *r)
{
	struct flush_pool *p = util_alloc(1, sizeof(*p));

	p->region = r;
	p->last = &p->first;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	pthread_cond_init(&p->done, NULL);
	for (int i = 0; i < POOL_THREADS; i++)
		thread_start(&p->threads[i], pool_run, p);
	return p;
}

void pool__free(struct flush_pool *p)
{
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
	for (int i = 0; i < POOL_THREADS; i++)
		pthread_join(p->threads[i], NULL);
	free(p);
}

int pool_flush(struct flush_pool *p, uint64_t job)
{
	struct batch b = { job, 0, 0 };

	for (uint32_t i = 0; i < p->region->shape.extent_count; i++) {
		struct task *t;

		if (!region_extent_dirty(p->region, i))
			continue;
		t = util_alloc(1, sizeof(*t));
		t->batch = &b;
		t->extent = i;
		pthread_mutex_lock(&p->lock);
		*p->last = t;
		p->last = &t->next;
		b.left++;
		pthread_cond_signal(&p->work);
		pthread_mutex_unlock(&p->lock);
	}
	pthread_mutex_lock(&p->lock);
	while (b.left)
		pthread_cond_wait(&p->done, &p->lock);
	pthread_mutex_unlock(&p->lock);
	return b.rc;
}
