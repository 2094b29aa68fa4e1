// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What all outputs of a comparison have to say, and its table.
 */
#include "core/escape.h"
#include "outputs_make.h"

/* --- all forms --- */

/* As each form writes it. */
static void all_say_the_verdict(void)
{
	struct comparison *c = mixed();

	CHECK(says(c, TABLE, "\nSLOWER "));
	CHECK(says(c, JSON, "\"verdict\":\"slower\""));
	CHECK(says(c, JUNIT, "<property name=\"verdict\" value=\"slower\"/>"));
	CHECK(says(c, MARKDOWN, "### ❌ "));
	CHECK(says(c, GITHUB, "::error title=assay%3A extent-write is slower::"));
	comparison_make_free(c);
}

static void all_say_what_was_forced(void)
{
	struct comparison *c = mixed();

	make_forced(c, "CPU: Xeon, here EPYC");
	make_forced(c, "window: 1.000s, here 250.0ms");
	for (int form = 0; form < FORMS; form++) {
		CHECK(says(c, form, "CPU: Xeon, here EPYC"));
		CHECK(says(c, form, "window: 1.000s, here 250.0ms"));
		CHECK(form == JSON || says(c, form, "compared although"));
	}
	comparison_make_free(c);
}

static void all_say_that_runs_are_missing(void)
{
	struct comparison *c = mixed();

	make_side(c, 1)->wanted = 8;
	make_side(c, 1)->interrupted = true;
	for (int form = 0; form < FORMS; form++)
		CHECK(form == JSON || says(c, form, "B was interrupted after 5 of 8 runs"));
	CHECK(says(c, JSON, "\"runs\":5,\"wanted\":8,\"interrupted\":true"));
	make_side(c, 1)->interrupted = false;
	CHECK(says(c, TABLE, "B has only 5 of 8 runs"));
	comparison_make_free(c);
}

/* What spilled over is not lost: only JSON has it. */
static void all_say_what_was_lost(void)
{
	struct comparison *c = mixed();
	struct series *a = make_side(c, 0);

	a->runs[1].losses[FOLD_LOSS_ORPHAN] = 5;
	a->runs[4].losses[FOLD_LOSS_ORPHAN] = 7;
	a->runs[2].losses[FOLD_LOSS_SPILLED] = 99;
	for (int form = 0; form < FORMS; form++)
		CHECK(form == JSON || says(c, form, "in the runs of A: 12 dones without a start"));
	CHECK(says(c, JSON, "\"orphan_dones\":12,"));
	CHECK(says(c, JSON, "\"spilled_starts\":99,"));
	CHECK(!has(c, TABLE, "spilled"));
	comparison_make_free(c);
}

static void nothing_may_be_compared(void)
{
	struct comparison *c = comparison_make();

	CHECK(says(c, TABLE, "0 of 5 runs"));
	CHECK(!has(c, TABLE, "VERDICT"));
	CHECK(says(c, JSON, "\"stages\":[]"));
	CHECK(says(c, JUNIT, " tests=\"0\" failures=\"0\" errors=\"0\" skipped=\"0\" "));
	CHECK(says(c, MARKDOWN, "### ⚠️ "));
	CHECK(says(c, GITHUB, "::warning title=assay%3A nothing was compared::"));
	make_stage(c, "guest-barrier", VERDICT_TOO_FEW, METRIC_MEDIAN, 0, 0, 0);
	CHECK(says(c, TABLE, "\ntoo few runs to compare any of 1 stage\n"));
	CHECK(says(c, JUNIT, "message=\"too few runs to compare: 0 before, 0 after\""));
	make_runs(c);
	CHECK(says(c, TABLE, "\ntoo few to compare: guest-barrier (3 and 2)\n"));
	CHECK(says(c, GITHUB, "::warning title=assay%3A nothing was compared::"));
	comparison_make_free(c);
}

/* No form has anything of a terminal's, nor a line that a name began. */
static void names_are_harmless(void)
{
	struct comparison *c = hostile();

	for (int form = 0; form < FORMS; form++) {
		char *text = print(c, form);

		for (const unsigned char *p = (unsigned char *)text; *p; p++)
			CHECK(*p == '\n' || *p == '\t' ||
			      (*p >= ' ' && (*p != 0x7f || form == JSON) && *p != 0xff));
		CHECK(!strstr(text, "\n::error::"));
		free(text);
	}
	comparison_make_free(c);
}

