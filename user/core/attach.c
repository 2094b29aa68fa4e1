// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attach.h"
#include "attach_events.h"

/*
 * What libbpf 1.1 has no call for: a uprobe_multi link, BPF_LINK_CREATE as include/uapi/linux/bpf.h
 * has it since 6.6.
 */
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
	struct attach_events *events; /* NULL: uprobe_multi */
	struct usdt_page *page;	      /* of all uprobe_multi links */
	int *links;
	int nlinks;
};

const char *const attach_mode_names[] = { "auto", "multi", "events", NULL };

static int link_create(struct link_create_attr *attr)
{
	int fd = syscall(__NR_bpf, BPF_LINK_CREATE, attr, sizeof(*attr));

	return fd < 0 ? -errno : fd;
}

enum attach_mode attach_detect(void)
{
	/* r0 = 0; exit */
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		    .expected_attach_type = (enum bpf_attach_type)TRACE_UPROBE_MULTI);
	uint64_t offset = 0;
	struct link_create_attr attr = { .attach_type = TRACE_UPROBE_MULTI,
					 .path = (uintptr_t) "/",
					 .offsets = (uintptr_t)&offset,
					 .cnt = 1 };
	int fd = bpf_prog_load(BPF_PROG_TYPE_KPROBE, NULL, "Dual BSD/GPL", insns, 2, &opts), err;

	if (fd < 0)
		return ATTACH_MULTI; /* loading the real program tells what is wrong */
	attr.prog_fd = fd;
	/* "/" is no regular file: EBADF from kernels that have the links, EINVAL from others */
	err = link_create(&attr);
	if (err == -EBADF) {
		/* those that refuse this process ID also know a process from a thread (6.10) */
		attr.pid = (uint32_t)-1;
		err = link_create(&attr) == -EINVAL ? -EBADF : -EINVAL;
	}
	close(fd);
	return err == -EBADF ? ATTACH_MULTI : ATTACH_EVENTS;
}

void attach_prepare(struct bpf_program *prog, enum attach_mode mode)
{
	/* programs of this type go to such links only, others never do */
	if (mode == ATTACH_MULTI)
		bpf_program__set_expected_attach_type(prog,
						      (enum bpf_attach_type)TRACE_UPROBE_MULTI);
}

struct attach *attach__new(const struct bpf_program *prog, enum attach_mode mode,
			   struct usdt_page *pages, int max_pages)
{
	struct attach *attach = calloc(1, sizeof(*attach));

	if (!attach)
		return NULL;
	attach->prog = prog;
	if (mode == ATTACH_MULTI) {
		attach->page = pages;
		for (int i = 0; i < USDT_PAGE; i++)
			pages->site[i] = USDT_NO_SITE;
		return attach;
	}
	attach->events = attach_events__new(prog, pages, max_pages);
	if (!attach->events) {
		free(attach);
		return NULL;
	}
	return attach;
}

/*
 * Before they are attached, as hits need it from then on. Where sites that differ meet, a hit of
 * the first may still see its own number, or already be told to ask.
 */
static void page_add(struct usdt_page *page, const struct attach_point *points, int n)
{
	for (int i = 0; i < n; i++) {
		uint16_t *site = &page->site[points[i].offset % USDT_PAGE];
		uint16_t number = points[i].site;

		if (*site != USDT_NO_SITE && *site != number)
			number = USDT_ASK_COOKIE;
		__atomic_store_n(site, number, __ATOMIC_RELEASE);
	}
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
		words[2 * n + i] = points[i].site;
	}
	fd = link_create(&attr);
	free(words);
	return fd;
}

static int attach_multi(struct attach *attach, const char *path, pid_t pid,
			const struct attach_point *points, int n, char *why, size_t why_size)
{
	int *links = reallocarray(attach->links, attach->nlinks + 1, sizeof(*links));
	int fd;

	if (!links) {
		snprintf(why, why_size, "remember a link");
		return -ENOMEM;
	}
	attach->links = links;
	page_add(attach->page, points, n);
	fd = multi_link(attach, path, pid, points, n);
	if (fd < 0) {
		snprintf(why, why_size, "one uprobe_multi link for %d sites", n);
		return fd;
	}
	attach->links[attach->nlinks++] = fd;
	return 0;
}

int attach_file(struct attach *attach, int fd, pid_t pid, const struct attach_point *points,
		int npoints, char *why, size_t why_size)
{
	char path[32];

	/* by descriptor: the path may lead elsewhere by now, or be of another mount namespace */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (attach->events)
		return attach_events_file(attach->events, path, pid, points, npoints, why,
					  why_size);
	return attach_multi(attach, path, pid, points, npoints, why, why_size);
}

void attach__free(struct attach *attach)
{
	if (!attach)
		return;
	for (int i = 0; i < attach->nlinks; i++)
		close(attach->links[i]);
	free(attach->links);
	attach_events__free(attach->events);
	free(attach);
}
