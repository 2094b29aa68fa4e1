// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/report.h"
#include "stages.h"

#define UP   "crucible_upstairs"
#define DOWN "crucible_downstairs"

/*
 * All stages: number, name, what it is, depth, whether it waits, the argument that splits it,
 * provider, the probes at its start and its end, and what a start and its done have in common.
 * Pairs and rows have the stage's number, so that a run may have any of them and leave out the
 * others.
 */
#define STAGES(X)                                                                             \
	GUEST(X, READ, "read", "a read of the guest's, to the first downstairs' answer")      \
	GUEST(X, WRITE, "write", "a write of the guest's, to the second downstairs' answer")  \
	GUEST(X, UNWRITTEN, "write-unwritten",                                                \
	      "a write to unwritten blocks of the guest's, to the second downstairs' answer") \
	GUEST(X, FLUSH, "flush", "a flush of the guest's, to the second downstairs' answer")  \
	GUEST(X, BARRIER, "barrier", "a barrier, to the last downstairs' answer")             \
	GUEST(X, NOOP, "noop", "a live repair's empty job, to the last downstairs' answer")   \
	GUEST(X, CLOSE, "close", "a live repair's close of an extent")                        \
	GUEST(X, REPAIR, "repair", "a live repair's copy of an extent")                       \
	GUEST(X, REOPEN, "reopen", "a live repair's reopening of an extent")                  \
	QUEUE(X, READ, "read", "a read")                                                      \
	QUEUE(X, WRITE, "write", "a write")                                                   \
	QUEUE(X, UNWRITTEN, "write-unwritten", "a write to unwritten blocks")                 \
	QUEUE(X, FLUSH, "flush", "a flush")                                                   \
	NET(X, READ, "read", "a read")                                                        \
	NET(X, WRITE, "write", "a write")                                                     \
	NET(X, UNWRITTEN, "write-unwritten", "a write to unwritten blocks")                   \
	NET(X, FLUSH, "flush", "a flush")                                                     \
	JOB(X, READ, "read", "read", "a read")                                                \
	JOB(X, WRITE, "write", "write", "a write")                                            \
	JOB(X, UNWRITTEN, "write-unwritten", "writeunwritten", "a write to unwritten blocks") \
	JOB(X, FLUSH, "flush", "flush", "a flush")                                            \
	EXTENT(X, EXTENT_FLUSH, "flush", "an extent's flush")                                 \
	STEP(X, EXTENT_FLUSH_FILE, "flush-file", "the fsync in an extent's flush")            \
	STEP(X, EXTENT_FLUSH_HASHES, "flush-collect-hashes", "hashing in an extent's flush")  \
	STEP(X, EXTENT_FLUSH_SQLITE, "flush-sqlite-insert", "SQLite in an extent's flush")    \
	EXTENT(X, EXTENT_WRITE, "write", "an extent's write")                                 \
	STEP(X, EXTENT_WRITE_FILE, "write-file", "writing the file in an extent's write")     \
	STEP(X, EXTENT_WRITE_HASHES, "write-get-hashes", "hashing in an extent's write")      \
	STEP(X, EXTENT_WRITE_SQLITE, "write-sqlite-insert", "SQLite in an extent's write")    \
	EXTENT(X, EXTENT_READ, "read", "an extent's read")                                    \
	STEP(X, EXTENT_READ_FILE, "read-file", "reading the file in an extent's read")        \
	STEP(X, EXTENT_READ_CONTEXTS, "read-get-contexts", "contexts in an extent's read")

#define GUEST(X, number, op, text)                                                   \
	X(GUEST_##number, "guest-" op, text, STAGE_GUEST, WORKS, FOLD_FROM_NONE, UP, \
	  "gw-" op "-start", "gw-" op "-done", KEY_JOB)
#define QUEUE(X, number, op, what)                                                               \
	X(QUEUE_##number, "to-downstairs-" op, what " until it is queued for the downstairs",    \
	  STAGE_UPSTAIRS, WAITS, FOLD_FROM_NONE, UP, "gw-" op "-start", "up-to-ds-" op "-start", \
	  KEY_JOB)
#define NET(X, number, op, what)                                                        \
	X(NET_##number, "net-" op, what " over the network to its downstairs and back", \
	  STAGE_NETWORK, WORKS, 1, UP, "ds-" op "-net-start", "ds-" op "-net-done", KEY_JOB_SUB)
/* A job in a downstairs, and its three parts. */
#define JOB(X, number, op, probe, what)                                                           \
	PART(X, JOB_##number, "downstairs-" op, what " in a downstairs", STAGE_DOWNSTAIRS, WORKS, \
	     "submit-" probe "-start", "submit-" probe "-done")                                   \
	PART(X, WAIT_##number, "downstairs-" op "-queue",                                         \
	     what " in a downstairs before its files", STAGE_PART, WAITS,                         \
	     "submit-" probe "-start", "os-" probe "-start")                                      \
	PART(X, OS_##number, "downstairs-" op "-os", what " in a downstairs' files", STAGE_PART,  \
	     WORKS, "os-" probe "-start", "os-" probe "-done")                                    \
	PART(X, ACK_##number, "downstairs-" op "-ack", what " in a downstairs behind its files",  \
	     STAGE_PART, WORKS, "os-" probe "-done", "submit-" probe "-done")
#define PART(X, number, name, text, depth, waits, start, done) \
	X(number, name, text, depth, waits, FOLD_FROM_NONE, DOWN, start, done, KEY_JOB)
