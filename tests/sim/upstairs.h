/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The stand-in upstairs. One main thread owns its state: guest threads hand it IOs through a queue,
 * and each client (a connection to a downstairs) has a sending and a receiving thread, which hand
 * it replies as events.
 */
#ifndef SIM_UPSTAIRS_H
#define SIM_UPSTAIRS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "proto.h"
#include "util.h"

#define CLIENTS	    3
#define FIRST_JOB   1000
#define JOB_RING    8192 /* jobs remembered; a power of two */
#define JOB_KEEP    4096 /* finished jobs remembered when no flush retires them */
#define JOB_ACTIVE  1024 /* unfinished jobs at most */
#define UUID_JSON   64
#define FLUSH_CHECK (NSEC_PER_SEC / 2)
#define TICK	    (NSEC_PER_SEC / 20)

enum workload { WORK_GENERIC, WORK_RAND_WRITE, WORK_RAND_READ, WORK_FILL, WORK_ONE };

enum job_stage { STAGE_GW_QUEUE, STAGE_QUEUE, STAGE_ACK, STAGE_MAX };

enum client_state {
	CS_NEW,
	CS_WAIT_QUORUM,
	CS_ACTIVE,
	CS_OFFLINE,
	CS_FAULTED,
	CS_LIVE_REPAIR_READY,
	CS_LIVE_REPAIR,
};

enum io_state { IO_NEW, IO_IN_PROGRESS, IO_DONE, IO_SKIPPED, IO_ERROR };

struct target {
	char host[64];
	uint32_t addr; /* the same, in network order */
	uint16_t port;
};

struct options {
	enum workload work;
	struct target targets[CLIENTS];
	int target_count;
	uint64_t gen, count, time_ns, rate, seed, state_hold;
	uint32_t io_size, io_depth, threads, upstairs;
	uint32_t mix[OP_GUEST_MAX];
	struct delay delays[STAGE_MAX], client_delay, reqwest_delay;
	const char *truth, *counts;
	bool quiet;
};

/* A guest's IO; it lives on the guest thread's stack until done. */
struct guest_io {
	struct guest_io *next;
	uint8_t op;
	uint64_t block;
	uint32_t blocks;
	pthread_cond_t wake;
	bool done, compared;
	int rc;
};

/* A message as sent, shared by the clients it goes to. */
struct msg {
	int refs;
	struct msg_head head;
	uint8_t data[];
};

struct job {
	uint64_t id;
	uint8_t op;
	bool gw_done, complete;
	uint32_t extent; /* of a repair job */
	struct guest_io *io;
	struct msg *msg;
	uint32_t *expect; /* of a read: each block's version, 0 when unknown */
	bool compared;
	int rc;
	uint8_t state[CLIENTS];
	uint64_t gw_start, client_start[CLIENTS]; /* for the truth */
	uint64_t due;
	struct job *next; /* in a stage */
};

struct stage {
	struct job *first, *last;
	uint64_t due; /* of the last one: they go on in their order */
};

struct event {
	struct event *next;
	enum { EV_UP, EV_DOWN, EV_REPLY } what;
	uint8_t client;
	uint64_t conn; /* which connection of this client, counted */
	struct msg_head head;
	uint8_t data[];
};

struct send_slot {
	struct msg *msg;
	uint64_t due, conn;
};

struct client {
	struct upstairs *up;
	uint8_t index;
	pthread_t sender, receiver;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t wake;
	struct send_slot slots[JOB_RING];
	uint64_t head, tail;
	uint64_t conn;
	bool connected, stop;
	int fd;
	pthread_mutex_t send_lock;    /* held while the socket is written or closed */
	uint64_t net_start[JOB_RING]; /* atomic; for the truth */
	uint64_t pings;
};

/* How the main thread sees a client. */
struct client_view {
	enum client_state state;
	uint64_t since, conn, connects, repaired, confirmed, completed, aborted;
	bool connected;
};

