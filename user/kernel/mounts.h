/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * File systems by the device number of their superblock, as the kernel's programs see them: where
 * they are mounted, and of what type they are. From /proc/self/mountinfo, and for those that are
 * mounted in a container only, from a process in there. A device is as in devices.h.
 */
#ifndef ASSAY_MOUNTS_H
#define ASSAY_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mount {
	int id;
	uint32_t dev;
	char *root; /* the folder or subvolume that is mounted, in the file system: "/" is all of it
		     */
	char *point; /* where; as it is, not escaped, as root is */
	char *type;  /* "ext4" */
};

/*
 * One line of mountinfo, ended by a newline or a NUL. 0; -EINVAL when it is none; -ENOMEM. What
 * the mount points to is freed with mount_free().
 */
int mount_parse(const char *line, struct mount *mount);
void mount_free(struct mount *mount);

struct mounts;

/* Those that there are now. NULL when there is no memory. Freed with mounts__free(). */
struct mounts *mounts__new(void);
void mounts__free(struct mounts *mounts);

/* The same from a text of mountinfo's form, which never changes. */
struct mounts *mounts__new_of(const char *text);

/*
 * Reads what has been mounted since the last call; what was unmounted keeps its name. To be called
 * now and then: what comes and goes between has no name.
 */
void mounts_follow(struct mounts *mounts);

/*
 * The file system of that device, as this process sees it, else as process `tgid` does (0: none);
 * NULL when neither has it. Valid until the next call of any of these.
 */
const struct mount *mounts_find(struct mounts *mounts, uint32_t dev, uint32_t tgid);

/*
 * Where a file is that has this path from its file system's root: behind a mount that shows it.
 * Into `dst`; false when there is none, or it does not fit.
 */
bool mounts_path(struct mounts *mounts, uint32_t dev, uint32_t tgid, const char *inner, char *dst,
		 size_t size);

/* Whether the mount with that id, of this process or else of `tgid`, is of that device. */
bool mounts_is_of(struct mounts *mounts, int id, uint32_t tgid, uint32_t dev);

#endif
