/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What top shows, as plain data: the upstairs and the downstairs of a host as they were in the last
 * interval. Filled by top_gather.c, drawn by top_frame.c, printed as JSON by top_json.c; texts are
 * as the processes passed them, to be escaped by those.
 */
#ifndef ASSAY_TOP_MODEL_H
#define ASSAY_TOP_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOP_NONE    UINT64_MAX /* a number that is not known */
#define TOP_CLIENTS 8	       /* of an upstairs, at most; there are three today */

enum top_op { TOP_READ = 0, TOP_WRITE, TOP_FLUSH, TOP_OPS };

extern const char *const top_op_names[TOP_OPS], *const top_op_plurals[TOP_OPS];

/* How something looks to a person who seeks what is wrong. */
enum top_mood { TOP_FINE = 0, TOP_ODD, TOP_BAD };

/* Durations of an interval, ns; TOP_NONE where there were none. */
struct top_latency {
	uint64_t count;
	uint64_t p50, p99;
};

/* What has begun and not ended. */
struct top_waiting {
	uint64_t n;
	uint64_t oldest; /* ns since it began; 0: nothing waits */
	bool moves;	 /* others have ended in the last interval */
};

/* What an upstairs tells of a client; TOP_NONE where it does not. Of all clients: the sums. */
struct top_repair {
	uint64_t delay_us;	      /* that writes are held back by */
	uint64_t completed, aborted;  /* live repairs */
	uint64_t repaired, confirmed; /* extents in these: repaired, found good */
};

/* The latencies of the last intervals; of the newest TOP_SAMPLES there are numbers. */
#define TOP_SAMPLES 600
struct top_sample {
	uint64_t p50, p99; /* TOP_NONE: nothing ended */
	bool stuck;	   /* nothing ended though something waited for the whole interval */
};
struct top_history {
	uint64_t n; /* intervals, ever: number i is at i % TOP_SAMPLES */
	struct top_sample sample[TOP_SAMPLES][TOP_OPS];
};

struct top_client {
	char state[32]; /* "" before the first status */
	enum top_mood mood;
	struct top_latency net[TOP_OPS], net_all;
	struct top_waiting waiting;
	struct top_repair repair;
};

/* A session of an upstairs. Latencies, rates and what waits are of its process. */
struct top_up {
	uint32_t tgid;
	char process[32], where[48], upstairs[64], session[64]; /* ids "" before the first status */
	int sessions;						/* of the process */
	uint64_t silent; /* ns since its last status, where that is long ago; else 0 */
	uint64_t ended;	 /* ns since the process ended; 0: it has not */
	uint64_t up_count, ds_count, bytes_out, reconciled, needed;
	double rate[TOP_OPS], iops; /* answered in a second */
	struct top_latency gateway[TOP_OPS];
	struct top_waiting waiting;
	int nclients;
	struct top_client clients[TOP_CLIENTS];
	/* of the clients, by top_up_sum() */
	struct top_repair repair;
	int slowest; /* over the network; negative: none answered */
	bool lags;   /* and by far: three times the others, and a millisecond */
	struct top_latency slowest_net;
	const struct top_history *history; /* NULL: none yet */
	uint64_t shown;			   /* intervals of it up to now */
};

/* A downstairs process. */
struct top_down {
	uint32_t tgid;
	char process[32], where[48];
	uint64_t ended;
	double submitted, in_work, done; /* a second */
	struct top_waiting waiting;
	struct top_latency submit[TOP_OPS], submit_all, os[TOP_OPS], os_all;
};

struct top_model {
	uint64_t wall;	   /* ns since the epoch: the interval's end */
	double seconds;	   /* that it lasted; 0: there was none yet */
	uint64_t interval; /* ns, as it should be */
	struct top_up *ups;
	int nups;
	struct top_down *downs;
	int ndowns;
	int quiet;	/* processes with the probes that have fired none yet */
	char lost[512]; /* what was lost since the start, in words; "" */
};

void top_model_free(struct top_model *model);

/* Fills in what is summed up over the clients. */
void top_up_sum(struct top_up *up);
enum top_mood top_state_mood(const char *state);
/* Something has waited for a second or longer: bad if nothing moves. */
enum top_mood top_waiting_mood(const struct top_waiting *waiting);

/* What a person should look at, the worst first. */
struct top_trouble {
	enum top_mood mood;
	char text[160];
};
/* At most `max` into `troubles`; how many there are. */
int top_troubles(const struct top_model *model, struct top_trouble *troubles, int max);

#endif
