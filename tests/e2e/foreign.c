// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * foreign MODE [N]: fires the probes of a provider that is not Crucible's, "foreign", laid out by
 * hand as <sys/sdt.h> does it: without semaphores, arguments anywhere.
 *
 *	kinds      each kind of argument once
 *	texts      texts: plain, hostile, too long, unreadable
 *	pairs N    N jobs of begin and finish on two threads at once, the same numbers on both; the
 *	           first thread's take 2 ms, the other's 4 ms; around each, enter and leave
 *	nest N     N times enter, enter, leave, leave, 1 ms apart
 *	flood N    N hits as fast as they come, with numbers; flood-text N: with texts
 *
 * It waits for a byte on stdin first, and prints "done" at the end.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A note at this place. There is a .stapsdt.base in no binary of ours: its word is 0. */
#define NOTE(name, args)                             \
	"990: nop\n"                                 \
	".pushsection .note.stapsdt,\"\",\"note\"\n" \
	".balign 4\n"                                \
	".4byte 8, 992f-991f, 3\n"                   \
	".asciz \"stapsdt\"\n"                       \
	"991: .8byte 990b, 0, 0\n"                   \
	".asciz \"foreign\"\n"                       \
	".asciz \"" name "\"\n"                      \
	".asciz \"" args "\"\n"                      \
	"992: .balign 4\n"                           \
	".popsection\n"

#if defined(__x86_64__)
#define R0	  "rdi"
#define R1	  "rsi"
#define R2	  "rdx"
#define R3	  "rcx"
#define R4	  "r8"
#define R5	  "r9"
#define R6	  "rax"
#define R7	  "rbx"
#define ONE	  "8@%%rdi"
#define TWO	  "8@%%rdi 8@%%rsi"
#define WIDTHS	  "-1@%%dil -2@%%si -4@%%edx -8@%%rcx 1@%%r8b 2@%%r9w 4@%%eax 8@%%rbx"
#define CONSTANTS "-4@$-7 1@$200 -8@$123456789012"
#define MEMORY	  "8@%%rdi 4@-20(%%rbp) 8@%%rsi"
#else
#define R0	  "x0"
#define R1	  "x1"
#define R2	  "x2"
#define R3	  "x3"
#define R4	  "x4"
#define R5	  "x5"
#define R6	  "x6"
#define R7	  "x7"
#define ONE	  "8@x0"
#define TWO	  "8@x0 8@x1"
#define WIDTHS	  "-1@x0 -2@x1 -4@x2 -8@x3 1@x4 2@x5 4@x6 8@x7"
#define CONSTANTS "-4@-7 1@200 -8@123456789012"
#define MEMORY	  "8@x0 4@[sp, 20] 8@x1"
#endif

#define FIRE1(name, a)                                                 \
	do {                                                           \
		register uint64_t a_ __asm__(R0) = (uint64_t)(a);      \
		__asm__ volatile(NOTE(name, ONE)::"r"(a_) : "memory"); \
	} while (0)
#define FIRE2(name, args, a, b)                                                  \
	do {                                                                     \
		register uint64_t a_ __asm__(R0) = (uint64_t)(a);                \
		register uint64_t b_ __asm__(R1) = (uint64_t)(b);                \
		__asm__ volatile(NOTE(name, args)::"r"(a_), "r"(b_) : "memory"); \
	} while (0)

/* Out of line, so that each probe has one site whoever fires it. */
#define PROBE __attribute__((noinline)) static void

PROBE fire_text(int n, const char *text)
{
	FIRE2("text", TWO, n, text);
}

PROBE fire_enter(void)
{
	__asm__ volatile(NOTE("enter", ""));
}

PROBE fire_leave(void)
{
	__asm__ volatile(NOTE("leave", ""));
}

PROBE fire_begin(uint64_t job, uint64_t kind)
{
	FIRE2("job-begin", TWO, job, kind);
}

PROBE fire_finish(uint64_t job, uint64_t kind)
{
	FIRE2("job-finish", TWO, job, kind);
}

/* What is above an argument in its register is none of its. */
PROBE fire_widths(void)
{
	register uint64_t a0 __asm__(R0) = 0x5a5a5a5a5a5a5a80;
	register uint64_t a1 __asm__(R1) = 0x5a5a5a5a5a5a8000;
	register uint64_t a2 __asm__(R2) = 0x5a5a5a5a80000000;
	register uint64_t a3 __asm__(R3) = 0x8000000000000000;
	register uint64_t a4 __asm__(R4) = 0x5a5a5a5a5a5a5aff;
	register uint64_t a5 __asm__(R5) = 0x5a5a5a5a5a5affff;
	register uint64_t a6 __asm__(R6) = 0x5a5a5a5affffffff;
	register uint64_t a7 __asm__(R7) = 0x7fffffffffffffff;

	__asm__ volatile(NOTE("widths", WIDTHS)::"r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(a4),
			 "r"(a5), "r"(a6), "r"(a7));
}

static void kinds(void)
{
	fire_widths();
	__asm__ volatile(NOTE("constants", CONSTANTS));
	FIRE2("memory", MEMORY, 11, 13);
	fire_enter();
	fire_leave();
}

static void texts(void)
{
	static char text[20000];

	fire_text(1, "plain");
	fire_text(2, "");
	fire_text(3, "a\033[31mred\ttab\nline \"quoted\" back\\slash \x9b"
		     "8bit");
	memset(text, 'x', 8191);
	fire_text(4, text); /* the longest that is whole */
	memset(text, 'y', sizeof(text) - 1);
	fire_text(5, text);
	fire_text(6, (const char *)16);
}

static void pause_us(unsigned int us)
{
	struct timespec t = { us / 1000000, us % 1000000 * 1000 };

	while (nanosleep(&t, &t))
		;
}

static unsigned int count;
static pthread_barrier_t barrier;

static void *pairs(void *arg)
{
	uintptr_t kind = (uintptr_t)arg;

	for (unsigned int i = 0; i < count; i++) {
		pthread_barrier_wait(&barrier);
		fire_enter();
		fire_begin(i, kind);
		pause_us(kind * 1000);
		fire_finish(i, kind);
		fire_leave();
	}
	return NULL;
}

static void two_threads(void)
{
	pthread_t other;

	pthread_barrier_init(&barrier, NULL, 2);
	if (pthread_create(&other, NULL, pairs, (void *)4))
		exit(1);
	pairs((void *)2);
	pthread_join(other, NULL);
}

static void nest(void)
{
	for (unsigned int i = 0; i < count; i++) {
		fire_enter();
		pause_us(1000);
		fire_enter();
		pause_us(1000);
		fire_leave();
		pause_us(1000);
		fire_leave();
	}
}

PROBE fire_flood(uint64_t i)
{
	FIRE1("flood", i);
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	char byte;

	count = argc > 2 ? strtoul(argv[2], NULL, 0) : 1;
	if (read(STDIN_FILENO, &byte, 1) < 0)
		return 1;
	if (!strcmp(mode, "kinds"))
		kinds();
	else if (!strcmp(mode, "texts"))
		texts();
	else if (!strcmp(mode, "pairs"))
		two_threads();
	else if (!strcmp(mode, "nest"))
		nest();
	else if (!strcmp(mode, "flood"))
		for (unsigned int i = 0; i < count; i++)
			fire_flood(i);
	else if (!strcmp(mode, "flood-text"))
		for (unsigned int i = 0; i < count; i++)
			fire_text(i, "one of many");
	else
		return 2;
	puts("done");
	return 0;
}
