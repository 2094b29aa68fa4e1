// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * System calls that work on files, measured: how long reads, writes, opens and syncs take, how many
 * fail, how many bytes they move. Split by file system and process, folded into maps; one by one
 * where that is wanted. Every system call of the host comes by here: the others are turned away
 * first.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#include "kernel.h"
#include "syscalls_inflight.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Set before load. */
const volatile __u8 ops[FILE_CALLS] = { 0 }; /* by the call's number */
const volatile bool some = false;	     /* only processes in `pids` */
const volatile bool measures = false;
const volatile bool sends = false;
const volatile bool paths = false; /* with what is sent */
const volatile __u64 slow_ns = 0;  /* what is sent took as long */
const volatile __u32 self = 0;	   /* who prints: counted only when asked for by name */
const volatile __u32 nameless = 0; /* the superblock of eventfds and the like, which are no files */

bool live;

struct fold {
};

/* A thread's number spreads threads well: a few places are enough, the first is nearly always it.
 */
#define INFLIGHT_PROBES 4

#include "fold_maps.bpf.h"
#include "inflight.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u8);
} pids SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} records SEC(".maps");

/* By the index of a group's numbers. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct file_process);
} processes SEC(".maps");

#define S_IFMT	0170000
#define S_IFREG 0100000
#define S_IFBLK 0060000

/* --- which call, of which file --- */

static __always_inline bool wanted(const struct task_struct *task)
{
	__u32 tgid = task->tgid;

	if (some)
		return bpf_map_lookup_elem(&pids, &tgid);
	return tgid != self;
}

static __always_inline bool has_data(__u32 mode)
{
	return (mode & S_IFMT) == S_IFREG || (mode & S_IFMT) == S_IFBLK;
}

static __always_inline bool on_disk(__u32 mode)
{
	return (mode & S_IFMT) == S_IFBLK;
}

/*
 * What there is to know of a descriptor's file. False: there is none, or its data is not a file's
 * though that is asked for. Twice the same: as this kernel follows pointers.
 */
static __always_inline bool look_cast(const struct fdtable *fdt, __u32 fd, bool data,
				      struct file_call *call)
{
	const struct file *file = kernel_file_cast(fdt, fd);
	const struct inode *inode = file->f_inode;

	if (!inode || (data && !has_data(inode->i_mode)))
		return false;
	call->mode = inode->i_mode;
	call->dev = on_disk(call->mode) ? inode->i_rdev : inode->i_sb->s_dev;
	call->inode = inode->i_ino;
	call->flags = file->f_flags;
	*(const struct dentry **)&call->dentry = file->f_path.dentry;
	return true;
}

static __always_inline bool look_probe(const struct fdtable *fdt, __u32 fd, bool data,
				       struct file_call *call)
{
	const struct file *file = kernel_file_probe(fdt, fd);
	const struct inode *inode = BPF_CORE_READ(file, f_inode);

	call->mode = BPF_CORE_READ(inode, i_mode);
	if (!inode || (data && !has_data(call->mode)))
		return false;
	call->dev = on_disk(call->mode) ? BPF_CORE_READ(inode, i_rdev)
					: BPF_CORE_READ(inode, i_sb, s_dev);
	call->inode = BPF_CORE_READ(inode, i_ino);
	call->flags = BPF_CORE_READ(file, f_flags);
	call->dentry = (__u64)BPF_CORE_READ(file, f_path.dentry);
	return true;
}

static __always_inline bool look(const struct task_struct *task, __u32 fd, bool data, bool cast,
				 struct file_call *call)
{
	const struct fdtable *fdt = task->files->fdt;

	if (fd >= fdt->max_fds ||
	    !(cast ? look_cast(fdt, fd, data, call) : look_probe(fdt, fd, data, call)))
		return false;
	/* 6.15 had these as regular files for a while */
	if (data && call->dev == nameless)
		return false;
	call->fd = fd;
	return true;
}

/* --- calls that are under way --- */

/* A thread is in one call at a time: no need to look for it behind a free place. */
static __always_inline struct inflight *call_take(const struct task_struct *task)
{
	__u32 hash = task->pid;

	for (__u32 i = 0; i < INFLIGHT_PROBES; i++) {
		struct inflight *at = inflight_at(hash + i);

		if (!at)
			break;
		if (at->address == (__u64)task ||
		    (!at->address &&
		     __sync_val_compare_and_swap(&at->address, 0, (__u64)task) == 0))
			return at;
	}
	return NULL;
}