/* As statistics may give them, of runs that hardly have anything in common. */
static void numbers_may_be_odd(void)
{
	static const double odd[] = { INFINITY, -1, 0, 1e300, 5e8, NAN, -INFINITY, 1e-300 };
	const int n = sizeof(odd) / sizeof(odd[0]);
	struct comparison *c = comparison_make();

	for (int i = 0; i < n * n; i++) {
		struct stage_change *s = make_stage(c, "x", VERDICT_INCONCLUSIVE, METRIC_MEAN,
						    odd[i % n], odd[i / n], odd[(i + 1) % n]);

		s->changes[METRIC_MEAN].a = odd[(i + 2) % n];
		s->changes[METRIC_MEAN].more_runs = i * 100;
		s->count[0] = UINT64_MAX >> i;
	}
	for (int form = 0; form < FORMS; form++) {
		char *text = print(c, form);

		CHECK(!strcasestr(text, "nan"));
		CHECK_INT(count(text, "inf"), 0);
		CHECK_INT(count(text, " ?") + count(text, "(?"), 0);
		/* none of the first eight is a number */
		CHECK(form == JSON || form == TABLE || strstr(text, "x1000"));
		free(text);
	}
	for (int width = 60; width < 200; width++)
		free(table(c, width, true, true));
	comparison_make_free(c);
}

/* --- the table --- */

static void the_table_begins_with_the_sentence(void)
{
	struct comparison *c = mixed();
	char *text = table(c, 1000, false, false), sentence[1024];

	comparison_sentence(c, sentence, sizeof(sentence));
	CHECK(strlen(sentence) > 10);
	CHECK(!strncmp(text, sentence, strlen(sentence)));
	CHECK(text[strlen(sentence)] == '\n');
	free(text);
	comparison_make_free(c);
}

/* What the lines hold, without what is drawn and how wide it is. */
static void the_table_has_a_line_a_stage(void)
{
	static const char *const begin[] = {
		"SLOWER       extent-write p99    5.000ms 7.340ms +46.8 % +31.0 to +64.2 %",
		"inconclusive net-write[1] mean   1.200ms 1.296ms  +8.0 %  -1.0 to +17.0 %",
		"faster       extent-read  median 1.000ms 750.0us -25.0 % -31.0 to -18.0 %",
	};
	static const char *const end[] = { "]  12k 12.4k", "]  +12 12k 12.4k", ":  12k 12.4k" };
	struct comparison *c = mixed();
	char *text = table(c, 140, false, false), packed[2048];
	const char *last = text;

	for (int i = 0; i < 3; i++) {
		const char *line = line_of(text, begin[i]), *at = strstr(text, begin[i]);
		int n = 0;

		CHECK(at > last);
		last = at;
		/* without blanks, but two at the most */
		for (; *line; line++)
			if (*line != ' ' || n < 2 || packed[n - 1] != ' ' || packed[n - 2] != ' ')
				packed[n++] = *line;
		packed[n] = '\0';
		CHECK(n > 20 && strstr(packed, end[i]));
	}
	CHECK(!strstr(text, "979.0us"));
	CHECK(strstr(text, "\nsame (surely less than 10 % worse): guest-flush\n"
			   "too few to compare: guest-barrier (3 and 2); "
			   "only before: disk-write-device[sda] (123); "
			   "only after: disk-write-device[vda] (123)\n"));
	free(text);
	comparison_make_free(c);
}

/* What there is room for in one line at 140 columns takes two at 80. */
static void narrow_tables_have_two_lines_a_stage(void)
{
	struct comparison *c = mixed();
	char *text = table(c, 80, false, false);

	CHECK_STR(line_of(text, "SLOWER"), "SLOWER  extent-write p99    +46.8 % +31.0 to +64.2 %");
	CHECK(!strncmp(line_of(text, "        5.000ms"), "        5.000ms 7.340ms  ", 25));
	CHECK_STR(line_of(text, "inconc."), "inconc. net-write[1] mean    +8.0 %  -1.0 to +17.0 %");
	CHECK(strstr(line_of(text, "        1.200ms"), " +12 12k 12.4k"));
	free(text);
	text = table(c, 80, true, false);
	CHECK(strstr(line_of(text, "same    guest-flush  median "), " -2.1 %   -3.0 to +1.0 %"));
	CHECK(!strncmp(line_of(text, "        1.000ms 979.0us"), "        1.000ms 979.0us", 23));
	CHECK(!strstr(text, "surely less"));
	free(text);
	comparison_make_free(c);
}

