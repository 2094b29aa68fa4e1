// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The flight recorder by itself, for tests and benchmarks: records into DIR until SIGINT or SIGTERM
 * comes, or SECONDS are over (0: never), and says how long attaching and letting go took. Prints
 *
 *	ready TRACEPOINTS MILLISECONDS
 *	stopped MILLISECONDS
 *	NAME VALUE		the statistics, a line each
 *
 * -k BYTES to keep a CPU, -t MILLISECONDS to keep, -r BYTES a ring, -d to decode to DIR/trace.txt,
 * -l N to add so many lines of text every 20 ms. With -D DIR it decodes what is there, and no more.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/units.h"
#include "flight/decode.h"
#include "flight/recorder.h"

static volatile sig_atomic_t ends;

static void end(int signo)
{
	(void)signo;
	ends = 1;
}

static int fail(const char *what, const char *why, int err)
{
	fprintf(stderr, "recorder: %s: %s: errno %d\n", what, why, -err);
	return 1;
}

static double ms_since(uint64_t then)
{
	return (monotonic_now() - then) / 1e6;
}

static void print_stats(const struct recorder_stats *s)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	printf("events %" PRIu64 "\nlost %" PRIu64 "\nnested %" PRIu64 "\nnested_known %d\n",
	       s->events, s->lost, s->nested, s->nested_known);
	printf("truncated %" PRIu64 "\nbytes %" PRIu64 "\ndropped_events %" PRIu64 "\n",
	       s->truncated, s->bytes, s->dropped_events);
	printf("oldest %" PRIu64 "\nwhole_from %" PRIu64 "\n", s->oldest, s->whole_from);
	printf("cpu_ms %.0f\n", (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e3 +
					(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e3);
}

static void add_lines(struct recorder *r, int n)
{
	static int number;

	while (n-- > 0) {
		char text[64];

		snprintf(text, sizeof(text), "test:line: number=%d", number++);
		recorder_add_line(r, monotonic_now(), getpid(), "teller", text);
	}
}

/* Returns 0 or what stopped it. */
static int record(struct recorder *r, double seconds, int lines)
{
	uint64_t start = monotonic_now();

	recorder_go(r);
	while (!ends && (!seconds || ms_since(start) < seconds * 1e3)) {
		int n;

		add_lines(r, lines);
		usleep(20000);
		n = recorder_drain(r);
		if (n < 0)
			return n;
	}
	return 0;
}

static int decode(const char *dir)
{
	struct decode_stats stats;
	char path[512], why[512];
	uint64_t start = monotonic_now();
	int err;
	FILE *f;

	snprintf(path, sizeof(path), "%s/trace.txt", dir);
	f = fopen(path, "we");
	if (!f)
		return fail(path, "open", -errno);
	err = flight_decode(dir, f, &stats, why, sizeof(why));
	if (fclose(f) || err)
		return fail("decode", why, err);
	printf("decoded %" PRIu64 "\ndecoded_lost %" PRIu64 "\ndamaged %" PRIu64 "\nodd %" PRIu64
	       "\ndecode_ms %.0f\n",
	       stats.events, stats.lost, stats.damaged, stats.odd, ms_since(start));
	return 0;
}

int main(int argc, char **argv)
{
	struct recorder_options o = { 0 };
	struct recorder_stats stats;
	struct sigaction sa = { .sa_handler = end };
	int c, lines = 0, err, stopped;
	bool decodes = false;
	struct recorder *r;
	char why[512] = "";
	uint64_t start;

	while ((c = getopt(argc, argv, "k:t:r:l:dD:")) != -1) {
		switch (c) {
		case 'k':
			o.keep_bytes = strtoull(optarg, NULL, 0);
			break;
		case 't':
			o.keep_ns = strtoull(optarg, NULL, 0) * 1000000;
			break;
		case 'r':
			o.ring_bytes = strtoul(optarg, NULL, 0);
			break;
		case 'l':
			lines = atoi(optarg);
			break;
		case 'd':
			decodes = true;
			break;
		case 'D':
			return decode(optarg);
		default:
			return 2;
		}
	}
	if (argc - optind < 3)
		return 2;
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	o.dir = argv[optind];
	o.patterns = (const char *const *)argv + optind + 2;
	o.npatterns = argc - optind - 2;
	setvbuf(stdout, NULL, _IOLBF, 0);

	start = monotonic_now();
	err = recorder__new(&o, &r, why, sizeof(why));
	if (err)
		return fail("start", why, err);
	recorder_stats(r, &stats);
	printf("ready %d %.1f\n", stats.tracepoints, ms_since(start));
	stopped = record(r, atof(argv[optind + 1]), lines);
	if (stopped)
		fail("record", "stopped", stopped);
	start = monotonic_now();
	recorder_stop(r);
	err = recorder_finish(r, why, sizeof(why));
	printf("stopped %.1f\n", ms_since(start));
	if (err && !stopped)
		return fail("finish", why, err);
	recorder_stats(r, &stats);
	print_stats(&stats);
	recorder__free(r);
	if (decodes && decode(o.dir))
		return 1;
	return stopped != 0;
}
