// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Makes system calls on a file, so many of each: calls PATH WORD..., where a word is CALL,
 * CALL:COUNT or CALL:COUNTxSIZE, done in order. The file is opened once to read and write (made
 * when it is new), once to write only and once to read only; other opens are words. "fork:N" and
 * "threads:N" do all words behind them in N processes or threads. Waits for a line on stdin, or
 * its end, and prints "done" or what failed.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST (1 << 20) /* bytes a call */

static const char *path;
static int both, out, in; /* descriptors of the file */
static char *buffer;	  /* aligned for direct I/O */

static long open_close(long fd)
{
	return fd < 0 ? fd : close(fd);
}

static long by_openat2(void)
{
	struct open_how how = { .flags = O_RDONLY };

	return open_close(syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how)));
}

/* One that is refused; 0 when it was. */
static long refused(long result, int err)
{
	return result == -1 && errno == err ? 0 : -1;
}

static long by_missing(void)
{
	char name[4096];

	snprintf(name, sizeof(name), "%s.missing", path);
	return refused(open(name, O_RDONLY), ENOENT);
}

/* What is read and written though it is no file. */
static long by_others(size_t size)
{
	int event = eventfd(1, 0), pipes[2], sockets[2];
	uint64_t value;
	long done;

	done = pipe(pipes) || socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) ||
	       read(event, &value, 8) != 8 || write(event, &value, 8) != 8 ||
	       write(pipes[1], buffer, size) < 0 || read(pipes[0], buffer, size) < 0 ||
	       write(sockets[1], buffer, size) < 0 || read(sockets[0], buffer, size) < 0;
	close(event);
	for (int i = 0; i < 2; i++) {
		close(pipes[i]);
		close(sockets[i]);
	}
	return done ? -1 : 0;
}

/* A 32-bit program's getpid, whose number is that of writev here. */
static long by_compat(void)
{
	long result = -1;
#ifdef __x86_64__
	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(20L), "D"((long)both)
			 : "memory", "r8", "r9", "r10", "r11");
#endif
	return result == getpid() ? 0 : -1;
}

/* A name that no other process here has. */
static long by_rename(void)
{
	char name[16];

	snprintf(name, sizeof(name), "calls-%d", getpid());
	return prctl(PR_SET_NAME, name);
}

static long by_direct(bool write, size_t size)
{
	int fd = open(path, O_RDWR | O_DIRECT);
	long n = write ? pwrite(fd, buffer, size, 0) : pread(fd, buffer, size, 0);

	close(fd);
	return n;
}

/* Its result, negative when it failed. */
static long call(const char *name, size_t size)
{
	struct iovec v[2] = { { buffer, size / 2 }, { buffer + size / 2, size - size / 2 } };
#define IS(n) (!strcmp(name, n))
	if (IS("open"))
		return open_close(syscall(SYS_openat, AT_FDCWD, path, O_RDONLY));
#ifdef SYS_open
	if (IS("open-old"))
		return open_close(syscall(SYS_open, path, O_RDONLY));
	if (IS("creat"))
		return open_close(syscall(SYS_creat, path, 0600));
#endif
	if (IS("openat2"))
		return by_openat2();
	if (IS("missing"))
		return by_missing();
	if (IS("read"))
		return read(in, buffer, size);
	if (IS("pread"))
		return pread(both, buffer, size, 0);
	if (IS("readv"))
		return readv(in, v, 2);
	if (IS("preadv"))
		return preadv(both, v, 2, 0);
	if (IS("preadv2"))
		return preadv2(both, v, 2, 0, RWF_HIPRI);
	if (IS("bad-read"))
		return refused(read(out, buffer, size), EBADF);
	if (IS("write"))
		return write(out, buffer, size);
	if (IS("pwrite"))
		return pwrite(both, buffer, size, 0);
	if (IS("writev"))
		return writev(out, v, 2);
	if (IS("pwritev"))
		return pwritev(both, v, 2, 0);
	if (IS("pwritev2"))
		return pwritev2(both, v, 2, 0, RWF_DSYNC);
	if (IS("bad-write"))
		return refused(write(in, buffer, size), EBADF);
	if (IS("direct-read"))
		return by_direct(false, size);
	if (IS("direct-write"))
		return by_direct(true, size);
	if (IS("fsync"))
		return fsync(both);
	if (IS("fdatasync"))
		return fdatasync(both);
	if (IS("syncfs"))
		return syncfs(both);
	if (IS("rewind"))
		return lseek(in, 0, SEEK_SET);
	if (IS("others"))
		return by_others(size);
	if (IS("compat"))
		return by_compat();
	if (IS("rename"))
		return by_rename();
	if (IS("sleep"))
		return usleep(size);
	if (IS("unlink"))
		return unlink(path);
	errno = EINVAL;
	return -1;
#undef IS
}

static void *run(void *words);

static void run_forked(char **words, unsigned long n)
{
	int status;

	for (unsigned long i = 0; i < n; i++) {
		pid_t pid = fork();

		if (!pid) {
			run(words);
			_exit(0);
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status) {
			printf("fork: %s\n", strerror(errno));
			exit(1);
		}
	}
}

static void run_threads(char **words, unsigned long n)
{
	pthread_t threads[n];

	for (unsigned long i = 0; i < n; i++)
		pthread_create(&threads[i], NULL, run, words);
	for (unsigned long i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
}

static void *run(void *arg)
{
	for (char **words = arg; *words; words++) {
		unsigned long count = 1, size = 1;
		char name[32];

		sscanf(*words, "%31[^:]:%lux%lu", name, &count, &size);
		if (!strcmp(name, "fork")) {
			run_forked(words + 1, count);
			break;
		}
		if (!strcmp(name, "threads")) {
			run_threads(words + 1, count);
			break;
		}
		for (unsigned long i = 0; i < count; i++) {
			long n = call(name, size > MOST ? MOST : size);

			if (n >= 0)
				continue;
			printf("%s: %s\n", *words, strerror(errno));
			exit(1);
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	char line[16];

	if (argc < 2 || posix_memalign((void **)&buffer, 4096, MOST))
		return 2;
	memset(buffer, 'x', MOST);
	while (read(0, line, sizeof(line)) == sizeof(line))
		;
	path = argv[1];
	both = open(path, O_RDWR | O_CREAT, 0600);
	out = open(path, O_WRONLY);
	in = open(path, O_RDONLY);
	if (both < 0 || out < 0 || in < 0) {
		printf("%s: %s\n", path, strerror(errno));
		return 1;
	}
	run(argv + 2);
	puts("done");
	return 0;
}
