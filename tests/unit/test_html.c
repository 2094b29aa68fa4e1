// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The page of a comparison: what a reader finds on it, that names from files stay text, that it
 * fetches nothing, and that it is well-formed whatever the numbers.
 */
#include <locale.h>
#include <time.h>

#include "comparison_make.h"
#include "core/units.h"
#include "page/html.h"
#include "page/page.h"
#include "page_read.h"
#include "render/markup.h"
#include "test.h"

static char *html; /* the last page */
static size_t html_len;
static struct page page;

static void print(const struct comparison *c)
{
	FILE *out;

	free(html);
	html = NULL;
	out = open_memstream(&html, &html_len);
	CHECK_INT(page_print(c, out), 0);
	fclose(out);
}

/* Prints the comparison, frees it, and reads the page. */
static void read_page(struct comparison *c)
{
	print(c);
	comparison_make_free(c);
	page_free(&page);
	CHECK(page_read(&page, html));
	CHECK_STR(page.why, "");
}

/* One of each verdict, with runs. */
static struct comparison *one_of_each(void)
{
	struct comparison *c = comparison_make();

	make_stage(c, "net-write[1]", VERDICT_SLOWER, METRIC_P99, 0.468, 0.31, 0.642);
	make_stage(c, "guest-flush", VERDICT_INCONCLUSIVE, METRIC_MEAN, 0.06, -0.2, 0.4);
	make_stage(c, "guest-read", VERDICT_FASTER, METRIC_MEDIAN, -0.3, -0.35, -0.24);
	make_stage(c, "downstairs-read", VERDICT_SAME, METRIC_P90, 0.011, -0.02, 0.043);
	make_stage(c, "guest-barrier", VERDICT_TOO_FEW, METRIC_MEDIAN, 0, 0, 0);
	make_runs(c);
	return c;
}
static const enum verdict of_each[] = { VERDICT_SLOWER, VERDICT_INCONCLUSIVE, VERDICT_FASTER,
					VERDICT_SAME, VERDICT_TOO_FEW };
#define EACH 5

/* The overview's table, and the details of stage `n`, from 0. */
static int overview(void)
{
	return page_find(&page, page_id(&page, "overview"), -1, "table", NULL);
}

static int stage(int n)
{
	char id[32];

	snprintf(id, sizeof(id), "stage-%d", n + 1);
	return page.elements[page_id(&page, id)].parent;
}

/* The row of a table's body. */
static int row(int table, int n)
{
	int i = page_find(&page, -1, table, "tbody", NULL);

	for (int body = i; n >= 0; n--)
		i = page_find(&page, i, body, "tr", NULL);
	return i;
}

static const char *cell(int row, const char *class)
{
	return page_text(&page, page_find(&page, -1, row, NULL, class));
}

/* --- what is said --- */

static void the_verdict_is_said(void)
{
	struct comparison *c = one_of_each();
	char sentence[1024];
	int head;

	comparison_sentence(c, sentence, sizeof(sentence));
	read_page(c);
	head = page_find(&page, -1, -1, "header", NULL);
	CHECK_STR(page_text(&page, page_find(&page, -1, head, "h1", NULL)), sentence);
	CHECK_STR(cell(head, "mark"), "\u25b2slower");
	CHECK(page_has_class(&page, head, "slower"));
	CHECK_STR(page_text(&page, page_find(&page, -1, head, "ul", "tally")),
		  "1 slower1 inconclusive1 faster1 same1 too few");
	CHECK_INT(page_count(&page, -1, "h1", NULL), 1);
	CHECK(strstr(page_text(&page, page_find(&page, -1, -1, "title", NULL)), sentence));
}

static void the_overview_has_a_row_a_stage(void)
{
	int table, tr;

	read_page(one_of_each());
	table = overview();
	CHECK_INT(page_count(&page, page_find(&page, -1, table, "tbody", NULL), "tr", NULL), EACH);
	tr = row(table, 0);
	CHECK_STR(cell(tr, "verdict"), "\u25b2slower");
	CHECK_STR(cell(tr, "name"), "net-write[1]");
	CHECK_STR(cell(tr, "metric"), "p99");
	CHECK_STR(cell(tr, "before"), "5.000ms");
	CHECK_STR(cell(tr, "after"), "7.340ms"); /* 5 * 1.468 */
	CHECK_STR(cell(tr, "change"), "+46.8 %");
	CHECK_STR(cell(tr, "plot-cell"), "p99: +46.8 %, interval +31.0 % to +64.2 %");
	tr = row(table, 1);
	CHECK_STR(cell(tr, "verdict"), "?inconclusiveabout 12 more runs a side");
	tr = row(table, 2);
	CHECK_STR(cell(tr, "change"), "\u221230.0 %"); /* a minus, no hyphen */
	tr = row(table, 4);
	CHECK_STR(cell(tr, "verdict"), "\u2013too few");
	CHECK_STR(cell(tr, "change"), "");
	CHECK_STR(cell(tr, "plot-cell"), "");
}

