// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "help.h"
#include "version.h"

#define WIDTH  80
#define INDENT 2

static const struct {
	const char *name;
	const char *text;
} examples[] = {
#include "examples.inc"
	{ NULL, NULL },
};

/* What a run of that name once printed, from docs/examples; NULL: there is none. */
static const char *help_example(const char *name)
{
	for (int i = 0; examples[i].name; i++)
		if (!strcmp(examples[i].name, name))
			return examples[i].text;
	return NULL;
}

/* --- text or man page --- */

struct page {
	bool man;
	bool fresh; /* right behind a title */
};

/* One line of text, as man has it: a dot or quote at its beginning is no request. */
static void man_text(const char *text, size_t len)
{
	if (len && (text[0] == '.' || text[0] == '\''))
		fputs("\\&", stdout);
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\\')
			fputs("\\e", stdout);
		else if (text[i] == '-')
			fputs("\\-", stdout);
		else
			putchar(text[i]);
	}
}

static void title(struct page *page, const char *text)
{
	if (!page->man) {
		printf("\n%s\n", text);
		return;
	}
	page->fresh = true;
	printf(".SH ");
	for (; *text; text++)
		putchar(toupper((unsigned char)*text));
	putchar('\n');
}

/* A paragraph wrapped to the width, each line `indent` in. */
static void wrap(const char *text, size_t len, int indent)
{
	int column = 0;

	for (size_t i = 0; i < len;) {
		size_t word = strcspn(text + i, " \n");

		if (word > len - i)
			word = len - i;
		if (column && column + 1 + (int)word > WIDTH) {
			putchar('\n');
			column = 0;
		}
		if (!column)
			column = printf("%*s%.*s", indent, "", (int)word, text + i);
		else
			column += printf(" %.*s", (int)word, text + i);
		i += word;
		while (i < len && text[i] == ' ')
			i++;
	}
	putchar('\n');
}

/* Paragraphs, each ended by a newline. */
static void paragraphs(struct page *page, const char *text)
{
	while (text && *text) {
		size_t len = strcspn(text, "\n");

		if (page->man) {
			if (!page->fresh)
				puts(".PP");
			man_text(text, len);
			putchar('\n');
		} else {
			wrap(text, len, INDENT);
		}
		page->fresh = false;
		text += len + (text[len] == '\n');
	}
}

static void example(struct page *page, const char *text)
{
	if (page->man)
		puts(".EX");
	while (*text) {
		size_t len = strcspn(text, "\n");

		if (page->man)
			man_text(text, len);
		else
			printf(len ? "    %.*s" : "%.*s", (int)len, text);
		putchar('\n');
		text += len + (text[len] == '\n');
	}
	if (page->man)
		puts(".EE");
}

static void option_text(void *arg, int letter, const char *name, const char *value,
			const char *text)
{
	char left[64];
	int n;

	(void)arg;
	if (!name) {
		printf("  %s\n", text);
		return;
	}
	n = letter ? snprintf(left, sizeof(left), "-%c, ", letter)
		   : snprintf(left, sizeof(left), "    ");
	snprintf(left + n, sizeof(left) - n, "--%s%s%s", name, value ? "=" : "",
		 value ? value : "");
	printf("    %-26s", left);
	if (strlen(left) > 26)
		printf("\n    %-26s", "");
	printf(" %s\n", text);
}

static void option_man(void *arg, int letter, const char *name, const char *value, const char *text)
{
	if (!name) {
		if (!((struct page *)arg)->fresh)
			puts(".PP");
		((struct page *)arg)->fresh = false;
		man_text(text, strlen(text));
		putchar('\n');
		return;
	}
	puts(".TP");
	fputs(".B ", stdout);
	if (letter)
		printf("\\-%c, ", letter);
	fputs("\\-\\-", stdout);
	man_text(name, strlen(name));
	if (value) {
		putchar('=');
		man_text(value, strlen(value));
	}
	putchar('\n');
	man_text(text, strlen(text));
	putchar('\n');
}

static void options(struct page *page, const struct report *report)
{
	struct options_spec spec = report_spec(report);

	title(page, "Options");
	options_each(&spec, page->man ? option_man : option_text, page);
}

/* --- a report --- */

