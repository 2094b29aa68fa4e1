// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A comparison as JSON, JUnit's XML, markdown and workflow commands. The XML is read by xmllint
 * (libxml2), which checks it against tests/schema/junit.xsd, too; JSON by jansson.
 */
#include <jansson.h>
#include <unistd.h>

#include "outputs_make.h"

/* --- JSON --- */

static json_t *json_of(const struct comparison *c)
{
	char *text = print(c, JSON);
	json_t *json = json_loads(text, 0, NULL);

	CHECK(json);
	CHECK(strchr(text, '\n') == text + strlen(text) - 1);
	free(text);
	return json;
}

static bool near(const json_t *value, double want)
{
	return json_is_number(value) && fabs(json_number_value(value) - want) < 1e-9 * fabs(want);
}

static json_t *metric_of(json_t *json, int stage, const char *metric)
{
	json_t *stages = json_object_get(json, "stages");

	return json_object_get(json_object_get(json_array_get(stages, stage), "metrics"), metric);
}

static void json_has_all_numbers(void)
{
	struct comparison *c = mixed();
	json_t *json = json_of(c), *stage, *metric;

	CHECK(near(json_object_get(json, "threshold"), 0.1));
	CHECK(near(json_object_get(json, "confidence"), 0.99));
	CHECK(near(json_object_get(json, "reach"), 4.2));
	CHECK_INT(json_integer_value(json_object_get(json, "compared")), 24);
	CHECK_INT(json_array_size(json_object_get(json, "stages")), 7);
	stage = json_array_get(json_object_get(json, "stages"), 0);
	CHECK_STR(json_string_value(json_object_get(stage, "stage")), "extent-write");
	CHECK_STR(json_string_value(json_object_get(stage, "depth")), "network");
	CHECK_STR(json_string_value(json_object_get(stage, "verdict")), "slower");
	CHECK_STR(json_string_value(json_object_get(stage, "main")), "p99");
	stage = json_object_get(stage, "counts");
	CHECK_INT(json_integer_value(json_array_get(stage, 0)), 12000);
	CHECK_INT(json_integer_value(json_array_get(stage, 1)), 12400);
	metric = metric_of(json, 0, "p99");
	CHECK(near(json_object_get(metric, "before"), 5e6));
	CHECK(near(json_object_get(metric, "after"), 5e6 * 1.468));
	CHECK(near(json_object_get(metric, "change"), 0.468));
	CHECK(near(json_object_get(metric, "low"), 0.31));
	CHECK(near(json_object_get(metric, "high"), 0.642));
	CHECK_STR(json_string_value(json_object_get(metric, "unit")), "ns");
	metric = metric_of(json, 0, metrics[METRIC_THROUGHPUT].key);
	CHECK_STR(json_string_value(json_object_get(metric, "unit")), "per_second");
	CHECK_STR(json_string_value(json_object_get(metric, "verdict")), "same");
	metric = metric_of(json, 1, "mean");
	CHECK_INT(json_integer_value(json_object_get(metric, "more_runs")), 12);
	json_decref(json);
	comparison_make_free(c);
}

static void json_has_what_was_not_compared(void)
{
	struct comparison *c = mixed();
	json_t *json = json_of(c), *metric, *stage;

	for (int i = 4; i < 7; i++) {
		metric = metric_of(json, i, "median");
		CHECK_STR(json_string_value(json_object_get(metric, "verdict")), "too few");
		CHECK(json_is_null(json_object_get(metric, "before")));
		CHECK(json_is_null(json_object_get(metric, "change")));
		CHECK(json_is_null(json_object_get(metric, "low")));
		CHECK(json_is_null(json_object_get(metric, "high")));
	}
	stage = json_array_get(json_object_get(json, "stages"), 6);
	stage = json_object_get(stage, "counts");
	CHECK_INT(json_integer_value(json_array_get(stage, 0)), 0);
	CHECK_INT(json_integer_value(json_array_get(stage, 1)), 123);
	json_decref(json);
	comparison_make_free(c);
}

