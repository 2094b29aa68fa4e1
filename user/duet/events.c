// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>

#include "core/escape.h"
#include "core/log.h"
#include "core/units.h"
#include "events.h"
#include "kernel/devices.h"
#include "names.h"
#include "page_table.h"
#include "render/json.h"
#include "view.h"

#define FILESYSTEM_WIDTH 12
#define MAX_QUEUE	 (1u << 20) /* records from one tick to the next */
#define MAX_WAITING	 (1u << 16) /* of these, from one look to the next */
#define MAX_STRANGERS	 (1u << 16)
#define MAX_PARTS	 (1u << 18) /* of a view: 19 MB, and 16 M pages where they lie together */
#define LOOK_SOON	 NSEC_PER_SEC
#define LOOK_ANYWAY	 (30 * NSEC_PER_SEC)
#define LOOK_SHARE	 50 /* looking takes one of so many parts of a CPU's time */

/* A file that is not known. */
struct stranger {
	uint64_t since;	  /* how many looks there had been: one more, and it is another's */
	uint64_t dropped; /* events since the last look that do not wait */
};

struct events {
	struct names *names; /* NULL: all files are wanted */
	struct view *view;   /* NULL: events as they come */
	struct page_table *strangers;
	struct mounts *mounts;
	const struct mount *mount; /* of the superblock asked for last, in this tick; may be NULL */
	uint32_t mount_dev;
	int64_t to_wall;
	struct page_record *queue; /* those that wait, then those that have come */
	uint32_t queued, waiting, room;
	uint64_t looks, looked; /* how often, and when last */
	uint64_t pause;		/* ns to the next look, at least */
	bool look_soon;
	struct events_losses losses;
};

static const char *const event_names[] = { "ADDED", "REMOVED", "DIRTY", "FLUSHED" };
static const char *const event_keys[] = { "added", "removed", "dirty", "flushed" };
static const char *const side_names[] = { "foreground", "maintenance" };

/* Whose an event is. */
enum whose { OURS, OTHERS, WAITS };

static void note_look(struct events *e, uint64_t began)
{
	uint64_t pause = (monotonic_now() - began) * LOOK_SHARE;

	e->pause = pause > LOOK_SOON ? pause : LOOK_SOON;
	e->looked = began; /* of what happened since then it may have seen nothing */
	e->look_soon = false;
	e->looks++;
}

static int events_open(struct events *e, const struct events_options *o, char *why, size_t why_size)
{
	uint64_t began = monotonic_now();
	int err;

	if (o->npaths) {
		err = names__new(o->paths, o->npaths, &e->names, why, why_size);
		if (err)
			return err;
		note_look(e, began);
	}
	snprintf(why, why_size, "follow page events");
	e->strangers = page_table__new(sizeof(struct stranger), MAX_STRANGERS);
	if (o->view)
		e->view = view__new(MAX_PARTS);
	return e->strangers && (e->view || !o->view) ? 0 : -ENOMEM;
}

int events__new(const struct events_options *options, struct events **out, char *why,
		size_t why_size)
{
	struct events *e = calloc(1, sizeof(*e));
	int err;

	snprintf(why, why_size, "follow page events");
	if (!e)
		return -ENOMEM;
	e->mounts = options->mounts;
	e->to_wall = monotonic_to_wall();
	err = events_open(e, options, why, why_size);
	if (err)
		events__free(e);
	else
		*out = e;
	return err;
}

void events__free(struct events *e)
{
	if (!e)
		return;
	names__free(e->names);
	view__free(e->view);
	page_table__free(e->strangers);
	free(e->queue);
	free(e);
}

const uint32_t *events_devs(const struct events *e, int *n)
{
	const uint32_t *devs = e->names ? names_devs(e->names, n) : NULL;

	/* more than the kernel can tell apart: here they are */
	if (!devs || *n > PAGES_MAX_DEVS)
		*n = 0;
	return devs;
}

void events_record(void *arg, const struct page_record *record)
{
	struct events *e = arg;

	if (record->event >= PAGE_EVENTS || record->side >= SIDES)
		return;
	if (e->queued == e->room && e->room < MAX_QUEUE) {
		uint32_t room = e->room ? e->room * 2 : 1024;
		struct page_record *queue = reallocarray(e->queue, room, sizeof(*queue));

		if (queue) {
			e->queue = queue;
			e->room = room;
		}
	}
	if (e->queued < e->room)
		e->queue[e->queued++] = *record;
	else
		e->losses.full++;
}

/* What was taken for another's and was ours is lost; the next look is to find out about the rest.
 */
static void settle_strangers(struct events *e)
{
	for (uint32_t i = 0; i < page_table_count(e->strangers); i++) {
		struct page_key key;
		struct stranger *s = page_table_get(e->strangers, i, &key);

		if (names_find(e->names, key.dev, key.inode))
			e->losses.names += s->dropped;
		s->dropped = 0;
	}
	if (page_table_count(e->strangers) > MAX_STRANGERS / 2)
		page_table_clear(e->strangers);
}