static void tracepoints(struct page *page, const struct report *report)
{
	if (!report->source)
		return;
	title(page, "Tracepoints");
	for (int i = 0; report->source->tracepoints[i]; i++) {
		const char *name = report->source->tracepoints[i];

		if (!page->man) {
			printf("  %s\n", name);
			continue;
		}
		fputs(i ? ".br\n" : "", stdout);
		man_text(name, strlen(name));
		putchar('\n');
	}
}

static void probes(struct page *page, const struct report *report)
{
	const char *last = "";
	char line[256];

	if (!report_has_probes(report) || !report->rules->provider)
		return;
	title(page, "Probes");
	for (const struct probe_rule *rule = report->rules; rule->provider; rule++) {
		if (report_rule_repeats(report, rule))
			continue;
		report_rule_text(rule, line, sizeof(line));
		if (page->man)
			fputs(!*last			     ? ""
			      : strcmp(last, rule->provider) ? ".PP\n"
							     : ".br\n",
			      stdout);
		if (page->man)
			man_text(line, strlen(line));
		else
			printf("  %s", line);
		putchar('\n');
		last = rule->provider;
	}
}

#define PRINTS_LATENCY                                                                               \
	"A distribution for each of these: on the left the least of a row's values, which go up to " \
	"the next row's, in nanoseconds; on the right how many there were; lightest first. With "    \
	"--summary a line each: count, mean and maximum (exact; with -i the maximum is that of "     \
	"its bucket), and percentiles, which are within 3.2 %. With --heatmap time goes to the "     \
	"right and latency up. JSON has all of it, and the exact sum, in nanoseconds.\n"

static const char *cost_of(const struct report *report)
{
	/* what is to be said of each differs, and is said there */
	if (report->takes & TAKES_KERNEL)
		return NULL;
	if (report->takes & TAKES_STATUS)
		return "Nothing is traced of an IO: each status, once a second, is copied and sent.\n";
	if (report->takes & TAKES_VOLUME)
		return "Each hit copies its text, and is then counted or paired in the kernel; nothing "
		       "is sent for each IO.\n";
	if (report->wild == WILD_HITS)
		return "Each hit is sent to assay: some 1.15 times what an empty probe costs, half a "
		       "microsecond. Nothing waits for assay: what it can't take in time is dropped "
		       "and counted.\n";
	if (report->takes & TAKES_LATENCY)
		return "Starts and dones are paired in the kernel: some 1.10 to 1.19 times what an "
		       "empty probe costs, half a microsecond. Nothing is sent for each IO.\n";
	return "Counted in the kernel: some 1.04 times what an empty probe costs, half a "
	       "microsecond. Nothing is sent for each IO.\n";
}

static void report_caveats(struct page *page, const struct report *report)
{
	if (!report->help.caveats && !(report->takes & (TAKES_LATENCY | TAKES_PROBES)))
		return;
	title(page, "Caveats");
	paragraphs(page, report->help.caveats);
	if (report->takes & TAKES_LATENCY)
		paragraphs(
			page,
			"An IO that began before the run, or has not ended when it ends, or whose "
			"process ended, is no latency: it is counted, and told at the end. --in-"
			"flight lists what has begun and not ended, oldest first.\n");
	if (report->takes & TAKES_PROBES)
		paragraphs(page,
			   "The file holds what the probes passed, texts of the traced processes "
			   "included: it is made for its owner only.\n");
}

static void man_head(const char *name)
{
	printf(".TH ");
	for (; *name; name++)
		putchar(toupper((unsigned char)*name));
	printf(" 1 \"\" \"assay %s\" \"User Commands\"\n", assay_version);
}

static void report_name(struct page *page, const struct report *report)
{
	char name[128];

	if (!page->man) {
		printf("%s: %s\n", report->name, report->summary);
		if (report->aliases)
			printf("Also: %s\n", report->aliases);
		printf("\nUsage: assay %s [OPTION...]%s%s [-- COMMAND [ARG...]]\n", report->name,
		       report->args ? " " : "", report->args ? report->args : "");
		return;
	}
	snprintf(name, sizeof(name), "assay-%s", report->name);
	man_head(name);
	title(page, "Name");
	man_text(name, strlen(name));
	fputs(" \\- ", stdout);
	man_text(report->summary, strlen(report->summary));
	putchar('\n');
	title(page, "Synopsis");
	fputs(".B assay ", stdout);
	man_text(report->name, strlen(report->name));
	printf("\n[\\fIOPTION\\fR...] %s [\\-\\- \\fICOMMAND\\fR [\\fIARG\\fR...]]\n",
	       report->args ? report->args : "");
	if (report->aliases) {
		puts(".PP\nAlso known as");
		man_text(report->aliases, strlen(report->aliases));
		puts(".");
	}
}

