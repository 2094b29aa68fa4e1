// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * semaphores PID: the sum of a process's USDT semaphores: how many attachments its probes know of,
 * counted once a probe. 0 when nobody traces it.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/notes.h"

/* Where the writable mapping of the file that holds `offset` has put it; 0 when none has. */
static uint64_t mapped_at(pid_t pid, const struct stat *exe, uint64_t offset)
{
	char path[64], line[4096], perms[5];
	uint64_t start, end, at;
	unsigned long ino;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %lu", &start, &end,
			   perms, &at, &ino) != 5)
			continue;
		if (ino == exe->st_ino && perms[1] == 'w' && offset >= at &&
		    offset < at + (end - start)) {
			fclose(f);
			return start + offset - at;
		}
	}
	if (f)
		fclose(f);
	return 0;
}

int main(int argc, char **argv)
{
	pid_t pid = argc == 2 ? atoi(argv[1]) : 0;
	char path[64], why[256];
	struct notes *notes;
	struct stat st;
	int exe, mem, sum = 0;

	if (!pid) {
		fprintf(stderr, "usage: semaphores PID\n");
		return 2;
	}
	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	exe = open(path, O_RDONLY);
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	mem = open(path, O_RDONLY);
	if (exe < 0 || mem < 0 || fstat(exe, &st) ||
	    notes__read(exe, path, &notes, why, sizeof(why))) {
		perror(path);
		return 1;
	}
	for (int i = 0; i < notes->nprobes; i++) {
		uint64_t offset = notes->probes[i].sema_offset;
		uint64_t address = offset ? mapped_at(pid, &st, offset) : 0;
		uint16_t value;

		if (!address)
			continue;
		if (pread(mem, &value, sizeof(value), address) != sizeof(value)) {
			perror("read a semaphore");
			return 1;
		}
		sum += value;
	}
	printf("%d\n", sum);
	notes__free(notes);
	return 0;
}
