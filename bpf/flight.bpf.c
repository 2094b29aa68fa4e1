// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * One program for every tracepoint that is recorded: it copies the event's raw record, as tracefs's
 * format file describes it, into the ring of its CPU. Which event it is comes with the cookie.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "flight_ring.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Set before load. */
const volatile __u64 ring_mask = 0; /* bytes of a ring - 1, a power of two */

/* Events are recorded from one moment to another, not from when each was attached. */
bool live;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* CPUs */
	__type(key, __u32);
	__type(value, struct flight_ring);
} flight_rings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* CPUs */
	__uint(key_size, sizeof(__u32));
	__uint(value_size, 1); /* a ring's bytes and FLIGHT_SLACK */
} flight_bytes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* tracepoints */
	__type(key, __u32);
	__type(value, struct flight_event);
} flight_events SEC(".maps");

/* The verifier does not relate a difference to what it is one of; it has to see its bound. */
#define OPAQUE(v) asm volatile("" : "+r"(v))

static __always_inline struct flight_note *note_put(char *at, int tid, enum flight_note_kind kind,
						    __u64 time)
{
	struct flight_note *note = (struct flight_note *)at;

	note->head.time = time;
	note->head.id = 0;
	note->head.size = sizeof(*note);
	note->head.tid = tid;
	note->kind = kind;
	note->reserved = 0;
	return note;
}

/* Who is on the CPU, where it is another thread, or one of another name, than the last time. */
static __always_inline __u64 put_comm(struct flight_ring *ring, char *at, struct task_struct *task,
				      __u64 now)
{
	__u64 first = *(__u64 *)&task->comm[0], second = *(__u64 *)&task->comm[8];
	struct flight_note *note;

	if (ring->tid == task->pid && ring->comm[0] == first && ring->comm[1] == second)
		return 0;
	ring->tid = task->pid;
	ring->comm[0] = first;
	ring->comm[1] = second;
	note = note_put(at, task->pid, FLIGHT_COMM, now);
	*(__u64 *)&note->comm[0] = first;
	*(__u64 *)&note->comm[8] = second;
	return sizeof(*note);
}

static __always_inline __u64 put_lost(struct flight_ring *ring, char *at, __u64 now)
{
	struct flight_note *note;

	if (ring->told == ring->lost)
		return 0;
	note = note_put(at, 0, FLIGHT_LOST, now);
	note->lost = ring->lost - ring->told;
	note->unused = 0;
	ring->told = ring->lost;
	return sizeof(*note);
}

/* How long the event is: its dynamic fields say where what they point to ends. */
static __always_inline __u64 event_end(struct flight_event *event, const char *fixed)
{
	__u64 end = event->fixed;

#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < FLIGHT_DYNAMIC_MAX; i++) {
		__u64 at = event->dynamic[i].at, last;
		__u32 where;

		if (i >= event->ndynamic || at > FLIGHT_EVENT_MAX - sizeof(where))
			break;
		where = *(__u32 *)(fixed + at);
		last = event->dynamic[i].base + (where & 0xffff) + (where >> 16);
		if (last > end)
			end = last;
	}
	return end;
}

/*
 * The event without its common fields, from the program's context, behind the record's head.
 * Returns the record's size.
 */
static __always_inline __u64 put_event(struct flight_event *event, char *at, void *ctx)
{
	char *common = at + sizeof(struct flight_record) - FLIGHT_COMMON; /* where they would be */
	__u64 fixed = event->fixed, end, behind;

	if (fixed < FLIGHT_COMMON || fixed > FLIGHT_EVENT_MAX)
		return 0;
	bpf_probe_read_kernel(common + FLIGHT_COMMON, fixed - FLIGHT_COMMON, ctx + FLIGHT_COMMON);
	if (!event->ndynamic) {
		end = fixed;
	} else {
		end = event_end(event, common);
		if (end > FLIGHT_EVENT_MAX) {
			end = FLIGHT_EVENT_MAX;
			__sync_fetch_and_add(&event->truncated, 1);
		}
		behind = end - fixed;
		OPAQUE(behind);
		if (behind <= FLIGHT_EVENT_MAX)
			bpf_probe_read_kernel(common + fixed, behind, ctx + fixed);
	}
	/* up to a multiple of 8 */
	*(__u64 *)(common + end) = 0;
	return (end + sizeof(struct flight_record) - FLIGHT_COMMON + 7) & ~7ull;
}

SEC("tp")
int assay_flight(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 cpu = bpf_get_smp_processor_id(), number = bpf_get_attach_cookie(ctx);
	struct flight_ring *ring = bpf_map_lookup_elem(&flight_rings, &cpu);
	char *bytes = bpf_map_lookup_elem(&flight_bytes, &cpu);
	struct flight_event *event = bpf_map_lookup_elem(&flight_events, &number);
	struct flight_record *record;
	__u64 head, at, size, now;

	if (!*(volatile bool *)&live || !ring || !bytes || !event)
		return 0;
	head = ring->head;
	if (head + FLIGHT_SLACK - *(volatile __u64 *)&ring->tail > ring_mask + 1) {
		ring->lost++;
		return 0;
	}
	now = bpf_ktime_get_ns();
	at = head & ring_mask;
	at += put_lost(ring, bytes + at, now);
	at += put_comm(ring, bytes + at, task, now);
	size = put_event(event, bytes + at, ctx);
	if (!size)
		return 0;
	record = (struct flight_record *)(bytes + at);
	record->time = now;
	record->id = event->id;
	record->size = size;
	record->tid = task->pid;
	ring->events++;
	head += at - (head & ring_mask) + size;
#if defined(__TARGET_ARCH_x86)
	/* stores stay in order here */
	asm volatile("" ::: "memory");
	*(volatile __u64 *)&ring->head = head;
#else
	__sync_lock_test_and_set(&ring->head, head);
#endif
	return 0;
}
