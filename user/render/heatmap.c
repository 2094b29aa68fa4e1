// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/escape.h"
#include "core/units.h"
#include "heatmap.h"

/*
 * Latencies are kept in steps that people count in: twelve a decade, about a quarter of a power of
 * two each. Every second is 1, 1.5, 2, 3, 5, 7; every fourth 1, 2, 5; every sixth 1, 3. The step 0
 * is all below 10 ns and the last all from 100,000 s on: both only happen when something is wrong.
 */
#define STEPS_PER_DECADE 12
#define DECADES		 13
#define STEPS		 (1 + STEPS_PER_DECADE * DECADES + 1)
static const uint64_t decade[STEPS_PER_DECADE] = { 10, 12, 15, 17, 20, 25, 30, 40, 50, 60, 70, 85 };

#define LABEL_WIDTH 7 /* the longest: "100000s" */
#define AXIS_WIDTH  (LABEL_WIDTH + 2)
#define MIN_WIDTH   40
#define MAX_WIDTH   1024
#define MIN_HEIGHT  4
#define TICKS	    20 /* columns from one time to the next */

/*
 * What a cell looks like, from few to many, and its colour: each lighter than the one before, the
 * first not lost on black, the last not on white.
 */
#define LEVELS 9
static const char shades[LEVELS + 1] = ".:-=+*#%@";
static const int colours[LEVELS] = { 25, 62, 98, 134, 169, 204, 209, 215, 221 };

struct heatmap_row {
	struct snapshot_row total; /* no buckets, no sum */
	uint64_t min;		   /* ns */
	uint64_t *steps[STEPS];	   /* [columns] counts; NULL: none yet */
};

struct heatmap {
	uint64_t interval; /* ns */
	uint64_t start;	   /* ns since the epoch: the first column's */
	uint64_t added;	   /* intervals */
	uint64_t each;	   /* intervals that a column stands for: a power of two */
	int width;
	int height;
	int columns;		   /* there is room for: even */
	uint64_t *ends;		   /* [columns] ns since the epoch */
	struct heatmap_row **rows; /* by row, by, tgid */
	int nrows;
};

/* One row as it is about to be printed. */
struct view {
	const struct heatmap *map;
	const struct heatmap_row *row;
	FILE *out;
	bool colour;
	int columns;		/* in use */
	int each;		/* steps in a line */
	int first, last;	/* lines, counted from the step 0 up */
	uint64_t least[LEVELS]; /* the count at which a level begins */
	int levels;		/* in use */
};

static int clamp(int value, int low, int high)
{
	return value < low ? low : value > high ? high : value;
}

static uint64_t add_counts(uint64_t a, uint64_t b)
{
	return a + b < a ? UINT64_MAX : a + b;
}

struct heatmap *heatmap__new(uint64_t interval, int width, int height)
{
	struct heatmap *map = calloc(1, sizeof(*map));

	if (!map)
		return NULL;
	map->interval = interval;
	map->each = 1;
	map->width = clamp(width, MIN_WIDTH, MAX_WIDTH);
	map->height = height < MIN_HEIGHT ? MIN_HEIGHT : height;
	map->columns = (map->width - AXIS_WIDTH) & ~1;
	map->ends = calloc(map->columns, sizeof(*map->ends));
	if (!map->ends) {
		free(map);
		return NULL;
	}
	return map;
}

static void row__free(struct heatmap_row *row)
{
	for (int s = 0; s < STEPS; s++)
		free(row->steps[s]);
	free(row);
}

void heatmap__free(struct heatmap *map)
{
	if (!map)
		return;
	for (int i = 0; i < map->nrows; i++)
		row__free(map->rows[i]);
	free(map->rows);
	free(map->ends);
	free(map);
}

static int step_of(uint64_t ns)
{
	uint64_t scale = 1;
	int step = 1, i = STEPS_PER_DECADE - 1;

	if (ns < decade[0])
		return 0;
	while (ns / scale >= 100) {
		scale *= 10;
		step += STEPS_PER_DECADE;
	}
	if (step >= STEPS - 1)
		return STEPS - 1;
	while (ns / scale < decade[i])
		i--;
	return step + i;
}

