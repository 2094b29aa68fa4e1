// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * There is no standard of JUnit's XML. What is written here is what two schemas that are checked
 * with have in common (Jenkins' junit-10.xsd and JUnit.xsd of Apache Ant's reports): no attributes
 * at the root; properties, cases, system-out and system-err in that order; of a case either a
 * failure, a skip, or nothing. tests/schema/junit.xsd says the same.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/escape.h"
#include "core/units.h"
#include "output_words.h"
#include "outputs.h"
#include "render/markup.h"

struct junit {
	const struct comparison *c;
	FILE *out;
	bool strict; /* inconclusive fails */
	int err;
};

/* --- XML --- */

/*
 * Content, or the value of an attribute. Characters that XML can't have at all are escaped as on a
 * terminal, or of the two that pass there replaced by U+FFFD.
 */
static void xml_text(struct junit *j, const char *raw)
{
	char *text = escape_dup(raw);

	if (!text) {
		j->err = -ENOMEM;
		return;
	}
	for (char *p = text; (p = strstr(p, "\xef\xbf")); p += 2)
		if (p[2] == '\xbe' || p[2] == '\xbf') /* U+FFFE, U+FFFF */
			p[2] = '\xbd';
	markup_text(j->out, text);
	free(text);
}

static void xml_attribute(struct junit *j, const char *name, const char *raw)
{
	fprintf(j->out, " %s=\"", name);
	xml_text(j, raw);
	fputc('"', j->out);
}

static void property(struct junit *j, const char *name, const char *value)
{
	fputs("\t\t\t<property", j->out);
	xml_attribute(j, "name", name);
	xml_attribute(j, "value", value);
	fputs("/>\n", j->out);
}

/* Of a text that words_…() made. */
static void property_words(struct junit *j, const char *name, char *text)
{
	if (!text)
		j->err = -ENOMEM;
	else if (*text)
		property(j, name, text);
	free(text);
}

/* --- properties --- */

/* "A.host": what it is of is in the name, which is the same from run to run. */
static void property_side(struct junit *j, const char *side, const char *what, char *text)
{
	char name[32];

	snprintf(name, sizeof(name), "%s.%s", side, what);
	property_words(j, name, text);
}

static char *binary_text(const struct series_binary *b)
{
	char *text;

	return asprintf(&text, "%s %s", b->path, b->build_id) < 0 ? NULL : text;
}

static void side_properties(struct junit *j, const char *name, const struct series *s)
{
	property_side(j, name, "label", strdup(s->label));
	property_side(j, name, "runs", words_runs(s));
	property_side(j, name, "host", words_host(s));
	property_side(j, name, "command", words_command(s));
	property_side(j, name, "assay", strdup(s->assay ? s->assay : ""));
	for (int i = 0; i < s->nbinaries; i++)
		property_side(j, name, "binary", binary_text(&s->binaries[i]));
}

static void note_property(void *arg, enum words_note note, const char *text)
{
	static const char *const names[] = {
		[WORDS_FORCED] = "forced",
		[WORDS_INTERRUPTED] = "interrupted",
		[WORDS_LOST] = "losses",
	};

	property(arg, names[note], text);
}

static void print_properties(struct junit *j)
{
	char text[1024];

	fputs("\t\t<properties>\n", j->out);
	property(j, "verdict", verdict_text(j->c->verdict));
	property(j, "sentence", comparison_sentence(j->c, text, sizeof(text)));
	snprintf(text, sizeof(text), "%.10g", j->c->threshold);
	property(j, "threshold", text);
	snprintf(text, sizeof(text), "%.10g", j->c->confidence);
	property(j, "confidence", text);
	side_properties(j, "before", j->c->series[0]);
	side_properties(j, "after", j->c->series[1]);
	if (words_notes(j->c, note_property, j))
		j->err = -ENOMEM;
	fputs("\t\t</properties>\n", j->out);
}

/* --- cases --- */

static bool fails(const struct junit *j, enum verdict verdict)
{
	return verdict == VERDICT_SLOWER || (verdict == VERDICT_INCONCLUSIVE && j->strict);
}

static bool skips(const struct junit *j, enum verdict verdict)
{
	return verdict == VERDICT_TOO_FEW || (verdict == VERDICT_INCONCLUSIVE && !j->strict);
}

/* Every metric, a line each. */
static void print_metrics(struct junit *j, const struct stage_change *s)
{
	char text[256];

	for (int m = 0; m < METRICS; m++) {
		xml_text(j, words_change(s, m, text, sizeof(text)));
		fprintf(j->out, ": %s\n", verdict_text(s->changes[m].verdict));
	}
}

static void print_failure(struct junit *j, const struct stage_change *s)
{
	char text[512], runs[64];

	fputs(">\n\t\t\t<failure", j->out);
	xml_attribute(j, "type", s->verdict == VERDICT_SLOWER ? "regression" : "inconclusive");
	xml_attribute(j, "message", words_change(s, s->main, text, sizeof(text)));
	fputc('>', j->out);
	xml_text(j, stage_text(s->name, text, sizeof(text)));
	fprintf(j->out, "\nthreshold %.4g %%", j->c->threshold * 100);
	words_more_runs(s->changes[s->main].more_runs, runs, sizeof(runs));
	fprintf(j->out, "%s%s\n", *runs ? "; needs " : "", runs);
	print_metrics(j, s);
	fputs("</failure>\n\t\t</testcase>\n", j->out);
}

