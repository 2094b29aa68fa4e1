// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/escape.h"
#include "core/log.h"
#include "core/units.h"
#include "hint_list.h"
#include "hints.h"
#include "render/json.h"

#define LOOK_SHARE 10 /* following takes at most 1 of so many parts of a CPU's time */

struct hints {
	const char *dir;
	int root;
	bool null;
	bool terminal; /* names are escaped */
	enum resident_way way;
	uint64_t interval;
	struct hint_list list;
	uint64_t unnamed; /* left out because of what their names hold */
	/* of following */
	size_t at;     /* the next of the list */
	uint64_t next; /* CLOCK_MONOTONIC: when to look again */
};

int hints__new(const struct hints_options *options, struct hints **out, char *why, size_t why_size)
{
	struct hints *h = calloc(1, sizeof(*h));

	snprintf(why, why_size, "open %s", options->dir);
	if (!h)
		return -ENOMEM;
	h->dir = options->dir;
	h->null = options->null;
	h->interval = options->interval ? options->interval : NSEC_PER_SEC;
	h->root = open(h->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (h->root < 0) {
		int err = -errno;

		free(h);
		return err;
	}
	h->way = options->by_mincore ? RESIDENT_MINCORE : resident_way(h->root);
	*out = h;
	return 0;
}

void hints__free(struct hints *h)
{
	if (!h)
		return;
	hint_list_free(&h->list);
	close(h->root);
	free(h);
}

static void print_json(const struct hints *h, const struct render *render, const struct hint *hint)
{
	json_t *line = json_line(render);
	bool dirty = hint->known && h->way == RESIDENT_CACHESTAT;

	json_set(line, "event", json_string("hint"));
	json_set(line, "path", json_text(hint->path));
	json_set(line, "inode", json_integer(hint->inode));
	json_set(line, "again", json_boolean(hint->again));
	json_set(line, "pages", json_integer(hint->in.pages));
	json_set(line, "cached", hint->known ? json_integer(hint->in.cached) : json_null());
	json_set(line, "dirty", dirty ? json_integer(hint->in.dirty) : json_null());
	json_print(render->out, line);
}

static void print_name(struct hints *h, FILE *out, const char *path)
{
	/* rsync takes either end of line for one */
	if (!h->null && !h->terminal && strpbrk(path, "\n\r")) {
		h->unnamed++;
		return;
	}
	if (strchr("#;-", *path))
		fputs("./", out);
	if (!h->null && h->terminal)
		escape_print(out, path);
	else
		fputs(path, out);
	fputc(h->null ? '\0' : '\n', out);
}

static void print_hint(struct hints *h, const struct render *render, struct hint *hint)
{
	if (render->json)
		print_json(h, render, hint);
	else
		print_name(h, render->out, hint->path);
	hint->named = true;
}

static char *bytes_text(uint64_t pages, char *text, size_t size)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double value = (double)pages * (RESIDENT_PAGE / 1024);
	int unit = 0;

	for (; value >= 1024 && unit < 5; unit++)
		value /= 1024;
	snprintf(text, size, "%.*f %s", unit ? 1 : 0, value, units[unit]);
	return text;
}

static void print_sum_json(const struct hints *h, const struct render *render)
{
	const struct hint_counts *c = &h->list.counts;
	json_t *line = json_line(render), *lost = json_object();

	json_set(line, "event", json_string("hints"));
	json_set(line, "folder", json_text(h->dir));
	json_set(line, "names", json_integer(c->names));
	json_set(line, "files", json_integer(c->files));
	json_set(line, "pages", json_integer(c->in.pages));
	json_set(line, "cached", json_integer(c->in.cached));
	json_set(line, "dirty",
		 h->way == RESIDENT_CACHESTAT ? json_integer(c->in.dirty) : json_null());
	json_set(line, "asked", json_string(resident_way_name(h->way)));
	json_set(lost, "files_not_told_of", json_integer(c->hidden));
	json_set(lost, "folders_not_read", json_integer(c->tree.closed));
	json_set(lost, "mounts_not_entered", json_integer(c->tree.mounts));
	json_set(lost, "gone_meanwhile", json_integer(c->tree.gone));
	json_set(line, "left_out", lost);
	json_print(render->out, line);
}

