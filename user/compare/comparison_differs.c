// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "comparison.h"
#include "core/units.h"

/* The same machine's memory is not always the same: kernels keep more or less for themselves. */
#define MEMORY_PERCENT 5

struct differs {
	comparison_differs_fn fn;
	void *arg;
};

static void tell(const struct differs *d, const char *what, const char *there, const char *here)
{
	char text[1024];

	/* the second value is seen, however long the first */
	snprintf(text, sizeof(text), "%s: %.*s%s there, %.*s%s here", what, 400, there,
		 strlen(there) > 400 ? "..." : "", 400, here, strlen(here) > 400 ? "..." : "");
	d->fn(d->arg, text);
}

static void compare_text(const struct differs *d, const char *what, const char *a, const char *b)
{
	a = a && *a ? a : "unknown";
	b = b && *b ? b : "unknown";
	if (strcmp(a, b))
		tell(d, what, a, b);
}

static void compare_bool(const struct differs *d, const char *what, bool a, bool b, const char *yes,
			 const char *no)
{
	if (a != b)
		tell(d, what, a ? yes : no, b ? yes : no);
}

/* Of 0, `zero` is said. */
static void compare_duration(const struct differs *d, const char *what, uint64_t a, uint64_t b,
			     const char *zero)
{
	char there[32], here[32];

	if (a != b)
		tell(d, what, a ? duration_format(a, there, sizeof(there)) : zero,
		     b ? duration_format(b, here, sizeof(here)) : zero);
}

static bool holds(char *const *list, int n, const char *text)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(list[i], text))
			return true;
	return false;
}

static bool holds_all(char *const *list, int n, char *const *texts, int ntexts)
{
	for (int i = 0; i < ntexts; i++)
		if (!holds(list, n, texts[i]))
			return false;
	return true;
}

static void join(char *text, size_t size, char *const *list, int n)
{
	size_t used = 0;

	snprintf(text, size, "all");
	for (int i = 0; i < n && used < size; i++)
		used += snprintf(text + used, size - used, "%s%s", i ? ", " : "", list[i]);
}

/* In any order; none is all. */
static void compare_list(const struct differs *d, const char *what, char *const *a, int na,
			 char *const *b, int nb)
{
	char there[512], here[512];

	if (holds_all(a, na, b, nb) && holds_all(b, nb, a, na))
		return;
	join(there, sizeof(there), a, na);
	join(here, sizeof(here), b, nb);
	tell(d, what, there, here);
}

static void compare_memory(const struct differs *d, uint64_t a, uint64_t b)
{
	uint64_t less = a < b ? a : b, more = a < b ? b : a;
	char there[32], here[32];

	if (more - less <= more / 100 * MEMORY_PERCENT)
		return;
	snprintf(there, sizeof(there), "%.1f GiB", (double)a / (1 << 30));
	snprintf(here, sizeof(here), "%.1f GiB", (double)b / (1 << 30));
	tell(d, "memory", a ? there : "unknown", b ? here : "unknown");
}

static void compare_hosts(const struct differs *d, const struct series_host *a,
			  const struct series_host *b)
{
	char there[16], here[16];

	compare_text(d, "host", a->name, b->name);
	compare_text(d, "machine", a->machine, b->machine);
	compare_text(d, "CPU", a->cpu, b->cpu);
	if (a->cpus != b->cpus) {
		snprintf(there, sizeof(there), "%" PRIu32, a->cpus);
		snprintf(here, sizeof(here), "%" PRIu32, b->cpus);
		tell(d, "number of CPUs", there, here);
	}
	compare_memory(d, a->memory, b->memory);
	compare_text(d, "kernel", a->kernel, b->kernel);
}

void comparison_differs(const struct series *a, const struct series *b, comparison_differs_fn fn,
			void *arg)
{
	const struct series_settings *there = &a->settings, *here = &b->settings;
	struct differs d = { fn, arg };

	compare_hosts(&d, &a->host, &b->host);
	compare_bool(&d, "command", there->command, here->command, "one", "none");
	compare_duration(&d, "duration of a run", there->duration, here->duration,
			 "as long as the command");
	compare_duration(&d, "window", there->window, here->window, "none");
	compare_duration(&d, "warm-up", there->warmup, here->warmup, "none");
	compare_list(&d, "stages", there->stages, there->nstages, here->stages, here->nstages);
	compare_list(&d, "devices", there->devices, there->ndevices, here->devices, here->ndevices);
	compare_bool(&d, "disks", there->no_disks, here->no_disks, "not measured", "measured");
}