static void links_lead_to_the_stages(void)
{
	char target[32];

	read_page(one_of_each());
	for (int i = 0; i < EACH; i++) {
		int link = page_find(&page, -1, row(overview(), i), "a", NULL);
		int summary = page_find(&page, -1, stage(i), "summary", NULL);

		snprintf(target, sizeof(target), "#stage-%d", i + 1);
		CHECK_STR(page_attr(&page, link, "href"), target);
		CHECK_STR(page.elements[stage(i)].name, "details");
		CHECK_STR(cell(row(overview(), i), "name"),
			  page_text(&page, page_find(&page, -1, summary, "h3", NULL)));
	}
}

/* Those in which something moved are open. */
static void stages_without_news_are_folded(void)
{
	read_page(one_of_each());
	for (int i = 0; i < EACH; i++) {
		bool news = of_each[i] != VERDICT_SAME && of_each[i] != VERDICT_TOO_FEW;

		CHECK_INT(page_attr(&page, stage(i), "open") != NULL, news);
	}
}

static void a_stage_has_all_its_metrics(void)
{
	int table;

	read_page(one_of_each());
	table = page_find(&page, -1, stage(0), "table", NULL);
	for (int m = 0; m < METRICS; m++)
		CHECK_STR(cell(row(table, m), "name"), metrics[m].title);
	CHECK_STR(cell(row(table, METRIC_P99), "verdict"), "\u25b2slower");
	CHECK_STR(cell(row(table, METRIC_P99), "interval"), "+31.0 to +64.2 %");
	CHECK_STR(cell(row(table, METRIC_MEDIAN), "verdict"), "=same");
	CHECK_STR(cell(row(table, METRIC_MEDIAN), "interval"), "\u22122.0 to +4.3 %");
	CHECK_STR(cell(row(table, METRIC_THROUGHPUT), "before"), "10000/s");
}

static void a_stage_has_all_its_charts(void)
{
	/* on both sides together, then A's and B's */
	static const char *const drawings[] = {
		"distribution of latency, A and B",
		"share of durations longer than a latency, A and B",
		"p50 and p99 over time, A",
		"p50 and p99 over time, B",
		"durations by latency and time, A",
		"durations by latency and time, B",
	};
	char title[128];

	read_page(one_of_each());
	for (int i = 0; i < EACH; i++) {
		int svg = stage(i);

		CHECK_INT(page_count(&page, stage(i), "figure", NULL), 6);
		CHECK_INT(page_count(&page, stage(i), "svg", "plot"), 6);
		for (int d = 0; d < 6; d++) {
			svg = page_find(&page, svg, stage(i), "svg", "plot");
			snprintf(title, sizeof(title), "%s: %s", cell(row(overview(), i), "name"),
				 drawings[d]);
			CHECK_STR(page_text(&page, page_find(&page, svg, svg, "title", NULL)),
				  title);
		}
	}
}

static void the_sides_are_named(void)
{
	struct comparison *c = one_of_each();
	const char *text;
	int legend;

	free(make_side(c, 0)->label);
	make_side(c, 0)->label = strdup("baseline");
	read_page(c);
	legend = page_find(&page, stage(0), stage(0), "p", "legend");
	CHECK_STR(page_text(&page, legend), "A: baseline B ");
	CHECK_STR(cell(page_find(&page, -1, overview(), "thead", NULL), "before"), "A: baseline");
	CHECK_STR(cell(page_find(&page, -1, overview(), "thead", NULL), "after"), "B");
	text = page_text(&page, page_find(&page, page_id(&page, "sides"), -1, "table", NULL));
	/* what is the same once, what is not of each */
	CHECK(strstr(text, "5 of 1.000s, in windows of 250.0ms (both)"));
	CHECK(strstr(text, "tantalum: EPYC 7713, 16 CPUs, 64 GiB, Linux 6.18.0 x86_64 (both)"));
	CHECK(strstr(text, "1a2b3c4d5e6f708192a3b4c5d6e7f80910111213/opt/crucible"));
	CHECK(strstr(text, "f0e1d2c3b4a5968778695a4b3c2d1e0f00112233"));
	/* the second run starts 4 s later, B half a second after A: see make_runs() */
	CHECK(strstr(text, "2026-08-01 10:00:00 to 10:00:17 UTC"));
	CHECK(strstr(text, "0.25 to 0.75 (both)"));
}

