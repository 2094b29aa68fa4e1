// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* crutest, the stand-in: options, starting the upstairs, signals, and the summary. */
#include <arpa/inet.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probes.h"
#include "truth.h"
#include "upstairs.h"

/* What a linker leaves of functions that were linked against but never called. */
USDT_PHANTOM("crucible_upstairs", "gw-read-start");
USDT_PHANTOM("crucible_upstairs", "gw-read-start");
USDT_PHANTOM("crucible_downstairs", "work-start");

static const char help[] =
	"Usage: crutest WORKLOAD -t ADDR:PORT -t ADDR:PORT -t ADDR:PORT [options]\n"
	"\n"
	"A stand-in for Crucible's upstairs test client: its USDT probes, and verified data.\n"
	"WORKLOAD: generic (a mix, sizes from 1 to --io-size), rand-write, rand-read, fill (every\n"
	"block once, then a flush), one (write, flush, read; wfr is the same).\n"
	"\n"
	"  -t, --target ADDR:PORT   a downstairs; three of them\n"
	"  -g, --gen GEN            taken, not needed\n"
	"  -q, --quit; --stable     taken: it always ends by itself\n"
	"      --quiet              no summary\n"
	"  -c, --count COUNT        so many IOs (one: so many of all three) per upstairs\n"
	"                           (generic 500, one 1, else no limit)\n"
	"      --time SECS          for so long (rand-write, rand-read: 60 unless -c is given)\n"
	"      --io-size BLOCKS     (generic 10, else 1)\n"
	"      --io-depth N         IOs at a time and thread (1)\n"
	"      --threads N          guest threads (1)\n"
	"      --upstairs N         several upstairs, each with its part of the extents (1)\n"
	"      --rate IOPS          per upstairs; 0: as fast as it goes (0)\n"
	"      --mix R:W:U:F:B      weights of read, write, write-unwritten, flush and barrier\n"
	"                           (generic 45:40:5:9:1)\n"
	"      --delay STAGE=DELAY  repeatable; STAGE is gw-queue (gw-X-start to\n"
	"                           up-to-ds-X-start), queue (to ds-X-client-start), client (to\n"
	"                           ds-X-net-start) or ack (deciding ds-X-client-done to gw-X-done);\n"
	"                           reqwest gives every volume read a read over HTTP that long\n"
	"      --state-hold DUR     how long a lost client stays at least in each of its states\n"
	"                           (1100ms)\n"
	"      --seed N             of the random choices (1)\n"
	"      --truth FILE         at the end: the intervals a tracer should have measured\n"
	"      --count-file FILE    at the end: JSON, how often each probe's place was reached\n"
	"\n"
	"DELAY: DUR[~JITTER][,1/N:DUR[~JITTER]]: all alike but for jitter, or one of each N, a\n"
	"random one, otherwise: ack=1ms,1/100:5ms. DUR: 250us, 10ms, 1s.\n"
	"Status 0: every IO was right; 1: not; 2: wrong use.\n";

enum {
	OPT_TIME = 256,
	OPT_QUIET,
	OPT_IO_SIZE,
	OPT_IO_DEPTH,
	OPT_THREADS,
	OPT_UPSTAIRS,
	OPT_RATE,
	OPT_MIX,
	OPT_DELAY,
	OPT_STATE_HOLD,
	OPT_SEED,
	OPT_TRUTH,
	OPT_COUNT_FILE,
};