static void json_has_the_sides(void)
{
	struct comparison *c = hostile();
	json_t *json = json_of(c), *sides = json_object_get(json, "sides"), *side;

	side = json_array_get(sides, 0);
	CHECK_STR(json_string_value(json_object_get(side, "label")), "A");
	CHECK_STR(json_string_value(json_object_get(side, "assay")), "v1.2-3-gabcdef0");
	CHECK(json_is_null(json_object_get(side, "command")));
	CHECK_INT(json_array_size(json_object_get(side, "each_run")), 5);
	side = json_array_get(sides, 1);
	CHECK_STR(json_string_value(json_object_get(side, "label")), HOSTILE_ESCAPED);
	CHECK_INT(json_array_size(json_object_get(side, "command")), 2);
	CHECK_INT(json_array_size(json_object_get(side, "binaries")), 2);
	side = json_object_get(side, "host");
	CHECK_STR(json_string_value(json_object_get(side, "kernel")), "6.18.0");
	CHECK_INT(json_integer_value(json_object_get(side, "cpus")), 16);
	CHECK_STR(json_string_value(json_array_get(json_object_get(json, "forced"), 0)),
		  "CPU: " HOSTILE_ESCAPED);
	json_decref(json);
	comparison_make_free(c);
}

/* --- JUnit --- */

static bool have_xmllint(void)
{
	return !system("xmllint --version >/dev/null 2>&1");
}