static void help_one(const struct report *report, bool man, bool again)
{
	const char *text = help_example(report->name);
	struct page page = { .man = man };

	if (!man || !again)
		report_name(&page, report);
	title(&page, man ? "Description" : "What it measures");
	paragraphs(&page, report->help.about);
	probes(&page, report);
	tracepoints(&page, report);
	title(&page, man ? "Output" : "What it prints");
	paragraphs(&page, report->help.columns);
	if (report->takes & TAKES_LATENCY)
		paragraphs(&page, PRINTS_LATENCY);
	options(&page, report);
	title(&page, man ? "Overhead" : "What it costs");
	paragraphs(&page, report->help.hits);
	paragraphs(&page, cost_of(report));
	report_caveats(&page, report);
	if (text) {
		title(&page, "Example");
		example(&page, text);
	}
}

void help_report(const struct report *report, bool man)
{
	const struct report *other = report_namesake(report);

	help_one(report, man, false);
	/* the same name in another layout */
	if (other && !man)
		putchar('\n');
	if (other)
		help_one(other, man, true);
	if (man)
		puts(".SH SEE ALSO\n.BR assay (1)");
}

/* --- a command --- */

static void command_name(struct page *page, const struct help_page *c)
{
	char name[128];

	if (!page->man) {
		printf("%s: %s\n\nUsage: assay %s [OPTION...]%s%s\n", c->name, c->summary, c->name,
		       c->args ? " " : "", c->args ? c->args : "");
		return;
	}
	snprintf(name, sizeof(name), "assay-%s", c->name);
	man_head(name);
	title(page, "Name");
	man_text(name, strlen(name));
	fputs(" \\- ", stdout);
	man_text(c->summary, strlen(c->summary));
	putchar('\n');
	title(page, "Synopsis");
	fputs(".B assay ", stdout);
	man_text(c->name, strlen(c->name));
	printf("\n[\\fIOPTION\\fR...] %s\n", c->args ? c->args : "");
}

void help_command_page(const struct help_page *c, bool man)
{
	const char *text = help_example(c->name);
	struct page page = { .man = man };

	command_name(&page, c);
	title(&page, man ? "Description" : "What it does");
	paragraphs(&page, c->about);
	title(&page, man ? "Output" : "What it prints");
	paragraphs(&page, c->prints);
	title(&page, "Options");
	c->each_option(man ? option_man : option_text, &page);
	if (c->costs) {
		title(&page, man ? "Overhead" : "What it costs");
		paragraphs(&page, c->costs);
	}
	if (c->caveats) {
		title(&page, "Caveats");
		paragraphs(&page, c->caveats);
	}
	if (text) {
		title(&page, "Example");
		example(&page, text);
	}
	if (man)
		puts(".SH SEE ALSO\n.BR assay (1)");
}

/* --- all of them --- */

static void entry(const struct page *page, const char *name, const char *args, const char *summary)
{
	char left[96];

	snprintf(left, sizeof(left), "%s%s%s", name, args ? " " : "", args ? args : "");
	if (page->man) {
		fputs(".TP\n.B ", stdout);
		man_text(left, strlen(left));
		putchar('\n');
		man_text(summary, strlen(summary));
		putchar('\n');
	} else if (strlen(left) > 22) {
		printf("  %s\n  %-22s %s\n", left, "", summary);
	} else {
		printf("  %-22s %s\n", left, summary);
	}
}

#define STATUSES                                                                                   \
	"Status: 0 fine, 1 failed, 2 wrong use, 3 nothing to trace. With a command its status is " \
	"ours, unless the trace failed. Of baseline, check and ab: 1 a regression, 3 could not "   \
	"measure.\n"

