// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <stdio.h>
#include <string.h>

#include "perfetto_rules.h"

#define UP	   .provider = "crucible_upstairs"
#define DOWN	   .provider = "crucible_downstairs"

#define BY(a, b)   .key = { a, b }
#define BY_FIRST   BY(0, PERFETTO_KEY_NONE)
#define NAMED(...) .args = { __VA_ARGS__ }

#define JOB	   PERFETTO_ARG_JOB
#define CLIENT	   PERFETTO_ARG_CLIENT
#define EXTENT	   PERFETTO_ARG_EXTENT
#define BLOCKS	   PERFETTO_ARG_BLOCKS

/*
 * The first rule that fits counts. The network probes do not know all operations: for the others
 * the client's slice is the step of the flow.
 */
/* clang-format off */
static const struct perfetto_rule rules[] = {
	{ UP, "volume-*", .track = "volume", .rank = 10, BY(0, 1),
	  NAMED(PERFETTO_ARG_COUNTER, PERFETTO_ARG_UUID) },
	{ UP, "reqwest-*", .track = "reqwest", .rank = 11, BY(0, 1),
	  NAMED(PERFETTO_ARG_COUNTER, PERFETTO_ARG_UUID) },
	{ UP, "gw-write-deps", .track = "write dependencies", .rank = 14, BY_FIRST,
	  NAMED(PERFETTO_ARG_ACTIVE, PERFETTO_ARG_DEPENDENCIES) },
	{ UP, "gw-*", .track = "gateway", .rank = 12, .role = PERFETTO_ROLE_GATEWAY, BY_FIRST,
	  NAMED(JOB, EXTENT) },
	{ UP, "up-to-ds-*", .track = "to downstairs", .rank = 13, BY_FIRST, NAMED(JOB) },
	{ UP, "ds-ping-sent", .track = "client %u", .rank = 20, BY(0, 1),
	  NAMED(PERFETTO_ARG_COUNTER, CLIENT) },
	{ UP, "ds-barrier-client", .slice = "barrier", .track = "client %u", .rank = 20,
	  .role = PERFETTO_ROLE_NET, BY(0, 1), NAMED(JOB, CLIENT) },
	{ UP, "ds-*-client", .track = "client %u", .rank = 20, .role = PERFETTO_ROLE_CLIENT,
	  BY(0, 1), NAMED(JOB, CLIENT) },
	{ UP, "ds-*-net", .track = "client %u net", .rank = 21, .role = PERFETTO_ROLE_NET,
	  BY(0, 1), NAMED(JOB, CLIENT) },
	{ UP, "ds-*", .track = "client %u", .rank = 20, .role = PERFETTO_ROLE_NET, BY(0, 1),
	  NAMED(JOB, CLIENT, EXTENT) },
	{ UP, "extent-*", .track = "extents", .rank = 40, BY_FIRST, NAMED(EXTENT) },
	{ UP, "up-status", .track = "status", .rank = 41, BY_FIRST,
	  NAMED(PERFETTO_ARG_KIND, PERFETTO_ARG_STATUS) },
	{ UP, "up-*", .track = "loop", .rank = 42, BY_FIRST, NAMED(PERFETTO_ARG_COUNTER) },

	{ DOWN, "submit-el-flush-close", .pair = "submit-el-close", .slice = "flush-close",
	  .track = "submit", .rank = 10, .role = PERFETTO_ROLE_SUBMIT, BY_FIRST, NAMED(JOB) },
	{ DOWN, "submit-el-reopen", .pair = "submit-el", .slice = "reopen",
	  .track = "submit", .rank = 10, .role = PERFETTO_ROLE_SUBMIT, BY_FIRST, NAMED(JOB) },
	{ DOWN, "submit-el-noop", .pair = "submit-el", .slice = "noop",
	  .track = "submit", .rank = 10, .role = PERFETTO_ROLE_SUBMIT, BY_FIRST, NAMED(JOB) },
	{ DOWN, "submit-el", .track = "submit", .rank = 10, .role = PERFETTO_ROLE_SUBMIT,
	  BY_FIRST, NAMED(JOB) },
	{ DOWN, "submit-el-*", .track = "submit", .rank = 10, .role = PERFETTO_ROLE_SUBMIT,
	  BY_FIRST, NAMED(JOB) },
	{ DOWN, "submit-*", .track = "submit", .rank = 10, .role = PERFETTO_ROLE_SUBMIT,
	  BY_FIRST, NAMED(JOB) },
	{ DOWN, "work-process", .pair = "work", .slice = "work", .track = "work", .rank = 11,
	  .step = true, BY_FIRST, NAMED(JOB) },
	{ DOWN, "work", .slice = "queued", .track = "work", .rank = 11, BY_FIRST, NAMED(JOB) },
	{ DOWN, "os-*", .track = "os", .rank = 12, BY_FIRST, NAMED(JOB) },
	{ DOWN, "extent-set-block-contexts-write-count", .slice = "set-block-contexts",
	  .group = "extents", .rank = 13, BY_FIRST, NAMED(EXTENT, BLOCKS) },
	{ DOWN, "extent-context-truncate", .slice = "context-truncate", .group = "extents",
	  .rank = 13, BY(PERFETTO_KEY_THREAD, PERFETTO_KEY_NONE),
	  NAMED(PERFETTO_ARG_DELETIONS) },
	{ DOWN, "extent-flush-collect-hashes", .slice = "flush-collect-hashes",
	  .group = "extents", .rank = 13, BY(0, 1),
	  NAMED(JOB, EXTENT, PERFETTO_ARG_REHASHED) },
	{ DOWN, "extent-flush", .slice = "flush", .group = "extents", .rank = 13, BY(0, 1),
	  NAMED(JOB, EXTENT, PERFETTO_ARG_DIRTY) },
	{ DOWN, "extent-write-raw-context-insert", .slice = "write-raw-context-insert",
	  .group = "extents", .rank = 13, BY(0, 1), NAMED(JOB, EXTENT, PERFETTO_ARG_SIZE) },
	{ DOWN, "extent-*", .group = "extents", .rank = 13, BY(0, 1), NAMED(JOB, EXTENT, BLOCKS) },

	{ NULL, "*", .rank = 50, BY(PERFETTO_KEY_GUESS, PERFETTO_KEY_NONE) },
};
/* clang-format on */