/* Looks for names where it is time to; `last`: if there is anything to find out. */
static void look(struct events *e, bool last)
{
	uint64_t began = monotonic_now(), pause = e->look_soon ? LOOK_SOON : LOOK_ANYWAY;

	if (!e->names || !e->queued || (last && !e->look_soon))
		return;
	if (!last && began - e->looked < (pause > e->pause ? pause : e->pause))
		return;
	if (names_look(e->names)) {
		e->looked = began; /* no memory: perhaps later */
		return;
	}
	note_look(e, began);
	if (!e->view)
		names_forget(e->names);
	settle_strangers(e);
}

static enum whose whose_stranger(struct events *e, const struct page_record *r, uint32_t waiting)
{
	struct page_key key = { .inode = r->inode, .dev = r->dev };
	struct stranger *s = page_table_find(e->strangers, key);
	/* a number that was another's may be a new file's: files begin with page 0 */
	bool fresh = !s || (r->event == PAGE_ADDED && !r->index && s->since < e->looks &&
			    r->time > e->looked);

	if (!s)
		s = page_table_add(e->strangers, key);
	if (!s) {
		e->losses.full++;
		e->look_soon = true;
		return OTHERS;
	}
	if (fresh)
		s->since = e->looks;
	if (s->since == e->looks) {
		e->look_soon = true;
		if (waiting < MAX_WAITING)
			return WAITS;
	}
	/* what was there before the last look, and was not found, is another's for certain */
	s->dropped += r->time > e->looked;
	return OTHERS;
}

/* *path is NULL where it is not known. */
static enum whose whose(struct events *e, const struct page_record *r, uint32_t waiting,
			const char **path)
{
	*path = e->names ? names_find(e->names, r->dev, r->inode) : NULL;
	return *path || !e->names ? OURS : whose_stranger(e, r, waiting);
}

static const struct mount *mount_of(struct events *e, uint32_t dev, uint32_t tgid)
{
	if (!e->mount || e->mount_dev != dev)
		e->mount = e->mounts ? mounts_find(e->mounts, dev, tgid) : NULL;
	e->mount_dev = dev;
	return e->mount;
}

static void device_text(uint32_t dev, char *text, size_t size)
{
	snprintf(text, size, "%u:%u", dev >> DEVICE_MINOR_BITS,
		 dev & ((1u << DEVICE_MINOR_BITS) - 1));
}

/* Pages, as lines of both kinds have them. */
struct where {
	struct page_key first;
	uint64_t pages;
	uint64_t wall; /* ns since the epoch */
	uint32_t tgid; /* whose doing it was; 0: several's */
};

static json_t *json_where(struct events *e, const struct render *render, const char *event,
			  const struct where *w)
{
	const struct mount *mount = mount_of(e, w->first.dev, w->tgid);
	struct render of = *render;
	char device[24];
	json_t *line;

	of.wall = w->wall;
	line = json_line(&of);
	device_text(w->first.dev, device, sizeof(device));
	json_set(line, "event", json_string(event));
	json_set(line, "file_system", mount ? json_text(mount->point) : json_null());
	json_set(line, "type", mount ? json_text(mount->type) : json_null());
	json_set(line, "device", json_string(device));
	json_set(line, "inode", json_integer((json_int_t)w->first.inode));
	json_set(line, "index", json_integer((json_int_t)w->first.part));
	json_set(line, "pages", json_integer((json_int_t)w->pages));
	return line;
}

/* Text from elsewhere, filled up to a column's width, and a blank. */
static void print_padded(FILE *out, const char *text, size_t width)
{
	escape_print(out, text);
	for (size_t i = escape_width(text); i <= width; i++)
		fputc(' ', out);
}

static void print_where(struct events *e, FILE *out, const struct where *w)
{
	const struct mount *mount = mount_of(e, w->first.dev, w->tgid);
	char device[24];

	device_text(w->first.dev, device, sizeof(device));
	print_padded(out, mount ? mount->point : device, FILESYSTEM_WIDTH);
	fprintf(out, "%10llu %9llu %6llu ", (unsigned long long)w->first.inode,
		(unsigned long long)w->first.part, (unsigned long long)w->pages);
}

static void print_event(struct events *e, const struct render *render, const struct page_record *r,
			const char *path)
{
	struct where where = { .first = { .inode = r->inode, .part = r->index, .dev = r->dev },
			       .pages = r->pages,
			       .wall = r->time + e->to_wall,
			       .tgid = r->tgid };
	char comm[sizeof(r->comm) + 1], clock[24];
	json_t *line;

	snprintf(comm, sizeof(comm), "%.*s", (int)sizeof(r->comm), r->comm);
	if (render->json) {
		line = json_where(e, render, event_keys[r->event], &where);
		json_set(line, "side", json_string(side_names[r->side]));
		json_set(line, "pid", json_integer(r->tgid));
		json_set(line, "tid", json_integer(r->tid));
		json_set(line, "process", json_text(comm));
		json_set(line, "path", path ? json_text(path) : json_null());
		json_print(render->out, line);
		return;
	}
	fprintf(render->out, "%s %-7s ", time_format_clock(where.wall, clock, sizeof(clock)),
		event_names[r->event]);
	print_where(e, render->out, &where);
	fprintf(render->out, "%-11s %7u ", side_names[r->side], r->tgid);
	print_padded(render->out, comm, sizeof(r->comm) - 1);
	escape_print(render->out, path ? path : "-");
	fputc('\n', render->out);
}