/* What was found, in sum. */
static void print_sum(const struct hints *h, const struct render *render)
{
	const struct hint_counts *c = &h->list.counts;
	char all[32], cached[32];

	if (render->json)
		print_sum_json(h, render);
	log_info("%s: files in %s: %llu, of %s; in memory: %s (%s)", render->report, h->dir,
		 (unsigned long long)c->files, bytes_text(c->in.pages, all, sizeof(all)),
		 bytes_text(c->in.cached, cached, sizeof(cached)), resident_way_name(h->way));
}

/* While we wait for a reader nobody reads signals: they end us by themselves. */
static void let_signals_end_us(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_UNBLOCK, &signals, NULL);
}

static void print_rest(struct hints *h, const struct render *render)
{
	h->terminal = isatty(fileno(render->out));
	let_signals_end_us();
	for (size_t i = 0; i < h->list.n && !ferror(render->out); i++)
		if (!h->list.hints[i].named)
			print_hint(h, render, &h->list.hints[i]);
	fflush(render->out);
}

int hints_print(struct hints *h, const struct render *render)
{
	int err = hint_list_read(&h->list, h->root, &h->way);

	if (err)
		return err;
	print_rest(h, render);
	print_sum(h, render);
	return 0;
}

/* Looks again, and not so often that it would be most of what this machine does. */
static int look(struct hints *h)
{
	struct hint_list old = h->list;
	uint64_t began = monotonic_now(), took;
	int err;

	h->list = (struct hint_list){ 0 };
	err = hint_list_read(&h->list, h->root, &h->way);
	hint_list_keep_named(&h->list, &old);
	hint_list_free(&old);
	h->at = 0;
	took = monotonic_now() - began;
	h->next = began + took +
		  (took * (LOOK_SHARE - 1) > h->interval ? took * (LOOK_SHARE - 1) : h->interval);
	return err;
}

/* Whether the output takes a name without making us wait. */
static bool reader_waits(FILE *out)
{
	struct pollfd fd = { .fd = fileno(out), .events = POLLOUT };

	return poll(&fd, 1, 0) == 1 && fd.revents & POLLOUT;
}

/* Half of it in memory: reading the other half costs no more than that one saves. */
static bool half_in_memory(const struct hint *hint)
{
	return hint->in.cached && hint->in.cached >= hint->in.pages - hint->in.cached;
}

/* Written to a moment ago: perhaps not yet all that it will be. */
static bool just_written(const struct hints *h, const struct hint *hint)
{
	struct timespec now;
	double age; /* ns; a file may claim any time, far beyond what integers could subtract */

	clock_gettime(CLOCK_REALTIME, &now);
	age = ((double)now.tv_sec - (double)hint->written.tv_sec) * NSEC_PER_SEC +
	      (double)(now.tv_nsec - hint->written.tv_nsec);
	return age >= 0 && age < (double)h->interval;
}

int hints_follow(struct hints *h, const struct render *render)
{
	int err = monotonic_now() < h->next ? 0 : look(h);

	h->terminal = isatty(fileno(render->out));
	for (; !err && h->at < h->list.n; h->at++) {
		struct hint *hint = &h->list.hints[h->at];

		/* sorted: behind it are none */
		if (!half_in_memory(hint) || ferror(render->out))
			break;
		if (hint->named || just_written(h, hint))
			continue;
		if (!reader_waits(render->out))
			break;
		print_hint(h, render, hint);
		fflush(render->out);
	}
	return err;
}

int hints_end(struct hints *h, const struct render *render, bool rest)
{
	int err = rest ? look(h) : 0;

	if (rest && !err)
		print_rest(h, render);
	print_sum(h, render);
	return err;
}

void hints_warn(const struct hints *h, const struct render *render)
{
	const struct hint_counts *c = &h->list.counts;

	if (c->tree.mounts)
		log_info("%s: mounts below %s that are left out: %llu", render->report, h->dir,
			 (unsigned long long)c->tree.mounts);
	if (c->tree.gone)
		log_info("%s: files that went away meanwhile: %llu", render->report,
			 (unsigned long long)c->tree.gone);
	if (c->tree.closed)
		log_warn("%s: folders that could not be read: %llu (%s); their files are left out",
			 render->report, (unsigned long long)c->tree.closed, err_name(c->tree.err));
	if (c->hidden)
		log_warn("%s: files of which it is not known how much is in memory: %llu (%s); run "
			 "as root, or as their owner",
			 render->report, (unsigned long long)c->hidden, err_name(c->err));
	if (h->unnamed)
		log_warn("%s: files left out as their names hold the end of a line: %llu; use -0",
			 render->report, (unsigned long long)h->unnamed);
}
