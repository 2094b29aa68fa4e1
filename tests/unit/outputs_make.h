/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * For tests of what is printed of a comparison: one of each kind, made by hand, and what each form
 * prints of it as text.
 */
#ifndef ASSAY_OUTPUTS_MAKE_H
#define ASSAY_OUTPUTS_MAKE_H

#include "compare/outputs.h"
#include "comparison_make.h"
#include "test.h"

enum form { TABLE, TABLE_ALL, JSON, JUNIT, JUNIT_STRICT, MARKDOWN, GITHUB, GITHUB_STRICT, FORMS };

#define HOSTILE		"<&\"|\x1b[31m%`x`]]>\n::error::@all--\xff,\\|"
#define HOSTILE_ESCAPED "<&\"|\\x1b[31m%`x`]]>\\x0a::error::@all--\\xff,\\|"

/* --- what is printed --- */

static inline char *table(const struct comparison *c, int width, bool all, bool colour)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	CHECK_INT(output_table(c, out, width, all, colour), 0);
	fclose(out);
	CHECK(colour || !strchr(text, '\033'));
	CHECK(!strstr(text, " \n"));
	return text;
}

static inline char *print(const struct comparison *c, enum form form)
{
	char *text = NULL;
	size_t size;
	FILE *out;

	if (form == TABLE || form == TABLE_ALL)
		return table(c, 1000, form == TABLE_ALL, false);
	out = open_memstream(&text, &size);
	if (form == JSON)
		CHECK_INT(output_json(c, out), 0);
	else if (form == JUNIT || form == JUNIT_STRICT)
		CHECK_INT(output_junit(c, out, form == JUNIT_STRICT), 0);
	else if (form == MARKDOWN)
		CHECK_INT(output_markdown(c, out), 0);
	else
		CHECK_INT(output_github(c, out, form == GITHUB_STRICT), 0);
	fclose(out);
	return text;
}

static inline int count(const char *text, const char *part)
{
	int n = 0;

	for (const char *p = text; (p = strstr(p, part)); p += strlen(part))
		n++;
	return n;
}

/* Prints it and looks for a part. */
static inline bool has(const struct comparison *c, enum form form, const char *part)
{
	char *text = print(c, form);
	bool found = strstr(text, part);

	free(text);
	return found;
}

/* The same of what there should be. */
static inline bool says(const struct comparison *c, enum form form, const char *part)
{
	bool found = has(c, form, part);

	if (!found)
		printf("# no \"%s\" in form %d\n", part, form);
	return found;
}

/* The first line that begins with `begin`, in a buffer that the next call overwrites. */
static inline const char *line_of(const char *text, const char *begin)
{
	static char line[2048];

	line[0] = '\0';
	for (const char *p = text; *p; p = strchr(p, '\n') + 1)
		if (!strncmp(p, begin, strlen(begin))) {
			snprintf(line, sizeof(line), "%.*s", (int)strcspn(p, "\n"), p);
			break;
		}
	return line;
}

/* --- hand-made --- */

/* One of each: slower, inconclusive, faster, the same, too few, and on one side only. */
static inline struct comparison *mixed(void)
{
	struct comparison *c = comparison_make();

	make_stage(c, "extent-write", VERDICT_SLOWER, METRIC_P99, 0.468, 0.31, 0.642);
	make_change(&c->stages[0], METRIC_P90, VERDICT_SLOWER, 0.3, 0.21, 0.45);
	make_stage(c, "net-write[1]", VERDICT_INCONCLUSIVE, METRIC_MEAN, 0.08, -0.01, 0.17);
	make_stage(c, "extent-read", VERDICT_FASTER, METRIC_MEDIAN, -0.25, -0.31, -0.18);
	make_stage(c, "guest-flush", VERDICT_SAME, METRIC_MEDIAN, -0.021, -0.03, 0.01);
	make_stage(c, "guest-barrier", VERDICT_TOO_FEW, METRIC_MEDIAN, 0, 0, 0);
	make_one_sided(c, "disk-write-device[sda]", 0);
	make_one_sided(c, "disk-write-device[vda]", 1);
	make_runs(c);
	return c;
}

static inline struct comparison *many_slower(int n, int inconclusive)
{
	struct comparison *c = comparison_make();
	char name[32];

	for (int i = 0; i < n + inconclusive; i++) {
		snprintf(name, sizeof(name), "stage-%02d-", i);
		make_stage(c, name, i < n ? VERDICT_SLOWER : VERDICT_INCONCLUSIVE, METRIC_P99, 0.3,
			   0.2, 0.41);
	}
	make_runs(c);
	return c;
}

static inline struct comparison *hostile(void)
{
	struct comparison *c = comparison_make();
	struct series *b = make_side(c, 1);

	make_stage(c, HOSTILE, VERDICT_SLOWER, METRIC_P99, 0.3, 0.2, 0.41);
	make_stage(c, HOSTILE "2", VERDICT_INCONCLUSIVE, METRIC_P99, 0.1, 0.0, 0.2);
	make_stage(c, HOSTILE "3", VERDICT_TOO_FEW, METRIC_P99, 0, 0, 0);
	make_one_sided(c, HOSTILE "4", 1);
	make_forced(c, "CPU: " HOSTILE);
	free(b->label);
	b->label = strdup(HOSTILE);
	free(b->host.cpu);
	b->host.cpu = strdup(HOSTILE "\xef\xbf\xbe\xef\xbf\xbf\xef\xbf\xbd");
	free(b->host.name);
	b->host.name = strdup(HOSTILE);
	series_add_binary(b, "/" HOSTILE, HOSTILE);
	b->interrupted = true;
	b->settings.command = calloc(3, sizeof(char *));
	b->settings.command[0] = strdup(HOSTILE);
	b->settings.command[1] = strdup("\r\x01\x7f\xc2\x85");
	make_runs(c);
	return c;
}

#endif
