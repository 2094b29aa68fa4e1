/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Single block I/Os from the kernel: loads and attaches bpf/bio.bpf.c, and hands on a record of
 * each bio as it ends, whoever queued it. bpf/bio.h says what is in one.
 */
#ifndef ASSAY_BIOS_H
#define ASSAY_BIOS_H

#include <stddef.h>
#include <stdint.h>

#include "bio.h"

struct bios_options {
	const uint32_t *devs; /* disks or partitions, as the kernel has them: only their bios */
	int ndevs;	      /* 0: those of all; at most BIO_MAX_DEVS */
};

struct bios;

/*
 * Loads and attaches; nothing is recorded yet. On success *out is the caller's, freed with
 * bios__free(). On failure -errno, with what was being done in `why`.
 */
int bios__new(const struct bios_options *options, struct bios **out, char *why, size_t why_size);
void bios__free(struct bios *bios);

/* Bios queued from the first to the second have a record if they end by then. */
void bios_go(struct bios *bios);
void bios_stop(struct bios *bios);

typedef void (*bio_record_fn)(void *arg, const struct bio_record *record);

/*
 * Hands on the records that have come, in the order in which the bios ended, but for those that
 * ended on two CPUs at once. Wants to be called every 20 ms. Returns their number or -errno.
 */
int bios_drain(struct bios *bios, bio_record_fn fn, void *arg);

/* Those that have not ended, in no order: `done` is 0. Exact after bios_stop(). */
int bios_inflight(const struct bios *bios, bio_record_fn fn, void *arg);

/* What was lost, by enum fold_loss; valid until it is freed. */
const uint64_t *bios_losses(const struct bios *bios);

#endif
