// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#ifdef HAVE_TRACEEVENT
#include <event-parse.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <trace-seq.h>

#include "core/escape.h"
#include "events.h"
#include "formats.h"

#define EVENTS_MAX 65536
#define BYTES_MAX  64 /* printed of an event that has no format */

/*
 * What an event's dynamic fields can point to: 16 bits each of offset and length, behind a field.
 * The library looks there whether the event is so long or not.
 */
#define EVENT_ROOM (FLIGHT_RECORD_MAX + 2 * 65536 + 64)

/*
 * A function's address passes through the library as a mark, and is put in its place afterwards: it
 * would print less of a symbol than the kernel does.
 */
#define MARK	 '\001'
#define MARK_END '\002'

struct format {
	bool known; /* else: not, or not understood */
	char *name;
	struct flight_event event;
};

struct formats {
	uint16_t *place; /* [EVENTS_MAX], by number: in the list, which begins with a format of
			    nothing */
	struct format *list;
	int n;
	const struct symbols *symbols;
	unsigned char *event; /* [EVENT_ROOM]: the event in its original form, zeros behind */
	size_t event_used;
	struct tep_handle *tep;
	struct trace_seq text;
	char mark[32];
};

static const char *name_find(const char *text, size_t *length)
{
	if (strncmp(text, "name: ", 6))
		return NULL;
	*length = strcspn(text + 6, "\n");
	return text + 6;
}

uint16_t formats_id(const char *text)
{
	struct flight_event event;

	flight_event_parse(text, &event);
	return event.id;
}

/* escape_print(), faster where nothing has to be escaped, as nearly always. */
static void print_text(const char *s, FILE *out)
{
	size_t n = 0;

	while (s[n] >= ' ' && s[n] <= '~')
		n++;
	fwrite(s, 1, n, out);
	if (s[n])
		escape_print(out, s + n);
}

static const struct format *format_find(const struct formats *f, uint16_t id)
{
	return &f->list[f->place[id]];
}

static void print_bytes(const struct flight_record *record, FILE *out)
{
	const unsigned char *bytes = (const unsigned char *)(record + 1);
	size_t n = record->size - sizeof(*record);

	for (size_t i = 0; i < n && i < BYTES_MAX; i++)
		fprintf(out, i % 8 ? "%02x" : " %02x", bytes[i]);
	if (n > BYTES_MAX)
		fprintf(out, " … (%zu bytes)", n);
}

void formats_print_bytes(struct formats *f, const struct flight_record *record, FILE *out)
{
	const struct format *format = format_find(f, record->id);

	if (format->name)
		escape_print(out, format->name);
	else
		fprintf(out, "event_%u", record->id);
	fputc(':', out);
	print_bytes(record, out);
}

/* What the library asks when it has the address of a function to print. */
static char *resolve(void *arg, unsigned long long *address, char **module)
{
	struct formats *f = arg;
	char name[8];

	(void)module;
	if (!f->symbols || !symbols_print(f->symbols, *address, false, name, sizeof(name)))
		return NULL;
	snprintf(f->mark, sizeof(f->mark), "%c%llx%c", MARK, *address, MARK_END);
	return f->mark;
}

struct formats *formats__new(int long_size)
{
	struct formats *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->place = calloc(EVENTS_MAX, sizeof(*f->place));
	f->list = calloc(1, sizeof(*f->list));
	f->n = 1;
	f->event = calloc(1, EVENT_ROOM);
	f->tep = tep_alloc();
	trace_seq_init(&f->text);
	if (!f->place || !f->list || !f->event || !f->tep) {
		formats__free(f);
		return NULL;
	}
	tep_set_loglevel(TEP_LOG_NONE);
	tep_set_long_size(f->tep, long_size);
	tep_set_file_bigendian(f->tep, TEP_LITTLE_ENDIAN);
	tep_set_local_bigendian(f->tep, TEP_LITTLE_ENDIAN);
	tep_set_function_resolver(f->tep, resolve, f);
	return f;
}

/* Whether the library has found no field that is outside of what we know to be the event. */
static bool fields_fit(const struct tep_format_field *field, int end)
{
	for (; field; field = field->next)
		if (field->offset < 0 || field->size < 0 || field->offset > end ||
		    field->size > end - field->offset)
			return false;
	return true;
}

