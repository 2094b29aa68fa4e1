// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "loop.h"

enum source_kind { SOURCE_FD, SOURCE_TIMER, SOURCE_SIGNALS };

struct source {
	struct source *next;
	enum source_kind kind;
	int fd;
	loop_fn fn;
	loop_signal_fn signal_fn;
	void *arg;
	bool gone; /* removed by a callback: freed with the loop */
};

struct loop {
	int epoll;
	bool stop;
	struct source *sources;
};

struct loop *loop__new(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return NULL;
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0) {
		free(loop);
		return NULL;
	}
	return loop;
}

void loop__free(struct loop *loop)
{
	if (!loop)
		return;
	while (loop->sources) {
		struct source *s = loop->sources;

		loop->sources = s->next;
		if (s->kind != SOURCE_FD)
			close(s->fd);
		free(s);
	}
	close(loop->epoll);
	free(loop);
}

static int source_add(struct loop *loop, const struct source *wanted, uint32_t events)
{
	struct source *s = malloc(sizeof(*s));
	struct epoll_event event = { .events = events, .data.ptr = s };

	if (!s)
		return -ENOMEM;
	*s = *wanted;
	if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, s->fd, &event)) {
		free(s);
		return -errno;
	}
	s->next = loop->sources;
	loop->sources = s;
	return 0;
}

int loop_add_fd(struct loop *loop, int fd, uint32_t events, loop_fn fn, void *arg)
{
	struct source s = { .kind = SOURCE_FD, .fd = fd, .fn = fn, .arg = arg };

	return source_add(loop, &s, events);
}

int loop_remove_fd(struct loop *loop, int fd)
{
	for (struct source *s = loop->sources; s; s = s->next) {
		if (s->fd != fd || s->gone || s->kind != SOURCE_FD)
			continue;
		s->gone = true;
		return epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL) ? -errno : 0;
	}
	return -ENOENT;
}

static struct timespec timespec_of(uint64_t ns)
{
	return (struct timespec){ .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };
}

int loop_add_timer(struct loop *loop, uint64_t first, uint64_t interval, loop_fn fn, void *arg)
{
	struct itimerspec spec = { .it_value = timespec_of(first ? first : 1),
				   .it_interval = timespec_of(interval) };
	struct source s = { .kind = SOURCE_TIMER, .fn = fn, .arg = arg };
	int err;

	s.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (s.fd < 0)
		return -errno;
	err = timerfd_settime(s.fd, 0, &spec, NULL) ? -errno : source_add(loop, &s, EPOLLIN);
	if (err)
		close(s.fd);
	return err;
}

int loop_add_signals(struct loop *loop, const sigset_t *signals, loop_signal_fn fn, void *arg)
{
	struct source s = { .kind = SOURCE_SIGNALS, .signal_fn = fn, .arg = arg };
	int err;

	if (sigprocmask(SIG_BLOCK, signals, NULL))
		return -errno;
	s.fd = signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s.fd < 0)
		return -errno;
	err = source_add(loop, &s, EPOLLIN);
	if (err)
		close(s.fd);
	return err;
}

static void source_call(struct source *s)
{
	struct signalfd_siginfo info;
	uint64_t expired;

	switch (s->kind) {
	case SOURCE_FD:
		s->fn(s->arg);
		break;
	case SOURCE_TIMER:
		if (read(s->fd, &expired, sizeof(expired)) == sizeof(expired))
			s->fn(s->arg);
		break;
	case SOURCE_SIGNALS:
		while (read(s->fd, &info, sizeof(info)) == sizeof(info))
			s->signal_fn(s->arg, info.ssi_signo);
		break;
	}
}

int loop_run(struct loop *loop)
{
	struct epoll_event events[16];

	loop->stop = false;
	while (!loop->stop) {
		int n = epoll_wait(loop->epoll, events, 16, -1);

		if (n < 0 && errno != EINTR)
			return -errno;
		for (int i = 0; i < n && !loop->stop; i++) {
			struct source *s = events[i].data.ptr;

			if (!s->gone)
				source_call(s);
		}
	}
	return 0;
}

void loop_stop(struct loop *loop)
{
	loop->stop = true;
}
