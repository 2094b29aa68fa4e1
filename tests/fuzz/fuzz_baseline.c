// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Fuzzes the reading of baselines. The first byte chooses: the rest as a file; the same as JSON
 * that gets the checksum it ought to have; or as edits of a good baseline, of which each sets or
 * removes a value somewhere, and then the checksum is mended. What is read is checked, written, and
 * must come back the same. No seeds are needed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/baseline_make.h"
#include "compare/baseline.h"
#include "compare/baseline_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void want(int condition)
{
	if (!condition)
		abort();
}

/* --- what is checked --- */

static void check_cell(const struct series *s, const struct series_cell *cell, bool first)
{
	uint64_t n = 0;

	want(cell->stage < (uint32_t)s->nstages && (first || cell->stage > cell[-1].stage));
	want(cell->nbuckets > 0 && cell->sum <= INT64_MAX && cell->max <= INT64_MAX);
	for (uint32_t i = 0; i < cell->nbuckets; i++) {
		want(cell->buckets[i].bucket < FOLD_BUCKETS && cell->buckets[i].n > 0);
		want(!i || cell->buckets[i - 1].bucket < cell->buckets[i].bucket);
		n += cell->buckets[i].n;
	}
	want(n == cell->count);
}

/* Each total fits, too: those of all are below 2^63, and these are parts of them. */
static void check_run(const struct series *s, const struct series_run *run)
{
	static uint64_t buckets[FOLD_BUCKETS];
	struct snapshot_row sum;
	uint64_t ns = 0;

	want(run->load >= 0 && run->load <= BASELINE_MAX_LOAD && run->wall <= INT64_MAX);
	for (int w = 0; w < run->nwindows; w++) {
		const struct series_window *window = &run->windows[w];

		want(window->ns > 0 && window->ns <= INT64_MAX);
		want(!__builtin_add_overflow(ns, window->ns, &ns) && ns <= INT64_MAX);
		for (int c = 0; c < window->ncells; c++)
			check_cell(s, &window->cells[c], c == 0);
	}
	want(series_run_ns(run) == ns);
	for (int i = 0; i < s->nstages; i++) {
		want(series_merge(run, i, &sum, buckets) <= ns);
		want(sum.count <= INT64_MAX && sum.sum <= INT64_MAX);
	}
}

static void check_texts(char *const *texts, int n)
{
	for (int i = 0; i < n; i++)
		want(strlen(texts[i]) < BASELINE_MAX_SIZE);
}

static void check_series(const struct series *s)
{
	const struct series_host *host = &s->host;

	want(s->label && s->assay && host->name && host->machine && host->cpu && host->kernel);
	check_texts(s->stages, s->nstages);
	check_texts(s->settings.stages, s->settings.nstages);
	check_texts(s->settings.devices, s->settings.ndevices);
	for (int i = 0; i < s->nbinaries; i++)
		want(s->binaries[i].path && s->binaries[i].build_id);
	for (int i = 0; i < s->nstages; i++)
		want(series_find_stage(s, s->stages[i]) == i); /* named once */
	for (int i = 0; i < s->nruns; i++)
		check_run(s, &s->runs[i]);
}

/* Sets the checksum that the object ought to have. */
static void mend(json_t *root)
{
	char crc[BASELINE_CRC_SIZE];
	size_t size;

	json_object_del(root, BASELINE_CRC);
	want(baseline_checksum(root, crc, &size) == 0);
	json_object_set_new(root, BASELINE_CRC, json_string(crc));
}

static struct series *parse(const char *text, size_t size)
{
	struct series *s;
	char why[512] = "";
	int err = baseline_parse(text, size, "fuzz", &s, why, sizeof(why));

	want(err == 0 || err == -EBADMSG || err == -EPROTO);
	want(!err == (s != NULL) && !err == !*why);
	return s;
}

/* Loads are kept in hundredths: once they are, nothing changes any more. */
static void check_text(const char *text, size_t size)
{
	struct series *before = NULL, *s = parse(text, size);

	for (int round = 0; s && round < 2; round++) {
		json_t *root;
		char *again, why[512];

		check_series(s);
		want(baseline_encode(s, &root, why, sizeof(why)) == 0);
		mend(root);
		again = json_dumps(root, BASELINE_DUMP);
		series__free(before);
		before = s;
		s = parse(again, strlen(again));
		want(s && (!round || !series_differs(before, s)));
		free(again);
		json_decref(root);
	}
	series__free(before);
	series__free(s);
}

static void check_object(json_t *root)
{
	char *text;

	mend(root);
	text = json_dumps(root, BASELINE_DUMP);
	want(text != NULL);
	check_text(text, strlen(text));
	free(text);
}

/* --- edits --- */

struct input {
	const uint8_t *data;
	size_t size;
};

