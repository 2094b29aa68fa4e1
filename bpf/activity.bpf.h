/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whether maintenance is active: I/O of it is under way, or has just been, or it has just brought
 * pages into memory.
 */
#ifndef ASSAY_ACTIVITY_BPF_H
#define ASSAY_ACTIVITY_BPF_H

#define ACTIVITY_NS 100000000ULL /* what has just been */
/* what is said to be under way for so long without anything new has ended unseen */
#define ACTIVITY_LOST_NS 10000000000ULL

__u64 activity_last;	  /* ns, CLOCK_MONOTONIC: of maintenance */
__s64 activity_under_way; /* bios of it */

static __always_inline void activity_note(__u64 now)
{
	activity_last = now;
}

static __always_inline bool activity_at(__u64 now)
{
	__u64 since = now - activity_last;

	if (!activity_last)
		return false;
	/* another CPU's clock may have been read before, and come later */
	return (__s64)since < (__s64)(activity_under_way > 0 ? ACTIVITY_LOST_NS : ACTIVITY_NS);
}

#endif
