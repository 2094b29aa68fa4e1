// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"

struct child {
	pid_t pid;
	pid_t group; /* of a load; 0: it is in ours */
	int pidfd;
	int go;	    /* a byte written here lets it go */
	int failed; /* the errno of a failed exec comes out here, else its end */
};

/* Nothing to read, and what it prints is not what ours is read for. */
static int become_load(void)
{
	int null = open("/dev/null", O_RDONLY);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		return -1;
	if (null != STDIN_FILENO)
		close(null);
	return setpgid(0, 0);
}

static void child_main(char *const argv[], bool load, int go, int failed)
{
	sigset_t none;
	char byte;
	int err;

	/* assay's blocked signals are not the command's */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (read(go, &byte, 1) != 1)
		_exit(127); /* assay gave up */
	if (!load || !become_load())
		execvp(argv[0], argv);
	err = errno;
	if (write(failed, &err, sizeof(err)) < 0)
		_exit(126);
	_exit(127);
}

int child__new(char *const argv[], bool load, struct child **out)
{
	struct child *child = calloc(1, sizeof(*child));
	int go[2], failed[2], err;

	if (!child)
		return -ENOMEM;
	/* its orphans become our children, so that they can be told from others' */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (pipe2(go, O_CLOEXEC)) {
		err = -errno;
		goto free_child;
	}
	if (pipe2(failed, O_CLOEXEC)) {
		err = -errno;
		goto close_go;
	}
	child->pid = fork();
	if (child->pid < 0) {
		err = -errno;
		goto close_failed;
	}
	if (!child->pid) {
		close(go[1]);
		child_main(argv, load, go[0], failed[1]);
	}
	/* both do it: neither knows who comes first */
	if (load) {
		setpgid(child->pid, child->pid);
		child->group = child->pid;
	}
	close(go[0]);
	close(failed[1]);
	child->go = go[1];
	child->failed = failed[0];
	child->pidfd = pidfd_open(child->pid, 0);
	if (child->pidfd < 0) {
		err = -errno;
		child__free(child);
		return err;
	}
	*out = child;
	return 0;
close_failed:
	close(failed[0]);
	close(failed[1]);
close_go:
	close(go[0]);
	close(go[1]);
free_child:
	free(child);
	return err;
}

void child__free(struct child *child)
{
	if (!child)
		return;
	if (child->go >= 0) {
		/* still held: the end of its pipe makes it go away */
		close(child->go);
		if (child->pid > 0)
			waitpid(child->pid, NULL, 0);
	}
	if (child->failed >= 0)
		close(child->failed);
	if (child->pidfd >= 0)
		close(child->pidfd);
	free(child);
}

pid_t child_pid(const struct child *child)
{
	return child->pid;
}

int child_fd(const struct child *child)
{
	return child->pidfd;
}

/* The parent of a process; 0 when it is gone. */
static pid_t parent_of(pid_t pid)
{
	char path[32], text[512], *end;
	pid_t parent = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	/* "PID (NAME) STATE PARENT …", where NAME may hold anything */
	if (fgets(text, sizeof(text), f)) {
		end = strrchr(text, ')');
		if (!end || sscanf(end + 1, " %*c %d", &parent) != 1)
			parent = 0;
	}
	fclose(f);
	return parent;
}

bool child_began(const struct child *child, pid_t pid)
{
	/* what the child leaves behind becomes ours: see child__new() */
	while (pid > 1 && pid != child->pid && pid != getpid())
		pid = parent_of(pid);
	return pid > 1;
}

static char *executable(const char *path)
{
	struct stat st;

	if (stat(path, &st) || !S_ISREG(st.st_mode) || access(path, X_OK))
		return NULL;
	return strdup(path);
}

char *child_path(const char *name)
{
	const char *path = getenv("PATH");
	char file[PATH_MAX], *found = NULL;

	if (strchr(name, '/'))
		return executable(name);
	if (!path)
		path = "/bin:/usr/bin";
	while (!found && path) {
		const char *end = strchrnul(path, ':');
		int n = end - path;

		snprintf(file, sizeof(file), "%.*s%s%s", n, path, n ? "/" : "", name);
		found = executable(file);
		path = *end ? end + 1 : NULL;
	}
	return found;
}

int child_release(struct child *child)
{
	int err = 0;
	ssize_t n;

	if (write(child->go, "", 1) != 1)
		return -errno;
	close(child->go);
	child->go = -1;
	/* closed by a successful exec */
	do
		n = read(child->failed, &err, sizeof(err));
	while (n < 0 && errno == EINTR);
	if (n == sizeof(err)) {
		waitpid(child->pid, NULL, 0);
		child->pid = 0;
		return -err;
	}
	return 0;
}

bool child_ended(const struct child *child, int ms)
{
	struct pollfd fd = { .fd = child->pidfd, .events = POLLIN };

	return poll(&fd, 1, ms) == 1;
}

void child_signal(const struct child *child, int signo)
{
	if (child->group)
		kill(-child->group, signo);
	else if (child->pid)
		kill(child->pid, signo);
}

int child_wait(struct child *child)
{
	int status;

	while (waitpid(child->pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	child->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
