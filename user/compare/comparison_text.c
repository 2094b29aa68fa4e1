// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "comparison.h"
#include "core/units.h"
#include "statistics.h"

#define NUMBER	    32 /* bytes of a formatted one */
#define INTERVAL    (2 * NUMBER + 8)
#define MOST_FACTOR 1000 /* beyond it a number says no more */

const char *verdict_text(enum verdict verdict)
{
	static const char *const texts[] = {
		[VERDICT_TOO_FEW] = "too few", [VERDICT_SAME] = "same",
		[VERDICT_FASTER] = "faster",   [VERDICT_INCONCLUSIVE] = "inconclusive",
		[VERDICT_SLOWER] = "slower",
	};

	return texts[verdict];
}

char *change_format(double change, char *text, size_t size)
{
	double factor = 1 + change;

	if (isnan(factor) || factor < 0)
		snprintf(text, size, "?");
	else if (change < 4)
		/* the sum makes no -0.0 */
		snprintf(text, size, "%+.1f %%", round(change * 1000) / 10 + 0.0);
	else if (factor <= MOST_FACTOR)
		snprintf(text, size, "x%.1f", factor);
	else
		snprintf(text, size, ">x%d", MOST_FACTOR);
	return text;
}

bool change_compared(const struct change *change)
{
	return change->verdict != VERDICT_TOO_FEW && isfinite(change->change) &&
	       isfinite(change->low) && isfinite(change->high);
}

char *interval_format(const struct change *change, char *text, size_t size)
{
	char low[NUMBER], high[NUMBER], *unit;

	text[0] = '\0';
	if (!change_compared(change))
		return text;
	change_format(change->low, low, sizeof(low));
	change_format(change->high, high, sizeof(high));
	unit = strstr(low, " %");
	if (unit && strstr(high, " %"))
		*unit = '\0';
	snprintf(text, size, "%s to %s", low, high);
	return text;
}

char *metric_format(enum metric metric, double value, char *text, size_t size)
{
	if (!isfinite(value) || value <= 0)
		snprintf(text, size, "-");
	else if (metrics[metric].more_is_better)
		snprintf(text, size, value < 999.5 ? "%.3g/s" : "%.0f/s", value);
	else
		duration_format(value < 0x1p63 ? (uint64_t)round(value) : UINT64_MAX, text, size);
	return text;
}

static const char *plural(int n)
{
	return n == 1 ? "" : "s";
}

static void say_slower(const struct comparison *c, char *text, size_t size)
{
	const struct stage_change *first = &c->stages[0];
	const struct change *change = &first->changes[first->main];
	char by[NUMBER], interval[INTERVAL], more[2 * NUMBER] = "";
	int others = c->nverdicts[VERDICT_SLOWER] - 1;

	if (others)
		snprintf(more, sizeof(more), ", and %d more stage%s", others, plural(others));
	snprintf(text, size, "REGRESSION: %s is slower: %s %s (%s)%s", first->name,
		 metrics[first->main].title, change_format(change->change, by, sizeof(by)),
		 interval_format(change, interval, sizeof(interval)), more);
}

static int runs_wanted(const struct comparison *c)
{
	int runs = 0;

	for (int i = 0; i < c->nstages * METRICS; i++) {
		const struct change *change = &c->stages[i / METRICS].changes[i % METRICS];

		runs = change->more_runs > runs ? change->more_runs : runs;
	}
	return runs;
}

static void say_inconclusive(const struct comparison *c, int compared, char *text, size_t size)
{
	char cure[2 * NUMBER] = "longer runs or a quieter machine";
	int runs = runs_wanted(c);

	if (runs < STATISTICS_MANY_RUNS)
		snprintf(cure, sizeof(cure), "%d more run%s a side", runs, plural(runs));
	snprintf(text, size,
		 "no regression found, but %d of %d stage%s can't be told apart from noise: "
		 "%s would",
		 c->nverdicts[VERDICT_INCONCLUSIVE], compared, plural(compared), cure);
}

static void say_same(const struct comparison *c, int compared, char *text, size_t size)
{
	char faster[2 * NUMBER] = "";

	if (c->nverdicts[VERDICT_FASTER])
		snprintf(faster, sizeof(faster), ", %d of them faster",
			 c->nverdicts[VERDICT_FASTER]);
	snprintf(text, size, "no regression: %d stage%s compared, %ssurely less than %g %% worse%s",
		 compared, plural(compared), compared == 1 ? "" : "each ", c->threshold * 100,
		 faster);
}

static void say_nothing(const struct comparison *c, char *text, size_t size)
{
	int na = c->series[0]->nruns, nb = c->series[1]->nruns, both = 0;

	for (int i = 0; i < c->nstages; i++)
		both += c->stages[i].stage[0] >= 0 && c->stages[i].stage[1] >= 0;
	if (na < STATISTICS_MIN_RUNS || nb < STATISTICS_MIN_RUNS)
		snprintf(text, size,
			 "nothing could be compared: it takes %d runs a side, there are %d and %d",
			 STATISTICS_MIN_RUNS, na, nb);
	else
		snprintf(text, size, "nothing could be compared: %s",
			 both ? "no stage has enough durations in every run: measure for longer"
			      : "no stage fired on both sides");
}

char *comparison_sentence(const struct comparison *c, char *text, size_t size)
{
	int compared = c->nstages - c->nverdicts[VERDICT_TOO_FEW];

	switch (c->verdict) {
	case VERDICT_SLOWER:
		say_slower(c, text, size);
		break;
	case VERDICT_INCONCLUSIVE:
		say_inconclusive(c, compared, text, size);
		break;
	case VERDICT_FASTER:
	case VERDICT_SAME:
		say_same(c, compared, text, size);
		break;
	case VERDICT_TOO_FEW:
		say_nothing(c, text, size);
		break;
	}
	return text;
}
