// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "waiting.h"

int waiting_add(struct waiting *w, const struct fold_key *key, const struct fold_starts *starts,
		int n)
{
	for (int i = 0; i < n && i < FOLD_FIFO; i++) {
		if (w->n == w->room) {
			int room = w->room ? w->room * 2 : 64;
			struct waiting_start *all =
				reallocarray(w->starts, room, sizeof(*w->starts));

			if (!all)
				return -ENOMEM;
			w->starts = all;
			w->room = room;
		}
		w->starts[w->n++] = (struct waiting_start){ *key, starts->time[i] };
	}
	return 0;
}

/* A copy of a slot that nobody was writing to; false when there is none to be had. */
static bool slot_read(const struct fold_slot *slot, struct fold_slot *copy)
{
	struct fold_slot again;

	for (int i = 0; i < 16; i++) {
		memcpy(copy, slot, sizeof(*copy));
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		memcpy(&again, slot, sizeof(again));
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (!copy->lock && !memcmp(copy, &again, sizeof(again)))
			return true;
	}
	return false;
}

int waiting_add_slots(struct waiting *w, const struct fold_tables *tables)
{
	struct fold_slot slot;

	for (uint32_t i = 0; i < tables->nslots; i++) {
		if (!tables->slots[i].n || !slot_read(&tables->slots[i], &slot))
			continue;
		if (waiting_add(w, &slot.key, &slot.starts, slot.n))
			return -ENOMEM;
	}
	return 0;
}

static int start_compare(const void *va, const void *vb)
{
	const struct waiting_start *a = va, *b = vb;

	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	return memcmp(&a->key, &b->key, sizeof(a->key));
}

void waiting_sort(struct waiting *w)
{
	if (w->n)
		qsort(w->starts, w->n, sizeof(*w->starts), start_compare);
}

void waiting_free(struct waiting *w)
{
	free(w->starts);
	memset(w, 0, sizeof(*w));
}
