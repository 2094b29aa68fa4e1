// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The text is made by a child, and passed on here. libtraceevent was not made for records and
 * formats of unknown origin: what makes it fall takes the child along. Then the event that did so
 * is noted, and another child goes on behind the last line that came, printing events of that kind
 * as bytes.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/escape.h"
#include "core/log.h"
#include "core/units.h"
#include "decode.h"
#include "formats.h"
#include "raw_read.h"

#ifdef HAVE_TRACEEVENT

#define BATCH	   65536 /* bytes of text that are passed on at a time */
#define FALLS_MAX  64	 /* children that may fall */
#define MEMORY_MAX (8ull << 30)
#define IDS	   65536

/* What a child leaves behind, in memory shared with its parent. */
struct decode_state {
	uint64_t lines; /* passed on */
	uint64_t odd;	/* of these */
	struct decode_stats stats;
	int err;
	char why[256];
	/* the event whose format or record the library is at; 0: none */
	uint16_t parses, prints;
	bool bad_format[IDS], bad_event[IDS];
};

struct decoder {
	struct decode_state *s;
	struct raw *raw;
	struct formats *formats;
	struct symbols *symbols;
	json_t *host, *end;
	int nformats;
	int fd;
	FILE *text; /* of `batch` */
	char *batch;
	size_t batch_size;
	uint64_t line; /* the number of the next */
	uint64_t odd;
};

/* --- what the recording says of itself --- */

static void format_add(struct decoder *d, const char *payload, size_t size)
{
	const char *text = memchr(payload, '\0', size);
	uint16_t id;

	if (!text)
		return;
	d->nformats++;
	text++;
	id = formats_id(text);
	if (!id || d->s->bad_format[id])
		return;
	d->s->parses = id;
	formats_add(d->formats, payload, text);
	d->s->parses = 0;
}

static int about_add(void *arg, enum raw_kind kind, const char *payload, size_t size)
{
	struct decoder *d = arg;

	if (kind == RAW_HOST && !d->host) {
		d->host = json_loadb(payload, size, 0, NULL);
		d->formats = formats__new(
			json_integer_value(json_object_get(d->host, "long_size")) == 4 ? 4 : 8);
		return d->formats ? 0 : -ENOMEM;
	}
	if (kind == RAW_END && !d->end)
		d->end = json_loadb(payload, size, 0, NULL);
	if (!d->formats)
		return 0;
	if (kind == RAW_FORMAT) {
		format_add(d, payload, size);
	} else if (kind == RAW_PRINTK) {
		formats_add_printk(d->formats, payload);
	} else if (kind == RAW_SYMBOLS && !d->symbols) {
		d->symbols = symbols__new(payload, size);
		formats_set_symbols(d->formats, d->symbols);
	}
	return 0;
}

static const char *host_text(const struct decoder *d, const char *key)
{
	return json_string_value(json_object_get(d->host, key)) ?: "?";
}

static long long number(const json_t *json, const char *key)
{
	return json_integer_value(json_object_get(json, key));
}

static void print_losses(struct decoder *d)
{
	const json_t *nested = json_object_get(d->end, "nested");

	if (!json_is_object(d->end)) {
		fputs("# the recording was not ended in order: its last moment may be missing, and "
		      "losses are known as far as they stand below\n",
		      d->text);
		return;
	}
	fprintf(d->text, "# events: %lld recorded, %lld lost", number(d->end, "events"),
		number(d->end, "lost"));
	if (json_is_integer(nested))
		fprintf(d->text, ", %lld missed in interrupts", json_integer_value(nested));
	else
		fputs(", those missed in interrupts not counted by this kernel", d->text);
	if (number(d->end, "truncated"))
		fprintf(d->text, ", %lld cut short", number(d->end, "truncated"));
	fputc('\n', d->text);
	if (number(d->end, "dropped_events"))
		fprintf(d->text,
			"# dropped as old: %lld events; whole from %.9f on, in part before\n",
			number(d->end, "dropped_events"), number(d->end, "whole_from") / 1e9);
}

