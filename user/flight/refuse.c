// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/log.h"
#include "flight_options.h"
#include "refuse.h"
#include "status.h"

const struct refuse_host refuse_this_host = {
	.uid = (uid_t)-1, /* whoever runs this */
	.tracefs = "/sys/kernel/tracing",
	.modules = "/sys/module",
	.mountinfo = "/proc/self/mountinfo",
};

/* Which file systems a system of tracepoints tells of: those are under trace. */
static const struct {
	const char *system, *type;
} traced[] = {
	{ "scoutfs", "scoutfs" }, { "ext4", "ext4" },	{ "ext4", "ext3" }, /* and that is who
									       mounts these */
	{ "ext4", "ext2" },	  { "jbd2", "ext4" },	{ "jbd2", "ext3" }, { "xfs", "xfs" },
	{ "iomap", "xfs" },	  { "btrfs", "btrfs" }, { "f2fs", "f2fs" }, { "gfs2", "gfs2" },
	{ "nfs", "nfs" },	  { "nfs", "nfs4" },	{ "nfs4", "nfs4" }, { "cifs", "cifs" },
	{ "ceph", "ceph" },	  { "fuse", "fuse" },	{ NULL, NULL },
};

/* Systems that tell of any file system's pages and disks. */
static const char *const below[] = {
	"block", "writeback", "filemap", "scsi", "nvme", "nbd", NULL,
};

/* Those that keep all in memory: no disk hears of what is written there. */
static const char *const in_memory[] = { "tmpfs", "ramfs", NULL };

int refuse_user(const struct refuse_host *host, char *why, size_t size)
{
	if (!(host->uid == (uid_t)-1 ? geteuid() : host->uid))
		return STATUS_OK;
	snprintf(why, size, "recording needs root; run it as root, by sudo for example");
	return STATUS_FAILED;
}

int refuse_tracefs(const struct refuse_host *host, char *why, size_t size)
{
	char events[256];

	snprintf(events, sizeof(events), "%s/events", host->tracefs);
	if (!access(events, F_OK))
		return STATUS_OK;
	snprintf(why, size, "tracefs is not mounted; mount -t tracefs tracefs %s", host->tracefs);
	return STATUS_FAILED;
}

/* --- what is mounted --- */

/* mountinfo writes blanks, tabs, newlines and backslashes as \NNN, octal. */
static void unescape(char *text)
{
	char *dst = text;

	for (const char *s = text; *s; dst++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			*dst = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 4;
		} else {
			*dst = *s++;
		}
	}
	*dst = '\0';
}

/* "ID PARENT MAJOR:MINOR ROOT POINT OPTIONS [OPTIONAL…] - TYPE SOURCE OPTIONS" */
bool refuse_next_mount(FILE *f, struct refuse_mount *mount)
{
	char *line = NULL;
	bool found = false;
	size_t size = 0;

	while (!found && getline(&line, &size, f) > 0) {
		const char *dash = strstr(line, " - ");

		found = dash &&
			sscanf(line, "%d %*d %*s %*s %255s", &mount->id, mount->point) == 2 &&
			sscanf(dash, " - %63s %127s", mount->type, mount->source) == 2;
	}
	free(line);
	if (found) {
		unescape(mount->point);
		unescape(mount->source);
	}
	return found;
}

typedef bool (*mount_fn)(const struct refuse_mount *mount, const void *arg);

static bool has_id(const struct refuse_mount *mount, const void *arg)
{
	return mount->id == *(const int *)arg;
}

/* A type may have a kind behind a dot, as fuse.sshfs has. */
static bool is_type(const struct refuse_mount *mount, const char *type)
{
	return !strncmp(mount->type, type, strcspn(mount->type, ".")) &&
	       !type[strcspn(mount->type, ".")];
}

static bool has_type(const struct refuse_mount *mount, const void *arg)
{
	return is_type(mount, arg);
}

/* The first mount that is so. */
static bool find_mount(const struct refuse_host *host, mount_fn fn, const void *arg,
		       struct refuse_mount *mount)
{
	FILE *f = fopen(host->mountinfo, "re");
	bool found = false;

	while (f && !found && refuse_next_mount(f, mount))
		found = fn(mount, arg);
	if (f)
		fclose(f);
	return found;
}

/* The mount that a folder is on. */
static bool mount_of(const struct refuse_host *host, const char *dir, struct refuse_mount *mount)
{
	struct statx stx;
	int id;

	/* Linux 5.8 */
	if (statx(AT_FDCWD, dir, 0, STATX_MNT_ID, &stx) || !(stx.stx_mask & STATX_MNT_ID))
		return false;
	id = (int)stx.stx_mnt_id;
	return find_mount(host, has_id, &id, mount);
}

