// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <string.h>

#include "report.h"

extern const struct report report_perfgw;
extern const struct report report_tracegw;

const struct report *const reports[] = {
	&report_perfgw,
	&report_tracegw,
	NULL,
};

bool report_pairs(const struct report *report)
{
	for (const struct probe_rule *rule = report->rules; rule->provider; rule++)
		if (rule->fold.verb == FOLD_DONE)
			return true;
	return false;
}

/* `len` without a script's ending. */
static size_t bare_length(const char *name)
{
	static const char *const endings[] = { ".d", ".sh" };
	size_t len = strlen(name);

	for (int i = 0; i < 2; i++) {
		size_t n = strlen(endings[i]);

		if (len > n && !strcmp(name + len - n, endings[i]))
			return len - n;
	}
	return len;
}

static bool has_alias(const struct report *report, const char *name, size_t len)
{
	const char *p = report->aliases;

	while (p && *p) {
		size_t n = strcspn(p, " ");

		if (n == len && !strncmp(p, name, n))
			return true;
		p += n;
		p += strspn(p, " ");
	}
	return false;
}

const struct report *report_find(const char *name, const struct report **matches, int max,
				 int *nmatches)
{
	size_t len = bare_length(name);

	*nmatches = 0;
	for (int i = 0; reports[i]; i++) {
		if ((strlen(reports[i]->name) == len && !strncmp(reports[i]->name, name, len)) ||
		    has_alias(reports[i], name, len)) {
			*nmatches = 0;
			return reports[i];
		}
		if (!len || strncmp(reports[i]->name, name, len))
			continue;
		if (*nmatches < max)
			matches[*nmatches] = reports[i];
		++*nmatches;
	}
	return *nmatches == 1 ? matches[0] : NULL;
}