static void print_head(struct decoder *d)
{
	const json_t *patterns = json_object_get(d->host, "patterns");
	char utc[40];

	fputs("# recorded on ", d->text);
	escape_print(d->text, host_text(d, "host"));
	fputs(", Linux ", d->text);
	escape_print(d->text, host_text(d, "kernel"));
	fputs(", ", d->text);
	escape_print(d->text, host_text(d, "machine"));
	fprintf(d->text, "\n# %d tracepoints:", d->nformats);
	for (size_t i = 0; i < json_array_size(patterns); i++) {
		fputc(' ', d->text);
		escape_print(d->text, json_string_value(json_array_get(patterns, i)) ?: "?");
	}
	time_format_utc(number(d->host, "wall"), utc, sizeof(utc));
	fprintf(d->text, "\n# seconds of CLOCK_MONOTONIC, whose 0 is %s\n", utc);
	print_losses(d);
	fprintf(d->text, "#\n#%15s-%-7s %5s %s\n", "COMM", "PID", "[CPU]",
		"          TIME: EVENT: FIELDS");
}

/* --- lines --- */

/* Passes on what there is of text. */
static int batch_flush(struct decoder *d)
{
	size_t done = 0, size;

	if (fflush(d->text))
		return -ENOMEM;
	size = ftello(d->text);
	while (done < size) {
		ssize_t n = write(d->fd, d->batch + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		done += n;
	}
	rewind(d->text);
	d->s->lines = d->line;
	d->s->odd = d->odd;
	return 0;
}

/* Whether the next line is still to be printed: an earlier child may have done so. */
static bool line_begins(struct decoder *d)
{
	return d->line >= d->s->lines;
}

static int line_ends(struct decoder *d)
{
	d->line++;
	return ftello(d->text) >= BATCH ? batch_flush(d) : 0;
}

static void print_event(struct decoder *d, const struct flight_record *record)
{
	bool well = false;

	if (d->s->bad_event[record->id]) {
		formats_print_bytes(d->formats, record, d->text);
	} else {
		d->s->prints = record->id;
		well = formats_print(d->formats, record, d->text);
		d->s->prints = 0;
	}
	d->odd += !well;
}

/* "COMM-PID [CPU] SECONDS: ": as trace_pipe names who is not known, and who does nothing. */
static void print_front(struct decoder *d, const struct raw_item *item)
{
	const struct flight_record *r = item->record;
	const char *comm = item->comm ?: "<...>";
	int width;

	if (!r->tid && item->stream >= 0)
		comm = "<idle>";
	width = escape_width(comm);
	fprintf(d->text, "%*s", width < 16 ? 16 - width : 0, "");
	escape_print(d->text, comm);
	fprintf(d->text, "-%-7d ", r->tid);
	if (item->stream >= 0)
		fprintf(d->text, "[%03d]", item->stream);
	else
		fputs("[...]", d->text);
	fprintf(d->text, " %5llu.%09llu: ", r->time / NSEC_PER_SEC, r->time % NSEC_PER_SEC);
}

static void print_lost(struct decoder *d, const struct raw_item *item)
{
	if (item->stream >= 0)
		fprintf(d->text, "CPU:%d ", item->stream);
	fprintf(d->text, "[LOST %llu EVENTS]\n", (unsigned long long)item->note->lost);
}

static int print_item(struct decoder *d, const struct raw_item *item)
{
	struct decode_stats *s = &d->s->stats;
	bool prints = line_begins(d);

	if (item->note && item->note->kind == FLIGHT_LOST) {
		s->lost += item->note->lost;
		if (prints)
			print_lost(d, item);
		return line_ends(d);
	}
	if (item->note && item->note->kind != FLIGHT_LINE)
		return 0; /* of another day */
	s->events++;
	s->first = s->first ?: item->record->time;
	s->last = item->record->time;
	if (!prints)
		return line_ends(d);
	print_front(d, item);
	if (item->note)
		escape_print(d->text, (const char *)item->note + FLIGHT_LINE_TEXT);
	else
		print_event(d, item->record);
	fputc('\n', d->text);
	return line_ends(d);
}

static int print_all(struct decoder *d)
{
	struct raw_item item;
	int err = 0, got;

	if (line_begins(d))
		print_head(d);
	err = line_ends(d);
	while (!err && (got = raw_next(d->raw, &item)) != 0)
		err = got < 0 ? got : print_item(d, &item);
	d->s->stats.damaged = raw_damaged(d->raw);
	if (!err && d->s->stats.damaged && line_begins(d))
		fprintf(d->text, "# %" PRIu64 " bytes of the recording are cut off or damaged\n",
			d->s->stats.damaged);
	err = err ?: line_ends(d);
	err = err ?: batch_flush(d);
	d->s->stats.odd = d->odd;
	return err;
}

static int decode(const char *raw, int fd, struct decode_state *s)
{
	struct decoder d = { .s = s, .fd = fd, .odd = s->odd };
	int err;

	s->stats = (struct decode_stats){ 0 };
	err = raw__open(raw, &d.raw, s->why, sizeof(s->why));
	if (!err) {
		snprintf(s->why, sizeof(s->why), "read %s", raw);
		d.text = open_memstream(&d.batch, &d.batch_size);
		err = d.text ? raw_about(d.raw, about_add, &d) : -ENOMEM;
	}
	if (!err && !d.formats) {
		snprintf(s->why, sizeof(s->why), "%s does not say how to decode it", raw);
		err = -EBADMSG;
	}
	err = err ?: print_all(&d);
	if (d.text)
		fclose(d.text);
	free(d.batch);
	formats__free(d.formats);
	symbols__free(d.symbols);
	raw__free(d.raw);
	json_decref(d.host);
	json_decref(d.end);
	s->err = err;
	return err;
}

int flight_decode_here(const char *raw, int fd, struct decode_stats *stats, char *why, size_t size)
{
	struct decode_state *s = calloc(1, sizeof(*s));
	int err = s ? decode(raw, fd, s) : -ENOMEM;

	if (s) {
		*stats = s->stats;
		snprintf(why, size, "%s", s->why);
	}
	free(s);
	return err;
}

/* --- the parent --- */

static void child(const char *raw, int fd, struct decode_state *s)
{
	static const int falls[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
	struct rlimit none = { 0, 0 };
#ifndef __SANITIZE_ADDRESS__
	struct rlimit memory = { MEMORY_MAX, MEMORY_MAX };

	setrlimit(RLIMIT_AS, &memory);
#endif
	setrlimit(RLIMIT_CORE, &none);
	for (size_t i = 0; i < sizeof(falls) / sizeof(falls[0]); i++)
		signal(falls[i], SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	decode(raw, fd, s);
	_exit(0);
}

/* Passes on all that the child says. 0 or -errno of `out`. */
static int pass_on(int fd, FILE *out)
{
	static char text[BATCH];
	ssize_t n;

	while ((n = read(fd, text, sizeof(text))) != 0) {
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0 && fwrite(text, 1, n, out) != (size_t)n)
			return -errno;
	}
	return 0;
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return status;
}

/* One child. Returns 0, -errno, or > 0: the signal that it fell by. */
static int run(const char *raw, FILE *out, struct decode_state *s)
{
	int fds[2], err, status;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		child(raw, fds[1], s);
	}
	err = pid < 0 ? -errno : 0;
	close(fds[1]);
	if (!err)
		err = pass_on(fds[0], out);
	close(fds[0]);
	status = pid < 0 ? 0 : wait_for(pid);
	if (err)
		return err;
	if (status < 0)
		return status;
	return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status) ? -ECHILD : s->err;
}