int refuse_unmounted(const struct refuse_host *host, const char *type, char *why, size_t size)
{
	struct refuse_mount mount;
	char module[256];

	snprintf(module, sizeof(module), "%s/%s", host->modules, type);
	if (access(module, F_OK)) {
		snprintf(
			why, size,
			"the kernel has no %s (no %s); modprobe %s, or go on without by --no-check",
			type, module, type);
		return STATUS_NOTHING;
	}
	if (!find_mount(host, has_type, type, &mount)) {
		snprintf(why, size,
			 "no %s file system is mounted; mount it, or go on without by --no-check",
			 type);
		return STATUS_NOTHING;
	}
	return STATUS_OK;
}

/* --- where it is written to --- */

int refuse_folder(const char *dir, char *why, size_t size)
{
	struct stat st;
	int err = 0;

	if (stat(dir, &st))
		err = errno;
	else if (!S_ISDIR(st.st_mode))
		err = ENOTDIR;
	else if (access(dir, W_OK | X_OK))
		err = errno;
	if (!err)
		return STATUS_OK;
	snprintf(why, size, "write to %s: %s; name a folder that can be written to with -o", dir,
		 err_name(err));
	return STATUS_FAILED;
}

/* Whether a pattern SYSTEM:EVENT takes events of the system. */
static bool takes_system(const char *pattern, const char *system)
{
	const char *colon = strchr(pattern, ':');
	char glob[128];

	/* without a colon it is an event's name, of whatever system */
	if (!colon)
		return false;
	snprintf(glob, sizeof(glob), "%.*s", (int)(colon - pattern), pattern);
	return !fnmatch(glob, system, 0);
}

/* The first of the patterns that takes the system; NULL: none. */
static const char *taker(const char *const *patterns, int n, const char *system)
{
	for (int i = 0; i < n; i++)
		if (takes_system(patterns[i], system))
			return patterns[i];
	return NULL;
}

int refuse_feedback(const struct refuse_host *host, const char *dir, const char *const *patterns,
		    int n, char *why, size_t size)
{
	struct refuse_mount mount;
	const char *pattern;

	if (!mount_of(host, dir, &mount))
		return STATUS_OK;
	for (int i = 0; traced[i].system; i++) {
		if (!is_type(&mount, traced[i].type))
			continue;
		pattern = taker(patterns, n, traced[i].system);
		if (!pattern)
			continue;
		snprintf(why, size,
			 "%s is on %s (%s, mounted at %s), which %s traces: what is recorded there "
			 "would be traced, too, and recorded again; name a folder on another file "
			 "system with -o, or do it all the same with --no-check",
			 dir, mount.type, mount.source, mount.point, pattern);
		return STATUS_FAILED;
	}
	return STATUS_OK;
}

bool refuse_echo(const struct refuse_host *host, const char *dir, const char *const *patterns,
		 int n, char *why, size_t size)
{
	struct refuse_mount mount;
	const char *pattern = NULL;

	if (mount_of(host, dir, &mount))
		for (int i = 0; in_memory[i]; i++)
			if (!strcmp(mount.type, in_memory[i]))
				return false;
	for (int i = 0; below[i] && !pattern; i++)
		pattern = taker(patterns, n, below[i]);
	if (pattern)
		snprintf(why, size, "%s traces the writing of the recording to %s, too", pattern,
			 dir);
	return pattern;
}

uint64_t refuse_free(const char *dir)
{
	struct statvfs st;

	if (statvfs(dir, &st))
		return 0;
	return (uint64_t)st.f_bavail * st.f_frsize;
}

int refuse_full(const char *dir, uint64_t min, char *why, size_t size)
{
	uint64_t free = refuse_free(dir);
	char have[32], want[32];

	if (free >= min)
		return STATUS_OK;
	snprintf(why, size,
		 "%s has %s free, and %s are asked for; make room, name another folder with -o, or "
		 "ask for less with --min-free",
		 dir, size_format(free, have, sizeof(have)), size_format(min, want, sizeof(want)));
	return STATUS_FAILED;
}

bool refuse_tight(const char *dir, uint64_t need, char *why, size_t size)
{
	uint64_t free = refuse_free(dir);
	char have[32], want[32];

	if (free >= need)
		return false;
	snprintf(why, size,
		 "%s has %s free; what is kept, its text and the tarball may take %s: with a "
		 "smaller --keep they take less",
		 dir, size_format(free, have, sizeof(have)), size_format(need, want, sizeof(want)));
	return true;
}