static const struct {
	const char *text;
	enum perfetto_verb verb;
	bool by_thread;
} suffixes[] = {
	{ "-start", PERFETTO_BEGIN, false },  { "-done", PERFETTO_END, false },
	{ "__start", PERFETTO_BEGIN, false }, { "__done", PERFETTO_END, false },
	{ "-begin", PERFETTO_BEGIN, false },  { "-end", PERFETTO_END, false },
	{ "__begin", PERFETTO_BEGIN, false }, { "__end", PERFETTO_END, false },
	{ "-entry", PERFETTO_BEGIN, true },   { "-return", PERFETTO_END, true },
	{ "__entry", PERFETTO_BEGIN, true },  { "__return", PERFETTO_END, true },
};

static const char *const arg_names[PERFETTO_ARG_MAX] = {
	[PERFETTO_ARG_UNNAMED] = "",
	[PERFETTO_ARG_JOB] = "job",
	[PERFETTO_ARG_CLIENT] = "client",
	[PERFETTO_ARG_EXTENT] = "extent",
	[PERFETTO_ARG_BLOCKS] = "blocks",
	[PERFETTO_ARG_COUNTER] = "counter",
	[PERFETTO_ARG_UUID] = "uuid",
	[PERFETTO_ARG_DIRTY] = "dirty",
	[PERFETTO_ARG_REHASHED] = "rehashed",
	[PERFETTO_ARG_DELETIONS] = "deletions",
	[PERFETTO_ARG_SIZE] = "size",
	[PERFETTO_ARG_ACTIVE] = "active",
	[PERFETTO_ARG_DEPENDENCIES] = "dependencies",
	[PERFETTO_ARG_KIND] = "kind",
	[PERFETTO_ARG_STATUS] = "status",
	[PERFETTO_ARG_UNFINISHED] = "unfinished",
	[PERFETTO_ARG_THREAD] = "thread",
	[PERFETTO_ARG_FIRST] = "arg0",
	"arg1",
	"arg2",
	"arg3",
	"arg4",
	"arg5",
	"arg6",
	"arg7",
	[PERFETTO_ARG_DONE] = "done_arg0",
	"done_arg1",
	"done_arg2",
	"done_arg3",
	"done_arg4",
	"done_arg5",
	"done_arg6",
	"done_arg7",
};

const char *perfetto_arg_name(enum perfetto_arg arg)
{
	return arg_names[arg];
}

/* Cuts what says start or done off `stem` and returns the verb. */
static enum perfetto_verb cut_suffix(char *stem, bool *by_thread)
{
	size_t len = strlen(stem);

	*by_thread = false;
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		size_t n = strlen(suffixes[i].text);

		if (len <= n || strcmp(stem + len - n, suffixes[i].text))
			continue;
		stem[len - n] = '\0';
		*by_thread = suffixes[i].by_thread;
		return suffixes[i].verb;
	}
	return PERFETTO_INSTANT;
}

/* Whether `stem` fits; then what the * stands for, or all of it, is in `op`. */
static bool fits(const char *pattern, const char *stem, char op[PERFETTO_NAME_MAX])
{
	const char *star = strchr(pattern, '*');
	size_t len = strlen(stem), head, tail;

	if (!star) {
		snprintf(op, PERFETTO_NAME_MAX, "%s", stem);
		return !strcmp(pattern, stem);
	}
	head = (size_t)(star - pattern);
	tail = strlen(star + 1);
	if (len <= head + tail || memcmp(stem, pattern, head) ||
	    memcmp(stem + len - tail, star + 1, tail))
		return false;
	snprintf(op, PERFETTO_NAME_MAX, "%.*s", (int)(len - head - tail), stem + head);
	return true;
}

void perfetto_classify(const char *provider, const char *name, struct perfetto_what *what)
{
	const struct perfetto_rule *rule = rules;
	char stem[PERFETTO_NAME_MAX], op[PERFETTO_NAME_MAX];

	snprintf(stem, sizeof(stem), "%s", name);
	what->verb = cut_suffix(stem, &what->by_thread);
	/* the last rule fits any but the empty name */
	while (rule < &rules[sizeof(rules) / sizeof(rules[0]) - 1] &&
	       ((rule->provider && strcmp(rule->provider, provider)) ||
		!fits(rule->name, stem, op)))
		rule++;
	if (!rule->provider)
		snprintf(op, sizeof(op), "%s", stem);
	if (rule->step && what->verb == PERFETTO_INSTANT)
		what->verb = PERFETTO_STEP;
	what->rule = rule;
	snprintf(what->pair, sizeof(what->pair), "%s", rule->pair ? rule->pair : stem);
	snprintf(what->slice, sizeof(what->slice), "%s", rule->slice ? rule->slice : op);
}
