// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a baseline says, and what is refused: damage of every kind, values that can't be. Files are
 * test_baseline_file.c's.
 */
#include <errno.h>
#include <stdbool.h>

#include "baseline_make.h"
#include "compare/baseline.h"
#include "compare/baseline_format.h"
#include "test.h"

static char why[512];

static bool says(const char *part)
{
	if (!strstr(why, part))
		printf("# no \"%s\" in: %s\n", part, why);
	return strstr(why, part);
}

/* --- objects and text --- */

/* The series as a baseline's object, without a checksum. */
static json_t *object_of(struct series *s)
{
	json_t *root;

	CHECK_INT(baseline_encode(s, &root, why, sizeof(why)), 0);
	series__free(s);
	return root;
}

/* With the checksum that it ought to have, as text; both are freed, the text by the caller. */
static char *text_of(json_t *root)
{
	char crc[BASELINE_CRC_SIZE], *text;
	size_t size;

	CHECK_INT(baseline_checksum(root, crc, &size), 0);
	json_object_set_new(root, BASELINE_CRC, json_string(crc));
	text = json_dumps(root, BASELINE_DUMP);
	json_decref(root);
	return text;
}

static int parse(const char *text, size_t len, struct series **out)
{
	why[0] = '\0';
	return baseline_parse(text, len, "FILE", out, why, sizeof(why));
}

/* What reading the object comes to; what was read is freed. */
static int outcome(json_t *root)
{
	struct series *s = NULL;
	char *text = text_of(root);
	int err = parse(text, strlen(text), &s);

	CHECK_INT(err == 0, s != NULL);
	CHECK_INT(err == 0, why[0] == '\0');
	series__free(s);
	free(text);
	return err;
}

/*
 * Sets what is at the dotted path to the value that the JSON text is, or with NULL removes it. A
 * number in the path is an array's entry.
 */
static void set(json_t *root, const char *path, const char *value)
{
	json_t *json = value ? json_loads(value, JSON_DECODE_ANY, NULL) : NULL;
	const char *dot;
	char key[64];

	CHECK(!value || json);
	for (; (dot = strchr(path, '.')); path = dot + 1) {
		snprintf(key, sizeof(key), "%.*s", (int)(dot - path), path);
		root = json_is_array(root) ? json_array_get(root, atoi(key))
					   : json_object_get(root, key);
		CHECK(root != NULL);
	}
	if (!json)
		CHECK_INT(json_object_del(root, path), 0);
	else if (json_is_array(root))
		CHECK_INT(json_array_set_new(root, atoi(path), json), 0);
	else
		CHECK_INT(json_object_set_new(root, path, json), 0);
}

/* --- what is read --- */

static void all_fields_come_back(void)
{
	struct series *s = make_series(), *again = NULL;
	char *text = text_of(object_of(make_series()));

	CHECK_INT(parse(text, strlen(text), &again), 0);
	CHECK(again && !series_differs(s, again));
	free(text);
	series__free(again);
	series__free(s);
}

/* As a person or another program may write it; the checksum is Python's zlib.crc32(). */
static const char foreign[] =
	"{\n"
	"  \"assay_baseline\": 1,\n"
	"  \"assay\": \"1.2.3\",\n"
	"  \"label\": \"main\",\n"
	"  \"created\": \"2026-07-31T12:40:00Z\",\n"
	"  \"host\": {\"name\": \"ci\", \"machine\": \"x86_64\", \"cpu\": \"Example \\u00b5\",\n"
	"           \"cpus\": 4, \"memory_bytes\": 8589934592, \"kernel\": \"6.1.0\"},\n"
	"  \"settings\": {\"window_ns\": 250000000, \"duration_ns\": 10000000000,\n"
	"               \"warmup_ns\": 0, \"stages\": [\"guest-*\"], \"devices\": [],\n"
	"               \"no_disks\": true, \"command\": [\"sh\", \"-c\", \"true\"]},\n"
	"  \"binaries\": [{\"path\": \"/bin/x\", \"build_id\": \"00ff\"}],\n"
	"  \"runs_wanted\": 3,\n"
	"  \"interrupted\": true,\n"
	"  \"stages\": [\"guest-write\", \"guest-flush\"],\n"
	"  \"bucket_ns\": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18,\n"
	"                19, 20],\n"
	"  \"runs\": [\n"
	"    {\"start\": \"2026-07-31T12:34:56.000000789Z\", \"load\": 0.42,\n"
	"     \"losses\": {\"orphan_dones\": 3}, \"windows\": [\n"
	"       {\"ns\": 250000000, \"cells\": [\n"
	"         {\"stage\": \"guest-write\", \"count\": 5, \"sum_ns\": 47, \"max_ns\": 20,\n"
	"          \"buckets\": \"4:3 15:1 20:1\"},\n"
	"         {\"stage\": \"guest-flush\", \"count\": 1, \"sum_ns\": 7, \"max_ns\": 7,\n"
	"          \"buckets\": \"7:1\"}]},\n"
	"       {\"ns\": 90000000, \"cells\": []}]},\n"
	"    {\"start\": \"2026-07-31T12:35:10Z\", \"load\": 2, \"losses\": {},\n"
	"     \"windows\": []}],\n"
	"  \"a later key\": {\"is\": [\"skipped\", null]},\n"
	"  \"crc32\": \"9ec9afb0\"\n"
	"}\n";