static const struct option long_options[] = {
	{ "target", 1, 0, 't' },
	{ "gen", 1, 0, 'g' },
	{ "quit", 0, 0, 'q' },
	{ "stable", 0, 0, 'q' },
	{ "quiet", 0, 0, OPT_QUIET },
	{ "count", 1, 0, 'c' },
	{ "time", 1, 0, OPT_TIME },
	{ "io-size", 1, 0, OPT_IO_SIZE },
	{ "io-depth", 1, 0, OPT_IO_DEPTH },
	{ "threads", 1, 0, OPT_THREADS },
	{ "upstairs", 1, 0, OPT_UPSTAIRS },
	{ "rate", 1, 0, OPT_RATE },
	{ "mix", 1, 0, OPT_MIX },
	{ "delay", 1, 0, OPT_DELAY },
	{ "state-hold", 1, 0, OPT_STATE_HOLD },
	{ "seed", 1, 0, OPT_SEED },
	{ "truth", 1, 0, OPT_TRUTH },
	{ "count-file", 1, 0, OPT_COUNT_FILE },
	{ "help", 0, 0, 'h' },
	{ 0, 0, 0, 0 },
};

static void option_target(struct options *o, const char *text)
{
	struct target *t = &o->targets[o->target_count];
	const char *colon = strrchr(text, ':');
	struct in_addr addr;

	if (o->target_count == CLIENTS)
		util_usage("--target %s: there are three targets already", text);
	if (!colon || (size_t)(colon - text) >= sizeof(t->host))
		util_usage("--target %s: not ADDR:PORT", text);
	memcpy(t->host, text, (size_t)(colon - text));
	if (inet_pton(AF_INET, t->host, &addr) != 1)
		util_usage("--target %s: not an IPv4 address", text);
	t->addr = addr.s_addr;
	t->port = (uint16_t)opt_number("--target's port", colon + 1, 1, 65535);
	o->target_count++;
}

static void option_mix(struct options *o, const char *text)
{
	int end = 0;

	if (sscanf(text, "%u:%u:%u:%u:%u%n", &o->mix[0], &o->mix[1], &o->mix[2], &o->mix[3],
		   &o->mix[4], &end) != 5 ||
	    text[end] || !(o->mix[0] | o->mix[1] | o->mix[2] | o->mix[3] | o->mix[4]))
		util_usage("--mix %s: not R:W:U:F:B, five weights that are not all 0", text);
}

static void option_duration(const char *option, const char *text, uint64_t *ns)
{
	if (!time_parse(text, ns))
		util_usage("%s %s: not a duration", option, text);
}

static void option_take(struct options *o, int c)
{
	const struct delay_name names[] = {
		{ "gw-queue", &o->delays[STAGE_GW_QUEUE] },
		{ "queue", &o->delays[STAGE_QUEUE] },
		{ "client", &o->client_delay },
		{ "ack", &o->delays[STAGE_ACK] },
		{ "reqwest", &o->reqwest_delay },
		{ NULL, NULL },
	};

	switch (c) {
	case 't':
		option_target(o, optarg);
		break;
	case 'g':
		o->gen = opt_number("--gen", optarg, 0, UINT64_MAX);
		break;
	case 'q':
		break;
	case OPT_QUIET:
		o->quiet = true;
		break;
	case 'c':
		o->count = opt_number("--count", optarg, 1, UINT64_MAX);
		break;
	case OPT_TIME:
		option_duration("--time", optarg, &o->time_ns);
		break;
	case OPT_IO_SIZE:
		o->io_size = (uint32_t)opt_number("--io-size", optarg, 1, 4096);
		break;
	case OPT_IO_DEPTH:
		o->io_depth = (uint32_t)opt_number("--io-depth", optarg, 1, 256);
		break;
	case OPT_THREADS:
		o->threads = (uint32_t)opt_number("--threads", optarg, 1, 256);
		break;
	case OPT_UPSTAIRS:
		o->upstairs = (uint32_t)opt_number("--upstairs", optarg, 1, 256);
		break;
	case OPT_RATE:
		o->rate = opt_number("--rate", optarg, 0, 10000000);
		break;
	case OPT_MIX:
		option_mix(o, optarg);
		break;
	case OPT_DELAY:
		delay_parse(optarg, names);
		break;
	case OPT_STATE_HOLD:
		option_duration("--state-hold", optarg, &o->state_hold);
		break;
	case OPT_SEED:
		o->seed = opt_number("--seed", optarg, 0, UINT64_MAX);
		break;
	case OPT_TRUTH:
		o->truth = optarg;
		break;
	case OPT_COUNT_FILE:
		o->counts = optarg;
		break;
	case 'h':
		fputs(help, stdout);
		exit(0);
	default:
		fprintf(stderr, "Try '%s --help'.\n", util_prog);
		exit(2);
	}
}

