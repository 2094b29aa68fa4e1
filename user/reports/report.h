/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a report is: a row of data, with small functions where data can't say it. A new report is
 * one file with such a row, and one line in table.c.
 */
#ifndef ASSAY_REPORT_H
#define ASSAY_REPORT_H

#include "core/hit.h"
#include "core/options.h"
#include "core/plan.h"
#include "core/snapshot.h"
#include "render/counts.h"
#include "render/latency.h"
#include "render/render.h"

struct report;
struct status_format;
struct waiting;

typedef void (*report_binary_fn)(void *arg, const char *path, int fd);

/* One printing: the numbers, and how they are wanted. */
struct report_view {
	struct render render;
	const struct report *report;
	const struct options *options;
	enum layout layout;		 /* the one in use, which may be the report's only one */
	const struct snapshot *snapshot; /* of the interval, or since the start */
	struct counts_state *state;	 /* lasts from one printing to the next */
	counts_alive_fn alive;		 /* whether a process is still there */
	const void *arg;		 /* of this and the functions below */
	uint64_t now;			 /* ns, CLOCK_MONOTONIC: the moment this is of */
	const char *process;		 /* of a hit: the name of its process */
	void *keep;			 /* what the report's begin() made */
	void *source;			 /* what the report's source opened */
	pid_t command;			 /* what follows `--`, held until all is live; 0: none */
	/* where a process runs (core/where.h), as far as it is known. Returns `dst` */
	char *(*where)(const void *arg, uint32_t tgid, char *dst, size_t size);
	/* the name of a process, as far as it is known; valid until the next call */
	const char *(*name)(const void *arg, uint32_t tgid);
	/* adds the starts that wait for their dones (core/waiting.h); 0 or -ENOMEM */
	int (*waiting)(const void *arg, struct waiting *waiting);
	/* the processes that are traced, in *pids (caller frees); their number */
	int (*traced)(const void *arg, uint32_t **pids);
	/* calls `fn` with each binary that is traced, open for reading; none of a recording */
	void (*binaries)(const void *arg, report_binary_fn fn, void *fn_arg);
	/* ends the run, once what is under way is printed */
	void (*stop)(const void *arg);
	void (*fail)(const void *arg); /* the run has failed; the report has said why */
};

/* Which rules a report makes for the probes that its arguments name: user/reports/wild.h. */
enum report_wild {
	WILD_NONE = 0,	  /* its rules are its own */
	WILD_COUNT = 1,	  /* counts each */
	WILD_LATENCY = 2, /* the first argument's start, the second's end */
	WILD_HITS = 3,	  /* has each hit */
};

/* What "assay help" and the man page say beyond what the table knows. Paragraphs end with \n. */
struct report_help {
	const char *about;   /* what it measures, from where to where */
	const char *columns; /* what is printed, in what unit */
	const char *hits;    /* how many probes an IO hits; NULL: it depends */
	const char *caveats; /* what to keep in mind; NULL: nothing */
};

/*
 * Where a report has its numbers from that is on the kernel's own tracepoints: BPF programs of its
 * own (user/kernel). But for open() and free() each may be NULL.
 */
struct report_source {
	const char *const *tracepoints; /* "block:block_rq_issue": what it uses, ended by NULL */
	/*
	 * Loads and attaches; nothing counts yet. What this kernel lacks is said, and left out.
	 * On failure -errno, with what was being done in `why`.
	 */
	int (*open)(const struct report_view *view, void **source, char *why, size_t why_size);
	void (*go)(void *source);		    /* from here on all counts */
	void (*stop)(void *source);		    /* from here on nothing does */
	struct fold_tables (*tables)(void *source); /* valid until it is freed */
	/* what has come; every 20 ms, if drains() says so (NULL: always), and at the end */
	void (*drain)(const struct report_view *view);
	bool (*drains)(const struct options *options);
	/* the starts that wait; of their keys, `pair` is the row. 0 or -ENOMEM */
	int (*waiting)(void *source, struct waiting *waiting);
	/* prints what has begun and not ended; NULL: as all do, from the above */
	void (*in_flight)(const struct report_view *view);
	/* what splits a row, as a text; false when not known */
	bool (*text)(void *source, uint64_t by, char *text, size_t size);
	void (*free)(void *source);
};

