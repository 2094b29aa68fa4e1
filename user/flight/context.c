// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "context.h"
#include "core/escape.h"
#include "core/log.h"
#include "core/units.h"
#include "kmsg.h"

/* The journal has so long to be read. */
#define JOURNAL_MS 30000

void context_lacks(struct context_missing *missing, const char *what, const char *why)
{
	char *more;

	log_warn("%s: %s: left out", what, why);
	if (asprintf(&more, "%s%s: %s\n", missing->text ? missing->text : "", what, why) < 0)
		return;
	free(missing->text);
	missing->text = more;
	missing->n++;
}

/* --- time --- */

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * NSEC_PER_SEC + t.tv_nsec;
}

void context_now(struct context_time *now)
{
	now->wall = clock_ns(CLOCK_REALTIME);
	now->monotonic = clock_ns(CLOCK_MONOTONIC);
	now->boottime = clock_ns(CLOCK_BOOTTIME);
}

uint64_t context_boot(const struct context_time *time)
{
	return time->wall - time->boottime;
}

static void write_seconds(FILE *f, const char *name, uint64_t ns)
{
	fprintf(f, "  %-10s %" PRIu64 ".%06" PRIu64 " s\n", name, (uint64_t)(ns / NSEC_PER_SEC),
		(uint64_t)(ns % NSEC_PER_SEC / 1000));
}

void context_write_time(FILE *f, const char *what, const struct context_time *time)
{
	char text[64];

	fprintf(f, "%s\n  %-10s %s\n", what, "wall clock",
		time_format_utc(time->wall, text, sizeof(text)));
	fprintf(f, "  %-10s %s\n", "boot time",
		time_format_utc(context_boot(time), text, sizeof(text)));
	write_seconds(f, "uptime", time->boottime);
	write_seconds(f, "monotonic", time->monotonic);
}

/* --- files --- */

/* What a file of /proc holds, to a new file of the folder: its size is not known before. */
static int copy(const char *from, const struct folder *folder, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC), out, err = 0;
	char buf[16384];
	ssize_t n;

	if (in < 0)
		return -errno;
	out = folder_open(folder, to);
	if (out < 0) {
		close(in);
		return out;
	}
	while (!err && (n = read(in, buf, sizeof(buf)))) {
		if (n > 0 && write(out, buf, n) != n)
			err = errno ? -errno : -EIO;
		else if (n < 0 && errno != EINTR)
			err = -errno;
	}
	close(in);
	if (close(out) && !err)
		err = -errno;
	return err;
}

void context_proc(const struct folder *folder, const char *sub, struct context_missing *missing)
{
	static const char *const names[] = { "meminfo", "vmstat",    "interrupts",
					     "mounts",	"diskstats", NULL };
	char from[64], to[64];
	int err;

	for (int i = 0; names[i]; i++) {
		snprintf(from, sizeof(from), "/proc/%s", names[i]);
		snprintf(to, sizeof(to), "%s/%s", sub, names[i]);
		err = copy(from, folder, to);
		if (err)
			context_lacks(missing, from, err_name(err));
	}
}

void context_uname(const struct folder *folder, struct context_missing *missing)
{
	FILE *f = folder_fopen(folder, "uname");
	struct utsname u;
	int err = f ? 0 : -errno;

	if (f) {
		uname(&u);
		const char *const words[] = { u.sysname, u.nodename, u.release, u.version,
					      u.machine };

		for (int i = 0; i < 5; i++) {
			fputs(i ? " " : "", f);
			escape_print(f, words[i]);
		}
		fputs("\n", f);
		err = folder_fclose(f);
	}
	if (err)
		context_lacks(missing, "uname", err_name(err));
}

void context_dmesg(const struct folder *folder, struct context_missing *missing)
{
	FILE *f = folder_fopen(folder, "dmesg");
	struct context_time now;
	int err = f ? 0 : -errno, end;

	if (f) {
		context_now(&now);
		err = kmsg_write_last(CONTEXT_LINES, context_boot(&now), f);
		end = folder_fclose(f);
		err = err ? err : end;
	}
	if (err)
		context_lacks(missing, "dmesg", err_name(err));
}

/* --- the journal --- */

/* Starts a program with its output to a file. Returns its pid or -errno. */
static pid_t start(const char *path, char *const argv[], int out)
{
	static char *const env[] = { "LC_ALL=C", "TZ=UTC", "SYSTEMD_COLORS=0", NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, pipe;
	pid_t pid;
	int err;

	sigemptyset(&none);
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&files, out, STDERR_FILENO);
	posix_spawnattr_setsigmask(&attr, &none);
	/* a Ctrl-C is for us, who read it: in a group of its own it does not hear it */
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setsigdefault(&attr, &pipe);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
						POSIX_SPAWN_SETPGROUP);
	err = posix_spawn(&pid, path, &files, &attr, argv, env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return err ? -err : pid;
}

/* Waits for its end, and ends it when it takes too long. NULL or what went wrong. */
static const char *wait_for(pid_t pid, int ms)
{
	struct pollfd fd = { .fd = pidfd_open(pid, 0), .events = POLLIN };
	uint64_t until = monotonic_now() + ms * 1000000ULL;
	bool late = false;
	int status = 0;

	/* a signal does not make it any longer, or shorter */
	while (fd.fd >= 0) {
		uint64_t now = monotonic_now();
		int n = poll(&fd, 1, now < until ? (int)((until - now) / 1000000) + 1 : 0);

		late = n == 0;
		if (n >= 0 || errno != EINTR)
			break;
	}
	if (fd.fd >= 0)
		close(fd.fd);
	if (late) {
		/* nor is its end waited for: it may hang on the very disk that is looked into */
		kill(pid, SIGKILL);
		return "journalctl took too long";
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status ? "journalctl failed: the file says how" : NULL;
}

void context_journal(const struct folder *folder, struct context_missing *missing)
{
	/* not by PATH: whatever is there, it is run as root */
	static const char *const paths[] = { "/usr/bin/journalctl", "/bin/journalctl", NULL };
	char lines[16], *argv[] = { "journalctl",	 "-q", "--no-pager", "--utc", "-o",
				    "short-iso-precise", "-n", lines,	     NULL };
	const char *why = "no journalctl on this host";
	int out;
	pid_t pid = -ENOENT;

	snprintf(lines, sizeof(lines), "%d", CONTEXT_LINES);
	out = folder_open(folder, "journal");
	if (out < 0) {
		context_lacks(missing, "journal", err_name(out));
		return;
	}
	for (int i = 0; paths[i] && pid == -ENOENT; i++)
		pid = start(paths[i], argv, out);
	close(out);
	if (pid > 0)
		why = wait_for(pid, JOURNAL_MS);
	else if (pid != -ENOENT)
		why = err_name(pid);
	if (why)
		context_lacks(missing, "journal", why);
}
