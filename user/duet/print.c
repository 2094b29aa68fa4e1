// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <inttypes.h>
#include <stdio.h>

#include "core/escape.h"
#include "core/units.h"
#include "duet/print.h"
#include "render/json.h"

#define PAGE_BYTES 4096
#define MIB	   (1024.0 * 1024.0)
#define LABEL	   36 /* columns before the numbers */

static const char *const side_names[SIDES] = {
	[SIDE_FOREGROUND] = "foreground",
	[SIDE_MAINTENANCE] = "maintenance",
};

/* What is printed of each side, in pages: of files, and of metadata where there is any. */
static const struct {
	enum page_count what;
	const char *text;
	const char *key;
	bool look_up; /* only where the kernel tells */
} counts[] = {
	{ PAGES_ADDED, "added", "added", false },
	{ PAGES_RECLAIMED, "removed, to make room", "reclaimed", false },
	{ PAGES_DROPPED, "removed otherwise", "dropped", false },
	{ PAGES_DIRTIED, "dirtied", "dirtied", false },
	{ PAGES_FLUSHED, "flushed", "flushed", false },
	{ PAGES_LOOKED_UP, "looked up", "looked_up", true },
};
#define NCOUNTS (int)(sizeof(counts) / sizeof(counts[0]))

/* One printing. */
struct page {
	const struct render *render;
	const struct duet_names *names;
	const struct duet_how *how;
};

static double mib(uint64_t pages)
{
	return pages * PAGE_BYTES / MIB;
}

static double percent(uint64_t part, uint64_t all)
{
	return all ? 100.0 * part / all : 0;
}

/* --- text --- */

/* A line where there is something to say. */
static void text_pair(FILE *out, const char *text, uint64_t maintenance, uint64_t foreground)
{
	if (maintenance || foreground)
		fprintf(out, "  %-*s %12" PRIu64 " %12" PRIu64 "\n", LABEL - 2, text, maintenance,
			foreground);
}

static void text_counts(const struct page *p, const char *kind,
			const uint64_t numbers[SIDES][PAGE_COUNTS])
{
	char text[64];

	for (int i = 0; i < NCOUNTS; i++) {
		if (counts[i].look_up && !p->how->look_ups)
			continue;
		snprintf(text, sizeof(text), "%s %s", kind, counts[i].text);
		text_pair(p->render->out, text, numbers[SIDE_MAINTENANCE][counts[i].what],
			  numbers[SIDE_FOREGROUND][counts[i].what]);
	}
}

static void text_bytes(FILE *out, const char *text, const struct duet_fs *fs, enum page_count what)
{
	uint64_t m = fs->files[SIDE_MAINTENANCE][what], f = fs->files[SIDE_FOREGROUND][what];

	if (m || f)
		fprintf(out, "  %-*s %12.1f %12.1f\n", LABEL - 2, text, m / MIB, f / MIB);
}

/* "        1234  12.3 %       4.8 MiB  were so" */
static void text_share(FILE *out, int indent, uint64_t pages, uint64_t all, const char *text)
{
	fprintf(out, "%12" PRIu64 " %5.1f %% %9.1f MiB  %*s%s\n", pages, percent(pages, all),
		mib(pages), indent, "", text);
}

/* The same of a part that is nothing special, and left out when there is none. */
static void text_part(FILE *out, uint64_t pages, uint64_t all, const char *text)
{
	if (pages)
		text_share(out, 2, pages, all, text);
}

static void text_looked_up(const struct page *p, const struct duet_fs *fs, const char *used)
{
	const uint64_t *n = fs->files[SIDE_MAINTENANCE];
	uint64_t all = n[PAGES_LOOKED_UP];
	FILE *out = p->render->out;

	if (!all || !p->how->look_ups)
		return;
	fprintf(out, "  Maintenance looked up %" PRIu64 " pages (%.1f MiB):\n", all, mib(all));
	text_share(out, 0, duet_saved(fs), all, "were in memory, not by its own doing: saved");
	text_part(out, n[PAGES_WARM], all, used);
	if (n[PAGES_OWN])
		text_share(out, 0, n[PAGES_OWN], all, "it had brought itself for an earlier read");
	text_share(out, 0, n[PAGES_READ], all, "had to be read");
}

static void text_fetched(FILE *out, const struct duet_fs *fs, const char *used)
{
	const uint64_t *n = fs->files[SIDE_MAINTENANCE];
	uint64_t all = n[PAGES_FETCHED];

	if (!n[PAGES_AGAIN] && !n[PAGES_EARLIER])
		return;
	fprintf(out, "  Of %" PRIu64 " pages (%.1f MiB) of files that it read from the disk:\n",
		all, mib(all));
	text_share(out, 0, n[PAGES_AGAIN], all, used);
	text_share(out, 0, n[PAGES_EARLIER], all,
		   "had been in memory: saved in order of what is cached");
}