/* Of noise there is no more than a person can look at; what moved for sure is there always. */
static void the_table_folds_noise(void)
{
	struct comparison *c = many_slower(10, 11);
	char *text;

	make_stage(c, "fast", VERDICT_FASTER, METRIC_MEAN, -0.3, -0.4, -0.2);
	make_stage(c, "even", VERDICT_SAME, METRIC_MEAN, 0, -0.1, 0.05);
	make_stage(c, "even-too", VERDICT_SAME, METRIC_MEAN, 0, -0.1, 0.05);
	c->threshold = 0.125;
	text = table(c, 160, false, false);
	CHECK_INT(count(text, "\nSLOWER "), 10);
	CHECK_INT(count(text, "\ninconclusive "), 8);
	CHECK(strstr(text, "\ninconclusive stage-10- "));
	CHECK(strstr(text, "\ninconclusive stage-17- "));
	CHECK_INT(count(text, "\nfaster "), 1);
	CHECK_INT(count(text, "\nsame "), 1);
	CHECK(strstr(text, "\ninconclusive, too: stage-18-, stage-19-, stage-20- "
			   "(--all shows them)\n"
			   "same (surely less than 12.5 % worse): even, even-too\n"));
	free(text);
	text = table(c, 160, true, false);
	CHECK_INT(count(text, "\ninconclusive "), 11);
	CHECK(strstr(text, "\nsame         even-too "));
	CHECK(!strstr(text, "--all") && !strstr(text, "surely less"));
	free(text);
	comparison_make_free(c);
	c = many_slower(0, 8);
	CHECK(!has(c, TABLE, "--all"));
	comparison_make_free(c);
	c = many_slower(0, 9);
	CHECK(says(c, TABLE, "\ninconclusive, too: stage-08- (--all shows them)\n"));
	comparison_make_free(c);
}

/* Without a line there is no head of a table, either. */
static void where_all_is_the_same_the_table_is_a_line(void)
{
	struct comparison *c = comparison_make();

	make_stage(c, "a", VERDICT_SAME, METRIC_MEAN, 0, -0.05, 0.05);
	make_stage(c, "b", VERDICT_SAME, METRIC_MEAN, 0, -0.05, 0.05);
	make_runs(c);
	CHECK(says(c, TABLE, "\nsame (surely less than 10 % worse): a, b\n"));
	CHECK(!has(c, TABLE, "VERDICT"));
	CHECK(says(c, TABLE_ALL, "\nVERDICT "));
	comparison_make_free(c);
}

static void all_has_a_line_a_metric(void)
{
	struct comparison *c = mixed();
	char *text = table(c, 200, true, false);

	/* four stages of six metrics, each once; the others of the stage below its first line */
	for (int m = 0; m < METRICS; m++) {
		char cell[32];

		snprintf(cell, sizeof(cell), " %s ", metrics[m].title);
		CHECK_INT(count(strstr(text, "VERDICT"), cell), 4);
	}
	CHECK_INT(count(text, "\nSLOWER "), 1);
	CHECK_INT(count(text, "\nslower "), 1); /* p90 */
	CHECK(strstr(text, "\nslower                    p90         2.000ms 2.600ms +30.0 % "));
	free(text);
	comparison_make_free(c);
}

/* Of names, too, that are too long for any width; and of those there is a sign at the cut. */
static void lines_fit_the_width(void)
{
	struct comparison *all[] = { mixed(), hostile(), many_slower(12, 3), comparison_make() };
	char name[301] = "";

	for (int i = 0; i < 300; i++)
		name[i] = "long-"[i % 5];
	make_stage(all[3], name, VERDICT_SLOWER, METRIC_WORST, 0.3, 0.2, 0.41);
	make_stage(all[3], "näme-wïth-ümlauts-and-a-long-énd-of-ït", VERDICT_INCONCLUSIVE,
		   METRIC_WORST, 0.3, -0.2, 5);
	make_forced(all[3], name);
	for (int i = 0; i < 4; i++)
		for (int width = 0; width < 300; width += width < 150 ? 1 : 30) {
			char *text = table(all[i], width, width & 1, false);
			int most = width < 64 ? 64 : width;

			for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
				if ((int)escape_width(line) > most)
					printf("# %d: %s\n", width, line);
				CHECK((int)escape_width(line) <= most);
				CHECK(line[strspn(line, " ")] != '%');
			}
			free(text);
		}
	CHECK(says(all[3], TABLE, "SLOWER       long-long-long-long-long-long-long-long> "));
	CHECK(says(all[3], TABLE, "näme-wïth-ümlauts-and-a-long-énd-of-ït  "));
	for (int i = 0; i < 4; i++)
		comparison_make_free(all[i]);
}

