// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "perfetto_probes.h"

#define MAX_PROBES (1U << 20)

void probes_free(struct perfetto_probes *p)
{
	free(p->probes);
	free(p->pairs);
	free(p->kinds);
	*p = (struct perfetto_probes){ 0 };
}

static int pair_get(struct perfetto_probes *p, uint32_t binary, uint32_t provider, uint32_t name,
		    uint32_t *index)
{
	struct perfetto_pair *pairs;

	for (uint32_t i = 0; i < p->npairs; i++) {
		const struct perfetto_pair *pair = &p->pairs[i];

		*index = i;
		if (pair->binary == binary && pair->provider == provider && pair->name == name)
			return 0;
	}
	pairs = realloc(p->pairs, (p->npairs + 1) * sizeof(*pairs));
	if (!pairs)
		return -ENOMEM;
	p->pairs = pairs;
	*index = p->npairs++;
	pairs[*index] =
		(struct perfetto_pair){ .binary = binary, .provider = provider, .name = name };
	return 0;
}

static int kind_get(struct perfetto_probes *p, const struct perfetto_kind *kind, uint32_t *index)
{
	struct perfetto_kind *kinds;

	for (uint32_t i = 0; i < p->nkinds; i++) {
		*index = i;
		if (p->kinds[i].provider == kind->provider && p->kinds[i].group == kind->group &&
		    p->kinds[i].name == kind->name)
			return 0;
	}
	kinds = realloc(p->kinds, (p->nkinds + 1) * sizeof(*kinds));
	if (!kinds)
		return -ENOMEM;
	p->kinds = kinds;
	*index = p->nkinds++;
	kinds[*index] = *kind;
	return 0;
}

/* Room for `number`, zero up to it. */
static int room_for(struct perfetto_probes *p, uint32_t number)
{
	struct perfetto_probe *probes;

	if (number < p->nprobes)
		return p->probes[number].rule ? -EINVAL : 0;
	if (number >= MAX_PROBES)
		return -EINVAL;
	probes = realloc(p->probes, (number + 1) * sizeof(*probes));
	if (!probes)
		return -ENOMEM;
	memset(probes + p->nprobes, 0, (number + 1 - p->nprobes) * sizeof(*probes));
	p->probes = probes;
	p->nprobes = number + 1;
	return 0;
}

/* Its pair and its track. */
static int place(struct perfetto_probes *p, struct perfetto_packets *packets, uint32_t binary,
		 const struct perfetto_what *what, struct perfetto_probe *probe)
{
	const struct perfetto_rule *rule = what->rule;
	const char *track = rule->track ? rule->track : what->slice;
	struct perfetto_kind kind = { .provider = probe->provider,
				      .group = rule->group ? packets_text(packets, rule->group) : 0,
				      .name = packets_text(packets, track),
				      .rank = rule->rank,
				      .by_client = rule->track && strstr(rule->track, "%u") };
	uint32_t pair = packets_text(packets, what->pair);

	if (!kind.name || !pair || (rule->group && !kind.group))
		return -ENOMEM;
	if (kind_get(p, &kind, &probe->kind))
		return -ENOMEM;
	return pair_get(p, binary, probe->provider, pair, &probe->pair);
}

int probes_add(struct perfetto_probes *p, struct perfetto_packets *packets, uint32_t number,
	       const struct hit_probe *from)
{
	struct perfetto_probe probe = { .nargs = from->nargs, .texts = from->texts };
	struct perfetto_what what;
	int err = room_for(p, number);

	if (err)
		return err;
	perfetto_classify(from->provider, from->name, &what);
	probe.rule = what.rule;
	probe.verb = what.verb;
	probe.key[0] = what.by_thread ? PERFETTO_KEY_THREAD : what.rule->key[0];
	probe.key[1] = what.rule->key[1];
	if (probe.nargs > FOLD_MAX_ARGS)
		probe.nargs = FOLD_MAX_ARGS;
	probe.provider = packets_text(packets, from->provider);
	probe.name = packets_text(packets, from->name);
	probe.slice = packets_text(packets, what.slice);
	if (!probe.provider || !probe.name || !probe.slice ||
	    place(p, packets, from->binary, &what, &probe))
		return -ENOMEM;
	p->pairs[probe.pair].begins |= what.verb == PERFETTO_BEGIN || what.verb == PERFETTO_STEP;
	p->pairs[probe.pair].ends |= what.verb == PERFETTO_END;
	p->nets |= what.rule->role == PERFETTO_ROLE_NET;
	p->probes[number] = probe;
	return 0;
}

const struct perfetto_probe *probes_get(const struct perfetto_probes *p, uint32_t number)
{
	if (number >= p->nprobes || !p->probes[number].rule)
		return NULL;
	return &p->probes[number];
}

enum perfetto_verb probes_verb(const struct perfetto_probes *p, const struct perfetto_probe *probe)
{
	const struct perfetto_pair *pair = &p->pairs[probe->pair];

	switch (probe->verb) {
	case PERFETTO_BEGIN:
	case PERFETTO_STEP:
		return pair->ends ? probe->verb : PERFETTO_INSTANT;
	case PERFETTO_END:
		return pair->begins ? PERFETTO_END : PERFETTO_INSTANT;
	default:
		return PERFETTO_INSTANT;
	}
}