static void a_stage_of_one_side_says_so(void)
{
	struct comparison *c = comparison_make();
	const char *text;

	make_stage(c, "guest-read", VERDICT_SAME, METRIC_P99, 0.01, -0.02, 0.03);
	make_one_sided(c, "guest-noop", 1);
	make_runs(c);
	read_page(c);
	text = page_text(&page, stage(1));
	CHECK(strstr(text, "Durations: 0 before, 123 after."));
	CHECK(strstr(text, "A: none B "));
	CHECK(strstr(text, "A: no durations"));
	CHECK_INT(page_count(&page, stage(1), "svg", "plot"), 4); /* of six, two of A's are not */
	CHECK_INT(page_count(&page, stage(1), NULL, "ref"), 0);
}

static void without_stages_there_is_a_page(void)
{
	read_page(comparison_make());
	CHECK(page_has_class(&page, page_find(&page, -1, -1, "header", NULL), "few"));
	CHECK_INT(page_count(&page, -1, "details", NULL), 0);
}

/* --- what touches the numbers --- */

static void a_sound_comparison_has_no_warning(void)
{
	struct comparison *c = one_of_each();

	make_side(c, 1)->runs[0].losses[FOLD_LOSS_SPILLED] = 5; /* not lost */
	read_page(c);
	CHECK_INT(page_count(&page, -1, "aside", NULL), 0);
}

static void what_touches_the_numbers_is_said_first(void)
{
	struct comparison *c = one_of_each();
	int aside;
	const char *text;

	make_forced(c, "CPU: Xeon, here EPYC 7713");
	make_side(c, 1)->interrupted = true;
	make_side(c, 1)->wanted = 9;
	make_side(c, 0)->runs[0].losses[FOLD_LOSS_ORPHAN] = 12;
	read_page(c);
	aside = page_find(&page, -1, -1, "aside", "notice");
	CHECK(aside >= 0 && aside < overview());
	CHECK_INT(page_count(&page, aside, "li", NULL), 3);
	text = page_text(&page, aside);
	CHECK(strstr(text, "CPU: Xeon, here EPYC 7713"));
	CHECK(strstr(text, "5 of 9 runs"));
	CHECK(strstr(text, "12 dones without a start"));
}

/* --- intervals --- */

/* Where something of a drawn interval is, in percent of its width. */
static double at_x(int row, const char *name, const char *class, const char *attr)
{
	int i = page_find(&page, row, row, name, class);

	return i < 0 ? NAN : atof(page_attr(&page, i, attr));
}

static void intervals_stand_on_their_scale(void)
{
	/* no change; the threshold worse, and better by the same factor; more of each */
	static const double changes[] = { 0, 0.10, 1 / 1.1 - 1, 0.5, -0.5, 0.05, 30 };
	struct comparison *c = comparison_make();
	double zero, worse, better, dots[7];
	int limit;

	for (int i = 0; i < 7; i++)
		make_stage(c, "net-write[1]" + i, VERDICT_SAME, METRIC_P99, changes[i],
			   changes[i] - 0.01, changes[i] + 0.01);
	make_runs(c);
	read_page(c);
	zero = at_x(row(overview(), 0), "line", "zero", "x1");
	limit = page_find(&page, row(overview(), 0), -1, "line", "limit");
	worse = atof(page_attr(&page, limit, "x1"));
	better = atof(page_attr(&page, page_find(&page, limit, -1, "line", "limit"), "x1"));
	for (int i = 0; i < 7; i++) {
		int tr = row(overview(), i);

		dots[i] = at_x(tr, "circle", NULL, "cx");
		CHECK(at_x(tr, "line", "reach", "x1") <= dots[i]);
		CHECK(at_x(tr, "line", "reach", "x2") >= dots[i]);
		CHECK(at_x(tr, "line", "zero", "x1") == zero); /* one scale for all */
	}
	CHECK(fabs(dots[0] - zero) < 0.011);
	CHECK(fabs(dots[1] - worse) < 0.011);
	CHECK(fabs(dots[2] - better) < 0.011);
	CHECK(dots[4] < dots[2] && dots[2] < dots[0] && dots[0] < dots[5]);
	CHECK(dots[5] < dots[1] && dots[1] < dots[3] && dots[3] < dots[6]);
	/* half as much is a factor of 2, half as much again one of 1.5 */
	CHECK(zero - dots[4] > dots[3] - zero);
	/* a factor of 20 has room, and the threshold is still far from nothing */
	CHECK(worse - zero > 10 && zero - better > 10);
	/* 31 times is beyond the scale, and goes on there */
	CHECK(dots[6] == 100 && at_x(row(overview(), 6), "svg", "canvas", "x") == 100);
	CHECK(page_find(&page, row(overview(), 3), row(overview(), 3), "svg", "canvas") < 0);
}

