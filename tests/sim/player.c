// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* usdt-player: fires an exact list of probes, with exact pauses, on the threads the list says. */
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "player.h"
#include "truth.h"
#include "util.h"

/* As in every binary of the stand-in: notes of code that is not there. */
USDT_PHANTOM("crucible_upstairs", "gw-read-start");
USDT_PHANTOM("crucible_downstairs", "os-read-start");

/* Below this, a pause is spun: a sleep would be late by tens of microseconds. */
#define SPIN	   1000000ull
#define SLICE	   100000000ull
#define POLL_EVERY 200000ull

static const char help[] =
	"Usage: usdt-player [options] FILE\n"
	"\n"
	"Fires USDT probes of crucible_upstairs and crucible_downstairs as FILE (-: stdin) says:\n"
	"\n"
	"  PROVIDER:PROBE [ARG...]  fire; an ARG is an integer, a \"string\" with C's escapes, or\n"
	"                           %i, %i+N, %i-N: the index of the innermost repeat, from 0\n"
	"  sleep DUR                pause; 250us, 10ms, 1s (spun below 1 ms, true to a few us)\n"
	"  wait PROVIDER:PROBE      until a tracer is attached to it\n"
	"  wait-off PROVIDER:PROBE  until none is\n"
	"  thread N                 the lines below run on thread N (0 to 63), in the file's order\n"
	"  repeat COUNT ... end     so often; may be nested\n"
	"  print TEXT               to stdout, at once\n"
	"  # comment\n"
	"\n"
	"  -l, --list               print all probes with their arguments and exit\n"
	"  -n, --check              only read the script\n"
	"  -t, --truth FILE         at the end: NAME JOB SUB START_NS END_NS of each start with the\n"
	"                           done of the same arguments\n"
	"  -c, --count-file FILE    at the end: JSON, how often each probe was fired\n"
	"  -h, --help               this text\n"
	"\n"
	"A line that can't be read: message, status 2, and nothing fires.\n";

static const struct option long_options[] = {
	{ "list", 0, 0, 'l' },	     { "check", 0, 0, 'n' }, { "truth", 1, 0, 't' },
	{ "count-file", 1, 0, 'c' }, { "help", 0, 0, 'h' },  { 0, 0, 0, 0 },
};

/* The baton: where the script stands, and whose turn it is. */
static struct player {
	struct script script;
	pthread_mutex_t lock;
	pthread_cond_t turn;
	uint32_t at, thread;
	int depth;
	uint64_t index[PLAYER_DEPTH + 1];
	bool done;
	int stop; /* atomic: the signal that ends it */
} player = { .lock = PTHREAD_MUTEX_INITIALIZER, .turn = PTHREAD_COND_INITIALIZER };

/* The signal that ends it, 0 when there was none. */
static int stopped(void)
{
	return __atomic_load_n(&player.stop, __ATOMIC_RELAXED);
}

static void pause_until(uint64_t end)
{
	uint64_t now = time_now();

	while (now + SPIN < end && !stopped()) {
		uint64_t left = end - now - SPIN / 2;

		time_sleep(left < SLICE ? left : SLICE);
		now = time_now();
	}
	while (time_now() < end && !stopped())
		;
}

static void wait_for(int probe, bool attached)
{
	while ((*probe_table[probe].sema != 0) != attached && !stopped())
		time_sleep(POLL_EVERY);
}

/* Do one step; where the script goes on. */
static uint32_t step_do(const struct step *s, uint32_t at)
{
	const struct step *steps = player.script.steps;

	switch (s->kind) {
	case STEP_FIRE:
		player_fire(s->probe, s->args, player.index[player.depth]);
		break;
	case STEP_SLEEP:
		pause_until(time_now() + s->ns);
		break;
	case STEP_WAIT:
		wait_for(s->probe, true);
		break;
	case STEP_WAIT_OFF:
		wait_for(s->probe, false);
		break;
	case STEP_PRINT:
		printf("%s\n", s->text);
		fflush(stdout);
		break;
	case STEP_REPEAT:
		if (!s->count)
			return s->other + 1;
		player.index[++player.depth] = 0;
		break;
	case STEP_END:
		if (++player.index[player.depth] < steps[s->other].count)
			return s->other + 1;
		player.depth--;
		break;
	}
	return at + 1;
}

