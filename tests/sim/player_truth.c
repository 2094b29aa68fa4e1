// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Which start a done of the script belongs to: the oldest one of the same name and keys. */
#include <stdlib.h>
#include <string.h>

#include "player.h"
#include "truth.h"
#include "util.h"

#define BUCKETS 4096

struct pending {
	struct pending *next;
	char *name; /* without -start */
	uint64_t key[2];
	int64_t sub;
	uint64_t start;
};

static struct pending *buckets[BUCKETS];

/* Names outlive the run: the truth keeps pointers to them. */
static char *names[PROBE_MAX];

static bool ends_with(const char *s, const char *tail)
{
	size_t a = strlen(s), b = strlen(tail);

	return a > b && !strcmp(s + a - b, tail);
}

/* A live repair's jobs share their dones: submit-el-done ends any of them, by the job alone. */
static bool is_el(const char *name)
{
	return !strncmp(name, "submit-el-", 10);
}

static uint64_t key_arg(int probe, const struct step_arg *args, uint64_t index, int n)
{
	const char *shape = probe_table[probe].shape;

	if (!strcmp(shape, "NONE") || (int)strlen(shape) <= n || shape[n] == 'N' || args[n].text)
		return 0;
	return args[n].value + (args[n].index ? index : 0);
}

static bool has_sub(int probe)
{
	const char *shape = probe_table[probe].shape;

	return shape[0] == 'J' && (shape[1] == 'C' || shape[1] == 'E');
}

static void pair_start(int probe, const uint64_t key[2], uint64_t when)
{
	struct pending *p = util_alloc(1, sizeof(*p)), **at = &buckets[key[0] % BUCKETS];

	if (!names[probe]) {
		names[probe] = strdup(probe_table[probe].name);
		names[probe][strlen(names[probe]) - strlen("-start")] = '\0';
	}
	p->name = names[probe];
	p->key[0] = key[0];
	p->key[1] = key[1];
	p->sub = has_sub(probe) ? (int64_t)key[1] : TRUTH_NO_SUB;
	p->start = when;
	while (*at)
		at = &(*at)->next;
	*at = p;
}

static void pair_done(const char *name, const uint64_t key[2], uint64_t when)
{
	size_t len = strlen(name) - strlen("-done");

	for (struct pending **at = &buckets[key[0] % BUCKETS]; *at; at = &(*at)->next) {
		struct pending *p = *at;
		bool same = strlen(p->name) == len && !strncmp(p->name, name, len);

		if (is_el(name))
			same = is_el(p->name);
		if (!same || p->key[0] != key[0] || p->key[1] != key[1])
			continue;
		truth_add(p->name, key[0], p->sub, p->start, when);
		*at = p->next;
		free(p);
		return;
	}
}

void pairs_fired(int probe, const struct step_arg *args, uint64_t index, uint64_t when)
{
	const char *name = probe_table[probe].name;
	uint64_t key[2] = { key_arg(probe, args, index, 0), key_arg(probe, args, index, 1) };

	if (ends_with(name, "-start"))
		pair_start(probe, key, when);
	else if (ends_with(name, "-done"))
		pair_done(name, key, when);
}

void pairs_free(void)
{
	for (int i = 0; i < BUCKETS; i++) {
		while (buckets[i]) {
			struct pending *next = buckets[i]->next;

			free(buckets[i]);
			buckets[i] = next;
		}
	}
	for (int i = 0; i < PROBE_MAX; i++)
		free(names[i]);
}