static void the_scale_has_the_threshold(void)
{
	struct comparison *c = one_of_each();
	const char *axis;

	c->threshold = 0.25;
	read_page(c);
	axis = page_text(&page, page_find(&page, overview(), overview(), "svg", "axis"));
	CHECK(strstr(axis, "+25 %"));
	CHECK(strstr(axis, "\u221220 %")); /* 1 / 1.25 */
	CHECK(strstr(html, "a factor of 1.25"));
}

/* --- names from files --- */

#define HOSTILE \
	"</style></title><script>alert('1')</script>&lt;\"><img src=x onerror=y>\n\033[2J\xff"
/* what of it a reader sees */
#define SHOWN \
	"</style></title><script>alert('1')</script>&lt;\"><img src=x onerror=y>\\x0a\\x1b[2J\\xff"

static void replace(char **text)
{
	free(*text);
	*text = strdup(HOSTILE);
}

static void names_stay_text(void)
{
	struct comparison *c = comparison_make();
	char *command[] = { HOSTILE, NULL };

	make_stage(c, HOSTILE, VERDICT_SLOWER, METRIC_P99, 0.468, 0.31, 0.642);
	make_runs(c);
	make_forced(c, HOSTILE);
	for (int side = 0; side < 2; side++) {
		struct series *s = make_side(c, side);

		replace(&s->label);
		replace(&s->assay);
		replace(&s->host.name);
		replace(&s->host.cpu);
		replace(&s->host.kernel);
		replace(&s->binaries[0].path);
		replace(&s->binaries[0].build_id);
		s->settings.command = command;
	}
	print(c);
	make_side(c, 0)->settings.command = make_side(c, 1)->settings.command = NULL;
	comparison_make_free(c);
	page_free(&page);
	CHECK(page_read(&page, html));
	CHECK_STR(page.why, "");
	CHECK(!strstr(html, "<script") && !strstr(html, "<img") && !strchr(html, '\033'));
	CHECK_STR(cell(row(overview(), 0), "name"), SHOWN);
	CHECK_STR(cell(page_find(&page, -1, overview(), "thead", NULL), "after"), "B: " SHOWN);
	/* label, twice; path, build ID, command, host, and the version: of both */
	CHECK_STR(page_text(&page, page_find(&page, -1, -1, "code", NULL)), SHOWN);
	CHECK(strstr(page_text(&page, page_find(&page, -1, -1, "aside", NULL)), SHOWN));
	/* drawings have the stage in their titles, which are text, too */
	CHECK(strstr(cell(stage(0), "plot"), SHOWN));
}

/* A cut within a character would show as \x.. */
static void long_text_is_whole(void)
{
	char text[2000], *got = NULL;
	size_t size;
	FILE *out = open_memstream(&got, &size);

	for (int i = 0; i < 999; i++)
		memcpy(text + 2 * i, "\u00e9", 2);
	text[1998] = '\0';
	markup_text(out, text + 0);
	markup_text(out, "|");
	markup_text(out, "x\u20ac<\u20ac");
	fclose(out);
	CHECK(!strncmp(got, text, 1998));
	CHECK_STR(got + 1998, "|x\u20ac&#60;\u20ac");
	free(got);
}

