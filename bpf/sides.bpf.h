/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The side of the thread that runs right now. It is decided once, and again when the thread has
 * another name, works on another queue or is in another cgroup: a page event asks for it each time.
 */
#ifndef ASSAY_SIDES_BPF_H
#define ASSAY_SIDES_BPF_H

#include "overlap.h"
#include "side_pattern.h"

/* Set before load. */
const volatile struct side_pattern patterns[SIDE_PATTERNS] = { 0 };
const volatile __u32 npatterns = 0;
const volatile bool by_cgroup = 0; /* some are of cgroups */
const volatile bool by_repair = 0; /* one is of Crucible's repair */
const volatile __u32 command = 0;  /* this process and what it starts is maintenance; 0: none */
const volatile __u32 self = 0;	   /* our own process: what it does is nobody's */

__u64 sideless; /* events whose side is not known: the foreground's, it seems */

#define SIDE_GENERATIONS 32 /* from a process up to the command that started it */
#define SIDE_COMM	 16 /* TASK_COMM_LEN */

/* What a thread's side is decided by. */
struct identity {
	struct side_name name; /* its own; a kworker's: of its work queue */
	__u64 leader[2];       /* its process's */
	__u64 cgroup;
};

/* What is known of a thread. */
struct thread {
	struct identity is;
	__u32 decided;
	__u32 side;    /* enum page_side */
	__u32 repairs; /* it may be that of a downstairs that repairs */
	/* repair.bpf.h: the file last asked for */
	__u32 repair_file;
	__u64 repair_inode, repair_number;
	__u32 repair_generation, reserved;
	/* pages.bpf.c: */
	__u64 added; /* ns, when it brought a page of a file in; 0: it has looked that up */
	struct reading reading; /* what it read last */
	__u64 fault;		/* the page of a mapping that it wanted last */
	__u64 fault_inode;
	__u32 fault_dev;
	__u32 fault_waits; /* it has not come */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct thread);
} threads SEC(".maps");

/* Whether a pattern is of this name. */
__attribute__((noinline)) int side_named(const struct side_name *name)
{
	if (!name)
		return 0;
	for (__u32 i = 0; i < SIDE_PATTERNS && i < npatterns; i++) {
		const volatile struct side_pattern *p = &patterns[i];

		if (p->kind == SIDE_BY_NAME && side_is_named(p, name))
			return 1;
	}
	return 0;
}

/* Whether the thread that runs is in a cgroup that a pattern is of. */
__attribute__((noinline)) int side_in_cgroup(void)
{
	for (__u32 i = 0; i < SIDE_PATTERNS && i < npatterns; i++) {
		const volatile struct side_pattern *p = &patterns[i];

		if (p->kind == SIDE_BY_CGROUP &&
		    bpf_get_current_ancestor_cgroup_id(p->level) == p->cgroup)
			return 1;
	}
	return 0;
}

/* Whether it comes from the command. What that leaves behind becomes ours: core/child.h. */
__attribute__((noinline)) int side_of_command(void)
{
	const struct task_struct *task = bpf_get_current_task_btf();

	for (int i = 0; i < SIDE_GENERATIONS && task; i++) {
		__u32 tgid = task->tgid;

		if (tgid == command || tgid == self)
			return 1;
		if (tgid <= 1)
			return 0;
		task = task->real_parent;
	}
	return 0;
}

/* A downstairs' process is called "crucible-downstairs", cut. */
static __always_inline bool side_is_downstairs(const __u64 *leader)
{
	/* "crucible" "-downst" */
	return leader[0] == 0x656c626963757263ULL && leader[1] == 0x0074736e776f642dULL;
}

static __always_inline void side_decide(struct thread *t)
{
	struct side_name leader = { { t->is.leader[0], t->is.leader[1] } };

	t->decided = 1;
	t->repairs = by_repair && side_is_downstairs(t->is.leader);
	t->side = side_named(&t->is.name) || side_named(&leader) ||
				  (by_cgroup && side_in_cgroup()) || (command && side_of_command())
			  ? SIDE_MAINTENANCE
			  : SIDE_FOREGROUND;
}

/* What the thread that runs and its process are called right now. */
static __always_inline void identify(const struct task_struct *task, struct identity *is)
{
	const struct task_struct *leader = task->group_leader;

	is->leader[0] = *(const __u64 *)&leader->comm[0];
	is->leader[1] = *(const __u64 *)&leader->comm[8];
	is->cgroup = by_cgroup ? bpf_get_current_cgroup_id() : 0;
	if (task->flags & KERNEL_PF_WQ_WORKER) {
		kernel_work_queue(task, (char *)is->name.word, SIDE_NAME);
		return;
	}
	is->name.word[0] = *(const __u64 *)&task->comm[0];
	is->name.word[1] = *(const __u64 *)&task->comm[8];
}

static __always_inline bool identity_equal(const struct identity *a, const struct identity *b)
{
	__u64 other = (a->leader[0] ^ b->leader[0]) | (a->leader[1] ^ b->leader[1]) |
		      (a->cgroup ^ b->cgroup);

	for (int i = 0; i < SIDE_WORDS; i++)
		other |= a->name.word[i] ^ b->name.word[i];
	return !other;
}

/* The thread that runs: decides on which side it is, if it is not the same any more. */
__attribute__((noinline)) int thread_decide(struct thread *t)
{
	struct identity is = { 0 };

	if (!t)
		return 0;
	identify(bpf_get_current_task_btf(), &is);
	if (t->decided && identity_equal(&t->is, &is))
		return 0;
	t->is = is;
	side_decide(t);
	return 0;
}

/* The thread that runs, its side decided. NULL when there is no room for it, right now or at all.
 */
static __always_inline struct thread *thread_now(void)
{
	struct thread *t = bpf_task_storage_get(&threads, bpf_get_current_task_btf(), 0,
						BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (t)
		thread_decide(t);
	else
		__sync_fetch_and_add(&sideless, 1);
	return t;
}

#endif
