// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <limits.h>
#include <mntent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/log.h"
#include "duet/sides.h"

#define COMM_MAX 15 /* what the kernel keeps of a process's name: TASK_COMM_LEN and its NUL */

const char *const sides_default[] = {
	/* btrfs(8): scrub, balance, defragment, send; and what the kernel goes on with by itself */
	"btrfs",
	"btrfs-scrub*",
	"btrfs-balance",
	"btrfs-cleaner",
	/* defragment, check and scrub of others */
	"e4defrag",
	"xfs_fsr",
	"xfs_scrub",
	"xfs_repair",
	"e2fsck",
	"e2scrub*",
	"fsck*",
	"fstrim",
	/* copies and backups */
	"rsync",
	"tar",
	"bsdtar",
	"restic",
	"borg",
	/* md: resync, check and recovery are one thread, reshape another */
	"md*_resync",
	"md*_reshape",
	"mdadm",
	"crucible:repair",
	NULL,
};

static void name_set(struct side_name *name, const char *text, size_t len)
{
	memset(name, 0, sizeof(*name));
	memcpy(name->word, text, len);
}

/* "name", or "before*behind" of which `star` is the star. */
static void name_pattern(struct side_pattern *p, const char *text, const char *star)
{
	size_t len = star ? (size_t)(star - text) : strlen(text);
	char ones[SIDE_NAME];

	memset(p, 0, sizeof(*p));
	memset(ones, 0xff, sizeof(ones));
	p->kind = SIDE_BY_NAME;
	p->prefix = len;
	name_set(&p->value, text, len);
	/* without a star the end counts, too */
	name_set(&p->mask, ones, star ? len : len + 1);
	if (!star)
		return;
	p->suffix = strlen(star + 1);
	memcpy(p->tail, star + 1, p->suffix);
}

/* What is left of it in a process's name, which is cut; 0: it is the same. */
static int name_cut(struct side_pattern *p, const char *text, const char *star)
{
	char cut[COMM_MAX + 1];

	if ((star ? (size_t)(star - text) : strlen(text)) <= COMM_MAX)
		return 0;
	snprintf(cut, sizeof(cut), "%s", text);
	name_pattern(p, cut, NULL);
	return 1;
}

static int parse_name(const char *word, struct side_pattern *patterns, int max, const char **wrong)
{
	const char *star = strchr(word, '*');

	*wrong = !*word				 ? "it is empty"
		 : star && strchr(star + 1, '*') ? "it has more than one star"
		 : strlen(word) >= SIDE_NAME	 ? "it is longer than any name"
						 : NULL;
	if (*wrong)
		return -EINVAL;
	*wrong = "there are too many";
	if (max < 2)
		return -E2BIG;
	name_pattern(&patterns[0], word, star);
	return 1 + name_cut(&patterns[1], word, star);
}

/* Where cgroups (v2) are mounted; false when they are not. */
static bool cgroup_root(char *root, size_t size)
{
	FILE *f = setmntent("/proc/self/mounts", "r");
	struct mntent *m = NULL;

	while (f && (m = getmntent(f)))
		if (!strcmp(m->mnt_type, "cgroup2"))
			break;
	if (m)
		snprintf(root, size, "%s", m->mnt_dir);
	if (f)
		endmntent(f);
	return m;
}

/* How many folders a path names. */
static uint32_t path_depth(const char *path)
{
	uint32_t n = 0;

	for (; *path; path++)
		n += *path == '/' && path[1] && path[1] != '/';
	return n;
}

/* A path from the root of all cgroups, or where it is mounted. */
static int parse_cgroup(const char *path, struct side_pattern *p, const char **wrong)
{
	char root[PATH_MAX], full[2 * PATH_MAX], *real;
	struct stat st;
	size_t len;

	*wrong = "cgroups (v2) are not mounted";
	if (!cgroup_root(root, sizeof(root)))
		return -ENOENT;
	len = strlen(root);
	if (!strncmp(path, root, len) && (path[len] == '/' || !path[len]))
		path += len;
	snprintf(full, sizeof(full), "%s/%s", root, path);
	real = realpath(full, NULL);
	*wrong = "there is no such cgroup (v2)";
	if (!real || stat(real, &st) || !S_ISDIR(st.st_mode) || strncmp(real, root, len)) {
		free(real);
		return -ENOENT;
	}
	*p = (struct side_pattern){ .kind = SIDE_BY_CGROUP,
				    .cgroup = st.st_ino,
				    .level = path_depth(real + len) };
	free(real);
	return 1;
}

static int parse_word(const char *word, struct side_pattern *patterns, int max, const char **wrong)
{
	if (max < 1)
		return -E2BIG;
	if (!strncmp(word, "cgroup:", 7))
		return parse_cgroup(word + 7, patterns, wrong);
	if (strcmp(word, "crucible:repair"))
		return parse_name(word, patterns, max, wrong);
	*patterns = (struct side_pattern){ .kind = SIDE_BY_REPAIR };
	return 1;
}

int sides_parse(const char *const *words, int n, struct side_pattern *patterns, int max, char *why,
		size_t why_size)
{
	int npatterns = 0;

	for (int i = 0; i < n; i++) {
		const char *wrong = "there are too many";
		int more = parse_word(words[i], patterns + npatterns, max - npatterns, &wrong);

		if (more < 0) {
			snprintf(why, why_size, "--maintenance %s: %s", words[i], wrong);
			return more;
		}
		npatterns += more;
	}
	return npatterns;
}