static void nothing_is_fetched_or_run(void)
{
	static const char *const never[] = { "http:",	    "https:",  "url(",	"@import",
					     "javascript:", " src=",   "data:", "<script",
					     "<link",	    "<iframe", "<img",	"<object",
					     "<embed",	    "<form" };

	read_page(one_of_each());
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		CHECK(!strstr(html, never[i]));
	for (int i = 0; i < page.n; i++) {
		const char *href = page_attr(&page, i, "href");

		CHECK(!href || (*href == '#' && page_id(&page, href + 1) >= 0));
		for (int a = 0; a < page.elements[i].nattrs; a++)
			CHECK(strncmp(page.elements[i].attrs[a].name, "on", 2));
	}
	/* and browsers are told to do neither */
	CHECK(strstr(html, "default-src 'none'"));
}

/* --- form --- */

/* Whether all drawings have names, and all coordinates are numbers. */
static void check_drawings(void)
{
	static const char *const coordinates[] = { "x",	 "y",  "x1", "x2",    "y1",	"y2",
						   "cx", "cy", "dx", "width", "height", "viewBox" };

	for (int i = 0; i < page.n; i++) {
		bool outer = !strcmp(page.elements[i].name, "svg");
		const char *d = page_attr(&page, i, "d");

		for (int up = page.elements[i].parent; up >= 0; up = page.elements[up].parent)
			outer = outer && strcmp(page.elements[up].name, "svg");
		if (outer) {
			CHECK_INT(page_find(&page, -1, i, "title", NULL), i + 1);
			CHECK(*page_text(&page, i + 1));
			CHECK_STR(page_attr(&page, i, "role"), "img");
		}
		CHECK(!d || (strspn(d, "MLhvlz0123456789 -") == strlen(d) && *d));
		for (size_t c = 0; c < sizeof(coordinates) / sizeof(coordinates[0]); c++) {
			const char *value = page_attr(&page, i, coordinates[c]);

			CHECK(!value || !*value ||
			      strspn(value, "0123456789-.% ") == strlen(value));
		}
	}
}

static void drawings_have_titles_and_numbers(void)
{
	read_page(one_of_each());
	CHECK(page_count(&page, -1, "svg", NULL) > 60);
	check_drawings();
}

static void tables_have_headers(void)
{
	read_page(one_of_each());
	for (int i = -1; (i = page_find(&page, i, -1, "table", NULL)) >= 0;) {
		int head = page_find(&page, -1, i, "thead", NULL);
		int columns = page_count(&page, head, "th", NULL);

		CHECK(head >= 0 && columns >= 2);
		for (int th = -1; (th = page_find(&page, th, i, "th", NULL)) >= 0;)
			CHECK(page_attr(&page, th, "scope") != NULL);
		if (page_has_class(&page, i, "changes"))
			CHECK_INT(page_count(&page, row(i, 0), "td", NULL) + 1, columns);
	}
}

/* Heavy-handed numbers: a page comes out, and all that is drawn is within its frame. */
static void odd_numbers_are_drawn(void)
{
	static const double odd[] = { 0, -1, 1e300, -0.9999999, INFINITY, NAN, 4, 1e-300 };
	static const uint64_t durations[] = { 0, 1, 15, 1000000, UINT64_MAX };
	uint64_t buckets[FOLD_BUCKETS];
	struct comparison *c = comparison_make();

	for (int i = 0; i < 8; i++)
		make_stage(c, "net-write[1]" + i, VERDICT_SLOWER, METRIC_P99, odd[i],
			   odd[(i + 3) % 8], odd[(i + 5) % 8]);
	for (int side = 0; side < 2; side++) {
		struct series *s = make_side(c, side);

		for (int r = 0; r < 3; r++) {
			series_add_run(s);
			/* one run without windows, one with one that took no time */
			for (int w = 0; w < 2 * r; w++) {
				series_add_window(s, r == 1 ? 0 : 250000000);
				for (int i = 0; i < c->nstages; i++) {
					uint64_t ns = durations[(i + w + side) % 5];
					struct snapshot_row row = {
						.count = 1, .sum = ns, .max = ns, .buckets = buckets
					};

					memset(buckets, 0, sizeof(buckets));
					buckets[fold_bucket(ns)] = 1;
					series_add_cell(s, i, &row);
				}
			}
		}
	}
	c->threshold = 0;
	read_page(c);
	check_drawings();
	for (int i = 0; i < page.n; i++) {
		const char *x = page_attr(&page, i, "x1"), *cx = page_attr(&page, i, "cx");

		CHECK(!x || (atof(x) >= 0 && atof(x) <= 100));
		CHECK(!cx || (atof(cx) >= 0 && atof(cx) <= 100));
	}
}