static void check_foreign_run(const struct series_run *run)
{
	const struct series_cell *cell = run->windows[0].cells;

	CHECK_INT(run->wall, 1785501296000000789); /* date -u -d 2026-07-31T12:34:56Z +%s */
	CHECK(run->load == 0.42);
	for (int i = 0; i < FOLD_LOSS_MAX; i++)
		CHECK_INT(run->losses[i], i == FOLD_LOSS_ORPHAN ? 3 : 0);
	CHECK_INT(run->nwindows, 2);
	CHECK_INT(run->windows[0].ns, 250000000);
	CHECK_INT(run->windows[0].ncells, 2);
	CHECK_INT(cell->stage, 0);
	CHECK_INT(cell->count, 5);
	CHECK_INT(cell->sum, 47);
	CHECK_INT(cell->max, 20);
	CHECK_INT(cell->nbuckets, 3);
	CHECK_INT(cell->buckets[0].bucket, 4);
	CHECK_INT(cell->buckets[0].n, 3);
	CHECK_INT(cell->buckets[2].bucket, 20);
	CHECK_INT(cell[1].stage, 1);
	CHECK_INT(run->windows[1].ns, 90000000);
	CHECK_INT(run->windows[1].ncells, 0);
}

static void files_of_other_programs_are_read(void)
{
	struct series *s = NULL;

	CHECK_INT(parse(foreign, strlen(foreign), &s), 0);
	CHECK_STR(why, "");
	if (!s)
		return;
	CHECK_STR(s->label, "main");
	CHECK_STR(s->assay, "1.2.3");
	CHECK_STR(s->host.name, "ci");
	CHECK_STR(s->host.machine, "x86_64");
	CHECK_STR(s->host.cpu, "Example \xc2\xb5");
	CHECK_STR(s->host.kernel, "6.1.0");
	CHECK_INT(s->host.cpus, 4);
	CHECK_INT(s->host.memory, 8589934592);
	CHECK_INT(s->settings.window, 250000000);
	CHECK_INT(s->settings.duration, 10000000000);
	CHECK_INT(s->settings.nstages, 1);
	CHECK_STR(s->settings.stages[0], "guest-*");
	CHECK_INT(s->settings.ndevices, 0);
	CHECK(s->settings.no_disks);
	CHECK_STR(s->settings.command[2], "true");
	CHECK(!s->settings.command[3]);
	CHECK_INT(s->nbinaries, 1);
	CHECK_STR(s->binaries[0].path, "/bin/x");
	CHECK_STR(s->binaries[0].build_id, "00ff");
	CHECK_INT(s->wanted, 3);
	CHECK(s->interrupted);
	CHECK_INT(s->nstages, 2);
	CHECK_STR(s->stages[1], "guest-flush");
	CHECK_INT(s->nruns, 2);
	check_foreign_run(&s->runs[0]);
	CHECK_INT(s->runs[1].wall, 1785501310000000000);
	CHECK(s->runs[1].load == 2);
	series__free(s);
}

static struct series *empty_series(void)
{
	struct series *s = series__new("bare");

	s->settings.window = 10000000; /* the least */
	return s;
}

