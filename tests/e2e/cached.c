// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * cached PATH...: how many pages of these files are in memory, as mincore(2) has it, and how many
 * pages they have: "CACHED PAGES".
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void add(const char *path, long *cached, long *pages)
{
	int fd = open(path, O_RDONLY | O_NOATIME);
	unsigned char *in_memory;
	struct stat st;
	void *map;
	long n;

	if (fd < 0 || fstat(fd, &st))
		err(1, "%s", path);
	n = (st.st_size + 4095) / 4096;
	*pages += n;
	if (n) {
		in_memory = malloc(n);
		map = mmap(NULL, st.st_size, PROT_READ, MAP_SHARED, fd, 0);
		if (!in_memory || map == MAP_FAILED || mincore(map, st.st_size, in_memory))
			err(1, "%s", path);
		for (long i = 0; i < n; i++)
			*cached += in_memory[i] & 1;
		munmap(map, st.st_size);
		free(in_memory);
	}
	close(fd);
}

int main(int argc, char **argv)
{
	long cached = 0, pages = 0;

	for (int i = 1; i < argc; i++)
		add(argv[i], &cached, &pages);
	printf("%ld %ld\n", cached, pages);
	return 0;
}
