// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "core/text.h"
#include "core/units.h"
#include "core/where.h"
#include "replay_texts.h"
#include "state.h"

uint64_t run_now(const struct run *run)
{
	if (run->recording)
		return run->replay_now;
	return run->stopped ? run->stopped : monotonic_now();
}

struct fold_tables run_tables(const struct run *run)
{
	struct fold_tables tables;

	if (!run->recording && run->tracer)
		return tracer_tables(run->tracer);
	if (!run->recording && run->report->source->tables)
		return run->report->source->tables(run->source);
	tables = run->recording ? fold_table_tables(run->folded) : (struct fold_tables){ 0 };
	tables.losses = run->losses;
	return tables;
}

int run_waiting(const struct run *run, struct waiting *waiting)
{
	if (run->recording)
		return fold_table_waiting(run->folded, waiting);
	if (run->tracer)
		return tracer_waiting(run->tracer, waiting);
	return run->report->source->waiting ? run->report->source->waiting(run->source, waiting)
					    : 0;
}

bool run_text(const void *arg, uint64_t hash, char *text, size_t size)
{
	const struct run *run = arg;
	char raw[FOLD_TEXT_KEY];

	if (run->source && run->report->source->text)
		return run->report->source->text(run->source, hash, text, size);
	if (run->recording ? !replay_text(run->texts, hash, raw)
			   : !tracer_text(run->tracer, hash, raw))
		return false;
	text_plain(raw, text, size);
	return true;
}

/* A zombie has ended, though it can be signalled. */
static bool process_runs(uint32_t tgid)
{
	char path[32], text[512], *end;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/stat", tgid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno != ENOENT;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	/* "PID (NAME) STATE ...", where the name may hold anything */
	end = strrchr(text, ')');
	return end && end[1] == ' ' && !strchr("ZX", end[2]);
}

bool run_alive(const void *arg, uint32_t tgid)
{
	const struct run *run = arg;

	if (!run->recording)
		return process_runs(tgid);
	for (const struct seen_process *p = run->seen; p; p = p->next)
		if (p->tgid == tgid)
			return !p->ended;
	return true;
}

char *run_where(const void *arg, uint32_t tgid, char *dst, size_t size)
{
	const struct run *run = arg;

	if (!run->recording)
		return where_process(tgid, dst, size);
	snprintf(dst, size, "-");
	return dst;
}

bool run_names_pid(const struct run *run, uint32_t pid)
{
	for (int i = 0; i < run->options->npids; i++)
		if ((uint32_t)run->options->pids[i] == pid)
			return true;
	return !run->options->npids;
}

int run_traced(const void *arg, uint32_t **out)
{
	const struct run *run = arg;
	int n = 0, max = 0;

	for (int i = 0; i < targets_count(run->targets); i++)
		max += targets_get(run->targets, i)->npids;
	for (const struct seen_process *p = run->seen; run->recording && p; p = p->next)
		max++;
	*out = calloc(max + 1, sizeof(**out));
	for (int i = 0; *out && i < targets_count(run->targets); i++) {
		const struct binary *b = targets_get(run->targets, i);

		for (int p = 0; p < b->npids; p++)
			if (run_names_pid(run, b->pids[p]))
				(*out)[n++] = b->pids[p];
	}
	for (const struct seen_process *p = run->seen; *out && run->recording && p; p = p->next)
		if (p->hit && run_names_pid(run, p->tgid))
			(*out)[n++] = p->tgid;
	return n;
}

void run_binaries(const void *arg, report_binary_fn fn, void *fn_arg)
{
	const struct run *run = arg;

	for (int i = 0; i < targets_count(run->targets); i++) {
		const struct binary *b = targets_get(run->targets, i);

		fn(fn_arg, b->path, b->fd);
	}
}

static void process_gone(void *arg)
{
	struct seen_process *p = arg;

	loop_remove_fd(p->run->loop, p->pidfd);
	close(p->pidfd);
	p->pidfd = -1;
	/* what it did last comes before its end */
	p->gone = true;
	run_drain(p->run);
}

/* Its end is told to those who keep hits. */
static void process_watch(struct seen_process *p)
{
	if (!run_wants_hits(p->run))
		return;
	p->pidfd = pidfd_open((pid_t)p->tgid, 0);
	if (p->pidfd < 0)
		p->gone = true;
	else
		loop_add_fd(p->run->loop, p->pidfd, EPOLLIN, process_gone, p);
}

struct seen_process *run_process(struct run *run, uint32_t tgid)
{
	struct seen_process **link = &run->seen, *p;

	for (; (p = *link); link = &p->next) {
		if (p->tgid != tgid)
			continue;
		/* the next hit is likely to be of the same */
		*link = p->next;
		p->next = run->seen;
		run->seen = p;
		if (!p->ended || run->recording)
			return p;
		/* the id is another's by now */
		run->seen = p->next;
		break;
	}
	p = p ? p : calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	*p = (struct seen_process){ .run = run, .tgid = tgid, .pidfd = -1, .next = run->seen };
	run->seen = p;
	if (run->recording) {
		snprintf(p->name, sizeof(p->name), "-");
		return p;
	}
	where_comm(tgid, p->name, sizeof(p->name));
	process_watch(p);
	return p;
}

void run_processes_free(struct run *run)
{
	struct seen_process *next;

	for (struct seen_process *p = run->seen; p; p = next) {
		next = p->next;
		if (p->pidfd >= 0)
			close(p->pidfd);
		free(p);
	}
	run->seen = NULL;
}