/* What depends on the workload, unless said otherwise. */
static void options_defaults(struct options *o, const char *work)
{
	static const struct {
		const char *name;
		enum workload work;
		uint32_t mix[OP_GUEST_MAX], io_size;
		uint64_t count, time_ns;
	} works[] = {
		{ "generic", WORK_GENERIC, { 45, 40, 5, 9, 1 }, 10, 500, 0 },
		{ "rand-write", WORK_RAND_WRITE, { 0, 1, 0, 0, 0 }, 1, 0, 60 * NSEC_PER_SEC },
		{ "rand-read", WORK_RAND_READ, { 1, 0, 0, 0, 0 }, 1, 0, 60 * NSEC_PER_SEC },
		{ "fill", WORK_FILL, { 0, 1, 0, 0, 0 }, 1, 0, 0 },
		{ "one", WORK_ONE, { 1, 1, 0, 1, 0 }, 1, 1, 0 },
		{ "wfr", WORK_ONE, { 1, 1, 0, 1, 0 }, 1, 1, 0 },
	};
	bool mixed = o->mix[0] | o->mix[1] | o->mix[2] | o->mix[3] | o->mix[4];

	for (size_t i = 0; i < sizeof(works) / sizeof(works[0]); i++) {
		if (strcmp(works[i].name, work))
			continue;
		o->work = works[i].work;
		if (!mixed)
			memcpy(o->mix, works[i].mix, sizeof(o->mix));
		o->io_size = o->io_size ? o->io_size : works[i].io_size;
		if (!o->count && !o->time_ns) {
			o->count = works[i].count;
			o->time_ns = works[i].time_ns;
		}
		return;
	}
	util_usage("%s: not a workload; there are generic, rand-write, rand-read, fill, one, wfr",
		   work);
}

static void options_parse(int argc, char **argv, struct options *o)
{
	int c;

	while ((c = getopt_long(argc, argv, "t:g:qc:h", long_options, NULL)) != -1)
		option_take(o, c);
	if (optind + 1 != argc)
		util_usage("one workload is needed, %d are given", argc - optind);
	if (o->target_count != CLIENTS)
		util_usage("three targets are needed, %d are given", o->target_count);
	options_defaults(o, argv[optind]);
}

static struct upstairs *upstairs_make(const struct options *o, uint32_t index, uint64_t process)
{
	struct upstairs *u = util_alloc(1, sizeof(*u));
	struct rng ids = { process + index };

	u->opts = o;
	u->index = index;
	u->process = process;
	u->rng.state = o->seed + index;
	uuid_make(&ids, u->upstairs_id);
	uuid_make(&ids, u->session_id);
	uuid_make(&ids, u->volume_id);
	u->guests = o->threads * o->io_depth;
	up_start(u);
	guest_start(u);
	return u;
}

static void upstairs_stop(struct upstairs *u)
{
	pthread_mutex_lock(&u->lock);
	u->stop = true;
	pthread_cond_signal(&u->wake);
	pthread_cond_broadcast(&u->ready_wake);
	pthread_mutex_unlock(&u->lock);
}

