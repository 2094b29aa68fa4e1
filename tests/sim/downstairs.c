// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* crucible-downstairs, the stand-in: options, listening, signals, and a planned outage. */
#define _GNU_SOURCE 1 /* accept4() */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "downstairs.h"
#include "probes.h"
#include "truth.h"

/* What a linker leaves of functions that were linked against but never called. */
USDT_PHANTOM("crucible_downstairs", "os-read-start");
USDT_PHANTOM("crucible_downstairs", "os-read-start");
USDT_PHANTOM("crucible_upstairs", "gw-read-start");

static const char help[] =
	"Usage: crucible-downstairs create -d DIR -u UUID [--block-size BYTES]\n"
	"                           [--extent-size BLOCKS] [--extent-count N]\n"
	"       crucible-downstairs run -d DIR [-p PORT] [-a ADDR] [options]\n"
	"\n"
	"A stand-in for Crucible's downstairs: real files, and its USDT probes.\n"
	"\n"
	"  -a, --address ADDR       listen on this IPv4 address (0.0.0.0)\n"
	"  -d, --data DIR           the region's folder\n"
	"  -p, --port PORT          listen on this port (9000)\n"
	"  -u, --uuid UUID          the new region's UUID\n"
	"      --delay WHAT=DELAY   sleep in every read, write or flush (between the os- probes) or\n"
	"                           before all work (between work-start and work-process);\n"
	"                           repeatable\n"
	"      --fail-after SECS    after so long, break all connections and stop listening\n"
	"      --down-for SECS      and be back after this long (5)\n"
	"      --sqlite             go by the probes of the older backend\n"
	"      --seed N             of what is random in delays\n"
	"      --truth FILE         at the end: the intervals a tracer should have measured\n"
	"      --count-file FILE    at the end: JSON, how often each probe's place was reached\n"
	"\n"
	"DELAY: DUR[~JITTER][,1/N:DUR[~JITTER]]: all alike but for jitter, as in write=1ms~100us, or\n"
	"one of each N, a random one, otherwise: write=1ms,1/100:5ms. DUR: 250us, 10ms, 1s.\n"
	"It ends on SIGTERM or SIGINT, with that signal's status.\n";

struct options {
	struct region_shape shape;
	struct ds_delays delays;
	const char *dir, *uuid, *address, *truth, *counts;
	uint16_t port;
	uint64_t fail_after, down_for, seed;
	bool sqlite;
};

struct listener {
	struct downstairs *ds;
	struct sockaddr_in addr;
	int fd;
	pthread_t thread;
};

static const struct option long_options[] = {
	{ "address", 1, 0, 'a' },      { "data", 1, 0, 'd' },
	{ "port", 1, 0, 'p' },	       { "uuid", 1, 0, 'u' },
	{ "block-size", 1, 0, 'B' },   { "extent-size", 1, 0, 'E' },
	{ "extent-count", 1, 0, 'C' }, { "delay", 1, 0, 'D' },
	{ "fail-after", 1, 0, 'F' },   { "down-for", 1, 0, 'W' },
	{ "truth", 1, 0, 'T' },	       { "count-file", 1, 0, 'K' },
	{ "seed", 1, 0, 'S' },	       { "sqlite", 0, 0, 'L' },
	{ "help", 0, 0, 'h' },	       { 0, 0, 0, 0 },
};

static void options_parse(int argc, char **argv, struct options *o)
{
	const struct delay_name names[] = {
		{ "read", &o->delays.read },
		{ "write", &o->delays.write },
		{ "flush", &o->delays.flush },
		{ "work", &o->delays.work },
		{ NULL, NULL },
	};
	int c;

	while ((c = getopt_long(argc, argv, "a:d:p:u:h", long_options, NULL)) != -1) {
		switch (c) {
		case 'a':
			o->address = optarg;
			break;
		case 'd':
			o->dir = optarg;
			break;
		case 'p':
			o->port = (uint16_t)opt_number("--port", optarg, 1, 65535);
			break;
		case 'u':
			o->uuid = optarg;
			break;
		case 'B':
			o->shape.block_size =
				(uint32_t)opt_number("--block-size", optarg, 512, 1 << 20);
			break;
		case 'E':
			o->shape.extent_size =
				(uint32_t)opt_number("--extent-size", optarg, 1, 1 << 20);
			break;
		case 'C':
			o->shape.extent_count =
				(uint32_t)opt_number("--extent-count", optarg, 1, 1 << 16);
			break;
		case 'D':
			delay_parse(optarg, names);
			break;
		case 'F':
			if (!time_parse(optarg, &o->fail_after))
				util_usage("--fail-after %s: not a duration", optarg);
			break;
		case 'W':
			if (!time_parse(optarg, &o->down_for))
				util_usage("--down-for %s: not a duration", optarg);
			break;
		case 'T':
			o->truth = optarg;
			break;
		case 'K':
			o->counts = optarg;
			break;
		case 'S':
			o->seed = opt_number("--seed", optarg, 0, UINT64_MAX);
			break;
		case 'L':
			o->sqlite = true;
			break;
		case 'h':
			fputs(help, stdout);
			exit(0);
		default:
			fprintf(stderr, "Try '%s --help'.\n", util_prog);
			exit(2);
		}
	}
	if (optind < argc)
		util_usage("%s: not an option of this command", argv[optind]);
	if (!o->dir)
		util_usage("no region named; say -d DIR");
}

