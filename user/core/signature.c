// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "signature.h"

#define UP   "crucible_upstairs"
#define DOWN "crucible_downstairs"

/* From Crucible's source of August 2026; the first that matches counts. */
static const struct signature signatures[] = {
	{ UP, "up-status", "name* status*" },
	{ UP, "volume-*", "counter volume*" },
	{ UP, "reqwest-read-*", "counter volume*" },
	{ UP, "gw-write-deps", "jobs deps" },
	{ UP, "gw-close-*", "job extent" },
	{ UP, "gw-repair-*", "job extent" },
	{ UP, "gw-reopen-*", "job extent" },
	{ UP, "gw-*", "job" },
	{ UP, "up-to-ds-*", "job" },
	{ UP, "ds-ping-sent", "count client" },
	{ UP, "ds-*", "job client extent" },
	{ UP, "extent-or-*", "extent" },
	{ UP, "up-*", "count" },
	{ DOWN, "extent-context-truncate-*", "deletions" },
	{ DOWN, "extent-set-block-contexts-write-count", "extent blocks" },
	{ DOWN, "extent-flush-start", "job extent dirty" },
	{ DOWN, "extent-flush-collect-hashes-done", "job extent rehashed" },
	{ DOWN, "extent-write-raw-context-insert-*", "job extent size" },
	{ DOWN, "extent-*", "job extent blocks" },
	{ DOWN, "*", "job" },
};

/* Probes that reports know and no build for Linux has had. */
static const struct {
	const char *provider, *probe, *why;
} gone[] = {
	{ UP, "up-to-ds-*-done", "gone since November 2024" },
	{ UP, "extent-or-*", "declared, but fired nowhere" },
};

const char *signature_gone(const char *provider, const char *probe)
{
	for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
		if (!strcmp(gone[i].provider, provider) && !fnmatch(gone[i].probe, probe, 0))
			return gone[i].why;
	return NULL;
}

const struct signature *signature_find(const char *provider, const char *probe)
{
	for (size_t i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++)
		if (!strcmp(signatures[i].provider, provider) &&
		    !fnmatch(signatures[i].probe, probe, 0))
			return &signatures[i];
	return NULL;
}

/* The word of that number, its length in *len; NULL when there are fewer. */
static const char *word(const char *words, int n, int *len)
{
	for (; *words; words += strspn(words, " ")) {
		*len = (int)strcspn(words, " ");
		if (!n--)
			return words;
		words += *len;
	}
	return NULL;
}

int signature_count(const struct signature *s)
{
	int n = 0, len;

	while (s && word(s->args, n, &len))
		n++;
	return n;
}

uint8_t signature_texts(const struct signature *s)
{
	uint8_t texts = 0;
	const char *name;
	int len;

	for (int n = 0; s && n < FOLD_MAX_ARGS && (name = word(s->args, n, &len)); n++)
		if (name[len - 1] == '*')
			texts |= 1 << n;
	return texts;
}

const char *signature_name(const struct signature *s, int n, int *len)
{
	const char *name = s ? word(s->args, n, len) : NULL;
	static char number[16];

	if (name) {
		*len -= name[*len - 1] == '*';
		return name;
	}
	*len = snprintf(number, sizeof(number), "arg%d", n);
	return number;
}

int signature_index(const struct signature *s, const char *name)
{
	const char *other;
	int len;

	for (int n = 0; s && (other = word(s->args, n, &len)); n++) {
		len -= other[len - 1] == '*';
		if (strlen(name) == (size_t)len && !strncmp(other, name, len))
			return n;
	}
	return -1;
}
