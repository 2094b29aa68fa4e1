// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attach.h"
#include "log.h"

/*
 * What libbpf 1.1 has no call for: a uprobe_multi link, BPF_LINK_CREATE as include/uapi/linux/bpf.h
 * has it since 6.6.
 */
#define LINK_CREATE_CMD	   28 /* BPF_LINK_CREATE */
#define TRACE_UPROBE_MULTI 48 /* BPF_TRACE_UPROBE_MULTI, an attach type */
struct link_create_attr {
	uint32_t prog_fd;
	uint32_t target_fd;
	uint32_t attach_type;
	uint32_t flags;
	uint64_t path;
	uint64_t offsets;
	uint64_t ref_ctr_offsets;
	uint64_t cookies;
	uint32_t cnt;
	uint32_t multi_flags;
	uint32_t pid;
	uint32_t pad;
};

struct attach {
	const struct bpf_program *prog;
	enum attach_mode mode;
	int *multi; /* link fds */
	int nmulti;
	struct bpf_link **sites;
	int nsites;
	int count;
};

void attach_prepare(struct bpf_program *prog)
{
	/* a kernel without uprobe_multi takes no notice of a kprobe program's attach type */
	bpf_program__set_expected_attach_type(prog, (enum bpf_attach_type)TRACE_UPROBE_MULTI);
}

struct attach *attach__new(const struct bpf_program *prog, enum attach_mode mode)
{
	struct attach *attach = calloc(1, sizeof(*attach));

	if (!attach)
		return NULL;
	attach->prog = prog;
	attach->mode = mode;
	return attach;
}

/* Makes room for `more` elements behind the `n` of an array; the array, or NULL. */
static void *grow(void *array, int n, int more, size_t size)
{
	return reallocarray(array, n + more, size);
}

static int multi_link(struct attach *attach, const char *path, pid_t pid,
		      const struct attach_point *points, int n)
{
	uint64_t *words = calloc(n, 3 * sizeof(*words));
	struct link_create_attr attr = {
		.prog_fd = bpf_program__fd(attach->prog),
		.attach_type = TRACE_UPROBE_MULTI,
		.path = (uintptr_t)path,
		.offsets = (uintptr_t)words,
		.ref_ctr_offsets = (uintptr_t)(words + n),
		.cookies = (uintptr_t)(words + 2 * n),
		.cnt = n,
		.pid = pid > 0 ? pid : 0,
	};
	int fd;

	if (!words)
		return -ENOMEM;
	for (int i = 0; i < n; i++) {
		words[i] = points[i].offset;
		words[n + i] = points[i].sema_offset;
		words[2 * n + i] = points[i].cookie;
	}
	fd = syscall(__NR_bpf, LINK_CREATE_CMD, &attr, sizeof(attr));
	if (fd < 0)
		fd = -errno;
	free(words);
	return fd;
}

static int attach_multi(struct attach *attach, const char *path, pid_t pid,
			const struct attach_point *points, int n, char *why, size_t why_size)
{
	int *multi = grow(attach->multi, attach->nmulti, 1, sizeof(*multi));
	int fd;

	if (!multi)
		return -ENOMEM;
	attach->multi = multi;
	fd = multi_link(attach, path, pid, points, n);
	if (fd < 0) {
		snprintf(why, why_size, "one uprobe_multi link for %d sites", n);
		return fd;
	}
	attach->multi[attach->nmulti++] = fd;
	attach->count += n;
	return 0;
}

static int attach_sites(struct attach *attach, const char *path, pid_t pid,
			const struct attach_point *points, int n, char *why, size_t why_size)
{
	struct bpf_link **sites = grow(attach->sites, attach->nsites, n, sizeof(struct bpf_link *));

	if (!sites)
		return -ENOMEM;
	attach->sites = sites;
	for (int i = 0; i < n; i++) {
		LIBBPF_OPTS(bpf_uprobe_opts, opts, .bpf_cookie = points[i].cookie,
			    .ref_ctr_offset = points[i].sema_offset);
		struct bpf_link *link =
			bpf_program__attach_uprobe_opts(attach->prog, pid > 0 ? pid : -1, path,
							points[i].offset, &opts);

		if (!link) {
			int err = -errno;

			snprintf(why, why_size, "a perf event for %s, site %d of %d",
				 points[i].probe->name, i + 1, n);
			return err;
		}
		attach->sites[attach->nsites++] = link;
		attach->count++;
	}
	return 0;
}

int attach_file(struct attach *attach, int fd, pid_t pid, const struct attach_point *points,
		int npoints, char *why, size_t why_size)
{
	char path[32];
	int err;

	/* by descriptor: the path may lead elsewhere by now, or be of another mount namespace */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (attach->mode != ATTACH_SITES) {
		err = attach_multi(attach, path, pid, points, npoints, why, why_size);
		if (!err)
			attach->mode = ATTACH_MULTI;
		/* EINVAL is how kernels without uprobe_multi refuse; after a success it means more
		 */
		if (err != -EINVAL || attach->mode == ATTACH_MULTI)
			return err;
		log_debug("no uprobe_multi links (EINVAL): one perf event a site");
		attach->mode = ATTACH_SITES;
	}
	return attach_sites(attach, path, pid, points, npoints, why, why_size);
}

int attach_count(const struct attach *attach)
{
	return attach->count;
}

const char *attach_way(const struct attach *attach)
{
	return attach->mode == ATTACH_SITES ? "perf events" : "uprobe_multi";
}

/*
 * Closing a perf event waits for a grace period, 50 to 100 ms each: side by side they share them.
 */
#define CLOSERS 32

struct closer {
	pthread_t thread;
	struct bpf_link **links;
	int first, n;
};

static void *closer_run(void *arg)
{
	struct closer *c = arg;

	for (int i = c->first; i < c->n; i += CLOSERS)
		bpf_link__destroy(c->links[i]);
	return NULL;
}

static void sites_close(struct attach *attach)
{
	struct closer closers[CLOSERS];
	int started = 0;

	for (int i = 0; i < CLOSERS; i++)
		closers[i] =
			(struct closer){ .links = attach->sites, .first = i, .n = attach->nsites };
	while (started < CLOSERS && started < attach->nsites &&
	       !pthread_create(&closers[started].thread, NULL, closer_run, &closers[started]))
		started++;
	for (int i = started; i < CLOSERS; i++)
		closer_run(&closers[i]);
	for (int i = 0; i < started; i++)
		pthread_join(closers[i].thread, NULL);
}

void attach__free(struct attach *attach)
{
	if (!attach)
		return;
	for (int i = 0; i < attach->nmulti; i++)
		close(attach->multi[i]);
	sites_close(attach);
	free(attach->multi);
	free(attach->sites);
	free(attach);
}