static void *listener_run(void *arg)
{
	struct listener *l = arg;
	int one = 1, fd;

	for (;;) {
		fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0) {
			setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
			conn_start(l->ds, fd);
		} else if (errno == EMFILE || errno == ENFILE) {
			util_warn("accept: %s; trying again", err_name(errno));
			time_sleep(100000000);
		} else if (errno != EINTR && errno != ECONNABORTED) {
			return NULL; /* shut down by listener_stop() */
		}
	}
}

static bool listener_start(struct listener *l)
{
	int one = 1;

	l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (l->fd >= 0)
		setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (l->fd < 0 || bind(l->fd, (struct sockaddr *)&l->addr, sizeof(l->addr)) ||
	    listen(l->fd, 512)) {
		util_warn("listen on port %u: %s", ntohs(l->addr.sin_port), err_name(errno));
		return false;
	}
	thread_start(&l->thread, listener_run, l);
	return true;
}

static void listener_stop(struct listener *l)
{
	shutdown(l->fd, SHUT_RDWR);
	pthread_join(l->thread, NULL);
	close(l->fd);
	conn_end_all(l->ds);
}

/* Wait for a signal that ends us; 0 when there was none in that time (0: no limit). */
static int signal_wait(const sigset_t *set, uint64_t ns)
{
	struct timespec ts = { (time_t)(ns / NSEC_PER_SEC), (long)(ns % NSEC_PER_SEC) };
	int sig;

	do {
		sig = ns ? sigtimedwait(set, NULL, &ts) : sigwaitinfo(set, NULL);
	} while (sig < 0 && errno == EINTR);
	return sig < 0 ? 0 : sig;
}

static int downstairs_serve(struct listener *l, const struct options *o, const sigset_t *set)
{
	int sig;

	if (!listener_start(l))
		return 0;
	sig = signal_wait(set, o->fail_after);
	if (!sig) {
		listener_stop(l);
		sig = signal_wait(set, o->down_for);
		if (sig)
			return sig;
		if (!listener_start(l))
			return 0;
		sig = signal_wait(set, 0);
	}
	listener_stop(l);
	return sig;
}

static int downstairs_run(const struct options *o)
{
	struct downstairs ds = { .delays = o->delays, .seed = o->seed };
	struct listener l = { .ds = &ds, .addr = { .sin_family = AF_INET } };
	sigset_t set;
	int sig, rc = 0;

	l.addr.sin_port = htons(o->port);
	if (inet_pton(AF_INET, o->address, &l.addr.sin_addr) != 1)
		util_usage("--address %s: not an IPv4 address", o->address);
	if (o->truth)
		truth_open(o->truth);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	ds.region = region__open(o->dir, o->sqlite);
	if (!ds.region)
		return 1;
	time_precise();
	pthread_mutex_init(&ds.lock, NULL);
	pthread_cond_init(&ds.gone, NULL);
	ds.pool = pool__new(ds.region);
	sig = downstairs_serve(&l, o, &set);
	pool__free(ds.pool);
	region__free(ds.region);
	if (o->counts)
		rc = probe_write_counts(o->counts, "crucible_downstairs");
	if (rc)
		util_warn("write counts to %s: %s", o->counts, err_name(rc));
	if (!truth_close() || rc || !sig)
		return 1;
	/* The status of one who did not handle the signal: Crucible's does not. */
	signal(sig, SIG_DFL);
	raise(sig);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	return 1;
}

int main(int argc, char **argv)
{
	struct options o = {
		.shape = { 512, 100, 15, 0 },
		.address = "0.0.0.0",
		.port = 9000,
		.down_for = 5 * NSEC_PER_SEC,
		.seed = 1,
	};
	const char *cmd = argc > 1 ? argv[1] : "";

	util_prog = "crucible-downstairs";
	if (!strcmp(cmd, "--help") || !strcmp(cmd, "-h") || !strcmp(cmd, "help")) {
		fputs(help, stdout);
		return 0;
	}
	if (strcmp(cmd, "create") && strcmp(cmd, "run"))
		util_usage("%s: not a command; there are create and run", *cmd ? cmd : "(none)");
	options_parse(argc - 1, argv + 1, &o);
	if (!strcmp(cmd, "run"))
		return downstairs_run(&o);
	if (!o.uuid)
		util_usage("create: no UUID; say -u UUID");
	return region_create(o.dir, o.uuid, &o.shape) ? 1 : 0;
}
