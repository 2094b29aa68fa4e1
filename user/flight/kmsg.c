// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/escape.h"
#include "core/units.h"
#include "kmsg.h"

/* Lines read before others of the loop have their turn. */
#define LINES_AT_ONCE 256

struct kmsg {
	int fd;
	const char *const *sources;
	regex_t *regexes;
	int nregexes;
	bool any;      /* a line was read: */
	uint64_t next; /* the number that the one after it should have */
	uint64_t lost;
	char record[KMSG_LINE_MAX + 1];
	struct kmsg_line line;
};

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What the kernel escapes is \xNN: control characters, the backslash, all beyond ASCII. */
static void decode(const char *text, size_t len, char *dst)
{
	for (size_t i = 0; i < len; i++) {
		if (len - i > 3 && text[i] == '\\' && text[i + 1] == 'x' && hex(text[i + 2]) >= 0 &&
		    hex(text[i + 3]) >= 0) {
			char c = (char)(hex(text[i + 2]) << 4 | hex(text[i + 3]));

			*dst++ = c ? c : ' ';
			i += 3;
		} else {
			*dst++ = text[i];
		}
	}
	*dst = '\0';
}

/* "PRIO,SEQ,USEC,FLAGS[,…];TEXT\n KEY=VALUE\n…" */
bool kmsg_parse(const char *record, size_t len, struct kmsg_line *line)
{
	const char *text = memchr(record, ';', len), *end;
	unsigned int prio;
	char head[128];

	if (!text || len > KMSG_LINE_MAX || text - record >= (ptrdiff_t)sizeof(head))
		return false;
	memcpy(head, record, text - record);
	head[text - record] = '\0';
	if (sscanf(head, "%u,%" SCNu64 ",%" SCNu64 ",", &prio, &line->seq, &line->usec) != 3)
		return false;
	line->level = prio & 7;
	line->facility = prio >> 3;
	text++;
	end = memchr(text, '\n', record + len - text);
	decode(text, (end ? end : record + len) - text, line->text);
	return true;
}

static int compile(regex_t *compiled, const char *regex)
{
	return regcomp(compiled, regex, REG_EXTENDED | REG_NOSUB);
}

/*
 * regcomp() does not say where. Every prefix from some length on fails as the whole does: what is
 * wrong begins with the last byte of the shortest of them.
 */
static size_t error_at(const char *regex, int error)
{
	size_t len = strlen(regex);
	char *prefix = strdup(regex);
	regex_t compiled;

	for (; prefix && len > 0; len--) {
		int err;

		prefix[len - 1] = '\0';
		err = compile(&compiled, prefix);
		if (!err)
			regfree(&compiled);
		if (err != error)
			break;
	}
	free(prefix);
	/* a "[" at the very end is another error than one with something behind it */
	if (error == REG_EBRACK && len > 1 && regex[len - 2] == '[')
		len--;
	return len ? len - 1 : 0;
}

int kmsg_regex_check(const char *regex, size_t *where, char *why, size_t size)
{
	regex_t compiled;
	int err = compile(&compiled, regex);

	if (!err) {
		regfree(&compiled);
		return 0;
	}
	regerror(err, &compiled, why, size);
	*where = error_at(regex, err);
	return -EINVAL;
}

static void line_number(struct kmsg *kmsg)
{
	if (kmsg->any && kmsg->line.seq > kmsg->next)
		kmsg->lost += kmsg->line.seq - kmsg->next;
	kmsg->any = true;
	kmsg->next = kmsg->line.seq + 1;
}

/* Passes over what is there, up to the first line that is not: its number is known then. */
static int to_the_end(struct kmsg *kmsg)
{
	for (;;) {
		ssize_t n = read(kmsg->fd, kmsg->record, sizeof(kmsg->record) - 1);

		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n < 0 && errno != EPIPE && errno != EINTR)
			return -errno;
		if (!n)
			return 0;
		if (n > 0 && kmsg_parse(kmsg->record, n, &kmsg->line))
			line_number(kmsg);
	}
}

