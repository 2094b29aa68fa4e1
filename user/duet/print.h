/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Duet's numbers, printed: a paragraph for each file system, and the foreground's block latency; or
 * as JSON.
 */
#ifndef ASSAY_DUET_PRINT_H
#define ASSAY_DUET_PRINT_H

#include <stdbool.h>

#include "duet/numbers.h"
#include "render/render.h"

struct duet_names {
	/* where it is mounted, and its type; of what is not mounted a device, and NULL */
	const char *(*name)(void *arg, uint32_t dev, const char **type);
	/* a disk or partition; valid until the next call */
	const char *(*device)(void *arg, uint32_t dev);
	/* false when nothing of it was read so */
	bool (*direct)(void *arg, uint32_t dev, struct duet_direct *direct);
	void *arg;
};

struct duet_how {
	uint64_t window; /* ns */
	bool look_ups;	 /* the kernel tells what is looked up */
};

void duet_print(const struct render *render, const struct duet_numbers *numbers,
		const struct duet_names *names, const struct duet_how *how);

#endif