static void colours_only_when_asked(void)
{
	struct comparison *c = mixed();
	char *plain = table(c, 140, true, false), *text = table(c, 140, true, true), *to = text;

	CHECK(strstr(text, "\n\033[1;31mSLOWER\033[0m "));
	CHECK(strstr(text, "\n\033[33minconclusive\033[0m "));
	CHECK(strstr(text, "\n\033[32mfaster\033[0m "));
	CHECK(strstr(text, "\n\033[2msame\033[0m "));
	/* without them it is the same text */
	for (char *p = text; *p;) {
		if (*p == '\033')
			p = strchr(p, 'm') + 1;
		else
			*to++ = *p++;
	}
	*to = '\0';
	CHECK_STR(text, plain);
	free(plain);
	free(text);
	comparison_make_free(c);
}

/* --- what is drawn --- */

/* Where the marks of the axis are, from the titles' line: threshold, none, threshold. */
static void axis_of(const char *text, int at[3])
{
	const char *line = line_of(text, "VERDICT"), *p;

	p = strchr(line, ':');
	CHECK(p && strchr(p + 1, '0') && strchr(p + 1, ':'));
	at[0] = (int)(p - line);
	at[1] = (int)(strchr(p + 1, '0') - line);
	at[2] = (int)(strchr(p + 1, ':') - line);
}

static int column_of(const char *text, const char *stage, char sign)
{
	const char *line = line_of(text, stage), *to = strstr(line, " to ");
	const char *behind = to ? strstr(to, " %  ") : NULL;
	const char *p = behind ? strchr(behind, sign) : NULL;

	return p ? (int)(p - line) : -1;
}

/* A change that is just the threshold is at its mark, in both directions; so is a bound. */
static void changes_are_drawn_to_scale(void)
{
	struct comparison *c = comparison_make();
	char *text;
	int at[3];

	make_stage(c, "a", VERDICT_SLOWER, METRIC_MEDIAN, 0.21, 0.10, 0.331);
	make_stage(c, "b", VERDICT_INCONCLUSIVE, METRIC_MEDIAN, 0.10, 0.01, 0.20);
	make_stage(c, "c", VERDICT_INCONCLUSIVE, METRIC_MEDIAN, 0, -0.05, 0.05);
	make_stage(c, "d", VERDICT_FASTER, METRIC_MEDIAN, 1 / 1.1 - 1, -0.12, -0.08);
	make_stage(c, "e", VERDICT_INCONCLUSIVE, METRIC_MEDIAN, 0.05, -0.03, 0.15);
	text = table(c, 150, false, false);
	axis_of(text, at);
	CHECK(at[2] - at[1] > 3);
	CHECK_INT(at[1] - at[0], at[2] - at[1]);
	CHECK_INT(column_of(text, "SLOWER       a", '['), at[2]);
	/* logarithmic: 21 % is 10 % twice, 33.1 % thrice */
	CHECK(abs(column_of(text, "SLOWER       a", 'o') - at[1] - 2 * (at[2] - at[1])) <= 1);
	CHECK(abs(column_of(text, "SLOWER       a", ']') - at[1] - 3 * (at[2] - at[1])) <= 1);
	CHECK_INT(column_of(text, "inconclusive b", 'o'), at[2]);
	CHECK_INT(column_of(text, "inconclusive c", 'o'), at[1]);
	CHECK_INT(column_of(text, "faster       d", 'o'), at[0]);
	/* the marks are seen through an interval */
	CHECK(column_of(text, "inconclusive e", '[') < at[1]);
	CHECK(column_of(text, "inconclusive e", ']') > at[2]);
	CHECK_INT(column_of(text, "inconclusive e", '|'), at[1]);
	CHECK_INT(line_of(text, "inconclusive e")[at[2]], ':');
	free(text);
	comparison_make_free(c);
}

/* A rate that falls to 1 / 1.21 is as much slower as a latency that is 1.21 times as long. */
static void rates_are_drawn_as_slower_when_less(void)
{
	struct comparison *c = comparison_make();
	char *text;

	make_stage(c, "a", VERDICT_SLOWER, METRIC_MEDIAN, 0.21, 0.12, 0.3);
	make_stage(c, "b", VERDICT_SLOWER, METRIC_THROUGHPUT, 1 / 1.21 - 1, 1 / 1.3 - 1,
		   1 / 1.12 - 1);
	text = table(c, 150, false, false);
	CHECK(strstr(line_of(text, "SLOWER  b"), " -17.4 % -23.1 to -10.7 % "));
	for (const char *sign = "[o]"; *sign; sign++) {
		int a = column_of(text, "SLOWER  a", *sign);

		CHECK(a > 0);
		CHECK_INT(column_of(text, "SLOWER  b", *sign), a);
	}
	free(text);
	comparison_make_free(c);
}