int kmsg_open(void)
{
	int fd = open(KMSG_PATH, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int kmsg__new(int fd, const char *const *regexes, int n, struct kmsg **out)
{
	struct kmsg *kmsg = calloc(1, sizeof(*kmsg));
	int err = 0;

	if (!kmsg) {
		close(fd);
		return -ENOMEM;
	}
	kmsg->fd = fd;
	kmsg->sources = regexes;
	kmsg->regexes = calloc(n ? n : 1, sizeof(*kmsg->regexes));
	if (!kmsg->regexes)
		err = -ENOMEM;
	for (int i = 0; i < n && !err; i++) {
		err = compile(&kmsg->regexes[i], regexes[i]) ? -EINVAL : 0;
		kmsg->nregexes += !err;
	}
	if (!err)
		err = to_the_end(kmsg);
	if (err) {
		kmsg__free(kmsg);
		return err;
	}
	kmsg->lost = 0;
	*out = kmsg;
	return 0;
}

void kmsg__free(struct kmsg *kmsg)
{
	if (!kmsg)
		return;
	for (int i = 0; i < kmsg->nregexes; i++)
		regfree(&kmsg->regexes[i]);
	free(kmsg->regexes);
	close(kmsg->fd);
	free(kmsg);
}

int kmsg_fd(const struct kmsg *kmsg)
{
	return kmsg->fd;
}

uint64_t kmsg_lost(const struct kmsg *kmsg)
{
	return kmsg->lost;
}

static void line_read(struct kmsg *kmsg, kmsg_fn fn, void *arg)
{
	const struct kmsg_line *line = &kmsg->line;

	line_number(kmsg);
	for (int i = 0; i < kmsg->nregexes; i++) {
		if (regexec(&kmsg->regexes[i], line->text, 0, NULL, 0))
			continue;
		fn(arg, line, kmsg->sources[i]);
		return;
	}
}

int kmsg_read(struct kmsg *kmsg, kmsg_fn fn, void *arg)
{
	for (int i = 0; i < LINES_AT_ONCE; i++) {
		ssize_t n = read(kmsg->fd, kmsg->record, sizeof(kmsg->record) - 1);

		if (n < 0 && errno == EAGAIN)
			return 0;
		/* overwritten: the next read gives the oldest there is, whose number tells */
		if (n < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return 0;
		if (kmsg_parse(kmsg->record, n, &kmsg->line))
			line_read(kmsg, fn, arg);
	}
	return 0;
}

/* --- the last of what there is --- */

static void write_line(FILE *out, const struct kmsg_line *line, uint64_t boot)
{
	char at[64];

	fprintf(out, "%s [%5" PRIu64 ".%06" PRIu64 "] <%u> ",
		time_format_utc(boot + line->usec * 1000, at, sizeof(at)), line->usec / 1000000,
		line->usec % 1000000, line->level);
	escape_print(out, line->text);
	putc('\n', out);
}

/* Where the last `max` of the lines begin, as their number; all are read for it. */
static int first_of_last(int fd, int max, char *record, struct kmsg_line *line, uint64_t *first)
{
	uint64_t n = 0, *seqs = calloc(max, sizeof(*seqs));
	ssize_t len;

	if (!seqs)
		return -ENOMEM;
	while ((len = read(fd, record, KMSG_LINE_MAX)) > 0 || (len < 0 && errno == EPIPE))
		if (len > 0 && kmsg_parse(record, len, line))
			seqs[n++ % max] = line->seq;
	*first = n <= (uint64_t)max ? 0 : seqs[n % max];
	free(seqs);
	return 0;
}

int kmsg_write_last(int max, uint64_t boot, FILE *out)
{
	int fd = kmsg_open(), err = 0;
	struct kmsg_line *line = malloc(sizeof(*line));
	char *record = malloc(KMSG_LINE_MAX);
	uint64_t first;
	ssize_t len;

	if (fd < 0 || !line || !record)
		err = fd < 0 ? fd : -ENOMEM;
	if (!err)
		err = first_of_last(fd, max, record, line, &first);
	if (!err && lseek(fd, 0, SEEK_SET) < 0)
		err = -errno;
	while (!err && ((len = read(fd, record, KMSG_LINE_MAX)) > 0 || (len < 0 && errno == EPIPE)))
		if (len > 0 && kmsg_parse(record, len, line) && line->seq >= first)
			write_line(out, line, boot);
	if (fd >= 0)
		close(fd);
	free(line);
	free(record);
	return err ? err : ferror(out) ? -EIO : 0;
}
