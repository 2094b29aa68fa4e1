// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "hits.h"

/* The oldest record of a ring; NULL when there is none that is complete. */
static const struct hit_place *oldest_of(const struct hits *h, uint32_t stripe)
{
	uint64_t tail = h->rings[stripe].tail;
	size_t at = (size_t)stripe * h->places_each + (tail & (h->places_each - 1));
	const struct hit_place *place = (const struct hit_place *)(h->places + at * h->place_size);

	return __atomic_load_n(&place->turn, __ATOMIC_ACQUIRE) == tail + 1 ? place : NULL;
}

int hits_drain(const struct hits *h, uint64_t until, hits_fn fn, void *arg)
{
	int n = 0;

	/* writers may be as fast as we are: the loop has other things to do, too */
	while (n < (int)(h->stripes * h->places_each)) {
		const struct hit_place *oldest = NULL;
		uint32_t of = 0;

		for (uint32_t stripe = 0; stripe < h->stripes; stripe++) {
			const struct hit_place *place = oldest_of(h, stripe);

			if (!place || (oldest && place->hit.head.time >= oldest->hit.head.time))
				continue;
			oldest = place;
			of = stripe;
		}
		if (!oldest || oldest->hit.head.time > until)
			break;
		fn(arg, &oldest->hit, h->place_size - sizeof(oldest->turn));
		__atomic_store_n(&h->rings[of].tail, h->rings[of].tail + 1, __ATOMIC_RELEASE);
		n++;
	}
	return n;
}
