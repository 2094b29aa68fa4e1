/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which side of duet a thread is on, decided by its name: patterns, made by user space
 * (user/duet/sides.c) and asked in the kernel.
 */
#ifndef ASSAY_SIDE_PATTERN_H
#define ASSAY_SIDE_PATTERN_H

#include "fold_types.h"

#define SIDE_NAME     32 /* the longest name is a work queue's (WQ_NAME_LEN) */
#define SIDE_WORDS    (SIDE_NAME / 8)
#define SIDE_PATTERNS 64

/* A name, filled up with zeros. */
struct side_name {
	__u64 word[SIDE_WORDS];
};

enum side_kind {
	SIDE_BY_NAME,	/* of a process, a thread of the kernel or a work queue */
	SIDE_BY_CGROUP, /* the cgroup (v2), or one below it */
	SIDE_BY_REPAIR, /* Crucible's downstairs repairing extents */
};

struct side_pattern {
	__u32 kind;   /* enum side_kind */
	__u32 suffix; /* bytes behind the star; 0: none, the words say all */
	/* before the star; without a star up to and with the NUL behind the name */
	struct side_name mask, value;
	char tail[SIDE_NAME]; /* behind the star */
	__u32 prefix;	      /* bytes before it */
	__u32 level;	      /* of the cgroup: 1 is right below the root */
	__u64 cgroup;	      /* its id */
};

static __always_inline bool side_starts_alike(const volatile struct side_pattern *p,
					      const struct side_name *name)
{
	__u64 other = 0;

	for (int i = 0; i < SIDE_WORDS; i++)
		other |= (name->word[i] & p->mask.word[i]) ^ p->value.word[i];
	return !other;
}

static __always_inline bool side_ends_alike(const volatile struct side_pattern *p,
					    const struct side_name *name)
{
	const char *text = (const char *)name->word;
	__u32 len = 0, at;

	while (len < SIDE_NAME && text[len])
		len++;
	if (len < p->prefix + p->suffix)
		return false;
	for (__u32 i = 0; i < SIDE_NAME && i < p->suffix; i++) {
		at = len - p->suffix + i;
		FOLD_OPAQUE(at);
		if (text[at % SIDE_NAME] != p->tail[i])
			return false;
	}
	return true;
}

/* Whether a pattern of kind SIDE_BY_NAME is of this name. */
static __always_inline bool side_is_named(const volatile struct side_pattern *p,
					  const struct side_name *name)
{
	return side_starts_alike(p, name) && (!p->suffix || side_ends_alike(p, name));
}

#endif