static void text_direct(const struct page *p, const struct duet_fs *fs)
{
	struct duet_direct d;
	FILE *out = p->render->out;
	uint64_t all;

	if (!p->names->direct(p->names->arg, fs->dev, &d))
		return;
	all = d.asked + d.unasked;
	fprintf(out, "  Maintenance read %" PRIu64 " pages (%.1f MiB) past the page cache:\n", all,
		mib(all));
	text_share(out, 0, d.in_memory, all, "were in memory: could have been saved");
	text_share(out, 0, d.asked - d.in_memory, all, "were not");
	if (d.unasked)
		text_share(out, 0, d.unasked, all, "were not looked for");
}

static void text_evicted(FILE *out, const struct duet_fs *fs, const char *used)
{
	const uint64_t *m = fs->files[SIDE_MAINTENANCE], *f = fs->files[SIDE_FOREGROUND];
	uint64_t all = m[PAGES_EVICTED] + f[PAGES_EVICTED];

	if (!all)
		return;
	fprintf(out,
		"  While maintenance was active, %" PRIu64 " pages (%.1f MiB) that it had not "
		"brought made room:\n",
		all, mib(all));
	text_share(out, 0, m[PAGES_EVICTED], all, "maintenance itself evicted");
	text_part(out, m[PAGES_EVICTED_WARM], all, used);
	text_share(out, 0, f[PAGES_EVICTED], all, "kswapd and others evicted");
	text_part(out, f[PAGES_EVICTED_WARM], all, used);
}

static void text_overlap(const struct page *p, const struct duet_fs *fs)
{
	FILE *out = p->render->out;
	char used[128], window[24];

	snprintf(used, sizeof(used), "used by the foreground within %s",
		 duration_format(p->how->window, window, sizeof(window)));
	text_looked_up(p, fs, used);
	text_fetched(out, fs, used);
	text_direct(p, fs);
	text_evicted(out, fs, used);
}

static void text_fs(const struct page *p, const struct duet_fs *fs)
{
	const char *type, *name = p->names->name(p->names->arg, fs->dev, &type);
	FILE *out = p->render->out;
	char title[128];
	size_t width;

	fputc('\n', out);
	snprintf(title, sizeof(title), " (%s)", type ? type : "device");
	escape_print(out, name);
	escape_print(out, title); /* a FUSE's type is what its owner says */
	width = escape_width(name) + escape_width(title);
	fprintf(out, "%*s %12s %12s\n", width < LABEL ? LABEL - (int)width : 0, "", "maintenance",
		"foreground");
	text_counts(p, "pages", fs->files);
	if (p->how->look_ups)
		text_pair(out, "pages found", duet_found(fs, SIDE_MAINTENANCE),
			  duet_found(fs, SIDE_FOREGROUND));
	text_counts(p, "metadata pages", fs->metadata);
	text_bytes(out, "MiB read", fs, BLOCKS_READ);
	text_bytes(out, "MiB written", fs, BLOCKS_WRITTEN);
	text_overlap(p, fs);
}

static void text_latency(const struct page *p, uint32_t dev, bool beside,
			 const struct snapshot_row *row)
{
	FILE *out = p->render->out;
	char mean[24], p50[24], p90[24], p99[24], max[24];
	const char *name;

	if (!row)
		return;
	name = p->names->device(p->names->arg, dev);
	escape_print(out, name);
	fprintf(out, "%*s %-11s %9" PRIu64 " %9s %9s %9s %9s %9s\n",
		escape_width(name) < 15 ? 15 - (int)escape_width(name) : 0, "",
		beside ? "active" : "idle", row->count,
		duration_format((uint64_t)snapshot_mean(row), mean, sizeof(mean)),
		duration_format(snapshot_percentile(row, 0.5), p50, sizeof(p50)),
		duration_format(snapshot_percentile(row, 0.9), p90, sizeof(p90)),
		duration_format(snapshot_percentile(row, 0.99), p99, sizeof(p99)),
		duration_format(row->max, max, sizeof(max)));
}

static void text_io(const struct page *p, const struct duet_numbers *n)
{
	if (!n->nio)
		return;
	fprintf(p->render->out,
		"\nThe foreground's block I/O, from queued to ended\n%-15s %-11s %9s %9s %9s %9s %9s "
		"%9s\n",
		"DEVICE", "MAINTENANCE", "COUNT", "MEAN", "P50", "P90", "P99", "MAX");
	for (int i = 0; i < n->nio; i++) {
		text_latency(p, n->io[i].dev, false, n->io[i].alone);
		text_latency(p, n->io[i].dev, true, n->io[i].beside);
	}
}

/* --- JSON --- */

static json_t *json_counts(const struct page *p, const uint64_t *numbers)
{
	json_t *object = json_object();

	for (int i = 0; i < NCOUNTS; i++)
		if (!counts[i].look_up || p->how->look_ups)
			json_set(object, counts[i].key, json_integer(numbers[counts[i].what]));
	return object;
}