struct report {
	const char *name;
	const char *aliases; /* other names, separated by blanks; NULL: none */
	const char *summary; /* one line */
	struct report_help help;
	const char *args; /* the words it takes, as usage shows them; NULL: none */
	bool pid_arg;	  /* that is one process, which must be given */
	uint32_t takes;	  /* options beside those of all reports: enum options_takes */
	/* options that do not go together: -EINVAL, with which in `why`; NULL: all do */
	int (*check)(const struct options *options, char *why, size_t why_size);
	uint32_t layouts;		/* bit n: exists in that layout; 0: all */
	const struct probe_rule *rules; /* ended by a NULL provider; NULL: it has no USDT probes */
	const struct report_source *source; /* of the kernel's numbers; NULL: none */
	enum report_wild wild;
	uint32_t rows;		   /* that the rules have as groups */
	uint32_t max_by;	   /* how many values the splitting argument takes; 0 is 1 */
	bool by_process;	   /* always split by process */
	uint64_t interval;	   /* ns between prints without -i; 0: only at the end */
	uint64_t compact_interval; /* the same in compact layout, where it differs */
	uint64_t duration;	   /* ns after which it ends by itself, without -d; 0: never */
	bool waits;		   /* for what it traces, as with -Z */
	bool cumulative;	   /* each print is of all since the start */
	/*
	 * What follows `--` is a load (core/child.h): while it runs, all of the host is traced, and
	 * not only what it starts; a signal that ends the run ends it, too.
	 */
	bool load;
	/* how the numbers print: distributions, a table of counters, or a function of its own */
	const struct latency_format *latency;
	const struct latency_format *compact; /* the same in compact layout, where it differs */
	const struct counts_format *counts;
	const struct counts_format *compact_counts;
	const struct status_format *status[3]; /* of status reports, by layout */
	void (*print)(const struct report_view *view);
	/*
	 * Those that keep something from one call to the next: made before anything else, NULL when
	 * there is no memory; freed by end(), which may print what there is still to say.
	 */
	void *(*begin)(const struct report_view *view);
	void (*end)(const struct report_view *view);
	void (*tick)(const struct report_view *view); /* once a second */
	/*
	 * Reports that a person talks to: after begin(), what to read from (negative: nothing), and
	 * what is called when there is something, or when the terminal has another size.
	 */
	int (*input_fd)(const struct report_view *view);
	void (*input)(const struct report_view *view);
	/* each hit, where those are wanted */
	void (*hit)(const struct report_view *view, const struct hit_probe *probe,
		    const struct hit *hit);
};

/* Whether it traces USDT probes. */
bool report_has_probes(const struct report *report);

/* Whether an earlier rule of the report has the same probe: it is listed once. */
bool report_rule_repeats(const struct report *report, const struct probe_rule *rule);

/* "provider:probe", with why it is gone if it is, into `dst`, which is returned. */
char *report_rule_text(const struct probe_rule *rule, char *dst, size_t size);

/* The next report of the same name, for other layouts; NULL: there is none. */
const struct report *report_namesake(const struct report *report);

/* What its command line takes, that of its namesake included. */
struct options_spec report_spec(const struct report *report);

/* Prints the view as its report does. */
void report_print(const struct report_view *view);

/* Whether the report measures durations (else it counts, or shows hits). */
bool report_pairs(const struct report *report);

/* How its latencies print in a layout; NULL when it has none. */
const struct latency_format *report_latency(const struct report *report, enum layout layout);

/*
 * Of the reports that share the name, a layout each, the one that has the layout asked for, or
 * takes the process that was given; the report itself where none does.
 */
const struct report *report_meant(const struct report *report, const struct options *options);

/* The layout that is used when `wanted` is asked for, or -1 where the report has no such. */
int report_layout(const struct report *report, enum layout wanted, bool asked);

/* All reports, ended by NULL. */
extern const struct report *const reports[];

/*
 * The report of that name: exact, an alias, without an added ".d" or ".sh", or the only one that
 * begins with it. NULL when there is none, or several: *nmatches is their number, and `matches`
 * gets as many as it has room for (`max`).
 */
const struct report *report_find(const char *name, const struct report **matches, int max,
				 int *nmatches);

/* Parts of a start's key, beside the process: argument 0, and 1 where a job has several parts. */
#define KEY_JOB	    .job = 0, .sub = FOLD_FROM_NONE
#define KEY_JOB_SUB .job = 0, .sub = 1

/* One rule; a key must be given to all but counts. */
#define RULE(provider_, probe_, ...)                                            \
	{                                                                       \
		.provider = provider_, .probe = probe_, .fold = { __VA_ARGS__ } \
	}

#define RULE_COUNT(provider, probe, row) \
	RULE(provider, probe, .verb = FOLD_COUNT, .by = FOLD_FROM_NONE, .group = row)

#define RULE_START(provider, probe, number, ...) \
	RULE(provider, probe, .verb = FOLD_START, .by = FOLD_FROM_NONE, .pair = number, __VA_ARGS__)

/* The end of pair `number`, whose durations go to `row`, split by argument `by_`. */
#define RULE_DONE(provider, probe, number, row, by_, ...)                                 \
	RULE(provider, probe, .verb = FOLD_DONE, .by = by_, .pair = number, .group = row, \
	     __VA_ARGS__)

/* A start and its done; pair and row have the same number. */
#define RULES_LATENCY(provider, start, done, number, by_, ...) \
	RULE_START(provider, start, number, __VA_ARGS__),      \
		RULE_DONE(provider, done, number, number, by_, __VA_ARGS__)

#define NROWS(labels) (sizeof(labels) / sizeof((labels)[0]))

#endif