void help_overview(const struct help_command *commands, bool man)
{
	struct page page = { .man = man };

	if (man) {
		man_head("assay");
		puts(".SH NAME\nassay \\- Crucible's performance reports on Linux, from USDT probes");
		puts(".SH SYNOPSIS\n.B assay\n\\fIREPORT\\fR [\\fIOPTION\\fR...] [\\-\\- "
		     "\\fICOMMAND\\fR [\\fIARG\\fR...]]\n.br\n.B assay\n\\fICOMMAND\\fR "
		     "[\\fIOPTION\\fR...]");
		puts(".SH DESCRIPTION\nAttaches BPF programs to the USDT probes of Crucible's "
		     "processes, those that start later included, and prints what Crucible's DTrace "
		     "scripts print, or JSON. Each report has a page of its own: assay\\-REPORT(1).");
	} else {
		puts("Usage: assay REPORT [OPTION...] [-- COMMAND [ARG...]]\n"
		     "       assay COMMAND [OPTION...]\n\n"
		     "Crucible's performance reports, from USDT probes.");
	}
	title(&page, "Reports");
	for (int i = 0; reports[i]; i++)
		entry(&page, reports[i]->name, reports[i]->args, reports[i]->summary);
	title(&page, "Commands");
	for (const struct help_command *c = commands; c->name; c++)
		entry(&page, c->name, c->args, c->summary);
	if (man) {
		title(&page, "Exit status");
		paragraphs(&page, STATUSES);
		return;
	}
	printf("\nOptions come behind the name; \"assay help NAME\" tells all of a report.\n" STATUSES);
}

static void completion_option(void *arg, int letter, const char *name, const char *value,
			      const char *text)
{
	(void)arg;
	(void)text;
	if (letter)
		printf(" -%c", letter);
	if (name)
		printf(" --%s%s", name, value ? "=" : "");
}

static void completion_report(const struct report *report)
{
	struct options_spec spec = report_spec(report);
	const char *p = report->aliases;

	printf("\t%s", report->name);
	for (; p && *p; p += strcspn(p, " "), p += strspn(p, " "))
		printf("|%.*s", (int)strcspn(p, " "), p);
	fputs(") words=\"", stdout);
	options_each(&spec, completion_option, NULL);
	puts("\" ;;");
}

static void completion_command(const struct help_page *c)
{
	printf("\t%s) words=\"", c->name);
	c->each_option(completion_option, NULL);
	puts("\" ;;");
}

void help_completion(const struct help_command *commands)
{
	puts("# bash completion for assay; made by \"assay completion\"\n"
	     "_assay()\n{\n"
	     "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words=\n"
	     "\tlocal IFS=$' \\t\\n'\n"
	     "\tcase $prev in\n"
	     "\t-p|--pid) COMPREPLY=($(compgen -W \"$(cd /proc && echo [0-9]*)\" -- \"$cur\"))\n"
	     "\t\treturn ;;\n"
	     "\t-e|--exe|-o|--output|--record|--replay|--decode|--baseline|--junit|--markdown|--html)\n"
	     "\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n\t\treturn ;;\n"
	     "\t--layout) words=\"classic compact legacy\" ;;\n"
	     "\t--attach) words=\"auto multi events\" ;;\n"
	     "\t--annotate) words=\"github\" ;;\n"
	     "\tesac\n"
	     "\t[ -n \"$words\" ] || case ${COMP_WORDS[1]} in");
	for (int i = 0; reports[i]; i++)
		if (!report_namesake(reports[i]))
			completion_report(reports[i]);
	for (const struct help_command *c = commands; c->name; c++)
		if (c->page)
			completion_command(c->page);
	fputs("\thelp) words=\"", stdout);
	for (int i = 0; reports[i]; i++)
		if (!report_namesake(reports[i]))
			printf(" %s", reports[i]->name);
	for (const struct help_command *c = commands; c->name; c++)
		if (c->page)
			printf(" %s", c->name);
	fputs("\" ;;\n\tesac\n\t[ \"$COMP_CWORD\" -gt 1 ] || words=\"", stdout);
	for (int i = 0; reports[i]; i++)
		if (!report_namesake(reports[i]))
			printf(" %s", reports[i]->name);
	for (const struct help_command *c = commands; c->name; c++)
		printf(" %s", c->name);
	puts("\"\n\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	     "\t[[ ${COMPREPLY[0]} != *= ]] || compopt -o nospace\n}\n"
	     "complete -F _assay -o default assay");
}