static uint8_t next(struct input *in)
{
	if (!in->size)
		return 0;
	in->size--;
	return *in->data++;
}

/* A value: one that may matter, or text of the input. */
static json_t *any_value(struct input *in)
{
	static const char *const values[] = {
		"0",
		"1",
		"-1",
		"2",
		"12",
		"975",
		"976",
		"255",
		"4096",
		"4294967295",
		"4294967296",
		"9223372036854775807",
		"4611686018427387904",
		"-9223372036854775808",
		"0.5",
		"1e9",
		"1e300",
		"null",
		"true",
		"[]",
		"{}",
		"\"\"",
		"\"guest-write\"",
		"[\"a\",\"b\"]",
		"[0,1,2,3]",
		"\"1:1 2:2\"",
		"\"0:9223372036854775807\"",
		"\"976:1\"",
		"\"2262-04-11T23:47:15Z\"",
		"{\"ns\":1,\"cells\":[]}",
	};
	const size_t n = sizeof(values) / sizeof(values[0]);
	uint8_t choice = next(in);
	char text[256];
	size_t len;

	if (choice < n)
		return json_loads(values[choice], JSON_DECODE_ANY, NULL);
	len = in->size < choice - n ? in->size : choice - n;
	for (size_t i = 0; i < len; i++)
		text[i] = (char)next(in);
	return json_stringn(text, len);
}

/* Entry number `n` of an object or array, its key in *key if it has one. */
static json_t *entry_of(json_t *json, size_t n, const char **key)
{
	void *at;

	*key = NULL;
	if (json_is_array(json))
		return json_array_get(json, n);
	at = json_object_iter(json);
	while (at && n--)
		at = json_object_iter_next(json, at);
	*key = at ? json_object_iter_key(at) : NULL;
	return at ? json_object_iter_value(at) : NULL;
}

static size_t size_of(const json_t *json)
{
	return json_is_array(json) ? json_array_size(json) : json_object_size(json);
}

/* A text with one character that is another. */
static json_t *near_text(const json_t *json, struct input *in)
{
	static const char chars[] = "0123456789: .-Z";
	char *text = strdup(json_string_value(json));
	json_t *changed;

	want(text != NULL);
	if (*text)
		text[next(in) % strlen(text)] = chars[next(in) % (sizeof(chars) - 1)];
	changed = json_string(text);
	free(text);
	return changed;
}

/* Walks down as the input says, and replaces, changes, removes or doubles what is there. */
static void edit(json_t *json, struct input *in)
{
	const char *key = NULL;
	uint8_t verb = next(in);
	json_t *value, *entry;
	size_t n;

	for (;;) {
		if (!size_of(json))
			return;
		n = next(in) % size_of(json);
		entry = entry_of(json, n, &key);
		if (!size_of(entry) || !(next(in) % 4))
			break;
		json = entry;
	}
	if (verb % 8 == 0 && key) {
		json_object_del(json, key);
	} else if (verb % 8 == 0) {
		json_array_remove(json, n);
	} else if (verb % 8 == 1 && !key) {
		json_array_insert_new(json, n, json_deep_copy(entry));
	} else {
		value = verb % 8 < 5 && json_is_string(entry) ? near_text(entry, in)
							      : any_value(in);
		if (value && key)
			json_object_set_new(json, key, value);
		else if (value)
			json_array_set_new(json, n, value);
	}
}

/* Counts as the buckets say, wherever both are, so that what comes behind that check is met. */
static void mend_counts(json_t *json)
{
	const char *key, *buckets = json_string_value(json_object_get(json, "buckets"));
	json_int_t total = 0;

	if (buckets && json_object_get(json, "count")) {
		while ((buckets = strchr(buckets, ':')))
			total += strtol(++buckets, NULL, 10) & 0xffffffffffff;
		json_object_set_new(json, "count", json_integer(total));
		return;
	}
	for (size_t i = 0; i < size_of(json); i++)
		mend_counts(entry_of(json, i, &key));
}

static void fuzz_edits(struct input in, bool mended)
{
	struct series *s = make_series_to(40);
	json_t *root;
	char why[64];

	want(baseline_encode(s, &root, why, sizeof(why)) == 0);
	series__free(s);
	for (int i = 0; in.size && i < 8; i++)
		edit(root, &in);
	if (mended)
		mend_counts(root);
	check_object(root);
	json_decref(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *root;

	if (!size)
		return 0;
	if (data[0] % 4 > 1) {
		fuzz_edits((struct input){ data + 1, size - 1 }, data[0] % 4 == 3);
		return 0;
	}
	if (data[0] % 4 == 0)
		check_text((const char *)data + 1, size - 1);
	root = json_loadb((const char *)data + 1, size - 1, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(root))
		check_object(root);
	json_decref(root);
	return 0;
}
