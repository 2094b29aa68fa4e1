// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "where.h"

#define ID_LENGTH 12 /* of a container's id, as engines show it */

/*
 * What a part of a cgroup's path begins and ends with, and what the name between is shown behind.
 * Of an id its beginning is shown. The first row that fits counts.
 */
static const struct {
	const char *begin, *end, *shown;
	bool is_id;
} names[] = {
	{ "docker-", ".scope", "docker", true },
	{ "libpod-conmon-", ".scope", NULL, false }, /* podman's own process */
	{ "libpod-", ".scope", "podman", true },
	{ "libpod-", "", "podman", true },
	{ "cri-containerd-", ".scope", "kubernetes", true },
	{ "crio-conmon-", ".scope", NULL, false },
	{ "crio-", ".scope", "kubernetes", true },
	{ "crio-", "", "kubernetes", true },
	{ "systemd-nspawn@", ".service", "nspawn", false },
	{ "machine-qemu", ".scope", NULL, false }, /* libvirt's, a unit like others */
	{ "machine-", ".scope", "nspawn", false },
	{ "lxc.payload.", "", "lxc", false },
};

/* "SLICE:cri-containerd:ID", of containerd without systemd's help: the id; else the part itself. */
static const char *behind_colons(const char *part, size_t *len)
{
	static const char *const engines[] = { ":cri-containerd:", ":crio:" };

	for (size_t i = 0; i < sizeof(engines) / sizeof(engines[0]); i++) {
		const char *at = memmem(part, *len, engines[i], strlen(engines[i]));

		if (!at)
			continue;
		at += strlen(engines[i]);
		*len -= at - part;
		return at;
	}
	return part;
}

static bool is_hex(const char *text, size_t len)
{
	return len && strspn(text, "0123456789abcdef") >= len;
}

/* The name in a part of the path, if it is a container's. */
static bool container(const char *part, size_t len, char *dst, size_t size)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t begin = strlen(names[i].begin), end = strlen(names[i].end);
		const char *name = part + begin;
		size_t n;

		if (len <= begin + end || strncmp(part, names[i].begin, begin) ||
		    strncmp(part + len - end, names[i].end, end))
			continue;
		n = len - begin - end;
		if (names[i].is_id && (!is_hex(name, n) || n < ID_LENGTH))
			continue;
		if (!names[i].shown)
			return false;
		snprintf(dst, size, "%s-%.*s", names[i].shown,
			 (int)(names[i].is_id ? ID_LENGTH : n), name);
		return true;
	}
	return false;
}

static bool has_suffix(const char *part, size_t len, const char *suffix)
{
	size_t n = strlen(suffix);

	return len > n && !strncmp(part + len - n, suffix, n);
}

/* One path: the innermost container on it, else the innermost unit. */
static bool path_where(const char *path, size_t path_len, char *dst, size_t size)
{
	const char *end = path + path_len, *before = "";
	bool is_container = false, is_unit = false;
	size_t before_len = 0;

	for (const char *part = path; part < end;) {
		size_t len = strcspn(part, "/\n"), id_len;
		const char *id;

		if (len > (size_t)(end - part))
			len = end - part;
		id_len = len;
		id = behind_colons(part, &id_len);
		if (container(part, len, dst, size)) {
			is_container = true;
		} else if (is_hex(id, id_len) && id_len == 64 && before_len) {
			/* engines without systemd: /docker/ID, /kubepods/.../ID */
			snprintf(dst, size, "%s-%.*s",
				 strstr(path, "kubepods") && strstr(path, "kubepods") < end
					 ? "kubernetes"
				 : before_len == 6 && !strncmp(before, "docker", 6) ? "docker"
										    : "container",
				 ID_LENGTH, id);
			is_container = true;
		} else if (!is_container &&
			   (has_suffix(part, len, ".service") || has_suffix(part, len, ".scope"))) {
			snprintf(dst, size, "%.*s", (int)len, part);
			is_unit = true;
		}
		before = part;
		before_len = len;
		part += len + 1;
	}
	return is_container || is_unit;
}

char *where_cgroup(const char *text, char *dst, size_t size)
{
	/* version 2 has the one line that begins with 0::, version 1 a line a controller */
	while (*text) {
		size_t len = strcspn(text, "\n");
		const char *path = memchr(text, ':', len);

		path = path ? memchr(path + 1, ':', len - (path + 1 - text)) : NULL;
		if (path && path_where(path + 1, text + len - path - 1, dst, size))
			return dst;
		text += len + (text[len] == '\n');
	}
	snprintf(dst, size, "-");
	return dst;
}

char *where_process(uint32_t pid, char *dst, size_t size)
{
	char path[32], text[4096];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/cgroup", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	text[n > 0 ? n : 0] = '\0';
	return where_cgroup(text, dst, size);
}

char *where_comm(uint32_t pid, char *dst, size_t size)
{
	char path[32];
	ssize_t n = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, dst, size - 1);
		close(fd);
	}
	if (n > 0)
		dst[n - (dst[n - 1] == '\n')] = '\0';
	else
		snprintf(dst, size, "-");
	return dst;
}