static void print_skip(struct junit *j, const struct stage_change *s)
{
	char text[512], change[256], runs[64];

	if (s->verdict == VERDICT_TOO_FEW)
		words_too_few_stage(j->c, s, text, sizeof(text));
	else
		snprintf(text, sizeof(text), "can't be told apart from noise: %s%s%s",
			 words_change(s, s->main, change, sizeof(change)),
			 s->changes[s->main].more_runs > 0 ? "; needs " : "",
			 words_more_runs(s->changes[s->main].more_runs, runs, sizeof(runs)));
	fputs(">\n\t\t\t<skipped", j->out);
	xml_attribute(j, "message", text);
	fputs("/>\n\t\t</testcase>\n", j->out);
}

/* A case's time is what its stage took: the median of the after side, so that charts show it. */
static void print_case(struct junit *j, const struct stage_change *s)
{
	double ns = s->changes[METRIC_MEDIAN].b;
	char class[32];

	snprintf(class, sizeof(class), "assay.%s", words_depth(s->depth));
	fputs("\t\t<testcase", j->out);
	xml_attribute(j, "classname", class);
	xml_attribute(j, "name", s->name);
	fprintf(j->out, " time=\"%.9f\"", isfinite(ns) && ns > 0 ? ns / NSEC_PER_SEC : 0);
	if (fails(j, s->verdict))
		print_failure(j, s);
	else if (skips(j, s->verdict))
		print_skip(j, s);
	else
		fputs("/>\n", j->out);
}

/* --- the suite --- */

/* The numbers of all stages, also of those that pass, and how to read them. */
static void print_output(struct junit *j)
{
	char *method = words_method(j->c);

	fputs("\t\t<system-out>", j->out);
	for (int i = 0; i < j->c->nstages; i++) {
		const struct stage_change *s = &j->c->stages[i];

		if (s->verdict == VERDICT_TOO_FEW)
			continue;
		xml_text(j, s->name);
		fprintf(j->out, ": %s\n", verdict_text(s->verdict));
		print_metrics(j, s);
		fputc('\n', j->out);
	}
	if (method)
		xml_text(j, method);
	else
		j->err = -ENOMEM;
	free(method);
	fputs("</system-out>\n", j->out);
}

struct suite {
	time_t start;
	const char *host; /* "" or NULL: not known */
	int tests, failures, errors, skipped;
	double seconds;
};

static void suites_begin(struct junit *j, const struct suite *suite)
{
	const char *host = suite->host && *suite->host ? suite->host : "localhost";
	char text[32];
	struct tm tm;

	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
	      "\t<testsuite name=\"assay\" package=\"assay\" id=\"0\"",
	      j->out);
	/* the schemas want it in UTC, without a zone */
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", gmtime_r(&suite->start, &tm));
	xml_attribute(j, "timestamp", text);
	xml_attribute(j, "hostname", host);
	fprintf(j->out,
		" tests=\"%d\" failures=\"%d\" errors=\"%d\" skipped=\"%d\" time=\"%.3f\">\n",
		suite->tests, suite->failures, suite->errors, suite->skipped, suite->seconds);
}

static void suites_end(struct junit *j)
{
	fputs("\t\t<system-err/>\n\t</testsuite>\n</testsuites>\n", j->out);
}

static double measured_seconds(const struct comparison *c)
{
	uint64_t ns = 0;

	for (int side = 0; side < 2; side++)
		for (int i = 0; i < c->series[side]->nruns; i++)
			ns += series_run_ns(&c->series[side]->runs[i]);
	return (double)ns / NSEC_PER_SEC;
}

/* It began with the first of the runs after. */
static struct suite suite_of(const struct junit *j)
{
	const struct series *after = j->c->series[1];
	struct suite suite = {
		.start = after->nruns ? (time_t)(after->runs[0].wall / NSEC_PER_SEC) : 0,
		.host = after->host.name,
		.tests = j->c->nstages,
		.seconds = measured_seconds(j->c),
	};

	for (int i = 0; i < j->c->nstages; i++) {
		suite.failures += fails(j, j->c->stages[i].verdict);
		suite.skipped += skips(j, j->c->stages[i].verdict);
	}
	return suite;
}

int output_junit(const struct comparison *c, FILE *out, bool strict)
{
	struct junit j = { .c = c, .out = out, .strict = strict };
	struct suite suite = suite_of(&j);

	suites_begin(&j, &suite);
	print_properties(&j);
	for (int i = 0; i < c->nstages; i++)
		print_case(&j, &c->stages[i]);
	print_output(&j);
	suites_end(&j);
	return j.err;
}

/* A test case that could not be run. */
int output_junit_failed(const char *command, const char *why, FILE *out)
{
	struct suite suite = { .start = time(NULL), .tests = 1, .errors = 1 };
	struct junit j = { .out = out };

	suites_begin(&j, &suite);
	fputs("\t\t<properties/>\n\t\t<testcase classname=\"assay\"", out);
	xml_attribute(&j, "name", command);
	fputs(" time=\"0\">\n\t\t\t<error type=\"unmeasured\" message=\"could not measure: ", out);
	xml_text(&j, why);
	fputs("\"/>\n\t\t</testcase>\n\t\t<system-out/>\n", out);
	suites_end(&j);
	return j.err;
}