bool formats_add(struct formats *f, const char *system, const char *text)
{
	struct flight_event event;
	struct tep_event *e;
	struct format *format;
	const char *name;
	size_t length;

	if (flight_event_parse(text, &event) || !(name = name_find(text, &length)))
		return false;
	/* the first one counts */
	if (f->place[event.id])
		return false;
	format = reallocarray(f->list, f->n + 1, sizeof(*format));
	if (!format)
		return false;
	f->list = format;
	f->place[event.id] = f->n;
	format += f->n++;
	*format = (struct format){ .name = strndup(name, length), .event = event };
	if (tep_parse_event(f->tep, text, strlen(text), system))
		return false;
	e = tep_find_event(f->tep, event.id);
	format->known = e && fields_fit(e->format.common_fields, event.fixed) &&
			fields_fit(e->format.fields, event.fixed);
	return format->known && !(e->flags & TEP_EVENT_FL_FAILED);
}

void formats_add_printk(struct formats *f, const char *text)
{
	tep_parse_printk_formats(f->tep, text);
}

void formats_set_symbols(struct formats *f, const struct symbols *symbols)
{
	f->symbols = symbols;
}

/* The event as the kernel wrote it, with the common fields that all begin with. Its size. */
static int event_restore(struct formats *f, const struct flight_record *r)
{
	size_t size = r->size - sizeof(*r) + FLIGHT_COMMON;
	struct {
		uint16_t type;
		uint8_t flags, preempt_count;
		int32_t pid;
	} common = { .type = r->id, .pid = r->tid };

	_Static_assert(sizeof(common) == FLIGHT_COMMON, "as struct trace_entry");
	memcpy(f->event, &common, sizeof(common));
	memcpy(f->event + sizeof(common), r + 1, size - sizeof(common));
	if (f->event_used > size)
		memset(f->event + size, 0, f->event_used - size);
	f->event_used = size;
	return size;
}

/* Puts symbols where marks are. Returns what is behind the mark, or NULL when it is none. */
static const char *mark_print(struct formats *f, const char *mark, FILE *out)
{
	char symbol[512];
	char *at;
	uint64_t address = strtoull(mark + 1, &at, 16);
	bool offset;

	if (*at != MARK_END || !f->symbols)
		return NULL;
	at++;
	offset = !strncmp(at, "+0x0", 4);
	if (!symbols_print(f->symbols, address, offset, symbol, sizeof(symbol)))
		return NULL;
	print_text(symbol, out);
	return at + (offset ? 4 : 0);
}

static void text_print(struct formats *f, char *text, FILE *out)
{
	char *mark;

	while ((mark = strchr(text, MARK))) {
		const char *behind;

		*mark = '\0';
		print_text(text, out);
		*mark = MARK;
		behind = mark_print(f, mark, out);
		if (!behind) {
			fputs("\\x01", out);
			behind = mark + 1;
		}
		text = (char *)behind;
	}
	print_text(text, out);
}

bool formats_print(struct formats *f, const struct flight_record *record, FILE *out)
{
	const struct format *format = format_find(f, record->id);
	struct tep_record r = { .data = f->event };
	struct tep_event *e;

	r.size = event_restore(f, record);
	if (!format->known || r.size < format->event.fixed) {
		formats_print_bytes(f, record, out);
		return false;
	}
	e = tep_find_event(f->tep, record->id);
	print_text(format->name, out);
	fputs(": ", out);
	trace_seq_reset(&f->text);
	tep_print_event(f->tep, &f->text, &r, "%s", TEP_PRINT_INFO);
	trace_seq_terminate(&f->text);
	if (f->text.state != TRACE_SEQ__GOOD) {
		trace_seq_destroy(&f->text);
		trace_seq_init(&f->text);
		print_bytes(record, out);
		return false;
	}
	text_print(f, f->text.buffer, out);
	return !(e->flags & TEP_EVENT_FL_FAILED);
}

void formats__free(struct formats *f)
{
	if (!f)
		return;
	trace_seq_destroy(&f->text);
	tep_free(f->tep);
	for (int i = 0; f->list && i < f->n; i++)
		free(f->list[i].name);
	free(f->list);
	free(f->place);
	free(f->event);
	free(f);
}
#endif
