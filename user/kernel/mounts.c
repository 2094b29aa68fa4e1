// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/units.h"
#include "devices.h"
#include "mounts.h"

#define AGAIN_NS NSEC_PER_SEC /* how long what was not found is not looked for again */

#define UNKNOWN	 256

/* A device that a process has not mounted anywhere, as far as can be seen: that of memfds, say. */
struct unknown {
	uint32_t dev, tgid;
	uint64_t asked; /* ns, CLOCK_MONOTONIC */
};

struct mounts {
	int fd; /* of /proc/self/mountinfo, to hear of changes; negative: there are none */
	/* what is mounted, by id */
	struct mount *all;
	int n;
	/* the one of each device that names it; those that were unmounted, or are elsewhere, too */
	struct mount *known;
	int nknown;
	struct unknown unknown[UNKNOWN];
	int next; /* of these, the one to be replaced */
};

/* --- a line: "36 35 98:0 /root /point opts [shared:1 ...] - type source options", proc(5) --- */

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* The kernel writes blanks, tabs, newlines and backslashes as \040 and the like (fs/seq_file.c). */
static char *unescape(const char *text, size_t len)
{
	char *copy = malloc(len + 1), *to = copy;

	if (!copy)
		return NULL;
	for (size_t i = 0; i < len;) {
		const char *s = text + i;

		if (*s == '\\' && len - i >= 4 && is_octal(s[1]) && is_octal(s[2]) &&
		    is_octal(s[3])) {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			i += 4;
		} else {
			*to++ = *s;
			i++;
		}
	}
	*to = '\0';
	return copy;
}

/* The next word of the line, *len long; NULL behind the last. */
static const char *next_word(const char **line, size_t *len)
{
	const char *word = *line + strspn(*line, " ");

	*len = strcspn(word, " \n");
	*line = word + *len;
	return *len ? word : NULL;
}

int mount_parse(const char *line, struct mount *mount)
{
	const char *words[5], *type;
	unsigned int major, minor;
	size_t len[5], type_len;
	int used = 0;

	memset(mount, 0, sizeof(*mount));
	for (int i = 0; i < 5; i++) {
		words[i] = next_word(&line, &len[i]);
		if (!words[i])
			return -EINVAL;
	}
	if (sscanf(words[0], "%d %*d %u:%u%n", &mount->id, &major, &minor, &used) != 3 ||
	    words[0] + used != words[2] + len[2])
		return -EINVAL;
	/* any number of tags end with a dash */
	do {
		type = next_word(&line, &type_len);
	} while (type && (type_len != 1 || *type != '-'));
	type = next_word(&line, &type_len);
	if (!type)
		return -EINVAL;
	mount->dev = DEVICE(major, minor);
	mount->root = unescape(words[3], len[3]);
	mount->point = unescape(words[4], len[4]);
	mount->type = unescape(type, type_len);
	if (mount->root && mount->point && mount->type)
		return 0;
	mount_free(mount);
	return -ENOMEM;
}

void mount_free(struct mount *mount)
{
	free(mount->root);
	free(mount->point);
	free(mount->type);
	memset(mount, 0, sizeof(*mount));
}

/* --- tables of them --- */

/* Takes what the mount points to. 0, or -ENOMEM, when it is freed. */
static int add(struct mount **list, int *n, struct mount *mount)
{
	struct mount *more = *n & (*n - 1) ? *list : NULL;

	/* room doubles at powers of two */
	if (!more)
		more = reallocarray(*list, *n ? *n * 2 : 1, sizeof(**list));
	if (!more) {
		mount_free(mount);
		return -ENOMEM;
	}
	*list = more;
	more[(*n)++] = *mount;
	return 0;
}

static void free_list(struct mount **list, int *n)
{
	for (int i = 0; i < *n; i++)
		mount_free(&(*list)[i]);
	free(*list);
	*list = NULL;
	*n = 0;
}

