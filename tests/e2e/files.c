// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Makes N files in DIR, one after another: file.0 of 1 byte, file.1 of 2, and so on. The events of
 * file systems that this causes are of a known number. The process is called "files-maker".
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static char bytes[65536];
	int n = argc == 3 ? atoi(argv[2]) : 0;

	if (n < 1 || n > (int)sizeof(bytes)) {
		fprintf(stderr, "usage: files DIR N\n");
		return 2;
	}
	prctl(PR_SET_NAME, "files-maker");
	memset(bytes, 'x', sizeof(bytes));
	if (chdir(argv[1])) {
		perror(argv[1]);
		return 1;
	}
	for (int i = 0; i < n; i++) {
		char name[32];
		int fd;

		snprintf(name, sizeof(name), "file.%d", i);
		fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0644);
		if (fd < 0 || write(fd, bytes, i + 1) != i + 1 || close(fd)) {
			perror(name);
			return 1;
		}
	}
	printf("%d\n", getpid());
	return 0;
}
