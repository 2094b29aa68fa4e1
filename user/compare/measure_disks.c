// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/log.h"
#include "kernel/devices.h"
#include "kernel/requests.h"
#include "measure_disks.h"

struct measure_disks {
	struct requests *requests;
	struct devices *devices;
	struct snapshot *before; /* at the last window's end */
};

static int name_devices(struct devices *devices, char *const *names, int n,
			uint32_t devs[BLOCK_MAX_DEVICES], char *why, size_t why_size)
{
	if (n > BLOCK_MAX_DEVICES) {
		snprintf(why, why_size, "-D: at most %d devices", BLOCK_MAX_DEVICES);
		return -EINVAL;
	}
	for (int i = 0; i < n; i++) {
		int err = devices_option(devices, names[i], &devs[i], why, why_size);

		if (err)
			return err;
		if (!devices_has_requests(devs[i]))
			log_warn("-D %s: it has no requests of its own; look at the disks below it",
				 names[i]);
	}
	return 0;
}

static int take_first(struct measure_disks *d, char *why, size_t why_size)
{
	struct fold_tables tables = requests_tables(d->requests);

	snprintf(why, why_size, "take a snapshot");
	d->before = snapshot__take(&tables);
	return d->before ? 0 : -ENOMEM;
}

int measure_disks__new(char *const *names, int n, struct measure_disks **out, char *why,
		       size_t why_size)
{
	struct measure_disks *d = calloc(1, sizeof(*d));
	uint32_t devs[BLOCK_MAX_DEVICES];
	int err = -ENOMEM;

	snprintf(why, why_size, "look for block devices");
	if (d)
		d->devices = devices__new("/sys/dev/block");
	if (d && d->devices)
		err = name_devices(d->devices, names, n, devs, why, why_size);
	if (!err) {
		err = requests__new(&(struct requests_options){ .devs = devs,
								.ndevs = n,
								.ndevices =
									devices_count(d->devices) },
				    &d->requests, why, why_size);
		/* the kernel's own is of what it can't do */
		err = err == -EINVAL ? -ENOTSUP : err;
	}
	if (!err)
		err = take_first(d, why, why_size);
	if (err) {
		measure_disks__free(d);
		return err;
	}
	*out = d;
	return 0;
}

void measure_disks__free(struct measure_disks *d)
{
	if (!d)
		return;
	requests__free(d->requests);
	devices__free(d->devices);
	snapshot__free(d->before);
	free(d);
}

void measure_disks_go(struct measure_disks *d)
{
	requests_go(d->requests);
}

void measure_disks_stop(struct measure_disks *d)
{
	requests_stop(d->requests);
}

struct snapshot *measure_disks_window(struct measure_disks *d)
{
	struct fold_tables tables = requests_tables(d->requests);
	struct snapshot *now = snapshot__take(&tables);
	struct snapshot *since = now ? snapshot__since(now, d->before) : NULL;

	if (!since) {
		snapshot__free(now);
		return NULL;
	}
	snapshot__free(d->before);
	d->before = now;
	return since;
}

bool measure_disks_row(struct measure_disks *d, const struct snapshot_row *row, enum block_op *op,
		       enum block_what *what, char *name, size_t size)
{
	uint32_t dev = (uint32_t)row->by, other;

	*op = row->row / BLOCK_WHATS;
	*what = row->row % BLOCK_WHATS;
	if (row->row >= BLOCK_DISTRIBUTIONS || *what == BLOCK_BYTES)
		return false;
	devices_name(d->devices, dev, name, size);
	if (!devices_find(d->devices, name, &other) && other != dev && size >= DEVICE_NUMBERS)
		device_numbers(dev, name);
	return true;
}