enum repair_step {
	REPAIR_IDLE,
	REPAIR_DRAIN,
	REPAIR_CLOSE,
	REPAIR_COPY,
	REPAIR_NOOP,
	REPAIR_REOPEN
};

struct repair {
	enum repair_step step;
	uint8_t client;
	uint32_t extent;
	uint64_t next_at; /* when the next extent's turn is */
	uint64_t hash[CLIENTS];
	bool confirmed, failed;
};

struct up_counters {
	uint64_t apply, downstairs, guest, deferred_block, deferred_message, flush_check,
		stat_check, control_check, noop;
};

struct upstairs {
	const struct options *opts;
	uint32_t index;
	uint64_t process; /* this process, as the downstairs and the data know it */
	char upstairs_id[UUID_LEN], session_id[UUID_LEN], volume_id[UUID_LEN];
	struct region_shape shape;
	uint32_t first_extent, end_extent;
	struct client *clients[CLIENTS];
	pthread_t thread;

	pthread_mutex_t lock; /* of what follows, up to the next comment */
	pthread_cond_t wake, ready_wake;
	struct event *events, **events_last;
	struct guest_io *ios, **ios_last;
	uint32_t io_count; /* guest IOs not answered */
	bool ready, stop, ended;
	uint32_t guests; /* guest threads that still run */
	uint64_t issued, next_slot, end_time;
	uint64_t guest_done[OP_GUEST_MAX], failed;
	uint32_t volume_counter;

	/* the main thread's own */
	struct job ring[JOB_RING];
	uint64_t first_job, next_job, flushed;
	uint32_t active;
	struct stage stages[STAGE_MAX];
	struct client_view view[CLIENTS];
	struct repair repair;
	struct up_counters counters;
	uint32_t *versions; /* of each block, what was last written; 0: not by us */
	uint32_t next_version;
	uint64_t write_bytes, mismatched;
	bool shared, quorum;
	struct rng rng;
	uint64_t stat_at, flush_at, tick_at, stop_at;
};

/* up_main.c */
void up_start(struct upstairs *u);
void up_post(struct upstairs *u, struct event *ev);
void up_set_state(struct upstairs *u, uint8_t client, enum client_state state);
void up_io_finish(struct upstairs *u, struct guest_io *io, int rc, bool compared);

/* up_job.c */
void job_from_guest(struct upstairs *u, struct guest_io *io);
void job_reply(struct upstairs *u, struct event *ev);
void job_stages_run(struct upstairs *u, uint64_t now);
void job_skip_client(struct upstairs *u, uint8_t client);
struct job *job_get(struct upstairs *u, uint64_t id);
struct job *job_new(struct upstairs *u, uint8_t op);
void job_check(struct upstairs *u, struct job *j);
struct msg *msg_new(const struct msg_head *head, uint32_t refs);
void msg_put(struct msg *m);

/* up_data.c */
void data_fill(struct upstairs *u, struct job *j);
void data_expect(struct upstairs *u, struct job *j);
bool data_check(struct upstairs *u, struct job *j, const struct msg_head *h, const uint8_t *data);

/* up_client.c */
struct client *client__new(struct upstairs *u, uint8_t index);
void client_stop(struct client *c);
void client__free(struct client *c);
/* Takes over a reference to the message; it is dropped when CONN is over. */
void client_push(struct client *c, struct msg *m, uint64_t conn, uint64_t due);

/* up_repair.c */
void repair_tick(struct upstairs *u, uint64_t now);
void repair_client_lost(struct upstairs *u, uint8_t client, bool in_repair);
void repair_reply(struct upstairs *u, struct job *j, uint8_t client, const struct msg_head *h);
void repair_job_done(struct upstairs *u, struct job *j);
bool repair_holds(const struct upstairs *u, const struct guest_io *io);
/* Does a job on this block reach the client, in the state the client is in? */
bool repair_lets_pass(const struct upstairs *u, uint8_t client, uint8_t op, uint64_t block);

/* up_status.c */
void status_report(struct upstairs *u);

/* up_guest.c */
void guest_start(struct upstairs *u);

#endif