static void what_is_not_known_is_empty(void)
{
	struct series *s = empty_series(), *again = NULL;
	char *text = text_of(object_of(s));

	CHECK_INT(parse(text, strlen(text), &again), 0);
	CHECK_STR(again->label, "bare");
	CHECK_STR(again->assay, "");
	CHECK_STR(again->host.name, "");
	CHECK_STR(again->host.kernel, "");
	CHECK(!again->settings.command && !again->settings.no_disks && !again->interrupted);
	CHECK_INT(again->nruns + again->nstages + again->nbinaries, 0);
	series__free(again);
	free(text);
}

static void bytes_that_are_no_text_are_shown(void)
{
	struct series *s = make_series(), *again = NULL;
	char *text;

	series_add_binary(s, "/tmp/\xff\xfe", "01");
	text = text_of(object_of(s));
	CHECK_INT(parse(text, strlen(text), &again), 0);
	CHECK_STR(again->binaries[2].path, "/tmp/\\xff\\xfe");
	series__free(again);
	free(text);
}

/* --- damage --- */

/* A small one, as it is written; freed by the caller. */
static char *small_text(void)
{
	struct series *s = NULL;

	CHECK_INT(parse(foreign, strlen(foreign), &s), 0);
	return text_of(object_of(s));
}

static void cut_short_anywhere_it_is_refused(void)
{
	char *text = small_text();
	size_t len = strlen(text);
	struct series *s;

	for (size_t n = 0; n < len; n++) {
		char *part = malloc(n ? n : 1); /* so that a byte too many is seen */

		memcpy(part, text, n);
		CHECK_INT(parse(part, n, &s), -EBADMSG);
		CHECK(!s);
		CHECK(!strncmp(why, "FILE ", 5) && says("measure it anew"));
		/* but for "fal" and the like it is told apart from other damage */
		CHECK(n > 0 ? strstr(why, "cut short") || strstr(why, "damaged")
			    : strstr(why, "is empty") != NULL);
		free(part);
	}
	free(text);
}

/* With any bits of any byte inverted it is refused, or says the same. */
static void a_byte_changed_anywhere_is_seen(void)
{
	char *text = small_text();
	size_t len = strlen(text), same = 0;
	struct series *want, *s;

	CHECK_INT(parse(text, len, &want), 0);
	text[len] = '\n'; /* in place of the NUL */
	for (size_t i = 0; i <= len; i++) {
		for (int bits = 1; bits < 256; bits = bits < 128 ? bits * 2 : bits + 127) {
			int err;

			text[i] ^= bits;
			err = parse(text, len + 1, &s);
			CHECK(err == -EBADMSG || !err);
			if (!err) {
				CHECK(!series_differs(want, s));
				same++;
			}
			series__free(s);
			text[i] ^= bits;
		}
	}
	CHECK_INT(same, 0); /* of single bits, none makes one blank of another */
	text[len] = ' ';
	CHECK_INT(parse(text, len + 1, &s), 0);
	series__free(s);
	series__free(want);
	free(text);
}

/* `text` is refused and the message is all of `want`. */
static void refused(const char *text, int err, const char *want)
{
	struct series *s;

	CHECK_INT(parse(text, strlen(text), &s), err);
	CHECK_STR(why, want);
	series__free(s);
}

static void each_damage_has_its_message(void)
{
	char *text = strdup(foreign), *number = strstr(text, "\"count\": 5");
	struct series *s;

	number[strlen("\"count\": ")] = '6';
	CHECK_INT(parse(text, strlen(text), &s), -EBADMSG);
	CHECK(says("FILE is damaged, or was changed: it has the checksum "));
	CHECK(says(", not 9ec9afb0; measure it anew (assay baseline)"));
	refused("", -EBADMSG, "FILE is empty; measure it anew (assay baseline)");
	refused("{\"assay_baseline\": 1, \"runs\": [", -EBADMSG,
		"FILE is cut short, after 31 bytes; measure it anew (assay baseline)");
	refused("[]", -EBADMSG,
		"FILE is no baseline: it has no assay_baseline; measure it anew (assay baseline)");
	refused("{\"assay_baseline\": \"1\"}", -EBADMSG,
		"FILE is no baseline: it has no assay_baseline; measure it anew (assay baseline)");
	refused("{\"assay_baseline\": 1}", -EBADMSG,
		"FILE is damaged: it has no checksum; measure it anew (assay baseline)");
	refused("{\"assay_baseline\": 1, \"crc32\": 4}", -EBADMSG,
		"FILE is damaged: it has no checksum; measure it anew (assay baseline)");
	CHECK_INT(parse("\177ELF\2\1", 6, &s), -EBADMSG);
	CHECK(says("FILE is no baseline, or damaged: byte "));
	CHECK_INT(parse("{\"assay_baseline\":1,\"a\":1,\"a\":2}", 32, &s), -EBADMSG);
	CHECK(says("duplicate"));
	/* python3 -c 'import zlib; print("%08x" % zlib.crc32(b"{\"assay_baseline\":2}"))' */
	refused("{\"assay_baseline\": 2, \"crc32\": \"bcb6c206\"}", -EPROTO,
		"FILE is a baseline of version 2, and this assay knows version 1; measure it anew "
		"(assay baseline), or read it with the assay that made it");
	free(text);
}