/* Take steps while they are this thread's, then hand over. Only the turn's owner touches the rest.
 */
static void *player_run(void *arg)
{
	uint32_t me = (uint32_t)(uintptr_t)arg;

	pthread_mutex_lock(&player.lock);
	for (;;) {
		uint32_t at;

		while (player.thread != me && !player.done)
			pthread_cond_wait(&player.turn, &player.lock);
		if (player.done)
			break;
		pthread_mutex_unlock(&player.lock);
		at = player.at;
		while (at < player.script.len && player.script.steps[at].thread == me && !stopped())
			at = step_do(&player.script.steps[at], at);
		pthread_mutex_lock(&player.lock);
		player.at = at;
		player.done = at >= player.script.len || stopped();
		if (!player.done)
			player.thread = player.script.steps[at].thread;
		pthread_cond_broadcast(&player.turn);
	}
	pthread_mutex_unlock(&player.lock);
	return NULL;
}

static void *signals_run(void *arg)
{
	int sig = 0;

	sigwait(arg, &sig);
	__atomic_store_n(&player.stop, sig, __ATOMIC_RELAXED);
	return NULL;
}

static void list_print(void)
{
	static const char *const args[][2] = {
		{ "NONE", "" },	      { "J", " u64" },		 { "JJ", " u64 u64" },
		{ "JE", " u64 u32" }, { "JC", " u64 u8" },	 { "JCE", " u64 u8 u32" },
		{ "EN", " u32 u64" }, { "JEN", " u64 u32 u64" },
	};

	for (int i = 0; i < PROBE_MAX; i++) {
		const struct probe_info *p = &probe_table[i];

		for (size_t a = 0; a < sizeof(args) / sizeof(args[0]); a++)
			if (!strcmp(args[a][0], p->shape))
				printf("%s:%s%s\n", p->provider, p->name, args[a][1]);
	}
}

static void play(void)
{
	static sigset_t set;
	pthread_t threads[PLAYER_THREADS];
	uint32_t n = player.script.threads;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	thread_start(NULL, signals_run, &set);
	player.done = !player.script.len;
	player.thread = player.script.len ? player.script.steps[0].thread : 0;
	for (uint32_t i = 0; i < n; i++)
		thread_start(&threads[i], player_run, (void *)(uintptr_t)i);
	for (uint32_t i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
}

int main(int argc, char **argv)
{
	const char *truth = NULL, *counts = NULL, *name;
	bool check = false, ok;
	FILE *f = stdin;
	int c, rc = 0;

	util_prog = "usdt-player";
	while ((c = getopt_long(argc, argv, "lnt:c:h", long_options, NULL)) != -1) {
		switch (c) {
		case 'l':
			list_print();
			return 0;
		case 'n':
			check = true;
			break;
		case 't':
			truth = optarg;
			break;
		case 'c':
			counts = optarg;
			break;
		case 'h':
			fputs(help, stdout);
			return 0;
		default:
			fprintf(stderr, "Try '%s --help'.\n", util_prog);
			return 2;
		}
	}
	if (optind + 1 != argc)
		util_usage("one script is needed, %d are given", argc - optind);
	name = argv[optind];
	if (strcmp(name, "-"))
		f = fopen(name, "r");
	if (!f)
		util_usage("open script %s: %s", name, err_name(errno));
	ok = script_parse(&player.script, f, f == stdin ? "stdin" : name);
	if (f != stdin)
		fclose(f);
	if (truth && ok && !check)
		truth_open(truth);
	if (ok && !check)
		play();
	if (ok && !check && counts)
		rc = probe_write_counts(counts, NULL);
	if (rc)
		util_warn("write counts to %s: %s", counts, err_name(rc));
	script_free(&player.script);
	if (!ok)
		return 2;
	ok = truth_close() && !rc;
	pairs_free();
	if (stopped())
		return 128 + stopped();
	return ok ? 0 : 1;
}
