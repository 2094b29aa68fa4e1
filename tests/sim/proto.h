/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What an upstairs and a downstairs of the stand-in say to each other: a fixed header in the host's
 * byte order, then LEN bytes of data. Both ends run on one host and come from one build.
 */
#ifndef SIM_PROTO_H
#define SIM_PROTO_H

#include <stdbool.h>
#include <stdint.h>

#define PROTO_MAGIC   0x41535359u
#define PROTO_MAX_LEN (64u << 20)

enum msg_op {
	OP_READ = 0,
	OP_WRITE,
	OP_WRITE_UNWRITTEN,
	OP_FLUSH,
	OP_BARRIER,
	OP_CLOSE,	/* stop an extent for its repair; answers with a hash of its data */
	OP_FLUSH_CLOSE, /* the same on the side that has the good data */
	OP_REPAIR,	/* copy the extent from the downstairs at port AUX */
	OP_NOOP,
	OP_REOPEN,
	OP_GUEST_MAX = OP_CLOSE,
	OP_JOB_MAX = OP_REOPEN + 1,
	OP_HELLO = 32, /* AUX: the process; answered with a struct region_shape */
	OP_FETCH,      /* one downstairs asks another for an extent */
};

#define MSG_SHARED 1u /* another process has this region open, too */

struct msg_head {
	uint32_t magic;
	uint8_t op;
	uint8_t flags;
	uint16_t status; /* an errno in an answer */
	uint64_t job;
	uint64_t block;
	uint32_t blocks;
	uint32_t extent;
	uint64_t aux;
	uint32_t len;
	uint32_t pad;
};

struct region_shape {
	uint32_t block_size;
	uint32_t extent_size; /* blocks */
	uint32_t extent_count;
	uint32_t pad;
};

/* 0, or -errno; an end of the stream before the first byte is -ENOTCONN. */
int proto_send(int fd, const struct msg_head *h, const void *data);
int proto_recv_head(int fd, struct msg_head *h);
int proto_recv_data(int fd, void *data, uint32_t len);
/* Connect to a TCP address of this host; the socket or -errno. */
int proto_connect(const char *host, uint16_t port);

#endif