static void deep_nesting_is_refused(void)
{
	static char deep[100000];
	struct series *s;

	memset(deep, '[', sizeof(deep));
	CHECK_INT(parse(deep, sizeof(deep), &s), -EBADMSG);
	memset(deep, '{', sizeof(deep));
	CHECK_INT(parse(deep, sizeof(deep), &s), -EBADMSG);
}

/* --- values that can't be --- */

struct edit {
	const char *path, *value;
	const char *want; /* of the message, behind "FILE: " */
};

#define WINDOW "runs.0.windows.0."
#define CELL   WINDOW "cells.1."

/* A right checksum, so that only the value is wrong. Types, then bounds, then what does not fit. */
static const struct edit edits[] = {
	{ "label", "5", "label is a whole number, not text;" },
	{ "host", "null", "host is null, not an object;" },
	{ "host.cpus", "1.5", "host.cpus is a fraction, not a whole number;" },
	{ "host.cpus", NULL, "host.cpus is missing;" },
	{ "host.cpu", "{}", "host.cpu is an object, not text;" },
	{ "settings", "[]", "settings is an array, not an object;" },
	{ "settings.window_ns", "\"1\"", "settings.window_ns is text, not a whole number;" },
	{ "settings.no_disks", "0", "settings.no_disks is a whole number, not true or false;" },
	{ "settings.stages", "\"a\"", "settings.stages is text, not an array;" },
	{ "settings.stages.1", "7", "settings.stages[1] is a whole number, not text;" },
	{ "settings.devices", NULL, "settings.devices is missing;" },
	{ "settings.command", NULL, "settings.command is missing;" },
	{ "settings.command.2", "null", "settings.command[2] is null, not text;" },
	{ "binaries", "{}", "binaries is an object, not an array;" },
	{ "binaries.1", "4", "binaries[1] is a whole number, not an object;" },
	{ "binaries.0.path", "4", "binaries[0].path is a whole number, not text;" },
	{ "runs_wanted", "true", "runs_wanted is true or false, not a whole number;" },
	{ "interrupted", NULL, "interrupted is missing;" },
	{ "stages", NULL, "stages is missing;" },
	{ "stages.0", "false", "stages[0] is true or false, not text;" },
	{ "bucket_ns", "7", "bucket_ns is a whole number, not an array;" },
	{ "bucket_ns.3", "\"3\"", "bucket_ns[3] is text, not a whole number;" },
	{ "runs", "0", "runs is a whole number, not an array;" },
	{ "runs.1", "[]", "runs[1] is an array, not an object;" },
	{ "runs.0.start", "5", "runs[0].start is a whole number, not text;" },
	{ "runs.0.load", "\"0.42\"", "runs[0].load is text, not a number;" },
	{ "runs.0.losses", "[]", "runs[0].losses is an array, not an object;" },
	{ "runs.0.losses.orphan_dones", "0.5",
	  "runs[0].losses.orphan_dones is a fraction, not a whole number;" },
	{ "runs.0.windows", NULL, "runs[0].windows is missing;" },
	{ "runs.0.windows.2", "true", "runs[0].windows[2] is true or false, not an object;" },
	{ WINDOW "cells", "{}", "runs[0].windows[0].cells is an object, not an array;" },
	{ WINDOW "cells.1", "[]", "runs[0].windows[0].cells[1] is an array, not an object;" },
	{ CELL "stage", "0", "runs[0].windows[0].cells[1].stage is a whole number, not text;" },
	{ CELL "buckets", "[[1,2]]", "runs[0].windows[0].cells[1].buckets is an array, not text;" },

	{ "host.cpus", "-1", "host.cpus is -1, and may be 0 to 4294967295;" },
	{ "host.cpus", "4294967296", "host.cpus is 4294967296, and may be 0 to 4294967295;" },
	{ "settings.window_ns", "-250",
	  "settings.window_ns is -250, and may be 10000000 to 604800000000000;" },
	{ "settings.window_ns", "9999999",
	  "settings.window_ns is 9999999, and may be 10000000 to 604800000000000;" },
	{ "settings.duration_ns", "604800000000001",
	  "settings.duration_ns is 604800000000001, and may be 0 to 604800000000000;" },
	{ "settings.warmup_ns", "-1",
	  "settings.warmup_ns is -1, and may be 0 to 604800000000000;" },
	{ "runs_wanted", "1001", "runs_wanted is 1001, and may be 0 to 1000;" },
	{ "runs_wanted", "-1", "runs_wanted is -1, and may be 0 to 1000;" },
	{ "runs.0.load", "-0.1", "runs[0].load is -0.1, and may be 0 to 1e+09;" },
	{ "runs.0.load", "1e10", "runs[0].load is 1e+10, and may be 0 to 1e+09;" },
	{ "runs.0.losses.orphan_dones", "-3",
	  "runs[0].losses.orphan_dones is -3, and may be 0 to 9223372036854775807;" },
	{ WINDOW "ns", "0", "runs[0].windows[0].ns is 0, and may be 1 to 9223372036854775807;" },
	{ CELL "sum_ns", "-1",
	  "runs[0].windows[0].cells[1].sum_ns is -1, and may be 0 to 9223372036854775807;" },
	{ CELL "count", "-6",
	  "runs[0].windows[0].cells[1].count is -6, and may be 0 to 9223372036854775807;" },

	{ "runs.0.start", "\"2026-07-31 12:34:56Z\"", "runs[0].start is not a time as 2026-" },
	{ "runs.0.start", "\"2026-07-31T12:34:56\"", "runs[0].start is not a time as 2026-" },
	{ "runs.0.start", "\"2026-07-31T12:34:56.0000000001Z\"", "runs[0].start is not a time" },
	{ "runs.0.start", "\"1969-12-31T23:59:59Z\"", "runs[0].start is not a time as 2026-" },
	{ "runs.0.start", "\"2262-04-11T23:47:16.9Z\"", "runs[0].start is not a time as 2026-" },
	{ "runs.0.start", "\"\"", "runs[0].start is not a time as 2026-" },
	{ "stages.1", "\"guest-write\"", "stages[1] names a stage that was named before;" },
	{ "stages.0", "\"\"", "stages[0] has 0 bytes, and may have 1 to 255;" },
	{ "stages.0", "\"other\"",
	  "runs[0].windows[0].cells[0].stage is \"guest-write\", which is not among the stages;" },
	{ "stages", "[\"guest-write\"]",
	  "runs[0].windows[0].cells has 2 entries, and may have 1;" },
	{ "bucket_ns.40", "1",
	  "bucket_ns[40] is 1, and this assay's bucket is from 48;" }, /* 32 and 8 steps of 2 */
	{ "bucket_ns", "[]",
	  "runs[0].windows[0].cells[0].buckets names bucket 15, bucket_ns has 0;" },
	{ "bucket_ns", "[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]",
	  "runs[0].windows[0].cells[0].buckets names bucket 17, bucket_ns has 17;" },
	{ CELL "stage", "\"guest-write\"",
	  "runs[0].windows[0].cells[1].stage is \"guest-write\", twice or not in the order" },
	{ CELL "count", "7", "runs[0].windows[0].cells[1].count is 7, its buckets hold 6;" },
	{ CELL "count", "0", "runs[0].windows[0].cells[1].count is 0, its buckets hold 6;" },
	{ CELL "buckets", "\"1:5 3:2\"",
	  "runs[0].windows[0].cells[1].count is 6, its buckets hold 7;" },
	{ CELL "buckets", "\"3:5 1:1\"",
	  "runs[0].windows[0].cells[1].buckets names bucket 1 behind bucket 3;" },
	{ CELL "buckets", "\"3:5 3:1\"",
	  "runs[0].windows[0].cells[1].buckets names bucket 3 behind bucket 3;" },
	{ CELL "buckets", "\"1:6 3:0\"",
	  "runs[0].windows[0].cells[1].buckets has nothing in bucket 3;" },
	{ CELL "buckets", "\"1:5 976:1\"",
	  "runs[0].windows[0].cells[1].buckets names bucket 976, bucket_ns has " },
	{ CELL "buckets", "\"1:5 4294967296:1\"",
	  "runs[0].windows[0].cells[1].buckets is not BUCKET:COUNT BUCKET:COUNT... in entry 2;" },
	{ CELL "buckets", "\"1:9223372036854775807 2:1\"", "buckets is not BUCKET:COUNT" },
	{ CELL "buckets", "\"1:18446744073709551622\"", "buckets is not BUCKET:COUNT" },
	{ CELL "buckets", "\"\"", "buckets is not BUCKET:COUNT BUCKET:COUNT... in entry 1;" },
	{ CELL "buckets", "\"1:6 \"", "buckets is not BUCKET:COUNT BUCKET:COUNT... in entry 2;" },
	{ CELL "buckets", "\" 1:6\"", "buckets is not BUCKET:COUNT BUCKET:COUNT... in entry 1;" },
	{ CELL "buckets", "\"1: 6\"", "buckets is not BUCKET:COUNT" },
	{ CELL "buckets", "\"1:+6\"", "buckets is not BUCKET:COUNT" },
	{ CELL "buckets", "\"-1:6\"", "buckets is not BUCKET:COUNT" },
	{ CELL "buckets", "\"1:6,\"", "buckets is not BUCKET:COUNT BUCKET:COUNT... in entry 1;" },
	{ CELL "buckets", "\"1:5,3:1\"",
	  "buckets is not BUCKET:COUNT BUCKET:COUNT... in entry 1;" },
	{ CELL "buckets", "\"1\"", "buckets is not BUCKET:COUNT" },
};

