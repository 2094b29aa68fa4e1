/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The probes of a Perfetto trace: what perfetto_rules.h says of each, the starts and dones that
 * find each other, and the kinds of tracks there are.
 */
#ifndef ASSAY_PERFETTO_PROBES_H
#define ASSAY_PERFETTO_PROBES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/hit.h"
#include "perfetto_packets.h"
#include "perfetto_rules.h"

/* Names are numbers of texts (packets_text()). */
struct perfetto_probe {
	const struct perfetto_rule *rule; /* NULL: no such probe */
	enum perfetto_verb verb;
	uint32_t slice, name, provider;
	uint32_t pair, kind; /* index */
	int key[2];	     /* argument, or enum perfetto_key */
	uint8_t nargs, texts;
};

/* Starts and dones that find each other: of one binary and provider. */
struct perfetto_pair {
	uint32_t binary, provider, name;
	bool begins, ends; /* there is a probe that does */
	bool by_first;	   /* PERFETTO_KEY_GUESS: it was the first argument once */
};

/* A track that a process has if it needs it: one, or one a client. */
struct perfetto_kind {
	uint32_t provider, group, name; /* group 0: none */
	uint32_t rank;
	bool by_client; /* the name has a "%u" for it */
};

struct perfetto_probes {
	struct perfetto_probe *probes;
	struct perfetto_pair *pairs;
	struct perfetto_kind *kinds;
	uint32_t nprobes, npairs, nkinds;
	bool nets; /* some probe has PERFETTO_ROLE_NET */
};

/* As perfetto_add_probe(). All zero, `probes` are none. */
int probes_add(struct perfetto_probes *probes, struct perfetto_packets *packets, uint32_t number,
	       const struct hit_probe *probe);
void probes_free(struct perfetto_probes *probes);

/* The probe of that number, or NULL. */
const struct perfetto_probe *probes_get(const struct perfetto_probes *probes, uint32_t number);

/* What it does, with the probes there are: without its other half it is an instant. */
enum perfetto_verb probes_verb(const struct perfetto_probes *probes,
			       const struct perfetto_probe *probe);

#endif