static uint64_t step_low(int step)
{
	uint64_t scale = 1;

	if (!step)
		return 0;
	for (step--; step >= STEPS_PER_DECADE; step -= STEPS_PER_DECADE)
		scale *= 10;
	return decade[step] * scale;
}

/* Makes one column of each two. */
static void merge_columns(struct heatmap *map)
{
	int half = map->columns / 2;

	for (int i = 0; i < half; i++)
		map->ends[i] = map->ends[2 * i + 1];
	for (int r = 0; r < map->nrows; r++) {
		for (int s = 0; s < STEPS; s++) {
			uint64_t *counts = map->rows[r]->steps[s];

			if (!counts)
				continue;
			for (int i = 0; i < half; i++)
				counts[i] = add_counts(counts[2 * i], counts[2 * i + 1]);
			memset(counts + half, 0, half * sizeof(*counts));
		}
	}
	map->each *= 2;
}

static int row_compare(const struct snapshot_row *a, const struct snapshot_row *b)
{
	if (a->row != b->row)
		return a->row < b->row ? -1 : 1;
	if (a->by != b->by)
		return a->by < b->by ? -1 : 1;
	return a->tgid < b->tgid ? -1 : a->tgid > b->tgid;
}

/* The index of the first row that is not before `key`. */
static int row_place(const struct heatmap *map, const struct snapshot_row *key)
{
	int low = 0, high = map->nrows;

	while (low < high) {
		int middle = low + (high - low) / 2;

		if (row_compare(&map->rows[middle]->total, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The map's row for that of a snapshot, made when it is new. NULL when there is no memory. */
static struct heatmap_row *row_get(struct heatmap *map, const struct snapshot_row *key)
{
	int place = row_place(map, key);
	struct heatmap_row **rows, *row;

	if (place < map->nrows && !row_compare(&map->rows[place]->total, key))
		return map->rows[place];
	rows = realloc(map->rows, (map->nrows + 1) * sizeof(*rows));
	if (!rows)
		return NULL;
	map->rows = rows;
	row = calloc(1, sizeof(*row));
	if (!row)
		return NULL;
	row->total = (struct snapshot_row){ .row = key->row, .by = key->by, .tgid = key->tgid };
	row->min = UINT64_MAX;
	memmove(rows + place + 1, rows + place, (map->nrows - place) * sizeof(*rows));
	rows[place] = row;
	map->nrows++;
	return row;
}

static int row_add(struct heatmap *map, struct heatmap_row *row, int column, uint64_t ns,
		   uint64_t count)
{
	uint64_t **counts = &row->steps[step_of(ns)];

	if (!*counts)
		*counts = calloc(map->columns, sizeof(**counts));
	if (!*counts)
		return -ENOMEM;
	(*counts)[column] = add_counts((*counts)[column], count);
	row->total.count = add_counts(row->total.count, count);
	if (ns < row->min)
		row->min = ns;
	if (ns > row->total.max)
		row->total.max = ns;
	return 0;
}

/* The durations of one row in one interval. */
static int add_buckets(struct heatmap *map, const struct snapshot_row *from, int column)
{
	struct heatmap_row *row = NULL;
	int err = 0;

	for (int b = 0; !err && b < FOLD_BUCKETS; b++) {
		uint64_t ns = bucket_high(b);

		if (!from->buckets[b])
			continue;
		row = row ? row : row_get(map, from);
		if (!row)
			return -ENOMEM;
		if (ns > from->max && from->max >= bucket_low(b))
			ns = from->max;
		err = row_add(map, row, column, ns, from->buckets[b]);
	}
	return err;
}

int heatmap_add(struct heatmap *map, const struct snapshot *interval, uint64_t wall)
{
	int err = 0, column;

	if (!map->added)
		map->start = wall > map->interval ? wall - map->interval : 0;
	if (map->added / map->each >= (uint64_t)map->columns)
		merge_columns(map);
	column = map->added++ / map->each;
	map->ends[column] = wall;
	for (int i = 0; !err && i < interval->nrows; i++)
		if (interval->rows[i].buckets)
			err = add_buckets(map, &interval->rows[i], column);
	return err;
}

/* A step's line, counted from the step 0 up, which has one of its own. */
static int line_of(int step, int each)
{
	return step ? 1 + (step - 1) / each : 0;
}

static int line_first_step(int line, int each)
{
	return line ? 1 + (line - 1) * each : 0;
}

static uint64_t count_at(const struct view *v, int line, int column)
{
	int first = line_first_step(line, v->each), end = line_first_step(line + 1, v->each);
	uint64_t count = 0;

	for (int s = first; s < end && s < STEPS; s++)
		if (v->row->steps[s])
			count = add_counts(count, v->row->steps[s][column]);
	return count;
}

/* Chooses the finest scale on which all that there is fits the height. */
static void view_scale(struct view *v)
{
	static const int scales[] = { 1, 2, 4, 6, STEPS_PER_DECADE };
	const int nscales = sizeof(scales) / sizeof(scales[0]);
	int low = 0, high = STEPS - 1, i = 0;

	while (!v->row->steps[low])
		low++;
	while (!v->row->steps[high])
		high--;
	v->each = 0;
	do {
		v->each = i < nscales ? scales[i] : v->each + STEPS_PER_DECADE;
		v->first = line_of(low, v->each);
		v->last = line_of(high, v->each);
		i++;
	} while (v->last - v->first >= v->map->height);
}

/* To two digits, so that the count is the one that the legend says. */
static uint64_t round_count(double count)
{
	double scale = 1;

	while (count / scale >= 99.5)
		scale *= 10;
	return (uint64_t)(round(count / scale) * scale);
}

/* Divides what lies between one and the highest count into levels, evenly by its logarithm. */
static void view_levels(struct view *v)
{
	uint64_t most = 0, least = 1;

	for (int line = v->first; line <= v->last; line++) {
		for (int c = 0; c < v->columns; c++) {
			uint64_t count = count_at(v, line, c);

			most = count > most ? count : most;
		}
	}
	v->levels = 0;
	while (v->levels < LEVELS && least <= most) {
		uint64_t next;

		v->least[v->levels++] = least;
		next = round_count(pow((double)most, (double)v->levels / LEVELS));
		least = next > least ? next : least + 1;
	}
}

/* The level of a count; -1 for none. */
static int level_of(const struct view *v, uint64_t count)
{
	int level = v->levels - 1;

	while (level >= 0 && count < v->least[level])
		level--;
	return level;
}

/*
 * The shade is printed with colours too, in its background's: not seen, but there for who copies
 * the text elsewhere.
 */
static void print_cell(const struct view *v, int level, int before)
{
	if (v->colour && level != before) {
		if (level < 0)
			fputs("\033[0m", v->out);
		else
			fprintf(v->out, "\033[38;5;%d;48;5;%dm", colours[level], colours[level]);
	}
	fputc(level < 0 ? ' ' : shades[level], v->out);
}

/* The unit that a latency is said in, and how many of it. */
static const char *unit_of(uint64_t ns, double *value)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	int unit = 0;

	for (*value = (double)ns; unit < 3 && *value >= 1000; unit++)
		*value /= 1000;
	return units[unit];
}

/* "1.5us", "20ms": a step's lowest latency. */
static const char *step_format(int step, char *buf, size_t size)
{
	uint64_t low = step_low(step);
	double value;
	const char *unit = unit_of(low, &value);

	snprintf(buf, size, "%.*f%s", low >= 1000 && value < 10 ? 1 : 0, value, unit);
	return buf;
}

static void print_line(const struct view *v, int line)
{
	int end = v->columns, before = -1;
	char text[24];

	fprintf(v->out, "%*s |", LABEL_WIDTH,
		step_format(line_first_step(line, v->each), text, sizeof(text)));
	while (end && !count_at(v, line, end - 1))
		end--;
	for (int c = 0; c < end; c++) {
		int level = level_of(v, count_at(v, line, c));

		print_cell(v, level, before);
		before = level;
	}
	fputs(v->colour && end ? "\033[0m\n" : "\n", v->out);
}

/* "250ms", "64s", "2m8s", "1h8m16s". */
static const char *span_format(uint64_t ns, char *buf, size_t size)
{
	uint64_t s = ns / NSEC_PER_SEC;
	double value;
	const char *unit = unit_of(ns, &value);

	if (s < 120)
		snprintf(buf, size, "%g%s", value, unit);
	else if (s < 3600)
		snprintf(buf, size, "%" PRIu64 "m%" PRIu64 "s", s / 60, s % 60);
	else
		snprintf(buf, size, "%" PRIu64 "h%" PRIu64 "m%" PRIu64 "s", s / 3600, s / 60 % 60,
			 s % 60);
	return buf;
}

static void print_title(const struct view *v, const char *label)
{
	const struct heatmap *map = v->map;
	char min[24], max[24], span[32], text[128];
	int used;

	snprintf(text, sizeof(text), ": count %" PRIu64 ", %s to %s", v->row->total.count,
		 duration_format(v->row->min, min, sizeof(min)),
		 duration_format(v->row->total.max, max, sizeof(max)));
	span_format(map->interval * map->each, span, sizeof(span));
	escape_print(v->out, label);
	used = escape_width(label) + strlen(text) + strlen(span) + strlen(" a column");
	fprintf(v->out, "%s%*s%s a column\n", text, used + 2 > map->width ? 2 : map->width - used,
		"", span);
}

/* Whether a column has its time below: it must end before the last time begins. */
static bool has_time(int column, int width, int last)
{
	return column == 0 || (column % TICKS == 0 && column + width + 2 <= last);
}

/* Times are "HH:MM:SS", those of a run of more than a day "MM-DD HH:MM". */
static void print_times(const struct view *v)
{
	const struct heatmap *map = v->map;
	uint64_t end = map->ends[v->columns - 1];
	bool days = end > map->start + 24 * 3600 * NSEC_PER_SEC;
	int from = days ? 5 : 11, width = days ? 11 : 8, used = 0;
	int last = v->columns > 2 * width ? v->columns - width : width + 1;
	char text[24];

	fprintf(v->out, "%*s +", LABEL_WIDTH, "");
	for (int c = 0; c < v->columns; c++)
		fputc(c && has_time(c, width, last) ? '+' : '-', v->out);
	fprintf(v->out, "\n%*s", AXIS_WIDTH, "");
	for (int c = 0; c < v->columns; c++) {
		if (!has_time(c, width, last))
			continue;
		time_format_local(c ? map->ends[c - 1] : map->start, text, sizeof(text));
		fprintf(v->out, "%*s%.*s", c - used, "", width, text + from);
		used = c + width;
	}
	time_format_local(end, text, sizeof(text));
	fprintf(v->out, "%*s%.*s\n", last - used, "", width, text + from);
}

/* The lowest count of each level, on as many lines as they need. */
static void print_legend(const struct view *v)
{
	static const char title[] = "counts from";
	int used = sizeof(title) - 1;
	char text[24];

	fputs(title, v->out);
	for (int i = 0; i < v->levels; i++) {
		int width = 4 + strlen(count_format_short(v->least[i], text, sizeof(text)));

		if (used + width > v->map->width) {
			used = sizeof(title) - 1;
			fprintf(v->out, "\n%*s", used, "");
		}
		fputs("  ", v->out);
		print_cell(v, i, -1);
		fprintf(v->out, "%s %s", v->colour ? "\033[0m" : "", text);
		used += width;
	}
	fputc('\n', v->out);
}

void heatmap_print(const struct heatmap *map, FILE *out, heatmap_label_fn label, void *arg,
		   bool colour)
{
	struct view v = { .map = map, .out = out, .colour = colour };
	bool any = false;

	for (int r = 0; r < map->nrows; r++) {
		v.row = map->rows[r];
		if (!v.row->total.count)
			continue; /* there was no memory for its first count */
		if (any)
			fputc('\n', out);
		any = true;
		v.columns = (map->added - 1) / map->each + 1;
		view_scale(&v);
		view_levels(&v);
		print_title(&v, label(arg, &v.row->total));
		for (int line = v.last; line >= v.first; line--)
			print_line(&v, line);
		print_times(&v);
		print_legend(&v);
	}
}