static void wrong_values_are_refused(void)
{
	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		json_t *root = object_of(make_series());

		set(root, edits[i].path, edits[i].value);
		CHECK_INT(outcome(root), -EBADMSG);
		CHECK(!strncmp(why, "FILE: ", 6) && says(edits[i].want));
		CHECK(says("; measure it anew (assay baseline)"));
	}
}

/* What is no harm: texts that are not known, keys from elsewhere, texts as long as they like. */
static void right_values_are_not(void)
{
	static const struct edit good[] = {
		{ "host.name", NULL, NULL },
		{ "label", NULL, NULL },
		{ "created", "[1.5]", NULL },
		{ "settings.command", "[]", NULL },
		{ "runs.0.losses.of_a_later_kind", "\"many\"", NULL },
		{ "runs.0.start", "\"1970-01-01T00:00:00Z\"", NULL },
		{ "runs.0.start", "\"2262-04-11T23:47:15.999999999Z\"", NULL },
		{ "runs.0.load", "1e9", NULL },
		{ "runs.0.more", "{\"a\":[]}", NULL },
		{ WINDOW "cells", "[]", NULL },
		{ CELL "sum_ns", "0", NULL },
		{ CELL "buckets", "\"1:5 3:1\"", NULL },
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		json_t *root = object_of(make_series());

		set(root, good[i].path, good[i].value);
		CHECK_INT(outcome(root), 0);
	}
}

