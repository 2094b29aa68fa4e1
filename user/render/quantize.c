// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <inttypes.h>
#include <string.h>

#include "core/snapshot.h"
#include "quantize.h"

#define BAR_WIDTH 40

uint64_t quantize_value(int bucket)
{
	return bucket ? UINT64_C(1) << (bucket - 1) : 0;
}

void quantize_fill(struct quantize *q, const uint64_t *buckets)
{
	memset(q, 0, sizeof(*q));
	for (int b = 0; b < FOLD_BUCKETS; b++) {
		uint64_t low = bucket_low(b);

		q->count[low ? 64 - __builtin_clzll(low) : 0] += buckets[b];
		q->total += buckets[b];
	}
}

double quantize_weight(const struct quantize *q)
{
	double weight = 0;

	for (int i = 0; i < QUANTIZE_BUCKETS; i++)
		weight += (double)quantize_value(i) * (double)q->count[i];
	return weight;
}

static void print_row(FILE *out, int64_t value, uint64_t count, uint64_t total)
{
	char bar[BAR_WIDTH + 1];
	int n = (int)((double)count * BAR_WIDTH / (double)total + 0.5);

	memset(bar, ' ', BAR_WIDTH);
	memset(bar, '@', n);
	bar[BAR_WIDTH] = '\0';
	fprintf(out, "%16" PRId64 " |%s %" PRIu64 "\n", value, bar, count);
}

void quantize_print(FILE *out, const struct quantize *q)
{
	int first = 0, last = QUANTIZE_BUCKETS - 1;

	if (!q->total)
		return;
	while (!q->count[first])
		first++;
	while (!q->count[last])
		last--;
	fprintf(out, "%16s %41s %s\n", "value", "------------- Distribution -------------",
		"count");
	/* DTrace's bucket below 0 is -1 */
	print_row(out, first ? (int64_t)quantize_value(first - 1) : -1, 0, q->total);
	for (int i = first; i <= last; i++)
		print_row(out, quantize_value(i), q->count[i], q->total);
	if (last + 1 < QUANTIZE_BUCKETS)
		print_row(out, quantize_value(last + 1), 0, q->total);
}