static __always_inline int call_enter(void *ctx, bool cast)
{
	const struct pt_regs *regs = KERNEL_ARG(ctx, 0);
	__u64 nr = (__u64)KERNEL_ARG(ctx, 1);
	const struct task_struct *task;
	struct file_call call = { .fd = -1 };
	struct inflight *at;
	struct fold f;
	__u32 op;

	if (nr >= FILE_CALLS || !ops[nr] || !live)
		return 0;
	op = (ops[nr] & ~FILE_PATH_SECOND) - 1;
	task = bpf_get_current_task_btf();
	if (!wanted(task) || kernel_is_compat(task))
		return 0;
	if (op == FILE_OPEN)
		call.path = ops[nr] & FILE_PATH_SECOND ? KERNEL_CALL_ARG1(regs)
						       : KERNEL_CALL_ARG0(regs);
	else if (!look(task, KERNEL_CALL_ARG0(regs), op == FILE_READ || op == FILE_WRITE, cast,
		       &call))
		return 0;
	at = call_take(task);
	if (!at) {
		fold_home_lost(&f, FOLD_LOSS_INSERT, 1);
		return 0;
	}
	at->call.inode = call.inode;
	at->call.dentry = call.dentry;
	at->call.path = call.path;
	at->call.tgid = task->tgid;
	at->call.tid = task->pid;
	at->call.op = op;
	at->call.dev = call.dev;
	at->call.fd = call.fd;
	at->call.flags = call.flags;
	at->call.mode = call.mode;
	at->call.start = bpf_ktime_get_ns();
	return 0;
}

/* --- calls that return --- */

/* Groups kept back for all that there is no other room for. */
#define SPARE_GROUPS 128

static __always_inline bool has_group(struct fold *f, __u32 row, __u64 by, __u32 tgid)
{
	struct fold_group group = { .by = by, .tgid = tgid, .row = row + 1 };
	__u32 hash = fold_group_hash(&group);

	for (__u32 i = 0; i < FOLD_GROUP_PROBES; i++) {
		struct fold_group_entry *e = fold_home_group(f, hash + i);

		if (e && e->state >= FOLD_GROUP_READY && fold_group_equal(&e->group, &group))
			return true;
	}
	return false;
}

/* Whom a call's numbers are kept under: the process, its name, or all others. */
static __always_inline __u32 call_owner(struct fold *f, const struct file_call *call, __u64 by,
					const __u64 name[2])
{
	__u32 named;

	if (ngroups < limits.max_groups / 2 || has_group(f, call->op, by, call->tgid))
		return call->tgid;
	named = fold_text_mix(fold_text_mix(FOLD_TEXT_SEED, name[0]), name[1]) | FILE_BY_NAME;
	if (ngroups + SPARE_GROUPS < limits.max_groups || has_group(f, call->op, by, named))
		return named;
	return FILE_OTHERS;
}

/* Only what is new is written: other CPUs read it all the time. */
static __always_inline void name_process(__s64 group, const __u64 name[2], __u64 now)
{
	struct file_process *process;
	__u32 index = group;
	__u64 *known;

	process = group >= 0 ? bpf_map_lookup_elem(&processes, &index) : NULL;
	if (!process)
		return;
	known = (__u64 *)process->name;
	if (known[0] == name[0] && known[1] == name[1])
		return;
	process->since = now;
	known[0] = name[0];
	known[1] = name[1];
}

static __always_inline void call_fold(const struct task_struct *task, const struct file_call *call,
				      __u64 end, __s64 result)
{
	__u64 by = call->dev | (on_disk(call->mode) ? FILE_BY_DISK : 0);
	const char *comm = task->group_leader->comm;
	__u64 name[2] = { *(__u64 *)comm, *(__u64 *)(comm + 8) };
	__s64 index;
	struct fold f;
	__u32 owner;

	owner = call_owner(&f, call, by, name);
	index = fold_split_index(&f, call->op, by, owner);
	fold_value(&f, index, end - call->start);
	name_process(index, name, end);
	if (result < 0)
		fold_count(&f, fold_split_index(&f, FILE_ERRORS(call->op), by, owner), 1);
	else if (call->op == FILE_READ || call->op == FILE_WRITE)
		fold_count(&f, fold_split_index(&f, FILE_BYTES(call->op), by, owner), result);
}

