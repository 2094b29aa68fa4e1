// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "rings.h"

/* Whether there can be such a record, of which no more than `room` bytes are written. */
static bool makes_sense(const struct flight_record *r, uint64_t room)
{
	return r->size >= sizeof(*r) && r->size % 8 == 0 && r->size <= FLIGHT_RECORD_MAX &&
	       r->size <= room && (r->id || r->size >= sizeof(struct flight_note));
}

static void piece_add(struct rings_piece *p, const struct flight_record *r)
{
	const struct flight_note *note = (const struct flight_note *)r;

	if (!p->bytes)
		p->keep.first = r->time;
	p->keep.last = r->time;
	p->bytes += r->size;
	if (r->id)
		p->keep.events++;
	else if (note->kind == FLIGHT_COMM)
		p->comm = *note;
}

/* Walks along the records: only they say where the ring's end is passed. */
bool rings_look(const struct rings *rings, int cpu, struct rings_piece *p)
{
	struct flight_ring *ring = &rings->rings[cpu];
	const char *bytes = rings->bytes + (size_t)cpu * (rings->size + FLIGHT_SLACK);
	uint64_t at = ring->tail;
	struct iovec *part;

	*p = (struct rings_piece){ .head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE),
				   .opening = rings->comm[cpu],
				   .comm = rings->comm[cpu] };
	if (at == p->head)
		return false;
	part = p->keep.parts;
	part->iov_base = (char *)bytes + at % rings->size;
	while (at < p->head && p->bytes < rings->most) {
		uint64_t offset = at % rings->size;
		const struct flight_record *r = (const struct flight_record *)(bytes + offset);

		if (!makes_sense(r, p->head - at)) {
			p->broken = true;
			break;
		}
		piece_add(p, r);
		part->iov_len += r->size;
		at += r->size;
		if (offset + r->size >= rings->size && part == p->keep.parts) {
			part++;
			part->iov_base = (char *)bytes + at % rings->size;
		}
	}
	if (!p->broken)
		p->head = at;
	p->opening.head.time = p->keep.first;
	if (p->opening.head.size)
		p->keep.opening = (struct iovec){ &p->opening, sizeof(p->opening) };
	return p->bytes || p->broken;
}

void rings_take(struct rings *rings, int cpu, const struct rings_piece *p)
{
	rings->comm[cpu] = p->comm;
	rings->broken += p->broken;
	__atomic_store_n(&rings->rings[cpu].tail, p->head, __ATOMIC_RELEASE);
}