/* Runs xmllint on XML; what it prints is in `out`. Its status. */
static int xmllint_text(const char *text, const char *options, char *out, size_t size)
{
	char path[] = "/tmp/assay-outputs.XXXXXX", command[512];
	int fd = mkstemp(path), status;
	FILE *pipe;

	CHECK_INT(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	snprintf(command, sizeof(command), "xmllint --nonet %s %s 2>&1", options, path);
	pipe = popen(command, "r");
	out[fread(out, 1, size - 1, pipe)] = '\0';
	status = pclose(pipe);
	unlink(path);
	return status;
}

/* The same of a comparison. */
static int xmllint(const struct comparison *c, enum form form, const char *options, char *out,
		   size_t size)
{
	char *text = print(c, form);
	int status = xmllint_text(text, options, out, size);

	free(text);
	return status;
}

static const char *xpath(const struct comparison *c, enum form form, const char *expression)
{
	static char out[4096];
	char options[256];

	snprintf(options, sizeof(options), "--xpath \"%s\"", expression);
	CHECK_INT(xmllint(c, form, options, out, sizeof(out)), 0);
	out[strcspn(out, "\n")] = '\0';
	return out;
}

static void junit_is_valid(void)
{
	struct comparison *all[] = { mixed(), hostile(), many_slower(12, 3), comparison_make() };
	char out[4096];

	if (!have_xmllint())
		test_skipped = "no xmllint (Debian: libxml2-utils)";
	for (int i = 0; i < 4; i++) {
		for (int form = JUNIT; form <= JUNIT_STRICT && !test_skipped; form++) {
			int status =
				xmllint(all[i], form, "--noout --schema tests/schema/junit.xsd",
					out, sizeof(out));

			if (status)
				printf("# %s\n", out);
			CHECK_INT(status, 0);
		}
		comparison_make_free(all[i]);
	}
}

static void junit_has_a_case_a_stage(void)
{
	struct comparison *c;

	if (!have_xmllint())
		SKIP("no xmllint (Debian: libxml2-utils)");
	c = mixed();
	CHECK_STR(xpath(c, JUNIT, "count(//testcase)"), "7");
	CHECK_STR(xpath(c, JUNIT, "string(//testsuite/@tests)"), "7");
	CHECK_STR(xpath(c, JUNIT, "string(//testsuite/@failures)"), "1");
	CHECK_STR(xpath(c, JUNIT, "string(//testsuite/@skipped)"), "4");
	CHECK_STR(xpath(c, JUNIT, "string(//testcase[failure]/@name)"), "extent-write");
	CHECK_STR(xpath(c, JUNIT, "string(//failure/@type)"), "regression");
	CHECK_STR(xpath(c, JUNIT, "string(//failure/@message)"),
		  "p99 5.000ms -> 7.340ms, +46.8 % (+31.0 to +64.2 %)");
	CHECK_STR(xpath(c, JUNIT,
			"contains(//failure, 'p90 2.000ms -> 2.600ms, +30.0 % (+21.0 to +45.0 %)"
			": slower')"),
		  "true");
	CHECK_STR(xpath(c, JUNIT, "string(//testcase[2]/skipped/@message)"),
		  "can't be told apart from noise: mean 1.200ms -> 1.296ms, +8.0 % "
		  "(-1.0 to +17.0 %); needs about 12 more runs a side");
	CHECK_STR(xpath(c, JUNIT, "count(//testcase[3]/*) + count(//testcase[4]/*)"), "0");
	CHECK_STR(xpath(c, JUNIT, "string(//testcase[5]/skipped/@message)"),
		  "too few to compare: 3 before, 2 after");
	CHECK_STR(xpath(c, JUNIT, "string(//testcase[7]/skipped/@message)"), "only after: 123");
	CHECK_STR(xpath(c, JUNIT, "string(//testcase[3]/@classname)"), "assay.network");
	/* seconds: 1 ms less a quarter */
	CHECK_STR(xpath(c, JUNIT, "string(//testcase[3]/@time)"), "0.000750000");
	CHECK_STR(xpath(c, JUNIT, "string(//testsuite/@timestamp)"), "2026-08-01T10:00:00");
	CHECK_STR(xpath(c, JUNIT, "string(//testsuite/@hostname)"), "tantalum");
	comparison_make_free(c);
}

static void junit_fails_what_is_inconclusive_if_strict(void)
{
	struct comparison *c;

	if (!have_xmllint())
		SKIP("no xmllint (Debian: libxml2-utils)");
	c = mixed();
	CHECK_STR(xpath(c, JUNIT_STRICT, "string(//testsuite/@failures)"), "2");
	CHECK_STR(xpath(c, JUNIT_STRICT, "string(//testsuite/@skipped)"), "3");
	CHECK_STR(xpath(c, JUNIT_STRICT, "string(//testcase[2]/failure/@type)"), "inconclusive");
	CHECK_STR(xpath(c, JUNIT_STRICT, "contains(//testcase[2]/failure, '12 more runs')"),
		  "true");
	comparison_make_free(c);
}

static void junit_keeps_names(void)
{
	struct comparison *c;

	if (!have_xmllint())
		SKIP("no xmllint (Debian: libxml2-utils)");
	c = hostile();
	CHECK_STR(xpath(c, JUNIT, "string(//testcase[1]/@name)"), HOSTILE_ESCAPED);
	CHECK_STR(xpath(c, JUNIT, "string(//property[@name='forced']/@value)"),
		  "compared although: CPU: " HOSTILE_ESCAPED);
	/* U+FFFE and U+FFFF are no characters of XML */
	CHECK(strstr(xpath(c, JUNIT, "string(//property[@name='after.host']/@value)"),
		     "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd, 16 CPUs"));
	comparison_make_free(c);
}

/* --- markdown --- */

/* Bars that divide cells: those without a backslash before them. */
static int bars(const char *line, size_t len)
{
	int n = 0;

	for (size_t i = 0; i < len; i++) {
		if (line[i] == '\\')
			i++;
		else
			n += line[i] == '|';
	}
	return n;
}

/* Every line of a table has as many cells as its first one. */
static void markdown_tables_are_even(void)
{
	struct comparison *all[] = { mixed(), hostile(), many_slower(12, 3), comparison_make() };

	for (int i = 0; i < 4; i++) {
		char *text = print(all[i], MARKDOWN);
		int want = 0, tables = 0;

		for (const char *p = text; *p; p = strchr(p, '\n') + 1) {
			int n = *p == '|' ? bars(p, strcspn(p, "\n")) : 0;

			CHECK(!want || !n || n == want);
			tables += n && !want;
			want = n;
		}
		CHECK(tables >= 1);
		CHECK_INT(count(text, "<details>"), count(text, "</details>"));
		free(text);
		comparison_make_free(all[i]);
	}
}

/* Where a part is, which there must be. */
static const char *at(const char *text, const char *part)
{
	const char *p = strstr(text, part);

	if (!p)
		printf("# no \"%s\" in:\n%s\n", part, text);
	CHECK(p);
	return p ? p : text;
}

static void markdown_folds_what_did_not_move(void)
{
	struct comparison *c = mixed();
	char *text = print(c, MARKDOWN), *details = strstr(text, "<details>");

	at(text, "\n`extent-write`: an extent's write\n");
	at(text, "|:--|:--|:--|--:|--:|--:|--:|--:|--:|\n");
	CHECK(at(text, "\n| ❌ slower | `extent-write` | p99 | 5.000ms | 7.340ms | +46.8 % | "
		       "+31.0 to +64.2 % | 12000 | 12400 |\n") < details);
	CHECK(at(text, "\n| ⚠️ inconclusive: needs about 12 more runs a side | "
		       "`net-write[1]` | mean | ") < details);
	CHECK(at(text, "\n| ✅ faster | `extent-read` | ") < details);
	CHECK(at(text, "\n| ✅ same | `guest-flush` | ") > details);
	CHECK_INT(count(text, "| ❌ slower | "), 1);
	CHECK_INT(count(text, "| ✅ same | "), 1);
	at(text, "\n<details><summary>1 stage the same</summary>\n\n|");
	at(text, "\n<details><summary>3 stages: every metric</summary>\n\n|");
	at(text, "\n|  | p90 | 2.000ms | 2.600ms | +30.0 % | +21.0 to +45.0 % | ❌ slower |\n");
	at(text, "\ntoo few to compare: guest-barrier (3 and 2); "
		 "only before: disk-write-device\\[sda\\] (123); ");
	free(text);
	comparison_make_free(c);
}

static void markdown_folds_noise(void)
{
	struct comparison *c = many_slower(2, 11);
	char *text = print(c, MARKDOWN);
	const char *fold =
		at(text, "\n<details><summary>3 more stages inconclusive</summary>\n\n|");
	const char *end = at(fold, "\n</details>\n");

	CHECK(fold < at(text, "<summary>13 stages: every metric</summary>"));
	/* numbered from 0: two that are slower, eight that are shown, three that are folded */
	CHECK(at(text, "| `stage-09-` | p99 |") < fold);
	for (int i = 10; i < 13; i++) {
		char cell[32];

		snprintf(cell, sizeof(cell), "| `stage-%d-` | p99 |", i);
		CHECK(at(text, cell) > fold && at(text, cell) < end);
	}
	CHECK_INT(count(text, "| ❌ slower | "), 2);
	CHECK_INT(count(text, "| ⚠️ inconclusive: "), 11);
	free(text);
	comparison_make_free(c);
	c = many_slower(0, 8);
	CHECK(!has(c, MARKDOWN, "more stage"));
	comparison_make_free(c);
}

static void markdown_keeps_names_plain(void)
{
	struct comparison *c = hostile();
	char *text = print(c, MARKDOWN);

	CHECK(strstr(text, "| &#60;&#38;\"\\|\\\\x1b\\[31m%\\`x\\`\\]\\]&#62;\\\\x0a::error::"
			   "<span>@</span>all--\\\\xff,\\\\\\| |"));
	CHECK(!strstr(text, "<&"));
	free(text);
	comparison_make_free(c);
}

static void markdown_has_the_verdict_first(void)
{
	static const struct {
		enum verdict verdict;
		const char *begin;
	} cases[] = {
		{ VERDICT_SLOWER, "### ❌ " },	    { VERDICT_INCONCLUSIVE, "### ⚠️ " },
		{ VERDICT_FASTER, "### ✅ " },	    { VERDICT_SAME, "### ✅ " },
		{ VERDICT_TOO_FEW, "### ⚠️ " },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct comparison *c = comparison_make();
		char *text;

		make_stage(c, "guest-write", cases[i].verdict, METRIC_P90, 0.1, 0.05, 0.2);
		text = print(c, MARKDOWN);
		CHECK(!strncmp(text, cases[i].begin, strlen(cases[i].begin)));
		free(text);
		comparison_make_free(c);
	}
}

/* --- GitHub --- */

static void github_has_an_error_a_stage(void)
{
	struct comparison *c = mixed();
	char *text = print(c, GITHUB);

	CHECK_STR(text,
		  "::error title=assay%3A extent-write is slower::extent-write: p99 5.000ms -> "
		  "7.340ms, +46.8 %25 (+31.0 to +64.2 %25)%0Ap90 2.000ms -> 2.600ms, +30.0 %25 "
		  "(+21.0 to +45.0 %25)%0Aan extent's write\n"
		  "::warning title=assay%3A 1 stage may be slower%2C or not::can't be told apart "
		  "from noise at a threshold of 10 %25:%0Anet-write[1]: mean 1.200ms -> 1.296ms, "
		  "+8.0 %25 (-1.0 to +17.0 %25), about 12 more runs a side\n");
	free(text);
	text = print(c, GITHUB_STRICT);
	CHECK_INT(count(text, "::error title="), 2);
	CHECK_INT(count(text, "::warning title="), 0);
	free(text);
	comparison_make_free(c);
}

static void github_has_a_notice_when_all_is_well(void)
{
	struct comparison *c = comparison_make();
	char *text;

	make_stage(c, "guest-write", VERDICT_SAME, METRIC_P90, 0.01, -0.02, 0.03);
	make_runs(c);
	text = print(c, GITHUB);
	CHECK(!strncmp(text, "::notice title=assay%3A no regression::", 39));
	CHECK_INT(count(text, "\n"), 1);
	free(text);
	comparison_make_free(c);
}

/* GitHub shows ten; the last stands for those beyond, by name. */
static void github_has_ten_errors_at_most(void)
{
	static const struct {
		int slower, inconclusive;
		enum form form;
		int errors, rest;
	} cases[] = {
		{ 10, 0, GITHUB, 10, 0 },	{ 11, 0, GITHUB, 10, 2 },
		{ 12, 3, GITHUB, 10, 3 },	{ 12, 3, GITHUB_STRICT, 10, 4 },
		{ 9, 3, GITHUB_STRICT, 10, 0 }, { 10, 3, GITHUB_STRICT, 10, 2 },
		{ 60, 0, GITHUB, 10, 51 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct comparison *c = many_slower(cases[i].slower, cases[i].inconclusive);
		char *text = print(c, cases[i].form), want[64];

		CHECK_INT(count(text, "::error title="), cases[i].errors);
		snprintf(want, sizeof(want),
			 "::error title=assay%%3A %d more stages are slower::", cases[i].rest);
		CHECK_INT(count(text, want), cases[i].rest > 0);
		for (int s = 0; s < cases[i].slower && cases[i].rest <= 20; s++) {
			snprintf(want, sizeof(want), "stage-%02d-: p99 ", s);
			CHECK_INT(count(text, want), 1);
		}
		snprintf(want, sizeof(want), "%%0Aand %d more\n", cases[i].rest - 20);
		CHECK_INT(count(text, want), cases[i].rest > 20);
		free(text);
		comparison_make_free(c);
	}
}

/* What the runner makes of a value again. */
static void unescape(char *text)
{
	static const char *const codes[] = { "%0D", "%0A", "%3A", "%2C", "%25" };
	char *to = text;

	for (const char *p = text; *p; p++) {
		char c = *p;

		for (int i = 0; i < 5; i++)
			if (!strncmp(p, codes[i], 3)) {
				c = "\r\n:,%"[i];
				p += 2;
				break;
			}
		*to++ = c;
	}
	*to = '\0';
}

static void github_keeps_names(void)
{
	struct comparison *c = hostile();
	char *text = print(c, GITHUB), *title, *end;

	for (const char *p = text; *p; p = strchr(p, '\n') + 1)
		CHECK(!strncmp(p, "::error title=", 14) || !strncmp(p, "::warning title=", 16));
	title = text + strlen("::error title=");
	end = strstr(title, "::");
	CHECK(strncmp(text, "::error title=", 14) == 0 && end);
	CHECK(!memchr(title, ',', end - title));
	*end = '\0';
	unescape(title);
	CHECK_STR(title, "assay: " HOSTILE_ESCAPED " is slower");
	end[1 + 1 + strcspn(end + 2, "\n")] = '\0';
	unescape(end + 2);
	CHECK(!strncmp(end + 2, HOSTILE_ESCAPED ": p99 ", strlen(HOSTILE_ESCAPED ": p99 ")));
	free(text);
	comparison_make_free(c);
}

/* --- where nothing could be measured --- */

typedef int (*failed_fn)(const char *command, const char *why, FILE *out);

static char *print_failed(failed_fn fn, const char *command, const char *why)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	CHECK_INT(fn(command, why, out), 0);
	fclose(out);
	return text;
}

static void junit_of_a_failure_has_an_error(void)
{
	char *text = print_failed(output_junit_failed, "check", "run <1> \"failed\""), out[4096];

	CHECK(strstr(text, " tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\" "));
	if (!have_xmllint()) {
		free(text);
		SKIP("no xmllint (Debian: libxml2-utils)");
	}
	if (xmllint_text(text, "--noout --schema tests/schema/junit.xsd", out, sizeof(out))) {
		printf("# %s\n", out);
		CHECK(!"valid");
	}
	CHECK_INT(xmllint_text(text, "--xpath \"string(//testcase[@name='check']/error/@message)\"",
			       out, sizeof(out)),
		  0);
	out[strcspn(out, "\n")] = '\0';
	CHECK_STR(out, "could not measure: run <1> \"failed\"");
	free(text);
}

static void others_of_a_failure_say_it(void)
{
	char *text = print_failed(output_markdown_failed, "ab", "run 2 of *A* failed");

	CHECK_STR(text, "**assay ab could not measure**: run 2 of \\*A\\* failed.\n");
	free(text);
	text = print_failed(output_github_failed, "ab", "run 2 of A failed\n::error::x");
	CHECK_STR(text, "::error title=assay ab::could not measure: run 2 of A failed"
			"%0A::error::x\n");
	free(text);
}

static const struct test tests[] = {
	TEST(json_has_all_numbers),
	TEST(json_has_what_was_not_compared),
	TEST(json_has_the_sides),
	TEST(junit_is_valid),
	TEST(junit_has_a_case_a_stage),
	TEST(junit_fails_what_is_inconclusive_if_strict),
	TEST(junit_keeps_names),
	TEST(markdown_tables_are_even),
	TEST(markdown_folds_what_did_not_move),
	TEST(markdown_folds_noise),
	TEST(markdown_keeps_names_plain),
	TEST(markdown_has_the_verdict_first),
	TEST(github_has_an_error_a_stage),
	TEST(github_has_a_notice_when_all_is_well),
	TEST(github_has_ten_errors_at_most),
	TEST(github_keeps_names),
	TEST(junit_of_a_failure_has_an_error),
	TEST(others_of_a_failure_say_it),
};

TEST_MAIN("output_files")