void events_begin(const struct events *e, const struct render *render)
{
	if (render->json)
		return;
	fprintf(render->out, "%-15s %-*s %-*s %10s %9s %6s ", "TIME", e->view ? 17 : 7,
		e->view ? "STATE" : "EVENT", FILESYSTEM_WIDTH, "FILESYSTEM", "INODE", "INDEX",
		"PAGES");
	if (!e->view)
		fprintf(render->out, "%-11s %7s %-15s ", "SIDE", "PID", "PROCESS");
	fputs("PATH\n", render->out);
}

static int compare_times(const void *a, const void *b)
{
	uint64_t x = ((const struct page_record *)a)->time;
	uint64_t y = ((const struct page_record *)b)->time;

	return x < y ? -1 : x > y;
}

/* What has come may be of several CPUs, one after another. */
static void sort_new(struct events *e)
{
	for (uint32_t i = e->waiting + 1; i < e->queued; i++) {
		if (e->queue[i].time >= e->queue[i - 1].time)
			continue;
		qsort(e->queue + e->waiting, e->queued - e->waiting, sizeof(*e->queue),
		      compare_times);
		return;
	}
}

/* Each that is ours is printed, or in the view; those that wait stay. */
static void handle_queue(struct events *e, const struct render *render)
{
	uint32_t waiting = 0;
	const char *path;

	for (uint32_t i = 0; i < e->queued; i++) {
		const struct page_record *r = &e->queue[i];
		enum whose who = whose(e, r, waiting, &path);

		if (who == WAITS)
			e->queue[waiting++] = *r;
		else if (who == OURS && e->view)
			view_record(e->view, r);
		else if (who == OURS)
			print_event(e, render, r, path);
	}
	e->queued = e->waiting = waiting;
}

void events_tick(struct events *e, const struct render *render, bool last)
{
	e->mount = NULL;
	sort_new(e);
	look(e, false);
	handle_queue(e, render);
	if (!last)
		return;
	look(e, true);
	handle_queue(e, render);
}

struct fetch {
	struct events *events;
	const struct render *render;
};

static void print_item(void *arg, const struct view_item *item)
{
	const struct fetch *fetch = arg;
	const struct render *render = fetch->render;
	struct names *names = fetch->events->names;
	const char *path = names ? names_find_past(names, item->dev, item->inode) : NULL;
	struct where where = {
		.first = { .inode = item->inode, .part = item->index, .dev = item->dev },
		.pages = item->pages,
		.wall = render->wall
	};
	char clock[24], state[32];
	json_t *line;

	if (render->json) {
		line = json_where(fetch->events, render, "state", &where);
		if (item->exists)
			json_set(line, "exists", json_boolean(item->exists > 0));
		if (item->modified)
			json_set(line, "modified", json_boolean(item->modified > 0));
		json_set(line, "path", path ? json_text(path) : json_null());
		json_print(render->out, line);
		return;
	}
	snprintf(state, sizeof(state), "%s%s",
		 item->exists ? item->exists > 0 ? "+EXISTS" : "-EXISTS" : "",
		 item->modified ? item->modified > 0 ? "+MODIFIED" : "-MODIFIED" : "");
	fprintf(render->out, "%s %-17s ", time_format_clock(render->wall, clock, sizeof(clock)),
		state);
	print_where(fetch->events, render->out, &where);
	escape_print(render->out, path ? path : "-");
	fputc('\n', render->out);
}

void events_fetch(struct events *e, const struct render *render)
{
	struct fetch fetch = { e, render };

	e->mount = NULL;
	if (e->view)
		view_fetch(e->view, print_item, &fetch);
	if (e->names)
		names_forget(e->names);
}

struct events_losses events_losses(const struct events *e)
{
	struct events_losses losses = e->losses;

	losses.pages = e->view ? view_lost(e->view) : 0;
	return losses;
}

static void print_losses(const struct events_losses *lost, const struct render *render)
{
	json_t *line = json_line(render);

	json_set(line, "event", json_string("lost"));
	json_set(line, "events_before_names", json_integer((json_int_t)lost->names));
	json_set(line, "events_no_room", json_integer((json_int_t)lost->full));
	json_set(line, "pages_no_room", json_integer((json_int_t)lost->pages));
	json_print(render->out, line);
}

void events_warn(const struct events *e, const struct render *render)
{
	struct events_losses lost = events_losses(e);

	if (e->names)
		names_warn(e->names, render->report);
	if (render->json)
		print_losses(&lost, render);
	if (lost.names)
		log_warn("%s: events lost of files that were not known yet: %llu", render->report,
			 (unsigned long long)lost.names);
	if (lost.full)
		log_warn("%s: events lost as there was no room to keep them: %llu", render->report,
			 (unsigned long long)lost.full);
	if (lost.pages)
		log_warn("%s: changes of pages lost, too many in one interval: %llu",
			 render->report, (unsigned long long)lost.pages);
}