/* Wait for as many SIGUSR1 as there are upstairs: each sends one when it is through. */
static void upstairs_wait(struct upstairs **ups, uint32_t n, const sigset_t *set)
{
	bool stopping = false;

	for (;;) {
		uint32_t ended = 0;
		int sig = sigwaitinfo(set, NULL);

		if ((sig == SIGTERM || sig == SIGINT) && stopping)
			_exit(128 + sig);
		stopping |= sig == SIGTERM || sig == SIGINT;
		for (uint32_t i = 0; i < n; i++) {
			if (stopping)
				upstairs_stop(ups[i]);
			pthread_mutex_lock(&ups[i]->lock);
			ended += ups[i]->ended;
			pthread_mutex_unlock(&ups[i]->lock);
		}
		if (ended == n)
			return;
	}
}

/* Join the threads, add up what was done, free; true when all of it was right. */
static bool upstairs_end(struct upstairs *u, uint64_t done[OP_GUEST_MAX])
{
	bool right;

	pthread_join(u->thread, NULL);
	for (int c = 0; c < CLIENTS; c++)
		client_stop(u->clients[c]);
	for (int c = 0; c < CLIENTS; c++)
		client__free(u->clients[c]);
	pthread_mutex_lock(&u->lock);
	while (u->guests)
		pthread_cond_wait(&u->wake, &u->lock);
	pthread_mutex_unlock(&u->lock);
	while (u->events) {
		struct event *next = u->events->next;

		free(u->events);
		u->events = next;
	}
	for (int i = 0; i < OP_GUEST_MAX; i++)
		done[i] += u->guest_done[i];
	right = !u->failed && !u->mismatched;
	if (!right)
		util_warn("upstairs %u: %" PRIu64 " IOs failed, %" PRIu64 " replies had wrong data",
			  u->index, u->failed, u->mismatched);
	for (uint64_t id = u->first_job; id < u->next_job; id++) {
		msg_put(job_get(u, id)->msg);
		free(job_get(u, id)->expect);
	}
	free(u->versions);
	free(u);
	return right;
}

static void summary_print(const uint64_t done[OP_GUEST_MAX], uint64_t ns)
{
	uint64_t sum = done[0] + done[1] + done[2] + done[3] + done[4];

	printf("%" PRIu64 " IOs in %.3f s, %.0f IOPS: %" PRIu64 " reads, %" PRIu64
	       " writes, %" PRIu64 " unwritten writes, %" PRIu64 " flushes, %" PRIu64 " barriers\n",
	       sum, (double)ns / 1e9, ns ? (double)sum * 1e9 / (double)ns : 0, done[0], done[1],
	       done[2], done[3], done[4]);
}

static bool crutest_run(const struct options *o)
{
	struct upstairs **ups = util_alloc(o->upstairs, sizeof(struct upstairs *));
	uint64_t start = time_now(), done[OP_GUEST_MAX] = { 0 };
	/* Not of the seed: two processes of one seed are still two. */
	struct rng ids = { start ^ (uint64_t)getpid() << 40 };
	uint64_t process = rng_next(&ids) | 1;
	bool right = true;
	sigset_t set;
	int rc = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	for (uint32_t i = 0; i < o->upstairs; i++)
		ups[i] = upstairs_make(o, i, process);
	upstairs_wait(ups, o->upstairs, &set);
	start = time_now() - start;
	for (uint32_t i = 0; i < o->upstairs; i++)
		right &= upstairs_end(ups[i], done);
	free(ups);
	if (!o->quiet)
		summary_print(done, start);
	if (o->counts)
		rc = probe_write_counts(o->counts, "crucible_upstairs");
	if (rc)
		util_warn("write counts to %s: %s", o->counts, err_name(rc));
	return truth_close() && right && !rc;
}

int main(int argc, char **argv)
{
	struct options o = {
		.io_depth = 1,
		.threads = 1,
		.upstairs = 1,
		.seed = 1,
		.state_hold = NSEC_PER_SEC * 11 / 10,
	};

	util_prog = "crutest";
	time_precise();
	options_parse(argc, argv, &o);
	if (o.truth)
		truth_open(o.truth);
	signal(SIGPIPE, SIG_IGN);
	return crutest_run(&o) ? 0 : 1;
}