/* All of a text; lines that are none are passed over. */
static void parse_all(const char *text, struct mount **list, int *n)
{
	struct mount mount;

	while (*text) {
		if (!mount_parse(text, &mount) && add(list, n, &mount))
			return;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
}

/* All of a file, from its beginning; NULL when that fails. Freed by the caller. */
static char *read_all(int fd)
{
	size_t room = 16384, size = 0;
	char *text = NULL;
	ssize_t n;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return NULL;
	do {
		char *more = size + 1 < room && text ? text : realloc(text, room *= 2);

		if (!more) {
			free(text);
			return NULL;
		}
		text = more;
		n = read(fd, text + size, room - size - 1);
		size += n > 0 ? n : 0;
	} while (n > 0);
	text[size] = '\0';
	return text;
}

/* Whether a process sees what this one does. */
static bool is_here(uint32_t tgid)
{
	struct stat here, there;
	char path[32];

	snprintf(path, sizeof(path), "/proc/%u/ns/mnt", tgid);
	return !stat("/proc/self/ns/mnt", &here) && !stat(path, &there) &&
	       here.st_ino == there.st_ino && here.st_dev == there.st_dev;
}

/* What a process sees that is in another namespace; nothing of others and of 0. */
static void read_process(uint32_t tgid, struct mount **list, int *n)
{
	char path[32], *text;
	int fd;

	*list = NULL;
	*n = 0;
	if (!tgid || is_here(tgid))
		return;
	snprintf(path, sizeof(path), "/proc/%u/mountinfo", tgid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	text = read_all(fd);
	close(fd);
	if (text)
		parse_all(text, list, n);
	free(text);
}

static struct mount *known_of(const struct mounts *m, uint32_t dev)
{
	for (int i = 0; i < m->nknown; i++)
		if (m->known[i].dev == dev)
			return &m->known[i];
	return NULL;
}

static bool is_whole(const struct mount *mount)
{
	return !strcmp(mount->root, "/");
}

/* Of several mounts of a device that which shows all of it, else the first. */
static const struct mount *best_of(const struct mount *list, int n, uint32_t dev)
{
	const struct mount *best = NULL;

	for (int i = 0; i < n; i++)
		if (list[i].dev == dev && (!best || (is_whole(&list[i]) && !is_whole(best))))
			best = &list[i];
	return best;
}

/* From now on the device has that name. */
static void learn(struct mounts *m, const struct mount *mount)
{
	struct mount *known = known_of(m, mount->dev), copy = *mount;

	copy.root = strdup(mount->root);
	copy.point = strdup(mount->point);
	copy.type = strdup(mount->type);
	if (!copy.root || !copy.point || !copy.type) {
		mount_free(&copy);
		return;
	}
	if (!known) {
		add(&m->known, &m->nknown, &copy);
		return;
	}
	mount_free(known);
	*known = copy;
}

static void take(struct mounts *m, const char *text)
{
	free_list(&m->all, &m->n);
	parse_all(text, &m->all, &m->n);
	for (int i = 0; i < m->n; i++)
		if (best_of(m->all, m->n, m->all[i].dev) == &m->all[i])
			learn(m, &m->all[i]);
	memset(m->unknown, 0, sizeof(m->unknown));
}

struct mounts *mounts__new_of(const char *text)
{
	struct mounts *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->fd = -1;
	take(m, text);
	return m;
}

struct mounts *mounts__new(void)
{
	struct mounts *m = mounts__new_of("");
	char *text;

	if (!m)
		return NULL;
	m->fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	text = m->fd >= 0 ? read_all(m->fd) : NULL;
	if (text)
		take(m, text);
	free(text);
	return m;
}

void mounts__free(struct mounts *m)
{
	if (!m)
		return;
	if (m->fd >= 0)
		close(m->fd);
	free_list(&m->all, &m->n);
	free_list(&m->known, &m->nknown);
	free(m);
}

void mounts_follow(struct mounts *m)
{
	struct pollfd changed = { .fd = m->fd, .events = POLLPRI };
	char *text;

	/* proc(5): a change marks the file as having an error, once */
	if (m->fd < 0 || poll(&changed, 1, 0) <= 0)
		return;
	text = read_all(m->fd);
	if (text)
		take(m, text);
	free(text);
}

/* --- questions --- */

/* Whether it is time to look for the device again; notes that it is. */
static bool ask_again(struct mounts *m, uint32_t dev, uint32_t tgid)
{
	uint64_t now = monotonic_now();

	for (int i = 0; i < UNKNOWN; i++) {
		struct unknown *u = &m->unknown[i];

		if (u->dev != dev || u->tgid != tgid)
			continue;
		if (now - u->asked < AGAIN_NS)
			return false;
		u->asked = now;
		return true;
	}
	m->unknown[m->next] = (struct unknown){ dev, tgid, now };
	m->next = (m->next + 1) % UNKNOWN;
	return true;
}

const struct mount *mounts_find(struct mounts *m, uint32_t dev, uint32_t tgid)
{
	const struct mount *mount;
	struct mount *list;
	int n;

	mount = known_of(m, dev);
	if (mount || !dev)
		return mount;
	mounts_follow(m);
	mount = known_of(m, dev);
	if (mount || !ask_again(m, dev, tgid))
		return mount;
	read_process(tgid, &list, &n);
	mount = best_of(list, n, dev);
	if (mount)
		learn(m, mount);
	free_list(&list, &n);
	return known_of(m, dev);
}

/* What is behind the mount's root of a path in the file system; NULL: it does not show that. */
static const char *behind_root(const struct mount *mount, const char *inner)
{
	size_t len = is_whole(mount) ? 0 : strlen(mount->root);

	if (strncmp(inner, mount->root, len) || (inner[len] && inner[len] != '/'))
		return NULL;
	return inner + len;
}

/* Of the mounts that show the path the one of all of it, else the first. */
static bool join(const struct mount *list, int n, uint32_t dev, const char *inner, char *dst,
		 size_t size)
{
	const struct mount *best = NULL;
	const char *rest, *point;

	for (int i = 0; i < n; i++)
		if (list[i].dev == dev && behind_root(&list[i], inner) &&
		    (!best || (is_whole(&list[i]) && !is_whole(best))))
			best = &list[i];
	if (!best)
		return false;
	rest = behind_root(best, inner);
	point = best->point;
	if (!strcmp(point, "/") && *rest == '/')
		point = "";
	else if (!strcmp(rest, "/"))
		rest = "";
	return (size_t)snprintf(dst, size, "%s%s", point, rest) < size;
}

bool mounts_path(struct mounts *m, uint32_t dev, uint32_t tgid, const char *inner, char *dst,
		 size_t size)
{
	struct mount *list;
	bool found;
	int n;

	mounts_follow(m);
	if (join(m->all, m->n, dev, inner, dst, size) ||
	    join(m->known, m->nknown, dev, inner, dst, size))
		return true;
	read_process(tgid, &list, &n);
	found = join(list, n, dev, inner, dst, size);
	free_list(&list, &n);
	return found;
}

static bool has_id(const struct mount *list, int n, int id, uint32_t dev, bool *found)
{
	for (int i = 0; i < n; i++) {
		if (list[i].id != id)
			continue;
		*found = true;
		return list[i].dev == dev;
	}
	*found = false;
	return false;
}

bool mounts_is_of(struct mounts *m, int id, uint32_t tgid, uint32_t dev)
{
	struct mount *list;
	bool found, is;
	int n;

	mounts_follow(m);
	is = has_id(m->all, m->n, id, dev, &found);
	if (found)
		return is;
	read_process(tgid, &list, &n);
	is = has_id(list, n, id, dev, &found);
	free_list(&list, &n);
	return is;
}
