// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "comparison_order.h"

/*
 * Stages are inside of each other, so that one cause is seen in many of them, the less the further
 * out: what it adds is a smaller part of a longer time. The stage that surely moved most is
 * therefore the one to begin with, with two exceptions.
 *
 * Noise: a stage further in that may have moved as much (their intervals overlap) goes first, the
 * innermost of those. What is outside is slow because of what is inside, of whatever operation, as
 * operations wait for each other; hardly ever the other way round.
 *
 * Waits: a queue's time may grow by more than that of the work it waits for. A wait gives way to
 * any work that is slower, too, and is as far in or further, however far both moved.
 */

static const struct change *main_change(const struct stage_change *stage)
{
	return &stage->changes[stage->main];
}

/* How far in; at the same depth, what waits is outside of what works. */
static int place_of(const struct stage_change *stage)
{
	return 2 * (int)stage->depth + !stage->waits;
}

static bool moved_more(const struct stage_change *a, const struct stage_change *b)
{
	return !b || main_change(a)->worse_low > main_change(b)->worse_low;
}

/* The work that a wait may wait for; the wait itself when none is slower. */
static const struct stage_change *work_behind(const struct stage_change *wait,
					      const struct stage_change *stages, int n)
{
	const struct stage_change *work = NULL;

	for (int i = 0; i < n; i++)
		if (!stages[i].waits && place_of(&stages[i]) > place_of(wait) &&
		    moved_more(&stages[i], work))
			work = &stages[i];
	return work ? work : wait;
}

/* Which of `n` slower stages comes first. */
static int first_of(const struct stage_change *stages, int n)
{
	const struct stage_change *most = NULL, *first;

	for (int i = 0; i < n; i++)
		if (moved_more(&stages[i], most))
			most = &stages[i];
	if (most->waits)
		most = work_behind(most, stages, n);
	first = most;
	for (int i = 0; i < n; i++) {
		int further_in = place_of(&stages[i]) - place_of(first);

		if (main_change(&stages[i])->worse_high < main_change(most)->worse_low)
			continue;
		if (further_in > 0 || (!further_in && moved_more(&stages[i], first)))
			first = &stages[i];
	}
	return (int)(first - stages);
}

/* The greater, the earlier. */
static int class_of(const struct stage_change *stage)
{
	static const int classes[] = {
		[VERDICT_TOO_FEW] = 0,	    [VERDICT_SAME] = 1,	  [VERDICT_FASTER] = 2,
		[VERDICT_INCONCLUSIVE] = 3, [VERDICT_SLOWER] = 5,
	};

	return classes[stage->verdict] -
	       (stage->verdict == VERDICT_SLOWER && metrics[stage->main].more_is_better);
}

static int stage_compare(const void *va, const void *vb)
{
	const struct stage_change *a = va, *b = vb;
	double moved_a = fabs(main_change(a)->worse), moved_b = fabs(main_change(b)->worse);

	if (class_of(a) != class_of(b))
		return class_of(a) > class_of(b) ? -1 : 1;
	if (moved_a != moved_b)
		return moved_a > moved_b ? -1 : 1;
	return strcmp(a->name, b->name);
}

void comparison_order(struct stage_change *stages, int n)
{
	qsort(stages, n, sizeof(*stages), stage_compare);
	for (int i = 0; i < n && stages[i].verdict == VERDICT_SLOWER; i++) {
		struct stage_change first;
		int at, end = i;

		while (end < n && class_of(&stages[end]) == class_of(&stages[i]))
			end++;
		at = i + first_of(stages + i, end - i);
		first = stages[at];
		memmove(stages + i + 1, stages + i, (at - i) * sizeof(first));
		stages[i] = first;
	}
}