#define EXTENT(X, number, step, text) EXTENT_OF(X, number, step, text, STAGE_EXTENT)
#define STEP(X, number, step, text)   EXTENT_OF(X, number, step, text, STAGE_EXTENT_STEP)
#define EXTENT_OF(X, number, step, text, depth)                             \
	X(number, "extent-" step, text, depth, WORKS, FOLD_FROM_NONE, DOWN, \
	  "extent-" step "-start", "extent-" step "-done", KEY_JOB_SUB)

#define WAITS		    true
#define WORKS		    false

#define NUMBER(number, ...) number,
#define ENTRY(number, name, text, depth, waits, by, ...) \
	[number] = { name, text, depth, waits, (by) == 1 },
#define RULES(number, name, text, depth, waits, by, provider, start, done, ...) \
	RULES_LATENCY(provider, start, done, number, by, __VA_ARGS__),

enum { STAGES(NUMBER) NSTAGES };

const struct stage stages[] = { STAGES(ENTRY) };
const int nstages = NSTAGES;
const struct probe_rule stage_rules[] = { STAGES(RULES){ 0 } };

/* --- the block layer's --- */

static const struct {
	const char *name, *text;
} disk_ops[BLOCK_OPS] = {
	[BLOCK_READ] = { "read", "a read" },
	[BLOCK_WRITE] = { "write", "a write" },
	[BLOCK_FLUSH] = { "flush", "a flush" },
	[BLOCK_DISCARD] = { "discard", "a discard" },
	[BLOCK_ZEROES] = { "zeroes", "a write of zeroes" },
	[BLOCK_OTHER] = { "other", "a request of another kind" },
};

static const struct {
	const char *name, *text;
	bool waits;
} disk_parts[BLOCK_BYTES] = {
	[BLOCK_QUEUED] = { "queued", "queued for a disk", WAITS },
	[BLOCK_ISSUED] = { "device", "at a disk", WORKS },
};

char *stage_disk_name(enum block_op op, enum block_what what, const char *device, char *dst,
		      size_t size)
{
	snprintf(dst, size, "disk-%s-%s%s%s%s", disk_ops[op].name, disk_parts[what].name,
		 device ? "[" : "", device ? device : "", device ? "]" : "");
	return dst;
}

/* --- by name --- */

/* Where the name has what the stage is of: "[1]", or its end. */
static size_t bare_length(const char *name)
{
	return strcspn(name, "[");
}

static const struct stage *find(const char *name)
{
	for (int i = 0; i < nstages; i++)
		if (strlen(stages[i].name) == bare_length(name) &&
		    !strncmp(stages[i].name, name, bare_length(name)))
			return &stages[i];
	return NULL;
}

/* Of the block layer's stages: whether the bare name is one. */
static bool find_disk(const char *name, enum block_op *op, enum block_what *what)
{
	char disk[64];

	for (int i = 0; i < BLOCK_OPS * BLOCK_BYTES; i++) {
		*op = i / BLOCK_BYTES;
		*what = i % BLOCK_BYTES;
		stage_disk_name(*op, *what, NULL, disk, sizeof(disk));
		if (strlen(disk) == bare_length(name) && !strncmp(disk, name, bare_length(name)))
			return true;
	}
	return false;
}

enum stage_depth stage_depth_of(const char *name)
{
	const struct stage *stage = find(name);
	enum block_what what;
	enum block_op op;

	if (stage)
		return stage->depth;
	return find_disk(name, &op, &what) ? STAGE_DISK : STAGE_UNKNOWN;
}

bool stage_waits(const char *name)
{
	const struct stage *stage = find(name);
	enum block_what what;
	enum block_op op;

	if (stage)
		return stage->waits;
	return find_disk(name, &op, &what) && disk_parts[what].waits;
}

char *stage_text(const char *name, char *dst, size_t size)
{
	const struct stage *stage = find(name);
	const char *of = name + bare_length(name);
	int len = *of ? (int)strlen(++of) : 0;
	enum block_what what;
	enum block_op op;

	if (len && of[len - 1] == ']')
		len--;
	if (stage)
		snprintf(dst, size, "%s%s%.*s", stage->text, len ? ", of client " : "", len, of);
	else if (find_disk(name, &op, &what))
		snprintf(dst, size, "%s %s%s%.*s", disk_ops[op].text, disk_parts[what].text,
			 len ? ": " : "", len, of);
	else
		snprintf(dst, size, "%s", name);
	return dst;
}

/* --- those that are wanted --- */

bool stage_is_wanted(const char *name, const char *const *patterns, int n)
{
	for (int i = 0; i < n; i++)
		if (!fnmatch(patterns[i], name, 0))
			return true;
	return !n;
}

bool stage_matches(const char *pattern)
{
	char disk[64];

	for (int i = 0; i < nstages; i++)
		if (stage_is_wanted(stages[i].name, &pattern, 1))
			return true;
	for (int i = 0; i < BLOCK_OPS * BLOCK_BYTES; i++)
		if (stage_is_wanted(stage_disk_name(i / BLOCK_BYTES, i % BLOCK_BYTES, NULL, disk,
						    sizeof(disk)),
				    &pattern, 1))
			return true;
	return false;
}

struct probe_rule *stage_rules_of(const char *const *patterns, int n)
{
	/* with the empty one that ends them */
	struct probe_rule *rules = calloc(NROWS(stage_rules), sizeof(*rules));
	int nrules = 0;

	for (const struct probe_rule *rule = stage_rules; rules && rule->provider; rule++)
		if (stage_is_wanted(stages[rule->fold.pair].name, patterns, n))
			rules[nrules++] = *rule;
	if (rules && nrules)
		return rules;
	if (rules)
		errno = ENOENT;
	free(rules);
	return NULL;
}