/* Sums of all that was read stay below 2^63. */
static void totals_do_not_overflow(void)
{
	static const struct edit large[] = {
		{ WINDOW "ns", "9223372036854775807",
		  "runs[0].windows[1].ns is more than 2^63 with those before it;" },
		{ WINDOW "cells.0.sum_ns", "9223372036854775807",
		  "runs[0].windows[0].cells[1].sum_ns is more than 2^63 with those before it;" },
	};
	json_t *root;

	for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++) {
		root = object_of(make_series());
		set(root, large[i].path, large[i].value);
		CHECK_INT(outcome(root), -EBADMSG);
		CHECK(says(large[i].want));
	}
	root = object_of(make_series());
	set(root, WINDOW "cells.0.count", "9223372036854775807");
	set(root, WINDOW "cells.0.buckets", "\"15:9223372036854775806 16:1\"");
	CHECK_INT(outcome(root), -EBADMSG);
	CHECK(says("runs[0].windows[0].cells[1].count is more than 2^63 with those before it;"));
}

/* --- limits --- */

/* The same entry `n` times. */
static json_t *array_of(size_t n, const char *text)
{
	json_t *array = json_array(), *entry = json_loads(text, JSON_DECODE_ANY, NULL);

	for (size_t i = 0; i < n; i++)
		json_array_append(array, entry);
	json_decref(entry);
	return array;
}

