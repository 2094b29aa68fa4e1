// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "events.h"
#include "holder.h"

#define THREADS_MAX  1024
#define THREAD_STACK (64u << 10)
#define PAUSE_US     2000 /* for those who wait for the lock to get it */

struct holder {
	int ask;  /* closed: let go */
	int done; /* at its end: no program is attached */
};

/* What the process itself has. */
struct held {
	const int *links, *events;
	int n;
	bool *live;
	int asked, tell; /* the other ends */
	int next;	 /* link to close */
};

static int lock_open(void)
{
	return open(TRACEFS "/events", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int holder_lock(void)
{
	int fd = lock_open();

	while (fd >= 0 && flock(fd, LOCK_EX))
		if (errno != EINTR)
			break;
	return fd;
}

static void *close_links(void *arg)
{
	struct held *h = arg;
	int i;

	while ((i = __atomic_fetch_add(&h->next, 1, __ATOMIC_RELAXED)) < h->n)
		close(h->links[i]);
	return NULL;
}

/* As many waits at once as there can be threads; were there none, one after another. */
static void let_links_go(struct held *h)
{
	pthread_t threads[THREADS_MAX];
	pthread_attr_t attr;
	int n = 0;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, THREAD_STACK);
	while (n < THREADS_MAX && n + 1 < h->n &&
	       pthread_create(&threads[n], &attr, close_links, h) == 0)
		n++;
	close_links(h);
	while (n > 0)
		pthread_join(threads[--n], NULL);
}

static void let_events_go(struct held *h)
{
	int lock = lock_open();

	for (int i = 0; i < h->n; i++) {
		flock(lock, LOCK_EX);
		close(h->events[i]);
		flock(lock, LOCK_UN);
		usleep(PAUSE_US);
	}
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Closes all descriptors but what is held. */
static int close_others(const struct held *h)
{
	int n = 2 * h->n, from = 0, *keep = malloc((n + 2) * sizeof(*keep));

	if (!keep)
		return -ENOMEM;
	memcpy(keep, h->links, h->n * sizeof(*keep));
	memcpy(keep + h->n, h->events, h->n * sizeof(*keep));
	keep[n++] = h->asked;
	keep[n++] = h->tell;
	qsort(keep, n, sizeof(*keep), by_number);
	for (int i = 0; i < n; i++) {
		if (keep[i] > from)
			syscall(__NR_close_range, from, keep[i] - 1, 0);
		from = keep[i] + 1;
	}
	syscall(__NR_close_range, from, ~0u, 0);
	free(keep);
	return 0;
}

static void hold(struct held *h)
{
	sigset_t all;
	char byte;

	/* what is for the parent, on its terminal, is not for us */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	prctl(PR_SET_NAME, "assay-holder");
	if (chdir("/") || close_others(h))
		return;
	while (read(h->asked, &byte, 1) < 0 && errno == EINTR)
		;
	*h->live = false;
	let_links_go(h);
	close(h->tell);
	let_events_go(h);
}

static void close_all(const int *fds, int n)
{
	for (int i = 0; i < n; i++)
		close(fds[i]);
}

/* Not our child, but init's: nobody has to wait for its end. */
static int start(struct held *h)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		pid = fork();
		if (pid == 0) {
			hold(h);
			_exit(0);
		}
		_exit(pid < 0 ? errno : 0);
	}
	if (pid < 0)
		return -errno;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
}

int holder__new(const int *links, const int *events, int n, bool *live, struct holder **out)
{
	struct held held = { .links = links, .events = events, .n = n, .live = live };
	struct holder *h = calloc(1, sizeof(*h));
	int ask[2] = { -1, -1 }, done[2] = { -1, -1 }, err = 0;

	*out = NULL;
	if (!h)
		err = -ENOMEM;
	else if (pipe2(ask, O_CLOEXEC) || pipe2(done, O_CLOEXEC))
		err = -errno;
	if (!err) {
		held.asked = ask[0];
		held.tell = done[1];
		err = start(&held);
	}
	close_all(links, n);
	close_all(events, n);
	if (ask[0] >= 0)
		close(ask[0]);
	if (done[1] >= 0)
		close(done[1]);
	if (err) {
		if (ask[1] >= 0)
			close(ask[1]);
		if (done[0] >= 0)
			close(done[0]);
		free(h);
		return err;
	}
	h->ask = ask[1];
	h->done = done[0];
	*out = h;
	return 0;
}

void holder_release(struct holder *h)
{
	if (!h)
		return;
	if (h->ask >= 0)
		close(h->ask);
	h->ask = -1;
}

int holder_wait(struct holder *h, int ms)
{
	struct pollfd pfd = { .fd = h ? h->done : -1, .events = POLLIN };
	int n;

	if (!h)
		return 0;
	while ((n = poll(&pfd, 1, ms)) < 0 && errno == EINTR)
		;
	return n > 0 ? 0 : -ETIMEDOUT;
}

void holder__free(struct holder *h)
{
	if (!h)
		return;
	holder_release(h);
	close(h->done);
	free(h);
}
