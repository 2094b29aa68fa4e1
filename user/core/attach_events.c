// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attach_events.h"
#include "log.h"
#include "units.h"

#define TRACEFS	    "/sys/kernel/tracing"
#define DEFINITIONS TRACEFS "/uprobe_events"
#define GROUP_NAME  "assay_" /* then the pid, so that what a killed one leaves can be told */

struct attach_events {
	const struct bpf_program *prog;
	struct usdt_page *pages;
	int max_pages;
	int npages; /* events made: the cookie of each is its number here */
	char group[64];
	struct bpf_link **links;
	int nlinks;
};

/* One write a definition: tracefs takes lines. */
static int define(const char *line)
{
	int fd = open(DEFINITIONS, O_WRONLY | O_APPEND | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, line, strlen(line)) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* An event that has just been let go is busy for an instant. */
#define UNDEFINE_TRIES 100

static void undefine(const char *event)
{
	char line[128];
	int err = 0;

	snprintf(line, sizeof(line), "-:%s\n", event);
	for (int i = 0; i < UNDEFINE_TRIES; i++) {
		err = define(line);
		if (err != -EBUSY)
			break;
		usleep(2000);
	}
	if (err)
		log_debug("remove %s from %s: %s", event, DEFINITIONS, err_name(err));
}

/* Whether `line` ("p:GROUP/EVENT PATH:…") defines an event of an assay that is gone; its name. */
static bool is_stale(const char *line, char *event, size_t size)
{
	pid_t pid;

	if (sscanf(line, "p:" GROUP_NAME "%d_", &pid) != 1)
		return false;
	if (kill(pid, 0) == 0 || errno != ESRCH)
		return false;
	snprintf(event, size, "%.*s", (int)strcspn(line + 2, " \n"), line + 2);
	return true;
}

/* Definitions outlive whoever made them, if it was killed; they do nothing, but they are ours. */
static void sweep(void)
{
	char line[512], event[128], last[128] = "";
	FILE *f = fopen(DEFINITIONS, "re");

	while (f && fgets(line, sizeof(line), f)) {
		/* an event has a line for each of its sites */
		if (!is_stale(line, event, sizeof(event)) || !strcmp(event, last))
			continue;
		undefine(event);
		snprintf(last, sizeof(last), "%s", event);
	}
	if (f)
		fclose(f);
}

struct attach_events *attach_events__new(const struct bpf_program *prog, struct usdt_page *pages,
					 int max_pages)
{
	struct attach_events *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->prog = prog;
	e->pages = pages;
	e->max_pages = max_pages;
	snprintf(e->group, sizeof(e->group), GROUP_NAME "%d_%" PRIx64, getpid(), monotonic_now());
	return e;
}

static int tracefs_mount(char *why, size_t why_size)
{
	if (access(DEFINITIONS, F_OK) == 0)
		return 0;
	snprintf(why, why_size, "mount tracefs on %s", TRACEFS);
	return mount("nodev", TRACEFS, "tracefs", 0, NULL) ? -errno : 0;
}

/* The event of this binary, from number `first` on, that has room for the address. */
static int page_for(struct attach_events *e, int first, uint64_t offset)
{
	for (int i = first; i < e->npages; i++)
		if (e->pages[i].site[offset % USDT_PAGE] == USDT_NO_SITE)
			return i;
	if (e->npages == e->max_pages)
		return -ENOSPC;
	for (int i = 0; i < USDT_PAGE; i++)
		e->pages[e->npages].site[i] = USDT_NO_SITE;
	return e->npages++;
}

static int define_points(struct attach_events *e, int first, const char *path,
			 const struct attach_point *points, int n, char *why, size_t why_size)
{
	char line[256], counter[32] = "";

	for (int i = 0; i < n; i++) {
		int page = page_for(e, first, points[i].offset), err;

		if (page < 0) {
			snprintf(why, why_size, "more than %d trace events", e->max_pages);
			return page;
		}
		e->pages[page].site[points[i].offset % USDT_PAGE] = points[i].site;
		if (points[i].sema_offset)
			snprintf(counter, sizeof(counter), "(0x%" PRIx64 ")",
				 points[i].sema_offset);
		snprintf(line, sizeof(line), "p:%s/e%d %s:0x%" PRIx64 "%s\n", e->group, page, path,
			 points[i].offset, points[i].sema_offset ? counter : "");
		err = define(line);
		if (err) {
			snprintf(why, why_size, "define %s in %s", points[i].probe->name,
				 DEFINITIONS);
			return err;
		}
	}
	return 0;
}

static int event_id(const struct attach_events *e, int page)
{
	char path[160], text[16];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), TRACEFS "/events/%s/e%d/id", e->group, page);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return -EIO;
	text[n] = '\0';
	return atoi(text);
}

/* The program on one event; its cookie is the event's number. */
static int event_link(struct attach_events *e, int page, pid_t pid)
{
	LIBBPF_OPTS(bpf_perf_event_opts, opts, .bpf_cookie = page);
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr) };
	struct bpf_link **links = reallocarray(e->links, e->nlinks + 1, sizeof(*links));
	int id = event_id(e, page), fd;

	if (!links)
		return -ENOMEM;
	e->links = links;
	if (id < 0)
		return id;
	attr.config = id;
	/* a process on any CPU; else all processes, for which any one CPU will do */
	fd = syscall(__NR_perf_event_open, &attr, pid > 0 ? pid : -1, pid > 0 ? -1 : 0, -1,
		     PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return -errno;
	e->links[e->nlinks] = bpf_program__attach_perf_event_opts(e->prog, fd, &opts);
	if (!e->links[e->nlinks]) {
		int err = -errno;

		close(fd);
		return err;
	}
	e->nlinks++;
	return 0;
}

/* Lets go of the links and events made since there were so many. */
static void roll_back(struct attach_events *e, int links, int pages)
{
	while (e->nlinks > links)
		bpf_link__destroy(e->links[--e->nlinks]);
	while (e->npages > pages) {
		char event[96];

		snprintf(event, sizeof(event), "%s/e%d", e->group, --e->npages);
		undefine(event);
	}
}

int attach_events_file(struct attach_events *e, const char *path, pid_t pid,
		       const struct attach_point *points, int npoints, char *why, size_t why_size)
{
	int links = e->nlinks, first = e->npages, err = tracefs_mount(why, why_size);

	if (err)
		return err;
	if (!first)
		sweep();
	err = define_points(e, first, path, points, npoints, why, why_size);
	for (int page = first; !err && page < e->npages; page++) {
		err = event_link(e, page, pid);
		if (err)
			snprintf(why, why_size, "a perf event for trace event %s/e%d", e->group,
				 page);
	}
	if (err)
		roll_back(e, links, first);
	return err;
}

void attach_events__free(struct attach_events *e)
{
	if (!e)
		return;
	roll_back(e, 0, 0);
	free(e->links);
	free(e);
}