/* Without the way by text, which takes long where there is that much of it. */
static int decoded(json_t *root)
{
	struct series *s;
	int err = baseline_decode(root, "FILE", &s, why, sizeof(why));

	series__free(s);
	json_decref(root);
	return err;
}

static void there_are_limits(void)
{
	char name[300] = "\"";
	json_t *root, *stages;

	for (int more = 0; more < 2; more++) {
		const char *run = "{\"start\":\"2026-07-31T12:34:56Z\",\"load\":0,\"losses\":{},"
				  "\"windows\":[]}";

		root = object_of(empty_series());
		json_object_set_new(root, "runs", array_of(1000 + more, run));
		CHECK_INT(decoded(root), more ? -EBADMSG : 0);
		CHECK(!more || says("runs has 1001 entries, and may have 1000;"));

		root = object_of(empty_series());
		json_object_set_new(root, "runs", array_of(1, run));
		json_object_set_new(json_array_get(json_object_get(root, "runs"), 0), "windows",
				    array_of(1000000 + more, "{\"ns\":1,\"cells\":[]}"));
		CHECK_INT(decoded(root), more ? -EBADMSG : 0);
		CHECK(!more || says("runs[0].windows has 1000001 entries, and may have 1000000;"));

		root = object_of(empty_series());
		stages = json_array();
		for (int i = 0; i < 4096 + more; i++)
			json_array_append_new(stages, json_sprintf("stage-%d", i));
		json_object_set_new(root, "stages", stages);
		CHECK_INT(decoded(root), more ? -EBADMSG : 0);
		CHECK(!more || says("stages has 4097 entries, and may have 4096;"));

		root = object_of(empty_series());
		json_object_set_new(json_object_get(root, "settings"), "devices",
				    array_of(4096 + more, "\"vda\""));
		CHECK_INT(decoded(root), more ? -EBADMSG : 0);
		CHECK(!more || says("settings.devices has 4097 entries, and may have 4096;"));

		root = object_of(make_series());
		memset(name + 1, 'x', 255 + more);
		strcpy(name + 256 + more, "\"");
		set(root, "stages.3", name);
		set(root, "runs.2.windows.0.cells.0.stage", name);
		CHECK_INT(decoded(root), more ? -EBADMSG : 0);
		CHECK(!more || says("stages[3] has 256 bytes, and may have 1 to 255;"));
	}
}

/* As many entries as there are buckets, and more than any cell can have. */
static void buckets_have_a_limit(void)
{
	json_t *root = object_of(make_series());
	static char text[20000] = "\"";
	size_t len = 1;

	for (int i = 0; i <= FOLD_BUCKETS; i++)
		len += snprintf(text + len, sizeof(text) - len, "%s%d:1", i ? " " : "", i);
	strcpy(text + len, "\"");
	set(root, CELL "buckets", text);
	CHECK_INT(outcome(root), -EBADMSG);
	CHECK(says(".buckets has more than 976 entries;"));
}

/* A message fits whatever room there is for it. */
static void messages_fit(void)
{
	char name[2000], small[64];
	struct series *s;

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (size_t size = 0; size < sizeof(small); size++) {
		json_t *root = object_of(make_series());
		char *text;

		set(root, CELL "count", "7");
		text = text_of(root);
		memset(small, '#', sizeof(small));
		CHECK_INT(baseline_parse(text, strlen(text), size % 2 ? name : "F", &s, small,
					 size),
			  -EBADMSG);
		CHECK(!size || strlen(small) == size - 1);
		CHECK_INT(small[size], '#');
		CHECK_INT(baseline_parse("{", 1, name, &s, small, size), -EBADMSG);
		CHECK_INT(small[size], '#');
		free(text);
	}
}

static const struct test tests[] = {
	TEST(all_fields_come_back),
	TEST(files_of_other_programs_are_read),
	TEST(what_is_not_known_is_empty),
	TEST(bytes_that_are_no_text_are_shown),
	TEST(cut_short_anywhere_it_is_refused),
	TEST(a_byte_changed_anywhere_is_seen),
	TEST(each_damage_has_its_message),
	TEST(deep_nesting_is_refused),
	TEST(wrong_values_are_refused),
	TEST(right_values_are_not),
	TEST(totals_do_not_overflow),
	TEST(there_are_limits),
	TEST(buckets_have_a_limit),
	TEST(messages_fit),
};

TEST_MAIN("baseline")
