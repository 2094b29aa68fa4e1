/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A trace that Perfetto's UI (https://ui.perfetto.dev) opens, from hits, written as they come. Live
 * or from a recording is the same.
 *
 * Each traced process has a process track, with a group of tracks for each of its providers. A
 * probe that says start and one that says done make a slice; perfetto_rules.c says which find each
 * other, on which track they are and what their arguments are called. A probe whose other half is
 * not traced, or that has none, is an instant with its whole name.
 *
 *   PROCESS (upstairs)                    PROCESS (downstairs)
 *     crucible_upstairs                     crucible_downstairs
 *       gateway                               submit
 *       to downstairs                         work: "queued", then "work"
 *       client 0, 1, 2                        os
 *       client 0 net, 1 net, 2 net            extents: a track for each step
 *       volume, reqwest, status, loop ...
 *
 * IOs overlap, slices of one track must not: a track is as many lanes as needed, which are sibling
 * tracks of the same name, and a slice has the lowest free one to itself. The UI draws such tracks
 * as one. The event format: perfetto_packets.h.
 *
 * Flows go from a gateway slice to the network slices of its clients, and on to the slice in each
 * client's downstairs as soon as it is known which process that is (perfetto_flows.h).
 */
#ifndef ASSAY_PERFETTO_H
#define ASSAY_PERFETTO_H

#include <stdint.h>
#include <stdio.h>

#include "core/hit.h"

struct perfetto;

/* What was written, and what could not be as it was. */
struct perfetto_stats {
	uint64_t slices;
	uint64_t instants;
	uint64_t orphans;    /* dones without a start: not on the trace */
	uint64_t unfinished; /* slices without a done: ended by force, and marked so */
	uint64_t crowded;    /* of these, those ended early because too many were open */
	uint64_t ambiguous;  /* dones that had several starts to choose from: the oldest */
	uint64_t unknown;    /* hits of a probe that was not added: not on the trace */
	uint64_t disordered; /* hits older than the one before: shown at its time */
	uint64_t cut;	     /* texts that are not there in full */
	/* jobs at a downstairs: */
	uint64_t flows;		  /* with a flow to them */
	uint64_t flows_unsure;	  /* without: which client they were for was not known for sure */
	uint64_t flows_ambiguous; /* without: several upstairs or sessions had that job in flight */
	uint64_t flows_untraced;  /* without: no upstairs on the trace had sent it */
};

/*
 * A trace to `out`, which stays the caller's. `to_wall` added to CLOCK_MONOTONIC gives ns since the
 * epoch. NULL without memory. Freed with perfetto__free().
 */
struct perfetto *perfetto__new(FILE *out, int64_t to_wall);

/*
 * The functions below return 0, or -ENOMEM, or -errno of writing to `out`, after which nothing more
 * is written. Times are ns of CLOCK_MONOTONIC.
 */

/*
 * Says what probe `number` is, before its first hit; better, before the first hit of any probe of
 * its binary. Strings are copied. -EINVAL: the number is taken or out of reason.
 */
int perfetto_add_probe(struct perfetto *perfetto, uint32_t number, const struct hit_probe *probe);

/* Names a process. Those that hit a probe without have no name but their pid. */
int perfetto_add_process(struct perfetto *perfetto, uint32_t tgid, const char *name);

/* A hit. Hits come in the order of their time. */
int perfetto_add_hit(struct perfetto *perfetto, const struct hit *hit);

/* The process is gone: what it has open is unfinished. Its pid may be another's from now on. */
int perfetto_end_process(struct perfetto *perfetto, uint32_t tgid, uint64_t time);

/* Ends the trace: what is open is unfinished. Flushes `out`. Nothing may be added any more. */
int perfetto_close(struct perfetto *perfetto, uint64_t end_time);

const struct perfetto_stats *perfetto_stats(const struct perfetto *perfetto);

/* Without perfetto_close(), slices that are open have no end on the trace. */
void perfetto__free(struct perfetto *perfetto);

#endif
