// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * pages FILE [FIRST COUNT]...: has exactly these pages of a file in memory, 4 KiB each: writes what
 * is dirty, drops all, and reads them without reading ahead.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int fd = argc > 1 && argc % 2 == 0 ? open(argv[1], O_RDONLY) : -1;
	char page[4096];

	if (fd < 0) {
		fprintf(stderr, "usage: pages FILE [FIRST COUNT]...\n");
		return 2;
	}
	if (fsync(fd) || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) ||
	    posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM)) {
		perror(argv[1]);
		return 1;
	}
	for (int i = 2; i < argc; i += 2) {
		long first = atol(argv[i]), count = atol(argv[i + 1]);

		for (long p = first; p < first + count; p++) {
			if (pread(fd, page, sizeof(page), p * 4096) <= 0) {
				fprintf(stderr, "%s: no page %ld\n", argv[1], p);
				return 1;
			}
		}
	}
	close(fd);
	return 0;
}