static void the_same_comes_out_everywhere(void)
{
	struct comparison *c = one_of_each();
	char *first;

	print(c);
	first = strdup(html);
	setenv("TZ", "Asia/Tokyo", 1);
	tzset();
	setlocale(LC_ALL, "");
	print(c);
	CHECK(!strcmp(first, html));
	free(first);
	comparison_make_free(c);
}

/* --- the style --- */

/* A colour of the style's: of the first time that it is set (light), or the second (dark). */
static unsigned colour(const char *name, bool dark)
{
	char key[32];
	const char *p = html_style;

	snprintf(key, sizeof(key), "--%s:#", name);
	p = strstr(dark ? strstr(p, "prefers-color-scheme:dark") : p, key);
	CHECK(p);
	return p ? strtoul(p + strlen(key), NULL, 16) : 0;
}

/* https://www.w3.org/TR/WCAG22/ "relative luminance", "contrast ratio" */
static double luminance(unsigned rgb)
{
	static const double weights[] = { 0.0722, 0.7152, 0.2126 };
	double sum = 0;

	for (int i = 0; i < 3; i++, rgb >>= 8) {
		double c = (rgb & 255) / 255.0;

		sum += weights[i] * (c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4));
	}
	return sum;
}

static double contrast(unsigned a, unsigned b)
{
	double x = luminance(a) + 0.05, y = luminance(b) + 0.05;

	return x > y ? x / y : y / x;
}

static void text_can_be_read_on_its_ground(void)
{
	static const char *const pairs[][2] = {
		{ "ink", "card" },	     { "ink", "page" },
		{ "ink", "notice" },	     { "soft", "card" },
		{ "soft", "page" },	     { "link", "card" },
		{ "slower", "card" },	     { "faster", "card" },
		{ "unsure", "card" },	     { "same", "card" },
		{ "slower", "slower-tint" }, { "faster", "faster-tint" },
		{ "unsure", "unsure-tint" }, { "same", "same-tint" },
	};

	CHECK(contrast(0xffffff, 0) > 20.99 && contrast(0xffffff, 0) < 21.01);
	for (int dark = 0; dark < 2; dark++) {
		for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
			double got = contrast(colour(pairs[i][0], dark), colour(pairs[i][1], dark));

			if (got < 4.5)
				printf("# %s on %s, %s: %.2f\n", pairs[i][0], pairs[i][1],
				       dark ? "dark" : "light", got);
			CHECK(got >= 4.5);
		}
		/* lines need 3 */
		CHECK(contrast(colour("a", dark), colour("card", dark)) >= 3);
		CHECK(contrast(colour("b", dark), colour("card", dark)) >= 3);
	}
	CHECK(colour("card", false) != colour("card", true));
}

/* Where there is no comparison: the reason, as the only thing there is. */
static void a_failure_has_a_page(void)
{
	FILE *out;

	free(html);
	html = NULL;
	out = open_memstream(&html, &html_len);
	page_print_failed("check", "run 2 <failed>", out);
	fclose(out);
	page_free(&page);
	CHECK(page_read(&page, html));
	CHECK_STR(page.why, "");
	CHECK(strstr(html, "<title>Assay: check could not measure</title>"));
	CHECK(strstr(html,
		     "<h1>Could not measure</h1>\n<p>assay check: run 2 &#60;failed&#62;.</p>"));
	CHECK(strstr(html, "default-src 'none'"));
}

static const struct test tests[] = {
	TEST(the_verdict_is_said),
	TEST(the_overview_has_a_row_a_stage),
	TEST(links_lead_to_the_stages),
	TEST(stages_without_news_are_folded),
	TEST(a_stage_has_all_its_metrics),
	TEST(a_stage_has_all_its_charts),
	TEST(the_sides_are_named),
	TEST(a_stage_of_one_side_says_so),
	TEST(without_stages_there_is_a_page),
	TEST(a_sound_comparison_has_no_warning),
	TEST(what_touches_the_numbers_is_said_first),
	TEST(intervals_stand_on_their_scale),
	TEST(the_scale_has_the_threshold),
	TEST(names_stay_text),
	TEST(long_text_is_whole),
	TEST(nothing_is_fetched_or_run),
	TEST(drawings_have_titles_and_numbers),
	TEST(tables_have_headers),
	TEST(odd_numbers_are_drawn),
	TEST(the_same_comes_out_everywhere),
	TEST(text_can_be_read_on_its_ground),
	TEST(a_failure_has_a_page),
};

TEST_MAIN("html")
