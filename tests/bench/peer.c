// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "peer.h"

static void peer_exec(char *const *argv, int in, int out, int talk)
{
	/* a bench that is killed leaves nothing attached */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	if (!talk)
		dup2(out, STDERR_FILENO);
	execvp(argv[0], argv);
	fprintf(stderr, "bench: start %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

int peer_start(struct peer *peer, char *const *argv, int talk)
{
	int in[2], out[2];

	*peer = (struct peer){ 0 };
	if (talk) {
		if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
			return -errno;
	} else {
		in[0] = out[1] = open("/dev/null", O_RDWR | O_CLOEXEC);
	}
	peer->pid = fork();
	if (peer->pid < 0)
		return -errno;
	if (!peer->pid)
		peer_exec(argv, in[0], out[1], talk);
	close(in[0]);
	if (!talk)
		return 0;
	close(out[1]);
	peer->to = fdopen(in[1], "w");
	peer->from = fdopen(out[0], "r");
	return peer->to && peer->from ? 0 : -ENOMEM;
}

int peer_ask(struct peer *peer, const char *request, char *answer, size_t size)
{
	if (request && (fprintf(peer->to, "%s\n", request) < 0 || fflush(peer->to)))
		return -EPIPE;
	return fgets(answer, size, peer->from) ? 0 : -EPIPE;
}

void peer_end(struct peer *peer, int signo)
{
	if (peer->to)
		fclose(peer->to);
	if (peer->from)
		fclose(peer->from);
	if (peer->pid > 0) {
		if (signo)
			kill(peer->pid, signo);
		waitpid(peer->pid, NULL, 0);
	}
	*peer = (struct peer){ 0 };
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double median(double *values, int n)
{
	qsort(values, n, sizeof(*values), by_value);
	if (!n)
		return 0;
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}