/* The names from the file up to the root, into the record. */
static __always_inline void send_names(const struct dentry *dentry, struct file_record *r)
{
	__u64 size = 0;

	for (int i = 0; i < FILE_DEPTH && size <= FILE_NAMES - FILE_LONGEST; i++) {
		const struct dentry *parent = BPF_CORE_READ(dentry, d_parent);
		long n;

		if (parent == dentry) {
			r->names_end = true;
			break;
		}
		n = bpf_probe_read_kernel_str(r->names + size, FILE_LONGEST,
					      BPF_CORE_READ(dentry, d_name.name));
		if (n <= 0 || n > FILE_LONGEST)
			break;
		size += n;
		FOLD_OPAQUE(size);
		dentry = parent;
	}
	r->names_size = size;
}

static __always_inline void send_path(const struct file_call *call, struct file_record *r)
{
	const struct dentry *dentry = (const void *)call->dentry;
	const void *wanted = (const void *)call->path;
	long n;

	r->name[0] = '\0';
	r->names_size = 0;
	r->names_end = false;
	if (dentry) {
		bpf_probe_read_kernel_str(r->name, sizeof(r->name),
					  BPF_CORE_READ(dentry, d_name.name));
		if (paths)
			send_names(dentry, r);
	} else {
		bpf_probe_read_user_str(r->name, sizeof(r->name), wanted);
		n = paths ? bpf_probe_read_user_str(r->names, FILE_NAMES, wanted) : 0;
		r->names_size = n > 0 ? n : 0;
	}
}

static __always_inline void call_send(const struct task_struct *task, const struct file_call *call,
				      __u64 end, __s64 result)
{
	__u64 size =
		paths ? sizeof(struct file_record) : __builtin_offsetof(struct file_record, names);
	struct file_record *r = bpf_ringbuf_reserve(&records, size, 0);
	struct fold f;

	if (!r) {
		fold_home_lost(&f, FOLD_LOSS_RECORD, 1);
		return;
	}
	r->start = call->start;
	r->end = end;
	r->tgid = call->tgid;
	r->tid = call->tid;
	r->op = call->op;
	r->dev = call->dev;
	r->inode = call->inode;
	r->result = result;
	r->fd = call->fd;
	r->flags = call->flags;
	r->mode = call->mode;
	r->reserved = 0;
	send_path(call, r);
	bpf_get_current_comm(r->comm, sizeof(r->comm));
	bpf_probe_read_kernel_str(r->process, sizeof(r->process), task->group_leader->comm);
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
}

static __always_inline int call_exit(void *ctx, bool cast)
{
	const struct pt_regs *regs = KERNEL_ARG(ctx, 0);
	__s64 result = (__s64)KERNEL_ARG(ctx, 1);
	__u64 nr = KERNEL_CALL_NR(regs), end;
	const struct task_struct *task;
	struct file_call call;
	struct inflight *at;

	if (nr >= FILE_CALLS || !ops[nr] || !live)
		return 0;
	task = bpf_get_current_task_btf();
	at = inflight_find(task, task->pid);
	if (!at)
		return 0;
	end = bpf_ktime_get_ns();
	call = at->call;
	at->call.start = 0;
	inflight_give(at);
	if (call.op == FILE_OPEN && result >= 0)
		look(task, result, false, cast, &call);
	if (measures)
		call_fold(task, &call, end, result);
	if (sends && end - call.start >= slow_ns)
		call_send(task, &call, end, result);
	return 0;
}

/* --- for kernels with typed pointers, and before --- */

SEC("tp_btf/sys_enter")
int assay_call_enter(void *ctx)
{
	return call_enter(ctx, true);
}

SEC("tp_btf/sys_exit")
int assay_call_exit(void *ctx)
{
	return call_exit(ctx, true);
}

SEC("tp_btf/sys_enter")
int assay_call_enter_5_15(void *ctx)
{
	return call_enter(ctx, false);
}

SEC("tp_btf/sys_exit")
int assay_call_exit_5_15(void *ctx)
{
	return call_exit(ctx, false);
}