/* Notes what the child fell over. False when that is not known, or was known before. */
static bool note_fall(struct decode_state *s)
{
	bool *bad = s->parses ? &s->bad_format[s->parses] : &s->bad_event[s->prints];
	bool news = (s->parses || s->prints) && !*bad;

	*bad = true;
	s->parses = s->prints = 0;
	return news;
}

int flight_decode(const char *raw, FILE *out, struct decode_stats *stats, char *why, size_t size)
{
	struct decode_state *s =
		mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int err;

	snprintf(why, size, "decode %s", raw);
	if (s == MAP_FAILED)
		return -errno;
	for (int falls = 0;; falls++) {
		err = run(raw, out, s);
		if (err <= 0)
			break;
		log_debug("decode %s: signal %d at event %u", raw, err, s->parses ?: s->prints);
		if (falls == FALLS_MAX || !note_fall(s)) {
			snprintf(s->why, sizeof(s->why), "%s cannot be decoded (signal %d)", raw,
				 err);
			err = -EBADMSG;
			break;
		}
	}
	*stats = s->stats;
	if (err)
		snprintf(why, size, "%s", *s->why ? s->why : raw);
	else
		why[0] = '\0';
	munmap(s, sizeof(*s));
	return err;
}

#else /* !HAVE_TRACEEVENT */

int flight_decode(const char *raw, FILE *out, struct decode_stats *stats, char *why, size_t size)
{
	(void)out;
	*stats = (struct decode_stats){ 0 };
	snprintf(why, size, "decode %s: assay was built without libtraceevent (libtraceevent-dev)",
		 raw);
	return -ENOTSUP;
}

int flight_decode_here(const char *raw, int fd, struct decode_stats *stats, char *why, size_t size)
{
	(void)fd;
	return flight_decode(raw, NULL, stats, why, size);
}

#endif