/* One interval that says nothing does not make points of all others. */
static void wide_intervals_are_cut(void)
{
	struct comparison *c = comparison_make();
	const char *line;
	char *text;
	int at[3];

	make_stage(c, "a", VERDICT_SLOWER, METRIC_MEDIAN, 0.21, 0.12, 0.3);
	make_stage(c, "b", VERDICT_INCONCLUSIVE, METRIC_MEDIAN, 0.05, -0.95, 90);
	text = table(c, 150, false, false);
	axis_of(text, at);
	CHECK(at[2] - at[0] >= 4);
	CHECK(column_of(text, "SLOWER       a", ']') - column_of(text, "SLOWER       a", '[') > 2);
	line = line_of(text, "inconclusive b");
	CHECK(strstr(line, " -95.0 % to x91.0 "));
	CHECK(strstr(line, " <--") && strstr(line, "--> "));
	CHECK(!strchr(line, '[') && !strchr(line, ']'));
	free(text);
	comparison_make_free(c);
}

static void it_says_how_many_runs_it_takes(void)
{
	struct comparison *c = mixed();
	struct change *change = &c->stages[1].changes[METRIC_MEAN];

	change->more_runs = 1;
	CHECK(says(c, TABLE, " +1 12k "));
	CHECK(says(c, JUNIT, "needs about 1 more run a side"));
	CHECK(says(c, MARKDOWN, "inconclusive: needs about 1 more run a side |"));
	CHECK(says(c, GITHUB, ", about 1 more run a side"));
	change->more_runs = 1000;
	CHECK(says(c, TABLE, " >999 12k "));
	CHECK(says(c, MARKDOWN, "needs 1000 more runs a side, or more |"));
	comparison_make_free(c);
}

/* --- who was compared with whom --- */

static void what_both_sides_share_is_said_once(void)
{
	struct comparison *c = mixed();
	struct series *b = make_side(c, 1);
	char *text = table(c, 120, false, false);

	CHECK(strstr(text, "\n        crucible-downstairs 1a2b3c4d5e6f\n"));
	CHECK(strstr(text, "\n        crucible-downstairs f0e1d2c3b4a5\n"));
	CHECK(strstr(text, "\nboth    tantalum: EPYC 7713, 16 CPUs, 64 GiB, "
			   "Linux 6.18.0 x86_64\n"));
	CHECK(strstr(text, "before  A: 5 runs, 1.000s each, from "));
	CHECK(strstr(text, ", load 0.25 to 0.75\n"));
	free(text);
	free(b->host.cpu);
	b->host.cpu = strdup("Xeon");
	strcpy(b->binaries[0].build_id, c->series[0]->binaries[0].build_id);
	text = table(c, 120, false, false);
	CHECK(strstr(text, "\nboth    crucible-downstairs 1a2b3c4d5e6f\n"));
	CHECK(strstr(text, "\n        tantalum: EPYC 7713, 16 CPUs, "));
	CHECK(strstr(text, "\n        tantalum: Xeon, 16 CPUs, "));
	free(text);
	comparison_make_free(c);
}

static void the_method_is_said(void)
{
	static const enum form forms[] = { TABLE, JUNIT, MARKDOWN };
	struct comparison *c = mixed();

	/* four stages of six metrics */
	for (int i = 0; i < 3; i++)
		CHECK(says(c, forms[i],
			   "intervals hold together with 99 % confidence (24 comparisons, from "
			   "whole runs); threshold 10 %"));
	comparison_make_free(c);
}

static const struct test tests[] = {
	TEST(all_say_the_verdict),
	TEST(all_say_what_was_forced),
	TEST(all_say_that_runs_are_missing),
	TEST(all_say_what_was_lost),
	TEST(nothing_may_be_compared),
	TEST(names_are_harmless),
	TEST(numbers_may_be_odd),
	TEST(the_table_begins_with_the_sentence),
	TEST(the_table_has_a_line_a_stage),
	TEST(narrow_tables_have_two_lines_a_stage),
	TEST(the_table_folds_noise),
	TEST(where_all_is_the_same_the_table_is_a_line),
	TEST(all_has_a_line_a_metric),
	TEST(lines_fit_the_width),
	TEST(colours_only_when_asked),
	TEST(changes_are_drawn_to_scale),
	TEST(rates_are_drawn_as_slower_when_less),
	TEST(wide_intervals_are_cut),
	TEST(it_says_how_many_runs_it_takes),
	TEST(what_both_sides_share_is_said_once),
	TEST(the_method_is_said),
};

TEST_MAIN("outputs")
