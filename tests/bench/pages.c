// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * pages FILE SECONDS [THREADS]: page cache events as fast as they go. Each thread reads a sparse
 * file of its own, FILE.N, into memory and drops it again, over and over: a page each is an event.
 * Prints "PAGES SECONDS": how many pages were brought in, and as many dropped.
 */
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define CHUNK	(2 << 20) /* what the kernel brings in at once */
#define CHUNKS	16
#define PAGE	4096
#define THREADS 16

struct worker {
	pthread_t thread;
	char path[4096];
	double until;
	long pages;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static long in_memory(int fd)
{
	static __thread unsigned char bits[CHUNK / PAGE * CHUNKS];
	void *map = mmap(NULL, CHUNK * CHUNKS, PROT_READ, MAP_SHARED, fd, 0);
	long n = 0;

	if (map == MAP_FAILED || mincore(map, CHUNK * CHUNKS, bits))
		err(1, "mincore");
	for (size_t i = 0; i < sizeof(bits); i++)
		n += bits[i] & 1;
	munmap(map, CHUNK * CHUNKS);
	return n;
}

static void *run(void *arg)
{
	struct worker *w = arg;
	int fd = open(w->path, O_RDWR | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || ftruncate(fd, CHUNK * CHUNKS))
		err(1, "%s", w->path);
	/* pages one by one, no large folios */
	posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
	do {
		for (int i = 0; i < CHUNKS; i++)
			if (readahead(fd, (off_t)i * CHUNK, CHUNK))
				err(1, "readahead");
		w->pages += in_memory(fd);
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
		if (in_memory(fd))
			errx(1, "pages stay in memory");
	} while (now() < w->until);
	close(fd);
	unlink(w->path);
	return NULL;
}

int main(int argc, char **argv)
{
	static struct worker workers[THREADS];
	int n = argc > 3 ? atoi(argv[3]) : 1;
	double began = now();
	long pages = 0;

	if (argc < 3 || n < 1 || n > THREADS)
		errx(2, "usage: pages FILE SECONDS [THREADS]");
	for (int i = 0; i < n; i++) {
		snprintf(workers[i].path, sizeof(workers[i].path), "%s.%d", argv[1], i);
		workers[i].until = began + atof(argv[2]);
		if (pthread_create(&workers[i].thread, NULL, run, &workers[i]))
			errx(1, "no thread");
	}
	for (int i = 0; i < n; i++) {
		pthread_join(workers[i].thread, NULL);
		pages += workers[i].pages;
	}
	printf("%ld %.3f\n", pages, now() - began);
	return 0;
}
