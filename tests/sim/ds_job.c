// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A job at the downstairs, from its arrival to its answer, and the probes on that way. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "downstairs.h"
#include "probes.h"
#include "truth.h"

/* The four kinds of guest IO: submit- or os-, start or done. */
#define FIRE_IO(stage, edge, op, job)                               \
	do {                                                        \
		switch (op) {                                       \
		case OP_READ:                                       \
			USDT(stage##__read__##edge, job);           \
			break;                                      \
		case OP_WRITE:                                      \
			USDT(stage##__write__##edge, job);          \
			break;                                      \
		case OP_WRITE_UNWRITTEN:                            \
			USDT(stage##__writeunwritten__##edge, job); \
			break;                                      \
		case OP_FLUSH:                                      \
			USDT(stage##__flush__##edge, job);          \
			break;                                      \
		default:                                            \
			break;                                      \
		}                                                   \
	} while (0)

static const char *submit_truth_name(uint8_t op)
{
	static const char *const names[OP_JOB_MAX] = {
		[OP_READ] = "submit-read",
		[OP_WRITE] = "submit-write",
		[OP_WRITE_UNWRITTEN] = "submit-writeunwritten",
		[OP_FLUSH] = "submit-flush",
		[OP_BARRIER] = "",
		[OP_CLOSE] = "submit-el-close",
		[OP_FLUSH_CLOSE] = "submit-el-flush-close",
		[OP_REPAIR] = "submit-el-repair",
		[OP_NOOP] = "submit-el-noop",
		[OP_REOPEN] = "submit-el-reopen",
	};

	return names[op];
}

uint64_t job_submit(const struct msg_head *h)
{
	uint64_t now = truth_now();

	FIRE_IO(submit, start, h->op, h->job);
	switch (h->op) {
	case OP_BARRIER:
		USDT(submit__barrier__start, h->job);
		break;
	case OP_CLOSE:
		USDT(submit__el__close__start, h->job);
		break;
	case OP_FLUSH_CLOSE:
		USDT(submit__el__flush__close__start, h->job);
		break;
	case OP_REPAIR:
		USDT(submit__el__repair__start, h->job);
		break;
	case OP_NOOP:
		USDT(submit__el__noop__start, h->job);
		break;
	case OP_REOPEN:
		USDT(submit__el__reopen__start, h->job);
		break;
	}
	/* Crucible has no probe for a barrier's end. */
	return h->op == OP_BARRIER ? 0 : now;
}

static void job_answered(uint8_t op, uint64_t job, uint64_t submitted)
{
	uint64_t now = truth_now();

	FIRE_IO(submit, done, op, job);
	switch (op) {
	case OP_CLOSE:
	case OP_FLUSH_CLOSE:
		USDT(submit__el__close__done, job);
		break;
	case OP_REPAIR:
		USDT(submit__el__repair__done, job);
		break;
	case OP_NOOP:
	case OP_REOPEN:
		USDT(submit__el__done, job);
		break;
	}
	truth_add(submit_truth_name(op), job, TRUTH_NO_SUB, submitted, now);
}

/* Fetch an extent from another downstairs, whose address is in AUX: IPv4 and port. */
static int job_repair(struct downstairs *ds, const struct msg_head *h)
{
	struct msg_head ask = { .magic = PROTO_MAGIC, .op = OP_FETCH, .extent = h->extent };
	struct in_addr addr = { (uint32_t)(h->aux >> 32) };
	uint32_t len = region_extent_len(ds->region);
	char host[INET_ADDRSTRLEN];
	uint8_t *data = NULL;
	int fd, rc;

	if (h->extent >= ds->region->shape.extent_count)
		return -EINVAL;
	inet_ntop(AF_INET, &addr, host, sizeof(host));
	fd = proto_connect(host, (uint16_t)h->aux);
	if (fd < 0)
		return fd;
	rc = proto_send(fd, &ask, NULL);
	if (!rc)
		rc = proto_recv_head(fd, &ask);
	if (!rc && (ask.status || ask.len != len))
		rc = ask.status ? -ask.status : -EPROTO;
	if (!rc) {
		data = util_alloc(1, len);
		rc = proto_recv_data(fd, data, len);
	}
	if (!rc)
		rc = region_import(ds->region, h->extent, data);
	free(data);
	close(fd);
	return rc;
}

static const char *os_truth_name(uint8_t op)
{
	static const char *const names[] = { "os-read", "os-write", "os-writeunwritten",
					     "os-flush" };

	return op <= OP_FLUSH ? names[op] : "";
}

/* Read, write and flush: what stands between os-X-start and os-X-done. */
static int job_io(struct downstairs *ds, struct rng *rng, const struct msg_head *h,
		  const uint8_t *data, uint8_t **out)
{
	struct region *r = ds->region;
	struct delay *d = &ds->delays.write;
	uint64_t start = truth_now(), end;
	int rc;

	FIRE_IO(os, start, h->op, h->job);
	if (h->op == OP_READ)
		d = &ds->delays.read;
	else if (h->op == OP_FLUSH)
		d = &ds->delays.flush;
	if (delay_is_set(d))
		time_sleep(delay_pick(d, rng));
	if (h->op == OP_READ) {
		*out = util_alloc(h->blocks, r->shape.block_size);
		rc = region_read(r, h->job, h->block, h->blocks, *out);
	} else if (h->op == OP_FLUSH) {
		rc = pool_flush(ds->pool, h->job);
	} else if (h->len != (uint64_t)h->blocks * r->shape.block_size) {
		rc = -EINVAL;
	} else {
		rc = region_write(r, h->job, h->block, h->blocks, data,
				  h->op == OP_WRITE_UNWRITTEN);
	}
	end = truth_now();
	FIRE_IO(os, done, h->op, h->job);
	truth_add(os_truth_name(h->op), h->job, TRUTH_NO_SUB, start, end);
	return rc;
}

uint8_t *job_do(struct downstairs *ds, struct rng *rng, struct msg_head *h, const uint8_t *data,
		uint64_t submitted)
{
	uint64_t start = truth_now(), end;
	uint8_t *out = NULL;
	int rc = 0;

	USDT(work__start, h->job);
	if (delay_is_set(&ds->delays.work))
		time_sleep(delay_pick(&ds->delays.work, rng));
	USDT(work__process, h->job);
	if (h->op <= OP_FLUSH)
		rc = job_io(ds, rng, h, data, &out);
	if (h->op == OP_FLUSH_CLOSE)
		rc = region_flush_close(ds->region, h->job, h->extent);
	if (!rc && (h->op == OP_CLOSE || h->op == OP_FLUSH_CLOSE))
		rc = region_hash(ds->region, h->extent, &h->aux);
	if (h->op == OP_REPAIR && h->aux)
		rc = job_repair(ds, h);
	end = truth_now();
	USDT(work__done, h->job);
	truth_add("work", h->job, TRUTH_NO_SUB, start, end);
	job_answered(h->op, h->job, submitted);
	h->status = (uint16_t)-rc;
	h->len = out ? h->blocks * ds->region->shape.block_size : 0;
	return out;
}