static json_t *json_side(const struct page *p, const struct duet_fs *fs, enum page_side side)
{
	const uint64_t *n = fs->files[side];
	json_t *object = json_counts(p, n);

	if (p->how->look_ups) {
		json_set(object, "found", json_integer(duet_found(fs, side)));
		json_set(object, "read_for_it", json_integer(n[PAGES_READ]));
	}
	json_set(object, "metadata", json_counts(p, fs->metadata[side]));
	json_set(object, "bytes_read", json_integer(n[BLOCKS_READ]));
	json_set(object, "bytes_written", json_integer(n[BLOCKS_WRITTEN]));
	return object;
}

static json_t *json_overlap(const struct page *p, const struct duet_fs *fs)
{
	const uint64_t *n = fs->files[SIDE_MAINTENANCE];
	json_t *object = json_object();

	if (p->how->look_ups) {
		json_set(object, "needed", json_integer(n[PAGES_LOOKED_UP]));
		json_set(object, "saved", json_integer(duet_saved(fs)));
		json_set(object, "saved_used_in_window", json_integer(n[PAGES_WARM]));
		json_set(object, "own", json_integer(n[PAGES_OWN]));
		json_set(object, "read", json_integer(n[PAGES_READ]));
	}
	json_set(object, "from_disk", json_integer(n[PAGES_FETCHED]));
	json_set(object, "from_disk_used_in_window", json_integer(n[PAGES_AGAIN]));
	json_set(object, "from_disk_in_memory_before", json_integer(n[PAGES_EARLIER]));
	return object;
}

static json_t *json_direct(const struct page *p, const struct duet_fs *fs)
{
	struct duet_direct d;
	json_t *object;

	if (!p->names->direct(p->names->arg, fs->dev, &d))
		return NULL;
	object = json_object();
	json_set(object, "bytes", json_integer(fs->files[SIDE_MAINTENANCE][BLOCKS_DIRECT]));
	json_set(object, "pages", json_integer(d.asked + d.unasked));
	json_set(object, "in_memory", json_integer(d.in_memory));
	json_set(object, "not_looked_for", json_integer(d.unasked));
	return object;
}

static json_t *json_evicted(const struct duet_fs *fs)
{
	const uint64_t *m = fs->files[SIDE_MAINTENANCE], *f = fs->files[SIDE_FOREGROUND];
	json_t *object = json_object();

	json_set(object, "by_maintenance", json_integer(m[PAGES_EVICTED]));
	json_set(object, "by_maintenance_used_in_window", json_integer(m[PAGES_EVICTED_WARM]));
	json_set(object, "by_others", json_integer(f[PAGES_EVICTED]));
	json_set(object, "by_others_used_in_window", json_integer(f[PAGES_EVICTED_WARM]));
	return object;
}

static void json_fs(const struct page *p, const struct duet_fs *fs)
{
	const char *type, *name = p->names->name(p->names->arg, fs->dev, &type);
	json_t *object = json_line(p->render);

	json_set(object, "file_system", json_text(name));
	json_set(object, "type", type ? json_text(type) : json_null());
	for (int side = SIDES - 1; side >= 0; side--)
		json_set(object, side_names[side], json_side(p, fs, side));
	json_set(object, "overlap", json_overlap(p, fs));
	json_set(object, "direct", json_direct(p, fs));
	json_set(object, "evicted", json_evicted(fs));
	json_print(p->render->out, object);
}

static void json_latency(const struct page *p, uint32_t dev, bool beside,
			 const struct snapshot_row *row)
{
	json_t *object;

	if (!row)
		return;
	object = json_line(p->render);
	json_set(object, "device", json_text(p->names->device(p->names->arg, dev)));
	json_set(object, "maintenance_active", json_boolean(beside));
	json_set(object, "count", json_integer(row->count));
	json_set(object, "mean_ns", json_real(snapshot_mean(row)));
	json_set(object, "p50_ns", json_integer(snapshot_percentile(row, 0.5)));
	json_set(object, "p90_ns", json_integer(snapshot_percentile(row, 0.9)));
	json_set(object, "p99_ns", json_integer(snapshot_percentile(row, 0.99)));
	json_set(object, "max_ns", json_integer(row->max));
	json_print(p->render->out, object);
}

static void json_io(const struct page *p, const struct duet_numbers *n)
{
	for (int i = 0; i < n->nio; i++) {
		json_latency(p, n->io[i].dev, false, n->io[i].alone);
		json_latency(p, n->io[i].dev, true, n->io[i].beside);
	}
}

void duet_print(const struct render *render, const struct duet_numbers *numbers,
		const struct duet_names *names, const struct duet_how *how)
{
	const struct page p = { render, names, how };

	for (int i = 0; i < numbers->nfs; i++) {
		if (render->json)
			json_fs(&p, &numbers->fs[i]);
		else
			text_fs(&p, &numbers->fs[i]);
	}
	if (render->json)
		json_io(&p, numbers);
	else
		text_io(&p, numbers);
}
